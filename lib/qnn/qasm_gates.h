/* qasm_gates.h - the gates that OpenQASM names: each a product of Pauli rotations.
 *
 * With the phase included, as a rotation about the empty string, the product is the gate itself and not only
 * the gate up to a phase. That makes every gate controllable by one rule (qasm_call.c).
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_QASM_GATES_H
#define QNNI_QASM_GATES_H

#include <stdbool.h>
#include <stdint.h>

enum { QNNI_MOST_PIECES = 6, QNNI_NO_PARAMETER = -1 };

/* exp(-i a P / 2), a = factor * parameter + shift; P by its letters on the gate's targets, "" being the
 * number 1: a phase of -a / 2. */
typedef struct qnni_piece {
    const char *pauli;
    int32_t parameter;
    double factor, shift;
} qnni_piece;

/* A gate without controls. The pieces act in turn, the first one first; they end with a NULL. */
typedef struct qnni_base {
    const char *name;
    const char *fixed;      /* its name in gates.c, if it is there                   */
    const char *controlled; /* and that of the gate with one control, if it is there */
    int32_t parameters, targets;
    bool loose; /* its phase differs among versions of OpenQASM: not controllable */
    qnni_piece pieces[QNNI_MOST_PIECES + 1];
} qnni_base;

/* The base with so many controls, which come first among the qubits. */
typedef struct qnni_named_gate {
    const qnni_base *base;
    int32_t controls;
} qnni_named_gate;

/* gate <- the one of that name, which need not end in a NUL; false if there is none. */
bool qnni_named_gate_find(const char *name, int64_t length, qnni_named_gate *gate);

/* The name in OpenQASM of a gate of gates.c. */
const char *qnni_name_of_fixed(const char *fixed);

#endif
