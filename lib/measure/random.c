/* random.c - independent draws of a law: points[i, k] = coordinate k of draw first + i of the stream.
 *
 * Each number comes from a counter of its own (base/random.h), so a draw depends on the seed, the stream
 * and its index alone: more draws can be taken later, or on another machine, and none comes twice. Normals
 * are by Box-Muller, and left unwrapped on a circle: the domain identifies the representatives. All else goes
 * through the inverse distribution function; a block of samples is one draw, of its first coordinate.
 *
 * SPDX-License-Identifier: MIT */
#include "base/random.h"

#include "measure/law.h"

static int32_t draw_coordinate(moe_context *context, const moe_law *law, uint64_t seed, uint32_t stream,
                               uint64_t draw, int64_t k, double *x)
{
    const moei_law_coordinate *at = &law->coordinate[k];
    if (at->kind == MOEI_LAW_NORMAL) {
        *x = at->a + at->b * moei_random_normal(seed, stream, draw, (uint32_t)k);
        return MOE_OK;
    }
    return moei_law_quantile(context, law, k, moei_random_uniform(seed, stream, draw, (uint32_t)at->first),
                             x);
}

MOE_PUBLIC int32_t moe_measure_random(moe_context *context, const moe_law *law, uint64_t seed, int64_t stream,
                                      int64_t first, int64_t count, moe_measure **measure)
{
    int32_t status;
    moe_measure *fresh = NULL;
    if (measure)
        *measure = NULL;
    if ((status = moei_need(context, context, "context")) || (status = moei_need(context, law, "law")) ||
        (status = moei_need(context, measure, "measure")) ||
        (status = moei_need_counters(context, law, stream)))
        return status;
    if (first < 0)
        return moei_fail(context, MOE_ERROR_VALUE, "first is %lld; it must be at least 0", (long long)first);
    if ((status = moei_need_law(context, law)) ||
        (status = moei_measure_new(context, law->d, law->period, count, &fresh)))
        return status;
    for (int64_t i = 0; !status && i < count; i++) {
        for (int64_t k = 0; !status && k < law->d; k++)
            status = draw_coordinate(context, law, seed, (uint32_t)stream, (uint64_t)first + (uint64_t)i, k,
                                     &fresh->points[i * law->d + k]);
        fresh->weights[i] = 1 / (double)count;
    }
    if (status) {
        moe_measure_destroy(fresh);
        return status;
    }
    *measure = fresh;
    return MOE_OK;
}
