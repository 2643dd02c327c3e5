/* test_transport_law.c - W_p against a continuous law in d = 1, against the image of one, and against cells.
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"
#include "unit/test_transport_support.h"

static const double turn = 2 * PI, line = INFINITY;

static moe_law *law_on(double period)
{
    moe_law *law = NULL;
    assert_ok(context, moe_law_create(context, 1, &period, &law));
    return law;
}

static moe_law *normal_on(double period, double mean, double deviation)
{
    moe_law *law = law_on(period);
    assert_ok(context, moe_law_set_normal(law, 0, mean, deviation));
    return law;
}

static moe_measure *points_on(double period, int64_t n, const double *x, const double *w)
{
    moe_measure *measure = NULL;
    assert_ok(context, moe_measure_create(context, 1, &period, n, x, w, &measure));
    return measure;
}

static interval law_distance(const moe_measure *measure, const moe_law *law, double p, double gap)
{
    interval found = {-1, -1};
    assert_ok(context, moe_measure_distance_law(context, measure, law, p, gap, &found.lower, &found.upper));
    assert_true(0 <= found.lower && found.lower <= found.upper);
    assert_true(found.upper - found.lower <= gap * found.upper);
    return found;
}

static void assert_within(interval found, double value, double slack)
{
    if (!(found.lower <= value + slack && value - slack <= found.upper))
        fail_msg("%.17g is not in [%.17g, %.17g]", value, found.lower, found.upper);
}

/* ---- known values ----------------------------------------------------------------------------- */

/* Points a period / N apart: each takes half a gap on either side, W_p = gap / 2 / (p + 1)^(1/p). */
static void equal_gaps_on_the_circle(void **state)
{
    (void)state;
    static const double powers[] = {1, 2, 1.5, 3, 7};
    static double x[1000];
    moe_law *law = law_on(turn);
    uint64_t seed = 1;
    for (int trial = 0; trial < 40; trial++) {
        const int64_t n = trial < 10 ? trial + 1 : 1 + (int64_t)(999 * test_uniform(&seed));
        const double p = powers[trial % 5], start = 40 * (test_uniform(&seed) - 0.5);
        for (int64_t i = 0; i < n; i++) /* out of order, over several turns */
            x[(7919 * i) % n] = start + turn * ((double)i / (double)n + (double)(i % 3));
        if (n % 7919 == 0)
            continue;
        moe_measure *measure = points_on(turn, n, x, NULL);
        const double exact = turn / (2 * (double)n) / pow(p + 1, 1 / p);
        const interval found = law_distance(measure, law, p, 1e-8);
        assert_within(found, exact, 1e-13);
        moe_measure_destroy(measure);
    }
    moe_law_destroy(law);
}

/* E W_2^2 = pi^2 / (3 N) for N draws of the uniform law on a circle of length 2 pi; W_1 = pi / 2 at N = 1. */
static void expectation_over_draws(void **state)
{
    (void)state;
    enum { DRAWS = 4000 };
    moe_law *law = law_on(turn);
    for (int64_t n = 1; n <= 16; n *= 4) {
        double sum = 0, squares = 0;
        for (int64_t draw = 0; draw < DRAWS; draw++) {
            moe_measure *measure = NULL;
            assert_ok(context, moe_measure_random(context, law, 11, n, draw * n, n, &measure));
            const double w = middle(law_distance(measure, law, 2, 1e-9));
            sum += w * w;
            squares += w * w * w * w;
            if (n == 1)
                assert_close(middle(law_distance(measure, law, 1, 1e-9)), PI / 2, 1e-12);
            moe_measure_destroy(measure);
        }
        const double mean = sum / DRAWS, deviation = sqrt(fmax(0, squares / DRAWS - mean * mean) / DRAWS);
        assert_close(mean, PI * PI / (3 * (double)n), 4 * deviation + 1e-12);
    }
    moe_law_destroy(law);
}

/* One point against a normal law: E |Z - z|^p s^p. */
static void one_point_and_a_normal_law(void **state)
{
    (void)state;
    const double s = 0.7, m = -1.2;
    moe_law *law = normal_on(line, m, s);
    for (int i = 0; i < 20; i++) {
        const double y = m + 0.3 * (i - 10), z = (y - m) / s;
        moe_measure *measure = points_on(line, 1, &y, NULL);
        const double one = s * (2 * exp(-z * z / 2) / sqrt(2 * PI) + z * erf(z / sqrt(2)));
        assert_within(law_distance(measure, law, 1, 1e-5), one, 1e-12);
        assert_within(law_distance(measure, law, 2, 1e-5), s * sqrt(1 + z * z), 1e-12);
        assert_within(law_distance(measure, law, 4, 1e-5), s * pow(3 + 6 * z * z + pow(z, 4), 0.25), 1e-12);
        moe_measure_destroy(measure);
    }
    moe_law_destroy(law);
}

/* Two points against the uniform law on [0, 1): the first takes [0, w), the second the rest. */
static void two_points_and_an_interval(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int trial = 0; trial < 40; trial++) {
        const double period = trial % 2 ? line : 50; /* on so large a circle nothing goes around */
        moe_law *law = law_on(period);
        assert_ok(context, moe_law_set_uniform(law, 0, 0, 1));
        const double w = test_uniform(&seed), x[] = {2 * test_uniform(&seed) - 1, 1 + test_uniform(&seed)};
        moe_measure *measure = points_on(period, 2, x, (const double[]){w, 1 - w});
        const double cubes = pow(x[0], 3) - pow(x[0] - w, 3) + pow(x[1] - w, 3) - pow(x[1] - 1, 3);
        assert_within(law_distance(measure, law, 2, 1e-9), sqrt(cubes / 3), 1e-12);
        moe_measure_destroy(measure);
        moe_law_destroy(law);
    }
}

/* ---- against fine quadratures ----------------------------------------------------------------- */

/* The law cut at equal levels, each part at the image of its middle: W_p of the two is at most the longest
 * part. */
static moe_measure *fine_quadrature(double period, double mean, double deviation, int64_t n, double *away)
{
    double *x = malloc((size_t)n * sizeof *x), *w = malloc((size_t)n * sizeof *w), total = 0;
    const double width = 18 * deviation;
    for (int64_t i = 0; i < n; i++) {
        const double a = -9 + 18 * (double)i / (double)n, b = a + 18 / (double)n;
        x[i] = mean + deviation * (a + b) / 2;
        w[i] = (erfc(-b / sqrt(2)) - erfc(-a / sqrt(2))) / 2;
        total += w[i];
    }
    for (int64_t i = 0; i < n; i++)
        w[i] /= total;
    moe_measure *measure = points_on(period, n, x, w);
    *away = width / (double)n;
    free(w);
    free(x);
    return measure;
}

static void contains_what_fine_quadratures_say(void **state)
{
    (void)state;
    static double x[64];
    uint64_t seed = 5;
    for (int trial = 0; trial < 24; trial++) {
        const double period = trial % 2 ? turn : line, mean = 6 * test_uniform(&seed) - 3;
        const double deviation = 0.1 + 3 * test_uniform(&seed), p = trial % 3 == 2 ? 2.5 : 1 + trial % 3;
        const int64_t n = 1 + trial * 2;
        double away, lower, upper;
        for (int64_t i = 0; i < n; i++)
            x[i] = 5 * (test_uniform(&seed) - 0.5);
        moe_measure *measure = points_on(period, n, x, NULL);
        moe_measure *fine = fine_quadrature(period, mean, deviation, 4001, &away);
        moe_law *law = normal_on(period, mean, deviation);
        const interval found = law_distance(measure, law, p, 1e-3);
        assert_ok(context, moe_measure_distance(context, measure, fine, p, &lower, &upper));
        assert_true(found.lower <= upper + away && lower - away <= found.upper);
        moe_law_destroy(law);
        moe_measure_destroy(fine);
        moe_measure_destroy(measure);
    }
}

/* Each point has an arc; moved by less than the law is long, it is as if the arcs were quadratures of it. */
static void arcs_of_a_circle(void **state)
{
    (void)state;
    static double x[30], y[3000];
    uint64_t seed = 6;
    for (int trial = 0; trial < 20; trial++) {
        const double a = 10 * test_uniform(&seed), width = turn * test_uniform(&seed), p = 1 + trial % 3;
        double lower, upper;
        moe_law *law = law_on(turn);
        assert_ok(context, moe_law_set_uniform(law, 0, a, a + width));
        for (int i = 0; i < 30; i++)
            x[i] = turn * test_uniform(&seed);
        for (int i = 0; i < 3000; i++)
            y[i] = a + width * (i + 0.5) / 3000;
        moe_measure *measure = points_on(turn, 30, x, NULL), *fine = points_on(turn, 3000, y, NULL);
        const interval found = law_distance(measure, law, p, 1e-8);
        assert_ok(context, moe_measure_distance(context, measure, fine, p, &lower, &upper));
        assert_true(found.lower <= upper + width / 6000 && lower - width / 6000 <= found.upper);
        moe_measure_destroy(fine);
        moe_measure_destroy(measure);
        moe_law_destroy(law);
    }
}

/* ---- images ----------------------------------------------------------------------------------- */

static interval image_distance(const moe_measure *measure, const moe_law *law, int64_t count,
                               const double *nodes, const double *images, double lipschitz, double p)
{
    interval found = {-1, -1};
    assert_ok(context, moe_measure_distance_image(context, measure, law, count, nodes, images, lipschitz, p,
                                                  &found.lower, &found.upper));
    assert_true(0 <= found.lower && found.lower <= found.upper);
    return found;
}

/* X(t) = t + c sin t on the circle, at more and more nodes: nested up to rounding, widths as the header says.
 */
static void image_on_the_circle(void **state)
{
    (void)state;
    static double nodes[4096], images[4096], x[25];
    moe_law *law = law_on(turn);
    uint64_t seed = 7;
    for (int i = 0; i < 25; i++)
        x[i] = 10 * test_uniform(&seed);
    moe_measure *measure = points_on(turn, 25, x, NULL);
    for (int p = 1; p <= 2; p++) {
        interval best = {0, INFINITY};
        for (int64_t n = 4; n <= 4096; n *= 4) {
            double moment = 0;
            for (int64_t i = 0; i < n; i++) {
                nodes[i] = turn * ((double)i + 0.5) / (double)n;
                images[i] = nodes[i] + 0.8 * sin(nodes[i]);
            }
            for (int64_t i = 0; i < n; i++) {
                const double h = i + 1 < n ? images[i + 1] - images[i] : images[0] + turn - images[i];
                moment += pow(h, p) / (double)n / (p + 1);
            }
            const interval found = image_distance(measure, law, n, nodes, images, INFINITY, p);
            assert_true(found.upper - found.lower <= 2 * pow(moment, 1.0 / p) * (1 + 1e-6));
            assert_true(found.lower <= best.upper && best.lower <= found.upper);
            best = (interval){fmax(best.lower, found.lower), fmin(best.upper, found.upper)};
        }
        assert_true(best.upper - best.lower < 2.5e-3);
        double lower, upper; /* the flow's quadrature, whose error here is below 1e-3 as well */
        moe_measure *limit = points_on(turn, 4096, images, NULL);
        assert_ok(context, moe_measure_distance(context, measure, limit, p, &lower, &upper));
        assert_true(lower <= best.upper + 3e-3 && best.lower - 3e-3 <= upper);
        moe_measure_destroy(limit);
    }
    moe_measure_destroy(measure);
    moe_law_destroy(law);
}

/* X(t) = 2 t + 1 of a normal law is normal; without a Lipschitz constant its tails could be anywhere. */
static void image_on_the_line(void **state)
{
    (void)state;
    static double nodes[2001], images[2001];
    moe_law *law = normal_on(line, 0.5, 0.6), *image = normal_on(line, 2, 1.2);
    for (int i = 0; i < 2001; i++) {
        nodes[i] = 0.5 + 0.6 * (i - 1000) * 0.006; /* 6 deviations either way */
        images[i] = 2 * nodes[i] + 1;
    }
    const double x[] = {0.1, 1, 2.2, 7}, w[] = {0.1, 0.4, 0.2, 0.3};
    moe_measure *measure = points_on(line, 4, x, w);
    for (int p = 1; p <= 3; p++) {
        const interval exact = law_distance(measure, image, p, 1e-6);
        const interval found = image_distance(measure, law, 2001, nodes, images, 2, p);
        assert_true(found.lower <= exact.lower && exact.upper <= found.upper);
        assert_true(found.upper - found.lower < 2e-2);
        const interval wide = image_distance(measure, law, 2001, nodes, images, INFINITY, p);
        assert_true(wide.lower == 0 && isinf(wide.upper));
    }
    moe_measure_destroy(measure);
    moe_law_destroy(image);
    moe_law_destroy(law);
}

/* Of [0, 1) moved by X(t) = t^2, nodes at both ends leave nothing to a Lipschitz constant. */
static void image_of_an_interval(void **state)
{
    (void)state;
    static double nodes[1001], images[1001];
    moe_law *law = law_on(line);
    assert_ok(context, moe_law_set_uniform(law, 0, 0, 1));
    for (int i = 0; i < 1001; i++) {
        nodes[i] = i / 1000.0;
        images[i] = nodes[i] * nodes[i];
    }
    const double x = 0;
    moe_measure *measure = points_on(line, 1, &x, NULL);
    assert_within(image_distance(measure, law, 1001, nodes, images, INFINITY, 1), 1.0 / 3, 0);
    assert_within(image_distance(measure, law, 1001, nodes, images, INFINITY, 2), sqrt(1.0 / 5), 0);
    assert_within(image_distance(measure, law, 990, nodes + 5, images + 5, 2, 2), sqrt(1.0 / 5), 0);
    moe_measure_destroy(measure);
    moe_law_destroy(law);
}

/* ---- cells ------------------------------------------------------------------------------------ */

static void cells_contain_the_law(void **state)
{
    (void)state;
    static double radius[24 * 24];
    const double period[] = {turn, 1};
    moe_law *law = NULL;
    assert_ok(context, moe_law_create(context, 2, period, &law));
    moe_measure *measure = NULL, *cells = NULL;
    assert_ok(context, moe_measure_random(context, law, 5, 0, 0, 40, &measure));
    assert_ok(context, moe_measure_tensor(context, law, (const int64_t[]){24, 24}, &cells));
    for (int p = 1; p <= 2; p++) {
        interval exact, plain, found;
        const double side[] = {turn / 24, 1.0 / 24};
        for (int i = 0; i < 24 * 24; i++)
            radius[i] = sqrt((side[0] * side[0] + side[1] * side[1]) / 12);
        assert_ok(context,
                  moe_measure_distance_law(context, measure, law, p, 0.02, &exact.lower, &exact.upper));
        assert_ok(context, moe_measure_distance(context, measure, cells, p, &plain.lower, &plain.upper));
        assert_ok(context,
                  moe_measure_distance_cells(context, measure, cells, radius, p, &found.lower, &found.upper));
        assert_true(found.lower <= exact.upper && exact.lower <= found.upper);
        assert_close(found.upper - plain.upper, radius[0], 1e-8);
        assert_close(plain.lower - found.lower, radius[0], 1e-8);
        memset(radius, 0, sizeof radius);
        assert_ok(context,
                  moe_measure_distance_cells(context, measure, cells, radius, p, &found.lower, &found.upper));
        assert_close(found.upper, plain.upper, 1e-14);
        assert_close(found.lower, plain.lower, 1e-14);
    }
    moe_measure_destroy(cells);
    moe_measure_destroy(measure);
    moe_law_destroy(law);
}

/* ---- refusals --------------------------------------------------------------------------------- */

static void refuses_bad_input(void **state)
{
    (void)state;
    moe_law *circle = law_on(turn), *real = law_on(line), *normal = normal_on(line, 0, 1),
            *wrapped = normal_on(turn, 0, 1);
    const double x[] = {0.1, 0.2, 0.3};
    double radius[] = {0, 0, 0}, lower = 7, upper = 8;
    moe_measure *angles = points_on(turn, 3, x, NULL), *numbers = points_on(line, 3, x, NULL);
#define LAW(status, words, measure, law, p, gap)                                                             \
    assert_fails(context, status, words,                                                                     \
                 moe_measure_distance_law(context, measure, law, p, gap, &lower, &upper))
    LAW(MOE_ERROR_NULL, "measure", NULL, circle, 1, 0.1);
    LAW(MOE_ERROR_NULL, "law", angles, NULL, 1, 0.1);
    LAW(MOE_ERROR_ORDER, "coordinate 0", numbers, real, 1, 0.1);
    LAW(MOE_ERROR_DOMAIN, "period", numbers, circle, 1, 0.1);
    LAW(MOE_ERROR_VALUE, "p is 0.5", angles, circle, 0.5, 0.1);
    LAW(MOE_ERROR_VALUE, "p is", angles, circle, (double)NAN, 0.1);
    LAW(MOE_ERROR_UNSUPPORTED, "513", angles, circle, 513, 0.1);
    LAW(MOE_ERROR_TOLERANCE, "gap is 0", angles, circle, 1, 0);
    LAW(MOE_ERROR_TOLERANCE, "gap", angles, circle, 1, (double)NAN);
    assert_fails(context, MOE_ERROR_NULL, "lower",
                 moe_measure_distance_law(context, angles, circle, 1, 0.1, NULL, &upper));
    assert_int_equal(moe_measure_distance_law(NULL, angles, circle, 1, 0.1, &lower, &upper), MOE_ERROR_NULL);
#define IMAGE(status, words, measure, law, count, nodes, images, lipschitz)                                  \
    assert_fails(context, status, words,                                                                     \
                 moe_measure_distance_image(context, measure, law, count, nodes, images, lipschitz, 1,       \
                                            &lower, &upper))
    IMAGE(MOE_ERROR_SIZE, "count", angles, circle, 0, x, x, 1);
    IMAGE(MOE_ERROR_NULL, "nodes", angles, circle, 3, NULL, x, 1);
    IMAGE(MOE_ERROR_NULL, "images", angles, circle, 3, x, NULL, 1);
    IMAGE(MOE_ERROR_VALUE, "lipschitz", angles, circle, 3, x, x, -1);
    IMAGE(MOE_ERROR_VALUE, "images[1]", angles, circle, 3, x, ((const double[]){1, 0, 2}), 1);
    IMAGE(MOE_ERROR_VALUE, "period", angles, circle, 3, x, ((const double[]){0, 1, 7}), 1);
    IMAGE(MOE_ERROR_NOT_FINITE, "nodes[2]", angles, circle, 3, ((const double[]){0, 1, (double)INFINITY}), x,
          1);
    IMAGE(MOE_ERROR_UNSUPPORTED, "uniform", angles, wrapped, 3, x, x, 1);
#define CELLS(status, words, measure, cells)                                                                 \
    assert_fails(context, status, words,                                                                     \
                 moe_measure_distance_cells(context, measure, cells, radius, 1, &lower, &upper))
    CELLS(MOE_ERROR_NULL, "cells", angles, NULL);
    CELLS(MOE_ERROR_DOMAIN, "period", angles, numbers);
    radius[1] = -1;
    CELLS(MOE_ERROR_VALUE, "radius[1] is -1", angles, angles);
    radius[1] = NAN;
    CELLS(MOE_ERROR_VALUE, "radius[1]", angles, angles);
    assert_true(lower == 7 && upper == 8);
    moe_measure_destroy(numbers);
    moe_measure_destroy(angles);
    moe_law_destroy(wrapped);
    moe_law_destroy(normal);
    moe_law_destroy(real);
    moe_law_destroy(circle);
}

/* What cannot be had is refused, with bounds that hold all the same. */
static void says_when_the_gap_is_out_of_reach(void **state)
{
    (void)state;
    moe_law *law = normal_on(line, 0, 1);
    const double x = 0;
    interval found = {-1, -1};
    moe_measure *measure = points_on(line, 1, &x, NULL);
    assert_fails(context, MOE_ERROR_CONVERGENCE, "between",
                 moe_measure_distance_law(context, measure, law, 2, 1e-15, &found.lower, &found.upper));
    assert_within(found, 1, 0);
    assert_true(found.upper - found.lower < 1e-9);
    moe_measure_destroy(measure);
    moe_law_destroy(law);
}

static int32_t all_doors(moe_context *own, void *self)
{
    (void)self;
    const double x[] = {0.1, 1.2, 4}, radius[] = {1, 1, 1};
    double lower, upper;
    moe_law *law = NULL;
    moe_measure *measure = NULL;
    int32_t status = moe_law_create(own, 1, &turn, &law);
    if (!status)
        status = moe_measure_create(own, 1, &turn, 3, x, NULL, &measure);
    if (!status)
        status = moe_measure_distance_law(own, measure, law, 2, 0.1, &lower, &upper);
    if (!status)
        status = moe_measure_distance_image(own, measure, law, 3, x, x, 1, 2, &lower, &upper);
    if (!status)
        status = moe_measure_distance_cells(own, measure, measure, radius, 2, &lower, &upper);
    moe_measure_destroy(measure);
    moe_law_destroy(law);
    return status;
}

static void survives_failing_allocations(void **state)
{
    (void)state;
    assert_true(failing_sweep(all_doors, NULL) > 20);
}

static void can_be_cancelled(void **state)
{
    (void)state;
    moe_law *law = law_on(turn);
    const double x[] = {0.1, 1.2, 4};
    interval found = {-1, -1};
    moe_measure *measure = points_on(turn, 3, x, NULL);
    moe_context_cancel(context);
    assert_fails(context, MOE_ERROR_CANCELLED, "",
                 moe_measure_distance_law(context, measure, law, 2, 1e-3, &found.lower, &found.upper));
    assert_true(found.lower == 0 && isinf(found.upper));
    law_distance(measure, law, 2, 1e-3);
    moe_measure_destroy(measure);
    moe_law_destroy(law);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_gaps_on_the_circle),
        cmocka_unit_test(expectation_over_draws),
        cmocka_unit_test(one_point_and_a_normal_law),
        cmocka_unit_test(two_points_and_an_interval),
        cmocka_unit_test(contains_what_fine_quadratures_say),
        cmocka_unit_test(arcs_of_a_circle),
        cmocka_unit_test(image_on_the_circle),
        cmocka_unit_test(image_on_the_line),
        cmocka_unit_test(image_of_an_interval),
        cmocka_unit_test(cells_contain_the_law),
        cmocka_unit_test(refuses_bad_input),
        cmocka_unit_test(says_when_the_gap_is_out_of_reach),
        cmocka_unit_test(survives_failing_allocations),
        cmocka_unit_test(can_be_cancelled),
    };
    return cmocka_run_group_tests(tests, make_context, drop_context);
}
