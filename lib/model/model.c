/* model.c - a model: expert, data and objective; predictions, loss, energy and drift of a measure.
 *
 *   F(mu, x_j) = s sum_i w_i f(theta_i, x_j),   E = sum_j v_j l(F_j, y_j),
 *   A = E / s^2 + sum_i w_i V(theta_i),
 *   drift_i = -M (1/s sum_j v_j <dl/dF_j, grad f(theta_i, x_j)> + grad V(theta_i)).
 *
 * SPDX-License-Identifier: MIT */
#include "model/model.h"

#include "measure/measure.h"

#include <math.h>
#include <string.h>

/* ---- life ------------------------------------------------------------------------------------- */

moe_model *moei_model_retain(const moe_model *model)
{
    moei_hold(&model->references);
    return (moe_model *)(uintptr_t)model;
}

MOE_PUBLIC void moe_model_destroy(moe_model *model)
{
    if (!model || !moei_let_go(&model->references))
        return;
    moei_core *core = model->core;
    moei_unbind(&model->binding);
    moe_expert_destroy(model->expert);
    moei_free(core, model->x);
    moei_free(core, model->y);
    moei_free(core, model->v);
    moei_terms_free(core, &model->terms);
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

static int32_t copy_data(moe_context *context, moe_model *model, const double *x, const double *y,
                         const double *v)
{
    const int64_t n = model->n, p = model->expert->p, K = model->expert->K;
    model->x = MOEI_NEW(model->core, n * p, double);
    model->y = MOEI_NEW(model->core, n * K, double);
    model->v = MOEI_NEW(model->core, n, double);
    if (!(model->x && model->y && model->v))
        return moei_out_of_memory(context, "a model's data");
    memcpy(model->x, x, (size_t)(n * p) * sizeof *x);
    memcpy(model->y, y, (size_t)(n * K) * sizeof *y);
    for (int64_t j = 0; j < n; j++)
        model->v[j] = v ? v[j] : 1.0 / (double)n;
    return MOE_OK;
}

/* terms NULL: the plain ones */
static int32_t create(moe_context *context, const moe_expert *expert, const moei_terms *terms, int64_t n,
                      const double *x, const double *y, const double *v, moe_model **out)
{
    int32_t status = check_data(context, expert, n, x, y, v);
    if (status)
        return status;
    moe_model *model = MOEI_NEW(context->core, 1, moe_model);
    if (!model)
        return moei_out_of_memory(context, "a model");
    model->core = moei_core_retain(context->core);
    atomic_init(&model->references, 1);
    model->expert = moei_expert_retain(expert);
    model->n = n;
    status = terms ? moei_terms_copy(context, terms, expert->d, &model->terms)
                   : moei_terms_plain(context, &model->terms);
    if (!status)
        status = copy_data(context, model, x, y, v);
    if (!status)
        status = moei_loss_admit(context, model->terms.loss, n, expert->K, model->y);
    if (!status)
        status = moei_bind(context, model->expert, n, model->x, &model->binding);
    if (status) {
        moe_model_destroy(model);
        return moei_public_status(status);
    }
    *out = model;
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_model_create(moe_context *context, const moe_expert *expert, int64_t n,
                                    const double *x, const double *y, const double *v, moe_model **model)
{
    if (model)
        *model = NULL;
    if (!context || !model)
        return moei_fail(context, MOE_ERROR_NULL, "model is NULL");
    const int32_t status = moei_need(context, expert, "expert");
    return status ? status : create(context, expert, NULL, n, x, y, v, model);
}

MOE_PUBLIC int32_t moe_model_create_for(moe_context *context, const moe_objective *objective, int64_t n,
                                        const double *x, const double *y, const double *v, moe_model **model)
{
    if (model)
        *model = NULL;
    if (!context || !model)
        return moei_fail(context, MOE_ERROR_NULL, "model is NULL");
    const int32_t status = moei_need(context, objective, "objective");
    return status ? status : create(context, objective->expert, &objective->terms, n, x, y, v, model);
}

MOE_PUBLIC int64_t moe_model_points(const moe_model *model)
{
    return model ? model->n : 0;
}

/* ---- of predictions --------------------------------------------------------------------------- */

int32_t moei_model_sweep(moe_context *context, const moe_model *model, const moei_partition *cut,
                         moei_sweep **sweep)
{
    return moei_sweep_create(context, &model->binding, &model->terms, cut, sweep);
}

int32_t moei_model_loss_of(moe_context *context, const moe_model *model, const double *f, double *loss)
{
    return moei_loss_sum(context, model->terms.loss, model->n, model->expert->K, model->v, f, model->y, loss);
}

int32_t moei_model_energy_of(moe_context *context, const moe_model *model, moei_sweep *sweep, const double *f,
                             const double *theta, const double *w, double *energy)
{
    const double s = model->terms.scale;
    double loss, potential;
    int32_t status = moei_model_loss_of(context, model, f, &loss);
    if (moei_loss_is_own(model->terms.loss))
        status = moei_sweep_agree(context, sweep, status);
    if (!status)
        status = moei_sweep_potential(context, sweep, theta, w, &potential);
    if (!status)
        *energy = loss / (s * s) + potential;
    return status;
}

int32_t moei_model_force_of(moe_context *context, const moe_model *model, const double *f, double *r)
{
    const int64_t K = model->expert->K;
    const int32_t status = moei_loss_residual(context, model->terms.loss, model->n, K, f, model->y, r);
    if (status)
        return status;
    for (int64_t j = 0; j < model->n; j++)
        for (int64_t k = 0; k < K; k++)
            r[j * K + k] *= -model->v[j] / model->terms.scale;
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_model_curvature(moe_context *context, const moe_model *model, const double *f,
                                       const double *u, double *c)
{
    if (!context)
        return MOE_ERROR_NULL;
    int32_t status;
    if ((status = moei_need(context, model, "model")) || (status = moei_need(context, f, "f")) ||
        (status = moei_need(context, u, "u")) || (status = moei_need(context, c, "c")) ||
        (status = moei_need_finite(context, moei_model_width(model), f, "f")) ||
        (status = moei_need_finite(context, moei_model_width(model), u, "u")))
        return status;
    return moei_public_status(
        moei_loss_curvature(context, model->terms.loss, model->n, model->expert->K, f, model->y, u, c));
}

/* ---- of a measure ----------------------------------------------------------------------------- */

int32_t moei_need_measure(moe_context *context, const moe_model *model, const moe_measure *mu,
                          const void *output, const char *name)
{
    int32_t status;
    if ((status = moei_need(context, model, "model")) || (status = moei_need(context, mu, "mu")) ||
        (status = moei_need(context, output, name)))
        return status;
    return moei_need_domain(context, mu, model->expert->d, model->expert->period, "mu");
}

static int32_t predict_bound(moe_context *context, const moe_model *model, const moei_binding *binding,
                             const moe_measure *mu, double *f)
{
    moei_sweep *sweep = NULL;
    const moei_partition cut = moei_sweep_partition(binding, mu->count);
    int32_t status = moei_sweep_create(context, binding, &model->terms, &cut, &sweep);
    if (!status)
        status = moei_sweep_predict(context, sweep, mu->points, mu->weights, f);
    moei_sweep_destroy(sweep);
    return moei_public_status(status);
}

int32_t moei_model_predict(moe_context *context, const moe_model *model, const moe_measure *mu, int64_t m,
                           const double *x, double *f)
{
    moei_binding binding;
    int32_t status = moei_bind(context, model->expert, m, x, &binding);
    if (status)
        return moei_public_status(status);
    status = predict_bound(context, model, &binding, mu, f);
    moei_unbind(&binding);
    return status;
}

MOE_PUBLIC int32_t moe_model_predictions(moe_context *context, const moe_model *model, const moe_measure *mu,
                                         double *f)
{
    if (!context)
        return MOE_ERROR_NULL;
    const int32_t status = moei_need_measure(context, model, mu, f, "f");
    return status ? status : predict_bound(context, model, &model->binding, mu, f);
}

MOE_PUBLIC int32_t moe_model_predict(moe_context *context, const moe_model *model, const moe_measure *mu,
                                     int64_t m, const double *x, double *f)
{
    if (!context)
        return MOE_ERROR_NULL;
    int32_t status;
    if ((status = moei_need_measure(context, model, mu, f, "f")) ||
        (status = moei_need_size(context, m, "m")) ||
        (status = moei_need_shape(context, "m x p", 2, (int64_t[]){m, model->expert->p})) ||
        (status = moei_need_shape(context, "m x K", 2, (int64_t[]){m, model->expert->K})) ||
        (status = moei_need(context, x, "x")) ||
        (status = moei_need_finite(context, m * model->expert->p, x, "x")))
        return status;
    return moei_model_predict(context, model, mu, m, x, f);
}

MOE_PUBLIC int32_t moe_model_loss(moe_context *context, const moe_model *model, const moe_measure *mu,
                                  double *loss)
{
    if (!context)
        return MOE_ERROR_NULL;
    int32_t status = moei_need_measure(context, model, mu, loss, "loss");
    if (status)
        return status;
    double *f = MOEI_NEW(context->core, moei_model_width(model), double);
    if (!f)
        return moei_out_of_memory(context, "predictions");
    status = predict_bound(context, model, &model->binding, mu, f);
    if (!status)
        status = moei_model_loss_of(context, model, f, loss);
    moei_free(context->core, f);
    return moei_public_status(status);
}

/* sweep <- that of mu's experts; f <- room for `copies` times n x K numbers, the first of them the
 * predictions. The caller's own, also after a failure. */
static int32_t predict_for(moe_context *context, const moe_model *model, const moe_measure *mu,
                           int64_t copies, moei_sweep **sweep, double **f)
{
    *f = MOEI_NEW(context->core, moei_mul(moei_model_width(model), copies), double);
    if (!*f)
        return moei_out_of_memory(context, "predictions");
    const moei_partition cut = moei_sweep_partition(&model->binding, mu->count);
    const int32_t status = moei_model_sweep(context, model, &cut, sweep);
    return status ? status : moei_sweep_predict(context, *sweep, mu->points, mu->weights, *f);
}

MOE_PUBLIC int32_t moe_model_energy(moe_context *context, const moe_model *model, const moe_measure *mu,
                                    double *energy)
{
    if (!context)
        return MOE_ERROR_NULL;
    int32_t status = moei_need_measure(context, model, mu, energy, "energy");
    if (status)
        return status;
    moei_sweep *sweep = NULL;
    double *f = NULL;
    status = predict_for(context, model, mu, 1, &sweep, &f);
    if (!status)
        status = moei_model_energy_of(context, model, sweep, f, mu->points, mu->weights, energy);
    moei_sweep_destroy(sweep);
    moei_free(context->core, f);
    return moei_public_status(status);
}

MOE_PUBLIC int32_t moe_model_drift(moe_context *context, const moe_model *model, const moe_measure *mu,
                                   double *drift)
{
    if (!context)
        return MOE_ERROR_NULL;
    int32_t status = moei_need_measure(context, model, mu, drift, "drift");
    if (status)
        return status;
    const int64_t nK = moei_model_width(model);
    moei_sweep *sweep = NULL;
    double square, *f = NULL;
    status = predict_for(context, model, mu, 2, &sweep, &f);
    if (!status)
        status = moei_model_force_of(context, model, f, f + nK);
    if (!status)
        status = moei_sweep_pullback(context, sweep, mu->points, mu->weights, f + nK, drift, &square);
    moei_sweep_destroy(sweep);
    moei_free(context->core, f);
    return moei_public_status(status);
}
