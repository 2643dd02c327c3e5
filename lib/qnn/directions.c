/* directions.c - derivatives along directions, of experts on bound points.
 *
 * Where the mean observable stands for the points, h is taken from its weighted states, df at each point.
 * Points bound in single precision are bound anew in double for the call.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/directions.h"

#include "qnn/tangent.h"

#include <string.h>

/* A tangent call's own memory, for it depends on the number of passes more than a call's scratch should. */
typedef struct tangent_room {
    double *half, *deltas; /* of all directions, one after the other      */
    double *df, *h;        /* K x LANES; direction x theta slot x LANES   */
    double *states;        /* qnni_tangent_size                           */
    int64_t delta_size;
} tangent_room;

static void free_tangent(moei_core *core, const tangent_room *room)
{
    double *const blocks[] = {room->half, room->deltas, room->df, room->h, room->states};
    for (int i = 0; i < 5; i++)
        moei_free(core, blocks[i]);
}

static int32_t make_tangent(const qnni_expert *expert, int64_t m, tangent_room *room)
{
    const qnni_program *program = &expert->program;
    const int64_t slots = moei_mul(m, program->angle_count[QNN_THETA]);
    room->delta_size = moei_mul(program->diagonal_count, qnni_diagonal_size(program) / 2);
    room->half = MOEI_NEW(expert->core, slots, double);
    room->deltas = MOEI_NEW(expert->core, moei_mul(m, room->delta_size), double);
    room->df = MOEI_NEW(expert->core, moei_mul(program->outputs, QNNI_LANES), double);
    room->h = MOEI_NEW(expert->core, moei_mul(slots, QNNI_LANES), double);
    room->states = MOEI_NEW(expert->core, qnni_tangent_size(expert->kernels, program), double);
    return room->half && room->deltas && room->df && room->h && room->states ? MOE_OK : MOE_ERROR_MEMORY;
}

/* half and deltas of an expert's m directions; h <- 0 */
static void tabulate_directions(const qnni_expert *expert, int64_t m, const double *direction,
                                const tangent_room *room)
{
    const qnni_program *program = &expert->program;
    const int64_t slots = program->angle_count[QNN_THETA];
    for (int64_t l = 0; l < m; l++) {
        double *half = room->half + l * slots;
        for (int64_t slot = 0; slot < slots; slot++) {
            const qnni_angle *angle = &program->angles[QNN_THETA][slot];
            half[slot] = 0.5 * angle->scale * direction[l * program->parameters + angle->index];
        }
        qnni_tangent_tabulate(expert->kernels, program, half, room->deltas + l * room->delta_size);
    }
    memset(room->h, 0, (size_t)(m * slots * QNNI_LANES) * sizeof(double));
}

/* The first `points` of a block of one expert along m directions; df: m x points x K.  r: row x K x LANES */
static void tangent_of_block(const qnni_expert *expert, const qnni_block *block, int64_t m, const double *r,
                             double *df, bool second, const tangent_room *room)
{
    const qnni_program *program = &expert->program;
    const int64_t slots = program->angle_count[QNN_THETA], K = program->outputs, n = block->points;
    for (int64_t first = 0; first < n; first += expert->kernels->width) {
        const double *lanes = r + first / QNNI_LANES * K * QNNI_LANES + first % QNNI_LANES;
        qnni_tangent_open(expert->kernels, program, block, first, room->states);
        for (int64_t l = 0; l < m; l++) {
            const qnni_direction along = {room->half + l * slots, room->deltas + l * room->delta_size};
            qnni_tangent(expert->kernels, program, block, first, &along, lanes, df ? room->df : NULL,
                         second ? room->h + l * slots * QNNI_LANES : NULL, room->states);
            for (int64_t i = 0; df && i < expert->kernels->width && first + i < n; i++)
                for (int64_t k = 0; k < K; k++)
                    df[(l * n + first + i) * K + k] = room->df[k * QNNI_LANES + i];
        }
    }
}

/* Of one expert: by points, and h by the weighted states that stand for the residuals if there are any. */
static void tangent_of_expert(const qnni_expert *expert, const qnni_points *bound,
                              const qnni_mean_stage *mean, int64_t m, const double *theta,
                              const double *direction, double *df, double *h, const qnni_call *scratch,
                              const tangent_room *room)
{
    const qnni_program *program = &expert->program;
    const int64_t slots = program->angle_count[QNN_THETA];
    qnni_block block = qnni_call_block(expert, bound, theta, scratch);
    tabulate_directions(expert, m, direction, room);
    if (df || !mean)
        tangent_of_block(expert, &block, m, scratch->lanes, df, h && !mean, room);
    if (h && mean) {
        qnni_stand_in(mean, &block);
        tangent_of_block(expert, &block, m, mean->weights, NULL, true, room);
    }
    for (int64_t l = 0; h && l < m; l++)
        qnni_collect(program, room->h + l * slots * QNNI_LANES, h + l * program->parameters);
}

static int32_t tangents_at(const qnni_expert *expert, const qnni_points *bound, const qnni_mean_stage *mean,
                           int64_t count, int64_t m, const double *theta, const double *direction,
                           const double *r, double *df, double *h, const qnni_call *scratch)
{
    const int64_t d = expert->program.parameters, K = expert->program.outputs, n = bound->n;
    tangent_room room = {0};
    const int32_t status = make_tangent(expert, m, &room);
    if (h && !mean)
        qnni_spread_residuals(bound->rows, n, K, r, scratch->lanes);
    for (int64_t i = 0; i < count && !status; i++)
        tangent_of_expert(expert, bound, mean, m, theta + i * d, direction + i * m * d,
                          df ? df + i * m * n * K : NULL, h ? h + i * m * d : NULL, scratch, &room);
    free_tangent(expert->core, &room);
    return status;
}

int32_t qnni_along(void *self, void *bound, void *stage, int64_t n, const double *x, int64_t count, int64_t m,
                   const double *theta, const double *direction, const double *r, double *df, double *h,
                   void *work)
{
    const qnni_expert *expert = self;
    const qnni_points *mine = bound;
    const qnni_program *program = &expert->program;
    const qnni_call scratch = qnni_call_in(expert, mine, work);
    if (program->first == program->turn_count) { /* no angle depends on theta */
        if (df)
            memset(df, 0, (size_t)(count * m * n * program->outputs) * sizeof *df);
        if (h)
            memset(h, 0, (size_t)(count * m * program->parameters) * sizeof *h);
        return MOE_OK;
    }
    if (!qnni_is_single(mine->kernels))
        return tangents_at(expert, mine, stage, count, m, theta, direction, r, df, h, &scratch);
    qnni_points *wide = qnni_points_bind(expert, expert->kernels, n, x);
    const int32_t status =
        wide ? tangents_at(expert, wide, stage, count, m, theta, direction, r, df, h, &scratch)
             : MOE_ERROR_MEMORY;
    qnni_points_free(expert, wide);
    return status;
}
