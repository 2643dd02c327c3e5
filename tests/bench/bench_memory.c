/* bench_memory.c - one step of as many experts as memory holds, by MOE_METHOD_LOW_STORAGE.
 *
 *   bench_memory [EXPERTS [THREADS]]      10,000,000 and 2 unless given; make bench-memory EXPERTS=100000000
 *
 * Experts of 4 parameters, f = sum_k cos(theta_k + a_k x), on 16 points; their moments are the means of
 * cos theta_k and sin theta_k, so that a right-hand side is a sine and a cosine for each parameter. What is
 * shown: the seconds of the step, the peak of the process's memory, and what moe_flow_memory foretold of the
 * flow's part. The draws from which the flow starts (5 numbers an expert) are gone before the step.
 * CSV: experts,threads,seconds,seconds_per_rhs,peak_gib,foretold_gib.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/timing.h"

#include <math.h>
#include <moefield/moefield.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { D = 4, POINTS = 16 };

static const double a[D] = {1, -1, 2, 0.5};

static int32_t values(void *self, void *bound, int64_t n, const double *x, int64_t count, const double *theta,
                      double *f, void *work)
{
    (void)self, (void)bound, (void)work;
    for (int64_t i = 0; i < count; i++)
        for (int64_t j = 0; j < n; j++) {
            f[i * n + j] = 0;
            for (int k = 0; k < D; k++)
                f[i * n + j] += cos(theta[i * D + k] + a[k] * x[j]);
        }
    return 0;
}

static int64_t moment_count(void *self, void *bound)
{
    (void)self, (void)bound;
    return 2 * D;
}

static int32_t moments(void *self, void *bound, int64_t n, const double *x, int64_t count,
                       const double *theta, const double *w, double *m, void *work)
{
    (void)self, (void)bound, (void)n, (void)x, (void)work;
    for (int64_t i = 0; i < count; i++)
        for (int k = 0; k < D; k++) {
            m[k] += w[i] * cos(theta[i * D + k]);
            m[D + k] += w[i] * sin(theta[i * D + k]);
        }
    return 0;
}

static int32_t predict(void *self, void *bound, int64_t n, const double *x, const double *m, double *f)
{
    (void)self, (void)bound;
    for (int64_t j = 0; j < n; j++) {
        f[j] = 0;
        for (int k = 0; k < D; k++)
            f[j] += m[k] * cos(a[k] * x[j]) - m[D + k] * sin(a[k] * x[j]);
    }
    return 0;
}

/* the stage: sum_j r_j cos(a_k x_j), sum_j r_j sin(a_k x_j) */
static int32_t prepare(void *self, void *bound, int64_t n, const double *x, const double *r, void **stage)
{
    static double sums[2 * D];
    (void)self, (void)bound;
    for (int k = 0; k < D; k++) {
        sums[k] = sums[D + k] = 0;
        for (int64_t j = 0; j < n; j++) {
            sums[k] += r[j] * cos(a[k] * x[j]);
            sums[D + k] += r[j] * sin(a[k] * x[j]);
        }
    }
    *stage = sums;
    return 0;
}

static int32_t pullback(void *self, void *bound, void *stage, int64_t n, const double *x, int64_t count,
                        const double *theta, const double *r, double *g, void *work)
{
    const double *sums = stage;
    (void)self, (void)bound, (void)n, (void)x, (void)r, (void)work;
    for (int64_t i = 0; i < count; i++)
        for (int k = 0; k < D; k++)
            g[i * D + k] = -sin(theta[i * D + k]) * sums[k] - cos(theta[i * D + k]) * sums[D + k];
    return 0;
}

static void must(moe_context *context, int32_t status)
{
    if (!status)
        return;
    fprintf(stderr, "%s: %s\n", moe_status_name(status), moe_context_error(context));
    exit(1);
}

int main(int argc, char **argv)
{
    const moe_expert_ops ops = {.struct_size = sizeof ops,
                                .flags = MOE_EXPERT_THREAD_SAFE,
                                .values = values,
                                .pullback = pullback,
                                .moment_count = moment_count,
                                .moments = moments,
                                .predict = predict,
                                .prepare = prepare};
    const double turn = 2 * 3.14159265358979323846, period[D] = {turn, turn, turn, turn};
    const int64_t experts = argc > 1 ? atoll(argv[1]) : 10000000;
    const int32_t threads = argc > 2 ? atoi(argv[2]) : 2;
    double x[POINTS], y[POINTS];
    int64_t foretold, evaluations;
    struct rusage usage;
    moe_context *context = NULL;
    moe_expert *expert = NULL;
    moe_model *model = NULL;
    moe_law *law = NULL;
    moe_measure *mu = NULL;
    moe_flow *flow = NULL;
    for (int j = 0; j < POINTS; j++) {
        x[j] = turn * j / POINTS;
        y[j] = 0.5 * sin(x[j]);
    }
    must(NULL, moe_context_create(NULL, &context));
    must(context, moe_context_set_threads(context, threads));
    must(context, moe_expert_create(context, &ops, NULL, D, 1, 1, period, &expert));
    must(context, moe_model_create(context, expert, POINTS, x, y, NULL, &model));
    must(context, moe_flow_memory(context, model, experts, MOE_METHOD_LOW_STORAGE, 0, &foretold));
    must(context, moe_law_create(context, D, period, &law));
    must(context, moe_measure_random(context, law, 1, 0, 0, experts, &mu));
    must(context, moe_flow_create(context, model, mu, &flow));
    moe_measure_destroy(mu);
    must(context, moe_flow_set_method(flow, MOE_METHOD_LOW_STORAGE));
    must(context, moe_flow_set_steps(flow, 0.05, INFINITY));
    const double begin = seconds_of(CLOCK_MONOTONIC);
    must(context, moe_flow_step(flow, INFINITY));
    const double seconds = seconds_of(CLOCK_MONOTONIC) - begin;
    must(context, moe_flow_counts(flow, NULL, NULL, &evaluations));
    getrusage(RUSAGE_SELF, &usage);
    printf("experts,threads,seconds,seconds_per_rhs,peak_gib,foretold_gib\n");
    printf("%lld,%d,%.2f,%.3f,%.3f,%.3f\n", (long long)experts, (int)threads, seconds,
           seconds / (double)evaluations, (double)usage.ru_maxrss / 0x1p20, (double)foretold / 0x1p30);
    moe_flow_destroy(flow);
    moe_law_destroy(law);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    moe_context_destroy(context);
    return 0;
}
