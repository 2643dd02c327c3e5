/* client.c - a host of version 0.9.0: its own memory, threads, expert, loss and potential through all five tables,
 * a handle of every kind, and numbers that are known.
 *
 * f = cos(theta + x), one training point x = 0, y = 0.6, theta uniform: F' = (y - F)(1 - F^2) / 2 in the limit, and
 * F(1) = 0.232325143888. This file is as it was when 0.9.0 was released: it is compiled with that version's headers
 * and linked to the present library.
 *
 * SPDX-License-Identifier: MIT */
#include <moefield/moefield.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double target = 0.6, limit_at_1 = 0.232325143888, full_turn = 6.283185307179586;
static int faults;

static void expect(int holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "not so: %s\n", what);
        faults++;
    }
}

static void must(const moe_context *context, int32_t status, const char *what)
{
    if (status) {
        fprintf(stderr, "%s: %s, %s\n", what, moe_status_name(status), moe_context_error(context));
        exit(1);
    }
}

#define MUST(call) must(context, call, #call)

/* ---- the host's tables ------------------------------------------------------------------------- */

static void *allocate(void *self, size_t bytes)
{
    void *block = malloc(bytes);
    *(long *)self += block != NULL;
    return block;
}

static void release(void *self, void *block)
{
    --*(long *)self;
    free(block);
}

static int32_t run(void *self, int64_t tasks, void (*task)(void *argument, int64_t index), void *argument)
{
    (void)self;
    for (int64_t i = tasks - 1; i >= 0; i--)
        task(argument, i);
    return 0;
}

static int32_t send(void *self, int32_t to, int64_t bytes, const void *data)
{
    (void)self, (void)to, (void)bytes, (void)data;
    return 1; /* the only rank has nobody to send to */
}

static int32_t receive(void *self, int32_t from, int64_t bytes, void *data)
{
    (void)self, (void)from, (void)bytes, (void)data;
    return 1;
}

static void leave(void *self)
{
    ++*(int *)self;
}

static int32_t values(void *self, void *bound, int64_t n, const double *x, int64_t count, const double *theta,
                      double *f, void *work)
{
    (void)self, (void)bound, (void)work;
    for (int64_t i = 0; i < count; i++)
        for (int64_t j = 0; j < n; j++)
            f[i * n + j] = cos(theta[i] + x[j]);
    return 0;
}

static int32_t pullback(void *self, void *bound, void *stage, int64_t n, const double *x, int64_t count,
                        const double *theta, const double *r, double *g, void *work)
{
    (void)self, (void)bound, (void)stage, (void)work;
    for (int64_t i = 0; i < count; i++) {
        g[i] = 0;
        for (int64_t j = 0; j < n; j++)
            g[i] -= r[j] * sin(theta[i] + x[j]);
    }
    return 0;
}

static void let_go(void *self)
{
    ++*(int *)self;
}

static int32_t square(void *self, int64_t n, int64_t K, const double *f, const double *y, double *value)
{
    (void)self;
    for (int64_t j = 0; j < n; j++) {
        value[j] = 0;
        for (int64_t k = 0; k < K; k++)
            value[j] += pow(f[j * K + k] - y[j * K + k], 2) / 2;
    }
    return 0;
}

static int32_t difference(void *self, int64_t n, int64_t K, const double *f, const double *y, double *r)
{
    (void)self;
    for (int64_t j = 0; j < n * K; j++)
        r[j] = f[j] - y[j];
    return 0;
}

static int32_t flat(void *self, int64_t count, int64_t d, const double *theta, double *value)
{
    (void)self, (void)theta;
    memset(value, 0, (size_t)(d ? count : 0) * sizeof *value);
    return 0;
}

static int32_t level(void *self, int64_t count, int64_t d, const double *theta, double *g)
{
    (void)self, (void)theta;
    memset(g, 0, (size_t)(count * d) * sizeof *g);
    return 0;
}

/* ---- a handle of every kind -------------------------------------------------------------------- */

static moe_expert *own_expert(moe_context *context, int *gone)
{
    moe_expert_ops ops;
    moe_expert *expert = NULL;
    memset(&ops, 0, sizeof ops);
    ops.struct_size = sizeof ops;
    ops.flags = MOE_EXPERT_THREAD_SAFE | MOE_EXPERT_PURE;
    ops.values = values;
    ops.pullback = pullback;
    ops.destroy = let_go;
    MUST(moe_expert_create(context, &ops, gone, 1, 1, 1, &full_turn, &expert));
    return expert;
}

static moe_expert *qubit(moe_context *context)
{
    qnn_circuit *circuit = NULL;
    moe_expert *expert = NULL;
    MUST(qnn_circuit_create(context, 1, 1, 1, 1, &circuit));
    MUST(qnn_circuit_rotation(circuit, "Y", NULL, QNN_INPUT, 0, 1, 0));
    MUST(qnn_circuit_rotation(circuit, "Y", NULL, QNN_THETA, 0, 1, 0));
    MUST(qnn_circuit_observable(circuit, 0, 1, "Z"));
    MUST(qnn_expert_create(context, circuit, NULL, &expert));
    qnn_circuit_destroy(circuit);
    return expert;
}

static moe_model *own_model(moe_context *context, const moe_expert *expert, int *gone)
{
    const double x = 0;
    moe_loss_ops loss;
    moe_potential_ops potential;
    moe_objective *objective = NULL;
    moe_model *model = NULL;
    memset(&loss, 0, sizeof loss);
    loss.struct_size = sizeof loss;
    loss.value = square;
    loss.residual = difference;
    loss.destroy = let_go;
    memset(&potential, 0, sizeof potential);
    potential.struct_size = sizeof potential;
    potential.value = flat;
    potential.gradient = level;
    potential.destroy = let_go;
    MUST(moe_objective_create(context, expert, &objective));
    MUST(moe_objective_set_own_loss(objective, &loss, gone));
    MUST(moe_objective_set_potential(objective, &potential, gone));
    MUST(moe_model_create_for(context, objective, 1, &x, &target, NULL, &model));
    moe_objective_destroy(objective);
    return model;
}

static void train(moe_context *context, const moe_model *model, const moe_law *law)
{
    const int64_t nodes = 64;
    double f = 0, lower, upper;
    moe_measure *start = NULL;
    moe_flow *flow = NULL;
    moe_transport *transport = NULL;
    MUST(moe_measure_tensor(context, law, &nodes, &start));
    MUST(moe_flow_create(context, model, start, &flow));
    MUST(moe_flow_set_tolerance(flow, 1e-12, 1e-12));
    MUST(moe_flow_advance(flow, 1));
    MUST(moe_flow_predictions(flow, &f));
    expect(fabs(f - limit_at_1) < 1e-11, "a flow from 64 nodes is at the limit");
    MUST(moe_transport_create(context, start, start, 2, &transport));
    MUST(moe_transport_solve(transport));
    MUST(moe_transport_bounds(transport, &lower, &upper));
    expect(lower >= 0 && upper < 1e-7, "a measure is at no distance from itself");
    moe_transport_destroy(transport);
    moe_flow_destroy(flow);
    moe_measure_destroy(start);
}

static void solve(moe_context *context, const moe_model *model, const moe_law *law)
{
    const int64_t N[] = {8, 16, 32};
    double f = 0, mean[3], error[3];
    int64_t replicas[3];
    moe_limit *limit = NULL;
    moe_study *study = NULL;
    MUST(moe_limit_create(context, model, law, &limit));
    MUST(moe_limit_set_tolerance(limit, 1e-9));
    MUST(moe_limit_solve(limit));
    MUST(moe_limit_predictions(limit, 0, &f));
    expect(fabs(f - limit_at_1) < 1e-9, "a limit to 1e-9");
    moe_limit_destroy(limit);
    MUST(moe_study_create(context, model, law, &study));
    MUST(moe_study_set_experts(study, 3, N));
    MUST(moe_study_set_replicas(study, 16, 16, 0));
    MUST(moe_study_run(study));
    MUST(moe_study_means(study, MOE_STUDY_PREDICTION, 0, mean, error, replicas));
    for (int i = 0; i < 3; i++)
        expect(replicas[i] == 16 && mean[i] > 0 && mean[i] < 1 && error[i] > 0, "a study's means");
    moe_study_destroy(study);
}

int main(void)
{
    long blocks = 0;
    int gone = 0;
    const double x = 0;
    const moe_allocator allocator = {sizeof allocator, &blocks, allocate, release};
    int left = 0;
    const moe_executor executor = {sizeof executor, NULL, run};
    const moe_communicator communicator = {sizeof communicator, &left, 0, 1, send, receive, leave};
    moe_context *context = NULL;
    moe_model *model[2] = {NULL, NULL};
    moe_law *law = NULL;
    MUST(moe_context_create(&allocator, &context));
    MUST(moe_context_set_executor(context, &executor, 3));
    MUST(moe_context_set_communicator(context, &communicator));
    expect(moe_context_ranks(context) == 1, "one rank");
    moe_expert *own = own_expert(context, &gone), *quantum = qubit(context);
    model[0] = own_model(context, own, &gone);
    MUST(moe_model_create(context, quantum, 1, &x, &target, NULL, &model[1]));
    MUST(moe_law_create(context, 1, &full_turn, &law));
    for (int m = 0; m < 2; m++) {
        train(context, model[m], law);
        solve(context, model[m], law);
    }
    expect(moe_flow_create(context, NULL, NULL, NULL) == MOE_ERROR_NULL, "NULL is refused");
    moe_context_destroy(context); /* before what was made in it */
    moe_law_destroy(law);
    for (int m = 0; m < 2; m++)
        moe_model_destroy(model[m]);
    moe_expert_destroy(own);
    moe_expert_destroy(quantum);
    expect(gone == 3, "expert, loss and potential are told of their end");
    expect(left == 1, "the communicator is told of its end");
    expect(blocks == 0, "every block is released");
    return faults != 0;
}
