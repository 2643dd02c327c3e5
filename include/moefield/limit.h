/* limit.h - the mean-field limit of a model to a tolerance that the host asks for.
 *
 *   d/dt mu_t = div(mu_t grad Psi[mu_t]),   mu_0 = the law of an expert's initial parameters.
 *
 * A limit is the model's flow from a quadrature rule for mu_0 (flow.h). This handle chooses the rule's
 * nodes, coordinate by coordinate, and the tolerance in time, until the estimated error of the
 * predictions meets the request, and keeps the result: predictions, images of the rule, the field.
 *
 * Rules are made for a law with the same predictions at the training inputs and redundant coordinates fixed
 * (moe_model_reduce), unless the model has a potential. So the image of the rule serves predictions, loss and
 * kernel at the training inputs, and where a coordinate was fixed it is not a rule for mu_t: predictions at
 * other inputs, distances and all else of theta come from moe_limit_sample, or from any rule for the law
 * that moe_limit_field drives. Up to 4 coordinates the rule is a tensor product; with more, or where that
 * takes too many nodes, it is a union of 8 randomly shifted lattices.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEFIELD_LIMIT_H
#define MOEFIELD_LIMIT_H

#include <moefield/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* limit <- the limit of `model` from the law, at time 1, tolerance 1e-6, no budget. The model is kept by
 * reference, the law copied. MOE_ERROR_NULL, MOE_ERROR_ORDER (a coordinate has no law yet),
 * MOE_ERROR_DOMAIN (the law is not on the expert's domain), MOE_ERROR_MEMORY, and those of
 * moe_model_reduce. Since 0.9.0. */
int32_t moe_limit_create(moe_context *context, const moe_model *model, const moe_law *law, moe_limit **limit);

/* NULL is accepted; what was handed out stays. Since 0.9.0. */
void moe_limit_destroy(moe_limit *limit);

/* The setters forget a result. Each returns MOE_ERROR_NULL, MOE_ERROR_ORDER (inside a callback of
 * moe_limit_solve or moe_limit_field) and what is named; then nothing has changed. */

/* The times t_0 < t_1 < ... at which the limit is wanted, all >= 0; copied.
 * MOE_ERROR_SIZE, MOE_ERROR_NOT_FINITE, MOE_ERROR_TIME, MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_limit_set_times(moe_limit *limit, int64_t count, const double *times);

/* The error of F_k(mu_t, x_j) that is allowed at every t_i, j and k: absolute, 1e-13 or more; below, rounding
 * in sums over the nodes decides. Steps have tolerances of 1e-14 and more, and an output's scale s multiplies
 * what they err by: models of unit size get to about 1e-12 max(1, s), some further.
 * MOE_ERROR_TOLERANCE. Since 0.9.0. */
int32_t moe_limit_set_tolerance(moe_limit *limit, double tolerance);

/* What moe_limit_solve may use: nodes of one rule and bytes of one flow, each >= 1, and seconds > 0 in all,
 * INFINITY for no limit, of time as it passes (not the processor's), looked at after every step and while a
 * large rule is made. At first 2^22 nodes, INT64_MAX bytes, no limit of time. Seconds make the result depend
 * on the machine; without them it is the same bits everywhere that the flow is. MOE_ERROR_VALUE.
 * Since 0.9.0. */
int32_t moe_limit_set_budget(moe_limit *limit, int64_t nodes, int64_t bytes, double seconds);

/* Computes. With MOE_OK the estimate meets the tolerance. MOE_ERROR_BUDGET and MOE_ERROR_CANCELLED keep the
 * best result so far, whose estimate the getters tell, if there is one: none if no steps in time are short
 * enough for the tolerance, and one of a few nodes with the estimate INFINITY while the search for the
 * numbers of several coordinates' nodes lasts. What is kept when seconds run out may be far from what a looser
 * tolerance gets in the same time: lattices, to which a demand for many nodes leads, converge more slowly than
 * the tensor rules of a modest one. Wide normal laws of a neuron's weights take many nodes a coordinate
 * (docs/NUMERICS.md): a budget of seconds, or a tolerance of 1e-4 first, tells. Progress is told of "limit", its part being that of the
 * decades between the first estimate and the tolerance. Other failures leave no result: MOE_ERROR_ORDER
 * (inside one of its own callbacks), and those of moe_measure_tensor, moe_measure_lattice,
 * moe_model_sensitivity, moe_flow_advance, moe_flow_predictions. Since 0.9.0. */
int32_t moe_limit_solve(moe_limit *limit);

/* ---- the result; each returns MOE_ERROR_ORDER if there is none -------------------------------- */

/* error[i] estimates max_jk |F_k(mu_t, x_j) - what moe_limit_predictions says| at t_i: an estimate with a
 * factor of safety, not a bound; docs/NUMERICS.md has the statistics of how often it holds, and says where
 * it does not. It is INFINITY where the work ended before there was one. error: as many as times. Since
 * 0.9.0. */
int32_t moe_limit_errors(const moe_limit *limit, double *error);

/* f[j,k] = F_k(mu_t, x_j) at t_i and the training inputs. f: n x K. MOE_ERROR_INDEX. Since 0.9.0. */
int32_t moe_limit_predictions(const moe_limit *limit, int64_t i, double *f);

/* measure <- the rule's image at t_i: nodes moved by the flow map, with the rule's weights; for what
 * model.h computes of a measure at the training inputs (see above). Not for distances: W_p between it and mu_t
 * is of the order of the nodes' spacing, however small the tolerance. For those take moe_limit_sample, or, in
 * one dimension, moe_measure_distance_image. The host's own. MOE_ERROR_INDEX, MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_limit_measure(moe_limit *limit, int64_t i, moe_measure **measure);

/* field <- the limit's predictions in time, from 0 to the last t_i, for driven flows: tracers, samples of
 * mu_t. Computed by one more flow when it is first asked for. The host's own.
 * Errors as moe_flow_advance; MOE_ERROR_ORDER also if the last t_i is 0. Since 0.9.0. */
int32_t moe_limit_field(moe_limit *limit, moe_field **field);

/* measure <- `count` independent draws of mu_t at t_i with weight 1/count: the draws first, first + 1, ... of
 * moe_measure_random, moved by the limit's field at the tolerance of the limit's own flow; at t_i = 0 the
 * draws themselves, without a field.
 * MOE_ERROR_INDEX, and those of moe_measure_random and moe_limit_field. Since 0.9.0. */
int32_t moe_limit_sample(moe_limit *limit, int64_t i, uint64_t seed, int64_t stream, int64_t first,
                         int64_t count, moe_measure **measure);

/* What it took: nodes of the rule in each coordinate (d numbers; 0 where lattices sample it: their nodes are
 * the points of moe_limit_measure) and the tolerance in time of the result,
 * and the experts' evaluations of all flows in all, in right-hand sides times nodes. Any may be NULL.
 * Since 0.9.0. */
int32_t moe_limit_effort(const moe_limit *limit, int64_t *sizes, double *tolerance, double *evaluations);

#ifdef __cplusplus
}
#endif
#endif
