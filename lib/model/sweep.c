/* sweep.c - the two sweeps over experts that make a right-hand side.
 *
 *   up     m = sum_i w_i m(theta_i), then F = predict(m): the only place where experts meet
 *   down   g_i = sum_jk r[j,k] grad f_k(theta_i, x_j): each expert alone
 *
 * Experts with no moments of their own have m = F: values of a block of experts, then one matrix-vector
 * product with their weights. Every slab writes only its own row of partial sums; see partition.h.
 *
 * SPDX-License-Identifier: MIT */
#include "model/sweep.h"

#include "base/blas.h"

#include <math.h>
#include <string.h>

struct moei_sweep {
    moei_core *core;
    const moei_binding *binding;
    moei_partition cut;
    int64_t values;       /* doubles of one worker's block of values, 0 if the expert has moments */
    int64_t work_bytes;   /* the expert's own scratch for one worker */
    int32_t workers;      /* for how many there is scratch */
    char *scratch;        /* workers x (values, then the expert's) */
    double *partial;      /* slabs x moment_count */
    double *square;       /* slabs */
    moei_failure *failed; /* slabs */
    /* arguments of the sweep in progress */
    const double *theta, *w, *r;
    double *g;
    void *stage;
};

/* ---- life ------------------------------------------------------------------------------------- */

static int64_t worker_bytes(const moei_sweep *sweep)
{
    const int64_t bytes = sweep->values * (int64_t)sizeof(double) + sweep->work_bytes;
    return bytes > INT64_MAX - 64 ? INT64_MAX : (bytes + 63) / 64 * 64;
}

/* Scratch for every worker that the context now has. */
static int32_t make_ready(moe_context *context, moei_sweep *sweep)
{
    const int32_t workers = moei_workers(context);
    if (workers <= sweep->workers)
        return MOE_OK;
    char *scratch = moei_alloc(sweep->core, moei_mul(workers, worker_bytes(sweep)), 1);
    if (!scratch)
        return moei_out_of_memory(context, "the experts' scratch");
    moei_free(sweep->core, sweep->scratch);
    sweep->scratch = scratch;
    sweep->workers = workers;
    return MOE_OK;
}

int32_t moei_sweep_create(moe_context *context, const moei_binding *binding, int64_t experts,
                          moei_sweep **out)
{
    const moe_expert *expert = binding->expert;
    const int64_t nK = binding->n * expert->K, m = binding->moment_count;
    moei_sweep *sweep = MOEI_NEW(context->core, 1, moei_sweep);
    if (!sweep)
        return moei_out_of_memory(context, "a sweep");
    sweep->core = moei_core_retain(context->core);
    sweep->binding = binding;
    sweep->cut = moei_partition_of(experts, expert->ops.moments ? 0 : nK, m);
    sweep->values = expert->ops.moments ? 0 : sweep->cut.block * nK;
    sweep->partial = MOEI_NEW(sweep->core, moei_mul(sweep->cut.slabs, m), double);
    sweep->square = MOEI_NEW(sweep->core, sweep->cut.slabs, double);
    sweep->failed = MOEI_NEW(sweep->core, sweep->cut.slabs, moei_failure);
    int32_t status = moei_binding_workspace(context, binding, sweep->cut.block, &sweep->work_bytes);
    if (!status && !(sweep->partial && sweep->square && sweep->failed))
        status = moei_out_of_memory(context, "partial sums of moments");
    if (!status)
        status = make_ready(context, sweep);
    if (status) {
        moei_sweep_destroy(sweep);
        return status;
    }
    *out = sweep;
    return MOE_OK;
}

void moei_sweep_destroy(moei_sweep *sweep)
{
    if (!sweep)
        return;
    moei_core *core = sweep->core;
    moei_free(core, sweep->scratch);
    moei_free(core, sweep->partial);
    moei_free(core, sweep->square);
    moei_free(core, sweep->failed);
    moei_free(core, sweep);
    moei_core_release(core);
}

/* ---- one slab --------------------------------------------------------------------------------- */

static void *expert_scratch(const moei_sweep *sweep, int32_t worker)
{
    char *mine = sweep->scratch + worker * worker_bytes(sweep);
    return sweep->work_bytes ? mine + sweep->values * (int64_t)sizeof(double) : NULL;
}

static int32_t slab_failed(moei_sweep *sweep, int64_t slab, const char *what, int32_t value)
{
    sweep->failed[slab] = (moei_failure){what, value};
    return value > 0 ? MOEI_RECOVERABLE : MOE_ERROR_CALLBACK;
}

/* m[q] += sum_i w[i] m_q(theta_i) over one block */
static int32_t add_moments(const moei_sweep *sweep, int32_t worker, int64_t count, const double *theta,
                           const double *w, double *m, const char **what)
{
    const moei_binding *at = sweep->binding;
    const moe_expert *expert = at->expert;
    void *work = expert_scratch(sweep, worker);
    if (expert->ops.moments) {
        *what = "the expert's moments";
        return expert->ops.moments(expert->self, at->bound, at->n, at->x, count, theta, w, m, work);
    }
    *what = "the expert's values";
    double *f = (double *)(void *)(sweep->scratch + worker * worker_bytes(sweep));
    const int32_t value = expert->ops.values(expert->self, at->bound, at->n, at->x, count, theta, f, work);
    if (!value)
        moei_gemv_add(count, at->moment_count, f, w, m);
    return value;
}

static int32_t moments_of_slab(void *self, int64_t slab, int32_t worker)
{
    moei_sweep *sweep = self;
    const moei_partition *cut = &sweep->cut;
    const int64_t d = sweep->binding->expert->d, m = sweep->binding->moment_count;
    double *sum = sweep->partial + slab * m;
    memset(sum, 0, (size_t)m * sizeof *sum);
    const int64_t end = moei_slab_first_block(cut, slab + 1);
    for (int64_t b = moei_slab_first_block(cut, slab); b < end; b++) {
        const int64_t first = b * cut->block;
        const char *what;
        const int32_t value = add_moments(sweep, worker, moei_block_count(cut, b), sweep->theta + first * d,
                                          sweep->w + first, sum, &what);
        if (value)
            return slab_failed(sweep, slab, what, value);
    }
    return MOE_OK;
}

static int32_t pullback_of_slab(void *self, int64_t slab, int32_t worker)
{
    moei_sweep *sweep = self;
    const moei_binding *at = sweep->binding;
    const moe_expert *expert = at->expert;
    const moei_partition *cut = &sweep->cut;
    const int64_t d = expert->d, end = moei_slab_first_block(cut, slab + 1);
    double square = 0;
    for (int64_t b = moei_slab_first_block(cut, slab); b < end; b++) {
        const int64_t first = b * cut->block, count = moei_block_count(cut, b);
        double *g = sweep->g + first * d;
        const int32_t value =
            expert->ops.pullback(expert->self, at->bound, sweep->stage, at->n, at->x, count,
                                 sweep->theta + first * d, sweep->r, g, expert_scratch(sweep, worker));
        if (value)
            return slab_failed(sweep, slab, "the expert's pullback", value);
        for (int64_t i = 0; i < count; i++) {
            double norm = 0;
            for (int64_t a = 0; a < d; a++)
                norm += g[i * d + a] * g[i * d + a];
            square += sweep->w[first + i] * norm;
        }
    }
    sweep->square[slab] = square;
    return MOE_OK;
}

/* ---- whole sweeps ----------------------------------------------------------------------------- */

int32_t moei_report_slabs(moe_context *context, int64_t slabs, const moei_failure *failed, int32_t status)
{
    if (status == MOEI_RECOVERABLE || status == MOE_ERROR_CALLBACK)
        for (int64_t s = 0; s < slabs; s++)
            if (failed[s].value)
                return moei_callback_failed(context, failed[s].what, failed[s].value);
    return status;
}

static int32_t run(moe_context *context, moei_sweep *sweep, moei_task task)
{
    memset(sweep->failed, 0, (size_t)sweep->cut.slabs * sizeof *sweep->failed);
    const bool parallel = sweep->binding->expert->ops.flags & MOE_EXPERT_THREAD_SAFE;
    const int32_t status = moei_parallel(context, parallel, sweep->cut.slabs, task, sweep);
    return moei_report_slabs(context, sweep->cut.slabs, sweep->failed, status);
}

int32_t moei_sweep_predict(moe_context *context, moei_sweep *sweep, const double *theta, const double *w,
                           double *f)
{
    const moei_binding *at = sweep->binding;
    const moe_expert *expert = at->expert;
    int32_t status = make_ready(context, sweep);
    if (status)
        return status;
    sweep->theta = theta;
    sweep->w = w;
    status = run(context, sweep, moments_of_slab);
    if (status)
        return status;
    moei_sum_rows(sweep->cut.slabs, at->moment_count, sweep->partial);
    const int64_t nK = at->n * expert->K;
    if (expert->ops.predict) {
        const int32_t value = expert->ops.predict(expert->self, at->bound, at->n, at->x, sweep->partial, f);
        if (value)
            return moei_callback_failed(context, "the expert's predict", value);
    } else
        memcpy(f, sweep->partial, (size_t)nK * sizeof *f);
    for (int64_t j = 0; j < nK; j++)
        if (!isfinite(f[j]))
            return moei_fail(context, MOE_ERROR_NOT_FINITE, "the prediction at input %lld, output %lld is %g",
                             (long long)(j / expert->K), (long long)(j % expert->K), f[j]);
    return MOE_OK;
}

int32_t moei_sweep_pullback(moe_context *context, moei_sweep *sweep, const double *theta, const double *w,
                            const double *r, double *g, double *square)
{
    const moei_binding *at = sweep->binding;
    const moe_expert_ops *ops = &at->expert->ops;
    int32_t status = make_ready(context, sweep);
    if (status)
        return status;
    sweep->theta = theta;
    sweep->w = w;
    sweep->r = r;
    sweep->g = g;
    sweep->stage = NULL;
    if (ops->prepare) {
        const int32_t value = ops->prepare(at->expert->self, at->bound, at->n, at->x, r, &sweep->stage);
        if (value)
            return moei_callback_failed(context, "the expert's prepare", value);
    }
    status = run(context, sweep, pullback_of_slab);
    if (ops->release)
        ops->release(at->expert->self, at->bound, sweep->stage);
    if (status)
        return status;
    moei_sum_rows(sweep->cut.slabs, 1, sweep->square);
    *square = sweep->square[0];
    /* a weight of 0 times NaN is NaN too: no expert's NaN goes unseen */
    if (!isfinite(*square))
        return moei_fail(context, MOE_ERROR_NOT_FINITE, "the drift of an expert is not finite");
    return MOE_OK;
}
