/* limit.c - the mean-field limit of a small quantum circuit to a tolerance: predictions, error, and what it
 * took.
 *
 * SPDX-License-Identifier: MIT */
#include <moefield/moefield.h>

#include <stdio.h>

enum { POINTS = 4, TIMES = 3 };

/* RY(x) RY(theta_q) on each of two qubits q, a CNOT, RY(theta_2) on the second, and the mean of Z */
static int32_t make_expert(moe_context *context, moe_expert **expert)
{
    qnn_circuit *circuit = NULL;
    int32_t status = qnn_circuit_create(context, 2, 3, 1, 1, &circuit);
    for (int64_t q = 0; q < 2 && !status; q++) {
        status = qnn_circuit_rotation(circuit, "Y", &q, QNN_INPUT, 0, 1, 0);
        if (!status)
            status = qnn_circuit_rotation(circuit, "Y", &q, QNN_THETA, q, 1, 0);
    }
    if (!status)
        status = qnn_circuit_gate(circuit, "CNOT", (int64_t[]){0, 1});
    if (!status)
        status = qnn_circuit_rotation(circuit, "Y", (int64_t[]){1}, QNN_THETA, 2, 1, 0);
    if (!status)
        status = qnn_circuit_observable(circuit, 0, 0.5, "ZI");
    if (!status)
        status = qnn_circuit_observable(circuit, 0, 0.5, "IZ");
    if (!status)
        status = qnn_expert_create(context, circuit, NULL, expert);
    qnn_circuit_destroy(circuit);
    return status;
}

static int32_t show(moe_limit *limit, const double *times)
{
    double f[POINTS], error[TIMES], evaluations;
    int64_t sizes[3];
    int32_t status = moe_limit_errors(limit, error);
    for (int64_t i = 0; i < TIMES && !status; i++) {
        status = moe_limit_predictions(limit, i, f);
        printf("t = %4.1f: %+.8f %+.8f %+.8f %+.8f, error about %.0e\n", times[i], f[0], f[1], f[2], f[3],
               error[i]);
    }
    if (!status)
        status = moe_limit_effort(limit, sizes, NULL, &evaluations);
    if (!status)
        printf("from %d x %d x %d nodes, %.0f evaluations of an expert in all\n", (int)sizes[0],
               (int)sizes[1], (int)sizes[2], evaluations);
    return status;
}

int main(void)
{
    const double x[POINTS] = {-1, -0.3, 0.4, 1.2}, y[POINTS] = {0.4, -0.2, 0.1, 0.5},
                 times[TIMES] = {1, 3, 10};
    moe_context *context = NULL;
    moe_expert *expert = NULL;
    moe_model *model = NULL;
    moe_law *law = NULL;
    moe_limit *limit = NULL;
    int32_t status = moe_context_create(NULL, &context);
    if (!status)
        status = make_expert(context, &expert);
    if (!status)
        status = moe_model_create(context, expert, POINTS, x, y, NULL, &model);
    if (!status)
        status = moe_law_create(context, 3, moe_expert_period(expert), &law); /* uniform angles */
    if (!status)
        status = moe_limit_create(context, model, law, &limit);
    if (!status)
        status = moe_limit_set_times(limit, TIMES, times);
    if (!status)
        status = moe_limit_set_tolerance(limit, 1e-8);
    if (!status)
        status = moe_limit_solve(limit);
    if (!status)
        status = show(limit, times);
    if (status)
        fprintf(stderr, "%s: %s\n", moe_status_name(status), moe_context_error(context));
    moe_limit_destroy(limit);
    moe_law_destroy(law);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    moe_context_destroy(context);
    return status ? 1 : 0;
}
