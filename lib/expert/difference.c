/* difference.c - central differences with Richardson extrapolation (Ridders, "Accurate computation of F'(x)
 * and F'(x) F''(x)", Advances in Engineering Software 4 (1982)).
 *
 *   D(m, 0) = (f(t + h_m) - f(t - h_m)) / 2 h_m,   h_m = h / q^m,
 *   D(m, c) = D(m, c-1) + (D(m, c-1) - D(m-1, c-1)) / (q^{2c} - 1).
 * The error of D(m, c) is taken as its distance from both its parents plus the rounding of the values over
 * h_m; the entry with the smallest error wins. q = 1.6 is no root of an integer, so that no harmonic of a
 * periodic f vanishes on all rows. A kink at distance e from t spoils the rows with h_m > e only.
 *
 * SPDX-License-Identifier: MIT */
#include "expert/difference.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { ROWS = 48, COLUMNS = 10, ENOUGH_ROWS = 4 };

static const double shrink = 1.6, rounding = 8 * DBL_EPSILON;

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

int32_t moei_derivative(moei_scalar f, void *self, double t, double h, double enough, double *slope,
                        double *error)
{
    double row[COLUMNS] = {0};
    int filled = 0;
    *slope = (double)NAN;
    *error = (double)INFINITY;
    for (int m = 0; m < ROWS; m++) {
        h /= shrink;
        const double up = t + h, down = t - h;
        double above, below, size_above, size_below;
        int32_t status;
        if (!(up > t && down < t) || (*error <= enough && filled >= ENOUGH_ROWS))
            break;
        if ((status = f(self, up, &above, &size_above)) || (status = f(self, down, &below, &size_below)))
            return status;
        const double difference = (above - below) / (up - down);
        if (isfinite(difference)) {
            extend(row, filled, difference, rounding * fmax(size_above, size_below) / h, slope, error);
            filled++;
        } else
            filled = 0;
    }
    return 0;
}
