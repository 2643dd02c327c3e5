/* sum.c - sums whose rounding does not depend on who computes them.
 *
 * SPDX-License-Identifier: MIT */
#include "base/base.h"

void moei_sum_rows(int64_t count, int64_t width, double *rows)
{
    for (int64_t stride = 1; stride < count; stride *= 2)
        for (int64_t i = 0; i + stride < count; i += 2 * stride) {
            double *into = rows + i * width;
            const double *from = rows + (i + stride) * width;
            for (int64_t j = 0; j < width; j++)
                into[j] += from[j];
        }
}
