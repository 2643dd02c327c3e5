/* axis.c - how the error of a rule falls with its nodes in one coordinate.
 *
 * Two probes at n_0 < n_1 nodes with errors e_0, e_1 give the power law
 *   error(n) = e_1 (n_1 / n)^q,   q = log(e_0 / e_1) / log(n_1 / n_0),
 * whose exponent stays where it is while the true one of an analytic integrand grows with n (the trapezoid
 * rule errs like rho^n; Trefethen & Weideman, SIAM Review 56 (2014), theorem 3.2): from one probe to
 * the next 1.5 times as far it gives away some ten to a hundred times in the error, and never claims more
 * than an integrand of finite smoothness has. One probe alone counts as q = 1.
 *
 * SPDX-License-Identifier: MIT */
#include "limit/limit.h"

#include <math.h>

double moei_axis_error(const moei_axis *axis, int64_t time, int64_t n)
{
    if (!axis->size[1])
        return INFINITY;
    const double last = axis->error[1][time], steps = log((double)n / (double)axis->size[1]);
    double exponent = 1;
    if (axis->size[0] && axis->size[0] < axis->size[1])
        exponent =
            fmax(0, log(axis->error[0][time] / last) / log((double)axis->size[1] / (double)axis->size[0]));
    return last == 0 || isnan(exponent) ? last : last * exp(-exponent * steps);
}

int64_t moei_axis_size(const moei_axis *axis, int64_t times, const double *target, int64_t least,
                       int64_t most)
{
    for (int64_t n = least; n < most; n += 2) {
        int64_t t = 0;
        while (t < times && moei_axis_error(axis, t, n) <= target[t])
            t++;
        if (t == times)
            return n;
    }
    return most;
}
