/* resume.c - a training that can be killed at any moment and started again: it goes on from the last state that it
 * wrote, to the same digits.
 *
 *   resume [FILE]      FILE: where the state is kept, resume.state; gone when the training has ended
 *
 * 2000 circuits of one qubit, f(theta, x) = <Z> after RX(x) RY(theta_0) RX(x) RY(theta_1), learn y = cos(2x) / 2.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <moefield/moefield.h>
#include <stdio.h>
#include <stdlib.h>

enum { EXPERTS = 2000, POINTS = 12, END = 40 };

static void must(const moe_context *context, int32_t status)
{
    if (status) {
        fprintf(stderr, "%s: %s\n", moe_status_text(status), moe_context_error(context));
        exit(1);
    }
}

static moe_model *make_model(moe_context *context, moe_law **law)
{
    double x[POINTS], y[POINTS];
    qnn_circuit *circuit;
    moe_expert *expert;
    moe_model *model;
    for (int j = 0; j < POINTS; j++)
        y[j] = cos(2 * (x[j] = -1.5 + 3.0 * j / (POINTS - 1))) / 2;
    must(context, qnn_circuit_create(context, 1, 2, 1, 1, &circuit));
    for (int k = 0; k < 2; k++) {
        must(context, qnn_circuit_rotation(circuit, "X", NULL, QNN_INPUT, 0, 1, 0));
        must(context, qnn_circuit_rotation(circuit, "Y", NULL, QNN_THETA, k, 1, 0));
    }
    must(context, qnn_circuit_observable(circuit, 0, 1, "Z"));
    must(context, qnn_expert_create(context, circuit, NULL, &expert));
    must(context, moe_model_create(context, expert, POINTS, x, y, NULL, &model));
    must(context, moe_law_create(context, 2, moe_expert_period(expert), law));
    moe_expert_destroy(expert);
    qnn_circuit_destroy(circuit);
    return model;
}

/* The flow of the file, or a new one if there is no file. */
static moe_flow *begin(moe_context *context, const char *path)
{
    moe_law *law;
    moe_model *model = make_model(context, &law);
    moe_measure *start;
    moe_flow *flow;
    int64_t length = 0;
    if (moe_state_read(context, path, NULL, 0, &length) == MOE_OK) {
        void *bytes = malloc((size_t)length);
        must(context, bytes ? moe_state_read(context, path, bytes, length, &length) : MOE_ERROR_MEMORY);
        must(context, moe_flow_restore(context, model, bytes, length, NULL, &flow));
        printf("goes on from t = %g\n", moe_flow_time(flow));
        free(bytes);
    } else {
        must(context, moe_measure_random(context, law, 1, 0, 0, EXPERTS, &start));
        must(context, moe_flow_create(context, model, start, &flow));
        moe_measure_destroy(start);
    }
    moe_law_destroy(law);
    moe_model_destroy(model);
    return flow;
}

/* The file has, at every moment, the whole state before or the whole state after. */
static void keep(moe_context *context, moe_flow *flow, const char *path)
{
    int64_t length;
    must(context, moe_flow_save(flow, NULL, 0, &length));
    void *bytes = malloc((size_t)length);
    must(context, bytes ? moe_flow_save(flow, bytes, length, &length) : MOE_ERROR_MEMORY);
    must(context, moe_state_write(context, path, bytes, length));
    free(bytes);
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "resume.state";
    moe_context *context = NULL;
    double f[POINTS], loss;
    must(NULL, moe_context_create(NULL, &context));
    moe_flow *flow = begin(context, path);
    for (int t = (int)floor(moe_flow_time(flow)) + 1; t <= END; t++) {
        must(context, moe_flow_advance(flow, t));
        keep(context, flow, path);
    }
    must(context, moe_flow_predictions(flow, f));
    must(context, moe_flow_loss(flow, &loss));
    printf("t = %d, loss %.17g, F(x_0) = %.17g\n", END, loss, f[0]);
    moe_flow_destroy(flow);
    moe_context_destroy(context);
    remove(path);
    return 0;
}
