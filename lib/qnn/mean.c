/* mean.c - the mean observable: up from experts to predictions, down from residuals to weighted states.
 *
 * Up. The D basis states are run through U together, so that V[j,a] = U_ja has them as columns; then
 * (U^H O U)_ab = sum_j conj(V_ja) (O V)_jb. With real and imaginary parts as separate columns that is one
 * real product V^T (w O V), whose inner dimension collects the rows of several experts (BLAS).
 *
 * Down. R is Hermitian and indefinite; LAPACK's zheev gives its eigenvectors. They stand in for the points,
 * and the eigenvalues for the residuals, in the ordinary adjoint sweep.
 *
 * Shapes of BLAS and LAPACK calls depend on n, M and K only.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/mean.h"

#include "base/blas.h"

#include <string.h>

/* MOST_QUBITS: D^3 work an expert still pays. ROWS: rows of a product with the points' states, and the least
 * inner dimension of one over experts. */
enum { MOST_QUBITS = 6, ROWS = 128 };

static int64_t dimension(const qnni_program *program)
{
    return INT64_C(1) << program->qubits;
}

bool qnni_mean_pays(const qnni_program *program, int64_t n)
{
    if (program->qubits > MOST_QUBITS || n <= 2 * dimension(program) * program->outputs)
        return false;
    for (int64_t i = program->first; i < program->turn_count; i++)
        if (program->turns[i].source == QNN_INPUT)
            return false;
    return true;
}

/* ---- states as lanes and as rows -------------------------------------------------------------- */

/* The index of amplitude j of state s in blocks of lanes; its imaginary part is `width` further. */
static int64_t lane_at(const qnni_kernels *kernels, const qnni_program *program, int64_t s, int64_t j)
{
    const int64_t group = s / kernels->width, lane = s % kernels->width;
    return ((group * kernels->width) << (program->qubits + 1)) + 2 * kernels->width * j + lane;
}

void qnni_mean_rows(const qnni_kernels *kernels, const qnni_program *program, int64_t n, const double *blocks,
                    double *psi)
{
    const int64_t D = dimension(program);
    for (int64_t s = 0; s < n; s++)
        for (int64_t j = 0; j < D; j++) {
            const double *at = blocks + lane_at(kernels, program, s, j);
            psi[s * 2 * D + j] = at[0];
            psi[s * 2 * D + D + j] = at[kernels->width];
        }
}

/* ---- up --------------------------------------------------------------------------------------- */

/* The scratch: `rows` rows of V, then as many of w O_k V for each k, then their product, then two states. */
typedef struct {
    int64_t groups, columns; /* groups of `width` basis states; columns: their real and imaginary parts */
    int64_t rows;
    double *v, *ov, *product, *psi, *lambda;
} up_scratch;

/* The sizes alone: no pointers yet. */
static up_scratch scratch_sizes(const qnni_kernels *kernels, const qnni_program *program)
{
    up_scratch up = {.rows = qnni_mean_batch(program) * dimension(program)};
    up.groups = (dimension(program) + kernels->width - 1) / kernels->width;
    up.columns = up.groups * 2 * kernels->width;
    return up;
}

static up_scratch scratch_in(const qnni_kernels *kernels, const qnni_program *program, double *scratch)
{
    up_scratch up = scratch_sizes(kernels, program);
    up.v = scratch;
    up.ov = up.v + up.rows * up.columns;
    up.product = up.ov + program->outputs * up.rows * up.columns;
    up.psi = up.product + up.columns * up.columns;
    up.lambda = up.psi + 2 * kernels->width * dimension(program);
    return up;
}

int64_t qnni_mean_batch(const qnni_program *program)
{
    return dimension(program) < ROWS ? ROWS / dimension(program) : 1;
}

int64_t qnni_mean_scratch(const qnni_kernels *kernels, const qnni_program *program)
{
    const up_scratch up = scratch_sizes(kernels, program);
    return (1 + program->outputs) * up.rows * up.columns + up.columns * up.columns +
           4 * kernels->width * dimension(program);
}

/* rows[j, group] <- the lanes of amplitude j */
static void copy_rows(const qnni_kernels *kernels, const qnni_program *program, const double *state,
                      int64_t columns, double *rows)
{
    const int64_t pair = 2 * kernels->width;
    for (int64_t j = 0; j < dimension(program); j++)
        memcpy(rows + j * columns, state + j * pair, (size_t)pair * sizeof *rows);
}

void qnni_mean_basis(const qnni_kernels *kernels, const qnni_program *program, double *blocks)
{
    for (int64_t a = 0; a < dimension(program); a++)
        blocks[lane_at(kernels, program, a, a)] = 1;
}

void qnni_mean_push(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *basis,
                    int64_t i, double w, double *scratch)
{
    const up_scratch up = scratch_in(kernels, program, scratch);
    const int64_t D = dimension(program), width = kernels->width;
    _Alignas(64) double weights[QNNI_LANES];
    for (int64_t lane = 0; lane < width; lane++)
        weights[lane] = w;
    for (int64_t group = 0; group < up.groups; group++) {
        const int64_t at = i * D * up.columns + group * 2 * width;
        const int64_t first = group * width;
        qnni_block block = *basis;
        block.start += first / QNNI_LANES * qnni_state_size(program);
        qnni_propagate(kernels, program, &block, (int32_t)(first % QNNI_LANES), up.psi);
        copy_rows(kernels, program, up.psi, up.columns, up.v + at);
        for (int64_t g = 0; g < program->group_count; g++) {
            const int64_t k = program->groups[g].output;
            const bool more = g > 0 && program->groups[g - 1].output == k;
            kernels->observe(program, &program->groups[g], more, weights, up.psi, up.lambda);
            if (g + 1 == program->group_count || program->groups[g + 1].output != k)
                copy_rows(kernels, program, up.lambda, up.columns, up.ov + k * up.rows * up.columns + at);
        }
    }
}

/* moments[a,b] += the Hermitian matrix whose four real products are in G = V^T (w O V) */
static void add_product(const qnni_kernels *kernels, const up_scratch *up, int64_t D, double *moments)
{
    const int64_t width = kernels->width, n = up->columns;
    for (int64_t a = 0; a < D; a++)
        for (int64_t b = a; b < D; b++) {
            const int64_t ra = a / width * 2 * width + a % width, rb = b / width * 2 * width + b % width;
            const double *g = up->product;
            moments[a * D + b] += g[ra * n + rb] + g[(ra + width) * n + rb + width];
            if (b > a)
                moments[b * D + a] += g[ra * n + rb + width] - g[(ra + width) * n + rb];
        }
}

/* Whether output k has any string: without one its rows were never written. */
static bool is_observed(const qnni_program *program, int64_t k)
{
    for (int64_t g = 0; g < program->group_count; g++)
        if (program->groups[g].output == k)
            return true;
    return false;
}

void qnni_mean_fold(const qnni_kernels *kernels, const qnni_program *program, int64_t count, double *scratch,
                    double *moments)
{
    const up_scratch up = scratch_in(kernels, program, scratch);
    const int64_t D = dimension(program), n = up.columns;
    for (int64_t k = 0; k < program->outputs; k++) {
        if (!is_observed(program, k))
            continue;
        memset(up.product, 0, (size_t)(n * n) * sizeof(double));
        moei_gemm_atb_add(n, n, count * D, up.v, up.ov + k * up.rows * n, up.product);
        add_product(kernels, &up, D, moments + k * D * D);
    }
}

/* S = [A, -B; B, A], so that <u + iv| A + iB |u + iv> = (u, v) S (u, v)^T                S: 2D x 2D */
static void real_form(int64_t D, const double *hermitian, double *S)
{
    for (int64_t a = 0; a < D; a++)
        for (int64_t b = 0; b < D; b++) {
            const double A = a <= b ? hermitian[a * D + b] : hermitian[b * D + a];
            const double B = a < b ? hermitian[b * D + a] : a > b ? -hermitian[a * D + b] : 0;
            S[a * 2 * D + b] = S[(D + a) * 2 * D + D + b] = A;
            S[a * 2 * D + D + b] = -B;
            S[(D + a) * 2 * D + b] = B;
        }
}

int32_t qnni_mean_predict(moei_core *core, const qnni_program *program, int64_t n, const double *psi,
                          const double *moments, double *f)
{
    const int64_t D = dimension(program), K = program->outputs, row = 2 * D;
    double *S = MOEI_NEW(core, row * row + ROWS * row, double), *product = S + row * row;
    if (!S)
        return MOE_ERROR_MEMORY;
    for (int64_t k = 0; k < K; k++) {
        real_form(D, moments + k * D * D, S);
        for (int64_t first = 0; first < n; first += ROWS) {
            const int64_t rows = n - first < ROWS ? n - first : ROWS;
            memset(product, 0, (size_t)(rows * row) * sizeof *product);
            moei_gemm_abt_add(rows, row, row, psi + first * row, S, product); /* S is symmetric */
            for (int64_t j = 0; j < rows; j++) {
                double sum = 0;
                for (int64_t c = 0; c < row; c++)
                    sum += product[j * row + c] * psi[(first + j) * row + c];
                f[(first + j) * K + k] = sum;
            }
        }
    }
    moei_free(core, S);
    return MOE_OK;
}

/* ---- down ------------------------------------------------------------------------------------- */

/* T = sum_j r_j p_j^T p_j over the rows p_j = (u_j, v_j) of psi                          T: 2D x 2D */
static void weigh_rows(int64_t D, int64_t n, const double *psi, const double *r, int64_t K, double *scaled,
                       double *T)
{
    const int64_t row = 2 * D;
    memset(T, 0, (size_t)(row * row) * sizeof *T);
    for (int64_t first = 0; first < n; first += ROWS) {
        const int64_t rows = n - first < ROWS ? n - first : ROWS;
        for (int64_t j = 0; j < rows; j++)
            for (int64_t c = 0; c < row; c++)
                scaled[j * row + c] = r[(first + j) * K] * psi[(first + j) * row + c];
        moei_gemm_atb_add(row, row, rows, scaled, psi + first * row, T);
    }
}

/* R_ab = sum_j r_j psi_ja conj(psi_jb) by columns of complex numbers, from the real products T */
static void hermitian_of(int64_t D, const double *T, double *R)
{
    const int64_t row = 2 * D;
    for (int64_t b = 0; b < D; b++)
        for (int64_t a = 0; a <= b; a++) {
            R[2 * (b * D + a)] = T[a * row + b] + T[(D + a) * row + D + b];
            R[2 * (b * D + a) + 1] = a == b ? 0 : T[(D + a) * row + b] - T[a * row + D + b];
        }
}

/* States k D ... k D + D - 1 of the stage <- the eigenvectors in R, their weights for output k <- values. */
static void put_states(const qnni_kernels *kernels, const qnni_program *program, int64_t k, const double *R,
                       const double *values, qnni_mean_stage *stage)
{
    const int64_t D = dimension(program), K = program->outputs;
    for (int64_t s = 0; s < D; s++) {
        const int64_t state = k * D + s, block = state / QNNI_LANES, lane = state % QNNI_LANES;
        for (int64_t j = 0; j < D; j++) {
            double *at = stage->states + lane_at(kernels, program, state, j);
            at[0] = R[2 * (s * D + j)];
            at[kernels->width] = R[2 * (s * D + j) + 1];
        }
        stage->weights[(block * K + k) * QNNI_LANES + lane] = values[s];
    }
}

static int32_t fill_stage(moei_core *core, const qnni_kernels *kernels, const qnni_program *program,
                          int64_t n, const double *psi, const double *r, qnni_mean_stage *stage)
{
    const int64_t D = dimension(program), K = program->outputs;
    double *T = MOEI_NEW(core, 4 * D * D + 2 * ROWS * D + 2 * D * D + 8 * D, double);
    if (!T)
        return MOE_ERROR_MEMORY;
    double *scaled = T + 4 * D * D, *R = scaled + 2 * ROWS * D, *values = R + 2 * D * D, *work = values + D;
    int32_t status = MOE_OK;
    for (int64_t k = 0; k < K && !status; k++) {
        weigh_rows(D, n, psi, r + k, K, scaled, T);
        hermitian_of(D, T, R);
        if (moei_hermitian_eigen(D, R, values, work))
            status = MOE_ERROR_LAPACK;
        else
            put_states(kernels, program, k, R, values, stage);
    }
    moei_free(core, T);
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
    stage->blocks = (states + QNNI_LANES - 1) / QNNI_LANES;
    stage->states = MOEI_NEW(core, stage->blocks * qnni_state_size(program), double);
    stage->weights = MOEI_NEW(core, stage->blocks * program->outputs * QNNI_LANES, double);
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
