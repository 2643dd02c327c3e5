/* model.h - an expert, the training data and the objective: what a measure predicts and what it feels.
 *
 *   F(mu, x) = int f(theta, x) dmu(theta)   prediction of the mixture mu = sum_i w_i delta_{theta_i}
 *   r_j      = F(mu, x_j) - y_j             residuals
 *   E(mu)    = 1/2 sum_j v_j |r_j|^2        loss
 *   Psi[mu](theta) = sum_j v_j <r_j, f(theta, x_j)>   the potential that one expert feels
 *
 * for the square loss; objective.h has the same for other losses, potentials, mobilities and scales.
 * Melchor Hernandez, Pastorello, De Palma, Lett. Math. Phys. 116 (2026), with the normalisations above.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEFIELD_MODEL_H
#define MOEFIELD_MODEL_H

#include <moefield/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* model <- the expert with a training set of n points and the square loss.
 *   x  n x p inputs;  y  n x K targets;  all copied
 *   v  n sample weights > 0 with |sum - 1| <= 1e-9; NULL for 1/n each
 * Keeps a reference to the expert, and binds it to x (ops->bind), here and now.
 * MOE_ERROR_NULL, MOE_ERROR_SIZE, MOE_ERROR_NOT_FINITE, MOE_ERROR_WEIGHTS, MOE_ERROR_CALLBACK,
 * MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_model_create(moe_context *context, const moe_expert *expert, int64_t n, const double *x,
                         const double *y, const double *v, moe_model **model);

/* model <- the objective's expert with a training set and the objective as it now is; arguments as above, and
 * y must be labels of the objective's loss. An objective that was never set up makes the model above.
 * Errors as above, MOE_ERROR_VALUE (a label; the sentence names the sample and the value). Since 0.9.0. */
int32_t moe_model_create_for(moe_context *context, const moe_objective *objective, int64_t n, const double *x,
                             const double *y, const double *v, moe_model **model);

/* Drops the host's reference; flows and fields keep theirs. NULL is accepted. Any thread.
 * Since 0.9.0. */
void moe_model_destroy(moe_model *model);

/* Number of training points; 0 for NULL. Any thread. Since 0.9.0. */
int64_t moe_model_points(const moe_model *model);

/* The functions below take a measure on the expert's domain (same d, same periods) and return
 *   MOE_ERROR_NULL, MOE_ERROR_SIZE, MOE_ERROR_NOT_FINITE (a new input, or a result), MOE_ERROR_DOMAIN,
 *   MOE_ERROR_CALLBACK, MOE_ERROR_CANCELLED, MOE_ERROR_MEMORY;
 * the output is then undefined. They run on the context's threads. */

/* f[j,k] = F_k(mu, x_j) at the training inputs.                       f: n x K.  Since 0.9.0. */
int32_t moe_model_predictions(moe_context *context, const moe_model *model, const moe_measure *mu, double *f);

/* f[j,k] = F_k(mu, x_j) at m inputs of the host's.          x: m x p;  f: m x K.  Since 0.9.0. */
int32_t moe_model_predict(moe_context *context, const moe_model *model, const moe_measure *mu, int64_t m,
                          const double *x, double *f);

/* *loss = E(mu) = sum_j v_j l(F(mu, x_j), y_j). Since 0.9.0. */
int32_t moe_model_loss(moe_context *context, const moe_model *model, const moe_measure *mu, double *loss);

/* *energy = A(mu) = E(mu) / s^2 + int V dmu, which the flow lowers: E(mu) for a plain model. Since 0.9.0. */
int32_t moe_model_energy(moe_context *context, const moe_model *model, const moe_measure *mu, double *energy);

/* drift[i,a] = -m_a d/dtheta_a (Psi[mu] + V)(theta_i), by default -d/dtheta_a Psi[mu](theta_i): the velocity
 * of each point of mu in mean-field time.  drift: count x d.  Since 0.9.0. */
int32_t moe_model_drift(moe_context *context, const moe_model *model, const moe_measure *mu, double *drift);

/* kernel[i,k,j,l] = int sum_a m_a d_a f_k(theta, xa_i) d_a f_l(theta, xb_j) dmu(theta), the neural tangent
 * kernel (m_a = 1 unless the objective says otherwise, whatever the scale): without a potential,
 * d/dt F(mu_t, x) = -sum_j v_j K(x, x_j) l'(F(mu_t, x_j), y_j), which is r_j for the square loss.
 *   xa: na x p;  xb: nb x p;  kernel: na x K x nb x K, a symmetric matrix if xb is xa itself and nb = na.
 * Takes (na + nb) K pullbacks of one input for every point of mu, half of them if xb is xa. Since 0.9.0. */
int32_t moe_model_kernel(moe_context *context, const moe_model *model, const moe_measure *mu, int64_t na,
                         const double *xa, int64_t nb, const double *xb, double *kernel);

/* s[a,b] = int sum_j v_j <d_a f(theta, x_j), d_b f(theta, x_j)> dmu(theta): how much the outputs at the data
 * depend on each coordinate, and on which together. From the diagonal come the weights of a lattice
 * (moe_measure_lattice); a few hundred draws do for mu. Takes n K pullbacks of one input for every point.
 *   s: d x d, symmetric. Since 0.9.0. */
int32_t moe_model_sensitivity(moe_context *context, const moe_model *model, const moe_measure *mu, double *s);

/* reduced <- a law from whose measures the model's flow has the same predictions as from `law`, for all
 * times, with redundant coordinates fixed (moe_law_set_fixed): those that no output depends on, and those
 * that come in only through a linear form with others, as the angles of two RZ in a row. A tensor rule
 * then spends one node on each of them.
 *   m, x  further inputs (m x p) at which predictions will be asked; 0 and NULL for those of the data only
 *   form  d x d, or NULL: f depends on theta only through u_r = sum_s form[r,s] theta_s, for the r with
 *         form[r,r] = 1. The row of a fixed coordinate is 0, and so is the column of an inactive one.
 * theta_s is fixed where |d_s f - sum_r form[r,s] d_r f| <= 1e-12 of the largest derivative, at random
 * points, and where the law of the sums is known: each theta_r is uniform on a whole circle, or theta_r and
 * theta_s are normal (theta_r then gets the variance of the sum) and it is the only such one.
 * lib/model/redundancy.c has the derivation. The reduced law is not `law`: it serves predictions, loss and
 * kernel at the data and at x, but neither distances nor anything else of theta.
 * MOE_ERROR_NULL, MOE_ERROR_SIZE, MOE_ERROR_NOT_FINITE, MOE_ERROR_DOMAIN, MOE_ERROR_ORDER (a real
 * coordinate has no law yet), MOE_ERROR_UNSUPPORTED (a model with a potential, which sees coordinates that
 * the outputs do not), MOE_ERROR_CALLBACK, MOE_ERROR_CANCELLED, MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_model_reduce(moe_context *context, const moe_model *model, const moe_law *law, int64_t m,
                         const double *x, moe_law **reduced, double *form);

/* The lazy (NTK) regime in closed form: the predictions at each time if the kernel stayed what it is at mu,
 *   f[t,j,k] = F_k(mu, x_j) - (K(x_j, X) V^(1/2) phi_t(V^(1/2) K(X, X) V^(1/2)) V^(1/2) (F(mu, X) - y))_k,
 *   phi_t(l) = (1 - e^(-l t)) / l,  X the training inputs, V = diag(v).
 * Exact for experts that are linear in theta; what the flow tends to as the scale grows, at the rate 1/s.
 * Takes the square loss without a potential, and n K <= 32766: an eigendecomposition of that size.
 * Where the kernel is singular its rounding grows like n K 2^-52 |K| t, which matters for huge finite times.
 *   times  count numbers >= 0; INFINITY: the kernel's interpolation, or least squares, with eigenvalues of
 *          up to n K 2^-52 of the largest taken for 0
 *   x      m x p inputs; NULL with m = 0 for the training inputs
 *   f      count x m x K; count x n x K if m = 0
 * MOE_ERROR_UNSUPPORTED, MOE_ERROR_TIME, MOE_ERROR_LAPACK besides. Since 0.9.0. */
int32_t moe_model_frozen(moe_context *context, const moe_model *model, const moe_measure *mu, int64_t count,
                         const double *times, int64_t m, const double *x, double *f);

/* c[j,k] = sum_l d^2 l / dF_k dF_l (f_j, y_j) u[j,l]: the loss's second derivative at predictions f, applied
 * to u. With the kernel it makes the flow's linearisation d/dt u = -K V c(u), whose largest eigenvalue bounds
 * the steps of explicit methods and learning rates.   f, u, c: n x K. MOE_ERROR_NULL, MOE_ERROR_NOT_FINITE,
 * MOE_ERROR_UNSUPPORTED (a host's loss without it), MOE_ERROR_CALLBACK, MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_model_curvature(moe_context *context, const moe_model *model, const double *f, const double *u,
                            double *c);

#ifdef __cplusplus
}
#endif
#endif
