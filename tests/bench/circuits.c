/* circuits.c - see circuits.h.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/circuits.h"

enum { LAYERS = 4 };

static int32_t rotate(recipe *made, const char *letters, int64_t qubit, int32_t source, int64_t index)
{
    const int64_t at[] = {qubit, (qubit + 1) % made->qubits};
    made->operations += 3 * (letters[1] ? 8 : 6) + (source == QNN_THETA ? 4 : 0);
    return qnn_circuit_rotation(made->circuit, letters, at, source, index, 1, 0);
}

static int32_t apply(recipe *made, const char *name, int64_t qubit, double operations)
{
    const int64_t at[] = {qubit, (qubit + 1) % made->qubits};
    made->operations += 3 * operations;
    return qnn_circuit_gate(made->circuit, name, at);
}

/* weight on `letters` of qubit q and the next */
static int32_t observe(recipe *made, int64_t q, const char *letters)
{
    char string[32] = "";
    for (int64_t i = 0; i < made->qubits; i++)
        string[i] = 'I';
    for (int64_t i = 0; letters[i]; i++)
        string[(q + i) % made->qubits] = letters[i];
    made->operations += 8;
    return qnn_circuit_observable(made->circuit, 0, 1.0 / (double)made->qubits, string);
}

static int32_t ring(recipe *made)
{
    int32_t status = MOE_OK;
    for (int64_t q = 0; q < made->qubits && !status; q++)
        status = apply(made, "CNOT", q, 0);
    return status;
}

static int32_t observe_z(recipe *made)
{
    int32_t status = MOE_OK;
    for (int64_t q = 0; q < made->qubits && !status; q++)
        status = observe(made, q, "Z");
    return status;
}

static int32_t layers(recipe *made)
{
    int32_t status = MOE_OK;
    int64_t parameter = 0;
    for (int layer = 0; layer < LAYERS && !status; layer++) {
        for (int64_t q = 0; q < made->qubits && !status; q++, parameter += 2) {
            status |= rotate(made, "X", q, QNN_INPUT, q);
            status |= rotate(made, "Y", q, QNN_THETA, parameter);
            status |= rotate(made, "Z", q, QNN_THETA, parameter + 1);
        }
        status |= ring(made);
    }
    return status;
}

static int32_t reupload(recipe *made)
{
    const int32_t status = layers(made);
    return status ? status : observe_z(made);
}

static int32_t pauli_sum(recipe *made)
{
    static const char *const strings[] = {"X", "YZ", "ZX", "XY"};
    int32_t status = layers(made);
    for (int64_t q = 0; q < made->qubits && !status; q++)
        status = observe(made, q, strings[q % 4]);
    return status;
}

static int32_t encode_first(recipe *made)
{
    int32_t status = MOE_OK;
    int64_t parameter = 0;
    for (int64_t q = 0; q < made->qubits && !status; q++)
        status = rotate(made, "Y", q, QNN_INPUT, q);
    for (int layer = 0; layer < LAYERS && !status; layer++) {
        for (int64_t q = 0; q < made->qubits && !status; q++, parameter += 2) {
            status |= rotate(made, "Y", q, QNN_THETA, parameter);
            status |= rotate(made, "Z", q, QNN_THETA, parameter + 1);
        }
        status |= ring(made);
    }
    return status ? status : observe_z(made);
}

static int32_t random_gates(recipe *made)
{
    static const char *const letters[] = {"X", "Y", "Z", "XX", "ZZ"};
    static const struct {
        const char *name;
        double operations;
    } gates[] = {{"H", 4}, {"S", 2}, {"T", 2}, {"CNOT", 0}, {"CZ", 2}};
    uint32_t state = 12345;
    int32_t status = MOE_OK;
    for (int64_t g = 0; g < 3 * LAYERS * made->qubits && !status; g++) {
        uint32_t draw[3];
        for (int i = 0; i < 3; i++) {
            state = 1664525 * state + 1013904223;
            draw[i] = state >> 16;
        }
        const int64_t qubit = draw[0] % made->qubits;
        if (draw[1] % 3 == 0)
            status = apply(made, gates[draw[2] % 5].name, qubit, gates[draw[2] % 5].operations);
        else if (draw[1] % 3 == 1)
            status = rotate(made, letters[draw[2] % 5], qubit, QNN_INPUT, qubit);
        else
            status = rotate(made, letters[draw[2] % 5], qubit, QNN_THETA, g % (2 * LAYERS * made->qubits));
    }
    return status ? status : observe_z(made);
}

int32_t recipe_make(moe_context *context, int index, int64_t qubits, recipe *made)
{
    static const struct {
        const char *name;
        int32_t (*fill)(recipe *);
    } recipes[RECIPES] = {{"reupload", reupload},
                          {"encode_first", encode_first},
                          {"random", random_gates},
                          {"pauli_sum", pauli_sum}};
    *made = (recipe){.name = recipes[index].name, .qubits = qubits};
    const int32_t status =
        qnn_circuit_create(context, qubits, 2 * LAYERS * qubits, qubits, 1, &made->circuit);
    return status ? status : recipes[index].fill(made);
}
