/* test_dense.c - the points within a step.
 *
 * SPDX-License-Identifier: MIT */
#include "support/mixture.h"

enum { N = 40 };

static void exact_at(struct mixture *m, double time, double *theta)
{
    moe_flow *flow;
    assert_ok(m->context, moe_flow_create(m->context, m->model, m->mu, &flow));
    assert_ok(m->context, moe_flow_set_tolerance(flow, 0, 1e-14));
    assert_ok(m->context, moe_flow_advance(flow, time));
    memcpy(theta, moe_flow_points(flow), 2 * N * sizeof *theta);
    moe_flow_destroy(flow);
}

/* one step of length h from time 0: the largest error of the dense output inside it */
static double dense_error(struct mixture *m, int32_t method, double h)
{
    double inside[2 * N], exact[2 * N], worst = 0;
    moe_flow *flow;
    assert_ok(m->context, moe_flow_create(m->context, m->model, m->mu, &flow));
    assert_ok(m->context, moe_flow_set_method(flow, method));
    assert_ok(m->context, moe_flow_set_tolerance(flow, 0, 1e3));
    assert_ok(m->context, moe_flow_set_steps(flow, h, h));
    assert_ok(m->context, moe_flow_step(flow, 10));
    assert_close(moe_flow_time(flow), h, 1e-15);
    for (int q = 1; q < 8; q++) {
        assert_ok(m->context, moe_flow_interpolate(flow, h * q / 8, inside));
        exact_at(m, h * q / 8, exact);
        for (int i = 0; i < 2 * N; i++)
            worst = fmax(worst, fabs(inside[i] - exact[i]));
    }
    moe_flow_destroy(flow);
    return worst;
}

static void test_order(void **state)
{
    (void)state;
    struct mixture m;
    assert_int_equal(mixture_make(&m, NULL, N), MOE_OK);
    m.wave.c[0] = 3;
    m.wave.c[1] = -2;
    const struct {
        int32_t method;
        int order;
        double h;
    } cases[] = {{MOE_METHOD_DOPRI5, 4, 0.1}, {MOE_METHOD_DOP853, 7, 0.2}, {MOE_METHOD_RKC, 2, 0.05}};
    for (int i = 0; i < 3; i++) { /* one step: the local error, one order higher */
        const double coarse = dense_error(&m, cases[i].method, cases[i].h);
        const double fine = dense_error(&m, cases[i].method, cases[i].h / 2);
        assert_true(coarse > 1e-12);
        assert_close(log2(coarse / fine), cases[i].order + 1, 0.6);
    }
    mixture_free(&m);
}

/* ADAMS chooses its order: inside every step its error follows the tolerance, as that at the ends does */
static void test_adams(void **state)
{
    (void)state;
    struct mixture m;
    double inside[2 * N], exact[2 * N];
    assert_int_equal(mixture_make(&m, NULL, N), MOE_OK);
    for (double tolerance = 1e-4; tolerance > 1e-12; tolerance /= 1000) {
        moe_flow *flow;
        assert_ok(m.context, moe_flow_create(m.context, m.model, m.mu, &flow));
        assert_ok(m.context, moe_flow_set_method(flow, MOE_METHOD_ADAMS));
        assert_ok(m.context, moe_flow_set_tolerance(flow, 0, tolerance));
        while (moe_flow_time(flow) < 2) {
            assert_ok(m.context, moe_flow_step(flow, 2));
            const double begin = moe_flow_previous_time(flow), h = moe_flow_time(flow) - begin;
            for (int q = 1; q < 4; q++) {
                assert_ok(m.context, moe_flow_interpolate(flow, begin + h * q / 4, inside));
                exact_at(&m, begin + h * q / 4, exact);
                for (int i = 0; i < 2 * N; i++)
                    assert_close(inside[i], exact[i], 20 * tolerance);
            }
        }
        moe_flow_destroy(flow);
    }
    mixture_free(&m);
}

static void test_ends_and_bad_input(void **state)
{
    (void)state;
    struct mixture m;
    moe_flow *flow;
    double theta[2 * N];
    assert_int_equal(mixture_make(&m, NULL, N), MOE_OK);
    const int32_t methods[] = {MOE_METHOD_DOPRI5, MOE_METHOD_DOP853, MOE_METHOD_ADAMS, MOE_METHOD_RKC,
                               MOE_METHOD_LOW_STORAGE};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        assert_ok(m.context, moe_flow_create(m.context, m.model, m.mu, &flow));
        assert_ok(m.context, moe_flow_set_method(flow, methods[i]));
        assert_fails(m.context, MOE_ERROR_ORDER, "time 0", moe_flow_interpolate(flow, 0, theta));
        assert_ok(m.context, moe_flow_step(flow, 1));
        assert_ok(m.context, moe_flow_interpolate(flow, 0, theta));
        assert_memory_equal(theta, moe_measure_points(m.mu), sizeof theta);
        assert_ok(m.context, moe_flow_interpolate(flow, moe_flow_time(flow), theta));
        for (int a = 0; a < 2 * N; a++)
            assert_close(theta[a], moe_flow_points(flow)[a], 1e-14);
        assert_fails(m.context, MOE_ERROR_TIME, "time is 2", moe_flow_interpolate(flow, 2, theta));
        assert_fails(m.context, MOE_ERROR_TIME, "nan", moe_flow_interpolate(flow, (double)NAN, theta));
        assert_fails(m.context, MOE_ERROR_NULL, "theta", moe_flow_interpolate(flow, 0, NULL));
        moe_flow_destroy(flow);
    }
    mixture_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_adams),
        cmocka_unit_test(test_ends_and_bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
