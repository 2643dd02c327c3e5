/* distance.c - W_p between two measures in one line: the bounds, and neither plan nor potentials.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/transport.h"

#include <math.h>

/* Beyond, the p-th power of a diameter of 1/2 to 4 units is no longer a double. */
enum { MOST_POWER = 512, MOST_POINTS = INT32_MAX / 4 };

int32_t moei_need_distance(moe_context *context, const moe_measure *a, const moe_measure *b, double p)
{
    int32_t status;
    if ((status = moei_need(context, a, "a")) || (status = moei_need(context, b, "b")) ||
        (status = moei_need_domain(context, b, a->d, a->period, "b")))
        return status;
    if (!(p >= 1 && isfinite(p)))
        return moei_fail(context, MOE_ERROR_VALUE, "p is %g; it takes a number from 1 on", p);
    if (p > MOST_POWER)
        return moei_fail(context, MOE_ERROR_UNSUPPORTED, "p is %g; this version takes 1 to %d", p,
                         MOST_POWER);
    if (a->d > 1 && a->count > MOST_POINTS - b->count)
        return moei_fail(context, MOE_ERROR_UNSUPPORTED, "a and b have %lld points; this version takes %d",
                         (long long)a->count + (long long)b->count, MOST_POINTS);
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_measure_distance(moe_context *context, const moe_measure *a, const moe_measure *b,
                                        double p, double *lower, double *upper)
{
    int32_t status;
    if ((status = moei_need(context, context, "context")) || (status = moei_need(context, lower, "lower")) ||
        (status = moei_need(context, upper, "upper")) || (status = moei_need_distance(context, a, b, p)))
        return status;
    moei_plan plan = {0};
    moei_bounds bounds;
    status = moei_transport_run(context, a, b, p, 0, &plan, &bounds);
    moei_plan_free(&plan);
    if (!status || status == MOE_ERROR_CANCELLED || status == MOE_ERROR_CONVERGENCE) {
        *lower = bounds.lower;
        *upper = bounds.upper;
    }
    return status;
}
