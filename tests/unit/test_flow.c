/* test_flow.c - settings, getters, lifetimes and bad input of flows.
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"
#include "support/mixture.h"

enum { METHODS = 4 };
static const int32_t methods[METHODS] = {MOE_METHOD_DOPRI5, MOE_METHOD_DOP853, MOE_METHOD_ADAMS,
                                         MOE_METHOD_RKC};

static int setup(void **state)
{
    static struct mixture m;
    *state = &m;
    return mixture_make(&m, NULL, 100);
}

static int teardown(void **state)
{
    mixture_free(*state);
    return 0;
}

static void test_bad_input_of_create(void **state)
{
    struct mixture *m = *state;
    moe_flow *flow = (moe_flow *)m;
    const double turns[] = {2 * PI, PI}, at[] = {0, 0};
    moe_measure *other;
    assert_ok(m->context, moe_measure_create(m->context, 2, turns, 1, at, NULL, &other));
    assert_int_equal(moe_flow_create(NULL, m->model, m->mu, &flow), MOE_ERROR_NULL);
    assert_fails(m->context, MOE_ERROR_NULL, "flow", moe_flow_create(m->context, m->model, m->mu, NULL));
    assert_fails(m->context, MOE_ERROR_NULL, "model", moe_flow_create(m->context, NULL, m->mu, &flow));
    assert_null(flow);
    assert_fails(m->context, MOE_ERROR_NULL, "mu", moe_flow_create(m->context, m->model, NULL, &flow));
    assert_fails(m->context, MOE_ERROR_DOMAIN, "period", moe_flow_create(m->context, m->model, other, &flow));
    assert_null(flow);
    assert_fails(m->context, MOE_ERROR_NULL, "field", moe_flow_create_driven(m->context, NULL, m->mu, &flow));
    moe_measure_destroy(other);
}

static void test_bad_settings(void **state)
{
    struct mixture *m = *state;
    moe_flow *flow;
    assert_ok(m->context, moe_flow_create(m->context, m->model, m->mu, &flow));
    assert_fails(m->context, MOE_ERROR_VALUE, "method is 6", moe_flow_set_method(flow, 6));
    assert_fails(m->context, MOE_ERROR_TOLERANCE, "absolute is 0", moe_flow_set_tolerance(flow, 1e-3, 0));
    assert_fails(m->context, MOE_ERROR_TOLERANCE, "relative is -1", moe_flow_set_tolerance(flow, -1, 1));
    assert_fails(m->context, MOE_ERROR_TOLERANCE, "absolute is",
                 moe_flow_set_tolerance(flow, 0, (double)NAN));
    assert_fails(m->context, MOE_ERROR_VALUE, "first is -1", moe_flow_set_steps(flow, -1, 1));
    assert_fails(m->context, MOE_ERROR_VALUE, "longest is 0", moe_flow_set_steps(flow, 0, 0));
    assert_fails(m->context, MOE_ERROR_VALUE, "attempts is 0", moe_flow_set_step_limit(flow, 0));
    assert_int_equal(moe_flow_set_method(NULL, 5), MOE_ERROR_NULL);
    assert_int_equal(moe_flow_set_tolerance(NULL, 1, 1), MOE_ERROR_NULL);
    assert_int_equal(moe_flow_set_observer(NULL, NULL, NULL), MOE_ERROR_NULL);
    assert_int_equal(moe_flow_record(NULL), MOE_ERROR_NULL);
    assert_ok(m->context, moe_flow_advance(flow, 0.25));
    assert_fails(m->context, MOE_ERROR_ORDER, "method", moe_flow_set_method(flow, MOE_METHOD_DOPRI5));
    assert_fails(m->context, MOE_ERROR_ORDER, "recording", moe_flow_record(flow));
    assert_ok(m->context, moe_flow_set_tolerance(flow, 1e-4, 1e-4));
    moe_flow_destroy(flow);
}

static void test_getters_of_null(void **state)
{
    (void)state;
    double value;
    moe_measure *measure;
    assert_true(isnan(moe_flow_time(NULL)));
    assert_true(isnan(moe_flow_previous_time(NULL)));
    assert_null(moe_flow_points(NULL));
    assert_int_equal(moe_flow_measure(NULL, &measure), MOE_ERROR_NULL);
    assert_int_equal(moe_flow_predictions(NULL, &value), MOE_ERROR_NULL);
    assert_int_equal(moe_flow_loss(NULL, &value), MOE_ERROR_NULL);
    assert_int_equal(moe_flow_energy(NULL, &value, &value), MOE_ERROR_NULL);
    assert_int_equal(moe_flow_counts(NULL, NULL, NULL, NULL), MOE_ERROR_NULL);
    assert_int_equal(moe_flow_advance(NULL, 1), MOE_ERROR_NULL);
    assert_int_equal(moe_flow_step(NULL, 1), MOE_ERROR_NULL);
    assert_int_equal(moe_flow_interpolate(NULL, 1, &value), MOE_ERROR_NULL);
    moe_flow_destroy(NULL);
}

/* what a flow says of its measure is what the model says of it */
static void test_knowledge(void **state)
{
    struct mixture *m = *state;
    moe_flow *flow;
    moe_measure *now;
    double mine[MIXTURE_POINTS], theirs[MIXTURE_POINTS], my_loss, their_loss;
    assert_ok(m->context, moe_flow_create(m->context, m->model, m->mu, &flow));
    for (double time = 0; time < 2; time += 0.75) {
        assert_ok(m->context, moe_flow_advance(flow, time));
        assert_ok(m->context, moe_flow_measure(flow, &now));
        assert_memory_equal(moe_measure_points(now), moe_flow_points(flow), 200 * sizeof(double));
        assert_memory_equal(moe_measure_weights(now), moe_measure_weights(m->mu), 100 * sizeof(double));
        assert_ok(m->context, moe_flow_predictions(flow, mine));
        assert_ok(m->context, moe_model_predictions(m->context, m->model, now, theirs));
        assert_memory_equal(mine, theirs, sizeof mine);
        assert_ok(m->context, moe_flow_loss(flow, &my_loss));
        assert_ok(m->context, moe_model_loss(m->context, m->model, now, &their_loss));
        assert_true(my_loss == their_loss);
        moe_measure_destroy(now);
    }
    assert_fails(m->context, MOE_ERROR_NULL, "measure", moe_flow_measure(flow, NULL));
    assert_fails(m->context, MOE_ERROR_NULL, "f is", moe_flow_predictions(flow, NULL));
    assert_fails(m->context, MOE_ERROR_NULL, "loss", moe_flow_loss(flow, NULL));
    assert_fails(m->context, MOE_ERROR_NULL, "defect", moe_flow_energy(flow, &my_loss, NULL));
    moe_flow_destroy(flow);
}

/* a flow outlives the host's handles on everything it was made from */
static void test_destroyed_in_any_order(void **state)
{
    (void)state;
    struct mixture m;
    moe_flow *flow;
    assert_int_equal(mixture_make(&m, NULL, 30), MOE_OK);
    assert_ok(m.context, moe_flow_create(m.context, m.model, m.mu, &flow));
    mixture_free(&m);
    assert_int_equal(m.wave.destroyed, 0);
    assert_int_equal(moe_flow_advance(flow, 1), MOE_OK);
    moe_flow_destroy(flow);
    assert_int_equal(m.wave.destroyed, 1);
}

/* the same bits for any number of threads */
static void test_threads_do_not_change_bits(void **state)
{
    (void)state;
    enum { N = 3001 };
    static double first[2 * N];
    for (int32_t round = 0; round < 4 * METHODS; round++) {
        const int32_t threads = 1 + round % 4;
        struct mixture m;
        moe_flow *flow;
        assert_int_equal(mixture_make(&m, NULL, N), MOE_OK);
        assert_ok(m.context, moe_context_set_threads(m.context, threads));
        assert_ok(m.context, moe_flow_create(m.context, m.model, m.mu, &flow));
        assert_ok(m.context, moe_flow_set_method(flow, methods[round / 4]));
        assert_ok(m.context, moe_flow_set_tolerance(flow, 1e-5, 1e-5));
        assert_ok(m.context, moe_flow_advance(flow, 1.3));
        if (threads == 1)
            memcpy(first, moe_flow_points(flow), sizeof first);
        assert_memory_equal(first, moe_flow_points(flow), sizeof first);
        moe_flow_destroy(flow);
        mixture_free(&m);
    }
}

/* a context may get threads while its flows live */
static void test_threads_may_change(void **state)
{
    (void)state;
    struct mixture m;
    moe_flow *flow;
    assert_int_equal(mixture_make(&m, NULL, 1000), MOE_OK);
    assert_ok(m.context, moe_flow_create(m.context, m.model, m.mu, &flow));
    for (int32_t t = 1; t <= 3; t++) {
        assert_ok(m.context, moe_context_set_threads(m.context, t));
        assert_ok(m.context, moe_flow_advance(flow, t));
    }
    moe_flow_destroy(flow);
    mixture_free(&m);
}

/* an expert that fails at one call, whichever it is: with a status that a shorter step cures the flow
 * arrives, with another it stays where it was, and arrives when asked again */
static void test_every_call_may_fail(void **state)
{
    (void)state;
    enum { N = 20 };
    for (int i = 0; i < METHODS; i++)
        for (int fatal = 0; fatal < 2; fatal++) {
            double clean[2 * N] = {0};
            for (int64_t at = -1;; at++) {
                struct mixture m;
                moe_flow *flow;
                double theta[2 * N];
                int32_t reached;
                assert_int_equal(mixture_make(&m, NULL, N), MOE_OK);
                assert_ok(m.context, moe_flow_create(m.context, m.model, m.mu, &flow));
                assert_ok(m.context, moe_flow_set_method(flow, methods[i]));
                assert_ok(m.context, moe_flow_set_tolerance(flow, 0, 1e-4));
                assert_ok(m.context, moe_flow_set_descent(flow, 1));
                assert_ok(m.context, moe_flow_record(flow));
                m.wave.fail_with = fatal ? -7 : 7;
                m.wave.fail_from = at;
                m.wave.fail_until = at + 1;
                int32_t status = moe_flow_advance(flow, 0.7);
                if (!status)
                    status = moe_flow_advance_until(flow, 2, 0.05, 0, &reached);
                if (!status)
                    status = moe_flow_interpolate(flow, moe_flow_time(flow), theta);
                const int done = m.wave.calls <= at;
                if (status) {
                    assert_int_equal(status, MOE_ERROR_CALLBACK);
                    assert_int_equal(moe_context_callback_status(m.context), m.wave.fail_with);
                    assert_ok(m.context, moe_flow_advance(flow, fmax(0.7, moe_flow_time(flow))));
                    assert_ok(m.context, moe_flow_advance_until(flow, 2, 0.05, 0, &reached));
                }
                memcpy(at < 0 ? clean : theta, moe_flow_points(flow), sizeof theta);
                for (int a = 0; a < 2 * N; a++)
                    assert_close(at < 0 ? clean[a] : theta[a], clean[a], 2e-3);
                moe_flow_destroy(flow);
                mixture_free(&m);
                if (done)
                    break;
            }
        }
}

static int32_t whole_life(moe_context *context, void *self)
{
    const int32_t method = *(const int32_t *)self;
    int32_t reached;
    struct wave wave = {.d = 1, .c = {1}, .a = {1}};
    const double x[] = {0, 1}, y[] = {0.3, -0.2}, turn = 2 * PI;
    const int64_t nodes = 70;
    double theta[70], f[2], kernel[4];
    moe_expert *expert = NULL;
    moe_model *model = NULL;
    moe_law *law = NULL;
    moe_measure *mu = NULL, *now = NULL;
    moe_flow *flow = NULL, *tracers = NULL;
    moe_field *field = NULL;
    int32_t status;
    (void)((status = wave_expert(context, &wave, &expert)) ||
           (status = moe_model_create(context, expert, 2, x, y, NULL, &model)) ||
           (status = moe_law_create(context, 1, &turn, &law)) ||
           (status = moe_measure_tensor(context, law, &nodes, &mu)) ||
           (status = moe_model_predict(context, model, mu, 2, x, f)) ||
           (status = moe_model_loss(context, model, mu, f)) ||
           (status = moe_model_drift(context, model, mu, theta)) ||
           (status = moe_model_kernel(context, model, mu, 2, x, 2, x, kernel)) ||
           (status = moe_flow_create(context, model, mu, &flow)) || (status = moe_flow_record(flow)) ||
           (status = moe_flow_set_method(flow, method)) || (status = moe_flow_set_tolerance(flow, 0, 1e-4)) ||
           (status = moe_context_set_threads(context, 2)) || (status = moe_flow_advance(flow, 0.5)) ||
           (status = moe_flow_interpolate(flow, moe_flow_time(flow), theta)) ||
           (status = moe_flow_advance_until(flow, 5, 0.05, 0, &reached)) ||
           (status = moe_flow_measure(flow, &now)) || (status = moe_flow_field(flow, &field)) ||
           (status = moe_flow_create_driven(context, field, mu, &tracers)) ||
           (status = moe_flow_advance(tracers, 0.5)) || (status = moe_flow_predictions(tracers, f)));
    moe_flow_destroy(tracers);
    moe_field_destroy(field);
    moe_flow_destroy(flow);
    moe_measure_destroy(now);
    moe_measure_destroy(mu);
    moe_law_destroy(law);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    return status;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    for (int i = 0; i < METHODS; i++) {
        int32_t method = methods[i];
        assert_true(failing_sweep(whole_life, &method) > 40);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_bad_input_of_create, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_settings, setup, teardown),
        cmocka_unit_test(test_getters_of_null),
        cmocka_unit_test_setup_teardown(test_knowledge, setup, teardown),
        cmocka_unit_test(test_destroyed_in_any_order),
        cmocka_unit_test(test_threads_do_not_change_bits),
        cmocka_unit_test(test_threads_may_change),
        cmocka_unit_test(test_every_call_may_fail),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
