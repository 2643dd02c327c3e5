/* test_qnn_period.c - periods that follow from the scales, and those that a host asks for.
 *
 * SPDX-License-Identifier: MIT */
#include "support/test.h"

static moe_context *context;

static int open_context(void **state)
{
    (void)state;
    return moe_context_create(NULL, &context);
}

static int close_context(void **state)
{
    (void)state;
    moe_context_destroy(context);
    return 0;
}

/* One qubit, two parameters; RX(scale * theta_1) for each scale up to the first 0. */
static qnn_circuit *circuit_of(const double *scales)
{
    const int64_t zero = 0;
    qnn_circuit *circuit;
    assert_ok(context, qnn_circuit_create(context, 1, 2, 1, 1, &circuit));
    assert_ok(context, qnn_circuit_rotation(circuit, "X", &zero, QNN_INPUT, 0, 0.123, 0));
    for (int i = 0; scales[i] != 0; i++)
        assert_ok(context, qnn_circuit_rotation(circuit, "X", &zero, QNN_THETA, 1, scales[i], i));
    assert_ok(context, qnn_circuit_observable(circuit, 0, 1, "Z"));
    return circuit;
}

static void least_common_multiples(void **state)
{
    (void)state;
    static const struct {
        double scales[6], turns; /* period / (2 pi); 0: none */
    } cases[] = {
        {{1}, 1},
        {{2}, 0.5},
        {{-0.5}, 2},
        {{1, 1, -1}, 1},
        {{1, 2}, 1},
        {{2, 3}, 1},
        {{0.5, 1.5}, 2},
        {{1.5, 2.5}, 2},
        {{0.1, 0.3}, 10},
        {{0.3, 0.1}, 10},
        {{1.0 / 3, 1.0 / 7}, 21},
        {{1.0 / 7, 1.0 / 3, 2.0 / 21}, 21},
        {{0.644, 0.812}, 1 / 0.028},
        {{64, 1}, 1},
        {{65, 1}, 0},
        {{1, 1.4142135623730951}, 0},
        {{1, 1 + 1e-9}, 0},
        {{1e-320}, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        qnn_circuit *circuit = circuit_of(cases[i].scales);
        const double period = qnn_circuit_period(circuit, 1);
        if (cases[i].turns > 0)
            assert_close(period / (2 * PI), cases[i].turns, 1e-12 * cases[i].turns);
        else
            assert_true(isinf(period));
        assert_close(qnn_circuit_period(circuit, 0), 2 * PI, 0);
        qnn_circuit_destroy(circuit);
    }
}

static void bad_arguments_have_no_period(void **state)
{
    (void)state;
    qnn_circuit *circuit = circuit_of((const double[]){1, 0});
    assert_true(isnan(qnn_circuit_period(NULL, 0)));
    assert_true(isnan(qnn_circuit_period(circuit, -1)));
    assert_true(isnan(qnn_circuit_period(circuit, 2)));
    qnn_circuit_destroy(circuit);
}

static void periods_of_the_expert(void **state)
{
    (void)state;
    static const double good[][2] = {
        {1, 4 * PI}, {7.3, 8 * PI}, {(double)INFINITY, 4 * PI * (1 + 1e-10)}, {2 * PI, (double)INFINITY}};
    qnn_circuit *circuit = circuit_of((const double[]){0.5, 1.5, 0});
    moe_expert *expert;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_ok(context, qnn_expert_create(context, circuit, good[i], &expert));
        assert_memory_equal(moe_expert_period(expert), good[i], sizeof good[i]);
        moe_expert_destroy(expert);
    }
    assert_ok(context, qnn_expert_create(context, circuit, NULL, &expert));
    assert_close(moe_expert_period(expert)[0], 2 * PI, 0);
    assert_close(moe_expert_period(expert)[1], 4 * PI, 1e-14);
    moe_expert_destroy(expert);
    qnn_circuit_destroy(circuit);
}

/* many parameters in one go, each as it is alone */
static void periods_of_many(void **state)
{
    (void)state;
    enum { PARAMETERS = 500, GATES = 1500 };
    static const double scales[] = {1, 2, 0.5, -1.5, 1.0 / 3, 0.1, 65, 1.4142135623730951};
    const int64_t zero = 0;
    uint64_t seed = 7;
    qnn_circuit *circuit;
    moe_expert *expert;
    assert_ok(context, qnn_circuit_create(context, 1, PARAMETERS, 1, 1, &circuit));
    for (int g = 0; g < GATES; g++)
        assert_ok(context, qnn_circuit_rotation(circuit, "X", &zero, QNN_THETA,
                                                (int64_t)(test_uniform(&seed) * PARAMETERS),
                                                scales[(int)(test_uniform(&seed) * 8)], 0));
    assert_ok(context, qnn_expert_create(context, circuit, NULL, &expert));
    int64_t without = 0;
    for (int64_t a = 0; a < PARAMETERS; a++) {
        assert_true(moe_expert_period(expert)[a] == qnn_circuit_period(circuit, a));
        without += isinf(moe_expert_period(expert)[a]);
    }
    assert_in_range(without, 1, PARAMETERS - 1);
    qnn_circuit_destroy(circuit);
    moe_expert_destroy(expert);
}

static void refused_periods(void **state)
{
    (void)state;
    static const struct {
        double period[2];
        const char *words;
    } bad[] = {
        {{1, 2 * PI}, "period[1] is 6.28"},          {{1, 4 * PI / 3}, "gate 1, of scale 0.5"},
        {{1, 6 * PI}, "multiple of 12.566"},         {{1, 4 * PI * (1 + 1e-8)}, "period[1]"},
        {{-1, 4 * PI}, "period[0] is -1"},           {{0, 4 * PI}, "period[0] is 0"},
        {{(double)NAN, 4 * PI}, "period[0] is nan"}, {{1, 1e-12}, "period[1] is 9.99"},
    };
    qnn_circuit *circuit = circuit_of((const double[]){0.5, 1.5, 0});
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        moe_expert *expert = (moe_expert *)&expert;
        assert_fails(context, MOE_ERROR_PERIOD, bad[i].words,
                     qnn_expert_create(context, circuit, bad[i].period, &expert));
        assert_null(expert);
    }
    qnn_circuit_destroy(circuit);
}

/* f(theta + period) = f(theta), and no shorter period does (checked by halves and thirds). */
static void f_has_its_period(void **state)
{
    (void)state;
    qnn_circuit *circuit = circuit_of((const double[]){1.5, -2.5, 0});
    const double period = qnn_circuit_period(circuit, 1), x = 0.4;
    const double theta[] = {0, 0.3, 0, 0.3 + period, 0, 0.3 + period / 2, 0, 0.3 + period / 3};
    double f[4];
    moe_expert *expert;
    /* RX(-x) RX(x) would hide the second gate: put a rotation about another axis at the end */
    assert_ok(context, qnn_circuit_rotation(circuit, "Y", (const int64_t[]){0}, QNN_THETA, 1, 1.5, 0));
    assert_ok(context, qnn_expert_create(context, circuit, NULL, &expert));
    assert_ok(context, moe_expert_values(context, expert, 1, &x, 4, theta, f));
    assert_close(f[1], f[0], 1e-14);
    assert_true(fabs(f[2] - f[0]) > 1e-3);
    assert_true(fabs(f[3] - f[0]) > 1e-3);
    moe_expert_destroy(expert);
    qnn_circuit_destroy(circuit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(least_common_multiples), cmocka_unit_test(bad_arguments_have_no_period),
        cmocka_unit_test(periods_of_the_expert),  cmocka_unit_test(periods_of_many),
        cmocka_unit_test(refused_periods),        cmocka_unit_test(f_has_its_period),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
