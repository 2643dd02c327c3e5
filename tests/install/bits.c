/* bits.c - the bits of a right-hand side and of a kernel, computed on two threads, and how many threads the process
 * has in the end: neither may depend on how many the BLAS has of its own (blas.sh).
 *
 * Prints a hash and a count.
 * SPDX-License-Identifier: MIT */
#include <moefield/moefield.h>

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS = 400, EXPERTS = 2000 };

/* f = c u / (1 + u^2), u = a x + b, theta = (a, b, c) */
static int32_t values(void *self, void *bound, int64_t n, const double *x, int64_t count, const double *theta,
                      double *f, void *work)
{
    (void)self, (void)bound, (void)work;
    for (int64_t i = 0; i < count; i++, theta += 3)
        for (int64_t j = 0; j < n; j++) {
            const double u = theta[0] * x[j] + theta[1];
            f[i * n + j] = theta[2] * u / (1 + u * u);
        }
    return 0;
}

static int32_t pullback(void *self, void *bound, void *stage, int64_t n, const double *x, int64_t count,
                        const double *theta, const double *r, double *g, void *work)
{
    (void)self, (void)bound, (void)stage, (void)work;
    for (int64_t i = 0; i < count; i++, theta += 3, g += 3) {
        g[0] = g[1] = g[2] = 0;
        for (int64_t j = 0; j < n; j++) {
            const double u = theta[0] * x[j] + theta[1], q = 1 + u * u;
            const double slope = r[j] * theta[2] * (1 - u * u) / (q * q);
            g[0] += slope * x[j];
            g[1] += slope;
            g[2] += r[j] * u / q;
        }
    }
    return 0;
}

static void add(uint64_t *hash, int64_t count, const double *numbers)
{
    for (int64_t i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, &numbers[i], sizeof bits);
        *hash = (*hash ^ bits) * 1099511628211u;
    }
}

static int threads(void)
{
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (const struct dirent *task; tasks && (task = readdir(tasks));)
        count += task->d_name[0] != '.';
    if (tasks)
        closedir(tasks);
    return count;
}

int main(void)
{
    const moe_expert_ops ops = {.struct_size = sizeof ops,
                                .flags = MOE_EXPERT_THREAD_SAFE | MOE_EXPERT_PURE,
                                .values = values,
                                .pullback = pullback};
    const double real[3] = {INFINITY, INFINITY, INFINITY};
    static double x[POINTS], y[POINTS], drift[3 * EXPERTS], kernel[POINTS * POINTS];
    uint64_t hash = 14695981039346656037u;
    moe_context *context = NULL;
    moe_expert *expert = NULL;
    moe_model *model = NULL;
    moe_law *law = NULL;
    moe_measure *mu = NULL;
    for (int j = 0; j < POINTS; j++)
        y[j] = sin(3 * (x[j] = -1 + 2.0 * j / (POINTS - 1)));
    int failed = moe_context_create(NULL, &context) || moe_context_set_threads(context, 2) ||
                 moe_expert_create(context, &ops, NULL, 3, 1, 1, real, &expert) ||
                 moe_model_create(context, expert, POINTS, x, y, NULL, &model) ||
                 moe_law_create(context, 3, real, &law);
    for (int a = 0; a < 3 && !failed; a++)
        failed = moe_law_set_normal(law, a, 0, 1);
    failed = failed || moe_measure_random(context, law, 1, 0, 0, EXPERTS, &mu) ||
             moe_model_drift(context, model, mu, drift) ||
             moe_model_kernel(context, model, mu, POINTS, x, POINTS, x, kernel);
    add(&hash, 3 * EXPERTS, drift);
    add(&hash, (int64_t)POINTS * POINTS, kernel);
    printf("%016llx %d\n", (unsigned long long)hash, threads());
    moe_measure_destroy(mu);
    moe_law_destroy(law);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    moe_context_destroy(context);
    return failed;
}
