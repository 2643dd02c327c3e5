/* study.h - how a mixture of N experts differs from its limit.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEFIELD_STUDY_H
#define MOEFIELD_STUDY_H

#include <moefield/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The fluctuations of a mixture: N independent experts from mu_0 with equal weights make predictions F_N with
 * sqrt(N) (F_N(t, x) - F(mu_t, x)) -> g(t, x), a Gaussian process of mean 0, as N grows. With
 *   a = (i, j, k): time times[i], input x_j, output k,   covariance[a, a'] = Cov(g_a, g_a').
 *   field       of the limit: recorded by a flow from a rule for mu_0
 *   rule        the rule, or another one, for mu_0: expectations over mu_0 are its sums, exact as far as it
 * is times       ascending, within the field x           m x p inputs; m = 0: the training inputs, n of them
 *   tolerance   1e-12 to 1, of an entry, in units of the largest one or 1
 *   covariance  (count m K) x (count m K)
 * g solves a linear Volterra equation in time (arXiv 2606.21721), collocated at 9, 17, ... 129 Chebyshev
 * points until the covariance stands still. Uses d + 1 characteristics for each node of the rule
 * (moe_field_map) and memory for (q n K + count m K)^2 numbers, q the points in time. For one mixture of N
 * experts F(mu_t, x) +- 1.96 sqrt(variance / N) covers its prediction in 95 of 100. MOE_ERROR_NULL,
 * MOE_ERROR_SIZE, MOE_ERROR_NOT_FINITE, MOE_ERROR_TIME, MOE_ERROR_DOMAIN (the rule), MOE_ERROR_TOLERANCE,
 * MOE_ERROR_BUDGET (129 points do not suffice), MOE_ERROR_UNSUPPORTED (a host's loss without second
 * derivative), MOE_ERROR_LAPACK, MOE_ERROR_CALLBACK, MOE_ERROR_CANCELLED, MOE_ERROR_MEMORY; the output is
 * then undefined. Since 0.1.0. */
int32_t moe_field_fluctuations(moe_context *context, const moe_field *field, const moe_measure *rule,
                               int64_t count, const double *times, int64_t m, const double *x,
                               double tolerance, double *covariance);

#ifdef __cplusplus
}
#endif
#endif
