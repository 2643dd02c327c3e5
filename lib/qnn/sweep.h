/* sweep.h - a program on a block: points of one expert, LANES of them a row of it.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_SWEEP_H
#define QNNI_SWEEP_H

#include "qnn/kernels.h"

/* Norms and scales that go together, of some angles. A row has one or LANES lanes. */
typedef struct qnni_scales {
    double *norm;   /* row x lanes: the product of cosines */
    double *left;   /* row x lanes: what scales leave of it */
    double *scales; /* row x pass x lanes                 */
    bool *uses;     /* row x pass: whether a scale is not 1 */
} qnni_scales;

/* Rows are the first LANES points, the next LANES, ... What belongs to points is stored row after row. */
typedef struct qnni_block {
    int64_t points;
    /* slot x 2 x LANES, tan(a/2) and cos(a/2), for QNN_THETA in lane 0 only; by source, and row after row for
     * QNN_INPUT. `tangents` are the first as the kernels read them, `diagonals` their tables. */
    const double *angles[3];
    const void *tangents[3], *diagonals;
    /* The states before program->first in reals, as qnni_start makes them, row after row; NULL: the
     * program's, from |0>. Every linear combination of such states is one too. */
    const void *start;
    qnni_scales fixed, theta; /* as qnni_fix_scales, row after row; as qnni_theta_scales               */
    bool alike;               /* angles[QNN_INPUT] and `fixed` are those of one row, for all      */
    bool keep;                /* keep the state after each pass for the way back, do not compute it again */
    double *work;             /* qnni_work_size doubles                                                */
} qnni_block;

/* row <- of the fixed angles of one row, all lanes; then of theta, one lane, where scales are made only if
 * `smallest`, the least |norm| of the fixed angles, may need them. `one`: pass doubles, scratch */
void qnni_fix_scales(const qnni_program *program, const double *const angles[3], double *one,
                     const qnni_scales *row);
void qnni_theta_scales(const qnni_kernels *kernels, const qnni_program *program,
                       const double *const angles[3], double smallest, double *one, const qnni_scales *row);

/* Reals of the states of a row. */
int64_t qnni_state_size(const qnni_program *program);

/* Doubles that the functions below take as block->work, `started` if block->start is given; -1: too many. */
int64_t qnni_work_size(const qnni_kernels *kernels, const qnni_program *program, bool keep, bool started);

/* Doubles that qnni_start takes as block->work. */
int64_t qnni_start_size(const qnni_program *program);

/* states <- turns [0, program->first) on |0>; block->start, norms are not used.
 *                                                                          states: row x qnni_state_size */
void qnni_start(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                void *states);

/* One round, the kernels' `width` lanes from `first` on, counted over all rows, for those who call kernels
 * pass by pass: the states before program->first, block->start's or else made in `room`, 2 width 2^M reals;
 */
const void *qnni_start_of(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                          int64_t first, void *room);
/* then what the kernels read, with scales in block->work (qnni_start_size), and the norms left.  norm: width
 */
void qnni_round_of(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                   int64_t first, qnni_rounds *round, double *norm);

/* psi <- the states after all turns, normalised, round after round. In double precision. */
void qnni_propagate(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                    double *psi);

/* f[row, k, lane] = <psi| O_k |psi>                                            f: row x K x LANES */
void qnni_values(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                 double *f);

/* g[slot, lane] += sum_k r[row, k, lane] d f_k / d a_slot, summed over rows
 *                                                  r: row x K x LANES;  g: theta slot x LANES */
void qnni_pullback(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                   const double *r, double *g);

#endif
