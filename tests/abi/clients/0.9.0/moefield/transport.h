/* transport.h - the transport problem of two measures, step by step: bounds, a plan, potentials.
 *
 *   W_p(a, b)^p = min over m >= 0 with sum_j m[i,j] = a[i], sum_i m[i,j] = b[j] of sum_ij m[i,j] c[i,j]
 *               = max over phi[i] + psi[j] <= c[i,j] of sum_i a[i] phi[i] + sum_j b[j] psi[j],
 *   c[i,j] = |x_i - y_j|^p, geodesic distance; a and b scaled to mass 1.
 *
 * moe_measure_distance is the same in one line, without plan and potentials.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEFIELD_TRANSPORT_H
#define MOEFIELD_TRANSPORT_H

#include <moefield/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* transport <- the problem of W_p(a, b), not solved yet. The measures may be destroyed at once.
 * MOE_ERROR_NULL, MOE_ERROR_DOMAIN (dimensions or periods differ), MOE_ERROR_VALUE (p < 1 or not finite),
 * MOE_ERROR_UNSUPPORTED (p > 512), MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_transport_create(moe_context *context, const moe_measure *a, const moe_measure *b, double p,
                             moe_transport **transport);

/* NULL is accepted. Since 0.9.0. */
void moe_transport_destroy(moe_transport *transport);

/* The next solve ends as soon as upper <= (1 + gap) lower is certain: 0.01 for one per cent. 0, the first
 * value, is the exact distance up to rounding, as moe_measure_distance promises it; methods that have the
 * exact value as quickly give it for every gap.
 * MOE_ERROR_NULL, MOE_ERROR_VALUE (negative, or not finite). Since 0.9.0. */
int32_t moe_transport_set_gap(moe_transport *transport, double gap);

/* Finds a plan and potentials and what they prove of W_p, by the methods of moe_measure_distance. What an
 * earlier solve left stays until this one has as much. Cancelled or not converged, the bounds are still
 * true: 0 and INFINITY at worst.
 * MOE_ERROR_NULL, MOE_ERROR_CANCELLED, MOE_ERROR_CONVERGENCE, MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_transport_solve(moe_transport *transport);

/* *lower <= W_p(a, b) <= *upper, as far as solved; 0 and INFINITY before. MOE_ERROR_NULL. Since 0.9.0. */
int32_t moe_transport_bounds(const moe_transport *transport, double *lower, double *upper);

/* What the last solve that left bounds used, in words ("monotone coupling on the line"); "" before, and for
 * NULL. Static text. Since 0.9.0. */
const char *moe_transport_method(const moe_transport *transport);

/* The plan: masses[e] > 0 goes from point rows[e] of a to point columns[e] of b, e < *count; at most
 * count(a) + count(b) + 1 of them, in the order of the method. Masses sum to 1, to a's weights by rows and to
 * b's by columns (scaled to 1), up to rounding. The arrays belong to the handle, until the next solve.
 * MOE_ERROR_NULL, MOE_ERROR_ORDER (no solve has ended well yet), MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_transport_plan(moe_transport *transport, int64_t *count, const int64_t **rows,
                           const int64_t **columns, const double **masses);

/* The potentials: phi[i] for each point of a, psi[j] for each of b, those of weight 0 included, with
 *   phi[i] + psi[j] <= c[i,j],   sum_i a[i] phi[i] + sum_j b[j] psi[j] = lower^p,
 * both up to 1e-12 times the largest c[i,j]. Any constant may be moved from phi to psi. If W_p^p over- or
 * underflows, so do they. The arrays belong to the handle, until the next solve.
 *   d = 1   O(n log n), computed when first asked for
 *   d >= 2  a c-transform over all pairs, when first asked for; the context's threads share it
 * MOE_ERROR_NULL, MOE_ERROR_ORDER (no solve has ended well yet), MOE_ERROR_CANCELLED, MOE_ERROR_MEMORY.
 * Since 0.9.0. */
int32_t moe_transport_potentials(moe_transport *transport, const double **phi, const double **psi);

#ifdef __cplusplus
}
#endif
#endif
