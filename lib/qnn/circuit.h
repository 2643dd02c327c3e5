/* circuit.h - the inside of qnn_circuit: gates and observables as the host gave them.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_CIRCUIT_H
#define QNNI_CIRCUIT_H

#include "base/base.h"
#include "qnn/pauli.h"

#include <moefield/qnn.h>

/* a = scale * v[index] + shift, v = theta or x; scale = 0 for a constant. */
typedef struct qnni_angle {
    int64_t index;
    double scale, shift;
} qnni_angle;

/* A rotation exp(-i a P / 2), or a matrix on one or two qubits. */
typedef struct qnni_gate {
    const double *matrix; /* as in qnni_fixed_gate; NULL: a rotation */
    double *owned;        /* the matrix, if the host gave it         */
    int32_t qubits, flags;
    uint32_t bit[2]; /* of the qubits as named: bit[0] is the matrix's high bit */
    int32_t source;  /* QNN_*  */
    qnni_pauli pauli;
    qnni_angle angle;
} qnni_gate;

/* coefficient * P in O_output; a string occurs once for each output. */
typedef struct qnni_term {
    int64_t output;
    qnni_pauli pauli;
    double coefficient;
} qnni_term;

struct qnn_circuit {
    moe_context *context;
    int64_t qubits, parameters, inputs, outputs;
    int32_t precision, kernel; /* QNN_DOUBLE ..., QNN_KERNEL_AUTO ... */
    qnni_gate *gates;
    int64_t gate_count, gate_room;
    qnni_term *terms;
    int64_t term_count, term_room;
};

/* array with room for one more than `count`: itself, or a copy twice as long in its place; NULL if memory
 * is out, and then the array is as it was. */
void *qnni_with_room(moei_core *core, void *array, int64_t count, int64_t *room, size_t bytes);

/* period <- qnn_circuit_period of every parameter. MOE_ERROR_MEMORY. */
int32_t qnni_periods_of(moe_context *context, const qnn_circuit *circuit, double *period);

/* period: one for each parameter, each a multiple of 2 pi / |scale| for every gate that uses it, or
 * INFINITY. MOE_ERROR_PERIOD. */
int32_t qnni_need_periods(moe_context *context, const qnn_circuit *circuit, const double *period);

#endif
