/* smooth.h - prices to start from, p = 2, for clouds whose densities are near each other.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_SMOOTH_H
#define MOEI_SMOOTH_H

#include "transport/transport.h"

enum { MOEI_SMOOTH_D = 4 };

/* Rows 0 and columns 1: coordinate k of the point at place i is x[side][k stride + order[side][i]]; no order:
 * [k stride + i]. */
typedef struct moei_smooth_clouds {
    int64_t d, count, stride; /* d <= MOEI_SMOOTH_D */
    const double *half;       /* d: half the period, INFINITY for a real coordinate */
    const double *x[2];
    const int32_t *order[2];
} moei_smooth_clouds;

/* How far a linear equation may be trusted. */
typedef struct moei_smooth_nearness {
    double square;   /* the mean squared way that the prices imply: an estimate of W_2^2 */
    double spacing;  /* (volume / count)^(1/d)                                           */
    double contrast; /* mean squared deviation of the mean density from a constant, in units of it */
} moei_smooth_nearness;

/* price[j] <- of the columns, up to a constant. MOE_ERROR_MEMORY, MOE_ERROR_CANCELLED. */
int32_t moei_smooth_prices(moei_meter *meter, const moei_smooth_clouds *clouds, double *price,
                           moei_smooth_nearness *near);

#endif
