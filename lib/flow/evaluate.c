/* evaluate.c - a flow's right-hand side.
 *
 *   own flow   F = s sum_i w_i f(theta_i, .),
 *              k_i = -M (1/s sum_j v_j <dl/dF_j, grad f(theta_i, x_j)> + grad V(theta_i))
 *   driven     the same k_i with F read from the driving field
 *
 * SPDX-License-Identifier: MIT */
#include "flow/flow.h"

/* The host's loss may fail on one rank alone. */
static int32_t agree_on_loss(const moe_flow *flow, int32_t status)
{
    return moei_loss_is_own(flow->model->terms.loss) ? moei_flow_agree(flow, status) : status;
}

int32_t moei_flow_force_of(moe_flow *flow, const double *prediction)
{
    return agree_on_loss(flow, moei_model_force_of(flow->context, flow->model, prediction, flow->force));
}

int32_t moei_flow_loss_of(moe_flow *flow, const double *prediction, double *loss)
{
    return agree_on_loss(flow, moei_model_loss_of(flow->context, flow->model, prediction, loss));
}

int32_t moei_flow_evaluate(moe_flow *flow, double time, const double *theta, double *k, double *square,
                           double *prediction)
{
    flow->evaluations++;
    if (flow->driver)
        moei_field_at(flow->driver, time, prediction);
    else {
        const int32_t status =
            moei_sweep_predict(flow->context, flow->sweep, theta, flow->weights, prediction);
        if (status)
            return status;
    }
    const int32_t status = moei_flow_force_of(flow, prediction);
    if (status)
        return status;
    return moei_sweep_pullback(flow->context, flow->sweep, theta, flow->weights, flow->force, k, square);
}

int32_t moei_flow_know_end(moe_flow *flow)
{
    if (flow->end_known)
        return MOE_OK;
    const int32_t status =
        moei_sweep_predict(flow->context, flow->sweep, flow->trial, flow->weights, flow->trial_prediction);
    flow->end_known = !status;
    return status;
}
