/* bench_line.c - distances of a million points against a million in one dimension, one thread.
 *
 * Goal: at most 0.15 s of CPU for all of moe_measure_distance, whatever p, the weights and the domain. The
 * least of several runs counts: machines are shared.
 *
 *   bench_line [points]
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <moefield/moefield.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RUNS = 5 };
static const double pi = 3.14159265358979323846;

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double uniform(uint64_t *state)
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static void need(moe_context *context, int32_t status)
{
    if (status) {
        fprintf(stderr, "%s: %s\n", moe_status_name(status), moe_context_error(context));
        exit(1);
    }
}

/* `clustered`: in 100 clusters 1e-9 wide, tied four by four. */
static moe_measure *cloud(moe_context *context, uint64_t *seed, double period, int64_t n, int weighted,
                          int clustered)
{
    double *x = malloc((size_t)n * sizeof *x), *w = malloc((size_t)n * sizeof *w), sum = 0;
    moe_measure *measure = NULL;
    if (!x || !w)
        exit(1);
    for (int64_t i = 0; i < n; i++) {
        x[i] = 2 * pi * uniform(seed);
        if (clustered)
            x[i] = i % 4 ? x[i - 1] : floor(100 * uniform(seed)) / 20 + 1e-9 * uniform(seed);
        sum += w[i] = weighted ? uniform(seed) : 1;
    }
    for (int64_t i = 0; i < n; i++)
        w[i] /= sum;
    need(context, moe_measure_create(context, 1, &period, n, x, weighted ? w : NULL, &measure));
    free(w);
    free(x);
    return measure;
}

static void run(moe_context *context, const char *name, double period, int64_t n, int64_t m, int weighted,
                int clustered)
{
    uint64_t seed = 1;
    moe_measure *a = cloud(context, &seed, period, n, weighted, clustered);
    moe_measure *b = cloud(context, &seed, period, m, weighted, clustered);
    for (int p = 1; p <= 2; p++) {
        double best = INFINITY, lower = 0, upper = 0;
        for (int k = 0; k < RUNS; k++) {
            const double start = cpu_seconds();
            need(context, moe_measure_distance(context, a, b, p, &lower, &upper));
            best = fmin(best, cpu_seconds() - start);
        }
        printf("%-38s W_%d  %8.4f s   W = %.9g, gap of W^p %.1e\n", name, p, best, upper,
               pow(upper, p) - pow(lower, p));
    }
    moe_measure_destroy(a);
    moe_measure_destroy(b);
}

int main(int argc, char **argv)
{
    const int64_t n = argc > 1 ? strtoll(argv[1], NULL, 10) : 1000000;
    moe_context *context = NULL;
    need(NULL, moe_context_create(NULL, &context));
    printf("%lld points against as many (uneven: against 0.7 as many)\n", (long long)n);
    for (int circle = 0; circle < 2; circle++) {
        const double period = circle ? 2 * pi : (double)INFINITY;
        run(context, circle ? "circle, equal weights" : "line, equal weights", period, n, n, 0, 0);
        run(context, circle ? "circle, equal weights, uneven counts" : "line, equal weights, uneven counts",
            period, n, (int64_t)(0.7 * (double)n), 0, 0);
        run(context, circle ? "circle, any weights" : "line, any weights", period, n, n, 1, 0);
        run(context, circle ? "circle, equal weights, clusters" : "line, equal weights, clusters", period, n,
            n, 0, 1);
    }
    moe_context_destroy(context);
    return 0;
}
