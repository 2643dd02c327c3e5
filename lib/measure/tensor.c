/* tensor.c - the tensor product of one-dimensional rules, one for each coordinate of a law.
 *
 *   points[i, k] = nodes_k[i_k],  weights[i] = prod_k weights_k[i_k],
 * where (i_0, ..., i_{d-1}) are the digits of i in the mixed radix of the sizes, the last one fastest. A
 * block of samples counts its rows in its first coordinate.
 *
 * SPDX-License-Identifier: MIT */
#include "measure/law.h"
#include "measure/rules.h"

#include <string.h>

/* nodes <- centre + scale * nodes */
static void place(int64_t n, double centre, double scale, double *nodes)
{
    for (int64_t i = 0; i < n; i++)
        nodes[i] = centre + scale * nodes[i];
}

/* Gauss-Legendre in u, taken to the coordinate by its quantile. */
static int32_t quantile_rule(moe_context *context, const moe_law *law, int64_t k, int64_t n, double *nodes,
                             double *weights)
{
    int32_t status = moei_rule_legendre(context, n, nodes, weights);
    for (int64_t i = 0; !status && i < n; i++)
        status = moei_law_quantile(context, law, k, 0.5 + 0.5 * nodes[i], &nodes[i]);
    return status;
}

/* nodes[n], weights[n] <- the rule that suits the law of coordinate k; of samples, the numbers of the rows */
static int32_t coordinate_rule(moe_context *context, const moe_law *law, int64_t k, int64_t n, double *nodes,
                               double *weights)
{
    const moei_law_coordinate *at = &law->coordinate[k];
    const double a = at->a, b = at->b, angle = law->period[k] / (2 * MOEI_PI);
    int32_t status = MOE_OK;
    switch (at->kind) {
    case MOEI_LAW_NOT_SET: /* refused at the door */
    case MOEI_LAW_CIRCLE:
        moei_rule_trapezoid(n, a, law->period[k], nodes, weights);
        break;
    case MOEI_LAW_INTERVAL:
        status = moei_rule_legendre(context, n, nodes, weights);
        place(n, a + (b - a) / 2, (b - a) / 2, nodes);
        break;
    case MOEI_LAW_NORMAL:
    case MOEI_LAW_VON_MISES:
        if (at->table) {
            const moei_circular circular = moei_law_circular(at, law->period[k]);
            status = moei_rule_circular(context, &circular, n, nodes, weights);
            place(n, a, angle, nodes);
        } else {
            status = moei_rule_hermite(context, n, nodes, weights);
            place(n, a, b, nodes);
        }
        break;
    case MOEI_LAW_QUANTILE:
        status = quantile_rule(context, law, k, n, nodes, weights);
        break;
    case MOEI_LAW_FIXED:
        nodes[0] = a;
        weights[0] = 1;
        break;
    case MOEI_LAW_SAMPLES:
        for (int64_t i = 0; i < n; i++) {
            nodes[i] = (double)i;
            weights[i] = 1 / (double)n;
        }
        break;
    }
    return status;
}

/* nodes, weights <- the rules of all coordinates, one after the other */
static int32_t all_rules(moe_context *context, const moe_law *law, const int64_t *sizes, double *nodes,
                         double *weights)
{
    int32_t status = MOE_OK;
    for (int64_t k = 0, start = 0; !status && k < law->d; start += sizes[k], k++)
        status = coordinate_rule(context, law, k, sizes[k], nodes + start, weights + start);
    return status;
}

/* point[k ...] <- for each block of samples, the row whose number its first coordinate holds */
static void take_samples(const moe_law *law, double *point)
{
    for (int64_t k = 0; k < law->d; k++) {
        const moei_law_coordinate *at = &law->coordinate[k];
        if (at->kind == MOEI_LAW_SAMPLES && at->first == k) {
            const double *row = at->table + (int64_t)point[k] * at->width;
            memcpy(point + k, row, (size_t)at->width * sizeof *row);
        }
    }
}

static void fill(const moe_law *law, moe_measure *measure, const int64_t *sizes, int64_t total,
                 const double *nodes, const double *weights)
{
    const int64_t d = measure->d;
    for (int64_t i = 0; i < measure->count; i++) {
        double weight = 1;
        int64_t rest = i, start = total;
        for (int64_t k = d - 1; k >= 0; k--) {
            start -= sizes[k];
            const int64_t digit = start + rest % sizes[k];
            rest /= sizes[k];
            measure->points[i * d + k] = nodes[digit];
            weight *= weights[digit];
        }
        measure->weights[i] = weight;
        take_samples(law, measure->points + i * d);
    }
}

/* Fixed coordinates and samples have as many nodes as they have. */
static int32_t need_own_sizes(moe_context *context, const moe_law *law, const int64_t *sizes)
{
    for (int64_t k = 0; k < law->d; k++) {
        const moei_law_coordinate *at = &law->coordinate[k];
        const bool samples = at->kind == MOEI_LAW_SAMPLES;
        const int64_t own = samples && at->first == k ? at->count : 1;
        if ((samples || at->kind == MOEI_LAW_FIXED) && sizes[k] != own)
            return moei_fail(context, MOE_ERROR_SIZE, "sizes[%lld] is %lld; it must be %lld, for %s",
                             (long long)k, (long long)sizes[k], (long long)own,
                             samples ? "samples are taken whole" : "the coordinate is fixed");
    }
    return MOE_OK;
}

/* *count = prod sizes[k], *total = sum sizes[k] */
static int32_t need_sizes(moe_context *context, int64_t d, const int64_t *sizes, int64_t *count,
                          int64_t *total)
{
    *count = 1;
    *total = 0;
    for (int64_t k = 0; k < d; k++) {
        if (sizes[k] < 1)
            return moei_fail(context, MOE_ERROR_SIZE, "sizes[%lld] is %lld; it must be at least 1",
                             (long long)k, (long long)sizes[k]);
        *count = moei_mul(*count, sizes[k]);
        if (moei_mul(*count, d * (int64_t)sizeof(double)) < 0)
            return moei_fail(
                context, MOE_ERROR_SIZE,
                "sizes[%lld] is %lld; with those before it, it makes more points than memory can hold",
                (long long)k, (long long)sizes[k]);
        *total += sizes[k]; /* at most d times the count, which fits */
    }
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_measure_tensor(moe_context *context, const moe_law *law, const int64_t *sizes,
                                      moe_measure **measure)
{
    int32_t status;
    int64_t count, total;
    moe_measure *fresh = NULL;
    if (measure)
        *measure = NULL;
    if ((status = moei_need(context, context, "context")) || (status = moei_need(context, law, "law")) ||
        (status = moei_need(context, sizes, "sizes")) || (status = moei_need(context, measure, "measure")) ||
        (status = need_sizes(context, law->d, sizes, &count, &total)) ||
        (status = moei_need_law(context, law)) || (status = need_own_sizes(context, law, sizes)) ||
        (status = moei_measure_new(context, law->d, law->period, count, &fresh)))
        return status;
    double *nodes = MOEI_NEW(context->core, total, double), *weights = MOEI_NEW(context->core, total, double);
    if (nodes && weights)
        status = all_rules(context, law, sizes, nodes, weights);
    else
        status = moei_out_of_memory(context, "the rules of the coordinates");
    if (!status)
        fill(law, fresh, sizes, total, nodes, weights);
    moei_free(context->core, weights);
    moei_free(context->core, nodes);
    if (status) {
        moe_measure_destroy(fresh);
        return status;
    }
    *measure = fresh;
    return MOE_OK;
}
