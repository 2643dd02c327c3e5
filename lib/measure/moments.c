/* moments.c - mean and covariance of a measure on its domain.
 *
 *   mean[a] = sum_i w[i] theta[i,a]                                             on a real coordinate,
 *   mean[a] = arg(sum_i w[i] exp(2 pi i theta[i,a] / period)) period / (2 pi)   on a circle,
 *   covariance[a,b] = sum_i w[i] t[i,a] t[i,b]   of the deviations t, in a second pass, so that a far mean
 *                                                cancels nothing.
 *
 * SPDX-License-Identifier: MIT */
#include "measure/measure.h"

#include <float.h>
#include <math.h>

static double total_weight(const moe_measure *measure)
{
    moei_total total = {0};
    for (int64_t i = 0; i < measure->count; i++)
        moei_total_add(&total, measure->weights[i]);
    return total.sum;
}

static double line_mean(const moe_measure *measure, int64_t a, double mass)
{
    const double origin = measure->points[a]; /* any point: differences are what is added up */
    moei_total total = {0};
    for (int64_t i = 0; i < measure->count; i++)
        moei_total_add(&total, measure->weights[i] / mass * (measure->points[i * measure->d + a] - origin));
    return origin + total.sum;
}

static double circle_mean(const moe_measure *measure, int64_t a, double mass)
{
    const double period = measure->period[a];
    double re = 0, im = 0;
    for (int64_t i = 0; i < measure->count; i++) {
        const double phase = 2 * MOEI_PI * (remainder(measure->points[i * measure->d + a], period) / period);
        re += measure->weights[i] * cos(phase);
        im += measure->weights[i] * sin(phase);
    }
    if (hypot(re, im) <= 8 * DBL_EPSILON * mass)
        return 0;
    const double mean = atan2(im, re) / (2 * MOEI_PI) * period;
    return mean < period / 2 ? mean : -period / 2;
}

static double deviation(const moe_measure *measure, int64_t i, int64_t a, const double *mean)
{
    const double t = measure->points[i * measure->d + a], period = measure->period[a];
    return isinf(period) ? t - mean[a] : remainder(remainder(t, period) - mean[a], period);
}

static double covariance_of(const moe_measure *measure, int64_t a, int64_t b, const double *mean, double mass)
{
    moei_total total = {0};
    for (int64_t i = 0; i < measure->count; i++)
        moei_total_add(&total, measure->weights[i] / mass * deviation(measure, i, a, mean) *
                                   deviation(measure, i, b, mean));
    return total.sum;
}

MOE_PUBLIC int32_t moe_measure_moments(moe_context *context, const moe_measure *measure, double *mean,
                                       double *covariance)
{
    int32_t status;
    if ((status = moei_need(context, context, "context")) ||
        (status = moei_need(context, measure, "measure")) || (status = moei_need(context, mean, "mean")))
        return status;
    const int64_t d = measure->d;
    const double mass = total_weight(measure);
    for (int64_t a = 0; a < d; a++)
        mean[a] = (isinf(measure->period[a]) ? line_mean : circle_mean)(measure, a, mass);
    for (int64_t a = 0; covariance && a < d; a++)
        for (int64_t b = 0; b <= a; b++)
            covariance[a * d + b] = covariance[b * d + a] = covariance_of(measure, a, b, mean, mass);
    return MOE_OK;
}
