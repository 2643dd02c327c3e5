/* random.c - independent draws of a law: points[i, k] = coordinate k of draw first + i of the stream.
 *
 * Each number comes from a counter of its own (base/random.h), so a draw depends on the seed, the stream
 * and its index alone: more draws can be taken later, or on another machine, and none comes twice. A
 * wrapped normal is left unwrapped: the domain identifies the representatives.
 *
 * SPDX-License-Identifier: MIT */
#include "base/random.h"

#include "measure/law.h"

#include <math.h>

/* x < b for x = a + u (b - a): rounding may reach b */
static double uniform_on(double a, double b, double u)
{
    const double x = a + u * (b - a);
    return x < b ? x : nextafter(b, a);
}

static double draw_coordinate(const moei_law_coordinate *law, uint64_t seed, uint32_t stream, uint64_t draw,
                              uint32_t k)
{
    if (law->kind == MOEI_LAW_NORMAL)
        return law->a + law->b * moei_random_normal(seed, stream, draw, k);
    return uniform_on(law->a, law->b, moei_random_uniform(seed, stream, draw, k));
}

MOE_PUBLIC int32_t moe_measure_random(moe_context *context, const moe_law *law, uint64_t seed, int64_t stream,
                                      int64_t first, int64_t count, moe_measure **measure)
{
    int32_t status;
    if (measure)
        *measure = NULL;
    if ((status = moei_need(context, context, "context")) || (status = moei_need(context, law, "law")) ||
        (status = moei_need(context, measure, "measure")))
        return status;
    if (stream < 0 || stream > UINT32_MAX)
        return moei_fail(context, MOE_ERROR_VALUE, "stream is %lld; it takes 0 to 2^32 - 1",
                         (long long)stream);
    if (first < 0)
        return moei_fail(context, MOE_ERROR_VALUE, "first is %lld; it must be at least 0", (long long)first);
    if (law->d > UINT32_MAX)
        return moei_fail(context, MOE_ERROR_SIZE, "the law has %lld coordinates; draws take up to 2^32 - 1",
                         (long long)law->d);
    if ((status = moei_need_law(context, law)) ||
        (status = moei_measure_new(context, law->d, law->period, count, measure)))
        return status;
    for (int64_t i = 0; i < count; i++) {
        for (int64_t k = 0; k < law->d; k++)
            (*measure)->points[i * law->d + k] = draw_coordinate(&law->coordinate[k], seed, (uint32_t)stream,
                                                                 (uint64_t)first + (uint64_t)i, (uint32_t)k);
        (*measure)->weights[i] = 1 / (double)count;
    }
    return MOE_OK;
}
