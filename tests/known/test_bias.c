/* test_bias.c - lim N (E F_N - F) against a reference of its own, a case without bias, and bad requests.
 *
 *   one wave on one point   f = cos(theta), label y: dtheta/dt = -(y - F_N) sin(theta), so by tau' = y - F_N
 *                           cos(theta) = (cos(theta_0) + tanh(tau)) / (1 + cos(theta_0) tanh(tau))
 *                           and all is one equation. With e = N^-1/2, the mean of cos(theta) over the
 *                           mixture C + e G, C = tanh(tau/2), and tau = tau_0 + e tau_1 + e^2 tau_2:
 *                             tau_1' = -C' tau_1 - G,
 *                             tau_2' = -C' tau_2 - C''/2 tau_1^2 - G' tau_1,
 *                           bias = -E tau_2', variance = E (G + C' tau_1)^2: means over theta_0
 *   linear                  all experts translate together: F_N is linear in the draws, no bias
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"
#include "support/mixture.h"

#include <string.h>

/* ---- the reference of one wave ------------------------------------------------------------------ */

enum { STARTS = 128, STATE = STARTS + 2 }; /* tau_1 of each theta_0, tau_0, E tau_2 */
static const double label = 0.6;

/* slope of the state; *bias and *variance at it */
static void slope_of(const double *state, double *slope, double *bias, double *variance)
{
    const double tau = state[STARTS], T = tanh(tau), C = tanh(tau / 2), C1 = (1 - C * C) / 2, C2 = -C * C1;
    double square = 0, cross = 0;
    *variance = 0;
    for (int i = 0; i < STARTS; i++) {
        const double cosine = cos(2 * PI * i / STARTS), now = (cosine + T) / (1 + cosine * T);
        const double G = now - C, G1 = 1 - now * now - C1, tau1 = state[i];
        slope[i] = -C1 * tau1 - G;
        square += tau1 * tau1 / STARTS;
        cross += G1 * tau1 / STARTS;
        *variance += pow(G + C1 * tau1, 2) / STARTS;
    }
    slope[STARTS] = label - C;
    slope[STARTS + 1] = -C1 * state[STARTS + 1] - C2 / 2 * square - cross;
    *bias = -slope[STARTS + 1];
}

/* By the classical method of order 4. */
static void reference(double time, double *bias, double *variance)
{
    enum { STEPS = 400 };
    static const double part[] = {0, 0.5, 0.5, 1}, weight[] = {1 / 6.0, 1 / 3.0, 1 / 3.0, 1 / 6.0};
    const double h = time / STEPS;
    double state[STATE] = {0}, at[STATE], slope[STATE], next[STATE];
    for (int n = 0; n < STEPS; n++) {
        memset(slope, 0, sizeof slope);
        memcpy(next, state, sizeof next);
        for (int s = 0; s < 4; s++) {
            for (int i = 0; i < STATE; i++)
                at[i] = state[i] + part[s] * h * slope[i];
            slope_of(at, slope, bias, variance);
            for (int i = 0; i < STATE; i++)
                next[i] += weight[s] * h * slope[i];
        }
        memcpy(state, next, sizeof state);
    }
    slope_of(state, slope, bias, variance);
}

static void test_one_wave(void **state)
{
    (void)state;
    enum { SAMPLES = 1500 };
    struct wave wave = {.d = 1, .c = {1}, .a = {0}};
    const double x = 0, turn = 2 * PI, times[] = {0, 1, 3}, known[] = {0, 0.038, 0.046};
    const double spread[] = {0.5, 0.183516, 0.0408035};
    const int64_t nodes = 96, more = 1501;
    double bias[3], error[3];
    moe_context *c;
    moe_expert *expert;
    moe_model *model;
    moe_law *law;
    moe_measure *rule[2];
    assert_ok(NULL, moe_context_create(NULL, &c));
    assert_ok(c, wave_expert(c, &wave, &expert));
    assert_ok(c, moe_model_create(c, expert, 1, &x, &label, NULL, &model));
    assert_ok(c, moe_law_create(c, 1, &turn, &law));
    assert_ok(c, moe_measure_tensor(c, law, &nodes, &rule[0]));
    assert_ok(c, moe_measure_tensor(c, law, &more, &rule[1]));
    for (int way = 0; way < 2; way++) { /* all nodes in turn, random signs */
        assert_ok(c, moe_model_bias(c, model, rule[way], 3, times, 0, NULL, SAMPLES, 1, bias, error));
        assert_close(bias[0], 0, 1e-7);
        for (int i = 1; i < 3; i++) {
            double exact, variance;
            reference(times[i], &exact, &variance);
            assert_close(variance, spread[i], 1e-6);
            assert_close(exact, known[i], 1e-3);
            assert_true(way ? error[i] < 0.2 * exact : error[i] == 0);
            assert_close(bias[i], exact, way ? 4 * error[i] : 1e-3 * exact);
        }
        moe_measure_destroy(rule[way]);
    }
    moe_law_destroy(law);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    moe_context_destroy(c);
}

/* ---- the rest ---------------------------------------------------------------------------------- */

static void test_linear(void **state)
{
    (void)state;
    int64_t d = 2;
    const int64_t nodes[] = {3, 3};
    const double x[] = {1, 0.5, -0.4, 1.2}, y[] = {0.7, -0.3}, real[] = {INFINITY, INFINITY};
    const double others[] = {0.3, -1, 2, 2}, times[] = {0.5, 2};
    double bias[4], error[4];
    moe_context *c;
    moe_expert *expert;
    moe_model *model;
    moe_law *law;
    moe_measure *rule;
    assert_ok(NULL, moe_context_create(NULL, &c));
    assert_ok(c, linear_expert(c, &d, &expert));
    assert_ok(c, moe_model_create(c, expert, 2, x, y, NULL, &model));
    assert_ok(c, moe_law_create(c, 2, real, &law));
    assert_ok(c, moe_law_set_normal(law, 0, 0.2, 1.3));
    assert_ok(c, moe_law_set_normal(law, 1, -0.5, 0.6));
    assert_ok(c, moe_measure_tensor(c, law, nodes, &rule));
    assert_ok(c, moe_model_bias(c, model, rule, 2, times, 2, others, 4, 1, bias, error));
    for (int a = 0; a < 4; a++)
        assert_close(bias[a], 0, 1e-6);
    moe_measure_destroy(rule);
    moe_law_destroy(law);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    moe_context_destroy(c);
}

/* The same bits on one thread and on three; inputs that are the training inputs give the same numbers. */
static void test_same(void **state)
{
    (void)state;
    const double times[] = {0.4, 1};
    const int64_t nodes[] = {16, 16};
    double bias[3][2 * MIXTURE_POINTS];
    for (int way = 0; way < 3; way++) {
        struct mixture m;
        moe_measure *rule;
        assert_ok(NULL, mixture_make(&m, NULL, 1));
        assert_ok(m.context, moe_context_set_threads(m.context, way == 1 ? 3 : 1));
        assert_ok(m.context, moe_measure_tensor(m.context, m.law, nodes, &rule));
        assert_ok(m.context, moe_model_bias(m.context, m.model, rule, 2, times, way == 2 ? MIXTURE_POINTS : 0,
                                            m.x, 3, 5, bias[way], NULL));
        moe_measure_destroy(rule);
        mixture_free(&m);
    }
    assert_memory_equal(bias[0], bias[1], sizeof bias[0]);
    for (int a = 0; a < 2 * MIXTURE_POINTS; a++)
        assert_close(bias[0][a], bias[2][a], 1e-9);
}

static int32_t small_bias(moe_context *context, void *self)
{
    (void)self;
    struct wave wave = {.d = 1, .c = {1}, .a = {0}};
    const double x = 0, turn = 2 * PI, time = 0.1;
    const int64_t nodes = 5;
    double bias;
    moe_expert *expert = NULL;
    moe_model *model = NULL;
    moe_law *law = NULL;
    moe_measure *rule = NULL;
    int32_t status = wave_expert(context, &wave, &expert);
    if (!status)
        status = moe_model_create(context, expert, 1, &x, &label, NULL, &model);
    if (!status)
        status = moe_law_create(context, 1, &turn, &law);
    if (!status)
        status = moe_measure_tensor(context, law, &nodes, &rule);
    if (!status)
        status = moe_model_bias(context, model, rule, 1, &time, 0, NULL, 2, 0, &bias, NULL);
    moe_measure_destroy(rule);
    moe_law_destroy(law);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    assert_true(failing_sweep(small_bias, NULL) > 20);
}

/* One node is a law without chance, and three with equal signs lead nowhere: no bias, not a quotient of zeros. */
static void test_few_nodes(void **state)
{
    (void)state;
    const double time = 1;
    double bias[MIXTURE_POINTS], error[MIXTURE_POINTS];
    struct mixture m;
    assert_ok(NULL, mixture_make(&m, NULL, 1));
    assert_ok(m.context, moe_model_bias(m.context, m.model, m.mu, 1, &time, 0, NULL, 2, 0, bias, error));
    for (int j = 0; j < MIXTURE_POINTS; j++)
        assert_true(bias[j] == 0 && error[j] == 0);
    mixture_free(&m);
    assert_ok(NULL, mixture_make(&m, NULL, 3));
    for (uint64_t seed = 0; seed < 32; seed++) { /* a quarter of the samples has equal signs */
        assert_ok(m.context,
                  moe_model_bias(m.context, m.model, m.mu, 1, &time, 0, NULL, 2, seed, bias, error));
        for (int j = 0; j < MIXTURE_POINTS; j++)
            assert_true(fabs(bias[j]) < 10 && error[j] < 10);
    }
    mixture_free(&m);
}

static void test_refusals(void **state)
{
    (void)state;
    const double time = 1, falling[] = {2, 1}, negative = -1, bad = NAN;
    double bias[2 * MIXTURE_POINTS];
    struct mixture m;
    assert_ok(NULL, mixture_make(&m, NULL, 3));
    moe_context *c = m.context;
    assert_int_equal(moe_model_bias(NULL, m.model, m.mu, 1, &time, 0, NULL, 2, 0, bias, NULL),
                     MOE_ERROR_NULL);
    assert_fails(c, MOE_ERROR_NULL, "bias",
                 moe_model_bias(c, m.model, m.mu, 1, &time, 0, NULL, 2, 0, NULL, NULL));
    assert_fails(c, MOE_ERROR_NULL, "times",
                 moe_model_bias(c, m.model, m.mu, 1, NULL, 0, NULL, 2, 0, bias, NULL));
    assert_fails(c, MOE_ERROR_TIME, "times[1]",
                 moe_model_bias(c, m.model, m.mu, 2, falling, 0, NULL, 2, 0, bias, NULL));
    assert_fails(c, MOE_ERROR_TIME, "-1",
                 moe_model_bias(c, m.model, m.mu, 1, &negative, 0, NULL, 2, 0, bias, NULL));
    assert_fails(c, MOE_ERROR_SIZE, "count",
                 moe_model_bias(c, m.model, m.mu, 0, &time, 0, NULL, 2, 0, bias, NULL));
    assert_fails(c, MOE_ERROR_SIZE, "m is -1",
                 moe_model_bias(c, m.model, m.mu, 1, &time, -1, NULL, 2, 0, bias, NULL));
    assert_fails(c, MOE_ERROR_NULL, "x",
                 moe_model_bias(c, m.model, m.mu, 1, &time, 1, NULL, 2, 0, bias, NULL));
    assert_fails(c, MOE_ERROR_NOT_FINITE, "x",
                 moe_model_bias(c, m.model, m.mu, 1, &time, 1, &bad, 2, 0, bias, NULL));
    assert_fails(c, MOE_ERROR_VALUE, "samples",
                 moe_model_bias(c, m.model, m.mu, 1, &time, 0, NULL, 1, 0, bias, NULL));
    mixture_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_wave), cmocka_unit_test(test_linear),    cmocka_unit_test(test_same),
        cmocka_unit_test(test_memory),   cmocka_unit_test(test_few_nodes), cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests_name("bias", tests, NULL, NULL);
}
