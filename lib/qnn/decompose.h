/* decompose.h - a unitary on one or two qubits as rotations by Pauli strings.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_DECOMPOSE_H
#define QNNI_DECOMPOSE_H

#include "qnn/circuit.h"

/* exp(-i angle P / 2) on the circuit's qubits. */
typedef struct qnni_rotation {
    qnni_pauli pauli;
    double angle;
} qnni_rotation;

/* The most that one gate can take: 6 two-level rotations of 3 x 2 strings, then 3 diagonal ones. */
enum { QNNI_MOST_ROTATIONS = 39 };

/* The gate's matrix, but for a global phase, as rotations in order of time; returns how many. */
int qnni_decompose(const qnni_gate *gate, qnni_rotation rotations[QNNI_MOST_ROTATIONS]);

#endif
