/* plain.h - derivatives of a circuit by forward differentiation, gate by gate on a plain state.
 *
 * Shares nothing with the library, nor its method: every derivative has its own run of the circuit, and
 * second derivatives are carried forward as psi, d_u psi, d_v psi, d_u d_v psi. For more qubits than dense.h
 * takes.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOE_TEST_PLAIN_H
#define MOE_TEST_PLAIN_H

#include "support/dense.h"

/* For each output k < outputs, at theta and x, along u and v (`parameters` numbers each):
 *   f[k],   fu[k] = D f_k u,   fuv[k] = u^T (D^2 f_k) v */
void plain_derivatives(const struct dense_circuit *circuit, int64_t outputs, const double *theta,
                       const double *x, const double *u, const double *v, double *f, double *fu, double *fuv);

#endif
