/* tensor.c - the tensor product of one-dimensional rules, one for each coordinate of a law.
 *
 *   points[i, k] = nodes_k[i_k],  weights[i] = prod_k weights_k[i_k],
 * where (i_0, ..., i_{d-1}) are the digits of i in the mixed radix of the sizes, the last one fastest.
 *
 * SPDX-License-Identifier: MIT */
#include "measure/law.h"
#include "measure/rules.h"

/* nodes[n], weights[n] <- the rule that suits the coordinate's law */
static int32_t coordinate_rule(moe_context *context, const moei_law_coordinate *law, double period, int64_t n,
                               double *nodes, double *weights)
{
    const double a = law->a, b = law->b;
    if (law->kind == MOEI_LAW_CIRCLE) {
        moei_rule_trapezoid(n, a, period, nodes, weights);
        return MOE_OK;
    }
    const bool normal = law->kind == MOEI_LAW_NORMAL;
    const int32_t status = normal ? moei_rule_hermite(context, n, nodes, weights)
                                  : moei_rule_legendre(context, n, nodes, weights);
    const double centre = normal ? a : a + (b - a) / 2, scale = normal ? b : (b - a) / 2;
    for (int64_t i = 0; !status && i < n; i++)
        nodes[i] = centre + scale * nodes[i];
    return status;
}

/* nodes, weights <- the rules of all coordinates, one after the other */
static int32_t all_rules(moe_context *context, const moe_law *law, const int64_t *sizes, double *nodes,
                         double *weights)
{
    int32_t status = MOE_OK;
    for (int64_t k = 0, start = 0; !status && k < law->d; start += sizes[k], k++)
        status = coordinate_rule(context, &law->coordinate[k], law->period[k], sizes[k], nodes + start,
                                 weights + start);
    return status;
}

static void fill(moe_measure *measure, const int64_t *sizes, int64_t total, const double *nodes,
                 const double *weights)
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
    }
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
        (status = moei_need_law(context, law)) ||
        (status = moei_measure_new(context, law->d, law->period, count, &fresh)))
        return status;
    double *nodes = MOEI_NEW(context->core, total, double), *weights = MOEI_NEW(context->core, total, double);
    if (nodes && weights)
        status = all_rules(context, law, sizes, nodes, weights);
    else
        status = moei_out_of_memory(context, "the rules of the coordinates");
    if (!status)
        fill(fresh, sizes, total, nodes, weights);
    moei_free(context->core, weights);
    moei_free(context->core, nodes);
    if (status) {
        moe_measure_destroy(fresh);
        return status;
    }
    *measure = fresh;
    return MOE_OK;
}
