/* korobov.h - good generating vectors of rank-1 lattices, and how good they are.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_KOROBOV_H
#define MOEI_KOROBOV_H

#include "base/base.h"

/* e^2(z) = -1 + 1/n sum_k prod_j (1 + gamma_j omega({k z_j / n})): the squared worst-case error of the
 * lattice over the unit ball of the weighted Korobov space. */
double moei_korobov_error(int64_t n, int64_t d, const int64_t *z, const double *gamma);

/* z[d] <- a generating vector made component by component, heaviest weight first; n a power of two.
 * MOE_ERROR_MEMORY. */
int32_t moei_korobov_vector(moe_context *context, int64_t n, int64_t d, const double *gamma, int64_t *z);

#endif
