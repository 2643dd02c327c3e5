/* test_model.c - predictions, loss and drift against sums written out here; bad input.
 *
 * SPDX-License-Identifier: MIT */
#include "support/mixture.h"

enum { N = 150 };

static int setup(void **state)
{
    static struct mixture m;
    *state = &m;
    return mixture_make(&m, NULL, N);
}

static int teardown(void **state)
{
    mixture_free(*state);
    return 0;
}

static double wave_at(const struct wave *wave, const double *theta, double x)
{
    double sum = 0;
    for (int64_t k = 0; k < wave->d; k++)
        sum += wave->c[k] * cos(theta[k] + wave->a[k] * x);
    return sum;
}

static double mixture_at(const struct mixture *m, double x)
{
    double sum = 0;
    for (int i = 0; i < N; i++)
        sum += wave_at(&m->wave, moe_measure_points(m->mu) + 2 * i, x) / N;
    return sum;
}

static void test_predictions(void **state)
{
    struct mixture *m = *state;
    double f[MIXTURE_POINTS], again[MIXTURE_POINTS], at[3];
    const double x[] = {-3, 0.05, 7};
    assert_ok(m->context, moe_model_predictions(m->context, m->model, m->mu, f));
    for (int j = 0; j < MIXTURE_POINTS; j++)
        assert_close(f[j], mixture_at(m, m->x[j]), 1e-14);
    assert_ok(m->context, moe_model_predict(m->context, m->model, m->mu, MIXTURE_POINTS, m->x, again));
    assert_memory_equal(f, again, sizeof f);
    assert_ok(m->context, moe_model_predict(m->context, m->model, m->mu, 3, x, at));
    for (int j = 0; j < 3; j++)
        assert_close(at[j], mixture_at(m, x[j]), 1e-14);
    assert_int_equal(moe_model_points(m->model), MIXTURE_POINTS);
    assert_int_equal(moe_model_points(NULL), 0);
}

static void test_loss_and_drift(void **state)
{
    struct mixture *m = *state;
    double loss, expected = 0, drift[2 * N];
    assert_ok(m->context, moe_model_loss(m->context, m->model, m->mu, &loss));
    for (int j = 0; j < MIXTURE_POINTS; j++)
        expected += m->v[j] * pow(mixture_at(m, m->x[j]) - m->y[j], 2) / 2;
    assert_close(loss, expected, 1e-14);
    assert_ok(m->context, moe_model_drift(m->context, m->model, m->mu, drift));
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 2; k++) {
            double sum = 0;
            for (int j = 0; j < MIXTURE_POINTS; j++)
                sum += m->v[j] * (mixture_at(m, m->x[j]) - m->y[j]) * m->wave.c[k] *
                       sin(moe_measure_points(m->mu)[2 * i + k] + m->wave.a[k] * m->x[j]);
            assert_close(drift[2 * i + k], sum, 1e-14);
        }
}

/* drift_i = -(1/w_i) dE/dtheta_i, for weights that differ and K = 2, by central differences */
static void test_drift_is_the_gradient(void **state)
{
    struct mixture *m = *state;
    enum { COUNT = 4 };
    const double x[] = {-1, 0.3, 2}, y[] = {0.4, -1, 0.2, 0.6, -0.3, 0.1}, period[] = {2 * PI, INFINITY};
    const double weights[COUNT] = {0.1, 0.4, 0.2, 0.3};
    double theta[2 * COUNT] = {0.2, 1, 3, -0.5, 5, 0.7, -1, 2}, drift[2 * COUNT], loss[2];
    moe_expert *expert;
    moe_model *model;
    moe_measure *mu;
    assert_ok(m->context, pair_expert(m->context, &expert));
    assert_ok(m->context, moe_model_create(m->context, expert, 3, x, y, NULL, &model));
    assert_ok(m->context, moe_measure_create(m->context, 2, period, COUNT, theta, weights, &mu));
    assert_ok(m->context, moe_model_drift(m->context, model, mu, drift));
    moe_measure_destroy(mu);
    const double h = 1e-5;
    for (int i = 0; i < 2 * COUNT; i++) {
        for (int side = 0; side < 2; side++) {
            theta[i] += side ? -2 * h : h;
            assert_ok(m->context, moe_measure_create(m->context, 2, period, COUNT, theta, weights, &mu));
            assert_ok(m->context, moe_model_loss(m->context, model, mu, &loss[side]));
            moe_measure_destroy(mu);
        }
        theta[i] += h;
        assert_close(drift[i], -(loss[0] - loss[1]) / (2 * h * weights[i / 2]), 1e-9);
    }
    moe_model_destroy(model);
    moe_expert_destroy(expert);
}

static void test_bad_data(void **state)
{
    struct mixture *m = *state;
    moe_model *model = (moe_model *)m;
    const double nan = (double)NAN, x[] = {0, 1}, y[] = {0, 1}, bad[] = {0.5, nan};
    const double negative[] = {1.5, -0.5}, zero[] = {1, 0}, few[] = {0.5, 0.4};
    moe_context *c = m->context;
    const moe_expert *e = m->expert;
    assert_int_equal(moe_model_create(NULL, e, 2, x, y, NULL, &model), MOE_ERROR_NULL);
    assert_fails(c, MOE_ERROR_NULL, "model", moe_model_create(c, e, 2, x, y, NULL, NULL));
    assert_fails(c, MOE_ERROR_NULL, "expert", moe_model_create(c, NULL, 2, x, y, NULL, &model));
    assert_null(model);
    assert_fails(c, MOE_ERROR_NULL, "x is", moe_model_create(c, e, 2, NULL, y, NULL, &model));
    assert_fails(c, MOE_ERROR_NULL, "y is", moe_model_create(c, e, 2, x, NULL, NULL, &model));
    assert_fails(c, MOE_ERROR_SIZE, "n is 0", moe_model_create(c, e, 0, x, y, NULL, &model));
    assert_fails(c, MOE_ERROR_SIZE, "n is -3", moe_model_create(c, e, -3, x, y, NULL, &model));
    assert_fails(c, MOE_ERROR_SIZE, "4611686018427387904",
                 moe_model_create(c, e, (int64_t)1 << 62, x, y, NULL, &model));
    assert_fails(c, MOE_ERROR_NOT_FINITE, "x[1] is nan", moe_model_create(c, e, 2, bad, y, NULL, &model));
    assert_fails(c, MOE_ERROR_NOT_FINITE, "y[1] is nan", moe_model_create(c, e, 2, x, bad, NULL, &model));
    assert_fails(c, MOE_ERROR_NOT_FINITE, "v[1] is nan", moe_model_create(c, e, 2, x, y, bad, &model));
    assert_fails(c, MOE_ERROR_WEIGHTS, "v[1] is -0.5", moe_model_create(c, e, 2, x, y, negative, &model));
    assert_fails(c, MOE_ERROR_WEIGHTS, "v[1] is 0", moe_model_create(c, e, 2, x, y, zero, &model));
    assert_fails(c, MOE_ERROR_WEIGHTS, "sums to 0.9", moe_model_create(c, e, 2, x, y, few, &model));
    assert_null(model);
}

/* finite data whose loss is not */
static void test_infinite_loss(void **state)
{
    struct mixture *m = *state;
    const double x[] = {0, 1}, y[] = {0, 1e200};
    double loss = 7;
    moe_model *model;
    moe_flow *flow;
    assert_ok(m->context, moe_model_create(m->context, m->expert, 2, x, y, NULL, &model));
    assert_fails(m->context, MOE_ERROR_NOT_FINITE, "loss is inf",
                 moe_model_loss(m->context, model, m->mu, &loss));
    assert_ok(m->context, moe_flow_create(m->context, model, m->mu, &flow));
    assert_fails(m->context, MOE_ERROR_NOT_FINITE, "loss is inf", moe_flow_loss(flow, &loss));
    assert_fails(m->context, MOE_ERROR_NOT_FINITE, "not finite", moe_flow_advance(flow, 1));
    assert_true(loss == 7);
    moe_flow_destroy(flow);
    moe_model_destroy(model);
}

static void test_bad_measures_and_inputs(void **state)
{
    struct mixture *m = *state;
    moe_context *c = m->context;
    const double one_turn[] = {2 * PI}, turns[] = {2 * PI, 2}, at[] = {0, 0}, bad = (double)INFINITY;
    moe_measure *line, *other;
    double f[2 * N];
    assert_ok(c, moe_measure_create(c, 1, one_turn, 1, at, NULL, &line));
    assert_ok(c, moe_measure_create(c, 2, turns, 1, at, NULL, &other));
    assert_fails(c, MOE_ERROR_DOMAIN, "mu", moe_model_predictions(c, m->model, line, f));
    assert_fails(c, MOE_ERROR_DOMAIN, "period", moe_model_loss(c, m->model, other, f));
    assert_fails(c, MOE_ERROR_DOMAIN, "mu", moe_model_drift(c, m->model, line, f));
    assert_fails(c, MOE_ERROR_NULL, "mu", moe_model_predictions(c, m->model, NULL, f));
    assert_fails(c, MOE_ERROR_NULL, "model", moe_model_loss(c, NULL, m->mu, f));
    assert_fails(c, MOE_ERROR_NULL, "drift", moe_model_drift(c, m->model, m->mu, NULL));
    assert_fails(c, MOE_ERROR_SIZE, "m is 0", moe_model_predict(c, m->model, m->mu, 0, at, f));
    assert_fails(c, MOE_ERROR_SIZE, "m x p", moe_model_predict(c, m->model, m->mu, INT64_MAX, at, f));
    assert_fails(c, MOE_ERROR_NOT_FINITE, "x[0] is inf", moe_model_predict(c, m->model, m->mu, 1, &bad, f));
    assert_fails(c, MOE_ERROR_NULL, "x is", moe_model_predict(c, m->model, m->mu, 1, NULL, f));
    assert_int_equal(moe_model_drift(NULL, m->model, m->mu, f), MOE_ERROR_NULL);
    moe_model_destroy(NULL);
    moe_measure_destroy(line);
    moe_measure_destroy(other);
}

static void test_failing_expert(void **state)
{
    struct mixture *m = *state;
    double f[2 * N];
    m->wave.fail_until = INT64_MAX;
    m->wave.fail_with = 5;
    assert_fails(m->context, MOE_ERROR_CALLBACK, "values returned 5",
                 moe_model_predictions(m->context, m->model, m->mu, f));
    assert_int_equal(moe_context_callback_status(m->context), 5);
    m->wave.fail_with = -6;
    m->wave.fail_from = m->wave.calls + 3; /* the values of three blocks pass, the pullback does not */
    assert_fails(m->context, MOE_ERROR_CALLBACK, "pullback returned -6",
                 moe_model_drift(m->context, m->model, m->mu, f));
    m->wave.fail_with = MOE_ERROR_MEMORY;
    assert_fails(m->context, MOE_ERROR_MEMORY, "pullback found no memory",
                 moe_model_kernel(m->context, m->model, m->mu, 1, m->x, 1, m->x, f));
    m->wave.fail_with = 0;
    assert_fails(m->context, MOE_ERROR_NOT_FINITE, "nan",
                 moe_model_predictions(m->context, m->model, m->mu, f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_predictions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_loss_and_drift, setup, teardown),
        cmocka_unit_test_setup_teardown(test_drift_is_the_gradient, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_data, setup, teardown),
        cmocka_unit_test_setup_teardown(test_infinite_loss, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_measures_and_inputs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failing_expert, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
