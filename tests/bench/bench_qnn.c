/* bench_qnn.c - what one quantum expert costs at one data point, for each instruction set of this machine.
 *
 * Prints CSV: circuit,qubits,params,kernel,us_value,us_value_grad - microseconds of CPU time, one thread, n =
 * 64 points for each expert, median of several runs. us_value is one call of `values`; us_value_grad that and
 * one of `pullback`, which together are an expert's share of a right-hand side. `bind` is not counted: a flow
 * binds once.
 *
 *   reupload   4 layers of RX(x), RY(theta), RZ(theta) on each qubit, then a ring of CNOT; (1/M) sum Z
 *   encode     RY(x) on each qubit, then 2 layers of RY(theta) on each qubit and a CNOT; Z on qubit 0
 *
 * Goal: us_value_grad between 0.03 and 0.05 for `encode` on AVX-512.
 *
 * SPDX-License-Identifier: MIT */
#include "expert/expert.h"
#include "qnn/expert.h"

#include <moefield/moefield.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { POINTS = 64, LAYERS = 4, RUNS = 11 };

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* ---- circuits --------------------------------------------------------------------------------- */

static int32_t reupload(moe_context *context, int64_t qubits, qnn_circuit **circuit)
{
    int64_t parameter = 0;
    int32_t status = qnn_circuit_create(context, qubits, 2 * LAYERS * qubits, qubits, 1, circuit);
    for (int layer = 0; layer < LAYERS && !status; layer++) {
        for (int64_t q = 0; q < qubits && !status; q++, parameter += 2) {
            status |= qnn_circuit_rotation(*circuit, "X", &q, QNN_INPUT, q, 1, 0);
            status |= qnn_circuit_rotation(*circuit, "Y", &q, QNN_THETA, parameter, 1, 0);
            status |= qnn_circuit_rotation(*circuit, "Z", &q, QNN_THETA, parameter + 1, 1, 0);
        }
        for (int64_t q = 0; q < qubits && !status; q++)
            status = qnn_circuit_gate(*circuit, "CNOT", (int64_t[]){q, (q + 1) % qubits});
    }
    for (int64_t q = 0; q < qubits && !status; q++) {
        char string[32] = "";
        for (int64_t i = 0; i < qubits; i++)
            string[i] = i == q ? 'Z' : 'I';
        status = qnn_circuit_observable(*circuit, 0, 1.0 / (double)qubits, string);
    }
    return status;
}

static int32_t encode(moe_context *context, int64_t qubits, qnn_circuit **circuit)
{
    int64_t parameter = 0;
    int32_t status = qnn_circuit_create(context, qubits, 2 * qubits, qubits, 1, circuit);
    for (int64_t q = 0; q < qubits && !status; q++)
        status = qnn_circuit_rotation(*circuit, "Y", &q, QNN_INPUT, q, 1, 0);
    for (int layer = 0; layer < 2 && !status; layer++) {
        for (int64_t q = 0; q < qubits && !status; q++)
            status = qnn_circuit_rotation(*circuit, "Y", &q, QNN_THETA, parameter++, 1, 0);
        if (!status)
            status = qnn_circuit_gate(*circuit, "CNOT", (int64_t[]){0, 1});
    }
    return status ? status : qnn_circuit_observable(*circuit, 0, 1, "ZI");
}

/* ---- timing ----------------------------------------------------------------------------------- */

typedef struct experts {
    const moe_expert *expert;
    moei_binding binding;
    int64_t count;
    double *x, *theta, *f, *r, *g;
    void *work;
} experts;

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

/* Median of microseconds for each expert and point. */
static double microseconds(void (*call)(experts *), experts *batch)
{
    double times[RUNS];
    call(batch);
    const double once = seconds();
    call(batch);
    const int repeats = 1 + (int)(0.01 / (seconds() - once + 1e-6));
    for (int run = 0; run < RUNS; run++) {
        const double begin = seconds();
        for (int i = 0; i < repeats; i++)
            call(batch);
        times[run] = (seconds() - begin) / repeats;
    }
    qsort(times, RUNS, sizeof *times, ascending);
    return 1e6 * times[RUNS / 2] / (double)(batch->count * POINTS);
}

static double *numbers(moe_context *context, int64_t count)
{
    double *fresh = MOEI_NEW(context->core, count, double);
    for (int64_t i = 0; fresh && i < count; i++)
        fresh[i] = 0.001 * (double)(i * 7919 % 6283);
    return fresh;
}

static int32_t time_expert(moe_context *context, const char *name, int64_t qubits, const char *kernels,
                           const moe_expert *expert)
{
    experts batch = {.expert = expert, .count = qubits > 6 ? 1 : 16};
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
    if (!status && batch.work) {
        const double value = microseconds(values, &batch), gradient = microseconds(pullback, &batch);
        printf("%s,%d,%d,%s,%.5f,%.5f\n", name, (int)qubits, (int)expert->d, kernels, value,
               gradient);
        fflush(stdout);
    }
    moei_unbind(&batch.binding);
    void *const blocks[] = {batch.x, batch.theta, batch.r, batch.f, batch.g, batch.work};
    for (int i = 0; i < 6; i++)
        moei_free(context->core, blocks[i]);
    return status;
}

static int32_t time_circuit(moe_context *context, const char *name, int64_t qubits,
                            int32_t (*build)(moe_context *, int64_t, qnn_circuit **))
{
    qnn_circuit *circuit = NULL;
    int32_t status = build(context, qubits, &circuit);
    const qnni_kernels *kernels;
    for (int i = 0; !status && (kernels = qnni_kernels_at(i)); i++) {
        moe_expert *expert = NULL;
        status = qnni_expert_create(context, circuit, NULL, kernels, &expert);
        if (!status)
            status = time_expert(context, name, qubits, kernels->name, expert);
        moe_expert_destroy(expert);
    }
    qnn_circuit_destroy(circuit);
    return status;
}

int main(void)
{
    moe_context *context = NULL;
    int32_t status = moe_context_create(NULL, &context);
    printf("circuit,qubits,params,kernel,us_value,us_value_grad\n");
    if (!status)
        status = time_circuit(context, "encode", 2, encode);
    for (int64_t qubits = 2; qubits <= 12 && !status; qubits += 2)
        status = time_circuit(context, "reupload", qubits, reupload);
    if (status)
        fprintf(stderr, "%s: %s\n", moe_status_name(status), moe_context_error(context));
    moe_context_destroy(context);
    return status != MOE_OK;
}
