/* gates.h - a circuit's gates and observables as lists, for drawing.
 *
 * SPDX-License-Identifier: MIT */
#ifndef PROGRAM_GATES_H
#define PROGRAM_GATES_H

#include "program.h"

enum { MOST_QUBITS = 30 };

struct gate {
    char *name, *angle; /* as OpenQASM has them: "rx" and "0.5*theta0"; angle NULL if there is none */
    int qubits, qubit[MOST_QUBITS];
};

struct term {
    int64_t output;
    double coefficient;
    char string[MOST_QUBITS + 1]; /* "ZIX" */
};

struct gates {
    int64_t qubits, parameters, inputs, outputs, count, terms;
    struct gate *gate;
    struct term *term;
};

/* Of any circuit, by way of its OpenQASM text, which the library writes in one form. *text is that text. */
int gates_of(moe_context *context, const qnn_circuit *circuit, struct gates *gates, char **text);
void gates_free(struct gates *gates);

/* drawing.c: the circuit to standard output, in lines of `width` characters */
void draw_circuit(const struct gates *gates, bool ascii, int64_t width);
void draw_observables(const struct gates *gates, bool ascii);

#endif
