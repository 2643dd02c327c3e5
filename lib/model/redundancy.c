/* redundancy.c - parameters that the outputs do not depend on, or only through a sum with others.
 *
 * Let J_a(theta) = d_a f (all outputs at all inputs of interest). If J_s = sum_r T_rs J_r with constants T_rs
 * for every theta, then f depends on theta_s and the theta_r only through
 *
 *   u_r = theta_r + T_rs theta_s,      f(theta) = g(u):
 *
 * an inactive parameter has T = 0; two RZ in a row on one qubit have T = 1. Write u = A theta. Then grad Psi
 * = A^T (grad_u Psi), so the mixture's flow closes in u:  du/dt = -A A^T grad_u Psi, started from the image
 * of mu_0 under A. The predictions depend on that image alone. Hence any law of theta whose image under A is
 * that of mu_0 has the same predictions for all times, moved by the same flow in theta: no flow in u is
 * needed. The law sought has theta_s fixed at a number c_s, and the theta_r such that u_r has its law:
 *
 * 1. theta_r uniform on its whole circle: as it is. f has theta_r's period in u_r, and on that circle a
 * uniform angle plus anything independent of it is uniform, whatever T_rs.
 * 2. theta_r and theta_s normal: theta_r normal with variance var_r + sum_s T_rs^2 var_s, c_s the mean of
 *    theta_s. Wrapped normals are images of normals on the line. theta_s may touch no second such theta_r:
 *    the two sums would be correlated.
 * 3. Otherwise theta_s stays: no law of the library is that of the sum.
 *
 * The new law is not mu_0: it serves the predictions at the inputs that were looked at, nothing else.
 *
 * Numerically. Rows of the Jacobian, each column in units of its coordinate's length, are taken at 64 random
 * points: all round the circles, since the flow goes there whatever the law, and about the law's points on
 * the line. Coordinates are ordered: uniform ones, normal ones, others, fixed ones. One whose column is a
 * linear combination of those kept before it, by elimination in the matrix of inner products, is a candidate
 * with its T, which is rounded to a nearby small fraction if there is one. Every candidate then has to prove
 * itself at 64 points more: |J_s - sum_r T_rs J_r| <= 1e-12 times the largest |entry| of the Jacobian seen
 * anywhere, in every row. What is smaller is rounding to a flow; what is larger is kept. f is taken for
 * analytic: one that is flat around all 128 points, and not elsewhere, would deceive this.
 *
 * SPDX-License-Identifier: MIT */
#include "base/blas.h"
#include "base/random.h"
#include "measure/law.h"
#include "model/sensitivity.h"

#include <math.h>
#include <string.h>

enum { DRAWS = 64, LARGEST_DENOMINATOR = 12 };
static const double proof = 1e-12;
static const double candidate = 1e-10; /* of inner products, which are squares */
static const uint64_t seed = 20;

typedef struct {
    moe_context *context;
    const moe_model *model;
    const moe_law *law;
    int64_t d, m; /* m further inputs */
    const double *x;
    double *length;   /* d: the unit of each coordinate */
    double *gram;     /* d x d: inner products of the columns */
    double *factor;   /* d x d: the Cholesky factor for those kept, row r of the r-th kept */
    double *transfer; /* d x d: T[r, s], r and s coordinates, in the units of `length` */
    double *column;   /* d: scratch */
    double *residual; /* d: of each candidate, the largest |J_s - sum_r T_rs J_r| */
    int64_t *kept;    /* d: the coordinates kept, in the order they were found */
    bool *fixed;      /* d: candidates, and then those that are proved and whose law allows it */
    int64_t keeps;
    double largest; /* |entry of the Jacobian| seen */
} analysis;

/* ---- the Jacobian at random points -------------------------------------------------------------- */

static void add_gram(void *self, int64_t input, double *rows)
{
    analysis *a = self;
    (void)input;
    for (int64_t i = 0; i < DRAWS * a->d; i++) {
        rows[i] *= a->length[i % a->d];
        a->largest = fmax(a->largest, fabs(rows[i]));
    }
    moei_gemm_atb_add(a->d, a->d, DRAWS, rows, rows, a->gram);
}

static void add_residual(void *self, int64_t input, double *rows)
{
    analysis *a = self;
    const int64_t d = a->d;
    (void)input;
    for (int64_t i = 0; i < DRAWS; i++) {
        double *row = rows + i * d;
        for (int64_t s = 0; s < d; s++) {
            row[s] *= a->length[s];
            a->largest = fmax(a->largest, fabs(row[s]));
        }
        for (int64_t s = 0; s < d; s++) {
            double rest = row[s];
            for (int64_t q = 0; q < a->keeps; q++)
                rest -= a->transfer[a->kept[q] * d + s] * row[a->kept[q]];
            a->residual[s] = fmax(a->residual[s], fabs(rest));
        }
    }
}

/* Random points where the flow may go; draw i of the stream depends on nothing but (i, stream). */
static int32_t scatter(const analysis *a, int64_t stream, moe_measure **points)
{
    const int32_t status = moe_measure_random(a->context, a->law, seed, stream, 0, DRAWS, points);
    for (int64_t i = 0; !status && i < DRAWS * a->d; i++) {
        const int64_t k = i % a->d;
        const double u = moei_random_uniform(seed, (uint32_t)stream + 2, (uint64_t)(i / a->d), (uint32_t)k);
        const moei_law_kind kind = a->law->coordinate[k].kind;
        double *x = &(*points)->points[i];
        if (isfinite(a->law->period[k]))
            *x = u * a->law->period[k];
        else if (kind != MOEI_LAW_NORMAL && kind != MOEI_LAW_INTERVAL) /* the law may be of a few points */
            *x += (0.5 * u - 0.25) * (1 + fabs(*x));
    }
    return status;
}

static int32_t look(analysis *a, int64_t stream, moei_take_rows take)
{
    moe_measure *points = NULL;
    int32_t status = scatter(a, stream, &points);
    if (!status)
        status = moei_model_jacobians(a->context, a->model, points, a->model->n, a->model->x, take, a);
    if (!status && a->m)
        status = moei_model_jacobians(a->context, a->model, points, a->m, a->x, take, a);
    moe_measure_destroy(points);
    return status;
}

/* ---- elimination ----------------------------------------------------------------------------------- */

/* t, or the fraction p / q with a small q that it nearly is: the proof decides whether it was. */
static double fraction(double t)
{
    for (int q = 1; q <= LARGEST_DENOMINATOR; q++)
        if (fabs(t * q - round(t * q)) <= 1e-9)
            return round(t * q) / q;
    return t;
}

/* transfer[:, s] <- the combination of those kept that column s is, from L L^T t = gram[kept, s] whose
 * forward part is in `column`. */
static void solve_back(analysis *a, int64_t s)
{
    const int64_t d = a->d;
    for (int64_t q = a->keeps - 1; q >= 0; q--) {
        double sum = a->column[q];
        for (int64_t l = q + 1; l < a->keeps; l++)
            sum -= a->factor[l * d + q] * a->column[l];
        a->column[q] = sum / a->factor[q * d + q];
    }
    for (int64_t q = 0; q < a->keeps; q++) { /* a fraction in the coordinates' own units */
        const double unit = a->length[a->kept[q]] / a->length[s];
        a->transfer[a->kept[q] * d + s] = fraction(a->column[q] * unit) / unit;
    }
}

/* Keeps column s, or makes it a candidate. */
static void eliminate(analysis *a, int64_t s)
{
    const int64_t d = a->d;
    const double square = a->gram[s * d + s],
                 rows = DRAWS * (double)(a->model->n + a->m) * (double)a->model->expert->K;
    double rest = square;
    a->fixed[s] = true;
    if (square <= proof * proof * a->largest * a->largest * rows)
        return;
    for (int64_t q = 0; q < a->keeps; q++) {
        double sum = a->gram[a->kept[q] * d + s];
        for (int64_t l = 0; l < q; l++)
            sum -= a->factor[q * d + l] * a->column[l];
        a->column[q] = sum / a->factor[q * d + q];
        rest -= a->column[q] * a->column[q];
    }
    if (rest <= candidate * square) {
        solve_back(a, s);
        return;
    }
    a->fixed[s] = false;
    memcpy(a->factor + a->keeps * d, a->column, (size_t)a->keeps * sizeof *a->column);
    a->factor[a->keeps * d + a->keeps] = sqrt(rest);
    a->kept[a->keeps++] = s;
}

static int rank(const moe_law *law, int64_t k)
{
    switch (law->coordinate[k].kind) {
    case MOEI_LAW_CIRCLE:
        return 0;
    case MOEI_LAW_NORMAL:
        return 1;
    case MOEI_LAW_FIXED:
        return 3;
    default:
        return 2;
    }
}

/* ---- the law ------------------------------------------------------------------------------------- */

/* Whether the law has room for fixing s: see the top of this file. *into: the normal coordinate that takes
 * its variance, or -1. */
static bool law_allows(const analysis *a, int64_t s, int64_t *into)
{
    const moei_law_coordinate *at = a->law->coordinate;
    *into = -1;
    if (at[s].kind == MOEI_LAW_FIXED)
        return true;
    if (at[s].kind == MOEI_LAW_SAMPLES && at[s].width > 1)
        return false;
    for (int64_t q = 0; q < a->keeps; q++) {
        const int64_t r = a->kept[q];
        if (a->transfer[r * a->d + s] == 0 || at[r].kind == MOEI_LAW_CIRCLE)
            continue;
        if (at[r].kind != MOEI_LAW_NORMAL || at[s].kind != MOEI_LAW_NORMAL || *into >= 0)
            return false;
        *into = r;
    }
    return true;
}

static int32_t fix(const analysis *a, int64_t s, int64_t into, moe_law *reduced)
{
    const moei_law_coordinate *at = &a->law->coordinate[s];
    double value = at->a;
    int32_t status = MOE_OK;
    if (at->kind == MOEI_LAW_FIXED)
        return MOE_OK;
    if (into >= 0) {
        const double t = a->transfer[into * a->d + s] * a->length[into] / a->length[s];
        const moei_law_coordinate *wider = &reduced->coordinate[into];
        status = moe_law_set_normal(reduced, into, wider->a, hypot(wider->b, t * at->b));
    }
    if (!status && at->kind != MOEI_LAW_NORMAL && at->kind != MOEI_LAW_VON_MISES)
        status = moei_law_quantile(a->context, a->law, s, 0.5, &value);
    return status ? status : moe_law_set_fixed(reduced, s, value);
}

/* form[r, s]: of the kept r, u_r = theta_r + sum_s T_rs theta_s; rows of fixed coordinates are 0. */
static void write_form(const analysis *a, double *form)
{
    const int64_t d = a->d;
    memset(form, 0, (size_t)(d * d) * sizeof *form);
    for (int64_t r = 0; r < d; r++) {
        form[r * d + r] = a->fixed[r] ? 0 : 1;
        for (int64_t s = 0; s < d; s++)
            if (a->fixed[s] && !a->fixed[r])
                form[r * d + s] = a->transfer[r * d + s] * a->length[r] / a->length[s];
    }
}

/* ---- all of it --------------------------------------------------------------------------------------- */

/* kept, fixed, transfer: found at one set of points */
static int32_t find_candidates(analysis *a)
{
    for (int64_t k = 0; k < a->d; k++) {
        const moei_law_coordinate *at = &a->law->coordinate[k];
        a->length[k] = isfinite(a->law->period[k])     ? a->law->period[k] / (2 * MOEI_PI)
                       : at->kind == MOEI_LAW_NORMAL   ? at->b
                       : at->kind == MOEI_LAW_INTERVAL ? at->b - at->a
                                                       : 1;
    }
    const int32_t status = look(a, 0, add_gram);
    for (int r = 0; !status && r <= 3; r++)
        for (int64_t s = 0; s < a->d; s++)
            if (rank(a->law, s) == r)
                eliminate(a, s);
    return status;
}

/* fixed: proved at other points, and with a law that allows it; *reduced <- that law */
static int32_t settle(analysis *a, moe_law **reduced)
{
    int32_t status = look(a, 1, add_residual);
    if (!status)
        status = moei_law_copy(a->context, a->law, reduced);
    for (int64_t s = 0; !status && s < a->d; s++) {
        int64_t into;
        a->fixed[s] = a->fixed[s] && a->residual[s] <= proof * a->largest && law_allows(a, s, &into);
        if (a->fixed[s])
            status = fix(a, s, into, *reduced);
    }
    return status;
}

static int32_t analyse(analysis *a, moe_law **reduced)
{
    moei_core *core = a->context->core;
    const int64_t d = a->d;
    a->length = MOEI_NEW(core, d, double);
    a->gram = MOEI_NEW(core, moei_mul(d, d), double);
    a->factor = MOEI_NEW(core, moei_mul(d, d), double);
    a->transfer = MOEI_NEW(core, moei_mul(d, d), double);
    a->column = MOEI_NEW(core, d, double);
    a->residual = MOEI_NEW(core, d, double);
    a->kept = MOEI_NEW(core, d, int64_t);
    a->fixed = MOEI_NEW(core, d, bool);
    if (!(a->length && a->gram && a->factor && a->transfer && a->column && a->residual && a->kept &&
          a->fixed))
        return moei_out_of_memory(a->context, "the analysis of a model's parameters");
    const int32_t status = find_candidates(a);
    return status ? status : settle(a, reduced);
}

static void free_analysis(analysis *a)
{
    moei_core *core = a->context->core;
    moei_free(core, a->length);
    moei_free(core, a->gram);
    moei_free(core, a->factor);
    moei_free(core, a->transfer);
    moei_free(core, a->column);
    moei_free(core, a->residual);
    moei_free(core, a->kept);
    moei_free(core, a->fixed);
}

MOE_PUBLIC int32_t moe_model_reduce(moe_context *context, const moe_model *model, const moe_law *law,
                                    int64_t m, const double *x, moe_law **reduced, double *form)
{
    int32_t status;
    moe_law *fresh = NULL;
    if (reduced)
        *reduced = NULL;
    if ((status = moei_need(context, context, "context")) || (status = moei_need(context, model, "model")) ||
        (status = moei_need(context, law, "law")) || (status = moei_need(context, reduced, "reduced")) ||
        (status = moei_need_law_domain(context, law, model->expert->d, model->expert->period)) ||
        (status = moei_need_law(context, law)))
        return status;
    if (moei_has_potential(&model->terms))
        return moei_fail(context, MOE_ERROR_UNSUPPORTED,
                         "the model has a potential, which moves coordinates that the outputs do not see");
    if (m && ((status = moei_need_size(context, m, "m")) ||
              (status = moei_need_shape(context, "m x p", 2, (int64_t[]){m, model->expert->p})) ||
              (status = moei_need(context, x, "x")) ||
              (status = moei_need_finite(context, m * model->expert->p, x, "x"))))
        return status;
    if ((status = moei_need_shape(context, "d x d", 2, (int64_t[]){law->d, law->d})))
        return status;
    analysis a = {.context = context, .model = model, .law = law, .d = law->d, .m = m, .x = x};
    status = analyse(&a, &fresh);
    if (!status && form)
        write_form(&a, form);
    free_analysis(&a);
    if (status)
        moe_law_destroy(fresh);
    else
        *reduced = fresh;
    return status;
}
