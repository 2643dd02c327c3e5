/* collocation.h - the covariance of the Gaussian limit of sqrt(N) (F_N - F), by collocation in time.
 *
 * N independent experts from mu_0 leave sqrt(N) (F_N(t, x) - F(mu_t, x)) -> g(t, x), Gaussian, with
 *
 *   g(t,x) + sum_j v_j int_0^t K(t,s; x,x_j) l''_j(s) g(s,x_j) ds = G(t,x),
 *   Cov(G(t,x), G(s,x')) = S^2 Cov_{theta ~ mu_0}(f(X_t theta, x), f(X_s theta, x')),
 *   K(t,s; x,x') = int Df(X_t theta, x) J_t J_s^-1 M Df(X_s theta, x')^T dmu_0,
 *
 * X_t the limit's flow map, J_t its Jacobian, M the mobilities, S the output's scale, l'' the loss's second
 * derivative at F(mu_s, x_j) (arXiv 2606.21721, where the loss is the square and J_t J_s^-1 is Phi_{t,s}).
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_STUDY_COLLOCATION_H
#define MOEI_STUDY_COLLOCATION_H

#include "base/base.h"

/* What is asked for, checked (fluctuations.c); all of it borrowed. */
typedef struct moei_fluctuations {
    moe_context *context;
    const moe_field *field;
    const moe_model *model;  /* the field's */
    const moe_measure *rule; /* for mu_0 */
    int64_t count, m;        /* wanted times, and inputs at each; m >= 1 */
    const double *times, *x; /* count, ascending;  m x p */
    double tolerance;        /* of an entry of the covariance */
    double *mean;            /* count x m x K <- F at the wanted times and inputs; NULL: not wanted */
} moei_fluctuations;

/* covariance[a, a'] <- Cov(g_a, g_a'), a = (time, input, output), count m K of them, by q Chebyshev points in
 * time (volterra.h); q = 0 if the only time is the field's first, when nothing has happened yet.
 * MOE_ERROR_LAPACK, MOE_ERROR_MEMORY, MOE_ERROR_CANCELLED and those of moe_field_map, moe_expert_tangent and
 * moe_model_curvature; the outputs are then undefined. */
int32_t moei_fluctuations_collocate(const moei_fluctuations *of, int64_t q, double *covariance);

#endif
