/* objective.h - what a model is trained for: its loss, a potential on the parameters, the mobility of each
 * coordinate, and the scale of the output.
 *
 *   F(mu, x)   = s int f(theta, x) dmu(theta)                       prediction, s the output's scale
 *   E(mu)      = sum_j v_j l(F(mu, x_j), y_j)                       loss
 *   A(mu)      = E(mu) / s^2 + int V dmu                            energy: what the flow lowers
 *   Psi[mu](theta) = 1/s sum_j v_j <l'(F(mu, x_j), y_j), f(theta, x_j)>
 *   d theta_a / dt = -m_a d_a (Psi[mu_t] + V)(theta)                m_a >= 0 the mobility
 *   d A(mu_t) / dt = -int sum_a m_a (d_a (Psi[mu_t] + V))^2 dmu_t
 *
 * With s = 1, V = 0 and m_a = 1 this is the plain gradient flow of E. The clock is such that predictions move
 * at a speed that does not depend on s: d/dt F = -sum_j v_j K(., x_j) l'_j with K = int Df M Df^T dmu for
 * V = 0. Parameters then move by O(1/s), which is lazy training as s grows (Chizat, Oyallon, Bach, NeurIPS
 * 2019, whose objective is A); V acts at a pace of its own, whatever s. s = N^(1 - alpha) gives mixtures
 * F = N^(-alpha) sum_i f(theta_i, .); docs/LEARNING_RATE.md has their clock.
 *
 * An objective is set up by one thread at a time; a model copies it, so that later changes do not reach
 * models that are already made.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEFIELD_OBJECTIVE_H
#define MOEFIELD_OBJECTIVE_H

#include <moefield/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* objective <- the square loss, no potential, mobility 1, scale 1, for models of this expert; keeps a
 * reference to it. MOE_ERROR_NULL, MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_objective_create(moe_context *context, const moe_expert *expert, moe_objective **objective);

/* Models made for it stay as they are. NULL is accepted. Since 0.9.0. */
void moe_objective_destroy(moe_objective *objective);

/* Each setter replaces what was set before, or leaves it if the call fails. */

/* ---- the loss -------------------------------------------------------------------------------- */

/* l(f, y) for one sample, K outputs and K labels. */
enum {
    MOE_LOSS_SQUARE = 0,   /* 1/2 |f - y|^2                                                        */
    MOE_LOSS_LOGISTIC = 1, /* sum_k log(1 + e^f_k) - y_k f_k; each y_k in [0, 1]                   */
    MOE_LOSS_SOFTMAX = 2   /* log sum_k e^f_k - <y, f>; y >= 0 with |sum - 1| <= 1e-9, which the
                              model divides out: one-hot or probabilities; K >= 2                  */
};

/* MOE_LOSS_*. MOE_ERROR_NULL, MOE_ERROR_VALUE (unknown, or softmax of one output), MOE_ERROR_MEMORY.
 * Since 0.9.0. */
int32_t moe_objective_set_loss(moe_objective *objective, int32_t loss);

/* Huber's loss, sum_k h(f_k - y_k): h(r) = r^2 / 2 for |r| <= delta, delta (|r| - delta / 2) beyond.
 * delta > 0, finite. MOE_ERROR_NULL, MOE_ERROR_NOT_FINITE, MOE_ERROR_VALUE, MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_objective_set_huber(moe_objective *objective, double delta);

/* A loss of the host's own. Arrays are row-major, f, y, r, u, c: n x K. The functions come on the calling
 * thread; one that serves models in several contexts at once must be safe for that. Each returns 0, a
 * positive number for a failure that a smaller time step may cure, or a negative one to stop, as an expert's
 * functions do (moe_expert_ops); none may throw, longjmp, or keep a pointer that it was given. */
typedef struct moe_loss_ops {
    size_t struct_size; /* sizeof(moe_loss_ops) as the host compiled it; the tail may grow */
    uint64_t flags;     /* none yet: 0 */

    /* value[j] = l(f_j, y_j) */
    int32_t (*value)(void *self, int64_t n, int64_t K, const double *f, const double *y, double *value);
    /* r[j,k] = dl/df_k (f_j, y_j) */
    int32_t (*residual)(void *self, int64_t n, int64_t K, const double *f, const double *y, double *r);

    /* All below are optional: NULL.
     *
     * c[j,k] = sum_l d^2 l/df_k df_l (f_j, y_j) u[j,l], for moe_model_curvature. */
    int32_t (*curvature)(void *self, int64_t n, int64_t K, const double *f, const double *y, const double *u,
                         double *c);
    /* Nonzero if y[0 ... K-1] are no labels of one sample: the model is then not made. */
    int32_t (*check)(void *self, int64_t K, const double *y);
    /* Called once, when the last objective or model that uses the loss is gone, on the thread that lets go.
     */
    void (*destroy)(void *self);
} moe_loss_ops;

/* ops is copied; `self` must live until ops->destroy, or until the last handle that uses it. If the call
 * fails, `self` is still the host's. MOE_ERROR_NULL, MOE_ERROR_STRUCT_SIZE, MOE_ERROR_VTABLE, MOE_ERROR_VALUE
 * (unknown flags), MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_objective_set_own_loss(moe_objective *objective, const moe_loss_ops *ops, void *self);

/* ---- the potential --------------------------------------------------------------------------- */

/* Decay of the parameters: adds to V, for each coordinate a with decay[a] = lambda > 0,
 *   lambda/2 theta_a^2                             if it is real,
 *   lambda u^2 (1 - cos(theta_a / u)), u = period/(2 pi)   if it is periodic: the same curvature at 0.
 * decay: d numbers >= 0, copied; NULL for none. MOE_ERROR_NULL, MOE_ERROR_NOT_FINITE, MOE_ERROR_VALUE,
 * MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_objective_set_decay(moe_objective *objective, const double *decay);

/* What a potential promises, as bits of `flags`. */
enum {
    MOE_POTENTIAL_THREAD_SAFE = 1 /* its functions may run on several threads at once; without this, nor do
                                     the expert's in the same sweep */
};

/* A potential of the host's own, which adds to the decay. theta is count x d, lifted: V must have the
 * expert's periods. The functions return as those of a loss. */
typedef struct moe_potential_ops {
    size_t struct_size; /* sizeof(moe_potential_ops) as the host compiled it; the tail may grow */
    uint64_t flags;     /* MOE_POTENTIAL_* */

    /* value[i] = V(theta_i) */
    int32_t (*value)(void *self, int64_t count, int64_t d, const double *theta, double *value);
    /* g[i,a] = d/dtheta_a V(theta_i)                                                     g: count x d */
    int32_t (*gradient)(void *self, int64_t count, int64_t d, const double *theta, double *g);

    /* Optional, as that of a loss. */
    void (*destroy)(void *self);
} moe_potential_ops;

/* As moe_objective_set_own_loss; ops NULL for none. Since 0.9.0. */
int32_t moe_objective_set_potential(moe_objective *objective, const moe_potential_ops *ops, void *self);

/* ---- mobility and scale ---------------------------------------------------------------------- */

/* The mobility of each coordinate: 0 freezes it, to the bit. mobility: d numbers >= 0, copied; NULL for 1
 * each. MOE_ERROR_NULL, MOE_ERROR_NOT_FINITE, MOE_ERROR_VALUE, MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_objective_set_mobility(moe_objective *objective, const double *mobility);

/* s > 0, finite, with s^2 and 1/s^2 finite. MOE_ERROR_NULL, MOE_ERROR_NOT_FINITE, MOE_ERROR_VALUE.
 * Since 0.9.0. */
int32_t moe_objective_set_scale(moe_objective *objective, double scale);

#ifdef __cplusplus
}
#endif
#endif
