/* moments.c - mean and covariance of a measure on its domain.
 *
 *   mean[a] = sum_i w[i] theta[i,a] on a real coordinate, arg(sum_i w[i] exp(i 2 pi theta / period)) period /
 * 2 pi on a circle; then covariance[a,b] = sum_i w[i] t[i,a] t[i,b] of the deviations, in a second pass, so
 * that a far mean cancels nothing.
 *
 * SPDX-License-Identifier: MIT */
#include "measure/measure.h"

#include <float.h>
#include <math.h>

static double total_weight(const moe_measure *measure)
{
    double sum = 0, carry = 0; /* Kahan */
    for (int64_t i = 0; i < measure->count; i++) {
        const double term = measure->weights[i] - carry, next = sum + term;
        carry = (next - sum) - term;
        sum = next;
    }
    return sum;
}

static double line_mean(const moe_measure *measure, int64_t a, double total)
{
    const double origin = measure->points[a]; /* any point: differences are what is added up */
    double sum = 0, carry = 0;
    for (int64_t i = 0; i < measure->count; i++) {
        const double term =
            measure->weights[i] / total * (measure->points[i * measure->d + a] - origin) - carry;
        const double next = sum + term;
        carry = (next - sum) - term;
        sum = next;
    }
    return origin + sum;
}

static double circle_mean(const moe_measure *measure, int64_t a, double total)
{
    const double period = measure->period[a];
    double re = 0, im = 0;
    for (int64_t i = 0; i < measure->count; i++) {
        const double phase = 2 * MOEI_PI * (remainder(measure->points[i * measure->d + a], period) / period);
        re += measure->weights[i] * cos(phase);
        im += measure->weights[i] * sin(phase);
    }
    if (hypot(re, im) <= 8 * DBL_EPSILON * total)
        return 0;
    const double mean = atan2(im, re) / (2 * MOEI_PI) * period;
    return mean < period / 2 ? mean : -period / 2;
}

static double deviation(const moe_measure *measure, int64_t i, int64_t a, const double *mean)
{
    const double t = measure->points[i * measure->d + a], period = measure->period[a];
    return isinf(period) ? t - mean[a] : remainder(remainder(t, period) - mean[a], period);
}

MOE_PUBLIC int32_t moe_measure_moments(moe_context *context, const moe_measure *measure, double *mean,
                                       double *covariance)
{
    int32_t status;
    if ((status = moei_need(context, context, "context")) ||
        (status = moei_need(context, measure, "measure")) || (status = moei_need(context, mean, "mean")))
        return status;
    const int64_t d = measure->d;
    const double total = total_weight(measure);
    for (int64_t a = 0; a < d; a++)
        mean[a] = (isinf(measure->period[a]) ? line_mean : circle_mean)(measure, a, total);
    for (int64_t a = 0; covariance && a < d; a++)
        for (int64_t b = 0; b <= a; b++) {
            double sum = 0, carry = 0;
            for (int64_t i = 0; i < measure->count; i++) {
                const double term = measure->weights[i] / total * deviation(measure, i, a, mean) *
                                        deviation(measure, i, b, mean) -
                                    carry;
                const double next = sum + term;
                carry = (next - sum) - term;
                sum = next;
            }
            covariance[a * d + b] = covariance[b * d + a] = sum;
        }
    return MOE_OK;
}
