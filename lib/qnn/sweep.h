/* sweep.h - a program on a block: LANES points of one expert.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_SWEEP_H
#define QNNI_SWEEP_H

#include "qnn/kernels.h"

typedef struct qnni_block {
    qnni_lanes lanes; /* from the block's first on                                                     */
    /* The states before program->first, as qnni_start makes them; NULL: the program's, from |0>. Every linear
     * combination of such states is one too. */
    const double *start;
    const double *fixed_norm; /* as qnni_fixed_norm, for this block                                    */
    double theta_norm;        /* as qnni_theta_norm                                                    */
    bool keep;                /* keep the state after each pass for the way back, do not compute it again */
    double *work;             /* qnni_work_size doubles                                                */
} qnni_block;

/* Doubles of the states of a block. */
int64_t qnni_state_size(const qnni_program *program);

/* Doubles that the functions below take as block->work, `started` if block->start is given; -1: too many. */
int64_t qnni_work_size(const qnni_kernels *kernels, const qnni_program *program, bool keep, bool started);

/* norm[lane] = prod cos(a/2) over the steps from program->first on by x and constants         norm: LANES */
void qnni_fixed_norm(const qnni_program *program, const double *const angles[3], double *norm);
/* The same over those by theta, which are alike in all lanes. */
double qnni_theta_norm(const qnni_program *program, const double *const angles[3]);

/* norm <- the norm left in each lane; returns scales for the kernels, pass x LANES in `room`, or NULL for 1.
 */
const double *qnni_settle_norms(const qnni_program *program, const qnni_block *block, double *norm,
                                double *room);

/* states <- turns [0, program->first) on |0>; block->start, norms are not used.  states: qnni_state_size */
void qnni_start(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                double *states);

/* psi <- the states after all turns, normalised, for the kernels' `width` lanes from `lane` on. */
void qnni_propagate(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                    int32_t lane, double *psi);

/* f[k, lane] = <psi| O_k |psi>                                                     f: K x LANES */
void qnni_values(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                 double *f);

/* g[slot, lane] += sum_k r[k, lane] d f_k / d a_slot          r: K x LANES;  g: theta slot x LANES */
void qnni_pullback(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                   const double *r, double *g);

#endif
