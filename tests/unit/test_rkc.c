/* test_rkc.c - the stabilised method: stiff flows at the cost of the square root, and the spectral radius.
 *
 * The linear expert on orthogonal inputs has m' = -A m + b with A = diag(v_j |x_j|^2): every answer is known.
 *
 * SPDX-License-Identifier: MIT */
#include "support/problem.h"

#include "flow/flow.h"

struct stiff {
    int64_t d;
    double x[4], y[2], lambda[2], points[6];
    struct problem p;
};

/* v = 1/2 each: lambda_0 = stiffness, lambda_1 = 1 */
static void stiff_make(struct stiff *s, double stiffness)
{
    *s = (struct stiff){.d = 2,
                        .x = {sqrt(2 * stiffness), 0, 0, sqrt(2.0)},
                        .y = {0.7, -0.4},
                        .lambda = {stiffness, 1},
                        .points = {0.3, -1, 0.02, 0.1, -0.04, 0.5}};
    problem_of_linear(&s->p, &s->d);
    problem_model(&s->p, 2, s->x, s->y, NULL);
    problem_points(&s->p, 3, s->points, NULL);
}

/* the mean of coordinate a goes to y_a / x_aa like exp(-lambda_a t), and every point moves as it does */
static double exact(const struct stiff *s, int i, int a, double time)
{
    const double mean = (s->points[a] + s->points[2 + a] + s->points[4 + a]) / 3;
    return s->points[2 * i + a] + (s->y[a] / s->x[3 * a] - mean) * (1 - exp(-s->lambda[a] * time));
}

static void test_stiff(void **state)
{
    (void)state;
    struct stiff s;
    int64_t steps, stages, pair_steps, pair;
    stiff_make(&s, 1e4);
    moe_flow *flow = problem_flow(&s.p, MOE_METHOD_RKC, 1e-5),
             *other = problem_flow(&s.p, MOE_METHOD_DOP853, 1e-5);
    for (double time = 1; time <= 5; time++) {
        double dissipated, defect;
        assert_ok(s.p.context, moe_flow_advance(flow, time));
        for (int i = 0; i < 3; i++)
            for (int a = 0; a < 2; a++)
                assert_close(moe_flow_points(flow)[2 * i + a], exact(&s, i, a, time), 1e-4);
        assert_ok(s.p.context, moe_flow_energy(flow, &dissipated, &defect));
        assert_close(defect, 0, 1e-3 * dissipated);
    }
    assert_ok(s.p.context, moe_flow_advance(other, 5));
    assert_ok(s.p.context, moe_flow_counts(flow, &steps, NULL, &stages));
    assert_ok(s.p.context, moe_flow_counts(other, &pair_steps, NULL, &pair));
    assert_true(10 * steps < pair_steps);
    assert_true(5 * stages < pair);
    moe_flow_destroy(flow);
    moe_flow_destroy(other);
    problem_free(&s.p);
}

/* work goes with the square root of the stiffness */
static void test_square_root(void **state)
{
    (void)state;
    int64_t work[2];
    for (int i = 0; i < 2; i++) {
        struct stiff s;
        stiff_make(&s, i ? 1e6 : 1e4);
        s.points[0] = s.points[2] = s.points[4] = 0.7 / s.x[0]; /* the stiff component at rest */
        problem_points(&s.p, 3, s.points, NULL);
        moe_flow *flow = problem_flow(&s.p, MOE_METHOD_RKC, 1e-4);
        assert_ok(s.p.context, moe_flow_advance(flow, 10));
        assert_close(moe_flow_points(flow)[1], exact(&s, 0, 1, 10), 1e-3);
        assert_ok(s.p.context, moe_flow_counts(flow, NULL, NULL, &work[i]));
        moe_flow_destroy(flow);
        problem_free(&s.p);
    }
    assert_true(work[1] < 14 * work[0]);
}

/* the estimate is above the eigenvalue, by a fifth and a little */
static void test_radius(void **state)
{
    (void)state;
    for (double stiffness = 2; stiffness < 1e7; stiffness *= 10) {
        struct stiff s;
        stiff_make(&s, stiffness);
        moe_flow *flow = problem_flow(&s.p, MOE_METHOD_RKC, 1e-3);
        assert_ok(s.p.context, moe_flow_step(flow, 1));
        assert_true(flow->chebyshev.radius > stiffness && flow->chebyshev.radius < 1.25 * stiffness);
        moe_flow_destroy(flow);
        problem_free(&s.p);
    }
}

/* at rest from the start nothing moves, and no step is refused */
static void test_rest(void **state)
{
    (void)state;
    struct stiff s;
    stiff_make(&s, 100);
    moe_flow *flow = problem_flow(&s.p, MOE_METHOD_RKC, 1e-6);
    assert_ok(s.p.context, moe_flow_advance(flow, 1000));
    const double *theta = moe_flow_points(flow);
    for (int a = 0; a < 2; a++)
        assert_close((theta[a] + theta[2 + a] + theta[4 + a]) / 3, s.y[a] / s.x[3 * a], 1e-5);
    moe_flow_destroy(flow);
    problem_free(&s.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stiff),
        cmocka_unit_test(test_square_root),
        cmocka_unit_test(test_radius),
        cmocka_unit_test(test_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
