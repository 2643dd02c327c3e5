/* rules.c - trapezoid, Gauss-Legendre and Gauss-Hermite rules.
 *
 * Gauss rules by Golub and Welsch, "Calculation of Gauss quadrature rules", Math. Comp. 23 (1969): the
 * orthonormal polynomials of a law obey x p_k = b_{k+1} p_{k+1} + b_k p_{k-1} (a_k = 0 by symmetry), the
 * nodes are the eigenvalues of the symmetric tridiagonal matrix with the b_k beside its diagonal, and the
 * weights the squares of the first components of its unit eigenvectors. Both rules are symmetric about 0;
 * the eigensolver's rounding is not, so each mirror pair is averaged.
 *
 * SPDX-License-Identifier: MIT */
#include "measure/rules.h"

#include "base/blas.h"

#include <math.h>

void moei_rule_trapezoid(int64_t n, double a, double period, double *nodes, double *weights)
{
    for (int64_t i = 0; i < n; i++) {
        nodes[i] = a + ((double)i + 0.5) / (double)n * period;
        weights[i] = 1 / (double)n;
    }
}

/* Averages mirror pairs, x[i] = -x[n-1-i] and w[i] = w[n-1-i], and scales the weights to sum 1. */
static void symmetrise(int64_t n, double *nodes, double *weights)
{
    double sum = 0;
    for (int64_t i = 0, j = n - 1; i <= j; i++, j--) {
        const double x = (nodes[j] - nodes[i]) / 2, w = (weights[i] + weights[j]) / 2;
        nodes[i] = -x;
        nodes[j] = x; /* after nodes[i]: the middle node is +0 */
        weights[i] = weights[j] = w;
        sum += i < j ? 2 * w : w;
    }
    for (int64_t i = 0; i < n; i++)
        weights[i] /= sum;
}

int32_t moei_rule_gauss(moe_context *context, int64_t n, double (*beta)(const void *self, int64_t k),
                        const void *self, double *nodes, double *weights)
{
    const int32_t status =
        moei_need_shape(context, "the eigenvectors of a Gauss rule", 2, (const int64_t[]){n, n});
    if (status)
        return status;
    double *z = MOEI_NEW(context->core, n * n, double), *off = MOEI_NEW(context->core, 3 * n, double);
    int32_t info = -1;
    if (z && off) {
        for (int64_t k = 1; k < n; k++)
            off[k - 1] = beta(self, k);
        for (int64_t i = 0; i < n; i++)
            nodes[i] = 0;
        info = moei_tridiagonal_eigen(n, nodes, off, z, off + n);
        for (int64_t i = 0; i < n; i++)
            weights[i] = z[i * n] * z[i * n];
    }
    const bool memory = z && off;
    moei_free(context->core, off);
    moei_free(context->core, z);
    if (!memory)
        return moei_out_of_memory(context, "the eigenvectors of a Gauss rule");
    if (info)
        return moei_fail(context, MOE_ERROR_LAPACK, "dstev returned %d for a Gauss rule of %lld nodes",
                         (int)info, (long long)n);
    symmetrise(n, nodes, weights);
    return MOE_OK;
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
