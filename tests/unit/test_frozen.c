/* test_frozen.c - the frozen kernel's prediction: exact where the expert is linear in theta, a linear ODE
 * elsewhere, and the limit of large scales.
 *
 * SPDX-License-Identifier: MIT */
#include "support/mixture.h"
#include "support/problem.h"

/* ---- linear experts ----------------------------------------------------------------------------- */

enum { D = 3, POINTS = 5, TESTS = 2, COUNT = 4 };

static const double lin_x[POINTS * D] = {1,   0.3,  -0.5, 0.2, -1,  0.4,  0.7, 0.7,
                                         0.1, -0.6, 0.2,  1,   0.5, -0.4, 0.9};
static const double lin_y[POINTS] = {0.5, -1, 0.3, 0.8, -0.2}, lin_v[POINTS] = {0.1, 0.3, 0.2, 0.25, 0.15};
static const double lin_test[TESTS * D] = {0.3, 0.3, 0.3, -1, 2, 0.5};

struct linear {
    int64_t d;
    struct problem p;
};

static void linear_make(struct linear *l, double scale, const double *mobility)
{
    const double theta[COUNT * D] = {0.1, 0.2, 0.3, -1, 0.5, 0, 0.7, 0.7, -0.2, 1, -1, 0.4};
    const double weights[COUNT] = {0.1, 0.4, 0.2, 0.3};
    l->d = D;
    problem_of_linear(&l->p, &l->d);
    problem_objective(&l->p);
    assert_ok(l->p.context, moe_objective_set_scale(l->p.objective, scale));
    assert_ok(l->p.context, moe_objective_set_mobility(l->p.objective, mobility));
    problem_model(&l->p, POINTS, lin_x, lin_y, lin_v);
    problem_points(&l->p, COUNT, theta, weights);
}

static void check_linear(double scale, const double *mobility)
{
    enum { TIMES = 4 };
    const double times[TIMES] = {0, 0.3, 2, 20};
    double train[TIMES * POINTS], test[TIMES * TESTS], again[TIMES * POINTS], f[POINTS];
    struct linear l;
    moe_flow *flow;
    linear_make(&l, scale, mobility);
    moe_context *c = l.p.context;
    assert_ok(c, moe_model_frozen(c, l.p.model, l.p.mu, TIMES, times, 0, NULL, train));
    assert_ok(c, moe_model_frozen(c, l.p.model, l.p.mu, TIMES, times, POINTS, lin_x, again));
    assert_ok(c, moe_model_frozen(c, l.p.model, l.p.mu, TIMES, times, TESTS, lin_test, test));
    assert_ok(c, moe_flow_create(c, l.p.model, l.p.mu, &flow));
    assert_ok(c, moe_flow_set_tolerance(flow, 0, 1e-13));
    for (int t = 0; t < TIMES; t++) {
        moe_measure *now;
        assert_ok(c, moe_flow_advance(flow, times[t]));
        assert_ok(c, moe_flow_predictions(flow, f));
        for (int j = 0; j < POINTS; j++) {
            assert_close(train[t * POINTS + j], f[j], 1e-11);
            assert_close(again[t * POINTS + j], f[j], 1e-11);
        }
        assert_ok(c, moe_flow_measure(flow, &now));
        assert_ok(c, moe_model_predict(c, l.p.model, now, TESTS, lin_test, f));
        for (int j = 0; j < TESTS; j++)
            assert_close(test[t * TESTS + j], f[j], 1e-11);
        moe_measure_destroy(now);
    }
    moe_flow_destroy(flow);
    problem_free(&l.p);
}

static void test_linear_experts(void **state)
{
    (void)state;
    const double mobility[] = {2, 0.5, 1}, frozen[] = {1, 0, 1};
    check_linear(1, NULL);
    check_linear(7, NULL);
    check_linear(1, mobility);
    check_linear(0.25, frozen);
}

/* the end of time: the normal equations X^T V (F - y) = 0, though the kernel is singular (5 points, d = 3) */
static void test_infinite_time(void **state)
{
    (void)state;
    const double times[] = {(double)INFINITY, 1e5};
    double f[2 * POINTS], test[2 * TESTS];
    struct linear l;
    linear_make(&l, 1, NULL);
    assert_ok(l.p.context, moe_model_frozen(l.p.context, l.p.model, l.p.mu, 2, times, 0, NULL, f));
    assert_ok(l.p.context, moe_model_frozen(l.p.context, l.p.model, l.p.mu, 2, times, TESTS, lin_test, test));
    for (int a = 0; a < D; a++) {
        double sum = 0;
        for (int j = 0; j < POINTS; j++)
            sum += lin_v[j] * (f[j] - lin_y[j]) * lin_x[j * D + a];
        assert_close(sum, 0, 1e-14);
    }
    /* a kernel known to n eps of its norm moves its null space by n eps |K| t |r|: about 1e-10 */
    for (int j = 0; j < POINTS; j++)
        assert_close(f[j], f[POINTS + j], 1e-9);
    for (int j = 0; j < TESTS; j++)
        assert_close(test[j], test[TESTS + j], 1e-9);
    problem_free(&l.p);
}

/* ---- other experts ------------------------------------------------------------------------------ */

/* K = 2: F' = -K V (F - y) on training and test inputs together, by classical Runge-Kutta steps */
static void test_linear_equation(void **state)
{
    (void)state;
    enum { N = 3, M = 2, ROWS = 2 * N, ALL = 2 * (N + M), STEPS = 400 };
    const double x[] = {-1, 0.3, 2}, inputs[] = {-1, 0.3, 2, 0.8, -0.4},
                 y[ROWS] = {0.4, -1, 0.2, 0.6, -0.3, 0.1};
    const double v[] = {0.5, 0.2, 0.3}, weights[] = {0.1, 0.4, 0.2, 0.3};
    const double theta[] = {0.2, 1, 3, -0.5, 5, 0.7, -1, 2}, end = 3, h = end / STEPS;
    double kernel[ALL * ROWS], F[ALL], k[5][ALL] = {{0}}, f[2 * M];
    struct problem p;
    problem_of_pairs(&p);
    problem_model(&p, N, x, y, v);
    problem_points(&p, 4, theta, weights);
    assert_ok(p.context, moe_model_kernel(p.context, p.model, p.mu, N + M, inputs, N, x, kernel));
    assert_ok(p.context, moe_model_predict(p.context, p.model, p.mu, N + M, inputs, F));
    for (int step = 0; step < STEPS; step++) {
        const double part[] = {0, 0.5, 0.5, 1};
        for (int s = 0; s < 4; s++)
            for (int i = 0; i < ALL; i++) {
                k[s + 1][i] = 0;
                for (int j = 0; j < ROWS; j++)
                    k[s + 1][i] -= kernel[i * ROWS + j] * v[j / 2] * (F[j] + h * part[s] * k[s][j] - y[j]);
            }
        for (int i = 0; i < ALL; i++)
            F[i] += h / 6 * (k[1][i] + 2 * k[2][i] + 2 * k[3][i] + k[4][i]);
    }
    assert_ok(p.context, moe_model_frozen(p.context, p.model, p.mu, 1, &end, M, inputs + N, f));
    for (int i = 0; i < 2 * M; i++)
        assert_close(f[i], F[ROWS + i], 1e-9);
    problem_free(&p);
}

/* f = theta_0 tanh(theta_1 x + theta_2) */
static int32_t unit_values(void *self, void *bound, int64_t n, const double *x, int64_t count,
                           const double *theta, double *f, void *work)
{
    (void)self, (void)bound, (void)work;
    for (int64_t i = 0; i < count; i++)
        for (int64_t j = 0; j < n; j++)
            f[i * n + j] = theta[3 * i] * tanh(theta[3 * i + 1] * x[j] + theta[3 * i + 2]);
    return 0;
}

static int32_t unit_pullback(void *self, void *bound, void *stage, int64_t n, const double *x, int64_t count,
                             const double *theta, const double *r, double *g, void *work)
{
    (void)self, (void)bound, (void)stage, (void)work;
    for (int64_t i = 0; i < count; i++) {
        g[3 * i] = g[3 * i + 1] = g[3 * i + 2] = 0;
        for (int64_t j = 0; j < n; j++) {
            const double t = tanh(theta[3 * i + 1] * x[j] + theta[3 * i + 2]);
            const double slope = theta[3 * i] * (1 - t * t);
            g[3 * i] += r[j] * t;
            g[3 * i + 1] += r[j] * slope * x[j];
            g[3 * i + 2] += r[j] * slope;
        }
    }
    return 0;
}

/* From F_0 = 0 the flow tends to the frozen kernel's prediction like 1/s, on training and test inputs. The
 * pairs (a, b, c), (-a', b, c) with w a = w' a' are not symmetric, or it would be 1/s^2. */
static void test_lazy_limit(void **state)
{
    (void)state;
    enum { N = 4, M = 2, ATOMS = 8, TIMES = 5 };
    const double x[N] = {-1, -0.2, 0.6, 1.5}, y[N] = {0.7, -0.3, 0.4, -0.8}, test[M] = {-0.6, 1};
    const double times[TIMES] = {0.1, 0.5, 1, 3, 10}, real[] = {INFINITY, INFINITY, INFINITY};
    double theta[3 * ATOMS], weights[ATOMS], errors[3] = {0};
    struct problem p;
    const moe_expert_ops ops = {.struct_size = sizeof ops, .values = unit_values, .pullback = unit_pullback};
    for (int i = 0; i < ATOMS; i++) {
        theta[3 * i] = i % 2 ? -2 : 1;
        theta[3 * i + 1] = 1 + i / 2;
        theta[3 * i + 2] = 0.5 * (i / 2) - 0.6;
        weights[i] = (i % 2 ? 1 : 2) / (1.5 * ATOMS);
    }
    problem_of_own(&p, &ops, NULL, 3, real);
    problem_points(&p, ATOMS, theta, weights);
    problem_objective(&p);
    moe_context *c = p.context;
    for (int l = 0; l < 3; l++) {
        double train_f[TIMES * N], test_f[TIMES * M], f[N];
        assert_ok(c, moe_objective_set_scale(p.objective, pow(10, l + 2)));
        problem_model(&p, N, x, y, NULL);
        assert_ok(c, moe_model_frozen(c, p.model, p.mu, TIMES, times, 0, NULL, train_f));
        assert_ok(c, moe_model_frozen(c, p.model, p.mu, TIMES, times, M, test, test_f));
        moe_flow *flow = problem_flow(&p, MOE_METHOD_DOP853, 1e-12);
        assert_ok(c, moe_flow_predictions(flow, f));
        for (int j = 0; j < N; j++)
            assert_close(f[j], 0, 1e-12);
        for (int t = 0; t < TIMES; t++) {
            moe_measure *now;
            assert_ok(c, moe_flow_advance(flow, times[t]));
            assert_ok(c, moe_flow_predictions(flow, f));
            for (int j = 0; j < N; j++)
                errors[l] = fmax(errors[l], fabs(f[j] - train_f[t * N + j]));
            assert_ok(c, moe_flow_measure(flow, &now));
            assert_ok(c, moe_model_predict(c, p.model, now, M, test, f));
            for (int j = 0; j < M; j++)
                errors[l] = fmax(errors[l], fabs(f[j] - test_f[t * M + j]));
            moe_measure_destroy(now);
        }
        moe_flow_destroy(flow);
    }
    assert_true(errors[0] > 1e-4 && errors[0] < 1);
    assert_close(errors[0] / errors[1], 10, 0.5); /* a/s + b/s^2: off by 0.09 b/a at most */
    assert_close(errors[1] / errors[2], 10, 0.05);
    problem_free(&p);
}

/* ---- threads and bad input ---------------------------------------------------------------------- */

static void test_threads(void **state)
{
    (void)state;
    struct mixture m;
    const double times[] = {0.5, 2}, x[] = {0.1, 3};
    double one[4], many[4];
    assert_int_equal(mixture_make(&m, NULL, 2000), MOE_OK);
    assert_ok(m.context, moe_model_frozen(m.context, m.model, m.mu, 2, times, 2, x, one));
    assert_ok(m.context, moe_context_set_threads(m.context, 3));
    assert_ok(m.context, moe_model_frozen(m.context, m.model, m.mu, 2, times, 2, x, many));
    assert_memory_equal(one, many, sizeof one);
    mixture_free(&m);
}

static void test_bad_input(void **state)
{
    (void)state;
    const double t = 1, late[] = {1, -2}, nan[] = {(double)NAN}, decay[] = {0, 1, 0}, x[] = {0, 0, 1};
    double f[POINTS];
    struct linear l;
    moe_model *other;
    struct mixture m;
    linear_make(&l, 1, NULL);
    moe_context *c = l.p.context;
    assert_int_equal(moe_model_frozen(NULL, l.p.model, l.p.mu, 1, &t, 0, NULL, f), MOE_ERROR_NULL);
    assert_fails(c, MOE_ERROR_NULL, "model", moe_model_frozen(c, NULL, l.p.mu, 1, &t, 0, NULL, f));
    assert_fails(c, MOE_ERROR_NULL, "mu", moe_model_frozen(c, l.p.model, NULL, 1, &t, 0, NULL, f));
    assert_fails(c, MOE_ERROR_NULL, "f is", moe_model_frozen(c, l.p.model, l.p.mu, 1, &t, 0, NULL, NULL));
    assert_fails(c, MOE_ERROR_NULL, "times", moe_model_frozen(c, l.p.model, l.p.mu, 1, NULL, 0, NULL, f));
    assert_fails(c, MOE_ERROR_SIZE, "count is 0", moe_model_frozen(c, l.p.model, l.p.mu, 0, &t, 0, NULL, f));
    assert_fails(c, MOE_ERROR_TIME, "times[1] is -2",
                 moe_model_frozen(c, l.p.model, l.p.mu, 2, late, 0, NULL, f));
    assert_fails(c, MOE_ERROR_TIME, "times[0] is nan",
                 moe_model_frozen(c, l.p.model, l.p.mu, 1, nan, 0, NULL, f));
    assert_fails(c, MOE_ERROR_SIZE, "m is 0", moe_model_frozen(c, l.p.model, l.p.mu, 1, &t, 0, x, f));
    assert_fails(c, MOE_ERROR_NULL, "x is", moe_model_frozen(c, l.p.model, l.p.mu, 1, &t, 1, NULL, f));
    assert_fails(c, MOE_ERROR_SIZE, "m x p", moe_model_frozen(c, l.p.model, l.p.mu, 1, &t, INT64_MAX, x, f));
    assert_fails(c, MOE_ERROR_SIZE, "count x n x K",
                 moe_model_frozen(c, l.p.model, l.p.mu, INT64_MAX / 8, (const double[]){1}, 0, NULL, f));
    assert_fails(c, MOE_ERROR_SIZE, "m x K x n x K",
                 moe_model_frozen(c, l.p.model, l.p.mu, 1, &t, INT64_MAX / 32, x, f));
    assert_ok(c, moe_objective_set_decay(l.p.objective, decay));
    assert_ok(c, moe_model_create_for(c, l.p.objective, POINTS, lin_x, lin_y, NULL, &other));
    assert_fails(c, MOE_ERROR_UNSUPPORTED, "potential",
                 moe_model_frozen(c, other, l.p.mu, 1, &t, 0, NULL, f));
    moe_model_destroy(other);
    assert_ok(c, moe_objective_set_decay(l.p.objective, NULL));
    assert_ok(c, moe_objective_set_huber(l.p.objective, 1));
    assert_ok(c, moe_model_create_for(c, l.p.objective, POINTS, lin_x, lin_y, NULL, &other));
    assert_fails(c, MOE_ERROR_UNSUPPORTED, "square", moe_model_frozen(c, other, l.p.mu, 1, &t, 0, NULL, f));
    moe_model_destroy(other);
    problem_free(&l.p);
    assert_int_equal(mixture_make(&m, NULL, 10), MOE_OK);
    m.wave.fail_until = INT64_MAX;
    m.wave.fail_with = 3;
    assert_fails(m.context, MOE_ERROR_CALLBACK, "pullback returned 3",
                 moe_model_frozen(m.context, m.model, m.mu, 1, &t, 0, NULL, f));
    moe_context_cancel(m.context);
    m.wave.fail_until = 0;
    assert_fails(m.context, MOE_ERROR_CANCELLED, "cancel",
                 moe_model_frozen(m.context, m.model, m.mu, 1, &t, 0, NULL, f));
    mixture_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linear_experts),  cmocka_unit_test(test_infinite_time),
        cmocka_unit_test(test_linear_equation), cmocka_unit_test(test_lazy_limit),
        cmocka_unit_test(test_threads),         cmocka_unit_test(test_bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
