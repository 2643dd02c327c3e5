/* initial.c - a bound on E W_1(mu^N, mu) for laws that are Lipschitz images of uniform ones on a torus.
 *
 * On a torus with periods P_a, for every s > 0 (Bobkov & Ledoux's method, Mem. Amer. Math. Soc. 261, 2019):
 * both measures are smoothed by the heat flow for a time s, which moves mass by sqrt(2 d s) at most in the
 * mean, and smooth ones are compared in H^-1, E W_1(mu^N, mu) <= sqrt(2 d s) + (S(s) / N)^(1/2),   S(s) =
 * sum_{k != 0} e^{-2 lambda_k s} / lambda_k, lambda_k = sum_a (2 pi k_a / P_a)^2. S(s) = 2 int_s^inf (prod_a
 * theta_a(2u) - 1) du with theta_a(t) = sum_k e^{-(2 pi k / P_a)^2 t}. The integrand is a sum of
 * exponentials, hence convex, so the trapezoid rule errs upwards; beyond U the integral is at most the
 * integrand there over twice the smallest lambda. So what is returned is a bound, rounding aside.
 *
 * A coordinate that is x = T(u) of a uniform u with |T'| <= L has distances at most L times those of u: it
 * counts as a circle of L times the period. An interval is half of a circle of twice its length, folded. Von
 * Mises and wrapped laws: T' = 1 / (P rho), L from the least density. Fixed numbers do not count.
 *
 * SPDX-License-Identifier: MIT */
#include "study/initial.h"

#include <float.h>
#include <math.h>

enum { STEPS = 400 }; /* of the trapezoid rule, on a geometric grid: 1e-4 too much at most */

/* sum_k exp(-(2 pi k / P)^2 t), by whichever of it and its Poisson transform converges at once */
static double theta(double period, double t)
{
    const double q = 4 * MOEI_PI * MOEI_PI * t / (period * period);
    const bool narrow = q >= MOEI_PI;
    const double step = narrow ? q : MOEI_PI * MOEI_PI / q;
    double sum = 0;
    for (int k = 6; k > 0; k--)
        sum += 2 * exp(-step * k * k);
    return (1 + sum) * (narrow ? 1 : sqrt(MOEI_PI / q));
}

/* prod_a theta_a(2u) - 1 */
static double excess(int64_t d, const double *period, double u)
{
    double product = 1;
    for (int64_t a = 0; a < d; a++)
        product *= theta(period[a], 2 * u);
    return product - 1;
}

/* S(s) */
static double energy(int64_t d, const double *period, double s)
{
    double longest = 0;
    for (int64_t a = 0; a < d; a++)
        longest = fmax(longest, period[a]);
    const double least = pow(2 * MOEI_PI / longest, 2), end = fmax(4 * s, 18 / least);
    const double ratio = pow(end / s, 1.0 / STEPS);
    double sum = excess(d, period, end) / (2 * least), u = s, before = excess(d, period, s);
    for (int i = 0; i < STEPS; i++) {
        const double next = i + 1 < STEPS ? u * ratio : end, now = excess(d, period, next);
        sum += (before + now) / 2 * (next - u);
        u = next;
        before = now;
    }
    return 2 * sum;
}

static double bound_at(int64_t d, const double *period, double experts, double s)
{
    return sqrt(2 * (double)d * s) + sqrt(energy(d, period, s) / experts);
}

/* The least over s: the bound is large at both ends and has one valley, which golden sections find; any s
 * would give a bound. */
static double least_bound(int64_t d, const double *period, double experts)
{
    const double golden = 0.6180339887498949;
    double largest = period[0], low, high, inner[2], value[2];
    for (int64_t a = 1; a < d; a++)
        largest = fmax(largest, period[a]);
    low = log(1e-18 * largest * largest);
    high = log(largest * largest);
    for (int i = 0; i < 2; i++) {
        inner[i] = i ? low + golden * (high - low) : high - golden * (high - low);
        value[i] = bound_at(d, period, experts, exp(inner[i]));
    }
    while (high - low > 1e-3) {
        const int keep = value[0] < value[1] ? 0 : 1;
        if (keep == 0)
            high = inner[1];
        else
            low = inner[0];
        inner[!keep] = inner[keep];
        value[!keep] = value[keep];
        inner[keep] = keep ? low + golden * (high - low) : high - golden * (high - low);
        value[keep] = bound_at(d, period, experts, exp(inner[keep]));
    }
    return fmin(value[0], value[1]);
}

/* *period <- that of the circle of which coordinate k is a Lipschitz image, 0 for a fixed number. */
static int32_t circle_of(moe_context *context, const moe_law *law, int64_t k, double *period)
{
    const moei_law_coordinate *at = &law->coordinate[k];
    switch (at->kind) {
    case MOEI_LAW_CIRCLE:
        *period = law->period[k];
        return MOE_OK;
    case MOEI_LAW_INTERVAL:
        *period = 2 * (at->b - at->a);
        return MOE_OK;
    case MOEI_LAW_FIXED:
        *period = 0;
        return MOE_OK;
    default:
        break;
    }
    if (at->table && at->kind != MOEI_LAW_SAMPLES) { /* a peak on a circle: least opposite its mode */
        *period = exp(-moei_law_log_density_of(law, k, at->a + law->period[k] / 2));
        if (isfinite(*period))
            return MOE_OK;
    }
    return moei_fail(
        context, MOE_ERROR_UNSUPPORTED,
        "coordinate %lld of the law is not a Lipschitz image of a uniform one: no bound is known",
        (long long)k);
}

int32_t moei_initial_bound(moe_context *context, const moe_law *law, double experts, double *bound)
{
    int64_t d = 0;
    double *period = MOEI_NEW(context->core, law->d, double);
    int32_t status =
        period ? moei_need_law(context, law) : moei_out_of_memory(context, "the periods of a bound");
    for (int64_t k = 0; k < law->d && !status; k++) {
        status = circle_of(context, law, k, &period[d]);
        d += !status && period[d] > 0;
    }
    if (!status)
        *bound = d ? least_bound(d, period, experts) : 0;
    moei_free(context->core, period);
    return status;
}
