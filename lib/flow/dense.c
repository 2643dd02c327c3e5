/* dense.c - the points within a step, and the predictions there that make a field.
 *
 * theta(t + u h) = theta + h sum_s w_s(u) k_s with the method's weights. Extra stages, which some pairs need
 * for that, are evaluated once a step, and only if something within the step is asked for.
 *
 * SPDX-License-Identifier: MIT */
#include "flow/flow.h"

#include <string.h>

static int32_t allocate(moe_flow *flow)
{
    const moei_method *method = flow->method;
    bool all = moei_flow_have(flow, &flow->spare);
    for (int s = method->slots; s < method->slots + method->extra; s++)
        all = all && moei_flow_have(flow, &flow->k[s]);
    return all ? MOE_OK : moei_out_of_memory(flow->context, "dense output");
}

int32_t moei_flow_extra_stages(moe_flow *flow, double time, const double *theta, double h)
{
    if (flow->extra_known)
        return MOE_OK;
    const moei_method *method = flow->method;
    const moei_tableau *tableau = method->tableau;
    int32_t status = moei_flow_agree(flow, allocate(flow));
    for (int s = method->slots; s < method->slots + method->extra && !status; s++) {
        status = moei_flow_combine(flow, theta, h, tableau->a[s], s, flow->spare);
        if (!status)
            status = moei_flow_evaluate(flow, time + tableau->c[s] * h, flow->spare, flow->k[s],
                                        &flow->square[s], flow->spare_prediction);
    }
    flow->extra_known = !status;
    return status;
}

int32_t moei_flow_point_at(moe_flow *flow, const double *theta, double h, double u, double *out)
{
    double weights[MOEI_MAX_STAGES];
    const int count = flow->method->dense(flow, h, u, weights);
    return moei_flow_combine(flow, theta, h, weights, count, out);
}

/* The prediction at the step's end may still be missing; at its beginning it is that of the step before. */
static int32_t record_ends(moe_flow *flow, double *values)
{
    moe_field *record = flow->record;
    const size_t bytes = (size_t)record->width * sizeof *values;
    const int32_t status = moei_flow_know_end(flow);
    if (status)
        return status;
    memcpy(values, flow->prediction, bytes);
    memcpy(values + record->degree * record->width, flow->trial_prediction, bytes);
    return MOE_OK;
}

int32_t moei_flow_record_step(moe_flow *flow, double h)
{
    moe_field *record = flow->record;
    double *values;
    int32_t status = moei_flow_agree(flow, moei_field_reserve(flow->context, record, &values));
    if (!status)
        status = record_ends(flow, values);
    if (!status)
        status = moei_flow_extra_stages(flow, flow->time, flow->theta, h);
    for (int q = 1; q < record->degree && !status; q++) {
        status = moei_flow_point_at(flow, flow->theta, h, moei_field_node(record, q), flow->spare);
        if (!status)
            status = moei_sweep_predict(flow->context, flow->sweep, flow->spare, flow->weights,
                                        values + q * record->width);
    }
    return status;
}

MOE_PUBLIC int32_t moe_flow_interpolate(moe_flow *flow, double time, double *theta)
{
    int32_t status = moei_need_flow(flow, theta, "theta");
    if (status)
        return status;
    if (!flow->dense_known || flow->context->working)
        return moei_fail(flow->context, MOE_ERROR_ORDER, "the flow holds no finished step at time %.17g",
                         flow->time);
    if (!(time >= flow->previous_time && time <= flow->time))
        return moei_fail(flow->context, MOE_ERROR_TIME,
                         "time is %.17g; the last step goes from %.17g to %.17g", time, flow->previous_time,
                         flow->time);
    const double h = flow->time - flow->previous_time;
    status = moei_flow_extra_stages(flow, flow->previous_time, flow->previous, h);
    if (!status)
        status = moei_flow_point_at(flow, flow->previous, h, (time - flow->previous_time) / h, theta);
    return moei_public_status(status);
}
