/* test_fluctuations.c - the covariance of sqrt(N) (F_N - F) against closed forms and replicas.
 *
 *   one wave on one point   f = cos(theta), y = 0.6: lim N Var F_N = 0.5, 0.183516, 0.0408035 at t = 0, 1, 3
 *   linear                  f = <theta, x>, mu_0 normal with covariance S: all experts translate together, so
 *                           Cov(g(t,x), g(s,x')) = x^T e^{-A t} S e^{-A s} x',  A = sum_j v_j x_j x_j^T, for
 *                           any N
 *   replicas                N times the sample covariance of F_N, within its own error
 *   band                    covers 95 % of mixtures' predictions, at inputs that were not trained on too
 *
 * SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "support/experts.h"
#include "support/mixture.h"

#include <stdlib.h>
#include <string.h>

/* field <- of the flow from `rule` to `end` */
static moe_field *field_from(moe_context *context, const moe_model *model, const moe_measure *rule,
                             double end)
{
    moe_flow *flow;
    moe_field *field;
    assert_ok(context, moe_flow_create(context, model, rule, &flow));
    assert_ok(context, moe_flow_set_tolerance(flow, 1e-12, 1e-12));
    assert_ok(context, moe_flow_record(flow));
    assert_ok(context, moe_flow_advance(flow, end));
    assert_ok(context, moe_flow_field(flow, &field));
    moe_flow_destroy(flow);
    return field;
}

static void test_one_wave(void **state)
{
    (void)state;
    struct wave wave = {.d = 1, .c = {1}, .a = {0}};
    const double x = 0, y = 0.6, turn = 2 * PI, times[] = {0, 1, 3}, known[] = {0.5, 0.183516, 0.0408035};
    const double error[] = {1e-12, 5e-7, 5e-8}; /* the digits that are known */
    const int64_t nodes = 96;
    double covariance[9];
    moe_context *c;
    moe_expert *expert;
    moe_model *model;
    moe_law *law;
    moe_measure *rule;
    assert_ok(NULL, moe_context_create(NULL, &c));
    assert_ok(c, wave_expert(c, &wave, &expert));
    assert_ok(c, moe_model_create(c, expert, 1, &x, &y, NULL, &model));
    assert_ok(c, moe_law_create(c, 1, &turn, &law));
    assert_ok(c, moe_measure_tensor(c, law, &nodes, &rule));
    moe_field *field = field_from(c, model, rule, 3);
    assert_ok(c, moe_field_fluctuations(c, field, rule, 3, times, 0, NULL, 1e-9, covariance));
    for (int i = 0; i < 3; i++) {
        assert_close(covariance[4 * i], known[i], error[i]);
        for (int j = 0; j < i; j++)
            assert_close(covariance[3 * i + j], covariance[3 * j + i], 1e-12);
    }
    moe_field_destroy(field);
    moe_measure_destroy(rule);
    moe_law_destroy(law);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    moe_context_destroy(c);
}

/* out = e^{-A t} x for a symmetric 2 x 2 matrix, by its series */
static void exponential(const double *A, double t, const double *x, double *out)
{
    double term[2] = {x[0], x[1]};
    out[0] = x[0];
    out[1] = x[1];
    for (int k = 1; k < 60; k++) {
        const double next[2] = {-t / k * (A[0] * term[0] + A[1] * term[1]),
                                -t / k * (A[1] * term[0] + A[2] * term[1])};
        memcpy(term, next, sizeof term);
        out[0] += term[0];
        out[1] += term[1];
    }
}

static void test_linear(void **state)
{
    (void)state;
    enum { TIMES = 3, INPUTS = 3 };
    int64_t d = 2;
    const int64_t nodes[] = {3, 3};
    const double x[] = {1, 0.5, -0.4, 1.2}, y[] = {0.7, -0.3}, v[] = {0.4, 0.6},
                 real[] = {INFINITY, INFINITY};
    const double others[2 * INPUTS] = {0.3, -1, 1, 0.5, 2, 2}, times[TIMES] = {0.25, 1, 2.5};
    const double deviation[] = {1.3, 0.6};
    const double A[] = {v[0] * x[0] * x[0] + v[1] * x[2] * x[2], v[0] * x[0] * x[1] + v[1] * x[2] * x[3],
                        v[0] * x[1] * x[1] + v[1] * x[3] * x[3]};
    double covariance[TIMES * INPUTS * TIMES * INPUTS], carried[TIMES * INPUTS][2];
    moe_context *c;
    moe_expert *expert;
    moe_model *model;
    moe_law *law;
    moe_measure *rule;
    assert_ok(NULL, moe_context_create(NULL, &c));
    assert_ok(c, linear_expert(c, &d, &expert));
    assert_ok(c, moe_model_create(c, expert, 2, x, y, v, &model));
    assert_ok(c, moe_law_create(c, 2, real, &law));
    assert_ok(c, moe_law_set_normal(law, 0, 0.2, deviation[0]));
    assert_ok(c, moe_law_set_normal(law, 1, -0.5, deviation[1]));
    assert_ok(c, moe_measure_tensor(c, law, nodes, &rule)); /* exact for variances */
    moe_field *field = field_from(c, model, rule, 2.5);
    assert_ok(c, moe_field_fluctuations(c, field, rule, TIMES, times, INPUTS, others, 1e-10, covariance));
    for (int t = 0; t < TIMES; t++)
        for (int j = 0; j < INPUTS; j++)
            exponential(A, times[t], others + 2 * j, carried[t * INPUTS + j]);
    for (int a = 0; a < TIMES * INPUTS; a++)
        for (int b = 0; b < TIMES * INPUTS; b++) {
            double expected = 0;
            for (int k = 0; k < 2; k++)
                expected += carried[a][k] * carried[b][k] * deviation[k] * deviation[k];
            assert_close(covariance[a * TIMES * INPUTS + b], expected, 1e-9);
        }
    moe_field_destroy(field);
    moe_measure_destroy(rule);
    moe_law_destroy(law);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    moe_context_destroy(c);
}

/* N Cov(F_N(t, x_j), F_N(t', x_j')) over replicas. An entry's standard error is sqrt((C_aa C_bb + C_ab^2) /
 * R) for Gaussian predictions; 4.5 of them for 25 entries, and the bias of order 1/N of this mixture. */
static void test_replicas(void **state)
{
    (void)state;
    enum { N = 400, REPLICAS = 2000, TIMES = 2, SIZE = TIMES * MIXTURE_POINTS };
    const double times[TIMES] = {0.7, 3};
    const int64_t nodes[] = {32, 32};
    double covariance[SIZE * SIZE], mean[SIZE] = {0}, square[SIZE * SIZE] = {0}, F[SIZE];
    struct mixture m;
    moe_measure *rule;
    assert_ok(NULL, mixture_make(&m, NULL, 10));
    assert_ok(m.context, moe_measure_tensor(m.context, m.law, nodes, &rule));
    moe_field *field = field_from(m.context, m.model, rule, times[TIMES - 1]);
    assert_ok(m.context,
              moe_field_fluctuations(m.context, field, rule, TIMES, times, 0, NULL, 1e-8, covariance));
    for (int r = 0; r < REPLICAS; r++) {
        moe_measure *mu;
        moe_flow *flow;
        assert_ok(m.context, moe_measure_random(m.context, m.law, 77, r, 0, N, &mu));
        assert_ok(m.context, moe_flow_create(m.context, m.model, mu, &flow));
        assert_ok(m.context, moe_flow_set_tolerance(flow, 1e-6, 1e-6));
        for (int t = 0; t < TIMES; t++) {
            assert_ok(m.context, moe_flow_advance(flow, times[t]));
            assert_ok(m.context, moe_flow_predictions(flow, F + t * MIXTURE_POINTS));
        }
        for (int a = 0; a < SIZE; a++) {
            mean[a] += F[a] / REPLICAS;
            for (int b = 0; b < SIZE; b++)
                square[a * SIZE + b] += F[a] * F[b] / (REPLICAS - 1);
        }
        moe_flow_destroy(flow);
        moe_measure_destroy(mu);
    }
    for (int a = 0; a < SIZE; a++)
        for (int b = 0; b <= a; b++) {
            const double C = covariance[a * SIZE + b], aa = covariance[a * SIZE + a],
                         bb = covariance[b * SIZE + b];
            const double sample =
                N * (square[a * SIZE + b] - mean[a] * mean[b] * REPLICAS / (REPLICAS - 1.0));
            assert_close(sample, C, 4.5 * sqrt((aa * bb + C * C) / REPLICAS) + 5.0 / N * sqrt(aa * bb));
        }
    moe_field_destroy(field);
    moe_measure_destroy(rule);
    mixture_free(&m);
}

/* Of 1500 mixtures of 100 experts 93 to 97 % lie within a band of 95 %, at each input; the standard error of
 * such a share is 0.6 %. Of a band of 50 %, 46 to 54 %. */
static void test_band(void **state)
{
    (void)state;
    enum { N = 100, REPLICAS = 1500, INPUTS = 3 };
    const double time = 1.5, x[INPUTS] = {-0.7, 0.4, 1.5};
    const int64_t nodes[] = {32, 32}, coarse[] = {12, 12};
    double lower[2][INPUTS], upper[2][INPUTS], bias[INPUTS], F[INPUTS];
    int within[2][INPUTS] = {{0}};
    struct mixture m;
    moe_measure *rule, *small;
    assert_ok(NULL, mixture_make(&m, NULL, 10));
    moe_context *c = m.context;
    assert_ok(c, moe_measure_tensor(c, m.law, nodes, &rule));
    assert_ok(c, moe_measure_tensor(c, m.law, coarse, &small));
    moe_field *field = field_from(c, m.model, rule, time);
    assert_ok(c, moe_model_bias(c, m.model, small, 1, &time, INPUTS, x, 50, 0, bias, NULL));
    for (int k = 0; k < 2; k++) {
        assert_ok(c, moe_field_band(c, field, rule, N, k ? 0.5 : 0.95, bias, 1, &time, INPUTS, x, 1e-8,
                                    lower[k], upper[k]));
        for (int j = 0; j < INPUTS; j++)
            assert_true(lower[k][j] < upper[k][j]);
    }
    for (int r = 0; r < REPLICAS; r++) {
        moe_measure *mu, *image;
        moe_flow *flow;
        assert_ok(c, moe_measure_random(c, m.law, 78, r, 0, N, &mu));
        assert_ok(c, moe_flow_create(c, m.model, mu, &flow));
        assert_ok(c, moe_flow_set_tolerance(flow, 1e-6, 1e-6));
        assert_ok(c, moe_flow_advance(flow, time));
        assert_ok(c, moe_flow_measure(flow, &image));
        assert_ok(c, moe_model_predict(c, m.model, image, INPUTS, x, F));
        for (int k = 0; k < 2; k++)
            for (int j = 0; j < INPUTS; j++)
                within[k][j] += lower[k][j] <= F[j] && F[j] <= upper[k][j];
        moe_measure_destroy(image);
        moe_flow_destroy(flow);
        moe_measure_destroy(mu);
    }
    for (int j = 0; j < INPUTS; j++) {
        assert_in_range(within[0][j], 0.93 * REPLICAS, 0.97 * REPLICAS);
        assert_in_range(within[1][j], 0.46 * REPLICAS, 0.54 * REPLICAS);
    }
    assert_fails(c, MOE_ERROR_VALUE, "level",
                 moe_field_band(c, field, rule, N, 1, NULL, 1, &time, 0, NULL, 1e-6, lower[0], upper[0]));
    assert_fails(c, MOE_ERROR_VALUE, "experts",
                 moe_field_band(c, field, rule, 0, 0.9, NULL, 1, &time, 0, NULL, 1e-6, lower[0], upper[0]));
    assert_fails(c, MOE_ERROR_NULL, "upper",
                 moe_field_band(c, field, rule, N, 0.9, NULL, 1, &time, 1, x, 1e-6, lower[0], NULL));
    bias[1] = NAN;
    assert_fails(c, MOE_ERROR_NOT_FINITE, "bias",
                 moe_field_band(c, field, rule, N, 0.9, bias, 1, &time, 3, x, 1e-6, lower[0], upper[0]));
    moe_field_destroy(field);
    moe_measure_destroy(small);
    moe_measure_destroy(rule);
    mixture_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_wave),
        cmocka_unit_test(test_linear),
        cmocka_unit_test(test_replicas),
        cmocka_unit_test(test_band),
    };
    return cmocka_run_group_tests_name("fluctuations", tests, NULL, NULL);
}
