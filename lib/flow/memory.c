/* memory.c - what a flow takes while it steps.
 *
 *   8 d count vectors + 8 count + the sweep's scratch and partial sums + 4 predictions
 *
 * with the vectors that the method keeps (method.h) and the points now and being tried.
 *
 * SPDX-License-Identifier: MIT */
#include "flow/flow.h"

#include "base/spread.h"

static int64_t vectors_of(const moei_method *method, bool looks)
{
    const int64_t points = 2 + (looks || method->argues);
    return points + method->slots + (looks ? method->extra : 0);
}

MOE_PUBLIC int32_t moe_flow_memory(moe_context *context, const moe_model *model, int64_t experts,
                                   int32_t method, int32_t looks, int64_t *bytes)
{
    int32_t status;
    int64_t first, count, sweep = 0;
    if (!context)
        return MOE_ERROR_NULL;
    if ((status = moei_need(context, bytes, "bytes")) ||
        (status = moe_flow_share(context, model, experts, &first, &count)))
        return status;
    const moei_method *found = moei_method_of(method);
    if (!found)
        return moei_fail(context, MOE_ERROR_VALUE, "method is %d; it takes one of MOE_METHOD_*", (int)method);
    if (looks != 0 && looks != 1)
        return moei_fail(context, MOE_ERROR_VALUE, "looks is %d; it takes 0 or 1", (int)looks);
    moei_partition cut = moei_sweep_partition(&model->binding, experts);
    moei_partition_spread(&cut, NULL, context->communicator.size, context->communicator.rank);
    status = moei_sweep_bytes(context, &model->binding, &model->terms, &cut, &sweep);
    if (status)
        return moei_public_status(status);
    const int64_t numbers = moei_mul(count, model->expert->d), width = moei_model_width(model);
    const int64_t points = moei_mul(moei_mul(numbers, vectors_of(found, looks)), sizeof(double));
    const int64_t rest =
        (count + moei_own_slabs(&cut) * MOEI_NORM_ROWS + 4 * width) * (int64_t)sizeof(double);
    if (points < 0 || sweep < 0 || points > INT64_MAX - rest - sweep)
        return moei_fail(context, MOE_ERROR_SIZE, "experts is %lld; no address holds so many",
                         (long long)experts);
    *bytes = points + rest + sweep;
    return MOE_OK;
}
