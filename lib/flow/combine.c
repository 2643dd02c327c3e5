/* combine.c - linear combinations of a flow's slopes.
 *
 *   out = base + h sum_s w_s k_s
 *
 * in one pass: a few numbers of `out` stay in registers while the slopes are added to them, in the order of
 * s, whatever the chunk; so the bits depend neither on threads nor on the machine's width.
 *
 * SPDX-License-Identifier: MIT */
#include "flow/flow.h"

bool moei_flow_have(moe_flow *flow, double **block)
{
    if (!*block)
        *block = MOEI_NEW(flow->core, flow->size, double);
    return *block != NULL;
}

enum { CHUNK = 2048, LANES = 16 }; /* of a task: 16 KiB of each vector; of the inner loop */

typedef struct {
    const double *base, *stages[MOEI_MAX_STAGES];
    double weights[MOEI_MAX_STAGES];
    int count;
    int64_t size;
    double *out;
} combination;

/* out[at ... at + LANES) */
static inline void combine_lanes(const combination *c, int64_t at)
{
    double sum[LANES];
    for (int l = 0; l < LANES; l++)
        sum[l] = c->base ? c->base[at + l] : 0;
    for (int s = 0; s < c->count; s++) {
        const double *k = c->stages[s] + at, w = c->weights[s];
        for (int l = 0; l < LANES; l++)
            sum[l] += w * k[l];
    }
    for (int l = 0; l < LANES; l++)
        c->out[at + l] = sum[l];
}

static int32_t combine_chunk(void *self, int64_t chunk, int32_t worker)
{
    (void)worker;
    const combination *c = self;
    int64_t at = chunk * CHUNK;
    const int64_t end = c->size - at < CHUNK ? c->size : at + CHUNK;
    for (; at + LANES <= end; at += LANES)
        combine_lanes(c, at);
    for (; at < end; at++) {
        double sum = c->base ? c->base[at] : 0;
        for (int s = 0; s < c->count; s++)
            sum += c->weights[s] * c->stages[s][at];
        c->out[at] = sum;
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
    if (!flow->cut.spread)
        return moei_parallel(flow->context, parallel, chunks, combine_chunk, &c);
    /* no rank may leave the others here: the next sweep sees what went wrong */
    moei_parallel_through(flow->context, parallel, chunks, combine_chunk, &c);
    return MOE_OK;
}
