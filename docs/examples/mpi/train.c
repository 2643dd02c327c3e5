/* train.c - a million experts over the ranks of MPI_COMM_WORLD.
 *
 *   cc train.c $(pkg-config --cflags --libs moefield_mpi) -lm && mpirun -n 4 ./a.out
 *
 * (Open MPI wants --oversubscribe for more ranks than cores, and --allow-run-as-root in a container.)
 * f(theta, x) = cos(theta + x) learns y = sin(x) / 2. What is printed is the same to the last digit for any
 * number of ranks.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <moefield/moefield.h>
#include <moefield_mpi.h>
#include <stdio.h>

enum { POINTS = 8, EXPERTS = 1000000 };

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

/* All ranks return the same status, so all of them leave at the same place. */
#define TRY(call)                                                                                            \
    if ((status = (call))) {                                                                                 \
        fprintf(stderr, "%s\n", moe_context_error(context));                                                 \
        goto end;                                                                                            \
    }

int main(int argc, char **argv)
{
    const moe_expert_ops ops = {
        .struct_size = sizeof ops, .flags = MOE_EXPERT_THREAD_SAFE, .values = values, .pullback = pullback};
    const double turn = 2 * 3.14159265358979323846;
    double x[POINTS], y[POINTS], loss;
    int64_t first, count;
    int32_t status;
    moe_context *context = NULL;
    moe_expert *expert = NULL;
    moe_model *model = NULL;
    moe_law *law = NULL;
    moe_measure *mine = NULL;
    moe_flow *flow = NULL;
    MPI_Init(&argc, &argv);
    for (int j = 0; j < POINTS; j++) {
        x[j] = turn * j / POINTS;
        y[j] = 0.5 * sin(x[j]);
    }
    TRY(moe_context_create(NULL, &context));
    TRY(moe_mpi_use(context, MPI_COMM_WORLD));
    TRY(moe_expert_create(context, &ops, NULL, 1, 1, 1, &turn, &expert));
    TRY(moe_model_create(context, expert, POINTS, x, y, NULL, &model));
    TRY(moe_law_create(context, 1, &turn, &law)); /* uniform on the circle */
    TRY(moe_flow_share(context, model, EXPERTS, &first, &count));
    if (count > 0)
        TRY(moe_measure_random(context, law, 2026, 0, first, count, &mine));
    TRY(moe_flow_create_spread(context, model, EXPERTS, moe_measure_points(mine), NULL, &flow));
    for (int t = 0; t <= 8; t += 2) {
        TRY(moe_flow_advance(flow, t));
        TRY(moe_flow_loss(flow, &loss));
        if (moe_context_rank(context) == 0)
            printf("t = %d  loss %.15f\n", t, loss);
    }
end:
    moe_flow_destroy(flow);
    moe_measure_destroy(mine);
    moe_law_destroy(law);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    moe_context_destroy(context); /* frees its duplicate of the communicator: before MPI_Finalize */
    MPI_Finalize();
    return status != 0;
}
