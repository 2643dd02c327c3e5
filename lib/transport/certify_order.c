/* certify_order.c - bounds on W_p in one dimension, from the order of the points.
 *
 * Lift a circle of period P to the line. The monotone plan of the cut (staircase.c) has edges e of mass m_e
 * from x_e to y_e, y_e with its turns; T is its mass, and C = sum_e m_e |x_e - y_e|^p.
 *
 * Line: a monotone plan is optimal between its marginals for every p >= 1, so W_p^p = C / T.
 *
 * Circle: W_p^p = min_s C(s) / T over shifts s of the levels of b, with C convex (Delon, Salomon & Sobolevski
 * 2010); the plan has shift s0. One-sided slopes of C at s0 + reach are sums over the places where y changes,
 *
 *     sum_e |x - y_e|^p - |x - y_{e+1}|^p,   x the row before or after that place on the walk of s0 + reach,
 *
 * each known up to `error`. If C' <= 0 at s0 - reach and C' >= 0 at s0 + reach, convexity gives
 *
 *     min C >= C(s0) - reach max(C'(s0-), -C'(s0+), 0).
 *
 * Where a slope has the wrong sign, or cannot be told from 0, it counts once more, times the farthest that
 * the minimum can be: k T if no |x - y| exceeds (k - 1/2) P, since a shift by T moves each y by P. If those
 * beyond P / 2 cost next to nothing, tau, k is 1: C(s0 + T) >= C(s0) - tau, and beyond C falls by k tau at
 * most. Every reach >= 0 yields a bound; larger ones are tried until nothing is left to gain.
 *
 * Levels are right up to `blur`, the mass that one side has over the other and the rounding of their sums. As
 * the term of a place grows with its level, a computed slope lies between those at shifts less and more by
 * blur: reach is taken as wider by it, and C(s0) as less by blur times the slopes' size.
 *
 * Marginals: those of the plan are a and b up to a mass rho. Take away what is too much and add what is
 * missing by any coupling: W_p^p changes by at most rho diam^p.
 *
 * Nothing is sorted or searched: O(points) for each walk, 1 on a line, mostly 1 to 3 on a circle.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/staircase.h"

#include <float.h>

typedef struct {
    double value, error;
} slope;

/* What a walk sees. */
typedef struct {
    double cost, missing, farthest; /* farthest: the largest |x - y|                          */
    slope before, after;            /* C'(s-), C'(s+)                                         */
    double scale;                   /* no one-sided slope is larger, and errors are relative to it */
    double astray;                  /* sum m |x - y|^p over the edges longer than P / 2 */
    bool paired;                    /* each edge is a whole row and a whole column: no level was rounded */
} view;

/* The term of the place where column j of `turns` ends and column `next` begins, for row i of `lap`. */
static inline double place_term(const moei_staircase *stair, int64_t i, int64_t lap, double y, int64_t turns,
                                double z, int64_t next_turns, double step, double *scale)
{
    const double x = stair->rows.x[i];
    return moei_power_step(stair->at->p, moei_lifted(x, y, turns - lap, stair->half),
                           moei_lifted(x, z, next_turns - lap, stair->half), step, scale);
}

/* Adds the end of the walk's present column; with it ends its row, if `row_ends`. */
static inline void add_place(const moei_walk *walk, int ends, moei_account *before, moei_account *after,
                             double *scale)
{
    const moei_staircase *stair = walk->stair;
    const bool wraps = walk->column + 1 == stair->columns.count, last = ends & MOEI_WALK_ENDS;
    const int64_t next = last ? walk->first : wraps ? 0 : walk->column + 1;
    const int64_t next_turns = last ? walk->first_turns + 1 : walk->turns + wraps;
    const double y = stair->columns.x[walk->column], z = stair->columns.x[next];
    const double step = moei_lifted(z, y, walk->turns - next_turns, stair->half);
    double size = 0, size_after = 0;
    if (!(step > 0))
        return;
    const double term = place_term(stair, walk->row, 0, y, walk->turns, z, next_turns, step, &size);
    moei_account_add(before, term);
    if (ends & (MOEI_ROW_ENDS | MOEI_WALK_ENDS)) {
        const int64_t row = last ? 0 : walk->row + 1;
        moei_account_add(after,
                         place_term(stair, row, last, y, walk->turns, z, next_turns, step, &size_after));
    } else
        moei_account_add(after, term);
    *scale += size > size_after ? size : size_after;
}

/* The walk at s0 + shift; with slopes, if it is a circle. */
static view look(const moei_staircase *stair, double shift)
{
    const double p = stair->at->p, factor = p < 4 && p == floor(p) ? p + 1 + (p == 3) : p + 8;
    const bool circle = isfinite(stair->half);
    moei_account cost = {0, 0}, before = {0, 0}, after = {0, 0};
    moei_walk walk;
    view seen = {.paired = true};
    int ends = 0;
    moei_walk_begin(stair, shift, &walk);
    for (;; moei_walk_on(&walk, ends)) {
        double mass;
        ends = moei_walk_edge(&walk, &mass);
        const double x = stair->rows.x[walk.row], y = stair->columns.x[walk.column];
        const double way = fabs(moei_lifted(x, y, walk.turns, stair->half));
        const double power = moei_power(p, way);
        seen.astray += way > stair->half * (1 + 0x1p-50) ? mass * power : 0;
        moei_account_add(&cost, mass * (way > 0 && power < 0x1p-1000 ? 0x1p-1000 : power));
        seen.farthest = way > seen.farthest ? way : seen.farthest;
        seen.paired = seen.paired && (ends & MOEI_ROW_ENDS) && (ends & MOEI_COLUMN_ENDS);
        if (circle && (ends & (MOEI_COLUMN_ENDS | MOEI_WALK_ENDS)))
            add_place(&walk, ends, &before, &after, &seen.scale);
        if (ends & MOEI_WALK_ENDS)
            break;
    }
    seen.cost = moei_account_value(&cost);
    seen.missing = moei_walk_missing(&walk);
    seen.paired = seen.paired && seen.missing == 0 && walk.pieces == 1;
    const double error = factor * DBL_EPSILON * seen.scale * (1 + 0x1p-20);
    seen.before = (slope){moei_account_value(&before), error};
    seen.after = (slope){moei_account_value(&after), error};
    return seen;
}

/* By how much levels, and the marginals of the plan, may be wrong besides what is missing. */
static double rounding_of_levels(const moei_staircase *stair, const view *seen)
{
    const double steps = (double)(stair->rows.count + stair->columns.count) * DBL_EPSILON;
    return stair->exact || (seen->paired && !stair->scaled) ? 0 : steps * steps * stair->total;
}

/* ---- the circle ------------------------------------------------------------------------------- */

/* What min C can be less than C(s0), seen from the slopes to one side: `near` at s0, `far_off` at reach; both
 * should be >= 0. */
static double loss_to(slope near, slope far_off, double width, double far)
{
    return width * fmax(0, near.error - near.value) + far * fmax(0, far_off.error - far_off.value);
}

static slope turned(slope it)
{
    return (slope){-it.value, it.error};
}

/* As far as one can go at the slope of s0 for 2 eps diam^p: where C is flat, that is beyond many breaks, and
 * a slope there can be told from 0. But no less than levels are rounded by. */
static double first_reach(const moei_staircase *stair, const view *seen)
{
    const double steep = fmax(seen->after.error - seen->after.value, seen->before.error + seen->before.value);
    const double free_of_charge = 2 * DBL_EPSILON * stair->at->farthest / fmax(steep, DBL_MIN);
    return stair->total * fmax(DBL_EPSILON / 2, fmin(free_of_charge, 0x1p-6));
}

/* *loss >= C(s0) - min C, the least of several trials. MOE_ERROR_CANCELLED. */
static int32_t find_loss(const moei_staircase *stair, const view *seen, double *loss)
{
    const double most_laps = ceil((seen->farthest + stair->half) / (2 * stair->half) * (1 - 0x1p-50));
    const bool few_astray = 2 * most_laps * seen->astray <= DBL_EPSILON * stair->total * stair->at->farthest;
    const double far = (few_astray ? 1 : most_laps) * stair->total * (1 + 0x1p-40);
    const double blur = seen->missing + rounding_of_levels(stair, seen);
    const double slack = 2 * blur * seen->scale + (few_astray ? 2 * most_laps * seen->astray : 0);
    const double enough = slack + 8 * DBL_EPSILON * stair->total * stair->at->farthest;
    double up = loss_to(seen->after, seen->after, 0, far);
    double down = loss_to(turned(seen->before), turned(seen->before), 0, far);
    for (double reach = first_reach(stair, seen); reach < stair->total / 4; reach *= 8) {
        const double width = reach + 4 * blur;
        if (fmax(up, down) + slack <= enough)
            break;
        const int32_t status = moei_progress(stair->at->context, "transport", 0.95);
        if (status)
            return status;
        if (up + slack > enough)
            up = fmin(up, loss_to(seen->after, look(stair, reach).after, width, far));
        if (down + slack > enough)
            down = fmin(down, loss_to(turned(seen->before), turned(look(stair, -reach).before), width, far));
    }
    *loss = fmax(up, down) + slack;
    return MOE_OK;
}

/* ---- the certificate -------------------------------------------------------------------------- */

static int32_t certify(const moei_staircase *stair, moei_bounds *bounds)
{
    const moei_case *at = stair->at;
    const double spread = (1 + at->kappa) * (1 + 8 * DBL_EPSILON), total = stair->total;
    int32_t status = moei_progress(at->context, "transport", 0.9);
    if (status)
        return status;
    const view seen = look(stair, 0);
    const double rounding = rounding_of_levels(stair, &seen);
    /* scaled: two products and a sum of weights for each mass */
    const double excess = (seen.missing + 2 * rounding) / total + (stair->scaled ? 8 * DBL_EPSILON : 0);
    double loss = 0;
    if (isfinite(stair->half) && (status = find_loss(stair, &seen, &loss)))
        return status;
    moei_case_close(at, seen.cost * spread / total + excess * at->farthest,
                    (seen.cost / spread - loss) / total * (1 - 4 * DBL_EPSILON) - excess * at->farthest -
                        0x1p-500,
                    bounds);
    return MOE_OK;
}

int32_t moei_certify_order(moe_context *context, const moe_measure *a, const moe_measure *b, double p,
                           const moei_plan *plan, moei_bounds *bounds)
{
    moei_case at;
    moei_staircase stair;
    int32_t status = moei_case_open(context, a, b, p, plan, &at);
    if (status)
        return status;
    status = moei_staircase_open(&at, &stair);
    if (!status)
        status = certify(&stair, bounds);
    moei_staircase_free(&stair);
    return status;
}
