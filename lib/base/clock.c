/* clock.c - the time that passes.
 *
 * SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <time.h>

double moei_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}
