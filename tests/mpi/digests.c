/* digests.c - flows and studies whose every bit is printed as digests, to be compared between runs on 1 to 4
 * ranks with 1 to 4 threads each, and with a run that knows nothing of ranks.
 *
 *   digests THREADS          over the ranks that started it
 *   digests THREADS alone    without a communicator
 *
 * Rank 0 prints; every rank's digests are held against rank 0's. Ends with 1 and a word on the first failure.
 *
 * SPDX-License-Identifier: MIT */
#include "support/experts.h"

#include <inttypes.h>
#include <math.h>
#include <moefield/moefield.h>
#include <moefield_mpi.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int rank;

static void must(moe_context *context, int32_t status, const char *call)
{
    if (status) {
        fprintf(stderr, "rank %d: %s: %s: %s\n", rank, call, moe_status_name(status),
                moe_context_error(context));
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
}
#define MUST(call) must(context, (call), #call)

/* FNV-1a of 64 bits (G. Fowler, L. C. Noll, K.-P. Vo) */
static uint64_t digest(uint64_t sum, const void *data, size_t bytes)
{
    const unsigned char *at = data;
    for (size_t i = 0; i < bytes; i++)
        sum = (sum ^ at[i]) * 0x100000001b3u;
    return sum;
}

static const uint64_t nothing = 0xcbf29ce484222325u;

static void print(const char *name, int32_t method, uint64_t sum)
{
    uint64_t of_first = sum;
    MPI_Bcast(&of_first, 1, MPI_UINT64_T, 0, MPI_COMM_WORLD);
    if (of_first != sum) {
        fprintf(stderr, "rank %d has another %s %d than rank 0\n", rank, name, (int)method);
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    if (rank == 0)
        printf("%s %d %016" PRIx64 "\n", name, (int)method, sum);
}

/* ---- models ----------------------------------------------------------------------------------- */

enum { MODELS = 4 };

/* layers of RX(x), RY(theta), RZ(theta) on each qubit and a ring of CZ; x only before them all if `first` */
static moe_expert *quantum(moe_context *context, int64_t qubits, int layers, bool first)
{
    qnn_circuit *circuit = NULL;
    moe_expert *expert = NULL;
    int64_t next = 0;
    char pauli[8] = "IIIIII";
    pauli[qubits] = 0;
    MUST(qnn_circuit_create(context, qubits, 2 * qubits * layers, 2, 1, &circuit));
    for (int layer = 0; layer < layers; layer++) {
        for (int64_t q = 0; q < qubits; q++) {
            if (layer == 0 || !first)
                MUST(qnn_circuit_rotation(circuit, "X", &q, QNN_INPUT, q % 2, 1, 0));
            MUST(qnn_circuit_rotation(circuit, "Y", &q, QNN_THETA, next++, 1, 0));
            MUST(qnn_circuit_rotation(circuit, "Z", &q, QNN_THETA, next++, 1, 0));
        }
        for (int64_t q = 0; q + 1 < qubits; q++)
            MUST(qnn_circuit_gate(circuit, "CZ", (const int64_t[]){q, q + 1}));
    }
    for (int64_t q = 0; q < qubits; q++) {
        pauli[q] = 'Z';
        MUST(qnn_circuit_observable(circuit, 0, 1.0 / (double)qubits, pauli));
        pauli[q] = 'I';
    }
    MUST(qnn_expert_create(context, circuit, NULL, &expert));
    qnn_circuit_destroy(circuit);
    return expert;
}

static struct wave wave = {.d = 2, .c = {1, 0.6}, .a = {1, -0.7}};

/* a classical expert; qubits that encode again and again; qubits that encode first, with so many points that
 * their mean observable is used; and many cheap experts in full slabs */
static moe_model *make(moe_context *context, int which, int64_t *experts)
{
    static const int64_t counts[MODELS] = {3001, 700, 333, 20011}, points[MODELS] = {16, 20, 300, 5};
    const int64_t n = points[which], p = which == 1 || which == 2 ? 2 : 1;
    moe_expert *expert = NULL;
    moe_model *model = NULL;
    double *x = malloc((size_t)(n * p) * sizeof *x), *y = malloc((size_t)n * sizeof *y);
    if (!x || !y)
        must(context, MOE_ERROR_MEMORY, "data");
    if (which == 1)
        expert = quantum(context, 2, 2, false);
    else if (which == 2)
        expert = quantum(context, 3, 2, true);
    else
        MUST(wave_expert(context, &wave, &expert));
    for (int64_t j = 0; j < n * p; j++)
        x[j] = sin(1.7 * (double)j + 0.3);
    for (int64_t j = 0; j < n; j++)
        y[j] = 0.4 * cos(2.1 * (double)j);
    MUST(moe_model_create(context, expert, n, x, y, NULL, &model));
    moe_expert_destroy(expert);
    free(x);
    free(y);
    *experts = counts[which];
    return model;
}

/* ---- flows ------------------------------------------------------------------------------------ */

static moe_law *uniform(moe_context *context, int which)
{
    const int64_t d = which == 1 ? 8 : which == 2 ? 12 : 2;
    const double turn = 2 * 3.14159265358979323846;
    double period[12];
    moe_law *law = NULL;
    for (int64_t a = 0; a < d; a++)
        period[a] = turn;
    MUST(moe_law_create(context, d, period, &law));
    return law;
}

static moe_flow *start(moe_context *context, const moe_model *model, int which, int64_t experts, bool alone)
{
    int64_t first = 0, count = experts;
    moe_measure *mine = NULL;
    moe_flow *flow = NULL;
    moe_law *law = uniform(context, which);
    if (!alone)
        MUST(moe_flow_share(context, model, experts, &first, &count));
    if (count)
        MUST(moe_measure_random(context, law, 5, 1, first, count, &mine));
    if (alone)
        MUST(moe_flow_create(context, model, mine, &flow));
    else
        MUST(moe_flow_create_spread(context, model, experts, moe_measure_points(mine), NULL, &flow));
    moe_measure_destroy(mine);
    moe_law_destroy(law);
    return flow;
}

static void flow_digest(moe_context *context, int which, int32_t method, bool alone)
{
    int64_t experts, counts[3];
    double numbers[4], *f;
    int32_t reached;
    moe_measure *all = NULL;
    moe_field *field = NULL;
    moe_model *model = make(context, which, &experts);
    moe_flow *flow = start(context, model, which, experts, alone);
    MUST(moe_flow_set_method(flow, method));
    MUST(moe_flow_set_tolerance(flow, 1e-6, 1e-6));
    MUST(moe_flow_record(flow));
    MUST(moe_flow_advance(flow, 1));
    MUST(moe_flow_step(flow, INFINITY));
    MUST(moe_flow_advance_until(flow, moe_flow_time(flow) + 2, 0.02, 0, &reached));
    MUST(moe_flow_measure(flow, &all));
    MUST(moe_flow_field(flow, &field));
    MUST(moe_flow_loss(flow, &numbers[0]));
    MUST(moe_flow_gradient(flow, &numbers[1]));
    MUST(moe_flow_energy(flow, &numbers[2], &numbers[3]));
    MUST(moe_flow_counts(flow, &counts[0], &counts[1], &counts[2]));
    f = malloc((size_t)moe_model_points(model) * sizeof *f);
    if (!f)
        must(context, MOE_ERROR_MEMORY, "predictions");
    uint64_t sum = digest(nothing, moe_measure_points(all),
                          (size_t)(experts * moe_measure_dimension(all)) * sizeof(double));
    sum = digest(sum, moe_measure_weights(all), (size_t)experts * sizeof(double));
    for (int i = 0; i <= 8; i++) {
        MUST(moe_field_predictions(context, field, moe_field_end(field) * i / 8, f));
        sum = digest(sum, f, (size_t)moe_model_points(model) * sizeof *f);
    }
    sum = digest(sum, numbers, sizeof numbers);
    sum = digest(sum, counts, sizeof counts);
    print(which == 0   ? "classical"
          : which == 1 ? "reupload"
          : which == 2 ? "encode_first"
                       : "many",
          method, sum);
    free(f);
    moe_field_destroy(field);
    moe_measure_destroy(all);
    moe_flow_destroy(flow);
    moe_model_destroy(model);
}

/* ---- a study ---------------------------------------------------------------------------------- */

static void study_digest(moe_context *context)
{
    const int64_t sizes[] = {16, 64, 256};
    const double times[] = {0, 1};
    int64_t experts, length = 0;
    moe_study *study = NULL;
    moe_model *model = make(context, 0, &experts);
    moe_law *law = uniform(context, 0);
    MUST(moe_study_create(context, model, law, &study));
    MUST(moe_study_set_experts(study, 3, sizes));
    MUST(moe_study_set_times(study, 2, times));
    MUST(moe_study_set_replicas(study, 6, 22, 0.05));
    MUST(moe_study_set_distances(study, 256, 64));
    MUST(moe_study_run(study));
    MUST(moe_study_save(study, NULL, 0, &length));
    char *bytes = malloc((size_t)length);
    if (!bytes)
        must(context, MOE_ERROR_MEMORY, "a study");
    MUST(moe_study_save(study, bytes, length, &length));
    print("study", (int32_t)length, digest(nothing, bytes, (size_t)length));
    free(bytes);
    moe_study_destroy(study);
    moe_law_destroy(law);
    moe_model_destroy(model);
}

int main(int argc, char **argv)
{
    static const int32_t methods[] = {MOE_METHOD_DOPRI5, MOE_METHOD_DOP853, MOE_METHOD_ADAMS, MOE_METHOD_RKC,
                                      MOE_METHOD_LOW_STORAGE};
    enum { METHODS = sizeof methods / sizeof methods[0] };
    const bool alone = argc > 2 && !strcmp(argv[2], "alone");
    int support;
    moe_context *context = NULL;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &support);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MUST(moe_context_create(NULL, &context));
    MUST(moe_context_set_threads(context, argc > 1 ? atoi(argv[1]) : 1));
    if (!alone)
        MUST(moe_mpi_use(context, MPI_COMM_WORLD));
    for (int which = 0; which < MODELS; which++)
        for (int m = which < 2 ? 0 : 1; m < (which < 2 ? METHODS : 3); m++)
            flow_digest(context, which, methods[m], alone);
    study_digest(context);
    moe_context_destroy(context);
    MPI_Finalize();
    return 0;
}
