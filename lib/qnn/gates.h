/* gates.h - the fixed gates by name: one const table.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_GATES_H
#define QNNI_GATES_H

#include <moefield/types.h>

/* What the kernels can make use of in a matrix. */
enum {
    QNNI_PHASE = 1,    /* diag(1, ..., 1, u)                              */
    QNNI_EXCHANGE = 2, /* two basis states change places, the others stay */
    QNNI_REAL = 4      /* no imaginary parts                              */
};

typedef struct qnni_fixed_gate {
    const char *name;
    int32_t qubits, flags;
    double matrix[32]; /* 2^qubits x 2^qubits complex numbers, row-major; the first qubit is the high bit */
} qnni_fixed_gate;

/* Row `row` of the table; NULL past its end. */
const qnni_fixed_gate *qnni_fixed_gate_row(int64_t row);

/* The gate of that name; NULL if there is none. */
const qnni_fixed_gate *qnni_fixed_gate_named(const char *name);

#endif
