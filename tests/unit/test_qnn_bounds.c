/* test_qnn_bounds.c - Lipschitz constants of circuits: sharp where they can be, never exceeded.
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"
#include "support/random_circuit.h"

static void bounds_of(moe_context *context, const qnn_circuit *circuit, double bounds[3])
{
    moe_expert *expert;
    assert_ok(context, qnn_expert_create(context, circuit, NULL, &expert));
    assert_ok(context, moe_expert_bounds(context, expert, &bounds[0], &bounds[1], &bounds[2]));
    moe_expert_destroy(expert);
}

/* f = 3 + 2 cos(s theta + x): |f| <= 5, |f'| <= 2 s, Lip(f') = 2 s^2, met with equality */
static void test_sharp(void **state)
{
    (void)state;
    moe_context *context;
    qnn_circuit *circuit;
    const int64_t qubit = 0;
    double bounds[3];
    assert_ok(NULL, moe_context_create(NULL, &context));
    assert_ok(context, qnn_circuit_create(context, 1, 1, 1, 1, &circuit));
    assert_ok(context, qnn_circuit_rotation(circuit, "Y", &qubit, QNN_INPUT, 0, 1, 0));
    assert_ok(context, qnn_circuit_rotation(circuit, "Y", &qubit, QNN_THETA, 0, -1.5, 0));
    assert_ok(context, qnn_circuit_rotation(circuit, "I", &qubit, QNN_THETA, 0, 100, 0)); /* turns nothing */
    assert_ok(context, qnn_circuit_observable(circuit, 0, 2, "Z"));
    assert_ok(context, qnn_circuit_observable(circuit, 0, 3, "I"));
    bounds_of(context, circuit, bounds);
    assert_close(bounds[0], 5, 1e-12);
    assert_close(bounds[1], 3, 1e-12);
    assert_close(bounds[2], 4.5, 1e-12);
    qnn_circuit_destroy(circuit);
    moe_context_destroy(context);
}

/* X + Z has eigenvalues +-sqrt(2), less than the sum of its coefficients; on 7 qubits that sum is the bound
 */
static void test_spectrum(void **state)
{
    (void)state;
    moe_context *context;
    assert_ok(NULL, moe_context_create(NULL, &context));
    for (int64_t qubits = 1; qubits <= 7; qubits += 6) {
        qnn_circuit *circuit;
        const int64_t qubit = 0;
        double bounds[3];
        assert_ok(context, qnn_circuit_create(context, qubits, 1, 1, 1, &circuit));
        assert_ok(context, qnn_circuit_rotation(circuit, "Y", &qubit, QNN_THETA, 0, 1, 0));
        assert_ok(context, qnn_circuit_observable(circuit, 0, 1, qubits == 1 ? "X" : "XIIIIII"));
        assert_ok(context, qnn_circuit_observable(circuit, 0, 1, qubits == 1 ? "Z" : "ZIIIIII"));
        bounds_of(context, circuit, bounds);
        assert_close(bounds[1], qubits == 1 ? sqrt(2.0) : 2, 1e-12);
        qnn_circuit_destroy(circuit);
    }
    moe_context_destroy(context);
}

enum { PARAMETERS = 4, INPUTS = 2, K = 2, TRIALS = 30 };

/* jacobian[k] = grad f_k(theta, x) */
static void jacobian_at(moe_context *context, const moe_expert *expert, const double *x, const double *theta,
                        double jacobian[K][PARAMETERS])
{
    for (int k = 0; k < K; k++) {
        const double unit[K] = {k == 0, k == 1};
        assert_ok(context, moe_expert_pullback(context, expert, 1, x, 1, theta, unit, jacobian[k]));
    }
}

/* the operator norm of a 2 x d matrix A, from the eigenvalues of A A^T */
static double operator_norm(double A[K][PARAMETERS])
{
    double aa = 0, ab = 0, bb = 0;
    for (int i = 0; i < PARAMETERS; i++) {
        aa += A[0][i] * A[0][i];
        ab += A[0][i] * A[1][i];
        bb += A[1][i] * A[1][i];
    }
    return sqrt((aa + bb) / 2 + sqrt((aa - bb) * (aa - bb) / 4 + ab * ab));
}

static void test_never_exceeded(void **state)
{
    (void)state;
    moe_context *context;
    uint64_t seed = 4;
    double closest = 0;
    assert_ok(NULL, moe_context_create(NULL, &context));
    for (int trial = 0; trial < TRIALS; trial++) {
        struct dense_circuit dense = {.qubits = 1 + trial % 3};
        qnn_circuit *circuit;
        moe_expert *expert;
        double bounds[3];
        assert_ok(context, qnn_circuit_create(context, dense.qubits, PARAMETERS, INPUTS, K, &circuit));
        assert_ok(context, fill_random_circuit(&seed, 10, 4, PARAMETERS, INPUTS, K, circuit, &dense));
        bounds_of(context, circuit, bounds);
        assert_ok(context, qnn_expert_create(context, circuit, NULL, &expert));
        for (int i = 0; i < 50; i++) {
            double x[INPUTS], at[PARAMETERS], to[PARAMETERS], f[K], A[K][PARAMETERS], B[K][PARAMETERS],
                way = 0;
            for (int a = 0; a < INPUTS; a++)
                x[a] = 4 * test_signed(&seed);
            for (int a = 0; a < PARAMETERS; a++) {
                at[a] = 4 * test_signed(&seed);
                to[a] = at[a] + 0.01 * test_signed(&seed);
                way += (to[a] - at[a]) * (to[a] - at[a]);
            }
            assert_ok(context, moe_expert_values(context, expert, 1, x, 1, at, f));
            assert_true(hypot(f[0], f[1]) <= bounds[0] * (1 + 1e-12));
            jacobian_at(context, expert, x, at, A);
            jacobian_at(context, expert, x, to, B);
            assert_true(operator_norm(A) <= bounds[1] * (1 + 1e-12));
            closest = fmax(closest, bounds[1] > 0 ? operator_norm(A) / bounds[1] : 0);
            for (int k = 0; k < K; k++)
                for (int a = 0; a < PARAMETERS; a++)
                    B[k][a] -= A[k][a];
            assert_true(operator_norm(B) <= bounds[2] * sqrt(way) * (1 + 1e-9));
        }
        moe_expert_destroy(expert);
        qnn_circuit_destroy(circuit);
    }
    assert_true(closest > 0.3); /* and no bound is idle */
    moe_context_destroy(context);
}

static int32_t said(void *self, double *value, double *gradient, double *curvature)
{
    const double *bounds = self;
    *value = bounds[0];
    *gradient = bounds[1];
    *curvature = bounds[2];
    return (int32_t)bounds[3];
}

static int32_t nothing(void *self, void *bound, int64_t n, const double *x, int64_t count,
                       const double *theta, double *f, void *work)
{
    (void)self, (void)bound, (void)n, (void)x, (void)count, (void)theta, (void)f, (void)work;
    return 0;
}

static int32_t nothing_back(void *self, void *bound, void *stage, int64_t n, const double *x, int64_t count,
                            const double *theta, const double *r, double *g, void *work)
{
    (void)self, (void)bound, (void)stage, (void)n, (void)x, (void)count, (void)theta, (void)r, (void)g;
    (void)work;
    return 0;
}

static void test_bad_input(void **state)
{
    (void)state;
    moe_context *context;
    moe_expert *expert;
    double bounds[4] = {1, 2, 3, 0}, value = 7;
    const double period = 1;
    moe_expert_ops ops = {.struct_size = sizeof ops, .values = nothing, .pullback = nothing_back};
    assert_ok(NULL, moe_context_create(NULL, &context));
    assert_ok(context, moe_expert_create(context, &ops, bounds, 1, 1, 1, &period, &expert));
    assert_fails(context, MOE_ERROR_UNSUPPORTED, "no bounds",
                 moe_expert_bounds(context, expert, &value, NULL, NULL));
    moe_expert_destroy(expert);
    ops.bounds = said;
    assert_ok(context, moe_expert_create(context, &ops, bounds, 1, 1, 1, &period, &expert));
    assert_ok(context, moe_expert_bounds(context, expert, NULL, &value, NULL));
    assert_true(value == 2);
    bounds[2] = (double)NAN;
    assert_fails(context, MOE_ERROR_NOT_FINITE, "curvature is nan",
                 moe_expert_bounds(context, expert, &value, NULL, NULL));
    bounds[3] = 5;
    assert_fails(context, MOE_ERROR_CALLBACK, "bounds returned 5",
                 moe_expert_bounds(context, expert, &value, NULL, NULL));
    assert_fails(context, MOE_ERROR_NULL, "expert", moe_expert_bounds(context, NULL, &value, NULL, NULL));
    assert_int_equal(moe_expert_bounds(NULL, expert, &value, NULL, NULL), MOE_ERROR_NULL);
    assert_true(value == 2);
    moe_expert_destroy(expert);
    moe_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sharp),
        cmocka_unit_test(test_spectrum),
        cmocka_unit_test(test_never_exceeded),
        cmocka_unit_test(test_bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
