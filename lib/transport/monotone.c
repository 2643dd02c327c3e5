/* monotone.c - exact transport in one dimension: the monotone plan on the line, its best shift on the circle.
 *
 * Line. The monotone coupling is optimal for every p >= 1 (for instance Santambrogio, Optimal Transport for
 * Applied Mathematicians, Theorem 2.9).
 *
 * Circle of period P, after Delon, Salomon & Sobolevski, SIAM J. Appl. Math. 70 (2010). Lift both measures to
 * the line. An optimal plan is the monotone coupling for some shift s of the mass levels of b, and
 *     C(s) = int_0^T |F^-1(t) - G^-1(t - s)|^p dt
 * is convex in s, piecewise linear, with its minimum in [-T, T]. When s grows by ds, row x at the level where
 * column j ends receives ds more from y_j and ds less from y_{j+1}:
 *     C'(s+) = sum_j |x - y_j|^p - |x - y_{j+1}|^p,   x = F^-1(level[j + 1] + s).
 * The zero of this monotone slope is bracketed by false position (Illinois), halved where that is slow, and
 * an end of the bracket moves on to the next break of C, so that it closes on a break. For p = 1 that is the
 * weighted median of the levels F - G.
 *
 * Time O(n log n) for the order and O(n) for each of the 10 to 20 slopes; nothing is assumed of the weights.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/ladder.h"

#include <float.h>
#include <math.h>

typedef struct {
    const moei_problem *problem;
    moei_ladder rows, columns;
    moei_meter meter;
} coupling;

/* |s|^p - |t|^p */
static double power_difference(double s, double t, double p)
{
    if (p == 1)
        return fabs(s) - fabs(t);
    if (p == 2)
        return (s - t) * (s + t);
    return pow(fabs(s), p) - pow(fabs(t), p);
}

/* C'(shift+), and how far C is straight to both sides: its breaks next to the shift. */
typedef struct {
    double slope, before, after;
} probe;

static probe probe_at(const coupling *pair, double shift)
{
    const moei_ladder *rows = &pair->rows, *columns = &pair->columns;
    const double total = pair->problem->total, period = 2 * pair->problem->half[0], p = pair->problem->p;
    double turn = floor((columns->level[1] + shift) / total), slope = 0, before = total, after = total;
    for (int64_t j = 0, i = 0; j < columns->count; j++) {
        const double level = columns->level[j + 1] + shift;
        double above = rows->level[i + 1] + turn * total - level;
        while (above <= 0) {
            if (++i == rows->count) {
                i = 0;
                turn++;
            }
            above = rows->level[i + 1] + turn * total - level;
        }
        const double next = j + 1 < columns->count ? columns->x[j + 1] : columns->x[0] + period;
        const double x = rows->x[i] + turn * period;
        const double below = level - (rows->level[i] + turn * total);
        slope += power_difference(x - columns->x[j], x - next, p);
        after = above < after ? above : after;
        before = below < before ? below : before;
    }
    return (probe){slope, shift - before, shift + after};
}

/* A bracket of the minimum: C'(low-) < 0 <= C'(high+), and C'(low+) < 0 if levels are whole. Slopes are those
 * last seen at either side. */
typedef struct {
    double low, high, low_slope, high_slope;
    int side; /* the end that moved last: -1, 1 */
} bracket;

/* A number strictly between the ends, a whole one if `whole`; or `high` if there is none. */
static double between(const bracket *at, double guess, bool whole)
{
    double s = whole ? floor(guess) : guess;
    if (!(s > at->low && s < at->high))
        s = whole ? floor(at->low + (at->high - at->low) / 2) : at->low + (at->high - at->low) / 2;
    return s > at->low && s < at->high ? s : at->high;
}

/* Moves one end to s, or on to the next break; but low stays a whole number before it, as that break may be
 * the minimum and no number lies between it and the next. An end that stays twice has its slope halved
 * (Illinois). */
static void tighten(bracket *at, double s, const probe *seen, bool whole)
{
    const int side = seen->slope < 0 ? -1 : 1;
    if (side < 0) {
        at->low = fmax(s, whole ? seen->after - 1 : seen->after);
        at->low_slope = seen->slope;
        at->high_slope *= side == at->side ? 0.5 : 1;
    } else {
        at->high = fmin(s, seen->before);
        at->high_slope = seen->slope;
        at->low_slope *= side == at->side ? 0.5 : 1;
    }
    at->side = side;
}

/* *shift <- argmin C, to the last bit of a level. */
static int32_t best_shift(coupling *pair, double *shift)
{
    const double total = pair->problem->total;
    const bool whole = pair->problem->whole;
    bracket at = {.low = -2 * total, .high = 2 * total, .low_slope = -1, .high_slope = 1};
    double width = 4 * total;
    int32_t status = MOE_OK;
    for (int round = 0; !status; round++) {
        double guess = at.low - at.low_slope * ((at.high - at.low) / (at.high_slope - at.low_slope));
        if (round % 3 == 0) { /* three rounds must halve the bracket, or the next one does */
            if (at.high - at.low > width / 2)
                guess = NAN;
            width = at.high - at.low;
        }
        const double s = between(&at, guess, whole);
        if (s == at.high || at.high - at.low <= DBL_EPSILON / 4 * total)
            break;
        const probe seen = probe_at(pair, s);
        tighten(&at, s, &seen, whole);
        pair->meter.part += (0.8 - pair->meter.part) / 16;
        status = moei_meter_add(&pair->meter, 4 * (pair->rows.count + pair->columns.count));
    }
    *shift = at.high;
    return status;
}

static int32_t couple(coupling *pair, bool circle, moei_plan *plan)
{
    const moei_problem *problem = pair->problem;
    moei_core *core = problem->context->core;
    double shift = 0;
    int32_t status = moei_progress(problem->context, "transport", 0);
    if (status)
        return status;
    if (!moei_ladder_create(core, &problem->rows, problem->total, &pair->rows) ||
        !moei_ladder_create(core, &problem->columns, problem->total, &pair->columns))
        return moei_out_of_memory(problem->context, "the order of the points of a distance");
    if (circle && (status = best_shift(pair, &shift)))
        return status;
    return moei_monotone_plan(problem, &pair->rows, &pair->columns, shift, plan);
}

static int32_t solve(const moei_problem *problem, bool circle, moei_plan *plan)
{
    coupling pair = {.problem = problem, .meter = {problem->context, 0, 0}};
    const int32_t status = couple(&pair, circle, plan);
    moei_ladder_free(problem->context->core, &pair.rows);
    moei_ladder_free(problem->context->core, &pair.columns);
    return status;
}

int32_t moei_solve_line(const moei_problem *problem, moei_plan *plan)
{
    plan->method = "monotone coupling on the line";
    return solve(problem, false, plan);
}

int32_t moei_solve_circle(const moei_problem *problem, moei_plan *plan)
{
    plan->method = "monotone coupling on the circle, best shift";
    return solve(problem, true, plan);
}
