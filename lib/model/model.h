/* model.h - the inside of moe_model.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_MODEL_H
#define MOEI_MODEL_H

#include "expert/expert.h"
#include "model/loss.h"
#include "model/sweep.h"

#include <moefield/model.h>

struct moe_model {
    moei_core *core;
    atomic_int references;
    moe_expert *expert;
    const moei_loss *loss;
    int64_t n;
    double *x, *y, *v; /* n x p, n x K, n */
    moei_binding binding;
};

moe_model *moei_model_retain(const moe_model *model);

/* *loss = sum_j v_j l(f_j, y_j), or MOE_ERROR_NOT_FINITE */
int32_t moei_model_loss_of(moe_context *context, const moe_model *model, const double *f, double *loss);

/* r[j,k] = -v_j dl/df_k(f_j, y_j): pulled back, it is the drift -grad Psi. */
void moei_model_force_of(const moe_model *model, const double *f, double *r);

#endif
