/* flow.c - a flow's life, its settings, and what it knows.
 *
 * The points' state lives in two arrays that change roles: theta (now) and trial (where the next step is being
 * tried; until then, where the last one began, for dense output). A step that fails has touched only `trial`
 * and the stages k, so the last good state is always whole.
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
                        flow->theta,      flow->trial,
                        flow->spare,      flow->force,
                        flow->prediction, flow->trial_prediction,
                        flow->error_sums, flow->spare_prediction,
                        flow->watch.slope};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
        moei_free(core, blocks[i]);
    if (flow->cut.spread)
        context->spread--;
    moei_spread_destroy(flow->cut.spread);
    moei_free(core, flow);
    moei_context_release(context);
}

static int32_t allocate(moe_flow *flow)
{
    moei_core *core = flow->core;
    const int64_t nK = moei_model_width(flow->model);
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
    return moei_model_sweep(flow->context, flow->model, &flow->cut, &flow->sweep);
}

int32_t moei_flow_new(moe_context *context, const moe_model *model, const moe_field *driver,
                      const moei_partition *cut, const double *points, const double *weights, moe_flow **out)
{
    const moe_expert *expert = model->expert;
    moe_flow *flow = MOEI_NEW(context->core, 1, moe_flow);
    if (!flow) {
        moei_spread_destroy(cut->spread);
        return moei_out_of_memory(context, "a flow");
    }
    flow->context = moei_context_retain(context);
    flow->core = context->core;
    flow->model = moei_model_retain(model);
    flow->driver = driver ? moei_field_retain(driver) : NULL;
    flow->method = &moei_method_dop853;
    flow->relative = flow->absolute = 1e-8;
    flow->longest_step = INFINITY;
    flow->step_limit = 1000000;
    flow->time = flow->previous_time = driver ? driver->times[0] : 0;
    flow->cut = *cut;
    if (cut->spread)
        context->spread++;
    flow->count = moei_own_experts(cut);
    flow->d = expert->d;
    flow->size = flow->count * flow->d;
    const int32_t status = allocate(flow);
    if (status) {
        moe_flow_destroy(flow);
        return moei_public_status(status);
    }
    for (int64_t i = 0; i < flow->count; i++)
        flow->weights[i] = weights ? weights[i] : 1 / (double)cut->experts;
    memcpy(flow->theta, points, (size_t)flow->size * sizeof *flow->theta);
    for (int64_t a = 0; a < flow->d; a++)
        flow->unit[a] = isinf(expert->period[a]) ? 0 : expert->period[a] / (2 * MOEI_PI);
    *out = flow;
    return MOE_OK;
}

static int32_t create_from(moe_context *context, const moe_model *model, const moe_field *driver,
                           const moe_measure *mu, moe_flow **flow)
{
    int32_t status = moei_need(context, mu, "mu");
    if (!status)
        status = moei_need_domain(context, mu, model->expert->d, model->expert->period, "mu");
    if (status)
        return status;
    const moei_partition cut = moei_sweep_partition(&model->binding, mu->count);
    return moei_flow_new(context, model, driver, &cut, mu->points, mu->weights, flow);
}

MOE_PUBLIC int32_t moe_flow_create(moe_context *context, const moe_model *model, const moe_measure *mu,
                                   moe_flow **flow)
{
    if (flow)
        *flow = NULL;
    if (!context || !flow)
        return moei_fail(context, MOE_ERROR_NULL, "flow is NULL");
    const int32_t status = moei_need(context, model, "model");
    return status ? status : create_from(context, model, NULL, mu, flow);
}

MOE_PUBLIC int32_t moe_flow_create_driven(moe_context *context, const moe_field *field, const moe_measure *mu,
                                          moe_flow **flow)
{
    if (flow)
        *flow = NULL;
    if (!context || !flow)
        return moei_fail(context, MOE_ERROR_NULL, "flow is NULL");
    const int32_t status = moei_need(context, field, "field");
    return status ? status : create_from(context, field->model, field, mu, flow);
}

/* ---- over ranks ------------------------------------------------------------------------------- */

moei_partition moei_flow_share_of(const moe_context *context, const moe_model *model, int64_t experts)
{
    moei_partition cut = moei_sweep_partition(&model->binding, experts);
    moei_partition_spread(&cut, NULL, context->communicator.size, context->communicator.rank);
    return cut;
}

/* As many as have an address each, on ranks together. */
static int32_t check_experts(moe_context *context, const moe_model *model, int64_t experts)
{
    const int64_t shape[] = {experts, model->expert->d};
    const int32_t status = moei_need_size(context, experts, "experts");
    return status ? status : moei_need_shape(context, "experts x d", 2, shape);
}

MOE_PUBLIC int32_t moe_flow_share(moe_context *context, const moe_model *model, int64_t experts,
                                  int64_t *first, int64_t *count)
{
    int32_t status;
    if (!context)
        return MOE_ERROR_NULL;
    if ((status = moei_need(context, model, "model")) || (status = moei_need(context, first, "first")) ||
        (status = moei_need(context, count, "count")) || (status = check_experts(context, model, experts)))
        return status;
    const moei_partition cut = moei_flow_share_of(context, model, experts);
    *first = moei_slab_start(&cut, cut.from);
    *count = moei_own_experts(&cut);
    return MOE_OK;
}

/* The sum of this rank's weights; MOE_ERROR_WEIGHTS naming one that is none. */
static int32_t add_weights(moe_context *context, int64_t count, const double *weights, double *sum)
{
    moei_total total = {0};
    for (int64_t i = 0; i < count; i++) {
        if (!(weights[i] >= 0 && isfinite(weights[i])))
            return moei_fail(context, MOE_ERROR_WEIGHTS,
                             "weights[%lld] is %g; it must be finite and not negative", (long long)i,
                             weights[i]);
        moei_total_add(&total, weights[i]);
    }
    *sum = total.sum;
    return MOE_OK;
}

/* What a rank can tell of its own arguments. */
static int32_t check_own(moe_context *context, const moe_model *model, const moei_partition *cut,
                         const double *points, const double *weights, double *sum)
{
    const int64_t count = moei_own_experts(cut);
    int32_t status = count ? moei_need(context, points, "points") : MOE_OK;
    if (!status && count)
        status = moei_need_finite(context, count * model->expert->d, points, "points");
    if (!status && weights)
        status = add_weights(context, count, weights, sum);
    return status;
}

/* All ranks ask for the same flow: what rank 0 asks for is held against this rank's wish. */
static int32_t check_alike(moe_context *context, int64_t experts, const moe_model *model, bool weighted)
{
    static const char *const names[] = {"experts", "points of data", "outputs", "parameters",
                                        "weights given"};
    const int64_t mine[] = {experts, model->n, model->expert->K, model->expert->d, weighted};
    int64_t wanted[5];
    memcpy(wanted, mine, sizeof wanted);
    int32_t status = moei_broadcast(context, 0, sizeof wanted, wanted);
    for (int i = 0; i < 5 && !status; i++)
        if (mine[i] != wanted[i])
            status = moei_fail(context, MOE_ERROR_VALUE, "%s: %lld; those of rank 0: %lld", names[i],
                               (long long)mine[i], (long long)wanted[i]);
    return moei_agree(context, status);
}

int32_t moei_flow_make_spread(moe_context *context, const moe_model *model, moei_partition *cut)
{
    const int64_t moments = model->binding.moment_count;
    const int64_t width = moments > MOEI_NORM_ROWS ? moments : MOEI_NORM_ROWS;
    const int32_t status = moei_agree(context, moei_spread_create(context, cut->slabs, width, &cut->spread));
    if (status) {
        moei_spread_destroy(cut->spread);
        cut->spread = NULL;
    }
    return status;
}

static int32_t check_total(moe_context *context, const moei_partition *cut, double mine)
{
    double *rows = MOEI_NEW(context->core, moei_own_slabs(cut) + 1, double);
    int32_t status = rows ? MOE_OK : moei_out_of_memory(context, "a flow");
    if (rows)
        rows[0] = mine;
    status = moei_sum_slabs(cut, status, 1, rows);
    if (!status && !(fabs(rows[0] - 1) <= 1e-9))
        status = moei_fail(context, MOE_ERROR_WEIGHTS, "the weights of all ranks add up to %.17g, not to 1",
                           rows[0]);
    moei_free(context->core, rows);
    return status;
}

MOE_PUBLIC int32_t moe_flow_create_spread(moe_context *context, const moe_model *model, int64_t experts,
                                          const double *points, const double *weights, moe_flow **flow)
{
    double sum = 0;
    moei_partition cut = {0};
    if (flow)
        *flow = NULL;
    if (!context)
        return MOE_ERROR_NULL;
    int32_t status = moei_need(context, flow, "flow");
    if (!status)
        status = moei_need(context, model, "model");
    if (!status)
        status = check_experts(context, model, experts);
    if (!status) {
        cut = moei_flow_share_of(context, model, experts);
        status = check_own(context, model, &cut, points, weights, &sum);
    }
    status = moei_agree(context, status);
    if (!status)
        status = check_alike(context, experts, model, weights);
    if (!status)
        status = moei_flow_make_spread(context, model, &cut);
    if (!status && weights)
        status = check_total(context, &cut, sum);
    if (status) {
        moei_spread_destroy(cut.spread);
        return status;
    }
    status = moei_agree(context, moei_flow_new(context, model, NULL, &cut, points, weights, flow));
    if (status) {
        moe_flow_destroy(*flow);
        *flow = NULL;
    }
    return status;
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

/* On every rank the points and the weights of all. */
static int32_t collect(moe_flow *flow, moe_measure *measure)
{
    const int32_t size = flow->context->communicator.size;
    int32_t status = MOE_OK;
    for (int32_t rank = 0; rank < size && !status; rank++) {
        int64_t first;
        const int64_t count = moei_rank_experts(&flow->cut, size, rank, &first);
        status = moei_broadcast(flow->context, rank, count * flow->d * (int64_t)sizeof(double),
                                measure->points + first * flow->d);
        if (!status)
            status = moei_broadcast(flow->context, rank, count * (int64_t)sizeof(double),
                                    measure->weights + first);
    }
    return status;
}

MOE_PUBLIC int32_t moe_flow_measure(moe_flow *flow, moe_measure **measure)
{
    if (measure)
        *measure = NULL;
    int32_t status = moei_need_flow(flow, measure, "measure");
    if (status)
        return status;
    const int64_t first = moei_slab_start(&flow->cut, flow->cut.from);
    status =
        moei_measure_new(flow->context, flow->d, flow->model->expert->period, flow->cut.experts, measure);
    status = moei_flow_agree(flow, status);
    if (!status) {
        memcpy((*measure)->points + first * flow->d, flow->theta, (size_t)flow->size * sizeof *flow->theta);
        memcpy((*measure)->weights + first, flow->weights, (size_t)flow->count * sizeof *flow->weights);
        if (flow->cut.spread)
            status = collect(flow, *measure);
    }
    if (status) {
        moe_measure_destroy(*measure);
        *measure = NULL;
    }
    return status;
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
        status = moei_flow_loss_of(flow, flow->prediction, loss);
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
