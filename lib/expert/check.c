/* check.c - moe_expert_check: an expert's functions held against each other at given points.
 *
 * What is compared, in this order (the first fault is reported):
 *   values     several experts against each alone, several inputs against each alone
 *   pullback   the same two comparisons, then against differences of values
 *   tangent    against differences of values and pullback, if there is one
 *   values     at theta and at theta + period e_a
 *   moments    predict(sum_i w[i] m(theta_i)) against sum_i w[i] f(theta_i), added in several calls
 *   all        the same call again (MOE_EXPERT_PURE), and on several threads (MOE_EXPERT_THREAD_SAFE)
 * Every call is made between guard words (guarded.c) and must give finite numbers. Nothing here is drawn at
 * random from run to run; only the timing of threads differs.
 *
 * SPDX-License-Identifier: MIT */
#include "base/random.h"
#include "expert/inspect.h"
#include "expert/race.h"

#include <math.h>

static int32_t check_threads(moei_inspection *it)
{
    const uint64_t flags = it->expert->ops.flags;
    if (!(flags & MOE_EXPERT_THREAD_SAFE))
        return MOE_OK;
    return moei_race(it->context, it->expert, it->n, it->x, it->moved, it->r, flags & MOE_EXPERT_PURE);
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int32_t get_memory(moei_inspection *it)
{
    moei_core *core = it->context->core;
    const int64_t d = it->expert->d, width = it->n * it->expert->K;
    it->f = MOEI_NEW(core, it->count * width, double);
    it->g = MOEI_NEW(core, it->count * d, double);
    it->r = MOEI_NEW(core, width, double);
    it->w = MOEI_NEW(core, it->count, double);
    it->moved = MOEI_NEW(core, moei_mul(larger(it->count, MOEI_RACE_POINTS), d), double);
    it->sum = MOEI_NEW(core, larger(it->count * d, width), double);
    it->scale = MOEI_NEW(core, it->expert->K, double);
    it->length = MOEI_NEW(core, d, double);
    if (it->f && it->g && it->r && it->w && it->moved && it->sum && it->scale && it->length)
        return MOE_OK;
    return moei_out_of_memory(it->context, "the check of an expert");
}

static void free_memory(moei_inspection *it)
{
    double *const blocks[] = {it->f, it->g, it->r, it->w, it->moved, it->sum, it->scale, it->length};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
        moei_free(it->context->core, blocks[i]);
}

static double draw(uint32_t stream, int64_t i, int64_t a)
{
    return moei_random_uniform(0, stream, (uint64_t)i, (uint32_t)a);
}

/* length[a] = period / 2 pi; on the line max_i |theta[i,a]|, or 1 where that is next to nothing */
static void choose_lengths(moei_inspection *it)
{
    const int64_t d = it->expert->d;
    for (int64_t a = 0; a < d; a++) {
        const double period = it->expert->period[a];
        double largest = 0;
        for (int64_t i = 0; i < it->count; i++)
            largest = fmax(largest, fabs(it->theta[i * d + a]));
        it->length[a] = isfinite(period) ? period / (2 * MOEI_PI) : largest > 1e-8 ? largest : 1;
    }
}

/* moved: anywhere on a circle, but only a little off on the line, where the domain of f may end soon */
static void choose_moved(moei_inspection *it)
{
    const int64_t d = it->expert->d;
    for (int64_t i = 0; i < larger(it->count, MOEI_RACE_POINTS); i++)
        for (int64_t a = 0; a < d; a++) {
            const double period = it->expert->period[a];
            const double reach = isfinite(period) ? period : it->length[a] / 64;
            it->moved[i * d + a] = it->theta[i % it->count * d + a] + reach * draw(MOEI_STREAM_MOVED, i, a);
        }
}

static void choose_weights(moei_inspection *it)
{
    double total = 0;
    for (int64_t i = 0; i < it->count; i++)
        total += it->w[i] = 0.5 + draw(MOEI_STREAM_WEIGHTS, i, 0);
    for (int64_t i = 0; i < it->count; i++)
        it->w[i] /= total;
}

MOE_PUBLIC int32_t moe_expert_check(moe_context *context, const moe_expert *expert, int64_t n,
                                    const double *x, int64_t count, const double *theta)
{
    static int32_t (*const parts[])(moei_inspection *) = {
        moei_inspect_values,  moei_inspect_pullback, moei_inspect_tangent, moei_inspect_periods,
        moei_inspect_moments, moei_inspect_purity,   check_threads};
    int32_t status = moei_need_call(context, expert, n, x, count, theta);
    if (status)
        return status;
    moei_inspection it = {
        .context = context, .expert = expert, .n = n, .count = count, .x = x, .theta = theta};
    status = get_memory(&it);
    if (!status) {
        choose_lengths(&it);
        choose_moved(&it);
        choose_weights(&it);
    }
    for (size_t i = 0; !status && i < sizeof parts / sizeof parts[0]; i++)
        status = parts[i](&it);
    free_memory(&it);
    return moei_public_status(status);
}
