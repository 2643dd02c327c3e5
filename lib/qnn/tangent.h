/* tangent.h - derivatives along a direction of values and gradients, on a block.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_TANGENT_H
#define QNNI_TANGENT_H

#include "qnn/sweep.h"

/* What one expert's direction is to a program. */
typedef struct qnni_direction {
    const double *half;   /* theta slot: half the derivative of its angle       */
    const double *deltas; /* diagonal x 2^M rounded up to 8: see tangent_kernels.h */
} qnni_direction;

/* Doubles of scratch for the states of a round (two after each pass, and some more); -1: too many. */
int64_t qnni_tangent_size(const qnni_kernels *kernels, const qnni_program *program);

/* deltas <- from half; as many doubles as the program has diagonals, times half of qnni_diagonal_size */
void qnni_tangent_tabulate(const qnni_kernels *kernels, const qnni_program *program, const double *half,
                           double *deltas);

/* states <- after each pass, for the round from lane `first` on (sweep.h): the first half of
 * qnni_tangent_size. Here and below the kernels are those of double precision, block->work is not used. */
void qnni_tangent_open(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                       int64_t first, double *scratch);

/* For a round that is open: along the direction,
 *   df[k, lane] = d f_k,                                   unless NULL
 *   h[slot, lane] += d sum_k r[k, lane] d f_k / d a_slot,  unless NULL
 *                                            r, df: K x LANES, from the round's on;  h: theta slot x LANES */
void qnni_tangent(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                  int64_t first, const qnni_direction *direction, const double *r, double *df, double *h,
                  double *scratch);

#endif
