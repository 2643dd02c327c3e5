/* qasm_decompose.h - unitaries on one and two qubits as products of gates that every program knows.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_QASM_DECOMPOSE_H
#define QNNI_QASM_DECOMPOSE_H

#include <stdint.h>

/* e^{i phase} RZ(phi) RY(theta) RZ(lambda) */
typedef struct qnni_euler {
    double theta, phi, lambda, phase;
} qnni_euler;

/* The Euler angles of the 2 x 2 unitary u, as in qnn_circuit_unitary. */
qnni_euler qnni_euler_of(const double *u);

/* A unitary on `target` if `control` has the value `on`. */
typedef struct qnni_controlled {
    int32_t control, on, target;
    qnni_euler unitary;
} qnni_controlled;

enum { QNNI_CONTROLLED_STEPS = 6 };

/* The 4 x 4 unitary u as step[0], then step[1], ... on qubits 0 (the high bit of its index) and 1. */
void qnni_qasm_decompose(const double *u, qnni_controlled step[QNNI_CONTROLLED_STEPS]);

#endif
