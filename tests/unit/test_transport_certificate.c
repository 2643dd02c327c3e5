/* test_transport_certificate.c - the certificates hold for plans and prices that are wrong: bounds may become
 * wide, never false; what is no plan is refused.
 *
 * SPDX-License-Identifier: MIT */
#include "unit/test_transport_support.h"

#include "transport/certificate.h"
#include "transport/ladder.h"

typedef struct {
    moe_measure *a, *b;
    double p;
    moei_problem problem;
    moei_plan plan;
    moei_bounds exact; /* of the solver's own plan */
} solved;

static int32_t certify(const solved *it, moei_bounds *bounds)
{
    return (it->a->d > 1 ? moei_certify_prices : moei_certify_order)(context, it->a, it->b, it->p, &it->plan,
                                                                     bounds);
}

static void solve(const cloud *a, const cloud *b, double p, solved *out)
{
    *out = (solved){.a = measure_of(a), .b = measure_of(b), .p = p};
    assert_ok(context, (a->d > 1 ? moei_problem_create : moei_problem_open)(context, out->a, out->b, p,
                                                                            &out->problem));
    if (a->d > 1)
        assert_ok(context, moei_solve_flow(&out->problem, &out->plan));
    else if (isinf(a->period[0]))
        assert_ok(context, moei_solve_line(&out->problem, &out->plan));
    else
        assert_ok(context, moei_solve_circle(&out->problem, &out->plan));
    assert_ok(context, certify(out, &out->exact));
    assert_true(out->exact.tight);
}

static void drop(solved *it)
{
    moei_plan_free(&it->plan);
    moei_problem_free(&it->problem);
    moe_measure_destroy(it->a);
    moe_measure_destroy(it->b);
}

static void random_solved(uint64_t *seed, int trial, int64_t d, solved *out)
{
    static cloud a, b;
    static int whole[MAX_POINTS];
    random_cloud(seed, d, 5 + trial % 20, (unsigned)trial & 3u, &a);
    random_cloud(seed, d, trial % 3 ? 5 + trial % 20 : 11, (unsigned)trial & 3u, &b);
    if (trial % 4 > 1) {
        random_weights(seed, &a, whole);
        random_weights(seed, &b, whole);
    }
    solve(&a, &b, trial % 5 == 4 ? 2.5 : 1 + trial % 2, out);
}

static void assert_true_bounds(const solved *it)
{
    moei_bounds bounds;
    assert_ok(context, certify(it, &bounds));
    assert_true(0 <= bounds.lower && bounds.lower <= bounds.upper);
    assert_true(bounds.lower <= it->exact.upper && it->exact.lower <= bounds.upper);
}

static void bounds_hold_for_any_prices(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int trial = 0; trial < 120; trial++) {
        solved it;
        random_solved(&seed, trial, 2 + trial % 2, &it);
        const double size = trial % 3 == 0 ? 1e-6 : trial % 3 == 1 ? 0.1 : 1e6;
        for (int64_t j = 0; j < it.b->count; j++)
            it.plan.price[j] += size * (test_uniform(&seed) - 0.5);
        assert_true_bounds(&it);
        drop(&it);
    }
}

/* Prices that differ by a constant are the same dual. */
static void bounds_do_not_depend_on_a_constant(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (int trial = 0; trial < 20; trial++) {
        solved it;
        moei_bounds bounds;
        random_solved(&seed, trial, 2, &it);
        for (int64_t j = 0; j < it.b->count; j++)
            it.plan.price[j] += 3;
        assert_ok(context, certify(&it, &bounds));
        assert_true(bounds.tight);
        drop(&it);
    }
}

static void bounds_hold_for_any_masses(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int trial = 0; trial < 200; trial++) {
        solved it;
        random_solved(&seed, trial, 2 + trial % 2, &it);
        moei_edge *edge = &it.plan.edge[(int64_t)(test_uniform(&seed) * (double)it.plan.count)];
        const int64_t last = it.plan.count - 1;
        if (trial % 3 == 0)
            edge->mass *= 1 + 0.5 * (test_uniform(&seed) - 0.5);
        else if (trial % 3 == 1)
            it.plan.total *= 0.9 + 0.2 * test_uniform(&seed);
        else if (last > 0)
            it.plan.count = last; /* the last edge is lost */
        assert_true_bounds(&it);
        drop(&it);
    }
}

/* Two columns exchanged: still feasible for equal masses, no longer optimal. */
static void upper_bound_is_the_cost_of_the_plan(void **state)
{
    (void)state;
    static cloud a, b;
    uint64_t seed = 4;
    for (int trial = 0; trial < 40; trial++) {
        solved it;
        moei_bounds bounds;
        random_cloud(&seed, 2, 12, (unsigned)trial & 3u, &a);
        random_cloud(&seed, 2, 12, (unsigned)trial & 3u, &b);
        solve(&a, &b, 1, &it);
        const int64_t swap = it.plan.edge[0].column;
        it.plan.edge[0].column = it.plan.edge[5].column;
        it.plan.edge[5].column = swap;
        long double cost = 0;
        for (int64_t e = 0; e < 12; e++)
            cost += reference_cost(&a, it.plan.edge[e].row, &b, it.plan.edge[e].column, 1) / 12;
        assert_ok(context, certify(&it, &bounds));
        assert_close(bounds.upper, (double)cost, 1e-13);
        assert_true(bounds.upper >= it.exact.lower && bounds.lower >= it.exact.lower);
        drop(&it);
    }
}

/* On the circle, monotone plans of every shift: C(s) above, a true lower bound below, and exact at the best.
 */
static void bounds_hold_for_any_shift(void **state)
{
    (void)state;
    uint64_t seed = 5;
    for (int trial = 0; trial < 300; trial++) {
        static cloud a, b;
        static int whole[MAX_POINTS];
        solved it;
        moei_ladder rows, columns;
        random_cloud(&seed, 1, 1 + trial % 12, 0, &a);
        random_cloud(&seed, 1, 1 + trial / 12 % 9, 0, &b);
        if (trial % 2) {
            random_weights(&seed, &a, whole);
            random_weights(&seed, &b, whole);
        }
        solve(&a, &b, trial % 5 == 4 ? 3 : 1 + trial % 2, &it);
        for (int step = 0; step < 8; step++) {
            const moei_problem *problem = &it.problem;
            moei_plan_free(&it.plan);
            it.plan = (moei_plan){0};
            assert_ok(context, moei_ladder_create(problem, it.a, problem->row_factor, &rows));
            assert_ok(context, moei_ladder_create(problem, it.b, problem->column_factor, &columns));
            moei_ladder_plan(&rows, &columns, problem->total * 6 * (test_uniform(&seed) - 0.5), problem,
                             &it.plan);
            assert_true_bounds(&it);
            it.plan.cut.left *= test_uniform(&seed);
            assert_true_bounds(&it);
            moei_ladder_free(context->core, &rows);
            moei_ladder_free(context->core, &columns);
        }
        drop(&it);
    }
}

static void refuses_what_is_no_plan(void **state)
{
    (void)state;
    uint64_t seed = 6;
    solved it;
    moei_bounds bounds;
    random_solved(&seed, 0, 2, &it);
    moei_edge *edge = &it.plan.edge[3];
    const moei_edge good = *edge;
    const moei_edge bad[] = {{-1, good.column, good.mass},
                             {good.row, it.b->count, good.mass},
                             {good.row, good.column, 0},
                             {good.row, good.column, -1},
                             {good.row, good.column, (double)NAN}};
    for (int k = 0; k < 5; k++) {
        *edge = bad[k];
        assert_fails(context, MOE_ERROR_CONVERGENCE, "edge 3", certify(&it, &bounds));
    }
    *edge = good;
    it.plan.price[2] = NAN;
    assert_fails(context, MOE_ERROR_CONVERGENCE, "price 2", certify(&it, &bounds));
    drop(&it);
}

static void refuses_what_is_no_order(void **state)
{
    (void)state;
    uint64_t seed = 8;
    solved it;
    moei_bounds bounds;
    for (int trial = 3; trial < 23; trial++) { /* trial % 4 > 1 has weights of 0 */
        random_solved(&seed, trial, 1, &it);
        moei_plan *plan = &it.plan;
        uint32_t *place = &plan->column[plan->columns / 2];
        const uint32_t good = *place, wrong[] = {plan->column[0], (uint32_t)it.b->count, UINT32_MAX};
        for (int k = 0; k < 3; k++) {
            *place = wrong[k];
            assert_fails(context, MOE_ERROR_CONVERGENCE, "points of b", certify(&it, &bounds));
        }
        for (uint32_t j = 0; j < it.b->count; j++)
            if (it.b->weights[j] == 0) {
                *place = j;
                assert_fails(context, MOE_ERROR_CONVERGENCE, "points of b", certify(&it, &bounds));
            }
        *place = plan->column[0];
        plan->column[0] = good;
        assert_fails(context, MOE_ERROR_CONVERGENCE, "points of b", certify(&it, &bounds));
        plan->column[0] = *place;
        *place = good;
        plan->rows--;
        assert_fails(context, MOE_ERROR_CONVERGENCE, "points of a", certify(&it, &bounds));
        plan->rows++;
        plan->cut.column = plan->columns;
        assert_fails(context, MOE_ERROR_CONVERGENCE, "cut", certify(&it, &bounds));
        plan->cut.column = 0;
        plan->cut.left = NAN;
        assert_fails(context, MOE_ERROR_CONVERGENCE, "cut", certify(&it, &bounds));
        drop(&it);
    }
}

/* No mass is missed: 0. A part of it is: that part, on both sides. */
static void excess_counts_what_is_missed(void **state)
{
    (void)state;
    static cloud a, b;
    uint64_t seed = 7;
    solved it;
    moei_case at;
    double excess;
    random_cloud(&seed, 2, 10, 0, &a);
    random_cloud(&seed, 2, 15, 0, &b);
    solve(&a, &b, 1, &it);
    assert_ok(context, moei_case_open(context, it.a, it.b, 1, &it.plan, &at));
    assert_ok(context, moei_case_excess(&at, &excess));
    assert_true(excess == 0);
    const double missed = 0.25 * it.plan.edge[4].mass;
    it.plan.edge[4].mass -= missed;
    assert_ok(context, moei_case_excess(&at, &excess));
    assert_close(excess, 2 * missed / it.plan.total, 1e-14);
    assert_true(excess >= 2 * missed / it.plan.total);
    drop(&it);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds_hold_for_any_prices),   cmocka_unit_test(bounds_do_not_depend_on_a_constant),
        cmocka_unit_test(bounds_hold_for_any_masses),   cmocka_unit_test(upper_bound_is_the_cost_of_the_plan),
        cmocka_unit_test(bounds_hold_for_any_shift),    cmocka_unit_test(refuses_what_is_no_plan),
        cmocka_unit_test(excess_counts_what_is_missed), cmocka_unit_test(refuses_what_is_no_order),
    };
    return cmocka_run_group_tests(tests, make_context, drop_context);
}
