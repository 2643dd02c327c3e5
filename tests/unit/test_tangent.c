/* test_tangent.c - moe_expert_tangent: differences of plain experts, the expert's own function, what it
 * refuses; moe_expert_check of a host's tangent. (Quantum experts': test_qnn_random.c.)
 *
 * Expert: f = (sin(theta_0 + x), theta_0 theta_1^2 x), both coordinates real.
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"

#include "expert/expert.h"

enum { D = 2, K = 2, N = 3, COUNT = 2, M = 2 };

/* Ways in which `own` is wrong. */
enum { RIGHT, SIGN, JACOBIAN, PAST_END, FAILS };

static int wrong;

static int32_t values(void *self, void *bound, int64_t n, const double *x, int64_t count, const double *theta,
                      double *f, void *work)
{
    (void)self, (void)bound, (void)work;
    for (int64_t i = 0; i < count; i++)
        for (int64_t j = 0; j < n; j++) {
            const double *t = theta + i * D;
            f[(i * n + j) * K] = sin(t[0] + x[j]);
            f[(i * n + j) * K + 1] = t[0] * t[1] * t[1] * x[j];
        }
    return 0;
}

static int32_t pullback(void *self, void *bound, void *stage, int64_t n, const double *x, int64_t count,
                        const double *theta, const double *r, double *g, void *work)
{
    (void)self, (void)bound, (void)stage, (void)work;
    for (int64_t i = 0; i < count; i++) {
        const double *t = theta + i * D;
        g[i * D] = g[i * D + 1] = 0;
        for (int64_t j = 0; j < n; j++) {
            g[i * D] += r[j * K] * cos(t[0] + x[j]) + r[j * K + 1] * t[1] * t[1] * x[j];
            g[i * D + 1] += r[j * K + 1] * 2 * t[0] * t[1] * x[j];
        }
    }
    return 0;
}

static int32_t own(void *self, void *bound, void *stage, int64_t n, const double *x, int64_t count, int64_t m,
                   const double *theta, const double *direction, const double *r, double *df, double *h,
                   void *work)
{
    (void)self, (void)bound, (void)stage, (void)work;
    if (wrong == FAILS)
        return -7;
    for (int64_t il = 0; il < count * m; il++) {
        const double *t = theta + il / m * D, *v = direction + il * D;
        if (h)
            h[il * D] = h[il * D + 1] = 0;
        for (int64_t j = 0; j < n; j++) {
            if (df) {
                df[(il * n + j) * K] = v[0] * cos(t[0] + x[j]) + (wrong == JACOBIAN ? 1e-3 : 0);
                df[(il * n + j) * K + 1] = (v[0] * t[1] * t[1] + 2 * v[1] * t[0] * t[1]) * x[j];
            }
            if (h) {
                const double mixed = 2 * r[j * K + 1] * t[1] * x[j];
                h[il * D] += -v[0] * r[j * K] * sin(t[0] + x[j]) + v[1] * mixed;
                h[il * D + 1] +=
                    (wrong == SIGN ? -v[0] : v[0]) * mixed + v[1] * r[j * K + 1] * 2 * t[0] * x[j];
            }
        }
    }
    if (wrong == PAST_END && h)
        h[count * m * D] = 1;
    return 0;
}

static moe_expert *new_expert(moe_context *context, bool with_tangent)
{
    const double period[] = {INFINITY, INFINITY};
    const moe_expert_ops ops = {.struct_size = sizeof ops,
                                .flags = MOE_EXPERT_PURE,
                                .values = values,
                                .pullback = pullback,
                                .tangent = with_tangent ? own : NULL};
    moe_expert *expert;
    assert_ok(context, moe_expert_create(context, &ops, NULL, D, 1, K, period, &expert));
    return expert;
}

static const double x[N] = {0.3, -1.1, 0.8}, theta[COUNT * D] = {0.4, 1.3, -2.1, 0.7};
static const double r[N * K] = {1, -0.5, 0.3, 0.7, -0.2, 0.9};
static const double direction[COUNT * M * D] = {1, 0, 0.3, -2, 0, 0, 1e-9, 4e-9};

/* Differences agree with the expert's own function, also for a zero and a tiny direction. */
static void test_differences(void **state)
{
    (void)state;
    double df[2][COUNT * M * N * K], h[2][COUNT * M * D];
    int32_t exact[2];
    moe_context *context;
    assert_ok(NULL, moe_context_create(NULL, &context));
    wrong = RIGHT;
    for (int i = 0; i < 2; i++) {
        moe_expert *expert = new_expert(context, i);
        assert_ok(context, moe_expert_tangent(context, expert, N, x, COUNT, theta, M, direction, r, df[i],
                                              h[i], &exact[i]));
        double alone[COUNT * M * N * K];
        assert_ok(context, moe_expert_tangent(context, expert, N, x, COUNT, theta, M, direction, NULL, alone,
                                              NULL, NULL));
        assert_memory_equal(alone, df[i], sizeof alone);
        assert_ok(context, moe_expert_tangent(context, expert, N, x, COUNT, theta, M, direction, r, NULL,
                                              alone, NULL));
        assert_memory_equal(alone, h[i], sizeof h[i]);
        moe_expert_destroy(expert);
    }
    assert_int_equal(exact[0], 0);
    assert_int_equal(exact[1], 1);
    for (int i = 0; i < COUNT * M * N * K; i++)
        assert_close(df[0][i], df[1][i], 1e-11 * (i / (N * K) == 3 ? 4e-9 : 4));
    for (int i = 0; i < COUNT * M * D; i++)
        assert_close(h[0][i], h[1][i], 1e-11 * (i / D == 3 ? 4e-9 : 4));
    moe_context_destroy(context);
}

static void test_bad_input(void **state)
{
    (void)state;
    double df[COUNT * M * N * K], h[COUNT * M * D], bad[COUNT * M * D] = {0, NAN};
    moe_context *context;
    assert_ok(NULL, moe_context_create(NULL, &context));
    moe_expert *expert = new_expert(context, true);
#define CALL(m, direction, r, df, h)                                                                         \
    moe_expert_tangent(context, expert, N, x, COUNT, theta, m, direction, r, df, h, NULL)
    assert_fails(context, MOE_ERROR_SIZE, "m is 0", CALL(0, direction, r, df, h));
    assert_fails(context, MOE_ERROR_NULL, "direction", CALL(M, NULL, r, df, h));
    assert_fails(context, MOE_ERROR_NULL, "r is NULL", CALL(M, direction, NULL, df, h));
    assert_fails(context, MOE_ERROR_NULL, "df and h", CALL(M, direction, r, NULL, NULL));
    assert_fails(context, MOE_ERROR_NOT_FINITE, "direction[1]", CALL(M, bad, r, df, h));
    assert_fails(context, MOE_ERROR_NOT_FINITE, "r[1]", CALL(M, direction, bad, df, h));
    assert_fails(context, MOE_ERROR_SIZE, "count x m", CALL(INT64_MAX / 4, direction, r, df, h));
    wrong = FAILS;
    assert_fails(context, MOE_ERROR_CALLBACK, "tangent returned -7", CALL(M, direction, r, df, h));
#undef CALL
    moe_expert_destroy(expert);
    moe_context_destroy(context);
}

static void test_check(void **state)
{
    (void)state;
    moe_context *context;
    assert_ok(NULL, moe_context_create(NULL, &context));
    moe_expert *expert = new_expert(context, true);
    wrong = RIGHT;
    assert_ok(context, moe_expert_check(context, expert, N, x, COUNT, theta));
    wrong = SIGN;
    assert_fails(context, MOE_ERROR_CHECK, "of h", moe_expert_check(context, expert, N, x, COUNT, theta));
    wrong = JACOBIAN;
    assert_fails(context, MOE_ERROR_CHECK, "of df", moe_expert_check(context, expert, N, x, COUNT, theta));
    wrong = PAST_END;
    assert_fails(context, MOE_ERROR_CHECK, "past the end of h",
                 moe_expert_check(context, expert, N, x, COUNT, theta));
    moe_expert_destroy(expert);
    moe_context_destroy(context);
}

/* A quantum expert, then a plain one. */
static int32_t use(moe_context *context, void *self)
{
    const int64_t qubit = 0;
    const double one = 1, angle = 0.3;
    double df, h;
    qnn_circuit *circuit = NULL;
    moe_expert *expert = NULL;
    int32_t status;
    (void)self;
    (void)((status = qnn_circuit_create(context, 1, 1, 1, 1, &circuit)) ||
           (status = qnn_circuit_rotation(circuit, "X", &qubit, QNN_THETA, 0, 1, 0)) ||
           (status = qnn_circuit_observable(circuit, 0, 1, "Z")) ||
           (status = qnn_expert_create(context, circuit, NULL, &expert)) ||
           (status = moe_expert_tangent(context, expert, 1, &one, 1, &angle, 1, &one, &one, &df, &h, NULL)));
    moe_expert_destroy(expert);
    qnn_circuit_destroy(circuit);
    if (status)
        return status;
    const double period[] = {INFINITY, INFINITY};
    double pair[D];
    const moe_expert_ops ops = {.struct_size = sizeof ops, .values = values, .pullback = pullback};
    if ((status = moe_expert_create(context, &ops, NULL, D, 1, K, period, &expert)))
        return status;
    status = moe_expert_tangent(context, expert, 1, x, 1, theta, 1, direction, r, NULL, pair, NULL);
    moe_expert_destroy(expert);
    return status;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(failing_sweep(use, NULL) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_differences),
        cmocka_unit_test(test_bad_input),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
