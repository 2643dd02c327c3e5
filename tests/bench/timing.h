/* timing.h - clocks and medians for the benchmarks.
 *
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_TIMING_H
#define BENCH_TIMING_H

#include <stdlib.h>
#include <time.h>

/* Seconds of a clock: CLOCK_MONOTONIC, CLOCK_THREAD_CPUTIME_ID. */
static inline double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static inline int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The middle one of an odd number of figures, which it sorts. */
static inline double median(int count, double *figures)
{
    qsort(figures, (size_t)count, sizeof *figures, ascending);
    return figures[count / 2];
}

#endif
