/* client.c - what a host program in C11 does first: train a tiny mixture and look at its prediction.
 *
 * f = cos(theta + x) by one qubit, one training point x = 0, y = 0.6, uniform start by 64 nodes: the
 * limit has F' = 1/2 (y - F)(1 - F^2), and F(1) = 0.232325143888.
 *
 * SPDX-License-Identifier: MIT */
#include <moefield/moefield.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

static int32_t make_expert(moe_context *context, moe_expert **expert)
{
    qnn_circuit *circuit = NULL;
    int32_t status = qnn_circuit_create(context, 1, 1, 1, 1, &circuit);
    if (!status)
        status = qnn_circuit_rotation(circuit, "Y", NULL, QNN_INPUT, 0, 1, 0);
    if (!status)
        status = qnn_circuit_rotation(circuit, "Y", NULL, QNN_THETA, 0, 1, 0);
    if (!status)
        status = qnn_circuit_observable(circuit, 0, 1, "Z");
    if (!status)
        status = qnn_expert_create(context, circuit, NULL, expert);
    qnn_circuit_destroy(circuit);
    return status;
}

/* *f = F(mu_1, 0) */
static int32_t train(moe_context *context, const moe_expert *expert, double *f)
{
    const double x = 0, y = 0.6;
    const int64_t nodes = 64;
    moe_model *model = NULL;
    moe_law *law = NULL;
    moe_measure *start = NULL;
    moe_flow *flow = NULL;
    int32_t status = moe_model_create(context, expert, 1, &x, &y, NULL, &model);
    if (!status)
        status = moe_law_create(context, 1, moe_expert_period(expert), &law);
    if (!status)
        status = moe_measure_tensor(context, law, &nodes, &start);
    if (!status)
        status = moe_flow_create(context, model, start, &flow);
    if (!status)
        status = moe_flow_set_tolerance(flow, 1e-12, 1e-12);
    if (!status)
        status = moe_flow_advance(flow, 1);
    if (!status)
        status = moe_flow_predictions(flow, f);
    moe_flow_destroy(flow);
    moe_measure_destroy(start);
    moe_law_destroy(law);
    moe_model_destroy(model);
    return status;
}

/* client VERSION: fails unless the number is right and the library is of that version */
int main(int argc, char **argv)
{
    moe_context *context = NULL;
    moe_expert *expert = NULL;
    double f = 0;
    int32_t status = moe_context_create(NULL, &context);
    if (!status)
        status = make_expert(context, &expert);
    if (!status)
        status = train(context, expert, &f);
    if (status)
        fprintf(stderr, "%s: %s\n", moe_status_name(status), moe_context_error(context));
    moe_expert_destroy(expert);
    moe_context_destroy(context);
    printf("moefield %s: F(1) = %.12f\n", moe_version(), f);
    return status || !(fabs(f - 0.232325143888) < 1e-11) || argc < 2 || strcmp(argv[1], moe_version()) != 0;
}
