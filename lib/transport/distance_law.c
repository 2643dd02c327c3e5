/* distance_law.c - the public doors to distances between a measure and a continuous law: arguments, choice of
 * method, bounds out.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/continuous.h"
#include "transport/slabs.h"

#include <float.h>
#include <math.h>

/* As in distance.c: beyond, the p-th power of a diameter of 1/2 to 4 units is no longer a double. */
enum { MOST_POWER = 512 };

static int32_t need_power(moe_context *context, double p)
{
    if (!(p >= 1 && isfinite(p)))
        return moei_fail(context, MOE_ERROR_VALUE, "p is %g; it takes a number from 1 on", p);
    if (p > MOST_POWER)
        return moei_fail(context, MOE_ERROR_UNSUPPORTED, "p is %g; this version takes 1 to %d", p,
                         MOST_POWER);
    return MOE_OK;
}

static int32_t need_both(moe_context *context, const moe_measure *measure, const moe_law *law)
{
    int32_t status;
    if ((status = moei_need(context, context, "context")) ||
        (status = moei_need(context, measure, "measure")) || (status = moei_need(context, law, "law")) ||
        (status = moei_need_law(context, law)))
        return status;
    return moei_need_domain(context, measure, law->d, law->period, "measure");
}

/* What was reached also counts when the work was stopped; other failures leave the host's numbers alone. */
static int32_t hand_out(int32_t status, const moei_bounds *bounds, double *lower, double *upper)
{
    if (!status || status == MOE_ERROR_CANCELLED || status == MOE_ERROR_CONVERGENCE) {
        *lower = bounds->lower;
        *upper = bounds->upper;
    }
    return status;
}

MOE_PUBLIC int32_t moe_measure_distance_law(moe_context *context, const moe_measure *measure,
                                            const moe_law *law, double p, double gap, double *lower,
                                            double *upper)
{
    int32_t status;
    if ((status = need_both(context, measure, law)) || (status = moei_need(context, lower, "lower")) ||
        (status = moei_need(context, upper, "upper")) || (status = need_power(context, p)))
        return status;
    if (!(gap > 0))
        return moei_fail(context, MOE_ERROR_TOLERANCE, "gap is %g; it must be positive", gap);
    moei_bounds bounds = {0, INFINITY, false};
    status = law->d == 1 ? moei_distance_line_law(context, measure, law, p, gap, &bounds)
                         : moei_distance_boxes(context, measure, law, p, gap, &bounds);
    return hand_out(status, &bounds, lower, upper);
}

MOE_PUBLIC int32_t moe_measure_distance_image(moe_context *context, const moe_measure *measure,
                                              const moe_law *law, int64_t count, const double *nodes,
                                              const double *images, double lipschitz, double p, double *lower,
                                              double *upper)
{
    int32_t status;
    if ((status = need_both(context, measure, law)) || (status = moei_need_size(context, count, "count")) ||
        (status = moei_need(context, nodes, "nodes")) || (status = moei_need(context, images, "images")) ||
        (status = moei_need(context, lower, "lower")) || (status = moei_need(context, upper, "upper")) ||
        (status = moei_need_finite(context, count, nodes, "nodes")) ||
        (status = moei_need_finite(context, count, images, "images")) || (status = need_power(context, p)))
        return status;
    if (law->d != 1)
        return moei_fail(context, MOE_ERROR_DOMAIN, "the law has %lld coordinates; a monotone map has 1",
                         (long long)law->d);
    if (!(lipschitz >= 0))
        return moei_fail(context, MOE_ERROR_VALUE,
                         "lipschitz is %g; it takes a number from 0 on, or INFINITY", lipschitz);
    moei_bounds bounds = {0, INFINITY, false};
    status = moei_distance_image(context, measure, law, count, nodes, images, lipschitz, p, &bounds);
    return hand_out(status, &bounds, lower, upper);
}

/* ---- cells ------------------------------------------------------------------------------------ */

/* (sum_i w_i radius_i^p / sum_i w_i)^(1/p), rounded up; radii in units of the largest. */
static double mean_radius(const moe_measure *cells, const double *radius, double p)
{
    double largest = 0, sum = 0, total = 0;
    for (int64_t i = 0; i < cells->count; i++)
        if (cells->weights[i] > 0)
            largest = fmax(largest, radius[i]);
    for (int64_t i = 0; i < cells->count && largest > 0; i++) {
        sum += cells->weights[i] * pow(radius[i] / largest, p);
        total += cells->weights[i];
    }
    return largest > 0 ? largest * fmin(1, pow(sum / total, 1 / p)) * (1 + 1e-9) : 0;
}

MOE_PUBLIC int32_t moe_measure_distance_cells(moe_context *context, const moe_measure *measure,
                                              const moe_measure *cells, const double *radius, double p,
                                              double *lower, double *upper)
{
    int32_t status;
    if ((status = moei_need(context, context, "context")) ||
        (status = moei_need(context, measure, "measure")) || (status = moei_need(context, cells, "cells")) ||
        (status = moei_need(context, radius, "radius")) || (status = moei_need(context, lower, "lower")) ||
        (status = moei_need(context, upper, "upper")) || (status = need_power(context, p)))
        return status;
    for (int64_t i = 0; i < cells->count; i++)
        if (!(radius[i] >= 0 && isfinite(radius[i])))
            return moei_fail(context, MOE_ERROR_VALUE, "radius[%lld] is %g; it must be finite and at least 0",
                             (long long)i, radius[i]);
    moei_bounds bounds = {0, INFINITY, false};
    status = moe_measure_distance(context, measure, cells, p, &bounds.lower, &bounds.upper);
    if (!status || status == MOE_ERROR_CANCELLED || status == MOE_ERROR_CONVERGENCE)
        moei_bounds_widen(&bounds, mean_radius(cells, radius, p));
    return hand_out(status, &bounds, lower, upper);
}
