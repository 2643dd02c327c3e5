/* test_transport_degenerate.c - many points of the kinds on which searches and simplex methods go wrong:
 * equal, nearly equal, on the cut, of hardly any mass, many to one. Both solvers, both certificates.
 *
 * SPDX-License-Identifier: MIT */
#include "unit/test_transport_support.h"

#include "transport/certify_near.h"

enum { KINDS = 7, SOME = 180, MANY = 2100 };
static const double circle = 2 * PI;

typedef struct {
    cloud a, b;
    moe_measure *first, *second;
    moei_problem problem;
} instance;

/* Coordinate of one point. Kinds 0 and 6 are random; more than ALL_PAIRS pairs have generated arcs. */
static double coordinate(int kind, int64_t i, uint64_t *seed)
{
    const double u = test_uniform(seed);
    switch (kind) {
    case 1: /* duplicates: 5 values */
        return floor(5 * u);
    case 2: /* clusters */
        return 1 + (double)(i % 3) + 1e-12 * u;
    case 3: /* the cut, its two sides and the middle */
        return (u < 0.3 ? -0.5 : u < 0.6 ? 0.5 : u < 0.8 ? 0 : 0.25) * circle;
    case 4: /* a grid */
        return floor(16 * u) / 16 * circle;
    case 5: /* across the cut by hardly anything */
        return circle / 2 + (u - 0.5) * 1e-13;
    default:
        return circle * u;
    }
}

static void fill(int kind, int64_t d, int64_t n, unsigned real, bool weighted, uint64_t *seed, cloud *out)
{
    out->d = d;
    out->n = n;
    for (int64_t k = 0; k < d; k++)
        out->period[k] = real >> k & 1 ? (double)INFINITY : circle;
    double total = 0;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < d; k++)
            out->x[i * d + k] = coordinate(kind, i, seed);
        const double w = test_uniform(seed);
        out->w[i] = !weighted ? 1 : kind < 6 ? w : i % 3 == 0 ? 1e-300 : i % 3 == 1 ? 0 : w;
        total += out->w[i];
    }
    for (int64_t i = 0; i < n; i++)
        out->w[i] /= total;
}

static void make(int trial, int64_t na, int64_t nb, bool weighted, double p, instance *it)
{
    uint64_t seed = (uint64_t)trial;
    fill(trial % KINDS, 2 + trial % 2, na, (unsigned)trial / 5, weighted, &seed, &it->a);
    fill(trial % KINDS, 2 + trial % 2, nb, (unsigned)trial / 5, weighted, &seed, &it->b);
    it->first = measure_of(&it->a);
    it->second = measure_of(&it->b);
    assert_ok(context, moei_problem_create(context, it->first, it->second, p, &it->problem));
}

static void drop(instance *it)
{
    moei_problem_free(&it->problem);
    moe_measure_destroy(it->second);
    moe_measure_destroy(it->first);
}

/* min_j c[i,j] (1 - kappa) + price[j] - middle, by looking at all. */
static double least_of_all(const moei_case *at, double middle, const double *x)
{
    double least = INFINITY;
    for (int64_t j = 0; j < at->b->count; j++) {
        double square = 0;
        for (int64_t k = 0; k < at->b->d; k++) {
            const double y = moei_case_coordinate(at, at->b, j, k), half = at->b->period[k] / 2 * at->unit;
            const double way = fmin(fabs(x[k] - y), (half - fabs(x[k])) + (half - fabs(y)));
            square += way * way;
        }
        if (at->b->weights[j] > 0)
            least = fmin(least, moei_case_cost(at, square) * (1 - at->kappa) + (at->plan->price[j] - middle));
    }
    return least;
}

/* Bit for bit, so that the certificate does not depend on which of the two it takes. */
static void assert_near_is_all(const instance *it, double p, const moei_plan *plan, double middle)
{
    moei_case at;
    moei_near near = {0};
    assert_ok(context, moei_case_open(context, it->first, it->second, p, plan, &at));
    assert_ok(context, moei_near_create(&at, middle, &near));
    for (int64_t i = 0; i < it->a.n; i++) {
        double x[MAX_D];
        for (int64_t k = 0; k < it->a.d; k++)
            x[k] = moei_case_coordinate(&at, it->first, i, k);
        const double least = least_of_all(&at, middle, x);
        assert_true(moei_near_least(&near, x, INFINITY) == least);
        assert_true(moei_near_least(&near, x, nextafter(least, INFINITY)) == least);
    }
    moei_near_free(context->core, &near);
}

/* Edges from each column to any row, so that prices are taken to rise in any direction. */
static int64_t any_edges(uint64_t *seed, const instance *it, moei_edge *edge)
{
    int64_t count = 0;
    for (int64_t j = 0; j < it->b.n; j++) {
        const int64_t i = (int64_t)(test_uniform(seed) * (double)it->a.n);
        if (it->a.w[i] > 0 && it->b.w[j] > 0)
            edge[count++] = (moei_edge){i, j, 1};
    }
    return count;
}

/* Prices of any kind: even, wild, tiny, steep enough to turn the order of the columns round. */
static void the_near_search_misses_nothing(void **state)
{
    (void)state;
    static instance it;
    static double price[MAX_POINTS];
    for (int trial = 0; trial < 84; trial++) {
        const double p = trial % 5 == 4 ? 2.5 : 1 + trial % 2;
        uint64_t seed = 1000 + (uint64_t)trial;
        static moei_edge edge[MAX_POINTS];
        moei_plan plan = {.core = context->core, .total = 1, .edge = edge, .price = price};
        make(trial, 40, 1 + trial * 3, trial % 4 > 1, p, &it);
        plan.count = any_edges(&seed, &it, edge);
        plan.exponent = it.problem.exponent;
        for (int64_t j = 0; j < it.b.n; j++)
            price[j] = trial % 4 == 0   ? 0
                       : trial % 4 == 1 ? test_uniform(&seed)
                       : trial % 4 == 2 ? 1e-300 * test_uniform(&seed)
                                        : 1e3 * it.b.x[j * it.b.d];
        assert_near_is_all(&it, p, &plan, trial % 3 ? 0 : price[0]);
        drop(&it);
    }
}

static void certified(const instance *it, double p, const moei_plan *plan, moei_bounds *bounds)
{
    assert_ok(context, moei_certify_prices(context, it->first, it->second, p, plan, bounds));
    assert_true(bounds->tight);
}

static void both_solvers_agree(void **state)
{
    (void)state;
    static instance it;
    for (int trial = 0; trial < 6 * KINDS; trial++) {
        const double p = 1 + trial % 2;
        moei_plan paths = {0}, flow = {0};
        moei_bounds one, other;
        make(trial, SOME, SOME, false, p, &it);
        assert_ok(context, moei_solve_paths(&it.problem, &paths));
        assert_ok(context, moei_solve_flow(&it.problem, &flow));
        certified(&it, p, &paths, &one);
        certified(&it, p, &flow, &other);
        assert_true(one.lower <= other.upper && other.lower <= one.upper);
        assert_near_is_all(&it, p, &paths, 0);
        assert_near_is_all(&it, p, &flow, flow.price[0]);
        moei_plan_free(&flow);
        moei_plan_free(&paths);
        drop(&it);
    }
}

/* Uneven numbers, weights of all sizes, many to one. */
static void uneven_masses_are_certified(void **state)
{
    (void)state;
    static instance it;
    for (int trial = 0; trial < 8 * KINDS; trial++) {
        const double p = trial % 3 == 2 ? 3 : 1 + trial % 2;
        moei_plan flow = {0};
        moei_bounds bounds;
        make(trial, trial % 4 ? SOME : 1, trial % 4 == 1 ? 1 : SOME - trial, trial % 3 > 0, p, &it);
        assert_ok(context, moei_solve_flow(&it.problem, &flow));
        certified(&it, p, &flow, &bounds);
        assert_near_is_all(&it, p, &flow, 0);
        moei_plan_free(&flow);
        drop(&it);
    }
}

/* One point against many: the distance is a sum. */
static void many_to_one_is_a_sum(void **state)
{
    (void)state;
    static instance it;
    for (int trial = 0; trial < 2 * KINDS; trial++) {
        const double p = 1 + trial % 2;
        make(trial, 1, MAX_POINTS, trial >= KINDS, p, &it);
        long double sum = 0, total = 0;
        for (int64_t j = 0; j < it.b.n; j++) {
            sum += it.b.w[j] * reference_cost(&it.a, 0, &it.b, j, p);
            total += it.b.w[j];
        }
        assert_contains(distance(&it.a, &it.b, p), (double)powl(sum / total, 1 / (long double)p),
                        diameter(&it.a, &it.b), p);
        drop(&it);
    }
}

/* So many pairs that the certificate searches by itself. */
static void many_points_are_certified(void **state)
{
    (void)state;
    static double x[2 * MANY], y[2 * MANY], w[MANY];
    const double period[2] = {circle, circle};
    for (int kind = 1; kind < KINDS; kind++) {
        uint64_t seed = (uint64_t)kind;
        double lower, upper, total = 0;
        moe_measure *a = NULL, *b = NULL;
        for (int64_t t = 0; t < MANY; t++)
            total += w[t] = kind % 2 ? 1 : t % 2 ? 1e-300 : test_uniform(&seed);
        for (int64_t t = 0; t < 2 * MANY; t++) {
            w[t / 2] /= t % 2 ? 1 : total;
            x[t] = coordinate(kind, t / 2, &seed);
            y[t] = coordinate(kind, t / 2, &seed);
        }
        assert_ok(context, moe_measure_create(context, 2, period, MANY, x, w, &a));
        assert_ok(context, moe_measure_create(context, 2, period, MANY, y, w, &b));
        assert_ok(context, moe_measure_distance(context, a, b, 2, &lower, &upper));
        assert_true(0 <= lower && lower <= upper);
        moe_measure_destroy(b);
        moe_measure_destroy(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_near_search_misses_nothing), cmocka_unit_test(both_solvers_agree),
        cmocka_unit_test(uneven_masses_are_certified),    cmocka_unit_test(many_to_one_is_a_sum),
        cmocka_unit_test(many_points_are_certified),
    };
    return cmocka_run_group_tests(tests, make_context, drop_context);
}
