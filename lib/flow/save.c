/* save.c - a flow into bytes.
 *
 * Where ranks share the experts, rank 0 gets the bytes: it writes what all ranks have alike, and of each vector
 * its own part and then those of the others, which come to it in chunks. So no rank needs room for another's
 * part, but rank 0 for the bytes.
 *
 * SPDX-License-Identifier: MIT */
#include "flow/field_state.h"
#include "flow/state.h"
#include "model/fingerprint.h"

#include <string.h>

enum { CHUNK = 1 << 16 }; /* numbers of a message */

struct saved {
    moe_flow *flow;
    int64_t probes, probe_size;
    uint64_t sums[MOEI_DATA];
    double *probe, *first; /* what the model computes at the first `probes` points; these */
    bool shared;           /* by several ranks */
    bool moving;           /* ... and their parts are on their way to rank 0 */
    double *chunk;         /* of another rank's part, on rank 0 */
    int32_t status;        /* of the messages */
};

/* ---- what ranks share ------------------------------------------------------------------------- */

/* Rank 0 writes the numbers that rank `from` has in `part`. */
static void hand_over(struct saved *saved, int32_t from, int64_t count, double *part, moei_writer *out)
{
    moe_context *context = saved->flow->context;
    const bool writes = context->communicator.rank == 0;
    for (int64_t at = 0; at < count && !saved->status; at += CHUNK) {
        const int64_t some = count - at < CHUNK ? count - at : CHUNK;
        saved->status =
            moei_hand_over(context, from, some * (int64_t)sizeof *part, writes ? saved->chunk : part + at);
        if (writes)
            moei_write_numbers(out, some, saved->chunk);
    }
}

/* A vector of `width` numbers for each of the experts, of which this rank has `mine`. */
static void write_shared(struct saved *saved, int64_t width, double *mine, moei_writer *out)
{
    const moe_flow *flow = saved->flow;
    const moe_communicator *ranks = &flow->context->communicator;
    if (!saved->moving) { /* counting, or alone */
        moei_write_numbers(out, flow->cut.experts * width, mine);
        return;
    }
    if (ranks->rank == 0)
        moei_write_numbers(out, flow->count * width, mine);
    for (int32_t from = 1; from < ranks->size; from++) {
        int64_t first;
        const int64_t count = moei_rank_experts(&flow->cut, ranks->size, from, &first);
        if (ranks->rank == 0 || ranks->rank == from)
            hand_over(saved, from, count * width, mine, out);
    }
}

/* saved->first <- the first points of all, on rank 0 */
static int32_t first_points(struct saved *saved)
{
    const moe_flow *flow = saved->flow;
    const moe_communicator *ranks = &flow->context->communicator;
    const int64_t d = flow->d;
    int32_t status = MOE_OK;
    for (int32_t from = 0; from < ranks->size && !status; from++) {
        int64_t first;
        const int64_t count = moei_rank_experts(&flow->cut, ranks->size, from, &first);
        const int64_t end = first + count < saved->probes ? first + count : saved->probes;
        const int64_t bytes = end > first ? (end - first) * d * (int64_t)sizeof(double) : 0;
        if (from == 0 && ranks->rank == 0)
            memcpy(saved->first, flow->theta, (size_t)bytes);
        else if (from > 0 && bytes)
            status = moei_hand_over(flow->context, from, bytes,
                                    ranks->rank ? flow->theta : saved->first + first * d);
    }
    return status;
}

/* ---- writing ---------------------------------------------------------------------------------- */

static void write_head(const struct saved *saved, moei_writer *out)
{
    const moe_flow *flow = saved->flow;
    const moe_expert *expert = flow->model->expert;
    const int64_t head[] = {expert->d, expert->p, expert->K, flow->model->n};
    moei_write_integers(out, 4, head);
    for (int i = 0; i < MOEI_DATA; i++)
        moei_write_integer(out, (int64_t)saved->sums[i]);
    const int64_t experts[] = {flow->cut.experts, 0,
                               flow->cut.experts}; /* all there are; from, and how many */
    moei_write_integers(out, 3, experts);
}

static void write_vectors(struct saved *saved, moei_writer *out)
{
    const moe_flow *flow = saved->flow;
    const unsigned kept = moei_flow_kept_slots(flow);
    if (flow->prediction_known)
        moei_write_numbers(out, moei_model_width(flow->model), flow->prediction);
    if (flow->dense_known)
        write_shared(saved, flow->d, flow->previous, out);
    moei_write_integer(out, kept);
    for (int s = 0; s < MOEI_MAX_STAGES; s++)
        if (kept >> s & 1) {
            moei_write_number(out, flow->square[s]);
            write_shared(saved, flow->d, flow->k[s], out);
        }
}

static void write_all(void *self, moei_writer *out)
{
    struct saved *saved = self;
    const moe_flow *flow = saved->flow;
    write_head(saved, out);
    moei_field_write(flow->driver, out);
    write_shared(saved, 1, flow->weights, out);
    write_shared(saved, flow->d, flow->theta, out);
    moei_write_numbers(out, saved->probe_size, saved->probe);
    moei_write_integer(out, flow->method->id);
    moei_flow_write_members(flow, out);
    moei_write_numbers(out, MOEI_MAX_STAGES, flow->adams.lag);
    write_vectors(saved, out);
    moei_write_integer(out, flow->record != NULL);
    moei_field_write(flow->record, out);
}

/* ---- doors ------------------------------------------------------------------------------------ */

/* What is written beside the flow's own: checksums of the data, the model's probe. */
static int32_t prepare(struct saved *saved)
{
    moe_flow *flow = saved->flow;
    const bool writes = !saved->shared || flow->context->communicator.rank == 0;
    int32_t status = MOE_OK;
    if (writes) {
        saved->probe = MOEI_NEW(flow->core, saved->probe_size, double);
        saved->first = MOEI_NEW(flow->core, saved->probes * flow->d, double);
        if (saved->shared)
            saved->chunk = MOEI_NEW(flow->core, CHUNK, double);
        if (!saved->probe || !saved->first || (saved->shared && !saved->chunk))
            status = moei_out_of_memory(flow->context, "a flow's state");
    }
    status = moei_flow_agree(flow, status);
    if (!status)
        status = first_points(saved);
    if (!status && writes) {
        moei_data_sums(flow->model, saved->sums);
        status = moei_flow_probe(flow->context, flow->model, saved->probes, saved->first, saved->probe);
    }
    return moei_flow_agree(flow, status);
}

static int32_t write_state(struct saved *saved, void *bytes, int64_t length)
{
    moe_context *context = saved->flow->context;
    saved->moving = saved->shared;
    if (!saved->shared || context->communicator.rank == 0)
        moei_seal_write(&moei_flow_seal, write_all, saved, bytes, length);
    else
        write_all(saved, &(moei_writer){.counts = true});
    return moei_flow_agree(saved->flow, saved->status);
}

MOE_PUBLIC int32_t moe_flow_save(moe_flow *flow, void *bytes, int64_t capacity, int64_t *length)
{
    if (!flow)
        return MOE_ERROR_NULL;
    moe_context *context = flow->context;
    struct saved saved = {.flow = flow, .probes = moei_flow_probes(flow->cut.experts)};
    saved.shared = flow->cut.spread && context->communicator.size > 1;
    saved.probe_size = moei_probe_size(flow->model, saved.probes);
    if (context->working)
        return moei_fail(context, MOE_ERROR_ORDER,
                         "an expert's callback asked for the state of its own flow");
    const bool asks = !saved.shared || context->communicator.rank == 0;
    int32_t status =
        asks ? moei_need_capacity(context, bytes, capacity, length) : moei_need(context, length, "length");
    status = moei_flow_agree(flow, status);
    if (!status && saved.shared)
        status = moei_broadcast(context, 0, sizeof capacity, &capacity);
    if (status)
        return status;
    *length = moei_seal_length(write_all, &saved);
    status = moei_seal_fits(context, &moei_flow_seal, capacity, *length);
    if (status || capacity == 0)
        return status;
    status = prepare(&saved);
    if (!status)
        status = write_state(&saved, bytes, *length);
    moei_free(flow->core, saved.probe);
    moei_free(flow->core, saved.first);
    moei_free(flow->core, saved.chunk);
    return status;
}
