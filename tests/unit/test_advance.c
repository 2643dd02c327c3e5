/* test_advance.c - landing, observing, cancelling, and surviving experts that fail.
 *
 * SPDX-License-Identifier: MIT */
#include "support/mixture.h"

static moe_flow *flow_of(struct mixture *m)
{
    moe_flow *flow;
    assert_ok(m->context, moe_flow_create(m->context, m->model, m->mu, &flow));
    return flow;
}

static int setup(void **state)
{
    static struct mixture m;
    *state = &m;
    return mixture_make(&m, NULL, 64);
}

static int teardown(void **state)
{
    mixture_free(*state);
    return 0;
}

static void test_landing(void **state)
{
    struct mixture *m = *state;
    moe_flow *flow = flow_of(m), *direct = flow_of(m);
    int64_t steps, rejections, evaluations;
    assert_ok(m->context, moe_flow_set_tolerance(flow, 1e-11, 1e-11));
    assert_ok(m->context, moe_flow_set_tolerance(direct, 1e-11, 1e-11));
    const double times[] = {0, 0.1, 0.1, 0.1000001, 1.0 / 3, 2, 2};
    for (int i = 0; i < 7; i++) {
        assert_ok(m->context, moe_flow_advance(flow, times[i]));
        assert_true(moe_flow_time(flow) == times[i]);
    }
    assert_ok(m->context, moe_flow_advance(direct, 2));
    for (int i = 0; i < 128; i++)
        assert_close(moe_flow_points(flow)[i], moe_flow_points(direct)[i], 1e-9);
    assert_ok(m->context, moe_flow_counts(direct, &steps, &rejections, &evaluations));
    assert_int_equal(evaluations, 2 + 12 * steps + 11 * rejections);
    assert_fails(m->context, MOE_ERROR_TIME, "time is 1", moe_flow_advance(flow, 1));
    assert_fails(m->context, MOE_ERROR_TIME, "time is", moe_flow_advance(flow, (double)NAN));
    assert_fails(m->context, MOE_ERROR_TIME, "time is inf", moe_flow_advance(flow, (double)INFINITY));
    assert_true(moe_flow_time(flow) == 2);
    moe_flow_destroy(flow);
    moe_flow_destroy(direct);
}

/* a host that owns the loop meets the same steps as advance does */
static void test_single_steps(void **state)
{
    struct mixture *m = *state;
    moe_flow *stepped = flow_of(m), *advanced = flow_of(m);
    int steps = 0;
    for (; moe_flow_time(stepped) < 3; steps++) {
        const double before = moe_flow_time(stepped);
        assert_ok(m->context, moe_flow_step(stepped, 3));
        assert_true(moe_flow_time(stepped) > before && moe_flow_previous_time(stepped) == before);
    }
    assert_ok(m->context, moe_flow_advance(advanced, 3));
    assert_memory_equal(moe_flow_points(stepped), moe_flow_points(advanced), 128 * sizeof(double));
    assert_true(steps > 2);
    moe_flow_destroy(stepped);
    moe_flow_destroy(advanced);
}

/* without a limit steps go on for ever, each as long as with one that is far away */
static void test_steps_without_end(void **state)
{
    struct mixture *m = *state;
    moe_flow *endless = flow_of(m), *far = flow_of(m);
    for (int i = 0; i < 8; i++) {
        assert_ok(m->context, moe_flow_step(endless, (double)INFINITY));
        assert_ok(m->context, moe_flow_step(far, 1e6));
        assert_true(moe_flow_time(endless) == moe_flow_time(far) && moe_flow_time(far) < 1e6);
    }
    assert_memory_equal(moe_flow_points(endless), moe_flow_points(far), 128 * sizeof(double));
    assert_fails(m->context, MOE_ERROR_TIME, "limit is", moe_flow_step(endless, -(double)INFINITY));
    assert_fails(m->context, MOE_ERROR_TIME, "limit is", moe_flow_step(endless, (double)NAN));
    moe_flow_destroy(endless);
    moe_flow_destroy(far);
}

struct watcher {
    moe_context *context;
    int calls, faults, stop_at;
    double last;
};

static int32_t watch(void *self, moe_flow *flow)
{
    struct watcher *w = self;
    static double theta[128], loss;
    const double now = moe_flow_time(flow), before = moe_flow_previous_time(flow);
    w->calls++;
    w->faults += before != w->last || !(now > before);
    w->faults += moe_flow_interpolate(flow, (before + now) / 2, theta) != MOE_OK;
    w->faults += moe_flow_loss(flow, &loss) != MOE_OK;
    w->faults += moe_flow_advance(flow, now + 1) != MOE_ERROR_ORDER;
    w->faults += moe_flow_step(flow, now + 1) != MOE_ERROR_ORDER;
    w->faults += moe_flow_set_tolerance(flow, 1, 1) != MOE_ERROR_ORDER;
    w->faults += moe_flow_set_observer(flow, NULL, NULL) != MOE_ERROR_ORDER;
    w->faults += moe_context_set_threads(w->context, 2) != MOE_ERROR_ORDER;
    w->last = now;
    return w->calls == w->stop_at ? 77 : 0;
}

static void test_observer(void **state)
{
    struct mixture *m = *state;
    moe_flow *flow = flow_of(m);
    struct watcher watcher = {.context = m->context, .stop_at = -1};
    int64_t steps;
    assert_ok(m->context, moe_flow_set_observer(flow, watch, &watcher));
    assert_ok(m->context, moe_flow_advance(flow, 1));
    assert_ok(m->context, moe_flow_advance(flow, 2));
    assert_ok(m->context, moe_flow_counts(flow, &steps, NULL, NULL));
    assert_int_equal(watcher.calls, steps);
    assert_int_equal(watcher.faults, 0);
    watcher.stop_at = watcher.calls + 1;
    assert_fails(m->context, MOE_ERROR_CALLBACK, "observer returned 77", moe_flow_advance(flow, 20));
    assert_int_equal(moe_context_callback_status(m->context), 77);
    assert_true(moe_flow_time(flow) > 2 && moe_flow_time(flow) < 20);
    assert_ok(m->context, moe_flow_set_observer(flow, NULL, NULL));
    assert_ok(m->context, moe_flow_advance(flow, 20));
    moe_flow_destroy(flow);
}

/* a positive status or a NaN shortens the step, and the answer is as good as ever */
static void check_recovery(struct mixture *m, int32_t fail_with)
{
    moe_flow *flow = flow_of(m), *clean = flow_of(m);
    int64_t rejections;
    assert_ok(m->context, moe_flow_set_tolerance(flow, 0, 1e-10));
    assert_ok(m->context, moe_flow_set_tolerance(clean, 0, 1e-10));
    assert_ok(m->context, moe_flow_advance(flow, 0.5));
    m->wave.fail_with = fail_with;
    m->wave.fail_from = m->wave.calls + 9;
    m->wave.fail_until = m->wave.calls + 10;
    assert_ok(m->context, moe_flow_advance(flow, 2));
    assert_ok(m->context, moe_flow_counts(flow, NULL, &rejections, NULL));
    assert_true(rejections >= 1);
    m->wave.fail_until = 0;
    assert_ok(m->context, moe_flow_advance(clean, 2));
    for (int i = 0; i < 128; i++)
        assert_close(moe_flow_points(flow)[i], moe_flow_points(clean)[i], 1e-9);
    moe_flow_destroy(flow);
    moe_flow_destroy(clean);
}

static void test_recoverable(void **state)
{
    check_recovery(*state, 3);
}

static void test_nan_is_recoverable(void **state)
{
    check_recovery(*state, 0);
}

/* a hopeless expert: a clear end, the last good state, and life after it */
static void check_hopeless(struct mixture *m, int32_t fail_with, int32_t status, const char *words)
{
    moe_flow *flow = flow_of(m);
    double before[128], loss;
    assert_ok(m->context, moe_flow_advance(flow, 0.5));
    memcpy(before, moe_flow_points(flow), sizeof before);
    m->wave.fail_with = fail_with;
    m->wave.fail_from = m->wave.calls;
    m->wave.fail_until = INT64_MAX;
    assert_fails(m->context, status, words, moe_flow_advance(flow, 2));
    assert_true(moe_flow_time(flow) == 0.5);
    assert_memory_equal(before, moe_flow_points(flow), sizeof before);
    assert_ok(m->context, moe_flow_loss(flow, &loss));
    assert_fails(m->context, MOE_ERROR_ORDER, "finished step", moe_flow_interpolate(flow, 0.5, before));
    m->wave.fail_until = 0;
    assert_ok(m->context, moe_flow_advance(flow, 2));
    moe_flow_destroy(flow);
}

static void test_hopeless(void **state)
{
    struct mixture *m = *state;
    check_hopeless(m, 3, MOE_ERROR_STEP, "returned 3");
    assert_int_equal(moe_context_callback_status(m->context), 3);
    check_hopeless(m, 0, MOE_ERROR_STEP, "nan");
    check_hopeless(m, -4, MOE_ERROR_CALLBACK, "returned -4");
    assert_int_equal(moe_context_callback_status(m->context), -4);
}

/* an expert that fails from the very first call */
static void test_hopeless_from_the_start(void **state)
{
    struct mixture *m = *state;
    moe_flow *flow = flow_of(m);
    m->wave.fail_with = -9;
    m->wave.fail_until = INT64_MAX;
    assert_fails(m->context, MOE_ERROR_CALLBACK, "returned -9", moe_flow_advance(flow, 1));
    m->wave.fail_with = 0;
    assert_fails(m->context, MOE_ERROR_NOT_FINITE, "prediction", moe_flow_advance(flow, 1));
    m->wave.fail_until = 0;
    assert_ok(m->context, moe_flow_advance(flow, 1));
    moe_flow_destroy(flow);
}

static void test_step_limit(void **state)
{
    struct mixture *m = *state;
    moe_flow *flow = flow_of(m);
    assert_ok(m->context, moe_flow_set_step_limit(flow, 3));
    assert_ok(m->context, moe_flow_set_steps(flow, 0, 0.01));
    assert_fails(m->context, MOE_ERROR_STEP_LIMIT, "3 attempts", moe_flow_advance(flow, 1));
    assert_true(moe_flow_time(flow) > 0 && moe_flow_time(flow) <= 0.03);
    double theta[128];
    assert_ok(m->context, moe_flow_interpolate(flow, moe_flow_time(flow), theta));
    assert_ok(m->context, moe_flow_set_step_limit(flow, 1000));
    assert_ok(m->context, moe_flow_advance(flow, 1));
    moe_flow_destroy(flow);
}

/* a step that does not change the time is no step */
static void test_steps_lost_in_rounding(void **state)
{
    struct mixture *m = *state;
    moe_flow *flow = flow_of(m);
    double theta[128];
    assert_ok(m->context, moe_flow_advance(flow, 1));
    assert_ok(m->context, moe_flow_set_steps(flow, 0, 1e-20));
    assert_fails(m->context, MOE_ERROR_STEP, "lost in rounding", moe_flow_step(flow, 2));
    assert_true(moe_flow_time(flow) == 1);
    assert_ok(m->context, moe_flow_interpolate(flow, 1, theta)); /* the last step is still there */
    for (int i = 0; i < 128; i++)
        assert_close(theta[i], moe_flow_points(flow)[i], 1e-14);
    moe_flow_destroy(flow);
}

static int32_t cancel_halfway(void *self, const char *what, double part)
{
    int *calls = self;
    *calls += strcmp(what, "flow") == 0;
    return part > 0.5;
}

static void test_cancel(void **state)
{
    struct mixture *m = *state;
    moe_flow *flow = flow_of(m);
    int calls = 0;
    moe_context_cancel(m->context);
    assert_fails(m->context, MOE_ERROR_CANCELLED, "cancelled", moe_flow_advance(flow, 4));
    assert_true(moe_flow_time(flow) == 0);
    assert_ok(m->context, moe_context_set_progress(m->context, cancel_halfway, &calls));
    assert_fails(m->context, MOE_ERROR_CANCELLED, "progress", moe_flow_advance(flow, 4));
    assert_true(calls > 1 && moe_flow_time(flow) > 2 && moe_flow_time(flow) < 4);
    assert_ok(m->context, moe_context_set_progress(m->context, NULL, NULL));
    assert_ok(m->context, moe_flow_advance(flow, 4));
    moe_flow_destroy(flow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_landing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_single_steps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_steps_without_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_observer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_recoverable, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nan_is_recoverable, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hopeless, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hopeless_from_the_start, setup, teardown),
        cmocka_unit_test_setup_teardown(test_step_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_steps_lost_in_rounding, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cancel, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
