/* expert.c - moe_expert: the host's table of functions, checked and copied, and its shape.
 *
 * An expert never changes, so any threads may share it; the last reference calls the host's destroy.
 *
 * SPDX-License-Identifier: MIT */
#include "expert/expert.h"

#include <math.h>
#include <string.h>

/* ---- the table -------------------------------------------------------------------------------- */

static int32_t lacks(moe_context *context, const char *member, const char *reason)
{
    return moei_fail(context, MOE_ERROR_VTABLE, "ops->%s is NULL%s", member, reason);
}

static int32_t check_table(moe_context *context, const moe_expert_ops *table)
{
    const uint64_t known = MOE_EXPERT_THREAD_SAFE | MOE_EXPERT_PURE;
    const bool own_moments = table->moment_count || table->moments || table->predict;
    const char *together = "; moment_count, moments and predict come together or not at all";
    if (table->flags & ~known)
        return moei_fail(context, MOE_ERROR_VALUE, "ops->flags is 0x%llx; 0x%llx is not known",
                         (unsigned long long)table->flags, (unsigned long long)(table->flags & ~known));
    if (!table->values)
        return lacks(context, "values", "; every expert needs it");
    if (!table->pullback)
        return lacks(context, "pullback", "; every expert needs it");
    if (table->unbind && !table->bind)
        return lacks(context, "bind", ", but unbind is not");
    if (table->release && !table->prepare)
        return lacks(context, "prepare", ", but release is not");
    if (own_moments && !table->moment_count)
        return lacks(context, "moment_count", together);
    if (own_moments && !table->moments)
        return lacks(context, "moments", together);
    if (own_moments && !table->predict)
        return lacks(context, "predict", together);
    return MOE_OK;
}

/* ---- life ------------------------------------------------------------------------------------- */

/* Frees the expert without telling the host. */
static void free_expert(moe_expert *expert)
{
    moei_core *core = expert->core;
    moei_free(core, expert->period);
    moei_free(core, expert);
    moei_core_release(core);
}

MOE_PUBLIC int32_t moe_expert_create(moe_context *context, const moe_expert_ops *ops, void *self, int64_t d,
                                     int64_t p, int64_t K, const double *period, moe_expert **expert)
{
    int32_t status;
    moe_expert_ops table;
    if (expert)
        *expert = NULL;
    if ((status = moei_need(context, context, "context")) ||
        (status = moei_need(context, expert, "expert")) || (status = moei_need(context, ops, "ops")) ||
        (status = moei_read_table(context, ops, offsetof(moe_expert_ops, bind), sizeof table, &table)) ||
        (status = check_table(context, &table)) || (status = moei_need_size(context, d, "d")) ||
        (status = moei_need_size(context, p, "p")) || (status = moei_need_size(context, K, "K")) ||
        (status = moei_need_shape(context, "d", 1, &d)) || (status = moei_need(context, period, "period")) ||
        (status = moei_need_periods(context, d, period)))
        return status;
    moe_expert *fresh = MOEI_NEW(context->core, 1, moe_expert);
    if (!fresh)
        return moei_out_of_memory(context, "an expert");
    *fresh = (moe_expert){.core = moei_core_retain(context->core),
                          .ops = table,
                          .self = self,
                          .d = d,
                          .p = p,
                          .K = K,
                          .period = MOEI_NEW(context->core, d, double)};
    atomic_init(&fresh->references, 1);
    if (!fresh->period) {
        free_expert(fresh);
        return moei_out_of_memory(context, "an expert's periods");
    }
    memcpy(fresh->period, period, (size_t)d * sizeof *period);
    *expert = fresh;
    return MOE_OK;
}

moe_expert *moei_expert_retain(const moe_expert *expert)
{
    moei_hold(&expert->references);
    return (moe_expert *)(uintptr_t)expert;
}

MOE_PUBLIC void moe_expert_destroy(moe_expert *expert)
{
    if (!expert || !moei_let_go(&expert->references))
        return;
    if (expert->ops.destroy)
        expert->ops.destroy(expert->self);
    free_expert(expert);
}

/* ---- shape ------------------------------------------------------------------------------------ */

MOE_PUBLIC int64_t moe_expert_parameters(const moe_expert *expert)
{
    return expert ? expert->d : 0;
}

MOE_PUBLIC int64_t moe_expert_inputs(const moe_expert *expert)
{
    return expert ? expert->p : 0;
}

MOE_PUBLIC int64_t moe_expert_outputs(const moe_expert *expert)
{
    return expert ? expert->K : 0;
}

double moei_coordinate_unit(double period, double theta)
{
    return isfinite(period) ? period / (2 * MOEI_PI) : fmax(1, fabs(theta));
}

MOE_PUBLIC const double *moe_expert_period(const moe_expert *expert)
{
    return expert ? expert->period : NULL;
}
