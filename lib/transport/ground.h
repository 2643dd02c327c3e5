/* ground.h - costs c[i,j] = |x_i - y_j|^p of one row against a block of columns, for the solvers.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_GROUND_H
#define MOEI_GROUND_H

#include "transport/transport.h"

#include <math.h>

/* squares[t] = |x_i - y_j|^2, j = MOEI_BLOCK block + t, for t < MOEI_BLOCK; beyond the last column: anything.
 */
void moei_ground_squares(const moei_problem *problem, int64_t i, int64_t block, double *squares);

/* |x_i - y_j|^2, the same bits as above. */
double moei_ground_square(const moei_problem *problem, int64_t i, int64_t j);

/* |x|^p from |x|^2 */
static inline double moei_ground_cost(double square, double p)
{
    return p == 1 ? sqrt(square) : p == 2 ? square : pow(square, p / 2);
}

/* false only if |x|^p + price >= bound, in floating point too: spares a root for all but a few of the
 * columns. */
static inline bool moei_ground_below(double square, double p, double price, double bound)
{
    const double rest = (bound - price) + 0x1p-50 * fabs(bound);
    if (p == 2)
        return square <= rest;
    if (p == 1)
        return rest >= 0 && square <= rest * rest * (1 + 0x1p-48);
    return rest >= 0;
}

#endif
