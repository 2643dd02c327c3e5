/* test_qnn_kernels.c - values and gradients of random circuits against dense matrices, for every instruction
 * set.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/expert.h"
#include "support/random_circuit.h"

#define TOLERANCE 1e-12

enum { MOST_POINTS = 11, MOST_PARAMETERS = 6, MOST_INPUTS = 3, MOST_OUTPUTS = 3, EXPERTS = 2 };

/* A random circuit with its experts, one for each instruction set, and where to evaluate it. */
struct example {
    moe_context *context;
    qnn_circuit *circuit;
    moe_expert *experts[4];
    int expert_count;
    struct dense_circuit dense;
    int64_t n, d, p, K;
    double x[MOST_POINTS * MOST_INPUTS], theta[EXPERTS * MOST_PARAMETERS], r[MOST_POINTS * MOST_OUTPUTS];
};

static void example_open(struct example *example, uint64_t seed, int qubits, int gates)
{
    uint64_t state = seed;
    memset(example, 0, sizeof *example);
    example->n = 1 + test_integer(&state, MOST_POINTS);
    example->d = 1 + test_integer(&state, MOST_PARAMETERS);
    example->p = 1 + test_integer(&state, MOST_INPUTS);
    example->K = 1 + test_integer(&state, MOST_OUTPUTS);
    example->dense.qubits = qubits;
    assert_ok(NULL, moe_context_create(NULL, &example->context));
    assert_ok(example->context, qnn_circuit_create(example->context, qubits, example->d, example->p,
                                                   example->K, &example->circuit));
    assert_ok(example->context,
              fill_random_circuit(&state, gates, 1 + (int)test_integer(&state, 8), example->d, example->p,
                                  example->K, example->circuit, &example->dense));
    double period[MOST_PARAMETERS];
    for (int a = 0; a < MOST_PARAMETERS; a++)
        period[a] = (double)INFINITY;
    for (const qnni_kernels *kernels; (kernels = qnni_kernels_at(example->expert_count));) {
        moe_expert **expert = &example->experts[example->expert_count++];
        assert_ok(example->context,
                  qnni_expert_create(example->context, example->circuit, period, kernels, expert));
        qnni_expert_lanes(*expert, QNNI_LANES_POINTS);
    }
    for (int64_t i = 0; i < example->n * example->p; i++)
        example->x[i] = 3 * test_signed(&state);
    for (int64_t i = 0; i < EXPERTS * example->d; i++)
        example->theta[i] = 7 * test_signed(&state);
    for (int64_t i = 0; i < example->n * example->K; i++)
        example->r[i] = test_signed(&state);
}

static void example_close(struct example *example)
{
    for (int e = 0; e < example->expert_count; e++)
        moe_expert_destroy(example->experts[e]);
    qnn_circuit_destroy(example->circuit);
    moe_context_destroy(example->context);
}

static void compare_values(const struct example *example, const moe_expert *expert)
{
    double f[EXPERTS * MOST_POINTS * MOST_OUTPUTS];
    const int64_t n = example->n, K = example->K;
    assert_ok(example->context,
              moe_expert_values(example->context, expert, n, example->x, EXPERTS, example->theta, f));
    for (int64_t i = 0; i < EXPERTS; i++)
        for (int64_t j = 0; j < n; j++)
            for (int64_t k = 0; k < K; k++)
                assert_close(f[(i * n + j) * K + k],
                             dense_value(&example->dense, k, example->theta + i * example->d,
                                         example->x + j * example->p),
                             TOLERANCE);
}

static void compare_gradients(const struct example *example, const moe_expert *expert)
{
    double g[EXPERTS * MOST_PARAMETERS], one[MOST_PARAMETERS];
    const int64_t n = example->n, K = example->K, d = example->d;
    assert_ok(example->context, moe_expert_pullback(example->context, expert, n, example->x, EXPERTS,
                                                    example->theta, example->r, g));
    for (int64_t i = 0; i < EXPERTS; i++) {
        double want[MOST_PARAMETERS] = {0};
        for (int64_t j = 0; j < n; j++)
            for (int64_t k = 0; k < K; k++) {
                dense_gradient(&example->dense, k, d, example->theta + i * d, example->x + j * example->p,
                               one);
                for (int64_t a = 0; a < d; a++)
                    want[a] += example->r[j * K + k] * one[a];
            }
        for (int64_t a = 0; a < d; a++)
            assert_close(g[i * d + a], want[a], TOLERANCE * (double)(n * K));
    }
}

static void sweep(int qubits, int circuits, int most_gates)
{
    for (int c = 0; c < circuits; c++) {
        struct example example;
        example_open(&example, (uint64_t)(1000 * qubits + c), qubits, c % (most_gates + 1));
        for (int e = 0; e < example.expert_count; e++) {
            compare_values(&example, example.experts[e]);
            compare_gradients(&example, example.experts[e]);
        }
        example_close(&example);
    }
}

static void one_qubit(void **state)
{
    (void)state;
    sweep(1, 120, 20);
}

static void two_qubits(void **state)
{
    (void)state;
    sweep(2, 120, 24);
}

static void three_qubits(void **state)
{
    (void)state;
    sweep(3, 80, 24);
}

static void four_qubits(void **state)
{
    (void)state;
    sweep(4, 40, 20);
}

static void five_qubits(void **state)
{
    (void)state;
    sweep(5, 24, 16);
}

static void six_qubits(void **state)
{
    (void)state;
    sweep(6, 6, 12);
}

/* The dense circuit again, in a wider one: qubit q is places[q] there, the others idle. */
static int32_t widen(const struct dense_circuit *dense, const int64_t *places, int64_t wide,
                     qnn_circuit *circuit)
{
    char string[32];
    int32_t status = MOE_OK;
    for (int g = 0; g < dense->gate_count && !status; g++) {
        const struct dense_gate *gate = &dense->gates[g];
        if (gate->pauli[0]) {
            status = qnn_circuit_rotation(circuit, gate->pauli, places, gate->source, gate->index,
                                          gate->scale, gate->shift);
            continue;
        }
        const int64_t at[2] = {places[gate->qubits[0]], places[gate->qubits[1]]};
        double numbers[32];
        for (int r = 0, i = 0; r < 1 << gate->count; r++)
            for (int c = 0; c < 1 << gate->count; c++, i += 2) {
                numbers[i] = creal(gate->matrix[r][c]);
                numbers[i + 1] = cimag(gate->matrix[r][c]);
            }
        status = qnn_circuit_unitary(circuit, gate->count, at, numbers);
    }
    for (int t = 0; t < dense->term_count && !status; t++) {
        memset(string, 'I', (size_t)wide);
        string[wide] = 0;
        for (int q = 0; q < dense->qubits; q++)
            string[places[q]] = dense->terms[t].pauli[q];
        status = qnn_circuit_observable(circuit, dense->terms[t].output, dense->terms[t].coefficient, string);
    }
    return status;
}

/* Beyond the qubits for which bind keeps states. */
static void idle_qubits_change_nothing(void **state)
{
    (void)state;
    const int64_t places[] = {8, 3, 9}, wide = 10;
    for (uint64_t seed = 0; seed < 12; seed++) {
        struct example example;
        example_open(&example, seed, 3, 18);
        qnn_circuit *circuit;
        assert_ok(example.context,
                  qnn_circuit_create(example.context, wide, example.d, example.p, example.K, &circuit));
        assert_ok(example.context, widen(&example.dense, places, wide, circuit));
        double period[MOST_PARAMETERS];
        for (int a = 0; a < MOST_PARAMETERS; a++)
            period[a] = (double)INFINITY;
        const qnni_kernels *kernels;
        for (int i = 0; (kernels = qnni_kernels_at(i)); i++) {
            moe_expert *expert;
            assert_ok(example.context,
                      qnni_expert_create(example.context, circuit, period, kernels, &expert));
            compare_values(&example, expert);
            compare_gradients(&example, expert);
            moe_expert_destroy(expert);
        }
        qnn_circuit_destroy(circuit);
        example_close(&example);
    }
}

/* Bits of f(theta, x_j) and of its gradient do not depend on the points and experts in the same call. */
static void batches_are_bitwise_singles(void **state)
{
    (void)state;
    for (int qubits = 1; qubits <= 6; qubits++) {
        struct example example;
        example_open(&example, (uint64_t)(77 + qubits), qubits, 30);
        const int64_t n = example.n, d = example.d, K = example.K;
        for (int e = 0; e < example.expert_count; e++) {
            double f[EXPERTS * MOST_POINTS * MOST_OUTPUTS], one[MOST_OUTPUTS];
            double g[EXPERTS * MOST_PARAMETERS], alone[MOST_PARAMETERS];
            const moe_expert *expert = example.experts[e];
            assert_ok(example.context,
                      moe_expert_values(example.context, expert, n, example.x, EXPERTS, example.theta, f));
            assert_ok(example.context, moe_expert_pullback(example.context, expert, n, example.x, EXPERTS,
                                                           example.theta, example.r, g));
            for (int64_t i = 0; i < EXPERTS; i++) {
                const double *theta = example.theta + i * d;
                for (int64_t j = 0; j < n; j++) {
                    assert_ok(example.context, moe_expert_values(example.context, expert, 1,
                                                                 example.x + j * example.p, 1, theta, one));
                    assert_memory_equal(one, f + (i * n + j) * K, (size_t)K * sizeof(double));
                }
                assert_ok(example.context, moe_expert_pullback(example.context, expert, n, example.x, 1,
                                                               theta, example.r, alone));
                assert_memory_equal(alone, g + i * d, (size_t)d * sizeof(double));
            }
        }
        example_close(&example);
    }
}

/* Every Pauli string on 3 qubits as rotation and as observable, at angles near 0, pi and 2 pi too. */
static void every_string(void **state)
{
    (void)state;
    static const double angles[] = {0, 0.3, PI - 1e-9, PI, 2 * PI - 1e-9, 2 * PI, -5, 1e-9};
    for (int s = 0; s < 64; s++)
        for (int o = 0; o < 64; o++) {
            struct dense_circuit dense = {.qubits = 3, .gate_count = 4, .term_count = 1};
            double theta[1] = {angles[(s + o) % 8]}, x[1] = {0}, f, g, want, r = 1;
            moe_context *context;
            qnn_circuit *circuit;
            assert_ok(NULL, moe_context_create(NULL, &context));
            assert_ok(context, qnn_circuit_create(context, 3, 1, 1, 1, &circuit));
            for (int q = 0; q < 3; q++) {
                struct dense_gate *gate = &dense.gates[q];
                const int64_t at = q;
                memcpy(gate->pauli, "III", 4);
                gate->pauli[q] = "YXY"[q];
                gate->shift = 0.4 + q;
                assert_ok(context, qnn_circuit_rotation(circuit, (char[]){"YXY"[q], 0}, &at, QNN_CONSTANT, 0,
                                                        0, gate->shift));
                dense.gates[3].pauli[q] = "IXYZ"[(s >> (2 * q)) & 3];
                dense.terms[0].pauli[q] = "IXYZ"[(o >> (2 * q)) & 3];
            }
            dense.gates[3].source = QNN_THETA;
            dense.gates[3].scale = 1;
            dense.terms[0].coefficient = 1;
            assert_ok(context, qnn_circuit_rotation(circuit, dense.gates[3].pauli, NULL, QNN_THETA, 0, 1, 0));
            assert_ok(context, qnn_circuit_observable(circuit, 0, 1, dense.terms[0].pauli));
            dense_gradient(&dense, 0, 1, theta, x, &want);
            const qnni_kernels *kernels;
            for (int i = 0; (kernels = qnni_kernels_at(i)); i++) {
                moe_expert *expert;
                assert_ok(context, qnni_expert_create(context, circuit, NULL, kernels, &expert));
                assert_ok(context, moe_expert_values(context, expert, 1, x, 1, theta, &f));
                assert_close(f, dense_value(&dense, 0, theta, x), 2e-15);
                assert_ok(context, moe_expert_pullback(context, expert, 1, x, 1, theta, &r, &g));
                assert_close(g, want, 2e-15);
                moe_expert_destroy(expert);
            }
            qnn_circuit_destroy(circuit);
            moe_context_destroy(context);
        }
}

static void kernels_are_listed(void **state)
{
    (void)state;
    int count = 0;
    while (qnni_kernels_at(count))
        count++;
    assert_in_range(count, 1, 3);
    assert_string_equal(qnni_kernels_at(count - 1)->name, "plain");
    assert_null(qnni_kernels_at(-1));
    assert_null(qnni_kernels_at(count + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernels_are_listed), cmocka_unit_test(one_qubit),
        cmocka_unit_test(two_qubits),         cmocka_unit_test(three_qubits),
        cmocka_unit_test(four_qubits),        cmocka_unit_test(five_qubits),
        cmocka_unit_test(six_qubits),         cmocka_unit_test(idle_qubits_change_nothing),
        cmocka_unit_test(every_string),       cmocka_unit_test(batches_are_bitwise_singles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
