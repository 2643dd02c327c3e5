/* expert.c - a circuit as a moe_expert.
 *
 * Points are cut into blocks of LANES; the last one repeats the last point, with residual 0, to be full.
 * `bind` tabulates the half angles that depend on x and, for few qubits, the state before the first gate that
 * depends on theta. A call then tabulates an expert's own half angles and runs the kernels block after block;
 * gradients are summed lane by lane over the blocks in order, then over the lanes.
 *
 * Where every x comes before every theta and the points are many, moments and stages are those of the mean
 * observable (mean.h), and points do not count. `values` always goes point by point.
 *
 * The states after each pass are kept for the way back if they take no more than KEPT_BYTES.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/expert.h"

#include "expert/expert.h"
#include "qnn/bounds.h"
#include "qnn/mean.h"
#include "qnn/tangent.h"

#include <moefield/expert.h>
#include <string.h>

/* The most that bind keeps of starting states, and a call of states for the way back. */
enum { STARTING_BYTES = 1 << 26, KEPT_BYTES = 1 << 26 };

typedef struct qnni_expert {
    moei_core *core;
    const qnni_kernels *kernels;
    qnni_program program;
    bool keep; /* see qnni_block */
    double bounds[3];
} qnni_expert;

typedef struct qnni_bound {
    int64_t n, blocks;
    double *angles; /* block x slot x 2 x LANES                    */
    double *norms;  /* block x LANES: qnni_fixed_norm              */
    double *states; /* block x 2^M x 2 x LANES, or NULL: not kept  */
    /* if the mean observable serves the points, else NULL: */
    double *psi;   /* qnni_mean_points */
    double *basis; /* qnni_mean_basis  */
} qnni_bound;

/* ---- inputs ----------------------------------------------------------------------------------- */

/* table[slot] = tan and cos of the half angles at points [LANES block, ...) */
static void tabulate_inputs(const qnni_program *program, int64_t block, int64_t n, const double *x,
                            double *table)
{
    for (int64_t slot = 0; slot < program->angle_count[QNN_INPUT]; slot++)
        for (int64_t lane = 0; lane < QNNI_LANES; lane++) {
            const int64_t j = block * QNNI_LANES + lane < n ? block * QNNI_LANES + lane : n - 1;
            double cs[2], *row = table + slot * 2 * QNNI_LANES;
            qnni_half_angle(&program->angles[QNN_INPUT][slot], x + j * program->inputs, cs);
            row[lane] = cs[0];
            row[QNNI_LANES + lane] = cs[1];
        }
}

/* The block's constants, input angles and starting state; the rest is the call's. */
static qnni_block block_at(const qnni_expert *expert, const qnni_bound *bound, int64_t block)
{
    const qnni_program *program = &expert->program;
    const int64_t row = program->angle_count[QNN_INPUT] * 2 * QNNI_LANES;
    return (qnni_block){
        .lanes.angles = {program->constants, NULL, bound->angles + block * row},
        .start = bound->states ? bound->states + block * qnni_state_size(program) : NULL,
        .fixed_norm = bound->norms + block * QNNI_LANES,
        .keep = expert->keep,
    };
}

static void unbind(void *self, void *bound)
{
    const qnni_expert *expert = self;
    qnni_bound *mine = bound;
    if (!mine)
        return;
    moei_free(expert->core, mine->basis);
    moei_free(expert->core, mine->psi);
    moei_free(expert->core, mine->states);
    moei_free(expert->core, mine->norms);
    moei_free(expert->core, mine->angles);
    moei_free(expert->core, mine);
}

/* The angles, norms and starting states of all blocks; `work` is scratch. */
static void fill_bound(const qnni_expert *expert, int64_t n, const double *x, qnni_bound *bound, double *work)
{
    const qnni_program *program = &expert->program;
    const int64_t row = program->angle_count[QNN_INPUT] * 2 * QNNI_LANES;
    for (int64_t b = 0; b < bound->blocks; b++) {
        tabulate_inputs(program, b, n, x, bound->angles + b * row);
        qnni_block block = block_at(expert, bound, b);
        qnni_fixed_norm(program, block.lanes.angles, bound->norms + b * QNNI_LANES);
        block.work = work;
        if (bound->states)
            qnni_start(expert->kernels, program, &block, bound->states + b * qnni_state_size(program));
    }
}

/* What the mean observable needs of the points, from their starting states; false if memory is out. */
static bool bind_mean(const qnni_expert *expert, qnni_bound *bound)
{
    const qnni_program *program = &expert->program;
    const int64_t D = INT64_C(1) << program->qubits, blocks = (D + QNNI_LANES - 1) / QNNI_LANES;
    bound->psi = MOEI_NEW(expert->core, bound->blocks * qnni_state_size(program), double);
    bound->basis = MOEI_NEW(expert->core, blocks * qnni_state_size(program), double);
    if (!bound->psi || !bound->basis)
        return false;
    qnni_mean_points(expert->kernels, program, bound->blocks, bound->states, bound->psi);
    qnni_mean_basis(expert->kernels, program, bound->basis);
    return true;
}

static int32_t bind(void *self, int64_t n, const double *x, void **bound)
{
    const qnni_expert *expert = self;
    const qnni_program *program = &expert->program;
    *bound = NULL;
    qnni_bound *fresh = MOEI_NEW(expert->core, 1, qnni_bound);
    if (!fresh)
        return MOE_ERROR_MEMORY;
    fresh->n = n;
    fresh->blocks = n / QNNI_LANES + (n % QNNI_LANES != 0);
    const int64_t row = moei_mul(program->angle_count[QNN_INPUT], 2 * QNNI_LANES);
    const int64_t states = moei_mul(fresh->blocks, qnni_state_size(program));
    const bool keep = states >= 0 && states <= STARTING_BYTES / (int64_t)sizeof(double);
    double *work = MOEI_NEW(expert->core, moei_mul(program->pass_count + 1, QNNI_LANES), double);
    fresh->angles = MOEI_NEW(expert->core, moei_mul(fresh->blocks, row), double);
    fresh->norms = MOEI_NEW(expert->core, moei_mul(fresh->blocks, QNNI_LANES), double);
    if (keep)
        fresh->states = MOEI_NEW(expert->core, states, double);
    bool complete = work && fresh->angles && fresh->norms && (!keep || fresh->states);
    if (complete)
        fill_bound(expert, n, x, fresh, work);
    if (complete && keep && qnni_mean_pays(program, n))
        complete = bind_mean(expert, fresh);
    if (!complete)
        unbind(self, fresh);
    moei_free(expert->core, work);
    *bound = complete ? fresh : NULL;
    return complete ? 0 : MOE_ERROR_MEMORY;
}

/* ---- scratch ---------------------------------------------------------------------------------- */

/* A call's scratch, in doubles from the start of `work`. */
typedef struct call_scratch {
    double *angles;    /* theta slot x 2 x LANES           */
    double *diagonals; /* diagonal x qnni_diagonal_size    */
    double *sums;      /* theta slot x LANES               */
    double *values;    /* K x LANES                        */
    double *residuals; /* block x K x LANES                */
    double *states;    /* of qnni_work_size                */
    double *mean;      /* for the mean observable          */
} call_scratch;

enum { PARTS = 7 };

/* The sizes of the parts; false if they do not fit together. */
static bool part_sizes(const qnni_expert *expert, const qnni_bound *bound, int64_t sizes[PARTS])
{
    const qnni_program *program = &expert->program;
    const int64_t slots = program->angle_count[QNN_THETA];
    const int64_t outputs = moei_mul(program->outputs, QNNI_LANES);
    int64_t total = 0;
    sizes[0] = moei_mul(slots, 2 * QNNI_LANES);
    sizes[1] = moei_mul(program->diagonal_count, qnni_diagonal_size(program));
    sizes[2] = moei_mul(slots, QNNI_LANES);
    sizes[3] = outputs;
    sizes[4] = moei_mul(bound->blocks, outputs);
    sizes[5] = qnni_work_size(expert->kernels, program, expert->keep, bound->states);
    sizes[6] = bound->psi ? qnni_mean_scratch(expert->kernels, program) : 0;
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
    return (call_scratch){part[0], part[1], part[2], part[3], part[4], part[5], part[6]};
}

/* The expert's half angles and diagonals; returns its norm. */
static double tabulate_theta(const qnni_expert *expert, const double *theta, const call_scratch *scratch)
{
    const qnni_program *program = &expert->program;
    const double *const angles[3] = {program->constants, scratch->angles, NULL};
    for (int64_t slot = 0; slot < program->angle_count[QNN_THETA]; slot++) {
        double tc[2], *row = scratch->angles + slot * 2 * QNNI_LANES;
        qnni_half_angle(&program->angles[QNN_THETA][slot], theta, tc);
        for (int lane = 0; lane < QNNI_LANES; lane++) {
            row[lane] = tc[0];
            row[QNNI_LANES + lane] = tc[1];
        }
    }
    for (int64_t p = program->first_pass; p < program->pass_count; p++) {
        const qnni_pass *pass = &program->passes[p];
        if (pass->phase_count)
            expert->kernels->tabulate(program, pass, angles,
                                      scratch->diagonals + pass->diagonal * qnni_diagonal_size(program));
    }
    return qnni_theta_norm(program, angles);
}

/* ---- values and moments ----------------------------------------------------------------------- */

/* The block for an expert whose angles are in scratch->angles. */
static qnni_block block_of_call(const qnni_expert *expert, const qnni_bound *bound, int64_t b, double norm,
                                const call_scratch *scratch)
{
    qnni_block block = block_at(expert, bound, b);
    block.lanes.angles[QNN_THETA] = scratch->angles;
    block.lanes.diagonals = scratch->diagonals;
    block.theta_norm = norm;
    block.work = scratch->states;
    return block;
}

static int64_t points_in(int64_t n, int64_t block)
{
    const int64_t left = n - block * QNNI_LANES;
    return left < QNNI_LANES ? left : QNNI_LANES;
}

/* f[j,k] = f_k(theta, x_j), or f[j,k] += w f_k(theta, x_j) if `add`. */
static void one_expert(const qnni_expert *expert, const qnni_bound *bound, int64_t n, const double *theta,
                       bool add, double w, const call_scratch *scratch, double *f)
{
    const int64_t K = expert->program.outputs;
    const double norm = tabulate_theta(expert, theta, scratch);
    for (int64_t b = 0; b < bound->blocks; b++) {
        const qnni_block block = block_of_call(expert, bound, b, norm, scratch);
        qnni_values(expert->kernels, &expert->program, &block, scratch->values);
        double *rows = f + b * QNNI_LANES * K;
        for (int64_t lane = 0; lane < points_in(n, b); lane++)
            for (int64_t k = 0; k < K; k++) {
                const double value = scratch->values[k * QNNI_LANES + lane];
                rows[lane * K + k] = add ? rows[lane * K + k] + w * value : value;
            }
    }
}

static int32_t values(void *self, void *bound, int64_t n, const double *x, int64_t count, const double *theta,
                      double *f, void *work)
{
    const qnni_expert *expert = self;
    const qnni_program *program = &expert->program;
    const call_scratch scratch = scratch_in(expert, bound, work);
    (void)x; /* tabulated by bind */
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
        const double norm = tabulate_theta(expert, theta + i * program->parameters, scratch);
        qnni_block block = block_of_call(expert, bound, 0, norm, scratch);
        block.start = bound->basis;
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

/* lanes[block, k, lane] = r[j,k], 0 beyond the last point */
static void spread_residuals(int64_t blocks, int64_t n, int64_t K, const double *r, double *lanes)
{
    for (int64_t b = 0; b < blocks; b++)
        for (int64_t k = 0; k < K; k++)
            for (int64_t lane = 0; lane < QNNI_LANES; lane++)
                lanes[(b * K + k) * QNNI_LANES + lane] =
                    lane < points_in(n, b) ? r[(b * QNNI_LANES + lane) * K + k] : 0;
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

static int32_t pullback(void *self, void *bound, void *stage, int64_t n, const double *x, int64_t count,
                        const double *theta, const double *r, double *g, void *work)
{
    const qnni_expert *expert = self;
    const qnni_program *program = &expert->program;
    const qnni_bound *mine = bound;
    const call_scratch scratch = scratch_in(expert, bound, work);
    const int64_t lanes = program->outputs * QNNI_LANES, slots = program->angle_count[QNN_THETA];
    const qnni_mean_stage *mean = stage;
    const int64_t blocks = mean ? mean->blocks : mine->blocks;
    const double *weights = mean ? mean->weights : scratch.residuals;
    (void)x;
    if (!mean)
        spread_residuals(blocks, n, program->outputs, r, scratch.residuals);
    for (int64_t i = 0; i < count; i++) {
        const double norm = tabulate_theta(expert, theta + i * program->parameters, &scratch);
        memset(scratch.sums, 0, (size_t)(slots * QNNI_LANES) * sizeof(double));
        for (int64_t b = 0; b < blocks; b++) {
            qnni_block block = block_of_call(expert, mine, mean ? 0 : b, norm, &scratch);
            if (mean) /* no input angle is read after the start, and the norms are the same in all blocks */
                block.start = mean->states + b * qnni_state_size(program);
            qnni_pullback(expert->kernels, program, &block, weights + b * lanes, scratch.sums);
        }
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

/* One block of one expert along m directions; df: m x n x K, of which this block's points are written. */
static void tangent_of_block(const qnni_expert *expert, const qnni_block *block, int64_t b, int64_t n,
                             int64_t m, const double *r, double *df, bool second, const tangent_room *room)
{
    const qnni_program *program = &expert->program;
    const int64_t slots = program->angle_count[QNN_THETA], K = program->outputs,
                  width = expert->kernels->width;
    for (int32_t lane = 0; lane < QNNI_LANES; lane += (int32_t)width) {
        qnni_tangent_open(expert->kernels, program, block, lane, room->states);
        for (int64_t l = 0; l < m; l++) {
            const qnni_direction along = {room->half + l * slots, room->deltas + l * room->delta_size};
            qnni_tangent(expert->kernels, program, block, lane, &along, r, df ? room->df : NULL,
                         second ? room->h + l * slots * QNNI_LANES : NULL, room->states);
            for (int64_t i = lane; df && i < lane + width && b * QNNI_LANES + i < n; i++)
                for (int64_t k = 0; k < K; k++)
                    df[(l * n + b * QNNI_LANES + i) * K + k] = room->df[k * QNNI_LANES + i];
        }
    }
}

/* Of one expert: by points, and h by the weighted states that stand for the residuals if there are any. */
static void tangent_of_expert(const qnni_expert *expert, const qnni_bound *bound, const qnni_mean_stage *mean,
                              int64_t n, int64_t m, const double *theta, const double *direction, double *df,
                              double *h, const call_scratch *scratch, const tangent_room *room)
{
    const qnni_program *program = &expert->program;
    const int64_t slots = program->angle_count[QNN_THETA], lanes = program->outputs * QNNI_LANES;
    const double norm = tabulate_theta(expert, theta, scratch);
    tabulate_directions(expert, m, direction, room);
    for (int64_t b = 0; b < bound->blocks && (df || !mean); b++) {
        const qnni_block block = block_of_call(expert, bound, b, norm, scratch);
        tangent_of_block(expert, &block, b, n, m, scratch->residuals + b * lanes, df, h && !mean, room);
    }
    for (int64_t b = 0; h && mean && b < mean->blocks; b++) {
        qnni_block block = block_of_call(expert, bound, 0, norm, scratch);
        block.start = mean->states + b * qnni_state_size(program);
        tangent_of_block(expert, &block, b, n, m, mean->weights + b * lanes, NULL, true, room);
    }
    for (int64_t l = 0; h && l < m; l++)
        collect(program, room->h + l * slots * QNNI_LANES, h + l * program->parameters);
}

static int32_t tangent(void *self, void *bound, void *stage, int64_t n, const double *x, int64_t count,
                       int64_t m, const double *theta, const double *direction, const double *r, double *df,
                       double *h, void *work)
{
    const qnni_expert *expert = self;
    const qnni_bound *mine = bound;
    const qnni_program *program = &expert->program;
    const int64_t d = program->parameters, K = program->outputs;
    const call_scratch scratch = scratch_in(expert, mine, work);
    tangent_room room = {0};
    (void)x;
    if (program->first == program->turn_count) { /* no angle depends on theta */
        if (df)
            memset(df, 0, (size_t)(count * m * n * K) * sizeof *df);
        if (h)
            memset(h, 0, (size_t)(count * m * d) * sizeof *h);
        return 0;
    }
    const int32_t status = make_tangent(expert, m, &room);
    if (h && !stage)
        spread_residuals(mine->blocks, n, K, r, scratch.residuals);
    for (int64_t i = 0; i < count && !status; i++)
        tangent_of_expert(expert, mine, stage, n, m, theta + i * d, direction + i * m * d,
                          df ? df + i * m * n * K : NULL, h ? h + i * m * d : NULL, &scratch, &room);
    free_tangent(expert->core, &room);
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
        self->keep = worth_keeping(kernels, &self->program);
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
    return status ? status : qnni_expert_create(context, circuit, period, qnni_kernels_at(0), expert);
}
