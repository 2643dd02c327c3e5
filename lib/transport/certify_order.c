/* certify_order.c - bounds on W_p in one dimension, from the order of the plan's edges.
 *
 * Lift a circle of period P to the line; the edges are (x_e, y_e, m_e), e < E, y_e with its turns. The plan
 * is checked to be monotone: x_e and y_e never fall from edge to edge nor, P later, from the last to the
 * first. Let a', b' be its own marginals and T its mass.
 *
 * Line: a monotone plan is optimal between its marginals for any p >= 1, so W_p(a', b')^p = C = sum m |x -
 * y|^p.
 *
 * Circle: it is the monotone plan of some shift s0 of the levels of b', and W_p(a', b')^p = min_s C(s), C
 * convex (Delon, Salomon & Sobolevski 2010). Its one-sided slopes at s0 -+ reach are sums over the places
 * where y changes, sum_e |x - y_e|^p - |x - y_{e+1}|^p,   x the row at that place's level, -+ reach, each
 * computed to `error`. With l <= 0 <= r the slopes at s0 - reach and s0 + reach, convexity gives min C >=
 * C(s0) - reach max(|C'(s0-)|, |C'(s0+)|); a slope of the wrong sign or below `error` costs as much times the
 * farthest the minimum can be, which is T if no |x - y| exceeds P/2 and 2T if none exceeds P: a shift by T
 * moves every y by P. Any reach >= 0 yields a bound: 0 is tried first, then growing ones until nothing is
 * left to gain.
 *
 * Marginals: potentials of the optimum can be taken in [-diam^p, diam^p], so a and b, that differ from a' and
 * b' by the mass rho, have W_p(a, b)^p >= W_p(a', b')^p - rho diam^p.
 *
 * Nothing is sorted or searched: O(E) for each reach.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/certificate.h"

#include <float.h>

typedef struct {
    const moei_case *at;
    int64_t count;
    double half;     /* half the period; INFINITY on the line                   */
    double *x, *y;   /* count: representatives in [-half, half]                 */
    double *level;   /* count: mass of the edges 0 ... e                        */
    double mass;     /* of all edges                                            */
    double farthest; /* the largest |x - y|                                     */
} staircase;

/* ---- one edge --------------------------------------------------------------------------------- */

/* x - y - turns P, relative error eps. */
static double lifted_difference(double x, double y, int64_t turns, double half)
{
    if (turns == 0)
        return x - y;
    if (turns == 1)
        return -((half - x) + (half + y));
    if (turns == -1)
        return (half + x) + (half - y);
    return x - y - (double)turns * (2 * half);
}

/* Turns of y_e; e may be count, the first edge one period on. */
static int64_t turns_of(const staircase *stair, int64_t e)
{
    const int64_t lap = e / stair->count, edge = e % stair->count;
    return stair->at->plan->turn + (edge >= stair->at->plan->wrap) + lap;
}

static double power(const staircase *stair, double distance)
{
    const double p = stair->at->p;
    return p == 1 ? distance : p == 2 ? distance * distance : pow(distance, p);
}

/* ---- the plan --------------------------------------------------------------------------------- */

/* Fills the staircase; false if the plan is not monotone. */
static bool climb(staircase *stair)
{
    const moei_plan *plan = stair->at->plan;
    const bool line = isinf(stair->half);
    moei_account mass = {0, 0};
    bool monotone = stair->count > 0 && (!line || (plan->turn == 0 && plan->wrap >= plan->count));
    for (int64_t e = 0; e < stair->count; e++) {
        stair->x[e] = moei_case_coordinate(stair->at, stair->at->a, plan->edge[e].row, 0);
        stair->y[e] = moei_case_coordinate(stair->at, stair->at->b, plan->edge[e].column, 0);
        moei_account_add(&mass, plan->edge[e].mass);
        stair->level[e] = moei_account_value(&mass);
        if (e > 0)
            monotone = monotone && stair->x[e] >= stair->x[e - 1] &&
                       (stair->y[e] >= stair->y[e - 1] || e == plan->wrap);
    }
    stair->mass = moei_account_value(&mass);
    if (monotone && plan->wrap > 0 && plan->wrap < plan->count) /* the last column does not pass the first */
        monotone = stair->y[stair->count - 1] <= stair->y[0];
    return monotone;
}

/* sum m |x - y|^p */
static double climb_cost(staircase *stair)
{
    moei_account sum = {0, 0};
    for (int64_t e = 0; e < stair->count; e++) {
        const double way = fabs(lifted_difference(stair->x[e], stair->y[e], turns_of(stair, e), stair->half));
        stair->farthest = fmax(stair->farthest, way);
        moei_account_add(&sum,
                         stair->at->plan->edge[e].mass * (way > 0 ? fmax(power(stair, way), 0x1p-1000) : 0));
    }
    return moei_account_value(&sum);
}

/* ---- slopes ----------------------------------------------------------------------------------- */

typedef struct {
    double value, error;
} slope;

/* |s|^p - |t|^p for s - t = step >= 0, without cancellation; *scale <- p max(|s|, |t|)^(p-1) step, to which
 * its error is relative. */
static double power_step(const staircase *stair, double s, double t, double step, double *scale)
{
    const double p = stair->at->p, large = fmax(fabs(s), fabs(t));
    const bool straddles = s > 0 && t < 0;
    if (p == 1) {
        *scale = step;
        return straddles ? s + t : s > 0 || (s == 0 && t > 0) ? step : -step;
    }
    if (p == 2) {
        *scale = 2 * large * step;
        return step * (s + t);
    }
    const double top = pow(large, p);
    *scale = large > 0 ? p * (top / large) * step : 0;
    if (straddles || large == 0)
        return pow(fabs(s), p) - pow(fabs(t), p);
    const double lost = -top * expm1(p * log1p(-fmin(step / large, 1)));
    return fabs(s) > fabs(t) ? lost : -lost;
}

/* The term of the place between edges e and e + 1 for the row of edge g, in [-count, 2 count). */
static void add_place(const staircase *stair, int64_t e, int64_t g, moei_account *sum, double *scale)
{
    const int64_t n = stair->count, next = (e + 1) % n, lap = g < 0 ? -1 : g / n;
    const int64_t turns = turns_of(stair, e), next_turns = turns_of(stair, e + 1);
    const double x = stair->x[g - lap * n], y = stair->y[e], z = stair->y[next];
    const double step = lifted_difference(z, y, turns - next_turns, stair->half);
    double size = 0;
    if (!(step > 0))
        return;
    moei_account_add(sum, power_step(stair, lifted_difference(x, y, turns - lap, stair->half),
                                     lifted_difference(x, z, next_turns - lap, stair->half), step, &size));
    *scale += size;
}

/* The mass up to the end of edge g, in [-count, 2 count). */
static double level_of(const staircase *stair, int64_t g)
{
    const int64_t lap = g < 0 ? -1 : g / stair->count;
    return stair->level[g - lap * stair->count] + (double)lap * stair->mass;
}

/* The slope of C at s0 + reach from the right (side 1), at s0 - reach from the left (side -1). */
static slope slope_beyond(const staircase *stair, double reach, int side)
{
    const double p = stair->at->p, factor = p == 1 ? 2 : p == 2 ? 3 : p + 8;
    int64_t g = side > 0 ? 0 : -stair->count;
    moei_account sum = {0, 0};
    double scale = 0;
    for (int64_t e = 0; e < stair->count; e++) {
        if (reach == 0)
            g = side > 0 ? e + 1 : e;
        else if (side > 0) {
            g = g > e ? g : e + 1;
            while (level_of(stair, g) <= stair->level[e] + reach)
                g++;
        } else
            while (g < e && level_of(stair, g) < stair->level[e] - reach)
                g++;
        add_place(stair, e, g, &sum, &scale);
    }
    return (slope){moei_account_value(&sum), factor * DBL_EPSILON * scale * (1 + 0x1p-20)};
}

/* What the minimum of C may lie below C(s0), at most. */
static int32_t loss_of_shift(const staircase *stair, double *loss)
{
    const double far = stair->mass * (stair->farthest <= stair->half ? 1 : 2) * (1 + 0x1p-40);
    const double rounding = 4 * DBL_EPSILON * stair->mass; /* of levels */
    const slope right = slope_beyond(stair, 0, 1), left = slope_beyond(stair, 0, -1);
    *loss = INFINITY;
    for (double reach = 0; reach<stair->mass / 4; reach = reach> 0 ? 16 * reach : rounding) {
        const slope after = reach > 0 ? slope_beyond(stair, reach, 1) : right;
        const slope before = reach > 0 ? slope_beyond(stair, reach, -1) : left;
        const double width = reach > 0 ? reach + rounding : 0;
        const double loss_after =
            width * fmax(0, right.error - right.value) + far * fmax(0, after.error - after.value);
        const double loss_before =
            width * fmax(0, left.error + left.value) + far * fmax(0, before.error + before.value);
        *loss = fmin(*loss, fmax(loss_after, loss_before));
        if (*loss <= far * fmax(after.error, before.error) * (1 + 0x1p-20) +
                         DBL_EPSILON * stair->mass * stair->at->farthest)
            break;
        const int32_t status = moei_progress(stair->at->context, "transport", 0.9);
        if (status)
            return status;
    }
    return MOE_OK;
}

/* ---- the certificate -------------------------------------------------------------------------- */

static int32_t certify(staircase *stair, moei_bounds *bounds)
{
    const moei_case *at = stair->at;
    double excess = 0, loss = 0;
    if (!climb(stair))
        return moei_fail(at->context, MOE_ERROR_CONVERGENCE, "transport: the plan is not monotone");
    const double cost = climb_cost(stair), spread = (1 + at->kappa) * (1 + 8 * DBL_EPSILON);
    if (isfinite(stair->half) && stair->farthest > 2 * stair->half)
        return moei_fail(at->context, MOE_ERROR_CONVERGENCE, "transport: the plan winds around the circle");
    int32_t status = moei_case_excess(at, &excess);
    if (!status && isfinite(stair->half))
        status = loss_of_shift(stair, &loss);
    if (!status) {
        const double total = at->plan->total;
        moei_case_close(at, cost / total * spread + excess * at->farthest,
                        (cost / spread - loss) / total - excess * at->farthest - 0x1p-500, bounds);
    }
    return status;
}

int32_t moei_certify_order(moe_context *context, const moe_measure *a, const moe_measure *b, double p,
                           const moei_plan *plan, moei_bounds *bounds)
{
    moei_case at;
    const int32_t status = moei_case_open(context, a, b, p, plan, &at);
    if (status)
        return status;
    moei_core *core = context->core;
    staircase stair = {.at = &at, .count = plan->count, .half = a->period[0] / 2 * at.unit};
    stair.x = MOEI_NEW(core, plan->count, double);
    stair.y = MOEI_NEW(core, plan->count, double);
    stair.level = MOEI_NEW(core, plan->count, double);
    const int32_t result = stair.x && stair.y && stair.level
                               ? certify(&stair, bounds)
                               : moei_out_of_memory(context, "the certificate of a distance");
    moei_free(core, stair.level);
    moei_free(core, stair.y);
    moei_free(core, stair.x);
    return result;
}
