/* flow_problems.h - the flows that bench_flow integrates, each made through the public interface.
 *
 *   one_qubit   f = cos(theta + x) as a circuit, the limit on 256 nodes, 9 points, t = 16
 *   two_qubit   2 qubits, 4 parameters, re-uploaded input, the limit on 5^4 nodes, 6 points, t = 4
 *   perceptron  100 neurons c tanh(a x + b), 20 points, t = 20
 *   long        64 one-qubit experts drawn at random, 9 points, t = 300
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOE_BENCH_FLOW_PROBLEMS_H
#define MOE_BENCH_FLOW_PROBLEMS_H

#include <math.h>
#include <moefield/moefield.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static inline void must(const moe_context *context, int32_t status)
{
    if (status) {
        fprintf(stderr, "%s\n", moe_context_error(context));
        exit(1);
    }
}

typedef struct problem {
    const char *name;
    double end;
    moe_context *context;
    moe_model *model;
    moe_measure *start;
} problem;

/* ---- experts ---------------------------------------------------------------------------------- */

/* f = c tanh(a x + b), theta = (a, b, c) */
static inline int32_t neuron_values(void *self, void *bound, int64_t n, const double *x, int64_t count,
                                    const double *theta, double *f, void *work)
{
    (void)self, (void)bound, (void)work;
    for (int64_t i = 0; i < count; i++, theta += 3)
        for (int64_t j = 0; j < n; j++)
            f[i * n + j] = theta[2] * tanh(theta[0] * x[j] + theta[1]);
    return 0;
}

static inline int32_t neuron_pullback(void *self, void *bound, void *stage, int64_t n, const double *x,
                                      int64_t count, const double *theta, const double *r, double *g,
                                      void *work)
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

static inline moe_expert *neuron_expert(moe_context *context)
{
    const moe_expert_ops ops = {.struct_size = sizeof ops,
                                .flags = MOE_EXPERT_THREAD_SAFE | MOE_EXPERT_PURE,
                                .values = neuron_values,
                                .pullback = neuron_pullback};
    const double real[3] = {INFINITY, INFINITY, INFINITY};
    moe_expert *expert;
    must(context, moe_expert_create(context, &ops, NULL, 3, 1, 1, real, &expert));
    return expert;
}

/* RY(x) on every qubit, then RY(theta) and RZ(theta) on every qubit and a CNOT, `layers` times; Z on qubit 0
 */
static inline moe_expert *circuit_expert(moe_context *context, int64_t qubits, int64_t parameters, int layers)
{
    qnn_circuit *circuit;
    moe_expert *expert;
    int64_t next = 0;
    must(context, qnn_circuit_create(context, qubits, parameters, 1, 1, &circuit));
    for (int layer = 0; layer < layers; layer++) {
        for (int64_t q = 0; q < qubits; q++)
            must(context, qnn_circuit_rotation(circuit, "Y", &q, QNN_INPUT, 0, 1, 0));
        for (int64_t q = 0; q < qubits; q++)
            must(context, qnn_circuit_rotation(circuit, "Y", &q, QNN_THETA, next++, 1, 0));
        for (int64_t q = 0; q + 1 < qubits; q++)
            must(context, qnn_circuit_gate(circuit, "CNOT", (const int64_t[]){q, q + 1}));
    }
    must(context, qnn_circuit_observable(circuit, 0, 1, qubits == 1 ? "Z" : "ZZ"));
    must(context, qnn_expert_create(context, circuit, NULL, &expert));
    qnn_circuit_destroy(circuit);
    return expert;
}

/* ---- problems --------------------------------------------------------------------------------- */

/* targets of the sine y = 0.9 sin(1.3 x) at n points of [-3, 3]; gives up the expert */
static inline moe_model *sine_model(moe_context *context, moe_expert *expert, int64_t n)
{
    double x[1000], y[1000];
    moe_model *model;
    for (int64_t j = 0; j < n; j++) {
        x[j] = -3 + 6.0 * (double)j / (double)(n - 1) + 0.1 * cos(7.0 * (double)j);
        y[j] = 0.9 * sin(1.3 * x[j]);
    }
    must(context, moe_model_create(context, expert, n, x, y, NULL, &model));
    moe_expert_destroy(expert);
    return model;
}

/* `nodes` of the tensor rule for the uniform law in each of d angles, or as many draws if d is 0 */
static inline moe_measure *angles(moe_context *context, int64_t d, int64_t nodes, bool random)
{
    const double turn = 6.283185307179586, period[4] = {turn, turn, turn, turn};
    const int64_t sizes[4] = {nodes, nodes, nodes, nodes};
    moe_law *law;
    moe_measure *measure;
    must(context, moe_law_create(context, d, period, &law));
    if (random)
        must(context, moe_measure_random(context, law, 1, 0, 0, nodes, &measure));
    else
        must(context, moe_measure_tensor(context, law, sizes, &measure));
    moe_law_destroy(law);
    return measure;
}

static inline moe_measure *neurons(moe_context *context, int64_t count)
{
    const double real[3] = {INFINITY, INFINITY, INFINITY};
    moe_law *law;
    moe_measure *measure;
    must(context, moe_law_create(context, 3, real, &law));
    for (int a = 0; a < 3; a++)
        must(context, moe_law_set_normal(law, a, 0, 1.5));
    must(context, moe_measure_random(context, law, 1, 0, 0, count, &measure));
    moe_law_destroy(law);
    return measure;
}

enum { PROBLEMS = 4 };

static inline problem problem_make(int which)
{
    static const char *const names[PROBLEMS] = {"one_qubit", "two_qubit", "perceptron", "long"};
    static const double ends[PROBLEMS] = {16, 4, 20, 300};
    problem p = {.name = names[which], .end = ends[which]};
    must(NULL, moe_context_create(NULL, &p.context));
    moe_expert *expert = which == 1   ? circuit_expert(p.context, 2, 4, 2)
                         : which == 2 ? neuron_expert(p.context)
                                      : circuit_expert(p.context, 1, 1, 1);
    p.model = sine_model(p.context, expert, which == 1 ? 6 : which == 2 ? 20 : 9);
    p.start = which == 2   ? neurons(p.context, 100)
              : which == 1 ? angles(p.context, 4, 5, false)
                           : angles(p.context, 1, which == 0 ? 256 : 64, which == 3);
    return p;
}

static inline void problem_free(problem *p)
{
    moe_measure_destroy(p->start);
    moe_model_destroy(p->model);
    moe_context_destroy(p->context);
}

#endif
