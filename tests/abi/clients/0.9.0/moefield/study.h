/* study.h - how far mixtures of N experts are from their limit, and whether it is the theory's rate.
 *
 * A study trains replicas of N independent experts from a law, for several N, and the model's limit from it
 * once (limit.h); measures how they differ at the times asked for; fits the rate in N and holds it against
 * the theory; and tabulates the explicit bound beside what was measured.
 *
 *   E W_1(mu^N_t, mu_t) <= C(t) rate(N, d)
 *
 * (Melchor Hernandez, Pastorello, De Palma, Lett. Math. Phys. 116, 2026.)
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEFIELD_STUDY_H
#define MOEFIELD_STUDY_H

#include <moefield/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is measured, at every N and time. In each replica, N experts theta_i start from draws of the law, and
 * N tracers from the same draws: driven by the limit (moe_limit_field), they are independent draws of mu_t.
 *
 * With d the number of coordinates whose law is not a fixed number: predictions, coupling and loss are to decay
 * as N^-1/2. The loss, linear and quadratic in F_N - F, has a factor 1 + b N^-1/2, the largest prediction error
 * 1 + b / N, and the largest coupling for d >= 2 a factor 1 + b N^-g, by which a maximum over N draws falls
 * short of the supremum: g = 2/d at last, less before N resolves where experts part fastest, so that g is fitted
 * too, from 1/4 on. Distances decay as N^-1/2 for d = 1, (ln N / N)^1/2 for d = 2, and N^-1/d (1 + b N^-(d-2)/d)
 * for d >= 3, W_2 if mu_t has a density bounded below.
 *
 * W_p^p is convex, so the mean distance to other draws is at least that to mu_t; by the triangle inequality,
 * twice, half the tracers' distance to other draws, less their distance to the experts, is at most that. For
 * one angle from the uniform law both are the interval of moe_measure_distance_image, from 8192 nodes.
 *
 * Chaos of k experts: the joint law of theta_1 ... theta_k is near mu_t^k, the law of k tracers, by at most
 * the mean distance of a k-tuple to its tracers in Theta^k, (sum_i |theta_i - tracer_i|^2)^1/2: N^-1/2 again.
 * That is a bound by the coupling; what is left may be smaller, but is at least k^1/2 |E F_N - F| / L_1, of
 * order 1/N (moe_study_bias). */
enum {
    MOE_STUDY_PREDICTION = 0,     /* mean over training points and outputs of |F_N - F|                  */
    MOE_STUDY_PREDICTION_MAX = 1, /* the largest of them                                                 */
    MOE_STUDY_COUPLING = 2,       /* mean over i of |theta_i - tracer_i|                                 */
    MOE_STUDY_COUPLING_MAX = 3,   /* the largest of them                                                 */
    MOE_STUDY_LOSS = 4,           /* |E(mu^N) - E(mu)|                                                   */
    MOE_STUDY_W1 = 5,             /* W_1 of the experts to 4 N other draws of mu_t: >= E W_1(mu^N, mu_t) */
    MOE_STUDY_W1_BELOW = 6,       /* W_1 of tracers to N other draws / 2 - coupling: <= E W_1(mu^N, mu_t) */
    MOE_STUDY_W2 = 7,             /* (E W_2^2)^1/2 of the experts to 4 N other draws: >= that to mu_t    */
    MOE_STUDY_W2_BELOW = 8,       /* as W1_BELOW, less the coupling's root mean square                   */
    MOE_STUDY_MARGINALS = 9,      /* |(theta_i - tracer_i), i in a k-tuple|: >= W_1(law of k, mu_t^k)      */
    MOE_STUDY_QUANTITIES = 10     /* how many there are in this header                                   */
};

/* ---- the request ------------------------------------------------------------------------------ */

/* study <- of the model from the law: at time 1, for N = 16, 32, ... 1024, 16 to 64 replicas, until standard
 * errors are 5 per cent of their means, seed 0, distances for all N, a limit to 1e-6 of default budget. The
 * model is kept by reference, the law copied, the context held until the study is destroyed. Errors of
 * moe_limit_create. Since 0.9.0. */
int32_t moe_study_create(moe_context *context, const moe_model *model, const moe_law *law, moe_study **study);

/* NULL is accepted; the limit that moe_study_limit lent goes with the study. Not inside a callback of one of
 * the study's calls. Since 0.9.0. */
void moe_study_destroy(moe_study *study);

/* The setters forget the results. Each returns MOE_ERROR_NULL, MOE_ERROR_ORDER (inside a callback of one of
 * the study's calls) and what is named; then nothing has changed. */

/* The times 0 <= t_0 < t_1 < ...; copied. MOE_ERROR_SIZE, MOE_ERROR_NOT_FINITE, MOE_ERROR_TIME,
 * MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_study_set_times(moe_study *study, int64_t count, const double *times);

/* The numbers of experts, 2 <= N_0 < N_1 < ..., at most 64 of them; copied.
 * MOE_ERROR_SIZE, MOE_ERROR_VALUE (also from 2^31 on), MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_study_set_experts(moe_study *study, int64_t count, const int64_t *experts);

/* For every N `least` replicas, 2 or more, and then 4 at a time until each quantity's standard error is at
 * most `precision` times its mean at every time, or there are `most`. precision 0: always `most`. Below 16
 * replicas intervals of rates cover less than they say. MOE_ERROR_VALUE. Since 0.9.0. */
int32_t moe_study_set_replicas(moe_study *study, int64_t least, int64_t most, double precision);

/* Replicas are draws of this seed (moe_measure_random); different N and replicas are independent, all times
 * of a replica are the same draws. Since 0.9.0. */
int32_t moe_study_set_seed(moe_study *study, uint64_t seed);

/* The limit's tolerance (moe_limit_set_tolerance), which is also that of the replicas' flows, from 1e-13 to
 * 1e-2; it should be small against the quantities themselves. MOE_ERROR_TOLERANCE. Since 0.9.0. */
int32_t moe_study_set_tolerance(moe_study *study, double tolerance);

/* W1 is measured up to most_w1 experts, W2 up to most_w2; 0: never; they cost what moe_measure_distance
 * costs. MOE_ERROR_VALUE. Since 0.9.0. */
int32_t moe_study_set_distances(moe_study *study, int64_t most_w1, int64_t most_w2);

/* MOE_STUDY_MARGINALS is of the marginal law of k experts: in each replica the mean over disjoint tuples, k =
 * 2 at first; NAN where N < k. MOE_ERROR_VALUE. Since 0.9.0. */
int32_t moe_study_set_marginals(moe_study *study, int64_t k);

/* Solves the limit and runs the replicas, on the context's threads, to the same bits for any number of them.
 * The ranks of the context's communicator share the replicas: all of them make this call, with the same study,
 * pass messages in it, return the same status and have the same result. Each solves the limit for itself; a
 * cancel or a failure on one of them ends the call on the others after their replicas of the batch.
 * Progress is told of "limit" and then of "study", the part being that of all experts to train, as far as it
 * can be known. MOE_ERROR_CANCELLED keeps the replicas that are whole: the getters
 * tell of them, and the next run goes on from there to the same result. Other failures leave what there was
 * before. Errors of moe_limit_solve (MOE_ERROR_BUDGET too: no study without its limit), of moe_flow_advance
 * and moe_measure_distance. Since 0.9.0. */
int32_t moe_study_run(moe_study *study);

/* bytes <- the study as it is, limit and whole replicas: moe_study_restore and moe_study_run go on from
 * there, in another process too, to the same bits. For the same bytes on every machine, little-endian.
 *
 *   capacity  bytes that there is room for; NULL and 0 only count
 *   length    <- the bytes of the whole study. If capacity is less, MOE_ERROR_SIZE, and nothing is written
 *
 * The limit is stored with its rule and images, 8 d bytes for a node and time, and not computed again. Errors
 * of moe_model_drift, which tells models apart; MOE_ERROR_ORDER (no result yet), MOE_ERROR_MEMORY. Since
 * 0.9.0. */
int32_t moe_study_save(const moe_study *study, void *bytes, int64_t capacity, int64_t *length);

/* The study of the same model, law and request (the setters' values), made anew, is then as the saved one
 * was. MOE_ERROR_VALUE: `length` bytes that are no saved study of this format, or cut short, or changed
 * (there is a checksum); MOE_ERROR_DOMAIN: of another model, law or request, or of a machine on which the
 * model's numbers come out in other bits. The sentence says which; the study is then as before.
 * MOE_ERROR_SIZE, MOE_ERROR_MEMORY (no result then), errors of moe_model_drift. Since 0.9.0. */
int32_t moe_study_restore(moe_study *study, const void *bytes, int64_t length);

/* ---- the report ------------------------------------------------------------------------------- */

/* Each returns MOE_ERROR_ORDER before there is a result and while the study runs, MOE_ERROR_INDEX for a
 * quantity, a time or an N that there is not, and what is named. Arrays with a number for each N have as many
 * as moe_study_set_experts took, in its order. */

/* *limit <- the study's limit, to read, not to destroy or set: borrowed until a setter, moe_study_restore or
 * the end of the study. Since 0.9.0. */
int32_t moe_study_limit(moe_study *study, moe_limit **limit);

/* mean[i], error[i] of the quantity with N_i experts at the time of index t, error being the standard error
 * over replicas[i] replicas (for W2 those of the root of the mean square). NAN where it was not measured, and
 * the error also where one replica did. Any may be NULL. Since 0.9.0. */
int32_t moe_study_means(const moe_study *study, int32_t quantity, int64_t t, double *mean, double *error,
                        int64_t *replicas);

/* The bias of the mean prediction with N_i experts at the time of index t, from the replicas:
 *   bias[j,k] = N_i (mean F_N - F)_k(x_j), with its standard error error[j,k],
 * which tends to what moe_model_bias computes of the limit. n x K each; error may be NULL. NAN as in
 * moe_study_means. Since 0.9.0. */
int32_t moe_study_bias(const moe_study *study, int64_t i, int64_t t, double *bias, double *error);

/* The rate of a quantity at a time: a weighted fit of the form above to the N from the first one on for which
 * it fits (chi-squared beyond what one of 100 true forms reaches: the next). A mean's weight is R / kappa, R
 * being its replicas, kappa the squared coefficient of variation of one, smoothed by a line in ln N.
 *
 *   theory       the exponent of N that the theory gives, negative
 *   exponent     the fitted one, and the two ends of its 95 % interval
 *   probability  of an exponent as far from the theory's as this, if the theory is right: below 0.05 the
 *                measurement is not consistent with it
 *   fit          that first N, chi-squared, its degrees of freedom, the factor c, b (0 without), and the
 *                exponent g of b's term (0 without)
 *
 * Any may be NULL. MOE_ERROR_SIZE: fewer than 3 N (4 with b, 5 if g is fitted) have been measured; MOE_ERROR_VALUE: no
 * coordinate of the law is random, or the means do not determine a rate. Since 0.9.0. */
int32_t moe_study_rate(const moe_study *study, int32_t quantity, int64_t t, double *theory,
                       double exponent[3], double *probability, double fit[6]);

/* mean[i] <- what moe_study_rate fitted, with experts[i] experts: to draw it.
 *   exponent  of N, held there with the other parameters following: the theory's, or an end of the interval;
 *             NAN: the fitted one
 *   experts   count numbers from 2 on, which need not be whole;  mean: count
 * Errors as above, MOE_ERROR_SIZE (count), MOE_ERROR_VALUE (exponent or experts; no curve of the form has the
 * exponent). Since 0.9.0. */
int32_t moe_study_rate_curve(const moe_study *study, int32_t quantity, int64_t t, double exponent,
                             int64_t count, const double *experts, double *mean);

/* A form of decay, c, a, b being fitted; d as above. */
enum {
    MOE_RATE_PLAIN = 0,    /* c N^-a                                 */
    MOE_RATE_SHARP = 1,    /* c N^-a (ln N + b)^1/2,  (ln N / N)^1/2 */
    MOE_RATE_GENERAL = 2,  /* c N^-a (ln N + b),      N^-1/2 ln N    */
    MOE_RATE_CORRECTED = 3 /* c N^-a (1 + b N^-(d-2)/d),  d >= 3     */
};

/* The same quantity in another form, for the N that moe_study_rate fits: to look at, not to judge by. For d =
 * 2 theorems in general have MOE_RATE_GENERAL, the torus MOE_RATE_SHARP: the smaller chi-squared is what the
 * measurement prefers, and for these two there is often little between. A plain slope is biased (d >= 2).
 *
 *   exponent  as moe_study_rate's
 *   fit       the first N, chi-squared, its degrees of freedom, c, b, and chi-squared with the
 *             exponent held at the theory's
 *
 * Either may be NULL. MOE_ERROR_VALUE (no such form, or not for this d; or as in moe_study_rate),
 * MOE_ERROR_SIZE. Since 0.9.0. */
int32_t moe_study_rate_form(const moe_study *study, int32_t quantity, int64_t t, int32_t form,
                            double exponent[3], double fit[6]);

/* *random <- the number of coordinates whose law is not a fixed number, the d of distances' rates; *seen <-
 * of those that predictions at the data depend on (moe_model_reduce), as all other rates do. Either may be
 * NULL. Since 0.9.0. */
int32_t moe_study_dimension(const moe_study *study, int64_t *random, int64_t *seen);

/* The constants of moe_study_bound, L_1 = sup |Df| and L_2 = Lip(Df), and whether they are an estimate:
 *   *estimated = 0  from the expert itself (moe_expert_bounds), proven
 *              = 1  it knows none: 5/4 of the largest Frobenius norms of Df and D^2 f that were seen at 256
 * draws of the law and 256 of mu_t at the last time, and at 64 training inputs at most. A bound made of them
 * is an estimate too. Any may be NULL. Errors of moe_expert_bounds, moe_expert_tangent,
 * moe_limit_sample. Since 0.9.0. */
int32_t moe_study_lipschitz(moe_study *study, double *L1, double *L2, int32_t *estimated);

/* bound[i] >= E W_1(mu^N_t, mu_t) with N_i experts, proven if L_1 and L_2 are (up to the error of the limit's
 * loss in `along`):
 *
 *   a_priori   e^(Lambda t) E W_1(mu^N_0, mu_0),   Lambda = L_2 sqrt(2 E(mu_0)) + L_1^2
 *   along      the same with int_0^t (L_2 sqrt(2 E(mu_s)) + L_1^2) ds in place of Lambda t
 *
 * L_1, L_2 as moe_study_lipschitz says, which tells if they are proven; E W_1 at 0 by heat smoothing for laws that are uniform, or Lipschitz images
 * of uniform ones (von Mises, wrapped normal), in each coordinate that is not a fixed number. For the square
 * loss without potential, with the largest mobility as a factor of the exponent; with an output's scale s,
 * L_2 counts as L_2 / s. Either may be NULL. MOE_ERROR_UNSUPPORTED: the law's or the loss's part is not known;
 * MOE_ERROR_MEMORY, errors of moe_study_lipschitz and moe_limit_field (MOE_ERROR_ORDER if the last time is
 * 0); the outputs are then undefined. Since 0.9.0. */
int32_t moe_study_bound(moe_study *study, int64_t t, double *a_priori, double *along);

/* ---- fluctuations ------------------------------------------------------------------------------ */

/* The fluctuations of a mixture: N independent experts from mu_0 with equal weights make predictions F_N with
 * sqrt(N) (F_N(t, x) - F(mu_t, x)) -> g(t, x), a Gaussian process of mean 0, as N grows. With
 *   a = (i, j, k): time times[i], input x_j, output k,   covariance[a, a'] = Cov(g_a, g_a').
 *
 *   field       of the limit: recorded by a flow from a rule for mu_0
 *   rule        that rule, or another for mu_0: expectations over mu_0 are its sums, exact as far as it is
 *   times       count of them, ascending, within the field
 *   x           m x p inputs; m = 0: the training inputs, n of them
 *   tolerance   1e-12 to 1, of an entry, in units of the largest one or 1
 *   covariance  (count m K) x (count m K)
 *
 * g solves a linear Volterra equation in time (arXiv 2606.21721), collocated at 9, 17, ... 129 Chebyshev
 * points until the covariance stands still. Progress is told of "fluctuations", from 0 to 1 for each number of
 * points. Uses d + 1 characteristics for each node of the rule
 * (moe_field_map) and memory for (q n K + count m K)^2 numbers, q the points in time. MOE_ERROR_NULL,
 * MOE_ERROR_SIZE, MOE_ERROR_NOT_FINITE, MOE_ERROR_TIME, MOE_ERROR_DOMAIN (the rule), MOE_ERROR_TOLERANCE,
 * MOE_ERROR_BUDGET (129 points do not suffice), MOE_ERROR_UNSUPPORTED (a host's loss without second
 * derivative), MOE_ERROR_LAPACK, MOE_ERROR_CALLBACK, MOE_ERROR_CANCELLED, MOE_ERROR_MEMORY; the output is
 * then undefined. Since 0.9.0. */
int32_t moe_field_fluctuations(moe_context *context, const moe_field *field, const moe_measure *rule,
                               int64_t count, const double *times, int64_t m, const double *x,
                               double tolerance, double *covariance);

/* lower, upper <- the band in which the predictions of one mixture of `experts` experts lie, each with the
 * probability `level` (0 < level < 1; 0.95), as N grows:
 *   F(mu_t, x) + bias / N -+ z (variance / N)^1/2,   z the normal quantile,
 * F and the variance from the field and the rule as in moe_field_fluctuations, whose arguments the others
 * are; a band for every time, input and output alone, not for all at once.
 *
 *   bias          count x m x K, by moe_model_bias; NULL: 0
 *   lower, upper  count x m x K
 *
 * MOE_ERROR_VALUE (experts < 1, level), MOE_ERROR_NOT_FINITE (bias), errors of moe_field_fluctuations; the
 * output is then undefined. Since 0.9.0. */
int32_t moe_field_band(moe_context *context, const moe_field *field, const moe_measure *rule, int64_t experts,
                       double level, const double *bias, int64_t count, const double *times, int64_t m,
                       const double *x, double tolerance, double *lower, double *upper);

/* bias <- lim N (E F_N - F), the mean error of the predictions of N independent experts from mu_0 in units of
 * 1/N; error <- its standard error. The mixture's start mu_0 + nu / sqrt(N) is random with the covariance of
 * one draw, and half the second derivative of F along nu has the bias as its mean: it is taken by second
 * differences of flows from the rule whose weights w_q are
 *   w_q (1 +- e u_q),   u_q = s_q w_q^-1/2 - sum_p s_p w_p^1/2,   s_q = +-1 at random,   e = 1 / (2 max |u|),
 * `samples` times, of 2 flows each. A sample varies by some times the bias; with as many samples as the rule
 * has nodes there is no chance: one after the other takes the place of nu, and error is 0. For any loss,
 * potential and mobility. Progress is told of "bias", its part being that of the samples.
 *
 *   rule     for mu_0; it errs by about 1 / (its nodes) of the bias besides
 *   times    count numbers, ascending, 0 or more
 *   x        m x p inputs; m = 0: the training inputs, n of them
 *   samples  2 or more; seed: of the signs
 *   bias     count x m x K;  error: the same or NULL
 *
 * MOE_ERROR_NULL, MOE_ERROR_SIZE, MOE_ERROR_NOT_FINITE, MOE_ERROR_TIME, MOE_ERROR_VALUE (samples), errors of
 * moe_flow_create and moe_flow_advance; the output is then undefined. Since 0.9.0. */
int32_t moe_model_bias(moe_context *context, const moe_model *model, const moe_measure *rule, int64_t count,
                       const double *times, int64_t m, const double *x, int64_t samples, uint64_t seed,
                       double *bias, double *error);

#ifdef __cplusplus
}
#endif
#endif
