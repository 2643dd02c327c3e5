/* flow.h - the gradient flow of a model from a measure, and the field that a flow leaves behind.
 *
 *   dtheta_i/dt = -grad Psi[mu_t](theta_i),   mu_t = sum_i w_i delta_{theta_i(t)},   mean-field time.
 *
 * -M grad (Psi + V) for a model with a potential V and mobilities M (objective.h).
 *
 * From N random draws this is the training of N experts; from a quadrature rule for the initial law
 * it is the mean-field limit, since both solve d/dt mu = div(mu grad Psi[mu]) and only the initial
 * measure differs. There is no separate limit solver.
 *
 * A flow that records leaves a field: the predictions F(mu_t, x_j) in time, n K numbers a time with
 * dense output. A flow *driven* by a field moves its points in that field without acting on it: the
 * limit's tracers (Sznitman's copies), samples of mu_t, the flow map.
 *
 * Angles are lifted: periodic coordinates are never reduced.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEFIELD_FLOW_H
#define MOEFIELD_FLOW_H

#include <moefield/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Integrators. All control their error, land exactly, record fields, interpolate within a step and account
 * for the energy; they differ in what they cost.
 *
 * - ADAMS: the fewest right-hand sides, from loose to tight tolerances: between 1 and 2 a step. It keeps 15
 *   vectors of the points' size, and starts with short steps.
 * - DOP853: 12 right-hand sides a step, and long steps: for tight tolerances over short times, and where the
 *   host lands often.
 * - DOPRI5: 6 right-hand sides a step: for loose tolerances where memory is short (8 vectors less).
 * - RKC: for stiff flows and long times. A step of length h takes about (1.5 h r)^(1/2) right-hand sides,
 *   where the others' steps are at most a few over r, the largest eigenvalue of K V (moe_model_kernel at the
 *   data, V = diag(v); K V l'' for losses other than the square, moe_model_curvature). Of order 2: for
 *   tolerances down to about 1e-6. The flow estimates r itself, from its right-hand side, and counts what
 *   that takes.
 *
 * - LOW_STORAGE: 5 right-hand sides a step of order 4, in 5 vectors of the points' size, less than any other
 *   (DOPRI5 takes 9): for as many experts as memory holds. Looking into steps (recording, events,
 *   moe_flow_interpolate) takes 3 vectors and up to 2 right-hand sides a step more.
 *
 * All are explicit: besides RKC, steps are bounded by about 3 (DOPRI5), 6 (DOP853), 5 (LOW_STORAGE) or 2 (ADAMS, whose order
 * falls there) over r, however loose the tolerance. */
enum {
    MOE_METHOD_DOPRI5 = 5,      /* Dormand & Prince 5(4), 1980, with its 4th-order dense output        */
    MOE_METHOD_DOP853 = 8,      /* Hairer, Norsett & Wanner, 8(5,3), with its 7th-order dense output   */
    MOE_METHOD_ADAMS = 20,      /* Adams-Bashforth-Moulton, variable order 1 to 12 and step, after
                              Shampine & Gordon, 1975; Since 0.9.0                                */
    MOE_METHOD_RKC = 21,        /* Runge-Kutta-Chebyshev of order 2, Sommeijer, Shampine & Verwer,
                              1998, with its cubic dense output; Since 0.9.0                      */
    MOE_METHOD_LOW_STORAGE = 22 /* RK4(3)5[2R+]C, Kennedy, Carpenter & Lewis, 2000, with cubic
                              dense output; Since 0.9.0                                           */
};

/* ---- a flow ---------------------------------------------------------------------------------- */

/* flow <- the model's gradient flow from mu at time 0: MOE_METHOD_DOP853, tolerances 1e-8.
 * mu must live on the expert's domain; its points and weights are copied, the model is kept by
 * reference. The memory that stepping needs is allocated here or at the first step; recording and looking
 * into a step take more. MOE_ERROR_NULL, MOE_ERROR_DOMAIN, MOE_ERROR_CALLBACK (the expert's workspace),
 * MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_flow_create(moe_context *context, const moe_model *model, const moe_measure *mu, moe_flow **flow);

/* flow <- the points of mu, driven by the field from its first time on: they follow
 * -grad Psi[field](theta) and do not act on one another. It can advance to the field's last time.
 * Errors as above. Since 0.9.0. */
int32_t moe_flow_create_driven(moe_context *context, const moe_field *field, const moe_measure *mu,
                               moe_flow **flow);

/* The share of this context's rank in a flow of so many experts that the ranks of its communicator share:
 * experts first ... first + count - 1; without a communicator, all. It depends on the model's sizes, on the
 * number of experts and on that of ranks; count may be 0, of ranks that are more than there is work for.
 * No messages. MOE_ERROR_NULL, MOE_ERROR_SIZE. Since 0.9.0. */
int32_t moe_flow_share(moe_context *context, const moe_model *model, int64_t experts, int64_t *first,
                       int64_t *count);

/* flow <- as moe_flow_create, of experts that the ranks of the context's communicator share: each keeps the
 * points of its own, and one sum of moments a right-hand side is all that crosses. The same bits as the flow
 * that one rank makes of all, whatever the number of ranks and threads.
 *   experts  in all, the same on every rank
 *   points   count x d, of this rank's share; copied. The draws of moe_measure_random with its `first` and
 *            `count` are those that one rank would have
 *   weights  count, of this rank's share, adding up to 1 over all ranks; or NULL on all ranks: equal ones
 * Creating it, advancing it and whatever asks for predictions, loss, energy, gradient or measure passes
 * messages: all ranks make these calls alike, and get the same status, the sentence beginning with the rank
 * that failed. A cancel, or an observer or a progress callback that stops, on any rank ends the call on all.
 * Its points, and theta of moe_flow_interpolate, are those of the share; moe_flow_measure returns all of them
 * on every rank; the recorded field is the same on every rank. The context keeps its communicator while such
 * a flow lives. With a rank 0 of 1 it is a flow like any other.
 * MOE_ERROR_NULL, MOE_ERROR_SIZE, MOE_ERROR_NOT_FINITE, MOE_ERROR_WEIGHTS, MOE_ERROR_VALUE (a rank asks for
 * another flow than rank 0), MOE_ERROR_CALLBACK (also of the communicator), MOE_ERROR_MEMORY.
 * Since 0.9.0. */
int32_t moe_flow_create_spread(moe_context *context, const moe_model *model, int64_t experts,
                               const double *points, const double *weights, moe_flow **flow);

/* *bytes = what a flow of so many experts will take on this rank while it steps with MOE_METHOD_*, with the
 * context's threads: N d 8 times the vectors that the method keeps, and O(N + n K) (allocated: within 10 %). The
 * measure that it is made from is the host's, and can be destroyed before the first step.
 *   looks  1: it records, or is asked by moe_flow_interpolate. moe_flow_advance_until takes one vector more,
 *          and recorded fields grow with the steps: (degree + 1) n K numbers each
 * MOE_ERROR_NULL, MOE_ERROR_SIZE, MOE_ERROR_VALUE, MOE_ERROR_CALLBACK (the expert's workspace). Since 0.9.0. */
int32_t moe_flow_memory(moe_context *context, const moe_model *model, int64_t experts, int32_t method,
                        int32_t looks, int64_t *bytes);

/* NULL is accepted. Since 0.9.0. */
void moe_flow_destroy(moe_flow *flow);

/* The setters may be called before the first step or between any two advances, the method only
 * before the first step. Each returns MOE_ERROR_NULL, MOE_ERROR_ORDER (too late, or inside an
 * observer), or the status named; then nothing has changed. */

/* MOE_METHOD_*. MOE_ERROR_VALUE. Since 0.9.0. */
int32_t moe_flow_set_method(moe_flow *flow, int32_t method);

/* A step is accepted when its error estimate e has
 *   ( sum_i w_i 1/d sum_a (e_ia / (absolute + relative s_ia))^2 )^(1/2) <= 1,
 * s_ia = max |theta_ia| over the step for a real coordinate, period/(2 pi) for a periodic one, whose
 * lift has no meaning. relative >= 0, absolute > 0, finite. MOE_ERROR_TOLERANCE. Since 0.9.0. */
int32_t moe_flow_set_tolerance(moe_flow *flow, double relative, double absolute);

/* The length of the first step: positive, or 0 for one that is chosen (Hairer, Norsett & Wanner I, II.4),
 * which is the default; without effect once a step has been taken. The longest of any step: > 0, INFINITY for
 * no limit, which is the default. MOE_ERROR_VALUE. Since 0.9.0. */
int32_t moe_flow_set_steps(moe_flow *flow, double first, double longest);

/* The number of step attempts that one call of moe_flow_advance may make, 1000000 at first.
 * MOE_ERROR_VALUE. Since 0.9.0. */
int32_t moe_flow_set_step_limit(moe_flow *flow, int64_t attempts);

/* Called on the calling thread after every accepted step, when the flow's getters and
 * moe_flow_interpolate speak of that step. It may read the flow; calls that would change the flow
 * return MOE_ERROR_ORDER. A nonzero return ends the advance with MOE_ERROR_CALLBACK; the step stays.
 * NULL turns it off. `self` must live until another observer is set or the flow is destroyed. Since 0.9.0. */
typedef int32_t (*moe_observer)(void *self, moe_flow *flow);
int32_t moe_flow_set_observer(moe_flow *flow, moe_observer observer, void *self);

/* on = 1: no accepted step raises the energy A, for a plain model the loss E, however loose the tolerance; a
 * step that would is shortened. By more than rounding, that is: about 1e-14 of it and of
 * sum_jk |v_j dl/df_jk| |f_jk| / s^2. Costs nothing where the energy falls, except with ADAMS: one evaluation
 * of predictions a step that has not evaluated the slope at its end, and one of the potential if there is
 * one. 0, the default: the tolerance alone decides. MOE_ERROR_VALUE, MOE_ERROR_ORDER (also for a driven
 * flow). Since 0.9.0. */
int32_t moe_flow_set_descent(moe_flow *flow, int32_t on);

/* Records the predictions from the present time on, for moe_flow_field; before the first step only.
 * A step then costs 4 more evaluations of predictions (DOPRI5), 6 and 3 more right-hand sides (DOP853), up to
 * 7 (ADAMS) or 3 (RKC). MOE_ERROR_ORDER (also for a driven flow), MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_flow_record(moe_flow *flow);

/* Advances to `time` and lands on it exactly. On failure the flow stays at the last accepted step,
 * where moe_flow_time says, and can be used further.
 * A callback's positive status, or a result that is not finite, shortens the step; when no step is
 * short enough: MOE_ERROR_STEP. MOE_ERROR_NULL, MOE_ERROR_TIME (backwards, not finite, beyond a
 * driving field), MOE_ERROR_STEP_LIMIT, MOE_ERROR_NOT_FINITE (where the first step starts, which no shorter
 * step can cure), MOE_ERROR_CALLBACK, MOE_ERROR_CANCELLED, MOE_ERROR_ORDER (inside an observer or an expert's
 * function), MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_flow_advance(moe_flow *flow, double time);

/* One accepted step, for hosts that own the loop: not beyond `limit`, landing on it if it is near; INFINITY for
 * none, if the flow is not driven.
 * Errors as moe_flow_advance. Since 0.9.0. */
int32_t moe_flow_step(moe_flow *flow, double limit);

/* What ended moe_flow_advance_until. */
enum {
    MOE_REACHED_TIME = 0,     /* the time                                  */
    MOE_REACHED_GRADIENT = 1, /* the slope's norm <= gradient             */
    MOE_REACHED_LOSS = 2      /* E(mu_t) <= loss                           */
};

/* Advances until moe_flow_gradient <= gradient, or E(mu_t) <= loss, or `time`, whichever comes
 * first; *reached says which, and moe_flow_time when. A threshold of 0 is never reached; with one above 0,
 * time may be INFINITY (then the step limit is what ends a flow that does not get there). What holds already
 * ends the call at once. It is looked for at the ends of steps: where it holds at one, the step is shortened
 * to where it begins to hold, to about 1e-6 of the threshold or the flow's own error; so the flow stops at
 * the end of a step of its own, where the condition holds. Costs one right-hand side at the beginning, with
 * ADAMS one more a step, and a few and a step at the end. A driven flow takes no loss: MOE_ERROR_ORDER.
 * MOE_ERROR_VALUE (a negative threshold, or one not finite), otherwise as moe_flow_advance; *reached is then
 * MOE_REACHED_TIME. Since 0.9.0. */
int32_t moe_flow_advance_until(moe_flow *flow, double time, double gradient, double loss, int32_t *reached);

/* ---- what the flow knows, at its present time ------------------------------------------------ */

/* The present time; NaN for NULL. Since 0.9.0. */
double moe_flow_time(const moe_flow *flow);

/* The points, count x d, lifted; owned by the flow, valid until it next changes. NULL for NULL.
 * Since 0.9.0. */
const double *moe_flow_points(const moe_flow *flow);

/* measure <- a copy of the points with their weights. MOE_ERROR_NULL, MOE_ERROR_MEMORY.
 * Since 0.9.0. */
int32_t moe_flow_measure(moe_flow *flow, moe_measure **measure);

/* f[j,k] = F_k(mu_t, x_j) at the training inputs, of the flow's own points (also if it is driven).
 * f: n x K. Errors as moe_model_predictions, and MOE_ERROR_ORDER inside an expert's function. Since 0.9.0. */
int32_t moe_flow_predictions(moe_flow *flow, double *f);

/* *loss = E(mu_t), without the potential. Errors as above. Since 0.9.0. */
int32_t moe_flow_loss(moe_flow *flow, double *loss);

/* *norm = (int sum_a m_a (d_a (Psi + V))^2 dmu_t)^(1/2), for a plain model the norm of grad Psi: how far the
 * flow is from rest; also of a driven flow. Evaluates a right-hand side. Errors as moe_flow_loss.
 * Since 0.9.0. */
int32_t moe_flow_gradient(moe_flow *flow, double *norm);

/* theta[i,a] at a time within the last accepted step, by the method's dense output. theta: count x d.
 * With DOP853 the first look into a step evaluates 3 right-hand sides, unless the flow records.
 * MOE_ERROR_NULL, MOE_ERROR_ORDER (no step yet, the last attempt at one failed, or inside an expert's
 * function), MOE_ERROR_TIME, MOE_ERROR_NOT_FINITE, MOE_ERROR_CALLBACK, MOE_ERROR_CANCELLED, MOE_ERROR_MEMORY;
 * theta is then undefined. Since 0.9.0. */
int32_t moe_flow_interpolate(moe_flow *flow, double time, double *theta);

/* The time at which the last accepted step began; the present time if there is none; NaN for NULL.
 * Since 0.9.0. */
double moe_flow_previous_time(const moe_flow *flow);

/* Accepted steps, rejected attempts, and right-hand sides evaluated so far. Any may be NULL.
 * MOE_ERROR_NULL for a NULL flow. Since 0.9.0. */
int32_t moe_flow_counts(const moe_flow *flow, int64_t *steps, int64_t *rejections, int64_t *evaluations);

/* The energy identity A(mu_0) - A(mu_t) = int_0^t int sum_a m_a (d_a (Psi + V))^2 dmu_s ds, for a plain model
 * E(mu_0) - E(mu_t) = int_0^t int |grad Psi|^2 dmu_s ds, a free check of the integration: *dissipated is the
 * right side, integrated with the method's own weights, and *defect the left side minus it. MOE_ERROR_NULL,
 * MOE_ERROR_ORDER (a driven flow has no such identity), otherwise as moe_flow_loss. Since 0.9.0. */
int32_t moe_flow_energy(moe_flow *flow, double *dissipated, double *defect);

/* ---- save and resume -------------------------------------------------------------------------- */

/* bytes <- the flow at its last accepted step: points and weights, settings, what its method remembers, counts,
 * the energy identity, what it has recorded, the field that drives it, and its last step to be looked into.
 * moe_flow_restore goes on from there, in another process too. Of the same bytes on every machine:
 * little-endian, with a format's number and a checksum. moe_state_write puts them into a file.
 *
 *   capacity  bytes that there is room for; NULL and 0 only count
 *   length    <- the bytes of the whole flow, about 8 d N times the vectors that the method keeps after a step:
 *             15 (DOP853; 18 once the step was looked into), 9 (DOPRI5), up to 17 (ADAMS), 6 (RKC).
 *             If capacity is less, MOE_ERROR_SIZE, and nothing is written
 *
 * May be called from the observer. The observer itself, thread counts and the thresholds of
 * moe_flow_advance_until are the host's and are not saved. Evaluates the model at the flow's first 16 points,
 * by which moe_flow_restore knows it again; they do not count as the flow's.
 *
 * A flow that ranks share is saved by all of them together: rank 0's capacity counts, and its bytes get the whole
 * flow, to which the other ranks send their parts; theirs may be NULL. *length is the same on all, and the bytes
 * are those of any other number of ranks. Rank 0 needs room for them: in memory, or in a file mapped into it.
 * MOE_ERROR_NULL, MOE_ERROR_SIZE, MOE_ERROR_ORDER (inside an expert's function), errors of moe_model_drift,
 * MOE_ERROR_MEMORY, MOE_ERROR_CALLBACK (of the communicator); the flow is as before. Since 0.9.0. */
int32_t moe_flow_save(moe_flow *flow, void *bytes, int64_t capacity, int64_t *length);

/* flow <- the saved flow of the same model, with whatever number of threads: advanced, it takes the steps that it
 * would have taken, to the same bits in points, times, counts, predictions, energy, recorded field and dense
 * output. (moe_flow_advance_until evaluates one right-hand side when it is called, so interrupted it counts one
 * more.) A driven flow comes with a field of its own, equal to the one that drove it; its model is the field's.
 *
 *   model   made of the same expert, data and objective. Data and the objective's numbers have to be the same
 *           bit by bit; the expert, and a loss or potential of the host's, which are functions, are known by
 *           predictions, energy and drift at the flow's first 16 points, which have to agree to 1e-6 of max(1,
 *           the largest of them)
 *   exact   <- 1 if these agree in every bit: then so does all that follows. 0 if they do not, on another
 *           processor or with another compiler, BLAS or version: the flow goes on as accurately as it was.
 *           May be NULL
 *
 * MOE_ERROR_VALUE: `length` bytes that are no saved flow, of a newer format, cut short, changed, or that hold
 * what no flow is; MOE_ERROR_DOMAIN: of another model; the sentence says what was found and what expected.
 * MOE_ERROR_NOT_FINITE, MOE_ERROR_WEIGHTS (of the points). Errors of moe_flow_create and moe_model_drift.
 * Bytes from anyone may be given: memory is asked for only as far as there are bytes to fill it.
 * Since 0.9.0. */
int32_t moe_flow_restore(moe_context *context, const moe_model *model, const void *bytes, int64_t length,
                         int32_t *exact, moe_flow **flow);

/* flow <- as moe_flow_restore, of experts that the ranks of the context's communicator share: each takes the part
 * that moe_flow_share gives it, whoever saved the flow, one process or any number of ranks. Called by all ranks
 * with the same bytes (MOE_ERROR_VALUE if they differ), of which a rank copies its own part only: they may lie in
 * a file that is mapped. *exact is 1 if it is on all ranks.
 * Errors of moe_flow_restore, the same on all ranks; MOE_ERROR_UNSUPPORTED (a driven flow), MOE_ERROR_CALLBACK
 * (of the communicator). Since 0.9.0. */
int32_t moe_flow_restore_spread(moe_context *context, const moe_model *model, const void *bytes,
                                int64_t length, int32_t *exact, moe_flow **flow);

/* ---- the field ------------------------------------------------------------------------------- */

/* field <- what has been recorded so far, from the start to the present time; immutable, and
 * independent of the flow from now on. MOE_ERROR_NULL, MOE_ERROR_ORDER (not recording, or no step
 * taken), MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_flow_field(moe_flow *flow, moe_field **field);

/* Drops the host's reference; driven flows keep theirs. NULL is accepted. Any thread. Since 0.9.0. */
void moe_field_destroy(moe_field *field);

/* The first and the last time; NaN for NULL. Any thread. Since 0.9.0. */
double moe_field_begin(const moe_field *field);
double moe_field_end(const moe_field *field);

/* f[j,k] = F_k(mu_t, x_j) at a time within the field. f: n x K. MOE_ERROR_NULL, MOE_ERROR_TIME.
 * Since 0.9.0. */
int32_t moe_field_predictions(moe_context *context, const moe_field *field, double time, double *f);

/* ---- the field's flow map --------------------------------------------------------------------- */

/* The flow map of the field and its derivative, at any points: with X_t(theta) the characteristic
 *   dX_a/dt = -m_a d_a (Psi_t + V)(X),   X_from(theta) = theta,   t from `from` to `to`, forwards or
 * backwards, image[i,a] = X_to(theta_i)_a, lifted;   jacobian[i,a,c] = dX_to,a / dtheta_c (theta_i);
 *   log_determinant[i] = log det of it = -int tr M Hess(Psi_t + V)(X_t) dt from `from` to `to`,
 * integrated on its own, so that it keeps its digits where the determinant would lose them. For a field of
 * the limit, X pushes mu_from forward to mu_to.
 *   theta, image     count x d; may be the same array
 *   jacobian         count x d x d, or NULL
 *   log_determinant  count, or NULL
 *   tolerance        1e-14 to 1: of a step's error at every point, in units of period / (2 pi) for periodic
 *                    coordinates, of max(1, |X_a|) for real ones, of max(1, its largest entry) for a
 *                    Jacobian, of 1 for log_determinant
 * By DOP853. With either of `jacobian` and `log_determinant` a right-hand side takes d products with
 * Hessians: by the expert's `tangent`, else by central differences (moe_expert_tangent); of the decay's they
 * are exact; a host's potential is differenced likewise, to about 1e-12. The context's threads share the
 * points; the bits do not depend on them. If a call fails, outputs are undefined; image may then hold some
 * points' images, also where it is theta.
 * MOE_ERROR_NULL, MOE_ERROR_TIME (outside the field), MOE_ERROR_SIZE, MOE_ERROR_NOT_FINITE (also: where the
 * characteristics start), MOE_ERROR_TOLERANCE, MOE_ERROR_STEP, MOE_ERROR_CALLBACK, MOE_ERROR_CANCELLED,
 * MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_field_map(moe_context *context, const moe_field *field, double from, double to, int64_t count,
                      const double *theta, double tolerance, double *image, double *jacobian,
                      double *log_determinant);

/* density[i] = rho_t(points_i), the density of the image of `law` under the field's flow from its beginning
 * to `time`: that of mu_t if the field was recorded in the limit from this law. The characteristics are
 * followed back to their starts s, rho_t(X_t(s)) = rho_0(s) exp int_0^t tr M Hess(Psi + V)(X) dt, so a
 * relative error of `density` is that of the exponent, and of rho_0 at the start; a density that is 0 or
 * jumps (uniform on an interval) does so exactly as far as the starts are exact. Per unit of every
 * coordinate.
 *   law        uniform, normal or von Mises in every coordinate; on the expert's domain
 *   points     count x d, any representatives of periodic coordinates
 *   tolerance  as that of moe_field_map
 *   density    count
 * Errors as above, MOE_ERROR_DOMAIN (law), MOE_ERROR_ORDER (a real coordinate has no law yet),
 * MOE_ERROR_UNSUPPORTED (a coordinate of the law is fixed, a host's quantile, or samples). Since 0.9.0. */
int32_t moe_field_density(moe_context *context, const moe_field *field, const moe_law *law, double time,
                          int64_t count, const double *points, double tolerance, double *density);

#ifdef __cplusplus
}
#endif
#endif
