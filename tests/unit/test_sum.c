/* test_sum.c - sums of rows by a binary tree.
 *
 * SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "base/base.h"

enum { MOST = 70, WIDTH = 3 };

static void integers_add_up_for_every_count(void **state)
{
    (void)state;
    for (int64_t count = 1; count <= MOST; count++) {
        double rows[MOST * WIDTH], want[WIDTH] = {0};
        for (int64_t i = 0; i < count * WIDTH; i++) {
            rows[i] = (double)((i * i) % 101 - 50);
            want[i % WIDTH] += rows[i];
        }
        moei_sum_rows(count, WIDTH, rows);
        for (int k = 0; k < WIDTH; k++)
            assert_close(rows[k], want[k], 0);
    }
}

/* The tree: ((r0 + r1) + (r2 + r3)) + (r4 + r5) */
static void the_tree_depends_on_the_count_alone(void **state)
{
    (void)state;
    uint64_t seed = 5;
    double rows[6], kept[6];
    for (int i = 0; i < 6; i++)
        kept[i] = rows[i] = test_uniform(&seed);
    moei_sum_rows(6, 1, rows);
    assert_close(rows[0], ((kept[0] + kept[1]) + (kept[2] + kept[3])) + (kept[4] + kept[5]), 0);
}

/* Naive summation of 2^16 tenths is off by 1e-9; the tree by a few units in the last place. */
static void rounding_grows_with_the_logarithm(void **state)
{
    (void)state;
    enum { COUNT = 1 << 16 };
    static double rows[COUNT];
    for (int i = 0; i < COUNT; i++)
        rows[i] = 0.1;
    moei_sum_rows(COUNT, 1, rows);
    assert_close(rows[0], 0.1 * COUNT, 1e-11);
}

static void no_rows_are_left_alone(void **state)
{
    (void)state;
    double row[1] = {4};
    moei_sum_rows(0, 1, row);
    moei_sum_rows(1, 1, row);
    assert_close(row[0], 4, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_add_up_for_every_count),
        cmocka_unit_test(the_tree_depends_on_the_count_alone),
        cmocka_unit_test(rounding_grows_with_the_logarithm),
        cmocka_unit_test(no_rows_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
