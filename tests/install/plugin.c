/* plugin.c - a plugin that trains a mixture: built once with the static library inside, once on the shared one.
 *
 * SPDX-License-Identifier: MIT */
#include <moefield/moefield.h>

/* Where 3000 experts f = cos(theta + x) are at time 1, summed; NaN if anything fails. */
double plugin_run(int32_t threads);

static int32_t train(moe_context *context, double *sum)
{
    static const char text[] =
        "OPENQASM 3.0; input float x; input float theta; qubit q; ry(x) q; ry(theta) q;";
    const double x[] = {-1, 0.4, 1.2}, y[] = {0.4, 0.1, 0.5};
    qnn_circuit *circuit = NULL;
    moe_expert *expert = NULL;
    moe_model *model = NULL;
    moe_law *law = NULL;
    moe_measure *start = NULL;
    moe_flow *flow = NULL;
    int32_t status = qnn_circuit_read(context, text, sizeof text - 1, &circuit);
    if (!status)
        status = qnn_expert_create(context, circuit, NULL, &expert);
    if (!status)
        status = moe_model_create(context, expert, 3, x, y, NULL, &model);
    if (!status)
        status = moe_law_create(context, 1, moe_expert_period(expert), &law);
    if (!status)
        status = moe_measure_random(context, law, 7, 0, 0, 3000, &start);
    if (!status)
        status = moe_flow_create(context, model, start, &flow);
    if (!status)
        status = moe_flow_advance(flow, 1);
    for (int i = 0; i < 3000 && !status; i++)
        *sum += moe_flow_points(flow)[i];
    moe_flow_destroy(flow);
    moe_measure_destroy(start);
    moe_law_destroy(law);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    qnn_circuit_destroy(circuit);
    return status;
}

double plugin_run(int32_t threads)
{
    moe_context *context;
    double sum = 0;
    int32_t status = moe_context_create(NULL, &context);
    if (!status)
        status = moe_context_set_threads(context, threads);
    if (!status)
        status = train(context, &sum);
    moe_context_destroy(context);
    return status ? 0.0 / 0.0 : sum;
}
