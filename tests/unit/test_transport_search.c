/* test_transport_search.c - the solvers for d >= 2 from inside: the tree finds what is best, plans are
 * feasible and complementary, both solvers agree, gaps are kept, a cancel leaves bounds.
 *
 * SPDX-License-Identifier: MIT */
#include "unit/test_transport_support.h"

#include "transport/ground.h"
#include "transport/tree.h"

typedef struct {
    moe_measure *first, *second;
    moei_problem problem;
} instance;

static void make_in(uint64_t *seed, int64_t d, unsigned real, int64_t na, int64_t nb, bool weighted, double p,
                    instance *it)
{
    static cloud a, b;
    static int whole[MAX_POINTS];
    random_cloud(seed, d, na, real, &a);
    random_cloud(seed, d, nb, real, &b);
    if (weighted) {
        random_weights(seed, &a, whole);
        random_weights(seed, &b, whole);
    }
    it->first = measure_of(&a);
    it->second = measure_of(&b);
    assert_ok(context, moei_problem_create(context, it->first, it->second, p, &it->problem));
}

static void make(uint64_t *seed, int64_t na, int64_t nb, bool weighted, double p, instance *it)
{
    make_in(seed, 2, 0, na, nb, weighted, p, it);
}

static void drop(instance *it)
{
    moei_problem_free(&it->problem);
    moe_measure_destroy(it->second);
    moe_measure_destroy(it->first);
}

static double cost(const moei_problem *problem, int64_t i, int64_t j)
{
    return moei_ground_cost(moei_ground_square(problem, i, j), problem->p);
}

/* ---- the tree --------------------------------------------------------------------------------- */

static void build(const moei_problem *problem, moei_tree *tree)
{
    const moei_cloud *columns = &problem->columns;
    int32_t *order = malloc((size_t)columns->count * sizeof *order);
    moei_meter meter = {context, 0, 0};
    assert_ok(context,
              moei_tree_order(&meter, problem->d, columns->count, columns->x, columns->stride, order));
    bool seen[MAX_POINTS] = {false};
    for (int64_t t = 0; t < columns->count; t++) {
        assert_false(seen[order[t]]);
        seen[order[t]] = true;
    }
    assert_true(moei_tree_create(context->core, problem->d, columns->count, problem->half, columns->x,
                                 columns->stride, order, tree));
    free(order);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Searches against sorted values of all places, with prices that rise, slopes that are right or wrong, and
 * slack. */
static void searches_find_the_best_while_prices_rise(void **state)
{
    (void)state;
    static double values[MAX_POINTS], gradient[MAX_POINTS * MAX_D];
    instance in;
    uint64_t seed = 1;
    const int64_t sizes[] = {1, 2, 7, 8, 9, 64, 65, 200, 511, 512};
    for (int s = 0; s < 200; s++) {
        const int64_t n = sizes[s % 10], d = 2 + s / 10 % 5;
        const double p = s % 4 == 3 ? 2.5 : 1 + s % 2;
        moei_tree tree;
        moei_found found[13];
        make_in(&seed, d, (unsigned)(s / 3), 6, n, false, p, &in);
        build(&in.problem, &tree);
        for (int64_t j = 0; j < n; j++) {
            tree.price[j] = test_uniform(&seed);
            for (int64_t k = 0; k < d; k++)
                gradient[j * d + k] = s % 3 ? 3 * test_uniform(&seed) - 1.5 : 0;
        }
        if (s % 2)
            moei_tree_slope(&tree, gradient);
        else
            moei_tree_update(&tree);
        for (int64_t i = 0; i < 6; i++) {
            double x[MAX_D], outside;
            for (int64_t k = 0; k < d; k++)
                x[k] = in.problem.rows.x[k * in.problem.rows.stride + i];
            for (int64_t j = 0; j < n; j++)
                values[j] = moei_tree_cost(&tree, j, x, p) + tree.price[j];
            qsort(values, (size_t)n, sizeof *values, ascending);
            const double slack = i % 2 ? 0.01 : 0, bound = i % 3 ? (double)INFINITY : values[n / 2];
            const int64_t count = moei_tree_search(&tree, x, p, 13, bound, slack, found, &outside);
            for (int64_t t = 0; t < count; t++) {
                assert_true(found[t].value >= values[t] && found[t].value <= values[t] + slack);
                assert_true(found[t].value < bound && (t == 0 || found[t].value >= found[t - 1].value));
            }
            if (slack == 0 && isinf(bound))
                assert_int_equal(count, n < 12 ? n : 12);
            for (int64_t j = 0; j < n; j++) {
                bool listed = false;
                for (int64_t t = 0; t < count; t++)
                    listed = listed || found[t].place == j;
                const double value = moei_tree_cost(&tree, j, x, p) + tree.price[j];
                assert_true(listed || value >= outside - 1e-14);
            }
            for (int64_t j = 0; j < n; j++)
                tree.price[j] += 0.1 * test_uniform(&seed);
        }
        moei_tree_free(&tree);
        drop(&in);
    }
}

/* Places are taken out and put back at other prices: a search finds the best of those that are in. */
static void searches_pass_over_what_is_taken_out(void **state)
{
    (void)state;
    instance in;
    uint64_t seed = 23;
    for (int s = 0; s < 40; s++) {
        const int64_t n = 1 + s * 12;
        moei_tree tree;
        bool out[MAX_POINTS] = {false};
        make_in(&seed, 2 + s % 3, (unsigned)s, 1, n, false, 2, &in);
        build(&in.problem, &tree);
        for (int step = 0; step < 200; step++) {
            const int64_t j = (int64_t)(test_uniform(&seed) * (double)n);
            if (out[j])
                moei_tree_put(&tree, j, test_uniform(&seed));
            else
                moei_tree_remove(&tree, j);
            out[j] = !out[j];
            double x[MAX_D], outside, best = INFINITY;
            moei_found found[2];
            for (int64_t k = 0; k < in.problem.d; k++)
                x[k] = in.problem.rows.x[k * in.problem.rows.stride];
            for (int64_t c = 0; c < n; c++)
                if (!out[c])
                    best = fmin(best, moei_tree_cost(&tree, c, x, 2) + tree.price[c]);
            const int64_t count = moei_tree_search(&tree, x, 2, 2, INFINITY, 0, found, &outside);
            assert_int_equal(count, isfinite(best));
            if (count > 0)
                assert_true(found[0].value == best);
        }
        moei_tree_free(&tree);
        drop(&in);
    }
}

/* ---- plans ------------------------------------------------------------------------------------ */

static int32_t solve(const moei_problem *problem, moei_plan *plan)
{
    const bool equal = problem->whole && problem->rows.count == problem->columns.count;
    return (equal ? moei_solve_paths : moei_solve_flow)(problem, plan);
}

/* Plan and prices of the solver: marginals, and c + price = its row's least wherever something is shipped. */
static void plans_are_feasible_and_complementary(void **state)
{
    (void)state;
    instance in;
    uint64_t seed = 3;
    for (int trial = 0; trial < 60; trial++) {
        make(&seed, 1 + trial * 3, trial % 3 ? 1 + trial * 3 : 50, trial % 2, trial % 4 < 2 ? 1 : 2, &in);
        moei_plan plan = {0};
        assert_ok(context, solve(&in.problem, &plan));
        double row[MAX_POINTS] = {0}, column[MAX_POINTS] = {0};
        const int64_t *index = in.problem.rows.index;
        for (int64_t e = 0; e < plan.count; e++) {
            row[plan.edge[e].row] += plan.edge[e].mass;
            column[plan.edge[e].column] += plan.edge[e].mass;
        }
        const double slack = in.problem.whole ? 0 : 32 * DBL_EPSILON * plan.total;
        for (int64_t i = 0; i < in.problem.rows.count; i++)
            assert_close(row[index[i]], in.problem.rows.mass[i], slack);
        for (int64_t j = 0; j < in.problem.columns.count; j++)
            assert_close(column[in.problem.columns.index[j]], in.problem.columns.mass[j], slack);
        for (int64_t i = 0; i < in.problem.rows.count; i++) {
            double least = INFINITY, most = 0;
            for (int64_t j = 0; j < in.problem.columns.count; j++)
                least = fmin(least, cost(&in.problem, i, j) + plan.price[in.problem.columns.index[j]]);
            for (int64_t e = 0; e < plan.count; e++)
                for (int64_t j = 0; plan.edge[e].row == index[i] && j < in.problem.columns.count; j++)
                    if (in.problem.columns.index[j] == plan.edge[e].column)
                        most = fmax(most, cost(&in.problem, i, j) + plan.price[plan.edge[e].column]);
            assert_close(most, least, 1e-13);
        }
        moei_plan_free(&plan);
        drop(&in);
    }
}

/* A domain of two points: as many shipments as one column can have, and rows that need all columns. */
static void few_columns_and_many_rows(void **state)
{
    (void)state;
    instance in;
    uint64_t seed = 4;
    for (int trial = 0; trial < 8; trial++) {
        make(&seed, trial % 2 ? 500 : 1 + trial / 2, trial % 2 ? 1 + trial / 2 : 500, trial > 3, 1, &in);
        moei_plan plan = {0};
        moei_bounds bounds;
        assert_ok(context, solve(&in.problem, &plan));
        assert_ok(context, moei_certify_prices(context, in.first, in.second, 1, &plan, &bounds));
        assert_true(bounds.tight);
        moei_plan_free(&plan);
        drop(&in);
    }
}

/* Enough points for clusters, listings that are used up, and generated columns. */
static void both_solvers_agree_beyond_a_few_points(void **state)
{
    (void)state;
    instance in;
    uint64_t seed = 5;
    for (int trial = 0; trial < 24; trial++) {
        const double p = trial % 3 == 2 ? 1.5 : 1 + trial % 3;
        moei_plan paths = {0}, flow = {0};
        moei_bounds one, other;
        make_in(&seed, 2 + trial % 4, (unsigned)trial, 480 + trial, 480 + trial, false, p, &in);
        assert_ok(context, moei_solve_paths(&in.problem, &paths));
        assert_ok(context, moei_certify_prices(context, in.first, in.second, p, &paths, &one));
        assert_ok(context, moei_solve_flow(&in.problem, &flow));
        assert_ok(context, moei_certify_prices(context, in.first, in.second, p, &flow, &other));
        assert_true(one.tight && other.tight && one.lower <= other.upper && other.lower <= one.upper);
        moei_plan_free(&flow);
        moei_plan_free(&paths);
        drop(&in);
    }
}

static void a_gap_is_kept(void **state)
{
    (void)state;
    instance in;
    uint64_t seed = 6;
    for (int trial = 0; trial < 24; trial++) {
        const double p = 1 + trial % 2;
        moei_plan plan = {0};
        moei_bounds bounds;
        make_in(&seed, 2 + trial % 3, (unsigned)trial, 400, trial % 4 < 2 ? 400 : 300, false, p, &in);
        in.problem.gap = trial % 3 == 0 ? 0.1 : trial % 3 == 1 ? 0.01 : 1e-5;
        assert_ok(context, solve(&in.problem, &plan));
        assert_ok(context, moei_certify_prices(context, in.first, in.second, p, &plan, &bounds));
        assert_true(bounds.upper <= (1 + in.problem.gap) * bounds.lower);
        moei_plan_free(&plan);
        drop(&in);
    }
}

static int32_t cancel_after(void *self, const char *what, double part)
{
    int *left = self;
    (void)what;
    (void)part;
    if ((*left)-- == 0)
        moe_context_cancel(context);
    return 0;
}

static void a_cancel_leaves_bounds(void **state)
{
    (void)state;
    instance in;
    uint64_t seed = 7;
    for (int trial = 0; trial < 12; trial++) {
        double lower = -1, upper = -1;
        int left = 1 + trial / 2;
        make_in(&seed, 2, 0, 500, trial % 2 ? 500 : 400, false, 1, &in);
        assert_ok(context, moe_context_set_progress(context, cancel_after, &left));
        const int32_t status = moe_measure_distance(context, in.first, in.second, 1, &lower, &upper);
        assert_ok(context, moe_context_set_progress(context, NULL, NULL));
        assert_true(status == MOE_OK || status == MOE_ERROR_CANCELLED);
        assert_true(0 <= lower && lower <= upper);
        drop(&in);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(searches_find_the_best_while_prices_rise),
        cmocka_unit_test(searches_pass_over_what_is_taken_out),
        cmocka_unit_test(plans_are_feasible_and_complementary),
        cmocka_unit_test(few_columns_and_many_rows),
        cmocka_unit_test(both_solvers_agree_beyond_a_few_points),
        cmocka_unit_test(a_gap_is_kept),
        cmocka_unit_test(a_cancel_leaves_bounds),
    };
    return cmocka_run_group_tests(tests, make_context, drop_context);
}
