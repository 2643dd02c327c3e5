/* failures.c - what goes wrong on one rank ends the call on all of them, with its status and its sentence, and
 * leaves flows that go on. Any number of ranks.
 *
 * Ends with 1 if a rank saw anything else; a rank that waits for ever is the caller's to notice.
 *
 * SPDX-License-Identifier: MIT */
#include "support/experts.h"

#include <math.h>
#include <moefield/moefield.h>
#include <moefield_mpi.h>
#include <stdio.h>
#include <string.h>

enum { N = 1000 };

static int rank, ranks, faults;
static moe_context *context;

static void expect(int32_t got, int32_t wanted, const char *words, const char *what)
{
    if (got == wanted && (got == MOE_OK || strstr(moe_context_error(context), words)))
        return;
    faults++;
    fprintf(stderr, "rank %d: %s: %s, not %s with \"%s\": %s\n", rank, what, moe_status_name(got),
            moe_status_name(wanted), words, moe_context_error(context));
}

static struct wave wave = {.d = 1, .c = {1}, .a = {1}};

static moe_model *make_model(void)
{
    const double x[] = {-1, -0.3, 0.4, 1.2}, y[] = {0.4, -0.2, 0.1, 0.5};
    moe_expert *expert = NULL;
    moe_model *model = NULL;
    expect(wave_expert(context, &wave, &expert), MOE_OK, "", "expert");
    expect(moe_model_create(context, expert, 4, x, y, NULL, &model), MOE_OK, "", "model");
    moe_expert_destroy(expert);
    return model;
}

static moe_flow *make_flow(const moe_model *model)
{
    int64_t first, count;
    double points[N];
    moe_flow *flow = NULL;
    expect(moe_flow_share(context, model, N, &first, &count), MOE_OK, "", "share");
    for (int64_t i = 0; i < count; i++)
        points[i] = 0.37 * (double)(first + i);
    expect(moe_flow_create_spread(context, model, N, points, NULL, &flow), MOE_OK, "", "flow");
    return flow;
}

/* the expert of one rank fails from a certain call on */
static void callback(const moe_model *model, int culprit)
{
    char words[32];
    moe_flow *flow = make_flow(model);
    snprintf(words, sizeof words, "rank %d: ", culprit);
    expect(moe_flow_advance(flow, 0.5), MOE_OK, "", "advance");
    if (rank == culprit) {
        wave.fail_from = wave.calls + 7;
        wave.fail_until = INT64_MAX;
        wave.fail_with = -3;
    }
    expect(moe_flow_advance(flow, 1), MOE_ERROR_CALLBACK, words, "a callback of one rank fails");
    if (moe_context_callback_status(context) != -3)
        faults++;
    wave.fail_from = wave.fail_until = 0;
    expect(moe_flow_advance(flow, 1), MOE_OK, "", "the flow goes on");
    moe_flow_destroy(flow);
}

static void cancel(const moe_model *model, int culprit)
{
    moe_flow *flow = make_flow(model);
    if (rank == culprit)
        moe_context_cancel(context);
    expect(moe_flow_advance(flow, 1), MOE_ERROR_CANCELLED, "cancelled", "one rank is cancelled");
    expect(moe_flow_advance(flow, 1), MOE_OK, "", "the flow goes on");
    moe_flow_destroy(flow);
}

/* what moe_mpi_use refuses */
static void refusals(void)
{
    int64_t length = 0;
    char text[4];
    moe_model *model = make_model();
    moe_flow *flow = make_flow(model);
    expect(moe_mpi_use(NULL, MPI_COMM_WORLD), MOE_ERROR_NULL, "", "no context");
    expect(moe_mpi_use(context, MPI_COMM_NULL), MOE_ERROR_VALUE, "MPI_COMM_NULL", "no communicator");
    expect(moe_mpi_use(context, MPI_COMM_WORLD), MOE_ERROR_ORDER, "in use", "a flow that is spread");
    moe_flow_destroy(flow);
    moe_model_destroy(model);
    expect(moe_mpi_use_fortran(context, MPI_Comm_c2f(MPI_COMM_WORLD)), MOE_OK, "", "a Fortran handle");
    if (moe_context_rank(context) != rank || moe_context_ranks(context) != ranks)
        faults++;
    expect(moe_mpi_info(NULL, 0, &length), MOE_OK, "", "info");
    expect(moe_mpi_info(text, sizeof text, &length), MOE_ERROR_SIZE, "", "info without room");
    if (length < 4)
        faults++;
}

int main(int argc, char **argv)
{
    int support, all;
    moe_context *late = NULL;
    moe_context_create(NULL, &context);
    expect(moe_mpi_use(context, MPI_COMM_WORLD), MOE_ERROR_ORDER, "not initialised", "before MPI_Init");
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &support);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    expect(moe_mpi_use(context, MPI_COMM_WORLD), MOE_OK, "", "use");
    refusals();
    moe_model *model = make_model();
    for (int culprit = 0; culprit < ranks && ranks > 1; culprit++) {
        callback(model, culprit);
        cancel(model, culprit);
    }
    moe_model_destroy(model);
    moe_context_destroy(context);
    /* a context that outlives MPI */
    expect(moe_context_create(NULL, &late), MOE_OK, "", "late");
    context = late;
    expect(moe_mpi_use(late, MPI_COMM_WORLD), MOE_OK, "", "use");
    MPI_Allreduce(&faults, &all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    MPI_Finalize();
    expect(moe_mpi_use(late, MPI_COMM_WORLD), MOE_ERROR_ORDER, "finalised", "after MPI_Finalize");
    moe_context_destroy(late);
    return all || faults;
}
