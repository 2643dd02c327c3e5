/* points.c - the points that an expert is bound to: their half angles, norms and starting states.
 *
 * Points are cut into rows of LANES; the last one repeats the last point, with residual 0, to be full. What
 * depends on x only is tabulated here: the half angles and, for few qubits, the states before the first gate
 * that depends on theta.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/points.h"

#include "qnn/expert.h"

#include <math.h>

/* The most that is kept of starting states. */
enum { STARTING_BYTES = 1 << 26 };

static int64_t rows_of(int64_t n)
{
    return n / QNNI_LANES + (n % QNNI_LANES != 0);
}

/* table[slot] = tan and cos of the half angles at points [LANES row, ...) */
static void tabulate_inputs(const qnni_program *program, int64_t row, int64_t n, const double *x,
                            double *table)
{
    for (int64_t slot = 0; slot < program->angle_count[QNN_INPUT]; slot++)
        for (int64_t lane = 0; lane < QNNI_LANES; lane++) {
            const int64_t j = row * QNNI_LANES + lane < n ? row * QNNI_LANES + lane : n - 1;
            double tc[2], *to = table + slot * 2 * QNNI_LANES;
            qnni_tabulate_angle(program, &program->angles[QNN_INPUT][slot], x + j * program->inputs, tc);
            to[lane] = tc[0];
            to[QNNI_LANES + lane] = tc[1];
        }
}

qnni_block qnni_points_block(const qnni_expert *expert, const qnni_points *bound)
{
    const qnni_program *program = &expert->program;
    qnni_block block = {
        .points = bound->n,
        .angles = {program->constants, NULL, bound->angles},
        .tangents = {program->constant_tangents, NULL, bound->tangents},
        .start = bound->states,
        .fixed = bound->fixed,
        .keep = expert->keep,
    };
    if (qnni_is_single(bound->kernels))
        block.tangents[QNN_CONSTANT] = program->constant_singles;
    return block;
}

void qnni_points_free(const qnni_expert *expert, qnni_points *mine)
{
    if (!mine)
        return;
    moei_free(expert->core, mine->basis);
    qnni_crowd_free(expert->core, mine->crowd);
    moei_free(expert->core, mine->psi);
    moei_free(expert->core, mine->states);
    moei_free(expert->core, mine->fixed.norm);
    moei_free(expert->core, mine->fixed.left);
    moei_free(expert->core, mine->fixed.scales);
    moei_free(expert->core, mine->fixed.uses);
    moei_free(expert->core, mine->tangents);
    moei_free(expert->core, mine->angles);
    moei_free(expert->core, mine);
}

void qnni_unbind(void *self, void *bound)
{
    qnni_points_free(self, bound);
}

/* The angles, norms and starting states of all rows; `work` is scratch. */
static void fill_bound(const qnni_expert *expert, const double *x, qnni_points *bound, double *work)
{
    const qnni_program *program = &expert->program;
    const int64_t size = program->angle_count[QNN_INPUT] * 2 * QNNI_LANES;
    for (int64_t row = 0; row < bound->rows; row++) {
        tabulate_inputs(program, row, bound->n, x, bound->angles + row * size);
        const double *const angles[3] = {program->constants, NULL, bound->angles + row * size};
        qnni_fix_scales(program, angles, work,
                        &(qnni_scales){bound->fixed.norm + row * QNNI_LANES,
                                       bound->fixed.left + row * QNNI_LANES,
                                       bound->fixed.scales + row * program->pass_count * QNNI_LANES,
                                       bound->fixed.uses + row * program->pass_count});
    }
    qnni_tangents(bound->rows * program->angle_count[QNN_INPUT], bound->angles, (size_t)bound->kernels->bytes,
                  bound->tangents);
    bound->smallest = INFINITY;
    for (int64_t i = 0; i < bound->rows * QNNI_LANES; i++)
        bound->smallest = fmin(bound->smallest, fabs(bound->fixed.norm[i]));
    qnni_block block = qnni_points_block(expert, bound);
    block.work = work;
    if (bound->states)
        qnni_start(bound->kernels, program, &block, bound->states);
}

/* What the mean observable needs of the points, from their starting states; false if memory is out. */
static bool bind_mean(const qnni_expert *expert, qnni_points *bound)
{
    const qnni_program *program = &expert->program;
    const int64_t D = INT64_C(1) << program->qubits, rows = (D + QNNI_LANES - 1) / QNNI_LANES;
    bound->psi = MOEI_NEW(expert->core, qnni_mean_size(program, bound->n), double);
    bound->basis = MOEI_NEW(expert->core, rows * qnni_state_size(program), double);
    if (!bound->psi || !bound->basis)
        return false;
    qnni_mean_points(expert->kernels, program, bound->n, bound->states, bound->psi);
    qnni_mean_basis(expert->kernels, program, bound->basis);
    return true;
}

/* Whether lanes are experts: in double precision always, which for few points is still the faster. */
static bool side_by_side(const qnni_expert *expert, int64_t n)
{
    if (expert->lanes == QNNI_LANES_CHOSEN)
        return qnni_crowd_pays(&expert->program, n);
    return expert->lanes == QNNI_LANES_EXPERTS && expert->program.qubits <= QNNI_CROWD_QUBITS;
}

/* Room for all of `bound` but the mean observable's and the crowd's; false if memory is out. */
static bool make_room(const qnni_expert *expert, qnni_points *bound)
{
    const qnni_program *program = &expert->program;
    const int64_t angles = moei_mul(bound->rows, moei_mul(program->angle_count[QNN_INPUT], 2 * QNNI_LANES));
    const int64_t states = moei_mul(bound->rows, qnni_state_size(program));
    const bool starts = states >= 0 && states <= STARTING_BYTES / bound->kernels->bytes;
    bound->angles = MOEI_NEW(expert->core, angles, double);
    const int64_t lanes = moei_mul(bound->rows, QNNI_LANES),
                  passes = moei_mul(bound->rows, program->pass_count);
    bound->fixed.norm = MOEI_NEW(expert->core, lanes, double);
    bound->fixed.left = MOEI_NEW(expert->core, lanes, double);
    bound->fixed.scales = MOEI_NEW(expert->core, moei_mul(passes, QNNI_LANES), double);
    bound->fixed.uses = MOEI_NEW(expert->core, passes, bool);
    bound->tangents =
        MOEI_NEW(expert->core, qnni_doubles_of(bound->kernels, angles < 0 ? angles : angles / 2), double);
    if (starts)
        bound->states = MOEI_NEW(expert->core, qnni_doubles_of(bound->kernels, states), double);
    return bound->angles && bound->tangents && bound->fixed.norm && bound->fixed.left &&
           bound->fixed.scales && bound->fixed.uses && (!starts || bound->states);
}

qnni_points *qnni_points_bind(const qnni_expert *expert, const qnni_kernels *kernels, int64_t n,
                              const double *x)
{
    qnni_points *fresh = MOEI_NEW(expert->core, 1, qnni_points);
    if (!fresh)
        return NULL;
    fresh->kernels = kernels;
    fresh->n = n;
    fresh->rows = rows_of(n);
    double *work = MOEI_NEW(expert->core, qnni_start_size(&expert->program), double);
    const bool complete = work && make_room(expert, fresh);
    if (complete)
        fill_bound(expert, x, fresh, work);
    moei_free(expert->core, work);
    if (complete)
        return fresh;
    qnni_points_free(expert, fresh);
    return NULL;
}

int32_t qnni_bind(void *self, int64_t n, const double *x, void **bound)
{
    const qnni_expert *expert = self;
    const qnni_program *program = &expert->program;
    const int64_t states = moei_mul(rows_of(n), qnni_state_size(program));
    const bool mean =
        states >= 0 && states <= STARTING_BYTES / (int64_t)sizeof(double) && qnni_mean_pays(program, n);
    const bool crowd = !mean && side_by_side(expert, n), single = program->single && !mean && !crowd;
    qnni_points *fresh = qnni_points_bind(expert, single ? expert->kernels->single : expert->kernels, n, x);
    bool complete = fresh;
    if (complete && mean)
        complete = bind_mean(expert, fresh);
    else if (complete && crowd)
        complete = qnni_crowd_create(expert->core, program, n, x, &fresh->crowd) == MOE_OK;
    if (!complete) {
        qnni_points_free(expert, fresh);
        return MOE_ERROR_MEMORY;
    }
    *bound = fresh;
    return MOE_OK;
}
