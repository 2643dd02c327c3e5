/* sweep.c - the two sweeps over experts that make a right-hand side.
 *
 *   up     m = sum_i w_i m(theta_i), then F = s predict(m): the only place where experts meet
 *   down   g_i = M (sum_jk r[j,k] grad f_k(theta_i, x_j) - grad V(theta_i)): each expert alone
 *
 * and a third one, asked for now and then: sum_i w_i V(theta_i).
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
    const moei_terms *terms;
    moei_partition cut;
    int64_t numbers;      /* doubles of one worker's block: values, or what a host's potential returns */
    int64_t work_bytes;   /* the expert's own scratch for one worker */
    int32_t workers;      /* for how many there is scratch */
    char *scratch;        /* workers x (numbers, then the expert's) */
    double *partial;      /* own slabs x moment_count */
    double *sum;          /* own slabs: of w |g|^2, or of w V */
    moei_failure *failed; /* own slabs */
    /* arguments of the sweep in progress */
    const double *theta, *w, *r;
    double *g;
    void *stage;
};

/* ---- life ------------------------------------------------------------------------------------- */

static int64_t worker_bytes(const moei_sweep *sweep)
{
    return moei_worker_bytes(sweep->numbers * (int64_t)sizeof(double), sweep->work_bytes);
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

/* doubles of values that a block keeps for each expert */
static int64_t values_of(const moei_binding *binding)
{
    return binding->expert->ops.moments ? 0 : binding->n * binding->expert->K;
}

moei_partition moei_sweep_partition(const moei_binding *binding, int64_t experts)
{
    return moei_partition_of(experts, values_of(binding), binding->moment_count);
}

int32_t moei_sweep_create(moe_context *context, const moei_binding *binding, const moei_terms *terms,
                          const moei_partition *cut, moei_sweep **out)
{
    const moe_expert *expert = binding->expert;
    const int64_t m = binding->moment_count, values = values_of(binding), slabs = moei_own_slabs(cut);
    const int64_t slopes = terms->potential.own ? expert->d : 0;
    moei_sweep *sweep = MOEI_NEW(context->core, 1, moei_sweep);
    if (!sweep)
        return moei_out_of_memory(context, "a sweep");
    sweep->core = moei_core_retain(context->core);
    sweep->binding = binding;
    sweep->terms = terms;
    sweep->cut = *cut;
    sweep->numbers = sweep->cut.block * (values > slopes ? values : slopes);
    /* a rank without slabs has the sums of all */
    sweep->partial = MOEI_NEW(sweep->core, moei_mul(slabs + !slabs, m), double);
    sweep->sum = MOEI_NEW(sweep->core, slabs + !slabs, double);
    sweep->failed = MOEI_NEW(sweep->core, slabs, moei_failure);
    int32_t status = moei_binding_workspace(context, binding, sweep->cut.block, &sweep->work_bytes);
    if (!status && !(sweep->partial && sweep->sum && sweep->failed))
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
    moei_free(core, sweep->sum);
    moei_free(core, sweep->failed);
    moei_free(core, sweep);
    moei_core_release(core);
}

/* ---- one slab --------------------------------------------------------------------------------- */

static double *numbers(const moei_sweep *sweep, int32_t worker)
{
    return (double *)(void *)(sweep->scratch + worker * worker_bytes(sweep));
}

static void *expert_scratch(const moei_sweep *sweep, int32_t worker)
{
    return sweep->work_bytes ? numbers(sweep, worker) + sweep->numbers : NULL;
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
    double *f = numbers(sweep, worker);
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
    const int64_t end = moei_own_start(cut, slab + 1);
    for (int64_t first = moei_own_start(cut, slab); first < end; first += cut->block) {
        const char *what;
        const int32_t value = add_moments(sweep, worker, moei_block_count(cut, first, end),
                                          sweep->theta + first * d, sweep->w + first, sum, &what);
        if (value)
            return slab_failed(sweep, slab, what, value);
    }
    return MOE_OK;
}

/* g <- M g over one block; returns sum_i w[i] sum_a m_a g_ia^2 with the g that came in */
static double apply_mobility(int64_t count, int64_t d, const double *mobility, const double *w, double *g)
{
    double square = 0;
    for (int64_t i = 0; i < count; i++, g += d) {
        double norm = 0;
        for (int64_t a = 0; a < d; a++) {
            const double before = g[a];
            if (mobility)
                g[a] *= mobility[a];
            norm += before * g[a];
        }
        square += w[i] * norm;
    }
    return square;
}

static int32_t pullback_of_slab(void *self, int64_t slab, int32_t worker)
{
    moei_sweep *sweep = self;
    const moei_binding *at = sweep->binding;
    const moe_expert *expert = at->expert;
    const moei_terms *terms = sweep->terms;
    const moei_partition *cut = &sweep->cut;
    const int64_t d = expert->d, end = moei_own_start(cut, slab + 1);
    double square = 0;
    for (int64_t first = moei_own_start(cut, slab); first < end; first += cut->block) {
        const int64_t count = moei_block_count(cut, first, end);
        const double *theta = sweep->theta + first * d;
        double *g = sweep->g + first * d;
        int32_t value = expert->ops.pullback(expert->self, at->bound, sweep->stage, at->n, at->x, count,
                                             theta, sweep->r, g, expert_scratch(sweep, worker));
        if (value)
            return slab_failed(sweep, slab, "the expert's pullback", value);
        value = moei_potential_descend(&terms->potential, count, d, expert->period, theta,
                                       numbers(sweep, worker), g);
        if (value)
            return slab_failed(sweep, slab, "the potential's gradient", value);
        square += apply_mobility(count, d, terms->mobility, sweep->w + first, g);
    }
    sweep->sum[slab] = square;
    return MOE_OK;
}

static int32_t potential_of_slab(void *self, int64_t slab, int32_t worker)
{
    moei_sweep *sweep = self;
    const moe_expert *expert = sweep->binding->expert;
    const moei_partition *cut = &sweep->cut;
    const int64_t end = moei_own_start(cut, slab + 1);
    sweep->sum[slab] = 0;
    for (int64_t first = moei_own_start(cut, slab); first < end; first += cut->block) {
        double sum = 0;
        const int32_t value = moei_potential_sum(&sweep->terms->potential, moei_block_count(cut, first, end),
                                                 expert->d, expert->period, sweep->theta + first * expert->d,
                                                 sweep->w + first, numbers(sweep, worker), &sum);
        if (value)
            return slab_failed(sweep, slab, "the potential's value", value);
        sweep->sum[slab] += sum;
    }
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

static bool expert_is_safe(const moei_sweep *sweep)
{
    return sweep->binding->expert->ops.flags & MOE_EXPERT_THREAD_SAFE;
}

static bool potential_is_safe(const moei_sweep *sweep)
{
    const moei_own_potential *own = sweep->terms->potential.own;
    return !own || own->ops.flags & MOE_POTENTIAL_THREAD_SAFE;
}

/* `task` for every slab of the points theta with weights w */
static int32_t run(moe_context *context, moei_sweep *sweep, const double *theta, const double *w,
                   bool parallel, moei_task task)
{
    const int64_t slabs = moei_own_slabs(&sweep->cut);
    int32_t status = make_ready(context, sweep);
    if (status)
        return status;
    sweep->theta = theta;
    sweep->w = w;
    memset(sweep->failed, 0, (size_t)slabs * sizeof *sweep->failed);
    status = moei_parallel(context, parallel, slabs, task, sweep);
    return moei_report_slabs(context, slabs, sweep->failed, status);
}

int32_t moei_sweep_agree(moe_context *context, const moei_sweep *sweep, int32_t status)
{
    return sweep->cut.spread ? moei_agree(context, status) : status;
}

/* f = predict(m) */
static int32_t predict(moe_context *context, const moei_sweep *sweep, double *f)
{
    const moei_binding *at = sweep->binding;
    const moe_expert *expert = at->expert;
    if (!expert->ops.predict) {
        memcpy(f, sweep->partial, (size_t)(at->n * expert->K) * sizeof *f);
        return MOE_OK;
    }
    const int32_t value = expert->ops.predict(expert->self, at->bound, at->n, at->x, sweep->partial, f);
    return moei_sweep_agree(context, sweep,
                            value ? moei_callback_failed(context, "the expert's predict", value) : MOE_OK);
}

int32_t moei_sweep_predict(moe_context *context, moei_sweep *sweep, const double *theta, const double *w,
                           double *f)
{
    const moei_binding *at = sweep->binding;
    const int64_t K = at->expert->K;
    int32_t status = run(context, sweep, theta, w, expert_is_safe(sweep), moments_of_slab);
    status = moei_sum_slabs(&sweep->cut, status, at->moment_count, sweep->partial);
    if (!status)
        status = predict(context, sweep, f);
    for (int64_t j = 0; !status && j < at->n * K; j++) {
        f[j] *= sweep->terms->scale;
        if (!isfinite(f[j]))
            return moei_fail(context, MOE_ERROR_NOT_FINITE, "the prediction at input %lld, output %lld is %g",
                             (long long)(j / K), (long long)(j % K), f[j]);
    }
    return status;
}

/* What the expert keeps for all blocks of one pullback. */
static int32_t prepare(moe_context *context, moei_sweep *sweep, const double *r)
{
    const moei_binding *at = sweep->binding;
    const moe_expert_ops *ops = &at->expert->ops;
    sweep->stage = NULL;
    const int32_t value =
        ops->prepare ? ops->prepare(at->expert->self, at->bound, at->n, at->x, r, &sweep->stage) : 0;
    return value ? moei_callback_failed(context, "the expert's prepare", value) : MOE_OK;
}

int32_t moei_sweep_pullback(moe_context *context, moei_sweep *sweep, const double *theta, const double *w,
                            const double *r, double *g, double *square)
{
    const moei_binding *at = sweep->binding;
    const moe_expert_ops *ops = &at->expert->ops;
    sweep->r = r;
    sweep->g = g;
    int32_t status = prepare(context, sweep, r);
    if (!status) {
        const bool safe = expert_is_safe(sweep) && potential_is_safe(sweep);
        status = run(context, sweep, theta, w, safe, pullback_of_slab);
        if (ops->release)
            ops->release(at->expert->self, at->bound, sweep->stage);
    }
    status = moei_sum_slabs(&sweep->cut, status, 1, sweep->sum);
    if (status)
        return status;
    *square = sweep->sum[0];
    /* a weight of 0 times NaN is NaN too: no expert's NaN goes unseen */
    if (!isfinite(*square))
        return moei_fail(context, MOE_ERROR_NOT_FINITE, "the drift of an expert is not finite");
    return MOE_OK;
}

int32_t moei_sweep_potential(moe_context *context, moei_sweep *sweep, const double *theta, const double *w,
                             double *value)
{
    *value = 0;
    if (!moei_has_potential(sweep->terms))
        return MOE_OK;
    int32_t status = run(context, sweep, theta, w, potential_is_safe(sweep), potential_of_slab);
    status = moei_sum_slabs(&sweep->cut, status, 1, sweep->sum);
    if (status)
        return status;
    *value = sweep->sum[0];
    if (!isfinite(*value))
        return moei_fail(context, MOE_ERROR_NOT_FINITE, "the potential's mean is %g", *value);
    return MOE_OK;
}
