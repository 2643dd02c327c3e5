/* rules.h - one-dimensional quadrature rules for probability laws; weights sum to 1.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_RULES_H
#define MOEI_RULES_H

#include "measure/circular.h"

/* Uniform law on a circle: nodes[i] = a + (i + 1/2) period / n, weights[i] = 1 / n. Exact for the
 * trigonometric polynomials of degree < n. */
void moei_rule_trapezoid(int64_t n, double a, double period, double *nodes, double *weights);

/* Uniform law on [-1, 1] and standard normal law: nodes ascend, symmetric about 0; exact for the
 * polynomials of degree <= 2 n - 1. O(n) memory, O(n^2) time, with progress. MOE_ERROR_MEMORY,
 * MOE_ERROR_CANCELLED, MOE_ERROR_CONVERGENCE. */
int32_t moei_rule_legendre(moe_context *context, int64_t n, double *nodes, double *weights);
int32_t moei_rule_hermite(moe_context *context, int64_t n, double *nodes, double *weights);

/* A law of angles about its mode 0: nodes ascend in [-pi, pi], symmetric about 0; exact for the trigonometric
 * polynomials of degree < n. Memory, time and errors as above. */
int32_t moei_rule_circular(moe_context *context, const moei_circular *law, int64_t n, double *nodes,
                           double *weights);

/* The Gauss rule of a symmetric law whose orthonormal polynomials have the recurrence coefficients
 * beta(self, k), k = 1 ... n - 1. Errors as above. */
int32_t moei_rule_gauss(moe_context *context, int64_t n, double (*beta)(const void *self, int64_t k),
                        const void *self, double *nodes, double *weights);

#endif
