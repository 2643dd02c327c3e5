/* test_transport_line.c - the order of points whatever their distribution, and W_p in one dimension over many
 * random instances: axioms, invariances, quadrature, degenerate measures, and cases that other libraries were
 * seen to get wrong.
 *
 * SPDX-License-Identifier: MIT */
#include "unit/test_transport_support.h"

#include "transport/order.h"

#include <stdbool.h>

/* ---- the order of points ---------------------------------------------------------------------- */

enum { MOST = 6000 };

static double odd_point(uint64_t *seed, int kind, int64_t i)
{
    const double u = test_uniform(seed);
    switch (kind) {
    case 0:
        return u;
    case 1:
        return floor(4 * u); /* ties */
    case 2:
        return ldexp(u, (int)(-600 * test_uniform(seed))); /* all in the lowest of the keys */
    case 3:
        return i == 0 ? 1e300 : u; /* an outlier: all keys but one are equal */
    case 4:
        return 1 + 1e-12 * u + floor(3 * test_uniform(seed)); /* clusters */
    case 5:
        return i % 2 ? 0.0 : -0.0;
    case 6:
        return (double)(MOST - i); /* descending */
    default:
        return 3;
    }
}

static void orders_any_distribution(void **state)
{
    (void)state;
    static double x[MOST], w[MOST];
    static int seen[MOST];
    uint64_t seed = 1;
    for (int kind = 0; kind < 8; kind++)
        for (int circle = 0; circle < 2; circle++)
            for (int64_t n = 1; n <= MOST; n = 3 * n + 1) {
                const double period = circle ? 5 : (double)INFINITY;
                moe_measure *measure = NULL;
                moei_order order, all;
                double sum = 0;
                for (int64_t i = 0; i < n; i++) {
                    x[i] = odd_point(&seed, circle && kind == 3 ? 4 : kind, i);
                    sum += w[i] = i % 5 == 2 ? 0 : 1;
                }
                for (int64_t i = 0; i < n; i++)
                    w[i] /= sum;
                assert_ok(context, moe_measure_create(context, 1, &period, n, x, w, &measure));
                assert_ok(context, moei_order_create(context, measure, 0.5, false, &order));
                assert_ok(context, moei_order_create(context, measure, 0.5, true, &all));
                assert_int_equal(order.count, n - (n + 2) / 5);
                assert_int_equal(all.count, n);
                memset(seen, 0, sizeof seen);
                for (int64_t i = 0; i < n; i++)
                    assert_int_equal(seen[all.index[i]]++, 0);
                for (int64_t i = 0; i < order.count; i++) {
                    const int64_t at = order.index[i];
                    assert_true(at % 5 != 2 && seen[at]++ == 1);
                    assert_true(circle ? order.x[i] >= -1.25 && order.x[i] < 1.25
                                       : order.x[i] == 0.5 * x[at]);
                    assert_true(
                        i == 0 || order.x[i - 1] < order.x[i] ||
                        (order.x[i - 1] == order.x[i] &&
                         (order.index[i - 1] < at || signbit(x[order.index[i - 1]]) != signbit(x[at]))));
                }
                moei_order_free(context->core, &order);
                moei_order_free(context->core, &all);
                moe_measure_destroy(measure);
            }
}

/* ---- properties ------------------------------------------------------------------------------- */

static const double powers[] = {1, 2, 1, 2, 1.5, 3};

/* Spread, in few places, in clusters 1e-12 wide, or at the cut and opposite; weights equal, random, 0, or
 * from 1 to 1e-300. */
static void odd_cloud(uint64_t *seed, int kind, int64_t n, bool line, cloud *out)
{
    double sum = 0;
    random_cloud(seed, 1, n, line, out);
    const double period = out->period[0];
    for (int64_t i = 0; i < n; i++) {
        if (kind % 4 == 1)
            out->x[i] = floor(3 * test_uniform(seed)) / 3;
        if (kind % 4 == 2)
            out->x[i] = floor(3 * test_uniform(seed)) + 1e-12 * test_uniform(seed);
        if (kind % 4 == 3)
            out->x[i] = (double)(i % 3 - 1) * (line ? 1 : period / 2);
        const double u = test_uniform(seed);
        const int heavy = kind / 4 % 4;
        sum += out->w[i] = heavy == 0   ? 1
                           : heavy == 1 ? u
                           : heavy == 2 ? (i && u < 0.5 ? 0 : 1)
                                        : (i ? exp(-690 * u) : 1);
    }
    for (int64_t i = 0; i < n; i++)
        out->w[i] /= sum;
}

static void make_pair(uint64_t *seed, int trial, cloud *a, cloud *b)
{
    const bool line = trial % 3 == 0;
    const int64_t n = trial % 7 ? 1 + (int64_t)(60 * test_uniform(seed)) : 1;
    odd_cloud(seed, trial / 2, n, line, a);
    odd_cloud(seed, trial / 5, trial % 4 ? n : 1 + (int64_t)(60 * test_uniform(seed)), line, b);
}

static void turn(cloud *a, double by)
{
    for (int64_t i = 0; i < a->n; i++)
        a->x[i] += by;
}

static void reverse(cloud *a)
{
    for (int64_t i = 0, j = a->n - 1; i < j; i++, j--) {
        const double x = a->x[i], w = a->w[i];
        a->x[i] = a->x[j], a->w[i] = a->w[j];
        a->x[j] = x, a->w[j] = w;
    }
}

static void is_a_metric(void **state)
{
    (void)state;
    static cloud a, b, c;
    uint64_t seed = 2;
    for (int trial = 0; trial < 600; trial++) {
        const double p = powers[trial % 6];
        make_pair(&seed, trial, &a, &b);
        odd_cloud(&seed, trial / 3, 1 + trial % 40, trial % 3 == 0, &c);
        const interval ab = distance(&a, &b, p), ba = distance(&b, &a, p), aa = distance(&a, &a, p);
        const interval ac = distance(&a, &c, p), cb = distance(&c, &b, p);
        assert_true(aa.lower == 0 && aa.upper == 0);
        assert_true(ab.lower <= ba.upper && ba.lower <= ab.upper);
        assert_true(ab.lower <= (ac.upper + cb.upper) * (1 + 1e-15));
        assert_true(distance(&a, &b, 1).lower <= distance(&a, &b, 2).upper);
    }
}

/* POT's issue 738: costs on the circle that changed with a rotation of both measures. */
static void is_invariant(void **state)
{
    (void)state;
    static cloud a, b;
    uint64_t seed = 3;
    for (int trial = 0; trial < 600; trial++) {
        const double p = powers[trial % 6], by = 8 * (test_uniform(&seed) - 0.5);
        make_pair(&seed, trial, &a, &b);
        const double before = pow(middle(distance(&a, &b, p)), p), scale = pow(diameter(&a, &b) + 8, p);
        reverse(&a);
        assert_close(pow(middle(distance(&a, &b, p)), p), before, 1e-13 * scale);
        turn(&a, by), turn(&b, by);
        assert_close(pow(middle(distance(&a, &b, p)), p), before, 4e-14 * p * scale);
        for (int64_t i = 0; i < a.n; i++)
            a.x[i] = -a.x[i];
        for (int64_t j = 0; j < b.n; j++)
            b.x[j] = -b.x[j];
        assert_close(pow(middle(distance(&a, &b, p)), p), before, 4e-14 * p * scale);
    }
}

/* Splitting a point in two of half the weight, or adding some of weight 0, changes nothing. */
static void does_not_see_how_mass_is_split(void **state)
{
    (void)state;
    static cloud a, b, c;
    uint64_t seed = 4;
    for (int trial = 0; trial < 300; trial++) {
        const double p = powers[trial % 6];
        make_pair(&seed, trial, &a, &b);
        c = a;
        for (int64_t i = 0; i < a.n; i++) {
            c.x[a.n + i] = a.x[i];
            c.w[i] = a.w[i] / 2;
            c.w[a.n + i] = a.w[i] / 2;
        }
        c.n = 2 * a.n;
        const interval one = distance(&a, &b, p), two = distance(&c, &b, p);
        const double slack = 1e-14 * pow(diameter(&a, &b), p);
        assert_true(pow(one.lower, p) <= pow(two.upper, p) + slack &&
                    pow(two.lower, p) <= pow(one.upper, p) + slack);
    }
}

/* W_1 on the circle is min_s int |F - G - s|, a weighted median of levels (Cabrelli & Molter 1995): in long
 * double, by trying each level. */
static long double median_formula(const cloud *a, const cloud *b)
{
    static long double place[2 * MAX_POINTS], jump[2 * MAX_POINTS], level[2 * MAX_POINTS];
    const int64_t n = a->n + b->n;
    const long double period = a->period[0];
    for (int64_t i = 0; i < n; i++) {
        long double x = fmodl(i < a->n ? a->x[i] : b->x[i - a->n], period);
        x += x < 0 ? period : 0;
        const long double w = i < a->n ? a->w[i] : -b->w[i - a->n];
        int64_t k = i;
        for (; k > 0 && place[k - 1] > x; k--)
            place[k] = place[k - 1], jump[k] = jump[k - 1];
        place[k] = x, jump[k] = w;
    }
    for (int64_t k = 0; k < n; k++)
        level[k] = jump[k] + (k ? level[k - 1] : 0);
    long double best = INFINITY;
    for (int64_t s = 0; s < n; s++) {
        long double sum = 0;
        for (int64_t k = 0; k < n; k++)
            sum += fabsl(level[k] - level[s]) *
                   (k + 1 < n ? place[k + 1] - place[k] : place[0] + period - place[k]);
        best = fminl(best, sum);
    }
    return best;
}

static void agrees_with_the_median_of_levels(void **state)
{
    (void)state;
    static cloud a, b;
    uint64_t seed = 5;
    for (int trial = 0; trial < 300; trial++) {
        odd_cloud(&seed, trial / 2, 1 + trial % 70, false, &a);
        odd_cloud(&seed, trial / 5, 1 + trial % 50, false, &b);
        assert_close(middle(distance(&a, &b, 1)), (double)median_formula(&a, &b), 2e-14);
    }
}

/* E W_2^2 = pi^2 / (3 N) for N uniform points of a circle against the uniform law, here 40000 equispaced ones
 * at 2 pi / (40000 sqrt 12) = 4.5e-5 from it. */
static void reproduces_the_mean_on_the_circle(void **state)
{
    (void)state;
    enum { NODES = 40000, DRAWS = 150 };
    const double period = 2 * PI;
    const int64_t nodes = NODES;
    moe_law *law = NULL;
    moe_measure *uniform = NULL;
    assert_ok(context, moe_law_create(context, 1, &period, &law));
    assert_ok(context, moe_measure_tensor(context, law, &nodes, &uniform));
    for (int64_t n = 10; n <= 1000; n *= 10) {
        double sum = 0, squares = 0;
        for (int draw = 0; draw < DRAWS; draw++) {
            moe_measure *few = NULL;
            double lower, upper;
            assert_ok(context, moe_measure_random(context, law, 7, n, draw * n, n, &few));
            assert_ok(context, moe_measure_distance(context, few, uniform, 2, &lower, &upper));
            moe_measure_destroy(few);
            sum += upper * upper;
            squares += upper * upper * upper * upper;
        }
        const double mean = sum / DRAWS, error = sqrt(fmax(0, squares / DRAWS - mean * mean) / DRAWS);
        assert_close(mean, PI * PI / (3 * (double)n), 4 * error + 1e-6);
    }
    moe_measure_destroy(uniform);
    moe_law_destroy(law);
}

/* ---- at size ---------------------------------------------------------------------------------- */

/* 20000 points of any weights against 15000: quantile formula on the line, shift known on the circle (b is a,
 * moved by less than half a turn: W_1 = W_2 = the move, as no mean displacement can be less). */
static void is_exact_at_size(void **state)
{
    (void)state;
    enum { N = 20000 };
    static double x[N], y[N], w[N];
    uint64_t seed = 6;
    for (int kind = 0; kind < 4; kind++) {
        const double period = kind % 2 ? 2 * PI : (double)INFINITY, move = 0.01;
        moe_measure *a = NULL, *b = NULL;
        double sum = 0, lower, upper;
        for (int i = 0; i < N; i++) {
            x[i] = 0.5 * test_uniform(&seed);
            y[i] = x[i] + move;
            sum += w[i] = kind < 2 ? 1 : test_uniform(&seed);
        }
        for (int i = 0; i < N; i++)
            w[i] /= sum;
        assert_ok(context, moe_measure_create(context, 1, &period, N, x, kind < 2 ? NULL : w, &a));
        assert_ok(context, moe_measure_create(context, 1, &period, N, y, kind < 2 ? NULL : w, &b));
        for (int p = 1; p <= 2; p++) {
            assert_ok(context, moe_measure_distance(context, a, b, p, &lower, &upper));
            assert_close(lower, move, 1e-14);
            assert_close(upper, move, 1e-14);
        }
        moe_measure_destroy(a);
        moe_measure_destroy(b);
    }
}

/* Primal and dual agree where others' do not (POT's issue 190, GeomLoss' issue 58): the potentials of a large
 * uneven problem give the same number as its plan. */
static void primal_and_dual_agree(void **state)
{
    (void)state;
    enum { N = 3000, M = 2000 };
    static double x[N], y[M], w[N], v[M];
    uint64_t seed = 7;
    for (int trial = 0; trial < 6; trial++) {
        const double period = trial % 2 ? 1 : (double)INFINITY, p = trial < 2 ? 1 : trial < 4 ? 2 : 2.5;
        moe_measure *a = NULL, *b = NULL;
        moe_transport *transport = NULL;
        const double *phi, *psi;
        double sum_w = 0, sum_v = 0, lower, upper;
        for (int i = 0; i < N; i++)
            x[i] = test_uniform(&seed) * test_uniform(&seed), sum_w += w[i] = i % 9 ? test_uniform(&seed) : 0;
        for (int j = 0; j < M; j++)
            y[j] = test_uniform(&seed), sum_v += v[j] = test_uniform(&seed);
        for (int i = 0; i < N; i++)
            w[i] /= sum_w;
        for (int j = 0; j < M; j++)
            v[j] /= sum_v;
        assert_ok(context, moe_measure_create(context, 1, &period, N, x, w, &a));
        assert_ok(context, moe_measure_create(context, 1, &period, M, y, v, &b));
        assert_ok(context, moe_transport_create(context, a, b, p, &transport));
        assert_ok(context, moe_transport_solve(transport));
        assert_ok(context, moe_transport_bounds(transport, &lower, &upper));
        assert_ok(context, moe_transport_potentials(transport, &phi, &psi));
        double value = 0, over = 0;
        for (int i = 0; i < N; i++)
            value += w[i] * phi[i];
        for (int j = 0; j < M; j++)
            value += v[j] * psi[j];
        for (int i = 0; i < N; i++)
            for (int j = 0; j < M; j++) {
                double way = fabs(x[i] - y[j]);
                way = isinf(period) ? way : fmin(way, 1 - way);
                over = fmax(over, phi[i] + psi[j] - (p == 1 ? way : p == 2 ? way * way : pow(way, p)));
            }
        assert_true(over <= 1e-12);
        assert_close(value, pow(lower, p), 1e-12);
        assert_close(value, pow(upper, p), 1e-12);
        moe_transport_destroy(transport);
        moe_measure_destroy(a);
        moe_measure_destroy(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_any_distribution),
        cmocka_unit_test(is_a_metric),
        cmocka_unit_test(is_invariant),
        cmocka_unit_test(does_not_see_how_mass_is_split),
        cmocka_unit_test(agrees_with_the_median_of_levels),
        cmocka_unit_test(reproduces_the_mean_on_the_circle),
        cmocka_unit_test(is_exact_at_size),
        cmocka_unit_test(primal_and_dual_agree),
    };
    return cmocka_run_group_tests(tests, make_context, drop_context);
}
