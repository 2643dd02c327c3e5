/* evaluate.c - a flow's right-hand side, and linear combinations of its stages.
 *
 *   own flow   F = s sum_i w_i f(theta_i, .),
 *              k_i = -M (1/s sum_j v_j <dl/dF_j, grad f(theta_i, x_j)> + grad V(theta_i))
 *   driven     the same k_i with F read from the driving field
 *
 * SPDX-License-Identifier: MIT */
#include "flow/flow.h"

int32_t moei_flow_evaluate(moe_flow *flow, double time, const double *theta, double *k, double *square,
                           double *prediction)
{
    flow->evaluations++;
    if (flow->driver)
        moei_field_at(flow->driver, time, prediction);
    else {
        const int32_t status =
            moei_sweep_predict(flow->context, flow->sweep, theta, flow->weights, prediction);
        if (status)
            return status;
    }
    const int32_t status = moei_model_force_of(flow->context, flow->model, prediction, flow->force);
    if (status)
        return status;
    return moei_sweep_pullback(flow->context, flow->sweep, theta, flow->weights, flow->force, k, square);
}

bool moei_flow_have(moe_flow *flow, double **block)
{
    if (!*block)
        *block = MOEI_NEW(flow->core, flow->size, double);
    return *block != NULL;
}

/* ---- combinations ----------------------------------------------------------------------------- */

enum { CHUNK = 2048 }; /* 16 KiB: stays in the first-level cache while the stages pass over it */

typedef struct {
    const double *base, *stages[MOEI_MAX_STAGES];
    double weights[MOEI_MAX_STAGES];
    int count;
    int64_t size;
    double *out;
} combination;

static int32_t combine_chunk(void *self, int64_t chunk, int32_t worker)
{
    (void)worker;
    const combination *c = self;
    const int64_t first = chunk * CHUNK, left = c->size - first, size = left < CHUNK ? left : CHUNK;
    double *restrict out = c->out + first;
    for (int64_t i = 0; i < size; i++)
        out[i] = c->base[first + i];
    for (int s = 0; s < c->count; s++) {
        const double *restrict k = c->stages[s] + first, w = c->weights[s];
        for (int64_t i = 0; i < size; i++)
            out[i] += w * k[i];
    }
    return MOE_OK;
}

int32_t moei_flow_combine(moe_flow *flow, const double *base, double h, const double *weights, int count,
                          double *out)
{
    combination c = {.base = base, .size = flow->size, .out = out};
    for (int s = 0; s < count; s++)
        if (weights[s] != 0) {
            c.stages[c.count] = flow->k[s];
            c.weights[c.count++] = h * weights[s];
        }
    const int64_t chunks = (flow->size + CHUNK - 1) / CHUNK;
    const bool parallel = chunks >= 64; /* below, waking the workers costs more than they save */
    return moei_parallel(flow->context, parallel, chunks, combine_chunk, &c);
}
