/* bench_qnn_rhs.c - the time of one whole right-hand side (predictions, residuals, drift) at N = 1024
 * experts.
 *
 * Goal: once the points outnumber the states of the mean observable (2^M per output), their number hardly
 * counts: at M = 4 a right-hand side at n = 4096 costs at most 1.3 times one at n = 64.
 *
 * encode_first: RX(x) on every qubit and a CZ ring, then two layers of RY(theta), RZ(theta), CNOT ring;
 * observable (1/M) sum Z. CPU time of the process, one thread, medians of fifteen. CSV:
 * circuit,qubits,experts,points,seconds.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/timing.h"

#include <math.h>
#include <moefield/moefield.h>
#include <stdio.h>
#include <stdlib.h>

enum { EXPERTS = 1024, RUNS = 15, LEAST_POINTS = 16, ROWS = 5, MOST_POINTS = 4096, LAYERS = 2 };

static void check(moe_context *context, int32_t status)
{
    if (status) {
        fprintf(stderr, "%s\n", moe_context_error(context));
        exit(1);
    }
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

/* One row for each number of points; the runs take turns, so that rows can be compared. */
static void time_points(moe_context *context, const moe_expert *expert, const moe_measure *mu,
                        const double *x, const double *y, double *drift)
{
    moe_model *models[ROWS];
    double times[ROWS][RUNS];
    for (int row = 0; row < ROWS; row++)
        check(context,
              moe_model_create(context, expert, LEAST_POINTS << (2 * row), x, y, NULL, &models[row]));
    for (int run = -1; run < RUNS; run++)
        for (int row = 0; row < ROWS; row++) {
            const double start = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
            check(context, moe_model_drift(context, models[row], mu, drift));
            if (run >= 0)
                times[row][run] = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - start;
        }
    for (int row = 0; row < ROWS; row++) {
        printf("encode_first,%lld,%d,%d,%.6f\n", (long long)moe_expert_inputs(expert), EXPERTS,
               LEAST_POINTS << (2 * row), median(RUNS, times[row]));
        moe_model_destroy(models[row]);
    }
    fflush(stdout);
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
        time_points(context, expert, mu, x, y, drift);
        free(drift);
        moe_measure_destroy(mu);
        moe_law_destroy(law);
        moe_expert_destroy(expert);
    }
    moe_context_destroy(context);
    return 0;
}
