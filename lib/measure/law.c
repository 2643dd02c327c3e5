/* law.c - a product law on a domain: made, and set coordinate by coordinate, or samples for several at once.
 *
 * Invariant: a coordinate's numbers are finite, its width, deviation or concentration is positive, and an
 * interval of a circle is at most one period long. An interval that is a period up to the rounding of its
 * ends is the whole circle, so that [-pi, pi) and [0.1, 0.1 + 2 pi) get the trapezoid rule that they deserve.
 * A coordinate that is set anew leaves its block of samples, and takes the whole block out of the law.
 *
 * SPDX-License-Identifier: MIT */
#include "measure/law.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* what a coordinate is when nothing has been said of it */
static moei_law_coordinate unsaid(int64_t k, double period)
{
    const bool circle = isfinite(period);
    return (moei_law_coordinate){
        .kind = circle ? MOEI_LAW_CIRCLE : MOEI_LAW_NOT_SET, .b = circle ? period : 0, .first = k};
}

static void let_go(moei_host_quantile *host)
{
    if (!host || atomic_fetch_sub(&host->references, 1) > 1)
        return;
    moe_context *context = host->context;
    if (host->destroy)
        host->destroy(host->self);
    moei_free(context->core, host);
    moei_context_release(context);
}

/* Coordinate k, and the block of samples that it belongs to, as after moe_law_create. */
static void forget(moe_law *law, int64_t k)
{
    const bool samples = law->coordinate[k].kind == MOEI_LAW_SAMPLES;
    const int64_t first = samples ? law->coordinate[k].first : k;
    const int64_t width = samples ? law->coordinate[first].width : 1;
    moei_free(law->context->core, law->coordinate[first].table);
    let_go(law->coordinate[first].host);
    for (int64_t l = first; l < first + width; l++)
        law->coordinate[l] = unsaid(l, law->period[l]);
}

/* Coordinate k <- `fresh`, with a table of its own if it is a peak on a circle. */
static int32_t set(moe_law *law, int64_t k, moei_law_coordinate fresh)
{
    fresh.first = k;
    fresh.table = NULL;
    if (isfinite(law->period[k]) && (fresh.kind == MOEI_LAW_NORMAL || fresh.kind == MOEI_LAW_VON_MISES)) {
        fresh.table = MOEI_NEW(law->context->core, MOEI_CIRCULAR_TABLE, double);
        if (!fresh.table)
            return moei_out_of_memory(law->context, "a law on a circle");
        const moei_circular angles = moei_law_circular(&fresh, law->period[k]);
        moei_circular_table(&angles, fresh.table);
    }
    forget(law, k);
    law->coordinate[k] = fresh;
    return MOE_OK;
}

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
        fresh->coordinate[k] = unsaid(k, period[k]);
    *law = fresh;
    return MOE_OK;
}

MOE_PUBLIC void moe_law_destroy(moe_law *law)
{
    if (!law)
        return;
    moe_context *context = law->context;
    for (int64_t k = 0; law->coordinate && k < law->d; k++) {
        moei_free(context->core, law->coordinate[k].table);
        let_go(law->coordinate[k].host);
    }
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
    return set(law, k,
               (moei_law_coordinate){.kind = whole ? MOEI_LAW_CIRCLE : MOEI_LAW_INTERVAL, .a = a, .b = b});
}

MOE_PUBLIC int32_t moe_law_set_normal(moe_law *law, int64_t k, double mean, double deviation)
{
    int32_t status;
    if (!law)
        return MOE_ERROR_NULL;
    if ((status = moei_need_index(law->context, k, law->d, "k")) ||
        (status = moei_need_number(law->context, mean, "mean")) ||
        (status = moei_need_number(law->context, deviation, "deviation")) ||
        (status = moei_need_positive(law->context, MOE_ERROR_VALUE, deviation, "deviation")))
        return status;
    if (!isfinite(fabs(mean) + 1e4 * deviation)) /* neither draws nor nodes lie farther out */
        return moei_fail(law->context, MOE_ERROR_VALUE,
                         "mean is %g and deviation %g; points of such a law would be infinite", mean,
                         deviation);
    return set(law, k, (moei_law_coordinate){.kind = MOEI_LAW_NORMAL, .a = mean, .b = deviation});
}

MOE_PUBLIC int32_t moe_law_set_von_mises(moe_law *law, int64_t k, double mean, double concentration)
{
    int32_t status;
    if (!law)
        return MOE_ERROR_NULL;
    if ((status = moei_need_index(law->context, k, law->d, "k")) ||
        (status = moei_need_number(law->context, mean, "mean")) ||
        (status = moei_need_number(law->context, concentration, "concentration")))
        return status;
    if (isinf(law->period[k]))
        return moei_fail(law->context, MOE_ERROR_PERIOD,
                         "coordinate %lld is real; a von Mises law lives on a circle", (long long)k);
    if (!(concentration >= 0 && concentration <= 1e12))
        return moei_fail(law->context, MOE_ERROR_VALUE, "concentration is %g; it takes 0 to 1e12",
                         concentration);
    if (concentration == 0)
        return set(law, k,
                   (moei_law_coordinate){.kind = MOEI_LAW_CIRCLE,
                                         .a = mean - law->period[k] / 2,
                                         .b = mean + law->period[k] / 2});
    return set(law, k, (moei_law_coordinate){.kind = MOEI_LAW_VON_MISES, .a = mean, .b = concentration});
}

MOE_PUBLIC int32_t moe_law_set_fixed(moe_law *law, int64_t k, double value)
{
    int32_t status;
    if (!law)
        return MOE_ERROR_NULL;
    if ((status = moei_need_index(law->context, k, law->d, "k")) ||
        (status = moei_need_number(law->context, value, "value")))
        return status;
    return set(law, k, (moei_law_coordinate){.kind = MOEI_LAW_FIXED, .a = value});
}

/* Asks the quantile at 33 places for what its author gets wrong. */
static int32_t check_quantile(moe_law *law, int64_t k, moe_quantile quantile, void *self)
{
    enum { PLACES = 33 };
    moe_law probe = *law;
    moei_host_quantile host = {.function = quantile, .self = self};
    moei_law_coordinate at = {.kind = MOEI_LAW_QUANTILE, .host = &host};
    double first = 0, before = 0, x = 0;
    probe.coordinate = &at;
    for (int i = 0; i < PLACES; i++) {
        const double u = (i + 0.5) / PLACES;
        const int32_t status = moei_law_quantile(law->context, &probe, 0, u, &x);
        if (status)
            return status;
        if (i && x < before)
            return moei_fail(law->context, MOE_ERROR_VALUE,
                             "the quantile decreases from %.17g to %.17g below u = %.17g", before, x, u);
        before = x;
        first = i ? first : x;
    }
    if (x - first > law->period[k])
        return moei_fail(law->context, MOE_ERROR_VALUE,
                         "the quantile runs from %.17g to %.17g, farther than the period, %.17g", first, x,
                         law->period[k]);
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_law_set_quantile(moe_law *law, int64_t k, moe_quantile quantile, void *self,
                                        moe_destroy destroy)
{
    int32_t status;
    if (!law)
        return MOE_ERROR_NULL;
    if ((status = moei_need_index(law->context, k, law->d, "k")))
        return status;
    if (!quantile)
        return moei_fail(law->context, MOE_ERROR_NULL, "quantile is NULL");
    if ((status = check_quantile(law, k, quantile, self)))
        return status;
    moei_host_quantile *host = MOEI_NEW(law->context->core, 1, moei_host_quantile);
    if (!host)
        return moei_out_of_memory(law->context, "a law's quantile");
    *host = (moei_host_quantile){
        .context = moei_context_retain(law->context), .function = quantile, .self = self, .destroy = destroy};
    atomic_init(&host->references, 1);
    return set(law, k,
               (moei_law_coordinate){.kind = MOEI_LAW_QUANTILE, .host = host}); /* which cannot fail */
}

static int ascending(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

MOE_PUBLIC int32_t moe_law_set_samples(moe_law *law, int64_t first, int64_t width, int64_t count,
                                       const double *samples)
{
    int32_t status;
    if (!law)
        return MOE_ERROR_NULL;
    moe_context *context = law->context;
    if ((status = moei_need_index(context, first, law->d, "first")) ||
        (status = moei_need_size(context, width, "width")) ||
        (status = moei_need_size(context, count, "count")) ||
        (status = moei_need(context, samples, "samples")))
        return status;
    if (width > law->d - first)
        return moei_fail(context, MOE_ERROR_SIZE, "width is %lld; from coordinate %lld on there are %lld",
                         (long long)width, (long long)first, (long long)(law->d - first));
    if ((status = moei_need_shape(context, "count x width", 2, (const int64_t[]){count, width})) ||
        (status = moei_need_finite(context, count * width, samples, "samples")))
        return status;
    double *table = MOEI_NEW(context->core, count * width, double);
    if (!table)
        return moei_out_of_memory(context, "a law's samples");
    memcpy(table, samples, (size_t)(count * width) * sizeof *samples);
    if (width == 1)
        qsort(table, (size_t)count, sizeof *table, ascending);
    for (int64_t k = first; k < first + width; k++)
        forget(law, k);
    for (int64_t k = first; k < first + width; k++)
        law->coordinate[k] =
            (moei_law_coordinate){.kind = MOEI_LAW_SAMPLES, .first = first, .width = width, .count = count};
    law->coordinate[first].table = table;
    return MOE_OK;
}

/* doubles of the table that coordinate k owns */
static int64_t table_size(const moei_law_coordinate *at)
{
    if (!at->table)
        return 0;
    return at->kind == MOEI_LAW_SAMPLES ? at->count * at->width : MOEI_CIRCULAR_TABLE;
}

int64_t moei_law_random_coordinates(const moe_law *law)
{
    int64_t d = 0;
    for (int64_t k = 0; k < law->d; k++)
        d += law->coordinate[k].kind != MOEI_LAW_FIXED;
    return d;
}

int32_t moei_law_copy(moe_context *context, const moe_law *law, moe_law **copy)
{
    moe_law *fresh = NULL;
    int32_t status = moe_law_create(context, law->d, law->period, &fresh);
    for (int64_t k = 0; !status && k < law->d; k++) {
        const int64_t size = table_size(&law->coordinate[k]);
        fresh->coordinate[k] = law->coordinate[k];
        if (fresh->coordinate[k].host)
            atomic_fetch_add(&fresh->coordinate[k].host->references, 1);
        fresh->coordinate[k].table = size ? MOEI_NEW(context->core, size, double) : NULL;
        if (size && !fresh->coordinate[k].table)
            status = moei_out_of_memory(context, "a copy of a law");
        else if (size)
            memcpy(fresh->coordinate[k].table, law->coordinate[k].table, (size_t)size * sizeof(double));
    }
    if (status) {
        moe_law_destroy(fresh);
        fresh = NULL;
    }
    *copy = fresh;
    return status;
}

int32_t moei_need_law(moe_context *context, const moe_law *law)
{
    for (int64_t k = 0; k < law->d; k++)
        if (law->coordinate[k].kind == MOEI_LAW_NOT_SET)
            return moei_fail(
                context, MOE_ERROR_ORDER,
                "coordinate %lld of the law is real and has no law yet; set one, uniform or normal say",
                (long long)k);
    return MOE_OK;
}

int32_t moei_need_counters(moe_context *context, const moe_law *law, int64_t stream)
{
    if (stream < 0 || stream > UINT32_MAX)
        return moei_fail(context, MOE_ERROR_VALUE, "stream is %lld; it takes 0 to 2^32 - 1",
                         (long long)stream);
    if (law->d > UINT32_MAX)
        return moei_fail(context, MOE_ERROR_SIZE, "the law has %lld coordinates; draws take up to 2^32 - 1",
                         (long long)law->d);
    return MOE_OK;
}

int32_t moei_need_law_domain(moe_context *context, const moe_law *law, int64_t d, const double *period)
{
    if (law->d != d)
        return moei_fail(context, MOE_ERROR_DOMAIN, "the law has %lld coordinates; it needs %lld",
                         (long long)law->d, (long long)d);
    for (int64_t k = 0; k < d; k++)
        if (law->period[k] != period[k])
            return moei_fail(
                context, MOE_ERROR_DOMAIN,
                "coordinate %lld of the law has period %.17g; it needs %.17g (inf: a real coordinate)",
                (long long)k, law->period[k], period[k]);
    return MOE_OK;
}
