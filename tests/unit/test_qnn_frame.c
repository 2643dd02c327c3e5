/* test_qnn_frame.c - strings behind Clifford gates, against the identities of the literature.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/frame.h"

#include "qnn/gates.h"
#include "support/test.h"

/* The named gate on qubits 0 and 1, the first named being 0. */
static qnni_gate gate_named(const char *name)
{
    const qnni_fixed_gate *fixed = qnni_fixed_gate_named(name);
    return (qnni_gate){.matrix = fixed->matrix, .qubits = fixed->qubits, .bit = {1, 2}};
}

/* G^H P G = sign P' (Nielsen & Chuang, figure 10.7, with the gates inverted). */
static void conjugations(void **state)
{
    (void)state;
    static const struct {
        const char *gate;
        qnni_pauli from, to;
        double sign;
    } cases[] = {
        {"H", {1, 0}, {0, 1}, 1},    {"H", {0, 1}, {1, 0}, 1},    {"H", {1, 1}, {1, 1}, -1},
        {"S", {1, 0}, {1, 1}, -1},   {"S", {1, 1}, {1, 0}, 1},    {"SDG", {1, 0}, {1, 1}, 1},
        {"X", {0, 1}, {0, 1}, -1},   {"Y", {1, 0}, {1, 0}, -1},   {"Z", {1, 1}, {1, 1}, -1},
        {"CNOT", {1, 0}, {3, 0}, 1}, {"CNOT", {2, 0}, {2, 0}, 1}, {"CNOT", {0, 2}, {0, 3}, 1},
        {"CNOT", {0, 1}, {0, 1}, 1}, {"CZ", {1, 0}, {1, 2}, 1},   {"CZ", {3, 0}, {3, 3}, 1},
        {"SWAP", {1, 0}, {2, 0}, 1}, {"SWAP", {1, 2}, {2, 1}, 1}, {"CNOT", {1, 2}, {3, 3}, -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        qnni_frame frame;
        double sign;
        const qnni_gate gate = gate_named(cases[i].gate);
        qnni_frame_open(&frame);
        assert_true(qnni_frame_absorb(&frame, &gate));
        const qnni_pauli image = qnni_frame_image(&frame, cases[i].from, &sign);
        assert_int_equal(image.x, cases[i].to.x);
        assert_int_equal(image.z, cases[i].to.z);
        assert_close(sign, cases[i].sign, 0);
    }
}

/* The fold is the circuit of CNOT that it says it is. */
static void folding(void **state)
{
    (void)state;
    enum { QUBITS = 8, LOW = 3 };
    qnni_frame folded, frame;
    qnni_frame_open(&folded);
    qnni_frame_open(&frame);
    qnni_frame_fold(QUBITS, LOW, &folded);
    for (int q = LOW; q < QUBITS; q++) {
        qnni_gate gate = gate_named("CNOT");
        gate.bit[0] = UINT32_C(1) << q;
        gate.bit[1] = UINT32_C(1) << q % LOW;
        assert_true(qnni_frame_absorb(&frame, &gate));
    }
    for (uint32_t x = 0; x < 1U << QUBITS; x += 5)
        for (uint32_t z = 0; z < 1U << QUBITS; z += 3) {
            double a, b;
            const qnni_pauli p = qnni_frame_image(&folded, (qnni_pauli){x, z}, &a);
            const qnni_pauli q = qnni_frame_image(&frame, (qnni_pauli){x, z}, &b);
            assert_int_equal(p.x, q.x);
            assert_int_equal(p.z, q.z);
            assert_close(a, b, 0);
        }
}

static void others_are_refused(void **state)
{
    (void)state;
    qnni_frame frame;
    double sign;
    qnni_gate gate = gate_named("T");
    qnni_frame_open(&frame);
    assert_false(qnni_frame_absorb(&frame, &gate));
    const qnni_pauli image = qnni_frame_image(&frame, (qnni_pauli){1, 0}, &sign);
    assert_int_equal(image.x, 1);
    assert_int_equal(image.z, 0);
}

static void products(void **state)
{
    (void)state;
    qnni_frame frame;
    double sign;
    qnni_frame_open(&frame);
    for (int i = 0; i < 4; i++) { /* S^4 = 1 */
        const qnni_gate gate = gate_named("S");
        assert_true(qnni_frame_absorb(&frame, &gate));
        const qnni_pauli image = qnni_frame_image(&frame, (qnni_pauli){1, 0}, &sign);
        assert_int_equal(image.z, i % 2 ? 0 : 1);
        assert_close(sign, i == 0 || i == 1 ? -1 : 1, 0);
    }
}

static void commuting(void **state)
{
    (void)state;
    assert_true(qnni_commute((qnni_pauli){3, 0}, (qnni_pauli){0, 3}));
    assert_false(qnni_commute((qnni_pauli){1, 0}, (qnni_pauli){1, 1}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conjugations), cmocka_unit_test(folding),   cmocka_unit_test(others_are_refused),
        cmocka_unit_test(products),     cmocka_unit_test(commuting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
