/* check.c - the checks of arguments that every public function makes at its door.
 *
 * SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <math.h>
#include <stdio.h>

int32_t moei_need(moe_context *context, const void *pointer, const char *name)
{
    return pointer ? MOE_OK : moei_fail(context, MOE_ERROR_NULL, "%s is NULL", name);
}

int32_t moei_need_size(moe_context *context, int64_t size, const char *name)
{
    if (size > 0)
        return MOE_OK;
    return moei_fail(context, MOE_ERROR_SIZE, "%s is %lld; it must be at least 1", name, (long long)size);
}

int32_t moei_need_capacity(moe_context *context, const void *bytes, int64_t capacity, const int64_t *length)
{
    int32_t status = moei_need(context, length, "length");
    if (!status && capacity)
        status = moei_need(context, bytes, "bytes");
    if (!status && capacity < 0)
        status = moei_fail(context, MOE_ERROR_SIZE, "capacity is %lld; it must be at least 0",
                           (long long)capacity);
    return status;
}

int32_t moei_need_shape(moe_context *context, const char *names, int rank, const int64_t *sizes)
{
    int64_t total = (int64_t)sizeof(double);
    char text[128] = "";
    for (int i = 0, used = 0; i < rank; i++) {
        total = moei_mul(total, sizes[i]);
        if (used < (int)sizeof text)
            used += snprintf(text + used, sizeof text - (size_t)used, "%s%lld", i ? " x " : "",
                             (long long)sizes[i]);
    }
    if (total >= 0)
        return MOE_OK;
    return moei_fail(context, MOE_ERROR_SIZE, "%s is %s; that is more than memory can hold", names, text);
}

int32_t moei_need_number(moe_context *context, double value, const char *name)
{
    return isfinite(value) ? MOE_OK : moei_fail(context, MOE_ERROR_NOT_FINITE, "%s is %g", name, value);
}

int32_t moei_need_positive(moe_context *context, int32_t status, double value, const char *name)
{
    if (value > 0 && isfinite(value))
        return MOE_OK;
    return moei_fail(context, status, "%s is %g; it must be positive and finite", name, value);
}

int32_t moei_need_not_negative(moe_context *context, int32_t status, double value, const char *name)
{
    if (value >= 0 && isfinite(value))
        return MOE_OK;
    return moei_fail(context, status, "%s is %g; it takes 0 or a positive finite number", name, value);
}

int32_t moei_need_finite(moe_context *context, int64_t count, const double *values, const char *name)
{
    for (int64_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return moei_fail(context, MOE_ERROR_NOT_FINITE, "%s[%lld] is %g", name, (long long)i, values[i]);
    return MOE_OK;
}

int32_t moei_need_index(moe_context *context, int64_t index, int64_t size, const char *name)
{
    if (index >= 0 && index < size)
        return MOE_OK;
    return moei_fail(context, MOE_ERROR_INDEX, "%s is %lld; it takes 0 to %lld", name, (long long)index,
                     (long long)size - 1);
}

int32_t moei_need_periods(moe_context *context, int64_t d, const double *period)
{
    for (int64_t a = 0; a < d; a++)
        if (!(period[a] >= 0x1p-1021)) /* so that half of it is exact */
            return moei_fail(context, MOE_ERROR_PERIOD,
                             "period[%lld] is %g; it takes a positive number (2^-1021 or more), or INFINITY "
                             "for a real coordinate",
                             (long long)a, period[a]);
    return MOE_OK;
}

int32_t moei_need_weights(moe_context *context, int64_t count, const double *weights, bool positive,
                          const char *name)
{
    moei_total total = {0}; /* 1e9 weights must not fail by rounding alone */
    for (int64_t i = 0; i < count; i++) {
        if (!isfinite(weights[i]))
            return moei_fail(context, MOE_ERROR_NOT_FINITE, "%s[%lld] is %g", name, (long long)i, weights[i]);
        if (weights[i] < 0 || (positive && weights[i] == 0))
            return moei_fail(context, MOE_ERROR_WEIGHTS, "%s[%lld] is %g; weights must be %s", name,
                             (long long)i, weights[i], positive ? "positive" : "at least 0");
        moei_total_add(&total, weights[i]);
    }
    if (fabs(total.sum - 1) > 1e-9)
        return moei_fail(context, MOE_ERROR_WEIGHTS, "%s sums to %.17g; it must sum to 1", name, total.sum);
    return MOE_OK;
}
