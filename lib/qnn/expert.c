/* expert.c - a circuit as a moe_expert.
 *
 * Points are cut into rows of LANES; the last one repeats the last point, with residual 0, to be full. `bind`
 * tabulates the half angles that depend on x and, for few qubits, the state before the first gate that
 * depends on theta. A call then tabulates an expert's own half angles and runs the kernels over the rows;
 * gradients are summed lane by lane over the rows in order, then over the lanes.
 *
 * Where every x comes before every theta and the points are many, moments and stages are those of the mean
 * observable (mean.h), and points do not count. `values` always goes point by point. The mean observable
 * and tangents are in double precision, whatever the circuit asks for.
 *
 * The states after each pass are kept for the way back if they take no more than KEPT_BYTES.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/expert.h"

#include "expert/expert.h"
#include "qnn/bounds.h"
#include "qnn/crowd.h"
#include "qnn/mean.h"
#include "qnn/norms.h"
#include "qnn/tangent.h"

#include <math.h>
#include <moefield/expert.h>
#include <string.h>

/* The most that bind keeps of starting states, and a call of states for the way back. */
enum { STARTING_BYTES = 1 << 26, KEPT_BYTES = 1 << 26 };

typedef struct qnni_expert {
    moei_core *core;
    const qnni_kernels *kernels; /* of the instruction set, in double precision */
    qnni_program program;
    bool keep; /* see qnni_block */
    int lanes; /* QNNI_LANES_* */
    double bounds[3];
} qnni_expert;

typedef struct qnni_bound {
    const qnni_kernels *kernels; /* in the points' precision                  */
    int64_t n, rows;
    double *angles;    /* row x slot x 2 x LANES                          */
    double *tangents;  /* row x slot x LANES reals: their tangents        */
    qnni_scales fixed; /* qnni_fix_scales                                 */
    double smallest;   /* of fixed.norm                                   */
    double *states;    /* row x 2^M x 2 x LANES reals, or NULL: not kept  */
    qnni_crowd *crowd; /* if experts side by side serve the points better, else NULL */
    /* if the mean observable serves the points, else NULL: */
    double *psi;   /* qnni_mean_points */
    double *basis; /* qnni_mean_basis  */
} qnni_bound;

static bool is_single(const qnni_kernels *kernels)
{
    return kernels->bytes == sizeof(float);
}

/* Doubles that `count` reals take, in whole lines. */
static int64_t doubles_of(const qnni_kernels *kernels, int64_t count)
{
    return count < 0 || !is_single(kernels) ? count : (count / 2 + 8) / 8 * 8;
}

/* ---- inputs ----------------------------------------------------------------------------------- */

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

/* The points' constants, input angles and starting states; the rest is the call's. */
static qnni_block block_of_bound(const qnni_expert *expert, const qnni_bound *bound)
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
    if (is_single(bound->kernels))
        block.tangents[QNN_CONSTANT] = program->constant_singles;
    return block;
}

static void free_bound(const qnni_expert *expert, qnni_bound *mine)
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

static void unbind(void *self, void *bound)
{
    free_bound(self, bound);
}

/* The angles, norms and starting states of all rows; `work` is scratch. */
static void fill_bound(const qnni_expert *expert, const double *x, qnni_bound *bound, double *work)
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
    qnni_block block = block_of_bound(expert, bound);
    block.work = work;
    if (bound->states)
        qnni_start(bound->kernels, program, &block, bound->states);
}

/* What the mean observable needs of the points, from their starting states; false if memory is out. */
static bool bind_mean(const qnni_expert *expert, qnni_bound *bound)
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

/* Whether lanes are experts, in double precision. */
static bool side_by_side(const qnni_expert *expert, int64_t n)
{
    if (expert->lanes == QNNI_LANES_CHOSEN)
        return qnni_crowd_pays(&expert->program, n);
    return expert->lanes == QNNI_LANES_EXPERTS && expert->program.qubits <= QNNI_CROWD_QUBITS;
}

/* Room for all of `bound` but the mean observable's and the crowd's; false if memory is out. */
static bool make_room(const qnni_expert *expert, qnni_bound *bound)
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
        MOEI_NEW(expert->core, doubles_of(bound->kernels, angles < 0 ? angles : angles / 2), double);
    if (starts)
        bound->states = MOEI_NEW(expert->core, doubles_of(bound->kernels, states), double);
    return bound->angles && bound->tangents && bound->fixed.norm && bound->fixed.left &&
           bound->fixed.scales && bound->fixed.uses && (!starts || bound->states);
}

/* The points for these kernels; NULL if memory is out. */
static qnni_bound *bind_points(const qnni_expert *expert, const qnni_kernels *kernels, int64_t n,
                               const double *x)
{
    qnni_bound *fresh = MOEI_NEW(expert->core, 1, qnni_bound);
    if (!fresh)
        return NULL;
    fresh->kernels = kernels;
    fresh->n = n;
    fresh->rows = n / QNNI_LANES + (n % QNNI_LANES != 0);
    double *work = MOEI_NEW(expert->core, qnni_start_size(&expert->program), double);
    const bool complete = work && make_room(expert, fresh);
    if (complete)
        fill_bound(expert, x, fresh, work);
    moei_free(expert->core, work);
    if (complete)
        return fresh;
    free_bound(expert, fresh);
    return NULL;
}

static int32_t bind(void *self, int64_t n, const double *x, void **bound)
{
    const qnni_expert *expert = self;
    const qnni_program *program = &expert->program;
    const int64_t rows = n / QNNI_LANES + (n % QNNI_LANES != 0);
    const int64_t states = moei_mul(rows, qnni_state_size(program));
    const bool mean =
        states >= 0 && states <= STARTING_BYTES / (int64_t)sizeof(double) && qnni_mean_pays(program, n);
    const bool single = program->single && !mean;
    qnni_bound *fresh = bind_points(expert, single ? expert->kernels->single : expert->kernels, n, x);
    bool complete = fresh;
    if (complete && mean)
        complete = bind_mean(expert, fresh);
    else if (complete && !single && side_by_side(expert, n))
        complete = qnni_crowd_create(expert->core, program, n, x, &fresh->crowd) == MOE_OK;
    if (!complete) {
        free_bound(expert, fresh);
        return MOE_ERROR_MEMORY;
    }
    *bound = fresh;
    return MOE_OK;
}

/* ---- scratch ---------------------------------------------------------------------------------- */

/* A call's scratch, in doubles from the start of `work`. */
typedef struct call_scratch {
    double *angles;    /* theta slot x 2 x LANES                                      */
    double *diagonals; /* diagonal x qnni_diagonal_size                               */
    double *sums;      /* theta slot x LANES                                          */
    double *lanes;     /* row x K x LANES: values or residuals                        */
    double *states;    /* of qnni_work_size                                           */
    double *mean;      /* for the mean observable                                     */
    double *tangents;  /* theta slot x LANES reals                                    */
    double *singles;   /* the diagonals as floats, if those are used                  */
    double *passes;    /* pass, thrice: scratch, then what follows                    */
    double *crowd;     /* for experts side by side                                    */
    qnni_scales theta; /* qnni_theta_scales                                           */
} call_scratch;

enum { PARTS = 10 };

/* The sizes of the parts; false if they do not fit together. */
static bool part_sizes(const qnni_expert *expert, const qnni_bound *bound, int64_t sizes[PARTS])
{
    const qnni_program *program = &expert->program;
    const int64_t slots = program->angle_count[QNN_THETA];
    int64_t total = 0;
    sizes[0] = moei_mul(slots, 2 * QNNI_LANES);
    sizes[1] = moei_mul(program->diagonal_count, qnni_diagonal_size(program));
    sizes[2] = moei_mul(slots, QNNI_LANES);
    sizes[3] = moei_mul(bound->rows, moei_mul(program->outputs, QNNI_LANES));
    sizes[4] = qnni_work_size(bound->kernels, program, expert->keep, bound->states);
    sizes[5] = bound->psi ? qnni_mean_scratch(expert->kernels, program) : 0;
    sizes[6] = moei_mul(slots, QNNI_LANES);
    sizes[7] = is_single(bound->kernels) ? doubles_of(bound->kernels, sizes[1]) : 0;
    sizes[8] = moei_mul(program->pass_count + 16, 3) / 8 * 8;
    sizes[9] = bound->crowd ? qnni_crowd_scratch(bound->crowd) : 0;
    for (int i = 0; i < PARTS; i++)
        if (sizes[i] < 0 || __builtin_add_overflow(total, sizes[i], &total))
            return false;
    return moei_mul(total, sizeof(double)) >= 0;
}

static int64_t workspace(void *self, void *bound, int64_t count)
{
    const qnni_expert *expert = self;
    int64_t sizes[PARTS], total = 0;
    (void)count; /* experts come one after the other */
    if (!part_sizes(expert, bound, sizes))
        return -1;
    for (int i = 0; i < PARTS; i++)
        total += sizes[i];
    return total * (int64_t)sizeof(double);
}

static call_scratch scratch_in(const qnni_expert *expert, const qnni_bound *bound, void *work)
{
    int64_t sizes[PARTS];
    double *part[PARTS], *next = work;
    part_sizes(expert, bound, sizes);
    for (int i = 0; i < PARTS; i++) {
        part[i] = next;
        next += sizes[i];
    }
    const int64_t passes = expert->program.pass_count;
    double *norms = part[8] + passes;
    const qnni_scales theta = {norms, norms + 1, norms + 2, (bool *)(norms + 2 + passes)};
    return (call_scratch){part[0], part[1], part[2], part[3], part[4], part[5],
                          part[6], part[7], part[8], part[9], theta};
}

static void spread_single(float value, float *lanes)
{
    for (int lane = 0; lane < QNNI_LANES; lane++)
        lanes[lane] = value;
}

static void spread_double(double value, double *lanes)
{
    for (int lane = 0; lane < QNNI_LANES; lane++)
        lanes[lane] = value;
}

/* scratch <- the half angles and diagonals of an expert, for the points' kernels */
static void tabulate_theta(const qnni_expert *expert, const qnni_kernels *kernels, const double *theta,
                           const call_scratch *scratch)
{
    const qnni_program *program = &expert->program;
    const double *const angles[3] = {program->constants, scratch->angles, NULL};
    for (int64_t slot = 0; slot < program->angle_count[QNN_THETA]; slot++) {
        double tc[2], *row = scratch->angles + slot * 2 * QNNI_LANES;
        qnni_tabulate_angle(program, &program->angles[QNN_THETA][slot], theta, tc);
        row[0] = tc[0];
        row[QNNI_LANES] = tc[1];
        if (is_single(kernels))
            spread_single((float)tc[0], (float *)scratch->tangents + slot * QNNI_LANES);
        else
            spread_double(tc[0], scratch->tangents + slot * QNNI_LANES);
    }
    for (int64_t p = program->first_pass; p < program->pass_count; p++) {
        const qnni_pass *pass = &program->passes[p];
        if (pass->phase_count)
            expert->kernels->tabulate(program, pass, angles,
                                      scratch->diagonals + pass->diagonal * qnni_diagonal_size(program));
    }
}

/* The block of all points for the expert theta. */
static qnni_block block_of_expert(const qnni_expert *expert, const qnni_bound *bound, const double *theta,
                                  const call_scratch *scratch)
{
    const qnni_program *program = &expert->program;
    const double *const angles[3] = {program->constants, scratch->angles, NULL};
    qnni_block block = block_of_bound(expert, bound);
    tabulate_theta(expert, bound->kernels, theta, scratch);
    block.theta = scratch->theta;
    qnni_theta_scales(bound->kernels, program, angles, bound->smallest, scratch->passes, &block.theta);
    block.angles[QNN_THETA] = scratch->angles;
    block.tangents[QNN_THETA] = scratch->tangents;
    block.diagonals = scratch->diagonals;
    block.work = scratch->states;
    if (is_single(bound->kernels)) {
        float *singles = (float *)scratch->singles;
        for (int64_t i = 0; i < program->diagonal_count * qnni_diagonal_size(program); i++)
            singles[i] = (float)scratch->diagonals[i];
        block.diagonals = singles;
    }
    return block;
}

/* ---- values and moments ----------------------------------------------------------------------- */

static int64_t points_in(int64_t n, int64_t row)
{
    const int64_t left = n - row * QNNI_LANES;
    return left < QNNI_LANES ? left : QNNI_LANES;
}

/* f[j,k] = f_k(theta, x_j), or f[j,k] += w f_k(theta, x_j) if `add`. */
static void one_expert(const qnni_expert *expert, const qnni_bound *bound, int64_t n, const double *theta,
                       bool add, double w, const call_scratch *scratch, double *f)
{
    const int64_t K = expert->program.outputs;
    const qnni_block block = block_of_expert(expert, bound, theta, scratch);
    qnni_values(bound->kernels, &expert->program, &block, scratch->lanes);
    for (int64_t row = 0; row < bound->rows; row++)
        for (int64_t lane = 0; lane < points_in(n, row); lane++)
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
    const qnni_bound *mine = bound;
    const call_scratch scratch = scratch_in(expert, bound, work);
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
    const qnni_bound *mine = bound;
    const int64_t K = expert->program.outputs;
    return mine->psi ? K << (2 * expert->program.qubits) : mine->n * K;
}

/* m += the experts' w O_k(theta) */
static void add_mean(const qnni_expert *expert, const qnni_bound *bound, int64_t count, const double *theta,
                     const double *w, const call_scratch *scratch, double *m)
{
    const qnni_program *program = &expert->program;
    for (int64_t i = 0; i < count; i++) {
        qnni_block block = block_of_expert(expert, bound, theta + i * program->parameters, scratch);
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
    const qnni_bound *mine = bound;
    const call_scratch scratch = scratch_in(expert, bound, work);
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
    const qnni_bound *mine = bound;
    (void)x;
    if (mine->psi)
        return qnni_mean_predict(expert->core, expert->kernels, &expert->program, n, mine->psi, m, f);
    memcpy(f, m, (size_t)(n * expert->program.outputs) * sizeof *f);
    return 0;
}

/* ---- pullback --------------------------------------------------------------------------------- */

/* lanes[row, k, lane] = r[j,k], 0 beyond the last point */
static void spread_residuals(int64_t rows, int64_t n, int64_t K, const double *r, double *lanes)
{
    for (int64_t row = 0; row < rows; row++)
        for (int64_t k = 0; k < K; k++)
            for (int64_t lane = 0; lane < QNNI_LANES; lane++)
                lanes[(row * K + k) * QNNI_LANES + lane] =
                    lane < points_in(n, row) ? r[(row * QNNI_LANES + lane) * K + k] : 0;
}

/* g[a] = sum over the slots of parameter a of scale * sum of its lanes */
static void collect(const qnni_program *program, const double *sums, double *g)
{
    memset(g, 0, (size_t)program->parameters * sizeof *g);
    for (int64_t slot = 0; slot < program->angle_count[QNN_THETA]; slot++) {
        const qnni_angle *angle = &program->angles[QNN_THETA][slot];
        double total = 0;
        for (int lane = 0; lane < QNNI_LANES; lane++)
            total += sums[slot * QNNI_LANES + lane];
        g[angle->index] += angle->scale * total;
    }
}

static int32_t prepare(void *self, void *bound, int64_t n, const double *x, const double *r, void **stage)
{
    const qnni_expert *expert = self;
    const qnni_bound *mine = bound;
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

/* block <- the weighted states in place of the points: no input angle is read after the start, and the norms
 * are the same for all. */
static void stand_in(const qnni_mean_stage *mean, qnni_block *block)
{
    block->points = mean->count;
    block->start = mean->states;
    block->alike = true;
}

static int32_t pullback(void *self, void *bound, void *stage, int64_t n, const double *x, int64_t count,
                        const double *theta, const double *r, double *g, void *work)
{
    const qnni_expert *expert = self;
    const qnni_program *program = &expert->program;
    const qnni_bound *mine = bound;
    const call_scratch scratch = scratch_in(expert, bound, work);
    const int64_t sums = program->angle_count[QNN_THETA] * QNNI_LANES;
    const qnni_mean_stage *mean = stage;
    (void)x;
    if (mine->crowd) {
        qnni_crowd_pullback(expert->kernels, mine->crowd, count, theta, r, g, scratch.crowd);
        return 0;
    }
    if (!mean)
        spread_residuals(mine->rows, n, program->outputs, r, scratch.lanes);
    for (int64_t i = 0; i < count; i++) {
        qnni_block block = block_of_expert(expert, mine, theta + i * program->parameters, &scratch);
        if (mean)
            stand_in(mean, &block);
        memset(scratch.sums, 0, (size_t)sums * sizeof(double));
        qnni_pullback(mine->kernels, program, &block, mean ? mean->weights : scratch.lanes, scratch.sums);
        collect(program, scratch.sums, g + i * program->parameters);
    }
    return 0;
}

/* ---- tangent ---------------------------------------------------------------------------------- */

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
static void tangent_of_expert(const qnni_expert *expert, const qnni_bound *bound, const qnni_mean_stage *mean,
                              int64_t m, const double *theta, const double *direction, double *df, double *h,
                              const call_scratch *scratch, const tangent_room *room)
{
    const qnni_program *program = &expert->program;
    const int64_t slots = program->angle_count[QNN_THETA];
    qnni_block block = block_of_expert(expert, bound, theta, scratch);
    tabulate_directions(expert, m, direction, room);
    if (df || !mean)
        tangent_of_block(expert, &block, m, scratch->lanes, df, h && !mean, room);
    if (h && mean) {
        stand_in(mean, &block);
        tangent_of_block(expert, &block, m, mean->weights, NULL, true, room);
    }
    for (int64_t l = 0; h && l < m; l++)
        collect(program, room->h + l * slots * QNNI_LANES, h + l * program->parameters);
}

static int32_t tangents_at(const qnni_expert *expert, const qnni_bound *bound, const qnni_mean_stage *mean,
                           int64_t count, int64_t m, const double *theta, const double *direction,
                           const double *r, double *df, double *h, const call_scratch *scratch)
{
    const int64_t d = expert->program.parameters, K = expert->program.outputs, n = bound->n;
    tangent_room room = {0};
    const int32_t status = make_tangent(expert, m, &room);
    if (h && !mean)
        spread_residuals(bound->rows, n, K, r, scratch->lanes);
    for (int64_t i = 0; i < count && !status; i++)
        tangent_of_expert(expert, bound, mean, m, theta + i * d, direction + i * m * d,
                          df ? df + i * m * n * K : NULL, h ? h + i * m * d : NULL, scratch, &room);
    free_tangent(expert->core, &room);
    return status;
}

static int32_t tangent(void *self, void *bound, void *stage, int64_t n, const double *x, int64_t count,
                       int64_t m, const double *theta, const double *direction, const double *r, double *df,
                       double *h, void *work)
{
    const qnni_expert *expert = self;
    const qnni_bound *mine = bound;
    const qnni_program *program = &expert->program;
    const call_scratch scratch = scratch_in(expert, mine, work);
    if (program->first == program->turn_count) { /* no angle depends on theta */
        if (df)
            memset(df, 0, (size_t)(count * m * n * program->outputs) * sizeof *df);
        if (h)
            memset(h, 0, (size_t)(count * m * program->parameters) * sizeof *h);
        return MOE_OK;
    }
    if (!is_single(mine->kernels))
        return tangents_at(expert, mine, stage, count, m, theta, direction, r, df, h, &scratch);
    qnni_bound *wide = bind_points(expert, expert->kernels, n, x);
    const int32_t status =
        wide ? tangents_at(expert, wide, stage, count, m, theta, direction, r, df, h, &scratch)
             : MOE_ERROR_MEMORY;
    free_bound(expert, wide);
    return status;
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
    .bind = bind,
    .unbind = unbind,
    .workspace = workspace,
    .moment_count = moment_count,
    .moments = moments,
    .predict = predict,
    .prepare = prepare,
    .release = release,
    .destroy = destroy,
    .bounds = bounds,
    .tangent = tangent,
};

/* periods <- the host's, or those of the circuit */
static int32_t settle_periods(moe_context *context, const qnn_circuit *circuit, const double *given,
                              double *periods)
{
    for (int64_t a = 0; a < circuit->parameters; a++)
        periods[a] = given ? given[a] : qnn_circuit_period(circuit, a);
    return given ? qnni_need_periods(context, circuit, periods) : MOE_OK;
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
