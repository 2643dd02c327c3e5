/* gauss.c - the Gauss rule of a symmetric law from its recurrence coefficients, in O(n) memory and O(n^2)
 * time.
 *
 * The orthonormal polynomials of a law obey x p_k = b_{k+1} p_{k+1} + b_k p_{k-1} (a_k = 0 by symmetry), the
 * nodes are the eigenvalues of the symmetric tridiagonal matrix with the b_k beside its diagonal, and the
 * weights the squares of the first components of its unit eigenvectors (G. H. Golub, J. H. Welsch, Math.
 * Comp. 23 (1969) 221-230). As there, the implicit QL method (A. Dubrulle, R. S. Martin, J. H. Wilkinson,
 * Numer. Math. 12 (1968) 377-383) carries that first row only: all eigenvectors would take n^2 numbers and
 * n^3 operations, which is what a rule of some thousand nodes then waits for. The rule is symmetric about 0;
 * rounding is not, so each mirror pair is averaged.
 *
 * SPDX-License-Identifier: MIT */
#include "measure/rules.h"

#include <float.h>
#include <math.h>

enum { MOST_SWEEPS = 60, TELL_EVERY = 256 }; /* QL sweeps for one eigenvalue; eigenvalues between progress */

/* The matrix, diagonal x[n] and off[n - 1] beside it (and a number more), and the first row of its rotations
 * so far. */
typedef struct {
    int64_t n;
    double *x, *off, *row;
} tridiagonal;

/* The end of the unreduced block that begins at l. */
static int64_t block_end(const tridiagonal *t, int64_t l)
{
    while (l < t->n - 1 && fabs(t->off[l]) > DBL_EPSILON * (fabs(t->x[l]) + fabs(t->x[l + 1])) + DBL_MIN)
        l++;
    return l;
}

/* One QL sweep from m up to l, shifted by the eigenvalue of the block's first 2 x 2 that is nearer to x[l].
 */
static void sweep(tridiagonal *t, int64_t l, int64_t m)
{
    double *x = t->x, *off = t->off, *row = t->row;
    const double slope = (x[l + 1] - x[l]) / (2 * off[l]);
    double g = x[m] - x[l] + off[l] / (slope + copysign(hypot(slope, 1), slope));
    double sine = 1, cosine = 1, shift = 0;
    for (int64_t i = m - 1; i >= l; i--) {
        const double f = sine * off[i], b = cosine * off[i], r = hypot(f, g);
        off[i + 1] = r;
        if (r == 0) { /* the block has split */
            x[i + 1] -= shift;
            off[m] = 0;
            return;
        }
        sine = f / r;
        cosine = g / r;
        g = x[i + 1] - shift;
        const double turned = (x[i] - g) * sine + 2 * cosine * b, below = row[i + 1];
        shift = sine * turned;
        x[i + 1] = g + shift;
        g = cosine * turned - b;
        row[i + 1] = sine * row[i] + cosine * below;
        row[i] = cosine * row[i] - sine * below;
    }
    x[l] -= shift;
    off[l] = g;
    off[m] = 0;
}

static int32_t diagonalise(moe_context *context, tridiagonal *t)
{
    for (int64_t l = 0; l < t->n; l++) {
        int64_t m;
        for (int sweeps = 0; (m = block_end(t, l)) > l; sweeps++) {
            if (sweeps == MOST_SWEEPS)
                return moei_fail(context, MOE_ERROR_CONVERGENCE,
                                 "node %lld of a Gauss rule of %lld did not settle", (long long)l,
                                 (long long)t->n);
            sweep(t, l, m);
        }
        if (l % TELL_EVERY == TELL_EVERY - 1) {
            const int32_t status = moei_progress(context, "rule", (double)l / (double)t->n);
            if (status)
                return status;
        }
    }
    return MOE_OK;
}

/* By insertion: the eigenvalues come nearly in order. */
static void sort(const tridiagonal *t)
{
    for (int64_t i = 1; i < t->n; i++) {
        const double x = t->x[i], row = t->row[i];
        int64_t j = i;
        for (; j > 0 && t->x[j - 1] > x; j--) {
            t->x[j] = t->x[j - 1];
            t->row[j] = t->row[j - 1];
        }
        t->x[j] = x;
        t->row[j] = row;
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
    tridiagonal t = {n, nodes, MOEI_NEW(context->core, n, double), weights};
    if (!t.off)
        return moei_out_of_memory(context, "a Gauss rule");
    for (int64_t k = 0; k < n; k++) {
        nodes[k] = 0;
        weights[k] = k == 0;
        t.off[k] = k + 1 < n ? beta(self, k + 1) : 0;
    }
    const int32_t status = diagonalise(context, &t);
    moei_free(context->core, t.off);
    if (status)
        return status;
    sort(&t);
    for (int64_t i = 0; i < n; i++)
        weights[i] *= weights[i];
    symmetrise(n, nodes, weights);
    return MOE_OK;
}
