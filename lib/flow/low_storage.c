/* low_storage.c - a Runge-Kutta pair that keeps no stages: for as many experts as memory holds.
 *
 * RK4(3)5[2R+]C of C. A. Kennedy, M. H. Carpenter, R. M. Lewis, Appl. Numer. Math. 35 (2000) 177-219, table 2:
 * five stages of order 4, an embedded third order, of van der Houwen's form
 *   a_ij = b_j for j < i - 1,   a_{i,i-1} free,
 * so that two vectors of points, the sum so far and the stage's argument, serve all stages:
 *   X_1 = S_0 = theta,   X_{i+1} = S_{i-1} + h a_{i+1,i} k_i,   S_i = S_{i-1} + h b_i k_i,   k_i = f(X_i)
 *   error   h sum_i (b_i - b^_i) k_i
 * Five vectors in all, where theta is kept for steps that are rejected: theta, S (trial), X (spare), k_i (slot
 * 0) and the error's sum (slot 1). The slope at theta is lost within a step, and evaluated anew by the next
 * attempt. Steps that are looked into (recorded, watched for an event, interpolated) take three vectors more:
 * the slopes at both ends and the chord, of whose cubic they are; the slope at the end then begins the next
 * step. The dissipated energy is the sum of b_i square_i.
 *
 * SPDX-License-Identifier: MIT */
#include "flow/low_storage.h"

#include "flow/flow.h"

#include <math.h>

enum { SLOPE = 0, ERROR = 1, BEGIN = 2, END = 3, CHORD = 4, SLOTS = 2, LOOKS = 3 };

/* clang-format off */
const moei_low_storage moei_rk43 = {
    .a = {970286171893.0/4311952581923, 6584761158862.0/12103376702013, 2251764453980.0/15575788980749,
          26877169314380.0/34165994151039},
    .b = {1153189308089.0/22510343858157, 1772645290293.0/4653164025191, -1672844663538.0/4480602732383,
          2114624349019.0/3568978502595, 5198255086312.0/14908931495163},
    .low = {1016888040809.0/7410784769900, 11231460423587.0/58533540763752, -1563879915014.0/6823010717585,
            606302364029.0/971179775848, 1097981568119.0/3980877426909},
};
/* clang-format on */

/* the argument of stage i + 1, before S takes k_i in */
static int32_t next_argument(moe_flow *flow, int i, const double *sum, double h)
{
    return moei_flow_combine(flow, sum, h * moei_rk43.a[i], (double[]){1}, 1, flow->spare);
}

/* S and the error's sum take k_i in */
static int32_t take_in(moe_flow *flow, int i, const double *sum, double h)
{
    const double weight[] = {moei_rk43.b[i] - moei_rk43.low[i]};
    const int32_t status = moei_flow_combine(flow, sum, h * moei_rk43.b[i], (double[]){1}, 1, flow->trial);
    return status ? status
                  : moei_flow_combine(flow, i > 0 ? flow->k[ERROR] : NULL, 1, weight, 1, flow->k[ERROR]);
}

/* the time of stage i, as a part of h */
static double node(int i)
{
    double c = i > 0 ? moei_rk43.a[i - 1] : 0;
    for (int j = 0; j < i - 1; j++)
        c += moei_rk43.b[j];
    return c;
}

static int32_t run_stages(moe_flow *flow, double h)
{
    double dissipated = 0;
    int32_t status = MOE_OK;
    if (!flow->slope_known)
        status = moei_flow_evaluate(flow, flow->time, flow->theta, flow->k[SLOPE], &flow->square[SLOPE],
                                    flow->trial_prediction);
    flow->slope_known = false;
    for (int i = 0; i < MOEI_LOW_STAGES && !status; i++) {
        const double *sum = i == 0 ? flow->theta : flow->trial;
        const bool last = i == MOEI_LOW_STAGES - 1;
        dissipated += moei_rk43.b[i] * flow->square[SLOPE];
        status = last ? MOE_OK : next_argument(flow, i, sum, h);
        if (!status)
            status = take_in(flow, i, sum, h);
        if (!status && !last)
            status = moei_flow_evaluate(flow, flow->time + node(i + 1) * h, flow->spare, flow->k[SLOPE],
                                        &flow->square[SLOPE], flow->trial_prediction);
    }
    flow->square[CHORD] = dissipated;
    return status;
}

static int32_t attempt(moe_flow *flow, double h, double *error)
{
    static const double row[1][MOEI_MAX_STAGES] = {{[ERROR] = 1}};
    double square = 0;
    int32_t status = MOE_OK;
    if (!moei_flow_have(flow, &flow->spare))
        status = moei_out_of_memory(flow->context, "the stages of a flow");
    status = moei_flow_agree(flow, status);
    if (!status)
        status = run_stages(flow, h);
    if (!status)
        status = moei_flow_norms(flow, flow->theta, flow->trial, h, 1, SLOTS, row, &square);
    *error = sqrt(square);
    return status;
}

/* Slopes and chord of the step of length h from `theta`: to trial while it is being tried, to the present
 * points once it is taken. */
static int32_t look(moe_flow *flow, double time, const double *theta, double h)
{
    const bool tried = theta == flow->theta;
    const double *end = tried ? flow->trial : flow->theta;
    double square;
    int32_t status = moei_flow_evaluate(flow, time, theta, flow->k[BEGIN], &square, flow->spare_prediction);
    if (!status)
        status = moei_flow_evaluate(flow, time + h, end, flow->k[END], &flow->square[END],
                                    tried ? flow->trial_prediction : flow->spare_prediction);
    if (!status && tried)
        flow->end_known = true;
    for (int64_t i = 0; i < flow->size && !status; i++)
        flow->k[CHORD][i] = (end[i] - theta[i]) / h;
    return status;
}

static int32_t finish(moe_flow *flow, double h)
{
    return flow->watch.on ? moei_flow_extra_stages(flow, flow->time, flow->theta, h) : MOE_OK;
}

/* The slope at the end of a step that was looked into is that at the beginning of the next. */
static void begin(moe_flow *flow)
{
    if (!flow->extra_known)
        return;
    double *slope = flow->k[SLOPE];
    flow->k[SLOPE] = flow->k[END];
    flow->k[END] = slope;
    flow->square[SLOPE] = flow->square[END];
    flow->slope_known = true;
}

static void start(moe_flow *flow)
{
    flow->slope_known = true;
}

/* Gustafsson's controller with the constants of the embedded order 3 (Hairer & Wanner II, IV.2). */
static double change(moe_flow *flow, double error)
{
    const double safety = 0.9, least = 1e-4, shrink = 0.2, grow = 5;
    const double e = fmax(error, least);
    double factor = safety * pow(e, -1.0 / 4);
    if (error <= 1) {
        factor = safety * pow(e, -0.7 / 4) * pow(flow->last_error, 0.4 / 4);
        flow->last_error = e;
    }
    return fmin(fmax(factor, shrink), grow);
}

static int dense(const moe_flow *flow, double h, double u, double *weights)
{
    (void)flow, (void)h;
    weights[SLOPE] = weights[ERROR] = 0;
    weights[BEGIN] = u * (1 - u) * (1 - u);
    weights[END] = -u * u * (1 - u);
    weights[CHORD] = u * u * (3 - 2 * u);
    return SLOTS + LOOKS;
}

/* Nothing but what a step that was looked into left. */
static unsigned kept(const moe_flow *flow)
{
    return flow->extra_known ? 1u << BEGIN | 1u << END | 1u << CHORD : 0;
}

const moei_method moei_method_low_storage = {.id = MOE_METHOD_LOW_STORAGE,
                                             .start_order = 4,
                                             .field_degree = 4,
                                             .slots = SLOTS,
                                             .extra = LOOKS,
                                             .end_slot = END,
                                             .argues = true,
                                             .start = start,
                                             .begin = begin,
                                             .attempt = attempt,
                                             .finish = finish,
                                             .look = look,
                                             .change = change,
                                             .dense = dense,
                                             .kept = kept};
