/* test_adams.c - what the Adams methods promise besides what every method does: few right-hand sides, at any
 * tolerance, and slopes evaluated twice only where it matters.
 *
 * SPDX-License-Identifier: MIT */
#include "support/mixture.h"
#include "support/problem.h"

#include "flow/flow.h"

enum { N = 60 };

static void count_work(struct mixture *m, int32_t method, double tolerance, double time, int64_t *steps,
                       int64_t *evaluations)
{
    moe_flow *flow;
    assert_ok(m->context, moe_flow_create(m->context, m->model, m->mu, &flow));
    assert_ok(m->context, moe_flow_set_method(flow, method));
    assert_ok(m->context, moe_flow_set_tolerance(flow, 0, tolerance));
    assert_ok(m->context, moe_flow_advance(flow, time));
    assert_ok(m->context, moe_flow_counts(flow, steps, NULL, evaluations));
    moe_flow_destroy(flow);
}

/* the order follows the tolerance: seven digits more cost less than six times the work */
static void test_work(void **state)
{
    (void)state;
    struct mixture m;
    int64_t steps, loose, tight, pair;
    assert_int_equal(mixture_make(&m, NULL, N), MOE_OK);
    m.wave.c[0] = 3;
    m.wave.c[1] = -2;
    count_work(&m, MOE_METHOD_ADAMS, 1e-4, 4, &steps, &loose);
    count_work(&m, MOE_METHOD_ADAMS, 1e-11, 4, &steps, &tight);
    count_work(&m, MOE_METHOD_DOP853, 1e-11, 4, &steps, &pair);
    assert_true(tight < 6 * loose);
    assert_true(tight < pair);
    mixture_free(&m);
}

/* between one and two right-hand sides for every attempt, besides the two of the start */
static void test_evaluations(void **state)
{
    (void)state;
    struct mixture m;
    moe_flow *flow;
    int64_t steps, rejections, evaluations;
    assert_int_equal(mixture_make(&m, NULL, N), MOE_OK);
    assert_ok(m.context, moe_flow_create(m.context, m.model, m.mu, &flow));
    assert_ok(m.context, moe_flow_set_method(flow, MOE_METHOD_ADAMS));
    assert_ok(m.context, moe_flow_advance(flow, 10));
    assert_ok(m.context, moe_flow_counts(flow, &steps, &rejections, &evaluations));
    assert_true(evaluations >= 2 + steps + rejections && evaluations <= 2 + 2 * (steps + rejections));
    moe_flow_destroy(flow);
    mixture_free(&m);
}

/* a slope that is a polynomial in time is integrated without error once the order is high enough: the linear
 * expert far from rest, driven by ever longer steps, is exp(-t); here the state is compared as it goes */
static void test_linear_expert(void **state)
{
    (void)state;
    int64_t d = 1;
    const double x = 1, y = 0, start = 1;
    struct problem p;
    problem_of_linear(&p, &d);
    problem_model(&p, 1, &x, &y, NULL);
    problem_points(&p, 1, &start, NULL);
    moe_flow *flow = problem_flow(&p, MOE_METHOD_ADAMS, 1e-12);
    int highest = 0;
    for (double time = 0.25; time < 20; time += 0.25) {
        double dissipated, defect;
        assert_ok(p.context, moe_flow_advance(flow, time));
        assert_close(moe_flow_points(flow)[0], exp(-time), 3e-11);
        assert_ok(p.context, moe_flow_energy(flow, &dissipated, &defect));
        assert_close(dissipated, (1 - exp(-2 * time)) / 2, 3e-11);
        highest = flow->adams.used > highest ? flow->adams.used : highest;
    }
    assert_true(highest >= 8);
    moe_flow_destroy(flow);
    problem_free(&p);
}

/* steps of wildly different length, forced from outside, lose nothing */
static void test_uneven_landings(void **state)
{
    (void)state;
    struct mixture m;
    moe_flow *uneven, *exact;
    uint64_t seed = 3;
    assert_int_equal(mixture_make(&m, NULL, N), MOE_OK);
    assert_ok(m.context, moe_flow_create(m.context, m.model, m.mu, &uneven));
    assert_ok(m.context, moe_flow_create(m.context, m.model, m.mu, &exact));
    assert_ok(m.context, moe_flow_set_method(uneven, MOE_METHOD_ADAMS));
    assert_ok(m.context, moe_flow_set_tolerance(uneven, 0, 1e-9));
    assert_ok(m.context, moe_flow_set_tolerance(exact, 0, 1e-13));
    for (double time = 0; time < 6; time += 0.3 * pow(test_uniform(&seed), 4) + 1e-6)
        assert_ok(m.context, moe_flow_advance(uneven, time));
    assert_ok(m.context, moe_flow_advance(exact, moe_flow_time(uneven)));
    for (int i = 0; i < 2 * N; i++)
        assert_close(moe_flow_points(uneven)[i], moe_flow_points(exact)[i], 1e-8);
    moe_flow_destroy(uneven);
    moe_flow_destroy(exact);
    mixture_free(&m);
}

/* landings in the first steps, at tolerances at which the order is still rising there: the error stays with
 * the tolerance at every point, and so does the energy's defect */
static void test_early_landings(void **state)
{
    (void)state;
    struct mixture m;
    moe_flow *flow, *exact;
    double dissipated, defect;
    assert_int_equal(mixture_make(&m, NULL, N), MOE_OK);
    for (double first = 0.02; first < 2; first *= 1.13) {
        assert_ok(m.context, moe_flow_create(m.context, m.model, m.mu, &exact));
        assert_ok(m.context, moe_flow_set_tolerance(exact, 0, 1e-12));
        assert_ok(m.context, moe_flow_advance(exact, 3 * first));
        for (double tolerance = 1e-3; tolerance > 1e-9; tolerance *= 0.6) {
            assert_ok(m.context, moe_flow_create(m.context, m.model, m.mu, &flow));
            assert_ok(m.context, moe_flow_set_method(flow, MOE_METHOD_ADAMS));
            assert_ok(m.context, moe_flow_set_tolerance(flow, tolerance, tolerance));
            assert_ok(m.context, moe_flow_advance(flow, first));
            assert_ok(m.context, moe_flow_advance(flow, 3 * first));
            for (int i = 0; i < 2 * N; i++)
                assert_close(moe_flow_points(flow)[i], moe_flow_points(exact)[i], 20 * tolerance);
            assert_ok(m.context, moe_flow_energy(flow, &dissipated, &defect));
            assert_close(defect, 0, 2 * tolerance);
            moe_flow_destroy(flow);
        }
        moe_flow_destroy(exact);
    }
    mixture_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_work),           cmocka_unit_test(test_evaluations),
        cmocka_unit_test(test_linear_expert),  cmocka_unit_test(test_uneven_landings),
        cmocka_unit_test(test_early_landings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
