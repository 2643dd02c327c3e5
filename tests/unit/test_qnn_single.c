/* test_qnn_single.c - single precision against double, on every instruction set; the setters of a circuit.
 *
 * The bound is the one that qnn.h states: 2e-7 sqrt(T + 1) |O|, T rotations; where angles recur, 2e-7 T.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/expert.h"
#include "support/random_circuit.h"

enum { POINTS = 19, PARAMETERS = 24, INPUTS = 3 };

/* Layers of X(x), Y(theta), ZZ(theta) and CNOT; two strings of 1-norm 1. */
static int build(moe_context *context, int64_t qubits, int layers, qnn_circuit **circuit)
{
    char string[16] = "";
    int turns = 0;
    memset(string, 'I', (size_t)qubits);
    assert_ok(context, qnn_circuit_create(context, qubits, PARAMETERS, INPUTS, 1, circuit));
    for (int layer = 0; layer < layers; layer++)
        for (int64_t q = 0; q < qubits; q++, turns += 3) {
            const int64_t pair[] = {q, (q + 1) % qubits};
            const int64_t parameter = (2 * (layer * qubits + q)) % PARAMETERS;
            assert_ok(context, qnn_circuit_rotation(*circuit, "X", &q, QNN_INPUT, q % INPUTS, 1, 0));
            assert_ok(context, qnn_circuit_rotation(*circuit, "Y", &q, QNN_THETA, parameter, 1, 0));
            assert_ok(context, qnn_circuit_rotation(*circuit, "ZZ", pair, QNN_THETA, parameter + 1, 1, 0));
            assert_ok(context, qnn_circuit_gate(*circuit, "CNOT", pair));
        }
    string[0] = 'Z';
    assert_ok(context, qnn_circuit_observable(*circuit, 0, 0.75, string));
    string[0] = 'X';
    string[1] = 'Y';
    assert_ok(context, qnn_circuit_observable(*circuit, 0, 0.25, string));
    return turns;
}

/* bound: of an error of f; uses: how often a parameter occurs, which bounds what its gradient adds up. */
static void compare_precisions(moe_context *context, qnn_circuit *circuit, double bound, double uses,
                               const double *x, const double *theta)
{
    double f[2][POINTS], g[2][PARAMETERS], r[POINTS];
    for (int j = 0; j < POINTS; j++)
        r[j] = 1 - 0.1 * j;
    for (int i = 0; qnni_kernels_at(i); i++)
        for (int keep = 0; keep < 2; keep++) {
            for (int32_t precision = QNN_DOUBLE; precision <= QNN_SINGLE; precision++) {
                moe_expert *expert;
                assert_ok(context, qnn_circuit_set_precision(circuit, precision));
                assert_ok(context, qnni_expert_create(context, circuit, NULL, qnni_kernels_at(i), &expert));
                qnni_expert_keep(expert, keep);
                qnni_expert_lanes(expert, QNNI_LANES_POINTS);
                assert_ok(context, moe_expert_values(context, expert, POINTS, x, 1, theta, f[precision]));
                assert_ok(context,
                          moe_expert_pullback(context, expert, POINTS, x, 1, theta, r, g[precision]));
                moe_expert_destroy(expert);
            }
            for (int j = 0; j < POINTS; j++)
                assert_close(f[QNN_SINGLE][j], f[QNN_DOUBLE][j], bound);
            for (int a = 0; a < PARAMETERS; a++)
                assert_close(g[QNN_SINGLE][a], g[QNN_DOUBLE][a], bound * uses * POINTS);
            assert_true(memcmp(f[QNN_SINGLE], f[QNN_DOUBLE], sizeof f[0]) != 0);
        }
}

static void compare(int64_t qubits, int layers, const double *x, const double *theta)
{
    moe_context *context;
    qnn_circuit *circuit;
    assert_ok(NULL, moe_context_create(NULL, &context));
    const int turns = build(context, qubits, layers, &circuit);
    compare_precisions(context, circuit, 2e-7 * sqrt(turns + 1.0),
                       (double)(2 * layers * qubits + PARAMETERS) / PARAMETERS, x, theta);
    qnn_circuit_destroy(circuit);
    moe_context_destroy(context);
}

static void draw(uint64_t seed, double *x, double *theta)
{
    for (int i = 0; i < POINTS * INPUTS; i++)
        x[i] = 3 * test_signed(&seed);
    for (int i = 0; i < PARAMETERS; i++)
        theta[i] = 7 * test_signed(&seed);
}

static void any_angles(void **state)
{
    (void)state;
    double x[POINTS * INPUTS], theta[PARAMETERS];
    for (int64_t qubits = 2; qubits <= 9; qubits++)
        for (uint64_t seed = 0; seed < 2; seed++) {
            draw(100 * (uint64_t)qubits + seed, x, theta);
            compare(qubits, 1 + (int)(qubits + (int64_t)seed) % 6, x, theta);
        }
}

/* Tangents far beyond the range in which their products are floats. */
static void angles_near_pi(void **state)
{
    (void)state;
    static const double near[] = {PI, PI - 1e-9, -PI,      2 * PI, PI + 1e-12, 2 * PI - 1e-9,
                                  0,  3 * PI,    PI - 1e-5};
    double x[POINTS * INPUTS], theta[PARAMETERS];
    for (int i = 0; i < POINTS * INPUTS; i++)
        x[i] = i < INPUTS ? PI : near[i % 9];
    for (int i = 0; i < PARAMETERS; i++)
        theta[i] = PI;
    compare(4, 5, x, theta);
    compare(3, 8, x, theta);
    for (int i = 0; i < PARAMETERS; i++)
        theta[i] = near[i % 9];
    compare(5, 4, x, theta);
}

/* Hundreds of passes before the first theta, whose scales are all in use. The same angles recur, and so do
 * their errors: a turn adds 2^-25 to the state (the tangent's rounding) and 2^-24 (its own), f has twice the
 * sum. */
static void long_encodings(void **state)
{
    (void)state;
    static const char *const letters[] = {"X", "Y", "Z"};
    double x[POINTS * INPUTS], theta[PARAMETERS];
    draw(11, x, theta);
    for (int64_t qubits = 1; qubits <= 5; qubits++) {
        moe_context *context;
        qnn_circuit *circuit;
        assert_ok(NULL, moe_context_create(NULL, &context));
        assert_ok(context, qnn_circuit_create(context, qubits, PARAMETERS, INPUTS, 1, &circuit));
        const char string[] = "ZZZZZ";
        const int64_t gates = 1800;
        for (int64_t i = 0; i < gates; i++) {
            const int64_t q = i % qubits;
            assert_ok(context, qnn_circuit_rotation(circuit, letters[i / qubits % 3], &q, QNN_INPUT,
                                                    i % INPUTS, 1, 0.1 * (double)(i % 7)));
        }
        for (int64_t a = 0; a < PARAMETERS; a++) {
            const int64_t q = a % qubits;
            assert_ok(context, qnn_circuit_rotation(circuit, letters[a % 2], &q, QNN_THETA, a, 1, 0));
        }
        /* without an x behind a theta the mean observable would serve the points, in double precision */
        const int64_t q = 0;
        assert_ok(context, qnn_circuit_rotation(circuit, "Z", &q, QNN_INPUT, 0, 1, 0));
        assert_ok(context, qnn_circuit_rotation(circuit, "Y", &q, QNN_THETA, 0, 1, 0));
        assert_ok(context, qnn_circuit_observable(circuit, 0, 1, string + 5 - qubits));
        compare_precisions(context, circuit, 3 * 0x1p-24 * (double)(gates + PARAMETERS + 2), 2, x, theta);
        qnn_circuit_destroy(circuit);
        moe_context_destroy(context);
    }
}

/* Derivatives along directions are those of double precision, but for the angles that single clamps. */
static void tangents_are_double(void **state)
{
    (void)state;
    enum { DIRECTIONS = 2, EXPERTS = 2 };
    double x[POINTS * INPUTS], theta[EXPERTS * PARAMETERS], along[EXPERTS * DIRECTIONS * PARAMETERS],
        r[POINTS];
    static double df[2][EXPERTS * DIRECTIONS * POINTS], h[2][EXPERTS * DIRECTIONS * PARAMETERS];
    for (int64_t qubits = 2; qubits <= 6; qubits++) {
        moe_context *context;
        qnn_circuit *circuit;
        draw(7 + (uint64_t)qubits, x, theta);
        draw(70 + (uint64_t)qubits, x, theta + PARAMETERS);
        for (int i = 0; i < EXPERTS * DIRECTIONS * PARAMETERS; i++)
            along[i] = sin(1.0 + i);
        for (int j = 0; j < POINTS; j++)
            r[j] = 1 - 0.1 * j;
        assert_ok(NULL, moe_context_create(NULL, &context));
        build(context, qubits, 3, &circuit);
        for (int32_t precision = QNN_DOUBLE; precision <= QNN_SINGLE; precision++) {
            moe_expert *expert;
            int32_t exact = 0;
            assert_ok(context, qnn_circuit_set_precision(circuit, precision));
            assert_ok(context, qnn_expert_create(context, circuit, NULL, &expert));
            assert_ok(context, moe_expert_tangent(context, expert, POINTS, x, EXPERTS, theta, DIRECTIONS,
                                                  along, r, df[precision], h[precision], &exact));
            assert_true(exact);
            moe_expert_destroy(expert);
        }
        for (int i = 0; i < EXPERTS * DIRECTIONS * POINTS; i++)
            assert_close(df[QNN_SINGLE][i], df[QNN_DOUBLE][i], 1e-12);
        for (int i = 0; i < EXPERTS * DIRECTIONS * PARAMETERS; i++)
            assert_close(h[QNN_SINGLE][i], h[QNN_DOUBLE][i], 1e-10);
        qnn_circuit_destroy(circuit);
        moe_context_destroy(context);
    }
}

/* Experts side by side are computed in double precision, whatever is asked for. */
static void few_qubits_are_double(void **state)
{
    (void)state;
    double x[POINTS * INPUTS], theta[PARAMETERS], f[2][POINTS], g[2][PARAMETERS], r[POINTS];
    moe_context *context;
    qnn_circuit *circuit;
    draw(3, x, theta);
    for (int j = 0; j < POINTS; j++)
        r[j] = 1 - 0.1 * j;
    assert_ok(NULL, moe_context_create(NULL, &context));
    build(context, 2, 3, &circuit);
    for (int32_t precision = QNN_DOUBLE; precision <= QNN_SINGLE; precision++) {
        moe_expert *expert;
        assert_ok(context, qnn_circuit_set_precision(circuit, precision));
        assert_ok(context, qnn_expert_create(context, circuit, NULL, &expert));
        assert_ok(context, moe_expert_values(context, expert, POINTS, x, 1, theta, f[precision]));
        assert_ok(context, moe_expert_pullback(context, expert, POINTS, x, 1, theta, r, g[precision]));
        moe_expert_destroy(expert);
    }
    assert_memory_equal(f[QNN_SINGLE], f[QNN_DOUBLE], sizeof f[0]);
    assert_memory_equal(g[QNN_SINGLE], g[QNN_DOUBLE], sizeof g[0]);
    qnn_circuit_destroy(circuit);
    moe_context_destroy(context);
}

/* A kernel that is asked for gives the bits of that kernel, or an error that changes nothing. */
static void kernels_on_request(void **state)
{
    (void)state;
    static const char *const names[] = {NULL, "plain", "avx2", "avx512", "neon"};
    double x[POINTS * INPUTS], theta[PARAMETERS], f[POINTS], want[POINTS];
    moe_context *context;
    qnn_circuit *circuit;
    draw(5, x, theta);
    assert_ok(NULL, moe_context_create(NULL, &context));
    build(context, 4, 2, &circuit);
    for (int32_t kernel = QNN_KERNEL_AUTO; kernel <= QNN_KERNEL_NEON; kernel++) {
        const qnni_kernels *asked = qnni_kernels_at(0);
        for (int i = 0; names[kernel] && asked && strcmp(asked->name, names[kernel]) != 0; i++)
            asked = qnni_kernels_at(i + 1);
        const int32_t status = qnn_circuit_set_kernel(circuit, kernel);
        assert_int_equal(status, asked ? MOE_OK : MOE_ERROR_UNSUPPORTED);
        if (!asked) {
            assert_non_null(strstr(moe_context_error(context), names[kernel]));
            continue;
        }
        moe_expert *expert, *direct;
        assert_ok(context, qnn_expert_create(context, circuit, NULL, &expert));
        assert_ok(context, qnni_expert_create(context, circuit, NULL, asked, &direct));
        assert_ok(context, moe_expert_values(context, expert, POINTS, x, 1, theta, f));
        assert_ok(context, moe_expert_values(context, direct, POINTS, x, 1, theta, want));
        assert_memory_equal(f, want, sizeof f);
        moe_expert_destroy(expert);
        moe_expert_destroy(direct);
    }
    qnn_circuit_destroy(circuit);
    moe_context_destroy(context);
}

static void bad_settings(void **state)
{
    (void)state;
    moe_context *context;
    qnn_circuit *circuit;
    assert_int_equal(qnn_circuit_set_precision(NULL, QNN_SINGLE), MOE_ERROR_NULL);
    assert_int_equal(qnn_circuit_set_kernel(NULL, QNN_KERNEL_PLAIN), MOE_ERROR_NULL);
    assert_ok(NULL, moe_context_create(NULL, &context));
    assert_ok(context, qnn_circuit_create(context, 1, 1, 1, 1, &circuit));
    assert_int_equal(qnn_circuit_set_precision(circuit, 2), MOE_ERROR_VALUE);
    assert_int_equal(qnn_circuit_set_precision(circuit, -1), MOE_ERROR_VALUE);
    assert_int_equal(qnn_circuit_set_kernel(circuit, -1), MOE_ERROR_VALUE);
    assert_int_equal(qnn_circuit_set_kernel(circuit, 5), MOE_ERROR_VALUE);
    assert_int_equal(circuit->precision, QNN_DOUBLE);
    assert_int_equal(circuit->kernel, QNN_KERNEL_AUTO);
    qnn_circuit_destroy(circuit);
    moe_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_angles),
        cmocka_unit_test(angles_near_pi),
        cmocka_unit_test(long_encodings),
        cmocka_unit_test(tangents_are_double),
        cmocka_unit_test(few_qubits_are_double),
        cmocka_unit_test(kernels_on_request),
        cmocka_unit_test(bad_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
