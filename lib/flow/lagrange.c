/* lagrange.c - integrals of Lagrange polynomials by Gauss-Legendre quadrature.
 *
 * Seven Gauss points integrate degree 13 without error, which is all that 14 nodes can make; the rounding is
 * that of the products. The points are the zeros of P_7 (Abramowitz & Stegun, table 25.4).
 *
 * SPDX-License-Identifier: MIT */
#include "flow/lagrange.h"

enum { GAUSS = 7 };

/* on [0, 1] */
static const double gauss_node[GAUSS] = {
    0.025446043828620737737, 0.12923440720030278007, 0.29707742431130141655, 0.5,
    0.70292257568869858345,  0.87076559279969721993, 0.97455395617137926226};
static const double gauss_weight[GAUSS] = {
    0.064742483084434846635, 0.13985269574463833395, 0.19091502525255947248, 0.20897959183673469388,
    0.19091502525255947248,  0.13985269574463833395, 0.064742483084434846635};

void moei_lagrange_difference(int count, const double *nodes, double *weights)
{
    for (int s = 0; s < count; s++) {
        double product = 1;
        for (int l = 0; l < count; l++)
            if (l != s)
                product *= nodes[s] - nodes[l];
        weights[s] = 1 / product;
    }
}

void moei_lagrange_integrals(int count, const double *nodes, double u, double *weights)
{
    double difference[MOEI_LAGRANGE_MAX];
    moei_lagrange_difference(count, nodes, difference);
    for (int s = 0; s < count; s++)
        weights[s] = 0;
    for (int g = 0; g < GAUSS; g++) {
        const double x = u * gauss_node[g];
        double below[MOEI_LAGRANGE_MAX] = {1}, above = 1; /* prod_{l < s} (x - node_l), prod_{l > s} */
        for (int s = 1; s < count; s++)
            below[s] = below[s - 1] * (x - nodes[s - 1]);
        for (int s = count - 1; s >= 0; s--) {
            /* count <= MOEI_LAGRANGE_MAX: NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
            weights[s] += u * gauss_weight[g] * (below[s] * above) * difference[s];
            above *= x - nodes[s];
        }
    }
}

double moei_lagrange_remainder(int count, const double *nodes)
{
    double sum = 0;
    for (int g = 0; g < GAUSS; g++) {
        double product = gauss_weight[g];
        for (int s = 0; s < count; s++)
            product *= gauss_node[g] - nodes[s];
        sum += product;
    }
    return sum;
}
