/* potential.c - the potential V on the parameters, of a block of experts.
 *
 * Decay by lambda is lambda/2 theta^2 on a real coordinate. On a circle of period 2 pi u it is the periodic
 * function lambda u^2 (1 - cos(theta/u)) = 2 lambda u^2 sin^2(theta/(2u)), which has the same curvature at 0;
 * the second form keeps its digits there.
 *
 * SPDX-License-Identifier: MIT */
#include "model/potential.h"

#include <math.h>

/* ---- a host's potential ------------------------------------------------------------------------ */

int32_t moei_own_potential_create(moe_context *context, const moe_potential_ops *ops, void *self,
                                  moei_own_potential **out)
{
    const uint64_t known = MOE_POTENTIAL_THREAD_SAFE;
    moe_potential_ops table;
    const int32_t status =
        moei_read_table(context, ops, offsetof(moe_potential_ops, destroy), sizeof table, &table);
    if (status)
        return status;
    if (table.flags & ~known)
        return moei_fail(context, MOE_ERROR_VALUE, "ops->flags is 0x%llx; 0x%llx is not known",
                         (unsigned long long)table.flags, (unsigned long long)(table.flags & ~known));
    if (!table.value || !table.gradient)
        return moei_fail(context, MOE_ERROR_VTABLE, "ops->%s is NULL; every potential needs it",
                         table.value ? "gradient" : "value");
    moei_own_potential *own = MOEI_NEW(context->core, 1, moei_own_potential);
    if (!own)
        return moei_out_of_memory(context, "a potential");
    *own = (moei_own_potential){.core = moei_core_retain(context->core), .ops = table, .self = self};
    atomic_init(&own->references, 1);
    *out = own;
    return MOE_OK;
}

moei_own_potential *moei_own_potential_retain(moei_own_potential *own)
{
    moei_hold(&own->references);
    return own;
}

void moei_own_potential_release(moei_own_potential *own)
{
    if (!own || !moei_let_go(&own->references))
        return;
    moei_core *core = own->core;
    if (own->ops.destroy)
        own->ops.destroy(own->self);
    moei_free(core, own);
    moei_core_release(core);
}

/* ---- of a block of experts ---------------------------------------------------------------------- */

static double decay_value(double lambda, double period, double theta)
{
    const double u = period / (2 * MOEI_PI), root = isinf(period) ? theta / 2 : u * sin(theta / (2 * u));
    return 2 * lambda * root * root;
}

static double decay_slope(double lambda, double period, double theta)
{
    const double u = period / (2 * MOEI_PI);
    return lambda * (isinf(period) ? theta : u * sin(theta / u));
}

static double decay_bend(double lambda, double period, double theta)
{
    return lambda * (isinf(period) ? 1 : cos(theta / (period / (2 * MOEI_PI))));
}

int32_t moei_potential_sum(const moei_potential *potential, int64_t count, int64_t d, const double *period,
                           const double *theta, const double *w, double *scratch, double *sum)
{
    const moei_own_potential *own = potential->own;
    const int32_t value = own ? own->ops.value(own->self, count, d, theta, scratch) : 0;
    if (value)
        return value;
    *sum = 0;
    for (int64_t i = 0; i < count; i++) {
        double at = own ? scratch[i] : 0;
        for (int64_t a = 0; potential->decay && a < d; a++)
            at += decay_value(potential->decay[a], period[a], theta[i * d + a]);
        *sum += w[i] * at;
    }
    return 0;
}

int32_t moei_potential_descend(const moei_potential *potential, int64_t count, int64_t d,
                               const double *period, const double *theta, double *scratch, double *g)
{
    const moei_own_potential *own = potential->own;
    const int32_t value = own ? own->ops.gradient(own->self, count, d, theta, scratch) : 0;
    if (value)
        return value;
    for (int64_t i = 0; own && i < count * d; i++)
        g[i] -= scratch[i];
    for (int64_t i = 0; potential->decay && i < count; i++)
        for (int64_t a = 0; a < d; a++)
            g[i * d + a] -= decay_slope(potential->decay[a], period[a], theta[i * d + a]);
    return 0;
}

void moei_potential_bend(const moei_potential *potential, int64_t count, int64_t d, const double *period,
                         const double *theta, double *h)
{
    for (int64_t i = 0; potential->decay && i < count; i++)
        for (int64_t a = 0; a < d; a++)
            h[(i * d + a) * d + a] -= decay_bend(potential->decay[a], period[a], theta[i * d + a]);
}
