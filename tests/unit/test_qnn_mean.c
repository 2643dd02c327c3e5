/* test_qnn_mean.c - the mean observable against the direct way, on random circuits that encode x first.
 *
 * moe_expert_values always goes point by point, and a pullback of one input never takes the mean observable:
 * sums of these are the reference for moments, predictions and pullbacks of many points.
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"
#include "support/random_circuit.h"

#include "base/blas.h"
#include "expert/expert.h"
#include "qnn/expert.h"
#include "qnn/mean.h"

#include <stdlib.h>

enum { PARAMETERS = 4, INPUTS = 3, POINTS = 1600, COUNT = 3 };

/* random rotations by x and constant gates, then random rotations by theta and constant gates */
static qnn_circuit *encode_first(moe_context *context, uint64_t *seed, int qubits, int64_t outputs)
{
    qnn_circuit *circuit;
    assert_ok(context, qnn_circuit_create(context, qubits, PARAMETERS, INPUTS, outputs, &circuit));
    for (int half = 0; half < 2; half++)
        for (int g = 0; g < 6 + 2 * qubits; g++) {
            char string[8] = "";
            int64_t at[2];
            for (int q = 0; q < qubits; q++)
                string[q] = "IXYZ"[test_integer(seed, 4)];
            random_qubits(seed, qubits, at);
            if (test_uniform(seed) < 0.6)
                assert_ok(context,
                          qnn_circuit_rotation(circuit, string, NULL, half ? QNN_THETA : QNN_INPUT,
                                               test_integer(seed, half ? PARAMETERS : INPUTS),
                                               1 + (double)test_integer(seed, 2), test_signed(seed)));
            else
                assert_ok(context, qnn_circuit_gate(circuit, qubits > 1 && g % 2 ? "CNOT" : "T", at));
        }
    for (int t = 0; t < 2 * outputs; t++) {
        char string[8] = "";
        for (int q = 0; q < qubits; q++)
            string[q] = "IXYZ"[test_integer(seed, 4)];
        if (t != 1) /* an output may have few strings, or none */
            assert_ok(context, qnn_circuit_observable(circuit, t / 2, test_signed(seed), string));
    }
    return circuit;
}

/* The least number of points for which the expert takes the mean observable. */
static int64_t least_points(moe_context *context, const qnn_circuit *circuit)
{
    int64_t n = 1;
    qnni_program program = {0};
    assert_ok(context, qnni_program_build(context, circuit, &program));
    while (n < POINTS && !qnni_mean_pays(&program, n))
        n++;
    assert_true(qnni_mean_pays(&program, n));
    qnni_program_clear(context->core, &program);
    return n;
}

static void fill(uint64_t *seed, int64_t count, double *values)
{
    for (int64_t i = 0; i < count; i++)
        values[i] = 6 * test_signed(seed);
}

/* g by single points, each of which goes the direct way */
static void direct_pullback(moe_context *context, const moe_expert *expert, int64_t n, const double *x,
                            const double *theta, const double *r, double *g)
{
    const int64_t K = moe_expert_outputs(expert);
    double one[COUNT * PARAMETERS];
    memset(g, 0, sizeof one);
    for (int64_t j = 0; j < n; j++) {
        assert_ok(context,
                  moe_expert_pullback(context, expert, 1, x + j * INPUTS, COUNT, theta, r + j * K, one));
        for (int i = 0; i < COUNT * PARAMETERS; i++)
            g[i] += one[i];
    }
}

static void check_circuit(moe_context *context, const qnni_kernels *kernels, uint64_t seed, int qubits,
                          int64_t K)
{
    static double x[POINTS * INPUTS], r[3 * POINTS], f[3 * POINTS], values[COUNT * 3 * POINTS];
    double theta[COUNT * PARAMETERS], g[COUNT * PARAMETERS], expected[COUNT * PARAMETERS], w[COUNT], size = 0;
    moe_expert *expert;
    moei_binding binding;
    qnn_circuit *circuit = encode_first(context, &seed, qubits, K);
    const int64_t n = least_points(context, circuit) + test_integer(&seed, 9);
    assert_ok(context, qnni_expert_create(context, circuit, NULL, kernels, &expert));
    fill(&seed, n * INPUTS, x);
    fill(&seed, n * K, r);
    fill(&seed, COUNT * PARAMETERS, theta);
    for (int i = 0; i < COUNT; i++)
        w[i] = test_uniform(&seed);
    assert_ok(context, moei_bind(context, expert, n, x, &binding));
    assert_int_equal(binding.moment_count, K << (2 * qubits));
    int64_t bytes;
    assert_ok(context, moei_binding_workspace(context, &binding, COUNT, &bytes));
    double *m = calloc((size_t)binding.moment_count, sizeof *m);
    void *work = aligned_alloc(64, (size_t)(bytes + 63) / 64 * 64);
    assert_int_equal(expert->ops.moments(expert->self, binding.bound, n, x, COUNT, theta, w, m, work), 0);
    assert_int_equal(expert->ops.predict(expert->self, binding.bound, n, x, m, f), 0);
    assert_ok(context, moe_expert_values(context, expert, n, x, COUNT, theta, values));
    for (int64_t j = 0; j < n * K; j++) {
        double sum = 0;
        for (int i = 0; i < COUNT; i++)
            sum += w[i] * values[i * n * K + j];
        assert_close(f[j], sum, 1e-12);
    }
    assert_ok(context, moe_expert_pullback(context, expert, n, x, COUNT, theta, r, g));
    direct_pullback(context, expert, n, x, theta, r, expected);
    for (int64_t j = 0; j < n * K; j++)
        size += fabs(r[j]);
    for (int i = 0; i < COUNT * PARAMETERS; i++)
        assert_close(g[i], expected[i], 1e-13 * size);
    free(m);
    free(work);
    moei_unbind(&binding);
    moe_expert_destroy(expert);
    qnn_circuit_destroy(circuit);
}

static void test_against_the_direct_way(void **state)
{
    (void)state;
    moe_context *context;
    assert_ok(NULL, moe_context_create(NULL, &context));
    for (int isa = 0; qnni_kernels_at(isa); isa++)
        for (uint64_t seed = 1; seed <= 40; seed++)
            check_circuit(context, qnni_kernels_at(isa), 1000 * seed, 1 + (int)(seed % 5),
                          1 + (int64_t)(seed % 3));
    check_circuit(context, qnni_kernels_at(0), 5, 7, 1);
    moe_context_destroy(context);
}

static int64_t moments_of(moe_context *context, const qnn_circuit *circuit, int64_t n)
{
    static const double x[POINTS * INPUTS] = {0};
    moe_expert *expert;
    moei_binding binding;
    assert_ok(context, qnn_expert_create(context, circuit, NULL, &expert));
    assert_ok(context, moei_bind(context, expert, n, x, &binding));
    const int64_t count = binding.moment_count;
    moei_unbind(&binding);
    moe_expert_destroy(expert);
    return count;
}

/* few points, or an x after a theta that it does not commute with: the direct way */
static void test_choice(void **state)
{
    (void)state;
    moe_context *context;
    qnn_circuit *circuit;
    uint64_t seed = 9;
    const int64_t qubit = 0;
    assert_ok(NULL, moe_context_create(NULL, &context));
    circuit = encode_first(context, &seed, 3, 1);
    const int64_t least = least_points(context, circuit);
    assert_in_range(least, 8, 200);
    assert_int_equal(moments_of(context, circuit, least - 1), least - 1);
    assert_int_equal(moments_of(context, circuit, least), 64);
    assert_int_equal(moments_of(context, circuit, POINTS), 64);
    qnn_circuit_destroy(circuit);
    assert_ok(context, qnn_circuit_create(context, 1, PARAMETERS, INPUTS, 1, &circuit));
    assert_ok(context, qnn_circuit_rotation(circuit, "Y", &qubit, QNN_INPUT, 0, 1, 0));
    assert_ok(context, qnn_circuit_rotation(circuit, "X", &qubit, QNN_THETA, 0, 1, 0));
    assert_ok(context, qnn_circuit_observable(circuit, 0, 1, "Z"));
    assert_int_equal(moments_of(context, circuit, POINTS), 4);
    assert_ok(context, qnn_circuit_rotation(circuit, "Y", &qubit, QNN_INPUT, 1, 1, 0));
    assert_int_equal(moments_of(context, circuit, POINTS), POINTS);
    qnn_circuit_destroy(circuit);
    moe_context_destroy(context);
}

/* a flow by mean observables: same bits for any threads, and the flow of single points to 1e-10 */
static void test_flow(void **state)
{
    (void)state;
    enum { N = 300, SAMPLES = 50 };
    static double points[3][N * PARAMETERS];
    double x[SAMPLES * INPUTS], y[SAMPLES];
    uint64_t seed = 77;
    fill(&seed, SAMPLES * INPUTS, x);
    fill(&seed, SAMPLES, y);
    for (int run = 0; run < 3;
         run++) { /* 1 thread, 3 threads, and a last x gate of no effect: the direct way */
        moe_context *context;
        moe_expert *expert;
        moe_model *model;
        moe_law *law;
        moe_measure *mu;
        moe_flow *flow;
        double period[PARAMETERS];
        uint64_t own = 5;
        assert_ok(NULL, moe_context_create(NULL, &context));
        assert_ok(context, moe_context_set_threads(context, run == 1 ? 3 : 1));
        qnn_circuit *circuit = encode_first(context, &own, 2, 1);
        if (run == 2) { /* commutes with an observable of its own: R(x) R(-x) around nothing */
            assert_ok(context, qnn_circuit_rotation(circuit, "XY", NULL, QNN_INPUT, 0, 1, 0));
            assert_ok(context, qnn_circuit_rotation(circuit, "XY", NULL, QNN_INPUT, 0, -1, 0));
        }
        for (int a = 0; a < PARAMETERS; a++)
            period[a] = 4 * PI;
        assert_ok(context, qnn_expert_create(context, circuit, period, &expert));
        assert_ok(context, moe_model_create(context, expert, SAMPLES, x, y, NULL, &model));
        assert_ok(context, moe_law_create(context, PARAMETERS, period, &law));
        assert_ok(context, moe_measure_random(context, law, 3, 0, 0, N, &mu));
        assert_ok(context, moe_flow_create(context, model, mu, &flow));
        assert_ok(context, moe_flow_set_tolerance(flow, 0, 1e-12));
        assert_ok(context, moe_flow_advance(flow, 0.5));
        memcpy(points[run], moe_flow_points(flow), sizeof points[run]);
        moe_flow_destroy(flow);
        moe_measure_destroy(mu);
        moe_law_destroy(law);
        moe_model_destroy(model);
        moe_expert_destroy(expert);
        qnn_circuit_destroy(circuit);
        moe_context_destroy(context);
    }
    assert_memory_equal(points[0], points[1], sizeof points[0]);
    for (int i = 0; i < N * PARAMETERS; i++)
        assert_close(points[0][i], points[2][i], 1e-10);
}

/* A V = V diag(values), V^H V = 1, for random Hermitian A */
static void test_eigenvectors(void **state)
{
    (void)state;
    enum { D = 7 };
    double a[2 * D * D], v[2 * D * D], values[D], work[7 * D];
    uint64_t seed = 1;
    for (int c = 0; c < D; c++)
        for (int r = 0; r <= c; r++) {
            a[2 * (c * D + r)] = a[2 * (r * D + c)] = test_signed(&seed);
            a[2 * (c * D + r) + 1] = r == c ? 0 : test_signed(&seed);
            a[2 * (r * D + c) + 1] = -a[2 * (c * D + r) + 1];
        }
    memcpy(v, a, sizeof a);
    assert_int_equal(moei_hermitian_eigen(D, v, values, work), 0);
    for (int s = 0; s < D; s++)
        for (int r = 0; r < D; r++) {
            double re = 0, im = 0;
            for (int c = 0; c < D; c++) { /* A_rc at column c, row r */
                const double *A = a + 2 * (c * D + r), *x = v + 2 * (s * D + c);
                re += A[0] * x[0] - A[1] * x[1];
                im += A[0] * x[1] + A[1] * x[0];
            }
            assert_close(re, values[s] * v[2 * (s * D + r)], 1e-13);
            assert_close(im, values[s] * v[2 * (s * D + r) + 1], 1e-13);
        }
}

static int32_t right_hand_side(moe_context *context, void *self)
{
    static const double x[40] = {0.1, 0.7}, y[40] = {0};
    const int64_t qubit = 0, nodes = 10;
    (void)self;
    qnn_circuit *circuit = NULL;
    moe_expert *expert = NULL;
    moe_model *model = NULL;
    moe_law *law = NULL;
    moe_measure *mu = NULL;
    double drift[10];
    int32_t status;
    (void)((status = qnn_circuit_create(context, 1, 1, 1, 1, &circuit)) ||
           (status = qnn_circuit_rotation(circuit, "X", &qubit, QNN_INPUT, 0, 1, 0)) ||
           (status = qnn_circuit_rotation(circuit, "Y", &qubit, QNN_THETA, 0, 1, 0)) ||
           (status = qnn_circuit_observable(circuit, 0, 1, "Z")) ||
           (status = qnn_expert_create(context, circuit, NULL, &expert)) ||
           (status = moe_model_create(context, expert, 40, x, y, NULL, &model)) ||
           (status = moe_law_create(context, 1, moe_expert_period(expert), &law)) ||
           (status = moe_measure_tensor(context, law, &nodes, &mu)) ||
           (status = moe_model_drift(context, model, mu, drift)));
    moe_measure_destroy(mu);
    moe_law_destroy(law);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    qnn_circuit_destroy(circuit);
    return status;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(failing_sweep(right_hand_side, NULL) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_the_direct_way),
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_flow),
        cmocka_unit_test(test_eigenvectors),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
