/* bench_objective.c - what an objective's terms add to a right-hand side, and what the frozen kernel costs.
 *
 * Goal: decay, mobility and a logistic loss together add at most a tenth to the drift of a mixture of waves
 * (d = 8, cheap experts, so that what is added shows).
 *
 * waves: f = sum_k cos(theta_k + a_k x), 16384 experts, 32 points; medians of nine, and the ratio to the
 * plain model in the same run. frozen: the same experts, 1024 of them, n points, 100 times; one run. One
 * thread. CSV: what,experts,points,seconds,ratio.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <moefield/moefield.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { D = 8, EXPERTS = 16384, FEW = 1024, POINTS = 32, MOST_POINTS = 1024, TIMES = 100, RUNS = 9 };

static void check(moe_context *context, int32_t status)
{
    if (status) {
        fprintf(stderr, "%s\n", moe_context_error(context));
        exit(1);
    }
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int32_t values(void *self, void *bound, int64_t n, const double *x, int64_t count, const double *theta,
                      double *f, void *work)
{
    (void)self, (void)bound, (void)work;
    for (int64_t i = 0; i < count; i++)
        for (int64_t j = 0; j < n; j++) {
            f[i * n + j] = 0;
            for (int64_t k = 0; k < D; k++)
                f[i * n + j] += cos(theta[i * D + k] + (double)(k + 1) * x[j]);
        }
    return 0;
}

static int32_t pullback(void *self, void *bound, void *stage, int64_t n, const double *x, int64_t count,
                        const double *theta, const double *r, double *g, void *work)
{
    (void)self, (void)bound, (void)stage, (void)work;
    for (int64_t i = 0; i < count; i++)
        for (int64_t k = 0; k < D; k++) {
            g[i * D + k] = 0;
            for (int64_t j = 0; j < n; j++)
                g[i * D + k] -= r[j] * sin(theta[i * D + k] + (double)(k + 1) * x[j]);
        }
    return 0;
}

static const double decay[D] = {1, 1, 1, 1, 1, 1, 1, 1}, mobility[D] = {1, 2, 1, 2, 1, 2, 1, 0};

/* bit 0: logistic; 1: decay; 2: mobility */
static moe_model *model_of(moe_context *context, const moe_expert *expert, int terms, int64_t n,
                           const double *x, const double *y)
{
    moe_objective *objective;
    moe_model *model;
    check(context, moe_objective_create(context, expert, &objective));
    if (terms & 1)
        check(context, moe_objective_set_loss(objective, MOE_LOSS_LOGISTIC));
    if (terms & 2)
        check(context, moe_objective_set_decay(objective, decay));
    if (terms & 4)
        check(context, moe_objective_set_mobility(objective, mobility));
    check(context, moe_model_create_for(context, objective, n, x, y, NULL, &model));
    moe_objective_destroy(objective);
    return model;
}

static void drifts(moe_context *context, const moe_expert *expert, const moe_law *law, const double *x,
                   const double *y)
{
    static double drift[EXPERTS * D], times[5][RUNS];
    const char *const names[] = {"drift", "logistic", "decay", "mobility", "all three"};
    const int terms[] = {0, 1, 2, 4, 7};
    moe_model *models[5];
    moe_measure *mu;
    check(context, moe_measure_random(context, law, 1, 0, 0, EXPERTS, &mu));
    for (int m = 0; m < 5; m++)
        models[m] = model_of(context, expert, terms[m], POINTS, x, y);
    for (int run = -1; run < RUNS; run++)
        for (int m = 0; m < 5; m++) {
            const double start = seconds();
            check(context, moe_model_drift(context, models[m], mu, drift));
            if (run >= 0)
                times[m][run] = seconds() - start;
        }
    for (int m = 0; m < 5; m++) {
        qsort(times[m], RUNS, sizeof times[m][0], compare);
        printf("%s,%d,%d,%.6f,%.3f\n", names[m], EXPERTS, POINTS, times[m][RUNS / 2],
               times[m][RUNS / 2] / times[0][RUNS / 2]);
        moe_model_destroy(models[m]);
    }
    moe_measure_destroy(mu);
}

static void frozen(moe_context *context, const moe_expert *expert, const moe_law *law, const double *x,
                   const double *y)
{
    static double kernel[MOST_POINTS * MOST_POINTS], f[TIMES * MOST_POINTS], times[TIMES];
    moe_measure *mu;
    check(context, moe_measure_random(context, law, 1, 0, 0, FEW, &mu));
    for (int t = 0; t < TIMES; t++)
        times[t] = 0.1 * t;
    for (int64_t n = 64; n <= MOST_POINTS; n *= 4) {
        moe_model *model = model_of(context, expert, 0, n, x, y);
        double start = seconds();
        check(context, moe_model_kernel(context, model, mu, n, x, n, x, kernel));
        const double plain = seconds() - start;
        printf("kernel,%d,%lld,%.6f,1.000\n", FEW, (long long)n, plain);
        start = seconds();
        check(context, moe_model_frozen(context, model, mu, TIMES, times, 0, NULL, f));
        printf("frozen,%d,%lld,%.6f,%.3f\n", FEW, (long long)n, seconds() - start,
               (seconds() - start) / plain);
        fflush(stdout);
        moe_model_destroy(model);
    }
    moe_measure_destroy(mu);
}

int main(void)
{
    static double x[MOST_POINTS], y[MOST_POINTS], period[D];
    moe_context *context;
    moe_expert *expert;
    moe_law *law;
    const moe_expert_ops ops = {.struct_size = sizeof ops, .values = values, .pullback = pullback};
    if (moe_context_create(NULL, &context))
        return 1;
    for (int j = 0; j < MOST_POINTS; j++) {
        x[j] = 3 * cos(0.7 * j + 0.1);
        y[j] = j % 2;
    }
    for (int k = 0; k < D; k++)
        period[k] = 2 * 3.14159265358979323846;
    check(context, moe_expert_create(context, &ops, NULL, D, 1, 1, period, &expert));
    check(context, moe_law_create(context, D, period, &law));
    printf("what,experts,points,seconds,ratio\n");
    drifts(context, expert, law, x, y);
    frozen(context, expert, law, x, y);
    moe_law_destroy(law);
    moe_expert_destroy(expert);
    moe_context_destroy(context);
    return 0;
}
