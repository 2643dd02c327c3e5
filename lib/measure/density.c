/* density.c - the density of a product law, as its logarithm.
 *
 *   log rho(theta) = sum_k log rho_k(theta_k),   per unit of each coordinate, -inf where there is none
 *
 * A logarithm, since a flow multiplies densities by factors e^{+-large} where one alone would underflow.
 * Peaks on circles are those of circular.c, divided by the integral that their table keeps. On a circle any
 * representative will do.
 *
 * SPDX-License-Identifier: MIT */
#include "measure/law.h"

#include <math.h>

int32_t moei_need_density(moe_context *context, const moe_law *law)
{
    for (int64_t k = 0; k < law->d; k++) {
        const moei_law_kind kind = law->coordinate[k].kind;
        const char *what = kind == MOEI_LAW_FIXED      ? "a fixed number"
                           : kind == MOEI_LAW_QUANTILE ? "a host's quantile"
                           : kind == MOEI_LAW_SAMPLES  ? "samples"
                                                       : NULL;
        if (what)
            return moei_fail(context, MOE_ERROR_UNSUPPORTED,
                             "coordinate %lld of the law is %s, which has no density that is known",
                             (long long)k, what);
    }
    return moei_need_law(context, law);
}

/* theta - a in [0, period) on a circle */
static double offset(double theta, double a, double period)
{
    double t = theta - a;
    if (isinf(period))
        return t;
    t -= period * floor(t / period);
    return t < period ? t : 0;
}

static double peak(const moei_law_coordinate *at, double period, double theta)
{
    const moei_circular angles = moei_law_circular(at, period);
    const double to_angle = 2 * MOEI_PI / period, t = remainder((theta - at->a) * to_angle, 2 * MOEI_PI);
    return log(moei_circular_density(&angles, t) / at->table[MOEI_CIRCULAR_CELLS + 2] * to_angle);
}

double moei_law_log_density_of(const moe_law *law, int64_t k, double theta)
{
    const moei_law_coordinate *at = &law->coordinate[k];
    const double period = law->period[k];
    if (at->kind == MOEI_LAW_CIRCLE)
        return -log(period);
    if (at->kind == MOEI_LAW_INTERVAL) {
        const double t = offset(theta, at->a, period);
        return t >= 0 && t < at->b - at->a ? -log(at->b - at->a) : -(double)INFINITY;
    }
    if (at->table)
        return peak(at, period, theta);
    const double z = (theta - at->a) / at->b;
    return -0.5 * z * z - log(at->b) - 0.5 * log(2 * MOEI_PI);
}

double moei_law_log_density(const moe_law *law, const double *theta)
{
    double sum = 0;
    for (int64_t k = 0; k < law->d; k++)
        sum += moei_law_log_density_of(law, k, theta[k]);
    return sum;
}
