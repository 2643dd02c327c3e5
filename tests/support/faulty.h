/* faulty.h - one expert with every optional function, any of which can be made to fail or to lie.
 *
 *   f_k(theta, x) = s_k (cos(theta_0 + x_0) + (k + 1) theta_1 sin(theta_0 - x_1)),
 * d = 2 (theta_0 of period 2 pi, theta_1 real), p = 2, K = 2; s_k are scales. Its moments, with
 * c = cos theta_0 and s = sin theta_0, are E c, E s, E theta_1 c, E theta_1 s.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOE_TEST_FAULTY_H
#define MOE_TEST_FAULTY_H

#include "support/test.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { FAULTY_D = 2, FAULTY_P = 2, FAULTY_K = 2, FAULTY_M = 4, FAULTY_WORK = 3 };

/* What can be wrong with it. */
enum fault {
    NO_FAULT,
    SLOPE_SIGN,         /* d/dtheta_1 has the wrong sign                               */
    SLOPE_SMALL,        /* d/dtheta_0 is off by 1e-4 of itself                         */
    SLOPE_ONE_OUTPUT,   /* pullback forgets output 1                                   */
    SLOPE_TRANSPOSED,   /* pullback reads r[k,j]                                       */
    SLOPE_ADDS,         /* pullback adds to g                                          */
    SLOPE_BATCH,        /* pullback takes theta_0 for every expert of a call           */
    SLOPE_INPUT,        /* pullback forgets the last input of several                  */
    VALUE_BATCH,        /* values are off in the last expert of several                */
    VALUE_INPUT,        /* values depend on the number of inputs                       */
    VALUE_UNWRITTEN,    /* values leaves the last number                               */
    VALUE_NAN,          /* values gives NaN at one input                               */
    VALUE_INFINITE,     /* values gives an infinity                                    */
    PERIOD_WRONG,       /* theta_0 has period 4 pi in truth                            */
    MOMENTS_OVERWRITE,  /* moments writes instead of adding                            */
    MOMENTS_WEIGHTS,    /* moments ignores the weights                                 */
    MOMENTS_BATCH,      /* moments skips the last expert of several                    */
    PREDICT_WRONG,      /* predict forgets output 1's factor                           */
    OVERRUN_F,          /* values writes f[count x n x K]                              */
    OVERRUN_G,          /* pullback writes g[count x d]                                */
    OVERRUN_M,          /* moments adds to m[moment_count]                             */
    OVERRUN_PREDICTED,  /* predict writes F[n x K]                                     */
    OVERRUN_WORK,       /* values writes a byte past its scratch                       */
    OVERRUN_WORK_SLOPE, /* so does pullback                                            */
    WORK_ZEROED,        /* values takes its scratch for zeroed                         */
    IMPURE_VALUES,      /* values drift by one unit in the last place from call to call */
    IMPURE_SLOPE,       /* so does pullback                                            */
    IMPURE_MOMENTS,     /* so do moments                                               */
    RACE_VALUES,        /* values keeps numbers in self                                */
    RACE_SLOPE,         /* so does pullback                                            */
    RACE_MOMENTS,       /* so do moments                                               */
    RACE_STATUS,        /* values fails if it is called while it runs                  */
    FAULTS
};

struct faulty {
    enum fault fault;
    double scale[FAULTY_K];
    atomic_int bound, staged, destroyed; /* bindings and stages open now; calls of destroy */
    atomic_int calls, order;             /* all calls; calls that came without bind or prepare */
    atomic_int inside;
    int64_t largest_count; /* experts in one call */
    /* the function that fails, at the call with this number (from 0) of it, and what it returns */
    const char *fail_in;
    int fail_at;
    int32_t fail_with;
    int seen;
    _Atomic double kept; /* what a racy function keeps in self */
    atomic_int drift;
};

static inline int32_t faulty_fails(struct faulty *self, const char *name)
{
    atomic_fetch_add(&self->calls, 1);
    if (!self->fail_in || strcmp(self->fail_in, name))
        return 0;
    return self->seen++ == self->fail_at ? self->fail_with : 0;
}

/* A number that takes the way through self if the fault is `race`. */
static inline double faulty_detour(struct faulty *self, enum fault race, double number)
{
    if (self->fault != race)
        return number;
    atomic_store(&self->kept, number);
    sched_yield();
    return atomic_load(&self->kept);
}

/* 1, or a little more at every other call if the fault is `impure` */
static inline double faulty_drift(struct faulty *self, enum fault impure)
{
    return self->fault == impure && atomic_fetch_add(&self->drift, 1) % 2 ? 1 + 0x1p-52 : 1;
}

static inline int32_t faulty_bind(void *object, int64_t n, const double *x, void **bound)
{
    struct faulty *self = object;
    (void)n, (void)x;
    const int32_t failure = faulty_fails(self, "bind");
    if (failure)
        return failure;
    atomic_fetch_add(&self->bound, 1);
    *bound = &self->bound;
    return 0;
}

static inline void faulty_unbind(void *object, void *bound)
{
    struct faulty *self = object;
    atomic_fetch_add(&self->order, bound != &self->bound);
    atomic_fetch_sub(&self->bound, 1);
}

static inline int32_t faulty_prepare(void *object, void *bound, int64_t n, const double *x, const double *r,
                                     void **stage)
{
    struct faulty *self = object;
    (void)n, (void)x, (void)r;
    atomic_fetch_add(&self->order, bound != &self->bound);
    const int32_t failure = faulty_fails(self, "prepare");
    if (failure)
        return failure;
    atomic_fetch_add(&self->staged, 1);
    *stage = &self->staged;
    return 0;
}

static inline void faulty_release(void *object, void *bound, void *stage)
{
    struct faulty *self = object;
    atomic_fetch_add(&self->order, bound != &self->bound || stage != &self->staged);
    atomic_fetch_sub(&self->staged, 1);
}

static inline int64_t faulty_workspace(void *object, void *bound, int64_t count)
{
    struct faulty *self = object;
    atomic_fetch_add(&self->order, bound != &self->bound);
    const int32_t failure = faulty_fails(self, "workspace");
    return failure ? failure : count * FAULTY_WORK;
}

static inline double faulty_value(const struct faulty *self, const double *theta, const double *x, int64_t k)
{
    const double half = self->fault == PERIOD_WRONG ? 0.5 : 1;
    return self->scale[k] *
           (cos(half * theta[0] + x[0]) + (double)(k + 1) * theta[1] * sin(half * theta[0] - x[1]));
}

static inline int32_t faulty_values(void *object, void *bound, int64_t n, const double *x, int64_t count,
                                    const double *theta, double *f, void *work)
{
    struct faulty *self = object;
    const enum fault fault = self->fault;
    unsigned char *bytes = work;
    atomic_fetch_add(&self->order, bound != &self->bound);
    const int32_t failure = faulty_fails(self, "values");
    if (failure)
        return failure;
    if (count > self->largest_count && fault < RACE_VALUES)
        self->largest_count = count;
    if (fault == RACE_STATUS) {
        const int others = atomic_fetch_add(&self->inside, 1);
        sched_yield();
        atomic_fetch_sub(&self->inside, 1);
        if (others)
            return -9;
    }
    const double drift = faulty_drift(self, IMPURE_VALUES);
    const double extra = fault == WORK_ZEROED ? ((const double *)work)[0] : 0;
    memset(bytes, 1, (size_t)(count * FAULTY_WORK) + (fault == OVERRUN_WORK));
    for (int64_t i = 0; i < count; i++)
        for (int64_t j = 0; j < n; j++)
            for (int64_t k = 0; k < FAULTY_K; k++) {
                double value = faulty_value(self, theta + i * FAULTY_D, x + j * FAULTY_P, k) * drift + extra;
                value = faulty_detour(self, RACE_VALUES, value);
                if (fault == VALUE_BATCH && i > 0 && i == count - 1)
                    value *= 1 + 1e-5;
                if (fault == VALUE_INPUT)
                    value *= 1 + 1e-5 * (double)n;
                if (fault == VALUE_NAN && j == n / 2)
                    value = (double)NAN;
                if (fault == VALUE_INFINITE && k == 1)
                    value = (double)INFINITY;
                if (fault != VALUE_UNWRITTEN || i < count - 1 || j < n - 1 || k < FAULTY_K - 1)
                    f[(i * n + j) * FAULTY_K + k] = value;
            }
    if (fault == OVERRUN_F)
        f[count * n * FAULTY_K] = 0;
    return 0;
}

static inline int32_t faulty_pullback(void *object, void *bound, void *stage, int64_t n, const double *x,
                                      int64_t count, const double *theta, const double *r, double *g,
                                      void *work)
{
    struct faulty *self = object;
    const enum fault fault = self->fault;
    unsigned char *bytes = work;
    atomic_fetch_add(&self->order, bound != &self->bound || stage != &self->staged);
    const int32_t failure = faulty_fails(self, "pullback");
    if (failure)
        return failure;
    const double drift = faulty_drift(self, IMPURE_SLOPE), half = fault == PERIOD_WRONG ? 0.5 : 1;
    memset(bytes, 1, (size_t)(count * FAULTY_WORK) + (fault == OVERRUN_WORK_SLOPE));
    for (int64_t i = 0; i < count; i++) {
        const double *at = theta + (fault == SLOPE_BATCH ? 0 : i * FAULTY_D);
        double sum[FAULTY_D] = {0};
        for (int64_t j = 0; j < n - (fault == SLOPE_INPUT && n > 1); j++)
            for (int64_t k = 0; k < FAULTY_K - (fault == SLOPE_ONE_OUTPUT); k++) {
                const double *y = x + j * FAULTY_P;
                const double rk =
                    self->scale[k] * (fault == SLOPE_TRANSPOSED ? r[k * n + j] : r[j * FAULTY_K + k]);
                sum[0] += half * rk *
                          (-sin(half * at[0] + y[0]) + (double)(k + 1) * at[1] * cos(half * at[0] - y[1]));
                sum[1] += rk * (double)(k + 1) * sin(half * at[0] - y[1]);
            }
        sum[0] *= fault == SLOPE_SMALL ? 1 + 1e-4 : 1;
        sum[1] *= fault == SLOPE_SIGN ? -1 : 1;
        for (int64_t a = 0; a < FAULTY_D; a++) {
            const double value = faulty_detour(self, RACE_SLOPE, drift * sum[a]);
            g[i * FAULTY_D + a] = value + (fault == SLOPE_ADDS ? g[i * FAULTY_D + a] : 0);
        }
    }
    if (fault == OVERRUN_G)
        g[count * FAULTY_D] = 0;
    return 0;
}

static inline int64_t faulty_moment_count(void *object, void *bound)
{
    struct faulty *self = object;
    atomic_fetch_add(&self->order, bound != &self->bound);
    const int32_t failure = faulty_fails(self, "moment_count");
    return failure ? failure : FAULTY_M;
}

static inline int32_t faulty_moments(void *object, void *bound, int64_t n, const double *x, int64_t count,
                                     const double *theta, const double *w, double *m, void *work)
{
    struct faulty *self = object;
    const enum fault fault = self->fault;
    (void)n, (void)x, (void)work;
    atomic_fetch_add(&self->order, bound != &self->bound);
    const int32_t failure = faulty_fails(self, "moments");
    if (failure)
        return failure;
    const double drift = faulty_drift(self, IMPURE_MOMENTS), half = fault == PERIOD_WRONG ? 0.5 : 1;
    if (fault == MOMENTS_OVERWRITE)
        memset(m, 0, FAULTY_M * sizeof *m);
    for (int64_t i = 0; i < count - (fault == MOMENTS_BATCH && count > 1); i++) {
        const double *at = theta + i * FAULTY_D, weight = fault == MOMENTS_WEIGHTS ? 1.0 / 5 : w[i];
        const double c = faulty_detour(self, RACE_MOMENTS, drift * weight * cos(half * at[0]));
        const double s = weight * sin(half * at[0]);
        m[0] += c;
        m[1] += s;
        m[2] += at[1] * c;
        m[3] += at[1] * s;
    }
    if (fault == OVERRUN_M)
        m[FAULTY_M] += 1;
    return 0;
}

static inline int32_t faulty_predict(void *object, void *bound, int64_t n, const double *x, const double *m,
                                     double *f)
{
    struct faulty *self = object;
    atomic_fetch_add(&self->order, bound != &self->bound);
    const int32_t failure = faulty_fails(self, "predict");
    if (failure)
        return failure;
    for (int64_t j = 0; j < n; j++)
        for (int64_t k = 0; k < FAULTY_K; k++) {
            const double *y = x + j * FAULTY_P, factor = self->fault == PREDICT_WRONG ? 1 : (double)(k + 1);
            f[j * FAULTY_K + k] = self->scale[k] * (m[0] * cos(y[0]) - m[1] * sin(y[0]) +
                                                    factor * (m[3] * cos(y[1]) - m[2] * sin(y[1])));
        }
    if (self->fault == OVERRUN_PREDICTED)
        f[n * FAULTY_K] = 0;
    return 0;
}

static inline void faulty_destroy(void *object)
{
    struct faulty *self = object;
    atomic_fetch_add(&self->destroyed, 1);
}

static inline moe_expert_ops faulty_ops(uint64_t flags)
{
    const moe_expert_ops ops = {.struct_size = sizeof ops,
                                .flags = flags,
                                .values = faulty_values,
                                .pullback = faulty_pullback,
                                .bind = faulty_bind,
                                .unbind = faulty_unbind,
                                .workspace = faulty_workspace,
                                .moment_count = faulty_moment_count,
                                .moments = faulty_moments,
                                .predict = faulty_predict,
                                .prepare = faulty_prepare,
                                .release = faulty_release,
                                .destroy = faulty_destroy};
    return ops;
}

static const double faulty_period[FAULTY_D] = {2 * PI, (double)INFINITY};

/* Balanced: whatever was bound and prepared has been undone, and nothing came out of order. */
static inline int faulty_is_clean(const struct faulty *self)
{
    return self->bound == 0 && self->staged == 0 && self->order == 0;
}

#endif
