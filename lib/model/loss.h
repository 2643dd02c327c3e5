/* loss.h - losses: the library's own, which fill in the same table of functions as a host's, and what a model
 * asks of one.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_LOSS_H
#define MOEI_LOSS_H

#include "base/base.h"

#include <moefield/objective.h>

/* One of the library's losses. */
typedef struct moei_loss_kind {
    moe_loss_ops ops;
    int64_t least_outputs;
    /* Labels n x K that are not this loss's: MOE_ERROR_VALUE naming sample and value. May scale them. NULL:
     * any finite numbers are labels. */
    int32_t (*admit)(moe_context *context, int64_t n, int64_t K, double *y);
} moei_loss_kind;

extern const moei_loss_kind moei_square_loss, moei_logistic_loss, moei_softmax_loss, moei_huber_loss;

/* A loss in use; never changes, counted by objectives and models. */
typedef struct moei_loss {
    moei_core *core;
    atomic_int references;
    const moei_loss_kind *kind; /* NULL for a host's */
    moe_loss_ops ops;
    void *self;
    double delta; /* Huber's: its self */
} moei_loss;

/* Whether it is the host's: its functions may fail, on one rank alone even. */
static inline bool moei_loss_is_own(const moei_loss *loss)
{
    return !loss->kind;
}

int32_t moei_loss_create(moe_context *context, const moei_loss_kind *kind, double delta, moei_loss **loss);
int32_t moei_loss_create_own(moe_context *context, const moe_loss_ops *ops, void *self, moei_loss **loss);
moei_loss *moei_loss_retain(moei_loss *loss);
void moei_loss_release(moei_loss *loss);

/* Checks finite labels y, n x K, and makes them what the loss's functions expect. */
int32_t moei_loss_admit(moe_context *context, const moei_loss *loss, int64_t n, int64_t K, double *y);

/* Those below return MOE_OK; MOEI_RECOVERABLE or MOE_ERROR_CALLBACK if the loss fails; MOE_ERROR_NOT_FINITE.
 */

/* *sum = sum_j v[j] l(f_j, y_j) */
int32_t moei_loss_sum(moe_context *context, const moei_loss *loss, int64_t n, int64_t K, const double *v,
                      const double *f, const double *y, double *sum);
/* r[j,k] = dl/df_k (f_j, y_j) */
int32_t moei_loss_residual(moe_context *context, const moei_loss *loss, int64_t n, int64_t K, const double *f,
                           const double *y, double *r);
/* c[j,k] = sum_l d^2 l/df_k df_l (f_j, y_j) u[j,l]; MOE_ERROR_UNSUPPORTED if the loss has none. */
int32_t moei_loss_curvature(moe_context *context, const moei_loss *loss, int64_t n, int64_t K,
                            const double *f, const double *y, const double *u, double *c);

#endif
