/* objectives.h - a host's own loss and potential, which fail or lie on request.
 *
 *   loss       1/2 |f - y|^2, as the library's, to the bit
 *   potential  sum_a c (1 - cos theta_a) on every coordinate, periodic or not
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOE_TEST_OBJECTIVES_H
#define MOE_TEST_OBJECTIVES_H

#include "support/test.h"

#include <stdatomic.h>

/* The calls of a function in [from, until) return `with`, or give NaN if that is 0. */
struct misbehaviour {
    _Atomic int64_t calls;
    int64_t from, until;
    int32_t with;
};

static inline int misbehaves(struct misbehaviour *m)
{
    const int64_t call = atomic_fetch_add(&m->calls, 1);
    return call >= m->from && call < m->until;
}

struct own {
    struct misbehaviour value, slope; /* slope: residual or gradient */
    double c;                         /* the potential's */
    atomic_int destroyed;
};

static inline int32_t own_loss_value(void *self, int64_t n, int64_t K, const double *f, const double *y,
                                     double *value)
{
    struct own *own = self;
    const int bad = misbehaves(&own->value);
    if (bad && own->value.with)
        return own->value.with;
    for (int64_t j = 0; j < n; j++) {
        double sum = bad ? (double)NAN : 0;
        for (int64_t k = j * K; k < (j + 1) * K; k++)
            sum += (f[k] - y[k]) * (f[k] - y[k]);
        value[j] = sum / 2;
    }
    return 0;
}

static inline int32_t own_loss_residual(void *self, int64_t n, int64_t K, const double *f, const double *y,
                                        double *r)
{
    struct own *own = self;
    const int bad = misbehaves(&own->slope);
    if (bad && own->slope.with)
        return own->slope.with;
    for (int64_t k = 0; k < n * K; k++)
        r[k] = bad ? (double)NAN : f[k] - y[k];
    return 0;
}

static inline int32_t own_loss_curvature(void *self, int64_t n, int64_t K, const double *f, const double *y,
                                         const double *u, double *c)
{
    (void)self, (void)f, (void)y;
    memcpy(c, u, (size_t)(n * K) * sizeof *c);
    return 0;
}

/* labels up to 5 */
static inline int32_t own_loss_check(void *self, int64_t K, const double *y)
{
    (void)self;
    for (int64_t k = 0; k < K; k++)
        if (y[k] > 5)
            return y[k] > 100 ? MOE_ERROR_MEMORY : 17;
    return 0;
}

static inline void own_destroy(void *self)
{
    atomic_fetch_add(&((struct own *)self)->destroyed, 1);
}

static inline moe_loss_ops own_loss(void)
{
    const moe_loss_ops ops = {.struct_size = sizeof ops,
                              .value = own_loss_value,
                              .residual = own_loss_residual,
                              .curvature = own_loss_curvature,
                              .check = own_loss_check,
                              .destroy = own_destroy};
    return ops;
}

static inline int32_t own_potential_value(void *self, int64_t count, int64_t d, const double *theta,
                                          double *value)
{
    struct own *own = self;
    const int bad = misbehaves(&own->value);
    if (bad && own->value.with)
        return own->value.with;
    for (int64_t i = 0; i < count; i++) {
        value[i] = bad ? (double)NAN : 0;
        for (int64_t a = 0; a < d; a++)
            value[i] += own->c * (1 - cos(theta[i * d + a]));
    }
    return 0;
}

static inline int32_t own_potential_gradient(void *self, int64_t count, int64_t d, const double *theta,
                                             double *g)
{
    struct own *own = self;
    const int bad = misbehaves(&own->slope);
    if (bad && own->slope.with)
        return own->slope.with;
    for (int64_t i = 0; i < count * d; i++)
        g[i] = bad ? (double)NAN : own->c * sin(theta[i]);
    return 0;
}

static inline moe_potential_ops own_potential(uint64_t flags)
{
    const moe_potential_ops ops = {.struct_size = sizeof ops,
                                   .flags = flags,
                                   .value = own_potential_value,
                                   .gradient = own_potential_gradient,
                                   .destroy = own_destroy};
    return ops;
}

#endif
