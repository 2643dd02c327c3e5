/* bench_rules.c - the error of a limit's predictions for each kind of rule for the uniform law on a torus.
 *
 * Goal: with 4096 points in 6 dimensions a lattice errs 10 times less than as many draws.
 *
 * Two re-uploading circuits with 6 parameters: `even` (2 qubits, 3 layers of RX(x), RY or RZ(theta), CNOT;
 * observable the mean of Z) and `uneven` (3 qubits, 2 layers; observable Z_0 + 0.3 Z_1 + 0.09 Z_2, so that
 * the parameters count very differently). 6 data points; DOP853 at tolerance 1e-10; predictions at t = 2 and
 * 5 against the mean of four lattices of 2^(m + 2) points (`reference`: its own standard error). Root mean
 * square over data points and 16 shifts or streams. `equal` and `learned` are lattices with equal weights
 * 0.3, and with those of moe_model_sensitivity. CSV: circuit,rule,points,error_2,error_5.
 *
 *   bench_rules [m]     up to 2^m points; 12 if not given, which takes two minutes
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <moefield/moefield.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS = 6, D = 6, SHIFTS = 16, REFERENCE = 4 };

static void check(moe_context *context, int32_t status)
{
    if (status) {
        fprintf(stderr, "%s\n", moe_context_error(context));
        exit(1);
    }
}

static moe_expert *expert_of(moe_context *context, int64_t qubits, double ratio)
{
    qnn_circuit *circuit;
    moe_expert *expert;
    check(context, qnn_circuit_create(context, qubits, D, qubits, 1, &circuit));
    for (int64_t layer = 0; layer < D / qubits; layer++) {
        const char *axis = layer % 2 ? (ratio < 1 ? "X" : "Z") : "Y";
        for (int64_t q = 0; q < qubits; q++)
            check(context, qnn_circuit_rotation(circuit, "X", &q, QNN_INPUT, q, 1, 0));
        for (int64_t q = 0; q < qubits; q++)
            check(context, qnn_circuit_rotation(circuit, axis, &q, QNN_THETA, layer * qubits + q, 1, 0));
        for (int64_t q = 0; q + 1 < qubits; q++)
            check(context, qnn_circuit_gate(circuit, "CNOT", (int64_t[]){q, q + 1}));
    }
    for (int64_t q = 0; q < qubits; q++) {
        char string[8] = "IIIIIII";
        string[q] = 'Z';
        string[qubits] = 0;
        const double mean = 1 / (double)qubits;
        check(context, qnn_circuit_observable(circuit, 0, ratio < 1 ? pow(ratio, (double)q) : mean, string));
    }
    check(context, qnn_expert_create(context, circuit, NULL, &expert));
    qnn_circuit_destroy(circuit);
    return expert;
}

/* out[2 x POINTS] <- the predictions at t = 2 and 5; mu is used up */
static void predict(moe_context *context, const moe_model *model, moe_measure *mu, double *out)
{
    moe_flow *flow;
    check(context, moe_flow_create(context, model, mu, &flow));
    check(context, moe_flow_set_tolerance(flow, 0, 1e-10));
    for (int t = 0; t < 2; t++) {
        check(context, moe_flow_advance(flow, t ? 5 : 2));
        check(context, moe_flow_predictions(flow, out + t * POINTS));
    }
    moe_flow_destroy(flow);
    moe_measure_destroy(mu);
}

/* gamma[k] = 0.5 S_kk over the largest */
static void learn(moe_context *context, const moe_model *model, const moe_law *law, double *gamma)
{
    double s[D * D], largest = 0;
    moe_measure *draws;
    check(context, moe_measure_random(context, law, 9, 0, 0, 512, &draws));
    check(context, moe_model_sensitivity(context, model, draws, s));
    for (int k = 0; k < D; k++)
        largest = fmax(largest, s[k * (D + 1)]);
    for (int k = 0; k < D; k++)
        gamma[k] = 0.5 * s[k * (D + 1)] / largest;
    moe_measure_destroy(draws);
}

static void reference_of(moe_context *context, const moe_model *model, const moe_law *law,
                         const double *gamma, const char *name, int bits, double *mean)
{
    double each[REFERENCE][2 * POINTS], error[2] = {0};
    memset(mean, 0, 2 * POINTS * sizeof *mean);
    for (int s = 0; s < REFERENCE; s++) {
        moe_measure *mu;
        check(context, moe_measure_lattice(context, law, 1 << bits, gamma, 77, s, &mu));
        predict(context, model, mu, each[s]);
        for (int j = 0; j < 2 * POINTS; j++)
            mean[j] += each[s][j] / REFERENCE;
    }
    for (int s = 0; s < REFERENCE; s++)
        for (int j = 0; j < 2 * POINTS; j++)
            error[j / POINTS] += pow(each[s][j] - mean[j], 2) / (POINTS * REFERENCE * (REFERENCE - 1));
    printf("%s,reference,%d,%.2g,%.2g\n", name, 1 << bits, sqrt(error[0]), sqrt(error[1]));
    fflush(stdout);
}

static void add_error(const double *out, const double *reference, double share, double *error)
{
    for (int j = 0; j < 2 * POINTS; j++)
        error[j / POINTS] += share * pow(out[j] - reference[j], 2) / POINTS;
}

static void compare(moe_context *context, const moe_model *model, const moe_law *law, const char *name,
                    int bits)
{
    static const char *const rules[] = {"draws", "equal", "learned"};
    double gamma[D], reference[2 * POINTS], out[2 * POINTS];
    learn(context, model, law, gamma);
    reference_of(context, model, law, gamma, name, bits + 2, reference);
    for (int m = 8; m <= bits; m += 2)
        for (int rule = 0; rule < 3; rule++) {
            double error[2] = {0};
            for (int s = 0; s < SHIFTS; s++) {
                moe_measure *mu;
                const int64_t n = INT64_C(1) << m;
                check(context,
                      rule == 0 ? moe_measure_random(context, law, 5, s, 0, n, &mu)
                                : moe_measure_lattice(context, law, n, rule == 2 ? gamma : NULL, 5, s, &mu));
                predict(context, model, mu, out);
                add_error(out, reference, 1.0 / SHIFTS, error);
            }
            printf("%s,%s,%d,%.2g,%.2g\n", name, rules[rule], 1 << m, sqrt(error[0]), sqrt(error[1]));
            fflush(stdout);
        }
    for (int64_t q = 2; pow((double)q, D) <= 1.1 * (1 << bits); q++) {
        const int64_t sizes[D] = {q, q, q, q, q, q};
        double error[2] = {0};
        moe_measure *mu;
        check(context, moe_measure_tensor(context, law, sizes, &mu));
        predict(context, model, mu, out);
        add_error(out, reference, 1, error);
        printf("%s,tensor,%.0f,%.2g,%.2g\n", name, pow((double)q, D), sqrt(error[0]), sqrt(error[1]));
    }
}

int main(int argc, char **argv)
{
    const int bits = argc > 1 ? atoi(argv[1]) : 12;
    double x[POINTS * 3], y[POINTS];
    moe_context *context;
    if (moe_context_create(NULL, &context))
        return 1;
    for (int j = 0; j < POINTS * 3; j++)
        x[j] = 1.5 * cos(2.1 * j + 0.4);
    for (int j = 0; j < POINTS; j++)
        y[j] = 0.8 * sin(1.7 * j + 0.3);
    printf("circuit,rule,points,error_2,error_5\n");
    for (int uneven = 0; uneven < 2; uneven++) {
        moe_expert *expert = expert_of(context, uneven ? 3 : 2, uneven ? 0.3 : 1);
        moe_model *model;
        moe_law *law;
        check(context, moe_model_create(context, expert, POINTS, x, y, NULL, &model));
        check(context, moe_law_create(context, D, moe_expert_period(expert), &law));
        compare(context, model, law, uneven ? "uneven" : "even", bits);
        moe_law_destroy(law);
        moe_model_destroy(model);
        moe_expert_destroy(expert);
    }
    moe_context_destroy(context);
    return 0;
}
