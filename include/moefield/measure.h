/* measure.h - laws and weighted measures on a domain, and the Wasserstein distance between them.
 *
 * A domain is a product of d coordinates, each a circle of a given period or the real line (period
 * INFINITY). Distances are geodesic: |t| on a circle is the shorter way round, and coordinates
 * combine by the Euclidean norm.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEFIELD_MEASURE_H
#define MOEFIELD_MEASURE_H

#include <moefield/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- laws: what initial parameters are drawn from ------------------------------------------- */

/* law <- a product law on the domain: uniform on each circle, not yet set on real coordinates.
 *   period  d positive numbers, INFINITY for a real coordinate; copied
 * MOE_ERROR_NULL, MOE_ERROR_SIZE, MOE_ERROR_PERIOD, MOE_ERROR_MEMORY. Since 0.1.0. */
int32_t moe_law_create(moe_context *context, int64_t d, const double *period, moe_law **law);

/* Coordinate k is uniform on [a, b): on a circle, b - a may not exceed the period.
 * MOE_ERROR_NULL, MOE_ERROR_INDEX, MOE_ERROR_NOT_FINITE, MOE_ERROR_VALUE (b <= a, or more than a
 * period). Since 0.1.0. */
int32_t moe_law_set_uniform(moe_law *law, int64_t k, double a, double b);

/* Coordinate k is normal with the given mean and standard deviation > 0; on a circle, wrapped. Its points
 * must be finite: |mean| + 1e4 deviation is.
 * MOE_ERROR_NULL, MOE_ERROR_INDEX, MOE_ERROR_NOT_FINITE, MOE_ERROR_VALUE. Since 0.1.0. */
int32_t moe_law_set_normal(moe_law *law, int64_t k, double mean, double deviation);

/* NULL is accepted. Since 0.1.0. */
void moe_law_destroy(moe_law *law);

/* ---- measures: points and weights ------------------------------------------------------------ */

/* measure <- sum_i weights[i] delta_{points[i]}.
 *   points   count x d, any representatives of periodic coordinates; copied
 *   weights  count numbers >= 0 with |sum - 1| <= 1e-9, kept as they are; NULL for 1/count each
 * MOE_ERROR_NULL, MOE_ERROR_SIZE, MOE_ERROR_PERIOD, MOE_ERROR_NOT_FINITE, MOE_ERROR_WEIGHTS,
 * MOE_ERROR_MEMORY. Since 0.1.0. */
int32_t moe_measure_create(moe_context *context, int64_t d, const double *period, int64_t count,
                           const double *points, const double *weights, moe_measure **measure);

/* measure <- `count` independent draws of the law with weight 1/count: draws first, first + 1, ...
 * of the given stream. Draw i of stream s under a seed is always the same point, whatever `first`,
 * `count` and the number of threads (Philox4x32-10; Salmon et al., SC 2011).
 *   stream  0 ... 2^32 - 1;  first >= 0
 * MOE_ERROR_NULL, MOE_ERROR_SIZE, MOE_ERROR_VALUE, MOE_ERROR_ORDER (a real coordinate has no law
 * yet), MOE_ERROR_MEMORY. Since 0.1.0. */
int32_t moe_measure_random(moe_context *context, const moe_law *law, uint64_t seed, int64_t stream,
                           int64_t first, int64_t count, moe_measure **measure);

/* measure <- the tensor product of one-dimensional rules for the law's coordinates, sizes[k] nodes
 * in coordinate k: the trapezoid rule a + (i + 1/2) period / sizes[k] where the law is uniform on a
 * whole circle, Gauss-Legendre where it is uniform on an interval, Gauss-Hermite where it is normal.
 * The trapezoid rule converges spectrally. Points run with the last coordinate fastest.
 * MOE_ERROR_NULL, MOE_ERROR_SIZE, MOE_ERROR_ORDER, MOE_ERROR_LAPACK, MOE_ERROR_MEMORY.
 * Since 0.1.0. */
int32_t moe_measure_tensor(moe_context *context, const moe_law *law, const int64_t *sizes,
                           moe_measure **measure);

/* Flows that started from the measure keep their own copy. NULL is accepted. Any thread. Since 0.1.0. */
void moe_measure_destroy(moe_measure *measure);

/* Number of points and of coordinates; 0 for NULL. Any thread. Since 0.1.0. */
int64_t moe_measure_count(const moe_measure *measure);
int64_t moe_measure_dimension(const moe_measure *measure);
/* points: count x d; weights: count; periods: d. Owned by the measure; NULL for NULL. Any thread.
 * Since 0.1.0. */
const double *moe_measure_points(const moe_measure *measure);
const double *moe_measure_weights(const moe_measure *measure);
const double *moe_measure_period(const moe_measure *measure);

/* ---- distance -------------------------------------------------------------------------------- */

/* *lower <= W_p(a, b) <= *upper for the geodesic distance, p >= 1:
 *   W_p(a, b)^p = min over couplings pi of a and b of  int |x - y|^p dpi(x, y).
 * `upper` is the cost of a feasible plan, `lower` the value of a feasible dual, rounding accounted
 * for; both are exact up to that rounding: upper^p - lower^p <= 1e-12 upper^p + 64 eps diameter^p for
 * p <= 3 and d up to a few tens. The bounds hold for every p, but for high powers rounding may set
 * them farther apart.
 *   d = 1   any weights: monotone rearrangement on the line, the best shift of it on the circle
 *   d >= 2  equal weights, equally many points: an auction from coarse to fine, shortest augmenting paths to the end;
 *           else: the network simplex method on the pairs that matter. O(count) memory. Meant for up to 10^5 to
 *           10^6 points in 2 or 3 dimensions and 10^4 in 8 (docs/NUMERICS.md)
 * Weights need not sum to 1 exactly: each measure is scaled to mass 1 first.
 * MOE_ERROR_NULL, MOE_ERROR_DOMAIN (dimensions or periods differ), MOE_ERROR_VALUE (p < 1 or not
 * finite), MOE_ERROR_UNSUPPORTED (p > 512), MOE_ERROR_CANCELLED or MOE_ERROR_CONVERGENCE (the bounds are then
 * those reached, 0 and INFINITY if none), MOE_ERROR_MEMORY. Since 0.1.0. */
int32_t moe_measure_distance(moe_context *context, const moe_measure *a, const moe_measure *b, double p,
                             double *lower, double *upper);

#ifdef __cplusplus
}
#endif
#endif
