/* test_qnn_expert.c - circuits as experts, through the public functions: conventions, closed forms, moments,
 * memory.
 *
 * SPDX-License-Identifier: MIT */
#include "expert/expert.h"
#include "support/failing.h"
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

/* The expert of the circuit, which is destroyed. */
static moe_expert *expert_of(qnn_circuit *circuit)
{
    moe_expert *expert = NULL;
    assert_ok(context, qnn_expert_create(context, circuit, NULL, &expert));
    qnn_circuit_destroy(circuit);
    return expert;
}

/* ---- closed forms ----------------------------------------------------------------------------- */

/* RY(x) RY(theta), Z: f = cos(theta + x). Angles of all sizes, points of all block fillings. */
static void cosine(void **state)
{
    (void)state;
    enum { MOST = 19 };
    const int64_t zero = 0;
    qnn_circuit *circuit;
    double x[MOST], r[MOST], f[3 * MOST], g[3];
    const double theta[] = {0.3, PI - 1e-7, -1234.5};
    assert_ok(context, qnn_circuit_create(context, 1, 1, 1, 1, &circuit));
    assert_ok(context, qnn_circuit_rotation(circuit, "Y", &zero, QNN_INPUT, 0, 1, 0));
    assert_ok(context, qnn_circuit_rotation(circuit, "Y", &zero, QNN_THETA, 0, 1, 0));
    assert_ok(context, qnn_circuit_observable(circuit, 0, 1, "Z"));
    moe_expert *expert = expert_of(circuit);
    for (int j = 0; j < MOST; j++) {
        x[j] = 0.7 * j - 3;
        r[j] = 1.0 / (1 + j);
    }
    for (int64_t n = 1; n <= MOST; n++) {
        assert_ok(context, moe_expert_values(context, expert, n, x, 3, theta, f));
        assert_ok(context, moe_expert_pullback(context, expert, n, x, 3, theta, r, g));
        for (int i = 0; i < 3; i++) {
            double want = 0;
            for (int64_t j = 0; j < n; j++) {
                assert_close(f[i * n + j], cos(theta[i] + x[j]), 1e-15 + 2e-16 * fabs(theta[i]));
                want -= r[j] * sin(theta[i] + x[j]);
            }
            assert_close(g[i], want, 1e-14 + 1e-15 * fabs(theta[i]));
        }
    }
    moe_expert_destroy(expert);
}

/* The expectation of `observable` after the gates "NAME qubits ..." of a list, on `qubits` qubits. */
static double expectation(int64_t qubits, const char *const *gates, const char *observable)
{
    const double theta = 0, x = 0;
    double f = 0;
    qnn_circuit *circuit;
    assert_ok(context, qnn_circuit_create(context, qubits, 1, 1, 1, &circuit));
    for (int g = 0; gates[g]; g++) {
        char name[8];
        int at[2] = {0, 0};
        assert_true(sscanf(gates[g], "%7s %d %d", name, &at[0], &at[1]) >= 2);
        assert_ok(context, qnn_circuit_gate(circuit, name, (const int64_t[]){at[0], at[1]}));
    }
    assert_ok(context, qnn_circuit_observable(circuit, 0, 1, observable));
    moe_expert *expert = expert_of(circuit);
    assert_ok(context, moe_expert_values(context, expert, 1, &x, 1, &theta, &f));
    moe_expert_destroy(expert);
    return f;
}

static void conventions(void **state)
{
    (void)state;
    const char *flip[] = {"X 0", NULL}, *control[] = {"X 0", "CNOT 0 1", NULL};
    const char *target[] = {"X 1", "CNOT 0 1", NULL}, *swap[] = {"X 0", "SWAP 0 2", NULL};
    const char *plus_i[] = {"H 0", "S 0", NULL}, *minus_i[] = {"H 0", "SDG 0", NULL};
    const char *eighth[] = {"H 0", "T 0", NULL}, *bell[] = {"H 1", "CNOT 1 0", NULL};
    assert_close(expectation(2, flip, "ZI"), -1, 1e-15); /* the first letter is qubit 0 */
    assert_close(expectation(2, flip, "IZ"), 1, 1e-15);
    assert_close(expectation(2, control, "IZ"), -1, 1e-15); /* CNOT (control, target) */
    assert_close(expectation(2, target, "ZI"), 1, 1e-15);
    assert_close(expectation(2, target, "IZ"), -1, 1e-15);
    assert_close(expectation(3, swap, "IIZ"), -1, 1e-15);
    assert_close(expectation(3, swap, "ZII"), 1, 1e-15);
    assert_close(expectation(1, plus_i, "Y"), 1, 1e-15); /* S |+> = |+i> */
    assert_close(expectation(1, minus_i, "Y"), -1, 1e-15);
    assert_close(expectation(1, eighth, "X"), sqrt(0.5), 1e-15);
    assert_close(expectation(1, eighth, "Y"), sqrt(0.5), 1e-15);
    assert_close(expectation(2, bell, "XX"), 1, 1e-15);
    assert_close(expectation(2, bell, "YY"), -1, 1e-15);
    assert_close(expectation(2, bell, "ZZ"), 1, 1e-15);
    assert_close(expectation(2, bell, "XY"), 0, 1e-15);
}

/* A matrix that moves |10> to |01> only: the first qubit named is the high bit. */
static void first_qubit_named_is_the_high_bit(void **state)
{
    (void)state;
    const double theta = 0, x = 0;
    /* |00> -> |00>, |01> -> |11>, |10> -> |01>, |11> -> |10>, as columns */
    const double cycle[32] = {1, 0, 0, 0, 0, 0, 0, 0, /* row 00 */
                              0, 0, 0, 0, 1, 0, 0, 0, /* row 01 */
                              0, 0, 0, 0, 0, 0, 1, 0, /* row 10 */
                              0, 0, 1, 0, 0, 0, 0, 0};
    const int64_t pair[] = {2, 0};
    double f[3];
    qnn_circuit *circuit;
    assert_ok(context, qnn_circuit_create(context, 3, 1, 1, 3, &circuit));
    assert_ok(context, qnn_circuit_gate(circuit, "X", &pair[0])); /* |10> on (2, 0) */
    assert_ok(context, qnn_circuit_unitary(circuit, 2, pair, cycle));
    assert_ok(context, qnn_circuit_observable(circuit, 0, 1, "ZII"));
    assert_ok(context, qnn_circuit_observable(circuit, 1, 1, "IZI"));
    assert_ok(context, qnn_circuit_observable(circuit, 2, 1, "IIZ"));
    moe_expert *expert = expert_of(circuit);
    assert_ok(context, moe_expert_values(context, expert, 1, &x, 1, &theta, f));
    assert_close(f[0], -1, 0); /* |01>: qubit 0 up, qubit 2 down */
    assert_close(f[1], 1, 0);
    assert_close(f[2], 1, 0);
    moe_expert_destroy(expert);
}

/* GHZ of 16 qubits turned by RX(theta_q): <Z_0 Z_15> = cos theta_0 cos theta_15, <Z_7> = 0. */
static void many_qubits(void **state)
{
    (void)state;
    enum { M = 16 };
    double theta[M], f[2], g[M];
    const double x = 0, r[] = {1, 1};
    char pair[M + 1] = "ZIIIIIIIIIIIIIIZ", single[M + 1] = "IIIIIIIZIIIIIIII";
    qnn_circuit *circuit;
    assert_ok(context, qnn_circuit_create(context, M, M, 1, 2, &circuit));
    assert_ok(context, qnn_circuit_gate(circuit, "H", (const int64_t[]){0}));
    for (int64_t q = 0; q + 1 < M; q++)
        assert_ok(context, qnn_circuit_gate(circuit, "CNOT", (const int64_t[]){q, q + 1}));
    for (int64_t q = 0; q < M; q++) {
        theta[q] = 0.1 + 0.2 * (double)q;
        assert_ok(context, qnn_circuit_rotation(circuit, "X", &q, QNN_THETA, q, 1, 0));
    }
    assert_ok(context, qnn_circuit_observable(circuit, 0, 1, pair));
    assert_ok(context, qnn_circuit_observable(circuit, 1, 1, single));
    moe_expert *expert = expert_of(circuit);
    assert_ok(context, moe_expert_values(context, expert, 1, &x, 1, theta, f));
    assert_close(f[0], cos(theta[0]) * cos(theta[15]), 1e-14);
    assert_close(f[1], 0, 1e-14);
    assert_ok(context, moe_expert_pullback(context, expert, 1, &x, 1, theta, r, g));
    for (int q = 0; q < M; q++) {
        const double want = q == 0    ? -sin(theta[0]) * cos(theta[15])
                            : q == 15 ? -cos(theta[0]) * sin(theta[15])
                                      : 0;
        assert_close(g[q], want, 1e-14);
    }
    moe_expert_destroy(expert);
}

/* ---- through the table of functions ----------------------------------------------------------- */

enum { D = 5, P = 2, K = 2, N = 13, COUNT = 4 };

/* A random circuit and arguments for it. */
static moe_expert *random_expert(uint64_t seed, int qubits, double *x, double *theta, double *r)
{
    static struct dense_circuit dense;
    uint64_t numbers = seed;
    qnn_circuit *circuit;
    memset(&dense, 0, sizeof dense);
    dense.qubits = qubits;
    assert_ok(context, qnn_circuit_create(context, qubits, D, P, K, &circuit));
    assert_ok(context, fill_random_circuit(&numbers, 30, 5, D, P, K, circuit, &dense));
    for (int i = 0; i < N * P; i++)
        x[i] = 2 * test_signed(&numbers);
    for (int i = 0; i < COUNT * D; i++)
        theta[i] = 4 * test_signed(&numbers);
    for (int i = 0; i < N * K; i++)
        r[i] = test_signed(&numbers);
    return expert_of(circuit);
}

/* Pullback against central differences of values. */
static void finite_differences(void **state)
{
    (void)state;
    for (int qubits = 1; qubits <= 6; qubits++) {
        double x[N * P], theta[COUNT * D], r[N * K], g[COUNT * D], f[2][N * K];
        const double h = 1e-5;
        moe_expert *expert = random_expert((uint64_t)qubits, qubits, x, theta, r);
        assert_ok(context, moe_expert_pullback(context, expert, N, x, COUNT, theta, r, g));
        for (int a = 0; a < COUNT * D; a++) {
            double *row = theta + a / D * D, difference = 0;
            const double keep = theta[a];
            theta[a] = keep + h;
            assert_ok(context, moe_expert_values(context, expert, N, x, 1, row, f[0]));
            theta[a] = keep - h;
            assert_ok(context, moe_expert_values(context, expert, N, x, 1, row, f[1]));
            theta[a] = keep;
            for (int j = 0; j < N * K; j++)
                difference += r[j] * (f[0][j] - f[1][j]) / (2 * h);
            assert_close(g[a], difference, 3e-8);
        }
        moe_expert_destroy(expert);
    }
}

/* moments add sum_i w_i f_i to what is there; predict hands them on; flags are as promised. */
static void moments_are_weighted_sums(void **state)
{
    (void)state;
    double x[N * P], theta[COUNT * D], r[N * K], f[COUNT * N * K], m[N * K], F[N * K];
    const double w[COUNT] = {0.1, 0.2, 0.3, 0.4};
    moe_expert *expert = random_expert(99, 3, x, theta, r);
    moei_binding binding;
    int64_t bytes;
    assert_int_equal(expert->ops.flags, MOE_EXPERT_THREAD_SAFE | MOE_EXPERT_PURE);
    assert_ok(context, moe_expert_values(context, expert, N, x, COUNT, theta, f));
    assert_ok(context, moei_bind(context, expert, N, x, &binding));
    assert_int_equal(binding.moment_count, N * K);
    assert_ok(context, moei_binding_workspace(context, &binding, COUNT, &bytes));
    void *work = moei_alloc(context->core, bytes, 1);
    for (int j = 0; j < N * K; j++)
        m[j] = 7;
    assert_int_equal(expert->ops.moments(expert->self, binding.bound, N, x, COUNT, theta, w, m, work), 0);
    assert_int_equal(expert->ops.predict(expert->self, binding.bound, N, x, m, F), 0);
    for (int j = 0; j < N * K; j++) {
        double want = 7;
        for (int i = 0; i < COUNT; i++)
            want += w[i] * f[i * N * K + j];
        assert_close(F[j], want, 1e-14);
    }
    moei_free(context->core, work);
    moei_unbind(&binding);
    moe_expert_destroy(expert);
}

static void the_librarys_own_check_passes(void **state)
{
    (void)state;
    for (int qubits = 1; qubits <= 6; qubits++) {
        double x[N * P], theta[COUNT * D], r[N * K];
        moe_expert *expert = random_expert((uint64_t)(40 + qubits), qubits, x, theta, r);
        assert_ok(context, moe_expert_check(context, expert, N, x, COUNT, theta));
        moe_expert_destroy(expert);
    }
}

/* The expert is a copy; a circuit without gates or strings is one too. */
static void the_circuit_may_change(void **state)
{
    (void)state;
    const int64_t zero = 0;
    const double theta = 0.5, x = 0, r = 1;
    double f, g;
    qnn_circuit *circuit;
    moe_expert *empty, *first;
    assert_ok(context, qnn_circuit_create(context, 1, 1, 1, 1, &circuit));
    assert_ok(context, qnn_expert_create(context, circuit, NULL, &empty));
    assert_ok(context, qnn_circuit_rotation(circuit, "X", &zero, QNN_THETA, 0, 1, 0));
    assert_ok(context, qnn_circuit_observable(circuit, 0, 1, "Z"));
    assert_ok(context, qnn_expert_create(context, circuit, NULL, &first));
    assert_ok(context, qnn_circuit_gate(circuit, "X", &zero));
    assert_ok(context, qnn_circuit_observable(circuit, 0, 5, "Z"));
    qnn_circuit_destroy(circuit);
    assert_ok(context, moe_expert_values(context, first, 1, &x, 1, &theta, &f));
    assert_close(f, cos(0.5), 1e-15);
    assert_ok(context, moe_expert_values(context, empty, 1, &x, 1, &theta, &f));
    assert_ok(context, moe_expert_pullback(context, empty, 1, &x, 1, &theta, &r, &g));
    assert_close(f, 0, 0);
    assert_close(g, 0, 0);
    moe_expert_destroy(empty);
    moe_expert_destroy(first);
}

/* ---- failures --------------------------------------------------------------------------------- */

static void create_refuses(void **state)
{
    (void)state;
    qnn_circuit *circuit;
    moe_expert *expert = (moe_expert *)&expert;
    assert_ok(context, qnn_circuit_create(context, 1, 1, 1, 1, &circuit));
    assert_int_equal(qnn_expert_create(NULL, circuit, NULL, &expert), MOE_ERROR_NULL);
    assert_null(expert);
    expert = (moe_expert *)&expert;
    assert_fails(context, MOE_ERROR_NULL, "circuit", qnn_expert_create(context, NULL, NULL, &expert));
    assert_null(expert);
    assert_fails(context, MOE_ERROR_NULL, "expert", qnn_expert_create(context, circuit, NULL, NULL));
    qnn_circuit_destroy(circuit);
}

/* The whole life of an expert. A failure inside bind reaches the host as a callback's. */
static int32_t live(moe_context *mine, void *self)
{
    const int64_t *qubits = self, zero = 0;
    const double theta[] = {0.1, 0.2}, x[] = {0.3}, r[] = {1};
    double f[1], g[2];
    char string[16] = "";
    qnn_circuit *circuit = NULL;
    moe_expert *expert = NULL;
    memset(string, 'Z', (size_t)*qubits);
    int32_t status = qnn_circuit_create(mine, *qubits, 2, 1, 1, &circuit);
    if (!status)
        status = qnn_circuit_rotation(circuit, "X", &zero, QNN_INPUT, 0, 1, 0);
    if (!status)
        status = qnn_circuit_rotation(circuit, "Y", &zero, QNN_THETA, 1, 1, 0);
    if (!status)
        status = qnn_circuit_observable(circuit, 0, 1, string);
    if (!status)
        status = qnn_expert_create(mine, circuit, NULL, &expert);
    qnn_circuit_destroy(circuit);
    if (!status)
        status = moe_expert_values(mine, expert, 1, x, 1, theta, f);
    if (!status)
        status = moe_expert_pullback(mine, expert, 1, x, 1, theta, r, g);
    moe_expert_destroy(expert);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    int64_t few = 2, many = 9;
    assert_true(failing_sweep(live, &few) > 20);
    assert_true(failing_sweep(live, &many) > 20);
}

/* Refuses blocks of 1 GiB and more. */
static void *allocate_little(void *self, size_t bytes)
{
    (void)self;
    return bytes < (size_t)1 << 30 ? malloc(bytes) : NULL;
}

static void release_little(void *self, void *block)
{
    (void)self;
    free(block);
}

/* 2 states of 2^23 amplitudes on 8 lanes do not fit: a clear failure, and all is as before. */
static void too_many_qubits_for_the_memory(void **state)
{
    (void)state;
    const moe_allocator allocator = {sizeof allocator, NULL, allocate_little, release_little};
    const double theta = 0, x = 0;
    double f;
    moe_context *small;
    qnn_circuit *circuit;
    moe_expert *expert;
    assert_ok(NULL, moe_context_create(&allocator, &small));
    assert_ok(small, qnn_circuit_create(small, 23, 1, 1, 1, &circuit));
    assert_ok(small, qnn_circuit_rotation(circuit, "X", (const int64_t[]){22}, QNN_THETA, 0, 1, 0));
    assert_ok(small, qnn_expert_create(small, circuit, NULL, &expert));
    assert_fails(small, MOE_ERROR_MEMORY, "memory", moe_expert_values(small, expert, 1, &x, 1, &theta, &f));
    moe_expert_destroy(expert);
    qnn_circuit_destroy(circuit);
    assert_ok(small, qnn_circuit_create(small, 30, 1, 1, 1, &circuit));
    assert_ok(small, qnn_circuit_observable(circuit, 0, 1, "IIIIIIIIIIIIIIIIIIIIIIIIIIIIIZ"));
    assert_fails(small, MOE_ERROR_MEMORY, "table", qnn_expert_create(small, circuit, NULL, &expert));
    assert_null(expert);
    qnn_circuit_destroy(circuit);
    moe_context_destroy(small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cosine),
        cmocka_unit_test(conventions),
        cmocka_unit_test(first_qubit_named_is_the_high_bit),
        cmocka_unit_test(many_qubits),
        cmocka_unit_test(finite_differences),
        cmocka_unit_test(moments_are_weighted_sums),
        cmocka_unit_test(the_librarys_own_check_passes),
        cmocka_unit_test(the_circuit_may_change),
        cmocka_unit_test(create_refuses),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(too_many_qubits_for_the_memory),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
