/* test_qnn_pauli.c - Pauli strings as masks.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/pauli.h"
#include "support/test.h"

static moe_context *context;

static int open_context(void **state)
{
    (void)state;
    return moe_context_create(NULL, &context);
}

static int close_context(void **state)
{
    (void)state;
    moe_context_destroy(context);
    return 0;
}

static void whole_strings(void **state)
{
    (void)state;
    qnni_pauli string;
    assert_ok(context, qnni_pauli_parse(context, 4, "IXYZ", NULL, &string));
    assert_int_equal(string.x, 2 | 4);
    assert_int_equal(string.z, 4 | 8);
    assert_int_equal(qnni_pauli_count_y(string), 1);
    assert_ok(context, qnni_pauli_parse(context, 2, "ZI", NULL, &string));
    assert_int_equal(string.x, 0);
    assert_int_equal(string.z, 1);
    assert_ok(context, qnni_pauli_parse(context, 30, "IIIIIIIIIIIIIIIIIIIIIIIIIIIIIY", NULL, &string));
    assert_int_equal(string.x, 1u << 29);
    assert_int_equal(string.z, 1u << 29);
}

static void strings_on_named_qubits(void **state)
{
    (void)state;
    qnni_pauli string;
    assert_ok(context, qnni_pauli_parse(context, 5, "YXIZ", (const int64_t[]){4, 0, 2, 3}, &string));
    assert_int_equal(string.x, 16 | 1);
    assert_int_equal(string.z, 16 | 8);
}

static void bad_strings(void **state)
{
    (void)state;
    qnni_pauli string = {7, 9};
    const int64_t twice[] = {1, 1}, outside[] = {0, 3}, below[] = {-1};
    assert_fails(context, MOE_ERROR_NULL, "pauli", qnni_pauli_parse(context, 2, NULL, NULL, &string));
    assert_fails(context, MOE_ERROR_PAULI, "3 letters; it takes 2",
                 qnni_pauli_parse(context, 2, "XYZ", NULL, &string));
    assert_fails(context, MOE_ERROR_PAULI, "0 letters", qnni_pauli_parse(context, 2, "", NULL, &string));
    /* more letters than qubits: refused before a third qubit is read */
    assert_fails(context, MOE_ERROR_PAULI, "3 letters; it takes 1 to 2",
                 qnni_pauli_parse(context, 2, "XYZ", (const int64_t[]){0, 1}, &string));
    assert_fails(context, MOE_ERROR_PAULI, "0 letters; it takes 1 to 2",
                 qnni_pauli_parse(context, 2, "", twice, &string));
    assert_fails(context, MOE_ERROR_PAULI, "letter 1 is 'z'",
                 qnni_pauli_parse(context, 2, "Zz", NULL, &string));
    assert_fails(context, MOE_ERROR_PAULI, "letter 0 is 'A'",
                 qnni_pauli_parse(context, 2, "A", twice, &string));
    assert_fails(context, MOE_ERROR_QUBITS, "qubits[1] is 1",
                 qnni_pauli_parse(context, 2, "XX", twice, &string));
    assert_fails(context, MOE_ERROR_INDEX, "qubits[1] is 3; it takes 0 to 2",
                 qnni_pauli_parse(context, 3, "XX", outside, &string));
    assert_fails(context, MOE_ERROR_INDEX, "qubits[0] is -1",
                 qnni_pauli_parse(context, 3, "X", below, &string));
    assert_int_equal(string.x, 7);
    assert_int_equal(string.z, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_strings),
        cmocka_unit_test(strings_on_named_qubits),
        cmocka_unit_test(bad_strings),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
