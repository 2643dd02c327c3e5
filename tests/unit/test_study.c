/* test_study.c - a study of one-angle experts: consistency of its quantities, the bound, the fluctuations,
 * resumed and threaded runs, refusals.
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"
#include "support/study.h"

#include <string.h>

/* ---- what it says ------------------------------------------------------------------------------ */

/* E |F_N - F| = sqrt(2 C / (pi N)) for a Gaussian of variance C / N: study and fluctuations know nothing of
 * each other. 4 standard errors, and the 1/N of N = 512. */
static void test_against_fluctuations(void **state)
{
    (void)state;
    double mean[SIZES], error[SIZES], covariance[16], expected = 0;
    const double turn = 2 * PI;
    const int64_t nodes = 64;
    moe_context *c;
    moe_study *study = NULL;
    moe_limit *limit;
    moe_field *field;
    moe_law *law;
    moe_measure *rule;
    assert_ok(NULL, moe_context_create(NULL, &c));
    assert_ok(c, make_study(c, 150, &study));
    assert_ok(c, moe_study_set_distances(study, 0, 0));
    assert_ok(c, moe_study_run(study));
    assert_ok(c, moe_study_limit(study, &limit));
    assert_ok(c, moe_limit_field(limit, &field));
    assert_ok(c, moe_law_create(c, 1, &turn, &law));
    assert_ok(c, moe_measure_tensor(c, law, &nodes, &rule));
    assert_ok(c, moe_field_fluctuations(c, field, rule, 1, study_times + 1, 0, NULL, 1e-6, covariance));
    for (int j = 0; j < 4; j++)
        expected += sqrt(2 * covariance[5 * j] / (PI * (double)study_sizes[SIZES - 1])) / 4;
    assert_ok(c, moe_study_means(study, MOE_STUDY_PREDICTION, 1, mean, error, NULL));
    assert_close(mean[SIZES - 1], expected, 4 * error[SIZES - 1] + 2.0 / 512);
    assert_true(error[SIZES - 1] < 0.1 * expected);
    assert_ok(c, moe_study_means(study, MOE_STUDY_W1, 1, mean, NULL, NULL));
    assert_true(isnan(mean[0]));
    moe_measure_destroy(rule);
    moe_law_destroy(law);
    moe_field_destroy(field);
    moe_study_destroy(study);
    moe_context_destroy(c);
}

/* From below <= from above <= along <= a priori; means <= maxima; the theory's exponents are consistent. */
static void test_order(void **state)
{
    (void)state;
    double above[SIZES], below[SIZES], mean[SIZES], most[SIZES], error[SIZES], a_priori[SIZES], along[SIZES];
    moe_context *c;
    moe_study *study = NULL;
    assert_ok(NULL, moe_context_create(NULL, &c));
    assert_ok(c, make_study(c, 40, &study));
    assert_ok(c, moe_study_run(study));
    for (int t = 0; t < TIMES; t++) {
        assert_ok(c, moe_study_means(study, MOE_STUDY_W1, t, above, error, NULL));
        assert_ok(c, moe_study_means(study, MOE_STUDY_W1_BELOW, t, below, NULL, NULL));
        assert_ok(c, moe_study_bound(study, t, a_priori, along)); /* of estimates: a wave has no bounds */
        for (int i = 0; i < SIZES; i++)
            assert_true(0 < below[i] && below[i] <= above[i] && above[i] <= along[i] &&
                        along[i] <= a_priori[i] && above[i] - below[i] < 2e-3);
        assert_ok(c, moe_study_means(study, MOE_STUDY_W2, t, mean, NULL, NULL));
        for (int i = 0; i < SIZES; i++)
            assert_true(above[i] <= mean[i]); /* W_1 <= W_2 */
        for (int32_t q = MOE_STUDY_PREDICTION; q <= MOE_STUDY_COUPLING; q += MOE_STUDY_COUPLING) {
            assert_ok(c, moe_study_means(study, q, t, mean, NULL, NULL));
            assert_ok(c, moe_study_means(study, q + 1, t, most, NULL, NULL));
            for (int i = 0; i < SIZES; i++)
                assert_true(mean[i] <= most[i]);
        }
    }
    for (int32_t q = 0; q < MOE_STUDY_QUANTITIES; q++) {
        double theory, exponent[3], probability;
        assert_ok(c, moe_study_rate(study, q, 1, &theory, exponent, &probability, NULL));
        assert_close(theory, -0.5, 0);
        assert_true(exponent[1] < exponent[0] && exponent[0] < exponent[2]);
        assert_true(probability > 1e-3); /* nine tests, of which some are the same */
    }
    moe_study_destroy(study);
    moe_context_destroy(c);
}

/* A qubit knows its bounds: f = cos(theta + x) has L_1 = L_2 = 1, and a priori the exponent (sqrt(2 E(0)) +
 * 1) t. */
static void test_bound(void **state)
{
    (void)state;
    const double x[] = {-1, 0.5}, y[] = {0.3, -0.4}, times[] = {0.5, 2};
    double a_priori[SIZES], along[SIZES], initial[SIZES], above[SIZES], error[SIZES];
    moe_context *c;
    qnn_circuit *circuit;
    moe_expert *expert;
    moe_model *model;
    moe_law *law;
    moe_study *study;
    assert_ok(NULL, moe_context_create(NULL, &c));
    assert_ok(c, qnn_circuit_create(c, 1, 1, 1, 1, &circuit));
    assert_ok(c, qnn_circuit_rotation(circuit, "Y", NULL, QNN_INPUT, 0, 1, 0));
    assert_ok(c, qnn_circuit_rotation(circuit, "Y", NULL, QNN_THETA, 0, 1, 0));
    assert_ok(c, qnn_circuit_observable(circuit, 0, 1, "Z"));
    assert_ok(c, qnn_expert_create(c, circuit, NULL, &expert));
    assert_ok(c, moe_model_create(c, expert, 2, x, y, NULL, &model));
    assert_ok(c, moe_law_create(c, 1, moe_expert_period(expert), &law));
    assert_ok(c, moe_study_create(c, model, law, &study));
    assert_ok(c, moe_study_set_times(study, 2, times));
    assert_ok(c, moe_study_set_experts(study, SIZES, study_sizes));
    assert_ok(c, moe_study_run(study));
    const double first = sqrt(0.5 * (0.3 * 0.3 + 0.4 * 0.4)); /* sqrt(2 E(0)): F = 0 at first */
    for (int t = 0; t < 2; t++) {
        assert_ok(c, moe_study_bound(study, t, a_priori, along));
        assert_ok(c, moe_study_means(study, MOE_STUDY_W1, t, above, error, NULL));
        for (int i = 0; i < SIZES; i++) {
            initial[i] = PI / sqrt(3 * (double)study_sizes[i]); /* sharp on a circle of 2 pi */
            const double known = exp((first + 1) * times[t]) * initial[i];
            assert_true(a_priori[i] >= known && a_priori[i] <= 1.002 * known);
            assert_true(along[i] <= a_priori[i]);
            assert_true(above[i] <= along[i]);
        }
    }
    moe_study_destroy(study);
    moe_law_destroy(law);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    qnn_circuit_destroy(circuit);
    moe_context_destroy(c);
}

/* k = 1 is the coupling itself; more experts are farther from their tracers together, at most k times. */
static void test_marginals(void **state)
{
    (void)state;
    double coupling[SIZES], marginals[SIZES], before[SIZES] = {0};
    moe_context *c;
    moe_study *study = NULL;
    assert_ok(NULL, moe_context_create(NULL, &c));
    for (int64_t k = 1; k <= 16; k *= 4) {
        assert_ok(c, make_study(c, 8, &study));
        assert_ok(c, moe_study_set_distances(study, 0, 0));
        assert_ok(c, moe_study_set_marginals(study, k));
        assert_ok(c, moe_study_run(study));
        assert_ok(c, moe_study_means(study, MOE_STUDY_COUPLING, 1, coupling, NULL, NULL));
        assert_ok(c, moe_study_means(study, MOE_STUDY_MARGINALS, 1, marginals, NULL, NULL));
        for (int i = 0; i < SIZES; i++)
            if (study_sizes[i] < k)
                assert_true(isnan(marginals[i]));
            else {
                assert_true(marginals[i] > before[i]);
                assert_true(marginals[i] >= sqrt((double)k) * coupling[i] * (1 - 1e-9));
                assert_true(marginals[i] <= (double)k * coupling[i] * (1 + 1e-9));
                before[i] = marginals[i];
            }
        moe_study_destroy(study);
    }
    moe_context_destroy(c);
}

/* The bias of moe_study_bias is that of its draws: 0 within its error at t = 0, and then that of
 * moe_model_bias, but for the next order in 1/N. */
static void test_bias(void **state)
{
    (void)state;
    enum { REPLICAS = 3000 };
    const int64_t nodes = 96;
    const double turn = 2 * PI;
    double bias[4], error[4], theory[4], deviation[4];
    moe_context *c;
    moe_study *study = NULL;
    moe_law *law;
    moe_measure *rule;
    assert_ok(NULL, moe_context_create(NULL, &c));
    assert_ok(c, make_study(c, REPLICAS, &study));
    assert_ok(c, moe_study_set_distances(study, 0, 0));
    assert_ok(c, moe_study_set_experts(study, 1, (const int64_t[]){64}));
    assert_ok(c, moe_study_run(study));
    assert_ok(c, moe_study_bias(study, 0, 0, bias, error));
    for (int j = 0; j < 4; j++) { /* Var f = 1/2 */
        assert_close(error[j], sqrt(0.5 * 64 / REPLICAS), 0.1 * error[j]);
        assert_close(bias[j], 0, 4 * error[j]);
    }
    assert_ok(c, moe_study_bias(study, 0, 1, bias, error));
    assert_ok(c, moe_law_create(c, 1, &turn, &law));
    assert_ok(c, moe_measure_tensor(c, law, &nodes, &rule));
    moe_limit *limit;
    moe_model *model = NULL;
    assert_ok(c, moe_study_limit(study, &limit));
    assert_ok(c, make_model(c, &model));
    assert_ok(c, moe_model_bias(c, model, rule, 1, study_times + 1, 0, NULL, nodes, 3, theory, deviation));
    for (int j = 0; j < 4; j++)
        assert_close(bias[j], theory[j], 4 * hypot(error[j], deviation[j]));
    assert_fails(c, MOE_ERROR_INDEX, "1", moe_study_bias(study, 1, 0, bias, error));
    assert_fails(c, MOE_ERROR_NULL, "bias", moe_study_bias(study, 0, 0, NULL, error));
    moe_model_destroy(model);
    moe_measure_destroy(rule);
    moe_law_destroy(law);
    moe_study_destroy(study);
    moe_context_destroy(c);
}

/* Other forms fit the same N; constants of an expert that knows none are labelled. */
static void test_forms(void **state)
{
    (void)state;
    double exponent[3], again[3], fit[6], first[6], L1, L2;
    int32_t estimated = 7;
    int64_t random = 0, seen = 0;
    moe_context *c;
    moe_study *study = NULL;
    assert_ok(NULL, moe_context_create(NULL, &c));
    assert_ok(c, make_study(c, 8, &study));
    assert_ok(c, moe_study_run(study));
    assert_ok(c, moe_study_rate(study, MOE_STUDY_PREDICTION, 1, NULL, exponent, NULL, first));
    assert_ok(c, moe_study_rate_form(study, MOE_STUDY_PREDICTION, 1, MOE_RATE_PLAIN, again, fit));
    assert_memory_equal(exponent, again, sizeof exponent);
    assert_memory_equal(first, fit, 5 * sizeof *first);
    assert_true(first[5] == 0);
    const double N[2] = {16, 1000};
    double drawn[2];
    assert_ok(c, moe_study_rate_curve(study, MOE_STUDY_PREDICTION, 1, (double)NAN, 2, N, drawn));
    for (int i = 0; i < 2; i++) /* the plain form, as it is fitted */
        assert_close(drawn[i] / (fit[3] * pow(N[i], exponent[0])), 1, 1e-12);
    assert_ok(c, moe_study_rate_curve(study, MOE_STUDY_PREDICTION, 1, -0.75, 2, N, drawn));
    assert_close(log(drawn[1] / drawn[0]) / log(N[1] / N[0]), -0.75, 1e-12);
    assert_fails(c, MOE_ERROR_VALUE, "experts[0]",
                 moe_study_rate_curve(study, 0, 1, 0, 1, &(double){1}, drawn));
    assert_fails(c, MOE_ERROR_SIZE, "count", moe_study_rate_curve(study, 0, 1, 0, 0, N, drawn));
    assert_fails(c, MOE_ERROR_NULL, "mean", moe_study_rate_curve(study, 0, 1, 0, 2, N, NULL));
    assert_true(fit[5] >= fit[1]);
    assert_ok(c, moe_study_rate_form(study, MOE_STUDY_W1, 1, MOE_RATE_SHARP, again, NULL));
    assert_ok(c, moe_study_rate_form(study, MOE_STUDY_W1, 1, MOE_RATE_GENERAL, NULL, fit));
    assert_fails(c, MOE_ERROR_VALUE, "form",
                 moe_study_rate_form(study, MOE_STUDY_W1, 1, MOE_RATE_CORRECTED, again, fit));
    assert_fails(c, MOE_ERROR_VALUE, "form", moe_study_rate_form(study, MOE_STUDY_W1, 1, -1, again, fit));
    assert_ok(c, moe_study_lipschitz(study, &L1, &L2, &estimated));
    assert_int_equal(estimated, 1);
    assert_true(1 < L1 && L1 <= 1.25 && 1 < L2 && L2 <= 1.25); /* sup |f'| = sup |f''| = 1 */
    assert_ok(c, moe_study_dimension(study, &random, &seen));
    assert_int_equal(random, 1);
    assert_int_equal(seen, 1);
    moe_study_destroy(study);
    moe_context_destroy(c);
}

/* RZ before the measurement of Z: the prediction does not see its angle, the distance does. */
static void test_unseen(void **state)
{
    (void)state;
    static const char text[] = "OPENQASM 3.0; input float x; input float s; input float t; qubit q;"
                               "ry(x) q; ry(s) q; rz(t) q;";
    const double x[] = {-1, 0.5}, y[] = {0.3, -0.4}, turns[] = {2 * PI, 2 * PI}, start = 0;
    double above[SIZES], L1, L2;
    int64_t random = 0, seen = 0;
    int32_t estimated = 7;
    moe_context *c;
    qnn_circuit *circuit;
    moe_expert *expert;
    moe_model *model;
    moe_law *law;
    moe_study *study;
    assert_ok(NULL, moe_context_create(NULL, &c));
    assert_ok(c, qnn_circuit_read(c, text, (int64_t)strlen(text), &circuit));
    assert_ok(c, qnn_expert_create(c, circuit, NULL, &expert));
    assert_ok(c, moe_model_create(c, expert, 2, x, y, NULL, &model));
    assert_ok(c, moe_law_create(c, 2, turns, &law));
    assert_ok(c, moe_study_create(c, model, law, &study));
    assert_ok(c, moe_study_set_experts(study, 2, study_sizes));
    assert_ok(c, moe_study_set_times(study, 1, &start)); /* where nothing has moved yet */
    assert_ok(c, moe_study_set_replicas(study, 4, 4, 0));
    assert_fails(c, MOE_ERROR_ORDER, "no result", moe_study_dimension(study, &random, &seen));
    assert_fails(c, MOE_ERROR_ORDER, "no result", moe_study_lipschitz(study, &L1, &L2, NULL));
    assert_ok(c, moe_study_run(study));
    assert_ok(c, moe_study_dimension(study, &random, &seen));
    assert_int_equal(random, 2);
    assert_int_equal(seen, 1);
    assert_ok(c, moe_study_lipschitz(study, &L1, &L2, &estimated));
    assert_int_equal(estimated, 0);
    assert_ok(c, moe_study_means(study, MOE_STUDY_COUPLING, 0, above, NULL, NULL));
    assert_true(above[0] == 0 && above[1] == 0);
    assert_ok(c, moe_study_means(study, MOE_STUDY_W1, 0, above, NULL, NULL));
    assert_true(above[0] > above[1] && above[1] > 0.1);
    moe_study_destroy(study);
    moe_law_destroy(law);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    qnn_circuit_destroy(circuit);
    moe_context_destroy(c);
}

/* ---- how it runs ------------------------------------------------------------------------------- */

/* Interrupted again and again, and on three threads: the same bits. */
static void test_resumed(void **state)
{
    (void)state;
    double numbers[2][2 * MOST_CELLS];
    for (int resumed = 0; resumed < 2; resumed++) {
        moe_context *c;
        moe_study *study = NULL;
        int looks = 100, cancelled = 0, begun = 0;
        assert_ok(NULL, moe_context_create(NULL, &c));
        assert_ok(c, moe_context_set_threads(c, resumed ? 3 : 1));
        assert_ok(c, make_study(c, 6, &study));
        if (resumed)
            moe_context_set_progress(c, cancel_after, &looks);
        int32_t status;
        while ((status = moe_study_run(study)) == MOE_ERROR_CANCELLED) {
            int64_t replicas[SIZES];
            looks = 300 * ++cancelled; /* the limit, once begun, has to be whole */
            if (!moe_study_means(study, 0, 0, NULL, NULL, replicas))
                begun = begun || (replicas[0] > 0 && replicas[0] < 6);
        }
        assert_ok(c, status);
        assert_true(!resumed || (cancelled > 1 && begun));
        all_numbers(c, study, numbers[resumed]);
        moe_study_destroy(study);
        moe_context_destroy(c);
    }
    assert_memory_equal(numbers[0], numbers[1], sizeof numbers[0]);
}

static int32_t small_study(moe_context *context, void *self)
{
    (void)self;
    double mean[SIZES];
    moe_study *study = NULL;
    int32_t status = make_study(context, 2, &study);
    if (!status)
        status = moe_study_set_experts(study, 2, study_sizes);
    if (!status)
        status = moe_study_run(study);
    if (!status)
        status = moe_study_means(study, 0, 1, mean, NULL, NULL);
    moe_study_destroy(study);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    assert_true(failing_sweep(small_study, NULL) > 50);
}

static void test_refusals(void **state)
{
    (void)state;
    const double falling[] = {2, 1}, negative = -1, late[] = {0, NAN};
    const int64_t few[] = {1}, same[] = {8, 8}, vast[] = {INT64_C(1) << 40};
    double out[8];
    moe_context *c;
    moe_study *study = NULL;
    moe_limit *limit;
    assert_ok(NULL, moe_context_create(NULL, &c));
    assert_int_equal(moe_study_create(NULL, NULL, NULL, &study), MOE_ERROR_NULL);
    assert_ok(c, make_study(c, 3, &study));
    assert_fails(c, MOE_ERROR_TIME, "1", moe_study_set_times(study, 2, falling));
    assert_fails(c, MOE_ERROR_TIME, "-1", moe_study_set_times(study, 1, &negative));
    assert_fails(c, MOE_ERROR_NOT_FINITE, "times", moe_study_set_times(study, 2, late));
    assert_fails(c, MOE_ERROR_SIZE, "count", moe_study_set_times(study, INT64_C(1) << 62, falling));
    assert_fails(c, MOE_ERROR_VALUE, "1", moe_study_set_experts(study, 1, few));
    assert_fails(c, MOE_ERROR_VALUE, "8", moe_study_set_experts(study, 2, same));
    assert_fails(c, MOE_ERROR_VALUE, "1099511627776", moe_study_set_experts(study, 1, vast));
    assert_fails(c, MOE_ERROR_SIZE, "65", moe_study_set_experts(study, 65, same));
    assert_fails(c, MOE_ERROR_NULL, "experts", moe_study_set_experts(study, 1, NULL));
    assert_fails(c, MOE_ERROR_VALUE, "least", moe_study_set_replicas(study, 1, 5, 0));
    assert_fails(c, MOE_ERROR_VALUE, "4", moe_study_set_replicas(study, 5, 4, 0));
    assert_fails(c, MOE_ERROR_VALUE, "precision", moe_study_set_replicas(study, 2, 4, NAN));
    assert_fails(c, MOE_ERROR_TOLERANCE, "tolerance", moe_study_set_tolerance(study, 0));
    assert_fails(c, MOE_ERROR_VALUE, "k is 0", moe_study_set_marginals(study, 0));
    assert_fails(c, MOE_ERROR_VALUE, "most_w1", moe_study_set_distances(study, -1, 3));
    assert_fails(c, MOE_ERROR_ORDER, "no result", moe_study_means(study, 0, 0, out, NULL, NULL));
    assert_fails(c, MOE_ERROR_ORDER, "no result", moe_study_limit(study, &limit));
    assert_fails(c, MOE_ERROR_ORDER, "no result", moe_study_bound(study, 0, out, NULL));
    assert_ok(c, moe_study_set_experts(study, 2, study_sizes));
    assert_ok(c, moe_study_run(study));
    assert_ok(c, moe_study_means(study, 0, 0, out, NULL, NULL)); /* refused setters have changed nothing */
    assert_fails(c, MOE_ERROR_INDEX, "10", moe_study_means(study, MOE_STUDY_QUANTITIES, 0, out, NULL, NULL));
    assert_fails(c, MOE_ERROR_INDEX, "2", moe_study_means(study, 0, TIMES, out, NULL, NULL));
    assert_fails(c, MOE_ERROR_SIZE, "2", moe_study_rate(study, 0, 0, out, NULL, NULL, NULL));
    moe_study_destroy(study);
    moe_context_destroy(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_fluctuations),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_bound),
        cmocka_unit_test(test_marginals),
        cmocka_unit_test(test_bias),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_unseen),
        cmocka_unit_test(test_resumed),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests_name("study", tests, NULL, NULL);
}
