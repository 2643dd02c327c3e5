/* test_step.c - the error control: what it delivers, how its norm weighs, and how steps land.
 *
 * SPDX-License-Identifier: MIT */
#include "support/mixture.h"

static void final_points(struct mixture *m, const moe_measure *mu, int32_t method, double tolerance,
                         double longest, double *points, int64_t *steps)
{
    moe_flow *flow;
    assert_ok(m->context, moe_flow_create(m->context, m->model, mu, &flow));
    assert_ok(m->context, moe_flow_set_method(flow, method));
    assert_ok(m->context, moe_flow_set_tolerance(flow, 0, tolerance));
    assert_ok(m->context, moe_flow_set_steps(flow, isinf(longest) ? 0 : longest, longest));
    assert_ok(m->context, moe_flow_advance(flow, 2));
    memcpy(points, moe_flow_points(flow),
           (size_t)(moe_measure_count(mu) * moe_measure_dimension(mu)) * sizeof *points);
    assert_ok(m->context, moe_flow_counts(flow, steps, NULL, NULL));
    moe_flow_destroy(flow);
}

static double largest_gap(int n, const double *a, const double *b)
{
    double gap = 0;
    for (int i = 0; i < n; i++)
        gap = fmax(gap, fabs(a[i] - b[i]));
    return gap;
}

/* fixed steps h and h/2: the error falls by 2^order at least (here the contracting flow adds to it) */
static void test_convergence_order(void **state)
{
    (void)state;
    struct mixture m;
    double exact[80], coarse[80], fine[80];
    int64_t steps;
    assert_int_equal(mixture_make(&m, NULL, 40), MOE_OK);
    m.wave.c[0] = 3; /* livelier, so that errors stand far above rounding */
    m.wave.c[1] = -2;
    final_points(&m, m.mu, MOE_METHOD_DOP853, 1e-14, (double)INFINITY, exact, &steps);
    const struct {
        int32_t method;
        int order;
        double h;
    } cases[] = {{MOE_METHOD_DOPRI5, 5, 0.125}, {MOE_METHOD_DOP853, 8, 0.25}, {MOE_METHOD_RKC, 2, 0.03125}};
    for (int i = 0; i < 3; i++) {
        final_points(&m, m.mu, cases[i].method, 1e3, cases[i].h, coarse, &steps);
        assert_int_equal(steps, (int)(2 / cases[i].h));
        final_points(&m, m.mu, cases[i].method, 1e3, cases[i].h / 2, fine, &steps);
        const double order = log2(largest_gap(80, coarse, exact) / largest_gap(80, fine, exact));
        assert_true(order > cases[i].order - 0.5);
    }
    mixture_free(&m);
}

/* the error follows the tolerance */
static void test_tolerance(void **state)
{
    (void)state;
    struct mixture m;
    double exact[80], points[80];
    int64_t steps;
    assert_int_equal(mixture_make(&m, NULL, 40), MOE_OK);
    final_points(&m, m.mu, MOE_METHOD_DOP853, 1e-14, (double)INFINITY, exact, &steps);
    const struct {
        int32_t method;
        double finest;
    } cases[] = {{MOE_METHOD_DOPRI5, 1e-12},
                 {MOE_METHOD_DOP853, 1e-12},
                 {MOE_METHOD_ADAMS, 1e-12},
                 {MOE_METHOD_RKC, 1e-8}};
    for (int i = 0; i < 4; i++)
        for (double tolerance = 1e-4; tolerance > cases[i].finest; tolerance /= 100) {
            final_points(&m, m.mu, cases[i].method, tolerance, (double)INFINITY, points, &steps);
            assert_true(largest_gap(80, points, exact) < 20 * tolerance);
        }
    mixture_free(&m);
}

/* the norm is that of the measure: splitting every point into three of a third of its weight changes no
 * step; nor does a turn of a whole period in a periodic coordinate, however large the lift */
static void test_norm_belongs_to_the_measure(void **state)
{
    (void)state;
    enum { N = 40 };
    struct mixture m;
    moe_measure *split, *turned;
    double points[2 * N], many[6 * N], far[2 * N], weights[3 * N], once[2 * N], thrice[6 * N], away[2 * N];
    const double turns[] = {2 * PI, 2 * PI};
    int64_t steps[3];
    assert_int_equal(mixture_make(&m, NULL, N), MOE_OK);
    memcpy(points, moe_measure_points(m.mu), sizeof points);
    for (int i = 0; i < 3 * N; i++) {
        weights[i] = 1.0 / (3 * N);
        memcpy(many + 2 * i, points + 2 * (i / 3), 2 * sizeof *many);
    }
    for (int i = 0; i < 2 * N; i++)
        far[i] = points[i] + 2 * PI * 64;
    assert_ok(m.context, moe_measure_create(m.context, 2, turns, 3 * N, many, weights, &split));
    assert_ok(m.context, moe_measure_create(m.context, 2, turns, N, far, NULL, &turned));
    final_points(&m, m.mu, MOE_METHOD_DOPRI5, 1e-9, 1, once, &steps[0]);
    final_points(&m, split, MOE_METHOD_DOPRI5, 1e-9, 1, thrice, &steps[1]);
    final_points(&m, turned, MOE_METHOD_DOPRI5, 1e-9, 1, away, &steps[2]);
    assert_int_equal(steps[0], steps[1]);
    assert_int_equal(steps[0], steps[2]);
    for (int i = 0; i < 2 * N; i++) {
        assert_close(once[i], thrice[6 * (i / 2) + i % 2], 1e-12);
        assert_close(once[i], away[i] - 2 * PI * 64, 1e-11);
    }
    moe_measure_destroy(split);
    moe_measure_destroy(turned);
    mixture_free(&m);
}

/* nor does the very first step, which is chosen from the size of the state, depend on the lift */
static void test_first_step_after_turns(void **state)
{
    (void)state;
    struct mixture m;
    double first[2];
    const double turns[] = {2 * PI, 2 * PI};
    assert_int_equal(mixture_make(&m, NULL, 1), MOE_OK);
    for (int lift = 0; lift < 2; lift++) {
        const double at[] = {16 * PI * lift, 1e-9 + 16 * PI * lift};
        moe_measure *mu;
        moe_flow *flow;
        assert_ok(m.context, moe_measure_create(m.context, 2, turns, 1, at, NULL, &mu));
        assert_ok(m.context, moe_flow_create(m.context, m.model, mu, &flow));
        assert_ok(m.context, moe_flow_step(flow, 10));
        first[lift] = moe_flow_time(flow);
        moe_flow_destroy(flow);
        moe_measure_destroy(mu);
    }
    assert_close(first[0], first[1], 1e-6 * first[0]);
    mixture_free(&m);
}

/* the energy identity holds to the accuracy of the steps, and the loss never rises */
static int32_t falling(void *self, moe_flow *flow)
{
    double *last = self, loss;
    if (moe_flow_loss(flow, &loss) || loss > *last)
        return -1;
    *last = loss;
    return 0;
}

static void test_energy(void **state)
{
    (void)state;
    struct mixture m;
    moe_flow *flow;
    double dissipated, defect, first, loss;
    assert_int_equal(mixture_make(&m, NULL, 200), MOE_OK);
    assert_ok(m.context, moe_flow_create(m.context, m.model, m.mu, &flow));
    assert_ok(m.context, moe_flow_energy(flow, &dissipated, &defect));
    assert_true(dissipated == 0 && defect == 0);
    assert_ok(m.context, moe_flow_loss(flow, &first));
    double last = first;
    assert_ok(m.context, moe_flow_set_observer(flow, falling, &last));
    assert_ok(m.context, moe_flow_advance(flow, 5));
    assert_ok(m.context, moe_flow_loss(flow, &loss));
    assert_ok(m.context, moe_flow_energy(flow, &dissipated, &defect));
    assert_close(first - loss, dissipated, 1e-8);
    assert_close(first - loss - dissipated, defect, 1e-15);
    assert_true(dissipated > 1e-3);
    moe_flow_destroy(flow);
    mixture_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convergence_order),
        cmocka_unit_test(test_tolerance),
        cmocka_unit_test(test_norm_belongs_to_the_measure),
        cmocka_unit_test(test_first_step_after_turns),
        cmocka_unit_test(test_energy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
