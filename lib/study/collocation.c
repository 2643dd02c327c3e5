/* collocation.c - the equation of fluctuations (collocation.h) along the characteristics of a rule's nodes.
 *
 * The kernel is a product of what belongs to t and what belongs to s for every theta, so all pairs of times
 * come from one matrix product over the nodes, a block of them at a time:
 *   1. the nodes and their Jacobians move from stop to stop, and leave rows of Df J_t, Df M J_t^-T and S f;
 *   2. products of rows add up to the kernel and to C, the second moments of G; less the means: Cov G;
 *   3. the kernel's columns times v l'' and integration weights are P, and then
 *
 *   g_w = G_w - P_w (1 + P_c)^-1 G_c = L G,   Cov g_w = L C L^T,
 *
 * with rows for the collocated (c) and the wanted (w) times.
 *
 * SPDX-License-Identifier: MIT */
#include "study/collocation.h"
#include "base/blas.h"
#include "flow/flow.h"
#include "measure/measure.h"
#include "model/model.h"
#include "study/volterra.h"

#include <math.h>
#include <string.h>

enum { BLOCK_NUMBERS = 1 << 20 }; /* of one array of a block */

/* A time at which all nodes stop, and the rows that belong to it: from `collocated` on for the training
 * inputs, from `wanted` on for the wanted ones; -1: none. */
typedef struct {
    double time;
    int64_t collocated, wanted;
} stop;

/* For one number of nodes in time. Rows are (time, input, output): first the collocated ones. */
typedef struct {
    const moei_fluctuations *of;
    int64_t d, K, q, first, rows, stops, block; /* `first` rows are collocated; nodes of the rule at once */
    double *node;                               /* q */
    stop *stop;                                 /* q + count at most */
    double *later, *value; /* rows x block d: Df J_t sqrt(w);  rows x block: S f sqrt(w) */
    double *earlier;       /* first x block d: Df M J_t^-T sqrt(w) */
    double *mean, *c;      /* rows; rows x rows: C */
    double *p;             /* rows x first: the kernel, then P; its last rows then (P_w (1 + P_c)^-1) */
    double *l, *y;         /* wanted rows x rows: L, and L C */
    double *theta, *j, *inverse, *step, *work; /* block x d;  d x d each, block of them */
    double *df, *f;                            /* block x d x inputs x K;  block x inputs x K */
    moei_blas_int *pivots;                     /* first, or d */
} collocation;

/* ---- memory ----------------------------------------------------------------------------------- */

static void close(collocation *c)
{
    moei_core *core = c->of->context->core;
    double *blocks[] = {c->node, c->later, c->value, c->earlier, c->mean, c->c,    c->p,  c->l,
                        c->y,    c->theta, c->j,     c->inverse, c->step, c->work, c->df, c->f};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        moei_free(core, blocks[i]);
    moei_free(core, c->stop);
    moei_free(core, c->pivots);
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int32_t begin(const moei_fluctuations *of, int64_t q, collocation *c)
{
    moei_core *core = of->context->core;
    const int64_t d = of->model->expert->d, K = of->model->expert->K, n = of->model->n;
    const int64_t first = moei_mul(q, moei_mul(n, K)), wanted = moei_mul(of->count, moei_mul(of->m, K));
    const int64_t rows = first < 0 || wanted < 0 ? -1 : first + wanted;
    int64_t block = rows > 0 ? BLOCK_NUMBERS / moei_mul(rows, d) : 1;
    block = block < 1 ? 1 : block < of->rule->count ? block : of->rule->count;
    const int64_t width = moei_mul(block, d), square = moei_mul(width, d);
    const int64_t outputs = moei_mul(larger(n, of->m), K);
    *c = (collocation){.of = of, .d = d, .K = K, .q = q, .first = first, .rows = rows, .block = block};
    c->node = MOEI_NEW(core, q, double);
    c->stop = MOEI_NEW(core, q + of->count, stop);
    c->later = MOEI_NEW(core, moei_mul(rows, width), double);
    c->value = MOEI_NEW(core, moei_mul(rows, block), double);
    c->earlier = MOEI_NEW(core, moei_mul(first, width), double);
    c->mean = MOEI_NEW(core, rows, double);
    c->c = MOEI_NEW(core, moei_mul(rows, rows), double);
    c->p = MOEI_NEW(core, moei_mul(rows, first), double);
    c->l = MOEI_NEW(core, moei_mul(wanted, rows), double);
    c->y = MOEI_NEW(core, moei_mul(wanted, rows), double);
    c->theta = MOEI_NEW(core, width, double);
    c->j = MOEI_NEW(core, square, double);
    c->inverse = MOEI_NEW(core, square, double);
    c->step = MOEI_NEW(core, square, double);
    c->work = MOEI_NEW(core, square, double);
    c->df = MOEI_NEW(core, moei_mul(width, outputs), double);
    c->f = MOEI_NEW(core, moei_mul(block, outputs), double);
    c->pivots = MOEI_NEW(core, larger(first, d), moei_blas_int);
    if (!c->node || !c->stop || !c->later || !c->value || !c->earlier || !c->mean || !c->c || !c->p ||
        !c->l || !c->y || !c->theta || !c->j || !c->inverse || !c->step || !c->work || !c->df || !c->f ||
        !c->pivots)
        return moei_out_of_memory(of->context, "the covariance of fluctuations");
    return MOE_OK;
}

/* The collocated and the wanted times in one ascending row. */
static void plan_stops(collocation *c)
{
    const moei_fluctuations *of = c->of;
    const int64_t n = of->model->n;
    int64_t i = 0, w = 0;
    if (c->q)
        moei_volterra_nodes(c->q, moe_field_begin(of->field), of->times[of->count - 1], c->node);
    while (i < c->q || w < of->count) {
        const double time =
            w == of->count || (i < c->q && c->node[i] < of->times[w]) ? c->node[i] : of->times[w];
        stop *at = &c->stop[c->stops++];
        *at = (stop){time, -1, -1};
        if (i < c->q && c->node[i] == time)
            at->collocated = i++ * n * c->K;
        if (w < of->count && of->times[w] == time)
            at->wanted = c->first + w++ * of->m * c->K;
    }
}

/* ---- along the characteristics ---------------------------------------------------------------- */

static void multiply(int64_t d, const double *a, const double *b, double *c)
{
    for (int64_t i = 0; i < d; i++)
        for (int64_t k = 0; k < d; k++) {
            c[i * d + k] = 0;
            for (int64_t j = 0; j < d; j++)
                c[i * d + k] += a[i * d + j] * b[j * d + k];
        }
}

/* theta, J_t and J_t^-1 of `count` nodes from one time to the next */
static int32_t move(collocation *c, int64_t count, double from, double to)
{
    const moei_fluctuations *of = c->of;
    const int64_t d = c->d, square = d * d;
    if (from == to)
        return MOE_OK;
    int32_t status = moe_field_map(of->context, of->field, from, to, count, c->theta,
                                   fmax(1e-3 * of->tolerance, 1e-13), c->theta, c->step, NULL);
    for (int64_t i = 0; i < count && !status; i++) {
        double *j = c->j + i * square, *inverse = c->inverse + i * square, *step = c->step + i * square;
        multiply(d, step, j, c->work);
        memcpy(j, c->work, (size_t)square * sizeof *j);
        if (moei_solve_right(d, d, step, inverse, c->pivots))
            status = moei_fail(of->context, MOE_ERROR_LAPACK,
                               "the flow map's Jacobian at time %g is singular", to);
    }
    return status;
}

/* Rows [row, row + inputs K) of value, later and, for collocated times, earlier. */
static int32_t fill_rows(collocation *c, int64_t begin, int64_t count, int64_t inputs, const double *x,
                         int64_t row, bool collocated)
{
    const moei_fluctuations *of = c->of;
    const moe_expert *expert = of->model->expert;
    const int64_t d = c->d, outputs = inputs * c->K, width = c->block * d;
    const double scale = of->model->terms.scale, *mobility = of->model->terms.mobility;
    double *identity = c->step;
    memset(identity, 0, (size_t)(count * d * d) * sizeof *identity);
    for (int64_t il = 0; il < count * d; il++)
        identity[il * d + il % d] = 1;
    int32_t status = moe_expert_values(of->context, expert, inputs, x, count, c->theta, c->f);
    if (!status)
        status = moe_expert_tangent(of->context, expert, inputs, x, count, c->theta, d, identity, NULL, c->df,
                                    NULL, NULL);
    for (int64_t i = 0; i < count && !status; i++) {
        const double root = sqrt(of->rule->weights[begin + i]);
        const double *j = c->j + i * d * d, *inverse = c->inverse + i * d * d, *df = c->df + i * d * outputs;
        for (int64_t o = 0; o < outputs; o++) {
            double *later = c->later + (row + o) * width + i * d;
            double *earlier = collocated ? c->earlier + (row + o) * width + i * d : NULL;
            c->value[(row + o) * c->block + i] = scale * root * c->f[i * outputs + o];
            c->mean[row + o] += scale * root * root * c->f[i * outputs + o];
            for (int64_t b = 0; b < d; b++) {
                double forward = 0, back = 0;
                for (int64_t a = 0; a < d; a++) {
                    forward += df[a * outputs + o] * j[a * d + b];
                    back += df[a * outputs + o] * (mobility ? mobility[a] : 1) * inverse[b * d + a];
                }
                later[b] = root * forward;
                if (earlier)
                    earlier[b] = root * back;
            }
        }
    }
    return status;
}

/* One block of the rule's nodes, through all times: its part of mean, C and the kernel. */
static int32_t add_block(collocation *c, int64_t begin, int64_t count)
{
    const moei_fluctuations *of = c->of;
    const int64_t d = c->d;
    int32_t status = MOE_OK;
    memcpy(c->theta, of->rule->points + begin * d, (size_t)(count * d) * sizeof *c->theta);
    memset(c->j, 0, (size_t)(count * d * d) * sizeof *c->j);
    for (int64_t il = 0; il < count * d; il++)
        c->j[il * d + il % d] = 1;
    memcpy(c->inverse, c->j, (size_t)(count * d * d) * sizeof *c->j);
    if (count < c->block) { /* the last block: nodes that are not there add nothing */
        memset(c->later, 0, (size_t)(c->rows * c->block * d) * sizeof *c->later);
        memset(c->earlier, 0, (size_t)(c->first * c->block * d) * sizeof *c->earlier);
        memset(c->value, 0, (size_t)(c->rows * c->block) * sizeof *c->value);
    }
    for (int64_t i = 0; i < c->stops && !status; i++) {
        const stop *at = &c->stop[i];
        status = move(c, count, i ? c->stop[i - 1].time : moe_field_begin(of->field), at->time);
        if (!status && at->collocated >= 0)
            status = fill_rows(c, begin, count, of->model->n, of->model->x, at->collocated, true);
        if (!status && at->wanted >= 0)
            status = fill_rows(c, begin, count, of->m, of->x, at->wanted, false);
    }
    if (status)
        return status;
    moei_gemm_abt_add(c->rows, c->first, c->block * d, c->later, c->earlier, c->p);
    moei_gemm_abt_add(c->rows, c->rows, c->block, c->value, c->value, c->c);
    return moei_progress(of->context, "fluctuations", (double)(begin + count) / (double)of->rule->count);
}

/* ---- the linear equation ---------------------------------------------------------------------- */

/* p[:, collocated time i] <- p times v l''(t_i): a K x K block for each input. work: 3 n K. */
static int32_t bend_columns(collocation *c, int64_t i, double *work)
{
    const moei_fluctuations *of = c->of;
    const int64_t n = of->model->n, K = c->K, nK = n * K;
    double *f = work, *u = f + nK, *bend = u + nK; /* bend: K x nK */
    moei_field_at(of->field, c->node[i], f);
    for (int64_t k = 0; k < K; k++) {
        for (int64_t jl = 0; jl < nK; jl++)
            u[jl] = jl % K == k;
        const int32_t status = moe_model_curvature(of->context, of->model, f, u, bend + k * nK);
        if (status)
            return status;
    }
    for (int64_t row = 0; row < c->rows; row++)
        for (int64_t j = 0; j < n; j++) {
            double *p = c->p + row * c->first + i * nK + j * K;
            memcpy(u, p, (size_t)K * sizeof *u);
            for (int64_t k = 0; k < K; k++) {
                p[k] = 0;
                for (int64_t l = 0; l < K; l++)
                    p[k] += u[l] * of->model->v[j] * bend[k * nK + j * K + l];
            }
        }
    return MOE_OK;
}

/* p <- P: each row's kernel times the integral's weights up to its time. */
static int32_t weigh_rows(collocation *c, double *weights)
{
    const int64_t nK = c->of->model->n * c->K, mK = c->of->m * c->K;
    for (int64_t i = 0; i < c->stops; i++) {
        const stop *at = &c->stop[i];
        const int32_t status = moei_volterra_weights(c->of->context, c->q, c->node, at->time, weights);
        if (status)
            return status;
        const int64_t begins[] = {at->collocated, at->wanted}, counts[] = {nK, mK};
        for (int part = 0; part < 2; part++)
            for (int64_t row = begins[part]; row >= 0 && row < begins[part] + counts[part]; row++)
                for (int64_t column = 0; column < c->first; column++)
                    c->p[row * c->first + column] *= weights[column / nK];
    }
    return MOE_OK;
}

/* covariance <- L C L^T with L = (-P_w (1 + P_c)^-1, 1); C less the means first. */
static int32_t resolve(collocation *c, double *covariance)
{
    const int64_t first = c->first, rows = c->rows, wanted = rows - first;
    if (c->of->mean)
        memcpy(c->of->mean, c->mean + first, (size_t)wanted * sizeof *c->mean);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < rows; j++)
            c->c[i * rows + j] -= c->mean[i] * c->mean[j];
    for (int64_t i = 0; i < first; i++)
        c->p[i * first + i] += 1;
    if (first && moei_solve_right(first, wanted, c->p, c->p + first * first, c->pivots))
        return moei_fail(c->of->context, MOE_ERROR_LAPACK, "the equation of the fluctuations is singular");
    memset(c->l, 0, (size_t)(wanted * rows) * sizeof *c->l);
    memset(c->y, 0, (size_t)(wanted * rows) * sizeof *c->y);
    memset(covariance, 0, (size_t)(wanted * wanted) * sizeof *covariance);
    for (int64_t w = 0; w < wanted; w++) {
        for (int64_t i = 0; i < first; i++)
            c->l[w * rows + i] = -c->p[(first + w) * first + i];
        c->l[w * rows + first + w] = 1;
    }
    moei_gemm_abt_add(wanted, rows, rows, c->l, c->c, c->y);
    moei_gemm_abt_add(wanted, wanted, rows, c->y, c->l, covariance);
    return MOE_OK;
}

static int32_t collocate(collocation *c, double *covariance)
{
    const moei_fluctuations *of = c->of;
    const int64_t nK = of->model->n * c->K;
    double *work = MOEI_NEW(of->context->core, moei_mul(nK, c->K + 2) + c->q, double);
    int32_t status = work ? MOE_OK : moei_out_of_memory(of->context, "the equation of the fluctuations");
    plan_stops(c);
    for (int64_t begin = 0; begin < of->rule->count && !status; begin += c->block) {
        const int64_t left = of->rule->count - begin;
        status = add_block(c, begin, left < c->block ? left : c->block);
    }
    for (int64_t i = 0; i < c->q && !status; i++)
        status = bend_columns(c, i, work);
    if (!status)
        status = weigh_rows(c, work);
    if (!status)
        status = resolve(c, covariance);
    moei_free(of->context->core, work);
    return status;
}

int32_t moei_fluctuations_collocate(const moei_fluctuations *of, int64_t q, double *covariance)
{
    collocation c;
    int32_t status = begin(of, q, &c);
    if (!status)
        status = collocate(&c, covariance);
    close(&c);
    return status;
}
