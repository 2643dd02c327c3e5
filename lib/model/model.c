/* model.c - a model: expert, data and loss; predictions, loss and drift of a measure.
 *
 *   F(mu, x_j) = sum_i w_i f(theta_i, x_j),  E = sum_j v_j l(F_j, y_j),
 *   drift_i = -sum_j v_j <dl/dF_j, grad f(theta_i, x_j)>.
 *
 * SPDX-License-Identifier: MIT */
#include "model/model.h"

#include "measure/measure.h"

#include <math.h>
#include <string.h>

/* ---- life ------------------------------------------------------------------------------------- */

moe_model *moei_model_retain(const moe_model *model)
{
    moe_model *counted = (moe_model *)(uintptr_t)model; /* counting is not changing */
    atomic_fetch_add_explicit(&counted->references, 1, memory_order_relaxed);
    return counted;
}

MOE_PUBLIC void moe_model_destroy(moe_model *model)
{
    if (!model || atomic_fetch_sub_explicit(&model->references, 1, memory_order_acq_rel) != 1)
        return;
    moei_core *core = model->core;
    moei_unbind(&model->binding);
    moe_expert_destroy(model->expert);
    moei_free(core, model->x);
    moei_free(core, model->y);
    moei_free(core, model->v);
    moei_free(core, model);
    moei_core_release(core);
}

static int32_t check_data(moe_context *context, const moe_expert *expert, int64_t n, const double *x,
                          const double *y, const double *v)
{
    int32_t status;
    if ((status = moei_need_size(context, n, "n")) ||
        (status = moei_need_shape(context, "n x p", 2, (int64_t[]){n, expert->p})) ||
        (status = moei_need_shape(context, "n x K", 2, (int64_t[]){n, expert->K})) ||
        (status = moei_need(context, x, "x")) || (status = moei_need(context, y, "y")) ||
        (status = moei_need_finite(context, n * expert->p, x, "x")) ||
        (status = moei_need_finite(context, n * expert->K, y, "y")))
        return status;
    return v ? moei_need_weights(context, n, v, true, "v") : MOE_OK;
}

MOE_PUBLIC int32_t moe_model_create(moe_context *context, const moe_expert *expert, int64_t n,
                                    const double *x, const double *y, const double *v, moe_model **out)
{
    if (!context || !out)
        return moei_fail(context, MOE_ERROR_NULL, "model is NULL");
    *out = NULL;
    int32_t status = moei_need(context, expert, "expert");
    if (!status)
        status = check_data(context, expert, n, x, y, v);
    if (status)
        return status;
    moe_model *model = MOEI_NEW(context->core, 1, moe_model);
    if (!model)
        return moei_out_of_memory(context, "a model");
    model->core = moei_core_retain(context->core);
    atomic_init(&model->references, 1);
    model->expert = moei_expert_retain(expert);
    model->loss = &moei_square_loss;
    model->n = n;
    model->x = MOEI_NEW(model->core, n * expert->p, double);
    model->y = MOEI_NEW(model->core, n * expert->K, double);
    model->v = MOEI_NEW(model->core, n, double);
    if (model->x && model->y && model->v) {
        memcpy(model->x, x, (size_t)(n * expert->p) * sizeof *x);
        memcpy(model->y, y, (size_t)(n * expert->K) * sizeof *y);
        for (int64_t j = 0; j < n; j++)
            model->v[j] = v ? v[j] : 1.0 / (double)n;
        status = moei_bind(context, model->expert, n, model->x, &model->binding);
    } else
        status = moei_out_of_memory(context, "a model's data");
    if (status) {
        moe_model_destroy(model);
        return moei_public_status(status);
    }
    *out = model;
    return MOE_OK;
}

MOE_PUBLIC int64_t moe_model_points(const moe_model *model)
{
    return model ? model->n : 0;
}

/* ---- of predictions --------------------------------------------------------------------------- */

int32_t moei_model_loss_of(moe_context *context, const moe_model *model, const double *f, double *loss)
{
    const int64_t K = model->expert->K;
    double sum = 0;
    for (int64_t j = 0; j < model->n; j++)
        sum += model->v[j] * model->loss->value(K, f + j * K, model->y + j * K);
    if (!isfinite(sum))
        return moei_fail(context, MOE_ERROR_NOT_FINITE, "the loss is %g", sum);
    *loss = sum;
    return MOE_OK;
}

void moei_model_force_of(const moe_model *model, const double *f, double *r)
{
    const int64_t K = model->expert->K;
    for (int64_t j = 0; j < model->n; j++) {
        model->loss->residual(K, f + j * K, model->y + j * K, r + j * K);
        for (int64_t k = 0; k < K; k++)
            r[j * K + k] *= -model->v[j];
    }
}

/* ---- of a measure ----------------------------------------------------------------------------- */

static int32_t check_measure(moe_context *context, const moe_model *model, const moe_measure *mu,
                             const void *output, const char *name)
{
    int32_t status;
    if ((status = moei_need(context, model, "model")) || (status = moei_need(context, mu, "mu")) ||
        (status = moei_need(context, output, name)))
        return status;
    return moei_need_domain(context, mu, model->expert->d, model->expert->period, "mu");
}

static int32_t predict_bound(moe_context *context, const moei_binding *binding, const moe_measure *mu,
                             double *f)
{
    moei_sweep *sweep = NULL;
    int32_t status = moei_sweep_create(context, binding, mu->count, &sweep);
    if (!status)
        status = moei_sweep_predict(context, sweep, mu->points, mu->weights, f);
    moei_sweep_destroy(sweep);
    return moei_public_status(status);
}

MOE_PUBLIC int32_t moe_model_predictions(moe_context *context, const moe_model *model, const moe_measure *mu,
                                         double *f)
{
    if (!context)
        return MOE_ERROR_NULL;
    const int32_t status = check_measure(context, model, mu, f, "f");
    return status ? status : predict_bound(context, &model->binding, mu, f);
}

MOE_PUBLIC int32_t moe_model_predict(moe_context *context, const moe_model *model, const moe_measure *mu,
                                     int64_t m, const double *x, double *f)
{
    if (!context)
        return MOE_ERROR_NULL;
    int32_t status;
    if ((status = check_measure(context, model, mu, f, "f")) || (status = moei_need_size(context, m, "m")) ||
        (status = moei_need_shape(context, "m x p", 2, (int64_t[]){m, model->expert->p})) ||
        (status = moei_need_shape(context, "m x K", 2, (int64_t[]){m, model->expert->K})) ||
        (status = moei_need(context, x, "x")) ||
        (status = moei_need_finite(context, m * model->expert->p, x, "x")))
        return status;
    moei_binding binding;
    status = moei_bind(context, model->expert, m, x, &binding);
    if (status)
        return moei_public_status(status);
    status = predict_bound(context, &binding, mu, f);
    moei_unbind(&binding);
    return status;
}

MOE_PUBLIC int32_t moe_model_loss(moe_context *context, const moe_model *model, const moe_measure *mu,
                                  double *loss)
{
    if (!context)
        return MOE_ERROR_NULL;
    int32_t status = check_measure(context, model, mu, loss, "loss");
    if (status)
        return status;
    double *f = MOEI_NEW(context->core, model->n * model->expert->K, double);
    if (!f)
        return moei_out_of_memory(context, "predictions");
    status = predict_bound(context, &model->binding, mu, f);
    if (!status)
        status = moei_model_loss_of(context, model, f, loss);
    moei_free(context->core, f);
    return status;
}

MOE_PUBLIC int32_t moe_model_drift(moe_context *context, const moe_model *model, const moe_measure *mu,
                                   double *drift)
{
    if (!context)
        return MOE_ERROR_NULL;
    int32_t status = check_measure(context, model, mu, drift, "drift");
    if (status)
        return status;
    const int64_t nK = model->n * model->expert->K;
    moei_sweep *sweep = NULL;
    double square, *f = MOEI_NEW(context->core, moei_mul(nK, 2), double);
    if (!f)
        return moei_out_of_memory(context, "predictions");
    status = moei_sweep_create(context, &model->binding, mu->count, &sweep);
    if (!status)
        status = moei_sweep_predict(context, sweep, mu->points, mu->weights, f);
    if (!status) {
        moei_model_force_of(model, f, f + nK);
        status = moei_sweep_pullback(context, sweep, mu->points, mu->weights, f + nK, drift, &square);
    }
    moei_sweep_destroy(sweep);
    moei_free(context->core, f);
    return moei_public_status(status);
}
