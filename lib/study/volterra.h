/* volterra.h - times on which an integral equation in time is collocated.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_STUDY_VOLTERRA_H
#define MOEI_STUDY_VOLTERRA_H

#include <stdint.h>

struct moe_context;

/* nodes[i] of [begin, end], i < count: Chebyshev's points of the second kind, ascending, ends included;
 * count >= 2. */
void moei_volterra_nodes(int64_t count, double begin, double end, double *nodes);

/* weights[i] = int_begin^time l_i(s) ds, l_i the Lagrange polynomials of these nodes: exact for polynomials
 * of degree < count. MOE_ERROR_MEMORY, MOE_ERROR_LAPACK. */
int32_t moei_volterra_weights(struct moe_context *context, int64_t count, const double *nodes, double time,
                              double *weights);

#endif
