/* test_difference.c - derivatives from values alone: accuracy, honest errors, kinks, noise, ends of domains.
 *
 * SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "expert/difference.h"

/* One function of t, and its derivative. */
struct curve {
    double (*f)(double t, double a), (*slope)(double t, double a);
    double a;
    int calls, fail_at;
};

static int32_t value(void *self, double t, double *result)
{
    struct curve *curve = self;
    *result = curve->f(t, curve->a);
    return ++curve->calls == curve->fail_at ? -5 : 0;
}

static double wave(double t, double a)
{
    return cos(a * t + 0.3);
}

static double wave_slope(double t, double a)
{
    return -a * sin(a * t + 0.3);
}

static double bend(double t, double a) /* kinks at t = a: smooth on both sides */
{
    return t > a ? exp(t - a) : 1 + 3 * sin(t - a);
}

static double bend_slope(double t, double a)
{
    return t > a ? exp(t - a) : 3 * cos(t - a);
}

static double logarithm(double t, double a)
{
    return log(t - a);
}

static double logarithm_slope(double t, double a)
{
    return 1 / (t - a);
}

static double rough(double t, double a)
{
    return (double)(float)cos(a * t + 0.3);
}

/* The derivative at t from steps below h, its claimed error at most 10 times too small. */
static double derivative(struct curve *curve, double t, double h, double noise, double enough)
{
    double slope = 0, error = 0;
    assert_int_equal(moei_derivative(value, curve, t, h, noise, enough, &slope, &error), 0);
    assert_close(slope, curve->slope(t, curve->a), 10 * error);
    return error;
}

static void smooth_functions_give_ten_digits(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int i = 0; i < 2000; i++) {
        const double a = pow(10, 3 * test_uniform(&seed) - 1), t = 6 * test_uniform(&seed) - 3;
        struct curve curve = {wave, wave_slope, a, 0, 0};
        assert_true(derivative(&curve, t, 0.125, 4e-16, 1e-9 * a) <= 1e-8 * a);
        assert_true(curve.calls <= 100);
    }
}

static void kinks_beside_the_point_do_not_matter(void **state)
{
    (void)state;
    for (double e = 1e-6; e < 1; e *= 1.3)
        for (int side = -1; side <= 1; side += 2) {
            struct curve curve = {bend, bend_slope, 1 + side * e, 0, 0};
            assert_true(derivative(&curve, 1, 0.125, 1e-15, 1e-8) < 1e-6);
        }
}

static void ends_of_the_domain_do_not_matter(void **state)
{
    (void)state;
    for (double e = 1e-4; e < 1; e *= 1.3) {
        struct curve curve = {logarithm, logarithm_slope, 1 - e, 0, 0};
        assert_true(derivative(&curve, 1, 0.5, 1e-15 * (1 - log(e)), 1e-8 / e) < 1e-7 / e);
    }
}

/* Nothing finite: the error says so. */
static void nowhere_defined_has_infinite_error(void **state)
{
    (void)state;
    struct curve curve = {logarithm, logarithm_slope, 1e9, 0, 0};
    double slope, error;
    assert_int_equal(moei_derivative(value, &curve, 0, 1, 0, 0, &slope, &error), 0);
    assert_true(isinf(error));
}

static void noise_of_single_precision_is_measured(void **state)
{
    (void)state;
    uint64_t seed = 9;
    int seen = 0;
    for (int i = 0; i < 200; i++) {
        const double t = 6 * test_uniform(&seed) - 3;
        struct curve curve = {rough, wave_slope, 1, 0, 0}, smooth = {wave, wave_slope, 1, 0, 0};
        double noise, none;
        assert_int_equal(moei_noise(value, &curve, t, 1e-6, &noise), 0);
        assert_int_equal(moei_noise(value, &smooth, t, 1e-6, &none), 0);
        assert_true(noise < 1e-7 && none < 1e-15); /* half a unit in the last place: up to 3e-8 */
        seen += noise > 2e-9;
        assert_true(derivative(&curve, t, 0.125, 3e-8, 1e-9) < 1e-4); /* knows that it is rough */
    }
    assert_true(seen > 150);
}

static void a_failing_value_ends_the_work(void **state)
{
    (void)state;
    for (int at = 1; at <= 7; at++) {
        struct curve curve = {wave, wave_slope, 1, 0, at};
        double slope, error;
        assert_int_equal(moei_derivative(value, &curve, 0, 1, 0, 1e-9, &slope, &error), -5);
        curve.calls = 0;
        assert_int_equal(moei_noise(value, &curve, 0, 1e-6, &error), -5);
        assert_int_equal(curve.calls, at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smooth_functions_give_ten_digits),
        cmocka_unit_test(kinks_beside_the_point_do_not_matter),
        cmocka_unit_test(ends_of_the_domain_do_not_matter),
        cmocka_unit_test(nowhere_defined_has_infinite_error),
        cmocka_unit_test(noise_of_single_precision_is_measured),
        cmocka_unit_test(a_failing_value_ends_the_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
