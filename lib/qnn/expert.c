/* expert.c - a circuit as a moe_expert.
 *
 * `bind` tabulates what depends on the points (points.h), a call then what depends on an expert (call.h), and
 * runs the kernels over the rows. Lanes are experts where that serves the points better (crowd.h).
 *
 * Where every x comes before every theta and the points are many, moments and stages are those of the mean
 * observable (mean.h), and points do not count. `values` always goes point by point. The mean observable,
 * tangents and lanes of experts are in double precision, whatever the circuit asks for.
 *
 * The states after each pass are kept for the way back if they take no more than KEPT_BYTES.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/expert.h"

#include "expert/expert.h"
#include "qnn/bounds.h"
#include "qnn/directions.h"

#include <moefield/expert.h>
#include <string.h>

/* The most that a call keeps of states for the way back. */
enum { KEPT_BYTES = 1 << 26 };

static int64_t workspace(void *self, void *bound, int64_t count)
{
    (void)count; /* experts come one after the other */
    return qnni_call_bytes(self, bound);
}

/* ---- values and moments ----------------------------------------------------------------------- */

/* f[j,k] = f_k(theta, x_j), or f[j,k] += w f_k(theta, x_j) if `add`. */
static void one_expert(const qnni_expert *expert, const qnni_points *bound, int64_t n, const double *theta,
                       bool add, double w, const qnni_call *scratch, double *f)
{
    const int64_t K = expert->program.outputs;
    const qnni_block block = qnni_call_block(expert, bound, theta, scratch);
    qnni_values(bound->kernels, &expert->program, &block, scratch->lanes);
    for (int64_t row = 0; row < bound->rows; row++)
        for (int64_t lane = 0; lane < qnni_points_in(n, row); lane++)
            for (int64_t k = 0; k < K; k++) {
                double *to = f + (row * QNNI_LANES + lane) * K + k;
                const double value = scratch->lanes[(row * K + k) * QNNI_LANES + lane];
                *to = add ? *to + w * value : value;
            }
}

static int32_t values(void *self, void *bound, int64_t n, const double *x, int64_t count, const double *theta,
                      double *f, void *work)
{
    const qnni_expert *expert = self;
    const qnni_program *program = &expert->program;
    const qnni_points *mine = bound;
    const qnni_call scratch = qnni_call_in(expert, bound, work);
    (void)x; /* tabulated by bind */
    if (mine->crowd) {
        qnni_crowd_values(expert->kernels, mine->crowd, count, theta, f, scratch.crowd);
        return 0;
    }
    for (int64_t i = 0; i < count; i++)
        one_expert(expert, bound, n, theta + i * program->parameters, false, 0, &scratch,
                   f + i * n * program->outputs);
    return 0;
}

static int64_t moment_count(void *self, void *bound)
{
    const qnni_expert *expert = self;
    const qnni_points *mine = bound;
    const int64_t K = expert->program.outputs;
    return mine->psi ? K << (2 * expert->program.qubits) : mine->n * K;
}

/* m += the experts' w O_k(theta) */
static void add_mean(const qnni_expert *expert, const qnni_points *bound, int64_t count, const double *theta,
                     const double *w, const qnni_call *scratch, double *m)
{
    const qnni_program *program = &expert->program;
    for (int64_t i = 0; i < count; i++) {
        qnni_block block = qnni_call_block(expert, bound, theta + i * program->parameters, scratch);
        block.points = INT64_C(1) << program->qubits;
        block.start = bound->basis;
        block.alike = true;
        qnni_mean_add(expert->kernels, program, &block, w[i], scratch->mean, m);
    }
}

static int32_t moments(void *self, void *bound, int64_t n, const double *x, int64_t count,
                       const double *theta, const double *w, double *m, void *work)
{
    const qnni_expert *expert = self;
    const qnni_points *mine = bound;
    const qnni_call scratch = qnni_call_in(expert, bound, work);
    (void)x;
    if (mine->psi)
        add_mean(expert, mine, count, theta, w, &scratch, m);
    else if (mine->crowd)
        qnni_crowd_add(expert->kernels, mine->crowd, count, theta, w, m, scratch.crowd);
    else
        for (int64_t i = 0; i < count; i++)
            one_expert(expert, bound, n, theta + i * expert->program.parameters, true, w[i], &scratch, m);
    return 0;
}

static int32_t predict(void *self, void *bound, int64_t n, const double *x, const double *m, double *f)
{
    const qnni_expert *expert = self;
    const qnni_points *mine = bound;
    (void)x;
    if (mine->psi)
        return qnni_mean_predict(expert->core, expert->kernels, &expert->program, n, mine->psi, m, f);
    memcpy(f, m, (size_t)(n * expert->program.outputs) * sizeof *f);
    return 0;
}

/* ---- pullback --------------------------------------------------------------------------------- */

static int32_t prepare(void *self, void *bound, int64_t n, const double *x, const double *r, void **stage)
{
    const qnni_expert *expert = self;
    const qnni_points *mine = bound;
    qnni_mean_stage *fresh = NULL;
    int32_t status = MOE_OK;
    (void)x;
    if (mine->psi)
        status = qnni_mean_prepare(expert->core, expert->kernels, &expert->program, n, mine->psi, r, &fresh);
    *stage = fresh;
    return status;
}

static void release(void *self, void *bound, void *stage)
{
    const qnni_expert *expert = self;
    (void)bound;
    qnni_mean_release(expert->core, stage);
}

static int32_t pullback(void *self, void *bound, void *stage, int64_t n, const double *x, int64_t count,
                        const double *theta, const double *r, double *g, void *work)
{
    const qnni_expert *expert = self;
    const qnni_program *program = &expert->program;
    const qnni_points *mine = bound;
    const qnni_call scratch = qnni_call_in(expert, bound, work);
    const int64_t sums = program->angle_count[QNN_THETA] * QNNI_LANES;
    const qnni_mean_stage *mean = stage;
    (void)x;
    if (mine->crowd) {
        qnni_crowd_pullback(expert->kernels, mine->crowd, count, theta, r, g, scratch.crowd);
        return 0;
    }
    if (!mean)
        qnni_spread_residuals(mine->rows, n, program->outputs, r, scratch.lanes);
    for (int64_t i = 0; i < count; i++) {
        qnni_block block = qnni_call_block(expert, mine, theta + i * program->parameters, &scratch);
        if (mean)
            qnni_stand_in(mean, &block);
        memset(scratch.sums, 0, (size_t)sums * sizeof(double));
        qnni_pullback(mine->kernels, program, &block, mean ? mean->weights : scratch.lanes, scratch.sums);
        qnni_collect(program, scratch.sums, g + i * program->parameters);
    }
    return 0;
}

/* ---- life ------------------------------------------------------------------------------------- */

static void destroy(void *self)
{
    qnni_expert *expert = self;
    moei_core *core = expert->core;
    qnni_program_clear(core, &expert->program);
    moei_free(core, expert);
    moei_core_release(core);
}

static int32_t bounds(void *self, double *value, double *gradient, double *curvature)
{
    const qnni_expert *expert = self;
    *value = expert->bounds[0];
    *gradient = expert->bounds[1];
    *curvature = expert->bounds[2];
    return 0;
}

static const moe_expert_ops ops = {
    .struct_size = sizeof(moe_expert_ops),
    .flags = MOE_EXPERT_THREAD_SAFE | MOE_EXPERT_PURE,
    .values = values,
    .pullback = pullback,
    .bind = qnni_bind,
    .unbind = qnni_unbind,
    .workspace = workspace,
    .moment_count = moment_count,
    .moments = moments,
    .predict = predict,
    .prepare = prepare,
    .release = release,
    .destroy = destroy,
    .bounds = bounds,
    .tangent = qnni_along,
};

/* periods <- the host's, or those of the circuit */
static int32_t settle_periods(moe_context *context, const qnn_circuit *circuit, const double *given,
                              double *periods)
{
    if (!given)
        return qnni_periods_of(context, circuit, periods);
    memcpy(periods, given, (size_t)circuit->parameters * sizeof *periods);
    return qnni_need_periods(context, circuit, periods);
}

static bool worth_keeping(const qnni_kernels *kernels, const qnni_program *program)
{
    const int64_t doubles = qnni_work_size(kernels, program, true, false);
    return doubles >= 0 && doubles <= KEPT_BYTES / (int64_t)sizeof(double);
}

int32_t qnni_expert_create(moe_context *context, const qnn_circuit *circuit, const double *period,
                           const qnni_kernels *kernels, moe_expert **expert)
{
    int32_t status = MOE_ERROR_MEMORY;
    double *periods = MOEI_NEW(context->core, circuit->parameters, double);
    qnni_expert *self = MOEI_NEW(context->core, 1, qnni_expert);
    if (self) {
        self->core = moei_core_retain(context->core);
        self->kernels = kernels;
    }
    if (!periods || !self)
        moei_out_of_memory(context, "a quantum expert");
    else
        status = settle_periods(context, circuit, period, periods);
    if (!status)
        status = qnni_bounds_of(context, circuit, self->bounds);
    if (!status)
        status = qnni_program_build(context, circuit, &self->program);
    if (!status)
        self->keep =
            worth_keeping(circuit->precision == QNN_SINGLE ? kernels->single : kernels, &self->program);
    if (!status)
        status = moe_expert_create(context, &ops, self, circuit->parameters, circuit->inputs,
                                   circuit->outputs, periods, expert);
    if (status && self)
        destroy(self);
    moei_free(context->core, periods);
    return status;
}

void qnni_expert_keep(moe_expert *expert, bool keep)
{
    qnni_expert *self = expert->self;
    self->keep = keep;
}

void qnni_expert_lanes(moe_expert *expert, int lanes)
{
    qnni_expert *self = expert->self;
    self->lanes = lanes;
}

MOE_PUBLIC int32_t qnn_expert_create(moe_context *context, const qnn_circuit *circuit, const double *period,
                                     moe_expert **expert)
{
    if (expert)
        *expert = NULL;
    if (!context)
        return MOE_ERROR_NULL;
    int32_t status = moei_need(context, circuit, "circuit");
    if (!status)
        status = moei_need(context, expert, "expert");
    const qnni_kernels *kernels = NULL;
    if (!status)
        status = qnni_kernels_for(circuit, &kernels);
    return status ? status : qnni_expert_create(context, circuit, period, kernels, expert);
}
