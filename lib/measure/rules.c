/* rules.c - trapezoid, Gauss-Legendre and Gauss-Hermite rules; gauss.c makes the latter two from the
 * recurrence coefficients of their polynomials.
 *
 * SPDX-License-Identifier: MIT */
#include "measure/rules.h"

#include <math.h>

void moei_rule_trapezoid(int64_t n, double a, double period, double *nodes, double *weights)
{
    for (int64_t i = 0; i < n; i++) {
        nodes[i] = a + ((double)i + 0.5) / (double)n * period;
        weights[i] = 1 / (double)n;
    }
}

static double legendre_beta(const void *self, int64_t k)
{
    (void)self;
    return (double)k / sqrt(4 * (double)k * (double)k - 1);
}

static double hermite_beta(const void *self, int64_t k)
{
    (void)self;
    return sqrt((double)k);
}

int32_t moei_rule_legendre(moe_context *context, int64_t n, double *nodes, double *weights)
{
    return moei_rule_gauss(context, n, legendre_beta, NULL, nodes, weights);
}

int32_t moei_rule_hermite(moe_context *context, int64_t n, double *nodes, double *weights)
{
    return moei_rule_gauss(context, n, hermite_beta, NULL, nodes, weights);
}
