/* test_transport_search.c - the path solver from inside: lists of candidates keep their promise while prices
 * rise, shipments keep their books, and the end is feasible and complementary.
 *
 * SPDX-License-Identifier: MIT */
#include "unit/test_transport_support.h"

#include "transport/ground.h"
#include "transport/search.h"

typedef struct {
    moe_measure *first, *second;
    moei_problem problem;
} instance;

static void make(uint64_t *seed, int64_t na, int64_t nb, bool weighted, double p, instance *it)
{
    static cloud a, b;
    static int whole[MAX_POINTS];
    random_cloud(seed, 2, na, 0, &a);
    random_cloud(seed, 2, nb, 0, &b);
    if (weighted) {
        random_weights(seed, &a, whole);
        random_weights(seed, &b, whole);
    }
    it->first = measure_of(&a);
    it->second = measure_of(&b);
    assert_ok(context, moei_problem_create(context, it->first, it->second, p, &it->problem));
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

/* A bare search with room for one row's list. */
typedef struct {
    moei_search search;
    moei_row row[MAX_POINTS];
    double price[2 * MAX_POINTS], supply[MAX_POINTS], demand[MAX_POINTS];
    int64_t first[MAX_POINTS];
} bare;

static void prepare(const moei_problem *problem, bare *it)
{
    memset(it, 0, sizeof *it);
    it->search.problem = problem;
    it->search.core = context->core;
    it->search.rows = problem->rows.count;
    it->search.columns = problem->columns.count;
    it->search.row = it->row;
    it->search.price = it->price;
    it->search.supply = it->supply;
    it->search.demand = it->demand;
    it->search.first = it->first;
    it->search.unused = -1;
    it->search.meter.context = context;
    for (int64_t j = problem->columns.count; j < problem->columns.stride; j++)
        it->price[j] = INFINITY;
    for (int64_t j = 0; j < problem->columns.count; j++)
        it->first[j] = -1;
    memcpy(it->supply, problem->rows.mass, (size_t)problem->rows.count * sizeof(double));
    memcpy(it->demand, problem->columns.mass, (size_t)problem->columns.count * sizeof(double));
}

static void choices_are_the_two_best_while_prices_rise(void **state)
{
    (void)state;
    static bare it;
    instance in;
    uint64_t seed = 1;
    const int64_t sizes[] = {1, 2, 15, 16, 17, 18, 255, 256, 257, 500};
    for (int s = 0; s < 10; s++) {
        const int64_t n = sizes[s];
        make(&seed, 5, n, false, 1 + s % 2, &in);
        prepare(&in.problem, &it);
        for (int step = 0; step < 200; step++) {
            const int64_t i = step % 5;
            moei_choice choice;
            assert_ok(context, moei_candidates_choose(&it.search, i, &choice));
            double best = INFINITY, second = INFINITY;
            for (int64_t j = 0; j < n; j++) {
                const double value = cost(&in.problem, i, j) + it.price[j];
                second = value < best ? best : fmin(second, value);
                best = fmin(best, value);
            }
            assert_true(choice.best == best && choice.second == second);
            for (int64_t j = 0; j < n; j++) {
                bool listed = false;
                for (int64_t t = 0; t < it.row[i].count; t++)
                    listed = listed || it.row[i].list[t].column == j;
                assert_true(listed || cost(&in.problem, i, j) + it.price[j] >= it.row[i].outside);
            }
            it.price[choice.column] += 0.2 * test_uniform(&seed);
        }
        for (int64_t i = 0; i < 5; i++)
            moei_free(context->core, it.row[i].list);
        drop(&in);
    }
}

static void shipments_keep_their_books(void **state)
{
    (void)state;
    static bare it;
    static double table[20][20];
    instance in;
    uint64_t seed = 2;
    make(&seed, 20, 20, true, 1, &in);
    prepare(&in.problem, &it);
    memset(table, 0, sizeof table);
    for (int step = 0; step < 5000; step++) {
        const int64_t i = (int64_t)(test_uniform(&seed) * (double)it.search.rows);
        const int64_t j = (int64_t)(test_uniform(&seed) * (double)it.search.columns);
        const double mass = fmin(it.supply[i], it.demand[j]) * (step % 2 ? 1 : test_uniform(&seed));
        if (mass > 0) {
            assert_ok(context, moei_ship(&it.search, i, j, mass));
            table[i][j] += mass;
        } else if (it.first[j] >= 0) {
            moei_shipment *shipment = &it.search.shipment[it.first[j]];
            const double back = step % 3 ? shipment->mass : shipment->mass / 2;
            table[shipment->row][j] -= back;
            moei_unship(&it.search, j, shipment, back);
            moei_sweep_shipments(&it.search, j);
        }
    }
    for (int64_t j = 0; j < it.search.columns; j++) {
        double received = 0;
        for (int64_t f = it.first[j]; f >= 0; f = it.search.shipment[f].next) {
            const moei_shipment *shipment = &it.search.shipment[f];
            assert_close(shipment->mass, table[shipment->row][j], 1e-13);
            assert_true(shipment->mass > 0);
            received += shipment->mass;
        }
        assert_close(received + it.demand[j], in.problem.columns.mass[j], 1e-13);
    }
    moei_free(context->core, it.search.shipment);
    drop(&in);
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
        assert_ok(context, moei_solve_paths(&in.problem, &plan));
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
        assert_ok(context, moei_solve_paths(&in.problem, &plan));
        assert_ok(context, moei_certify_prices(context, in.first, in.second, 1, &plan, &bounds));
        assert_true(bounds.tight);
        moei_plan_free(&plan);
        drop(&in);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choices_are_the_two_best_while_prices_rise),
        cmocka_unit_test(shipments_keep_their_books),
        cmocka_unit_test(plans_are_feasible_and_complementary),
        cmocka_unit_test(few_columns_and_many_rows),
    };
    return cmocka_run_group_tests(tests, make_context, drop_context);
}
