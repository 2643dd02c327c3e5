/* test_law.c - product laws: defaults, setters, the whole circle up to rounding, errors and lifetime.
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"

#include "measure/law.h"

static const double mixed[3] = {2 * PI, (double)INFINITY, 1};

static void circles_are_uniform_and_lines_are_not_set(void **state)
{
    moe_context *context = *state;
    moe_law *law = NULL;
    assert_ok(context, moe_law_create(context, 3, mixed, &law));
    assert_int_equal(law->coordinate[0].kind, MOEI_LAW_CIRCLE);
    assert_close(law->coordinate[0].b - law->coordinate[0].a, 2 * PI, 0);
    assert_int_equal(law->coordinate[1].kind, MOEI_LAW_NOT_SET);
    assert_int_equal(law->coordinate[2].kind, MOEI_LAW_CIRCLE);
    assert_fails(context, MOE_ERROR_ORDER, "coordinate 1", moei_need_law(context, law));
    assert_ok(context, moe_law_set_normal(law, 1, 0, 1));
    assert_ok(context, moei_need_law(context, law));
    moe_law_destroy(law);
}

/* [a, a + period) is the whole circle wherever a lies, though its ends are rounded. */
static void a_period_is_the_whole_circle(void **state)
{
    moe_context *context = *state;
    uint64_t seed = 1;
    moe_law *law = NULL;
    assert_ok(context, moe_law_create(context, 3, mixed, &law));
    for (int i = 0; i < 2000; i++) {
        const double a = pow(10, 4 * test_uniform(&seed) - 2) * (test_uniform(&seed) - 0.5);
        assert_ok(context, moe_law_set_uniform(law, 0, a, a + 2 * PI));
        assert_int_equal(law->coordinate[0].kind, MOEI_LAW_CIRCLE);
        assert_ok(context, moe_law_set_uniform(law, 2, a, a + 1));
        assert_int_equal(law->coordinate[2].kind, MOEI_LAW_CIRCLE);
        assert_ok(context, moe_law_set_uniform(law, 1, a, a + 1));
        assert_int_equal(law->coordinate[1].kind, MOEI_LAW_INTERVAL);
    }
    assert_ok(context, moe_law_set_uniform(law, 0, 0, 2 * PI - 1e-9));
    assert_int_equal(law->coordinate[0].kind, MOEI_LAW_INTERVAL);
    assert_fails(context, MOE_ERROR_VALUE, "longer than the period",
                 moe_law_set_uniform(law, 0, 0, 2 * PI + 1e-9));
    moe_law_destroy(law);
}

static void bad_arguments_are_refused(void **state)
{
    moe_context *context = *state;
    const double bad[2] = {1, 0};
    moe_law *law = (moe_law *)&law;
    assert_int_equal(moe_law_create(NULL, 3, mixed, &law), MOE_ERROR_NULL);
    assert_null(law);
    assert_fails(context, MOE_ERROR_NULL, "law", moe_law_create(context, 3, mixed, NULL));
    assert_fails(context, MOE_ERROR_NULL, "period", moe_law_create(context, 3, NULL, &law));
    assert_fails(context, MOE_ERROR_SIZE, "d is 0", moe_law_create(context, 0, mixed, &law));
    assert_fails(context, MOE_ERROR_SIZE, "d is", moe_law_create(context, INT64_MAX, mixed, &law));
    assert_fails(context, MOE_ERROR_PERIOD, "period[1] is 0", moe_law_create(context, 2, bad, &law));
    assert_null(law);
    assert_int_equal(moe_law_set_uniform(NULL, 0, 0, 1), MOE_ERROR_NULL);
    assert_int_equal(moe_law_set_normal(NULL, 0, 0, 1), MOE_ERROR_NULL);
    moe_law_destroy(NULL);
}

static void bad_values_change_nothing(void **state)
{
    moe_context *context = *state;
    const double infinite = (double)INFINITY, nan = (double)NAN;
    moe_law *law = NULL;
    assert_ok(context, moe_law_create(context, 3, mixed, &law));
    assert_ok(context, moe_law_set_normal(law, 1, 3, 4));
    assert_fails(context, MOE_ERROR_INDEX, "k is 3", moe_law_set_uniform(law, 3, 0, 1));
    assert_fails(context, MOE_ERROR_INDEX, "k is -1", moe_law_set_normal(law, -1, 0, 1));
    assert_fails(context, MOE_ERROR_NOT_FINITE, "a is", moe_law_set_uniform(law, 1, nan, 1));
    assert_fails(context, MOE_ERROR_NOT_FINITE, "b is inf", moe_law_set_uniform(law, 1, 0, infinite));
    assert_fails(context, MOE_ERROR_NOT_FINITE, "mean is", moe_law_set_normal(law, 1, nan, 1));
    assert_fails(context, MOE_ERROR_NOT_FINITE, "deviation is inf", moe_law_set_normal(law, 1, 0, infinite));
    assert_fails(context, MOE_ERROR_VALUE, "[2, 2)", moe_law_set_uniform(law, 1, 2, 2));
    assert_fails(context, MOE_ERROR_VALUE, "[2, 1)", moe_law_set_uniform(law, 1, 2, 1));
    assert_fails(context, MOE_ERROR_VALUE, "finite", moe_law_set_uniform(law, 1, -1e308, 1e308));
    assert_fails(context, MOE_ERROR_VALUE, "period, 1", moe_law_set_uniform(law, 2, 0, 1.5));
    assert_fails(context, MOE_ERROR_VALUE, "deviation is 0", moe_law_set_normal(law, 1, 0, 0));
    assert_fails(context, MOE_ERROR_VALUE, "deviation is -1", moe_law_set_normal(law, 1, 0, -1));
    assert_int_equal(law->coordinate[1].kind, MOEI_LAW_NORMAL);
    assert_close(law->coordinate[1].a, 3, 0);
    assert_close(law->coordinate[1].b, 4, 0);
    moe_law_destroy(law);
}

/* The law keeps its context, where its setters report. */
static void a_law_outlives_its_context(void **state)
{
    (void)state;
    struct failing memory = {.fail_at = 0};
    const moe_allocator allocator = failing_allocator(&memory);
    moe_context *context = NULL;
    moe_law *law = NULL;
    assert_int_equal(moe_context_create(&allocator, &context), MOE_OK);
    assert_ok(context, moe_law_create(context, 3, mixed, &law));
    moe_context_destroy(context);
    assert_int_equal(moe_law_set_normal(law, 1, 0, -1), MOE_ERROR_VALUE);
    assert_int_equal(moe_law_set_normal(law, 1, 0, 1), MOE_OK);
    moe_law_destroy(law);
    assert_int_equal(memory.live, 0);
}

static int32_t make_law(moe_context *context, void *self)
{
    (void)self;
    moe_law *law = NULL;
    const int32_t status = moe_law_create(context, 3, mixed, &law);
    moe_law_destroy(law);
    return status;
}

static void laws_survive_lack_of_memory(void **state)
{
    (void)state;
    assert_int_equal(failing_sweep(make_law, NULL), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(circles_are_uniform_and_lines_are_not_set),
        cmocka_unit_test(a_period_is_the_whole_circle),
        cmocka_unit_test(bad_arguments_are_refused),
        cmocka_unit_test(bad_values_change_nothing),
        cmocka_unit_test(a_law_outlives_its_context),
        cmocka_unit_test(laws_survive_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, context_create, context_destroy);
}
