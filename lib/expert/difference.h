/* difference.h - the derivative of a function of one variable from its values alone.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_DIFFERENCE_H
#define MOEI_DIFFERENCE_H

#include <stdint.h>

/* *value = f(t); a nonzero status ends the work. A value that is not finite: f is not defined there. */
typedef int32_t (*moei_scalar)(void *self, double t, double *value);

/* *noise = the standard deviation of what is not smooth in f over steps of size `step` around t (rounding, an
 * inner iteration that stops early); 0 if f is not defined there. */
int32_t moei_noise(moei_scalar f, void *self, double t, double step, double *noise);

/* *slope = f'(t) to within *error, an estimate; steps start below h and shrink until the error is at most
 * `enough`. `noise` is the error of one value of f. An infinite error: no two steps gave finite values. */
int32_t moei_derivative(moei_scalar f, void *self, double t, double h, double noise, double enough,
                        double *slope, double *error);

#endif
