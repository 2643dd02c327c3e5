/* difference.c - central differences with Richardson extrapolation (Ridders, "Accurate computation of F'(x)
 * and F'(x) F''(x)", Advances in Engineering Software 4 (1982)).
 *
 *   D(m, 0) = (f(t + h_m) - f(t - h_m)) / 2 h_m,   h_m = h / q^m,
 *   D(m, c) = D(m, c-1) + (D(m, c-1) - D(m-1, c-1)) / (q^{2c} - 1).
 * The error of D(m, c) is taken as its distance from both its parents plus the errors of the values, and of
 * t, over h_m; the entry with the smallest error wins. A kink at distance e from t spoils only rows with h_m
 * > e. An f that oscillates faster than 1 / h_m can make a few rows agree by chance: the result is therefore
 * held against one plain difference with a much smaller step before the work ends.
 *
 * The noise comes from a table of differences of equidistant values (More and Wild, "Estimating computational
 * noise", SIAM J. Sci. Comput. 33 (2011)): those of order k of a smooth f are next to nothing, and those of
 * independent errors of deviation s have the mean square s^2 (2k)! / (k!)^2.
 *
 * SPDX-License-Identifier: MIT */
#include "expert/difference.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { ROWS = 48, COLUMNS = 10, ENOUGH_ROWS = 4, POINTS = 7, LEAST_ORDER = 4 };

static const double shrink = 1.6, closer = 50;

/* ---- noise ------------------------------------------------------------------------------------ */

int32_t moei_noise(moei_scalar f, void *self, double t, double step, double *noise)
{
    double table[POINTS], gamma = 1;
    *noise = 0;
    for (int i = 0; i < POINTS; i++) {
        const int32_t status = f(self, t + (i - POINTS / 2) * step, &table[i]);
        if (status)
            return status;
    }
    for (int k = 1; k < POINTS; k++) {
        double square = 0;
        gamma *= (double)k / (2 * (2 * k - 1)); /* (k!)^2 / (2 k)! */
        for (int i = 0; i < POINTS - k; i++) {
            table[i] = table[i + 1] - table[i];
            square += table[i] * table[i];
        }
        const double deviation = sqrt(gamma * square / (POINTS - k));
        if (k >= LEAST_ORDER && isfinite(deviation))
            *noise = fmax(*noise, deviation);
    }
    return 0;
}

/* ---- the derivative --------------------------------------------------------------------------- */

/* *slope = D(h), NaN where f is not finite, or t + h is t */
static int32_t plain(moei_scalar f, void *self, double t, double h, double *slope)
{
    const double up = t + h, down = t - h;
    double above = 0, below = 0;
    *slope = (double)NAN;
    if (!(up > t && down < t))
        return 0;
    int32_t status = f(self, up, &above);
    if (!status)
        status = f(self, down, &below);
    if (!status && isfinite(above - below))
        *slope = (above - below) / (up - down);
    return status;
}

/* old: the row before, `filled` entries of it; becomes this row. Keeps the best entry. */
static void extend(double *old, int filled, double first, double noise, double *slope, double *error)
{
    double row[COLUMNS] = {first}, power = 1;
    for (int c = 1; c <= filled && c < COLUMNS; c++) {
        power *= shrink * shrink;
        row[c] = row[c - 1] + (row[c - 1] - old[c - 1]) / (power - 1);
        const double distance = fmax(fabs(row[c] - row[c - 1]), fabs(row[c] - old[c - 1])) + noise;
        if (distance < *error) {
            *error = distance;
            *slope = row[c];
        }
    }
    memcpy(old, row, sizeof row);
}

/* *confirmed: a plain difference at h / closer does not contradict the slope. */
static int32_t confirm(moei_scalar f, void *self, double t, double h, double tolerance, double slope,
                       bool *confirmed)
{
    double near;
    const int32_t status = plain(f, self, t, h / closer, &near);
    *confirmed = !(fabs(near - slope) > 1e-2 * fmax(fabs(near), fabs(slope)) + tolerance);
    return status;
}

int32_t moei_derivative(moei_scalar f, void *self, double t, double h, double noise, double enough,
                        double *slope, double *error)
{
    double row[COLUMNS] = {0};
    int filled = 0;
    *slope = (double)NAN;
    *error = (double)INFINITY;
    for (int m = 0; m < ROWS; m++) {
        double first;
        bool confirmed;
        h /= shrink;
        int32_t status = plain(f, self, t, h, &first);
        if (status)
            return status;
        if (isnan(first)) {
            filled = 0;
            continue;
        }
        const double rounding = (4 * noise + 8 * DBL_EPSILON * fabs(t * first)) / h;
        extend(row, filled++, first, rounding, slope, error);
        if (filled < ENOUGH_ROWS || *error > enough)
            continue;
        status = confirm(f, self, t, h, 1e3 * enough + closer * rounding, *slope, &confirmed);
        if (status || confirmed)
            return status;
        *error = (double)INFINITY;
    }
    return 0;
}
