/* circular.c - von Mises and wrapped normal: density and inverse distribution function.
 *
 *   von Mises       p(t) ~ exp(kappa (cos t - 1)) = exp(-2 kappa sin^2(t / 2))
 *   wrapped normal  p(t) ~ sum_k exp(-(t + 2 pi k)^2 / (2 s^2))
 *                        = s / sqrt(2 pi) (1 + 2 sum_k exp(-k^2 s^2 / 2) cos(k t)),
 * the second form (Poisson summation) where s is large; Mardia & Jupp, "Directional Statistics", 2000, 3.5.
 *
 * The distribution function is integrated outwards from the mode, where it is symmetric, by Gauss-Legendre in
 * cells that end where the density is below exp(-40); its inverse is a search for the cell and Newton's
 * iteration inside it, kept between the ends of the cell. So a draw is a function of its uniform number
 * alone, as accurate as that number, for every concentration; a series in Bessel functions would need about
 * 9 sqrt(kappa) terms.
 *
 * SPDX-License-Identifier: MIT */
#include "measure/circular.h"

#include <math.h>

static double wrapped_normal(double s, double t)
{
    double sum = 0;
    if (s > 2) { /* terms beyond the 19th are below 1e-300 */
        for (int k = 1; k <= 19; k++)
            sum += exp(-0.5 * k * k * s * s) * cos(k * t);
        return 1 + 2 * sum;
    }
    const int turns = (int)(40 * s / (2 * MOEI_PI)) + 1;
    for (int k = turns; k > 0; k--) {
        const double before = (t - 2 * MOEI_PI * k) / s, after = (t + 2 * MOEI_PI * k) / s;
        sum += exp(-0.5 * before * before) + exp(-0.5 * after * after);
    }
    return sum + exp(-0.5 * (t / s) * (t / s));
}

double moei_circular_density(const moei_circular *law, double t)
{
    if (!law->von_mises)
        return wrapped_normal(law->spread, t);
    const double z = 2 * sin(t / 2) / law->spread;
    return exp(-0.5 * z * z);
}

double moei_circular_reach(const moei_circular *law, double z)
{
    const double width = z * law->spread; /* von Mises is normal in 2 sin(t / 2) */
    if (law->von_mises)
        return width < 2 ? 2 * asin(width / 2) : MOEI_PI;
    return width < MOEI_PI ? width : MOEI_PI;
}

/* The integral of the density over [t, t + h], by 8 Gauss-Legendre nodes (Abramowitz & Stegun, table 25.4).
 */
static double integral(const moei_circular *law, double t, double h)
{
    static const double node[4] = {0.18343464249564980494, 0.52553240991632898582, 0.79666647741362673959,
                                   0.96028985649753623168};
    static const double weight[4] = {0.36268378337836198297, 0.31370664587788728734, 0.22238103445337447054,
                                     0.10122853629037625915};
    double sum = 0;
    for (int i = 0; i < 4; i++)
        sum += weight[i] * (moei_circular_density(law, t + h * (0.5 - 0.5 * node[i])) +
                            moei_circular_density(law, t + h * (0.5 + 0.5 * node[i])));
    return 0.5 * h * sum;
}

/* table[j] = P(0 < T < j h), then h, then the integral of the density over [0, pi] twice */
void moei_circular_table(const moei_circular *law, double *table)
{
    const double h = moei_circular_reach(law, 9) / MOEI_CIRCULAR_CELLS;
    table[0] = 0;
    for (int j = 0; j < MOEI_CIRCULAR_CELLS; j++)
        table[j + 1] = table[j] + integral(law, j * h, h);
    const double mass = 2 * table[MOEI_CIRCULAR_CELLS];
    for (int j = 1; j <= MOEI_CIRCULAR_CELLS; j++)
        table[j] /= mass;
    table[MOEI_CIRCULAR_CELLS + 1] = h;
    table[MOEI_CIRCULAR_CELLS + 2] = mass;
}

double moei_circular_quantile(const moei_circular *law, const double *table, double u)
{
    enum { ITERATIONS = 60 };
    const double mass = fabs(u - 0.5), h = table[MOEI_CIRCULAR_CELLS + 1];
    int cell = 0;
    for (int step = MOEI_CIRCULAR_CELLS / 2; step; step /= 2)
        if (table[cell + step] <= mass)
            cell += step;
    const double inside = (mass - table[cell]) * table[MOEI_CIRCULAR_CELLS + 2];
    double low = 0, high = h, x = h * (mass - table[cell]) / (table[cell + 1] - table[cell]);
    for (int i = 0; i < ITERATIONS && low < high; i++) {
        x = x > low && x < high ? x : 0.5 * (low + high);
        const double excess = integral(law, cell * h, x) - inside;
        const double move = excess / moei_circular_density(law, cell * h + x);
        if (excess > 0)
            high = x;
        else
            low = x;
        x -= move;
        if (fabs(move) <= 1e-16 * (cell * h + x))
            break;
    }
    const double t = fmin(fmax(x, 0), h) + cell * h;
    return u < 0.5 ? -t : t;
}
