/* bench_qnn.c - what one quantum expert costs at one data point, for each instruction set of this machine.
 *
 * Prints CSV: circuit,qubits,params,precision,kernel,us_value,us_value_grad,gflops - microseconds of CPU
 * time, one thread, n = 64 points for each expert, median of several runs. us_value is one call of `values`;
 * us_value_grad one of `pullback`, which runs the circuit forward too. `bind` is not counted: a flow binds
 * once.
 *
 *   reupload      4 layers of RX(x), RY(theta), RZ(theta) on each qubit, then a ring of CNOT; (1/M) sum Z
 *   encode_first  RY(x) on each qubit, then 4 layers of RY(theta), RZ(theta) and a ring of CNOT; (1/M) sum Z
 *   random        12 M gates: rotations of one or two qubits by theta or x, H, S, T, CNOT, CZ; (1/M) sum Z
 *   pauli_sum     reupload, with M strings of X, Y, Z on neighbours
 *
 * gflops: the operations of a plain simulator over us_value_grad. By amplitude, one application of a rotation
 * by one qubit takes 6, by a string 8, of H 4, of T, S, CZ 2, of CNOT 0, and an observable's string 4; an
 * adjoint gradient takes three applications of each gate, and 4 for each parameter's overlap.
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

/* A circuit as it grows, and its nominal operations by amplitude. */
typedef struct recipe {
    qnn_circuit *circuit;
    int64_t qubits;
    double operations;
} recipe;

static int32_t rotate(recipe *made, const char *letters, int64_t qubit, int32_t source, int64_t index)
{
    const int64_t at[] = {qubit, (qubit + 1) % made->qubits};
    made->operations += 3 * (letters[1] ? 8 : 6) + (source == QNN_THETA ? 4 : 0);
    return qnn_circuit_rotation(made->circuit, letters, at, source, index, 1, 0);
}

static int32_t apply(recipe *made, const char *name, int64_t qubit, double operations)
{
    const int64_t at[] = {qubit, (qubit + 1) % made->qubits};
    made->operations += 3 * operations;
    return qnn_circuit_gate(made->circuit, name, at);
}

/* weight on `letters` of qubit q and the next */
static int32_t observe(recipe *made, int64_t q, const char *letters)
{
    char string[32] = "";
    for (int64_t i = 0; i < made->qubits; i++)
        string[i] = 'I';
    for (int64_t i = 0; letters[i]; i++)
        string[(q + i) % made->qubits] = letters[i];
    made->operations += 8;
    return qnn_circuit_observable(made->circuit, 0, 1.0 / (double)made->qubits, string);
}

static int32_t ring(recipe *made)
{
    int32_t status = MOE_OK;
    for (int64_t q = 0; q < made->qubits && !status; q++)
        status = apply(made, "CNOT", q, 0);
    return status;
}

static int32_t observe_z(recipe *made)
{
    int32_t status = MOE_OK;
    for (int64_t q = 0; q < made->qubits && !status; q++)
        status = observe(made, q, "Z");
    return status;
}

static int32_t layers(recipe *made)
{
    int32_t status = MOE_OK;
    int64_t parameter = 0;
    for (int layer = 0; layer < LAYERS && !status; layer++) {
        for (int64_t q = 0; q < made->qubits && !status; q++, parameter += 2) {
            status |= rotate(made, "X", q, QNN_INPUT, q);
            status |= rotate(made, "Y", q, QNN_THETA, parameter);
            status |= rotate(made, "Z", q, QNN_THETA, parameter + 1);
        }
        status |= ring(made);
    }
    return status;
}

static int32_t reupload(recipe *made)
{
    const int32_t status = layers(made);
    return status ? status : observe_z(made);
}

static int32_t pauli_sum(recipe *made)
{
    static const char *const strings[] = {"X", "YZ", "ZX", "XY"};
    int32_t status = layers(made);
    for (int64_t q = 0; q < made->qubits && !status; q++)
        status = observe(made, q, strings[q % 4]);
    return status;
}

static int32_t encode_first(recipe *made)
{
    int32_t status = MOE_OK;
    int64_t parameter = 0;
    for (int64_t q = 0; q < made->qubits && !status; q++)
        status = rotate(made, "Y", q, QNN_INPUT, q);
    for (int layer = 0; layer < LAYERS && !status; layer++) {
        for (int64_t q = 0; q < made->qubits && !status; q++, parameter += 2) {
            status |= rotate(made, "Y", q, QNN_THETA, parameter);
            status |= rotate(made, "Z", q, QNN_THETA, parameter + 1);
        }
        status |= ring(made);
    }
    return status ? status : observe_z(made);
}

static int32_t random_gates(recipe *made)
{
    static const char *const letters[] = {"X", "Y", "Z", "XX", "ZZ"};
    static const struct {
        const char *name;
        double operations;
    } gates[] = {{"H", 4}, {"S", 2}, {"T", 2}, {"CNOT", 0}, {"CZ", 2}};
    uint32_t state = 12345;
    int32_t status = MOE_OK;
    for (int64_t g = 0; g < 3 * LAYERS * made->qubits && !status; g++) {
        uint32_t draw[3];
        for (int i = 0; i < 3; i++) {
            state = 1664525 * state + 1013904223;
            draw[i] = state >> 16;
        }
        const int64_t qubit = draw[0] % made->qubits;
        if (draw[1] % 3 == 0)
            status = apply(made, gates[draw[2] % 5].name, qubit, gates[draw[2] % 5].operations);
        else if (draw[1] % 3 == 1)
            status = rotate(made, letters[draw[2] % 5], qubit, QNN_INPUT, qubit);
        else
            status = rotate(made, letters[draw[2] % 5], qubit, QNN_THETA, g % (2 * LAYERS * made->qubits));
    }
    return status ? status : observe_z(made);
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
                           double operations, const moe_expert *expert)
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
        printf("%s,%d,%d,double,%s,%.5f,%.5f,%.2f\n", name, (int)qubits, (int)expert->d, kernels, value,
               gradient, operations * (double)(INT64_C(1) << qubits) / gradient * 1e-3);
        fflush(stdout);
    }
    moei_unbind(&batch.binding);
    void *const blocks[] = {batch.x, batch.theta, batch.r, batch.f, batch.g, batch.work};
    for (int i = 0; i < 6; i++)
        moei_free(context->core, blocks[i]);
    return status;
}

static int32_t time_circuit(moe_context *context, const char *name, int64_t qubits, int32_t (*fill)(recipe *))
{
    recipe made = {.qubits = qubits};
    int32_t status = qnn_circuit_create(context, qubits, 2 * LAYERS * qubits, qubits, 1, &made.circuit);
    if (!status)
        status = fill(&made);
    const qnni_kernels *kernels;
    for (int i = 0; !status && (kernels = qnni_kernels_at(i)); i++) {
        moe_expert *expert = NULL;
        status = qnni_expert_create(context, made.circuit, NULL, kernels, &expert);
        if (!status)
            status = time_expert(context, name, qubits, kernels->name, made.operations, expert);
        moe_expert_destroy(expert);
    }
    qnn_circuit_destroy(made.circuit);
    return status;
}

int main(void)
{
    static const struct {
        const char *name;
        int32_t (*fill)(recipe *);
    } circuits[] = {{"reupload", reupload},
                    {"encode_first", encode_first},
                    {"random", random_gates},
                    {"pauli_sum", pauli_sum}};
    moe_context *context = NULL;
    int32_t status = moe_context_create(NULL, &context);
    printf("circuit,qubits,params,precision,kernel,us_value,us_value_grad,gflops\n");
    for (int i = 0; i < 4; i++)
        for (int64_t qubits = 2; qubits <= 12 && !status; qubits += 2)
            status = time_circuit(context, circuits[i].name, qubits, circuits[i].fill);
    if (status)
        fprintf(stderr, "%s: %s\n", moe_status_name(status), moe_context_error(context));
    moe_context_destroy(context);
    return status != MOE_OK;
}
