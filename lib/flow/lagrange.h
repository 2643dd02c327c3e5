/* lagrange.h - the quadrature weights of polynomial interpolation, on which linear multistep methods rest.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_LAGRANGE_H
#define MOEI_LAGRANGE_H

enum { MOEI_LAGRANGE_MAX = 14 };

/* weights[s] = int_0^u l_s(x) dx, l_s the Lagrange polynomials of the distinct nodes[s], s < count <= 14:
 * sum_s weights[s] p(nodes[s]) = int_0^u p for every polynomial p of degree < count. */
void moei_lagrange_integrals(int count, const double *nodes, double u, double *weights);

/* int_0^1 prod_s (x - nodes[s]) dx, s < count <= 13 */
double moei_lagrange_remainder(int count, const double *nodes);

/* weights[s] = prod_{l != s} 1 / (nodes[s] - nodes[l]): sum_s weights[s] p(nodes[s]) is the divided
 * difference
 */
void moei_lagrange_difference(int count, const double *nodes, double *weights);

#endif
