/* law.c - a product law on a domain: made, and set coordinate by coordinate.
 *
 * Invariant: a coordinate's numbers are finite, its width or deviation is positive, and an interval of a
 * circle is at most one period long. An interval that is a period up to the rounding of its ends is the
 * whole circle, so that [-pi, pi) and [0.1, 0.1 + 2 pi) get the trapezoid rule that they deserve.
 *
 * SPDX-License-Identifier: MIT */
#include "measure/law.h"

#include <float.h>
#include <math.h>
#include <string.h>

MOE_PUBLIC int32_t moe_law_create(moe_context *context, int64_t d, const double *period, moe_law **law)
{
    int32_t status;
    if (law)
        *law = NULL;
    if ((status = moei_need(context, context, "context")) || (status = moei_need(context, law, "law")) ||
        (status = moei_need_size(context, d, "d")) || (status = moei_need(context, period, "period")) ||
        (status = moei_need_shape(context, "d", 1, &d)) || (status = moei_need_periods(context, d, period)))
        return status;
    moe_law *fresh = MOEI_NEW(context->core, 1, moe_law);
    if (!fresh)
        return moei_out_of_memory(context, "a law");
    *fresh = (moe_law){.context = moei_context_retain(context),
                       .d = d,
                       .period = MOEI_NEW(context->core, d, double),
                       .coordinate = MOEI_NEW(context->core, d, moei_law_coordinate)};
    if (!fresh->period || !fresh->coordinate) {
        moe_law_destroy(fresh);
        return moei_out_of_memory(context, "a law's coordinates");
    }
    memcpy(fresh->period, period, (size_t)d * sizeof *period);
    for (int64_t k = 0; k < d; k++)
        if (isfinite(period[k]))
            fresh->coordinate[k] = (moei_law_coordinate){MOEI_LAW_CIRCLE, 0, period[k]};
    *law = fresh;
    return MOE_OK;
}

int32_t moei_law_copy(moe_context *context, const moe_law *law, moe_law **copy)
{
    const int32_t status = moe_law_create(context, law->d, law->period, copy);
    if (!status)
        memcpy((*copy)->coordinate, law->coordinate, (size_t)law->d * sizeof *law->coordinate);
    return status;
}

MOE_PUBLIC void moe_law_destroy(moe_law *law)
{
    if (!law)
        return;
    moe_context *context = law->context;
    moei_free(context->core, law->coordinate);
    moei_free(context->core, law->period);
    moei_free(context->core, law);
    moei_context_release(context);
}

MOE_PUBLIC int32_t moe_law_set_uniform(moe_law *law, int64_t k, double a, double b)
{
    int32_t status;
    if (!law)
        return MOE_ERROR_NULL;
    if ((status = moei_need_index(law->context, k, law->d, "k")) ||
        (status = moei_need_number(law->context, a, "a")) ||
        (status = moei_need_number(law->context, b, "b")))
        return status;
    const double width = b - a, period = law->period[k];
    if (!(width > 0) || isinf(width))
        return moei_fail(law->context, MOE_ERROR_VALUE, "[a, b) is [%.17g, %.17g); b - a must be positive%s",
                         a, b, isinf(width) ? " and finite" : "");
    const double rounding = 2 * DBL_EPSILON * (fabs(a) + fabs(b) + period); /* inf on the line */
    if (width > period + rounding)
        return moei_fail(law->context, MOE_ERROR_VALUE,
                         "[a, b) is [%.17g, %.17g); it may not be longer than the period, %.17g", a, b,
                         period);
    const bool whole = isfinite(period) && fabs(width - period) <= rounding;
    law->coordinate[k] = (moei_law_coordinate){whole ? MOEI_LAW_CIRCLE : MOEI_LAW_INTERVAL, a, b};
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_law_set_normal(moe_law *law, int64_t k, double mean, double deviation)
{
    int32_t status;
    if (!law)
        return MOE_ERROR_NULL;
    if ((status = moei_need_index(law->context, k, law->d, "k")) ||
        (status = moei_need_number(law->context, mean, "mean")) ||
        (status = moei_need_number(law->context, deviation, "deviation")))
        return status;
    if (!(deviation > 0))
        return moei_fail(law->context, MOE_ERROR_VALUE, "deviation is %g; it must be positive", deviation);
    if (!isfinite(fabs(mean) + 1e4 * deviation)) /* neither draws nor nodes lie farther out */
        return moei_fail(law->context, MOE_ERROR_VALUE,
                         "mean is %g and deviation %g; points of such a law would be infinite", mean,
                         deviation);
    law->coordinate[k] = (moei_law_coordinate){MOEI_LAW_NORMAL, mean, deviation};
    return MOE_OK;
}

int32_t moei_need_law(moe_context *context, const moe_law *law)
{
    for (int64_t k = 0; k < law->d; k++)
        if (law->coordinate[k].kind == MOEI_LAW_NOT_SET)
            return moei_fail(
                context, MOE_ERROR_ORDER,
                "coordinate %lld of the law is real and has no law yet; set it uniform or normal",
                (long long)k);
    return MOE_OK;
}
