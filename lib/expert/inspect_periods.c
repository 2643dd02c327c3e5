/* inspect_periods.c - values at theta against values at theta + period e_a, for each periodic coordinate.
 *
 * SPDX-License-Identifier: MIT */
#include "expert/inspect.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* f_k may change by its slope times the rounding of theta + period. That slope is not known; the slope of phi
 * stands for it, hence the generous factor. */
static int32_t check_period(const moei_inspection *it, const moei_desk *desk, int64_t i, int64_t a)
{
    const int64_t d = it->expert->d, K = it->expert->K;
    const double period = it->expert->period[a];
    double *theta = memcpy(it->sum, it->theta + i * d, (size_t)d * sizeof(double));
    theta[a] += period;
    const double moved = DBL_EPSILON * (fabs(theta[a]) + period);
    /* of phi, in units of f_k */
    const double slope = moei_inspect_slope(it, a) + moei_inspect_slope_unit(it, a);
    int32_t status = moei_desk_ask(it, desk, MOEI_VALUES, 1, theta, NULL);
    for (int64_t jk = 0; !status && jk < it->n * K; jk++) {
        const double here = it->f[i * it->n * K + jk], there = desk->scratch.out[jk];
        if (fabs(here - there) >
            moei_inspect_tolerance(it, jk % K) + 64 * moved * slope * moei_inspect_unit(it, jk % K))
            status = moei_fail(
                it->context, MOE_ERROR_CHECK,
                "values gives f[%lld,%lld,%lld] = %.17g, but %.17g when parameter %lld moves by its "
                "period %.17g",
                (long long)i, (long long)(jk / K), (long long)(jk % K), here, there, (long long)a, period);
    }
    return status;
}

int32_t moei_inspect_periods(moei_inspection *it)
{
    moei_desk desk;
    int32_t status = moei_desk_begin(it, it->n, it->x, 1, NULL, &desk);
    for (int64_t i = 0; !status && i < it->count; i++)
        for (int64_t a = 0; !status && a < it->expert->d; a++)
            if (isfinite(it->expert->period[a]))
                status = check_period(it, &desk, i, a);
    return moei_desk_end(&desk, status);
}
