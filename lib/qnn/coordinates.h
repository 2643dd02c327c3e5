/* coordinates.h - the amplitudes of a visit, and the visits of a pass (program.h).
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_COORDINATES_H
#define QNNI_COORDINATES_H

#include "qnn/program.h"
#include "qnn/span.h"

/* Masks w_i with |w_i & v_k| odd for i = k only give amplitude j its l, and the reps are the j with all
 * |w_i & j| even. Visit t begins at the xor of basis[i] over the bits i of t. */
typedef struct qnni_coordinates {
    int qubits, flip_count;
    uint32_t flips[QNNI_LOCAL], masks[QNNI_LOCAL]; /* v, w */
    uint32_t basis[QNNI_MOST_QUBITS];
} qnni_coordinates;

/* masks <- for the flips */
void qnni_find_masks(qnni_coordinates *self);
/* Masks that are the z of one of the turns if it can be, because signs by z are then a matter of l alone. */
void qnni_prefer_masks(const qnni_turn *turns, int64_t count, qnni_coordinates *self);

/* l with j = rep ^ comb[l] */
uint32_t qnni_local_part(const qnni_coordinates *self, uint32_t j);
/* p with |z & comb[l]| = |p & l| in parity */
uint32_t qnni_local_parity(const qnni_coordinates *self, uint32_t z);
/* z' with |z' & rep| = |z & rep| in parity for all reps, and |z' & comb[l]| even */
uint32_t qnni_outside_part(const qnni_coordinates *self, uint32_t z);

/* xor of the flips with bit i in l */
uint32_t qnni_comb(const qnni_coordinates *self, uint32_t l);

/* basis <- one of the reps: the unit masks, projected along the flips, as far as independent. */
void qnni_find_reps(qnni_coordinates *self);

/* basis <- such that, where possible, the strings without a sign inside follow one bit of t each. */
void qnni_align_reps(const qnni_turn *phases, int64_t count, qnni_coordinates *self);

/* The bit of t that alone decides |outside & rep|; -1: none. */
int32_t qnni_carry_of(const qnni_coordinates *self, uint32_t outside);

#endif
