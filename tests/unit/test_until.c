/* test_until.c - running until the slope or the loss is small, against closed forms.
 *
 * f = cos(theta + x), one point x = 0, the limit: F' = (y - F)(1 - F^2) / 2, so E = (F - y)^2 / 2 and
 * |grad Psi|^2 = -E' = (y - F)^2 (1 - F^2) / 2, and F is reached at a time in closed form (spec, case 3).
 *
 * SPDX-License-Identifier: MIT */
#include "support/problem.h"

static const double target = 0.6;
static const int32_t methods[] = {MOE_METHOD_DOPRI5, MOE_METHOD_DOP853, MOE_METHOD_ADAMS, MOE_METHOD_RKC,
                                  MOE_METHOD_LOW_STORAGE};

struct limit {
    struct wave wave;
    struct problem p;
};

static void limit_make(struct limit *l)
{
    const double x = 0;
    *l = (struct limit){.wave = {.d = 1, .c = {1}, .a = {1}}};
    problem_of_waves(&l->p, &l->wave);
    problem_model(&l->p, 1, &x, &target, NULL);
    problem_grid(&l->p, 128);
}

static moe_flow *flow_of(struct limit *l, int32_t method)
{
    return problem_flow(&l->p, method, method == MOE_METHOD_RKC ? 1e-6 : 1e-10);
}

static double time_of(double F)
{
    const double y = target;
    return -2 / (1 - y * y) * log((y - F) / y) + log(1 - F) / (1 - y) + log(1 + F) / (1 + y);
}

static double slope_at(double F)
{
    return (target - F) * sqrt((1 - F * F) / 2);
}

/* the F at which the slope is g: it falls all the way from F = 0 to the target */
static double prediction_of_slope(double g)
{
    double low = 0, high = target;
    for (int i = 0; i < 100; i++) {
        const double middle = (low + high) / 2;
        if (slope_at(middle) > g)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void test_loss(void **state)
{
    (void)state;
    struct limit l;
    limit_make(&l);
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        for (double wanted = 0.1; wanted > 1e-9; wanted /= 100) {
            moe_flow *flow = flow_of(&l, methods[i]);
            const double precision = methods[i] == MOE_METHOD_RKC ? 1e-4 : 1e-5;
            int32_t reached = -1;
            double loss;
            assert_ok(l.p.context, moe_flow_advance_until(flow, INFINITY, 0, wanted, &reached));
            assert_int_equal(reached, MOE_REACHED_LOSS);
            assert_ok(l.p.context, moe_flow_loss(flow, &loss));
            assert_true(loss <= wanted && loss > wanted * (1 - 1e-3));
            assert_close(moe_flow_time(flow), time_of(target - sqrt(2 * loss)),
                         precision / sqrt(2 * loss)); /* dt = dF / F' */
            moe_flow_destroy(flow);
        }
    problem_free(&l.p);
}

static void test_gradient(void **state)
{
    (void)state;
    struct limit l;
    limit_make(&l);
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        moe_flow *flow = flow_of(&l, methods[i]);
        double last = 0;
        assert_ok(l.p.context, moe_flow_record(flow));
        for (double wanted = 0.3; wanted > 1e-3; wanted /= 5) {
            int32_t reached = -1;
            double norm, dissipated, defect;
            assert_ok(l.p.context, moe_flow_advance_until(flow, 1000, wanted, 0, &reached));
            assert_int_equal(reached, MOE_REACHED_GRADIENT);
            assert_ok(l.p.context, moe_flow_gradient(flow, &norm));
            assert_true(norm <= wanted * (1 + 1e-9) && norm > wanted * (1 - 1e-3));
            assert_close(moe_flow_time(flow), time_of(prediction_of_slope(norm)), 1e-2);
            assert_ok(l.p.context, moe_flow_energy(flow, &dissipated, &defect));
            assert_close(defect, 0, 1e-6);
            assert_true(moe_flow_time(flow) > last);
            last = moe_flow_time(flow);
        }
        /* the flow goes on from there, and its field has no gap */
        moe_field *field;
        double f;
        assert_ok(l.p.context, moe_flow_advance(flow, last + 1));
        assert_ok(l.p.context, moe_flow_field(flow, &field));
        assert_true(moe_field_end(field) == last + 1);
        assert_ok(l.p.context, moe_field_predictions(l.p.context, field, last, &f));
        assert_close(time_of(f), last, 1e-1);
        moe_field_destroy(field);
        moe_flow_destroy(flow);
    }
    problem_free(&l.p);
}

static void test_time_comes_first(void **state)
{
    (void)state;
    struct limit l;
    limit_make(&l);
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        moe_flow *flow = flow_of(&l, methods[i]);
        int32_t reached = -1;
        assert_ok(l.p.context, moe_flow_advance_until(flow, 0.5, 1e-3, 1e-6, &reached));
        assert_int_equal(reached, MOE_REACHED_TIME);
        assert_true(moe_flow_time(flow) == 0.5);
        assert_ok(l.p.context, moe_flow_advance_until(flow, 0.75, 0, 0, &reached));
        assert_int_equal(reached, MOE_REACHED_TIME);
        assert_true(moe_flow_time(flow) == 0.75);
        assert_ok(l.p.context, moe_flow_advance_until(flow, 2, 1e6, 0, &reached)); /* holds already */
        assert_int_equal(reached, MOE_REACHED_GRADIENT);
        assert_true(moe_flow_time(flow) == 0.75);
        assert_ok(l.p.context, moe_flow_advance_until(flow, 0.75, 0, 1e6, &reached));
        assert_int_equal(reached, MOE_REACHED_LOSS);
        moe_flow_destroy(flow);
    }
    problem_free(&l.p);
}

/* what is never reached ends with the step limit, not with a hang */
static void test_out_of_reach(void **state)
{
    (void)state;
    struct limit l;
    limit_make(&l);
    moe_flow *flow = flow_of(&l, MOE_METHOD_DOP853);
    int32_t reached = -1;
    assert_ok(l.p.context, moe_flow_set_step_limit(flow, 200));
    assert_ok(l.p.context, moe_flow_set_steps(flow, 0, 0.5));
    assert_fails(l.p.context, MOE_ERROR_STEP_LIMIT, "200 attempts",
                 moe_flow_advance_until(flow, INFINITY, 1e-300, 0, &reached));
    assert_int_equal(reached, MOE_REACHED_TIME);
    moe_flow_destroy(flow);
    problem_free(&l.p);
}

static void test_bad_input(void **state)
{
    (void)state;
    struct limit l;
    limit_make(&l);
    moe_flow *flow = flow_of(&l, MOE_METHOD_DOP853), *driven;
    moe_field *field;
    int32_t reached;
    double norm;
    assert_int_equal(moe_flow_advance_until(NULL, 1, 1, 1, &reached), MOE_ERROR_NULL);
    assert_fails(l.p.context, MOE_ERROR_NULL, "reached", moe_flow_advance_until(flow, 1, 1, 1, NULL));
    assert_fails(l.p.context, MOE_ERROR_VALUE, "gradient is -1",
                 moe_flow_advance_until(flow, 1, -1, 1, &reached));
    assert_fails(l.p.context, MOE_ERROR_VALUE, "loss is nan",
                 moe_flow_advance_until(flow, 1, 1, (double)NAN, &reached));
    assert_fails(l.p.context, MOE_ERROR_TIME, "time is inf",
                 moe_flow_advance_until(flow, (double)INFINITY, 0, 0, &reached));
    assert_fails(l.p.context, MOE_ERROR_TIME, "time is -inf",
                 moe_flow_advance_until(flow, -(double)INFINITY, 1, 0, &reached));
    assert_int_equal(moe_flow_gradient(NULL, &norm), MOE_ERROR_NULL);
    assert_fails(l.p.context, MOE_ERROR_NULL, "norm", moe_flow_gradient(flow, NULL));
    assert_ok(l.p.context, moe_flow_record(flow));
    assert_ok(l.p.context, moe_flow_advance(flow, 3));
    assert_ok(l.p.context, moe_flow_field(flow, &field));
    assert_ok(l.p.context, moe_flow_create_driven(l.p.context, field, l.p.mu, &driven));
    assert_fails(l.p.context, MOE_ERROR_ORDER, "driven", moe_flow_advance_until(driven, 1, 0, 1, &reached));
    assert_fails(l.p.context, MOE_ERROR_TIME, "driving field",
                 moe_flow_advance_until(driven, (double)INFINITY, 1, 0, &reached));
    assert_ok(l.p.context, moe_flow_advance_until(driven, 3, slope_at(0.3), 0, &reached));
    assert_int_equal(reached, MOE_REACHED_GRADIENT);
    assert_close(moe_flow_time(driven), time_of(0.3), 1e-5);
    moe_flow_destroy(driven);
    moe_field_destroy(field);
    moe_flow_destroy(flow);
    problem_free(&l.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loss),
        cmocka_unit_test(test_gradient),
        cmocka_unit_test(test_time_comes_first),
        cmocka_unit_test(test_out_of_reach),
        cmocka_unit_test(test_bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
