/* method.c - the table of methods.
 *
 * SPDX-License-Identifier: MIT */
#include "flow/method.h"

#include <stddef.h>

const moei_method *moei_method_of(int32_t id)
{
    static const moei_method *const all[] = {&moei_method_dopri5, &moei_method_dop853, &moei_method_adams,
                                             &moei_method_rkc, &moei_method_low_storage};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i]->id == id)
            return all[i];
    return NULL;
}
