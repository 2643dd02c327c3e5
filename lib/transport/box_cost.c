/* box_cost.c - the mean of |x - y|^p over a box, from two moments of the law in it.
 *
 * With the mean m and the variance s2 of the law in the box, half its diagonal rho, and r = |m - y|,
 *     r^p + kappa s2 <= E |x - y|^p <= (r^2 + s2)^(p/2)                              for p <= 2,
 *                                      r^p + p (p - 1) / 2 (r + 2 rho)^(p - 2) s2    for p >= 2,
 * by Jensen and by Taylor. kappa is half the least second derivative in the box: 1 for p = 2, 0 for p = 1,
 * else that of the point nearest to y (p > 2) or farthest from it (p < 2).
 *
 * SPDX-License-Identifier: MIT */
#include "transport/boxes.h"

#include <math.h>

double moei_box_power(double square, double p)
{
    return p == 2 ? square : p == 1 ? sqrt(square) : pow(square, p / 2);
}

double moei_box_cost(const moei_box_view *box, double square, double p)
{
    if (p <= 2)
        return moei_box_power(square + box->variance, p);
    return moei_box_power(square, p) +
           p * (p - 1) / 2 * pow(sqrt(square) + 2 * box->radius, p - 2) * box->variance;
}

double moei_box_convexity(const moei_box_view *box, double square, double p)
{
    if (p == 2)
        return box->variance;
    if (p == 1)
        return 0;
    const double r = sqrt(square), reach = 2 * box->radius;
    const double least = p < 2 ? (p - 1) * pow(r + reach, p - 2) : pow(fmax(0, r - reach), p - 2);
    return p / 2 * least * box->variance;
}
