/* test_qnn_sweep.c - states kept against states computed again, and norms that leave the range of doubles.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/sweep.h"

#include "qnn/expert.h"
#include "support/random_circuit.h"

/* 3 qubits; X(x), Y(theta), Z(theta) on each and CNOTs, `layers` times; Z on qubit 0 */
static void build(moe_context *context, int layers, qnn_circuit **circuit, struct dense_circuit *dense)
{
    static const char letters[] = "XYZ";
    *dense = (struct dense_circuit){.qubits = 3, .term_count = 1, .terms = {{0, 1, "ZII"}}};
    assert_ok(context, qnn_circuit_create(context, 3, 6, 3, 1, circuit));
    for (int layer = 0; layer < layers; layer++) {
        for (int64_t q = 0; q < 3; q++)
            for (int i = 0; i < 3; i++) {
                const char letter[] = {letters[i], 0};
                struct dense_gate *gate = &dense->gates[dense->gate_count++];
                gate->source = i ? QNN_THETA : QNN_INPUT;
                gate->index = i ? 2 * q + i - 1 : q;
                gate->scale = 1;
                memcpy(gate->pauli, "III", 4);
                gate->pauli[q] = letters[i];
                assert_ok(context,
                          qnn_circuit_rotation(*circuit, letter, &q, gate->source, gate->index, 1, 0));
            }
        for (int64_t q = 0; q < 2; q++) {
            struct dense_gate *gate = &dense->gates[dense->gate_count++];
            gate->count = 2;
            gate->qubits[0] = q;
            gate->qubits[1] = q + 1;
            memcpy(gate->matrix, named_gates[8].matrix, sizeof gate->matrix);
            assert_ok(context, qnn_circuit_gate(*circuit, "CNOT", gate->qubits));
        }
    }
    assert_ok(context, qnn_circuit_observable(*circuit, 0, 1, "ZII"));
}

/* Values and gradients of 5 layers at n points through an expert, against dense matrices. */
static void compare(const double *x, int64_t n, const double *theta)
{
    moe_context *context;
    qnn_circuit *circuit;
    struct dense_circuit dense;
    double f[16], g[6], r[16];
    assert_ok(NULL, moe_context_create(NULL, &context));
    build(context, 5, &circuit, &dense);
    const qnni_kernels *kernels;
    for (int e = 0; (kernels = qnni_kernels_at(e)); e++)
        for (int keep = 0; keep < 2; keep++) {
            moe_expert *expert;
            double want[6] = {0}, one[6];
            assert_ok(context, qnni_expert_create(context, circuit, NULL, kernels, &expert));
            qnni_expert_keep(expert, keep);
            qnni_expert_lanes(expert, QNNI_LANES_POINTS);
            assert_ok(context, moe_expert_values(context, expert, n, x, 1, theta, f));
            for (int64_t j = 0; j < n; j++) {
                r[j] = 1 - 0.1 * (double)j;
                assert_close(f[j], dense_value(&dense, 0, theta, x + 3 * j), 1e-12);
                dense_gradient(&dense, 0, 6, theta, x + 3 * j, one);
                for (int a = 0; a < 6; a++)
                    want[a] += r[j] * one[a];
            }
            assert_ok(context, moe_expert_pullback(context, expert, n, x, 1, theta, r, g));
            for (int a = 0; a < 6; a++)
                assert_close(g[a], want[a], 1e-12);
            moe_expert_destroy(expert);
        }
    qnn_circuit_destroy(circuit);
    moe_context_destroy(context);
}

static void any_angles(void **state)
{
    (void)state;
    uint64_t seed = 3;
    double x[33], theta[6];
    for (int i = 0; i < 33; i++)
        x[i] = 3 * test_signed(&seed);
    for (int i = 0; i < 6; i++)
        theta[i] = 6 * test_signed(&seed);
    compare(x, 11, theta);
}

/* 45 half angles next to pi / 2: the product of their cosines is below 1e-500. */
static void angles_near_pi(void **state)
{
    (void)state;
    static const double near[] = {PI, PI - 1e-9, -PI, 2 * PI, PI + 1e-12, 2 * PI - 1e-9, 0, 3 * PI};
    double x[33], theta[6];
    for (int i = 0; i < 33; i++)
        x[i] = i < 3 ? PI : i < 6 ? 0.3 : near[i % 8];
    for (int i = 0; i < 6; i++)
        theta[i] = PI;
    compare(x, 11, theta);
    for (int i = 0; i < 6; i++)
        theta[i] = near[i];
    compare(x, 11, theta);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(any_angles), cmocka_unit_test(angles_near_pi)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
