/* test_transport_problem.c - points reduced exactly, ground costs right, masses balanced.
 *
 * SPDX-License-Identifier: MIT */
#include "unit/test_transport_support.h"

#include "transport/ground.h"

static moei_problem problem_of(const cloud *a, const cloud *b, double p)
{
    moe_measure *first = measure_of(a), *second = measure_of(b);
    moei_problem problem;
    const int32_t status = moei_problem_create(context, first, second, p, &problem);
    moe_measure_destroy(second);
    moe_measure_destroy(first);
    assert_ok(context, status);
    return problem;
}

static void costs_are_right_to_a_few_bits(void **state)
{
    (void)state;
    static cloud a, b;
    uint64_t seed = 1;
    for (int trial = 0; trial < 60; trial++) {
        const double p = trial % 3 ? trial % 3 : 2.5;
        random_cloud(&seed, 1 + trial % 4, 7, (unsigned)trial & 15u, &a);
        random_cloud(&seed, 1 + trial % 4, trial % 2 ? 300 : 3, (unsigned)trial & 15u, &b);
        moei_problem problem = problem_of(&a, &b, p);
        for (int64_t i = 0; i < a.n; i++)
            for (int64_t j = 0; j < b.n; j++) {
                double squares[MOEI_BLOCK];
                moei_ground_squares(&problem, i, j / MOEI_BLOCK, squares);
                const double square = squares[j % MOEI_BLOCK];
                assert_true(square == moei_ground_square(&problem, i, j));
                const double cost = moei_ground_cost(square, p) * exp2(p * problem.exponent);
                const double exact = (double)reference_cost(&a, i, &b, j, p);
                assert_close(cost, exact, 20 * DBL_EPSILON * exact);
                for (double price = 0; price < 1; price += 0.3) {
                    const double value = moei_ground_cost(square, p) + price;
                    assert_true(moei_ground_below(square, p, price, nextafter(value, 9)));
                }
            }
        moei_problem_free(&problem);
    }
}

static void representatives_do_not_matter(void **state)
{
    (void)state;
    static cloud a, b;
    uint64_t seed = 2;
    random_cloud(&seed, 2, 50, 0, &a);
    a.period[0] = a.period[1] = 3;
    b = a;
    for (int64_t i = 0; i < 100; i++) {
        a.x[i] = floor(a.x[i] * 1024) / 1024; /* so that adding periods is exact */
        b.x[i] = a.x[i] + 3 * floor(1000 * (test_uniform(&seed) - 0.5));
    }
    b.period[0] = b.period[1] = 3;
    moei_problem problem = problem_of(&a, &b, 1);
    for (int64_t k = 0; k < 2; k++)
        for (int64_t i = 0; i < 50; i++) {
            const int64_t at = k * problem.rows.stride + i;
            assert_true(fabs(problem.rows.x[at]) <= problem.half[k]);
            assert_true(problem.rows.x[at] == problem.columns.x[at] ||
                        fabs(problem.rows.x[at]) == problem.half[k]);
            assert_true(problem.rows.cut[at] == problem.columns.cut[at]);
        }
    moei_problem_free(&problem);
}

static void uniform_masses_are_whole(void **state)
{
    (void)state;
    static cloud a, b;
    uint64_t seed = 3;
    for (int64_t na = 1; na < 20; na++)
        for (int64_t nb = 1; nb < 20; nb += 3) {
            random_cloud(&seed, 1, na, 0, &a);
            random_cloud(&seed, 1, nb, 0, &b);
            moei_problem problem = problem_of(&a, &b, 1);
            assert_true(problem.whole);
            assert_true(problem.rows.mass[0] * (double)na == problem.total);
            assert_true(problem.columns.mass[0] * (double)nb == problem.total);
            assert_true(na != nb || problem.rows.mass[0] == 1);
            moei_problem_free(&problem);
        }
}

static void points_without_weight_are_left_out(void **state)
{
    (void)state;
    static cloud a, b;
    uint64_t seed = 4;
    random_cloud(&seed, 2, 6, 0, &a);
    random_cloud(&seed, 2, 4, 0, &b);
    const double weights[] = {0, 0.5, 0, 1e-300, 0.5, 0};
    memcpy(a.w, weights, sizeof weights);
    moei_problem problem = problem_of(&a, &b, 1);
    assert_false(problem.whole);
    assert_int_equal(problem.rows.count, 3);
    assert_int_equal(problem.rows.points, 6);
    assert_int_equal(problem.rows.index[0], 1);
    assert_int_equal(problem.rows.index[1], 3);
    assert_int_equal(problem.rows.index[2], 4);
    assert_true(problem.rows.mass[1] == 1e-300);
    moei_problem_free(&problem);
}

/* The diameter is near 1 in the problem's unit. */
static void the_unit_is_near_the_diameter(void **state)
{
    (void)state;
    static cloud a, b;
    uint64_t seed = 5;
    for (int exponent = -900; exponent <= 900; exponent += 100) {
        random_cloud(&seed, 3, 5, 2, &a);
        random_cloud(&seed, 3, 5, 2, &b);
        for (int64_t k = 0; k < 3; k++)
            b.period[k] = a.period[k] = ldexp(a.period[k], exponent);
        for (int64_t i = 0; i < 15; i++) {
            a.x[i] = ldexp(a.x[i], exponent);
            b.x[i] = ldexp(b.x[i], exponent);
        }
        moei_problem problem = problem_of(&a, &b, 1);
        const double scaled = ldexp(problem.half[0], 0);
        assert_true(scaled > 0.1 && scaled < 4);
        moei_problem_free(&problem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(costs_are_right_to_a_few_bits), cmocka_unit_test(representatives_do_not_matter),
        cmocka_unit_test(uniform_masses_are_whole),      cmocka_unit_test(points_without_weight_are_left_out),
        cmocka_unit_test(the_unit_is_near_the_diameter),
    };
    return cmocka_run_group_tests(tests, make_context, drop_context);
}
