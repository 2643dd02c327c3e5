/* test_qnn_gates.c - each row of the gate table: unitary, equal to the literature's, flags true to the
 * matrix.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/gates.h"
#include "support/random_circuit.h"

#include <stdbool.h>

static double complex entry(const qnni_fixed_gate *gate, int r, int c)
{
    const double *number = gate->matrix + 2 * ((r << gate->qubits) + c);
    return number[0] + IMAGINARY * number[1];
}

static void every_row_is_unitary(void **state)
{
    (void)state;
    const qnni_fixed_gate *gate;
    for (int64_t row = 0; (gate = qnni_fixed_gate_row(row)); row++)
        for (int i = 0; i < 1 << gate->qubits; i++)
            for (int j = 0; j < 1 << gate->qubits; j++) {
                double complex sum = 0;
                for (int k = 0; k < 1 << gate->qubits; k++)
                    sum += conj(entry(gate, k, i)) * entry(gate, k, j);
                assert_close(creal(sum), i == j, 4e-16);
                assert_close(cimag(sum), 0, 4e-16);
            }
}

static void every_row_is_the_literatures(void **state)
{
    (void)state;
    int64_t rows = 0;
    while (qnni_fixed_gate_row(rows))
        rows++;
    assert_int_equal(rows, NAMED_GATES);
    for (int i = 0; i < NAMED_GATES; i++) {
        const qnni_fixed_gate *gate = qnni_fixed_gate_named(named_gates[i].name);
        assert_non_null(gate);
        assert_int_equal(gate->qubits, named_gates[i].count);
        for (int r = 0; r < 1 << gate->qubits; r++)
            for (int c = 0; c < 1 << gate->qubits; c++)
                assert_true(entry(gate, r, c) == named_gates[i].matrix[r][c]);
    }
}

/* diag(1, ..., 1, u) */
static bool is_phase(const qnni_fixed_gate *gate)
{
    const int size = 1 << gate->qubits;
    for (int r = 0; r < size; r++)
        for (int c = 0; c < size; c++)
            if (!(r == c && r == size - 1) && entry(gate, r, c) != (r == c))
                return false;
    return true;
}

/* A permutation of basis states with exactly two moved. */
static bool is_exchange(const qnni_fixed_gate *gate)
{
    int ones = 0, moved = 0;
    for (int r = 0; r < 1 << gate->qubits; r++)
        for (int c = 0; c < 1 << gate->qubits; c++) {
            ones += entry(gate, r, c) == 1;
            moved += r != c && entry(gate, r, c) == 1;
        }
    return ones == 1 << gate->qubits && moved == 2;
}

static bool is_real(const qnni_fixed_gate *gate)
{
    for (int r = 0; r < 1 << gate->qubits; r++)
        for (int c = 0; c < 1 << gate->qubits; c++)
            if (cimag(entry(gate, r, c)) != 0)
                return false;
    return true;
}

static void flags_are_true(void **state)
{
    (void)state;
    const qnni_fixed_gate *gate;
    for (int64_t row = 0; (gate = qnni_fixed_gate_row(row)); row++) {
        assert_int_equal(!!(gate->flags & QNNI_PHASE), is_phase(gate));
        assert_int_equal(!!(gate->flags & QNNI_EXCHANGE), is_exchange(gate));
        assert_int_equal(!!(gate->flags & QNNI_REAL), is_real(gate));
    }
}

static void unknown_names(void **state)
{
    (void)state;
    assert_null(qnni_fixed_gate_named("h"));
    assert_null(qnni_fixed_gate_named(""));
    assert_null(qnni_fixed_gate_named("CNOTT"));
    assert_null(qnni_fixed_gate_row(-1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_unitary),
        cmocka_unit_test(every_row_is_the_literatures),
        cmocka_unit_test(flags_are_true),
        cmocka_unit_test(unknown_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
