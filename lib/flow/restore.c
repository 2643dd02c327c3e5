/* restore.c - a flow from bytes, for one rank, or for ranks that share its experts.
 *
 * The bytes are a whole flow's, whoever wrote them. A rank that shares it takes of each vector the part of its
 * own experts; bytes of 100 million experts may lie in a mapped file, of which it then touches little more.
 * Nothing is believed of the bytes, even under a right checksum: a count is held against the bytes that are left
 * before memory is asked for it, a member against its range, members against one another.
 *
 * SPDX-License-Identifier: MIT */
#include "flow/field_state.h"
#include "flow/state.h"
#include "model/fingerprint.h"

#include <math.h>
#include <string.h>

static const double same_model = 1e-6; /* of max(1, the largest): how far a probe may differ by rounding */

/* ---- whose it is ------------------------------------------------------------------------------ */

/* A flow in the making. */
typedef struct {
    moe_context *context;
    const moe_model *model;
    moei_reader in;
    moei_partition cut;                /* of the experts */
    int64_t first;                     /* of this rank's; all, where no others share them */
    bool exact;                        /* the probe agrees to the bit */
    moe_field *driver;                 /* NULL for a flow of its own */
    double *weights, *points, *probes; /* of this rank; and the first points of all */
    moe_flow *flow;
} restoring;

static int32_t refuse(const restoring *r, const char *reason)
{
    return moei_fail(r->context, MOE_ERROR_VALUE, "bytes are not a saved flow: %s", reason);
}

static int32_t check_model(restoring *r)
{
    const moe_expert *expert = r->model->expert;
    const struct {
        const char *name;
        int64_t mine;
    } shape[] = {{"d", expert->d}, {"p", expert->p}, {"K", expert->K}, {"n", r->model->n}};
    uint64_t sums[MOEI_DATA];
    for (int i = 0; i < 4; i++) {
        const int64_t saved = moei_read_integer(&r->in);
        if (saved != shape[i].mine)
            return moei_fail(r->context, MOE_ERROR_DOMAIN, "the saved flow has %s = %lld; the model has %lld",
                             shape[i].name, (long long)saved, (long long)shape[i].mine);
    }
    moei_data_sums(r->model, sums);
    for (int i = 0; i < MOEI_DATA; i++) {
        const uint64_t saved = (uint64_t)moei_read_integer(&r->in);
        if (saved != sums[i])
            return moei_fail(r->context, MOE_ERROR_DOMAIN,
                             "the saved flow has other %s: of checksum %016llx, the model's %016llx",
                             moei_data_names[i], (unsigned long long)saved, (unsigned long long)sums[i]);
    }
    return MOE_OK;
}

/* How many there are, and which of them are this rank's. */
static int32_t read_experts(restoring *r, bool share)
{
    const int64_t experts = moei_read_integer(&r->in), first = moei_read_integer(&r->in);
    const int64_t count = moei_read_integer(&r->in);
    if (experts < 1 || first != 0 || count != experts)
        return moei_fail(r->context, MOE_ERROR_VALUE,
                         "bytes are not a saved flow: they have %lld experts of %lld, from %lld on",
                         (long long)count, (long long)experts, (long long)first);
    const int32_t status = moei_field_read(r->context, (moe_model *)(uintptr_t)r->model, &r->in, &r->driver);
    if (status)
        return status;
    if (!moei_has_numbers(&r->in, moei_mul(experts, r->model->expert->d + 1)))
        return refuse(r, "too short for its points");
    if (share && r->driver)
        return moei_fail(r->context, MOE_ERROR_UNSUPPORTED,
                         "the saved flow is driven; ranks share flows of their own only");
    r->cut = share ? moei_flow_share_of(r->context, r->model, experts)
                   : moei_sweep_partition(&r->model->binding, experts);
    r->first = moei_slab_start(&r->cut, r->cut.from);
    return MOE_OK;
}

/* Of `width` numbers for each of the experts, this rank's; the reader then stands behind all. */
static int32_t read_shared(restoring *r, int64_t width, double *mine)
{
    if (!moei_has_numbers(&r->in, r->cut.experts * width))
        return refuse(r, "too short");
    const int64_t number = (int64_t)sizeof(double), end = r->in.at + r->cut.experts * width * number;
    r->in.at += r->first * width * number;
    moei_read_numbers(&r->in, moei_own_experts(&r->cut) * width, mine);
    r->in.at = end;
    return MOE_OK;
}

/* Those of all ranks: each is sound, and they add up to 1. */
static int32_t check_weights(restoring *r)
{
    moei_reader in = r->in;
    moei_total total = {0};
    for (int64_t i = 0; i < r->cut.experts; i++) {
        const double weight = moei_read_number(&in);
        if (!isfinite(weight) || weight < 0)
            return moei_fail(r->context, isfinite(weight) ? MOE_ERROR_WEIGHTS : MOE_ERROR_NOT_FINITE,
                             "the saved flow's weights[%lld] is %g; it must be finite and not negative",
                             (long long)i, weight);
        moei_total_add(&total, weight);
    }
    if (!(fabs(total.sum - 1) <= 1e-9))
        return moei_fail(r->context, MOE_ERROR_WEIGHTS, "the saved flow's weights add up to %.17g, not to 1",
                         total.sum);
    return MOE_OK;
}

static int32_t read_points(restoring *r)
{
    const int64_t d = r->model->expert->d, count = moei_own_experts(&r->cut);
    const int64_t probes = moei_flow_probes(r->cut.experts);
    moei_core *core = r->context->core;
    r->weights = MOEI_NEW(core, count, double);
    r->points = MOEI_NEW(core, count * d, double);
    r->probes = MOEI_NEW(core, probes * d, double);
    if (!r->weights || !r->points || !r->probes)
        return moei_out_of_memory(r->context, "a flow's state");
    int32_t status = check_weights(r);
    if (!status)
        status = read_shared(r, 1, r->weights);
    moei_reader first = r->in;
    moei_read_numbers(&first, probes * d, r->probes);
    if (!status)
        status = read_shared(r, d, r->points);
    if (!status)
        status = moei_need_finite(r->context, count * d, r->points, "the saved flow's points");
    return status ? status : moei_need_finite(r->context, probes * d, r->probes, "the saved flow's points");
}

/* What the model computes is what it computed, to rounding; *exact: to the bit. */
static int32_t compare(const restoring *r, int64_t count, const double *saved, const double *now,
                       const char *what, bool *exact)
{
    double largest = 1;
    for (int64_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(now[i]));
    *exact = *exact && memcmp(saved, now, (size_t)count * sizeof *now) == 0;
    for (int64_t i = 0; i < count; i++)
        if (!(fabs(saved[i] - now[i]) <= same_model * largest))
            return moei_fail(
                r->context, MOE_ERROR_DOMAIN,
                "the saved flow is of another expert, loss or potential: at its first points %s[%lld] "
                "was %.9g and is %.9g",
                what, (long long)i, saved[i], now[i]);
    return MOE_OK;
}

static int32_t check_probe(restoring *r)
{
    const int64_t probes = moei_flow_probes(r->cut.experts), size = moei_probe_size(r->model, probes);
    const int64_t width = moei_model_width(r->model);
    moei_core *core = r->context->core;
    if (!moei_has_numbers(&r->in, size))
        return refuse(r, "too short for its probe");
    double *saved = MOEI_NEW(core, size, double), *now = MOEI_NEW(core, size, double);
    int32_t status = saved && now ? MOE_OK : moei_out_of_memory(r->context, "a flow's state");
    if (!status) {
        moei_read_numbers(&r->in, size, saved);
        status = moei_flow_probe(r->context, r->model, probes, r->probes, now);
    }
    r->exact = true;
    if (!status)
        status = compare(r, width, saved, now, "the prediction", &r->exact);
    if (!status)
        status = compare(r, 1, saved + width, now + width, "the energy", &r->exact);
    if (!status)
        status = compare(r, size - width - 1, saved + width + 1, now + width + 1, "the drift", &r->exact);
    moei_free(core, saved);
    moei_free(core, now);
    return status;
}

/* ---- where it is ------------------------------------------------------------------------------ */

/* What the members of one flow are to one another. */
static const char *disagreement(const moe_flow *flow)
{
    const struct moei_adams_state *adams = &flow->adams;
    if (flow->descent && flow->driver)
        return "it is driven, and descends";
    if (flow->previous_time > flow->time)
        return "its last step goes backwards";
    if (flow->driver &&
        !(flow->time >= moe_field_begin(flow->driver) && flow->time <= moe_field_end(flow->driver)))
        return "its time is none of the driving field's";
    if (flow->dense_known != flow->swap_due || (flow->dense_known && !flow->started) ||
        (flow->extra_known && !(flow->dense_known)) ||
        (flow->dense_known && flow->previous_time >= flow->time))
        return "its last step is none";
    if (!flow->started || flow->method != &moei_method_adams)
        return NULL;
    if (adams->order < 1 || adams->history < 1 || adams->order > adams->history + flow->swap_due)
        return "its order does not fit its history";
    const struct moei_method *method = flow->method;
    if (flow->swap_due && (adams->used < 1 || adams->used > adams->history || adams->slope < 13 ||
                           adams->slope >= method->slots))
        return "its order does not fit its last step";
    return NULL;
}

static int32_t read_members(restoring *r)
{
    moe_flow *flow = r->flow;
    const int64_t id = moei_read_integer(&r->in);
    flow->method = id == (int32_t)id ? moei_method_of((int32_t)id) : NULL;
    if (!flow->method)
        return moei_fail(r->context, MOE_ERROR_VALUE, "bytes are not a saved flow: its method is %lld",
                         (long long)id);
    const int32_t status = moei_flow_read_members(flow, &r->in);
    if (status)
        return status;
    moei_read_numbers(&r->in, MOEI_MAX_STAGES, flow->adams.lag);
    const char *what = disagreement(flow);
    return what ? refuse(r, what) : MOE_OK;
}

/* Of numbers that a step could not go on from if they were not finite. */
static int32_t read_vector(restoring *r, double *mine, const char *name)
{
    const int32_t status = read_shared(r, r->flow->d, mine);
    return status ? status : moei_need_finite(r->context, r->flow->size, mine, name);
}

static int32_t read_prediction(restoring *r)
{
    const int64_t width = moei_model_width(r->model);
    if (!moei_has_numbers(&r->in, width))
        return refuse(r, "too short for its prediction");
    moei_read_numbers(&r->in, width, r->flow->prediction);
    return moei_need_finite(r->context, width, r->flow->prediction, "a prediction");
}

/* The slopes that are kept; memory for those that are not comes with them. */
static int32_t read_slopes(restoring *r)
{
    moe_flow *flow = r->flow;
    const moei_method *method = flow->method;
    const int64_t kept = moei_read_integer(&r->in);
    int32_t status = MOE_OK;
    if (kept != moei_flow_kept_slots(flow))
        return refuse(r, "it keeps other slopes than its method");
    for (int s = 0; s < method->slots + method->extra && !status; s++)
        if (kept >> s & 1) {
            if (!moei_has_numbers(&r->in, r->cut.experts * flow->d + 1))
                return refuse(r, "too short for its slopes");
            if (!moei_flow_have(flow, &flow->k[s]))
                return moei_out_of_memory(r->context, "the stages of a flow");
            flow->square[s] = moei_read_number(&r->in);
            status = read_vector(r, flow->k[s], "a slope of the saved flow");
        }
    return status;
}

static int32_t read_vectors(restoring *r)
{
    moe_flow *flow = r->flow;
    int32_t status = MOE_OK;
    if (flow->prediction_known)
        status = read_prediction(r);
    if (!status && flow->dense_known && !moei_has_numbers(&r->in, r->cut.experts * flow->d))
        status = refuse(r, "too short for its points");
    if (!status && flow->started)
        status = moei_flow_allocate(flow);
    if (!status && flow->extra_known && !moei_flow_have(flow, &flow->spare))
        status = moei_out_of_memory(r->context, "dense output");
    flow->previous = flow->trial;
    if (!status && flow->dense_known)
        status = read_vector(r, flow->previous, "the saved flow's previous points");
    return status ? status : read_slopes(r);
}

/* What is recorded begins at the flow's start and ends where it is. */
static int32_t read_record(restoring *r)
{
    moe_flow *flow = r->flow;
    const int64_t records = moei_read_integer(&r->in);
    moe_field *field = NULL;
    int32_t status = moei_field_read(r->context, flow->model, &r->in, &field);
    if (status)
        return status;
    flow->record = field;
    if ((records != 0 && records != 1) || (field && !records) || (records && flow->driver))
        return refuse(r, "it records, and does not");
    if (field && (field->degree != flow->method->field_degree || moe_field_end(field) != flow->time))
        return refuse(r, "what it recorded is of another flow");
    if (records && !field) {
        if (flow->dense_known || flow->steps)
            return refuse(r, "it has recorded nothing of its steps");
        status =
            moei_field_create(r->context, flow->model, flow->method->field_degree, flow->time, &flow->record);
    }
    return status;
}

/* ---- doors ------------------------------------------------------------------------------------ */

/* What comes before there is a flow. */
static int32_t open_bytes(restoring *r, bool share)
{
    int32_t status;
    if ((status = moei_need(r->context, r->model, "model")) ||
        (status = moei_need(r->context, r->in.bytes, "bytes")) ||
        (status = moei_need_size(r->context, r->in.length, "length")))
        return status;
    if ((status = moei_need_sealed(r->context, &moei_flow_seal, &r->in)) || (status = check_model(r)) ||
        (status = read_experts(r, share)) || (status = read_points(r)))
        return status;
    return moei_public_status(check_probe(r));
}

static int32_t create(restoring *r)
{
    return moei_flow_new(r->context, r->model, r->driver, &r->cut, r->points, r->weights, &r->flow);
}

/* What the flow has to become. */
static int32_t read_state(restoring *r)
{
    int32_t status;
    if (!(status = read_members(r)) && !(status = read_vectors(r)))
        status = read_record(r);
    if (!status && (r->in.short_of || r->in.at != r->in.length))
        status = refuse(r, "they have another length");
    return moei_public_status(status);
}

/* The restored flow, or none, goes to the host. */
static int32_t finish(restoring *r, int32_t status, int32_t *exact, moe_flow **flow)
{
    moei_core *core = r->context->core;
    moei_free(core, r->weights);
    moei_free(core, r->points);
    moei_free(core, r->probes);
    moe_field_destroy(r->driver);
    if (status) {
        moe_flow_destroy(r->flow);
        return status;
    }
    if (exact)
        *exact = r->exact;
    *flow = r->flow;
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_flow_restore(moe_context *context, const moe_model *model, const void *bytes,
                                    int64_t length, int32_t *exact, moe_flow **flow)
{
    if (flow)
        *flow = NULL;
    if (!context || !flow)
        return moei_fail(context, MOE_ERROR_NULL, "flow is NULL");
    restoring r = {.context = context, .model = model, .in = {.bytes = bytes, .length = length}};
    int32_t status = open_bytes(&r, false);
    if (!status)
        status = create(&r);
    if (!status)
        status = read_state(&r);
    return finish(&r, status, exact, flow);
}

/* ---- over ranks ------------------------------------------------------------------------------- */

/* All ranks were given the same bytes: by their checksum, which has been found right. */
static int32_t check_alike(moe_context *context, const uint8_t *bytes, int64_t length)
{
    moei_reader last = {.bytes = bytes, .length = length, .at = length - (int64_t)sizeof(int64_t)};
    const int64_t mine[] = {length, moei_read_integer(&last)};
    int64_t firsts[] = {mine[0], mine[1]};
    int32_t status = moei_broadcast(context, 0, sizeof firsts, firsts);
    if (!status && (mine[0] != firsts[0] || mine[1] != firsts[1]))
        status = moei_fail(context, MOE_ERROR_VALUE,
                           "bytes are %lld with the checksum %016llx; rank 0 was given %lld with %016llx",
                           (long long)mine[0], (unsigned long long)mine[1], (long long)firsts[0],
                           (unsigned long long)firsts[1]);
    return moei_agree(context, status);
}

/* Exact on all ranks, or on none. */
static int32_t agree_on_exact(moe_context *context, bool *exact)
{
    int32_t all = *exact, status = MOE_OK;
    for (int32_t rank = 1; rank < context->communicator.size && !status; rank++) {
        int32_t its = *exact;
        status = moei_hand_over(context, rank, sizeof its, &its);
        all = all && its;
    }
    if (!status)
        status = moei_broadcast(context, 0, sizeof all, &all);
    *exact = all;
    return status;
}

MOE_PUBLIC int32_t moe_flow_restore_spread(moe_context *context, const moe_model *model, const void *bytes,
                                           int64_t length, int32_t *exact, moe_flow **flow)
{
    if (flow)
        *flow = NULL;
    if (!context)
        return MOE_ERROR_NULL;
    restoring r = {.context = context, .model = model, .in = {.bytes = bytes, .length = length}};
    int32_t status = moei_need(context, flow, "flow");
    if (!status)
        status = open_bytes(&r, true);
    status = moei_agree(context, status);
    if (!status)
        status = check_alike(context, bytes, length);
    if (!status)
        status = moei_flow_make_spread(context, model, &r.cut);
    if (!status)
        status = moei_agree(context, create(&r));
    if (!status)
        status = moei_agree(context, read_state(&r));
    if (!status)
        status = agree_on_exact(context, &r.exact);
    return finish(&r, status, exact, flow);
}
