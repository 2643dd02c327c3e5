/* slabs.c - W_p in one dimension between sum_i w_i delta_{y_i} and a law of piecewise linear quantile Q.
 *
 * With the points in order and L_i = w_0 + ... + w_{i-1}, on the line the monotone coupling is optimal,
 *     W_p^p = C(0),   C(s) = sum_i int_{L_i + s}^{L_{i+1} + s} |y_i - Q(u)|^p du.
 * On a circle of period P, with Q(u + 1) = Q(u) + P, W_p^p = min over s of C(s), and C is convex (Delon,
 * Salomon & Sobolevski, SIAM J. Appl. Math. 70 (2010)). Each integral is in closed form, and so is the slope
 *     C'(s) = sum_i |y_i - Q(L_{i+1} + s)|^p - |y_i - Q(L_i + s)|^p     (from the right).
 * Upper bound: the least C seen, which is the cost of a coupling. Lower bound: a convex function lies above
 * its tangents, so the crossing of the two tangents at the ends of a bracket lies below the minimum.
 *
 * Rounding, eps = 2^-52. A position is off by a few eps of the largest one, which moves W_p by as much. A
 * level is off by eps, which moves C(s) by at most eps times the variation of |y - Q|^p: p R^(p-1) times the
 * length of the circle or of the line's extent, R the largest |y - Q| at that shift. Closed forms and the sum
 * add 16 (p + 4) eps C.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/slabs.h"

#include "transport/certificate.h"
#include "transport/sort.h"

#include <float.h>
#include <string.h>

/* ---- slabs ------------------------------------------------------------------------------------ */

int32_t moei_slabs_create(moe_context *context, double period, int64_t count, moei_slabs *slabs)
{
    *slabs = (moei_slabs){.period = period,
                          .count = count,
                          .level = MOEI_NEW(context->core, count + 1, double),
                          .knot = MOEI_NEW(context->core, count + 1, double)};
    return slabs->level && slabs->knot ? MOE_OK : moei_out_of_memory(context, "the quantiles of a law");
}

void moei_slabs_free(moei_core *core, moei_slabs *slabs)
{
    moei_free(core, slabs->level);
    moei_free(core, slabs->knot);
    *slabs = (moei_slabs){0};
}

void moei_bounds_widen(moei_bounds *bounds, double stray)
{
    bounds->lower = fmax(0, (bounds->lower - stray) * (1 - 2 * DBL_EPSILON));
    bounds->upper = (bounds->upper + stray) * (1 + 2 * DBL_EPSILON);
}

/* ---- the points in order ---------------------------------------------------------------------- */

typedef struct {
    const moei_slabs *slabs;
    double p, unit; /* lengths are divided by `unit`, so that powers stay in range */
    double largest; /* of all positions, in the measure's units */
    int64_t count;
    double *y, *level; /* count, count + 1 */
} ladder;

/* y in [start, start + period) */
static double wrap(double y, double start, double period)
{
    return isinf(period) ? y : y - floor((y - start) / period) * period;
}

static void fill_ladder(const moe_measure *measure, const moei_sort_item *order, const double *x, ladder *out)
{
    moei_account sum = {0, 0}, total = {0, 0};
    for (int64_t i = 0; i < measure->count; i++)
        moei_account_add(&total, measure->weights[i]);
    for (int64_t i = 0; i < measure->count; i++) {
        const int64_t from = order[i].index;
        if (!(measure->weights[from] > 0))
            continue;
        moei_account_add(&sum, measure->weights[from]);
        out->y[out->count++] = x[from];
        out->level[out->count] = fmin(1, moei_account_value(&sum) / moei_account_value(&total));
    }
    out->level[out->count] = 1;
}

static void ladder_free(moei_core *core, ladder *points)
{
    moei_free(core, points->y);
    moei_free(core, points->level);
}

static int32_t ladder_create(moe_context *context, const moe_measure *measure, const moei_slabs *slabs,
                             double p, ladder *out)
{
    moei_core *core = context->core;
    const int64_t n = measure->count;
    *out = (ladder){.slabs = slabs, .p = p, .y = MOEI_NEW(core, n, double)};
    out->level = MOEI_NEW(core, n + 1, double);
    double *x = MOEI_NEW(core, n, double);
    moei_sort_item *item = MOEI_NEW(core, n, moei_sort_item), *spare = MOEI_NEW(core, n, moei_sort_item);
    int32_t status = MOE_OK;
    if (out->y && out->level && x && item && spare) {
        for (int64_t i = 0; i < n; i++) {
            x[i] = wrap(measure->points[i], slabs->knot[0], slabs->period);
            out->largest = fmax(out->largest, fmax(fabs(x[i]), fabs(measure->points[i])));
        }
        moei_sort(n, x, item, spare);
        fill_ladder(measure, item, x, out);
        const double first = slabs->knot[0], last = slabs->knot[slabs->count];
        out->largest = fmax(out->largest, fmax(fabs(first), fabs(last)));
        out->unit = isfinite(slabs->period) ? slabs->period / 2
                                            : fmax(last, out->y[out->count - 1]) - fmin(first, out->y[0]);
        out->unit = fmax(out->unit, DBL_MIN);
    } else
        status = moei_out_of_memory(context, "the points in order");
    moei_free(core, spare);
    moei_free(core, item);
    moei_free(core, x);
    return status;
}

/* ---- integrals -------------------------------------------------------------------------------- */

static double power(double t, double p)
{
    return p == 1 ? t : p == 2 ? t * t : pow(t, p);
}

/* Gauss's rule with 8 nodes for the mean of t^p over [a, b], 0 < a: p log t changes by less than 1. */
static double smooth_mean(double a, double b, double p)
{
    static const double node[] = {0.18343464249564980494, 0.52553240991632898582, 0.79666647741362673959,
                                  0.96028985649753623168};
    static const double weight[] = {0.36268378337836198297, 0.31370664587788728734, 0.22238103445337447054,
                                    0.10122853629037625915};
    const double middle = a + (b - a) / 2, half = (b - a) / 2;
    double sum = 0;
    for (int i = 0; i < 4; i++)
        sum += weight[i] / 2 * (pow(middle - half * node[i], p) + pow(middle + half * node[i], p));
    return sum;
}

/* The mean of |t|^p over t from a to b, a <= b. */
static double mean_power(double a, double b, double p)
{
    if (p == 2)
        return (a * a + a * b + b * b) / 3;
    if (b <= 0) {
        const double swap = -a;
        a = -b;
        b = swap;
    }
    if (a >= 0 && p == 1)
        return a + (b - a) / 2;
    if (a > 0 && b - a <= b / (p + 1))
        return smooth_mean(a, b, p);
    if (!(b > a))
        return power(fabs(b), p);
    return (pow(b, p + 1) - copysign(pow(fabs(a), p + 1), a)) / ((p + 1) * (b - a));
}

/* ---- one shift -------------------------------------------------------------------------------- */

typedef struct {
    double shift, cost, slope;
    double size;  /* of the terms of the slope, which its rounding goes with */
    double error; /* of the cost, by the rounding of the levels */
} reading;

/* Where the quantile is read: level v of turn `turn`, in slab k. */
typedef struct {
    const moei_slabs *slabs;
    int64_t k;
    double turn, v;
} cursor;

static double quantile(const cursor *at, double v)
{
    const moei_slabs *slabs = at->slabs;
    const double from = slabs->level[at->k], to = slabs->level[at->k + 1];
    const double left = slabs->knot[at->k], right = slabs->knot[at->k + 1];
    const double base = at->turn == 0 ? 0 : at->turn * slabs->period;
    const double share = to > from ? (v - at->turn - from) / (to - from) : 1;
    return left + fmin(fmax(share, 0), 1) * (right - left) + base;
}

/* Past the slabs that end at or before v: the quantile is continuous from the right. */
static void advance(cursor *at, double v)
{
    const moei_slabs *slabs = at->slabs;
    at->v = v;
    while (slabs->level[at->k + 1] + at->turn <= v) {
        if (at->k + 1 < slabs->count)
            at->k++;
        else if (isfinite(slabs->period)) {
            at->k = 0;
            at->turn++;
        } else
            return;
    }
}

/* int |y - Q|^p from the cursor to level `end`, which the cursor then has reached; *reach: the largest |y -
 * Q| */
static double integrate(cursor *at, double y, double end, double p, double unit, double *reach)
{
    double sum = 0;
    while (at->v < end) {
        const double stop = fmin(end, at->slabs->level[at->k + 1] + at->turn), from = at->v;
        if (!(stop > from)) /* the top of the line */
            return sum;
        const double a = (quantile(at, from) - y) / unit, b = (quantile(at, stop) - y) / unit;
        sum += (stop - from) * mean_power(a, fmax(a, b), p);
        *reach = fmax(*reach, fmax(-a, b));
        advance(at, stop);
    }
    return sum;
}

static reading read_shift(const ladder *points, double shift)
{
    const double turn = floor(shift), start = shift - turn, unit = points->unit, p = points->p;
    const double back = turn == 0 ? 0 : turn * points->slabs->period;
    cursor at = {.slabs = points->slabs};
    moei_account cost = {0, 0}, slope = {0, 0};
    double size = 0, reach = 0;
    advance(&at, start);
    for (int64_t i = 0; i < points->count; i++) {
        const double y = points->y[i] - back, end = points->level[i + 1] + start;
        const double before = power(fabs(y - quantile(&at, at.v)) / unit, p);
        moei_account_add(&cost, integrate(&at, y, end, p, unit, &reach));
        moei_account_add(&slope, power(fabs(y - quantile(&at, at.v)) / unit, p) - before);
        size += before;
    }
    const double error = 16 * DBL_EPSILON * p * (p == 1 ? 1 : pow(reach, p - 1));
    return (reading){shift, moei_account_value(&cost), moei_account_value(&slope), size, error};
}

/* ---- the best shift --------------------------------------------------------------------------- */

/* Where the tangents at the ends of a bracket cross, and how low: *least. */
static double crossing(const reading *a, const reading *b, double *least)
{
    const double turn = b->slope - a->slope, width = b->shift - a->shift;
    const double step = turn > 0 ? (a->cost - b->cost + b->slope * width) / turn : 0;
    const double inside = fmin(fmax(step, 0), width);
    *least = fmin(a->cost + a->slope * inside, b->cost - b->slope * (width - inside));
    if (!(turn > 0))
        *least = fmin(a->cost, b->cost);
    *least -= 16 * DBL_EPSILON * width * (a->size + b->size) + a->error + b->error;
    return a->shift + inside;
}

/* Where the slope is 0 if it is linear between the ends. */
static double secant(const reading *a, const reading *b)
{
    const double turn = b->slope - a->slope;
    return turn > 0 ? a->shift - a->slope / turn * (b->shift - a->shift) : a->shift;
}

/* *least <= min C <= *best. At -2 and 2 every point lies on one side of what it is paired with, so the best
 * shift is between. Secant, tangents and halving in turn: each cuts the bracket. */
static int32_t best_shift(moe_context *context, const ladder *points, double *least, double *best)
{
    enum { ROUNDS = 120 };
    reading a = read_shift(points, -2), b = read_shift(points, 2);
    int32_t status = MOE_OK;
    *best = fmin(a.cost + a.error, b.cost + b.error);
    *least = 0;
    for (int round = 0; round < ROUNDS && !status; round++) {
        double low, at = crossing(&a, &b, &low);
        *least = fmax(*least, low);
        if (*best - *least <= 4 * DBL_EPSILON * *best || !(b.shift - a.shift > 2 * DBL_EPSILON))
            break;
        if (round % 3 == 0)
            at = secant(&a, &b);
        if (round % 3 == 2 || !(at > a.shift && at < b.shift))
            at = a.shift + (b.shift - a.shift) / 2;
        const reading middle = read_shift(points, at);
        *best = fmin(*best, middle.cost + middle.error);
        if (middle.slope <= 0)
            a = middle;
        if (middle.slope >= 0)
            b = middle;
        status = moei_progress(context, "transport", (double)round / ROUNDS);
    }
    return status;
}

int32_t moei_slabs_distance(moe_context *context, const moe_measure *measure, const moei_slabs *slabs,
                            double p, moei_bounds *bounds)
{
    ladder points;
    double least = 0, best = 0;
    int32_t status = ladder_create(context, measure, slabs, p, &points);
    if (!status && isinf(slabs->period)) {
        const reading only = read_shift(&points, 0);
        least = only.cost - only.error;
        best = only.cost + only.error;
    } else if (!status)
        status = best_shift(context, &points, &least, &best);
    if (!status) {
        const double relative = 16 * (p + 4) * DBL_EPSILON;
        const double low = fmax(0, least * (1 - relative)), high = best * (1 + relative) + DBL_MIN;
        const double root = 8 * DBL_EPSILON * (1 + fabs(log(high)));
        bounds->lower = points.unit * (p == 2 ? sqrt(low) : pow(low, 1 / p)) * (1 - root);
        bounds->upper = points.unit * (p == 2 ? sqrt(high) : pow(high, 1 / p)) * (1 + root);
        moei_bounds_widen(bounds, 8 * DBL_EPSILON * points.largest);
    }
    ladder_free(context->core, &points);
    return status;
}
