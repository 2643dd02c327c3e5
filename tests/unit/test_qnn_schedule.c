/* test_qnn_schedule.c - invariants of the passes of random circuits.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/program.h"
#include "support/random_circuit.h"

static void build(uint64_t seed, int qubits, int gates, qnni_program *program)
{
    moe_context *context;
    qnn_circuit *circuit;
    struct dense_circuit dense = {.qubits = qubits};
    memset(program, 0, sizeof *program);
    assert_ok(NULL, moe_context_create(NULL, &context));
    assert_ok(context, qnn_circuit_create(context, qubits, 4, 2, 1, &circuit));
    assert_ok(context, fill_random_circuit(&seed, gates, 4, 4, 2, 1, circuit, &dense));
    assert_ok(context, qnni_program_build(context, circuit, program));
    qnn_circuit_destroy(circuit);
    moe_context_destroy(context);
}

/* The visits of a pass meet each amplitude once. */
static void check_visits(const qnni_program *program, const qnni_pass *pass)
{
    const int local = program->qubits < QNNI_LOCAL ? program->qubits : QNNI_LOCAL;
    int met[64] = {0};
    uint32_t rep = 0;
    for (uint32_t t = 1; t <= 1U << (program->qubits - local); t++) {
        for (int l = 0; l < 1 << local; l++)
            met[rep ^ pass->comb[l]]++;
        rep ^= pass->delta[__builtin_ctz(t)];
    }
    for (int j = 0; j < 1 << program->qubits; j++)
        assert_int_equal(met[j], 1);
}

/* Every turn by theta commutes with what follows it in its pass. */
static void check_gradients(const qnni_program *program, int64_t p)
{
    for (int64_t i = program->norms[p]; i < program->norms[p + 1]; i++)
        for (int64_t k = i + 1; k < program->norms[p + 1] && program->stepped[i].source == QNN_THETA; k++)
            assert_true(qnni_commute(program->stepped[i].pauli, program->stepped[k].pauli));
}

/* Every turn by theta of passes first_derived ... lead commutes with what follows it up to there; none before
 * first_derived. */
static void check_lead(const qnni_program *program)
{
    if (program->first_derived == program->pass_count)
        return;
    const int64_t begin = program->norms[program->first_derived], end = program->norms[program->lead + 1];
    for (int64_t i = 0; i < end; i++)
        if (program->stepped[i].source == QNN_THETA) {
            assert_true(i >= begin);
            for (int64_t k = i + 1; k < end; k++)
                assert_true(qnni_commute(program->stepped[i].pauli, program->stepped[k].pauli));
        }
    for (int64_t p = program->first_derived + 1; p <= program->lead; p++)
        assert_int_equal(program->passes[p].phase_count, 0);
}

/* Layers of RX(x) RY(theta) RZ(theta) and a ring of CNOT: whatever the number of qubits, all steps are joint,
 * all gradients of phases simple, and a layer takes as few passes as its flips need. */
static void layers(void **state)
{
    (void)state;
    for (int64_t qubits = 4; qubits <= 13; qubits++) {
        moe_context *context;
        qnn_circuit *circuit;
        qnni_program program = {0};
        assert_ok(NULL, moe_context_create(NULL, &context));
        assert_ok(context, qnn_circuit_create(context, qubits, 6 * qubits, qubits, 1, &circuit));
        for (int64_t q = 0, parameter = 0; q < 3 * qubits; q++, parameter += 2) {
            const int64_t at = q % qubits;
            assert_ok(context, qnn_circuit_rotation(circuit, "X", &at, QNN_INPUT, at, 1, 0));
            assert_ok(context, qnn_circuit_rotation(circuit, "Y", &at, QNN_THETA, parameter, 1, 0));
            assert_ok(context, qnn_circuit_rotation(circuit, "Z", &at, QNN_THETA, parameter + 1, 1, 0));
            for (int64_t c = 0; c < qubits && at == qubits - 1; c++)
                assert_ok(context, qnn_circuit_gate(circuit, "CNOT", (int64_t[]){c, (c + 1) % qubits}));
        }
        for (int64_t q = 0; q < qubits; q++) {
            char string[16] = {0};
            memset(string, 'I', (size_t)qubits);
            string[q] = 'Z';
            assert_ok(context, qnn_circuit_observable(circuit, 0, 1, string));
        }
        assert_ok(context, qnni_program_build(context, circuit, &program));
        assert_int_equal(program.pass_count - program.first_pass, 3 * ((qubits + 2) / 3));
        for (int64_t p = program.first_pass; p < program.pass_count; p++) {
            assert_int_equal(program.passes[p].mixed_count, 0);
            assert_true(program.passes[p].shape != QNNI_SHAPELESS);
        }
        qnni_program_clear(context->core, &program);
        qnn_circuit_destroy(circuit);
        moe_context_destroy(context);
    }
}

static void invariants(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        moe_context *context;
        qnni_program program;
        int64_t phases = 0;
        assert_ok(NULL, moe_context_create(NULL, &context));
        build(seed, 1 + (int)(seed % 6), (int)(seed % 40), &program);
        for (int64_t p = 0; p < program.pass_count; p++) {
            check_visits(&program, &program.passes[p]);
            check_gradients(&program, p);
            phases += program.passes[p].phase_count;
            assert_in_range(program.norms[p + 1] - program.norms[p], 0, 8);
        }
        check_lead(&program);
        assert_int_equal(phases + program.norms[program.pass_count], program.turn_count);
        if (program.first_pass < program.pass_count)
            assert_int_equal(program.passes[program.first_pass].phase_count, 0);
        qnni_program_clear(context->core, &program);
        moe_context_destroy(context);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(invariants), cmocka_unit_test(layers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
