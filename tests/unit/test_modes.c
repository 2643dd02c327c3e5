/* test_modes.c - Fourier modes and moments against closed forms and long double sums; what modes prove of
 * W_1.
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"
#include "unit/test_transport_support.h"

#include <stdbool.h>
#include <stdlib.h>

/* The trapezoid rule of n nodes begins half a step from 0: modes of multiples of n are +-1, all others 0. */
static void uniform_rules_have_no_modes(void **state)
{
    (void)state;
    const double period[2] = {2 * PI, 3};
    const int64_t sizes[2] = {12, 7};
    enum { COUNT = 41 * 41 };
    static int64_t k[COUNT][2];
    static double modes[COUNT][2];
    moe_law *law = NULL;
    moe_measure *rule = NULL;
    assert_ok(context, moe_law_create(context, 2, period, &law));
    assert_ok(context, moe_measure_tensor(context, law, sizes, &rule));
    for (int q = 0; q < COUNT; q++)
        k[q][0] = q / 41 - 20, k[q][1] = q % 41 - 20;
    assert_ok(context, moe_measure_modes(context, rule, COUNT, k[0], modes[0]));
    const double *x = moe_measure_points(rule);
    for (int q = 0; q < COUNT; q++) {
        const bool stays = k[q][0] % 12 == 0 && k[q][1] % 7 == 0;
        const double phase =
            2 * PI * ((double)k[q][0] * x[0] / period[0] + (double)k[q][1] * x[1] / period[1]);
        assert_close(modes[q][0], stays ? cos(phase) : 0, 2e-14);
        assert_close(modes[q][1], stays ? sin(phase) : 0, 2e-14);
    }
    moe_measure_destroy(rule);
    moe_law_destroy(law);
}

/* Normal of mean m and deviation s, wrapped: exp(i k m - k^2 s^2 / 2). Poisson's kernel by its density at 256
 * nodes: r^|k|, up to what aliases, r^(256 - |k|). */
static void laws_have_their_modes(void **state)
{
    (void)state;
    const double period = 2 * PI, mean = 0.7, s = 0.4, r = 0.8;
    const int64_t nodes = 60;
    enum { NODES = 256, COUNT = 25 };
    int64_t k[COUNT];
    double modes[COUNT][2], x[NODES], w[NODES], sum = 0;
    moe_law *law = NULL;
    moe_measure *normal = NULL, *poisson = NULL;
    for (int q = 0; q < COUNT; q++)
        k[q] = q - COUNT / 2;
    assert_ok(context, moe_law_create(context, 1, &period, &law));
    assert_ok(context, moe_law_set_normal(law, 0, mean, s));
    assert_ok(context, moe_measure_tensor(context, law, &nodes, &normal));
    assert_ok(context, moe_measure_modes(context, normal, COUNT, k, modes[0]));
    for (int q = 0; q < COUNT; q++) {
        const double size = exp(-(double)(k[q] * k[q]) * s * s / 2);
        assert_close(modes[q][0], size * cos((double)k[q] * mean), 1e-13);
        assert_close(modes[q][1], size * sin((double)k[q] * mean), 1e-13);
    }
    for (int i = 0; i < NODES; i++) {
        x[i] = 2 * PI * i / NODES;
        sum += w[i] = (1 - r * r) / (1 - 2 * r * cos(x[i]) + r * r);
    }
    for (int i = 0; i < NODES; i++)
        w[i] /= sum;
    assert_ok(context, moe_measure_create(context, 1, &period, NODES, x, w, &poisson));
    assert_ok(context, moe_measure_modes(context, poisson, COUNT, k, modes[0]));
    for (int q = 0; q < COUNT; q++) {
        assert_close(modes[q][0], pow(r, (double)llabs(k[q])), 1e-14);
        assert_close(modes[q][1], 0, 1e-14);
    }
    moe_measure_destroy(poisson);
    moe_measure_destroy(normal);
    moe_law_destroy(law);
}

/* Any domain, any k, large ones too, powers on real coordinates: the same sum in long double. */
static void agrees_with_plain_sums(void **state)
{
    (void)state;
    enum { COUNT = 60 };
    static cloud a;
    static int whole[MAX_POINTS];
    uint64_t seed = 1;
    for (int trial = 0; trial < 24; trial++) {
        int64_t k[COUNT * 3];
        double modes[2 * COUNT];
        const int64_t d = 1 + trial % 3;
        random_cloud(&seed, d, 1 + 7 * trial, (unsigned)trial / 3 & 7u, &a);
        random_weights(&seed, &a, whole);
        for (int q = 0; q < COUNT; q++)
            for (int64_t c = 0; c < d; c++) {
                const double size = q % 3 ? 40 : 1e9;
                k[q * d + c] = isinf(a.period[c]) ? (int64_t)(6 * test_uniform(&seed))
                                                  : (int64_t)(size * (test_uniform(&seed) - 0.5));
            }
        moe_measure *measure = measure_of(&a);
        assert_ok(context, moe_measure_modes(context, measure, COUNT, k, modes));
        for (int q = 0; q < COUNT; q++) {
            long double re = 0, im = 0, size = 0;
            for (int64_t i = 0; i < a.n; i++) {
                long double phase = 0, power = 1;
                for (int64_t c = 0; c < d; c++) {
                    const long double x = a.x[i * d + c], kc = (long double)k[q * d + c];
                    if (isinf(a.period[c]))
                        power *= powl(x, kc);
                    else
                        phase += remainderl(kc * (x / a.period[c]), 1);
                }
                re += a.w[i] * power * cosl(2 * 3.14159265358979323846264338L * phase);
                im += a.w[i] * power * sinl(2 * 3.14159265358979323846264338L * phase);
                size += a.w[i] * fabsl(power);
            }
            const double slack =
                (q % 3 ? 2e-14 : 1e-9) * (double)size; /* the reference's x / period at 1e9 */
            assert_close(modes[2 * q], (double)re, slack);
            assert_close(modes[2 * q + 1], (double)im, slack);
        }
        moe_measure_destroy(measure);
    }
}

static void bits_do_not_depend_on_threads(void **state)
{
    (void)state;
    enum { N = 30000, COUNT = 9 };
    static double x[2 * N];
    const double period[2] = {1, INFINITY};
    const int64_t k[2 * COUNT] = {0, 0, 1, 0, -1, 0, 2, 1, 5, 0, 17, 2, 18, 0, 0, 3, -18, 1};
    double one[2 * COUNT], three[2 * COUNT];
    uint64_t seed = 2;
    moe_measure *measure = NULL;
    for (int i = 0; i < 2 * N; i++)
        x[i] = test_uniform(&seed);
    assert_ok(context, moe_measure_create(context, 2, period, N, x, NULL, &measure));
    assert_ok(context, moe_measure_modes(context, measure, COUNT, k, one));
    assert_ok(context, moe_context_set_threads(context, 3));
    assert_ok(context, moe_measure_modes(context, measure, COUNT, k, three));
    assert_ok(context, moe_context_set_threads(context, 1));
    assert_memory_equal(one, three, sizeof one);
    assert_close(one[0], 1, 1e-14);
    assert_close(one[2], one[4], 1e-15); /* k and -k are conjugate */
    assert_close(one[3], -one[5], 1e-15);
    moe_measure_destroy(measure);
}

static void moments_are_mean_and_covariance(void **state)
{
    (void)state;
    const double period[3] = {INFINITY, 2 * PI, INFINITY};
    const int64_t sizes[3] = {6, 30, 5};
    double mean[3], covariance[9];
    moe_law *law = NULL;
    moe_measure *rule = NULL;
    assert_ok(context, moe_law_create(context, 3, period, &law));
    assert_ok(context, moe_law_set_normal(law, 0, 1e6, 2));
    assert_ok(context, moe_law_set_normal(law, 1, 3, 0.1)); /* wraps past pi */
    assert_ok(context, moe_law_set_uniform(law, 2, -1, 3));
    assert_ok(context, moe_measure_tensor(context, law, sizes, &rule));
    assert_ok(context, moe_measure_moments(context, rule, mean, covariance));
    assert_close(mean[0], 1e6, 1e-9);
    assert_close(mean[1], 3, 1e-14);
    assert_close(mean[2], 1, 1e-14);
    const double want[9] = {4, 0, 0, 0, 0.01, 0, 0, 0, 16.0 / 12};
    for (int c = 0; c < 9; c++)
        assert_close(covariance[c], want[c], 1e-9);
    assert_ok(context, moe_measure_moments(context, rule, mean, NULL));
    moe_measure_destroy(rule);
    moe_law_destroy(law);
    /* opposite points have no direction: 0 by definition */
    const double x[2] = {1, 1 + PI}, turn = 2 * PI;
    moe_measure *pair = NULL;
    assert_ok(context, moe_measure_create(context, 1, &turn, 2, x, NULL, &pair));
    assert_ok(context, moe_measure_moments(context, pair, mean, covariance));
    assert_true(mean[0] == 0);
    moe_measure_destroy(pair);
}

/* Two points t apart on a circle: |a_k - b_k| = 2 |sin(k t / 2)|. */
static void mode_distance_is_a_sum_over_modes(void **state)
{
    (void)state;
    const double period = 2 * PI, x = 0.3, y = 1.4;
    moe_measure *first = NULL, *second = NULL;
    double norm, lower, want = 0, most = 0;
    assert_ok(context, moe_measure_create(context, 1, &period, 1, &x, NULL, &first));
    assert_ok(context, moe_measure_create(context, 1, &period, 1, &y, NULL, &second));
    assert_ok(context, moe_measure_mode_distance(context, first, second, 10, &norm, &lower));
    for (int k = 1; k <= 10; k++) {
        const double apart = 2 * fabs(sin(k * (y - x) / 2)) / k;
        want += 2 * apart * apart;
        most = fmax(most, apart);
    }
    assert_close(norm, sqrt(want), 1e-13);
    assert_close(lower, most, 1e-13);
    assert_true(lower <= most);
    assert_ok(context, moe_measure_mode_distance(context, first, first, 10, &norm, &lower));
    assert_true(norm == 0 && lower == 0);
    moe_measure_destroy(second);
    moe_measure_destroy(first);
}

static void mode_distance_is_below_the_distance(void **state)
{
    (void)state;
    static cloud a, b;
    static int whole[MAX_POINTS];
    uint64_t seed = 3;
    for (int trial = 0; trial < 60; trial++) {
        const int64_t d = 1 + trial % 3;
        random_cloud(&seed, d, 1 + trial, d > 1 && trial % 4 == 0, &a);
        random_cloud(&seed, d, 10, d > 1 && trial % 4 == 0, &b);
        random_weights(&seed, &a, whole);
        moe_measure *first = measure_of(&a), *second = measure_of(&b);
        double norm, lower, norm_back;
        assert_ok(context, moe_measure_mode_distance(context, first, second, 3, &norm, &lower));
        assert_ok(context, moe_measure_mode_distance(context, second, first, 3, &norm_back, NULL));
        const interval w1 = distance(&a, &b, 1);
        assert_true(0 <= lower && lower <= w1.upper && lower <= norm);
        assert_close(norm, norm_back, 1e-14);
        moe_measure_destroy(second);
        moe_measure_destroy(first);
    }
}

static void refuses_bad_input(void **state)
{
    (void)state;
    static cloud a, b, line;
    uint64_t seed = 4;
    double out[8];
    const int64_t k[2] = {1, 0}, negative[2] = {0, -1}, large[2] = {(int64_t)1 << 40, 0};
    random_cloud(&seed, 2, 5, 2, &a);
    random_cloud(&seed, 2, 5, 0, &b);
    random_cloud(&seed, 1, 5, 1, &line);
    moe_measure *first = measure_of(&a), *second = measure_of(&b), *third = measure_of(&line);
    assert_int_equal(moe_measure_modes(NULL, first, 1, k, out), MOE_ERROR_NULL);
    assert_fails(context, MOE_ERROR_NULL, "measure", moe_measure_modes(context, NULL, 1, k, out));
    assert_fails(context, MOE_ERROR_NULL, "k is NULL", moe_measure_modes(context, first, 1, NULL, out));
    assert_fails(context, MOE_ERROR_NULL, "modes", moe_measure_modes(context, first, 1, k, NULL));
    assert_fails(context, MOE_ERROR_SIZE, "count is 0", moe_measure_modes(context, first, 0, k, out));
    assert_fails(context, MOE_ERROR_VALUE, "k[0,1] is -1",
                 moe_measure_modes(context, first, 1, negative, out));
    assert_fails(context, MOE_ERROR_VALUE, "k[0,0]", moe_measure_modes(context, first, 1, large, out));
    assert_int_equal(moe_measure_moments(NULL, first, out, out), MOE_ERROR_NULL);
    assert_fails(context, MOE_ERROR_NULL, "measure", moe_measure_moments(context, NULL, out, out));
    assert_fails(context, MOE_ERROR_NULL, "mean", moe_measure_moments(context, first, NULL, out));
    assert_int_equal(moe_measure_mode_distance(NULL, first, first, 1, out, out), MOE_ERROR_NULL);
    assert_fails(context, MOE_ERROR_NULL, "b is",
                 moe_measure_mode_distance(context, first, NULL, 1, out, out));
    assert_fails(context, MOE_ERROR_SIZE, "cutoff is 0",
                 moe_measure_mode_distance(context, first, first, 0, out, out));
    assert_fails(context, MOE_ERROR_SIZE, "cutoff is",
                 moe_measure_mode_distance(context, second, second, INT64_MAX, out, out));
    assert_fails(context, MOE_ERROR_DOMAIN, "period",
                 moe_measure_mode_distance(context, first, second, 1, out, out));
    assert_fails(context, MOE_ERROR_DOMAIN, "no periodic",
                 moe_measure_mode_distance(context, third, third, 1, out, out));
    moe_measure_destroy(third);
    moe_measure_destroy(second);
    moe_measure_destroy(first);
}

static int32_t stop(void *self, const char *what, double part)
{
    (void)part;
    *(int *)self += strcmp(what, "modes") == 0;
    return 1;
}

static void can_be_cancelled(void **state)
{
    (void)state;
    static cloud a;
    uint64_t seed = 5;
    int calls = 0;
    const int64_t k = 1;
    double out[2] = {7, 7};
    random_cloud(&seed, 1, 5, 0, &a);
    moe_measure *measure = measure_of(&a);
    assert_ok(context, moe_context_set_progress(context, stop, &calls));
    const int32_t status = moe_measure_modes(context, measure, 1, &k, out);
    assert_ok(context, moe_context_set_progress(context, NULL, NULL));
    assert_int_equal(status, MOE_ERROR_CANCELLED);
    assert_true(calls == 1 && out[0] == 7 && out[1] == 7);
    moe_context_cancel(context);
    assert_int_equal(moe_measure_modes(context, measure, 1, &k, out), MOE_ERROR_CANCELLED);
    assert_ok(context, moe_measure_modes(context, measure, 1, &k, out));
    moe_measure_destroy(measure);
}

static int32_t use_once(moe_context *fresh, void *self)
{
    const cloud *a = self;
    moe_measure *measure = NULL;
    double norm, lower;
    int32_t status = moe_measure_create(fresh, a->d, a->period, a->n, a->x, a->w, &measure);
    if (!status)
        status = moe_measure_mode_distance(fresh, measure, measure, 2, &norm, &lower);
    moe_measure_destroy(measure);
    return status;
}

static void survives_every_failed_allocation(void **state)
{
    (void)state;
    static cloud a;
    uint64_t seed = 6;
    random_cloud(&seed, 2, 9, 0, &a);
    assert_true(failing_sweep(use_once, &a) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uniform_rules_have_no_modes),
        cmocka_unit_test(laws_have_their_modes),
        cmocka_unit_test(agrees_with_plain_sums),
        cmocka_unit_test(bits_do_not_depend_on_threads),
        cmocka_unit_test(moments_are_mean_and_covariance),
        cmocka_unit_test(mode_distance_is_a_sum_over_modes),
        cmocka_unit_test(mode_distance_is_below_the_distance),
        cmocka_unit_test(refuses_bad_input),
        cmocka_unit_test(can_be_cancelled),
        cmocka_unit_test(survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, make_context, drop_context);
}
