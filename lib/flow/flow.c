/* flow.c - a flow's life, its settings, and what it knows.
 *
 * The points' state lives in three arrays that change roles: theta (now), previous (a step ago, for dense
 * output), trial (where the next step is being tried). A step that fails has touched only `trial` and the
 * stages k, so the last good state is always whole.
 *
 * SPDX-License-Identifier: MIT */
#include "flow/flow.h"

#include "measure/measure.h"

#include <math.h>
#include <string.h>

int32_t moei_need_flow(const moe_flow *flow, const void *output, const char *name)
{
    if (!flow)
        return MOE_ERROR_NULL;
    return moei_need(flow->context, output, name);
}

/* An expert's callback may not ask the flow that is calling it: the sweep is not idle then. */
static int32_t need_idle(const moe_flow *flow)
{
    if (flow->context->working)
        return moei_fail(flow->context, MOE_ERROR_ORDER, "an expert's callback asked its own flow");
    return MOE_OK;
}

/* ---- life ------------------------------------------------------------------------------------- */

MOE_PUBLIC void moe_flow_destroy(moe_flow *flow)
{
    if (!flow)
        return;
    moe_context *context = flow->context;
    moei_core *core = flow->core;
    moei_sweep_destroy(flow->sweep);
    moe_field_destroy(flow->record);
    moe_field_destroy(flow->driver);
    moe_model_destroy(flow->model);
    for (int s = 0; s < MOEI_MAX_STAGES; s++)
        moei_free(core, flow->k[s]);
    double *blocks[] = {flow->weights,    flow->unit,
                        flow->theta,      flow->previous,
                        flow->trial,      flow->spare,
                        flow->force,      flow->trial_prediction,
                        flow->prediction, flow->spare_prediction,
                        flow->error_sums, flow->watch.slope};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
        moei_free(core, blocks[i]);
    moei_free(core, flow);
    moei_context_release(context);
}

static int32_t fill(moe_flow *flow, const moe_measure *mu)
{
    moei_core *core = flow->core;
    const moe_expert *expert = flow->model->expert;
    const int64_t nK = moei_model_width(flow->model);
    flow->count = mu->count;
    flow->d = mu->d;
    flow->size = mu->count * mu->d;
    flow->weights = MOEI_NEW(core, flow->count, double);
    flow->unit = MOEI_NEW(core, flow->d, double);
    flow->theta = MOEI_NEW(core, flow->size, double);
    flow->prediction = MOEI_NEW(core, nK, double);
    flow->force = MOEI_NEW(core, nK, double);
    flow->trial_prediction = MOEI_NEW(core, nK, double);
    flow->spare_prediction = MOEI_NEW(core, nK, double);
    if (!(flow->weights && flow->unit && flow->theta && flow->prediction && flow->force &&
          flow->trial_prediction && flow->spare_prediction))
        return moei_out_of_memory(flow->context, "a flow");
    memcpy(flow->weights, mu->weights, (size_t)flow->count * sizeof *flow->weights);
    memcpy(flow->theta, mu->points, (size_t)flow->size * sizeof *flow->theta);
    for (int64_t a = 0; a < flow->d; a++)
        flow->unit[a] = isinf(expert->period[a]) ? 0 : expert->period[a] / (2 * MOEI_PI);
    return moei_model_sweep(flow->context, flow->model, flow->count, &flow->sweep);
}

static int32_t create(moe_context *context, const moe_model *model, const moe_field *driver,
                      const moe_measure *mu, moe_flow **out)
{
    int32_t status = moei_need(context, mu, "mu");
    if (!status)
        status = moei_need_domain(context, mu, model->expert->d, model->expert->period, "mu");
    if (status)
        return status;
    moe_flow *flow = MOEI_NEW(context->core, 1, moe_flow);
    if (!flow)
        return moei_out_of_memory(context, "a flow");
    flow->context = moei_context_retain(context);
    flow->core = context->core;
    flow->model = moei_model_retain(model);
    flow->driver = driver ? moei_field_retain(driver) : NULL;
    flow->method = &moei_method_dop853;
    flow->relative = flow->absolute = 1e-8;
    flow->longest_step = INFINITY;
    flow->step_limit = 1000000;
    flow->time = flow->previous_time = driver ? driver->times[0] : 0;
    status = fill(flow, mu);
    if (status) {
        moe_flow_destroy(flow);
        return moei_public_status(status);
    }
    *out = flow;
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_flow_create(moe_context *context, const moe_model *model, const moe_measure *mu,
                                   moe_flow **flow)
{
    if (!context || !flow)
        return moei_fail(context, MOE_ERROR_NULL, "flow is NULL");
    *flow = NULL;
    const int32_t status = moei_need(context, model, "model");
    return status ? status : create(context, model, NULL, mu, flow);
}

MOE_PUBLIC int32_t moe_flow_create_driven(moe_context *context, const moe_field *field, const moe_measure *mu,
                                          moe_flow **flow)
{
    if (!context || !flow)
        return moei_fail(context, MOE_ERROR_NULL, "flow is NULL");
    *flow = NULL;
    const int32_t status = moei_need(context, field, "field");
    return status ? status : create(context, field->model, field, mu, flow);
}

/* ---- settings --------------------------------------------------------------------------------- */

static int32_t may_change(const moe_flow *flow, const char *what)
{
    if (!flow)
        return MOE_ERROR_NULL;
    if (flow->working)
        return moei_fail(flow->context, MOE_ERROR_ORDER, "%s cannot be set while the flow advances", what);
    return MOE_OK;
}

static int32_t may_change_before_start(const moe_flow *flow, const char *what)
{
    const int32_t status = may_change(flow, what);
    if (status || !flow->started)
        return status;
    return moei_fail(flow->context, MOE_ERROR_ORDER, "%s can be set before the first step only; time is %g",
                     what, flow->time);
}

MOE_PUBLIC int32_t moe_flow_set_method(moe_flow *flow, int32_t method)
{
    const int32_t status = may_change_before_start(flow, "the method");
    if (status)
        return status;
    const moei_method *found = moei_method_of(method);
    if (!found)
        return moei_fail(flow->context, MOE_ERROR_VALUE, "method is %d; it takes one of MOE_METHOD_*",
                         (int)method);
    if (flow->record)
        flow->record->degree = found->field_degree;
    flow->method = found;
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_flow_set_tolerance(moe_flow *flow, double relative, double absolute)
{
    int32_t status = may_change(flow, "the tolerance");
    if (!status)
        status = moei_need_not_negative(flow->context, MOE_ERROR_TOLERANCE, relative, "relative");
    if (!status)
        status = moei_need_positive(flow->context, MOE_ERROR_TOLERANCE, absolute, "absolute");
    if (status)
        return status;
    flow->relative = relative;
    flow->absolute = absolute;
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_flow_set_steps(moe_flow *flow, double first, double longest)
{
    int32_t status = may_change(flow, "the steps");
    if (!status)
        status = moei_need_not_negative(flow->context, MOE_ERROR_VALUE, first, "first");
    if (status)
        return status;
    if (!(longest > 0))
        return moei_fail(flow->context, MOE_ERROR_VALUE,
                         "longest is %g; it takes a positive time, or INFINITY", longest);
    flow->first_step = first;
    flow->longest_step = longest;
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_flow_set_step_limit(moe_flow *flow, int64_t attempts)
{
    const int32_t status = may_change(flow, "the step limit");
    if (status)
        return status;
    if (attempts < 1)
        return moei_fail(flow->context, MOE_ERROR_VALUE, "attempts is %lld; it must be at least 1",
                         (long long)attempts);
    flow->step_limit = attempts;
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_flow_set_observer(moe_flow *flow, moe_observer observer, void *self)
{
    const int32_t status = may_change(flow, "the observer");
    if (status)
        return status;
    flow->observer = observer;
    flow->observer_self = self;
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_flow_set_descent(moe_flow *flow, int32_t on)
{
    const int32_t status = may_change(flow, "descent");
    if (status)
        return status;
    if (on != 0 && on != 1)
        return moei_fail(flow->context, MOE_ERROR_VALUE, "on is %d; it takes 0 or 1", (int)on);
    if (flow->driver)
        return moei_fail(flow->context, MOE_ERROR_ORDER, "a driven flow need not descend");
    flow->descent = on;
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_flow_record(moe_flow *flow)
{
    const int32_t status = may_change_before_start(flow, "recording");
    if (status)
        return status;
    if (flow->driver)
        return moei_fail(flow->context, MOE_ERROR_ORDER, "a driven flow makes no field to record");
    if (flow->record)
        return MOE_OK;
    return moei_field_create(flow->context, flow->model, flow->method->field_degree, flow->time,
                             &flow->record);
}

/* ---- knowledge -------------------------------------------------------------------------------- */

MOE_PUBLIC double moe_flow_time(const moe_flow *flow)
{
    return flow ? flow->time : (double)NAN;
}

MOE_PUBLIC double moe_flow_previous_time(const moe_flow *flow)
{
    return flow ? flow->previous_time : (double)NAN;
}

MOE_PUBLIC const double *moe_flow_points(const moe_flow *flow)
{
    return flow ? flow->theta : NULL;
}

MOE_PUBLIC int32_t moe_flow_measure(moe_flow *flow, moe_measure **measure)
{
    int32_t status = moei_need_flow(flow, measure, "measure");
    if (!status)
        status = moei_measure_new(flow->context, flow->d, flow->model->expert->period, flow->count, measure);
    if (status)
        return status;
    memcpy((*measure)->points, flow->theta, (size_t)flow->size * sizeof *flow->theta);
    memcpy((*measure)->weights, flow->weights, (size_t)flow->count * sizeof *flow->weights);
    return MOE_OK;
}

/* flow->prediction = F of the flow's own points now; the sweep is idle between stages, so an observer
 * may ask too */
int32_t moei_flow_know_prediction(moe_flow *flow)
{
    if (flow->prediction_known)
        return MOE_OK;
    int32_t status = need_idle(flow);
    if (!status)
        status = moei_sweep_predict(flow->context, flow->sweep, flow->theta, flow->weights, flow->prediction);
    flow->prediction_known = !status;
    return moei_public_status(status);
}

MOE_PUBLIC int32_t moe_flow_predictions(moe_flow *flow, double *f)
{
    int32_t status = moei_need_flow(flow, f, "f");
    if (!status)
        status = moei_flow_know_prediction(flow);
    if (!status)
        memcpy(f, flow->prediction, (size_t)moei_model_width(flow->model) * sizeof *f);
    return status;
}

MOE_PUBLIC int32_t moe_flow_loss(moe_flow *flow, double *loss)
{
    int32_t status = moei_need_flow(flow, loss, "loss");
    if (!status)
        status = moei_flow_know_prediction(flow);
    if (!status)
        status = moei_model_loss_of(flow->context, flow->model, flow->prediction, loss);
    return moei_public_status(status);
}

MOE_PUBLIC int32_t moe_flow_gradient(moe_flow *flow, double *norm)
{
    double square;
    int32_t status = moei_need_flow(flow, norm, "norm");
    if (!status)
        status = need_idle(flow);
    if (!status)
        status = moei_flow_slope_now(flow, &square);
    if (!status)
        *norm = sqrt(square);
    return moei_public_status(status);
}

MOE_PUBLIC int32_t moe_flow_counts(const moe_flow *flow, int64_t *steps, int64_t *rejections,
                                   int64_t *evaluations)
{
    if (!flow)
        return MOE_ERROR_NULL;
    if (steps)
        *steps = flow->steps;
    if (rejections)
        *rejections = flow->rejections;
    if (evaluations)
        *evaluations = flow->evaluations;
    return MOE_OK;
}

int32_t moei_flow_energy_of(moe_flow *flow, const double *theta, const double *prediction, double *energy)
{
    return moei_model_energy_of(flow->context, flow->model, flow->sweep, prediction, theta, flow->weights,
                                energy);
}

MOE_PUBLIC int32_t moe_flow_energy(moe_flow *flow, double *dissipated, double *defect)
{
    double energy = 0;
    int32_t status;
    if ((status = moei_need_flow(flow, dissipated, "dissipated")) ||
        (status = moei_need_flow(flow, defect, "defect")))
        return status;
    if (flow->driver)
        return moei_fail(flow->context, MOE_ERROR_ORDER, "a driven flow has no energy identity");
    status = need_idle(flow);
    if (!status)
        status = moei_flow_know_prediction(flow);
    if (!status)
        status = moei_public_status(moei_flow_energy_of(flow, flow->theta, flow->prediction, &energy));
    if (status)
        return status;
    *dissipated = flow->dissipated;
    *defect = flow->started ? flow->initial_energy - energy - flow->dissipated : 0;
    return MOE_OK;
}
