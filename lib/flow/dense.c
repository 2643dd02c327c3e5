/* dense.c - the points within a step, and the predictions there that make a field.
 *
 * theta(t + u h) = theta + h sum_s w_s(u) k_s with the weights of moei_tableau_dense. Extra stages are
 * evaluated once a step, and only if something within the step is asked for.
 *
 * SPDX-License-Identifier: MIT */
#include "flow/flow.h"

static int32_t allocate(moe_flow *flow)
{
    const moei_tableau *tableau = flow->tableau;
    bool all = moei_flow_have(flow, &flow->spare);
    for (int s = tableau->stages; s < tableau->stages + tableau->extra; s++)
        all = all && moei_flow_have(flow, &flow->k[s]);
    return all ? MOE_OK : moei_out_of_memory(flow->context, "dense output");
}

int32_t moei_flow_extra_stages(moe_flow *flow, double time, const double *theta, double h)
{
    const moei_tableau *tableau = flow->tableau;
    double square;
    int32_t status = allocate(flow);
    for (int s = tableau->stages; s < tableau->stages + tableau->extra && !status; s++) {
        status = moei_flow_combine(flow, theta, h, tableau->a[s], s, flow->spare);
        if (!status)
            status = moei_flow_evaluate(flow, time + tableau->c[s] * h, flow->spare, flow->k[s], &square,
                                        flow->spare_prediction);
    }
    return status;
}

/* out = theta(time + u h) of the step of length h that began at `theta` */
static int32_t point_at(moe_flow *flow, const double *theta, double h, double u, double *out)
{
    double weights[MOEI_MAX_STAGES];
    moei_tableau_dense(flow->tableau, u, weights);
    return moei_flow_combine(flow, theta, h, weights, flow->tableau->stages + flow->tableau->extra, out);
}

int32_t moei_flow_record_step(moe_flow *flow, double h)
{
    moe_field *record = flow->record;
    const int64_t width = record->width;
    double *values;
    int32_t status = moei_field_reserve(flow->context, record, &values);
    if (status)
        return status;
    for (int64_t j = 0; j < width; j++) {
        values[j] = flow->prediction[j];
        values[record->degree * width + j] = flow->trial_prediction[j];
    }
    status = moei_flow_extra_stages(flow, flow->time, flow->theta, h);
    for (int q = 1; q < record->degree && !status; q++) {
        status = point_at(flow, flow->theta, h, moei_field_node(record, q), flow->spare);
        if (!status)
            status = moei_sweep_predict(flow->context, flow->sweep, flow->spare, flow->weights,
                                        values + q * width);
    }
    return status;
}

MOE_PUBLIC int32_t moe_flow_interpolate(moe_flow *flow, double time, double *theta)
{
    if (!flow || !theta)
        return moei_fail(flow ? flow->context : NULL, MOE_ERROR_NULL, "theta is NULL");
    if (!flow->dense_known || flow->context->working)
        return moei_fail(flow->context, MOE_ERROR_ORDER, "the flow holds no finished step at time %.17g",
                         flow->time);
    if (!(time >= flow->previous_time && time <= flow->time))
        return moei_fail(flow->context, MOE_ERROR_TIME,
                         "time is %.17g; the last step goes from %.17g to %.17g", time, flow->previous_time,
                         flow->time);
    const double h = flow->time - flow->previous_time;
    int32_t status = MOE_OK;
    if (!flow->extra_known)
        status = moei_flow_extra_stages(flow, flow->previous_time, flow->previous, h);
    flow->extra_known = !status;
    if (!status)
        status = point_at(flow, flow->previous, h, (time - flow->previous_time) / h, theta);
    return moei_public_status(status);
}
