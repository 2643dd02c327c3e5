/* limit.c - the limit's handle: the request, the solve, what the result can be asked.
 *
 * SPDX-License-Identifier: MIT */
#include "limit/limit.h"

#include <math.h>
#include <string.h>

/* ---- life ------------------------------------------------------------------------------------- */

static void forget_result(moe_limit *limit)
{
    moei_core *core = limit->core;
    moei_run_free(limit, &limit->run);
    moei_free(core, limit->error);
    limit->error = NULL;
    moe_measure_destroy(limit->rule);
    limit->rule = NULL;
    moe_field_destroy(limit->field);
    limit->field = NULL;
    limit->evaluations = 0;
    limit->solved = false;
}

MOE_PUBLIC void moe_limit_destroy(moe_limit *limit)
{
    if (!limit)
        return;
    moe_context *context = limit->context;
    moei_core *core = limit->core;
    forget_result(limit);
    moe_model_destroy(limit->model);
    moe_law_destroy(limit->law);
    moe_law_destroy(limit->reduced);
    moei_free(core, limit->only);
    moei_free(core, limit->time);
    moei_free(core, limit->sizes);
    moei_free(core, limit);
    moei_context_release(context);
}

/* A potential sees what the outputs do not, and then the law stays as it is. */
static int32_t reduce(moe_limit *limit)
{
    if (moei_has_potential(&limit->model->terms))
        return moei_law_copy(limit->context, limit->law, &limit->reduced);
    return moe_model_reduce(limit->context, limit->model, limit->law, 0, NULL, &limit->reduced, NULL);
}

static int32_t fill(moe_limit *limit, const moe_law *law)
{
    limit->time = MOEI_NEW(limit->core, 1, double);
    limit->sizes = MOEI_NEW(limit->core, limit->d, int64_t);
    limit->only = MOEI_NEW(limit->core, limit->d, int64_t);
    if (!limit->time || !limit->sizes || !limit->only)
        return moei_out_of_memory(limit->context, "a limit");
    limit->times = 1;
    limit->time[0] = 1;
    int32_t status = moei_law_copy(limit->context, law, &limit->law);
    if (!status)
        status = reduce(limit);
    for (int64_t k = 0; k < limit->d && !status; k++) {
        const moei_law_coordinate *c = &limit->reduced->coordinate[k];
        if (c->kind == MOEI_LAW_FIXED)
            limit->only[k] = 1;
        else if (c->kind == MOEI_LAW_SAMPLES)
            limit->only[k] = k == c->first ? c->count : 1;
        else
            limit->only[k] = 0;
    }
    return status;
}

MOE_PUBLIC int32_t moe_limit_create(moe_context *context, const moe_model *model, const moe_law *law,
                                    moe_limit **out)
{
    int32_t status;
    if (out)
        *out = NULL;
    if ((status = moei_need(context, context, "context")) || (status = moei_need(context, model, "model")) ||
        (status = moei_need(context, law, "law")) || (status = moei_need(context, out, "limit")) ||
        (status = moei_need_law_domain(context, law, model->expert->d, model->expert->period)) ||
        (status = moei_need_law(context, law)))
        return status;
    moe_limit *limit = MOEI_NEW(context->core, 1, moe_limit);
    if (!limit)
        return moei_out_of_memory(context, "a limit");
    *limit = (moe_limit){.context = moei_context_retain(context),
                         .core = context->core,
                         .model = moei_model_retain(model),
                         .d = law->d,
                         .width = moei_model_width(model),
                         .tolerance = 1e-6,
                         .method = MOE_METHOD_ADAMS,
                         .most_nodes = (int64_t)1 << 22,
                         .most_bytes = INT64_MAX,
                         .most_seconds = INFINITY};
    status = fill(limit, law);
    if (status)
        moe_limit_destroy(limit);
    else
        *out = limit;
    return status;
}

/* ---- the request ------------------------------------------------------------------------------ */

static int32_t may_change(moe_limit *limit, const char *what)
{
    if (!limit)
        return MOE_ERROR_NULL;
    if (limit->working)
        return moei_fail(limit->context, MOE_ERROR_ORDER, "%s cannot be set while the limit is solved", what);
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_limit_set_times(moe_limit *limit, int64_t count, const double *times)
{
    int32_t status = may_change(limit, "times");
    if (status || (status = moei_need_size(limit->context, count, "count")) ||
        (status = moei_need_shape(limit->context, "count", 1, &count)) ||
        (status = moei_need(limit->context, times, "times")) ||
        (status = moei_need_finite(limit->context, count, times, "times")))
        return status;
    for (int64_t i = 0; i < count; i++)
        if (times[i] < 0 || (i && times[i] <= times[i - 1]))
            return moei_fail(limit->context, MOE_ERROR_TIME, "times[%lld] is %.17g; times are %s",
                             (long long)i, times[i], times[i] < 0 ? "0 or more" : "in increasing order");
    double *copy = MOEI_NEW(limit->core, count, double);
    if (!copy)
        return moei_out_of_memory(limit->context, "a limit's times");
    memcpy(copy, times, (size_t)count * sizeof *copy);
    forget_result(limit);
    moei_free(limit->core, limit->time);
    limit->time = copy;
    limit->times = count;
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_limit_set_tolerance(moe_limit *limit, double tolerance)
{
    const int32_t status = may_change(limit, "the tolerance");
    if (status)
        return status;
    if (!(tolerance >= 1e-13 && isfinite(tolerance)))
        return moei_fail(limit->context, MOE_ERROR_TOLERANCE,
                         "tolerance is %g; it takes a number from 1e-13 on", tolerance);
    forget_result(limit);
    limit->tolerance = tolerance;
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_limit_set_budget(moe_limit *limit, int64_t nodes, int64_t bytes, double seconds)
{
    const int32_t status = may_change(limit, "the budget");
    if (status)
        return status;
    if (nodes < 1 || bytes < 1)
        return moei_fail(limit->context, MOE_ERROR_VALUE, "%s is %lld; it takes 1 or more",
                         nodes < 1 ? "nodes" : "bytes", (long long)(nodes < 1 ? nodes : bytes));
    if (!(seconds > 0))
        return moei_fail(limit->context, MOE_ERROR_VALUE, "seconds is %g; it takes a positive number",
                         seconds);
    forget_result(limit);
    limit->most_nodes = nodes;
    limit->most_bytes = bytes;
    limit->most_seconds = seconds;
    return MOE_OK;
}

/* ---- the solve -------------------------------------------------------------------------------- */

/* Looks at the clock whenever a part of the work tells of itself, and has the host hear of the limit only. */
static int32_t look(void *self, const char **what, double *part)
{
    moe_limit *limit = self;
    limit->late = isfinite(limit->most_seconds) && moei_seconds() - limit->begun > limit->most_seconds;
    *what = "limit";
    *part = limit->part;
    return limit->late;
}

static int32_t watched(moe_limit *limit, int32_t (*work)(moe_limit *limit))
{
    moe_context *context = limit->context;
    const moei_watch before = context->watch;
    void *before_self = context->watch_self;
    context->watch = look;
    context->watch_self = limit;
    limit->late = false;
    limit->part = 0;
    limit->working = true;
    const int32_t status = work(limit);
    limit->working = false;
    context->watch = before;
    context->watch_self = before_self;
    if (status == MOE_ERROR_CANCELLED && limit->late)
        return moei_fail(context, MOE_ERROR_BUDGET, "the %g seconds allowed are used up",
                         limit->most_seconds);
    return status;
}

MOE_PUBLIC int32_t moe_limit_solve(moe_limit *limit)
{
    if (!limit)
        return MOE_ERROR_NULL;
    if (limit->working)
        return moei_fail(limit->context, MOE_ERROR_ORDER, "the limit is being solved already");
    forget_result(limit);
    limit->error = MOEI_NEW(limit->core, limit->times, double);
    if (!limit->error)
        return moei_out_of_memory(limit->context, "a limit's result");
    limit->begun = moei_seconds();
    int32_t status = moei_run_create(limit, true, &limit->run);
    if (!status)
        status = watched(limit, moei_limit_search);
    if (status && status != MOE_ERROR_BUDGET && status != MOE_ERROR_CANCELLED)
        forget_result(limit);
    return status;
}

/* ---- the result ------------------------------------------------------------------------------- */

static int32_t need_result(const moe_limit *limit, const void *out, const char *name)
{
    if (!limit)
        return MOE_ERROR_NULL;
    if (limit->working || !limit->solved)
        return moei_fail(limit->context, MOE_ERROR_ORDER, "the limit has no result%s",
                         limit->working ? " while it is solved" : "");
    return moei_need(limit->context, out, name);
}

MOE_PUBLIC int32_t moe_limit_errors(const moe_limit *limit, double *error)
{
    const int32_t status = need_result(limit, error, "error");
    for (int64_t t = 0; !status && t < limit->times; t++)
        error[t] = limit->error[t];
    return status;
}

MOE_PUBLIC int32_t moe_limit_predictions(const moe_limit *limit, int64_t i, double *f)
{
    int32_t status = need_result(limit, f, "f");
    if (!status)
        status = moei_need_index(limit->context, i, limit->times, "i");
    if (!status)
        memcpy(f, limit->run.prediction + i * limit->width, (size_t)limit->width * sizeof *f);
    return status;
}

MOE_PUBLIC int32_t moe_limit_measure(moe_limit *limit, int64_t i, moe_measure **measure)
{
    if (measure)
        *measure = NULL;
    int32_t status = need_result(limit, measure, "measure");
    if (!status)
        status = moei_need_index(limit->context, i, limit->times, "i");
    if (status)
        return status;
    const moe_measure *image = limit->run.image[i];
    return moe_measure_create(limit->context, image->d, image->period, image->count, image->points,
                              image->weights, measure);
}

static int32_t record_field(moe_limit *limit)
{
    moei_run run = {0};
    int32_t status = moei_run_create(limit, false, &run);
    if (!status)
        status = moei_run_flow(limit, limit->rule, limit->flow_tolerance, INFINITY, &run, &limit->field);
    moei_run_free(limit, &run);
    return status;
}

static int32_t need_field(moe_limit *limit)
{
    if (limit->field)
        return MOE_OK;
    if (limit->time[limit->times - 1] == 0)
        return moei_fail(limit->context, MOE_ERROR_ORDER,
                         "the limit's last time is 0; a field begins there and has some length");
    limit->begun = INFINITY; /* seconds are the solve's */
    return watched(limit, record_field);
}

MOE_PUBLIC int32_t moe_limit_field(moe_limit *limit, moe_field **field)
{
    if (field)
        *field = NULL;
    int32_t status = need_result(limit, field, "field");
    if (!status)
        status = need_field(limit);
    if (!status)
        *field = moei_field_retain(limit->field);
    return status;
}

/* measure <- the points of `start`, moved by the limit's field to the time */
static int32_t move_tracers(moe_limit *limit, double time, const moe_measure *start, moe_measure **measure)
{
    moe_flow *tracers = NULL;
    int32_t status = moe_flow_create_driven(limit->context, limit->field, start, &tracers);
    if (!status)
        status = moe_flow_set_method(tracers, limit->method);
    if (!status)
        status = moe_flow_set_tolerance(tracers, limit->flow_tolerance, limit->flow_tolerance);
    if (!status)
        status = moe_flow_advance(tracers, time);
    if (!status)
        status = moe_flow_measure(tracers, measure);
    moe_flow_destroy(tracers);
    return status;
}

MOE_PUBLIC int32_t moe_limit_sample(moe_limit *limit, int64_t i, uint64_t seed, int64_t stream, int64_t first,
                                    int64_t count, moe_measure **measure)
{
    moe_measure *start = NULL;
    if (measure)
        *measure = NULL;
    int32_t status = need_result(limit, measure, "measure");
    if (!status)
        status = moei_need_index(limit->context, i, limit->times, "i");
    if (status)
        return status;
    const double time = limit->time[i];
    if (time > 0)
        status = need_field(limit);
    if (!status)
        status = moe_measure_random(limit->context, limit->law, seed, stream, first, count, &start);
    if (!status && time > 0)
        status = move_tracers(limit, time, start, measure);
    else if (!status) {
        *measure = start;
        start = NULL;
    }
    moe_measure_destroy(start);
    return status;
}

MOE_PUBLIC int32_t moe_limit_effort(const moe_limit *limit, int64_t *sizes, double *tolerance,
                                    double *evaluations)
{
    const int32_t status = need_result(limit, limit, "limit");
    if (status)
        return status;
    if (sizes)
        memcpy(sizes, limit->sizes, (size_t)limit->d * sizeof *sizes);
    if (tolerance)
        *tolerance = limit->flow_tolerance;
    if (evaluations)
        *evaluations = limit->evaluations;
    return MOE_OK;
}
