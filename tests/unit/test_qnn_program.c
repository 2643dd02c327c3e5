/* test_qnn_program.c - the lowering: one operation a gate, angles listed once, observables grouped.
 *
 * That operations do what their gates do is test_qnn_kernels.c.
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

static void rotations_by_form(void **state)
{
    (void)state;
    static const struct {
        const char *pauli;
        qnni_kind kind;
        uint32_t flip, parity;
        double sign;
    } cases[] = {
        {"XII", QNNI_X_PLAIN, 1, 0, 1},   {"IYI", QNNI_Y_PLAIN, 2, 0, 1},  {"IIZ", QNNI_Z_PLAIN, 4, 0, 1},
        {"XXI", QNNI_X_PLAIN, 3, 0, 1},   {"XYI", QNNI_Y_PLAIN, 3, 0, 1},  {"ZIZ", QNNI_Z_STRING, 1, 4, 1},
        {"XIZ", QNNI_X_STRING, 1, 4, 1},  {"YZI", QNNI_Y_STRING, 1, 2, 1}, {"YYI", QNNI_X_STRING, 3, 2, -1},
        {"YYY", QNNI_Y_STRING, 7, 6, -1},
    };
    enum { CASES = sizeof cases / sizeof cases[0] };
    for (int i = 0; i < CASES; i++)
        rotate(cases[i].pauli, QNN_THETA, 1, 0);
    assert_ok(context, qnni_program_build(context, circuit, &program));
    assert_int_equal(program.op_count, CASES);
    for (int i = 0; i < CASES; i++) {
        assert_int_equal(program.ops[i].kind, cases[i].kind);
        assert_int_equal(program.ops[i].flip, cases[i].flip);
        assert_int_equal(program.ops[i].parity, cases[i].parity);
        assert_close(program.ops[i].sign, cases[i].sign, 0);
        assert_int_equal(program.ops[i].slot, 0);
    }
}

static void angles_are_listed_once(void **state)
{
    (void)state;
    rotate("XII", QNN_INPUT, 1, 0);
    rotate("IXI", QNN_INPUT, 2, 0);
    rotate("IIX", QNN_INPUT, 1, 0);
    rotate("III", QNN_THETA, 9, 0); /* a global phase: no operation */
    rotate("YII", QNN_CONSTANT, 0, 0.5);
    rotate("YII", QNN_THETA, 1, 0.5);
    rotate("YII", QNN_THETA, 1, 0.5);
    rotate("YII", QNN_THETA, -1, 0.5);
    assert_ok(context, qnni_program_build(context, circuit, &program));
    assert_int_equal(program.op_count, 7);
    assert_int_equal(program.angle_count[QNN_INPUT], 2);
    assert_int_equal(program.angle_count[QNN_THETA], 2);
    assert_int_equal(program.angle_count[QNN_CONSTANT], 1);
    assert_int_equal(program.ops[2].slot, 0);
    assert_int_equal(program.ops[6].slot, 1);
    assert_int_equal(program.first, 4);
    for (int lane = 0; lane < QNNI_LANES; lane++) {
        assert_close(program.constants[lane], cos(0.25), 1e-16);
        assert_close(program.constants[QNNI_LANES + lane], sin(0.25), 1e-16);
    }
}

static void no_theta_no_adjoint(void **state)
{
    (void)state;
    rotate("XII", QNN_INPUT, 1, 0);
    assert_ok(context, qnn_circuit_gate(circuit, "CNOT", (const int64_t[]){2, 0}));
    assert_ok(context, qnni_program_build(context, circuit, &program));
    assert_int_equal(program.first, program.op_count);
    assert_int_equal(program.ops[1].kind, QNNI_EXCHANGE_OP);
    assert_int_equal(program.ops[1].from, 4);
    assert_int_equal(program.ops[1].to, 5);
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
    double cs[2];
    qnni_half_angle(&(const qnni_angle){1, 1, 0}, v, cs);
    assert_close(cs[0], 6.123233995736766e-17, 1e-32); /* cos of the double nearest pi / 2 */
    assert_close(cs[1], 1, 0);
    qnni_half_angle(&(const qnni_angle){1, 2, 0}, v, cs);
    assert_close(cs[0], -1, 0);
    assert_close(cs[1], 1.2246467991473532e-16, 1e-31);
    qnni_half_angle(&(const qnni_angle){0, 0, 0.5}, NULL, cs);
    assert_close(cs[0], cos(0.25), 0);
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
        TEST(rotations_by_form),   TEST(angles_are_listed_once),
        TEST(no_theta_no_adjoint), TEST(groups_are_the_observables),
        TEST(half_angles),         TEST(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
