/* advance.c - from step to step up to a requested time.
 *
 * SPDX-License-Identifier: MIT */
#include "flow/flow.h"

#include <math.h>

static int32_t check(moe_flow *flow, double limit, const char *name)
{
    if (flow->working || flow->context->working)
        return moei_fail(flow->context, MOE_ERROR_ORDER, "the flow is already advancing");
    if (!isfinite(limit))
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

/* Accepted steps until `limit` is reached or `most` of them are done. */
static int32_t run(moe_flow *flow, double limit, int64_t most)
{
    const double begin = flow->time;
    int64_t attempts = flow->step_limit;
    int32_t status = moei_progress(flow->context, "flow", 0);
    if (!status && !flow->started)
        status = moei_flow_start(flow, limit);
    for (int64_t done = 0; !status && done < most && flow->time < limit; done++) {
        status = moei_flow_accepted_step(flow, limit, &attempts);
        if (!status)
            status = observe(flow);
        if (!status)
            status = moei_progress(flow->context, "flow", (flow->time - begin) / (limit - begin));
    }
    return moei_public_status(status);
}

static int32_t guarded_run(moe_flow *flow, double limit, int64_t most, const char *name)
{
    if (!flow)
        return MOE_ERROR_NULL;
    int32_t status = check(flow, limit, name);
    if (status || limit == flow->time)
        return status;
    flow->working = true;
    flow->context->calling++;
    status = run(flow, limit, most);
    flow->context->calling--;
    flow->working = false;
    return status;
}

MOE_PUBLIC int32_t moe_flow_advance(moe_flow *flow, double time)
{
    return guarded_run(flow, time, INT64_MAX, "time");
}

MOE_PUBLIC int32_t moe_flow_step(moe_flow *flow, double limit)
{
    return guarded_run(flow, limit, 1, "limit");
}
