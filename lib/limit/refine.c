/* refine.c - the search for the nodes in each coordinate and the tolerance in time.
 *
 * F(n; tau): the predictions of the flow from the tensor rule of n_1 x ... x n_d nodes at tolerance tau.
 *
 *   1. tau: at a coarse base b, F(b; tau) - F(b; tau/10) is the error in time, which the nodes hardly change.
 *   2. each coordinate alone: n_k grows from b_k by steps of half, the others stay at the base;
 *      the difference from one to the next is the error e_k of the smaller, and two of them give the
 *      law e_k(n) of axis.c. The cost is that of a few lines through the grid, not of the grid.
 *   3. the smallest n with safety * sum_k e_k(n_k) within what is allowed, made pairwise coprime in up to 4
 *      coordinates: a mode of theta_1 - theta_2 is aliased by 9 x 9 nodes from order 9 on, by 9 x 11 from 99.
 *   4. The lines do not see such modes. So the estimate of F(n) comes from two coarser rules with all sizes
 *      less a quarter, and again: their distances from F(n), and a law through them. Where it is too much,
 *      all sizes grow alike.
 *
 * All sizes are odd: even and odd trapezoid rules alias different harmonics, and their errors do not
 * compare. Choices depend on predictions and sizes only, hence not on threads.
 *
 * SPDX-License-Identifier: MIT */
#include "limit/limit.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Factors of safety on the two errors and their shares of the tolerance; docs/NUMERICS.md has the
 * statistics from which the first came. */
static const double node_safety = 4, node_share = 0.7, time_safety = 2, time_share = 0.02;

typedef struct search {
    moe_limit *limit;
    int64_t *base, *sizes, *other;     /* d: where lines cross; of the result; of a probe */
    moei_axis *axis;                   /* d */
    double *errors;                    /* 2 d x times: the axes' */
    double *gap, *time_error, *target; /* times */
    int64_t *least;                    /* d: what the sizes must be at least */
    double scale[3];                   /* of the two coarser rules, and of the result */
    double *ray;                       /* 3 x times: errors of the two coarser rules, and of the result */
    moei_run now;                      /* of all sizes, with images */
    moei_run origin, line[2];          /* F(base), and two neighbours on a line */
    double tau;
} search;

static void search_free(search *s)
{
    moei_core *core = s->limit->core;
    moei_run_free(s->limit, &s->now);
    moei_run_free(s->limit, &s->origin);
    moei_run_free(s->limit, &s->line[0]);
    moei_run_free(s->limit, &s->line[1]);
    double *blocks[] = {s->errors, s->ray, s->gap, s->time_error, s->target};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        moei_free(core, blocks[i]);
    moei_free(core, s->axis);
    moei_free(core, s->other);
    moei_free(core, s->sizes);
    moei_free(core, s->least);
    moei_free(core, s->base);
}

static int32_t search_create(moe_limit *limit, search *s)
{
    moei_core *core = limit->core;
    const int64_t d = limit->d, times = limit->times;
    *s = (search){.limit = limit,
                  .base = MOEI_NEW(core, d, int64_t),
                  .least = MOEI_NEW(core, d, int64_t),
                  .sizes = MOEI_NEW(core, d, int64_t),
                  .other = MOEI_NEW(core, d, int64_t),
                  .axis = MOEI_NEW(core, d, moei_axis),
                  .errors = MOEI_NEW(core, moei_mul(2 * d, times), double),
                  .ray = MOEI_NEW(core, moei_mul(3, times), double),
                  .gap = MOEI_NEW(core, times, double),
                  .time_error = MOEI_NEW(core, times, double),
                  .target = MOEI_NEW(core, times, double)};
    int32_t status = MOE_OK;
    if (!s->base || !s->least || !s->sizes || !s->other || !s->axis || !s->errors || !s->ray || !s->gap ||
        !s->time_error || !s->target)
        status = moei_out_of_memory(limit->context, "the search for a limit's nodes");
    if (!status)
        status = moei_run_create(limit, true, &s->now);
    if (!status)
        status = moei_run_create(limit, false, &s->origin);
    for (int i = 0; i < 2 && !status; i++)
        status = moei_run_create(limit, false, &s->line[i]);
    for (int64_t k = 0; !status && k < d; k++)
        for (int i = 0; i < 2; i++)
            s->axis[k].error[i] = s->errors + (2 * k + i) * times;
    return status;
}

/* ---- errors ----------------------------------------------------------------------------------- */

/* Rounding in a sum of predictions of this size. */
static double floor_of(const search *s)
{
    double largest = 1;
    for (int64_t j = 0; j < s->limit->times * s->limit->width; j++)
        largest = fmax(largest, fabs(s->limit->run.prediction[j]));
    return 16 * DBL_EPSILON * largest;
}

static double worst(const search *s, const double *error)
{
    double most = 0;
    for (int64_t t = 0; t < s->limit->times; t++)
        most = fmax(most, error[t]);
    return most;
}

/* The present run of all sizes becomes the limit's result. */
static void take(search *s, const int64_t *sizes)
{
    moe_limit *limit = s->limit;
    const moei_run old = limit->run;
    limit->run = s->now;
    s->now = old;
    memcpy(limit->sizes, sizes, (size_t)limit->d * sizeof *sizes);
    limit->flow_tolerance = s->tau;
    for (int64_t t = 0; t < limit->times; t++)
        limit->error[t] = INFINITY;
    limit->solved = true;
}

/* ---- 1. time ---------------------------------------------------------------------------------- */

/* now <- F(base; tau), time_error <- |F(base; tau) - F(base; tau/10)|, in shorter steps also where both
 * tolerances would take the same ones, from one of the limit's times to the next */
static int32_t measure_time(search *s, double tau)
{
    moe_limit *limit = s->limit;
    const double end = limit->time[limit->times - 1];
    int32_t status = moei_run_flow(limit, s->base, tau, INFINITY, &s->now, NULL);
    const double longest = end > 0 ? 0.6 * end / (double)s->now.steps : (double)INFINITY;
    if (!status)
        status = moei_run_flow(limit, s->base, tau / 10, longest, &s->line[0], NULL);
    if (!status)
        moei_run_gap(limit, &s->now, &s->line[0], s->time_error);
    return status;
}

/* tau <- one whose error in time is within its share; the base's run is the result so far */
static int32_t choose_tau(search *s)
{
    const double allowed = fmax(time_share * s->limit->tolerance / time_safety, 32 * DBL_EPSILON);
    double tau = fmin(s->limit->tolerance, 1e-4);
    for (int tries = 0;; tries++) {
        const int32_t status = measure_time(s, tau);
        const double error = status ? 0 : worst(s, s->time_error);
        s->tau = tau;
        if (status)
            return status;
        if (error <= allowed) {
            memcpy(s->origin.prediction, s->now.prediction,
                   (size_t)(s->limit->times * s->limit->width) * sizeof(double));
            take(s, s->base);
            return MOE_OK;
        }
        if (tries == 8 || tau <= 1e-14)
            return moei_fail(s->limit->context, MOE_ERROR_BUDGET,
                             "steps of tolerance %.1g err by %.1g in time; no shorter ones help", tau, error);
        tau = fmax(tau * fmax(0.02, 0.5 * allowed / error), 1e-14);
    }
}

/* ---- 2. lines --------------------------------------------------------------------------------- */

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
static void set_targets(search *s)
{
    const double all = node_share * s->limit->tolerance / node_safety;
    for (int64_t t = 0; t < s->limit->times; t++)
        s->target[t] = all / (double)s->limit->d;
}

static bool within_target(const search *s, int64_t k, int64_t n)
{
    int64_t t = 0;
    while (t < s->limit->times && moei_axis_error(&s->axis[k], t, n) <= s->target[t])
        t++;
    return t == s->limit->times;
}

/* e_k(n) <- the difference of two neighbours on the line */
static void add_probe(search *s, int64_t k, int64_t n, const moei_run *here, const moei_run *next)
{
    moei_axis *axis = &s->axis[k];
    double *oldest = axis->error[0];
    axis->error[0] = axis->error[1];
    axis->error[1] = oldest;
    axis->size[0] = axis->size[1];
    axis->size[1] = n;
    moei_run_gap(s->limit, here, next, axis->error[1]);
}

/* From the base along coordinate k, until the law is within the target one step further on. */
static int32_t follow_line(search *s, int64_t k)
{
    const moei_run *here = &s->origin;
    s->axis[k].size[0] = s->axis[k].size[1] = 0;
    memcpy(s->other, s->base, (size_t)s->limit->d * sizeof *s->other);
    for (int i = 0;; i = !i) {
        const int64_t n = s->other[k];
        s->other[k] = more(n);
        const int32_t status = moei_run_flow(s->limit, s->other, s->tau, INFINITY, &s->line[i], NULL);
        if (status)
            return status;
        add_probe(s, k, n, here, &s->line[i]);
        here = &s->line[i];
        if (s->axis[k].size[0] && within_target(s, k, more(s->other[k])))
            return MOE_OK;
    }
}

static int32_t follow_lines(search *s)
{
    int32_t status = MOE_OK;
    set_targets(s);
    for (int64_t k = 0; k < s->limit->d && !status; k++)
        status = follow_line(s, k);
    return status;
}

/* ---- 3. sizes --------------------------------------------------------------------------------- */

static bool coprime(int64_t a, int64_t b)
{
    while (b) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a == 1;
}

/* Whether n nodes in coordinate k are coprime to those of all coordinates before it. */
static bool coprime_so_far(const int64_t *sizes, int64_t k, int64_t n)
{
    for (int64_t i = 0; i < k; i++)
        if (!coprime(sizes[i], n))
            return false;
    return true;
}

enum { COPRIME_UP_TO = 4 }; /* coordinates; with more, ever larger sizes cost more than they gain */

/* sizes <- the smallest that are within the targets; one node where the nodes make no difference at all */
static int32_t choose_sizes(search *s)
{
    moe_limit *limit = s->limit;
    set_targets(s);
    for (int64_t k = 0; k < limit->d; k++) {
        s->sizes[k] = s->least[k];
        if (worst(s, s->axis[k].error[1]) <= floor_of(s)) {
            memcpy(s->other, s->base, (size_t)limit->d * sizeof *s->other);
            s->other[k] = 1;
            const int32_t status = moei_run_flow(limit, s->other, s->tau, INFINITY, &s->line[0], NULL);
            if (status)
                return status;
            moei_run_gap(limit, &s->origin, &s->line[0], s->gap);
            if (worst(s, s->gap) <= floor_of(s))
                s->sizes[k] = 1;
        }
        while (!within_target(s, k, s->sizes[k]))
            s->sizes[k] += 2;
        while (limit->d <= COPRIME_UP_TO && !coprime_so_far(s->sizes, k, s->sizes[k]))
            s->sizes[k] += 2;
    }
    return MOE_OK;
}

/* other <- sizes less a quarter, at least 3, coprime where they can be */
static void shrink(search *s, const int64_t *sizes)
{
    for (int64_t k = 0; k < s->limit->d; k++) {
        const int64_t n = fewer(sizes[k]);
        s->other[k] = n;
        while (s->limit->d <= COPRIME_UP_TO && s->other[k] > 3 && !coprime_so_far(s->other, k, s->other[k]))
            s->other[k] -= 2;
        if (!coprime_so_far(s->other, k, s->other[k]))
            s->other[k] = n;
    }
}

/* The geometric mean of the sizes over the coordinates that the result resolves. */
static double scale_of(const search *s, const int64_t *sizes)
{
    double sum = 0, count = 0;
    for (int64_t k = 0; k < s->limit->d; k++)
        if (s->sizes[k] > 1) {
            sum += log((double)sizes[k]);
            count++;
        }
    return count > 0 ? exp(sum / count) : 1;
}

/* ---- 4. the check ----------------------------------------------------------------------------- */

/* The error at scale[2] from those at scale[0] < scale[1]: the mean in orders of magnitude of the geometric
 * law, which claims too much where slow coordinates take over from fast ones, and of the power law, too
 * little. */
static double extrapolate(const double *scale, double e0, double e1)
{
    const double power = log(scale[2] / scale[1]) / log(scale[1] / scale[0]);
    const double geometric = (scale[2] - scale[1]) / (scale[1] - scale[0]);
    if (!(e1 < e0))
        return e1;
    return e1 > 0 ? e1 * pow(e1 / e0, (power + geometric) / 2) : 0;
}

/* ray <- the errors of two coarser rules and, by the law through them, of the result */
static int32_t shoot_ray(search *s)
{
    moe_limit *limit = s->limit;
    const int64_t times = limit->times;
    double *scale = s->scale;
    memcpy(s->other, s->sizes, (size_t)limit->d * sizeof *s->other);
    scale[2] = scale_of(s, s->other);
    for (int i = 1; i >= 0; i--) {
        shrink(s, s->other);
        scale[i] = scale_of(s, s->other);
        const int32_t status = moei_run_flow(limit, s->other, s->tau, INFINITY, &s->line[0], NULL);
        if (status)
            return status;
        moei_run_gap(limit, &limit->run, &s->line[0], s->ray + i * times);
    }
    for (int64_t t = 0; t < times; t++)
        s->ray[2 * times + t] = extrapolate(scale, s->ray[t], s->ray[times + t]);
    return MOE_OK;
}

/* error[t] <- the estimate */
static void estimate(search *s)
{
    moe_limit *limit = s->limit;
    const double rounding = floor_of(s), *ray = s->ray + 2 * limit->times;
    for (int64_t t = 0; t < limit->times; t++) {
        double lines = 0;
        for (int64_t k = 0; k < limit->d; k++)
            lines += moei_axis_error(&s->axis[k], t, limit->sizes[k]);
        limit->error[t] = node_safety * fmax(ray[t], lines) + time_safety * s->time_error[t] + rounding;
    }
}

/* least <- where the ray's geometric law meets the request: all resolved sizes times the same, at most 1.5 */
static void grow(search *s)
{
    const int64_t times = s->limit->times;
    const double wanted = node_share * s->limit->tolerance / node_safety;
    double factor = 1;
    for (int64_t t = 0; t < times; t++) {
        const double older = s->ray[t], newer = s->ray[times + t], now = s->ray[2 * times + t];
        const double fall = log(older / newer) / (s->scale[1] - s->scale[0]);
        if (now > wanted)
            factor = fmax(factor, fall > 0 ? 1 + log(now / wanted) / (fall * s->scale[2]) : 1.5);
    }
    for (int64_t k = 0; k < s->limit->d; k++) {
        const int64_t n = s->sizes[k], larger = (int64_t)(fmin(factor, 1.5) * (double)n) | 1;
        s->least[k] = n == 1 ? s->base[k] : larger > n ? larger : n + 2;
    }
}

static int32_t refine(search *s)
{
    moe_limit *limit = s->limit;
    for (int64_t k = 0; k < limit->d; k++)
        s->least[k] = s->base[k] = limit->d <= 2 ? 7 : limit->d <= 5 ? 5 : 3;
    int32_t status = choose_tau(s);
    if (!status)
        status = follow_lines(s);
    for (bool met = false; !met && !status;) {
        status = choose_sizes(s);
        if (!status)
            status = moei_run_flow(limit, s->sizes, s->tau, INFINITY, &s->now, NULL);
        if (status)
            break;
        take(s, s->sizes);
        status = shoot_ray(s);
        if (!status) {
            estimate(s);
            met = worst(s, limit->error) <= limit->tolerance;
            grow(s);
        }
    }
    return status;
}

int32_t moei_limit_refine(moe_limit *limit)
{
    search s;
    int32_t status = search_create(limit, &s);
    if (!status)
        status = refine(&s);
    search_free(&s);
    return status;
}
