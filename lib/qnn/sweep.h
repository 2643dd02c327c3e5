/* sweep.h - a program on a block: LANES points of one expert.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_SWEEP_H
#define QNNI_SWEEP_H

#include "qnn/kernels.h"

typedef struct qnni_block {
    qnni_lanes lanes;    /* from the block's first on; psi and lambda are scratch                   */
    const double *start; /* the states before program->first, as qnni_start makes them; NULL: unknown */
} qnni_block;

/* Doubles of the states of a block. */
int64_t qnni_state_size(const qnni_program *program);

/* states <- operations [0, program->first) on |0>; block->start is not used.  states: qnni_state_size */
void qnni_start(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                double *states);

/* f[k, lane] = <psi| O_k |psi>                                                     f: K x LANES */
void qnni_values(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                 double *f);

/* g[slot, lane] += sum_k r[k, lane] d f_k / d a_slot          r: K x LANES;  g: theta slot x LANES */
void qnni_pullback(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                   const double *r, double *g);

#endif
