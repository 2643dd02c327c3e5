/* line_law.c - W_p in d = 1 between a measure and a law, or the image of a law under a monotone map.
 *
 * A law is cut into slabs (slabs_law.c), ever finer until the interval is narrow enough; what a cut changes
 * goes with the square of its length, so a factor 4 in their number is a factor 16 in the width.
 *
 * Of the map X only X(nodes[i]) is known. By monotony the quantile of the image is images[i] at the level
 * F(nodes[i]) of the law, and between two nodes it lies between their images, h apart. The slabs take it for
 * linear. The mean of |Q - linear|^p is convex in Q, so it is largest at an extreme point of the monotone
 * functions: a step at share t, for which it is
 *     h^p (t^(p+1) + (1-t)^(p+1)) / (p+1) <= h^p / (p+1).
 * Hence
 *     W_p(slabs, image)^p <= sum_i mass_i h_i^p / (p+1),
 * and what the two ends add (Minkowski): beyond the outermost nodes of an interval or of a normal law the
 * Lipschitz constant alone says how far the image reaches. A circle has no end.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/certificate.h"
#include "transport/continuous.h"
#include "transport/marginal.h"
#include "transport/slabs.h"

#include <float.h>

/* ---- a law ------------------------------------------------------------------------------------ */

int32_t moei_distance_line_law(moe_context *context, const moe_measure *measure, const moe_law *law, double p,
                               double gap, moei_bounds *bounds)
{
    enum { FIRST = 1 << 12, LAST = 1 << 22 };
    int32_t status = MOE_OK;
    for (int64_t count = FIRST; !status; count *= 4) {
        moei_slabs slabs;
        moei_bounds found;
        status = moei_slabs_of_law(context, &law->coordinate[0], law->period[0], p, count, &slabs);
        if (!status)
            status = moei_slabs_distance(context, measure, &slabs, p, &found);
        if (!status) {
            moei_bounds_widen(&found, slabs.stray);
            bounds->lower = fmax(bounds->lower, found.lower);
            bounds->upper = fmin(bounds->upper, found.upper);
        }
        const bool finest = count == LAST || slabs.count == 1;
        moei_slabs_free(context->core, &slabs);
        if (status || bounds->upper - bounds->lower <= gap * bounds->upper)
            return status;
        if (finest)
            break;
    }
    return moei_fail(context, MOE_ERROR_CONVERGENCE, "transport: W_%g lies between %.17g and %.17g", p,
                     bounds->lower, bounds->upper);
}

/* ---- the image of a law ----------------------------------------------------------------------- */

/* The mass of the law on [a, b], summed over parts short enough for their rule. */
static double mass_between(const moei_marginal *law, double a, double b)
{
    const double width = b - a, step = law->flat ? (double)INFINITY : law->deviation / 10;
    const int64_t parts = width > step ? (int64_t)ceil(width / step) : 1;
    moei_account sum = {0, 0};
    for (int64_t i = 0; i < parts && width > 0; i++)
        moei_account_add(&sum, moei_marginal_part(law, a + width * (double)i / (double)parts,
                                                  a + width * (double)(i + 1) / (double)parts)
                                   .mass);
    return moei_account_value(&sum);
}

/* The levels of the nodes, and the slabs between their images. Slab 0 and the last one are the ends of a
 * line, at the outermost images; on a circle the last leads back to the first node. */
static void place(const moei_marginal *law, bool circle, int64_t count, const double *nodes,
                  const double *images, moei_slabs *slabs)
{
    const int64_t first = circle ? 0 : 1;
    moei_account sum = {0, 0};
    for (int64_t i = 0; i < count; i++)
        slabs->knot[i + first] = images[i];
    slabs->knot[0] = images[0];
    slabs->knot[slabs->count] = circle ? images[0] + slabs->period : images[count - 1];
    for (int64_t j = 0; j < slabs->count; j++) {
        const int64_t i = j - first;
        const double a = i < 0 ? law->low : nodes[i];
        const double b = i + 1 < count ? nodes[i + 1] : circle ? nodes[0] + slabs->period : law->high;
        moei_account_add(&sum,
                         mass_between(law, fmax(a, circle ? a : law->low), fmin(b, circle ? b : law->high)));
        slabs->level[j + 1] = moei_account_value(&sum);
    }
    for (int64_t j = 1; j < slabs->count; j++)
        slabs->level[j] = fmin(1, slabs->level[j] / slabs->level[slabs->count]);
    slabs->level[slabs->count] = 1;
}

/* (sum_i mass_i h_i^p / (p + 1))^(1/p), lengths in units of the longest. */
static double between_nodes(const moei_slabs *slabs, double p)
{
    double longest = 0;
    moei_account sum = {0, 0};
    for (int64_t j = 0; j < slabs->count; j++)
        longest = fmax(longest, slabs->knot[j + 1] - slabs->knot[j]);
    for (int64_t j = 0; j < slabs->count && longest > 0; j++)
        moei_account_add(&sum, (slabs->level[j + 1] - slabs->level[j]) *
                                   pow((slabs->knot[j + 1] - slabs->knot[j]) / longest, p));
    return longest * pow(moei_account_value(&sum) / (p + 1), 1 / p);
}

/* How far an end of the law, from `node` on outward, is from the node: in the p-th mean, at most. */
static double beyond(const moei_marginal *law, double mass, double node, bool upward, double p)
{
    const double way = upward ? law->high - node : node - law->low;
    if (law->flat)
        return way > 0 ? way * pow(mass / (p + 1), 1 / p) : 0;
    return law->deviation *
           moei_normal_tail((upward ? node - law->mean : law->mean - node) / law->deviation, p);
}

static double stray_of_image(const moei_marginal *law, bool circle, int64_t count, const double *nodes,
                             double lipschitz, double p, const moei_slabs *slabs)
{
    double stray = between_nodes(slabs, p);
    if (!circle) {
        const double below = beyond(law, slabs->level[1], nodes[0], false, p);
        const double above = beyond(law, 1 - slabs->level[slabs->count - 1], nodes[count - 1], true, p);
        if (below + above > 0)
            stray += (below + above) * lipschitz;
    }
    return stray * (1 + 1e-9);
}

/* nodes ascend within one period, and so do their images. */
static int32_t need_monotone(moe_context *context, int64_t count, const double *x, double period,
                             const char *name)
{
    for (int64_t i = 1; i < count; i++)
        if (x[i] < x[i - 1])
            return moei_fail(context, MOE_ERROR_VALUE, "%s[%lld] is %.17g, less than the one before", name,
                             (long long)i, x[i]);
    if (x[count - 1] - x[0] > period)
        return moei_fail(context, MOE_ERROR_VALUE, "%s go from %.17g to %.17g, more than the period, %.17g",
                         name, x[0], x[count - 1], period);
    return MOE_OK;
}

int32_t moei_distance_image(moe_context *context, const moe_measure *measure, const moe_law *law,
                            int64_t count, const double *nodes, const double *images, double lipschitz,
                            double p, moei_bounds *bounds)
{
    const double period = law->period[0];
    const moei_law_coordinate *coordinate = &law->coordinate[0];
    moei_marginal marginal;
    moei_slabs slabs = {0};
    int32_t status;
    moei_marginal_open(coordinate, period, p, &marginal);
    const bool circle = isfinite(period);
    if ((status = need_monotone(context, count, nodes, period, "nodes")) ||
        (status = need_monotone(context, count, images, period, "images")))
        return status;
    if (circle && coordinate->kind != MOEI_LAW_CIRCLE)
        return moei_fail(
            context, MOE_ERROR_UNSUPPORTED,
            "the law is not uniform on the whole circle; on a circle, this version moves no other");
    status = moei_slabs_create(context, period, circle ? count : count + 1, &slabs);
    if (!status) {
        place(&marginal, circle, count, nodes, images, &slabs);
        status = moei_slabs_distance(context, measure, &slabs, p, bounds);
    }
    if (!status)
        moei_bounds_widen(bounds, stray_of_image(&marginal, circle, count, nodes, lipschitz, p, &slabs));
    moei_slabs_free(context->core, &slabs);
    return status;
}
