/* certify_order.c - bounds on W_p in one dimension, from the order of the plan's edges.
 *
 * Lift a circle of period P to the line; edge e is (x_e, y_e, m_e), y_e with its turns. The plan is checked
 * to be monotone: x_e and y_e never fall from edge to edge nor, a period on, from the last to the first. Let
 * a', b' be its own marginals, T its mass, and C = sum_e m_e |x_e - y_e|^p.
 *
 * Line: a monotone plan is optimal between its marginals for every p >= 1, so W_p(a', b')^p = C / T.
 *
 * Circle: it is the monotone plan of some shift s0 of the levels of b', and W_p(a', b')^p = min_s C(s) / T
 * with C convex (Delon, Salomon & Sobolevski 2010). One-sided slopes of C at s0 + reach are sums over the
 * places where y changes,
 *
 *     sum_e |x - y_e|^p - |x - y_{e+1}|^p,   x the row at the level of that place, + reach,
 *
 * each known up to `error`. If C' <= 0 at s0 - reach and C' >= 0 at s0 + reach, convexity gives
 *
 *     min C >= C(s0) - reach max(C'(s0-), -C'(s0+), 0).
 *
 * Where a slope has the wrong sign, or cannot be told from 0, it counts once more, times the farthest that
 * the minimum can be: k T if no |x - y| exceeds (k - 1/2) P, since a shift by T moves each y by P. Every
 * reach >= 0 yields a bound. So does the plan without some of its edges, if their mass counts as missing:
 * where rounding put levels in the wrong order there are edges of a few eps, and without them the slopes are
 * those of the exact order. First all edges and reach 0 are tried; then larger reaches, and fewer edges,
 * until nothing is left to gain.
 *
 * Marginals: the optimal potentials of (a', b') can be taken in [0, diam^p] and [-diam^p, 0]; so for a and b,
 * which differ from a' and b' by the mass rho, W_p(a, b)^p >= W_p(a', b')^p - rho diam^p.
 *
 * Nothing is sorted or searched: O(edges) for each trial, mostly 1 to 4 of them.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/certificate.h"

#include <float.h>

/* The plan, lifted: edges of more than some mass, in order. */
typedef struct {
    const moei_case *at;
    double half;         /* half the period; INFINITY on the line                     */
    int64_t count, wrap; /* edges; y_e is lifted by plan->turn + (e >= wrap)          */
    double *x, *y;       /* count: representatives in [-half, half)                   */
    double *level;       /* count: mass of the edges 0 ... e                          */
    double mass;         /* of these edges                                            */
    double missing;      /* of the others                                             */
    double cost;         /* sum m |x - y|^p, as lifted                                */
    double farthest;     /* the largest |x - y|, as lifted                            */
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
    return stair->at->plan->turn + (edge >= stair->wrap) + lap;
}

static double power(const staircase *stair, double distance)
{
    const double p = stair->at->p;
    return p == 1 ? distance : p == 2 ? distance * distance : pow(distance, p);
}

/* ---- the plan --------------------------------------------------------------------------------- */

/* Takes in the edges of more than `dust` mass. */
static void climb(staircase *stair, double dust)
{
    const moei_plan *plan = stair->at->plan;
    moei_account mass = {0, 0}, missing = {0, 0}, cost = {0, 0};
    stair->count = stair->wrap = 0;
    stair->farthest = 0;
    for (int64_t edge = 0; edge < plan->count; edge++)
        stair->wrap += edge < plan->wrap && plan->edge[edge].mass > dust;
    for (int64_t edge = 0; edge < plan->count; edge++) {
        const double m = plan->edge[edge].mass;
        if (!(m > dust)) {
            moei_account_add(&missing, m);
            continue;
        }
        const int64_t e = stair->count++;
        stair->x[e] = moei_case_coordinate(stair->at, stair->at->a, plan->edge[edge].row, 0);
        stair->y[e] = moei_case_coordinate(stair->at, stair->at->b, plan->edge[edge].column, 0);
        const int64_t turns = plan->turn + (edge >= plan->wrap);
        const double way = fabs(lifted_difference(stair->x[e], stair->y[e], turns, stair->half));
        stair->farthest = fmax(stair->farthest, way);
        moei_account_add(&cost, m * power(stair, way));
        moei_account_add(&mass, m);
        stair->level[e] = moei_account_value(&mass);
    }
    stair->mass = moei_account_value(&mass);
    stair->missing = moei_account_value(&missing);
    stair->cost = moei_account_value(&cost);
}

static bool is_monotone(const staircase *stair)
{
    bool monotone = stair->count > 0;
    if (isinf(stair->half))
        monotone = monotone && stair->at->plan->turn == 0 && stair->wrap >= stair->count;
    for (int64_t e = 1; e < stair->count; e++)
        monotone = monotone && stair->x[e] >= stair->x[e - 1] &&
                   (stair->y[e] >= stair->y[e - 1] || e == stair->wrap);
    if (monotone && stair->wrap > 0 && stair->wrap < stair->count) /* the last y does not pass the first */
        monotone = stair->y[stair->count - 1] <= stair->y[0];
    return monotone;
}

/* sum m |x - y|^p, each the shorter way round; of a staircase without dust left out. */
static double plan_cost(const staircase *stair)
{
    moei_account sum = {0, 0};
    for (int64_t e = 0; e < stair->count; e++) {
        const double x = stair->x[e], y = stair->y[e];
        const double way = fmin(fabs(x - y), (stair->half - fabs(x)) + (stair->half - fabs(y)));
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

/* ---- the certificate -------------------------------------------------------------------------- */

/* A lower bound on min_s C(s) from slopes at s0 -+ reach, less the missing mass at the largest cost. *final:
 * no other trial can gain more than rounding. */
static double lower_bound(const staircase *stair, double reach, bool *final)
{
    const double worst = 2 * stair->missing * stair->at->farthest;
    const double spread = (1 + stair->at->kappa) * (1 + 8 * DBL_EPSILON);
    *final = true;
    if (isinf(stair->half))
        return stair->cost / spread - worst;
    const double laps = ceil((stair->farthest + stair->half) / (2 * stair->half) * (1 - 0x1p-50));
    const double far = laps * stair->mass * (1 + 0x1p-40);
    const double rounding = 4 * DBL_EPSILON * stair->mass; /* of levels */
    const double width = reach > 0 ? reach + rounding : 0;
    const slope right = slope_beyond(stair, 0, 1), left = slope_beyond(stair, 0, -1);
    const slope after = reach > 0 ? slope_beyond(stair, reach, 1) : right;
    const slope before = reach > 0 ? slope_beyond(stair, reach, -1) : left;
    const double loss_after =
        width * fmax(0, right.error - right.value) + far * fmax(0, after.error - after.value);
    const double loss_before =
        width * fmax(0, left.error + left.value) + far * fmax(0, before.error + before.value);
    const double loss = fmax(loss_after, loss_before);
    const double unavoidable = far * fmax(after.error, before.error) * (1 + 0x1p-20);
    *final = loss + worst <= unavoidable + 8 * DBL_EPSILON * stair->mass * stair->at->farthest;
    return stair->cost / spread - loss - worst;
}

/* *lower <- the best bound of several trials; the staircase comes with all edges. */
static int32_t best_lower_bound(staircase *stair, double *lower)
{
    const double total = stair->mass;
    bool final;
    *lower = lower_bound(stair, 0, &final);
    for (double size = 4 * DBL_EPSILON * total; !final && size < total / 16; size *= 16) {
        *lower = fmax(*lower, lower_bound(stair, size, &final));
        if (!final) {
            climb(stair, size);
            if (stair->count > 0)
                *lower = fmax(*lower, lower_bound(stair, 0, &final));
            climb(stair, 0);
        }
        const int32_t status = moei_progress(stair->at->context, "transport", 0.9);
        if (status)
            return status;
    }
    return MOE_OK;
}

static int32_t certify(staircase *stair, moei_bounds *bounds)
{
    const moei_case *at = stair->at;
    const double spread = (1 + at->kappa) * (1 + 8 * DBL_EPSILON), total = at->plan->total;
    double excess = 0, lower = 0;
    climb(stair, 0);
    if (!is_monotone(stair))
        return moei_fail(at->context, MOE_ERROR_CONVERGENCE, "transport: the plan is not monotone");
    const double upper = plan_cost(stair) * spread;
    int32_t status = moei_case_excess(at, &excess);
    if (!status)
        status = best_lower_bound(stair, &lower);
    if (!status)
        moei_case_close(at, upper / total + excess * at->farthest,
                        lower / total * (1 - 4 * DBL_EPSILON) - excess * at->farthest - 0x1p-500, bounds);
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
    staircase stair = {.at = &at, .half = a->period[0] / 2 * at.unit};
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
