/* test_transport_support.h - what the tests of lib/transport share: random clouds, a checked distance, and
 * references that share nothing with the library.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOE_TEST_TRANSPORT_SUPPORT_H
#define MOE_TEST_TRANSPORT_SUPPORT_H

#include "support/test.h"

#include <float.h>
#include <stdlib.h>

enum { MAX_D = 8, MAX_POINTS = 512 };

typedef struct cloud {
    int64_t d, n;
    double period[MAX_D];
    double x[MAX_POINTS * MAX_D];
    double w[MAX_POINTS];
} cloud;

static moe_context *context;

static inline int make_context(void **state)
{
    (void)state;
    return moe_context_create(NULL, &context);
}

static inline int drop_context(void **state)
{
    (void)state;
    moe_context_destroy(context);
    return 0;
}

/* ---- clouds ----------------------------------------------------------------------------------- */

/* Bits of `real` are the real coordinates; the others have periods 2 pi, 1, 2 pi, ... Points lie within three
 * periods, so that most need reducing. */
static inline void random_cloud(uint64_t *seed, int64_t d, int64_t n, unsigned real, cloud *out)
{
    out->d = d;
    out->n = n;
    for (int64_t k = 0; k < d; k++)
        out->period[k] = real >> k & 1 ? (double)INFINITY : k % 2 ? 1 : 2 * PI;
    for (int64_t i = 0; i < n; i++) {
        out->w[i] = 1 / (double)n;
        for (int64_t k = 0; k < d; k++)
            out->x[i * d + k] = 3 * (isinf(out->period[k]) ? 1 : out->period[k]) * (test_uniform(seed) - 0.5);
    }
}

/* Weights that are whole numbers 0 ... 9 over their sum; the numbers go to `whole`. Returns the sum. */
static inline int random_weights(uint64_t *seed, cloud *out, int *whole)
{
    int total = 0;
    for (int64_t i = 0; i < out->n; i++)
        total += whole[i] = (int)(10 * test_uniform(seed));
    whole[0] += total == 0;
    total += total == 0;
    for (int64_t i = 0; i < out->n; i++)
        out->w[i] = whole[i] / (double)total;
    return total;
}

static inline moe_measure *measure_of(const cloud *points)
{
    moe_measure *measure = NULL;
    assert_ok(context, moe_measure_create(context, points->d, points->period, points->n, points->x, points->w,
                                          &measure));
    return measure;
}

/* The largest distance that two points can have. */
static inline double diameter(const cloud *a, const cloud *b)
{
    double sum = 0;
    for (int64_t k = 0; k < a->d; k++) {
        double extent = a->period[k] / 2;
        if (isinf(extent)) {
            double low = INFINITY, high = -INFINITY;
            for (int64_t i = 0; i < a->n; i++) {
                low = fmin(low, a->x[i * a->d + k]);
                high = fmax(high, a->x[i * a->d + k]);
            }
            for (int64_t j = 0; j < b->n; j++) {
                low = fmin(low, b->x[j * b->d + k]);
                high = fmax(high, b->x[j * b->d + k]);
            }
            extent = high - low;
        }
        sum += extent * extent;
    }
    return sqrt(sum);
}

typedef struct interval {
    double lower, upper;
} interval;

/* [lower, upper] of W_p, held to what the header promises. */
static inline interval distance(const cloud *a, const cloud *b, double p)
{
    moe_measure *first = measure_of(a), *second = measure_of(b);
    interval out = {-1, -1};
    const int32_t status = moe_measure_distance(context, first, second, p, &out.lower, &out.upper);
    moe_measure_destroy(second);
    moe_measure_destroy(first);
    assert_ok(context, status);
    if (!(0 <= out.lower && out.lower <= out.upper))
        fail_msg("[%.17g, %.17g] is no interval", out.lower, out.upper);
    const double high = pow(out.upper, p), gap = high - pow(out.lower, p);
    const double promise = 1e-12 * high + 64 * DBL_EPSILON * pow(diameter(a, b), p);
    if (!(gap <= promise * (1 + 1e-9)))
        fail_msg("d %d, %d x %d points, p = %g: the gap is %.3g, more than %.3g", (int)a->d, (int)a->n,
                 (int)b->n, p, gap, promise);
    return out;
}

static inline double middle(interval value)
{
    return value.lower + (value.upper - value.lower) / 2;
}

/* W_p = value, up to the rounding of the reference. */
static inline void assert_contains(interval found, double value, double scale, double p)
{
    /* a reference with error 1e-14 scale^p in the p-th power */
    const double power = pow(value, p), slack = 1e-14 * pow(scale, p);
    const double low = pow(fmax(0, power - slack), 1 / p), high = pow(power + slack, 1 / p);
    if (!(found.lower <= high * (1 + 1e-15) && low * (1 - 1e-15) <= found.upper))
        fail_msg("W_%g = %.17g is not in [%.17g, %.17g]", p, value, found.lower, found.upper);
}

/* ---- references ------------------------------------------------------------------------------- */

static inline long double reference_cost(const cloud *a, int64_t i, const cloud *b, int64_t j, double p)
{
    long double sum = 0;
    for (int64_t k = 0; k < a->d; k++) {
        long double t = (long double)a->x[i * a->d + k] - b->x[j * b->d + k];
        if (isfinite(a->period[k])) {
            t = fmodl(fabsl(t), a->period[k]);
            t = fminl(t, a->period[k] - t);
        }
        sum += t * t;
    }
    return powl(sum, (long double)p / 2);
}

/* min over permutations of the first n points. */
static inline long double best_permutation(const cloud *a, const cloud *b, double p, unsigned used, int64_t i)
{
    long double best = INFINITY;
    if (i == a->n)
        return 0;
    for (int64_t j = 0; j < b->n; j++)
        if (!(used >> j & 1)) {
            const long double rest = best_permutation(a, b, p, used | 1u << j, i + 1);
            best = fminl(best, reference_cost(a, i, b, j, p) + rest);
        }
    return best;
}

/* Cheapest transport of whole masses by Bellman and Ford's method on the residual graph, one path at a time.
 * A path must be shorter by 1e-14 to be taken: less is rounding where a long double is a double (valgrind),
 * and would close a cycle. */
static inline long double cheapest_flow(const cloud *a, const int *supply, const cloud *b, const int *demand,
                                        double p)
{
    enum { SIDE = 16 };
    static long double cost[SIDE][SIDE], length[2 * SIDE];
    static int flow[SIDE][SIDE], from[2 * SIDE], left[SIDE], open[SIDE];
    const int na = (int)a->n, nb = (int)b->n;
    long double total = 0;
    memset(flow, 0, sizeof flow);
    memcpy(left, supply, (size_t)na * sizeof *left);
    memcpy(open, demand, (size_t)nb * sizeof *open);
    for (int i = 0; i < na; i++)
        for (int j = 0; j < nb; j++)
            cost[i][j] = reference_cost(a, i, b, j, p);
    for (;;) {
        for (int v = 0; v < na + nb; v++) {
            length[v] = v < na && left[v] > 0 ? 0 : (long double)INFINITY;
            from[v] = -1;
        }
        for (int changed = 1, rounds = 0; changed && rounds < na + nb; rounds++) {
            changed = 0;
            for (int i = 0; i < na; i++)
                for (int j = 0; j < nb; j++) {
                    if (length[i] + cost[i][j] < length[na + j] - 1e-14L) {
                        length[na + j] = length[i] + cost[i][j];
                        from[na + j] = i;
                        changed = 1;
                    }
                    if (flow[i][j] > 0 && length[na + j] - cost[i][j] < length[i] - 1e-14L) {
                        length[i] = length[na + j] - cost[i][j];
                        from[i] = na + j;
                        changed = 1;
                    }
                }
        }
        int end = -1;
        for (int j = 0; j < nb; j++)
            if (open[j] > 0 && (end < 0 || length[na + j] < length[na + end]))
                end = j;
        if (end < 0 || isinf((double)length[na + end]))
            return total;
        int start = na + end; /* one unit at a time is enough for masses this small */
        while (from[start] >= 0) {
            const int before = from[start];
            if (start >= na) {
                flow[before][start - na]++;
                total += cost[before][start - na];
            } else {
                flow[start][before - na]--;
                total -= cost[start][before - na];
            }
            start = before;
        }
        left[start]--;
        open[end]--;
    }
}

#endif
