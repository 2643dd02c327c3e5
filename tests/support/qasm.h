/* qasm.h - circuits from texts and files, and whether two circuits are the same function.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOE_TEST_QASM_H
#define MOE_TEST_QASM_H

#include "qnn/circuit.h"
#include "support/test.h"

#include <stdlib.h>

/* The circuit of a text that must be right. */
static inline qnn_circuit *circuit_of_text(moe_context *context, const char *text)
{
    qnn_circuit *circuit = NULL;
    assert_ok(context, qnn_circuit_read(context, text, (int64_t)strlen(text), &circuit));
    return circuit;
}

/* The text of a file below the root of the tree, to be freed. */
static inline char *text_of_file(const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", TEST_SOURCE_DIR, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = calloc(1, 1 << 16);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 16) - 1, file) > 0);
    fclose(file);
    return text;
}

static inline qnn_circuit *circuit_of_file(moe_context *context, const char *name)
{
    char *text = text_of_file(name);
    qnn_circuit *circuit = circuit_of_text(context, text);
    free(text);
    return circuit;
}

/* The text of a circuit, to be freed. */
static inline char *text_of_circuit(moe_context *context, const qnn_circuit *circuit)
{
    int64_t length = 0, again = 0;
    assert_ok(context, qnn_circuit_write(circuit, NULL, 0, &length));
    char *text = malloc((size_t)length + 1);
    assert_non_null(text);
    assert_ok(context, qnn_circuit_write(circuit, text, length + 1, &again));
    assert_int_equal(length, again);
    assert_int_equal(strlen(text), length);
    return text;
}

/* f and one pullback of the circuit, at `points` points x and one theta drawn from `state` */
static inline void sample_circuit(moe_context *context, const qnn_circuit *circuit, uint64_t *state,
                                  int64_t points, double *f, double *g)
{
    const int64_t d = circuit->parameters, p = circuit->inputs, k = circuit->outputs;
    double *theta = malloc((size_t)d * sizeof *theta), *x = malloc((size_t)(points * p) * sizeof *x),
           *r = malloc((size_t)(points * k) * sizeof *r);
    moe_expert *expert = NULL;
    assert_ok(context, qnn_expert_create(context, circuit, NULL, &expert));
    for (int64_t i = 0; i < d; i++)
        theta[i] = 7 * test_uniform(state) - 3;
    for (int64_t i = 0; i < points * p; i++)
        x[i] = 7 * test_uniform(state) - 3;
    for (int64_t i = 0; i < points * k; i++)
        r[i] = test_uniform(state) - 0.5;
    assert_ok(context, moe_expert_values(context, expert, points, x, 1, theta, f));
    assert_ok(context, moe_expert_pullback(context, expert, points, x, 1, theta, r, g));
    moe_expert_destroy(expert);
    free(theta);
    free(x);
    free(r);
}

/* The two have the same sizes, and the same values and gradients to `tolerance`. */
static inline void assert_same_function(moe_context *context, const qnn_circuit *a, const qnn_circuit *b,
                                        double tolerance)
{
    enum { POINTS = 3 };
    assert_int_equal(a->qubits, b->qubits);
    assert_int_equal(a->parameters, b->parameters);
    assert_int_equal(a->inputs, b->inputs);
    assert_int_equal(a->outputs, b->outputs);
    const size_t values = (size_t)(POINTS * a->outputs), slopes = (size_t)a->parameters;
    double *f = malloc(2 * values * sizeof *f), *g = malloc(2 * slopes * sizeof *g);
    for (uint64_t seed = 1; seed <= 3; seed++) {
        uint64_t mine = seed, its = seed;
        sample_circuit(context, a, &mine, POINTS, f, g);
        sample_circuit(context, b, &its, POINTS, f + values, g + slopes);
        for (size_t i = 0; i < values; i++)
            assert_close(f[i], f[values + i], tolerance);
        for (size_t i = 0; i < slopes; i++)
            assert_close(g[i], g[slopes + i], tolerance);
    }
    free(f);
    free(g);
}

/* The two have the same gates and terms, bit by bit. */
static inline void assert_same_circuit(const qnn_circuit *a, const qnn_circuit *b)
{
    assert_int_equal(a->gate_count, b->gate_count);
    for (int64_t g = 0; g < a->gate_count; g++) {
        const qnni_gate *mine = &a->gates[g], *its = &b->gates[g];
        assert_int_equal(!mine->matrix, !its->matrix);
        assert_int_equal(mine->qubits, its->qubits);
        assert_memory_equal(mine->bit, its->bit, sizeof mine->bit);
        if (mine->matrix) {
            const size_t numbers = (size_t)(2 << (2 * mine->qubits));
            assert_int_equal(!mine->owned, !its->owned);
            assert_memory_equal(mine->matrix, its->matrix, numbers * sizeof *mine->matrix);
            continue;
        }
        assert_int_equal(mine->source, its->source);
        assert_int_equal(mine->pauli.x, its->pauli.x);
        assert_int_equal(mine->pauli.z, its->pauli.z);
        assert_int_equal(mine->angle.index, its->angle.index);
        assert_true(mine->angle.scale == its->angle.scale);
        assert_true(mine->angle.shift == its->angle.shift);
    }
    assert_int_equal(a->term_count, b->term_count);
    for (int64_t t = 0; t < a->term_count; t++) {
        assert_int_equal(a->terms[t].output, b->terms[t].output);
        assert_int_equal(a->terms[t].pauli.x, b->terms[t].pauli.x);
        assert_int_equal(a->terms[t].pauli.z, b->terms[t].pauli.z);
        assert_true(a->terms[t].coefficient == b->terms[t].coefficient);
    }
}

#endif
