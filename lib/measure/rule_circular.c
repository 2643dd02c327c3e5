/* rule_circular.c - Gauss rules on a circle for a symmetric law with a peak.
 *
 * In y = sin(t / 2) the law of t in [-pi, pi] is an even law on [-1, 1], and cos(m t) is an even polynomial
 * of degree 2 m in y. So the n-node Gauss rule in y, exact to degree 2 n - 1, integrates every cos(m t) with
 * m < n exactly, and every sin(m t) by symmetry: a rule of n positive weights that is exact for the
 * trigonometric polynomials of degree < n, the most that n nodes on a circle can do (the quadrature of Szego;
 * Jones, Njastad & Thron, Bull. London Math. Soc. 21 (1989)). A flat law makes it the trapezoid rule, a sharp
 * peak Gauss-Hermite. (An even law's moments split so: Delsarte & Genin, IEEE Trans. ASSP 34 (1986).)
 *
 * The recurrence coefficients come from the Stieltjes procedure (Gautschi, "Orthogonal Polynomials", 2004,
 * 2.2) on a fine trapezoid rule for the density: on the whole circle, or on the part of it that the
 * polynomials of degree < n can feel. Its error is that of the trapezoid rule for analytic functions, below
 * rounding. By evenness the procedure runs on t > 0 alone.
 *
 * SPDX-License-Identifier: MIT */
#include "measure/rules.h"

#include <math.h>

/* Half the number of points of the fine rule, and *reach, where it ends. */
static int64_t fine_rule(const moei_circular *law, int64_t n, double *reach)
{
    /* where y^(2 n) exp(-z^2 / 2) has fallen below rounding, z the distance in deviations; there the
     * functions oscillate at most like a Gaussian times a polynomial of degree 2 n */
    const double far = 2 * sqrt((double)n) + 9;
    *reach = moei_circular_reach(law, far);
    if (*reach < MOEI_PI)
        return (int64_t)(far * far) + 8;
    return n + (int64_t)(10 / law->spread) + 16;
}

/* beta[k], k = 1 ... n - 1, of the law given by masses w at +-y. p, q: scratch. */
static void stieltjes(int64_t points, const double *y, const double *w, int64_t n, double *p, double *q,
                      double *beta)
{
    double mass = 0;
    for (int64_t i = 0; i < points; i++)
        mass += w[i];
    for (int64_t i = 0; i < points; i++) {
        p[i] = 1 / sqrt(mass);
        q[i] = 0;
    }
    beta[0] = 0;
    for (int64_t k = 1; k < n; k++) {
        double square = 0;
        for (int64_t i = 0; i < points; i++) {
            q[i] = y[i] * p[i] - beta[k - 1] * q[i];
            square += w[i] * q[i] * q[i];
        }
        beta[k] = sqrt(square);
        for (int64_t i = 0; i < points; i++) {
            const double next = q[i] / beta[k];
            q[i] = p[i];
            p[i] = next;
        }
    }
}

static double listed(const void *self, int64_t k)
{
    return ((const double *)self)[k];
}

int32_t moei_rule_circular(moe_context *context, const moei_circular *law, int64_t n, double *nodes,
                           double *weights)
{
    double reach;
    const int64_t points = fine_rule(law, n, &reach);
    double *fine = MOEI_NEW(context->core, moei_mul(4, points), double);
    double *beta = MOEI_NEW(context->core, n, double);
    int32_t status = fine && beta ? MOE_OK : moei_out_of_memory(context, "a rule on a circle");
    if (!status) {
        const double scale = sin(reach / 2); /* y in units of the reach: a narrow law must not underflow */
        for (int64_t i = 0; i < points; i++) {
            const double t = ((double)i + 0.5) / (double)points * reach;
            fine[i] = sin(t / 2) / scale;
            fine[points + i] = moei_circular_density(law, t);
        }
        stieltjes(points, fine, fine + points, n, fine + 2 * points, fine + 3 * points, beta);
        status = moei_rule_gauss(context, n, listed, beta, nodes, weights);
        for (int64_t i = 0; !status && i < n; i++)
            nodes[i] = 2 * asin(fmax(-1, fmin(1, scale * nodes[i])));
    }
    moei_free(context->core, beta);
    moei_free(context->core, fine);
    return status;
}
