/* test_qnn_random.c - random circuits: values, gradients and Hessian products of every kernel of this
 * machine, with states kept and undone, by points and by the mean observable, against forward differentiation
 * on plain states (plain.h), to 1e-12.
 *
 * 1e-12 is of the size of what is compared: for sums over points that of the residuals, and 10 times that for
 * derivatives along directions, which add 4 coordinates and scales of up to 2.
 *
 * All gates, shared parameters, scales, shifts, strings, unitaries, up to 3 outputs; 1 to 8 qubits; a third
 * of all angles within rounding or 1e-9 of a multiple of pi / 2. An argument gives the number of circuits;
 * with one, circuits of 9 to 14 qubits and one of 20 are tested too.
 *
 * SPDX-License-Identifier: MIT */
#include "support/plain.h"
#include "support/random_circuit.h"

#include "expert/expert.h"
#include "qnn/expert.h"

#include <stdlib.h>

enum { D = 4, P = 3, MOST_OUTPUTS = 3, N = 11, COUNT = 2, M = 2, GATES = 40, MANY = 1000 };

static int circuits = 60;
static bool complete;

/* One circuit, where it is looked at, and what is expected there. */
typedef struct sample {
    int64_t K, n;
    double x[N * P], theta[COUNT * D], r[N * MOST_OUTPUTS], direction[COUNT * M * D];
    double f[COUNT * N * MOST_OUTPUTS], g[COUNT * D], df[COUNT * M * N * MOST_OUTPUTS], h[COUNT * M * D];
    double size; /* of sums over points */
} sample;

static double random_angle(uint64_t *seed)
{
    static const double offsets[] = {0, 0, 1e-9, -1e-9, 1e-16};
    if (test_uniform(seed) < 0.67)
        return 6 * test_signed(seed);
    return PI / 2 * (double)(test_integer(seed, 13) - 6) + offsets[test_integer(seed, 5)];
}

/* f, df; g and h column by column: u the a-th unit vector */
static void expect(const struct dense_circuit *dense, sample *it)
{
    memset(it->g, 0, sizeof it->g);
    memset(it->h, 0, sizeof it->h);
    for (int64_t i = 0; i < COUNT; i++)
        for (int64_t j = 0; j < it->n; j++)
            for (int64_t l = 0; l < M; l++)
                for (int64_t a = 0; a < D; a++) {
                    double u[D] = {0}, fu[MOST_OUTPUTS], fuv[MOST_OUTPUTS];
                    double *df = it->df + ((i * M + l) * it->n + j) * it->K;
                    const double *v = it->direction + (i * M + l) * D;
                    u[a] = 1;
                    plain_derivatives(dense, it->K, it->theta + i * D, it->x + j * P, u, v,
                                      it->f + (i * it->n + j) * it->K, fu, fuv);
                    for (int64_t k = 0; k < it->K; k++) {
                        df[k] = (a ? df[k] : 0) + v[a] * fu[k];
                        it->g[i * D + a] += l ? 0 : it->r[j * it->K + k] * fu[k];
                        it->h[(i * M + l) * D + a] += it->r[j * it->K + k] * fuv[k];
                    }
                }
}

static void compare(int64_t size, const double *given, const double *expected, double scale)
{
    for (int64_t i = 0; i < size; i++)
        assert_close(given[i], expected[i], 1e-12 * scale);
}

static void check_sample(moe_context *context, const moe_expert *expert, const sample *it)
{
    double f[COUNT * N * MOST_OUTPUTS], g[COUNT * D], df[COUNT * M * N * MOST_OUTPUTS], h[COUNT * M * D];
    int32_t exact;
    assert_ok(context, moe_expert_values(context, expert, it->n, it->x, COUNT, it->theta, f));
    assert_ok(context, moe_expert_pullback(context, expert, it->n, it->x, COUNT, it->theta, it->r, g));
    assert_ok(context, moe_expert_tangent(context, expert, it->n, it->x, COUNT, it->theta, M, it->direction,
                                          it->r, df, h, &exact));
    assert_true(exact);
    compare(COUNT * it->n * it->K, f, it->f, 1);
    compare(COUNT * D, g, it->g, it->size);
    compare(COUNT * M * it->n * it->K, df, it->df, 10);
    compare(COUNT * M * D, h, it->h, 10 * it->size);
}

/* On every kernel, lanes of points, with states kept and not, and lanes of experts. */
static void check_kernels(moe_context *context, const qnn_circuit *circuit, const sample *it)
{
    for (int isa = 0; qnni_kernels_at(isa); isa++)
        for (int way = 0; way < 3; way++) {
            moe_expert *expert;
            assert_ok(context, qnni_expert_create(context, circuit, NULL, qnni_kernels_at(isa), &expert));
            qnni_expert_keep(expert, way == 1);
            qnni_expert_lanes(expert, way == 2 ? QNNI_LANES_EXPERTS : QNNI_LANES_POINTS);
            check_sample(context, expert, it);
            moe_expert_destroy(expert);
        }
}

static void draw(uint64_t *seed, sample *it)
{
    for (int i = 0; i < N * P; i++)
        it->x[i] = random_angle(seed);
    for (int i = 0; i < COUNT * D; i++)
        it->theta[i] = random_angle(seed);
    it->size = 1;
    for (int64_t i = 0; i < it->n * it->K; i++)
        it->size += fabs(it->r[i] = test_signed(seed));
    for (int i = 0; i < COUNT * M * D; i++)
        it->direction[i] = test_signed(seed);
}

static void check_random(moe_context *context, uint64_t seed, int qubits, int64_t n)
{
    static sample it;
    struct dense_circuit dense = {.qubits = qubits};
    qnn_circuit *circuit;
    it.K = 1 + test_integer(&seed, MOST_OUTPUTS);
    it.n = n;
    assert_ok(context, qnn_circuit_create(context, qubits, D, P, it.K, &circuit));
    assert_ok(context, fill_random_circuit(&seed, 5 + (int)test_integer(&seed, GATES),
                                           1 + (int)test_integer(&seed, 6), D, P, it.K, circuit, &dense));
    draw(&seed, &it);
    expect(&dense, &it);
    check_kernels(context, circuit, &it);
    qnn_circuit_destroy(circuit);
}

static void test_circuits(void **state)
{
    (void)state;
    moe_context *context;
    assert_ok(NULL, moe_context_create(NULL, &context));
    for (int i = 0; i < circuits; i++) {
        const int qubits = 1 + i % (complete || i % 16 == 7 ? 8 : 6);
        check_random(context, 7919 * (uint64_t)(i + 1), qubits, qubits > 6 ? 2 : 1 + i % N);
    }
    moe_context_destroy(context);
}

/* ---- the mean observable ---------------------------------------------------------------------- */

static qnn_circuit *encode_first(moe_context *context, uint64_t *seed, int qubits, int64_t K)
{
    qnn_circuit *circuit;
    assert_ok(context, qnn_circuit_create(context, qubits, D, P, K, &circuit));
    for (int half = 0; half < 2; half++)
        for (int g = 0; g < 4 + 3 * qubits; g++) {
            char string[8] = "";
            int64_t at[2];
            for (int q = 0; q < qubits; q++)
                string[q] = "IXYZ"[test_integer(seed, 4)];
            random_qubits(seed, qubits, at);
            assert_ok(context, qnn_circuit_rotation(circuit, string, NULL, half ? QNN_THETA : QNN_INPUT,
                                                    test_integer(seed, half ? D : P), 1, test_signed(seed)));
            assert_ok(context, qnn_circuit_gate(circuit, qubits > 1 && g % 2 ? "CNOT" : "T", at));
        }
    for (int64_t t = 0; t < 3 * K; t++) {
        char string[8] = "";
        for (int q = 0; q < qubits; q++)
            string[q] = "IXYZ"[test_integer(seed, 4)];
        assert_ok(context, qnn_circuit_observable(circuit, t % K, test_signed(seed), string));
    }
    return circuit;
}

/* Pullback and tangent of MANY points, by the mean observable, against sums over single points. */
static void check_mean(moe_context *context, uint64_t seed, int qubits, int64_t K)
{
    static double x[MANY * P], r[MANY * MOST_OUTPUTS], df[M * MANY * MOST_OUTPUTS], one[M * MOST_OUTPUTS];
    double theta[D], direction[M * D], g[D], h[M * D], sum_g[D] = {0}, sum_h[M * D] = {0}, size = 1;
    qnn_circuit *circuit = encode_first(context, &seed, qubits, K);
    moe_expert *expert;
    moei_binding binding;
    for (int i = 0; i < MANY * P; i++)
        x[i] = random_angle(&seed);
    for (int64_t i = 0; i < MANY * K; i++)
        size += fabs(r[i] = test_signed(&seed));
    for (int a = 0; a < D; a++)
        theta[a] = random_angle(&seed);
    for (int a = 0; a < M * D; a++)
        direction[a] = test_signed(&seed);
    assert_ok(context, qnn_expert_create(context, circuit, NULL, &expert));
    assert_ok(context, moei_bind(context, expert, MANY, x, &binding));
    assert_int_equal(binding.moment_count, K << 2 * qubits);
    moei_unbind(&binding);
    assert_ok(context, moe_expert_pullback(context, expert, MANY, x, 1, theta, r, g));
    assert_ok(context, moe_expert_tangent(context, expert, MANY, x, 1, theta, M, direction, r, df, h, NULL));
    for (int64_t j = 0; j < MANY; j++) {
        double own_g[D], own_h[M * D];
        assert_ok(context, moe_expert_pullback(context, expert, 1, x + j * P, 1, theta, r + j * K, own_g));
        assert_ok(context, moe_expert_tangent(context, expert, 1, x + j * P, 1, theta, M, direction,
                                              r + j * K, one, own_h, NULL));
        for (int a = 0; a < D; a++)
            sum_g[a] += own_g[a];
        for (int a = 0; a < M * D; a++)
            sum_h[a] += own_h[a];
        for (int64_t lk = 0; lk < M * K; lk++)
            assert_close(df[(lk / K * MANY + j) * K + lk % K], one[lk], 1e-12);
    }
    compare(D, g, sum_g, size);
    compare(M * D, h, sum_h, size);
    moe_expert_destroy(expert);
    qnn_circuit_destroy(circuit);
}

static void test_mean_observable(void **state)
{
    (void)state;
    moe_context *context;
    assert_ok(NULL, moe_context_create(NULL, &context));
    for (int i = 0; i < (complete ? 60 : 6); i++)
        check_mean(context, 31 * (uint64_t)(i + 1), 1 + i % 4, 1 + i % 3);
    moe_context_destroy(context);
}

/* ---- many qubits ------------------------------------------------------------------------------ */

static void test_many_qubits(void **state)
{
    (void)state;
    moe_context *context;
    assert_ok(NULL, moe_context_create(NULL, &context));
    for (int qubits = 9; qubits <= (complete ? 14 : 9); qubits++)
        check_random(context, (uint64_t)qubits, qubits, 1);
    moe_context_destroy(context);
}

/* RY(theta_0 + x_0) on each of 20 qubits, then a chain of CNOT: <Z_19> is cos(theta + x) to the 20th. */
static void test_twenty_qubits(void **state)
{
    (void)state;
    enum { QUBITS = 20 };
    moe_context *context;
    qnn_circuit *circuit;
    moe_expert *expert;
    const double x = 0.13, theta = 0.09, r = 1, direction = 1, c = cos(theta + x), s = sin(theta + x);
    double f, g, df, h;
    if (!complete)
        skip();
    assert_ok(NULL, moe_context_create(NULL, &context));
    assert_ok(context, qnn_circuit_create(context, QUBITS, 1, 1, 1, &circuit));
    for (int64_t q = 0; q < QUBITS; q++) {
        assert_ok(context, qnn_circuit_rotation(circuit, "Y", &q, QNN_INPUT, 0, 1, 0));
        assert_ok(context, qnn_circuit_rotation(circuit, "Y", &q, QNN_THETA, 0, 1, 0));
    }
    for (int64_t q = 0; q + 1 < QUBITS; q++)
        assert_ok(context, qnn_circuit_gate(circuit, "CNOT", (int64_t[]){q, q + 1}));
    assert_ok(context, qnn_circuit_observable(circuit, 0, 1, "IIIIIIIIIIIIIIIIIIIZ"));
    assert_ok(context, qnn_expert_create(context, circuit, NULL, &expert));
    assert_ok(context, moe_expert_values(context, expert, 1, &x, 1, &theta, &f));
    assert_ok(context, moe_expert_pullback(context, expert, 1, &x, 1, &theta, &r, &g));
    assert_ok(context,
              moe_expert_tangent(context, expert, 1, &x, 1, &theta, 1, &direction, &r, &df, &h, NULL));
    const double hessian = QUBITS * (QUBITS - 1) * s * s * pow(c, QUBITS - 2) - QUBITS * pow(c, QUBITS);
    assert_close(f, pow(c, QUBITS), 1e-12);
    assert_close(g, -QUBITS * s * pow(c, QUBITS - 1), 1e-12);
    assert_close(df, g, 1e-12);
    assert_close(h, hessian, 1e-12);
    moe_expert_destroy(expert);
    qnn_circuit_destroy(circuit);
    moe_context_destroy(context);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_circuits),
        cmocka_unit_test(test_mean_observable),
        cmocka_unit_test(test_many_qubits),
        cmocka_unit_test(test_twenty_qubits),
    };
    if (argc > 1) {
        circuits = atoi(argv[1]);
        complete = true;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
