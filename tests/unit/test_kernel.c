/* test_kernel.c - the neural tangent kernel: symmetry, positivity, and d/dt F = -K V r along a flow.
 *
 * SPDX-License-Identifier: MIT */
#include "support/mixture.h"
#include "support/problem.h"

enum { N = 130 };

static void test_wave(void **state)
{
    (void)state;
    struct mixture m;
    const double xa[] = {-0.4, 0.9, 2}, xb[] = {0, 1.5};
    double kernel[6];
    assert_int_equal(mixture_make(&m, NULL, N), MOE_OK);
    assert_ok(m.context, moe_model_kernel(m.context, m.model, m.mu, 3, xa, 2, xb, kernel));
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 2; j++) {
            double sum = 0;
            for (int q = 0; q < N; q++)
                for (int k = 0; k < 2; k++) {
                    const double at = moe_measure_points(m.mu)[2 * q + k];
                    sum += m.wave.c[k] * m.wave.c[k] * sin(at + m.wave.a[k] * xa[i]) *
                           sin(at + m.wave.a[k] * xb[j]) / N;
                }
            assert_close(kernel[2 * i + j], sum, 1e-14);
        }
    mixture_free(&m);
}

/* K = 2, weights that differ: symmetric to the bit, and the flow's slope */
static void test_slope_of_predictions(void **state)
{
    (void)state;
    enum { COUNT = 4, POINTS = 3, ROWS = 2 * POINTS };
    const double x[] = {-1, 0.3, 2}, y[] = {0.4, -1, 0.2, 0.6, -0.3, 0.1};
    const double v[] = {0.5, 0.2, 0.3}, weights[COUNT] = {0.1, 0.4, 0.2, 0.3};
    const double theta[2 * COUNT] = {0.2, 1, 3, -0.5, 5, 0.7, -1, 2};
    double kernel[ROWS * ROWS], block[2 * ROWS], before[ROWS], after[ROWS];
    struct problem p;
    problem_of_pairs(&p);
    problem_model(&p, POINTS, x, y, v);
    problem_points(&p, COUNT, theta, weights);
    assert_ok(p.context, moe_model_kernel(p.context, p.model, p.mu, POINTS, x, POINTS, x, kernel));
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < ROWS; j++) {
            assert_true(kernel[i * ROWS + j] == kernel[j * ROWS + i]);
            assert_true(pow(kernel[i * ROWS + j], 2) <=
                        kernel[i * ROWS + i] * kernel[j * ROWS + j] * (1 + 1e-14));
        }
    /* one input on the left: the same rows */
    assert_ok(p.context, moe_model_kernel(p.context, p.model, p.mu, 1, x + 1, POINTS, x, block));
    for (int i = 0; i < 2 * ROWS; i++)
        assert_close(block[i], kernel[2 * ROWS + i], 1e-15);
    const double h = 1e-4;
    moe_flow *flow = problem_flow(&p, MOE_METHOD_DOP853, 1e-14);
    assert_ok(p.context, moe_flow_predictions(flow, before));
    assert_ok(p.context, moe_flow_advance(flow, h));
    assert_ok(p.context, moe_flow_predictions(flow, after));
    for (int i = 0; i < ROWS; i++) {
        double slope = 0;
        for (int j = 0; j < ROWS; j++)
            slope -= kernel[i * ROWS + j] * v[j / 2] * (before[j] - y[j]);
        assert_close((after[i] - before[i]) / h, slope, 20 * h);
        assert_true(fabs(slope) > 200 * h);
    }
    moe_flow_destroy(flow);
    problem_free(&p);
}

static void test_threads_and_bad_input(void **state)
{
    (void)state;
    struct mixture m;
    double one[MIXTURE_POINTS * MIXTURE_POINTS], many[MIXTURE_POINTS * MIXTURE_POINTS];
    const double bad = (double)NAN;
    assert_int_equal(mixture_make(&m, NULL, 2000), MOE_OK);
    moe_context *c = m.context;
    assert_ok(c, moe_model_kernel(c, m.model, m.mu, MIXTURE_POINTS, m.x, MIXTURE_POINTS, m.x, one));
    assert_ok(c, moe_context_set_threads(c, 3));
    assert_ok(c, moe_model_kernel(c, m.model, m.mu, MIXTURE_POINTS, m.x, MIXTURE_POINTS, m.x, many));
    assert_memory_equal(one, many, sizeof one);
    assert_fails(c, MOE_ERROR_SIZE, "na is 0", moe_model_kernel(c, m.model, m.mu, 0, m.x, 1, m.x, one));
    assert_fails(c, MOE_ERROR_SIZE, "nb is -1", moe_model_kernel(c, m.model, m.mu, 1, m.x, -1, m.x, one));
    assert_fails(c, MOE_ERROR_NULL, "xb", moe_model_kernel(c, m.model, m.mu, 1, m.x, 1, NULL, one));
    assert_fails(c, MOE_ERROR_NULL, "kernel", moe_model_kernel(c, m.model, m.mu, 1, m.x, 1, m.x, NULL));
    assert_fails(c, MOE_ERROR_NOT_FINITE, "xa[0]", moe_model_kernel(c, m.model, m.mu, 1, &bad, 1, m.x, one));
    m.wave.fail_until = INT64_MAX;
    m.wave.fail_with = -3;
    assert_fails(c, MOE_ERROR_CALLBACK, "pullback returned -3",
                 moe_model_kernel(c, m.model, m.mu, 1, m.x, 1, m.x, one));
    m.wave.fail_with = 0;
    assert_fails(c, MOE_ERROR_NOT_FINITE, "kernel[0]",
                 moe_model_kernel(c, m.model, m.mu, 1, m.x, 1, m.x, one));
    mixture_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wave),
        cmocka_unit_test(test_slope_of_predictions),
        cmocka_unit_test(test_threads_and_bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
