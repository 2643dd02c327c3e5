/* circuits.h - the circuits of the benchmarks. One observable, (1/M) sum Z but for pauli_sum.
 *
 *   reupload      4 layers of RX(x), RY(theta), RZ(theta) on each qubit, then a ring of CNOT
 *   encode_first  RY(x) on each qubit, then 4 layers of RY(theta), RZ(theta) and a ring of CNOT
 *   random        12 M gates: rotations of one or two qubits by theta or x, H, S, T, CNOT, CZ
 *   pauli_sum     reupload, with M strings of X, Y, Z on neighbours: (1/M) sum of X, YZ, ZX, XY in turn
 *
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_CIRCUITS_H
#define BENCH_CIRCUITS_H

#include <moefield/moefield.h>

/* A circuit, and the operations on real numbers by amplitude that a plain simulator takes for its value and
 * gradient: one application of a rotation by one qubit 6, by a string 8, of H 4, of T, S, CZ 2, of CNOT 0;
 * three applications of each gate, 4 for each parameter's overlap, 8 for each string of the observable. */
typedef struct recipe {
    const char *name;
    qnn_circuit *circuit;
    int64_t qubits;
    double operations;
} recipe;

enum { RECIPES = 4 };

/* Circuit 0 ... RECIPES - 1 on `qubits` qubits, with as many inputs and 8 `qubits` parameters. `made` is to
 * be destroyed by qnn_circuit_destroy in every case. */
int32_t recipe_make(moe_context *context, int index, int64_t qubits, recipe *made);

#endif
