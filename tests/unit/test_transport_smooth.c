/* test_transport_smooth.c - prices from densities: right to first order where the answer is known, and a
 * start that changes no distance.
 *
 * SPDX-License-Identifier: MIT */
#include "unit/test_transport_support.h"

#include "transport/smooth.h"
#include "transport/tree.h"

/* ---- known prices ----------------------------------------------------------------------------- */

enum { SIDE = 64 };
static const double amplitude = 0.01;

/* Columns at the quantiles of a density in coordinate 0, evenly in coordinate 1; each row is its column plus
 * `amplitude` times a wave's slope, so that a row goes back by grad price / 2 for the price
 *     -2 amplitude cos(y) on a circle of 2 pi,     -2 amplitude cos(pi y) / pi on [0, 1].
 * density: 1 + contrast cos(2 pi s), s in [0, 1] along coordinate 0. */
typedef struct {
    double half[2], period, contrast;
    double x[2][2 * SIDE * SIDE]; /* rows, columns: coordinate by coordinate */
} lattice;

/* y / period with  s + contrast sin(2 pi s) / (2 pi) = share. */
static double quantile(double contrast, double share)
{
    double low = 0, high = 1;
    for (int step = 0; step < 60; step++) {
        const double s = low / 2 + high / 2;
        *(s + contrast * sin(2 * PI * s) / (2 * PI) < share ? &low : &high) = s;
    }
    return low;
}

static void make_lattice(bool real, double contrast, lattice *it)
{
    const int64_t count = SIDE * SIDE;
    it->period = real ? 1 : 2 * PI;
    it->half[0] = real ? (double)INFINITY : PI;
    it->half[1] = PI;
    for (int64_t j = 0; j < count; j++) {
        const double y = it->period * quantile(contrast, ((double)(j % SIDE) + 0.5) / SIDE);
        const double way = amplitude * sin(real ? PI * y : y);
        it->x[1][j] = real ? y : y - PI;
        it->x[0][j] = it->x[1][j] + way;
        it->x[0][count + j] = it->x[1][count + j] = 2 * PI * ((double)(j / SIDE) + 0.5) / SIDE - PI;
    }
}

static void check_lattice(bool real, double contrast)
{
    static lattice it;
    static double price[SIDE * SIDE];
    const int64_t count = SIDE * SIDE;
    moei_meter meter = {context, 0, 0};
    moei_smooth_nearness near;
    make_lattice(real, contrast, &it);
    const moei_smooth_clouds clouds = {2, count, count, it.half, {it.x[0], it.x[1]}, {NULL, NULL}};
    assert_ok(context, moei_smooth_prices(&meter, &clouds, price, &near));
    double mean = 0, mean_price = 0, worst = 0, square = 0;
    for (int64_t j = 0; j < count; j++) {
        const double y = it.x[1][j], way = it.x[0][j] - y;
        mean += (real ? -cos(PI * y) / PI : cos(y)) / (double)count; /* -cos(y + pi) on the circle */
        mean_price += price[j] / (double)count;
        square += way * way / (double)count;
    }
    for (int64_t j = 0; j < count; j++) {
        const double y = it.x[1][j], wave = (real ? -cos(PI * y) / PI : cos(y)) - mean;
        worst = fmax(worst, fabs(price[j] - mean_price - 2 * amplitude * wave));
    }
    /* a Gaussian of one spacing, a grid as coarse, and terms of second order (amplitude times wave number)
     * take a few % each */
    assert_true(worst <= 0.08 * 2 * amplitude * (real ? 1 / PI : 1));
    assert_close(near.square, square, 0.12 * square);
    assert_true(contrast > 0 ? near.contrast > 0.04 : near.contrast < 0.02);
}

static void a_wave_of_density_is_a_wave_of_prices(void **state)
{
    (void)state;
    check_lattice(false, 0);
    check_lattice(true, 0);
}

static void so_it_is_where_the_density_varies(void **state)
{
    (void)state;
    check_lattice(false, 0.5);
    check_lattice(true, 0.5);
    check_lattice(false, 0.9);
}

/* Rows and columns exchanged: the same way back. */
static void prices_change_sign_with_the_sides(void **state)
{
    (void)state;
    static lattice it;
    static double price[SIDE * SIDE], other[SIDE * SIDE];
    const int64_t count = SIDE * SIDE;
    moei_meter meter = {context, 0, 0};
    moei_smooth_nearness near, back;
    make_lattice(false, 0.5, &it);
    const moei_smooth_clouds clouds = {2, count, count, it.half, {it.x[0], it.x[1]}, {NULL, NULL}};
    const moei_smooth_clouds turned = {2, count, count, it.half, {it.x[1], it.x[0]}, {NULL, NULL}};
    assert_ok(context, moei_smooth_prices(&meter, &clouds, price, &near));
    assert_ok(context, moei_smooth_prices(&meter, &turned, other, &back));
    assert_close(near.square, back.square, 1e-12 * near.square);
    double largest = 0;
    for (int64_t j = 0; j < count; j++)
        largest = fmax(largest, fabs(price[j]));
    for (int64_t j = 0; j < count; j++) /* read off at points a little apart */
        assert_close(price[j] + other[j], 0, 0.05 * largest);
}

/* A coordinate in which nothing varies, and points that are all the same. */
static void flat_clouds_have_prices(void **state)
{
    (void)state;
    const double half[3] = {INFINITY, PI, INFINITY};
    double x[2][3 * 100], price[100];
    uint64_t seed = 5;
    for (int flat = 1; flat < 8; flat++) {
        for (int side = 0; side < 2; side++)
            for (int t = 0; t < 300; t++)
                x[side][t] = flat >> (t / 100) & 1 ? 0.25 : test_uniform(&seed);
        const moei_smooth_clouds clouds = {3, 100, 100, half, {x[0], x[1]}, {NULL, NULL}};
        moei_meter meter = {context, 0, 0};
        moei_smooth_nearness near;
        assert_ok(context, moei_smooth_prices(&meter, &clouds, price, &near));
        for (int j = 0; j < 100; j++)
            assert_true(isfinite(price[j]));
        assert_true(isfinite(near.square) && isfinite(near.contrast));
    }
}

/* ---- distances -------------------------------------------------------------------------------- */

/* Of a law whose density is 1 + contrast cos(2 pi s) in each coordinate. */
static void draw(uint64_t *seed, int64_t d, int64_t n, unsigned real, double contrast, cloud *out)
{
    random_cloud(seed, d, n, real, out);
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < d; k++)
            out->x[i * d + k] =
                (isinf(out->period[k]) ? 3 : out->period[k]) * quantile(contrast, test_uniform(seed));
}

static interval w2(const cloud *a, const cloud *b)
{
    return distance(a, b, 2);
}

/* The network simplex method knows nothing of the start. Domains: the bits of d = 2 and 3. */
static void the_start_changes_no_distance(void **state)
{
    (void)state;
    static cloud a, b;
    uint64_t seed = 11;
    for (int trial = 0; trial < 36; trial++) {
        const int64_t d = 2 + trial % 3, n = 80 + 12 * trial;
        const unsigned real = (unsigned)(trial / 3) % 8;
        draw(&seed, d, n, real, trial % 5 * 0.2, &a);
        draw(&seed, d, n, real, trial % 5 * 0.2, &b);
        const interval found = w2(&a, &b);
        moe_measure *first = measure_of(&a), *second = measure_of(&b);
        moei_problem problem;
        moei_plan plan = {0};
        moei_bounds bounds;
        assert_ok(context, moei_problem_create(context, first, second, 2, &problem));
        assert_ok(context, moei_solve_flow(&problem, &plan));
        assert_ok(context, moei_certify_prices(context, first, second, 2, &plan, &bounds));
        assert_true(bounds.tight);
        assert_true(found.lower <= bounds.upper && bounds.lower <= found.upper);
        moei_plan_free(&plan);
        moei_problem_free(&problem);
        moe_measure_destroy(second);
        moe_measure_destroy(first);
    }
}

static void distances_do_not_see_rotations(void **state)
{
    (void)state;
    static cloud a, b;
    uint64_t seed = 17;
    for (int trial = 0; trial < 12; trial++) {
        const int64_t d = 2 + trial % 2;
        draw(&seed, d, 400, 0, 0.5, &a);
        draw(&seed, d, 400, 0, 0.5, &b);
        const interval found = w2(&a, &b);
        for (int64_t k = 0; k < d; k++) {
            const double turn = a.period[k] * test_uniform(&seed);
            for (int64_t i = 0; i < 400; i++) {
                a.x[i * d + k] += turn;
                b.x[i * d + k] += turn;
            }
        }
        assert_close(middle(w2(&a, &b)), middle(found), 1e-13 * found.upper);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wave_of_density_is_a_wave_of_prices),
        cmocka_unit_test(so_it_is_where_the_density_varies),
        cmocka_unit_test(prices_change_sign_with_the_sides),
        cmocka_unit_test(flat_clouds_have_prices),
        cmocka_unit_test(the_start_changes_no_distance),
        cmocka_unit_test(distances_do_not_see_rotations),
    };
    return cmocka_run_group_tests(tests, make_context, drop_context);
}
