/* difference.h - the derivative of a function of one variable from its values alone.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_DIFFERENCE_H
#define MOEI_DIFFERENCE_H

#include <stdint.h>

/* *value = f(t), *magnitude = the size of the terms that it sums; a nonzero status ends the work. A value
 * that is not finite means that f is not defined so far from the point. */
typedef int32_t (*moei_scalar)(void *self, double t, double *value, double *magnitude);

/* *slope = f'(t) to within *error, an estimate; steps start below h and shrink until the error is at most
 * `enough`. An infinite error: no two steps gave finite values. */
int32_t moei_derivative(moei_scalar f, void *self, double t, double h, double enough, double *slope,
                        double *error);

#endif
