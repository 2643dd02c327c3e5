/* test_check.c - the checks of arguments: what each lets through, and the words of what it does not.
 *
 * SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "base/base.h"

static void pointers(void **state)
{
    moe_context *context = *state;
    assert_ok(context, moei_need(context, context, "x"));
    assert_fails(context, MOE_ERROR_NULL, "theta is NULL", moei_need(context, NULL, "theta"));
    assert_int_equal(moei_need(NULL, NULL, "context"), MOE_ERROR_NULL);
}

static void sizes(void **state)
{
    moe_context *context = *state;
    assert_ok(context, moei_need_size(context, 1, "n"));
    assert_ok(context, moei_need_size(context, INT64_MAX, "n"));
    assert_fails(context, MOE_ERROR_SIZE, "n is 0", moei_need_size(context, 0, "n"));
    assert_fails(context, MOE_ERROR_SIZE, "d is -9223372036854775808",
                 moei_need_size(context, INT64_MIN, "d"));
}

static void shapes(void **state)
{
    moe_context *context = *state;
    const int64_t fits[] = {3, 5, 7}, large[] = {INT64_MAX / 8, 1}, larger[] = {INT64_MAX / 8 + 1, 1};
    int64_t many[60];
    assert_ok(context, moei_need_shape(context, "count x n x K", 3, fits));
    assert_ok(context, moei_need_shape(context, "count x d", 2, large));
    assert_fails(context, MOE_ERROR_SIZE, "count x d is 1152921504606846976 x 1",
                 moei_need_shape(context, "count x d", 2, larger));
    for (int i = 0; i < 60; i++)
        many[i] = 1000000;
    assert_fails(context, MOE_ERROR_SIZE, "1000000 x 1000000", moei_need_shape(context, "sizes", 60, many));
}

static void finite_numbers(void **state)
{
    moe_context *context = *state;
    const double good[] = {0, -1e308, 5e-324}, bad[] = {1, (double)INFINITY, (double)NAN};
    assert_ok(context, moei_need_finite(context, 3, good, "x"));
    assert_ok(context, moei_need_finite(context, 1, bad, "x"));
    assert_fails(context, MOE_ERROR_NOT_FINITE, "x[1] is inf", moei_need_finite(context, 3, bad, "x"));
    assert_fails(context, MOE_ERROR_NOT_FINITE, "x[0] is", moei_need_finite(context, 1, bad + 2, "x"));
}

static void indices(void **state)
{
    moe_context *context = *state;
    assert_ok(context, moei_need_index(context, 0, 1, "k"));
    assert_fails(context, MOE_ERROR_INDEX, "k is 3; it takes 0 to 2", moei_need_index(context, 3, 3, "k"));
    assert_fails(context, MOE_ERROR_INDEX, "k is -1", moei_need_index(context, -1, 3, "k"));
}

static void periods(void **state)
{
    moe_context *context = *state;
    const double good[] = {1e-300, (double)INFINITY, 2 * PI};
    const double bad[] = {0, -1, (double)NAN, -(double)INFINITY};
    assert_ok(context, moei_need_periods(context, 3, good));
    for (int i = 0; i < 4; i++)
        assert_fails(context, MOE_ERROR_PERIOD, "period[0] is", moei_need_periods(context, 1, bad + i));
    assert_fails(context, MOE_ERROR_PERIOD, "period[1] is -1",
                 moei_need_periods(context, 2, (const double[]){1, -1}));
}

static void weights(void **state)
{
    moe_context *context = *state;
    const double good[] = {0.25, 0.75, 0}, negative[] = {-0.5, 1.5}, short_of[] = {0.5, 0.4};
    const double near[] = {0.5, 0.5 + 9e-10}, not_near[] = {0.5, 0.5 + 2e-9}, nan[] = {(double)NAN, 1};
    assert_ok(context, moei_need_weights(context, 3, good, false, "weights"));
    assert_ok(context, moei_need_weights(context, 2, near, true, "weights"));
    assert_fails(context, MOE_ERROR_WEIGHTS, "v[2] is 0; weights must be positive",
                 moei_need_weights(context, 3, good, true, "v"));
    assert_fails(context, MOE_ERROR_WEIGHTS, "weights[0] is -0.5",
                 moei_need_weights(context, 2, negative, false, "weights"));
    assert_fails(context, MOE_ERROR_WEIGHTS, "weights sums to 0.9",
                 moei_need_weights(context, 2, short_of, false, "weights"));
    assert_fails(context, MOE_ERROR_WEIGHTS, "sums to", moei_need_weights(context, 2, not_near, false, "w"));
    assert_fails(context, MOE_ERROR_NOT_FINITE, "w[0] is", moei_need_weights(context, 2, nan, false, "w"));
}

/* A million weights 1e-6 sum to 1 only to 8e-12 if added one after the other; the check allows 1e-9 and
 * compensates, so that the number of weights never decides. */
static void many_weights(void **state)
{
    enum { COUNT = 1000000 };
    static double many[COUNT];
    for (int i = 0; i < COUNT; i++)
        many[i] = 1.0 / COUNT;
    assert_ok(*state, moei_need_weights(*state, COUNT, many, true, "weights"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pointers),       cmocka_unit_test(sizes),        cmocka_unit_test(shapes),
        cmocka_unit_test(finite_numbers), cmocka_unit_test(indices),      cmocka_unit_test(periods),
        cmocka_unit_test(weights),        cmocka_unit_test(many_weights),
    };
    return cmocka_run_group_tests(tests, context_create, context_destroy);
}
