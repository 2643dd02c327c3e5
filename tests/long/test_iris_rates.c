/* test_iris_rates.c - propagation of chaos on Fisher's iris, for circuits of 1, 2, 3 and 4 angles.
 *
 *   test_iris_rates [most] [replicas]       N = 16, 32, ... most (1024), so many replicas of each (16)
 *
 * Versicolor against virginica, as the demonstration has them: 2 qubits that take in four features, then the
 * first d of the angles of RY(t0) RY(t1) CZ RX(t2) RX(t3), and Z0 + Z1. For each d, in every cell: measured
 * <= bound; from below <= from above. The exponents of prediction, coupling and W_1 are held against the
 * theory's; chance alone makes an exponent with a probability below 1e-3 once in 1000. The covariance of
 * fluctuations is that of the replicas, and the bias predicted that of theirs. `make check-study-long` has N
 * to 4096.
 *
 * SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

enum { FEATURES = 4, MOST_FLOWERS = 100, MOST_ANGLES = 4, MOST_SIZES = 16 };
static const double end_time = 5;
static int64_t most = 1024, replicas = 16;

/* ---- the flowers ------------------------------------------------------------------------------- */

/* Seven of ten, features to mean 0 and a deviation of 0.8 radians over all. */
static int64_t read_flowers(double *x, double *y)
{
    char line[256];
    int64_t all = 0, taken = 0;
    FILE *file = fopen(TEST_SOURCE_DIR "/docs/examples/data/iris.csv", "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file)) {
        double v[FEATURES + 1];
        assert_int_equal(sscanf(line, "%lf,%lf,%lf,%lf,%lf", v, v + 1, v + 2, v + 3, v + 4), FEATURES + 1);
        if (v[FEATURES] == 0)
            continue;
        memcpy(x + FEATURES * all, v, FEATURES * sizeof *v);
        y[all++] = v[FEATURES] == 1 ? -1 : 1;
    }
    fclose(file);
    assert_int_equal(all, MOST_FLOWERS);
    for (int k = 0; k < FEATURES; k++) {
        double mean = 0, square = 0;
        for (int64_t j = 0; j < all; j++)
            mean += x[FEATURES * j + k] / (double)all;
        for (int64_t j = 0; j < all; j++)
            square += pow(x[FEATURES * j + k] - mean, 2) / (double)all;
        for (int64_t j = 0; j < all; j++)
            x[FEATURES * j + k] = 0.8 * (x[FEATURES * j + k] - mean) / sqrt(square);
    }
    for (int64_t j = 0; j < all; j++)
        if (j % 10 < 7) {
            memmove(x + FEATURES * taken, x + FEATURES * j, FEATURES * sizeof *x);
            y[taken++] = y[j];
        }
    return taken;
}

/* ---- the model ---------------------------------------------------------------------------------- */

struct iris {
    moe_context *context;
    moe_expert *expert;
    moe_model *model;
    moe_law *law;
};

static void make_circuit(moe_context *c, int64_t d, qnn_circuit **circuit)
{
    static const char *const axes[] = {"Y", "Y", "X", "X"};
    static const int64_t feature[] = {2, 3, 0, 1}, pair[] = {0, 1};
    assert_ok(c, qnn_circuit_create(c, 2, d, FEATURES, 1, circuit));
    for (int half = 0; half < 2; half++) /* inputs, then angles */
        for (int64_t g = 0; g < (half ? d : FEATURES); g++) {
            const int64_t qubit = g % 2;
            assert_ok(c, qnn_circuit_rotation(*circuit, axes[g], &qubit, half ? QNN_THETA : QNN_INPUT,
                                              half ? g : feature[g], 1, 0));
            if (g == 1)
                assert_ok(c, qnn_circuit_gate(*circuit, "CZ", pair));
        }
    assert_ok(c, qnn_circuit_observable(*circuit, 0, 1, "ZI"));
    assert_ok(c, qnn_circuit_observable(*circuit, 0, 1, "IZ"));
}

static struct iris make_iris(int64_t d)
{
    double x[MOST_FLOWERS * FEATURES], y[MOST_FLOWERS];
    const int64_t n = read_flowers(x, y);
    struct iris iris;
    qnn_circuit *circuit;
    assert_ok(NULL, moe_context_create(NULL, &iris.context));
    moe_context *c = iris.context;
    assert_ok(c, moe_context_set_threads(c, 2));
    make_circuit(c, d, &circuit);
    assert_ok(c, qnn_expert_create(c, circuit, NULL, &iris.expert));
    assert_ok(c, moe_model_create(c, iris.expert, n, x, y, NULL, &iris.model));
    assert_ok(c, moe_law_create(c, d, moe_expert_period(iris.expert), &iris.law));
    qnn_circuit_destroy(circuit);
    return iris;
}

static void free_iris(struct iris *iris)
{
    moe_law_destroy(iris->law);
    moe_model_destroy(iris->model);
    moe_expert_destroy(iris->expert);
    moe_context_destroy(iris->context);
}

/* ---- rates and bounds -------------------------------------------------------------------------- */

static void check_rate(moe_context *c, const moe_study *study, int32_t quantity, const char *name,
                       double expected)
{
    double theory, exponent[3], probability, fit[6];
    assert_ok(c, moe_study_rate(study, quantity, 0, &theory, exponent, &probability, fit));
    assert_close(theory, expected, 1e-12);
    print_message(
        "  %-10s N^%.3f [%.3f, %.3f], theory %.3f, p = %.3f, chi-squared %.1f of %g from size %g on\n", name,
        exponent[0], exponent[1], exponent[2], theory, probability, fit[1], fit[2], fit[0]);
    assert_true(probability > 1e-3);
}

static void check_cells(moe_context *c, moe_study *study, int64_t sizes)
{
    double above[MOST_SIZES], below[MOST_SIZES], error[MOST_SIZES], a_priori[MOST_SIZES], along[MOST_SIZES];
    assert_ok(c, moe_study_bound(study, 0, a_priori, along));
    assert_ok(c, moe_study_means(study, MOE_STUDY_W1, 0, above, error, NULL));
    assert_ok(c, moe_study_means(study, MOE_STUDY_W1_BELOW, 0, below, NULL, NULL));
    for (int64_t i = 0; i < sizes; i++)
        assert_true(below[i] <= above[i] && above[i] <= along[i] && along[i] <= a_priori[i]);
    print_message("  W_1 with most experts: %.4f to %.4f +- %.4f; bound along %.2g, a priori %.2g\n",
                  below[sizes - 1], above[sizes - 1], error[sizes - 1], along[sizes - 1],
                  a_priori[sizes - 1]);
}

static void check_dimension(int64_t d)
{
    struct iris iris = make_iris(d);
    moe_context *c = iris.context;
    moe_study *study;
    int64_t experts[MOST_SIZES], sizes = 0, random, seen;
    for (int64_t N = 16; N <= most && sizes < MOST_SIZES; N *= 2)
        experts[sizes++] = N;
    assert_ok(c, moe_study_create(c, iris.model, iris.law, &study));
    assert_ok(c, moe_study_set_times(study, 1, &end_time));
    assert_ok(c, moe_study_set_experts(study, sizes, experts));
    assert_ok(c, moe_study_set_replicas(study, replicas, replicas, 0));
    assert_ok(c, moe_study_set_distances(study, INT64_MAX, 0));
    assert_ok(c, moe_study_set_tolerance(study, 1e-3));
    assert_ok(c, moe_study_run(study));
    assert_ok(c, moe_study_dimension(study, &random, &seen));
    print_message("%d angles, of which predictions see %d\n", (int)random, (int)seen);
    check_rate(c, study, MOE_STUDY_PREDICTION, "prediction", -0.5);
    check_rate(c, study, MOE_STUDY_COUPLING, "coupling", -0.5);
    check_rate(c, study, MOE_STUDY_COUPLING_MAX, "largest", -0.5);
    check_rate(c, study, MOE_STUDY_MARGINALS, "pairs", -0.5);
    check_rate(c, study, MOE_STUDY_W1, "W_1", d < 3 ? -0.5 : -1 / (double)d);
    check_cells(c, study, sizes);
    moe_study_destroy(study);
    free_iris(&iris);
}

static void test_rates(void **state)
{
    (void)state;
    for (int64_t d = 1; d <= MOST_ANGLES; d++)
        check_dimension(d);
}

/* ---- fluctuations ------------------------------------------------------------------------------- */

enum { POINTS = 3 };

/* N times mean, and covariance, of F_N - F at some inputs over `count` mixtures of N experts */
static void sample(const struct iris *iris, const double *F, int64_t N, int64_t count, const double *x,
                   double *bias, double *covariance)
{
    moe_context *c = iris->context;
    double f[POINTS], mean[POINTS] = {0};
    memset(covariance, 0, POINTS * POINTS * sizeof *covariance);
    for (int64_t r = 0; r < count; r++) {
        moe_measure *mu, *image;
        moe_flow *flow;
        assert_ok(c, moe_measure_random(c, iris->law, 2026, 0, r * N, N, &mu));
        assert_ok(c, moe_flow_create(c, iris->model, mu, &flow));
        assert_ok(c, moe_flow_set_method(flow, MOE_METHOD_ADAMS));
        assert_ok(c, moe_flow_set_tolerance(flow, 1e-6, 1e-6));
        assert_ok(c, moe_flow_advance(flow, end_time));
        assert_ok(c, moe_flow_measure(flow, &image));
        assert_ok(c, moe_model_predict(c, iris->model, image, POINTS, x, f));
        for (int a = 0; a < POINTS; a++)
            mean[a] += (f[a] - F[a]) / (double)count;
        for (int a = 0; a < POINTS * POINTS; a++)
            covariance[a] += (f[a / POINTS] - F[a / POINTS]) * (f[a % POINTS] - F[a % POINTS]);
        moe_measure_destroy(image);
        moe_flow_destroy(flow);
        moe_measure_destroy(mu);
    }
    for (int a = 0; a < POINTS * POINTS; a++)
        covariance[a] = (double)N * (covariance[a] / (double)count - mean[a / POINTS] * mean[a % POINTS]);
    for (int a = 0; a < POINTS; a++)
        bias[a] = (double)N * mean[a];
}

/* An entry's standard error is sqrt((C_aa C_bb + C_ab^2) / R) for Gaussian predictions: within 4.5 of them,
 * and what is of order 1/N. */
static void test_fluctuations(void **state)
{
    (void)state;
    const int64_t N = 400, count = most > 1024 ? 2000 : 200, nodes[] = {24, 24}, few[] = {12, 12};
    const double x[POINTS * FEATURES] = {0.5, -0.3, 0.9, 1, -0.8, 0.2, -0.4, -0.9, 0.1, 0, 0.3, -0.2};
    double C[POINTS * POINTS], sampled[POINTS * POINTS], bias[POINTS], measured[POINTS], lower[POINTS],
        upper[POINTS], F[POINTS];
    struct iris iris = make_iris(2);
    moe_context *c = iris.context;
    moe_measure *rule, *coarse;
    moe_flow *flow;
    moe_field *field;
    assert_ok(c, moe_measure_tensor(c, iris.law, nodes, &rule));
    assert_ok(c, moe_measure_tensor(c, iris.law, few, &coarse));
    assert_ok(c, moe_flow_create(c, iris.model, rule, &flow));
    assert_ok(c, moe_flow_set_tolerance(flow, 1e-9, 1e-9));
    assert_ok(c, moe_flow_record(flow));
    assert_ok(c, moe_flow_advance(flow, end_time));
    assert_ok(c, moe_flow_field(flow, &field));
    assert_ok(c, moe_field_fluctuations(c, field, rule, 1, &end_time, POINTS, x, 1e-4, C));
    assert_ok(c, moe_field_band(c, field, rule, N, 0.5, NULL, 1, &end_time, POINTS, x, 1e-4, lower, upper));
    assert_ok(c, moe_model_bias(c, iris.model, coarse, 1, &end_time, POINTS, x, 144, 1, bias, NULL));
    for (int a = 0; a < POINTS; a++)
        F[a] = (lower[a] + upper[a]) / 2;
    sample(&iris, F, N, count, x, measured, sampled);
    for (int a = 0; a < POINTS; a++) {
        const double aa = C[a * POINTS + a], error = sqrt((double)N * aa / (double)count);
        print_message("  N var %.4f, of %d replicas %.4f; N bias %.3f, %.3f +- %.3f\n", aa, (int)count,
                      sampled[a * POINTS + a], bias[a], measured[a], error);
        assert_close(measured[a], bias[a], 4.5 * error);
        for (int b = 0; b <= a; b++) {
            const double ab = C[a * POINTS + b], bb = C[b * POINTS + b];
            assert_close(sampled[a * POINTS + b], ab,
                         4.5 * sqrt((aa * bb + ab * ab) / (double)count) + 20 / (double)N * sqrt(aa * bb));
        }
    }
    moe_field_destroy(field);
    moe_flow_destroy(flow);
    moe_measure_destroy(coarse);
    moe_measure_destroy(rule);
    free_iris(&iris);
}

int main(int count, char **arguments)
{
    if (count > 1)
        most = atoll(arguments[1]);
    if (count > 2)
        replicas = atoll(arguments[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_fluctuations),
    };
    return cmocka_run_group_tests_name("iris_rates", tests, NULL, NULL);
}
