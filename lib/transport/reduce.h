/* reduce.h - the representative of a coordinate that the solvers work with.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_REDUCE_H
#define MOEI_REDUCE_H

#include <math.h>

/* The representative of x in [-half, half), x itself on a line (half INFINITY); exact, as differences up to a
 * factor 2 are. */
static inline double moei_reduced(double x, double half)
{
    if (fabs(x) < half || isinf(half))
        return x;
    const double rest = fabs(x) <= 3 * half ? x - copysign(2 * half, x) : remainder(x, 2 * half);
    return rest == half ? -half : rest;
}

#endif
