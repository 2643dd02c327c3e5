/* step.c - accepted steps, whatever the method: control, rejection, landing, and what a step leaves behind.
 *
 * Steps: (1) the method tries a step of length h and estimates its error e in units of the tolerance; (2) if
 * e <= 1 the step is finished: it may have to lower the energy, to end where a watched event begins, and to
 * be recorded; (3) accepted, or h is shortened and (1) again. A failure that a shorter step may cure (a
 * callback's positive status, a NaN) quarters h; an energy that rose halves it.
 *
 * Invariant: theta, time, prediction, dissipated and the slope at theta speak of the last accepted step
 * whatever happens; a trial writes trial, trial_prediction and the method's other slopes only.
 *
 * SPDX-License-Identifier: MIT */
#include "flow/flow.h"

#include <math.h>
#include <string.h>

static const double quarter = 0.25, half = 0.5;
static const double almost_there = 1.01; /* times a step: it lands if that reaches the end */

/* ---- descent ---------------------------------------------------------------------------------- */

/* What rounding may do to the energy: that of the sums that make F, E and A. */
static int32_t energy_rounding(moe_flow *flow, double *rounding)
{
    const double unit = 0x1p-46, scale = flow->model->terms.scale;
    const int64_t nK = moei_model_width(flow->model);
    double sum = fabs(flow->present_energy);
    const int32_t status = moei_flow_force_of(flow, flow->trial_prediction);
    for (int64_t j = 0; !status && j < nK; j++) {
        const double f = fabs(flow->trial_prediction[j]) / scale;
        sum += (fabs(flow->force[j]) + unit * f) * f;
    }
    *rounding = unit * sum;
    return status;
}

/* trial_energy stays at the lowest seen, so that what is forgiven never adds up. */
static int32_t check_descent(moe_flow *flow)
{
    double energy, rounding;
    int32_t status = moei_flow_know_end(flow);
    if (!status)
        status = moei_flow_energy_of(flow, flow->trial, flow->trial_prediction, &energy);
    if (!status)
        status = energy_rounding(flow, &rounding);
    if (status)
        return status;
    flow->energy_rose = energy > flow->present_energy + rounding;
    if (!flow->energy_rose)
        flow->trial_energy = fmin(energy, flow->present_energy);
    return MOE_OK;
}

/* ---- a trial ---------------------------------------------------------------------------------- */

/* One attempt at a step of length h. With `cut`: it receives the part of h after which what is watched for
 * begins, 1 if it does not; a step to be cut is not finished. */
static int32_t try_step(moe_flow *flow, double h, double *error, double *cut)
{
    flow->end_known = flow->energy_rose = flow->extra_known = false;
    int32_t status = flow->method->attempt(flow, h, error);
    if (!status && !isfinite(*error))
        status = moei_fail(flow->context, MOE_ERROR_NOT_FINITE, "the parameters of an expert are not finite");
    if (status || *error > 1)
        return status;
    if (flow->method->finish)
        status = flow->method->finish(flow, h);
    if (!status && flow->descent)
        status = check_descent(flow);
    if (status || flow->energy_rose)
        return status;
    if (cut) {
        status = moei_flow_watch(flow, h, cut);
        if (status || *cut < 1)
            return status;
    }
    return flow->record ? moei_flow_record_step(flow, h) : MOE_OK;
}

static void accept(moe_flow *flow, double h, double end)
{
    const int64_t nK = moei_model_width(flow->model);
    double *before = flow->theta, weights[MOEI_MAX_STAGES];
    const int count = flow->method->dense(flow, h, 1, weights);
    for (int s = 0; s < count; s++)
        if (weights[s] != 0)
            flow->dissipated += h * weights[s] * flow->square[s];
    flow->theta = flow->trial;
    flow->trial = flow->previous = before;
    flow->prediction_known = flow->end_known && !flow->driver;
    if (flow->prediction_known)
        memcpy(flow->prediction, flow->trial_prediction, (size_t)nK * sizeof *flow->prediction);
    if (flow->descent)
        flow->present_energy = flow->trial_energy;
    if (flow->record)
        moei_field_append(flow->record, end);
    flow->previous_time = flow->time;
    flow->time = end;
    flow->steps++;
    flow->dense_known = flow->swap_due = true;
}

/* The slope at the present point becomes k[0]; what dense output of the last step needs is lost. */
static void begin_step(moe_flow *flow)
{
    const int end = flow->method->end_slot;
    double *slope = flow->k[0];
    if (flow->method->begin)
        flow->method->begin(flow);
    else {
        flow->k[0] = flow->k[end];
        flow->k[end] = slope;
        flow->square[0] = flow->square[end];
    }
    flow->swap_due = flow->dense_known = flow->extra_known = false;
}

static int32_t too_short(moe_flow *flow, double h, int32_t cause)
{
    char sentence[256] = "the error estimate stays above the tolerance";
    if (flow->energy_rose)
        memcpy(sentence, "the loss still rises", sizeof "the loss still rises");
    if (cause)
        for (size_t i = 0; i < sizeof sentence; i++)
            if (!(sentence[i] = i + 1 < sizeof sentence ? flow->context->error[i] : 0))
                break;
    return moei_fail(flow->context, MOE_ERROR_STEP, "at time %.17g a step of %.3g is still too long: %s",
                     flow->time, h, sentence);
}

/* ---- what attempts leave behind ----------------------------------------------------------------- */

/* What attempts at a step change of the flow, other than what the next attempt writes before it reads. */
struct control {
    struct moei_adams_state adams;
    struct moei_chebyshev_state chebyshev;
    double next_step;
    int64_t rejections;
};

static struct control control_of(const moe_flow *flow)
{
    return (struct control){flow->adams, flow->chebyshev, flow->next_step, flow->rejections};
}

/* A call that ends by a failure which no shorter step cures leaves the flow as it was, so that the next one
 * takes the steps that this one would have taken. */
static int32_t give_up(moe_flow *flow, const struct control *before, int32_t status)
{
    flow->adams = before->adams;
    flow->chebyshev = before->chebyshev;
    flow->next_step = before->next_step;
    flow->rejections = before->rejections;
    return status;
}

/* ---- accepted steps --------------------------------------------------------------------------- */

static int32_t may_try(moe_flow *flow, double h, bool lands, int64_t *attempts)
{
    if ((*attempts)-- <= 0)
        return moei_fail(flow->context, MOE_ERROR_STEP_LIMIT,
                         "the limit of %lld attempts at a step is used up at time %.17g",
                         (long long)flow->step_limit, flow->time);
    if (!lands && flow->time + h == flow->time)
        return moei_fail(flow->context, MOE_ERROR_STEP, "at time %.17g a step of %.3g is lost in rounding",
                         flow->time, h);
    return MOE_OK;
}

int32_t moei_flow_accepted_step(moe_flow *flow, double limit, int64_t *attempts)
{
    double h = fmin(flow->next_step, flow->longest_step), planned = h;
    struct control before = control_of(flow);
    bool rejected = false, cut = false;
    int rises = 0;
    for (;;) {
        const double left = limit - flow->time;
        const bool lands = !cut && almost_there * h >= left;
        planned = cut ? planned : h;
        h = lands ? left : h;
        int32_t status = may_try(flow, h, lands, attempts);
        if (status)
            return status;
        if (flow->swap_due) {
            begin_step(flow);
            before = control_of(flow);
        }
        double error = INFINITY, part = 1;
        status = try_step(flow, h, &error, flow->watch.on && !cut ? &part : NULL);
        if (status && !moei_curable(status))
            return give_up(flow, &before, status);
        if (part < 1) { /* the same step, but only until the event */
            h *= part;
            cut = true;
        } else if (!status && error <= 1 && !flow->energy_rose) {
            const double change = flow->method->change(flow, error);
            accept(flow, h, lands ? limit : flow->time + h);
            flow->next_step = h * (rejected ? fmin(change, 1) : change);
            if ((lands || cut) && planned > flow->next_step) /* not its error has cut it */
                flow->next_step = planned;
            return MOE_OK;
        } else {
            flow->rejections++;
            rejected = true;
            h *= status ? quarter : flow->energy_rose ? half : flow->method->change(flow, error);
            flow->next_step = h;
            if (flow->energy_rose && ++rises == 2 && flow->method->restart)
                status = flow->method->restart(flow);
            if (status && !moei_curable(status))
                return give_up(flow, &before, status);
            if (flow->time + h / 16 == flow->time) /* a step must be some units in the last place of time */
                return too_short(flow, h, status);
        }
    }
}
