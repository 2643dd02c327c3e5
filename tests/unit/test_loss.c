/* test_loss.c - every loss of the library: derivatives against differences of values, closed forms, numbers
 * that would overflow or cancel, and labels.
 *
 * SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "model/loss.h"

enum { K = 4, LOSSES = 4 };

static const moei_loss_kind *const kinds[LOSSES] = {&moei_square_loss, &moei_logistic_loss,
                                                    &moei_softmax_loss, &moei_huber_loss};
static const double delta = 0.7;

static double value_of(const moei_loss_kind *kind, int64_t outputs, const double *f, const double *y)
{
    double value, with = delta;
    kind->ops.value(&with, 1, outputs, f, y, &value);
    return value;
}

static void residual_of(const moei_loss_kind *kind, int64_t outputs, const double *f, const double *y,
                        double *r)
{
    double with = delta;
    kind->ops.residual(&with, 1, outputs, f, y, r);
}

/* labels that every loss takes, and predictions */
static void draw(uint64_t *seed, double *f, double *y)
{
    double sum = 0;
    for (int k = 0; k < K; k++) {
        f[k] = 4 * test_uniform(seed) - 2;
        sum += y[k] = test_uniform(seed);
    }
    for (int k = 0; k < K; k++)
        y[k] /= sum;
}

static void test_residuals(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int l = 0; l < LOSSES; l++)
        for (int trial = 0; trial < 50; trial++) {
            double f[K], y[K], r[K];
            draw(&seed, f, y);
            residual_of(kinds[l], K, f, y, r);
            for (int k = 0; k < K; k++) {
                const double at = f[k], h = 1e-5;
                if (l == 3 && fabs(fabs(at - y[k]) - delta) < 2 * h)
                    continue; /* Huber's kink of the second derivative */
                f[k] = at + h;
                const double above = value_of(kinds[l], K, f, y);
                f[k] = at - h;
                const double below = value_of(kinds[l], K, f, y);
                f[k] = at;
                assert_close((above - below) / (2 * h), r[k], 1e-9);
            }
        }
}

/* several samples in one call against each alone, and the derivative of the residual along u */
static void test_curvatures(void **state)
{
    (void)state;
    enum { N = 9 };
    uint64_t seed = 5;
    const double h = 1e-5;
    for (int l = 0; l < LOSSES; l++) {
        double f[N * K], y[N * K], u[N * K], c[N * K], value[N], r[N * K], with = delta;
        for (int j = 0; j < N; j++)
            draw(&seed, f + j * K, y + j * K);
        for (int i = 0; i < N * K; i++)
            u[i] = 2 * test_uniform(&seed) - 1;
        kinds[l]->ops.value(&with, N, K, f, y, value);
        kinds[l]->ops.residual(&with, N, K, f, y, r);
        kinds[l]->ops.curvature(&with, N, K, f, y, u, c);
        for (int j = 0; j < N; j++) {
            double above[K], below[K], at[K];
            assert_true(value[j] == value_of(kinds[l], K, f + j * K, y + j * K));
            residual_of(kinds[l], K, f + j * K, y + j * K, at);
            assert_memory_equal(at, r + j * K, sizeof at);
            for (int k = 0; k < K; k++)
                f[j * K + k] += h * u[j * K + k];
            residual_of(kinds[l], K, f + j * K, y + j * K, above);
            for (int k = 0; k < K; k++)
                f[j * K + k] -= 2 * h * u[j * K + k];
            residual_of(kinds[l], K, f + j * K, y + j * K, below);
            for (int k = 0; k < K; k++)
                assert_close((above[k] - below[k]) / (2 * h), c[j * K + k], 1e-9);
        }
    }
}

static void test_closed_forms(void **state)
{
    (void)state;
    const double f[] = {1, -2, 0.5}, y[] = {0.25, 1, 0.5}, two[] = {0.3, -0.4}, second[] = {0, 1};
    double r[2], logistic;
    assert_close(value_of(&moei_square_loss, 3, f, y), (0.75 * 0.75 + 9) / 2, 1e-15);
    assert_close(value_of(&moei_huber_loss, 3, f, y), 0.7 * (0.75 - 0.35) + 0.7 * (3 - 0.35), 1e-15);
    assert_close(value_of(&moei_logistic_loss, 1, f, y), log(1 + exp(1)) - 0.25, 1e-15);
    /* softmax of two outputs is the logistic loss of their difference */
    const double difference = two[1] - two[0], one = 1;
    logistic = value_of(&moei_logistic_loss, 1, &difference, &one);
    assert_close(value_of(&moei_softmax_loss, 2, two, second), logistic, 1e-15);
    residual_of(&moei_softmax_loss, 2, two, second, r);
    assert_close(r[0], 1 / (1 + exp(difference)), 2.3e-16);
    assert_close(r[1], -r[0], 2.3e-16); /* one unit in the last place */
}

/* far out: nothing overflows, and what is small keeps its digits */
static void test_extremes(void **state)
{
    (void)state;
    const double one = 1, far[] = {1e300, 700, -700, -1e300};
    double r[3];
    assert_true(value_of(&moei_logistic_loss, 1, far, &one) == 0);
    assert_close(value_of(&moei_logistic_loss, 1, far + 1, &one) / exp(-700), 1, 1e-15);
    assert_close(value_of(&moei_logistic_loss, 1, far + 2, &one), 700, 1e-12);
    assert_true(value_of(&moei_logistic_loss, 1, far + 3, &one) == 1e300);
    residual_of(&moei_logistic_loss, 1, far + 1, &one, r);
    assert_close(r[0] / -exp(-700), 1, 1e-15);
    residual_of(&moei_logistic_loss, 1, far + 3, &one, r);
    assert_true(r[0] == -1);
    const double f[] = {1e300, -1e300, 0}, right[] = {1, 0, 0}, wrong[] = {0, 0, 1};
    assert_true(value_of(&moei_softmax_loss, 3, f, right) == 0);
    assert_true(value_of(&moei_softmax_loss, 3, f, wrong) == 1e300);
    residual_of(&moei_softmax_loss, 3, f, wrong, r);
    assert_true(r[0] == 1 && r[1] == 0 && r[2] == -1);
    const double apart[] = {300, -300, -400};
    assert_close(value_of(&moei_softmax_loss, 3, apart, right) / exp(-600), 1, 1e-14);
    residual_of(&moei_softmax_loss, 3, apart, right, r);
    assert_close(r[0] / -exp(-600), 1, 1e-14);
    assert_close(r[1] / exp(-600), 1, 1e-14);
}

static void test_labels(void **state)
{
    (void)state;
    moe_context *c;
    moei_loss *logistic, *softmax, *square;
    assert_ok(NULL, moe_context_create(NULL, &c));
    assert_ok(c, moei_loss_create(c, &moei_logistic_loss, 0, &logistic));
    assert_ok(c, moei_loss_create(c, &moei_softmax_loss, 0, &softmax));
    assert_ok(c, moei_loss_create(c, &moei_square_loss, 0, &square));
    double ends[] = {0, 1, 0.5, 1}, above[] = {0, 1, 0.5, 1.5}, below[] = {0, 1, -1e-300, 2};
    double short_row[] = {1, 0, 0.5, 0.4}, near[] = {0.25, 0.75 + 5e-10, 1, 0};
    assert_ok(c, moei_loss_admit(c, logistic, 2, 2, ends));
    assert_fails(c, MOE_ERROR_VALUE, "sample 1, output 1, is 1.5", moei_loss_admit(c, logistic, 2, 2, above));
    assert_fails(c, MOE_ERROR_VALUE, "sample 2, output 0, is -1e-300",
                 moei_loss_admit(c, logistic, 4, 1, below));
    assert_fails(c, MOE_ERROR_VALUE, "sample 1, output 0, is -1e-300",
                 moei_loss_admit(c, softmax, 2, 2, below));
    assert_fails(c, MOE_ERROR_VALUE, "sample 1 sums to 0.9", moei_loss_admit(c, softmax, 2, 2, short_row));
    assert_ok(c, moei_loss_admit(c, softmax, 2, 2, near));
    assert_close(near[0] + near[1], 1, 1e-16);
    assert_true(near[2] == 1 && near[3] == 0);
    assert_ok(c, moei_loss_admit(c, square, 2, 2, below));
    moei_loss_release(logistic);
    moei_loss_release(softmax);
    moei_loss_release(square);
    moe_context_destroy(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_residuals),    cmocka_unit_test(test_curvatures),
        cmocka_unit_test(test_closed_forms), cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
