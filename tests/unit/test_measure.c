/* test_measure.c - measures of given points: what they hold, who keeps them, what is refused.
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"

#include "measure/measure.h"

static const double period[2] = {2 * PI, (double)INFINITY};
static const double points[6] = {-100, 2, 3, 1e10, 5, -6};
static const double weights[3] = {0.5, 0, 0.5};

static void a_measure_holds_copies(void **state)
{
    moe_context *context = *state;
    double mine[6], my_weights[3], my_period[2];
    moe_measure *measure = NULL;
    memcpy(mine, points, sizeof mine);
    memcpy(my_weights, weights, sizeof my_weights);
    memcpy(my_period, period, sizeof my_period);
    assert_ok(context, moe_measure_create(context, 2, my_period, 3, mine, my_weights, &measure));
    mine[0] = my_weights[0] = my_period[0] = 7;
    assert_int_equal(moe_measure_count(measure), 3);
    assert_int_equal(moe_measure_dimension(measure), 2);
    assert_memory_equal(moe_measure_points(measure), points, sizeof points);
    assert_memory_equal(moe_measure_weights(measure), weights, sizeof weights);
    assert_memory_equal(moe_measure_period(measure), period, sizeof period);
    moe_measure_destroy(measure);
}

static void weights_are_equal_unless_given(void **state)
{
    moe_context *context = *state;
    moe_measure *measure = NULL;
    assert_ok(context, moe_measure_create(context, 2, period, 3, points, NULL, &measure));
    for (int i = 0; i < 3; i++)
        assert_close(moe_measure_weights(measure)[i], 1.0 / 3, 0);
    moe_measure_destroy(measure);
}

static void null_measures_are_taken(void **state)
{
    (void)state;
    moe_measure_destroy(NULL);
    assert_int_equal(moe_measure_count(NULL), 0);
    assert_int_equal(moe_measure_dimension(NULL), 0);
    assert_null(moe_measure_points(NULL));
    assert_null(moe_measure_weights(NULL));
    assert_null(moe_measure_period(NULL));
}

static void bad_arguments_are_refused(void **state)
{
    moe_context *context = *state;
    const double nan[2] = {1, (double)NAN}, bad_period[2] = {1, -2};
    const double negative[3] = {1.5, -0.5, 0}, short_of[3] = {0.5, 0.2, 0.2};
    moe_measure *measure = (moe_measure *)&measure;
    assert_int_equal(moe_measure_create(NULL, 2, period, 3, points, NULL, &measure), MOE_ERROR_NULL);
    assert_null(measure);
    assert_fails(context, MOE_ERROR_NULL, "measure",
                 moe_measure_create(context, 2, period, 3, points, NULL, NULL));
    const struct {
        int64_t d, count;
        const double *period, *points, *weights;
        int32_t status;
        const char *words;
    } wrong[] = {{2, 3, period, NULL, NULL, MOE_ERROR_NULL, "points is NULL"},
                 {2, 3, NULL, points, NULL, MOE_ERROR_NULL, "period is NULL"},
                 {0, 3, period, points, NULL, MOE_ERROR_SIZE, "d is 0"},
                 {2, -1, period, points, NULL, MOE_ERROR_SIZE, "count is -1"},
                 {2, INT64_MAX / 8, period, points, NULL, MOE_ERROR_SIZE, "count x d"},
                 {2, 3, bad_period, points, NULL, MOE_ERROR_PERIOD, "period[1] is -2"},
                 {2, 1, period, nan, NULL, MOE_ERROR_NOT_FINITE, "points[1]"},
                 {1, 2, period, points, nan, MOE_ERROR_NOT_FINITE, "weights[1]"},
                 {2, 3, period, points, negative, MOE_ERROR_WEIGHTS, "weights[1] is -0.5"},
                 {2, 3, period, points, short_of, MOE_ERROR_WEIGHTS, "sums to"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        measure = (moe_measure *)&measure;
        assert_fails(context, wrong[i].status, wrong[i].words,
                     moe_measure_create(context, wrong[i].d, wrong[i].period, wrong[i].count, wrong[i].points,
                                        wrong[i].weights, &measure));
        assert_null(measure);
    }
}

static void domains_are_compared(void **state)
{
    moe_context *context = *state;
    const double other[2] = {2 * PI, 1};
    moe_measure *measure = NULL;
    assert_ok(context, moe_measure_create(context, 2, period, 3, points, NULL, &measure));
    assert_ok(context, moei_need_domain(context, measure, 2, period, "initial"));
    assert_fails(context, MOE_ERROR_DOMAIN, "initial has 2 coordinates",
                 moei_need_domain(context, measure, 3, period, "initial"));
    assert_fails(context, MOE_ERROR_DOMAIN, "coordinate 1 of initial has period inf",
                 moei_need_domain(context, measure, 2, other, "initial"));
    moe_measure_destroy(measure);
}

static void measure_outlives_its_context(void **state)
{
    (void)state;
    struct failing memory = {.fail_at = 0};
    const moe_allocator allocator = failing_allocator(&memory);
    moe_context *context = NULL;
    moe_measure *measure = NULL;
    assert_int_equal(moe_context_create(&allocator, &context), MOE_OK);
    assert_ok(context, moe_measure_create(context, 2, period, 3, points, NULL, &measure));
    moe_context_destroy(context);
    assert_memory_equal(moe_measure_points(measure), points, sizeof points);
    moe_measure_destroy(measure);
    assert_int_equal(memory.live, 0);
}

static int32_t make_measure(moe_context *context, void *self)
{
    (void)self;
    moe_measure *measure = NULL;
    const int32_t status = moe_measure_create(context, 2, period, 3, points, weights, &measure);
    moe_measure_destroy(measure);
    return status;
}

static void measures_survive_lack_of_memory(void **state)
{
    (void)state;
    assert_int_equal(failing_sweep(make_measure, NULL), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_measure_holds_copies),
        cmocka_unit_test(weights_are_equal_unless_given),
        cmocka_unit_test(null_measures_are_taken),
        cmocka_unit_test(bad_arguments_are_refused),
        cmocka_unit_test(domains_are_compared),
        cmocka_unit_test(measure_outlives_its_context),
        cmocka_unit_test(measures_survive_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, context_create, context_destroy);
}
