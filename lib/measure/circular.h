/* circular.h - the two laws on a circle that have a peak: von Mises and wrapped normal.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_CIRCULAR_H
#define MOEI_CIRCULAR_H

#include "base/base.h"

/* A law of angles t in [-pi, pi], symmetric about its mode 0. */
typedef struct moei_circular {
    bool von_mises;
    double spread; /* von Mises: 1 / sqrt(kappa); wrapped normal: its standard deviation */
} moei_circular;

/* The density at t, up to a constant factor: 1 at most for von Mises, a few for the wrapped normal. */
double moei_circular_density(const moei_circular *law, double t);

/* The L in (0, pi] beyond which the density is less than exp(-z^2 / 2) of its largest value. */
double moei_circular_reach(const moei_circular *law, double z);

/* The distribution function in cells, for moei_circular_quantile: MOEI_CIRCULAR_TABLE numbers. */
enum { MOEI_CIRCULAR_CELLS = 64, MOEI_CIRCULAR_TABLE = MOEI_CIRCULAR_CELLS + 3 };
void moei_circular_table(const moei_circular *law, double *table);

/* The t with P(T < t) = u, 0 <= u < 1, to rounding of u; increasing in u. */
double moei_circular_quantile(const moei_circular *law, const double *table, double u);

#endif
