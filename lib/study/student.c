/* student.c - tails of Student's t and of chi-squared.
 *
 *   P(|T| > t) = I_x(nu/2, 1/2),  x = nu / (nu + t^2)          (Abramowitz & Stegun 26.5.27)
 *   P(X > x) = Q(k/2, x/2)                                     (26.4.19)
 *
 * I and Q by their continued fractions and series (26.5.8, 6.5.31, 6.5.29), evaluated by Lentz's method as
 * Thompson & Barnett modified it (J. Comput. Phys. 64, 1986). The quantile is bisected: tails are monotone,
 * and what it costs does not matter here.
 *
 * SPDX-License-Identifier: MIT */
#include "study/student.h"

#include <float.h>
#include <math.h>

/* ln Gamma(x), x > 0: Stirling's series from 12 on (A&S 6.1.41), the recurrence below. The C library's lgamma
 * writes a global. */
static double log_gamma(double x)
{
    static const double c[] = {1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188, -691.0 / 360360};
    double shift = 0, sum = 0;
    for (; x < 12; x++)
        shift -= log(x);
    for (int i = (int)(sizeof c / sizeof *c) - 1; i >= 0; i--)
        sum = c[i] + sum / (x * x);
    return shift + (x - 0.5) * log(x) - x + 0.918938533204672741780329736406 + sum / x; /* ln sqrt(2 pi) */
}

/* One more term a / (b + ...) of a continued fraction of value *f; whether it has converged. */
typedef struct {
    double f, c, d;
} fraction;

static int extend(fraction *of, double a, double b)
{
    of->d = b + a * of->d;
    of->c = b + a / of->c;
    of->d = 1 / (of->d != 0 ? of->d : DBL_MIN);
    of->c = of->c != 0 ? of->c : DBL_MIN;
    const double change = of->c * of->d;
    of->f *= change;
    return fabs(change - 1) <= DBL_EPSILON;
}

enum { MOST_TERMS = 10000 };

/* I_x(a, b) where its fraction converges fast: x < (a + 1) / (a + b + 2) */
static double beta_fraction(double x, double a, double b)
{
    fraction of = {1, 1, 0};
    for (int m = 0; m < MOST_TERMS; m++) {
        const double j = (m + 1) / 2;
        const double odd = -(a + j) * (a + b + j) * x / ((a + 2 * j) * (a + 2 * j + 1));
        const double even = j * (b - j) * x / ((a + 2 * j - 1) * (a + 2 * j));
        if (extend(&of, m % 2 == 0 ? odd : even, 1))
            break;
    }
    const double front = a * log(x) + b * log1p(-x) - log_gamma(a) - log_gamma(b) + log_gamma(a + b);
    return exp(front) / (a * of.f);
}

double moei_student_tail(double t, double freedom)
{
    if (isinf(freedom) || freedom > 1e10)
        return erfc(t / sqrt(2.0));
    const double a = freedom / 2, x = freedom / (freedom + t * t);
    if (x < (a + 1) / (a + 2.5))
        return t > 0 ? beta_fraction(x, a, 0.5) : 1;
    return t > 0 ? 1 - beta_fraction(t * t / (freedom + t * t), 0.5, a) : 1;
}

double moei_student_quantile(double tail, double freedom)
{
    double low = 0, high = 1;
    while (moei_student_tail(high, freedom) > tail && high < DBL_MAX / 4)
        high *= 2;
    for (int i = 0; i < 200 && high - low > DBL_EPSILON * high; i++) {
        const double middle = low + (high - low) / 2;
        if (moei_student_tail(middle, freedom) > tail)
            low = middle;
        else
            high = middle;
    }
    return low + (high - low) / 2;
}

double moei_chi_squared_tail(double x, double freedom)
{
    const double a = freedom / 2, z = x / 2;
    if (!(z > 0))
        return 1;
    const double front = exp(a * log(z) - z - log_gamma(a));
    if (z < a + 1) {
        double term = 1 / a, sum = term;
        for (int n = 1; n < MOST_TERMS && term > sum * DBL_EPSILON; n++)
            sum += term *= z / (a + n);
        return 1 - front * sum;
    }
    fraction of = {z, z, 0};
    for (int n = 1; n < MOST_TERMS; n++) /* z + (1-a)/(1 + 1/(z + (2-a)/(1 + 2/(z + ... */
        if (extend(&of, n - a, 1) + extend(&of, n, z) == 2)
            break;
    return front / of.f;
}
