/* bench_qnn.c - what one quantum expert costs at one data point, beside a circuit written out by hand.
 *
 * Prints CSV: circuit,qubits,params,precision,kernel,us_value,us_value_grad,us_limit,ratio,gflops -
 * microseconds of CPU time, one thread, n = 64 points for each expert, medians of several runs.
 *
 *   us_value       one call of `values`
 *   us_value_grad  one of `pullback`, which runs the circuit forward too. `bind` is not counted: a flow binds
 *                  once
 *   us_limit       value and gradient of `reupload` by anchor_reupload.c with the same instruction set
 *   ratio          us_value_grad / us_limit, the median of the ratios of neighbouring runs; for reupload only
 *   gflops         the operations of a plain simulator (circuits.h) over us_value_grad
 *
 * The anchor is that of double precision for both: its floats have no scales, and are NaN from M = 6 on.
 *
 * Goal, on the fastest kernels: ratio <= 1.0 for reupload in double precision and <= 0.55 in single;
 * us_value_grad of pauli_sum <= 1.5 that of reupload.
 * Before it is timed, the anchor's gradient is compared to the library's.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/anchor_reupload.h"
#include "bench/circuits.h"
#include "bench/timing.h"
#include "expert/expert.h"
#include "qnn/expert.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { POINTS = 64, RUNS = 15 };

/* Seconds that one run of a call takes at least, repeated. */
#define RUN_SECONDS 0.006

/* Experts at points, for the library and, if there is one, for the anchor. */
typedef struct experts {
    const moe_expert *expert;
    moei_binding binding;
    int64_t count;
    double *x, *theta, *f, *r, *g;
    void *work;
    const anchor_kind *kind;
    anchor *anchor;
} experts;

/* ---- what is timed ---------------------------------------------------------------------------- */

static void values(experts *batch)
{
    const moe_expert *expert = batch->expert;
    expert->ops.values(expert->self, batch->binding.bound, POINTS, batch->x, batch->count, batch->theta,
                       batch->f, batch->work);
}

static void pullback(experts *batch)
{
    const moe_expert *expert = batch->expert;
    expert->ops.pullback(expert->self, batch->binding.bound, NULL, POINTS, batch->x, batch->count,
                         batch->theta, batch->r, batch->g, batch->work);
}

static void limit(experts *batch)
{
    for (int64_t i = 0; i < batch->count; i++) {
        batch->kind->set(batch->anchor, batch->theta + i * batch->expert->d);
        for (int64_t block = 0; block < POINTS / batch->kind->width; block++)
            batch->kind->gradient(batch->anchor, block);
    }
}

static double run_seconds(void (*call)(experts *), experts *batch, int repeats)
{
    const double begin = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    for (int i = 0; i < repeats; i++)
        call(batch);
    return (seconds_of(CLOCK_THREAD_CPUTIME_ID) - begin) / repeats;
}

/* How often a call is to be repeated in a run; the first call is not counted. */
static int repeats_of(void (*call)(experts *), experts *batch)
{
    call(batch);
    return 1 + (int)(RUN_SECONDS / (run_seconds(call, batch, 1) + 1e-6));
}

/* ---- the anchor ------------------------------------------------------------------------------- */

/* Whether the anchor's gradient for the first expert is the library's, to the rounding of one point's
 * gradient times the sum of |r|. */
static bool anchor_agrees(experts *batch, const char *precision)
{
    const double tolerance = strcmp(precision, "double") ? 1e-5 : 1e-13;
    const int32_t width = batch->kind->width;
    double weight = 0, sum[8 * 12] = {0};
    for (int64_t j = 0; j < POINTS; j++)
        weight += fabs(batch->r[j]);
    pullback(batch);
    batch->kind->set(batch->anchor, batch->theta);
    for (int64_t block = 0; block < POINTS / width; block++) {
        batch->kind->gradient(batch->anchor, block);
        for (int32_t lane = 0; lane < width; lane++)
            for (int64_t a = 0; a < batch->expert->d; a++)
                sum[a] += batch->r[block * width + lane] * batch->kind->read_gradient(batch->anchor, a, lane);
    }
    for (int64_t a = 0; a < batch->expert->d; a++)
        if (!(fabs(sum[a] - batch->g[a]) <= tolerance * weight))
            return false;
    return true;
}

/* ---- rows ------------------------------------------------------------------------------------- */

static void print_row(const recipe *made, const char *precision, const char *kernel, experts *batch)
{
    double value[RUNS], gradient[RUNS], anchored[RUNS], ratio[RUNS];
    const int value_repeats = repeats_of(values, batch), gradient_repeats = repeats_of(pullback, batch);
    const int anchor_repeats = batch->anchor ? repeats_of(limit, batch) : 0;
    const double scale = 1e6 / (double)(batch->count * POINTS);
    for (int run = 0; run < RUNS; run++) {
        value[run] = scale * run_seconds(values, batch, value_repeats);
        gradient[run] = scale * run_seconds(pullback, batch, gradient_repeats);
        if (batch->anchor) {
            anchored[run] = scale * run_seconds(limit, batch, anchor_repeats);
            ratio[run] = gradient[run] / anchored[run];
        }
    }
    const double us = median(RUNS, gradient);
    printf("%s,%d,%d,%s,%s,%.5f,%.5f,", made->name, (int)made->qubits, (int)batch->expert->d, precision,
           kernel, median(RUNS, value), us);
    if (batch->anchor)
        printf("%.5f,%.3f,", median(RUNS, anchored), median(RUNS, ratio));
    else
        printf(",,");
    printf("%.2f\n", made->operations * (double)(INT64_C(1) << made->qubits) / us * 1e-3);
    fflush(stdout);
}

static double *numbers(moe_context *context, int64_t count)
{
    double *fresh = MOEI_NEW(context->core, count, double);
    for (int64_t i = 0; fresh && i < count; i++)
        fresh[i] = 0.001 * (double)(i * 7919 % 6283);
    return fresh;
}

static int32_t time_expert(moe_context *context, const recipe *made, const char *precision,
                           const char *kernel, const moe_expert *expert)
{
    experts batch = {.expert = expert, .count = made->qubits > 6 ? 1 : 16};
    int64_t bytes = 0;
    batch.x = numbers(context, POINTS * expert->p);
    batch.theta = numbers(context, batch.count * expert->d);
    batch.r = numbers(context, POINTS);
    batch.f = numbers(context, batch.count * POINTS);
    batch.g = numbers(context, batch.count * expert->d);
    int32_t status = batch.x && batch.theta && batch.r && batch.f && batch.g ? MOE_OK : MOE_ERROR_MEMORY;
    if (!status)
        status = moei_bind(context, expert, POINTS, batch.x, &batch.binding);
    if (!status)
        status = moei_binding_workspace(context, &batch.binding, batch.count, &bytes);
    batch.work = moei_alloc(context->core, bytes, 1);
    batch.kind = strcmp(made->name, "reupload") ? NULL : anchor_find(kernel, "double");
    if (!status && batch.kind)
        batch.anchor = batch.kind->create(made->qubits, POINTS, batch.x);
    if (!status && batch.work && batch.anchor && !anchor_agrees(&batch, precision)) {
        fprintf(stderr, "the anchor's gradient is not the library's\n");
        status = MOE_ERROR_CHECK;
    }
    if (!status && batch.work)
        print_row(made, precision, kernel, &batch);
    if (batch.anchor)
        batch.kind->destroy(batch.anchor);
    moei_unbind(&batch.binding);
    void *const blocks[] = {batch.x, batch.theta, batch.r, batch.f, batch.g, batch.work};
    for (int i = 0; i < 6; i++)
        moei_free(context->core, blocks[i]);
    return status;
}

static int32_t time_precision(moe_context *context, const recipe *made, int32_t precision,
                              const qnni_kernels *kernels)
{
    moe_expert *expert = NULL;
    int32_t status = qnn_circuit_set_precision(made->circuit, precision);
    if (!status)
        status = qnni_expert_create(context, made->circuit, NULL, kernels, &expert);
    if (!status)
        status =
            time_expert(context, made, precision == QNN_SINGLE ? "single" : "double", kernels->name, expert);
    moe_expert_destroy(expert);
    return status;
}

static int32_t time_circuit(moe_context *context, int index, int64_t qubits)
{
    recipe made;
    int32_t status = recipe_make(context, index, qubits, &made);
    const qnni_kernels *kernels;
    for (int i = 0; !status && (kernels = qnni_kernels_at(i)); i++) {
        status = time_precision(context, &made, QNN_DOUBLE, kernels);
        if (!status)
            status = time_precision(context, &made, QNN_SINGLE, kernels);
    }
    qnn_circuit_destroy(made.circuit);
    return status;
}

int main(void)
{
    moe_context *context = NULL;
    int32_t status = moe_context_create(NULL, &context);
    printf("circuit,qubits,params,precision,kernel,us_value,us_value_grad,us_limit,ratio,gflops\n");
    for (int i = 0; i < RECIPES; i++)
        for (int64_t qubits = 2; qubits <= 12 && !status; qubits += 2)
            status = time_circuit(context, i, qubits);
    if (status)
        fprintf(stderr, "%s: %s\n", moe_status_name(status), moe_context_error(context));
    moe_context_destroy(context);
    return status != MOE_OK;
}
