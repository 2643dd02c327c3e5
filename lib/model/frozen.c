/* frozen.c - the prediction of the frozen kernel (the NTK, or lazy, regime) for the square loss, in closed
 * form.
 *
 * With K as it is at mu, dF/dt = -K(., X) V (F - y), so that with r = F_0 - y at the training inputs X
 *
 *   F(x, t) = F_0(x) - K(x, X) V^(1/2) Q phi_t(Lambda) Q^T V^(1/2) r,   phi_t(l) = (1 - e^(-l t)) / l,
 *
 * where V^(1/2) K(X, X) V^(1/2) = Q Lambda Q^T (Jacot, Gabriel, Hongler, NeurIPS 2018, section 5; for the
 * model that is linear in theta it is exact at every time). At the training inputs themselves
 * K V^(1/2) Q = V^(-1/2) Q Lambda. K is positive semidefinite: eigenvalues below 0 are rounding, and 0. So
 * are, at t = infinity, those up to N eps times the largest, N = nK: there phi divides by them, but a true
 * zero's direction is one in which F does not move.
 *
 * Steps: (1) kernel and predictions at X; (2) eigenvectors; (3) G = K(x, X) V^(1/2) Q, row by input;
 * (4) for all times at once F = F_0 - P G^T with P[t,q] = phi_t(l_q) (Q^T V^(1/2) r)_q.
 *
 * SPDX-License-Identifier: MIT */
#include "base/blas.h"
#include "measure/measure.h"
#include "model/model.h"

#include <float.h>
#include <limits.h>
#include <math.h>

/* LAPACK's dsyevd counts its 1 + 6 N + 2 N^2 numbers of scratch in 32 bits. */
enum { MOST_ROWS = 32766 };

typedef struct {
    moe_context *context;
    const moe_model *model;
    const moe_measure *mu;
    int64_t count, m, rows, tests; /* times; test inputs, 0: the training ones; nK; mK, or nK */
    const double *times, *x;
    double *f;           /* count x tests */
    double *q, *lambda;  /* rows x rows, an eigenvector a row, and their eigenvalues */
    double *root;        /* rows: v_j^(1/2) of each row */
    double *residual;    /* rows: Q^T V^(1/2) (F_0 - y) */
    double *start;       /* tests: F_0(x) */
    double *cross;       /* tests x rows: K(x, X) V^(1/2) */
    double *gain, *part; /* tests x rows: G; count x rows: P */
} frozen_job;

static int32_t decompose(frozen_job *job)
{
    const int64_t N = job->rows;
    moei_core *core = job->context->core;
    double *work = MOEI_NEW(core, 1 + 6 * N + 2 * N * N, double);
    moei_blas_int *counts = MOEI_NEW(core, 3 + 5 * N, moei_blas_int);
    int32_t status = MOE_OK;
    if (!work || !counts)
        status = moei_out_of_memory(job->context, "the kernel's eigenvectors");
    else if (moei_symmetric_eigen(N, job->q, job->lambda, work, counts))
        status = moei_fail(job->context, MOE_ERROR_LAPACK, "the kernel's eigenvalues did not converge");
    moei_free(core, work);
    moei_free(core, counts);
    for (int64_t q = 0; !status && q < N; q++)
        job->lambda[q] = fmax(job->lambda[q], 0);
    return status;
}

/* Q, Lambda, V^(1/2) and the residuals in the eigenvectors' coordinates. */
static int32_t learn_training(frozen_job *job)
{
    const moe_model *model = job->model;
    const int64_t N = job->rows, K = model->expert->K;
    double *residual = job->lambda; /* until the eigenvalues come */
    int32_t status = moei_model_kernel(job->context, model, job->mu, model->n, model->x, 0, NULL, job->q);
    if (!status)
        status = moe_model_predictions(job->context, model, job->mu, residual);
    if (status)
        return status;
    for (int64_t i = 0; i < N; i++) {
        job->root[i] = sqrt(model->v[i / K]);
        if (!job->m)
            job->start[i] = residual[i];
        job->part[i] = job->root[i] * (residual[i] - model->y[i]);
    }
    for (int64_t i = 0; i < N; i++)
        for (int64_t j = 0; j < N; j++)
            job->q[i * N + j] *= job->root[i] * job->root[j];
    status = decompose(job);
    if (!status)
        moei_gemm_abt_add(1, N, N, job->part, job->q, job->residual);
    return status;
}

/* G and F_0 at the inputs asked for */
static int32_t learn_tests(frozen_job *job)
{
    const int64_t N = job->rows;
    if (!job->m) {
        for (int64_t i = 0; i < N; i++)
            for (int64_t q = 0; q < N; q++)
                job->gain[i * N + q] = job->q[q * N + i] * job->lambda[q] / job->root[i];
        return MOE_OK;
    }
    const moe_model *model = job->model;
    int32_t status =
        moei_model_kernel(job->context, model, job->mu, job->m, job->x, model->n, model->x, job->cross);
    if (!status)
        status = moei_model_predict(job->context, model, job->mu, job->m, job->x, job->start);
    if (status)
        return status;
    for (int64_t i = 0; i < job->tests; i++)
        for (int64_t j = 0; j < N; j++)
            job->cross[i * N + j] *= job->root[j];
    moei_gemm_abt_add(job->tests, N, N, job->cross, job->q, job->gain);
    return MOE_OK;
}

static double phi(double lambda, double least, double time)
{
    if (isinf(time))
        return lambda > least ? 1 / lambda : 0;
    return lambda > 0 ? -expm1(-lambda * time) / lambda : time;
}

static int32_t predict(const frozen_job *job)
{
    const int64_t N = job->rows, T = job->tests;
    const double least = (double)N * DBL_EPSILON * job->lambda[N - 1];
    for (int64_t t = 0; t < job->count; t++) {
        for (int64_t q = 0; q < N; q++)
            job->part[t * N + q] = -phi(job->lambda[q], least, job->times[t]) * job->residual[q];
        for (int64_t i = 0; i < T; i++)
            job->f[t * T + i] = job->start[i];
    }
    moei_gemm_abt_add(job->count, T, N, job->part, job->gain, job->f);
    for (int64_t i = 0; i < job->count * T; i++)
        if (!isfinite(job->f[i]))
            return moei_fail(job->context, MOE_ERROR_NOT_FINITE, "the frozen prediction f[%lld] is %g",
                             (long long)i, job->f[i]);
    return MOE_OK;
}

static int32_t allocate(frozen_job *job)
{
    moei_core *core = job->context->core;
    const int64_t N = job->rows, T = job->tests;
    job->q = MOEI_NEW(core, N * N, double);
    job->lambda = MOEI_NEW(core, N, double);
    job->root = MOEI_NEW(core, N, double);
    job->residual = MOEI_NEW(core, N, double);
    job->start = MOEI_NEW(core, T, double);
    job->cross = MOEI_NEW(core, job->m ? T * N : 0, double);
    job->gain = MOEI_NEW(core, T * N, double);
    job->part = MOEI_NEW(core, job->count * N, double);
    if (job->q && job->lambda && job->root && job->residual && job->start && job->cross && job->gain &&
        job->part)
        return MOE_OK;
    return moei_out_of_memory(job->context, "the frozen kernel");
}

static void free_blocks(frozen_job *job)
{
    double *blocks[] = {job->q,     job->lambda, job->root, job->residual,
                        job->start, job->cross,  job->gain, job->part};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
        moei_free(job->context->core, blocks[i]);
}

static int32_t check_model(moe_context *context, const moe_model *model)
{
    if (model->terms.loss->kind != &moei_square_loss)
        return moei_fail(context, MOE_ERROR_UNSUPPORTED, "the model's loss is not the square loss");
    if (moei_has_potential(&model->terms))
        return moei_fail(context, MOE_ERROR_UNSUPPORTED, "the model has a potential");
    const int64_t rows = moei_model_width(model);
    if (rows > MOST_ROWS)
        return moei_fail(context, MOE_ERROR_UNSUPPORTED, "n x K is %lld; the frozen kernel takes up to %d",
                         (long long)rows, (int)MOST_ROWS);
    return MOE_OK;
}

/* m = 0 and no x: the training inputs */
static int32_t check_sizes(const frozen_job *job)
{
    moe_context *context = job->context;
    const moe_expert *expert = job->model->expert;
    int32_t status;
    if ((status = moei_need_size(context, job->count, "count")) ||
        ((job->m || job->x) && (status = moei_need_size(context, job->m, "m"))) ||
        (status = moei_need_shape(context, "m x p", 2, (int64_t[]){job->m, expert->p})) ||
        (status = moei_need_shape(context, "m x K x n x K", 2, (int64_t[]){job->tests, job->rows})) ||
        (status = moei_need_shape(context, "count x n x K", 2, (int64_t[]){job->count, job->rows})) ||
        (status = moei_need_shape(context, "count x m x K", 2, (int64_t[]){job->count, job->tests})))
        return status;
    if (job->tests <= INT_MAX && job->count <= INT_MAX)
        return MOE_OK;
    return moei_fail(context, MOE_ERROR_SIZE, "m x K is %lld and count is %lld; BLAS counts to %d",
                     (long long)job->tests, (long long)job->count, INT_MAX);
}

static int32_t check_numbers(const frozen_job *job)
{
    int32_t status;
    if ((status = moei_need(job->context, job->times, "times")) ||
        (job->m && (status = moei_need(job->context, job->x, "x"))) ||
        (status = moei_need_finite(job->context, job->m * job->model->expert->p, job->x, "x")))
        return status;
    for (int64_t t = 0; t < job->count; t++)
        if (!(job->times[t] >= 0))
            return moei_fail(job->context, MOE_ERROR_TIME,
                             "times[%lld] is %g; it takes 0, a positive time or INFINITY", (long long)t,
                             job->times[t]);
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_model_frozen(moe_context *context, const moe_model *model, const moe_measure *mu,
                                    int64_t count, const double *times, int64_t m, const double *x, double *f)
{
    if (!context)
        return MOE_ERROR_NULL;
    int32_t status;
    if ((status = moei_need_measure(context, model, mu, f, "f")) || (status = check_model(context, model)))
        return status;
    const int64_t K = model->expert->K;
    frozen_job job = {.context = context,
                      .model = model,
                      .mu = mu,
                      .count = count,
                      .m = m,
                      .rows = moei_model_width(model),
                      .tests = moei_mul(m ? m : model->n, K),
                      .times = times,
                      .x = x,
                      .f = f};
    if ((status = check_sizes(&job)) || (status = check_numbers(&job)))
        return status;
    status = allocate(&job);
    if (!status)
        status = learn_training(&job);
    if (!status)
        status = learn_tests(&job);
    if (!status)
        status = predict(&job);
    free_blocks(&job);
    return moei_public_status(status);
}
