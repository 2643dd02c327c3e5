/* variation.c - the drift at points and its derivative, each point alone.
 *
 *   g_i = M (sum_jk r[j,k] grad f_k(theta_i, x_j) - grad V(theta_i)),   h_i = dg_i / dtheta_i
 *
 * A block of points at a time: (1) pullback and potential, as in sweep.c; (2) the expert's tangent along the
 * d unit vectors; (3) the decay's second derivative in closed form; (4) what has none of its own, an expert
 * without `tangent` or a host's potential, by differences of its gradient as in expert/tangent.h;
 * (5) mobilities.
 *
 * Invariant: a point's numbers depend on it and r alone, neither on its block nor on threads.
 *
 * SPDX-License-Identifier: MIT */
#include "model/variation.h"

#include "expert/tangent.h"

#include <string.h>

enum { PLACES = MOEI_TANGENT_POINTS };

struct moei_variation {
    moei_core *core;
    const moe_model *model;
    moei_partition cut;
    bool bent;
    int64_t numbers, work_bytes; /* of one worker: doubles of ours, then the expert's own scratch */
    char *scratch;
    double *units;        /* block x d x d: the d unit vectors for each point */
    moei_failure *failed; /* blocks */
    /* arguments of the call in progress */
    int64_t count;
    const double *theta, *r;
    double *g, *h;
    void *stage;
};

/* A block of points in the hands of a worker. */
typedef struct {
    const moei_variation *all;
    int64_t count;
    const double *theta;
    double *g, *h;
    double *shifted, *slope, *other, *step; /* block x d, PLACES x block x d, block x d, block */
    void *work;
    const char *what; /* the host's function that was called last */
} batch;

/* ---- life ------------------------------------------------------------------------------------- */

static int64_t worker_bytes(const moei_variation *variation)
{
    return moei_worker_bytes(variation->numbers * (int64_t)sizeof(double), variation->work_bytes);
}

static int32_t allocate(moe_context *context, moei_variation *variation)
{
    const int64_t d = variation->model->expert->d, block = variation->cut.block;
    variation->failed = MOEI_NEW(variation->core, variation->cut.blocks, moei_failure);
    variation->units =
        MOEI_NEW(variation->core, variation->bent ? moei_mul(block, moei_mul(d, d)) : 0, double);
    variation->scratch =
        moei_alloc(variation->core, moei_mul(moei_workers(context), worker_bytes(variation)), 1);
    if (!variation->failed || !variation->units || !variation->scratch)
        return moei_out_of_memory(context, "the derivative of the drift");
    for (int64_t il = 0; variation->bent && il < block * d; il++)
        variation->units[il * d + il % d] = 1;
    return MOE_OK;
}

int32_t moei_variation_create(moe_context *context, const moe_model *model, int64_t most, bool bent,
                              moei_variation **out)
{
    const int64_t d = model->expert->d;
    moei_variation *variation = MOEI_NEW(context->core, 1, moei_variation);
    if (!variation)
        return moei_out_of_memory(context, "the derivative of the drift");
    variation->core = moei_core_retain(context->core);
    variation->model = model;
    variation->bent = bent;
    variation->cut = moei_partition_of(most, (bent ? d : 0) + (PLACES + 2) * d + 1, 0);
    variation->numbers = (variation->cut.block * ((PLACES + 2) * d + 1) + 7) / 8 * 8;
    int32_t status =
        moei_binding_workspace(context, &model->binding, variation->cut.block, &variation->work_bytes);
    if (!status)
        status = allocate(context, variation);
    if (status) {
        moei_variation_destroy(variation);
        return status;
    }
    *out = variation;
    return MOE_OK;
}

void moei_variation_destroy(moei_variation *variation)
{
    if (!variation)
        return;
    moei_core *core = variation->core;
    moei_free(core, variation->scratch);
    moei_free(core, variation->units);
    moei_free(core, variation->failed);
    moei_free(core, variation);
    moei_core_release(core);
}

/* ---- one block -------------------------------------------------------------------------------- */

static int32_t pull_back(batch *at, const double *theta, double *g)
{
    const moei_variation *all = at->all;
    const moei_binding *binding = &all->model->binding;
    const moe_expert *expert = binding->expert;
    at->what = "the expert's pullback";
    return expert->ops.pullback(expert->self, binding->bound, all->stage, binding->n, binding->x, at->count,
                                theta, all->r, g, at->work);
}

static int32_t drift(batch *at)
{
    const moe_model *model = at->all->model;
    const int32_t value = pull_back(at, at->theta, at->g);
    if (value)
        return value;
    at->what = "the potential's gradient";
    return moei_potential_descend(&model->terms.potential, at->count, model->expert->d, model->expert->period,
                                  at->theta, at->other, at->g);
}

/* slope <- the gradient, at the shifted points, of what has no second derivatives of its own */
static int32_t rough_slope(batch *at, double *slope)
{
    const moe_model *model = at->all->model;
    const int64_t size = at->count * model->expert->d;
    const moei_potential own = {.own = model->terms.potential.own};
    if (model->expert->ops.tangent)
        memset(slope, 0, (size_t)size * sizeof *slope);
    else {
        const int32_t value = pull_back(at, at->shifted, slope);
        if (value)
            return value;
    }
    at->what = "the potential's gradient";
    return moei_potential_descend(&own, at->count, model->expert->d, model->expert->period, at->shifted,
                                  at->other, slope);
}

/* h[i,l,:] += the derivative along coordinate l of the rough slope */
static int32_t difference(batch *at, int64_t l)
{
    const moe_expert *expert = at->all->model->expert;
    const int64_t d = expert->d, size = at->count * d;
    memcpy(at->shifted, at->theta, (size_t)size * sizeof *at->shifted);
    for (int64_t i = 0; i < at->count; i++)
        at->step[i] = moei_tangent_step(1 / moei_coordinate_unit(expert->period[l], at->theta[i * d + l]));
    for (int q = 0; q < PLACES; q++) {
        for (int64_t i = 0; i < at->count; i++)
            at->shifted[i * d + l] = at->theta[i * d + l] + moei_tangent_places[q] * at->step[i];
        const int32_t value = rough_slope(at, at->slope + q * size);
        if (value)
            return value;
    }
    for (int64_t i = 0; i < at->count; i++)
        for (int64_t a = 0; a < d; a++)
            at->h[(i * d + l) * d + a] += moei_tangent_difference(at->slope + i * d + a, size, at->step[i]);
    return 0;
}

static int32_t bend(batch *at)
{
    const moei_variation *all = at->all;
    const moe_model *model = all->model;
    const moei_binding *binding = &model->binding;
    const moe_expert *expert = binding->expert;
    const int64_t d = expert->d;
    int32_t value = 0;
    if (expert->ops.tangent) {
        at->what = "the expert's tangent";
        value = expert->ops.tangent(expert->self, binding->bound, all->stage, binding->n, binding->x,
                                    at->count, d, at->theta, all->units, all->r, NULL, at->h, at->work);
    } else
        memset(at->h, 0, (size_t)(at->count * d * d) * sizeof *at->h);
    if (!expert->ops.tangent || model->terms.potential.own)
        for (int64_t l = 0; l < d && !value; l++)
            value = difference(at, l);
    if (!value)
        moei_potential_bend(&model->terms.potential, at->count, d, expert->period, at->theta, at->h);
    return value;
}

static void apply_mobility(int64_t rows, int64_t d, const double *mobility, double *g)
{
    for (int64_t i = 0; mobility && i < rows; i++)
        for (int64_t a = 0; a < d; a++)
            g[i * d + a] *= mobility[a];
}

static int32_t one_block(void *self, int64_t b, int32_t worker)
{
    moei_variation *all = self;
    const moe_model *model = all->model;
    const int64_t d = model->expert->d, block = all->cut.block, first = b * block;
    double *numbers = (double *)(void *)(all->scratch + worker * worker_bytes(all));
    batch at = {.all = all,
                .count = all->count - first < block ? all->count - first : block,
                .theta = all->theta + first * d,
                .g = all->g + first * d,
                .h = all->h ? all->h + first * d * d : NULL,
                .shifted = numbers,
                .slope = numbers + block * d,
                .other = numbers + (PLACES + 1) * block * d,
                .step = numbers + (PLACES + 2) * block * d,
                .work = all->work_bytes ? numbers + all->numbers : NULL};
    int32_t value = drift(&at);
    if (!value && at.h)
        value = bend(&at);
    if (value) {
        all->failed[b] = (moei_failure){at.what, value};
        return value > 0 ? MOEI_RECOVERABLE : MOE_ERROR_CALLBACK;
    }
    apply_mobility(at.count, d, model->terms.mobility, at.g);
    if (at.h)
        apply_mobility(at.count * d, d, model->terms.mobility, at.h);
    return MOE_OK;
}

/* ---- all points ------------------------------------------------------------------------------- */

static bool is_safe(const moe_model *model)
{
    const moei_own_potential *own = model->terms.potential.own;
    return (model->expert->ops.flags & MOE_EXPERT_THREAD_SAFE) &&
           (!own || own->ops.flags & MOE_POTENTIAL_THREAD_SAFE);
}

int32_t moei_variation_at(moe_context *context, moei_variation *variation, int64_t count, const double *theta,
                          const double *r, double *g, double *h)
{
    const moei_binding *at = &variation->model->binding;
    const moe_expert *expert = at->expert;
    const int64_t block = variation->cut.block, blocks = (count + block - 1) / block;
    variation->count = count;
    variation->theta = theta;
    variation->r = r;
    variation->g = g;
    variation->h = h;
    variation->stage = NULL;
    if (expert->ops.prepare) {
        const int32_t value =
            expert->ops.prepare(expert->self, at->bound, at->n, at->x, r, &variation->stage);
        if (value)
            return moei_callback_failed(context, "the expert's prepare", value);
    }
    memset(variation->failed, 0, (size_t)blocks * sizeof *variation->failed);
    const int32_t status = moei_parallel(context, is_safe(variation->model), blocks, one_block, variation);
    if (expert->ops.release)
        expert->ops.release(expert->self, at->bound, variation->stage);
    return moei_report_slabs(context, blocks, variation->failed, status);
}
