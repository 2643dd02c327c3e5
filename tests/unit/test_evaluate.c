/* test_evaluate.c - a flow's right-hand side is the model's drift; combinations of stages, in parallel too.
 *
 * SPDX-License-Identifier: MIT */
#include "support/mixture.h"

#include "flow/flow.h"

static void test_right_hand_side(void **state)
{
    (void)state;
    enum { N = 200 };
    struct mixture m;
    moe_flow *flow;
    static double drift[2 * N], k[2 * N], f[MIXTURE_POINTS], expected[MIXTURE_POINTS];
    double square, sum = 0;
    assert_int_equal(mixture_make(&m, NULL, N), MOE_OK);
    assert_ok(m.context, moe_flow_create(m.context, m.model, m.mu, &flow));
    assert_ok(m.context, moei_flow_evaluate(flow, 0, flow->theta, k, &square, f));
    assert_ok(m.context, moe_model_drift(m.context, m.model, m.mu, drift));
    assert_ok(m.context, moe_model_predictions(m.context, m.model, m.mu, expected));
    assert_memory_equal(k, drift, sizeof k);
    assert_memory_equal(f, expected, sizeof f);
    for (int i = 0; i < 2 * N; i++)
        sum += drift[i] * drift[i] / N;
    assert_close(square, sum, 1e-15);
    moe_flow_destroy(flow);
    mixture_free(&m);
}

/* out = base + h sum_s w_s k_s, to the bit whatever the threads: large enough for many chunks */
static void test_combination(void **state)
{
    (void)state;
    enum { N = 100000 };
    static double one[2 * N];
    for (int32_t threads = 1; threads <= 3; threads++) {
        struct mixture m;
        moe_flow *flow;
        const double w[] = {0.5, 0, -2};
        assert_int_equal(mixture_make(&m, NULL, N), MOE_OK);
        assert_ok(m.context, moe_context_set_threads(m.context, threads));
        assert_ok(m.context, moe_flow_create(m.context, m.model, m.mu, &flow));
        assert_ok(m.context, moe_flow_advance(flow, 1e-3)); /* allocates the stages */
        for (int s = 0; s < 3; s++)
            for (int i = 0; i < 2 * N; i++)
                flow->k[s][i] = sin(i + 10.0 * s);
        assert_ok(m.context, moei_flow_combine(flow, flow->theta, 0.25, w, 3, flow->trial));
        for (int i = 0; i < 2 * N; i += 997)
            assert_close(flow->trial[i], flow->theta[i] + 0.125 * sin(i) - 0.5 * sin(i + 20.0), 1e-14);
        if (threads == 1)
            memcpy(one, flow->trial, sizeof one);
        assert_memory_equal(one, flow->trial, sizeof one);
        moe_flow_destroy(flow);
        mixture_free(&m);
    }
}

/* base NULL is 0, and out may be one of the stages; sizes that are no multiple of anything */
static void test_combination_in_place(void **state)
{
    (void)state;
    enum { N = 37 };
    struct mixture m;
    moe_flow *flow;
    const double w[] = {2, -1};
    assert_int_equal(mixture_make(&m, NULL, N), MOE_OK);
    assert_ok(m.context, moe_flow_create(m.context, m.model, m.mu, &flow));
    assert_ok(m.context, moe_flow_advance(flow, 1e-3));
    for (int s = 0; s < 2; s++)
        for (int i = 0; i < 2 * N; i++)
            flow->k[s][i] = i + 100 * s;
    assert_ok(m.context, moei_flow_combine(flow, NULL, 0.5, w, 2, flow->k[1]));
    for (int i = 0; i < 2 * N; i++)
        assert_close(flow->k[1][i], i - 0.5 * (i + 100), 1e-14);
    moe_flow_destroy(flow);
    mixture_free(&m);
}

/* several rows at once, against the formula: weights of the measure, a periodic and a real coordinate */
static void test_norms(void **state)
{
    (void)state;
    enum { N = 333 };
    const double period[] = {3, (double)INFINITY}, x = 0.5, y[] = {0, 0};
    double points[2 * N], weights[N], total = 0;
    uint64_t seed = 9;
    moe_context *context;
    moe_expert *expert;
    moe_model *model;
    moe_measure *mu;
    moe_flow *flow;
    for (int i = 0; i < N; i++) {
        points[2 * i] = 3 * test_uniform(&seed);
        points[2 * i + 1] = 4 * test_uniform(&seed) - 2;
        total += weights[i] = test_uniform(&seed);
    }
    for (int i = 0; i < N; i++)
        weights[i] /= total;
    const moe_expert_ops ops = {.struct_size = sizeof ops, .values = pair_values, .pullback = pair_pullback};
    assert_ok(NULL, moe_context_create(NULL, &context));
    assert_ok(context, moe_expert_create(context, &ops, NULL, 2, 1, 2, period, &expert));
    assert_ok(context, moe_model_create(context, expert, 1, &x, y, NULL, &model));
    assert_ok(context, moe_measure_create(context, 2, period, N, points, weights, &mu));
    assert_ok(context, moe_flow_create(context, model, mu, &flow));
    assert_ok(context, moe_flow_set_tolerance(flow, 0.1, 0.01));
    assert_ok(context, moe_flow_advance(flow, 1e-3));
    static const double rows[2][MOEI_MAX_STAGES] = {{1, 0, 2}, {0, -3, 0.5}};
    double squares[MOEI_NORM_ROWS], expected[2] = {0, 0}, size, expected_size = 0;
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < 2 * N; i++)
            flow->k[k][i] = test_uniform(&seed);
    for (int i = 0; i < 2 * N; i++) {
        const double s = i % 2 ? fmax(fabs(flow->theta[i]), fabs(flow->previous[i])) : 3 / (2 * PI);
        expected_size += weights[i / 2] * pow(s / (0.01 + 0.1 * s), 2) / 2;
        for (int row = 0; row < 2; row++) {
            double v = 0;
            for (int k = 0; k < 3; k++)
                v += 0.25 * rows[row][k] * flow->k[k][i];
            expected[row] += weights[i / 2] * pow(v / (0.01 + 0.1 * s), 2) / 2;
        }
    }
    assert_ok(context, moei_flow_norm(flow, flow->theta, flow->previous, NULL, &size));
    assert_close(size, expected_size, 1e-12 * expected_size);
    assert_ok(context, moei_flow_norms(flow, flow->theta, flow->previous, 0.25, 2, 3, rows, squares));
    for (int row = 0; row < 2; row++)
        assert_close(squares[row], expected[row], 1e-12 * expected[row]);
    moe_flow_destroy(flow);
    moe_measure_destroy(mu);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    moe_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_right_hand_side),
        cmocka_unit_test(test_combination),
        cmocka_unit_test(test_combination_in_place),
        cmocka_unit_test(test_norms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
