/* test_transport_sort.c - the order of doubles is theirs, and equal ones stay in place.
 *
 * SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "transport/sort.h"

#include <float.h>

enum { MOST = 5000 };

static void assert_sorts(int64_t count, const double *x)
{
    static moei_sort_item item[MOST], spare[MOST];
    static int seen[MOST];
    moei_sort(count, x, item, spare);
    memset(seen, 0, sizeof seen);
    for (int64_t i = 0; i < count; i++) {
        assert_true(item[i].index >= 0 && item[i].index < count);
        assert_int_equal(seen[item[i].index]++, 0);
        if (i > 0) {
            const double before = x[item[i - 1].index], here = x[item[i].index];
            assert_true(before <= here);
            assert_true(before < here || signbit(before) > signbit(here) ||
                        item[i - 1].index < item[i].index);
        }
    }
}

static void sorts_random_doubles(void **state)
{
    (void)state;
    static double x[MOST];
    uint64_t seed = 1;
    for (int64_t count = 0; count < 70; count++)
        for (int kind = 0; kind < 4; kind++) {
            for (int64_t i = 0; i < count; i++) {
                const double u = test_uniform(&seed) - 0.5;
                x[i] = kind == 0 ? u : kind == 1 ? floor(8 * u) : kind == 2 ? ldexp(u, (int)(2000 * u)) : 3;
            }
            assert_sorts(count, x);
        }
    for (int64_t i = 0; i < MOST; i++)
        x[i] = test_uniform(&seed) - 0.5;
    assert_sorts(MOST, x);
}

static void sorts_the_odd_ones(void **state)
{
    (void)state;
    const double x[] = {0.0,    -0.0,    1,       -1,      DBL_MAX,          -DBL_MAX,
                        5e-324, -5e-324, DBL_MIN, DBL_MIN, (double)INFINITY, -(double)INFINITY,
                        0.0,    -0.0};
    assert_sorts((int64_t)(sizeof x / sizeof *x), x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts_random_doubles),
        cmocka_unit_test(sorts_the_odd_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
