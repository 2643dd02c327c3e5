/* loss.c - a loss in use: made, shared, and asked by models.
 *
 * SPDX-License-Identifier: MIT */
#include "model/loss.h"

#include <math.h>
#include <stdio.h>

/* ---- life ------------------------------------------------------------------------------------- */

static int32_t create(moe_context *context, const moe_loss_ops *ops, void *self, moei_loss **out)
{
    moei_loss *loss = MOEI_NEW(context->core, 1, moei_loss);
    if (!loss)
        return moei_out_of_memory(context, "a loss");
    *loss = (moei_loss){.core = moei_core_retain(context->core), .ops = *ops, .self = self};
    atomic_init(&loss->references, 1);
    *out = loss;
    return MOE_OK;
}

int32_t moei_loss_create(moe_context *context, const moei_loss_kind *kind, double delta, moei_loss **out)
{
    const int32_t status = create(context, &kind->ops, NULL, out);
    if (status)
        return status;
    (*out)->kind = kind;
    (*out)->delta = delta;
    (*out)->self = &(*out)->delta;
    return MOE_OK;
}

int32_t moei_loss_create_own(moe_context *context, const moe_loss_ops *ops, void *self, moei_loss **out)
{
    moe_loss_ops table;
    const int32_t status =
        moei_read_table(context, ops, offsetof(moe_loss_ops, curvature), sizeof table, &table);
    if (status)
        return status;
    if (table.flags)
        return moei_fail(context, MOE_ERROR_VALUE, "ops->flags is 0x%llx; a loss has none yet",
                         (unsigned long long)table.flags);
    if (!table.value || !table.residual)
        return moei_fail(context, MOE_ERROR_VTABLE, "ops->%s is NULL; every loss needs it",
                         table.value ? "residual" : "value");
    return create(context, &table, self, out);
}

moei_loss *moei_loss_retain(moei_loss *loss)
{
    moei_hold(&loss->references);
    return loss;
}

void moei_loss_release(moei_loss *loss)
{
    if (!loss || !moei_let_go(&loss->references))
        return;
    moei_core *core = loss->core;
    if (loss->ops.destroy)
        loss->ops.destroy(loss->self);
    moei_free(core, loss);
    moei_core_release(core);
}

/* ---- labels ----------------------------------------------------------------------------------- */

static int32_t refuse(moe_context *context, int64_t j, int64_t K, const double *y, int32_t value)
{
    char text[96] = "";
    int used = 0;
    for (int64_t k = 0; k < K && used < (int)sizeof text - 32; k++)
        used += snprintf(text + used, sizeof text - (size_t)used, "%s%g", k ? ", " : "", y[k]);
    const int32_t status = moei_callback_failed(context, "the loss's check", value);
    if (status == MOE_ERROR_MEMORY)
        return status;
    return moei_fail(context, MOE_ERROR_VALUE,
                     "y of sample %lld, (%s), is no label: the loss's check returned %d", (long long)j, text,
                     (int)value);
}

int32_t moei_loss_admit(moe_context *context, const moei_loss *loss, int64_t n, int64_t K, double *y)
{
    if (loss->kind)
        return loss->kind->admit ? loss->kind->admit(context, n, K, y) : MOE_OK;
    for (int64_t j = 0; loss->ops.check && j < n; j++) {
        const int32_t value = loss->ops.check(loss->self, K, y + j * K);
        if (value)
            return refuse(context, j, K, y + j * K, value);
    }
    return MOE_OK;
}

/* ---- value and derivatives -------------------------------------------------------------------- */

int32_t moei_loss_sum(moe_context *context, const moei_loss *loss, int64_t n, int64_t K, const double *v,
                      const double *f, const double *y, double *out)
{
    enum { CHUNK = 64 };
    double values[CHUNK], sum = 0;
    for (int64_t first = 0; first < n; first += CHUNK) {
        const int64_t count = n - first < CHUNK ? n - first : CHUNK;
        const int32_t value = loss->ops.value(loss->self, count, K, f + first * K, y + first * K, values);
        if (value)
            return moei_callback_failed(context, "the loss's value", value);
        for (int64_t j = 0; j < count; j++)
            sum += v[first + j] * values[j];
    }
    if (!isfinite(sum))
        return moei_fail(context, MOE_ERROR_NOT_FINITE, "the loss is %g", sum);
    *out = sum;
    return MOE_OK;
}

static int32_t need_finite(moe_context *context, int64_t n, int64_t K, const double *values, const char *name)
{
    for (int64_t j = 0; j < n * K; j++)
        if (!isfinite(values[j]))
            return moei_fail(context, MOE_ERROR_NOT_FINITE, "the loss's %s at sample %lld, output %lld is %g",
                             name, (long long)(j / K), (long long)(j % K), values[j]);
    return MOE_OK;
}

int32_t moei_loss_residual(moe_context *context, const moei_loss *loss, int64_t n, int64_t K, const double *f,
                           const double *y, double *r)
{
    const int32_t value = loss->ops.residual(loss->self, n, K, f, y, r);
    if (value)
        return moei_callback_failed(context, "the loss's residual", value);
    return need_finite(context, n, K, r, "residual");
}

int32_t moei_loss_curvature(moe_context *context, const moei_loss *loss, int64_t n, int64_t K,
                            const double *f, const double *y, const double *u, double *c)
{
    if (!loss->ops.curvature)
        return moei_fail(context, MOE_ERROR_UNSUPPORTED, "the loss's table has no curvature");
    const int32_t value = loss->ops.curvature(loss->self, n, K, f, y, u, c);
    if (value)
        return moei_callback_failed(context, "the loss's curvature", value);
    return need_finite(context, n, K, c, "curvature");
}
