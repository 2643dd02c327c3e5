/* test_transport_distance.c - W_p as its users see it: axioms, invariances, known values, independent
 * references, degenerate measures, refusals.
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"
#include "unit/test_transport_support.h"

static const double powers[] = {1, 2, 1.5, 3};
enum { POWERS = 4 };

/* ---- references ------------------------------------------------------------------------------- */

static void agrees_with_all_permutations(void **state)
{
    (void)state;
    static cloud a, b;
    uint64_t seed = 1;
    for (int trial = 0; trial < 400; trial++) {
        const int64_t d = 1 + trial % 4, n = 1 + trial / 4 % (trial % 8 ? 6 : 7);
        const unsigned real = (unsigned)(trial / 5) & 15u;
        const double p = powers[trial % POWERS];
        random_cloud(&seed, d, n, real, &a);
        random_cloud(&seed, d, n, real, &b);
        const double best = (double)(best_permutation(&a, &b, p, 0, 0) / n);
        assert_contains(distance(&a, &b, p), pow(best, 1 / p), diameter(&a, &b), p);
    }
}

static void agrees_with_cheapest_flow(void **state)
{
    (void)state;
    static cloud a, b;
    static int supply[16], demand[16];
    uint64_t seed = 2;
    for (int trial = 0; trial < 400; trial++) {
        const int64_t d = 1 + trial % 3, na = 1 + trial / 3 % 7, nb = 1 + trial / 21 % 9;
        const unsigned real = (unsigned)(trial / 2) & 7u;
        const double p = powers[trial % POWERS];
        random_cloud(&seed, d, na, real, &a);
        random_cloud(&seed, d, nb, real, &b);
        const int total_a = random_weights(&seed, &a, supply), total_b = random_weights(&seed, &b, demand);
        for (int64_t i = 0; i < na; i++)
            supply[i] *= total_b;
        for (int64_t j = 0; j < nb; j++)
            demand[j] *= total_a;
        const double best = (double)(cheapest_flow(&a, supply, &b, demand, p) / (total_a * total_b));
        assert_contains(distance(&a, &b, p), pow(best, 1 / p), diameter(&a, &b), p);
    }
}

/* One coordinate beside a constant one: the general solver against the one for d = 1. */
static void dimensions_agree(void **state)
{
    (void)state;
    static cloud a, b, a2, b2;
    static int whole[MAX_POINTS];
    uint64_t seed = 3;
    for (int trial = 0; trial < 60; trial++) {
        const double p = powers[trial % POWERS];
        random_cloud(&seed, 1, 20 + trial, trial & 1, &a);
        random_cloud(&seed, 1, trial % 3 ? 20 + trial : 33, trial & 1, &b);
        if (trial % 4 == 3) {
            random_weights(&seed, &a, whole);
            random_weights(&seed, &b, whole);
        }
        a2 = a, b2 = b;
        a2.d = b2.d = 2;
        a2.period[1] = b2.period[1] = INFINITY;
        for (int64_t i = 0; i < a.n; i++)
            a2.x[2 * i] = a.x[i], a2.x[2 * i + 1] = 7;
        for (int64_t j = 0; j < b.n; j++)
            b2.x[2 * j] = b.x[j], b2.x[2 * j + 1] = 7;
        const interval one = distance(&a, &b, p), two = distance(&a2, &b2, p);
        assert_true(one.lower <= two.upper && two.lower <= one.upper);
    }
}

/* ---- what a distance is ----------------------------------------------------------------------- */

static void random_pair(uint64_t *seed, int trial, cloud *a, cloud *b)
{
    static int whole[MAX_POINTS];
    const int64_t d = 1 + trial % 4, n = 3 + trial % 40;
    random_cloud(seed, d, n, (unsigned)(trial / 4) & 15u, a);
    random_cloud(seed, d, trial % 3 ? n : n + 5, (unsigned)(trial / 4) & 15u, b);
    if (trial % 5 > 2) {
        random_weights(seed, a, whole);
        random_weights(seed, b, whole);
    }
}

static void is_symmetric(void **state)
{
    (void)state;
    static cloud a, b;
    uint64_t seed = 4;
    for (int trial = 0; trial < 200; trial++) {
        random_pair(&seed, trial, &a, &b);
        const interval there = distance(&a, &b, powers[trial % POWERS]);
        const interval back = distance(&b, &a, powers[trial % POWERS]);
        assert_true(there.lower <= back.upper && back.lower <= there.upper);
    }
}

static void is_zero_between_equals(void **state)
{
    (void)state;
    static cloud a, b;
    uint64_t seed = 5;
    for (int trial = 0; trial < 100; trial++) {
        const double p = powers[trial % POWERS];
        random_pair(&seed, trial, &a, &b);
        const interval same = distance(&a, &a, p);
        assert_true(same.lower == 0);
        assert_true(same.upper == 0);
        for (int64_t i = 0; i < a.n * a.d; i++) /* another representative, another order */
            b.x[i] = a.x[a.n * a.d - 1 - i];
    }
}

static void is_zero_for_any_order_and_representative(void **state)
{
    (void)state;
    static cloud a, b;
    uint64_t seed = 6;
    for (int trial = 0; trial < 50; trial++) {
        random_cloud(&seed, 1 + trial % 3, 17, 0, &a);
        b = a;
        for (int64_t i = 0; i < a.n; i++)
            for (int64_t k = 0; k < a.d; k++) /* k + 1 periods: exact for period 1, nearly so for 2 pi */
                b.x[i * a.d + k] = a.x[(a.n - 1 - i) * a.d + k] + (double)(k + 1) * a.period[k];
        const interval near = distance(&a, &b, 1);
        assert_true(near.lower <= 1e-14 && near.upper <= 1e-14);
    }
}

static void satisfies_the_triangle_inequality(void **state)
{
    (void)state;
    static cloud a, b, c;
    uint64_t seed = 7;
    for (int trial = 0; trial < 150; trial++) {
        const double p = powers[trial % POWERS];
        random_pair(&seed, trial, &a, &b);
        random_cloud(&seed, a.d, 4 + trial % 9, (unsigned)(trial / 4) & 15u, &c);
        assert_true(distance(&a, &c, p).lower <= distance(&a, &b, p).upper + distance(&b, &c, p).upper);
    }
}

static void grows_with_p(void **state)
{
    (void)state;
    static cloud a, b;
    uint64_t seed = 8;
    for (int trial = 0; trial < 100; trial++) {
        random_pair(&seed, trial, &a, &b);
        const interval w1 = distance(&a, &b, 1), w2 = distance(&a, &b, 2), w5 = distance(&a, &b, 5);
        assert_true(w1.lower <= w2.upper && w2.lower <= w5.upper);
    }
}

/* ---- invariances ------------------------------------------------------------------------------ */

static void is_invariant_under_rotations_and_order(void **state)
{
    (void)state;
    static cloud a, b, c, e;
    uint64_t seed = 9;
    for (int trial = 0; trial < 120; trial++) {
        const double p = powers[trial % POWERS], turn = 10 * test_uniform(&seed);
        random_pair(&seed, trial, &a, &b);
        c = a, e = b;
        for (int64_t i = 0; i < a.n; i++) {
            for (int64_t k = 0; k < a.d; k++)
                c.x[i * a.d + k] = turn + a.x[(a.n - 1 - i) * a.d + k];
            c.w[i] = a.w[a.n - 1 - i];
        }
        for (int64_t j = 0; j < b.n; j++)
            for (int64_t k = 0; k < b.d; k++)
                e.x[j * b.d + k] = turn + b.x[j * b.d + k];
        const double scale = diameter(&a, &b);
        assert_close(pow(middle(distance(&a, &b, p)), p), pow(middle(distance(&c, &e, p)), p),
                     1e-13 * pow(scale + 10, p));
    }
}

static void scales_with_lengths(void **state)
{
    (void)state;
    static cloud a, b;
    static const double factors[] = {0x1p-200, 0x1p-3, 0x1p400}; /* powers of two change no bit */
    uint64_t seed = 10;
    for (int trial = 0; trial < 90; trial++) {
        const double p = powers[trial % POWERS], factor = factors[trial % 3];
        random_pair(&seed, trial, &a, &b);
        const interval before = distance(&a, &b, p);
        for (int64_t k = 0; k < a.d; k++)
            b.period[k] = a.period[k] *= factor;
        for (int64_t i = 0; i < a.n * a.d; i++)
            a.x[i] *= factor;
        for (int64_t j = 0; j < b.n * b.d; j++)
            b.x[j] *= factor;
        moe_measure *first = measure_of(&a), *second = measure_of(&b);
        interval after;
        const int32_t status = moe_measure_distance(context, first, second, p, &after.lower, &after.upper);
        moe_measure_destroy(second);
        moe_measure_destroy(first);
        assert_ok(context, status);
        assert_true(after.lower == before.lower * factor && after.upper == before.upper * factor);
    }
}

/* W_p(a x c, b x c) = W_p(a, b): move each point within its own fibre. For p <= 2 nothing is cheaper. */
static void a_common_factor_changes_nothing(void **state)
{
    (void)state;
    static cloud a, b, ac, bc;
    uint64_t seed = 11;
    for (int trial = 0; trial < 40; trial++) {
        const double p = trial % 2 ? 1 : 2;
        random_cloud(&seed, 1, 9, 0, &a);
        random_cloud(&seed, 1, 12, 0, &b);
        ac.d = bc.d = 2;
        ac.n = 4 * a.n, bc.n = 4 * b.n;
        ac.period[0] = bc.period[0] = a.period[0];
        ac.period[1] = bc.period[1] = trial % 4 < 2 ? 1 : (double)INFINITY;
        for (int64_t i = 0; i < 4 * b.n; i++) {
            ac.x[2 * i] = a.x[i / 4 % a.n], bc.x[2 * i] = b.x[i / 4];
            ac.x[2 * i + 1] = bc.x[2 * i + 1] = 0.19 * (double)(i % 4 * (i % 4));
            ac.w[i] = 1 / (double)ac.n, bc.w[i] = 1 / (double)bc.n;
        }
        const interval plain = distance(&a, &b, p), product = distance(&ac, &bc, p);
        assert_true(plain.lower <= product.upper && product.lower <= plain.upper);
    }
}

/* ---- known values ----------------------------------------------------------------------------- */

/* E W_2^2 = pi^2 / (3 N) and, for N = 1, E W_1 = pi/2: N uniform points on a circle of length 2 pi against
 * the uniform law, here 512 equispaced points, at W_2 <= 2 pi / (512 sqrt 12) from it. Means over 400 draws.
 */
static void reproduces_means_on_the_circle(void **state)
{
    (void)state;
    static cloud a, law;
    enum { DRAWS = 400 };
    uint64_t seed = 12;
    random_cloud(&seed, 1, 512, 0, &law);
    for (int64_t j = 0; j < law.n; j++)
        law.x[j] = 2 * PI * (double)j / (double)law.n;
    for (int64_t n = 1; n <= 64; n *= 4) {
        double sum = 0, squares = 0;
        for (int draw = 0; draw < DRAWS; draw++) {
            random_cloud(&seed, 1, n, 0, &a);
            const double w = middle(distance(&a, &law, 2));
            sum += w * w;
            squares += w * w * w * w;
        }
        const double mean = sum / DRAWS, error = sqrt(fmax(0, squares / DRAWS - mean * mean) / DRAWS);
        assert_close(mean, PI * PI / (3 * (double)n), 4 * error + 2e-5);
    }
    random_cloud(&seed, 1, 1, 0, &a);
    assert_close(middle(distance(&a, &law, 1)), PI / 2, 1e-4);
}

static void knows_single_points(void **state)
{
    (void)state;
    static cloud a, b;
    uint64_t seed = 13;
    for (int trial = 0; trial < 200; trial++) {
        const double p = powers[trial % POWERS];
        random_cloud(&seed, 1 + trial % 5, 1, (unsigned)trial & 31u, &a);
        random_cloud(&seed, 1 + trial % 5, 1 + trial % 7, (unsigned)trial & 31u, &b);
        long double cost = 0;
        for (int64_t j = 0; j < b.n; j++)
            cost += reference_cost(&a, 0, &b, j, p) / b.n;
        assert_contains(distance(&a, &b, p), pow((double)cost, 1 / p), diameter(&a, &b), p);
    }
}

static void large_powers_approach_the_longest_way(void **state)
{
    (void)state;
    static cloud a, b;
    uint64_t seed = 14;
    random_cloud(&seed, 2, 6, 0, &a);
    random_cloud(&seed, 2, 6, 0, &b);
    const double w20 = middle(distance(&a, &b, 20)), w100 = middle(distance(&a, &b, 100));
    assert_true(w20 < w100 && w100 < w20 * pow(6, 1.0 / 20));
}

/* ---- degenerate measures ---------------------------------------------------------------------- */

static void fill(cloud *a, int64_t d, int64_t n, double period, double value)
{
    a->d = d;
    a->n = n;
    for (int64_t k = 0; k < d; k++)
        a->period[k] = period;
    for (int64_t i = 0; i < n * d; i++)
        a->x[i] = value;
    for (int64_t i = 0; i < n; i++)
        a->w[i] = 1 / (double)n;
}

static void handles_equal_points(void **state)
{
    (void)state;
    static cloud a, b;
    for (int64_t d = 1; d <= 3; d++)
        for (int real = 0; real < 2; real++) {
            fill(&a, d, 300, real ? (double)INFINITY : 2 * PI, 1e9 * real + 1);
            fill(&b, d, 200, real ? (double)INFINITY : 2 * PI, 1e9 * real + 1);
            assert_true(distance(&a, &b, 2).upper == 0);
            fill(&b, d, 200, real ? (double)INFINITY : 2 * PI, 1e9 * real + 3);
            assert_contains(distance(&a, &b, 2), 2 * sqrt((double)d), 4, 2);
        }
}

/* Half a period apart in every coordinate: both ways round are as long. */
static void handles_the_cut_locus(void **state)
{
    (void)state;
    static cloud a, b;
    for (int64_t d = 1; d <= 3; d++)
        for (int p = 1; p <= 2; p++) {
            fill(&a, d, 64, 2, -1);
            fill(&b, d, 64, 2, 0);
            assert_contains(distance(&a, &b, p), sqrt((double)d), sqrt((double)d), p);
            for (int64_t i = 0; i < 64 * d; i++) /* both representatives of the cut */
                a.x[i] = i % 2 ? 1 : -1;
            assert_contains(distance(&a, &b, p), sqrt((double)d), sqrt((double)d), p);
            fill(&b, d, 64, 2, 1);
            assert_true(distance(&a, &b, p).upper == 0);
        }
}

/* Next to the cut, distances of 1e-12 keep their relative accuracy: nothing cancels. */
static void keeps_small_distances_across_the_cut(void **state)
{
    (void)state;
    static cloud a, b;
    const double half = PI, step = 0x1p-40;
    for (int64_t d = 1; d <= 3; d++) {
        fill(&a, d, 8, 2 * half, half - step);
        fill(&b, d, 8, 2 * half, -half + 2 * step);
        const interval found = distance(&a, &b, 2);
        /* half - step is rounded: half - (half - step) is what the library is given */
        const double way = ((half - (half - step)) + (half - (half - 2 * step))) * sqrt((double)d);
        assert_true(found.lower <= way && way * (1 - 4e-16) <= found.upper);
        assert_close(found.upper, way, 4e-15 * way);
    }
}

static void handles_duplicates_and_clusters(void **state)
{
    (void)state;
    static cloud a, b;
    uint64_t seed = 15;
    for (int trial = 0; trial < 40; trial++) {
        const int64_t d = 1 + trial % 3;
        const double spread = trial % 2 ? 1e-12 : 0;
        random_cloud(&seed, d, 96, 0, &a);
        random_cloud(&seed, d, trial % 4 > 1 ? 96 : 60, 0, &b);
        for (int64_t i = 6 * d; i < a.n * d; i++)
            a.x[i] = a.x[i % (6 * d)] + spread * test_uniform(&seed);
        for (int64_t j = 5 * d; j < b.n * d; j++)
            b.x[j] = b.x[j % (5 * d)] + spread * test_uniform(&seed);
        /* 6 and 5 points with the weights of their clusters */
        cloud *few_a = malloc(sizeof *few_a), *few_b = malloc(sizeof *few_b);
        *few_a = a, *few_b = b;
        few_a->n = 6, few_b->n = 5;
        for (int64_t i = 0; i < 6; i++)
            few_a->w[i] = 1.0 / 6;
        for (int64_t j = 0; j < 5; j++)
            few_b->w[j] = (double)((b.n - j + 4) / 5) / (double)b.n;
        const double whole = middle(distance(&a, &b, 1)), few = middle(distance(few_a, few_b, 1));
        free(few_a);
        free(few_b);
        assert_close(whole, few, 4 * spread + 1e-13);
    }
}

static void handles_points_on_a_line_and_grids(void **state)
{
    (void)state;
    static cloud a, b;
    fill(&a, 2, 144, 2 * PI, 0);
    fill(&b, 2, 144, 2 * PI, 0);
    for (int64_t i = 0; i < 144; i++)
        for (int64_t k = 0; k < 2; k++) {
            a.x[2 * i + k] = 2 * PI * (double)(k ? i % 12 : i / 12) / 12;
            b.x[2 * i + k] = a.x[2 * i + k] + PI / 12;
        }
    for (int p = 1; p <= 2; p++)
        assert_contains(distance(&a, &b, p), sqrt(2) * PI / 12, 1, p);
    fill(&a, 2, 144, INFINITY, 0);
    fill(&b, 2, 144, INFINITY, 0);
    for (int64_t i = 0; i < 144; i++) {
        a.x[2 * i + 1] = b.x[2 * i + 1] = 3 * (a.x[2 * i] = 0.01 * (double)i);
        b.x[2 * i + 1] = 3 * (b.x[2 * i] = 0.01 * (double)i + 0.5);
    }
    for (int p = 1; p <= 2; p++)
        assert_contains(distance(&a, &b, p), sqrt(10) / 2, 5, p);
}

static void handles_extreme_weights(void **state)
{
    (void)state;
    static cloud a, b, c;
    uint64_t seed = 16;
    for (int trial = 0; trial < 60; trial++) {
        const double p = powers[trial % POWERS];
        random_cloud(&seed, 1 + trial % 3, 30, (unsigned)(trial / 3) & 7u, &a);
        random_cloud(&seed, 1 + trial % 3, 20, (unsigned)(trial / 3) & 7u, &b);
        c = a;
        c.n = 10;
        for (int64_t i = 0; i < 30; i++) { /* 10 points, the others next to nothing */
            c.w[i] = i < 10 ? 0.1 : 0;
            a.w[i] = i < 10 ? 0.1 : i % 2 ? 1e-300 : 0;
        }
        const interval with = distance(&a, &b, p), without = distance(&c, &b, p);
        const double scale = pow(diameter(&a, &b), p);
        assert_close(pow(middle(with), p), pow(middle(without), p), 1e-13 * scale);
    }
}

/* Coordinates that tie with each other and with the cut, weights down to 1e-18: rounding puts levels in the
 * wrong order, and the bounds are as tight as ever; for high powers they still are bounds. */
static void handles_ties_and_dust(void **state)
{
    (void)state;
    static cloud a, b;
    uint64_t seed = 22;
    for (int trial = 0; trial < 1500; trial++) {
        const double p = trial % 7 == 6 ? 30 : powers[trial % POWERS];
        const int64_t d = 1 + trial % 3 / 2, grid = trial % 5 < 3 ? 8 : 10;
        random_cloud(&seed, d, 1 + (int64_t)(16 * test_uniform(&seed)), (unsigned)trial / 8 & 1u, &a);
        random_cloud(&seed, d, 1 + (int64_t)(16 * test_uniform(&seed)), (unsigned)trial / 8 & 1u, &b);
        for (int side = 0; side < 2; side++) {
            cloud *c = side ? &b : &a;
            double sum = 0;
            for (int64_t k = 0; k < d; k++)
                c->period[k] = isinf(c->period[k]) ? c->period[k] : trial % 4 < 2 ? 1 : 2 * PI;
            for (int64_t i = 0; i < c->n * d; i++)
                c->x[i] = floor((double)grid * c->x[i]) / (double)grid * (trial % 4 < 2 ? 1 : PI);
            for (int64_t i = 0; i < c->n; i++)
                sum += c->w[i] = trial % 3 == 0   ? exp(-40 * test_uniform(&seed))
                                 : trial % 3 == 1 ? floor(1 + 9 * test_uniform(&seed))
                                                  : 1;
            for (int64_t i = 0; i < c->n; i++)
                c->w[i] /= sum;
        }
        if (p == 30) {
            moe_measure *first = measure_of(&a), *second = measure_of(&b);
            interval there, back;
            assert_ok(context, moe_measure_distance(context, first, second, p, &there.lower, &there.upper));
            assert_ok(context, moe_measure_distance(context, second, first, p, &back.lower, &back.upper));
            assert_true(there.lower <= back.upper && back.lower <= there.upper);
            moe_measure_destroy(second);
            moe_measure_destroy(first);
        } else {
            const interval there = distance(&a, &b, p), back = distance(&b, &a, p);
            assert_true(there.lower <= back.upper && back.lower <= there.upper);
        }
    }
}

static void scales_weights_to_one(void **state)
{
    (void)state;
    static cloud a, b;
    uint64_t seed = 17;
    static int whole[MAX_POINTS];
    random_cloud(&seed, 2, 25, 0, &a);
    random_cloud(&seed, 2, 31, 0, &b);
    random_weights(&seed, &a, whole);
    random_weights(&seed, &b, whole);
    const double plain = middle(distance(&a, &b, 1));
    for (int64_t i = 0; i < a.n; i++)
        a.w[i] *= 1 + 9e-10;
    for (int64_t j = 0; j < b.n; j++)
        b.w[j] *= 1 - 9e-10;
    assert_close(middle(distance(&a, &b, 1)), plain, 1e-13);
}

static void handles_far_coordinates(void **state)
{
    (void)state;
    static cloud a, b;
    fill(&a, 2, 3, INFINITY, 1e308);
    fill(&b, 2, 3, INFINITY, 1e308);
    a.x[0] = 0.5e308;
    assert_close(middle(distance(&a, &b, 1)) / 1e308, 0.5 / 3, 1e-14);
    fill(&a, 1, 1, INFINITY, -1.5e308);
    fill(&b, 1, 1, INFINITY, 1.5e308);
    moe_measure *first = measure_of(&a), *second = measure_of(&b);
    double lower, upper;
    assert_ok(context, moe_measure_distance(context, first, second, 1, &lower, &upper));
    assert_true(lower == DBL_MAX && isinf(upper)); /* 3e308 */
    moe_measure_destroy(second);
    moe_measure_destroy(first);
}

/* ---- refusals, cancelling, memory ------------------------------------------------------------- */

static void refuses_bad_input(void **state)
{
    (void)state;
    static cloud a, b, other;
    double lower = -1, upper = -2;
    uint64_t seed = 18;
    random_cloud(&seed, 2, 5, 0, &a);
    random_cloud(&seed, 2, 5, 1, &b);
    random_cloud(&seed, 3, 5, 0, &other);
    moe_measure *first = measure_of(&a), *second = measure_of(&b), *third = measure_of(&other);
    assert_int_equal(moe_measure_distance(NULL, first, first, 1, &lower, &upper), MOE_ERROR_NULL);
    assert_fails(context, MOE_ERROR_NULL, "a is NULL",
                 moe_measure_distance(context, NULL, first, 1, &lower, &upper));
    assert_fails(context, MOE_ERROR_NULL, "b is NULL",
                 moe_measure_distance(context, first, NULL, 1, &lower, &upper));
    assert_fails(context, MOE_ERROR_NULL, "lower",
                 moe_measure_distance(context, first, first, 1, NULL, &upper));
    assert_fails(context, MOE_ERROR_NULL, "upper",
                 moe_measure_distance(context, first, first, 1, &lower, NULL));
    assert_fails(context, MOE_ERROR_DOMAIN, "period",
                 moe_measure_distance(context, first, second, 1, &lower, &upper));
    assert_fails(context, MOE_ERROR_DOMAIN, "coordinates",
                 moe_measure_distance(context, first, third, 1, &lower, &upper));
    assert_fails(context, MOE_ERROR_VALUE, "p is 0.5",
                 moe_measure_distance(context, first, first, 0.5, &lower, &upper));
    assert_fails(context, MOE_ERROR_VALUE, "p is",
                 moe_measure_distance(context, first, first, NAN, &lower, &upper));
    assert_fails(context, MOE_ERROR_VALUE, "p is inf",
                 moe_measure_distance(context, first, first, INFINITY, &lower, &upper));
    assert_fails(context, MOE_ERROR_UNSUPPORTED, "p is 600",
                 moe_measure_distance(context, first, first, 600, &lower, &upper));
    assert_true(lower == -1 && upper == -2);
    moe_measure_destroy(third);
    moe_measure_destroy(second);
    moe_measure_destroy(first);
}

typedef struct {
    int calls, stop_at, wrong;
    double last;
} watcher;

static int32_t watch(void *self, const char *what, double part)
{
    watcher *seen = self;
    seen->wrong += strcmp(what, "transport") != 0 || !(part >= seen->last && part <= 1);
    seen->last = part;
    return ++seen->calls == seen->stop_at;
}

static void reports_progress_and_can_be_cancelled(void **state)
{
    (void)state;
    static cloud a, b;
    uint64_t seed = 19;
    for (int64_t d = 1; d <= 2; d++) {
        random_cloud(&seed, d, 500, 0, &a);
        random_cloud(&seed, d, 500, 0, &b);
        moe_measure *first = measure_of(&a), *second = measure_of(&b);
        double lower, upper;
        watcher all = {0};
        moe_context_set_progress(context, watch, &all);
        const int32_t full = moe_measure_distance(context, first, second, 1, &lower, &upper);
        const double value = upper;
        int32_t cancelled = 0;
        int bad_bounds = 0;
        for (int k = 1; k <= all.calls; k++) {
            watcher one = {.stop_at = k};
            moe_context_set_progress(context, watch, &one);
            cancelled +=
                moe_measure_distance(context, first, second, 1, &lower, &upper) == MOE_ERROR_CANCELLED;
            bad_bounds += !(lower <= value && upper >= value);
        }
        moe_context_set_progress(context, NULL, NULL);
        moe_context_cancel(context);
        const int32_t asked = moe_measure_distance(context, first, second, 1, &lower, &upper);
        const int32_t again = moe_measure_distance(context, first, second, 1, &lower, &upper);
        moe_measure_destroy(second);
        moe_measure_destroy(first);
        assert_ok(context, full);
        assert_true(all.calls > 0 && all.wrong == 0);
        assert_int_equal(cancelled, all.calls);
        assert_int_equal(bad_bounds, 0);
        assert_int_equal(asked, MOE_ERROR_CANCELLED);
        assert_ok(context, again);
    }
}

static int32_t measure_once(moe_context *fresh, void *self)
{
    const cloud *pair = self;
    moe_measure *first = NULL, *second = NULL;
    double lower, upper;
    int32_t status =
        moe_measure_create(fresh, pair[0].d, pair[0].period, pair[0].n, pair[0].x, pair[0].w, &first);
    if (!status)
        status =
            moe_measure_create(fresh, pair[1].d, pair[1].period, pair[1].n, pair[1].x, pair[1].w, &second);
    if (!status)
        status = moe_measure_distance(fresh, first, second, 1, &lower, &upper);
    moe_measure_destroy(second);
    moe_measure_destroy(first);
    return status;
}

static void survives_every_failed_allocation(void **state)
{
    (void)state;
    static cloud pair[2];
    static int whole[MAX_POINTS];
    uint64_t seed = 20;
    for (int trial = 0; trial < 4; trial++) {
        random_cloud(&seed, 1 + trial / 2, 40, (unsigned)trial & 1u, &pair[0]);
        random_cloud(&seed, 1 + trial / 2, 30, (unsigned)trial & 1u, &pair[1]);
        random_weights(&seed, &pair[0], whole);
        assert_true(failing_sweep(measure_once, pair) > 10);
    }
}

static void repeats_its_bits(void **state)
{
    (void)state;
    static cloud a, b;
    uint64_t seed = 21;
    random_cloud(&seed, 3, 300, 0, &a);
    random_cloud(&seed, 3, 300, 0, &b);
    const interval once = distance(&a, &b, 1);
    assert_ok(context, moe_context_set_threads(context, 3));
    const interval again = distance(&a, &b, 1);
    assert_ok(context, moe_context_set_threads(context, 1));
    assert_true(once.lower == again.lower && once.upper == again.upper);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_all_permutations),
        cmocka_unit_test(agrees_with_cheapest_flow),
        cmocka_unit_test(dimensions_agree),
        cmocka_unit_test(is_symmetric),
        cmocka_unit_test(is_zero_between_equals),
        cmocka_unit_test(is_zero_for_any_order_and_representative),
        cmocka_unit_test(satisfies_the_triangle_inequality),
        cmocka_unit_test(grows_with_p),
        cmocka_unit_test(is_invariant_under_rotations_and_order),
        cmocka_unit_test(scales_with_lengths),
        cmocka_unit_test(a_common_factor_changes_nothing),
        cmocka_unit_test(reproduces_means_on_the_circle),
        cmocka_unit_test(knows_single_points),
        cmocka_unit_test(large_powers_approach_the_longest_way),
        cmocka_unit_test(handles_equal_points),
        cmocka_unit_test(handles_the_cut_locus),
        cmocka_unit_test(keeps_small_distances_across_the_cut),
        cmocka_unit_test(handles_duplicates_and_clusters),
        cmocka_unit_test(handles_points_on_a_line_and_grids),
        cmocka_unit_test(handles_extreme_weights),
        cmocka_unit_test(handles_ties_and_dust),
        cmocka_unit_test(scales_weights_to_one),
        cmocka_unit_test(handles_far_coordinates),
        cmocka_unit_test(refuses_bad_input),
        cmocka_unit_test(reports_progress_and_can_be_cancelled),
        cmocka_unit_test(survives_every_failed_allocation),
        cmocka_unit_test(repeats_its_bits),
    };
    return cmocka_run_group_tests(tests, make_context, drop_context);
}
