/* test_transport_monotone.c - plans in one dimension: their marginals, their order, and that no other shift
 * of the circle is cheaper; the search for a shift.
 *
 * SPDX-License-Identifier: MIT */
#include "unit/test_transport_support.h"

#include "transport/ladder.h"
#include "transport/shift.h"

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
    assert_ok(context, moei_problem_open(context, it->first, it->second, p, &it->problem));
    it->rows = it->columns = (moei_ladder){0};
}

static void climb(instance *it)
{
    const moei_problem *problem = &it->problem;
    moei_ladder_free(context->core, &it->rows);
    moei_ladder_free(context->core, &it->columns);
    assert_ok(context, moei_ladder_create(problem, it->first, problem->row_factor, &it->rows));
    assert_ok(context, moei_ladder_create(problem, it->second, problem->column_factor, &it->columns));
}

/* The plan of a shift, with its edges. */
static void plan_of(instance *it, double shift, moei_plan *plan)
{
    *plan = (moei_plan){0};
    climb(it);
    moei_ladder_plan(&it->rows, &it->columns, shift, &it->problem, plan);
    assert_ok(context, moei_plan_spell(context, it->first, it->second, plan));
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
        make(&seed, trial, true, 1, &it);
        double sum = 0;
        climb(&it);
        for (int64_t i = 0; i < it.rows.count; i++) {
            assert_true(i == 0 || it.rows.order.x[i - 1] <= it.rows.order.x[i]);
            assert_close(moei_ladder_level(&it.rows, i), sum, 1e-13 * it.problem.total);
            sum += moei_ladder_mass(&it.rows, i);
            const double level = moei_ladder_level(&it.rows, i);
            assert_true(level <= moei_ladder_level(&it.rows, moei_ladder_find(&it.rows, level) + 1));
        }
        assert_true(moei_ladder_level(&it.rows, it.rows.count) == it.problem.total);
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
        moei_plan plan;
        const double total = it.problem.total, spread = 2 * (test_uniform(&seed) - 0.5);
        plan_of(&it, it.problem.whole ? floor(total * spread) : total * spread, &plan);
        double row[MAX_POINTS] = {0}, column[MAX_POINTS] = {0};
        for (int64_t e = 0; e < plan.count; e++) {
            assert_true(plan.edge[e].mass > 0);
            row[plan.edge[e].row] += plan.edge[e].mass;
            column[plan.edge[e].column] += plan.edge[e].mass;
        }
        const double slack = it.problem.whole ? 0 : 16 * DBL_EPSILON * it.problem.total;
        for (int64_t i = 0; i < it.a.n; i++)
            assert_close(row[i], it.problem.whole ? it.problem.row_factor : it.a.w[i] * it.problem.row_factor,
                         slack);
        for (int64_t j = 0; j < it.b.n; j++)
            assert_close(column[j],
                         it.problem.whole ? it.problem.column_factor : it.b.w[j] * it.problem.column_factor,
                         slack);
        moei_plan_free(&plan);
        drop(&it);
    }
}

static double cost_of(const instance *it, const moei_plan *plan, double p)
{
    double sum = 0;
    for (int64_t e = 0; e < plan->count; e++)
        sum += plan->edge[e].mass *
               (double)reference_cost(&it->a, plan->edge[e].row, &it->b, plan->edge[e].column, p);
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
        assert_ok(context, moei_plan_spell(context, it.first, it.second, &best));
        const double least = cost_of(&it, &best, p);
        for (int step = 0; step <= 24; step++) {
            moei_plan plan;
            plan_of(&it, it.problem.total * (step / 12.0 - 1), &plan);
            assert_true(least <= cost_of(&it, &plan, p) + 1e-13 * pow(PI, p));
            moei_plan_free(&plan);
        }
        moei_plan_free(&best);
        drop(&it);
    }
}

/* A convex cost of a shift with breaks anywhere, or at whole numbers: the search ends at its minimum. */
typedef struct {
    int count, probes;
    double place[40], weight[40];
} valley;

static moei_probe valley_at(void *self, double s)
{
    valley *it = self;
    moei_probe seen = {0, -100, 100};
    it->probes++;
    for (int k = 0; k < it->count; k++) {
        seen.slope += s >= it->place[k] ? it->weight[k] : -it->weight[k];
        seen.before = it->place[k] <= s ? fmax(seen.before, it->place[k]) : seen.before;
        seen.after = it->place[k] > s ? fmin(seen.after, it->place[k]) : seen.after;
    }
    return seen;
}

static void the_search_finds_the_break(void **state)
{
    (void)state;
    uint64_t seed = 4;
    for (int trial = 0; trial < 2000; trial++) {
        valley it = {.count = 1 + trial % 40};
        const bool whole = trial % 2;
        const double total = 10, width = trial % 3 ? 18 : 1e-9;
        moei_meter meter = {context, 0, 0};
        double shift;
        for (int k = 0; k < it.count; k++) {
            const double place = width * (test_uniform(&seed) - 0.5);
            it.place[k] = whole ? floor(place) : place;
            it.weight[k] = exp(trial % 5 * 8 * (test_uniform(&seed) - 0.5));
        }
        const moei_slope slope = {.at = valley_at, .self = &it, .total = total, .whole = whole, .work = 1};
        assert_ok(context, moei_shift_search(&slope, 12 * (test_uniform(&seed) - 0.5),
                                             whole ? 1 : test_uniform(&seed), &meter, &shift, NULL));
        assert_true(it.probes < 150);
        double best = INFINITY, found = 0;
        for (int k = 0; k < it.count; k++) {
            double cost = 0;
            for (int l = 0; l < it.count; l++)
                cost += it.weight[l] * fabs(it.place[k] - it.place[l]);
            best = fmin(best, cost);
        }
        for (int l = 0; l < it.count; l++)
            found += it.weight[l] * fabs(shift - it.place[l]);
        assert_true(found <= best * (1 + 1e-12) + 1e-12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ladders_ascend),
        cmocka_unit_test(plans_have_their_marginals),
        cmocka_unit_test(no_shift_is_cheaper),
        cmocka_unit_test(the_search_finds_the_break),
    };
    return cmocka_run_group_tests(tests, make_context, drop_context);
}
