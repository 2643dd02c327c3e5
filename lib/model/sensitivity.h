/* sensitivity.h - derivatives of the model's outputs, sample by sample.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_SENSITIVITY_H
#define MOEI_SENSITIVITY_H

#include "model/model.h"

/* take(self, j, rows): rows[i,a] = d_a f_k(theta_i, x_j) for all points of mu (count x d), once for each of
 * the n inputs j of the host's (in order), and each output k. May change the rows. */
typedef void (*moei_take_rows)(void *self, int64_t input, double *rows);

/* MOE_ERROR_CALLBACK, MOE_ERROR_NOT_FINITE, MOE_ERROR_CANCELLED, MOE_ERROR_MEMORY. */
int32_t moei_model_jacobians(moe_context *context, const moe_model *model, const moe_measure *mu, int64_t n,
                             const double *x, moei_take_rows take, void *self);

#endif
