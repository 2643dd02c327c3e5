/* start.c - what comes before a flow's first step: memory, the first slope, the first length.
 *
 *   h_0 = 0.01 |theta| / |f|, corrected by the size of the second derivative over an Euler step:
 *   h = min(100 h_0, (0.01 / max(|f|, |f'|))^(1/p))
 * in the error's norm (Hairer, Norsett & Wanner I, II.4, with the exponent 1/p of their codes). A method that
 * starts at order 1 errs by h^2 |f'| / 2, of which it gets a quarter of the tolerance: h = (0.5 /
 * |f'|)^(1/2).
 *
 * SPDX-License-Identifier: MIT */
#include "flow/flow.h"

#include <math.h>
#include <string.h>

int32_t moei_flow_allocate(moe_flow *flow)
{
    const int64_t slabs = moei_own_slabs(&flow->cut);
    bool all = moei_flow_have(flow, &flow->previous) && moei_flow_have(flow, &flow->trial);
    for (int s = 0; s < flow->method->slots; s++)
        all = all && moei_flow_have(flow, &flow->k[s]);
    if (!flow->error_sums)
        flow->error_sums = MOEI_NEW(flow->core, MOEI_NORM_ROWS * (slabs + !slabs), double);
    return all && flow->error_sums ? MOE_OK : moei_out_of_memory(flow->context, "the stages of a flow");
}

/* k[1] = f after an Euler step of length *h, which is quartered while that cures a failure. */
static int32_t try_euler(moe_flow *flow, double *h)
{
    const double one = 1;
    double square;
    for (int tries = 0;; tries++, *h *= 0.25) {
        int32_t status = moei_flow_combine(flow, flow->theta, *h, &one, 1, flow->trial);
        if (!status)
            status = moei_flow_evaluate(flow, flow->time + *h, flow->trial, flow->k[1], &square,
                                        flow->trial_prediction);
        if (!moei_curable(status) || tries == 40)
            return status;
    }
}

/* Needs k[0]; uses trial and k[1]. */
static int32_t choose_first_step(moe_flow *flow, double limit, double *first)
{
    static const double difference[1][MOEI_MAX_STAGES] = {{-1, 1}};
    double size, speed, bend;
    int32_t status = moei_flow_norm(flow, flow->theta, flow->theta, NULL, &size);
    if (!status)
        status = moei_flow_norm(flow, flow->theta, flow->theta, flow->k[0], &speed);
    if (status)
        return status;
    const double span = fmin(limit - flow->time, flow->longest_step);
    double h = size < 1e-10 || speed < 1e-10 ? 1e-6 : 0.01 * sqrt(size / speed);
    h = fmin(h, span);
    status = try_euler(flow, &h);
    *first = h;
    if (status) /* the step itself will say that nothing is short enough */
        return moei_curable(status) ? MOE_OK : status;
    status = moei_flow_norms(flow, flow->theta, flow->theta, 1, 1, 2, difference, &bend);
    if (status)
        return status;
    const int order = flow->method->start_order;
    const double second = sqrt(bend) / h, largest = order == 1 ? second : fmax(sqrt(speed), second);
    const double h1 = largest <= 1e-15 ? fmax(1e-6, h * 1e-3)
                      : order == 1     ? sqrt(0.5 / largest)
                                       : pow(0.01 / largest, 1.0 / order);
    *first = fmin(fmin(100 * h, h1), span);
    return MOE_OK;
}

int32_t moei_flow_start(moe_flow *flow, double limit)
{
    int32_t status = moei_flow_agree(flow, moei_flow_allocate(flow));
    if (!status)
        status = moei_flow_evaluate(flow, flow->time, flow->theta, flow->k[0], &flow->square[0],
                                    flow->trial_prediction);
    if (status)
        return status;
    if (!flow->driver) {
        const int64_t nK = moei_model_width(flow->model);
        memcpy(flow->prediction, flow->trial_prediction, (size_t)nK * sizeof *flow->prediction);
        flow->prediction_known = true;
        status = moei_flow_energy_of(flow, flow->theta, flow->prediction, &flow->initial_energy);
        if (status)
            return status;
        flow->present_energy = flow->initial_energy;
    }
    flow->next_step = flow->first_step;
    if (flow->next_step == 0)
        status = choose_first_step(flow, limit, &flow->next_step);
    flow->last_error = 1e-4;
    if (flow->method->start)
        flow->method->start(flow);
    flow->started = !status;
    return status;
}
