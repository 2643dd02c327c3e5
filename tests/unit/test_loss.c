/* test_loss.c - every loss of the table: the residual is the derivative of the value.
 *
 * SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "model/loss.h"

static void test_square(void **state)
{
    (void)state;
    const double f[] = {1, -2, 0.5}, y[] = {0.25, 1, 0.5};
    assert_string_equal(moei_square_loss.name, "square");
    assert_close(moei_square_loss.value(3, f, y), (0.75 * 0.75 + 9) / 2, 1e-15);
}

static void test_residuals(void **state)
{
    (void)state;
    const moei_loss *const losses[] = {&moei_square_loss};
    uint64_t seed = 3;
    for (size_t l = 0; l < sizeof losses / sizeof losses[0]; l++)
        for (int trial = 0; trial < 50; trial++) {
            double f[4], y[4], r[4];
            for (int k = 0; k < 4; k++) {
                f[k] = 4 * test_uniform(&seed) - 2;
                y[k] = 4 * test_uniform(&seed) - 2;
            }
            losses[l]->residual(4, f, y, r);
            for (int k = 0; k < 4; k++) {
                const double at = f[k], h = 1e-5;
                f[k] = at + h;
                const double above = losses[l]->value(4, f, y);
                f[k] = at - h;
                const double below = losses[l]->value(4, f, y);
                f[k] = at;
                assert_close((above - below) / (2 * h), r[k], 1e-9);
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_square),
        cmocka_unit_test(test_residuals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
