/* variation.h - the drift at points in a field, and its derivative: what a flow map and its Jacobian follow.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_VARIATION_H
#define MOEI_VARIATION_H

#include "model/model.h"

/* Scratch for up to `most` points at a time; used by one thread at a time. */
typedef struct moei_variation moei_variation;

/* The model is borrowed. `bent`: the derivative will be asked for. MOE_ERROR_MEMORY, MOE_ERROR_CALLBACK. */
int32_t moei_variation_create(moe_context *context, const moe_model *model, int64_t most, bool bent,
                              moei_variation **variation);
void moei_variation_destroy(moei_variation *variation);

/* With p_ia = sum_jk r[j,k] d_a f_k(theta_i, x_j) - d_a V(theta_i) and the mobility m:
 *   g[i,a] = m_a p_ia;   h[i,l,a] = m_a d_l p_ia, h NULL: not wanted     r: n x K; h: count x d x d
 * Fails as moei_sweep_pullback does, but looks for no NaN. */
int32_t moei_variation_at(moe_context *context, moei_variation *variation, int64_t count, const double *theta,
                          const double *r, double *g, double *h);

#endif
