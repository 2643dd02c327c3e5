/* bench_transport.c - exact W_p for d >= 2: time and memory, one thread.
 *
 * Goals (quiet machine): p = 2, like laws, d = 2, 3: 10^5 points in 1 s, 10^6 in 20 s and 600 MB; p = 1: 10^5
 * in 3 s; laws that differ: 10^4 in 0.5 s, 10^5 in 10 s; random weights: 10^4 in 2 s; d = 8: 10^4 in 5 s.
 *
 * like: both iid uniform on the torus; differ: uniform against a normal law of width 1/2 around the middle.
 * Arguments: the most points of a row, 10^4 if there are none; the seconds after which a row is cancelled,
 * 60, lower and upper being then what was proved by that time; which draw of the points, 0, the only one that
 * bench_transport.py makes too: where p = 1 and laws differ one draw says little. Each row runs in a process
 * of its own, for its peak memory. CSV as `make bench-transport` merges it with POT and SciPy.
 *
 * SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE
#include <math.h>
#include <moefield/moefield.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct {
    int d;
    double p;
    long n, m;
    const char *law, *weights;
} row;

static const row rows[] = {
    {2, 2, 2000, 2000, "like", "equal"},       {2, 1, 2000, 2000, "like", "equal"},
    {2, 2, 2000, 2000, "differ", "equal"},     {2, 1, 2000, 2000, "differ", "equal"},
    {2, 2, 2000, 2000, "like", "random"},      {8, 2, 2000, 2000, "like", "equal"},
    {2, 2, 10000, 10000, "like", "equal"},     {3, 2, 10000, 10000, "like", "equal"},
    {2, 1, 10000, 10000, "like", "equal"},     {3, 1, 10000, 10000, "like", "equal"},
    {2, 2, 10000, 10000, "differ", "equal"},   {3, 2, 10000, 10000, "differ", "equal"},
    {2, 1, 10000, 10000, "differ", "equal"},   {3, 1, 10000, 10000, "differ", "equal"},
    {2, 2, 10000, 10000, "like", "random"},    {2, 1, 10000, 10000, "like", "random"},
    {2, 2, 5000, 10000, "like", "equal"},      {8, 2, 10000, 10000, "like", "equal"},
    {2, 2, 100000, 100000, "like", "equal"},   {3, 2, 100000, 100000, "like", "equal"},
    {2, 1, 100000, 100000, "like", "equal"},   {3, 1, 100000, 100000, "like", "equal"},
    {2, 2, 100000, 100000, "differ", "equal"}, {3, 2, 100000, 100000, "differ", "equal"},
    {2, 1, 100000, 100000, "differ", "equal"}, {3, 1, 100000, 100000, "differ", "equal"},
    {2, 2, 1000000, 1000000, "like", "equal"}, {3, 2, 1000000, 1000000, "like", "equal"},
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Progress: cancels at the CPU time *until. */
static int32_t cancel_late(void *until, const char *what, double part)
{
    (void)what;
    (void)part;
    return now() > *(const double *)until;
}

/* splitmix64, so that the script draws the same points */
static double uniform(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static void check(moe_context *context, int32_t status)
{
    if (status) {
        fprintf(stderr, "%s\n", moe_context_error(context));
        exit(1);
    }
}

static moe_measure *draw(moe_context *context, const row *at, long count, uint64_t seed, int normal)
{
    const double circle = 2 * acos(-1);
    double period[8], sum = 0;
    double *x = malloc((size_t)(count * at->d) * sizeof *x), *w = malloc((size_t)count * sizeof *w);
    moe_measure *measure;
    if (!x || !w)
        exit(1);
    for (int k = 0; k < at->d; k++)
        period[k] = circle;
    for (long i = 0; i < count * at->d; i++) {
        x[i] = circle * uniform(&seed);
        if (normal)
            x[i] = circle / 2 + 0.5 * sqrt(-2 * log(1 - x[i] / circle)) * cos(circle * uniform(&seed));
    }
    for (long i = 0; i < count; i++)
        sum += w[i] = strcmp(at->weights, "random") ? 1 : uniform(&seed);
    for (long i = 0; i < count; i++)
        w[i] /= sum;
    check(context, moe_measure_create(context, at->d, period, count, x, w, &measure));
    free(w);
    free(x);
    return measure;
}

static void run(const row *at, double limit, uint64_t sample)
{
    moe_context *context;
    struct rusage usage;
    double lower = 0, upper = INFINITY;
    check(NULL, moe_context_create(NULL, &context));
    moe_measure *a = draw(context, at, at->n, 2 * sample + 1, 0),
                *b = draw(context, at, at->m, 2 * sample + 2, !strcmp(at->law, "differ"));
    const double start = now();
    double until = start + limit;
    check(context, moe_context_set_progress(context, cancel_late, &until));
    const int32_t status = moe_measure_distance(context, a, b, at->p, &lower, &upper);
    const double seconds = now() - start;
    if (status != MOE_ERROR_CANCELLED)
        check(context, status);
    getrusage(RUSAGE_SELF, &usage);
    printf("%d,%g,%ld", at->d, at->p, at->n);
    if (at->m != at->n)
        printf(":%ld", at->m);
    printf(",%s,%s,%.3f,%ld,%.17g,%.17g,%g\n", at->law, at->weights, seconds, usage.ru_maxrss / 1024, lower,
           upper, limit);
    moe_measure_destroy(b);
    moe_measure_destroy(a);
    moe_context_destroy(context);
}

int main(int count, char **arguments)
{
    const long most = count > 1 ? atol(arguments[1]) : 10000;
    const double limit = count > 2 ? atof(arguments[2]) : 60;
    const uint64_t sample = count > 3 ? (uint64_t)atol(arguments[3]) : 0;
    puts("d,p,n,law,weights,seconds,peak_mb,lower,upper,limit_seconds");
    for (size_t t = 0; t < sizeof rows / sizeof *rows; t++) {
        if (rows[t].n > most)
            continue;
        fflush(stdout);
        const pid_t child = fork();
        if (child == 0) {
            run(&rows[t], limit, sample);
            fflush(stdout);
            _exit(0);
        }
        waitpid(child, NULL, 0);
    }
    return 0;
}
