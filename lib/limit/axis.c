/* axis.c - how the error of a rule falls with its nodes in one coordinate.
 *
 * For analytic integrands the trapezoid rule and Gauss rules err like rho^n (Trefethen & Weideman, SIAM
 * Review 56 (2014), theorem 3.2; Trefethen, SIAM Review 50 (2008), theorem 4.5). Two probes at n_0 < n_1
 * nodes with errors e_0, e_1 give the law
 *   error(n) = e_1 (e_1 / e_0)^((n - n_1) / (n_1 - n_0)),
 * which is also right to a small factor for an algebraic decay if n is not far beyond n_1. Two rules that are
 * both too coarse may agree by chance, and then that law claims anything; so with three probes it is the
 * larger of the laws of the older two and of the newer two.
 *
 * SPDX-License-Identifier: MIT */
#include "limit/limit.h"

#include <float.h>
#include <math.h>

double moei_geometric(double n0, double e0, double n1, double e1, double n)
{
    if (!(e1 < e0) || !(n1 > n0))
        return e1;
    return e1 * pow(fmax(e1, DBL_MIN) / e0, (n - n1) / (n1 - n0));
}

bool moei_axis_known(const moei_axis *axis)
{
    return axis->size[1] > 0;
}

double moei_axis_error(const moei_axis *axis, int64_t time, int64_t n)
{
    double error = 0;
    for (int i = 0; i < MOEI_PROBES - 1; i++)
        if (axis->size[i] > 0)
            error =
                fmax(error, moei_geometric((double)axis->size[i], axis->error[i][time],
                                           (double)axis->size[i + 1], axis->error[i + 1][time], (double)n));
    return error;
}
