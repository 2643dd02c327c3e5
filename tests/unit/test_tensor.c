/* test_tensor.c - tensor rules: order of points, the rule of each kind of law, integrals, sizes.
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"

/* circle, interval, normal, interval of a circle, wrapped normal */
enum { D = 5 };
static const double period[D] = {2 * PI, (double)INFINITY, (double)INFINITY, 1, 3};

static moe_law *mixed_law(moe_context *context)
{
    moe_law *law = NULL;
    if (moe_law_create(context, D, period, &law) || moe_law_set_uniform(law, 0, -PI, PI) ||
        moe_law_set_uniform(law, 1, 2, 6) || moe_law_set_normal(law, 2, 1, 0.5) ||
        moe_law_set_uniform(law, 3, 0.25, 0.5) || moe_law_set_normal(law, 4, 2, 0.25)) {
        moe_law_destroy(law);
        return NULL;
    }
    return law;
}

static void the_last_coordinate_runs_fastest(void **state)
{
    moe_context *context = *state;
    const double circles[2] = {6, 8};
    const int64_t sizes[2] = {3, 4};
    moe_law *law = NULL;
    moe_measure *measure = NULL;
    assert_ok(context, moe_law_create(context, 2, circles, &law));
    assert_ok(context, moe_measure_tensor(context, law, sizes, &measure));
    assert_int_equal(moe_measure_count(measure), 12);
    for (int i = 0; i < 12; i++) {
        assert_close(moe_measure_points(measure)[2 * i], (i / 4 + 0.5) * 2, 1e-15);
        assert_close(moe_measure_points(measure)[2 * i + 1], (i % 4 + 0.5) * 2, 1e-15);
        assert_close(moe_measure_weights(measure)[i], 1.0 / 12, 1e-17);
    }
    assert_memory_equal(moe_measure_period(measure), circles, sizeof circles);
    moe_measure_destroy(measure);
    moe_law_destroy(law);
}

/* E prod_k phi_k(theta_k) factors, phi_k with known means for each kind of law. */
static void means_of_products_factor(void **state)
{
    moe_context *context = *state;
    const int64_t sizes[D] = {7, 6, 9, 8, 11};
    moe_law *law = mixed_law(context);
    moe_measure *measure = NULL;
    assert_non_null(law);
    assert_ok(context, moe_measure_tensor(context, law, sizes, &measure));
    const int64_t count = moe_measure_count(measure);
    assert_int_equal(count, 7 * 6 * 9 * 8 * 11);
    double sum = 0, product = 0;
    for (int64_t i = 0; i < count; i++) {
        const double *x = moe_measure_points(measure) + i * D, w = moe_measure_weights(measure)[i];
        sum += w;
        product += w * pow(cos(x[0]), 4) * pow(x[1], 3) * (x[2] * x[2]) * exp(x[3]) * cos(2 * PI / 3 * x[4]);
    }
    const double circle = 3.0 / 8, interval = (6 * 6 * 6 * 6 - 2 * 2 * 2 * 2) / 16.0, normal = 1.25;
    const double arc = 4 * (exp(0.5) - exp(0.25));
    const double wrapped = cos(4 * PI / 3) * exp(-pow(2 * PI / 3 * 0.25, 2) / 2);
    assert_close(sum, 1, 1e-13);
    assert_close(product, circle * interval * normal * arc * wrapped, 1e-10);
    moe_measure_destroy(measure);
    moe_law_destroy(law);
}

/* A measure made by a rule is one that moe_measure_create takes. */
static void weights_are_a_probability(void **state)
{
    moe_context *context = *state;
    const int64_t sizes[D] = {2, 1, 3, 1, 20};
    moe_law *law = mixed_law(context);
    moe_measure *measure = NULL, *copy = NULL;
    assert_ok(context, moe_measure_tensor(context, law, sizes, &measure));
    assert_ok(context, moe_measure_create(context, D, period, moe_measure_count(measure),
                                          moe_measure_points(measure), moe_measure_weights(measure), &copy));
    moe_measure_destroy(copy);
    moe_measure_destroy(measure);
    moe_law_destroy(law);
}

static void bad_arguments_are_refused(void **state)
{
    moe_context *context = *state;
    const int64_t good[D] = {2, 2, 2, 2, 2}, zero[D] = {2, 2, 0, 2, 2};
    const int64_t large[D] = {INT64_C(1) << 20, INT64_C(1) << 20, INT64_C(1) << 20, INT64_C(1) << 20, 1};
    const int64_t edge[D] = {INT64_C(1) << 58, 1, 1, 1, 1};
    moe_law *law = mixed_law(context), *unset = NULL;
    moe_measure *measure = (moe_measure *)&measure;
    assert_int_equal(moe_measure_tensor(NULL, law, good, &measure), MOE_ERROR_NULL);
    assert_null(measure);
    assert_fails(context, MOE_ERROR_NULL, "law", moe_measure_tensor(context, NULL, good, &measure));
    assert_fails(context, MOE_ERROR_NULL, "sizes", moe_measure_tensor(context, law, NULL, &measure));
    assert_fails(context, MOE_ERROR_NULL, "measure", moe_measure_tensor(context, law, good, NULL));
    assert_fails(context, MOE_ERROR_SIZE, "sizes[2] is 0", moe_measure_tensor(context, law, zero, &measure));
    assert_fails(context, MOE_ERROR_SIZE, "sizes[2]", moe_measure_tensor(context, law, large, &measure));
    assert_fails(context, MOE_ERROR_SIZE, "sizes[0]", moe_measure_tensor(context, law, edge, &measure));
    assert_ok(context, moe_law_create(context, D, period, &unset));
    assert_fails(context, MOE_ERROR_ORDER, "coordinate 1",
                 moe_measure_tensor(context, unset, good, &measure));
    assert_null(measure);
    moe_law_destroy(unset);
    moe_law_destroy(law);
}

static int32_t make_tensor(moe_context *context, void *self)
{
    (void)self;
    const int64_t sizes[D] = {2, 2, 2, 2, 2};
    moe_law *law = mixed_law(context);
    moe_measure *measure = NULL;
    const int32_t status = law ? moe_measure_tensor(context, law, sizes, &measure) : MOE_ERROR_MEMORY;
    moe_measure_destroy(measure);
    moe_law_destroy(law);
    return status;
}

static void tensors_survive_lack_of_memory(void **state)
{
    (void)state;
    assert_true(failing_sweep(make_tensor, NULL) > 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_coordinate_runs_fastest), cmocka_unit_test(means_of_products_factor),
        cmocka_unit_test(weights_are_a_probability),        cmocka_unit_test(bad_arguments_are_refused),
        cmocka_unit_test(tensors_survive_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, context_create, context_destroy);
}
