/* binding.c - an expert made ready for its inputs, and the public calls of its values and pullback.
 *
 * A binding is what the expert's bind returned for x, and the number of moments that follows from it.
 * The public calls go through the expert's functions in the order in which a flow does: bind,
 * workspace, prepare, the work in batches, release, unbind. They run on the calling thread.
 *
 * SPDX-License-Identifier: MIT */
#include "expert/expert.h"

/* ---- bindings --------------------------------------------------------------------------------- */

/* A size that a callback returned does not do: its value is kept as far as 32 bits hold it. */
static int32_t bad_size(moe_context *context, const char *what, int64_t value, int64_t least)
{
    if (value == MOE_ERROR_MEMORY)
        return moei_callback_failed(context, what, MOE_ERROR_MEMORY);
    context->callback_status = value < INT32_MIN ? INT32_MIN : value > INT32_MAX ? INT32_MAX : (int32_t)value;
    return moei_fail(context, MOE_ERROR_CALLBACK,
                     "%s returned %lld; it must be at least %lld, and fit memory", what, (long long)value,
                     (long long)least);
}

int32_t moei_bind(moe_context *context, const moe_expert *expert, int64_t n, const double *x,
                  moei_binding *binding)
{
    const moe_expert_ops *ops = &expert->ops;
    *binding = (moei_binding){.n = n, .x = x};
    const int32_t value = ops->bind ? ops->bind(expert->self, n, x, &binding->bound) : 0;
    if (value)
        return moei_callback_failed(context, "the expert's bind", value);
    binding->expert = expert;
    const int64_t count =
        ops->moment_count ? ops->moment_count(expert->self, binding->bound) : moei_mul(n, expert->K);
    if (count < 1 || moei_mul(count, (int64_t)sizeof(double)) < 0) {
        moei_unbind(binding);
        return bad_size(context, "the expert's moment_count", count, 1);
    }
    binding->moment_count = count;
    return MOE_OK;
}

void moei_unbind(moei_binding *binding)
{
    const moe_expert *expert = binding->expert;
    if (expert && expert->ops.unbind)
        expert->ops.unbind(expert->self, binding->bound);
    *binding = (moei_binding){0};
}

int32_t moei_binding_workspace(moe_context *context, const moei_binding *binding, int64_t count,
                               int64_t *bytes)
{
    const moe_expert *expert = binding->expert;
    *bytes = expert->ops.workspace ? expert->ops.workspace(expert->self, binding->bound, count) : 0;
    if (*bytes >= 0)
        return MOE_OK;
    const int64_t value = *bytes;
    *bytes = 0;
    return bad_size(context, "the expert's workspace", value, 0);
}

/* ---- the public calls ------------------------------------------------------------------------- */

/* One public call: what it has opened, closed by close_call whatever happened. */
typedef struct {
    moe_context *context;
    moei_binding binding;
    void *stage;
    bool prepared;
    void *work; /* NULL if the expert wants none */
} expert_call;

int32_t moei_need_call(moe_context *context, const moe_expert *expert, int64_t n, const double *x,
                       int64_t count, const double *theta)
{
    int32_t status;
    if ((status = moei_need(context, context, "context")) ||
        (status = moei_need(context, expert, "expert")) || (status = moei_need_size(context, n, "n")) ||
        (status = moei_need(context, x, "x")) || (status = moei_need_size(context, count, "count")) ||
        (status = moei_need(context, theta, "theta")) ||
        (status = moei_need_shape(context, "n x p", 2, (const int64_t[]){n, expert->p})) ||
        (status = moei_need_shape(context, "count x d", 2, (const int64_t[]){count, expert->d})) ||
        (status = moei_need_shape(context, "count x n x K", 3, (const int64_t[]){count, n, expert->K})) ||
        (status = moei_need_finite(context, n * expert->p, x, "x")))
        return status;
    return moei_need_finite(context, count * expert->d, theta, "theta");
}

/* Binds, prepares if r is given, and gets the scratch for a batch. */
static int32_t open_call(expert_call *call, moe_context *context, const moe_expert *expert, int64_t n,
                         const double *x, int64_t count, const double *r)
{
    const moe_expert_ops *ops = &expert->ops;
    int64_t bytes;
    *call = (expert_call){.context = context};
    int32_t status = moei_bind(context, expert, n, x, &call->binding);
    if (status)
        return status;
    if ((status = moei_binding_workspace(context, &call->binding, count < MOEI_BATCH ? count : MOEI_BATCH,
                                         &bytes)))
        return status;
    if (bytes > 0 && !(call->work = moei_alloc(context->core, bytes, 1)))
        return moei_out_of_memory(context, "the expert's scratch");
    if (r && ops->prepare) {
        const int32_t value = ops->prepare(expert->self, call->binding.bound, n, x, r, &call->stage);
        if (value)
            return moei_callback_failed(context, "the expert's prepare", value);
        call->prepared = true;
    }
    return MOE_OK;
}

/* Undoes what was opened; the status for the host, who knows no recoverable failure here. */
static int32_t close_call(expert_call *call, int32_t status)
{
    const moe_expert *expert = call->binding.expert;
    if (call->prepared && expert->ops.release)
        expert->ops.release(expert->self, call->binding.bound, call->stage);
    moei_unbind(&call->binding);
    moei_free(call->context->core, call->work);
    return moei_public_status(status);
}

MOE_PUBLIC int32_t moe_expert_values(moe_context *context, const moe_expert *expert, int64_t n,
                                     const double *x, int64_t count, const double *theta, double *f)
{
    expert_call call;
    int32_t status;
    if ((status = moei_need_call(context, expert, n, x, count, theta)) ||
        (status = moei_need(context, f, "f")))
        return status;
    status = open_call(&call, context, expert, n, x, count, NULL);
    for (int64_t i = 0; !status && i < count; i += MOEI_BATCH) {
        const int64_t some = count - i < MOEI_BATCH ? count - i : MOEI_BATCH;
        const int32_t value = expert->ops.values(expert->self, call.binding.bound, n, x, some,
                                                 theta + i * expert->d, f + i * n * expert->K, call.work);
        if (value)
            status = moei_callback_failed(context, "the expert's values", value);
    }
    return close_call(&call, status);
}

MOE_PUBLIC int32_t moe_expert_pullback(moe_context *context, const moe_expert *expert, int64_t n,
                                       const double *x, int64_t count, const double *theta, const double *r,
                                       double *g)
{
    expert_call call;
    int32_t status;
    if ((status = moei_need_call(context, expert, n, x, count, theta)) ||
        (status = moei_need(context, r, "r")) || (status = moei_need(context, g, "g")))
        return status;
    if ((status = moei_need_finite(context, n * expert->K, r, "r")))
        return status;
    status = open_call(&call, context, expert, n, x, count, r);
    for (int64_t i = 0; !status && i < count; i += MOEI_BATCH) {
        const int64_t some = count - i < MOEI_BATCH ? count - i : MOEI_BATCH;
        const int32_t value = expert->ops.pullback(expert->self, call.binding.bound, call.stage, n, x, some,
                                                   theta + i * expert->d, r, g + i * expert->d, call.work);
        if (value)
            status = moei_callback_failed(context, "the expert's pullback", value);
    }
    return close_call(&call, status);
}
