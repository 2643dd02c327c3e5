/* advance.c - from step to step up to a requested time.
 *
 * SPDX-License-Identifier: MIT */
#include "flow/flow.h"

#include <math.h>

static int32_t check(moe_flow *flow, double limit, const char *name, bool endless)
{
    if (flow->working || flow->context->working)
        return moei_fail(flow->context, MOE_ERROR_ORDER, "the flow is already advancing");
    if (!isfinite(limit) && !(endless && limit > 0))
        return moei_fail(flow->context, MOE_ERROR_TIME, "%s is %g; it takes a finite number", name, limit);
    if (limit < flow->time)
        return moei_fail(flow->context, MOE_ERROR_TIME,
                         "%s is %.17g, before the flow's %.17g; a flow only goes forward", name, limit,
                         flow->time);
    if (flow->driver && limit > moe_field_end(flow->driver))
        return moei_fail(flow->context, MOE_ERROR_TIME, "%s is %.17g; the driving field ends at %.17g", name,
                         limit, moe_field_end(flow->driver));
    return MOE_OK;
}

static int32_t observe(moe_flow *flow)
{
    const int32_t value = flow->observer ? flow->observer(flow->observer_self, flow) : 0;
    if (!value)
        return MOE_OK;
    moei_callback_failed(flow->context, "the observer", value);
    return MOE_ERROR_CALLBACK;
}

/* The host hears of an accepted step, on every rank, and may stop there. */
static int32_t tell(moe_flow *flow, double part)
{
    int32_t status = observe(flow);
    if (!status)
        status = moei_progress(flow->context, "flow", part);
    return moei_flow_agree(flow, status);
}

/* Memory and first slope; the loss that the first step must not exceed. */
static int32_t make_ready(moe_flow *flow, double limit)
{
    int32_t status = flow->started ? MOE_OK : moei_flow_start(flow, limit);
    if (!status && flow->descent) {
        status = moei_flow_know_prediction(flow);
        if (!status)
            status = moei_flow_energy_of(flow, flow->theta, flow->prediction, &flow->present_energy);
    }
    return status;
}

/* Whether what is watched for is reached before the first step: asked for only if something is. */
static int32_t look_first(moe_flow *flow, int32_t *reached)
{
    double square;
    int32_t status = moei_flow_slope_now(flow, &square);
    if (!status && !flow->driver)
        status = moei_flow_know_prediction(flow);
    return status ? status : moei_flow_reached(flow, square, reached);
}

/* Accepted steps until `limit` is reached, or what is watched for, or `most` of them are done. */
static int32_t run(moe_flow *flow, double limit, int64_t most, int32_t *reached)
{
    const double begin = flow->time;
    int64_t attempts = flow->step_limit;
    int32_t status = moei_flow_agree(flow, moei_progress(flow->context, "flow", 0));
    if (!status && flow->watch.on)
        status = look_first(flow, reached);
    if (!status && !*reached && flow->time < limit)
        status = make_ready(flow, limit);
    for (int64_t done = 0; !status && !*reached && done < most && flow->time < limit; done++) {
        status = moei_flow_accepted_step(flow, limit, &attempts);
        if (!status && flow->watch.on)
            status = moei_flow_reached(flow, flow->square[flow->method->end_slot], reached);
        if (!status)
            status = tell(flow, (flow->time - begin) / (limit - begin));
    }
    return moei_public_status(status);
}

static int32_t guarded_run(moe_flow *flow, double limit, int64_t most, int32_t *reached)
{
    flow->working = true;
    flow->context->calling++;
    const int32_t status = run(flow, limit, most, reached);
    flow->context->calling--;
    flow->working = false;
    return status;
}

static int32_t advance(moe_flow *flow, double limit, int64_t most, bool endless, const char *name)
{
    if (!flow)
        return MOE_ERROR_NULL;
    int32_t reached = MOE_REACHED_TIME;
    const int32_t status = check(flow, limit, name, endless);
    return status || limit == flow->time ? status : guarded_run(flow, limit, most, &reached);
}

MOE_PUBLIC int32_t moe_flow_advance(moe_flow *flow, double time)
{
    return advance(flow, time, INT64_MAX, false, "time");
}

MOE_PUBLIC int32_t moe_flow_step(moe_flow *flow, double limit)
{
    return advance(flow, limit, 1, true, "limit");
}

static int32_t check_thresholds(moe_flow *flow, double gradient, double loss)
{
    int32_t status = moei_need_not_negative(flow->context, MOE_ERROR_VALUE, gradient, "gradient");
    if (!status)
        status = moei_need_not_negative(flow->context, MOE_ERROR_VALUE, loss, "loss");
    if (status)
        return status;
    if (flow->driver && loss > 0)
        return moei_fail(flow->context, MOE_ERROR_ORDER, "a driven flow does not lower a loss; loss is %g",
                         loss);
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_flow_advance_until(moe_flow *flow, double time, double gradient, double loss,
                                          int32_t *reached)
{
    int32_t status = moei_need_flow(flow, reached, "reached");
    if (status)
        return status;
    *reached = MOE_REACHED_TIME;
    const bool watched = gradient > 0 || loss > 0;
    status = check(flow, time, "time", watched);
    if (!status)
        status = check_thresholds(flow, gradient, loss);
    if (status || (!watched && time == flow->time))
        return status;
    flow->watch.on = watched;
    flow->watch.gradient = gradient;
    flow->watch.loss = loss;
    status = guarded_run(flow, time, INT64_MAX, reached);
    flow->watch.on = false;
    if (status)
        *reached = MOE_REACHED_TIME;
    return status;
}
