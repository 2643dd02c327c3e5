/* marginal.c - one coordinate of a product law: density, parts, tail.
 *
 * A uniform coordinate is [a, b]. A normal one with mean m and deviation s is laid out on m +- A s,
 * A = min(37, 3 + 6 sqrt(p)); a wrapped one on m +- min(A s, period / 2) with the density summed over turns,
 *     f(x) = sum_k phi((x - m + k period) / s) / s.
 * From s = 3 periods on it is taken for uniform: it differs by 2 exp(-2 pi^2 9) < 1e-70 of itself.
 *
 * What lies farther out is moved to the ends, which costs W_p at most (2 E max(Z - A, 0)^p)^(1/p) s, with
 *     E max(Z - A, 0)^p <= phi(A) int_0^inf t^p e^(-A t) dt = phi(A) Gamma(p + 1) / A^(p + 1).
 *
 * The log-density of the normal has the slope |x - m| / s^2. That of the wrapped normal is nowhere steeper on
 * m +- period / 2: it is the mean of (x - m + k period) / s^2 under the weights of the turns, and of the
 * turns k and -k the one nearer to m, which has the other sign, weighs more.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/marginal.h"

#include <math.h>

/* As many deviations out as the p-th moment can feel. */
static double reach(double p)
{
    return fmin(37, 3 + 6 * sqrt(p));
}

double moei_normal_tail(double z, double p)
{
    const double whole = p / 2 * log(2) + lgamma((p + 1) / 2) - log(MOEI_PI) / 2; /* log E |Z|^p */
    if (z <= 0) /* Minkowski: |z| + (E |Z|^p)^(1/p) */
        return -z + exp(whole / p);
    const double far = -z * z / 2 - log(2 * MOEI_PI) / 2 + lgamma(p + 1) - (p + 1) * log(z);
    return exp(fmin(far, whole) / p);
}

void moei_marginal_open(const moei_law_coordinate *law, double period, double p, moei_marginal *out)
{
    *out = (moei_marginal){.flat = true, .low = law->a, .high = law->b, .period = period};
    if (law->kind == MOEI_LAW_CIRCLE)
        out->high = law->a + period;
    if (law->kind != MOEI_LAW_NORMAL)
        return;
    const double mean = law->a, deviation = law->b, half = period / 2;
    const double width = reach(p) * deviation;
    out->flat = deviation >= 3 * period;
    out->low = mean - fmin(width, half);
    out->high = mean + fmin(width, half);
    out->mean = mean;
    out->deviation = deviation;
    if (width < half)
        out->tail = deviation * moei_normal_tail(reach(p), p) * pow(2, 1 / p);
}

static double density(const moei_marginal *law, double x)
{
    const double z = (x - law->mean) / law->deviation, turn = law->period / law->deviation;
    double sum = exp(-z * z / 2);
    for (int k = 1; isfinite(turn) && k * turn < 40 + fabs(z); k++)
        sum += exp(-(z + k * turn) * (z + k * turn) / 2) + exp(-(z - k * turn) * (z - k * turn) / 2);
    return sum / (law->deviation * sqrt(2 * MOEI_PI));
}

moei_part moei_marginal_part(const moei_marginal *law, double a, double b)
{
    static const double node[] = {0.33998104358485626480, 0.86113631159405257522};
    static const double weight[] = {0.65214515486254614263, 0.34785484513745385737}; /* Gauss, 4 nodes */
    const double half = (b - a) / 2, middle = a + half;
    double mass = 0, first = 0, second = 0;
    if (law->flat)
        return (moei_part){(b - a) / (law->high - law->low), middle, half * half / 3};
    for (int i = 0; i < 4; i++) {
        const double t = (i % 2 ? 1 : -1) * node[i / 2] * half;
        const double w = weight[i / 2] * half * density(law, middle + t);
        mass += w;
        first += w * t;
        second += w * t * t;
    }
    if (!(mass > 0))
        return (moei_part){0, middle, half * half / 3};
    const double shift = first / mass;
    return (moei_part){mass, middle + shift, second / mass - shift * shift};
}

moei_part moei_part_join(moei_part left, moei_part right)
{
    const double mass = left.mass + right.mass, share = mass > 0 ? right.mass / mass : 0.5;
    const double step = right.mean - left.mean;
    return (moei_part){mass, left.mean + share * step,
                       (1 - share) * left.variance + share * right.variance +
                           share * (1 - share) * step * step};
}

double moei_marginal_slope(const moei_marginal *law, double a, double b)
{
    if (law->flat)
        return 0;
    return fmax(fabs(a - law->mean), fabs(b - law->mean)) / (law->deviation * law->deviation);
}
