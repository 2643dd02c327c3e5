/* loss.c - the table of losses.
 *
 * SPDX-License-Identifier: MIT */
#include "model/loss.h"

static double square_value(int64_t K, const double *f, const double *y)
{
    double sum = 0;
    for (int64_t k = 0; k < K; k++)
        sum += (f[k] - y[k]) * (f[k] - y[k]);
    return sum / 2;
}

static void square_residual(int64_t K, const double *f, const double *y, double *r)
{
    for (int64_t k = 0; k < K; k++)
        r[k] = f[k] - y[k];
}

const moei_loss moei_square_loss = {"square", square_value, square_residual};
