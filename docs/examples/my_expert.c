/* my_expert.c - a host's own expert: the neuron f(theta, x) = c tanh(a x + b), theta = (a, b, c) in R^3.
 * Checks it, trains 2000 of them on y = sin(3x), and compares with the mean-field limit.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <moefield/moefield.h>
#include <stdio.h>
#include <stdlib.h>

static int32_t values(void *self, void *bound, int64_t n, const double *x, int64_t count, const double *theta,
                      double *f, void *work)
{
    (void)self, (void)bound, (void)work;
    for (int64_t i = 0; i < count; i++, theta += 3)
        for (int64_t j = 0; j < n; j++)
            f[i * n + j] = theta[2] * tanh(theta[0] * x[j] + theta[1]);
    return 0;
}

static int32_t pullback(void *self, void *bound, void *stage, int64_t n, const double *x, int64_t count,
                        const double *theta, const double *r, double *g, void *work)
{
    (void)self, (void)bound, (void)stage, (void)work;
    for (int64_t i = 0; i < count; i++, theta += 3, g += 3) {
        g[0] = g[1] = g[2] = 0;
        for (int64_t j = 0; j < n; j++) {
            const double h = tanh(theta[0] * x[j] + theta[1]), slope = r[j] * theta[2] * (1 - h * h);
            g[0] += slope * x[j];
            g[1] += slope;
            g[2] += r[j] * h;
        }
    }
    return 0;
}

static void must(const moe_context *context, int32_t status)
{
    if (status) {
        fprintf(stderr, "%s\n", moe_context_error(context));
        exit(1);
    }
}

int main(void)
{
    enum { POINTS = 20 };
    const moe_expert_ops neuron = {.struct_size = sizeof neuron,
                                   .flags = MOE_EXPERT_THREAD_SAFE | MOE_EXPERT_PURE,
                                   .values = values,
                                   .pullback = pullback};
    const double real[3] = {INFINITY, INFINITY, INFINITY};
    const int64_t nodes[3] = {24, 24, 16};
    double x[POINTS], y[POINTS], f[2][POINTS], worst = 0, loss[2];
    moe_context *context = NULL;
    moe_expert *expert;
    moe_model *model;
    moe_law *law;
    moe_measure *start[2];
    moe_flow *flow[2];
    for (int j = 0; j < POINTS; j++)
        y[j] = sin(3 * (x[j] = -1 + 2.0 * j / (POINTS - 1)));
    must(NULL, moe_context_create(NULL, &context));
    must(context, moe_expert_create(context, &neuron, NULL, 3, 1, 1, real, &expert));
    must(context, moe_model_create(context, expert, POINTS, x, y, NULL, &model));
    must(context, moe_law_create(context, 3, real, &law));
    for (int a = 0; a < 3; a++)
        must(context, moe_law_set_normal(law, a, 0, 1.5));
    must(context, moe_measure_random(context, law, 1, 0, 0, 2000, &start[0])); /* 2000 neurons ... */
    must(context, moe_measure_tensor(context, law, nodes, &start[1]));         /* ... and their limit */
    must(context, moe_expert_check(context, expert, POINTS, x, 5, moe_measure_points(start[0])));
    for (int s = 0; s < 2; s++) {
        must(context, moe_flow_create(context, model, start[s], &flow[s]));
        must(context, moe_flow_advance(flow[s], 2));
        must(context, moe_flow_predictions(flow[s], f[s]));
        must(context, moe_flow_loss(flow[s], &loss[s]));
        moe_flow_destroy(flow[s]);
        moe_measure_destroy(start[s]);
    }
    for (int j = 0; j < POINTS; j++)
        worst = fmax(worst, fabs(f[0][j] - f[1][j]));
    printf("loss of 2000 neurons %.5f, of the limit %.5f; predictions differ by at most %.3f\n", loss[0],
           loss[1], worst);
    moe_law_destroy(law), moe_model_destroy(model);
    moe_expert_destroy(expert), moe_context_destroy(context);
    return 0;
}
