/* bench_scale.c - the time of one right-hand side of a flow over ranks and threads, and what it sends.
 *
 *   bench_scale MODEL EXPERTS THREADS          under mpirun; rank 0 prints a row of the CSV
 *
 *   quantum   4 qubits, 4 layers of RX(x), RY(theta), RZ(theta) and a ring of CNOT, n = 16
 *   wave      cos(theta_1 + x) + 0.6 cos(theta_2 - 0.7 x), n = 16: next to no work, so the rest shows
 *
 * A right-hand side is moe_flow_gradient's: the moments of all experts and their sum over the ranks, then
 * every expert's pullback and the sum of its squares. Medians of wall-clock seconds over 15 (301, of few experts) of
 * them, of the slowest rank. bytes_sent: by all ranks in one right-hand side, counted at MPI_Send.
 * CSV: ranks,threads,experts,seconds_per_rhs,bytes_sent,model.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/timing.h"
#include "support/experts.h"

#include <math.h>
#include <moefield/moefield.h>
#include <moefield_mpi.h>
#include <stdio.h>
#include <string.h>

enum { POINTS = 16, LAYERS = 4, QUBITS = 4, RUNS = 15, SHORT_RUNS = 301 };

static long long sent;

/* MPI's profiling interface: whoever defines the name is asked first */
int MPI_Send(const void *data, int count, MPI_Datatype type, int to, int tag, MPI_Comm communicator)
{
    int bytes;
    MPI_Type_size(type, &bytes);
    sent += (long long)bytes * count;
    return PMPI_Send(data, count, type, to, tag, communicator);
}

static void must(moe_context *context, int32_t status)
{
    if (!status)
        return;
    fprintf(stderr, "%s\n", moe_context_error(context));
    MPI_Abort(MPI_COMM_WORLD, 1);
}

static moe_expert *quantum(moe_context *context)
{
    qnn_circuit *circuit = NULL;
    moe_expert *expert = NULL;
    int64_t next = 0;
    must(context, qnn_circuit_create(context, QUBITS, 2 * QUBITS * LAYERS, QUBITS, 1, &circuit));
    for (int layer = 0; layer < LAYERS; layer++) {
        for (int64_t q = 0; q < QUBITS; q++) {
            must(context, qnn_circuit_rotation(circuit, "X", &q, QNN_INPUT, q, 1, 0));
            must(context, qnn_circuit_rotation(circuit, "Y", &q, QNN_THETA, next++, 1, 0));
            must(context, qnn_circuit_rotation(circuit, "Z", &q, QNN_THETA, next++, 1, 0));
        }
        for (int64_t q = 0; q < QUBITS; q++)
            must(context, qnn_circuit_gate(circuit, "CNOT", (int64_t[]){q, (q + 1) % QUBITS}));
    }
    for (int q = 0; q < QUBITS; q++) {
        char pauli[] = "IIII";
        pauli[q] = 'Z';
        must(context, qnn_circuit_observable(circuit, 0, 1.0 / QUBITS, pauli));
    }
    must(context, qnn_expert_create(context, circuit, NULL, &expert));
    qnn_circuit_destroy(circuit);
    return expert;
}

static moe_flow *make_flow(moe_context *context, moe_expert *expert, int64_t experts)
{
    const int64_t p = moe_expert_inputs(expert);
    double x[POINTS * QUBITS], y[POINTS];
    int64_t first, count;
    moe_model *model = NULL;
    moe_law *law = NULL;
    moe_measure *mine = NULL;
    moe_flow *flow = NULL;
    for (int64_t j = 0; j < POINTS * p; j++)
        x[j] = sin(1.3 * (double)j);
    for (int64_t j = 0; j < POINTS; j++)
        y[j] = 0.3 * cos((double)j);
    must(context, moe_model_create(context, expert, POINTS, x, y, NULL, &model));
    must(context, moe_law_create(context, moe_expert_parameters(expert), moe_expert_period(expert), &law));
    must(context, moe_flow_share(context, model, experts, &first, &count));
    if (count)
        must(context, moe_measure_random(context, law, 1, 0, first, count, &mine));
    must(context, moe_flow_create_spread(context, model, experts, moe_measure_points(mine), NULL, &flow));
    moe_measure_destroy(mine);
    moe_law_destroy(law);
    moe_model_destroy(model);
    return flow;
}

int main(int argc, char **argv)
{
    static double seconds[SHORT_RUNS];
    static struct wave wave = {.d = 2, .c = {1, 0.6}, .a = {1, -0.7}};
    int support, rank, ranks;
    long long all;
    double norm;
    moe_context *context = NULL;
    moe_expert *expert = NULL;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &support);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    if (argc != 4)
        return 2;
    const int is_wave = !strcmp(argv[1], "wave");
    const long long experts = atoll(argv[2]);
    const int runs = experts < 1000 ? SHORT_RUNS : RUNS;
    must(context, moe_context_create(NULL, &context));
    must(context, moe_context_set_threads(context, atoi(argv[3])));
    must(context, moe_mpi_use(context, MPI_COMM_WORLD));
    if (is_wave)
        must(context, wave_expert(context, &wave, &expert));
    else
        expert = quantum(context);
    moe_flow *flow = make_flow(context, expert, experts);
    must(context, moe_flow_gradient(flow, &norm)); /* memory, caches */
    sent = 0;
    for (int run = 0; run < runs; run++) {
        MPI_Barrier(MPI_COMM_WORLD);
        const double begin = seconds_of(CLOCK_MONOTONIC);
        must(context, moe_flow_gradient(flow, &norm));
        const double mine = seconds_of(CLOCK_MONOTONIC) - begin;
        MPI_Allreduce(&mine, &seconds[run], 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    }
    MPI_Allreduce(&sent, &all, 1, MPI_LONG_LONG, MPI_SUM, MPI_COMM_WORLD);
    if (rank == 0)
        printf("%d,%s,%lld,%.3e,%lld,%s\n", ranks, argv[3], experts, median(runs, seconds), all / runs,
               argv[1]);
    moe_flow_destroy(flow);
    moe_expert_destroy(expert);
    moe_context_destroy(context);
    MPI_Finalize();
    return 0;
}
