/* adams.c - Adams methods of variable order and step, as predictor and corrector.
 *
 * Kept are the slopes f_0, f_1, ... at the last times t_0 > t_1 > ... themselves, newest first, not their
 * differences. A step of length h at order k is
 *   - predicted: p = theta + h sum_{q<k} b_q f_q, b integrating the polynomial through t_0 ... t_{k-1};
 *   - evaluated: f_p = f(t_0 + h, p);
 *   - corrected: theta + h (c f_p + sum_{q<k} c_q f_q), the same with t_0 + h besides, of order k + 1;
 *   - judged: its error is the corrected point of order k + 1 minus that of order k, a multiple of the
 * divided difference [f_p, f_0, ..., f_{k-1}], as are the errors that the orders k - 1 and k + 1 would make;
 * with weights computed anew for the times there are (lagrange.c). It is the method of L. F. Shampine and M.
 * K. Gordon, Computer Solution of Ordinary Differential Equations, Freeman 1975 (predictor of order k,
 * corrector of order k + 1, local extrapolation), with two liberties:
 *   - The slope at the corrected points is evaluated only where it matters. One more correction would move
 *     the points by about h c L |corrected - predicted|, L the Lipschitz constant seen when the slope was
 *     evaluated last; if that is small against the tolerance, f_p stands for the slope (PEC), else the slope
 *     is evaluated (PECE).
 *   - Order and step are chosen together after every step, as those of the longest step that the errors of
 *     the three orders allow.
 * Dense output is the corrector's polynomial, integrated to u instead of 1: it meets both ends.
 *
 * Slots of k: 0 ... 12 the slopes f_q, 13 f_p, 14 the slope at the corrected points.
 *
 * SPDX-License-Identifier: MIT */
#include "flow/flow.h"
#include "flow/lagrange.h"

#include <math.h>

enum { HISTORY = 13, PREDICTED = 13, CORRECTED = 14, SLOTS = 15, HIGHEST = 12 };
enum { LONGEST_TRUST = 20 }; /* steps for which a Lipschitz constant is believed */

/* Errors are in units of the tolerance. What of these was varied, and what difference it made, is in
 * docs/NUMERICS.md. */
static const double safety = 0.7;         /* the error that is aimed at */
static const double small_leftover = 0.2; /* a slope this near needs no second evaluation */
static const double least_moved = 1e-6; /* a smaller correction shows rounding, not the Lipschitz constant */
static const double prudence = 0.95;    /* of the step that an error allows */
static const double least_change = 0.1, refused_change = 0.9;   /* of a refused step: bounds of its factor */
static const double growth = 2, first_growth = 4;               /* at most; of the first two steps */
static const double landing_part = 0.2, landing_distance = 1.5; /* of the next step: see too_close */

/* nodes[0] = 1, the end of the step; nodes[1 + q] = (t_q - t_0) / h */
static void place(const moe_flow *flow, double h, int count, double *nodes)
{
    double back = 0;
    nodes[0] = 1;
    for (int q = 0; q < count; q++) {
        nodes[1 + q] = -back / h;
        back += flow->adams.lag[q];
    }
}

/* weights by node to weights by slot */
static void by_slot(int count, const double *of_nodes, double *weights)
{
    for (int s = 0; s < SLOTS; s++)
        weights[s] = 0;
    weights[PREDICTED] = of_nodes[0];
    for (int q = 0; q + 1 < count; q++)
        weights[q] = of_nodes[1 + q];
}

/* The errors of the orders around the one used, as far as there are slopes for them, and the leftover. */
static int32_t estimate(moe_flow *flow, double h, const double *nodes, double corrector)
{
    struct moei_adams_state *adams = &flow->adams;
    double rows[3][MOEI_MAX_STAGES], squares[MOEI_NORM_ROWS], weights[MOEI_LAGRANGE_MAX];
    const int order = adams->used, highest = order < adams->history && order < HIGHEST ? order + 1 : order;
    for (int j = order - 1; j <= highest; j++) {
        const double factor = j > 0 ? moei_lagrange_remainder(j, nodes) : 0;
        moei_lagrange_difference(j + 1, nodes, weights);
        for (int s = 0; s <= j; s++)
            weights[s] *= factor;
        by_slot(j + 1, weights, rows[j - order + 1]);
    }
    const int32_t status = moei_flow_norms(flow, flow->theta, flow->trial, h, highest - order + 2, SLOTS,
                                           (const double(*)[MOEI_MAX_STAGES])rows, squares);
    for (int j = 0; j < 3; j++)
        adams->errors[j] = j <= highest - order + 1 ? sqrt(squares[j]) : (double)INFINITY;
    if (order == 1)
        adams->errors[0] = INFINITY;
    const double moved = adams->errors[1] * fabs(moei_lagrange_remainder(order, nodes + 1) /
                                                 moei_lagrange_remainder(order, nodes));
    adams->moved = moved;
    adams->leftover =
        adams->lipschitz > 0 ? h * fabs(corrector) * adams->lipschitz * moved : (double)INFINITY;
    return status;
}

static int32_t attempt(moe_flow *flow, double h, double *error)
{
    struct moei_adams_state *adams = &flow->adams;
    const int order = adams->used = adams->order;
    double nodes[MOEI_LAGRANGE_MAX], predictor[MOEI_LAGRANGE_MAX], corrector[MOEI_LAGRANGE_MAX];
    double weights[MOEI_MAX_STAGES];
    adams->length = h;
    adams->slope = PREDICTED;
    place(flow, h, adams->history, nodes);
    moei_lagrange_integrals(order, nodes + 1, 1, predictor);
    moei_lagrange_integrals(order + 1, nodes, 1, corrector);
    int32_t status = moei_flow_combine(flow, flow->theta, h, predictor, order, flow->trial);
    if (!status)
        status = moei_flow_evaluate(flow, flow->time + h, flow->trial, flow->k[PREDICTED],
                                    &flow->square[PREDICTED], flow->trial_prediction);
    by_slot(order + 1, corrector, weights);
    if (!status)
        status = moei_flow_combine(flow, flow->theta, h, weights, SLOTS, flow->trial);
    if (!status)
        status = estimate(flow, h, nodes, corrector[0]);
    *error = adams->errors[1];
    return status;
}

/* The slope at the corrected points, and what it tells of the Lipschitz constant. */
static int32_t finish(moe_flow *flow, double h)
{
    static const double difference[1][MOEI_MAX_STAGES] = {{[PREDICTED] = -1, [CORRECTED] = 1}};
    struct moei_adams_state *adams = &flow->adams;
    if (adams->leftover <= small_leftover && adams->since < LONGEST_TRUST && !flow->watch.on) {
        adams->since++;
        return MOE_OK;
    }
    double square = 0;
    int32_t status = moei_flow_evaluate(flow, flow->time + h, flow->trial, flow->k[CORRECTED],
                                        &flow->square[CORRECTED], flow->trial_prediction);
    if (!status)
        status = moei_flow_norms(flow, flow->theta, flow->trial, 1, 1, SLOTS, difference, &square);
    if (status)
        return status;
    flow->end_known = true;
    adams->slope = CORRECTED;
    adams->since = 0;
    if (adams->moved > least_moved)
        adams->lipschitz = sqrt(square) / adams->moved;
    return MOE_OK;
}

/* A step that a landing cut far below what the next one may be: its ends are so close together that the
 * difference of their slopes is mostly the error of both. */
static bool too_close(const moe_flow *flow)
{
    const struct moei_adams_state *adams = &flow->adams;
    return adams->history > 1 && adams->length < landing_part * flow->next_step &&
           adams->lag[0] + adams->length < landing_distance * flow->next_step;
}

/* The newest slope goes in front, and the oldest one's vector becomes free for the next; or, in place of the
 * one before it. */
static void begin(moe_flow *flow)
{
    struct moei_adams_state *adams = &flow->adams;
    double *newest = flow->k[adams->slope];
    const double square = flow->square[adams->slope];
    if (too_close(flow)) {
        flow->k[adams->slope] = flow->k[0];
        flow->k[0] = newest;
        flow->square[0] = square;
        adams->lag[0] += adams->length;
        if (adams->order > adams->history) /* raised for a slope that is not kept */
            adams->order = adams->history;
        return;
    }
    flow->k[adams->slope] = flow->k[HISTORY - 1];
    for (int q = HISTORY - 1; q > 0; q--) {
        flow->k[q] = flow->k[q - 1];
        flow->square[q] = flow->square[q - 1];
        adams->lag[q] = adams->lag[q - 1];
    }
    flow->k[0] = newest;
    flow->square[0] = square;
    adams->lag[0] = adams->length;
    if (adams->history < HISTORY)
        adams->history++;
}

static void start(moe_flow *flow)
{
    flow->adams = (struct moei_adams_state){.order = 1, .history = 1};
}

/* Where a small leftover is no small matter: to descend at a tolerance that forbids nothing. */
static int32_t restart(moe_flow *flow)
{
    double square, *slope = flow->k[CORRECTED];
    const int32_t status =
        moei_flow_evaluate(flow, flow->time, flow->theta, slope, &square, flow->trial_prediction);
    if (status)
        return status;
    flow->k[CORRECTED] = flow->k[0];
    flow->k[0] = slope;
    flow->square[0] = square;
    flow->adams.order = flow->adams.history = 1;
    return MOE_OK;
}

/* The factor that an error of the order j allows. */
static double allowed(int order, double error)
{
    return pow(safety / fmax(error, 1e-12), 1.0 / (order + 1)) * prudence; /* 1e-12: any large factor */
}

static double shorter(struct moei_adams_state *adams)
{
    const double factor = fmin(allowed(adams->used, adams->errors[1]), refused_change);
    adams->failures++;
    if (adams->failures > 2)
        adams->order = 1;
    else if (adams->used > 1 && adams->errors[0] < adams->errors[1])
        adams->order = adams->used - 1;
    return fmax(factor, least_change);
}

static double change(moe_flow *flow, double error)
{
    struct moei_adams_state *adams = &flow->adams;
    if (error > 1)
        return shorter(adams);
    const int order = adams->used;
    double best = allowed(order, adams->errors[1]);
    adams->failures = 0;
    if (order > 1 && allowed(order - 1, adams->errors[0]) > best) {
        best = allowed(order - 1, adams->errors[0]);
        adams->order = order - 1;
    } else if (order < HIGHEST && adams->history == order) /* at the start: it will have a slope more */
        adams->order = order + 1;
    if (order < HIGHEST && allowed(order + 1, adams->errors[2]) > best) {
        best = allowed(order + 1, adams->errors[2]);
        adams->order = order + 1;
    }
    return fmin(best, flow->steps < 2 ? first_growth : growth);
}

static int dense(const moe_flow *flow, double h, double u, double *weights)
{
    const struct moei_adams_state *adams = &flow->adams;
    double nodes[MOEI_LAGRANGE_MAX], of_nodes[MOEI_LAGRANGE_MAX];
    place(flow, h, adams->used, nodes);
    moei_lagrange_integrals(adams->used + 1, nodes, u, of_nodes);
    by_slot(adams->used + 1, of_nodes, weights);
    return SLOTS;
}

/* The history and, while the last step can be looked into, what it was made of. */
static unsigned kept(const moe_flow *flow)
{
    const struct moei_adams_state *adams = &flow->adams;
    const unsigned history = (1u << adams->history) - 1;
    return flow->dense_known ? history | 1u << PREDICTED | 1u << adams->slope : history;
}

const moei_method moei_method_adams = {.id = MOE_METHOD_ADAMS,
                                       .start_order = 1,
                                       .field_degree = 7,
                                       .slots = SLOTS,
                                       .end_slot = CORRECTED,
                                       .start = start,
                                       .begin = begin,
                                       .attempt = attempt,
                                       .finish = finish,
                                       .restart = restart,
                                       .change = change,
                                       .dense = dense,
                                       .kept = kept};
