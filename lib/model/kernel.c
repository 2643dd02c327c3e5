/* kernel.c - the neural tangent kernel of a measure.
 *
 *   K[i,k,j,l] = sum_q w_q sum_a m_a d_a f_k(theta_q, xa_i) d_a f_l(theta_q, xb_j)
 *
 * Each input is bound alone, so that a pullback of the unit residual e_k is one row of the Jacobian. For
 * a block of experts the rows sqrt(w_q m_a) d_a f_k(theta_q, x_i) form matrices A (na K x count d) and B, and
 * the block adds A B^T. Blocks and slabs as in partition.h.
 *
 * SPDX-License-Identifier: MIT */
#include "base/blas.h"
#include "measure/measure.h"
#include "model/model.h"

#include <limits.h>
#include <math.h>
#include <string.h>

typedef struct {
    moe_context *context;
    const moe_expert *expert;
    const double *mobility; /* d, or NULL */
    const moe_measure *mu;
    int64_t na, nb;         /* inputs left and right; nb = 0 when right = left */
    moei_binding *bindings; /* na + nb, one input each */
    int64_t bound;          /* how many of them are bound so far */
    moei_partition cut;
    int64_t work_bytes, row; /* the expert's scratch; doubles of one Jacobian row, block x d */
    double *jacobian;        /* workers x (na + nb) K x row */
    double *units;           /* K x K identity: the residuals */
    char *work;              /* workers x work_bytes */
    double *partial;         /* slabs x (na K x right K) */
    moei_failure *failed;    /* slabs */
} kernel_job;

/* rows[k, (q, a)] = sqrt(w_q m_a) d_a f_k(theta_q, x) for one bound input x, with row length count x d. What
 * failed, by its value; 0 if nothing did. */
static moei_failure jacobian_rows(const kernel_job *job, const moei_binding *at, int64_t first, int64_t count,
                                  double *rows, void *work)
{
    const moe_expert *expert = job->expert;
    const int64_t d = expert->d, K = expert->K;
    for (int64_t k = 0; k < K; k++, rows += count * d) {
        const double *unit = job->units + k * K;
        void *stage = NULL;
        int32_t value =
            expert->ops.prepare ? expert->ops.prepare(expert->self, at->bound, 1, at->x, unit, &stage) : 0;
        if (value)
            return (moei_failure){"the expert's prepare", value};
        value = expert->ops.pullback(expert->self, at->bound, stage, 1, at->x, count,
                                     job->mu->points + first * d, unit, rows, work);
        if (expert->ops.release)
            expert->ops.release(expert->self, at->bound, stage);
        if (value)
            return (moei_failure){"the expert's pullback", value};
        for (int64_t q = 0; q < count; q++)
            for (int64_t a = 0; a < d; a++)
                rows[q * d + a] *= sqrt(job->mu->weights[first + q] * (job->mobility ? job->mobility[a] : 1));
    }
    return (moei_failure){0};
}

static int32_t kernel_of_slab(void *self, int64_t slab, int32_t worker)
{
    const kernel_job *job = self;
    const moei_partition *cut = &job->cut;
    const int64_t K = job->expert->K, left = job->na * K, right = (job->nb ? job->nb : job->na) * K;
    double *jacobian = job->jacobian + worker * (job->na + job->nb) * K * job->row;
    void *work = job->work_bytes ? job->work + worker * job->work_bytes : NULL;
    const int64_t end = moei_slab_start(cut, slab + 1);
    for (int64_t first = moei_slab_start(cut, slab); first < end; first += cut->block) {
        const int64_t count = moei_block_count(cut, first, end), row = count * job->expert->d;
        for (int64_t i = 0; i < job->na + job->nb; i++) {
            job->failed[slab] =
                jacobian_rows(job, &job->bindings[i], first, count, jacobian + i * K * row, work);
            if (job->failed[slab].value)
                return MOE_ERROR_CALLBACK;
        }
        const double *other = job->nb ? jacobian + left * row : jacobian;
        moei_gemm_abt_add_within(left, right, row, jacobian, other, !job->nb,
                                 job->partial + slab * left * right);
    }
    return MOE_OK;
}

static int32_t bind_inputs(kernel_job *job, const double *xa, const double *xb)
{
    const int64_t p = job->expert->p;
    for (; job->bound < job->na + job->nb; job->bound++) {
        const int64_t i = job->bound;
        const double *x = i < job->na ? xa + i * p : xb + (i - job->na) * p;
        int64_t bytes = 0;
        int32_t status = moei_bind(job->context, job->expert, 1, x, &job->bindings[i]);
        if (status)
            return status;
        status = moei_binding_workspace(job->context, &job->bindings[i], job->cut.block, &bytes);
        if (status) {
            moei_unbind(&job->bindings[i]);
            return status;
        }
        bytes = moei_worker_bytes(bytes, 0);
        if (bytes > job->work_bytes)
            job->work_bytes = bytes;
    }
    return MOE_OK;
}

static int32_t job_allocate(kernel_job *job, const double *xa, const double *xb)
{
    moei_core *core = job->context->core;
    const int64_t K = job->expert->K, inputs = job->na + job->nb, workers = moei_workers(job->context);
    const int64_t matrix = moei_mul(moei_mul(job->na, K), moei_mul(job->nb ? job->nb : job->na, K));
    job->cut = moei_partition_of(job->mu->count, inputs * K * job->expert->d, matrix);
    job->row = job->cut.block * job->expert->d;
    job->bindings = MOEI_NEW(core, inputs, moei_binding);
    if (!job->bindings)
        return moei_out_of_memory(job->context, "the kernel");
    const int32_t status = bind_inputs(job, xa, xb);
    if (status)
        return status;
    job->jacobian = MOEI_NEW(core, moei_mul(workers, moei_mul(inputs * K, job->row)), double);
    job->units = MOEI_NEW(core, moei_mul(K, K), double);
    job->work = moei_alloc(core, moei_mul(workers, job->work_bytes), 1);
    job->partial = MOEI_NEW(core, moei_mul(job->cut.slabs, matrix), double);
    job->failed = MOEI_NEW(core, job->cut.slabs, moei_failure);
    if (!(job->jacobian && job->units && job->work && job->partial && job->failed))
        return moei_out_of_memory(job->context, "the kernel");
    for (int64_t k = 0; k < K; k++)
        job->units[k * K + k] = 1;
    return MOE_OK;
}

static void job_free(kernel_job *job)
{
    moei_core *core = job->context->core;
    while (job->bound > 0)
        moei_unbind(&job->bindings[--job->bound]);
    moei_free(core, job->bindings);
    moei_free(core, job->jacobian);
    moei_free(core, job->units);
    moei_free(core, job->work);
    moei_free(core, job->partial);
    moei_free(core, job->failed);
}

static int32_t job_run(kernel_job *job, double *kernel)
{
    const int64_t K = job->expert->K, left = job->na * K, right = (job->nb ? job->nb : job->na) * K;
    const bool parallel = job->expert->ops.flags & MOE_EXPERT_THREAD_SAFE;
    int32_t status = moei_parallel(job->context, parallel, job->cut.slabs, kernel_of_slab, job);
    status = moei_report_slabs(job->context, job->cut.slabs, job->failed, status);
    if (status)
        return status;
    moei_sum_rows(job->cut.slabs, left * right, job->partial);
    for (int64_t i = 0; i < left * right; i++)
        if (!isfinite(job->partial[i]))
            return moei_fail(job->context, MOE_ERROR_NOT_FINITE, "kernel[%lld] is %g", (long long)i,
                             job->partial[i]);
    memcpy(kernel, job->partial, (size_t)(left * right) * sizeof *kernel);
    if (!job->nb)
        for (int64_t i = 0; i < left; i++)
            for (int64_t j = 0; j < i; j++)
                kernel[i * right + j] = kernel[j * right + i];
    return MOE_OK;
}

static int32_t check_inputs(moe_context *context, const moe_expert *expert, int64_t n, const double *x,
                            const char *size, const char *name)
{
    int32_t status;
    if ((status = moei_need_size(context, n, size)) ||
        (status = moei_need_shape(context, name, 3, (int64_t[]){n, expert->p, expert->K})) ||
        (status = moei_need(context, x, name)))
        return status;
    return moei_need_finite(context, n * expert->p, x, name);
}

int32_t moei_model_kernel(moe_context *context, const moe_model *model, const moe_measure *mu, int64_t na,
                          const double *xa, int64_t nb, const double *xb, double *kernel)
{
    kernel_job job = {.context = context,
                      .expert = model->expert,
                      .mobility = model->terms.mobility,
                      .mu = mu,
                      .na = na,
                      .nb = nb};
    int32_t status = job_allocate(&job, xa, xb);
    if (!status)
        status = job_run(&job, kernel);
    job_free(&job);
    return status;
}

MOE_PUBLIC int32_t moe_model_kernel(moe_context *context, const moe_model *model, const moe_measure *mu,
                                    int64_t na, const double *xa, int64_t nb, const double *xb,
                                    double *kernel)
{
    if (!context)
        return MOE_ERROR_NULL;
    int32_t status;
    if ((status = moei_need(context, model, "model")) || (status = moei_need(context, mu, "mu")) ||
        (status = moei_need_domain(context, mu, model->expert->d, model->expert->period, "mu")) ||
        (status = check_inputs(context, model->expert, na, xa, "na", "xa")) ||
        (status = check_inputs(context, model->expert, nb, xb, "nb", "xb")) ||
        (status = moei_need(context, kernel, "kernel")))
        return status;
    const int64_t K = model->expert->K;
    if ((status = moei_need_shape(context, "na x K x nb x K", 4, (int64_t[]){na, K, nb, K})))
        return status;
    if (na * K > INT_MAX || nb * K > INT_MAX)
        return moei_fail(context, MOE_ERROR_SIZE, "na x K is %lld and nb x K is %lld; BLAS counts to %d",
                         (long long)na * K, (long long)nb * K, INT_MAX);
    const bool same = xa == xb && na == nb;
    return moei_public_status(moei_model_kernel(context, model, mu, na, xa, same ? 0 : nb, xb, kernel));
}
