/* test_descent.c - no accepted step raises the loss, however loose the tolerance.
 *
 * SPDX-License-Identifier: MIT */
#include "support/mixture.h"

enum { N = 50 };

static const int32_t methods[] = {MOE_METHOD_DOPRI5, MOE_METHOD_DOP853, MOE_METHOD_ADAMS, MOE_METHOD_RKC,
                                  MOE_METHOD_LOW_STORAGE};

struct watcher {
    double last;
    int rises;
};

static int32_t watch(void *self, moe_flow *flow)
{
    struct watcher *watcher = self;
    double loss;
    if (moe_flow_loss(flow, &loss))
        return -1;
    watcher->rises += loss > watcher->last * (1 + 1e-12);
    watcher->last = loss;
    return 0;
}

/* the number of steps to time 40 that raised the loss, at a tolerance that forbids nothing */
static int count_rises(struct mixture *m, int32_t method, int32_t descent, double tolerance)
{
    moe_flow *flow;
    struct watcher watcher = {.rises = 0};
    assert_ok(m->context, moe_flow_create(m->context, m->model, m->mu, &flow));
    assert_ok(m->context, moe_flow_set_method(flow, method));
    assert_ok(m->context, moe_flow_set_tolerance(flow, 0, tolerance));
    assert_ok(m->context, moe_flow_set_descent(flow, descent));
    assert_ok(m->context, moe_flow_set_observer(flow, watch, &watcher));
    assert_ok(m->context, moe_flow_loss(flow, &watcher.last));
    assert_ok(m->context, moe_flow_advance(flow, 40));
    moe_flow_destroy(flow);
    return watcher.rises;
}

static void test_loss_never_rises(void **state)
{
    (void)state;
    struct mixture m;
    assert_int_equal(mixture_make(&m, NULL, N), MOE_OK);
    m.wave.c[0] = 9;
    m.wave.c[1] = -6;
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        for (double tolerance = 1e-2; tolerance < 1e5; tolerance *= 100)
            assert_int_equal(count_rises(&m, methods[i], 1, tolerance), 0);
        if (methods[i] != MOE_METHOD_RKC) /* which is stable at any step here */
            assert_true(count_rises(&m, methods[i], 0, 1e2) > 0);
    }
    mixture_free(&m);
}

/* where nothing is left to fall, steps go on: rounding is no rise; and at tight tolerances nothing changes */
static void test_rest(void **state)
{
    (void)state;
    struct mixture m;
    assert_int_equal(mixture_make(&m, NULL, N), MOE_OK);
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        moe_flow *free_flow, *bound;
        double loss, other;
        assert_ok(m.context, moe_flow_create(m.context, m.model, m.mu, &free_flow));
        assert_ok(m.context, moe_flow_create(m.context, m.model, m.mu, &bound));
        assert_ok(m.context, moe_flow_set_method(free_flow, methods[i]));
        assert_ok(m.context, moe_flow_set_method(bound, methods[i]));
        assert_ok(m.context, moe_flow_set_tolerance(free_flow, 0, 1e-4));
        assert_ok(m.context, moe_flow_set_tolerance(bound, 0, 1e-4));
        assert_ok(m.context, moe_flow_advance(free_flow, 1));
        assert_ok(m.context, moe_flow_set_descent(bound, 1));
        assert_ok(m.context, moe_flow_advance(bound, 1));
        assert_memory_equal(moe_flow_points(free_flow), moe_flow_points(bound), 2 * N * sizeof(double));
        assert_ok(m.context, moe_flow_advance(bound, 1000));
        assert_ok(m.context, moe_flow_loss(bound, &loss));
        assert_ok(m.context, moe_flow_advance(bound, 3000));
        assert_ok(m.context, moe_flow_loss(bound, &other));
        assert_true(other <= loss * (1 + 1e-12) + 1e-30);
        moe_flow_destroy(free_flow);
        moe_flow_destroy(bound);
    }
    mixture_free(&m);
}

static void test_bad_input(void **state)
{
    (void)state;
    struct mixture m;
    moe_flow *flow, *driven;
    moe_field *field;
    assert_int_equal(mixture_make(&m, NULL, N), MOE_OK);
    assert_int_equal(moe_flow_set_descent(NULL, 1), MOE_ERROR_NULL);
    assert_ok(m.context, moe_flow_create(m.context, m.model, m.mu, &flow));
    assert_fails(m.context, MOE_ERROR_VALUE, "on is 2", moe_flow_set_descent(flow, 2));
    assert_ok(m.context, moe_flow_record(flow));
    assert_ok(m.context, moe_flow_advance(flow, 1));
    assert_ok(m.context, moe_flow_set_descent(flow, 1)); /* between advances too */
    assert_ok(m.context, moe_flow_advance(flow, 2));
    assert_ok(m.context, moe_flow_field(flow, &field));
    assert_ok(m.context, moe_flow_create_driven(m.context, field, m.mu, &driven));
    assert_fails(m.context, MOE_ERROR_ORDER, "driven", moe_flow_set_descent(driven, 1));
    moe_flow_destroy(driven);
    moe_field_destroy(field);
    moe_flow_destroy(flow);
    mixture_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loss_never_rises),
        cmocka_unit_test(test_rest),
        cmocka_unit_test(test_bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
