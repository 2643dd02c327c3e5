/* test_transport_boxes.c - W_p against a continuous law in d >= 2: known values, products, references, bits.
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"
#include "unit/test_transport_support.h"

static const double turn = 2 * PI, line = INFINITY;

static moe_law *law_on(int64_t d, const double *period)
{
    moe_law *law = NULL;
    assert_ok(context, moe_law_create(context, d, period, &law));
    return law;
}

static moe_measure *points_on(int64_t d, const double *period, int64_t n, const double *x, const double *w)
{
    moe_measure *measure = NULL;
    assert_ok(context, moe_measure_create(context, d, period, n, x, w, &measure));
    return measure;
}

static interval distance_in(moe_context *own, const moe_measure *measure, const moe_law *law, double p,
                            double gap)
{
    interval found = {-1, -1};
    assert_ok(own, moe_measure_distance_law(own, measure, law, p, gap, &found.lower, &found.upper));
    assert_true(0 <= found.lower && found.lower <= found.upper);
    assert_true(found.upper - found.lower <= gap * found.upper);
    return found;
}

static interval law_distance(const moe_measure *measure, const moe_law *law, double p, double gap)
{
    return distance_in(context, measure, law, p, gap);
}

static void assert_within(interval found, double value)
{
    const double slack = 1e-12 * value;
    if (!(found.lower <= value + slack && value - slack <= found.upper))
        fail_msg("%.17g is not in [%.17g, %.17g]", value, found.lower, found.upper);
}

/* ---- known values ----------------------------------------------------------------------------- */

/* A lattice of squares: W_2^2 = 2 h^2 / 12, and W_1 is the mean distance from the middle of a square of side
 * h, h (sqrt 2 + asinh 1) / 6. The lattice is off the boxes. */
static void a_lattice_on_the_torus(void **state)
{
    (void)state;
    const double period[] = {turn, turn};
    moe_law *law = law_on(2, period);
    for (int64_t m = 1; m <= 7; m += 2) {
        double x[2 * 49];
        const double h = turn / (double)m;
        for (int64_t i = 0; i < m * m; i++) {
            x[2 * i] = 0.3 + h * (double)(i / m);
            x[2 * i + 1] = 5 + h * (double)(i % m);
        }
        moe_measure *measure = points_on(2, period, m * m, x, NULL);
        assert_within(law_distance(measure, law, 2, 3e-3), h / sqrt(6));
        assert_within(law_distance(measure, law, 1, 2e-2), h * (sqrt(2) + asinh(1)) / 6);
        moe_measure_destroy(measure);
    }
    moe_law_destroy(law);
}

/* One point: W_p^p is a mean over the law; for p = 2 the sum of the coordinates'. */
static void one_point(void **state)
{
    (void)state;
    const double period[] = {line, 3, line}, x[] = {1.5, 77, -0.4};
    for (int64_t d = 2; d <= 3; d++) {
        moe_law *law = law_on(d, period);
        assert_ok(context, moe_law_set_normal(law, 0, 1, 0.5));
        double square = 0.25 + 0.25 + 9.0 / 12;
        if (d == 3) {
            assert_ok(context, moe_law_set_uniform(law, 2, -1, 3));
            square += 16.0 / 12 + 1.4 * 1.4;
        }
        moe_measure *measure = points_on(d, period, 1, x, NULL);
        assert_within(law_distance(measure, law, 2, 1e-3), sqrt(square));
        moe_measure_destroy(measure);
        moe_law_destroy(law);
    }
}

/* The product of two measures against the product of two laws: W_2^2 is the sum. */
static void products_add(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (int trial = 0; trial < 8; trial++) {
        const double period[] = {trial & 1 ? line : turn, trial & 2 ? line : 1};
        enum { A = 5, B = 7 };
        double x[A], y[B], u[A], v[B], points[2 * A * B], weights[A * B], u_sum = 0, v_sum = 0;
        moe_law *law = law_on(2, period), *first = law_on(1, period), *second = law_on(1, period + 1);
        const double mean = test_uniform(&seed), deviation = 0.2 + test_uniform(&seed);
        if (trial != 4) {
            assert_ok(context, moe_law_set_normal(law, 0, mean, deviation));
            assert_ok(context, moe_law_set_normal(first, 0, mean, deviation));
        }
        assert_ok(context, moe_law_set_uniform(law, 1, 0.1, 0.9));
        assert_ok(context, moe_law_set_uniform(second, 0, 0.1, 0.9));
        for (int i = 0; i < A; i++) {
            x[i] = 3 * test_uniform(&seed);
            u_sum += u[i] = 0.1 + test_uniform(&seed);
        }
        for (int j = 0; j < B; j++) {
            y[j] = test_uniform(&seed);
            v_sum += v[j] = 0.1 + test_uniform(&seed);
        }
        for (int i = 0; i < A; i++)
            u[i] /= u_sum;
        for (int j = 0; j < B; j++)
            v[j] /= v_sum;
        for (int i = 0; i < A * B; i++) {
            points[2 * i] = x[i / B];
            points[2 * i + 1] = y[i % B];
            weights[i] = u[i / B] * v[i % B];
        }
        moe_measure *a = points_on(1, period, A, x, u), *b = points_on(1, period + 1, B, y, v);
        moe_measure *both = points_on(2, period, A * B, points, weights);
        const double one = middle(law_distance(a, first, 2, 1e-6)),
                     two = middle(law_distance(b, second, 2, 1e-6));
        const interval found = law_distance(both, law, 2, 5e-3);
        assert_true(found.lower <= hypot(one, two) * (1 + 1e-6) &&
                    hypot(one, two) * (1 - 1e-6) <= found.upper);
        moe_measure_destroy(both);
        moe_measure_destroy(b);
        moe_measure_destroy(a);
        moe_law_destroy(second);
        moe_law_destroy(first);
        moe_law_destroy(law);
    }
}

/* ---- references ------------------------------------------------------------------------------- */

/* The uniform law cut into 18 x 18 cells is within their p-th mean radius of the law. */
static void contains_what_a_grid_says(void **state)
{
    (void)state;
    enum { SIDE = 18 };
    static double radius[SIDE * SIDE], x[2 * 30];
    static const double powers[] = {1, 2, 1.4, 3};
    const double period[] = {turn, 2};
    uint64_t seed = 3;
    moe_law *law = law_on(2, period);
    moe_measure *cells = NULL;
    assert_ok(context, moe_measure_tensor(context, law, (const int64_t[]){SIDE, SIDE}, &cells));
    for (int i = 0; i < SIDE * SIDE; i++)
        radius[i] = hypot(period[0], period[1]) / (2 * SIDE);
    for (int trial = 0; trial < 8; trial++) {
        const double p = powers[trial % 4], spread = trial < 4 ? 1 : 0.1;
        const int64_t n = 1 + 5 * (trial / 2);
        interval wide;
        for (int64_t i = 0; i < 2 * n; i++)
            x[i] = 1 + spread * period[i % 2] * test_uniform(&seed);
        moe_measure *measure = points_on(2, period, n, x, NULL);
        const interval found = law_distance(measure, law, p, 0.02);
        assert_ok(context,
                  moe_measure_distance_cells(context, measure, cells, radius, p, &wide.lower, &wide.upper));
        assert_true(wide.lower <= found.upper && found.lower <= wide.upper);
        moe_measure_destroy(measure);
    }
    moe_measure_destroy(cells);
    moe_law_destroy(law);
}

/* Draws of the law: W_1(points, law) is within W_1(draws, law) of W_1(points, draws), also wrapped and in d
 * = 3. */
static void triangles_close(void **state)
{
    (void)state;
    const double period[] = {turn, line, 2};
    for (int trial = 0; trial < 6; trial++) {
        const int64_t d = 2 + trial % 2;
        const double p = 1 + trial / 2 % 2;
        moe_law *law = law_on(d, period);
        assert_ok(context, moe_law_set_normal(law, 0, 1, 0.4 + trial));
        assert_ok(context, moe_law_set_normal(law, 1, -1, 0.5));
        moe_measure *a = NULL, *b = NULL;
        interval between;
        assert_ok(context, moe_measure_random(context, law, 9, trial, 0, 20, &a));
        assert_ok(context, moe_measure_random(context, law, 9, trial, 20, 60, &b));
        const interval from_a = law_distance(a, law, p, 0.05), from_b = law_distance(b, law, p, 0.05);
        assert_ok(context, moe_measure_distance(context, a, b, p, &between.lower, &between.upper));
        assert_true(from_a.lower <= between.upper + from_b.upper);
        assert_true(between.lower <= from_a.upper + from_b.upper);
        assert_true(from_b.lower <= between.upper + from_a.upper);
        moe_measure_destroy(b);
        moe_measure_destroy(a);
        moe_law_destroy(law);
    }
}

/* Bounds for smaller and smaller gaps all contain the same number. */
static void narrower_intervals_agree(void **state)
{
    (void)state;
    static const double powers[] = {1, 2, 1.5, 4};
    const double period[] = {turn, turn};
    moe_law *law = law_on(2, period);
    for (int trial = 0; trial < 4; trial++) {
        moe_measure *measure = NULL;
        interval best = {0, INFINITY};
        assert_ok(context, moe_measure_random(context, law, 4, trial, 0, 50, &measure));
        for (double gap = 0.3; gap > 4e-3; gap /= 4) {
            const interval found = law_distance(measure, law, powers[trial], gap);
            assert_true(found.lower <= best.upper && best.lower <= found.upper);
            best = (interval){fmax(best.lower, found.lower), fmin(best.upper, found.upper)};
        }
        moe_measure_destroy(measure);
    }
    moe_law_destroy(law);
}

/* All points in one place, some twice, some of no weight. */
static void degenerate_points(void **state)
{
    (void)state;
    const double period[] = {turn, turn}, middle_of[] = {1, 2, 1, 2, 1, 2, 4, 4};
    const double weights[] = {0.25, 0.25, 0.5, 0}, close[] = {1, 2, 1 + 1e-9, 2, 1, 2 - 1e-9};
    moe_law *law = law_on(2, period);
    moe_measure *same = points_on(2, period, 4, middle_of, weights),
                *near = points_on(2, period, 3, close, NULL);
    assert_within(law_distance(same, law, 2, 3e-3), turn / sqrt(6));
    const interval found = law_distance(near, law, 2, 3e-3);
    assert_true(found.lower <= turn / sqrt(6) + 1e-8 && turn / sqrt(6) - 1e-8 <= found.upper);
    moe_measure_destroy(near);
    moe_measure_destroy(same);
    moe_law_destroy(law);
}

/* ---- machinery -------------------------------------------------------------------------------- */

static void same_bits_for_any_number_of_threads(void **state)
{
    (void)state;
    const double period[] = {turn, line};
    interval alone = {-1, -1};
    for (int32_t threads = 1; threads <= 3; threads += 2) {
        moe_context *own = NULL;
        moe_law *law = NULL;
        moe_measure *measure = NULL;
        assert_ok(NULL, moe_context_create(NULL, &own));
        assert_ok(own, moe_context_set_threads(own, threads));
        assert_ok(own, moe_law_create(own, 2, period, &law));
        assert_ok(own, moe_law_set_normal(law, 1, 0, 1));
        assert_ok(own, moe_measure_random(own, law, 1, 0, 0, 60, &measure));
        const interval found = distance_in(own, measure, law, 1.5, 0.05);
        if (threads == 1)
            alone = found;
        assert_true(found.lower == alone.lower && found.upper == alone.upper);
        moe_measure_destroy(measure);
        moe_law_destroy(law);
        moe_context_destroy(own);
    }
}

static void says_what_it_does_not_do(void **state)
{
    (void)state;
    const double period[] = {1, 1, 1, 1, 1, 1, 1}, x[7] = {0};
    interval found = {7, 8};
    moe_law *law = law_on(7, period);
    moe_measure *measure = points_on(7, period, 1, x, NULL);
    assert_fails(context, MOE_ERROR_UNSUPPORTED, "7 coordinates",
                 moe_measure_distance_law(context, measure, law, 2, 0.1, &found.lower, &found.upper));
    assert_true(found.lower == 7 && found.upper == 8);
    moe_measure_destroy(measure);
    moe_law_destroy(law);
    law = law_on(2, period);
    measure = points_on(2, period, 1, x, NULL);
    assert_fails(context, MOE_ERROR_CONVERGENCE, "between",
                 moe_measure_distance_law(context, measure, law, 2, 1e-14, &found.lower, &found.upper));
    assert_within(found, 1 / sqrt(6));
    assert_true(found.upper - found.lower < 1e-4);
    moe_measure_destroy(measure);
    moe_law_destroy(law);
}

static int32_t one_distance(moe_context *own, void *self)
{
    (void)self;
    const double period[] = {turn, line}, x[] = {0, 0, 1, 1, 2, 0.5};
    double lower, upper;
    moe_law *law = NULL;
    moe_measure *measure = NULL;
    int32_t status = moe_law_create(own, 2, period, &law);
    if (!status)
        status = moe_law_set_uniform(law, 1, 0, 1);
    if (!status)
        status = moe_measure_create(own, 2, period, 3, x, NULL, &measure);
    if (!status)
        status = moe_measure_distance_law(own, measure, law, 2, 0.5, &lower, &upper);
    moe_measure_destroy(measure);
    moe_law_destroy(law);
    return status;
}

static void survives_failing_allocations(void **state)
{
    (void)state;
    assert_true(failing_sweep(one_distance, NULL) > 50);
}

static int32_t stop_later(void *self, const char *what, double part)
{
    (void)what;
    (void)part;
    return --*(int *)self == 0;
}

/* At whatever report it is stopped, the bounds so far hold, and the next call works. */
static void can_be_cancelled(void **state)
{
    (void)state;
    const double period[] = {turn, turn};
    moe_law *law = law_on(2, period);
    moe_measure *measure = NULL;
    assert_ok(context, moe_measure_random(context, law, 1, 0, 0, 20, &measure));
    const interval exact = law_distance(measure, law, 2, 0.02);
    for (int reports = 1; reports < 40; reports += 3) {
        interval found = {-1, -1};
        int left = reports;
        assert_ok(context, moe_context_set_progress(context, stop_later, &left));
        const int32_t status =
            moe_measure_distance_law(context, measure, law, 2, 0.02, &found.lower, &found.upper);
        assert_ok(context, moe_context_set_progress(context, NULL, NULL));
        assert_true(status == (left > 0 ? MOE_OK : MOE_ERROR_CANCELLED));
        assert_true(found.lower <= exact.upper && exact.lower <= found.upper);
    }
    moe_context_cancel(context);
    interval found = {-1, -1};
    assert_fails(context, MOE_ERROR_CANCELLED, "",
                 moe_measure_distance_law(context, measure, law, 2, 0.02, &found.lower, &found.upper));
    moe_measure_destroy(measure);
    moe_law_destroy(law);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lattice_on_the_torus),
        cmocka_unit_test(one_point),
        cmocka_unit_test(products_add),
        cmocka_unit_test(contains_what_a_grid_says),
        cmocka_unit_test(triangles_close),
        cmocka_unit_test(narrower_intervals_agree),
        cmocka_unit_test(degenerate_points),
        cmocka_unit_test(same_bits_for_any_number_of_threads),
        cmocka_unit_test(says_what_it_does_not_do),
        cmocka_unit_test(survives_failing_allocations),
        cmocka_unit_test(can_be_cancelled),
    };
    return cmocka_run_group_tests(tests, make_context, drop_context);
}
