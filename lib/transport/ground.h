/* ground.h - costs c[i,j] = |x_i - y_j|^p, for the solvers.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_GROUND_H
#define MOEI_GROUND_H

#include "transport/transport.h"

#include <math.h>

/* |x_i - y_j|^2 */
double moei_ground_square(const moei_problem *problem, int64_t i, int64_t j);

/* |x|^p from |x|^2 */
static inline double moei_ground_cost(double square, double p)
{
    return p == 1 ? sqrt(square) : p == 2 ? square : pow(square, p / 2);
}

#endif
