/* refine.c - tensor rules: the search for the nodes in each coordinate.
 *
 * F(n): the predictions of the flow from the tensor rule of n_1 x ... x n_d nodes.
 *
 *   1. each coordinate alone: n_k grows from a coarse b_k by steps of half, twofold while the error is far
 *      from what is allowed; the others stay at the base;
 *      the difference from one to the next is the error e_k of the smaller, and two of them give the
 *      law e_k(n) of axis.c. The cost is that of a few lines through the grid, not of the grid.
 *   2. the smallest n with safety * sum_k e_k(n_k) within what is allowed, made pairwise coprime in up to 4
 *      coordinates: a mode of theta_1 - theta_2 is aliased by 9 x 9 nodes from order 9 on, by 9 x 11 from 99.
 *   3. The lines do not see such modes. So the estimate of F(n) comes from two coarser rules with all sizes
 *      less a quarter, and again: their distances from F(n), and a law through them. Where it is too much,
 *      all sizes grow alike.
 *
 * All sizes are odd: even and odd trapezoid rules alias different harmonics, and their errors do not
 * compare. Fixed numbers and samples have the nodes that they have.
 *
 * SPDX-License-Identifier: MIT */
#include "limit/limit.h"

#include <math.h>
#include <string.h>

/* docs/NUMERICS.md has the statistics from which it came. */
static const double node_safety = 4;

int32_t moei_tensor(moe_limit *limit, const int64_t *sizes, moe_measure **rule)
{
    int64_t nodes = 1;
    for (int64_t k = 0; k < limit->d; k++)
        nodes = moei_mul(nodes, sizes[k]);
    const int32_t status = moei_need_room(limit, nodes);
    return status ? status : moe_measure_tensor(limit->context, limit->reduced, sizes, rule);
}

/* run <- F(sizes) */
static int32_t flow_from(moei_search *s, const int64_t *sizes, moei_run *run)
{
    moe_measure *rule = NULL;
    int32_t status = moei_tensor(s->limit, sizes, &rule);
    if (!status)
        status = moei_run_flow(s->limit, rule, s->tau, INFINITY, run, NULL);
    moe_measure_destroy(rule);
    return status;
}

/* ---- 1. lines ----------------------------------------------------------------------------------- */

/* The next size on a line, and the size that checks n: odd like all sizes. */
static int64_t more(int64_t n)
{
    return n + 2 * ((n + 3) / 4);
}

static int64_t fewer(int64_t n)
{
    return n - 2 * ((n + 4) / 8 + (n < 4 && n > 1));
}

/* What each coordinate's error may be at every time. */
static void set_targets(moei_search *s)
{
    const double all = moei_search_node_share(s) / node_safety;
    for (int64_t t = 0; t < s->limit->times; t++)
        s->target[t] = all / (double)s->resolved;
}

static bool within_target(const moei_search *s, int64_t k, int64_t n)
{
    int64_t t = 0;
    while (t < s->limit->times && moei_axis_error(&s->axis[k], t, n) <= s->target[t])
        t++;
    return t == s->limit->times;
}

/* e_k(n) <- the difference of two neighbours on the line */
static void add_probe(moei_search *s, int64_t k, int64_t n, const moei_run *here, const moei_run *next)
{
    moei_axis *axis = &s->axis[k];
    double *oldest = axis->error[0];
    axis->error[0] = axis->error[1];
    axis->error[1] = oldest;
    axis->size[0] = axis->size[1];
    axis->size[1] = n;
    moei_run_gap(s->limit, here, next, axis->error[1]);
}

/* Whether at some time the law's error with n nodes is not yet the square root of its target: at least as
 * many nodes again are then to come. Without a law nobody knows. */
static bool far_from_target(const moei_search *s, int64_t k, int64_t n)
{
    bool far = false;
    for (int64_t t = 0; s->axis[k].size[0] && t < s->limit->times; t++)
        far = far || moei_axis_error(&s->axis[k], t, n) > sqrt(s->target[t]);
    return far;
}

/* From the base along coordinate k, until the law is within the target one step further on. */
static int32_t follow_line(moei_search *s, int64_t k)
{
    const moei_run *here = &s->origin;
    s->axis[k].size[0] = s->axis[k].size[1] = 0;
    memcpy(s->other, s->base, (size_t)s->limit->d * sizeof *s->other);
    for (int i = 0;; i = !i) {
        const int64_t n = s->other[k];
        s->other[k] = far_from_target(s, k, n) ? 2 * n + 1 : more(n);
        const int32_t status = flow_from(s, s->other, &s->line[i]);
        if (status)
            return status;
        add_probe(s, k, n, here, &s->line[i]);
        s->last[i] = s->other[k];
        here = &s->line[i];
        if (s->axis[k].size[0] && within_target(s, k, more(s->other[k])))
            return MOE_OK;
    }
}

/* ---- 2. sizes --------------------------------------------------------------------------------- */

static bool coprime(int64_t a, int64_t b)
{
    while (b) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a == 1;
}

/* Whether n nodes in coordinate k are coprime to those of all resolved coordinates before it. */
static bool coprime_so_far(const moei_search *s, const int64_t *sizes, int64_t k, int64_t n)
{
    for (int64_t i = 0; i < k; i++)
        if (!s->limit->only[i] && !coprime(sizes[i], n))
            return false;
    return true;
}

enum { COPRIME_UP_TO = 4 }; /* coordinates; with more, ever larger sizes cost more than they gain */

/* sizes <- the smallest that are within the targets */
static void choose_sizes(moei_search *s)
{
    set_targets(s);
    for (int64_t k = 0; k < s->limit->d; k++) {
        s->sizes[k] = s->least[k];
        if (s->limit->only[k])
            continue;
        while (!within_target(s, k, s->sizes[k]))
            s->sizes[k] += 2;
        while (s->resolved <= COPRIME_UP_TO && !coprime_so_far(s, s->sizes, k, s->sizes[k]))
            s->sizes[k] += 2;
    }
}

int32_t moei_lines(moei_search *s, int64_t *nodes)
{
    int32_t status = flow_from(s, s->base, &s->origin);
    set_targets(s);
    for (int64_t k = 0; k < s->limit->d && !status; k++)
        if (!s->limit->only[k])
            status = follow_line(s, k);
    if (status)
        return status;
    for (int64_t k = 0; k < s->limit->d; k++) /* beyond the runs that ray_of_line compares with */
        if (s->resolved == 1 && !s->limit->only[k])
            s->least[k] = (s->last[0] > s->last[1] ? s->last[0] : s->last[1]) + 2;
    choose_sizes(s);
    *nodes = 1;
    for (int64_t k = 0; k<s->limit->d && * nodes> 0; k++)
        *nodes = moei_mul(*nodes, s->sizes[k]);
    if (*nodes < 0)
        *nodes = INT64_MAX;
    return MOE_OK;
}

/* other <- sizes less a quarter, at least 3, coprime where they can be */
static void shrink(moei_search *s, const int64_t *sizes)
{
    for (int64_t k = 0; k < s->limit->d; k++) {
        const int64_t n = s->limit->only[k] ? sizes[k] : fewer(sizes[k]);
        s->other[k] = n;
        if (s->limit->only[k])
            continue;
        while (s->resolved <= COPRIME_UP_TO && s->other[k] > 3 &&
               !coprime_so_far(s, s->other, k, s->other[k]))
            s->other[k] -= 2;
        if (!coprime_so_far(s, s->other, k, s->other[k]))
            s->other[k] = n;
    }
}

/* The geometric mean of the sizes over the resolved coordinates. */
static double scale_of(const moei_search *s, const int64_t *sizes)
{
    double sum = 0;
    for (int64_t k = 0; k < s->limit->d; k++)
        sum += s->limit->only[k] ? 0 : log((double)sizes[k]);
    return exp(sum / (double)s->resolved);
}

/* ---- 3. the check ----------------------------------------------------------------------------- */

/* The error at scale[2] from those at scale[0] < scale[1]: the mean in orders of magnitude of the geometric
 * law, which claims too much where slow coordinates take over from fast ones, and of the power law, too
 * little; with one coordinate the geometric law. */
static double extrapolate(const moei_search *s, double e0, double e1)
{
    const double *scale = s->scale;
    const double power = log(scale[2] / scale[1]) / log(scale[1] / scale[0]);
    const double geometric = (scale[2] - scale[1]) / (scale[1] - scale[0]);
    if (!(e1 < e0))
        return e1;
    return e1 > 0 ? e1 * pow(e1 / e0, s->resolved > 1 ? (power + geometric) / 2 : geometric) : 0;
}

/* The two coarser rules are flowed, the nearer one first; with one coordinate they have been, on its line. */
static int32_t shoot_ray(moei_search *s)
{
    const bool line = s->resolved == 1;
    memcpy(s->other, s->sizes, (size_t)s->limit->d * sizeof *s->other);
    for (int i = 1; i >= 0; i--) {
        const moei_run *run = &s->line[0];
        if (line) {
            const int nearer = s->last[1] > s->last[0];
            run = &s->line[i ? nearer : !nearer];
            s->scale[i] = (double)s->last[i ? nearer : !nearer];
        } else {
            shrink(s, s->other);
            s->scale[i] = scale_of(s, s->other);
            const int32_t status = flow_from(s, s->other, &s->line[0]);
            if (status)
                return status;
        }
        moei_run_gap(s->limit, &s->now, run, s->ray + i * s->limit->times);
    }
    return MOE_OK;
}

/* With one coordinate: now's predictions take the place of the coarser of the line's last two runs. */
static void extend_line(moei_search *s)
{
    const int older = s->last[0] > s->last[1];
    memcpy(s->line[older].prediction, s->now.prediction,
           (size_t)(s->limit->times * s->limit->width) * sizeof(double));
    for (int64_t k = 0; k < s->limit->d; k++)
        if (!s->limit->only[k])
            s->last[older] = s->sizes[k];
}

/* ray <- the errors of two coarser rules and, by the law through them, of now */
static int32_t measure_ray(moei_search *s)
{
    const int64_t times = s->limit->times;
    const int32_t status = shoot_ray(s);
    s->scale[2] = scale_of(s, s->sizes);
    for (int64_t t = 0; t < times && !status; t++)
        s->ray[2 * times + t] = extrapolate(s, s->ray[t], s->ray[times + t]);
    return status;
}

/* gap[t] <- the error of now's nodes: what the ray says, or the lines if they say more */
static void judge(moei_search *s)
{
    const int64_t times = s->limit->times;
    for (int64_t t = 0; t < times; t++) {
        double lines = 0;
        for (int64_t k = 0; k < s->limit->d; k++)
            lines += s->limit->only[k] ? 0 : moei_axis_error(&s->axis[k], t, s->sizes[k]);
        s->gap[t] = node_safety * fmax(s->ray[2 * times + t], lines);
    }
}

/* least <- where the ray's geometric law meets the request: all resolved sizes times the same, at most 1.5 */
static void grow(moei_search *s)
{
    const int64_t times = s->limit->times;
    const double wanted = moei_search_node_share(s) / node_safety;
    double factor = 1;
    for (int64_t t = 0; t < times; t++) {
        const double older = s->ray[t], newer = s->ray[times + t], now = s->ray[2 * times + t];
        const double fall = log(older / newer) / (s->scale[1] - s->scale[0]);
        if (now > wanted)
            factor = fmax(factor, fall > 0 ? 1 + log(now / wanted) / (fall * s->scale[2]) : 1.5);
    }
    for (int64_t k = 0; k < s->limit->d; k++) {
        const int64_t n = s->sizes[k], larger = (int64_t)(fmin(factor, 1.5) * (double)n) | 1;
        s->least[k] = s->limit->only[k] ? n : larger > n ? larger : n + 2;
    }
}

/* now <- F(sizes) and rule <- where it started, with its estimate */
static int32_t try_sizes(moei_search *s)
{
    moe_measure_destroy(s->rule);
    s->rule = NULL;
    int32_t status = moei_tensor(s->limit, s->sizes, &s->rule);
    if (!status)
        status = moei_run_flow(s->limit, s->rule, s->tau, INFINITY, &s->now, NULL);
    if (!status)
        status = measure_ray(s);
    if (!status) {
        judge(s);
        moei_search_estimate(s, s->gap);
        if (!s->met && s->resolved == 1)
            extend_line(s);
        moei_search_offer(s, s->sizes);
    }
    return status;
}

int32_t moei_refine(moei_search *s)
{
    int32_t status = MOE_OK;
    while (!status && !s->met) {
        choose_sizes(s);
        status = try_sizes(s);
        if (!status && !s->met)
            grow(s);
    }
    return status;
}
