/* measure.c - a weighted measure sum_i w[i] delta_{points[i]} on a domain: making, counting, reading.
 *
 * A measure never changes once the call that made it has returned, so any threads may share it. Flows copy
 * what they need of it.
 *
 * SPDX-License-Identifier: MIT */
#include "measure/measure.h"

#include <string.h>

int32_t moei_measure_new(moe_context *context, int64_t d, const double *period, int64_t count,
                         moe_measure **out)
{
    int32_t status;
    *out = NULL;
    if ((status = moei_need(context, context, "context")) || (status = moei_need_size(context, d, "d")) ||
        (status = moei_need_size(context, count, "count")) ||
        (status = moei_need_shape(context, "count x d", 2, (const int64_t[]){count, d})) ||
        (status = moei_need(context, period, "period")) || (status = moei_need_periods(context, d, period)))
        return status;
    moe_measure *measure = MOEI_NEW(context->core, 1, moe_measure);
    if (!measure)
        return moei_out_of_memory(context, "a measure");
    measure->core = moei_core_retain(context->core);
    atomic_init(&measure->references, 1);
    measure->d = d;
    measure->count = count;
    measure->period = MOEI_NEW(context->core, d, double);
    measure->points = MOEI_NEW(context->core, count * d, double);
    measure->weights = MOEI_NEW(context->core, count, double);
    if (!measure->period || !measure->points || !measure->weights) {
        moe_measure_destroy(measure);
        return moei_out_of_memory(context, "a measure's points");
    }
    memcpy(measure->period, period, (size_t)d * sizeof *period);
    *out = measure;
    return MOE_OK;
}

moe_measure *moei_measure_retain(const moe_measure *measure)
{
    moei_hold(&measure->references);
    return (moe_measure *)(uintptr_t)measure;
}

MOE_PUBLIC void moe_measure_destroy(moe_measure *measure)
{
    if (!measure || !moei_let_go(&measure->references))
        return;
    moei_core *core = measure->core;
    moei_free(core, measure->weights);
    moei_free(core, measure->points);
    moei_free(core, measure->period);
    moei_free(core, measure);
    moei_core_release(core);
}

MOE_PUBLIC int32_t moe_measure_create(moe_context *context, int64_t d, const double *period, int64_t count,
                                      const double *points, const double *weights, moe_measure **measure)
{
    int32_t status;
    moe_measure *fresh = NULL;
    if (measure)
        *measure = NULL;
    if ((status = moei_need(context, context, "context")) ||
        (status = moei_need(context, measure, "measure")) ||
        (status = moei_need(context, points, "points")) ||
        (status = moei_measure_new(context, d, period, count, &fresh)))
        return status;
    if ((status = moei_need_finite(context, count * d, points, "points")) ||
        (weights && (status = moei_need_weights(context, count, weights, false, "weights")))) {
        moe_measure_destroy(fresh);
        return status;
    }
    memcpy(fresh->points, points, (size_t)(count * d) * sizeof *points);
    for (int64_t i = 0; i < count; i++)
        fresh->weights[i] = weights ? weights[i] : 1 / (double)count;
    *measure = fresh;
    return MOE_OK;
}

int32_t moei_need_domain(moe_context *context, const moe_measure *measure, int64_t d, const double *period,
                         const char *name)
{
    if (measure->d != d)
        return moei_fail(context, MOE_ERROR_DOMAIN, "%s has %lld coordinates; it needs %lld", name,
                         (long long)measure->d, (long long)d);
    for (int64_t a = 0; a < d; a++)
        if (measure->period[a] != period[a])
            return moei_fail(
                context, MOE_ERROR_DOMAIN,
                "coordinate %lld of %s has period %.17g; it needs %.17g (inf: a real coordinate)",
                (long long)a, name, measure->period[a], period[a]);
    return MOE_OK;
}

MOE_PUBLIC int64_t moe_measure_count(const moe_measure *measure)
{
    return measure ? measure->count : 0;
}

MOE_PUBLIC int64_t moe_measure_dimension(const moe_measure *measure)
{
    return measure ? measure->d : 0;
}

MOE_PUBLIC const double *moe_measure_points(const moe_measure *measure)
{
    return measure ? measure->points : NULL;
}

MOE_PUBLIC const double *moe_measure_weights(const moe_measure *measure)
{
    return measure ? measure->weights : NULL;
}

MOE_PUBLIC const double *moe_measure_period(const moe_measure *measure)
{
    return measure ? measure->period : NULL;
}
