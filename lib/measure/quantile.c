/* quantile.c - the inverse distribution function of each kind of law: from u in [0, 1) to a coordinate.
 *
 * What draws, lattices and the host's own law share. The normal one: a first guess by a rational function
 * (Abramowitz & Stegun 26.2.23, |error| < 4.5e-4), then Halley's iteration on the tail probability
 * erfc(x / sqrt 2) / 2, which keeps the relative accuracy of u in both tails.
 *
 * SPDX-License-Identifier: MIT */
#include "measure/law.h"

#include <math.h>

double moei_normal_quantile(double u)
{
    enum { ITERATIONS = 4 };
    const double tail = u < 0.5 ? u : 1 - u, t = sqrt(-2 * log(tail));
    double x =
        t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
    for (int i = 0; i < ITERATIONS; i++) {
        const double density = exp(-0.5 * x * x) / sqrt(2 * MOEI_PI);
        const double move = (0.5 * erfc(x / sqrt(2)) - tail) / density;
        x += move / (1 - 0.5 * x * move);
    }
    return u < 0.5 ? -x : x;
}

moei_circular moei_law_circular(const moei_law_coordinate *coordinate, double period)
{
    if (coordinate->kind == MOEI_LAW_VON_MISES)
        return (moei_circular){true, 1 / sqrt(coordinate->b)};
    const double spread = coordinate->b * (2 * MOEI_PI / period);
    return (moei_circular){false, fmax(spread, 1e-280)}; /* narrower is a point, and would underflow */
}

/* x < b for x = a + u (b - a): rounding may reach b */
static double uniform_on(double a, double b, double u)
{
    const double x = a + u * (b - a);
    return x < b ? x : nextafter(b, a);
}

static int32_t ask_host(moe_context *context, const moei_law_coordinate *at, int64_t k, double u, double *x)
{
    const int32_t value = at->host->function(at->host->self, u, x);
    if (value)
        return moei_public_status(moei_callback_failed(context, "the law's quantile", value));
    if (!isfinite(*x))
        return moei_fail(context, MOE_ERROR_NOT_FINITE, "the quantile of coordinate %lld is %g at u = %.17g",
                         (long long)k, *x, u);
    return MOE_OK;
}

int32_t moei_law_quantile(moe_context *context, const moe_law *law, int64_t k, double u, double *x)
{
    const moei_law_coordinate *at = &law->coordinate[k], *block = &law->coordinate[at->first];
    const double open = u > 0 ? u : 0x1p-54; /* uniform numbers are multiples of 2^-53 */
    switch (at->kind) {
    case MOEI_LAW_NOT_SET: /* refused at the door */
    case MOEI_LAW_CIRCLE:
    case MOEI_LAW_INTERVAL:
        *x = uniform_on(at->a, at->b, u);
        break;
    case MOEI_LAW_NORMAL:
    case MOEI_LAW_VON_MISES:
        if (at->table) {
            const moei_circular angles = moei_law_circular(at, law->period[k]);
            *x = at->a + moei_circular_quantile(&angles, at->table, u) * (law->period[k] / (2 * MOEI_PI));
        } else
            *x = at->a + at->b * moei_normal_quantile(open);
        break;
    case MOEI_LAW_FIXED:
        *x = at->a;
        break;
    case MOEI_LAW_QUANTILE:
        return ask_host(context, at, k, open, x);
    case MOEI_LAW_SAMPLES: {
        const int64_t row = (int64_t)(u * (double)block->count);
        *x = block->table[(row < block->count ? row : block->count - 1) * block->width + k - at->first];
        break;
    }
    }
    return MOE_OK;
}
