/* sweep.h - once over all experts: up, their weighted moments; down, each one's pullback.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_SWEEP_H
#define MOEI_SWEEP_H

#include "expert/expert.h"
#include "model/objective.h"
#include "model/partition.h"

/* Scratch for sweeps of N experts over one binding; nothing is allocated per sweep unless the context
 * has got more threads since the last one. Used by one thread at a time. */
typedef struct moei_sweep moei_sweep;

/* How sweeps over the binding cut so many experts; on one rank until moei_partition_spread says otherwise. */
moei_partition moei_sweep_partition(const moei_binding *binding, int64_t experts);

/* Binding and terms (of which scale, potential and mobility matter here) are borrowed and must outlive the
 * sweep; the partition is copied. */
int32_t moei_sweep_create(moe_context *context, const moei_binding *binding, const moei_terms *terms,
                          const moei_partition *cut, moei_sweep **sweep);
void moei_sweep_destroy(moei_sweep *sweep);

/* Sweeps of experts that ranks share are made by all of them, and return the same on all. So does this, of
 * what a rank did alone in between: `status` where nothing is spread. */
int32_t moei_sweep_agree(moe_context *context, const moei_sweep *sweep, int32_t status);

/* All return MOE_OK; MOEI_RECOVERABLE for a callback's positive status; MOE_ERROR_NOT_FINITE; or
 * MOE_ERROR_CALLBACK, MOE_ERROR_CANCELLED, MOE_ERROR_MEMORY. Only the first two kinds of failure can be
 * cured by other parameters. */

/* f[j,k] = s sum_i w[i] f_k(theta_i, x_j), s the scale                                    f: n x K */
int32_t moei_sweep_predict(moe_context *context, moei_sweep *sweep, const double *theta, const double *w,
                           double *f);

/* With p_ia = sum_jk r[j,k] d_a f_k(theta_i, x_j) - d_a V(theta_i) and the mobility m:
 * g[i,a] = m_a p_ia;  *square = sum_i w[i] sum_a m_a p_ia^2                       r: n x K, g: N x d */
int32_t moei_sweep_pullback(moe_context *context, moei_sweep *sweep, const double *theta, const double *w,
                            const double *r, double *g, double *square);

/* *value = sum_i w[i] V(theta_i); 0 if the terms have no potential. */
int32_t moei_sweep_potential(moe_context *context, moei_sweep *sweep, const double *theta, const double *w,
                             double *value);

/* What went wrong in a slab: which function of the expert, and its value; 0 if nothing did. */
typedef struct {
    const char *what;
    int32_t value;
} moei_failure;

/* `status` of a loop over slabs; if a function of the expert failed, that of the first slab is reported. */
int32_t moei_report_slabs(moe_context *context, int64_t slabs, const moei_failure *failed, int32_t status);

#endif
