/* expert.h - an expert f(theta, x): a table of functions that the host fills in.
 *
 * theta has d coordinates, each periodic with its period or real (period INFINITY); x has p inputs;
 * f has K outputs. A simple expert fills in `values` and `pullback` of a table that is all zeros before
 * (= {0}; what is left over in an optional member would be called); one that can sum over experts
 * faster than value by value, or that prepares tables for its inputs, fills in more.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEFIELD_EXPERT_H
#define MOEFIELD_EXPERT_H

#include <moefield/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What an expert promises, as bits of `flags`. */
enum {
    MOE_EXPERT_THREAD_SAFE = 1, /* its functions may run on several threads at once                */
    MOE_EXPERT_PURE = 2         /* same arguments, same bits: moe_expert_check holds it to this    */
};

/* The expert's functions. All arrays are row-major; `theta` is count x d, `x` is n x p, as given to
 * `bind` when the expert has one. Each returns 0; a positive number for a failure that a smaller
 * time step may cure; a negative one to stop, MOE_ERROR_MEMORY if it found no memory (the call then
 * returns that, else MOE_ERROR_CALLBACK). Either can be read with moe_context_callback_status.
 * A function must not throw, longjmp, or keep a pointer that it was given. `work` is the calling
 * worker's own scratch, aligned to 64 bytes, of the size that `workspace` asked for; NULL if that
 * is 0. theta is lifted: a periodic coordinate may lie outside one period. */
typedef struct moe_expert_ops {
    size_t struct_size; /* sizeof(moe_expert_ops) as the host compiled it; the tail may grow       */
    uint64_t flags;     /* MOE_EXPERT_*                                                            */

    /* f[i,j,k] = f_k(theta_i, x_j)                                            f: count x n x K    */
    int32_t (*values)(void *self, void *bound, int64_t n, const double *x, int64_t count, const double *theta,
                      double *f, void *work);
    /* g[i,a] = sum_jk r[j,k] d/dtheta_a f_k(theta_i, x_j)            r: n x K;  g: count x d      */
    int32_t (*pullback)(void *self, void *bound, void *stage, int64_t n, const double *x, int64_t count,
                        const double *theta, const double *r, double *g, void *work);

    /* All below are optional: NULL means the plain way.
     *
     * What can be prepared for the inputs x: *bound is passed to every other function, is never
     * changed, and is shared by all workers. x outlives it. Undone by `unbind`. */
    int32_t (*bind)(void *self, int64_t n, const double *x, void **bound);
    void (*unbind)(void *self, void *bound);
    /* Bytes of `work` for up to `count` experts at a time; negative: cannot. */
    int64_t (*workspace)(void *self, void *bound, int64_t count);
    /* The mixture in linear moments, when the n x K values are not the best ones: `moments` ADDS
     * sum_i w[i] m(theta_i) to m[moment_count]; `predict` turns summed moments into F, n x K.
     * The three come together or not at all. */
    int64_t (*moment_count)(void *self, void *bound);
    int32_t (*moments)(void *self, void *bound, int64_t n, const double *x, int64_t count,
                       const double *theta, const double *w, double *m, void *work);
    int32_t (*predict)(void *self, void *bound, int64_t n, const double *x, const double *m, double *f);
    /* What can be prepared for the residuals r (n x K), once for all experts of a right-hand side:
     * *stage is passed to `pullback`. r outlives it. Undone by `release`. */
    int32_t (*prepare)(void *self, void *bound, int64_t n, const double *x, const double *r, void **stage);
    void (*release)(void *self, void *bound, void *stage);
    /* Called once, when the last handle that uses the expert is gone, on the thread that lets go. */
    void (*destroy)(void *self);
    /* Bounds that hold for every theta and x: *value >= |f|, *gradient >= |Df|, *curvature >= the Lipschitz
     * constant of Df in theta, in Euclidean and operator norms. For moe_expert_bounds. */
    int32_t (*bounds)(void *self, double *value, double *gradient, double *curvature);
    /* Derivatives along m directions for each expert, direction: count x m x d (for moe_expert_tangent):
     *   df[i,l,j,k] = sum_a direction[i,l,a] d/dtheta_a f_k(theta_i, x_j)            count x m x n x K
     *   h[i,l,a]    = sum_jk r[j,k] sum_b d2 f_k(theta_i, x_j) / dtheta_a dtheta_b direction[i,l,b]
     *                                                                   r: n x K;  h: count x m x d
     * df or h may be NULL: not wanted; without h, r and stage may be NULL too. */
    int32_t (*tangent)(void *self, void *bound, void *stage, int64_t n, const double *x, int64_t count,
                       int64_t m, const double *theta, const double *direction, const double *r, double *df,
                       double *h, void *work);
} moe_expert_ops;

/* expert <- the expert of `ops` and `self`.
 *   ops      copied. `self` must live until ops->destroy, or until the last handle that uses it.
 *   d, p, K  numbers of parameters, inputs, outputs; each at least 1
 *   period   d positive numbers, INFINITY for a real coordinate; copied
 * If the call fails, `self` is still the host's: ops->destroy is not called.
 * MOE_ERROR_NULL, MOE_ERROR_STRUCT_SIZE, MOE_ERROR_VTABLE (a mandatory function is NULL, or one that
 * the others given require), MOE_ERROR_VALUE (unknown flags), MOE_ERROR_SIZE, MOE_ERROR_PERIOD,
 * MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_expert_create(moe_context *context, const moe_expert_ops *ops, void *self, int64_t d, int64_t p,
                          int64_t K, const double *period, moe_expert **expert);

/* Drops the host's reference; models keep theirs. NULL is accepted. Any thread. Since 0.9.0. */
void moe_expert_destroy(moe_expert *expert);

/* The expert's shape; 0 for NULL. Any thread. Since 0.9.0. */
int64_t moe_expert_parameters(const moe_expert *expert);
int64_t moe_expert_inputs(const moe_expert *expert);
int64_t moe_expert_outputs(const moe_expert *expert);
/* The d periods, owned by the expert; NULL for NULL. Any thread. Since 0.9.0. */
const double *moe_expert_period(const moe_expert *expert);

/* f[i,j,k] = f_k(theta_i, x_j), through the expert's own functions.
 *   x: n x p;  theta: count x d;  f: count x n x K
 * MOE_ERROR_NULL, MOE_ERROR_SIZE, MOE_ERROR_NOT_FINITE (in x, theta or r), MOE_ERROR_CALLBACK,
 * MOE_ERROR_MEMORY; f is then undefined. Since 0.9.0. */
int32_t moe_expert_values(moe_context *context, const moe_expert *expert, int64_t n, const double *x,
                          int64_t count, const double *theta, double *f);

/* g[i,a] = sum_jk r[j,k] d/dtheta_a f_k(theta_i, x_j), through the expert's own functions.
 *   x: n x p;  theta: count x d;  r: n x K;  g: count x d.  Errors as above. Since 0.9.0. */
int32_t moe_expert_pullback(moe_context *context, const moe_expert *expert, int64_t n, const double *x,
                            int64_t count, const double *theta, const double *r, double *g);

/* Derivatives along m directions for each expert: the Jacobian's and, with the residuals r, the Hessian's
 * products that the fluctuations of a finite mixture are made of (Df Phi, and nabla^2 Psi Phi for
 * r[j,k] = v_j (F_k(x_j) - y_jk)),
 *   df[i,l,j,k] = sum_a direction[i,l,a] d/dtheta_a f_k(theta_i, x_j)
 *   h[i,l,a]    = sum_jk r[j,k] sum_b d2 f_k(theta_i, x_j) / dtheta_a dtheta_b direction[i,l,b]
 *   x: n x p;  theta: count x d;  direction: count x m x d;  r: n x K, NULL if h is NULL;
 *   df: count x m x n x K or NULL;  h: count x m x d or NULL; not both NULL
 * By the expert's `tangent`; a quantum expert's is exact, takes about 3 to 4 pullbacks for each direction,
 * and two states of all qubits for each of its passes. If the table has none: central differences of fourth
 * order of values and pullback, in steps of 2^-9 and 2^-10 of the longest coordinate, measured in period / 2
 * pi on a circle and by max(1, |theta_a|) on a line: for f and r of size 1 accurate to about 1e-12 plus 4e-14
 * times the fifth (df) or sixth (h) derivatives of f in these units. *exact, unless NULL, says which.
 * MOE_ERROR_NULL, MOE_ERROR_SIZE, MOE_ERROR_NOT_FINITE (in x, theta, direction or r), MOE_ERROR_CALLBACK,
 * MOE_ERROR_MEMORY; df and h are then undefined. Since 0.9.0. */
int32_t moe_expert_tangent(moe_context *context, const moe_expert *expert, int64_t n, const double *x,
                           int64_t count, const double *theta, int64_t m, const double *direction,
                           const double *r, double *df, double *h, int32_t *exact);

/* Constants of the explicit bound on propagation of chaos, if the expert knows them: over all theta and x,
 *   *value >= sup |f|,  *gradient >= L1 = sup |Df|,  *curvature >= L2 = Lip(Df)
 * (Euclidean norm of f; operator norms of the K x d matrix Df). A quantum expert has
 *   L1 = |O| (sum_k S_k^2)^(1/2),  L2 = |O| sum_k S_k^2,  S_k = sum of |scale| over the rotations by theta_k,
 * |O| half the spread of O's eigenvalues (beyond 6 qubits a bound of it: the sum of its coefficients'
 * absolute values), and for several outputs the root of the sum of their squares. An output may be NULL.
 * MOE_ERROR_NULL, MOE_ERROR_UNSUPPORTED (the expert's table has no bounds), MOE_ERROR_CALLBACK,
 * MOE_ERROR_NOT_FINITE (one is NaN or negative). Since 0.9.0. */
int32_t moe_expert_bounds(moe_context *context, const moe_expert *expert, double *value, double *gradient,
                          double *curvature);

/* Looks, at the given inputs and parameters, for what the author of an expert gets wrong:
 *   - pullback against central differences of values (relative accuracy about 1e-6);
 *   - several experts in one call against one at a time, and several inputs against one;
 *   - tangent, if there is one, against differences of values and pullback;
 *   - moments and predict against the weighted sum of values;
 *   - values unchanged when a periodic coordinate moves by its period;
 *   - the same call twice, bit for bit, if MOE_EXPERT_PURE; calls on several threads at once against
 *     the same calls in a row, if MOE_EXPERT_THREAD_SAFE;
 *   - writes past the end of f, g, m, F or work; results that are not finite.
 * A function that is smooth only almost everywhere passes unless a kink lies at the given points. What
 * differs by less than 1e-14 is taken for rounding. Threads are started for their check only.
 *   x: n x p;  theta: count x d, both typical of use; n and count of 3 to 20 do.
 * MOE_OK, or MOE_ERROR_CHECK with a sentence that names the first fault, the place and the two
 * numbers that differ; otherwise as moe_expert_values, or MOE_ERROR_THREADS. Since 0.9.0. */
int32_t moe_expert_check(moe_context *context, const moe_expert *expert, int64_t n, const double *x,
                         int64_t count, const double *theta);

#ifdef __cplusplus
}
#endif
#endif
