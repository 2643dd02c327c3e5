/* mean.c - the mean observable: up from experts to predictions, down from residuals to weighted states.
 *
 * Up. The D basis states are run through U together, so that V[j,a] = U_ja has them as columns; then
 * (U^H O U)_ab = sum_j conj(V_ja) (O V)_jb, for a <= b.
 *
 * Down. R is Hermitian and indefinite; LAPACK's zheev gives its eigenvectors. They stand in for the points,
 * and the eigenvalues for the residuals, in the ordinary adjoint sweep.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/mean.h"

#include "base/blas.h"
#include "qnn/mean_kernels.h"

#include <math.h>
#include <string.h>

/* Beyond it the moments, and the eigenvectors of the residuals, are too large to be found at every step. */
enum { MOST_QUBITS = 8 };

static int64_t dimension(const qnni_program *program)
{
    return INT64_C(1) << program->qubits;
}

/* The blocks of n points' states (mean_kernels.h). */
static int64_t blocks_of(int64_t n)
{
    return n / QNNI_BLOCK + (n % QNNI_BLOCK != 0);
}

/* The rows of n states that a program runs on (sweep.h). */
static int64_t rows_of(int64_t n)
{
    return n / QNNI_LANES + (n % QNNI_LANES != 0);
}

/* Multiply-adds on vectors that an expert takes: T turns forward on a block 2 T D, forward and back
 * (measured) 5 T D, a tile of the mean observable 32 D. The points' part, the same for all experts, is not
 * counted. */
static bool costs_less(int64_t D, int64_t K, int64_t turns, int64_t n)
{
    const double forward = 2 * (double)turns * (double)D, both = 2.5 * forward;
    const double basis = (double)blocks_of(D), weighted = ceil((double)K * (double)D / QNNI_BLOCK);
    const double tiles = (double)K * 0.5 * basis * (basis + 1) * 32 * (double)D;
    return basis * forward + weighted * both + tiles < (double)blocks_of(n) * (forward + both);
}

bool qnni_mean_pays(const qnni_program *program, int64_t n)
{
    if (program->qubits > MOST_QUBITS ||
        !costs_less(dimension(program), program->outputs, program->turn_count - program->first, n))
        return false;
    for (int64_t i = program->first; i < program->turn_count; i++)
        if (program->turns[i].source == QNN_INPUT)
            return false;
    return true;
}

/* ---- states ----------------------------------------------------------------------------------- */

/* The index of amplitude j of state s in states as qnni_start makes them; its imaginary part is `width`
 * further. */
static int64_t lane_at(const qnni_kernels *kernels, const qnni_program *program, int64_t s, int64_t j)
{
    const int64_t group = s / kernels->width, lane = s % kernels->width;
    return ((group * kernels->width) << (program->qubits + 1)) + 2 * kernels->width * j + lane;
}

int64_t qnni_mean_size(const qnni_program *program, int64_t n)
{
    return moei_mul(blocks_of(n), 2 * QNNI_BLOCK * dimension(program));
}

void qnni_mean_points(const qnni_kernels *kernels, const qnni_program *program, int64_t n,
                      const double *states, double *psi)
{
    const int64_t D = dimension(program);
    for (int64_t s = 0; s < n; s++)
        for (int64_t j = 0; j < D; j++) {
            const double *from = states + lane_at(kernels, program, s, j);
            double *to = psi + ((s / QNNI_BLOCK * D + j) * 2) * QNNI_BLOCK + s % QNNI_BLOCK;
            to[0] = from[0];
            to[QNNI_BLOCK] = from[kernels->width];
        }
}

/* ---- up --------------------------------------------------------------------------------------- */

/* The scratch: U's columns in `panels` panels of `width`, then those of w O_k U; a tile. */
typedef struct up_scratch {
    int64_t panels, size; /* doubles of a panel */
    double *v, *u, *tile;
} up_scratch;

/* The sizes alone: no pointers yet. */
static up_scratch scratch_sizes(const qnni_kernels *kernels, const qnni_program *program)
{
    const int64_t width = kernels->width;
    return (up_scratch){.panels = (dimension(program) + width - 1) / width,
                        .size = 2 * width * dimension(program)};
}

int64_t qnni_mean_scratch(const qnni_kernels *kernels, const qnni_program *program)
{
    const up_scratch up = scratch_sizes(kernels, program);
    return (1 + program->outputs) * up.panels * up.size + 2 * kernels->width * kernels->width;
}

static up_scratch scratch_in(const qnni_kernels *kernels, const qnni_program *program, double *scratch)
{
    up_scratch up = scratch_sizes(kernels, program);
    up.v = scratch;
    up.u = up.v + up.panels * up.size;
    up.tile = up.u + program->outputs * up.panels * up.size;
    return up;
}

void qnni_mean_basis(const qnni_kernels *kernels, const qnni_program *program, double *blocks)
{
    for (int64_t a = 0; a < dimension(program); a++)
        blocks[lane_at(kernels, program, a, a)] = 1;
}

/* Panel `panel` of w O_k U for all k. */
static void fill_panel(const qnni_kernels *kernels, const qnni_program *program, int64_t panel,
                       const double *w, const up_scratch *up)
{
    const double *v = up->v + panel * up->size;
    for (int64_t g = 0; g < program->group_count; g++) {
        const qnni_group *group = &program->groups[g];
        const bool more = g > 0 && program->groups[g - 1].output == group->output;
        kernels->observe(program, group, more, w, v, up->u + (group->output * up->panels + panel) * up->size);
    }
}

/* The part of moments[a,b], a <= b, that panels P, Q of U and w O U make. */
static void add_tile(int64_t width, int64_t D, int64_t P, int64_t Q, const double *tile, double *moments)
{
    for (int64_t p = 0; p < width && P * width + p < D; p++)
        for (int64_t q = 0; q < width && Q * width + q < D; q++) {
            const int64_t a = P * width + p, b = Q * width + q;
            if (a > b)
                continue;
            moments[a * D + b] += tile[p * 2 * width + q];
            if (a < b)
                moments[b * D + a] += tile[(p * 2 + 1) * width + q];
        }
}

/* Whether output k has any string: without one its panels were never written. */
static bool is_observed(const qnni_program *program, int64_t k)
{
    for (int64_t g = 0; g < program->group_count; g++)
        if (program->groups[g].output == k)
            return true;
    return false;
}

void qnni_mean_add(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *basis,
                   double w, double *scratch, double *moments)
{
    const up_scratch up = scratch_in(kernels, program, scratch);
    const qnni_mean_kernels *own = qnni_mean_kernels_of(kernels);
    const int64_t D = dimension(program);
    _Alignas(64) double weights[QNNI_LANES];
    for (int64_t lane = 0; lane < QNNI_LANES; lane++)
        weights[lane] = w;
    qnni_propagate(kernels, program, basis, up.v);
    for (int64_t panel = 0; panel < up.panels; panel++)
        fill_panel(kernels, program, panel, weights, &up);
    for (int64_t k = 0; k < program->outputs; k++)
        for (int64_t Q = 0; Q < up.panels && is_observed(program, k); Q++)
            for (int64_t P = 0; P <= Q; P++) {
                own->tile(D, up.v + P * up.size, up.u + (k * up.panels + Q) * up.size, up.tile);
                add_tile(kernels->width, D, P, Q, up.tile, moments + k * D * D);
            }
}

int32_t qnni_mean_predict(moei_core *core, const qnni_kernels *kernels, const qnni_program *program,
                          int64_t n, const double *psi, const double *moments, double *f)
{
    const qnni_mean_kernels *own = qnni_mean_kernels_of(kernels);
    const int64_t D = dimension(program), K = program->outputs, blocks = blocks_of(n);
    double *packed = MOEI_NEW(core, 4 * D * D + blocks * QNNI_BLOCK, double);
    if (!packed)
        return MOE_ERROR_MEMORY;
    double *lanes = packed + 4 * D * D;
    for (int64_t k = 0; k < K; k++) {
        own->pack(D, moments + k * D * D, packed);
        own->forms(D, blocks, packed, psi, lanes);
        for (int64_t j = 0; j < n; j++)
            f[j * K + k] = lanes[j];
    }
    moei_free(core, packed);
    return MOE_OK;
}

/* ---- down ------------------------------------------------------------------------------------- */

/* R_ab = sum_j r_j psi_ja conj(psi_jb), a <= b, by columns of complex numbers; sums, w are scratch. */
static void weigh(const qnni_mean_kernels *own, int64_t D, int64_t n, const double *psi, const double *r,
                  int64_t K, double *w, double *sums, double *R)
{
    memset(w, 0, (size_t)(blocks_of(n) * QNNI_BLOCK) * sizeof *w);
    for (int64_t j = 0; j < n; j++)
        w[j] = r[j * K];
    own->sums(D, blocks_of(n), w, psi, sums);
    for (int64_t b = 0; b < D; b++)
        for (int64_t a = 0; a <= b; a++) {
            const double *lanes = sums + (a * D + b) * 2 * QNNI_BLOCK;
            double total[2] = {0, 0};
            for (int lane = 0; lane < QNNI_BLOCK; lane++) {
                total[0] += lanes[lane];
                total[1] += lanes[QNNI_BLOCK + lane];
            }
            R[2 * (b * D + a)] = total[0];
            R[2 * (b * D + a) + 1] = a == b ? 0 : total[1];
        }
}

/* States k D ... k D + D - 1 of the stage <- the eigenvectors in R, their weights for output k <- values. */
static void put_states(const qnni_kernels *kernels, const qnni_program *program, int64_t k, const double *R,
                       const double *values, qnni_mean_stage *stage)
{
    const int64_t D = dimension(program), K = program->outputs;
    for (int64_t s = 0; s < D; s++) {
        const int64_t state = k * D + s, row = state / QNNI_LANES, lane = state % QNNI_LANES;
        for (int64_t j = 0; j < D; j++) {
            double *at = stage->states + lane_at(kernels, program, state, j);
            at[0] = R[2 * (s * D + j)];
            at[kernels->width] = R[2 * (s * D + j) + 1];
        }
        stage->weights[(row * K + k) * QNNI_LANES + lane] = values[s];
    }
}

static int32_t fill_stage(moei_core *core, const qnni_kernels *kernels, const qnni_program *program,
                          int64_t n, const double *psi, const double *r, qnni_mean_stage *stage)
{
    const int64_t D = dimension(program), K = program->outputs, states = 2 * QNNI_BLOCK * D * D;
    const int64_t lanes = blocks_of(n) * QNNI_BLOCK;
    double *sums = MOEI_NEW(core, states + lanes + 2 * D * D + 8 * D, double);
    if (!sums)
        return MOE_ERROR_MEMORY;
    double *w = sums + states, *R = w + lanes, *values = R + 2 * D * D, *work = values + D;
    int32_t status = MOE_OK;
    for (int64_t k = 0; k < K && !status; k++) {
        weigh(qnni_mean_kernels_of(kernels), D, n, psi, r + k, K, w, sums, R);
        if (moei_hermitian_eigen(D, R, values, work))
            status = MOE_ERROR_LAPACK;
        else
            put_states(kernels, program, k, R, values, stage);
    }
    moei_free(core, sums);
    return status;
}

int32_t qnni_mean_prepare(moei_core *core, const qnni_kernels *kernels, const qnni_program *program,
                          int64_t n, const double *psi, const double *r, qnni_mean_stage **out)
{
    const int64_t states = program->outputs * dimension(program);
    int32_t status = MOE_ERROR_MEMORY;
    qnni_mean_stage *stage = MOEI_NEW(core, 1, qnni_mean_stage);
    if (!stage)
        return status;
    stage->count = states;
    stage->states = MOEI_NEW(core, rows_of(states) * qnni_state_size(program), double);
    stage->weights = MOEI_NEW(core, rows_of(states) * program->outputs * QNNI_LANES, double);
    if (stage->states && stage->weights)
        status = fill_stage(core, kernels, program, n, psi, r, stage);
    if (status) {
        qnni_mean_release(core, stage);
        return status;
    }
    *out = stage;
    return MOE_OK;
}

void qnni_mean_release(moei_core *core, qnni_mean_stage *stage)
{
    if (!stage)
        return;
    moei_free(core, stage->states);
    moei_free(core, stage->weights);
    moei_free(core, stage);
}
