/* mode_distance.c - how far apart the Fourier modes of two measures are, and what that proves of W_1.
 *
 *   norm^2 = sum_{k != 0, |k| <= cutoff} |a_k - b_k|^2 / |omega_k|^2,   lower = max_k |a_k - b_k| /
 * |omega_k|.
 *
 * Modes of k and -k are conjugate: only those whose first coefficient that is not 0 is positive are computed.
 * lower <= W_1: for the phase of a_k - b_k, f(x) = cos(omega_k . x + phase) / |omega_k| is 1-Lipschitz, and
 * |int f da - int f db| = |a_k - b_k| / |omega_k| (Kantorovich and Rubinstein).
 *
 * SPDX-License-Identifier: MIT */
#include "measure/measure.h"

#include <float.h>
#include <math.h>

/* *count <- ((2 cutoff + 1)^circles - 1) / 2 */
static int32_t count_modes(moe_context *context, const moe_measure *measure, int64_t cutoff, int64_t *count)
{
    int64_t all = 1, circles = 0;
    const int64_t side = cutoff <= ((int64_t)1 << 30) ? 2 * cutoff + 1 : -1;
    for (int64_t a = 0; a < measure->d; a++)
        if (isfinite(measure->period[a])) {
            all = moei_mul(all, side);
            circles++;
        }
    if (circles == 0)
        return moei_fail(context, MOE_ERROR_DOMAIN, "a has no periodic coordinate, and so no modes");
    if (moei_mul(all, moei_mul(16, measure->d)) < 0)
        return moei_fail(context, MOE_ERROR_SIZE, "cutoff is %lld; that is more modes than memory can hold",
                         (long long)cutoff);
    *count = (all - 1) / 2;
    return MOE_OK;
}

/* The modes after the middle of the box, last coordinate fastest; 0 on real coordinates. */
static void list_modes(const moe_measure *measure, int64_t cutoff, int64_t count, int64_t *k)
{
    const int64_t d = measure->d, side = 2 * cutoff + 1;
    for (int64_t q = 0; q < count; q++) {
        int64_t rest = count + 1 + q;
        for (int64_t a = d - 1; a >= 0; a--) {
            const bool circle = isfinite(measure->period[a]);
            k[q * d + a] = circle ? rest % side - cutoff : 0;
            rest = circle ? rest / side : rest;
        }
    }
}

static double total_weight(const moe_measure *measure)
{
    double sum = 0;
    for (int64_t i = 0; i < measure->count; i++)
        sum += measure->weights[i];
    return sum;
}

static void compare(const moe_measure *a, const moe_measure *b, int64_t count, const int64_t *k,
                    const double *first, const double *second, double *norm, double *lower)
{
    const int64_t d = a->d;
    const double total_a = total_weight(a), total_b = total_weight(b);
    /* of a mode (header), and of the plain sums of weights */
    const double error = (64 * (double)d + (double)(a->count + b->count)) * DBL_EPSILON;
    double squares = 0;
    *lower = 0;
    for (int64_t q = 0; q < count; q++) {
        double omega = 0;
        for (int64_t c = 0; c < d; c++)
            if (k[q * d + c])
                omega = hypot(omega, 2 * MOEI_PI * (double)k[q * d + c] / a->period[c]);
        const double apart = hypot(first[2 * q] / total_a - second[2 * q] / total_b,
                                   first[2 * q + 1] / total_a - second[2 * q + 1] / total_b);
        squares += 2 * (apart / omega) * (apart / omega);
        *lower = fmax(*lower, (apart - error) / (omega * (1 + 8 * (double)d * DBL_EPSILON)));
    }
    *norm = sqrt(squares);
}

MOE_PUBLIC int32_t moe_measure_mode_distance(moe_context *context, const moe_measure *a, const moe_measure *b,
                                             int64_t cutoff, double *norm, double *lower)
{
    int32_t status;
    int64_t count = 0;
    if ((status = moei_need(context, context, "context")) || (status = moei_need(context, a, "a")) ||
        (status = moei_need(context, b, "b")) || (status = moei_need_size(context, cutoff, "cutoff")) ||
        (status = moei_need_domain(context, b, a->d, a->period, "b")) ||
        (status = count_modes(context, a, cutoff, &count)))
        return status;
    moei_core *core = context->core;
    int64_t *k = MOEI_NEW(core, moei_mul(count, a->d), int64_t);
    double *modes = MOEI_NEW(core, moei_mul(4, count), double);
    if (k && modes) {
        list_modes(a, cutoff, count, k);
        status = moe_measure_modes(context, a, count, k, modes);
        if (!status)
            status = moe_measure_modes(context, b, count, k, modes + 2 * count);
    } else
        status = moei_out_of_memory(context, "the modes");
    if (!status) {
        double found[2];
        compare(a, b, count, k, modes, modes + 2 * count, &found[0], &found[1]);
        if (norm)
            *norm = found[0];
        if (lower)
            *lower = found[1];
    }
    moei_free(core, modes);
    moei_free(core, k);
    return status;
}
