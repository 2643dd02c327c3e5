/* test_limit_estimates.c - how often the limit's estimate holds, and how much it overstates, on random
 * models.
 *
 * Random circuits of 1 to 4 qubits with 1 to 8 parameters, and tanh neurons with normal parameters; random
 * data, times and tolerances. Each limit is compared with a far finer rule in far shorter steps: a tensor
 * rule, or where the limit is a union of lattices, a lattice of 2 times as many points from another seed.
 *   held   the error is within the estimate at both times, in 95 % of the models at least
 *   tight  the estimate is within 100 times the error at the last time (or that of rounding), in 80 %
 *
 *   test_limit_estimates [models [first]]
 * 15 models of up to 3 parameters by default; with a number of models, up to 8 parameters.
 *
 * SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_PARAMETERS = 8, MOST_POINTS = 8, TIMES = 2 };

static int64_t models = 15, first_model = 0, most_parameters = 3;

struct random_model {
    int64_t d, inputs, points;
    double x[2 * MOST_POINTS], y[MOST_POINTS], period[MOST_PARAMETERS], time[TIMES], tolerance;
    bool neuron;
    moe_context *context;
    moe_expert *expert;
    moe_model *model;
    moe_law *law, *reduced;
    moe_limit *limit;
};

static int64_t pick(uint64_t *seed, int64_t count)
{
    return (int64_t)(test_uniform(seed) * (double)count);
}

/* ---- random models ---------------------------------------------------------------------------- */

/* f = c tanh(a x + b) */
static int32_t neuron_values(void *self, void *bound, int64_t n, const double *x, int64_t count,
                             const double *theta, double *f, void *work)
{
    (void)self, (void)bound, (void)work;
    for (int64_t i = 0; i < count; i++)
        for (int64_t j = 0; j < n; j++)
            f[i * n + j] = theta[3 * i + 2] * tanh(theta[3 * i] * x[j] + theta[3 * i + 1]);
    return 0;
}

static int32_t neuron_pullback(void *self, void *bound, void *stage, int64_t n, const double *x,
                               int64_t count, const double *theta, const double *r, double *g, void *work)
{
    (void)self, (void)bound, (void)stage, (void)work;
    for (int64_t i = 0; i < count; i++, theta += 3, g += 3) {
        g[0] = g[1] = g[2] = 0;
        for (int64_t j = 0; j < n; j++) {
            const double h = tanh(theta[0] * x[j] + theta[1]), q = r[j] * theta[2] * (1 - h * h);
            g[0] += q * x[j];
            g[1] += q;
            g[2] += r[j] * h;
        }
    }
    return 0;
}

static void rotation(struct random_model *m, qnn_circuit *circuit, uint64_t *seed, const char *axes,
                     int64_t qubit, int32_t source, int64_t index, double scale, double shift)
{
    const char axis[2] = {axes[pick(seed, (int64_t)strlen(axes))], 0};
    assert_ok(m->context, qnn_circuit_rotation(circuit, axis, &qubit, source, index, scale, shift));
}

/* layers of data, constants, parameters and entanglers; an observable on every qubit */
static void random_circuit(struct random_model *m, uint64_t *seed)
{
    qnn_circuit *circuit;
    const int64_t qubits = 1 + pick(seed, 4);
    int64_t used = 0;
    assert_ok(m->context, qnn_circuit_create(m->context, qubits, m->d, m->inputs, 1, &circuit));
    while (used < m->d) {
        for (int64_t a = 0; a < qubits; a++) {
            const double scale = pick(seed, 2) ? 1 : 0.5 + test_uniform(seed);
            rotation(m, circuit, seed, "XYZ", a, QNN_INPUT, pick(seed, m->inputs), scale, test_uniform(seed));
            rotation(m, circuit, seed, "XY", a, QNN_CONSTANT, 0, 0, test_uniform(seed));
            if (used < m->d)
                rotation(m, circuit, seed, "XYZ", a, QNN_THETA, used++, 1, test_uniform(seed));
        }
        for (int64_t a = 0; a + 1 < qubits; a++)
            assert_ok(m->context,
                      qnn_circuit_gate(circuit, pick(seed, 2) ? "CNOT" : "CZ", (int64_t[]){a, a + 1}));
    }
    for (int64_t a = 0; a < qubits; a++) {
        char string[5] = "IIII";
        rotation(m, circuit, seed, "XY", a, QNN_CONSTANT, 0, 0, 2 * test_uniform(seed));
        string[qubits] = 0;
        string[a] = "XYZ"[pick(seed, 3)];
        assert_ok(m->context, qnn_circuit_observable(circuit, 0, 2 * test_uniform(seed) - 0.5, string));
    }
    assert_ok(m->context, qnn_expert_create(m->context, circuit, NULL, &m->expert));
    qnn_circuit_destroy(circuit);
}

static void random_expert(struct random_model *m, uint64_t *seed)
{
    const moe_expert_ops neuron = {.struct_size = sizeof neuron,
                                   .flags = MOE_EXPERT_THREAD_SAFE | MOE_EXPERT_PURE,
                                   .values = neuron_values,
                                   .pullback = neuron_pullback};
    m->neuron = test_uniform(seed) < 0.2;
    m->d = m->neuron ? 3 : 1 + pick(seed, most_parameters);
    m->inputs = m->neuron ? 1 : 1 + pick(seed, 2);
    for (int64_t k = 0; k < m->d; k++)
        m->period[k] = m->neuron ? (double)INFINITY : 2 * PI;
    if (m->neuron)
        assert_ok(m->context, moe_expert_create(m->context, &neuron, NULL, 3, 1, 1, m->period, &m->expert));
    else
        random_circuit(m, seed);
}

/* Tolerances from 1e-3 to 1e-9; with neurons and 4 parameters to 1e-6; with more from 1e-2 to 1e-4. */
static void random_request(struct random_model *m, uint64_t *seed)
{
    const double decades = m->d > 4 ? 2 : m->neuron || m->d > 3 ? 3 : 6;
    const double end = m->neuron ? 0.3 + test_uniform(seed) : 0.5 + (m->d > 3 ? 2 : 3.5) * test_uniform(seed);
    m->tolerance = pow(10, (m->d > 4 ? -2 : -3) - decades * test_uniform(seed));
    m->time[0] = end / 3;
    m->time[1] = end;
}

static void make(struct random_model *m, int64_t index)
{
    uint64_t seed = 7919 * (uint64_t)index + 1;
    *m = (struct random_model){0};
    assert_ok(NULL, moe_context_create(NULL, &m->context));
    assert_ok(m->context, moe_context_set_threads(m->context, 1));
    random_expert(m, &seed);
    random_request(m, &seed);
    m->points = 3 + pick(&seed, MOST_POINTS - 2);
    for (int64_t j = 0; j < m->points; j++) {
        for (int64_t a = 0; a < m->inputs; a++)
            m->x[j * m->inputs + a] = 2 * test_uniform(&seed) - 1;
        m->y[j] = 1.2 * test_uniform(&seed) - 0.6;
    }
    assert_ok(m->context, moe_model_create(m->context, m->expert, m->points, m->x, m->y, NULL, &m->model));
    assert_ok(m->context, moe_law_create(m->context, m->d, m->period, &m->law));
    for (int64_t k = 0; m->neuron && k < 3; k++)
        assert_ok(m->context, moe_law_set_normal(m->law, k, 0, 0.7));
    assert_ok(m->context, moe_model_reduce(m->context, m->model, m->law, 0, NULL, &m->reduced, NULL));
    assert_ok(m->context, moe_limit_create(m->context, m->model, m->law, &m->limit));
    assert_ok(m->context, moe_limit_set_times(m->limit, TIMES, m->time));
    assert_ok(m->context, moe_limit_set_tolerance(m->limit, m->tolerance));
    assert_ok(m->context, moe_limit_set_budget(m->limit, 1 << 16, INT64_MAX, INFINITY));
}

static void unmake(struct random_model *m)
{
    moe_limit_destroy(m->limit);
    moe_law_destroy(m->reduced);
    moe_law_destroy(m->law);
    moe_model_destroy(m->model);
    moe_expert_destroy(m->expert);
    moe_context_destroy(m->context);
}

/* ---- the comparison --------------------------------------------------------------------------- */

/* A rule much finer than the limit's, of its kind. */
static moe_measure *finer(struct random_model *m, const int64_t *sizes, bool lattice)
{
    moe_measure *image, *rule;
    int64_t fine[MOST_PARAMETERS], count;
    double nodes = 1;
    assert_ok(m->context, moe_limit_measure(m->limit, 0, &image));
    count = moe_measure_count(image);
    moe_measure_destroy(image);
    for (int64_t k = 0; k < m->d; k++) {
        fine[k] = sizes[k] == 1 ? 1 : m->d == 1 ? 2 * sizes[k] + 9 : sizes[k] + 6;
        nodes *= (double)fine[k];
    }
    for (int64_t k = 0; k < m->d && nodes > 1e5; k++)
        fine[k] -= fine[k] > 1 ? 4 : 0;
    if (lattice)
        assert_ok(m->context, moe_measure_lattice(m->context, m->reduced, 2 * count, NULL, 99, 77, &rule));
    else
        assert_ok(m->context, moe_measure_tensor(m->context, m->reduced, fine, &rule));
    return rule;
}

/* true_error[t] = the largest difference of a prediction from the finer rule's */
static void measure_errors(struct random_model *m, const int64_t *sizes, double tau, double *true_error)
{
    bool lattice = false;
    moe_flow *flow;
    double f[MOST_POINTS], g[MOST_POINTS];
    for (int64_t k = 0; k < m->d; k++)
        lattice = lattice || sizes[k] == 0;
    moe_measure *rule = finer(m, sizes, lattice);
    const double shorter = tau / (lattice ? 4 : 300) + 1e-14;
    assert_ok(m->context, moe_flow_create(m->context, m->model, rule, &flow));
    assert_ok(m->context, moe_flow_set_method(flow, MOE_METHOD_ADAMS));
    assert_ok(m->context, moe_flow_set_tolerance(flow, shorter, shorter));
    for (int t = 0; t < TIMES; t++) {
        true_error[t] = 0;
        assert_ok(m->context, moe_flow_advance(flow, m->time[t]));
        assert_ok(m->context, moe_flow_predictions(flow, g));
        assert_ok(m->context, moe_limit_predictions(m->limit, t, f));
        for (int64_t j = 0; j < m->points; j++)
            true_error[t] = fmax(true_error[t], fabs(f[j] - g[j]));
    }
    moe_flow_destroy(flow);
    moe_measure_destroy(rule);
}

static void report(int64_t index, const struct random_model *m, const int64_t *sizes, const double *estimate,
                   const double *true_error)
{
    printf("%lld: d %lld%s tolerance %.1e time %.2g, nodes", (long long)index, (long long)m->d,
           m->neuron ? " (neuron)" : "", m->tolerance, m->time[1]);
    for (int64_t k = 0; k < m->d; k++)
        printf(" %lld", (long long)sizes[k]);
    printf(", estimates %.1e %.1e, errors %.1e %.1e\n", estimate[0], estimate[1], true_error[0],
           true_error[1]);
    fflush(stdout);
}

static void test_estimates(void **state)
{
    (void)state;
    int64_t solved = 0, held = 0, tight = 0;
    for (int64_t i = first_model; i < first_model + models; i++) {
        struct random_model m;
        int64_t sizes[MOST_PARAMETERS];
        double estimate[TIMES], error[TIMES], tau;
        make(&m, i);
        const int32_t status = moe_limit_solve(m.limit);
        if (status == MOE_ERROR_BUDGET)
            printf("%lld: d %lld tolerance %.1e: %s\n", (long long)i, (long long)m.d, m.tolerance,
                   moe_context_error(m.context));
        else {
            assert_ok(m.context, status);
            assert_ok(m.context, moe_limit_errors(m.limit, estimate));
            assert_ok(m.context, moe_limit_effort(m.limit, sizes, &tau, NULL));
            measure_errors(&m, sizes, tau, error);
            report(i, &m, sizes, estimate, error);
            assert_true(estimate[0] <= m.tolerance && estimate[1] <= m.tolerance);
            solved++;
            held += estimate[0] >= error[0] - 1e-13 && estimate[1] >= error[1] - 1e-13;
            tight += estimate[1] <= 100 * fmax(error[1], 1e-14);
        }
        unmake(&m);
    }
    printf("%lld models within the budget: the estimate held in %lld, was tight in %lld\n", (long long)solved,
           (long long)held, (long long)tight);
    assert_true(100 * solved >= 90 * models);
    assert_true(100 * held >= 95 * solved);
    assert_true(100 * tight >= 80 * solved);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_estimates)};
    if (argc > 1) {
        models = atoll(argv[1]);
        most_parameters = MOST_PARAMETERS;
    }
    if (argc > 2)
        first_model = atoll(argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
