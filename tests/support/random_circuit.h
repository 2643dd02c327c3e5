/* random_circuit.h - one random circuit in two forms: the library's, and the dense reference's.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOE_TEST_RANDOM_CIRCUIT_H
#define MOE_TEST_RANDOM_CIRCUIT_H

#include "support/dense.h"
#include "support/test.h"

/* An integer in [0, count). */
static inline int64_t test_integer(uint64_t *state, int64_t count)
{
    return (int64_t)(test_uniform(state) * (double)count);
}

/* A number in [-1, 1). */
static inline double test_signed(uint64_t *state)
{
    return 2 * test_uniform(state) - 1;
}

/* The named gates as the literature has them (Nielsen & Chuang, section 4.2). */
struct named_gate {
    const char *name;
    int count;
    double complex matrix[4][4];
};

static const struct named_gate named_gates[] = {
    {"H",
     1,
     {{0.70710678118654752440, 0.70710678118654752440}, {0.70710678118654752440, -0.70710678118654752440}}},
    {"X", 1, {{0, 1}, {1, 0}}},
    {"Y", 1, {{0, -IMAGINARY}, {IMAGINARY, 0}}},
    {"Z", 1, {{1, 0}, {0, -1}}},
    {"S", 1, {{1, 0}, {0, IMAGINARY}}},
    {"SDG", 1, {{1, 0}, {0, -IMAGINARY}}},
    {"T", 1, {{1, 0}, {0, 0.70710678118654752440 + 0.70710678118654752440 * IMAGINARY}}},
    {"TDG", 1, {{1, 0}, {0, 0.70710678118654752440 - 0.70710678118654752440 * IMAGINARY}}},
    {"CNOT", 2, {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 0, 1}, {0, 0, 1, 0}}},
    {"CZ", 2, {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, -1}}},
    {"SWAP", 2, {{1, 0, 0, 0}, {0, 0, 1, 0}, {0, 1, 0, 0}, {0, 0, 0, 1}}},
};
enum { NAMED_GATES = sizeof named_gates / sizeof named_gates[0] };

/* Two different qubits. */
static inline void random_qubits(uint64_t *state, int qubits, int64_t out[2])
{
    out[0] = test_integer(state, qubits);
    out[1] = qubits > 1 ? (out[0] + 1 + test_integer(state, qubits - 1)) % qubits : out[0];
}

/* columns of u orthonormal, by Gram and Schmidt on random ones */
static inline void random_unitary(uint64_t *state, int size, double complex u[4][4])
{
    for (int c = 0; c < size; c++) {
        double norm = 0;
        for (int r = 0; r < size; r++)
            u[r][c] = test_signed(state) + IMAGINARY * test_signed(state);
        for (int pass = 0; pass < 2; pass++)
            for (int b = 0; b < c; b++) {
                double complex part = 0;
                for (int r = 0; r < size; r++)
                    part += conj(u[r][b]) * u[r][c];
                for (int r = 0; r < size; r++)
                    u[r][c] -= part * u[r][b];
            }
        for (int r = 0; r < size; r++)
            norm += creal(u[r][c] * conj(u[r][c]));
        for (int r = 0; r < size; r++)
            u[r][c] /= sqrt(norm);
    }
}

/* Appends a rotation to both; on letters.. of some qubits, or a whole string. */
static inline int32_t add_random_rotation(uint64_t *state, qnn_circuit *circuit, struct dense_circuit *dense,
                                          int64_t parameters, int64_t inputs)
{
    static const double scales[] = {1, 1, 1, -1, 2, 0.5, 1.5, 0.731};
    struct dense_gate *gate = &dense->gates[dense->gate_count++];
    const int qubits = dense->qubits;
    memset(gate, 0, sizeof *gate);
    gate->source = (int32_t)test_integer(state, 8);
    gate->source = gate->source > 2 ? QNN_THETA : gate->source;
    if (gate->source != QNN_CONSTANT) {
        gate->index = test_integer(state, gate->source == QNN_THETA ? parameters : inputs);
        gate->scale = scales[test_integer(state, 8)];
    }
    gate->shift = test_uniform(state) < 0.5 ? 3 * test_signed(state) : 0;
    memset(gate->pauli, 'I', (size_t)qubits);
    if (test_uniform(state) < 0.4) { /* a whole string */
        for (int q = 0; q < qubits; q++)
            gate->pauli[q] = "IXYZ"[test_integer(state, 4)];
        return qnn_circuit_rotation(circuit, gate->pauli, NULL, gate->source, gate->index, gate->scale,
                                    gate->shift);
    }
    int64_t at[2];
    char letters[3] = "";
    const int count = qubits > 1 && test_uniform(state) < 0.4 ? 2 : 1;
    random_qubits(state, qubits, at);
    for (int i = 0; i < count; i++)
        gate->pauli[at[i]] = letters[i] = "XYZ"[test_integer(state, 3)];
    return qnn_circuit_rotation(circuit, letters, at, gate->source, gate->index, gate->scale, gate->shift);
}

/* Appends a named gate or a random unitary to both. */
static inline int32_t add_random_matrix(uint64_t *state, qnn_circuit *circuit, struct dense_circuit *dense)
{
    struct dense_gate *gate = &dense->gates[dense->gate_count++];
    memset(gate, 0, sizeof *gate);
    random_qubits(state, dense->qubits, gate->qubits);
    if (test_uniform(state) < 0.75) {
        const struct named_gate *named;
        do
            named = &named_gates[test_integer(state, NAMED_GATES)];
        while (named->count > dense->qubits);
        gate->count = named->count;
        memcpy(gate->matrix, named->matrix, sizeof gate->matrix);
        return qnn_circuit_gate(circuit, named->name, gate->qubits);
    }
    double numbers[32];
    gate->count = dense->qubits > 1 && test_uniform(state) < 0.5 ? 2 : 1;
    random_unitary(state, 1 << gate->count, gate->matrix);
    for (int r = 0, n = 0; r < 1 << gate->count; r++)
        for (int c = 0; c < 1 << gate->count; c++, n += 2) {
            numbers[n] = creal(gate->matrix[r][c]);
            numbers[n + 1] = cimag(gate->matrix[r][c]);
        }
    return qnn_circuit_unitary(circuit, gate->count, gate->qubits, numbers);
}

static inline int32_t add_random_term(uint64_t *state, qnn_circuit *circuit, struct dense_circuit *dense,
                                      int64_t outputs)
{
    struct dense_term *term = &dense->terms[dense->term_count++];
    memset(term, 0, sizeof *term);
    term->output = test_integer(state, outputs);
    term->coefficient = test_signed(state);
    for (int q = 0; q < dense->qubits; q++)
        term->pauli[q] = (test_uniform(state) < 0.5 ? "IZZZ" : "IXYZ")[test_integer(state, 4)];
    return qnn_circuit_observable(circuit, term->output, term->coefficient, term->pauli);
}

/* Fills both forms with `gates` gates and `terms` strings; the circuit exists and is empty. */
static inline int32_t fill_random_circuit(uint64_t *state, int gates, int terms, int64_t parameters,
                                          int64_t inputs, int64_t outputs, qnn_circuit *circuit,
                                          struct dense_circuit *dense)
{
    int32_t status = MOE_OK;
    for (int g = 0; g < gates && !status; g++)
        status = test_uniform(state) < 0.6 ? add_random_rotation(state, circuit, dense, parameters, inputs)
                                           : add_random_matrix(state, circuit, dense);
    for (int t = 0; t < terms && !status; t++)
        status = add_random_term(state, circuit, dense, outputs);
    return status;
}

#endif
