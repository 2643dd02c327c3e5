/* refine.c - a tensor rule that is refined until its estimate meets the request.
 *
 * The lines (lines.c) do not see modes of several coordinates. So the estimate of F(n) comes from a ray: two
 * coarser rules with all sizes less a quarter, and again (sizes.c); their distances from F(n), and a law
 * through them. With one coordinate its line is the ray. Where the estimate is too much, all sizes grow
 * alike.
 *
 * SPDX-License-Identifier: MIT */
#include "limit/limit.h"

#include <math.h>
#include <string.h>

/* The error at scale[2] from those at scale[0] < scale[1]: the mean in orders of magnitude of the geometric
 * law, which claims too much where slow coordinates take over from fast ones and where the decay is slower,
 * and of the power law, which claims too little. */
static double extrapolate(const moei_search *s, double e0, double e1)
{
    const double *scale = s->scale;
    const double power = log(scale[2] / scale[1]) / log(scale[1] / scale[0]);
    const double geometric = (scale[2] - scale[1]) / (scale[1] - scale[0]);
    if (!(e1 < e0))
        return e1;
    return e1 > 0 ? e1 * pow(e1 / e0, (power + geometric) / 2) : 0;
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
            moei_shrink_sizes(s, s->other);
            s->scale[i] = moei_scale_of(s, s->other);
            const int32_t status = moei_tensor_run(s, s->other, &s->line[0]);
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
    s->scale[2] = moei_scale_of(s, s->sizes);
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
        s->gap[t] = MOEI_NODE_SAFETY * fmax(s->ray[2 * times + t], lines);
    }
}

/* least <- where the ray's geometric law meets the request: all resolved sizes times the same, at most 1.5 */
static void grow(moei_search *s)
{
    const int64_t times = s->limit->times;
    const double wanted = moei_search_node_share(s) / MOEI_NODE_SAFETY;
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
        moei_choose_sizes(s);
        status = try_sizes(s);
        if (!status && !s->met)
            grow(s);
    }
    return status;
}
