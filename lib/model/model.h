/* model.h - the inside of moe_model.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_MODEL_H
#define MOEI_MODEL_H

#include "expert/expert.h"
#include "model/objective.h"
#include "model/sweep.h"

#include <moefield/measure.h>
#include <moefield/model.h>

struct moe_model {
    moei_core *core;
    atomic_int references;
    moe_expert *expert;
    moei_terms terms;
    int64_t n;
    double *x, *y, *v; /* n x p, n x K, n */
    moei_binding binding;
};

moe_model *moei_model_retain(const moe_model *model);

/* n K: the numbers of one prediction. Fits, and so does 8 times it. */
static inline int64_t moei_model_width(const moe_model *model)
{
    return model->n * model->expert->K;
}

/* The sweep of the points that `cut` cuts, over the training inputs. */
int32_t moei_model_sweep(moe_context *context, const moe_model *model, const moei_partition *cut,
                         moei_sweep **sweep);

/* *loss = E = sum_j v_j l(f_j, y_j), of predictions; MOEI_RECOVERABLE, MOE_ERROR_CALLBACK,
 * MOE_ERROR_NOT_FINITE. */
int32_t moei_model_loss_of(moe_context *context, const moe_model *model, const double *f, double *loss);

/* *energy = A = E / s^2 + sum_i w_i V(theta_i); f are the predictions of the same points. Errors as above and
 * as a sweep's. */
int32_t moei_model_energy_of(moe_context *context, const moe_model *model, moei_sweep *sweep, const double *f,
                             const double *theta, const double *w, double *energy);

/* r[j,k] = -v_j/s dl/df_k(f_j, y_j): pulled back, it is -grad Psi. Errors as moei_model_loss_of. */
int32_t moei_model_force_of(moe_context *context, const moe_model *model, const double *f, double *r);

/* The kernel of moe_model_kernel for checked arguments; nb = 0: right = left. */
int32_t moei_model_kernel(moe_context *context, const moe_model *model, const moe_measure *mu, int64_t na,
                          const double *xa, int64_t nb, const double *xb, double *kernel);

/* f[j,k] = F_k(mu, x_j) for checked arguments. */
int32_t moei_model_predict(moe_context *context, const moe_model *model, const moe_measure *mu, int64_t m,
                           const double *x, double *f);

/* Of every call that takes a model, a measure and an output. */
int32_t moei_need_measure(moe_context *context, const moe_model *model, const moe_measure *mu,
                          const void *output, const char *name);

#endif
