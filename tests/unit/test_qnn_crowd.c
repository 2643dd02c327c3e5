/* test_qnn_crowd.c - experts side by side: the same as one by one to the bit, whatever their angles, and
 * right.
 *
 * test_qnn_random.c holds values, gradients and tangents of this way, too, against plain states.
 *
 * SPDX-License-Identifier: MIT */
#include "expert/expert.h"
#include "qnn/crowd.h"
#include "qnn/expert.h"
#include "support/failing.h"
#include "support/random_circuit.h"

enum { PARAMETERS = 5, INPUTS = 2, POINTS = 3, COUNT = 19, MOST_OUTPUTS = 2 };

static qnn_circuit *random_one(moe_context *context, uint64_t *seed, int qubits, int64_t K,
                               struct dense_circuit *dense)
{
    qnn_circuit *circuit;
    *dense = (struct dense_circuit){.qubits = qubits};
    assert_ok(context, qnn_circuit_create(context, qubits, PARAMETERS, INPUTS, K, &circuit));
    assert_ok(context, fill_random_circuit(seed, 20, 4, PARAMETERS, INPUTS, K, circuit, dense));
    return circuit;
}

/* batches of any size, full vectors or not, give each expert the same bits */
static void test_batches(void **state)
{
    (void)state;
    uint64_t seed = 11;
    moe_context *context;
    assert_ok(NULL, moe_context_create(NULL, &context));
    for (int i = 0; qnni_kernels_at(i); i++)
        for (int qubits = 1; qubits <= 4; qubits++) {
            struct dense_circuit dense;
            const int64_t K = 1 + qubits % MOST_OUTPUTS;
            qnn_circuit *circuit = random_one(context, &seed, qubits, K, &dense);
            moe_expert *expert;
            double x[POINTS * INPUTS], theta[COUNT * PARAMETERS], r[POINTS * MOST_OUTPUTS];
            double f[COUNT * POINTS * MOST_OUTPUTS], g[COUNT * PARAMETERS], one[POINTS * MOST_OUTPUTS],
                slope[PARAMETERS];
            assert_ok(context, qnni_expert_create(context, circuit, NULL, qnni_kernels_at(i), &expert));
            qnni_expert_lanes(expert, QNNI_LANES_EXPERTS);
            for (int j = 0; j < POINTS * INPUTS; j++)
                x[j] = 3 * test_signed(&seed);
            for (int j = 0; j < COUNT * PARAMETERS; j++)
                theta[j] = 9 * test_signed(&seed);
            for (int j = 0; j < POINTS * K; j++)
                r[j] = test_signed(&seed);
            assert_ok(context, moe_expert_values(context, expert, POINTS, x, COUNT, theta, f));
            assert_ok(context, moe_expert_pullback(context, expert, POINTS, x, COUNT, theta, r, g));
            for (int64_t e = 0; e < COUNT; e++) {
                const double *at = theta + e * PARAMETERS;
                assert_ok(context, moe_expert_values(context, expert, POINTS, x, 1, at, one));
                assert_ok(context, moe_expert_pullback(context, expert, POINTS, x, 1, at, r, slope));
                assert_memory_equal(one, f + e * POINTS * K, (size_t)(POINTS * K) * sizeof *one);
                assert_memory_equal(slope, g + e * PARAMETERS, sizeof slope);
            }
            moe_expert_destroy(expert);
            qnn_circuit_destroy(circuit);
        }
    moe_context_destroy(context);
}

/* f = cos(theta + x), df/dtheta = -sin(theta + x): its own sines and cosines against the C library's */
static void test_angles(void **state)
{
    (void)state;
    const double x = 0;
    const int64_t qubit = 0;
    enum { ANGLES = 2000 };
    static double theta[ANGLES], f[ANGLES], g[ANGLES];
    const double one = 1;
    uint64_t seed = 5;
    moe_context *context;
    qnn_circuit *circuit;
    assert_ok(NULL, moe_context_create(NULL, &context));
    assert_ok(context, qnn_circuit_create(context, 1, 1, 1, 1, &circuit));
    assert_ok(context, qnn_circuit_rotation(circuit, "Y", &qubit, QNN_THETA, 0, 1, 0));
    assert_ok(context, qnn_circuit_observable(circuit, 0, 1, "Z"));
    for (int i = 0; i < ANGLES;
         i++) /* up to where the C library must help, next to multiples of pi/2 and far */
        theta[i] = i % 4 == 0   ? 10 * test_signed(&seed)
                   : i % 4 == 1 ? PI / 2 * (double)test_integer(&seed, 60) + 1e-9 * test_signed(&seed)
                   : i % 4 == 2 ? 0x1p20 * test_signed(&seed)
                                : 0x1p21 * pow(10, 200 * test_uniform(&seed));
    for (int i = 0; qnni_kernels_at(i); i++) {
        moe_expert *expert;
        assert_ok(context, qnni_expert_create(context, circuit, NULL, qnni_kernels_at(i), &expert));
        qnni_expert_lanes(expert, QNNI_LANES_EXPERTS);
        assert_ok(context, moe_expert_values(context, expert, 1, &x, ANGLES, theta, f));
        assert_ok(context, moe_expert_pullback(context, expert, 1, &x, ANGLES, theta, &one, g));
        for (int a = 0; a < ANGLES; a++) {
            const double c = cos(theta[a] / 2), s = sin(theta[a] / 2);
            assert_close(f[a], c * c - s * s, 6e-16);
            assert_close(g[a], -2 * s * c, 6e-16);
        }
        moe_expert_destroy(expert);
    }
    qnn_circuit_destroy(circuit);
    moe_context_destroy(context);
}

/* sums over experts are those of the values */
static void test_moments(void **state)
{
    (void)state;
    uint64_t seed = 23;
    moe_context *context;
    assert_ok(NULL, moe_context_create(NULL, &context));
    for (int qubits = 1; qubits <= 4; qubits++) {
        struct dense_circuit dense;
        qnn_circuit *circuit = random_one(context, &seed, qubits, 2, &dense);
        moe_expert *expert;
        moei_binding binding;
        double x[POINTS * INPUTS], theta[COUNT * PARAMETERS], w[COUNT], m[POINTS * 2] = {0};
        int64_t bytes;
        assert_ok(context, qnni_expert_create(context, circuit, NULL, qnni_kernels_at(0), &expert));
        qnni_expert_lanes(expert, QNNI_LANES_EXPERTS);
        for (int j = 0; j < POINTS * INPUTS; j++)
            x[j] = 3 * test_signed(&seed);
        for (int j = 0; j < COUNT * PARAMETERS; j++)
            theta[j] = 9 * test_signed(&seed);
        for (int e = 0; e < COUNT; e++)
            w[e] = test_uniform(&seed);
        assert_ok(context, moei_bind(context, expert, POINTS, x, &binding));
        assert_int_equal(binding.moment_count, POINTS * 2);
        assert_ok(context, moei_binding_workspace(context, &binding, COUNT, &bytes));
        void *work = aligned_alloc(64, (size_t)(bytes + 63) / 64 * 64);
        assert_int_equal(
            expert->ops.moments(expert->self, binding.bound, POINTS, x, COUNT, theta, w, m, work), 0);
        for (int64_t j = 0; j < POINTS; j++)
            for (int64_t k = 0; k < 2; k++) {
                double sum = 0;
                for (int64_t e = 0; e < COUNT; e++)
                    sum += w[e] * dense_value(&dense, k, theta + e * PARAMETERS, x + j * INPUTS);
                assert_close(m[2 * j + k], sum, 1e-12);
            }
        free(work);
        moei_unbind(&binding);
        moe_expert_destroy(expert);
        qnn_circuit_destroy(circuit);
    }
    moe_context_destroy(context);
}

/* few points and few qubits take this way by themselves; many do not */
static void test_choice(void **state)
{
    (void)state;
    static const struct {
        int32_t qubits;
        int64_t n;
        bool pays;
    } cases[] = {{1, 1, true},   {1, 4096, true}, {2, 64, true},  {3, 8, true},
                 {3, 64, false}, {4, 2, true},    {4, 16, false}, {5, 1, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(qnni_crowd_pays(&(qnni_program){.qubits = cases[i].qubits}, cases[i].n),
                         cases[i].pays);
}

static int32_t whole_life(moe_context *context, void *self)
{
    const double x = 0.3, theta = 0.2;
    const int64_t qubit = 0;
    double f;
    qnn_circuit *circuit = NULL;
    moe_expert *expert = NULL;
    (void)self;
    int32_t status = qnn_circuit_create(context, 1, 1, 1, 1, &circuit);
    if (!status)
        status = qnn_circuit_rotation(circuit, "Y", &qubit, QNN_INPUT, 0, 1, 0);
    if (!status)
        status = qnn_circuit_rotation(circuit, "X", &qubit, QNN_THETA, 0, 1, 0);
    if (!status)
        status = qnn_circuit_observable(circuit, 0, 1, "Z");
    if (!status)
        status = qnn_expert_create(context, circuit, NULL, &expert);
    if (!status)
        status = moe_expert_values(context, expert, 1, &x, 1, &theta, &f);
    moe_expert_destroy(expert);
    qnn_circuit_destroy(circuit);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    assert_true(failing_sweep(whole_life, NULL) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_batches), cmocka_unit_test(test_angles),
                                       cmocka_unit_test(test_moments), cmocka_unit_test(test_choice),
                                       cmocka_unit_test(test_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
