/* volterra.c - spectral collocation in time.
 *
 * Smooth kernels on [begin, end] are interpolated at Chebyshev's points of the second kind by the barycentric
 * formula, whose weights there are (-1)^i, halved at the ends (Berrut & Trefethen, SIAM Review 46 (2004),
 * section 5.4), and the interpolant is integrated by a Gauss rule that is exact for it.
 *
 * SPDX-License-Identifier: MIT */
#include "study/volterra.h"
#include "base/base.h"
#include "measure/rules.h"

#include <math.h>
#include <string.h>

void moei_volterra_nodes(int64_t count, double begin, double end, double *nodes)
{
    for (int64_t i = 0; i < count; i++) {
        const double half = sin(MOEI_PI / 2 * (double)i / (double)(count - 1));
        nodes[i] = begin + (end - begin) * half * half;
    }
    nodes[count - 1] = end;
}

/* values[i] += factor * l_i(at) */
static void add_basis(int64_t count, const double *nodes, double at, double factor, double *values)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
        if (at == nodes[i]) {
            values[i] += factor;
            return;
        }
        sum += (i % 2 ? -1.0 : 1.0) * (i == 0 || i == count - 1 ? 0.5 : 1) / (at - nodes[i]);
    }
    for (int64_t i = 0; i < count; i++)
        values[i] +=
            factor * (i % 2 ? -1.0 : 1.0) * (i == 0 || i == count - 1 ? 0.5 : 1) / ((at - nodes[i]) * sum);
}

int32_t moei_volterra_weights(moe_context *context, int64_t count, const double *nodes, double time,
                              double *weights)
{
    const int64_t gauss = count / 2 + 1;
    const double half = (time - nodes[0]) / 2;
    double *rule = MOEI_NEW(context->core, moei_mul(gauss, 2), double);
    if (!rule)
        return moei_out_of_memory(context, "a Gauss rule in time");
    const int32_t status = moei_rule_legendre(context, gauss, rule, rule + gauss);
    memset(weights, 0, (size_t)count * sizeof *weights);
    for (int64_t g = 0; g < gauss && !status; g++)
        add_basis(count, nodes, nodes[0] + half * (1 + rule[g]), 2 * half * rule[gauss + g], weights);
    moei_free(context->core, rule);
    return status;
}
