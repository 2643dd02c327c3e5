/* pair.c - the embedded Runge-Kutta pairs as methods of a flow; their coefficients are tableau.c's.
 *
 * Slot s of k is stage s; the last stage is the slope at the new point. An attempt leaves it out where the
 * error estimate can do without, so that a rejected step does not pay for it.
 *
 * SPDX-License-Identifier: MIT */
#include "flow/flow.h"

#include <math.h>

static int32_t stage(moe_flow *flow, int s, double h)
{
    const moei_tableau *tableau = flow->method->tableau;
    int32_t status = moei_flow_combine(flow, flow->theta, h, tableau->a[s], s, flow->trial);
    if (!status)
        status = moei_flow_evaluate(flow, flow->time + tableau->c[s] * h, flow->trial, flow->k[s],
                                    &flow->square[s], flow->trial_prediction);
    return status;
}

static int32_t estimate(moe_flow *flow, double h, double *error)
{
    const moei_tableau *tableau = flow->method->tableau;
    const int count = tableau->stages - !tableau->error_uses_last;
    double squares[MOEI_NORM_ROWS];
    const int32_t status =
        moei_flow_norms(flow, flow->theta, flow->trial, h, tableau->error_rows, count, tableau->e, squares);
    if (!status)
        *error = moei_tableau_error(tableau, squares);
    return status;
}

static int32_t attempt(moe_flow *flow, double h, double *error)
{
    const moei_tableau *tableau = flow->method->tableau;
    const int last = tableau->stages - 1;
    int32_t status = MOE_OK;
    for (int s = 1; s < last && !status; s++)
        status = stage(flow, s, h);
    if (!status && tableau->error_uses_last)
        status = stage(flow, last, h);
    else if (!status)
        status = moei_flow_combine(flow, flow->theta, h, tableau->a[last], last, flow->trial);
    flow->end_known = tableau->error_uses_last;
    return status ? status : estimate(flow, h, error);
}

static int32_t finish(moe_flow *flow, double h)
{
    if (flow->end_known)
        return MOE_OK;
    const int last = flow->method->tableau->stages - 1;
    flow->end_known = true;
    return moei_flow_evaluate(flow, flow->time + h, flow->trial, flow->k[last], &flow->square[last],
                              flow->trial_prediction);
}

static double change(moe_flow *flow, double error)
{
    const double least_memory = 1e-4; /* as in DOPRI5 */
    const double factor =
        moei_tableau_change(flow->method->tableau, error, error <= 1 ? flow->last_error : 1);
    if (error <= 1)
        flow->last_error = fmax(error, least_memory);
    return factor;
}

static int dense(const moe_flow *flow, double h, double u, double *weights)
{
    const moei_tableau *tableau = flow->method->tableau;
    (void)h;
    moei_tableau_dense(tableau, u, weights);
    return tableau->stages + tableau->extra;
}

const moei_method moei_method_dopri5 = {.id = MOE_METHOD_DOPRI5,
                                        .start_order = 5,
                                        .field_degree = 5,
                                        .slots = 7,
                                        .end_slot = 6,
                                        .tableau = &moei_dopri5,
                                        .attempt = attempt,
                                        .finish = finish,
                                        .change = change,
                                        .dense = dense};

const moei_method moei_method_dop853 = {.id = MOE_METHOD_DOP853,
                                        .start_order = 8,
                                        .field_degree = 7,
                                        .slots = 13,
                                        .extra = 3,
                                        .end_slot = 12,
                                        .tableau = &moei_dop853,
                                        .attempt = attempt,
                                        .finish = finish,
                                        .change = change,
                                        .dense = dense};
