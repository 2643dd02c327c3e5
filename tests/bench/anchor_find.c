/* anchor_find.c - which anchors were built: anchor_reupload.c, once for each instruction set and precision.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/anchor_reupload.h"

#include <stddef.h>
#include <string.h>

extern const anchor_kind anchor_plain_double, anchor_plain_float;
#if defined(__x86_64__)
extern const anchor_kind anchor_avx2_double, anchor_avx2_float, anchor_avx512_double, anchor_avx512_float;
#elif defined(__aarch64__)
extern const anchor_kind anchor_neon_double, anchor_neon_float;
#endif

const anchor_kind *anchor_find(const char *kernel, const char *precision)
{
    static const anchor_kind *const kinds[] = {
        &anchor_plain_double,
        &anchor_plain_float,
#if defined(__x86_64__)
        &anchor_avx2_double,
        &anchor_avx2_float,
        &anchor_avx512_double,
        &anchor_avx512_float,
#elif defined(__aarch64__)
        &anchor_neon_double,
        &anchor_neon_float,
#endif
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (!strcmp(kinds[i]->kernel, kernel) && !strcmp(kinds[i]->precision, precision))
            return kinds[i];
    return NULL;
}
