/* test_transport_monotone.c - plans in one dimension: their marginals, their order, and that no other shift
 * of the circle is cheaper.
 *
 * SPDX-License-Identifier: MIT */
#include "unit/test_transport_support.h"

#include "transport/ladder.h"

/* One instance with its ladders. */
typedef struct {
    cloud a, b;
    moe_measure *first, *second;
    moei_problem problem;
    moei_ladder rows, columns;
} instance;

static void make(uint64_t *seed, int trial, bool circle, double p, instance *it)
{
    static int whole[MAX_POINTS];
    random_cloud(seed, 1, 1 + trial % 13, !circle, &it->a);
    random_cloud(seed, 1, 1 + trial / 13 % 11, !circle, &it->b);
    if (trial % 2) {
        random_weights(seed, &it->a, whole);
        random_weights(seed, &it->b, whole);
    }
    if (trial % 7 == 0) /* ties */
        for (int64_t i = 0; i < it->a.n; i++)
            it->a.x[i] = it->b.x[i % it->b.n];
    it->first = measure_of(&it->a);
    it->second = measure_of(&it->b);
    assert_ok(context, moei_problem_create(context, it->first, it->second, p, &it->problem));
    assert_true(moei_ladder_create(context->core, &it->problem.rows, it->problem.total, &it->rows));
    assert_true(moei_ladder_create(context->core, &it->problem.columns, it->problem.total, &it->columns));
}

static void drop(instance *it)
{
    moei_ladder_free(context->core, &it->rows);
    moei_ladder_free(context->core, &it->columns);
    moei_problem_free(&it->problem);
    moe_measure_destroy(it->second);
    moe_measure_destroy(it->first);
}

static void ladders_ascend(void **state)
{
    (void)state;
    uint64_t seed = 1;
    static instance it;
    for (int trial = 0; trial < 60; trial++) {
        make(&seed, trial, trial % 3 > 0, 1, &it);
        double sum = 0;
        for (int64_t i = 0; i < it.rows.count; i++) {
            assert_true(i == 0 || it.rows.x[i - 1] <= it.rows.x[i]);
            assert_close(it.rows.level[i], sum, 1e-13 * it.problem.total);
            sum += it.rows.mass[i];
        }
        assert_true(it.rows.level[it.rows.count] == it.problem.total);
        drop(&it);
    }
}

/* Each plan has the masses of the measures, to 16 eps of each; whole ones exactly. */
static void plans_have_their_marginals(void **state)
{
    (void)state;
    uint64_t seed = 2;
    static instance it;
    for (int trial = 0; trial < 400; trial++) {
        make(&seed, trial, true, 1, &it);
        moei_plan plan = {0};
        const double shift = it.problem.whole ? floor(it.problem.total * 2 * (test_uniform(&seed) - 0.5))
                                              : it.problem.total * 2 * (test_uniform(&seed) - 0.5);
        assert_ok(context, moei_monotone_plan(&it.problem, &it.rows, &it.columns, shift, &plan));
        double row[MAX_POINTS] = {0}, column[MAX_POINTS] = {0};
        for (int64_t e = 0; e < plan.count; e++) {
            assert_true(plan.edge[e].mass > 0);
            row[plan.edge[e].row] += plan.edge[e].mass;
            column[plan.edge[e].column] += plan.edge[e].mass;
        }
        const double slack = it.problem.whole ? 0 : 16 * DBL_EPSILON * it.problem.total;
        for (int64_t i = 0; i < it.rows.count; i++)
            assert_close(row[it.rows.index[i]], it.rows.mass[i], slack);
        for (int64_t j = 0; j < it.columns.count; j++)
            assert_close(column[it.columns.index[j]], it.columns.mass[j], slack);
        moei_plan_free(&plan);
        drop(&it);
    }
}

static double cost_of(const instance *it, const moei_plan *plan, double p)
{
    double sum = 0;
    for (int64_t e = 0; e < plan->count; e++) /* along the lift, not the shorter way round */
        sum += plan->edge[e].mass * pow(fabs(remainder(it->a.x[plan->edge[e].row], it->a.period[0]) -
                                             remainder(it->b.x[plan->edge[e].column], it->b.period[0]) -
                                             (double)(plan->turn + (e >= plan->wrap)) * it->a.period[0]),
                                        p);
    return sum / plan->total;
}

static void no_shift_is_cheaper(void **state)
{
    (void)state;
    uint64_t seed = 3;
    static instance it;
    for (int trial = 0; trial < 300; trial++) {
        const double p = trial % 5 == 4 ? 4 : trial % 5 == 3 ? 1.25 : 1 + trial % 2;
        make(&seed, trial, true, p, &it);
        moei_plan best = {0};
        assert_ok(context, moei_solve_circle(&it.problem, &best));
        const double least = cost_of(&it, &best, p);
        for (int step = 0; step <= 60; step++) {
            moei_plan plan = {0};
            const double shift = it.problem.total * (step / 30.0 - 1);
            assert_ok(context, moei_monotone_plan(&it.problem, &it.rows, &it.columns, shift, &plan));
            assert_true(least <= cost_of(&it, &plan, p) + 1e-13 * pow(PI, p));
            moei_plan_free(&plan);
        }
        moei_plan_free(&best);
        drop(&it);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ladders_ascend),
        cmocka_unit_test(plans_have_their_marginals),
        cmocka_unit_test(no_shift_is_cheaper),
    };
    return cmocka_run_group_tests(tests, make_context, drop_context);
}
