/* bench_transport_law.c - the time of W_p between N draws of a law and the law itself.
 *
 * Goals: d = 1, N = 10^4 in 50 ms; d = 2, p = 2, gap 1 % in 2 s at N = 1000 and in 30 s at N = 10^4; d = 3, p
 * = 2, N = 1000, gap 3 % in a few seconds.
 *
 * Uniform law on circles of length 2 pi, or normal on the line where it says so. One thread, CPU time, the
 * least of three. CSV: law,d,N,p,gap,lower,upper,relative width,seconds.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <moefield/moefield.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RUNS = 3, MOST_D = 4 };

typedef struct {
    const char *law;
    int64_t d, count;
    double p, gap;
} subject;

static const subject subjects[] = {
    {"uniform", 1, 10000, 1, 1e-6}, {"uniform", 1, 10000, 2, 1e-6}, {"normal", 1, 10000, 1, 1e-4},
    {"normal", 1, 10000, 2, 1e-4},  {"uniform", 2, 1000, 2, 1e-2},  {"uniform", 2, 1000, 2, 1e-3},
    {"normal", 2, 1000, 2, 1e-2},   {"uniform", 2, 1000, 1, 1e-2},  {"uniform", 2, 10000, 2, 1e-2},
    {"uniform", 2, 10000, 1, 2e-2}, {"uniform", 3, 1000, 2, 3e-2},  {"uniform", 3, 1000, 2, 1e-2},
    {"uniform", 3, 1000, 1, 3e-2},  {"uniform", 4, 100, 2, 3e-2},
};

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
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static moe_law *law_of(moe_context *context, const subject *it)
{
    const int normal = it->law[0] == 'n';
    double period[MOST_D];
    moe_law *law;
    for (int64_t k = 0; k < it->d; k++)
        period[k] = normal ? (double)INFINITY : 2 * 3.14159265358979323846;
    check(context, moe_law_create(context, it->d, period, &law));
    for (int64_t k = 0; normal && k < it->d; k++)
        check(context, moe_law_set_normal(law, k, 0, 1));
    return law;
}

int main(void)
{
    moe_context *context;
    if (moe_context_create(NULL, &context))
        return 1;
    printf("law,d,N,p,gap,lower,upper,width,seconds\n");
    for (size_t s = 0; s < sizeof subjects / sizeof *subjects; s++) {
        const subject *it = &subjects[s];
        moe_law *law = law_of(context, it);
        moe_measure *draws;
        double lower = 0, upper = 0, least = INFINITY;
        check(context, moe_measure_random(context, law, 1, 0, 0, it->count, &draws));
        for (int run = 0; run < RUNS; run++) {
            const double start = seconds();
            check(context, moe_measure_distance_law(context, draws, law, it->p, it->gap, &lower, &upper));
            least = fmin(least, seconds() - start);
        }
        printf("%s,%d,%d,%g,%g,%.8g,%.8g,%.2g,%.4f\n", it->law, (int)it->d, (int)it->count, it->p, it->gap,
               lower, upper, (upper - lower) / upper, least);
        fflush(stdout);
        moe_measure_destroy(draws);
        moe_law_destroy(law);
    }
    moe_context_destroy(context);
    return 0;
}
