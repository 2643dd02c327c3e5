/* test_qnn_circuit.c - the builder: what it keeps, and every argument that it refuses.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/circuit.h"
#include "support/failing.h"
#include "support/test.h"

static moe_context *context;
static qnn_circuit *circuit; /* 3 qubits, 2 parameters, 1 input, 2 outputs */

static int open_circuit(void **state)
{
    (void)state;
    return moe_context_create(NULL, &context) || qnn_circuit_create(context, 3, 2, 1, 2, &circuit);
}

static int close_circuit(void **state)
{
    (void)state;
    qnn_circuit_destroy(circuit);
    moe_context_destroy(context);
    return 0;
}

static void create_refuses(void **state)
{
    (void)state;
    qnn_circuit *none = circuit;
    assert_int_equal(qnn_circuit_create(NULL, 1, 1, 1, 1, &none), MOE_ERROR_NULL);
    assert_null(none);
    assert_fails(context, MOE_ERROR_NULL, "circuit", qnn_circuit_create(context, 1, 1, 1, 1, NULL));
    none = circuit;
    assert_fails(context, MOE_ERROR_SIZE, "qubits is 0; it takes 1 to 30",
                 qnn_circuit_create(context, 0, 1, 1, 1, &none));
    assert_null(none);
    assert_fails(context, MOE_ERROR_SIZE, "qubits is 31", qnn_circuit_create(context, 31, 1, 1, 1, &none));
    assert_fails(context, MOE_ERROR_SIZE, "parameters is 0", qnn_circuit_create(context, 1, 0, 1, 1, &none));
    assert_fails(context, MOE_ERROR_SIZE, "inputs is -3", qnn_circuit_create(context, 1, 1, -3, 1, &none));
    assert_fails(context, MOE_ERROR_SIZE, "outputs is 0", qnn_circuit_create(context, 1, 1, 1, 0, &none));
    assert_fails(context, MOE_ERROR_SIZE, "more than memory",
                 qnn_circuit_create(context, 1, INT64_MAX / 4, 1, 1, &none));
    qnn_circuit_destroy(NULL);
}

static void rotation_refuses(void **state)
{
    (void)state;
    const int64_t zero = 0, twice[] = {2, 2}, outside[] = {3};
    const double infinity = (double)INFINITY, nan = (double)NAN;
    assert_int_equal(qnn_circuit_rotation(NULL, "X", &zero, QNN_THETA, 0, 1, 0), MOE_ERROR_NULL);
    assert_fails(context, MOE_ERROR_NULL, "pauli",
                 qnn_circuit_rotation(circuit, NULL, &zero, QNN_THETA, 0, 1, 0));
    assert_fails(context, MOE_ERROR_PAULI, "1 letters; it takes 3",
                 qnn_circuit_rotation(circuit, "X", NULL, QNN_THETA, 0, 1, 0));
    assert_fails(context, MOE_ERROR_PAULI, "'Q'",
                 qnn_circuit_rotation(circuit, "Q", &zero, QNN_THETA, 0, 1, 0));
    assert_fails(context, MOE_ERROR_QUBITS, "qubits[1] is 2",
                 qnn_circuit_rotation(circuit, "XY", twice, QNN_THETA, 0, 1, 0));
    assert_fails(context, MOE_ERROR_INDEX, "qubits[0] is 3",
                 qnn_circuit_rotation(circuit, "X", outside, QNN_THETA, 0, 1, 0));
    assert_fails(context, MOE_ERROR_INDEX, "index is 2; it takes 0 to 1",
                 qnn_circuit_rotation(circuit, "X", &zero, QNN_THETA, 2, 1, 0));
    assert_fails(context, MOE_ERROR_INDEX, "index is 1; it takes 0 to 0",
                 qnn_circuit_rotation(circuit, "X", &zero, QNN_INPUT, 1, 1, 0));
    assert_fails(context, MOE_ERROR_INDEX, "index is -1",
                 qnn_circuit_rotation(circuit, "X", &zero, QNN_THETA, -1, 1, 0));
    assert_fails(context, MOE_ERROR_VALUE, "source is 3",
                 qnn_circuit_rotation(circuit, "X", &zero, 3, 0, 1, 0));
    assert_fails(context, MOE_ERROR_VALUE, "source is -1",
                 qnn_circuit_rotation(circuit, "X", &zero, -1, 0, 1, 0));
    assert_fails(context, MOE_ERROR_VALUE, "scale is 0",
                 qnn_circuit_rotation(circuit, "X", &zero, QNN_INPUT, 0, 0, 0));
    assert_fails(context, MOE_ERROR_VALUE, "index is 1 and scale 0",
                 qnn_circuit_rotation(circuit, "X", &zero, QNN_CONSTANT, 1, 0, 0));
    assert_fails(context, MOE_ERROR_VALUE, "index is 0 and scale 2",
                 qnn_circuit_rotation(circuit, "X", &zero, QNN_CONSTANT, 0, 2, 0));
    assert_fails(context, MOE_ERROR_NOT_FINITE, "scale",
                 qnn_circuit_rotation(circuit, "X", &zero, QNN_THETA, 0, infinity, 0));
    assert_fails(context, MOE_ERROR_NOT_FINITE, "shift",
                 qnn_circuit_rotation(circuit, "X", &zero, QNN_THETA, 0, 1, nan));
    assert_int_equal(circuit->gate_count, 0);
}

static void gate_refuses(void **state)
{
    (void)state;
    const int64_t zero = 0, twice[] = {1, 1}, outside[] = {0, 5};
    assert_int_equal(qnn_circuit_gate(NULL, "H", &zero), MOE_ERROR_NULL);
    assert_fails(context, MOE_ERROR_NULL, "name", qnn_circuit_gate(circuit, NULL, &zero));
    assert_fails(context, MOE_ERROR_NULL, "qubits", qnn_circuit_gate(circuit, "H", NULL));
    assert_fails(context, MOE_ERROR_GATE, "\"h\"", qnn_circuit_gate(circuit, "h", &zero));
    assert_fails(context, MOE_ERROR_QUBITS, "qubits[1] is 1", qnn_circuit_gate(circuit, "CNOT", twice));
    assert_fails(context, MOE_ERROR_INDEX, "qubits[1] is 5", qnn_circuit_gate(circuit, "SWAP", outside));
    assert_int_equal(circuit->gate_count, 0);
}

static void unitary_refuses(void **state)
{
    (void)state;
    const int64_t zero = 0, twice[] = {1, 1};
    double one[32] = {1, 0, 0, 0, 0, 0, 1, 0};
    assert_int_equal(qnn_circuit_unitary(NULL, 1, &zero, one), MOE_ERROR_NULL);
    assert_fails(context, MOE_ERROR_SIZE, "count is 0", qnn_circuit_unitary(circuit, 0, &zero, one));
    assert_fails(context, MOE_ERROR_SIZE, "count is 3", qnn_circuit_unitary(circuit, 3, &zero, one));
    assert_fails(context, MOE_ERROR_NULL, "qubits", qnn_circuit_unitary(circuit, 1, NULL, one));
    assert_fails(context, MOE_ERROR_NULL, "matrix", qnn_circuit_unitary(circuit, 1, &zero, NULL));
    assert_fails(context, MOE_ERROR_QUBITS, "qubits[1]", qnn_circuit_unitary(circuit, 2, twice, one));
    one[5] = (double)NAN;
    assert_fails(context, MOE_ERROR_NOT_FINITE, "matrix[5]", qnn_circuit_unitary(circuit, 1, &zero, one));
    one[5] = 2e-10; /* off the diagonal */
    assert_fails(context, MOE_ERROR_UNITARY, "2e-10", qnn_circuit_unitary(circuit, 1, &zero, one));
    one[5] = 0;
    one[6] = 1 + 1e-10; /* on it: 2e-10 in U^H U */
    assert_fails(context, MOE_ERROR_UNITARY, "2e-10", qnn_circuit_unitary(circuit, 1, &zero, one));
    one[6] = 1e200;
    one[7] = 1e200;
    assert_fails(context, MOE_ERROR_UNITARY, "not unitary", qnn_circuit_unitary(circuit, 1, &zero, one));
    one[6] = 1 + 4e-11;
    one[7] = 0;
    assert_ok(context, qnn_circuit_unitary(circuit, 1, &zero, one));
    assert_int_equal(circuit->gate_count, 1);
}

static void observable_refuses(void **state)
{
    (void)state;
    assert_int_equal(qnn_circuit_observable(NULL, 0, 1, "ZZZ"), MOE_ERROR_NULL);
    assert_fails(context, MOE_ERROR_NULL, "pauli", qnn_circuit_observable(circuit, 0, 1, NULL));
    assert_fails(context, MOE_ERROR_INDEX, "output is 2", qnn_circuit_observable(circuit, 2, 1, "ZZZ"));
    assert_fails(context, MOE_ERROR_INDEX, "output is -1", qnn_circuit_observable(circuit, -1, 1, "ZZZ"));
    assert_fails(context, MOE_ERROR_PAULI, "2 letters", qnn_circuit_observable(circuit, 0, 1, "ZZ"));
    assert_fails(context, MOE_ERROR_PAULI, "'z'", qnn_circuit_observable(circuit, 0, 1, "ZZz"));
    assert_fails(context, MOE_ERROR_NOT_FINITE, "coefficient",
                 qnn_circuit_observable(circuit, 0, (double)INFINITY, "ZZZ"));
    assert_int_equal(circuit->term_count, 0);
}

static void equal_strings_are_combined(void **state)
{
    (void)state;
    assert_ok(context, qnn_circuit_observable(circuit, 0, 1, "ZXI"));
    assert_ok(context, qnn_circuit_observable(circuit, 1, 5, "ZXI"));
    assert_ok(context, qnn_circuit_observable(circuit, 0, 7, "ZYI"));
    assert_ok(context, qnn_circuit_observable(circuit, 0, 2, "ZXI"));
    assert_int_equal(circuit->term_count, 3);
    assert_close(circuit->terms[0].coefficient, 3, 0);
    assert_close(circuit->terms[1].coefficient, 5, 0);
    assert_close(circuit->terms[2].coefficient, 7, 0);
}

static void many_gates_keep_their_order(void **state)
{
    (void)state;
    for (int g = 0; g < 100; g++)
        assert_ok(context, qnn_circuit_rotation(circuit, "XIZ", NULL, QNN_INPUT, 0, 1 + g, 0));
    assert_int_equal(circuit->gate_count, 100);
    for (int g = 0; g < 100; g++)
        assert_close(circuit->gates[g].angle.scale, 1 + g, 0);
}

static void a_circuit_keeps_its_context(void **state)
{
    (void)state;
    moe_context *mine;
    qnn_circuit *survivor;
    assert_ok(NULL, moe_context_create(NULL, &mine));
    assert_ok(mine, qnn_circuit_create(mine, 1, 1, 1, 1, &survivor));
    moe_context_destroy(mine);
    assert_ok(NULL, qnn_circuit_gate(survivor, "H", (const int64_t[]){0}));
    qnn_circuit_destroy(survivor);
}

/* A circuit of every kind of entry; after a failure it is as long as before. */
static int32_t build(moe_context *mine, void *self)
{
    int *faults = self;
    qnn_circuit *fresh = NULL;
    const int64_t zero = 0;
    const double one[] = {1, 0, 0, 0, 0, 0, 1, 0};
    int32_t status = qnn_circuit_create(mine, 1, 1, 1, 1, &fresh);
    *faults += (status != MOE_OK) != (fresh == NULL);
    for (int i = 0; i < 10 && !status; i++) {
        status = qnn_circuit_unitary(fresh, 1, &zero, one);
        *faults += fresh->gate_count != 2 * i + !status;
        if (!status)
            status = qnn_circuit_rotation(fresh, "X", &zero, QNN_THETA, 0, 1, 0);
        *faults += status && (fresh->gate_count < 2 * i || fresh->gate_count > 2 * i + 1);
    }
    if (!status)
        status = qnn_circuit_observable(fresh, 0, 1, "Z");
    qnn_circuit_destroy(fresh);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    int faults = 0;
    assert_true(failing_sweep(build, &faults) > 10);
    assert_int_equal(faults, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_circuit, close_circuit)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(create_refuses),
        TEST(rotation_refuses),
        TEST(gate_refuses),
        TEST(unitary_refuses),
        TEST(observable_refuses),
        TEST(equal_strings_are_combined),
        TEST(many_gates_keep_their_order),
        TEST(a_circuit_keeps_its_context),
        TEST(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
