/* experts.h - small experts with known answers, as a host would write them.
 *
 *   wave    f(theta, x) = sum_k c_k cos(theta_k + a_k x),  p = 1, K = 1         (spec cases 1 to 3)
 *   linear  f(theta, x) = <theta, x>,  p = d, K = 1                             (case 6)
 *   pair    f = (cos(theta_0 + x), theta_1 sin(theta_0 - x)),  d = 2 (periodic, real), p = 1, K = 2
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOE_TEST_EXPERTS_H
#define MOE_TEST_EXPERTS_H

#include <math.h>
#include <moefield/moefield.h>
#include <stdatomic.h>

enum { WAVE_MAX = 6 };

struct wave {
    int64_t d;
    double c[WAVE_MAX], a[WAVE_MAX];
    /* misbehaviour on request, by the number of calls of values and pullback so far */
    _Atomic int64_t calls;
    int64_t fail_from, fail_until; /* calls in [from, until) return fail_with, or give NaN if it is 0 */
    int32_t fail_with;
    atomic_int destroyed;
};

static inline int wave_misbehaves(struct wave *wave)
{
    const int64_t call = atomic_fetch_add(&wave->calls, 1);
    return call >= wave->fail_from && call < wave->fail_until;
}

static inline int32_t wave_values(void *self, void *bound, int64_t n, const double *x, int64_t count,
                                  const double *theta, double *f, void *work)
{
    struct wave *wave = self;
    (void)bound, (void)work;
    const int bad = wave_misbehaves(wave);
    if (bad && wave->fail_with)
        return wave->fail_with;
    for (int64_t i = 0; i < count; i++)
        for (int64_t j = 0; j < n; j++) {
            double sum = bad ? (double)NAN : 0;
            for (int64_t k = 0; k < wave->d; k++)
                sum += wave->c[k] * cos(theta[i * wave->d + k] + wave->a[k] * x[j]);
            f[i * n + j] = sum;
        }
    return 0;
}

static inline int32_t wave_pullback(void *self, void *bound, void *stage, int64_t n, const double *x,
                                    int64_t count, const double *theta, const double *r, double *g,
                                    void *work)
{
    struct wave *wave = self;
    (void)bound, (void)stage, (void)work;
    const int bad = wave_misbehaves(wave);
    if (bad && wave->fail_with)
        return wave->fail_with;
    for (int64_t i = 0; i < count; i++)
        for (int64_t k = 0; k < wave->d; k++) {
            double sum = bad ? (double)NAN : 0;
            for (int64_t j = 0; j < n; j++)
                sum -= r[j] * wave->c[k] * sin(theta[i * wave->d + k] + wave->a[k] * x[j]);
            g[i * wave->d + k] = sum;
        }
    return 0;
}

static inline void wave_destroy(void *self)
{
    atomic_fetch_add(&((struct wave *)self)->destroyed, 1);
}

static inline int32_t wave_expert(moe_context *context, struct wave *wave, moe_expert **expert)
{
    const moe_expert_ops ops = {.struct_size = sizeof ops,
                                .flags = MOE_EXPERT_THREAD_SAFE | MOE_EXPERT_PURE,
                                .values = wave_values,
                                .pullback = wave_pullback,
                                .destroy = wave_destroy};
    const double turn = 2 * 3.14159265358979323846, period[WAVE_MAX] = {turn, turn, turn, turn, turn, turn};
    return moe_expert_create(context, &ops, wave, wave->d, 1, 1, period, expert);
}

static inline int32_t linear_values(void *self, void *bound, int64_t n, const double *x, int64_t count,
                                    const double *theta, double *f, void *work)
{
    const int64_t d = *(const int64_t *)self;
    (void)bound, (void)work;
    for (int64_t i = 0; i < count; i++)
        for (int64_t j = 0; j < n; j++) {
            f[i * n + j] = 0;
            for (int64_t a = 0; a < d; a++)
                f[i * n + j] += theta[i * d + a] * x[j * d + a];
        }
    return 0;
}

static inline int32_t linear_pullback(void *self, void *bound, void *stage, int64_t n, const double *x,
                                      int64_t count, const double *theta, const double *r, double *g,
                                      void *work)
{
    const int64_t d = *(const int64_t *)self;
    (void)bound, (void)stage, (void)work, (void)theta;
    for (int64_t i = 0; i < count; i++)
        for (int64_t a = 0; a < d; a++) {
            g[i * d + a] = 0;
            for (int64_t j = 0; j < n; j++)
                g[i * d + a] += r[j] * x[j * d + a];
        }
    return 0;
}

/* *d <= 4 is the expert's self and must outlive it */
static inline int32_t linear_expert(moe_context *context, int64_t *d, moe_expert **expert)
{
    const moe_expert_ops ops = {.struct_size = sizeof ops,
                                .flags = MOE_EXPERT_THREAD_SAFE | MOE_EXPERT_PURE,
                                .values = linear_values,
                                .pullback = linear_pullback};
    const double real[4] = {INFINITY, INFINITY, INFINITY, INFINITY};
    return moe_expert_create(context, &ops, d, *d, *d, 1, real, expert);
}

static inline int32_t pair_values(void *self, void *bound, int64_t n, const double *x, int64_t count,
                                  const double *theta, double *f, void *work)
{
    (void)self, (void)bound, (void)work;
    for (int64_t i = 0; i < count; i++)
        for (int64_t j = 0; j < n; j++) {
            f[2 * (i * n + j)] = cos(theta[2 * i] + x[j]);
            f[2 * (i * n + j) + 1] = theta[2 * i + 1] * sin(theta[2 * i] - x[j]);
        }
    return 0;
}

static inline int32_t pair_pullback(void *self, void *bound, void *stage, int64_t n, const double *x,
                                    int64_t count, const double *theta, const double *r, double *g,
                                    void *work)
{
    (void)self, (void)bound, (void)stage, (void)work;
    for (int64_t i = 0; i < count; i++) {
        g[2 * i] = g[2 * i + 1] = 0;
        for (int64_t j = 0; j < n; j++) {
            const double *at = r + 2 * j;
            g[2 * i] +=
                -at[0] * sin(theta[2 * i] + x[j]) + at[1] * theta[2 * i + 1] * cos(theta[2 * i] - x[j]);
            g[2 * i + 1] += at[1] * sin(theta[2 * i] - x[j]);
        }
    }
    return 0;
}

static inline int32_t pair_expert(moe_context *context, moe_expert **expert)
{
    const moe_expert_ops ops = {.struct_size = sizeof ops,
                                .flags = MOE_EXPERT_THREAD_SAFE | MOE_EXPERT_PURE,
                                .values = pair_values,
                                .pullback = pair_pullback};
    const double period[] = {2 * 3.14159265358979323846, INFINITY};
    return moe_expert_create(context, &ops, NULL, 2, 1, 2, period, expert);
}

#endif
