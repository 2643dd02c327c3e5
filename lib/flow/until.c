/* until.c - running until the slope or the loss is small.
 *
 * After every step that is about to be accepted the flow looks whether what it waits for holds at the step's
 * end. If it does, the part of the step after which it begins to hold is sought in the dense output, on
 *   y(u) = min(log(|grad Psi| / gradient), log(E / loss)) of what is watched,   y(0) > 0 >= y(1),
 * by the Illinois method (M. Dowell, P. Jarratt, BIT 11 (1971) 168-174), and the step is taken once more, as
 * long as that part: points, slope, record and energy of the end are those of a step like any other. On an
 * exponential decay y is a straight line, and two looks suffice.
 *
 * SPDX-License-Identifier: MIT */
#include "flow/flow.h"

#include <math.h>

enum { MOST_LOOKS = 16 };

/* Where y must end: reached, but hardly more than that. */
static const double close_enough = 1e-6;

/* y of what is watched, so <= 0 where one of them is reached; bounded, as E may be 0 */
static double excess(const moe_flow *flow, double square, double loss)
{
    const struct moei_watch *watch = &flow->watch;
    double least = INFINITY;
    if (watch->gradient > 0)
        least = fmin(least, log(sqrt(square) / watch->gradient));
    if (watch->loss > 0)
        least = fmin(least, log(fmax(loss, 0) / watch->loss));
    return fmax(least, -50);
}

static int32_t loss_of(moe_flow *flow, const double *prediction, double *loss)
{
    *loss = 0;
    if (!(flow->watch.loss > 0))
        return MOE_OK;
    return moei_flow_loss_of(flow, prediction, loss);
}

/* *y at the part u of the step of length h that was tried */
static int32_t look_inside(moe_flow *flow, double h, double u, double *y)
{
    double square = 0, loss = 0;
    int32_t status = moei_flow_point_at(flow, flow->theta, h, u, flow->spare);
    if (!status)
        status = moei_flow_evaluate(flow, flow->time + u * h, flow->spare, flow->watch.slope, &square,
                                    flow->spare_prediction);
    if (!status)
        status = loss_of(flow, flow->spare_prediction, &loss);
    *y = excess(flow, square, loss);
    return status;
}

/* *cut <- the smallest part seen at which y <= 0, given y at both ends */
static int32_t find(moe_flow *flow, double h, double y0, double y1, double *cut)
{
    double low = 0, high = 1;
    int kept = 0; /* which end the last look has left in place: -1 the lower, 1 the upper */
    int32_t status = moei_flow_extra_stages(flow, flow->time, flow->theta, h);
    for (int looks = 0; looks < MOST_LOOKS && !status; looks++) {
        /* aims a little below 0, so that the part found is one where the condition holds */
        const double part = (close_enough / 2 + y0) / (y0 - y1);
        const double u = low + fmin(fmax(part, 1e-3), 1 - 1e-3) * (high - low);
        double y;
        status = look_inside(flow, h, u, &y);
        if (status || (-close_enough <= y && y <= 0)) {
            high = u;
            break;
        }
        if (y > 0) {
            low = u;
            y0 = y;
            y1 = kept == 1 ? y1 / 2 : y1;
            kept = 1;
        } else {
            high = u;
            y1 = y;
            y0 = kept == -1 ? y0 / 2 : y0;
            kept = -1;
        }
    }
    *cut = high;
    return status;
}

int32_t moei_flow_watch(moe_flow *flow, double h, double *cut)
{
    double before, after;
    *cut = 1;
    int32_t status = loss_of(flow, flow->trial_prediction, &after);
    if (status)
        return status;
    const double y1 = excess(flow, flow->square[flow->method->end_slot], after);
    if (y1 > 0 || y1 >= -close_enough)
        return MOE_OK;
    status = loss_of(flow, flow->prediction, &before);
    if (status)
        return status;
    const double y0 = excess(flow, flow->square[0], before);
    return find(flow, h, fmax(y0, close_enough), y1, cut);
}

/* What is reached at the present point, MOE_REACHED_TIME if nothing is. */
int32_t moei_flow_reached(moe_flow *flow, double square, int32_t *reached)
{
    const struct moei_watch *watch = &flow->watch;
    double loss;
    const int32_t status = loss_of(flow, flow->prediction, &loss);
    *reached = status                                                   ? MOE_REACHED_TIME
               : watch->gradient > 0 && sqrt(square) <= watch->gradient ? MOE_REACHED_GRADIENT
               : watch->loss > 0 && loss <= watch->loss                 ? MOE_REACHED_LOSS
                                                                        : MOE_REACHED_TIME;
    return status;
}

int32_t moei_flow_slope_now(moe_flow *flow, double *square)
{
    int32_t status = MOE_OK;
    if (!moei_flow_have(flow, &flow->watch.slope) || !moei_flow_have(flow, &flow->spare))
        status = moei_out_of_memory(flow->context, "the slope of a flow");
    status = moei_flow_agree(flow, status);
    if (status)
        return status;
    return moei_flow_evaluate(flow, flow->time, flow->theta, flow->watch.slope, square,
                              flow->spare_prediction);
}
