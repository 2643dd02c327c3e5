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
 *   period  d positive numbers (2^-1021 or more), INFINITY for a real coordinate; copied
 * MOE_ERROR_NULL, MOE_ERROR_SIZE, MOE_ERROR_PERIOD, MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_law_create(moe_context *context, int64_t d, const double *period, moe_law **law);

/* Coordinate k is uniform on [a, b): on a circle, b - a may not exceed the period.
 * MOE_ERROR_NULL, MOE_ERROR_INDEX, MOE_ERROR_NOT_FINITE, MOE_ERROR_VALUE (b <= a, or more than a
 * period). Since 0.9.0. */
int32_t moe_law_set_uniform(moe_law *law, int64_t k, double a, double b);

/* Coordinate k is normal with the given mean and standard deviation > 0; on a circle, wrapped. Its points
 * must be finite: |mean| + 1e4 deviation is.
 * MOE_ERROR_NULL, MOE_ERROR_INDEX, MOE_ERROR_NOT_FINITE, MOE_ERROR_VALUE, MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_law_set_normal(moe_law *law, int64_t k, double mean, double deviation);

/* Coordinate k, on a circle of period P, is von Mises: density ~ exp(kappa cos(2 pi (theta - mean) / P)),
 * kappa = concentration, 0 ... 1e12; 0 is the uniform law.
 * MOE_ERROR_NULL, MOE_ERROR_INDEX, MOE_ERROR_NOT_FINITE, MOE_ERROR_VALUE, MOE_ERROR_PERIOD (a real
 * coordinate), MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_law_set_von_mises(moe_law *law, int64_t k, double mean, double concentration);

/* Coordinate k is the number `value`. Rules spend one node on it.
 * MOE_ERROR_NULL, MOE_ERROR_INDEX, MOE_ERROR_NOT_FINITE. Since 0.9.0. */
int32_t moe_law_set_fixed(moe_law *law, int64_t k, double value);

/* A host's own law by its inverse distribution function: *theta = Q(u), P(theta < Q(u)) = u, for 0 < u < 1.
 * It must be finite, non-decreasing, and on a circle span at most a period. Returns 0; a negative number
 * stops the call that asked, MOE_ERROR_MEMORY if it found no memory. */
typedef int32_t (*moe_quantile)(void *self, double u, double *theta);

/* Tells a host that its `self` is no longer needed. */
typedef void (*moe_destroy)(void *self);

/* Coordinate k has the law of Q(u) for a uniform u. Q is asked on the calling thread, here at 33 places to check
 * it, and whenever points are made. The smoother Q, the better the rules: a tensor rule is Gauss-Legendre in u.
 *   self     must live until `destroy`, or as long as the law and the limits, studies and reduced laws
 *            (moe_model_reduce) that were made of it, which ask Q too
 *   destroy  called once, when the last of these is gone or has another law there, on the thread that lets
 *            go; NULL: not called. If this call fails, `self` is still the host's
 * MOE_ERROR_NULL, MOE_ERROR_INDEX, MOE_ERROR_VALUE (it decreases, or spans more than the period),
 * MOE_ERROR_NOT_FINITE, MOE_ERROR_CALLBACK, MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_law_set_quantile(moe_law *law, int64_t k, moe_quantile quantile, void *self, moe_destroy destroy);

/* Coordinates first ... first + width - 1 have, jointly, the empirical law of the samples: each of the
 * `count` rows with probability 1/count. width 1: a law of one coordinate; width d: of the whole point.
 *   samples  count x width, any representatives of periodic coordinates; copied
 * Random draws take rows with replacement; a tensor rule takes all rows once. Setting one of these
 * coordinates anew makes the others what they were after moe_law_create.
 * MOE_ERROR_NULL, MOE_ERROR_INDEX, MOE_ERROR_SIZE, MOE_ERROR_NOT_FINITE, MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_law_set_samples(moe_law *law, int64_t first, int64_t width, int64_t count, const double *samples);

/* NULL is accepted. Since 0.9.0. */
void moe_law_destroy(moe_law *law);

/* ---- measures: points and weights ------------------------------------------------------------ */

/* measure <- sum_i weights[i] delta_{points[i]}.
 *   points   count x d, any representatives of periodic coordinates; copied
 *   weights  count numbers >= 0 with |sum - 1| <= 1e-9, kept as they are; NULL for 1/count each
 * MOE_ERROR_NULL, MOE_ERROR_SIZE, MOE_ERROR_PERIOD, MOE_ERROR_NOT_FINITE, MOE_ERROR_WEIGHTS,
 * MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_measure_create(moe_context *context, int64_t d, const double *period, int64_t count,
                           const double *points, const double *weights, moe_measure **measure);

/* measure <- `count` independent draws of the law with weight 1/count: draws first, first + 1, ...
 * of the given stream. Draw i of stream s under a seed is always the same point, whatever `first`,
 * `count` and the number of threads (Philox4x32-10; Salmon et al., SC 2011).
 *   stream  0 ... 2^32 - 1;  first >= 0
 * MOE_ERROR_NULL, MOE_ERROR_SIZE, MOE_ERROR_VALUE, MOE_ERROR_ORDER (a real coordinate has no law
 * yet), MOE_ERROR_CALLBACK and MOE_ERROR_NOT_FINITE (a host's quantile), MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_measure_random(moe_context *context, const moe_law *law, uint64_t seed, int64_t stream,
                           int64_t first, int64_t count, moe_measure **measure);

/* measure <- the tensor product of one-dimensional rules for the law's coordinates, sizes[k] nodes
 * in coordinate k:
 *   uniform on a whole circle  the trapezoid rule a + (i + 1/2) period / sizes[k]
 *   von Mises, wrapped normal  the rule that is exact for trigonometric polynomials of degree < sizes[k],
 *                              as the trapezoid rule is for the uniform law; nodes gather where the law does
 *   uniform on an interval     Gauss-Legendre
 *   normal on the line         Gauss-Hermite
 *   a host's quantile          Gauss-Legendre in u
 *   fixed                      one node: sizes[k] = 1
 *   samples                    the samples: sizes[first] = count, and sizes[k] = 1 for the block's others
 * The rules on circles converge spectrally. Points run with the last coordinate fastest.
 * MOE_ERROR_NULL, MOE_ERROR_SIZE, MOE_ERROR_ORDER, MOE_ERROR_CALLBACK and MOE_ERROR_NOT_FINITE (a host's
 * quantile), MOE_ERROR_CANCELLED (Gauss rules take O(sizes[k]^2)), MOE_ERROR_CONVERGENCE, MOE_ERROR_MEMORY.
 * Since 0.9.0. */
int32_t moe_measure_tensor(moe_context *context, const moe_law *law, const int64_t *sizes,
                           moe_measure **measure);

/* measure <- `count` points of a randomly shifted rank-1 lattice with weight 1/count each, for more
 * coordinates than a tensor rule can serve:
 *   theta_i = Q({i z / count + shift}),  Q the law's inverse distribution functions,
 * the generating vector z made component by component for the weights gamma (Nuyens & Cools, Math. Comp.
 * 75 (2006)). Over the shift, the mean of every integral is the law's: take several streams, compute with
 * each, and their spread gives the standard error.
 *   count   a power of two up to 2^30
 *   gamma   d numbers >= 0: how much coordinate k counts, as 0.5 q_k over the largest q, with
 *           q_k = (period_k / 2 pi)^2 S_kk, S of moe_model_sensitivity; NULL: 0.3 each. Only z depends on it.
 *   stream  0 ... 2^32 - 1: the shift. A lattice shares no random number with moe_measure_random.
 * Coordinates on a whole circle converge fast; on others the integrand is made continuous by the baker's
 * transform, and errors fall like count^-2 at best.
 * MOE_ERROR_NULL, MOE_ERROR_SIZE, MOE_ERROR_VALUE, MOE_ERROR_WEIGHTS and MOE_ERROR_NOT_FINITE (gamma),
 * MOE_ERROR_ORDER (a real coordinate has no law yet), MOE_ERROR_CALLBACK and MOE_ERROR_NOT_FINITE (a host's
 * quantile), MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_measure_lattice(moe_context *context, const moe_law *law, int64_t count, const double *gamma,
                            uint64_t seed, int64_t stream, moe_measure **measure);

/* Flows that started from the measure keep their own copy, transports a reference. NULL is accepted. Any
 * thread. Since 0.9.0. */
void moe_measure_destroy(moe_measure *measure);

/* Number of points and of coordinates; 0 for NULL. Any thread. Since 0.9.0. */
int64_t moe_measure_count(const moe_measure *measure);
int64_t moe_measure_dimension(const moe_measure *measure);
/* points: count x d; weights: count; periods: d. Owned by the measure; NULL for NULL. Any thread.
 * Since 0.9.0. */
const double *moe_measure_points(const moe_measure *measure);
const double *moe_measure_weights(const moe_measure *measure);
const double *moe_measure_period(const moe_measure *measure);

/* ---- modes and moments ----------------------------------------------------------------------- */

/* modes[2 q] + i modes[2 q + 1] = sum_i w[i] prod_a e_a(theta[i,a]),
 *   e_a(t) = exp(i 2 pi k[q,a] t / period[a])  on a circle, k any whole number: Fourier modes
 *   e_a(t) = t^k[q,a]                          on a real coordinate, k >= 0: moments
 * so k = 0 leaves a coordinate out, and mixed ones are modes weighted by powers. Weights are taken as they
 * are.
 *   k      count x d, |k| <= 2^31
 *   modes  count x 2
 * On circles each mode is right to about 20 d eps, whatever k, for the points as they are; on real
 * coordinates to as much of sum_i w[i] |t|^k. The context's threads share the points.
 * MOE_ERROR_NULL, MOE_ERROR_SIZE, MOE_ERROR_VALUE (k out of range),
 * MOE_ERROR_CANCELLED, MOE_ERROR_MEMORY: modes are then as before. Since 0.9.0. */
int32_t moe_measure_modes(moe_context *context, const moe_measure *measure, int64_t count, const int64_t *k,
                          double *modes);

/* mean[a], covariance[a,b] = sum_i w[i] t[i,a] t[i,b] of the deviations t from the mean, weights scaled to
 * sum 1. On a circle the mean is the angle of the first mode, times period / 2 pi, in [-period/2, period/2),
 * 0 if that mode is 0; deviations go the shorter way round.
 *   mean  d;  covariance  d x d, or NULL
 * MOE_ERROR_NULL, MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_measure_moments(moe_context *context, const moe_measure *measure, double *mean,
                            double *covariance);

/* How far apart the modes of two measures are, those of the circles of their domain up to a cutoff:
 *   *norm  = (sum_k |a_k - b_k|^2 / |omega_k|^2)^(1/2),   omega_k = 2 pi k / period,
 * over whole k != 0 with |k[a]| <= cutoff, a negative Sobolev norm (H^-1) of a - b; and
 *   *lower = max_k |a_k - b_k| / |omega_k|  <=  W_1(a, b)  <=  W_p(a, b),
 * certain (rounding is taken off), since cos(omega . x + phase) / |omega| is 1-Lipschitz. Both are cheap,
 * O(count (2 cutoff + 1)^circles), and blind to what no mode up to the cutoff sees; real coordinates take no
 * part. Measures are scaled to mass 1. Either output may be NULL.
 * MOE_ERROR_NULL, MOE_ERROR_DOMAIN (dimensions or periods differ, or no circle), MOE_ERROR_SIZE (cutoff < 1,
 * or too many modes), MOE_ERROR_CANCELLED, MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_measure_mode_distance(moe_context *context, const moe_measure *a, const moe_measure *b,
                                  int64_t cutoff, double *norm, double *lower);

/* ---- distance -------------------------------------------------------------------------------- */

/* *lower <= W_p(a, b) <= *upper for the geodesic distance, p >= 1:
 *   W_p(a, b)^p = min over couplings pi of a and b of  int |x - y|^p dpi(x, y).
 * `upper` is the cost of a feasible plan, `lower` the value of a feasible dual, rounding accounted
 * for; both are exact up to that rounding: upper^p - lower^p <= 1e-12 upper^p + 64 eps diameter^p for
 * p <= 3 and d up to a few tens. The bounds hold for every p, but for high powers rounding may set
 * them farther apart. transport.h has the same in parts: with a gap that may be left, and with the plan and
 * the potentials.
 *   d = 1   any weights: monotone rearrangement on the line, the best shift of it on the circle
 *   d >= 2  equal weights, equally many points: an auction from coarse to fine, shortest augmenting paths to
 *           the end; else: the network simplex method on the pairs that matter. O(count) memory. Meant for up
 *           to 10^5 to 10^6 points in 2 or 3 dimensions and 10^4 in 8 (docs/NUMERICS.md)
 * Weights need not sum to 1 exactly: each measure is scaled to mass 1 first.
 * MOE_ERROR_NULL, MOE_ERROR_DOMAIN (dimensions or periods differ),
 * MOE_ERROR_VALUE (p < 1 or not finite), MOE_ERROR_UNSUPPORTED (p > 512), MOE_ERROR_CANCELLED or
 * MOE_ERROR_CONVERGENCE (the bounds are then those reached, 0 and INFINITY if none), MOE_ERROR_MEMORY. Since
 * 0.9.0. */
int32_t moe_measure_distance(moe_context *context, const moe_measure *a, const moe_measure *b, double p,
                             double *lower, double *upper);

/* ---- distance to a continuous law --------------------------------------------------------------- */

/* *lower <= W_p(measure, law) <= *upper for the law itself, not for a discretisation of it. No part of it is
 * statistical.
 *   gap  > 0: the relative width asked for, upper - lower <= gap * upper
 *   d = 1   monotone rearrangement against the law's quantiles, on the circle with the best shift of it:
 *           exact up to rounding for a uniform law, to about 1e-7 of its deviation for a normal one
 *   d >= 2  semi-discrete transport: a price for each point; a coupling of boxes of the law with the points
 *           from above, the prices' dual value from below. Time and memory go with count gap^(-(d-1)/2) or a
 *           little more; meant for d = 2 and 3, p up to about 4, gap from 1e-3 or 1e-2 on
 * Weights need not sum to 1 exactly: the measure is scaled to mass 1 first.
 * MOE_ERROR_NULL, MOE_ERROR_DOMAIN (dimensions or periods differ), MOE_ERROR_ORDER (a real coordinate has no
 * law yet), MOE_ERROR_VALUE (p < 1 or not finite), MOE_ERROR_TOLERANCE (gap), MOE_ERROR_UNSUPPORTED (p > 512,
 * d > 6), MOE_ERROR_CANCELLED or MOE_ERROR_CONVERGENCE (the gap is out of reach; the bounds are then those
 * reached, 0 and INFINITY if none), MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_measure_distance_law(moe_context *context, const moe_measure *measure, const moe_law *law,
                                 double p, double gap, double *lower, double *upper);

/* *lower <= W_p(measure, mu) <= *upper for a measure mu of which `cells` is a quadrature: mu splits into
 * parts i of mass w_i with
 *     int_part_i |x - x_i|^p dmu <= w_i radius[i]^p,    x_i, w_i the points and weights of `cells`,
 * so that W_p(cells, mu) <= (sum_i w_i radius[i]^p)^(1/p); moe_measure_distance is widened by that.
 *   radius  one number >= 0 for each point of `cells`: a covering radius of the part, or its p-th mean
 * For the mean-field limit, the image of a law under a flow: `cells` is the measure of the flow that started
 * from moe_measure_tensor with n_k nodes on circles of period P_k. A node stands for a box around it with
 * sides P_k / n_k. With a Lipschitz constant L of the flow map on that box,
 *     radius[i] = L sqrt(sum_k (P_k / n_k)^2 / 4),    or for p <= 2 L sqrt(sum_k (P_k / n_k)^2 / 12).
 * (Nodes of Gauss's rules stand for no boxes.) Any d.
 * As moe_measure_distance, and MOE_ERROR_VALUE (a radius). Since 0.9.0. */
int32_t moe_measure_distance_cells(moe_context *context, const moe_measure *measure, const moe_measure *cells,
                                   const double *radius, double p, double *lower, double *upper);

/* *lower <= W_p(measure, X # law) <= *upper in d = 1, for a monotone map X known at nodes, such as the flow
 * of one angle: X is nondecreasing, X(nodes[i]) = images[i], and on a circle of period P X(t + P) = X(t) + P.
 *   nodes, images  `count` numbers each, ascending, on a circle over at most a period: lifted, as flows are
 *   lipschitz      |X(s) - X(t)| <= lipschitz |s - t| beyond the outermost nodes of a real coordinate, or
 *                  INFINITY: then the upper bound is finite only if the nodes reach both ends of the law
 * Between two images lies the mass that the law has between the nodes, so nothing else need be known of X.
 * The width is 2 (sum_i m_i h_i^p / (p + 1))^(1/p), h_i the distance of neighbouring images and m_i the mass
 * between them, and what the ends of a real coordinate add. Any law on the line, the uniform one on a circle.
 * MOE_ERROR_NULL, MOE_ERROR_SIZE, MOE_ERROR_DOMAIN (d > 1, or the measure lives elsewhere), MOE_ERROR_ORDER,
 * MOE_ERROR_NOT_FINITE, MOE_ERROR_VALUE (p, lipschitz, or not monotone), MOE_ERROR_UNSUPPORTED (p > 512, or
 * another law on a circle), MOE_ERROR_CANCELLED, MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_measure_distance_image(moe_context *context, const moe_measure *measure, const moe_law *law,
                                   int64_t count, const double *nodes, const double *images, double lipschitz,
                                   double p, double *lower, double *upper);

#ifdef __cplusplus
}
#endif
#endif
