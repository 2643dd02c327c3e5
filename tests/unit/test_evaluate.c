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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_right_hand_side),
        cmocka_unit_test(test_combination),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
