/* frame.h - Pauli strings seen through the Clifford gates before them.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_FRAME_H
#define QNNI_FRAME_H

#include "qnn/circuit.h"

enum { QNNI_MOST_QUBITS = 30 };

/* i^phase X^x Z^z. */
typedef struct qnni_word {
    uint32_t x, z;
    int32_t phase;
} qnni_word;

/* C^H X_q C and C^H Z_q C for a Clifford C. */
typedef struct qnni_frame {
    qnni_word x[QNNI_MOST_QUBITS], z[QNNI_MOST_QUBITS];
} qnni_frame;

/* C = 1 */
void qnni_frame_open(qnni_frame *frame);

/* C = 1 <- what adds each qubit from `low` on to qubit q mod low: |j> -> |S j> with |S 0> = |0>. */
void qnni_frame_fold(int qubits, int low, qnni_frame *frame);

/* C <- G C, if G is a Clifford gate to rounding; false if not, and then C stays. */
bool qnni_frame_absorb(qnni_frame *frame, const qnni_gate *gate);

/* sign * P' = C^H P C, sign = +-1. */
qnni_pauli qnni_frame_image(const qnni_frame *frame, qnni_pauli pauli, double *sign);

/* PQ = QP */
static inline bool qnni_commute(qnni_pauli p, qnni_pauli q)
{
    return !__builtin_parity((p.x & q.z) ^ (p.z & q.x));
}

#endif
