/* run.c - one flow from one rule, at the limit's times; the budget; the difference of two runs.
 *
 * SPDX-License-Identifier: MIT */
#include "limit/limit.h"

#include <math.h>
#include <string.h>

/* What a flow holds of the size of its points: up to 16 slopes, 5 more, and the rule itself. */
enum { REGISTERS = 22 };

int32_t moei_run_create(moe_limit *limit, bool images, moei_run *run)
{
    run->prediction = MOEI_NEW(limit->core, moei_mul(limit->times, limit->width), double);
    run->image = images ? MOEI_NEW(limit->core, limit->times, moe_measure *) : NULL;
    return run->prediction && (run->image || !images)
               ? MOE_OK
               : moei_out_of_memory(limit->context, "a limit's result");
}

static void forget_images(const moe_limit *limit, moei_run *run)
{
    for (int64_t t = 0; run->image && t < limit->times; t++) {
        moe_measure_destroy(run->image[t]);
        run->image[t] = NULL;
    }
}

void moei_run_free(const moe_limit *limit, moei_run *run)
{
    forget_images(limit, run);
    moei_free(limit->core, run->image);
    moei_free(limit->core, run->prediction);
    *run = (moei_run){0};
}

void moei_run_gap(const moe_limit *limit, const moei_run *a, const moei_run *b, double *gap)
{
    double worst = 0;
    for (int64_t t = 0; t < limit->times; t++) {
        for (int64_t j = t * limit->width; j < (t + 1) * limit->width; j++)
            worst = fmax(worst, fabs(a->prediction[j] - b->prediction[j]));
        gap[t] = worst;
    }
}

/* ---- the budget ------------------------------------------------------------------------------- */

int32_t moei_need_room(moe_limit *limit, int64_t nodes)
{
    if (nodes > limit->most_nodes)
        return moei_fail(limit->context, MOE_ERROR_BUDGET,
                         "a finer rule has more than the %lld nodes allowed", (long long)limit->most_nodes);
    const int64_t bytes = moei_mul(nodes, (int64_t)sizeof(double) * (REGISTERS * limit->d + 1));
    if (bytes < 0 || bytes > limit->most_bytes)
        return moei_fail(limit->context, MOE_ERROR_BUDGET, "a flow of %lld nodes takes more than %lld bytes",
                         (long long)nodes, (long long)limit->most_bytes);
    return MOE_OK;
}

/* ---- a run ------------------------------------------------------------------------------------ */

static int32_t visit_times(moe_limit *limit, moe_flow *flow, moei_run *run)
{
    int32_t status = MOE_OK;
    for (int64_t t = 0; t < limit->times && !status; t++) {
        status = moe_flow_advance(flow, limit->time[t]);
        if (!status)
            status = moe_flow_predictions(flow, run->prediction + t * limit->width);
        if (!status && run->image)
            status = moe_flow_measure(flow, &run->image[t]);
    }
    return status;
}

int32_t moei_run_flow(moe_limit *limit, const moe_measure *rule, double tolerance, double longest,
                      moei_run *run, moe_field **field)
{
    moe_flow *flow = NULL;
    int64_t evaluations = 0;
    forget_images(limit, run);
    int32_t status = moei_need_room(limit, rule->count);
    if (!status)
        status = moe_flow_create(limit->context, limit->model, rule, &flow);
    if (!status)
        status = moe_flow_set_method(flow, limit->method);
    if (!status)
        status = moe_flow_set_tolerance(flow, tolerance, tolerance);
    if (!status)
        status = moe_flow_set_steps(flow, 0, longest);
    if (!status && field)
        status = moe_flow_record(flow);
    if (!status)
        status = visit_times(limit, flow, run);
    if (!status && field)
        status = moe_flow_field(flow, field);
    if (flow)
        moe_flow_counts(flow, &run->steps, NULL, &evaluations);
    limit->evaluations += (double)evaluations * (double)rule->count;
    moe_flow_destroy(flow);
    return status;
}
