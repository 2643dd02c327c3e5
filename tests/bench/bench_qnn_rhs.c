/* bench_qnn_rhs.c - the time of one whole right-hand side (predictions, residuals, drift) at N = 1024
 * experts.
 *
 * Goal: once the points outnumber the states of the mean observable (2^M per output), their number hardly
 * counts: at M = 4 a right-hand side at n = 4096 costs at most 1.3 times one at n = 64.
 *
 * encode_first: RX(x) on every qubit and a CZ ring, then two layers of RY(theta), RZ(theta), CNOT ring;
 * observable (1/M) sum Z. One thread, medians of nine. CSV: circuit,qubits,experts,points,seconds.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <moefield/moefield.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { EXPERTS = 1024, RUNS = 9, MOST_POINTS = 4096, LAYERS = 2 };

static void check(moe_context *context, int32_t status)
{
    if (status) {
        fprintf(stderr, "%s\n", moe_context_error(context));
        exit(1);
    }
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void ring(moe_context *context, qnn_circuit *circuit, const char *gate, int64_t qubits)
{
    for (int64_t q = 0; q < (qubits > 2 ? qubits : qubits - 1); q++)
        check(context, qnn_circuit_gate(circuit, gate, (int64_t[]){q, (q + 1) % qubits}));
}

static moe_expert *encode_first(moe_context *context, int64_t qubits)
{
    moe_expert *expert;
    qnn_circuit *circuit;
    char string[32];
    check(context, qnn_circuit_create(context, qubits, 2 * LAYERS * qubits, qubits, 1, &circuit));
    for (int64_t q = 0; q < qubits; q++)
        check(context, qnn_circuit_rotation(circuit, "X", &q, QNN_INPUT, q, 1, 0));
    ring(context, circuit, "CZ", qubits);
    for (int64_t layer = 0; layer < LAYERS; layer++) {
        for (int64_t q = 0; q < qubits; q++)
            for (int64_t axis = 0; axis < 2; axis++)
                check(context, qnn_circuit_rotation(circuit, axis ? "Z" : "Y", &q, QNN_THETA,
                                                    2 * (layer * qubits + q) + axis, 1, 0));
        ring(context, circuit, "CNOT", qubits);
    }
    for (int64_t q = 0; q < qubits; q++) {
        for (int64_t i = 0; i < qubits; i++)
            string[i] = i == q ? 'Z' : 'I';
        string[qubits] = 0;
        check(context, qnn_circuit_observable(circuit, 0, 1 / (double)qubits, string));
    }
    check(context, qnn_expert_create(context, circuit, NULL, &expert));
    qnn_circuit_destroy(circuit);
    return expert;
}

int main(void)
{
    static double x[MOST_POINTS * 8], y[MOST_POINTS];
    moe_context *context;
    if (moe_context_create(NULL, &context))
        return 1;
    for (int j = 0; j < MOST_POINTS * 8; j++)
        x[j] = cos(0.7 * j + 0.1);
    for (int j = 0; j < MOST_POINTS; j++)
        y[j] = sin(1.3 * j);
    printf("circuit,qubits,experts,points,seconds\n");
    for (int64_t qubits = 2; qubits <= 6; qubits += 2) {
        moe_expert *expert = encode_first(context, qubits);
        moe_law *law;
        moe_measure *mu;
        double *drift = malloc(sizeof *drift * (size_t)(EXPERTS * moe_expert_parameters(expert)));
        check(context,
              moe_law_create(context, moe_expert_parameters(expert), moe_expert_period(expert), &law));
        check(context, moe_measure_random(context, law, 1, 0, 0, EXPERTS, &mu));
        for (int64_t n = 16; n <= MOST_POINTS; n *= 4) {
            moe_model *model;
            double times[RUNS];
            check(context, moe_model_create(context, expert, n, x, y, NULL, &model));
            for (int run = -1; run < RUNS; run++) {
                const double start = seconds();
                check(context, moe_model_drift(context, model, mu, drift));
                if (run >= 0)
                    times[run] = seconds() - start;
            }
            qsort(times, RUNS, sizeof *times, compare);
            printf("encode_first,%lld,%d,%lld,%.6f\n", (long long)qubits, EXPERTS, (long long)n,
                   times[RUNS / 2]);
            fflush(stdout);
            moe_model_destroy(model);
        }
        free(drift);
        moe_measure_destroy(mu);
        moe_law_destroy(law);
        moe_expert_destroy(expert);
    }
    moe_context_destroy(context);
    return 0;
}
