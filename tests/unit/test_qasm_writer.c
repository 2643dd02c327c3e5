/* test_qasm_writer.c - what is written reads back as the same circuit, here and without the pragmas
 * elsewhere.
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"
#include "support/locale.h"
#include "support/qasm.h"
#include "support/random_circuit.h"

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

static qnn_circuit *random_circuit(uint64_t seed)
{
    const int64_t qubits = 1 + (int64_t)(seed % 5);
    struct dense_circuit dense = {.qubits = (int)qubits};
    qnn_circuit *circuit = NULL;
    uint64_t state = seed;
    assert_ok(context, qnn_circuit_create(context, qubits, 3, 2, 2, &circuit));
    assert_ok(context,
              fill_random_circuit(&state, 5 + (int)(seed % 30), (int)(seed % 7), 3, 2, 2, circuit, &dense));
    return circuit;
}

static void round_trip(uint64_t seeds)
{
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        qnn_circuit *circuit = random_circuit(seed);
        char *text = text_of_circuit(context, circuit);
        qnn_circuit *back = circuit_of_text(context, text);
        char *again = text_of_circuit(context, back);
        assert_same_circuit(circuit, back);
        assert_string_equal(text, again);
        if (seed % 16 == 0)
            assert_same_function(context, circuit, back, 0);
        qnn_circuit_destroy(back);
        qnn_circuit_destroy(circuit);
        free(again);
        free(text);
    }
}

static void random_circuits_come_back(void **state)
{
    (void)state;
    round_trip(600);
}

static void in_a_comma_locale_too(void **state)
{
    (void)state;
    if (!set_comma_locale())
        skip();
    round_trip(20);
    unset_comma_locale();
}

/* text <- text without the lines that begin with `start` */
static void drop_lines(char *text, const char *start)
{
    for (char *line = text; *line;) {
        char *next = strchr(line, '\n') + 1;
        if (strncmp(line, start, strlen(start)) == 0)
            memmove(line, next, strlen(next) + 1);
        else
            line = next;
    }
}

/* Another program skips the pragmas and expands the definitions: the same function to rounding. */
static void definitions_say_the_same_as_matrices(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        qnn_circuit *circuit = random_circuit(seed);
        char *text = text_of_circuit(context, circuit);
        drop_lines(text, "pragma moefield unitary");
        qnn_circuit *back = circuit_of_text(context, text);
        assert_same_function(context, circuit, back, 2e-13);
        qnn_circuit_destroy(back);
        qnn_circuit_destroy(circuit);
        free(text);
    }
}

/* Definitions too written out as gates at the top, so that none is contracted. */
static void definitions_are_what_they_are_called(void **state)
{
    (void)state;
    static const char chain[] =
        "qubit[4] q; input float t; ry(0.7) q; crx(t) q[0], q[3]; h q[1]; sdg q[3]; h q[3];"
        "cx q[1], q[2]; cx q[2], q[3]; rz(1.5*t) q[3]; cx q[2], q[3]; cx q[1], q[2]; h q[3];"
        "s q[3]; h q[1]; rx(1) q; crx(0.3) q[0], q[2];";
    qnn_circuit *circuit =
        circuit_of_text(context, "qubit[4] q; input float t; ry(0.7) q; crx(t) q[0], q[3];");
    assert_ok(context,
              qnn_circuit_rotation(circuit, "XZY", (const int64_t[]){1, 2, 3}, QNN_THETA, 0, 1.5, 0));
    char *text = text_of_circuit(context, circuit);
    assert_non_null(strstr(text,
                           "\ngate rxzy(a) q0, q1, q2 { h q0; sdg q2; h q2; cx q0, q1; cx q1, q2; rz(a) q2; "
                           "cx q1, q2; cx q0, q1; h q2; s q2; h q0; }\n"));
    assert_non_null(strstr(text, "\nrxzy(1.5*theta0) q[1], q[2], q[3];\n"));
    free(text);
    for (int64_t q = 0; q < 4; q++)
        assert_ok(context, qnn_circuit_rotation(circuit, "X", &q, QNN_CONSTANT, 0, 0, 1));
    qnn_circuit *other = circuit_of_text(context, chain);
    const int64_t control[] = {0, 2}, *target = &control[1];
    assert_ok(context, qnn_circuit_rotation(circuit, "X", target, QNN_CONSTANT, 0, 0, 0.15));
    assert_ok(context, qnn_circuit_rotation(circuit, "ZX", control, QNN_CONSTANT, 0, 0, -0.15));
    assert_same_function(context, circuit, other, 1e-14);
    qnn_circuit_destroy(other);
    qnn_circuit_destroy(circuit);
}

static void a_text_as_a_whole(void **state)
{
    (void)state;
    static const char want[] = "OPENQASM 3.0;\n"
                               "include \"stdgates.inc\";\n"
                               "\n"
                               "input float[64] theta0;\n"
                               "input float[64] theta1;\n"
                               "input float[64] x0;\n"
                               "qubit[2] q;\n"
                               "\n"
                               "gate rzz(a) q0, q1 { cx q0, q1; rz(a) q1; cx q0, q1; }\n"
                               "h q[0];\n"
                               "cx q[1], q[0];\n"
                               "rx(-theta1) q[1];\n"
                               "ry(2*x0 - 0.5) q[0];\n"
                               "rz(1e-09) q[0];\n"
                               "rzz(0.1*theta0 + 3.141592653589793) q[0], q[1];\n"
                               "gphase(-0.5*theta0);\n"
                               "\n"
                               "pragma moefield outputs 3\n"
                               "pragma moefield observable 1 -0.25 XY\n"
                               "pragma moefield observable 0 1 IZ\n";
    const int64_t zero = 0, one = 1, back[] = {1, 0};
    qnn_circuit *circuit;
    assert_ok(context, qnn_circuit_create(context, 2, 2, 1, 3, &circuit));
    assert_ok(context, qnn_circuit_gate(circuit, "H", &zero));
    assert_ok(context, qnn_circuit_gate(circuit, "CNOT", back));
    assert_ok(context, qnn_circuit_rotation(circuit, "X", &one, QNN_THETA, 1, -1, 0));
    assert_ok(context, qnn_circuit_rotation(circuit, "Y", &zero, QNN_INPUT, 0, 2, -0.5));
    assert_ok(context, qnn_circuit_rotation(circuit, "Z", &zero, QNN_CONSTANT, 0, 0, 1e-9));
    assert_ok(context, qnn_circuit_rotation(circuit, "ZZ", back, QNN_THETA, 0, 0.1, PI));
    assert_ok(context, qnn_circuit_rotation(circuit, "II", NULL, QNN_THETA, 0, 1, 0));
    assert_ok(context, qnn_circuit_observable(circuit, 1, -0.25, "XY"));
    assert_ok(context, qnn_circuit_observable(circuit, 0, 1, "IZ"));
    char *text = text_of_circuit(context, circuit);
    assert_string_equal(text, want);
    qnn_circuit *again = circuit_of_text(context, text);
    assert_same_circuit(circuit, again);
    qnn_circuit_destroy(again);
    qnn_circuit_destroy(circuit);
    free(text);
}

/* a rotation that is a Clifford gate, or none at all, comes back as a rotation too */
static void special_angles(void **state)
{
    (void)state;
    static const double angles[] = {0, PI / 2, -PI / 2, PI, -PI, 2 * PI, -0.0, 3 * PI / 2};
    static const char *const strings[] = {"III", "XII", "IZI", "YIX", "ZZZ", "XYZ"};
    qnn_circuit *circuit;
    assert_ok(context, qnn_circuit_create(context, 3, 1, 1, 1, &circuit));
    for (int a = 0; a < 8; a++)
        for (int s = 0; s < 6; s++) {
            assert_ok(context,
                      qnn_circuit_rotation(circuit, strings[s], NULL, QNN_CONSTANT, 0, 0, angles[a]));
            assert_ok(context, qnn_circuit_rotation(circuit, strings[s], NULL, QNN_THETA, 0, 1, angles[a]));
            assert_ok(context,
                      qnn_circuit_rotation(circuit, strings[s], NULL, QNN_INPUT, 0, -1e-300, angles[a]));
        }
    char *text = text_of_circuit(context, circuit);
    qnn_circuit *back = circuit_of_text(context, text);
    assert_same_circuit(circuit, back);
    qnn_circuit_destroy(back);
    qnn_circuit_destroy(circuit);
    free(text);
}

/* 30 qubits, strings on all of them; the same matrix defined once */
static void large_circuits(void **state)
{
    (void)state;
    const double turn[] = {0.6, 0, -0.8, 0, 0.8, 0, 0.6, 0};
    qnn_circuit *circuit;
    assert_ok(context, qnn_circuit_create(context, 30, 1, 1, 1, &circuit));
    for (int64_t q = 0; q < 30; q++)
        assert_ok(context, qnn_circuit_unitary(circuit, 1, &q, turn));
    assert_ok(context,
              qnn_circuit_rotation(circuit, "XYZXYZXYZXYZXYZXYZXYZXYZXYZXYZ", NULL, QNN_THETA, 0, 1, 0));
    assert_ok(context,
              qnn_circuit_rotation(circuit, "YYYYYYYYYYYYYYYYYYYYYYYYYYYYYY", NULL, QNN_INPUT, 0, 1, 0));
    assert_ok(context, qnn_circuit_observable(circuit, 0, 1, "ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ"));
    char *text = text_of_circuit(context, circuit);
    assert_non_null(strstr(text, "gate unitary0 "));
    assert_null(strstr(text, "gate unitary1 "));
    qnn_circuit *back = circuit_of_text(context, text);
    assert_same_circuit(circuit, back);
    qnn_circuit_destroy(back);
    qnn_circuit_destroy(circuit);
    free(text);
}

/* no byte is written at or past the capacity */
static void every_capacity(void **state)
{
    (void)state;
    qnn_circuit *circuit = random_circuit(1);
    char *text = text_of_circuit(context, circuit);
    const int64_t full = (int64_t)strlen(text);
    char *room = malloc((size_t)full + 2);
    for (int64_t capacity = 1; capacity <= full + 1; capacity++) {
        int64_t length = -1;
        memset(room, '#', (size_t)full + 2);
        const int32_t status = qnn_circuit_write(circuit, room, capacity, &length);
        assert_int_equal(length, full);
        assert_int_equal(room[capacity], '#');
        assert_int_equal(status, capacity < full ? MOE_ERROR_SIZE : MOE_OK);
        if (!status)
            assert_memory_equal(room, text, (size_t)full);
    }
    assert_int_equal(room[full], 0);
    free(room);
    free(text);
    qnn_circuit_destroy(circuit);
}

static void bad_arguments(void **state)
{
    (void)state;
    qnn_circuit *circuit = random_circuit(3);
    char text[8];
    int64_t length = 0;
    assert_int_equal(qnn_circuit_write(NULL, text, 8, &length), MOE_ERROR_NULL);
    assert_fails(context, MOE_ERROR_NULL, "length", qnn_circuit_write(circuit, text, 8, NULL));
    assert_fails(context, MOE_ERROR_NULL, "text", qnn_circuit_write(circuit, NULL, 8, &length));
    assert_fails(context, MOE_ERROR_SIZE, "capacity is -1", qnn_circuit_write(circuit, text, -1, &length));
    assert_fails(context, MOE_ERROR_SIZE, "capacity is 8; the text has",
                 qnn_circuit_write(circuit, text, 8, &length));
    assert_true(length > 8);
    const char string[] = "ZZZZ";
    assert_ok(context, qnn_circuit_observable(circuit, 0, 1e308, string + 4 - circuit->qubits));
    assert_fails(context, MOE_ERROR_NOT_FINITE, "coefficient",
                 qnn_circuit_observable(circuit, 0, 1e308, string + 4 - circuit->qubits));
    qnn_circuit_destroy(circuit);
}

static int32_t write_and_read(moe_context *within, void *self)
{
    static char text[1 << 16];
    const double turn[] = {0.6, 0, -0.8, 0, 0.8, 0, 0.6, 0};
    const int64_t one = 1;
    int64_t length = 0;
    qnn_circuit *circuit = NULL, *back = NULL;
    (void)self;
    int32_t status = qnn_circuit_create(within, 3, 1, 1, 1, &circuit);
    if (!status)
        status = qnn_circuit_unitary(circuit, 1, &one, turn);
    if (!status)
        status = qnn_circuit_rotation(circuit, "XYZ", NULL, QNN_THETA, 0, 1, 0);
    if (!status)
        status = qnn_circuit_observable(circuit, 0, 1, "ZZZ");
    if (!status)
        status = qnn_circuit_write(circuit, text, sizeof text, &length);
    if (!status)
        status = qnn_circuit_read(within, text, length, &back);
    qnn_circuit_destroy(back);
    qnn_circuit_destroy(circuit);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(failing_sweep(write_and_read, NULL) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_circuits_come_back),
        cmocka_unit_test(in_a_comma_locale_too),
        cmocka_unit_test(definitions_say_the_same_as_matrices),
        cmocka_unit_test(definitions_are_what_they_are_called),
        cmocka_unit_test(a_text_as_a_whole),
        cmocka_unit_test(special_angles),
        cmocka_unit_test(large_circuits),
        cmocka_unit_test(every_capacity),
        cmocka_unit_test(bad_arguments),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
