/* test_qnn_program.c - the lowering: gates to turns, their order, angles listed once, observables grouped.
 *
 * That turns do what their gates do is test_qnn_kernels.c.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/program.h"
#include "support/failing.h"
#include "support/random_circuit.h"

static moe_context *context;
static qnn_circuit *circuit; /* 3 qubits, 2 parameters, 1 input, 2 outputs */
static qnni_program program;

static int open_circuit(void **state)
{
    (void)state;
    memset(&program, 0, sizeof program);
    return moe_context_create(NULL, &context) || qnn_circuit_create(context, 3, 2, 1, 2, &circuit);
}

static int close_circuit(void **state)
{
    (void)state;
    qnni_program_clear(context->core, &program);
    qnn_circuit_destroy(circuit);
    moe_context_destroy(context);
    return 0;
}

static void rotate(const char *pauli, int32_t source, double scale, double shift)
{
    assert_ok(context, qnn_circuit_rotation(circuit, pauli, NULL, source, 0, scale, shift));
}

static void angles_are_listed_once(void **state)
{
    (void)state;
    assert_ok(context, qnn_circuit_observable(circuit, 0, 1, "ZZZ"));
    assert_ok(context, qnn_circuit_observable(circuit, 0, 1, "XXX"));
    rotate("XII", QNN_INPUT, 1, 0);
    rotate("IXI", QNN_INPUT, 2, 0);
    rotate("IIX", QNN_INPUT, 1, 0);
    rotate("III", QNN_THETA, 9, 0); /* a global phase: no operation */
    rotate("YII", QNN_CONSTANT, 0, 0.5);
    rotate("YII", QNN_THETA, 1, 0.5);
    rotate("YII", QNN_THETA, 1, 0.5);
    rotate("YII", QNN_THETA, -1, 0.5);
    assert_ok(context, qnni_program_build(context, circuit, &program));
    assert_int_equal(program.turn_count, 7);
    assert_int_equal(program.angle_count[QNN_INPUT], 2);
    assert_int_equal(program.angle_count[QNN_THETA], 2);
    assert_int_equal(program.angle_count[QNN_CONSTANT], 1);
    assert_int_equal(program.turns[2].slot, 0);
    assert_int_equal(program.turns[6].slot, 1);
    assert_int_equal(program.first, 4);
    for (int lane = 0; lane < QNNI_LANES; lane++) {
        assert_close(program.constants[lane], tan(0.25), 1e-16);
        assert_close(program.constants[QNNI_LANES + lane], cos(0.25), 1e-16);
    }
}

/* Clifford gates leave no turn; a turn behind CNOT(0, 1) is one about the string it shows there. */
static void cliffords_are_absorbed(void **state)
{
    (void)state;
    assert_ok(context, qnn_circuit_observable(circuit, 0, 1, "ZII"));
    assert_ok(context, qnn_circuit_gate(circuit, "CNOT", (const int64_t[]){0, 2}));
    assert_ok(context, qnn_circuit_gate(circuit, "H", (const int64_t[]){1}));
    rotate("XII", QNN_THETA, 1, 0);
    assert_ok(context, qnni_program_build(context, circuit, &program));
    assert_int_equal(program.turn_count, 1);
    assert_int_equal(program.turns[0].pauli.x, 5);
    assert_int_equal(program.turns[0].pauli.z, 0);
    assert_int_equal(program.groups[0].flip, 0);
}

static void unseen_turns_are_dropped(void **state)
{
    (void)state;
    assert_ok(context, qnn_circuit_observable(circuit, 0, 1, "ZII"));
    rotate("YII", QNN_THETA, 1, 0);
    rotate("ZII", QNN_THETA, 1, 0); /* commutes with the observable */
    rotate("IYI", QNN_THETA, 1, 0); /* on a qubit that is not observed */
    assert_ok(context, qnni_program_build(context, circuit, &program));
    assert_int_equal(program.turn_count, 1);
    assert_int_equal(program.turns[0].pauli.z, 1);
}

static void what_no_theta_precedes_comes_first(void **state)
{
    (void)state;
    assert_ok(context, qnn_circuit_observable(circuit, 0, 1, "ZZZ"));
    rotate("YII", QNN_THETA, 1, 0);
    rotate("IXI", QNN_INPUT, 1, 0);
    rotate("XII", QNN_INPUT, 1, 0); /* not past the turn about Y */
    assert_ok(context, qnni_program_build(context, circuit, &program));
    assert_int_equal(program.first, 1);
    assert_int_equal(program.turns[0].pauli.x, 2);
    assert_int_equal(program.turns[1].source, QNN_THETA);
    assert_int_equal(program.turns[2].source, QNN_INPUT);
}

/* Tables against the matrix of the observable: row j of O_k is d[j] or i d[j] at column j ^ flip. */
static void groups_are_the_observables(void **state)
{
    (void)state;
    static const struct dense_term terms[] = {{1, 0.5, "ZIZ"},  {0, 1, "XYZ"}, {0, -2, "YXI"}, {0, 3, "YYI"},
                                              {0, 0.25, "III"}, {1, 4, "IZI"}, {0, 1.5, "XXZ"}};
    dense_matrix want[2] = {{{0}}}, got[2] = {{{0}}}, string;
    for (size_t t = 0; t < sizeof terms / sizeof terms[0]; t++) {
        assert_ok(context,
                  qnn_circuit_observable(circuit, terms[t].output, terms[t].coefficient, terms[t].pauli));
        /* the dense reference has qubit 0 in the high bit */
        const char turned[] = {terms[t].pauli[2], terms[t].pauli[1], terms[t].pauli[0], 0};
        dense_pauli(3, turned, string);
        for (int r = 0; r < 8; r++)
            for (int c = 0; c < 8; c++)
                want[terms[t].output][r][c] += terms[t].coefficient * string[r][c];
    }
    assert_ok(context, qnni_program_build(context, circuit, &program));
    assert_int_equal(program.group_count, 4); /* output 0: diagonal, (XY, YX) odd, (YY, XX) even; output 1 */
    for (int64_t g = 0; g < program.group_count; g++) {
        const qnni_group *group = &program.groups[g];
        assert_true(g == 0 || program.groups[g - 1].output <= group->output);
        for (uint32_t j = 0; j < 8; j++)
            got[group->output][j][j ^ group->flip] += (group->odd ? IMAGINARY : 1) * group->d[j];
    }
    for (int k = 0; k < 2; k++)
        for (int r = 0; r < 8; r++)
            for (int c = 0; c < 8; c++)
                assert_true(cabs(got[k][r][c] - want[k][r][c]) <= 1e-15);
}

static void half_angles(void **state)
{
    (void)state;
    const double v[] = {0, PI};
    double tc[2];
    qnni_half_angle(&(const qnni_angle){1, 1, 0}, v, tc);
    assert_close(tc[1], 6.123233995736766e-17, 1e-32); /* cos of the double nearest pi / 2 */
    assert_close(tc[0] * tc[1], 1, 1e-15);
    qnni_half_angle(&(const qnni_angle){1, 2, 0}, v, tc);
    assert_close(tc[1], -1, 0);
    assert_close(tc[0], -1.2246467991473532e-16, 1e-31);
    qnni_half_angle(&(const qnni_angle){0, 0, 0.5}, NULL, tc);
    assert_close(tc[1], cos(0.25), 0);
}

static int32_t build(moe_context *mine, void *self)
{
    qnn_circuit *fresh = NULL;
    qnni_program lowered = {0};
    const int64_t zero = 0;
    (void)self;
    int32_t status = qnn_circuit_create(mine, 2, 1, 1, 1, &fresh);
    if (!status)
        status = qnn_circuit_gate(fresh, "H", &zero);
    if (!status)
        status = qnn_circuit_rotation(fresh, "XX", NULL, QNN_THETA, 0, 1, 0);
    if (!status)
        status = qnn_circuit_observable(fresh, 0, 1, "XY");
    if (!status)
        status = qnn_circuit_observable(fresh, 0, 1, "ZZ");
    if (!status)
        status = qnni_program_build(mine, fresh, &lowered);
    qnni_program_clear(mine->core, &lowered);
    qnn_circuit_destroy(fresh);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(failing_sweep(build, NULL) >= 10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_circuit, close_circuit)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(angles_are_listed_once),     TEST(cliffords_are_absorbed),
        TEST(unseen_turns_are_dropped),   TEST(what_no_theta_precedes_comes_first),
        TEST(groups_are_the_observables), TEST(half_angles),
        TEST(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
