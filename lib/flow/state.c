/* state.c - a flow as bytes, from which another one goes on.
 *
 *   "moe_flow"  version  length  |  shape  data  experts  |  driving field  |  weights  points  |  probe  |
 *   method  settings and state  |  prediction  previous points  slopes  |  recorded field  |  checksum
 *
 * in little-endian numbers of 8 bytes (docs/ARCHITECTURE.md has all of them). What a step leaves behind for
 * the next one is kept, what an attempt writes before it reads is not; so a flow that goes on from bytes
 * takes the steps that it would have taken. A step that is still there to be looked into stays so.
 *
 * The model is known again (fingerprint.h) by its data bit by bit, and by what it computes at the first
 * points of the flow itself: there its functions are known to work. Another machine, compiler or BLAS may
 * round otherwise, so this probe has to agree to 1e-6 only; the host is told if it agrees in every bit.
 *
 * SPDX-License-Identifier: MIT */
#include "base/sealed.h"
#include "flow/field_state.h"
#include "measure/measure.h"
#include "model/fingerprint.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>

enum { PROBES = 16 };
static const moei_seal seal = {INT64_C(0x776f6c665f656f6d), 1, "flow"}; /* "moe_flow" */
static const double same_model = 1e-6; /* of max(1, the largest): how far a probe may differ by rounding */

/* ---- settings and state: one table for both ways ---------------------------------------------- */

enum kind { REAL, INTEGER, INT, BOOL };

/* A member of a flow, and what it may be in bytes that come from anywhere: ranges outside of which a step could
 * do worse than fail. */
typedef struct {
    const char *name;
    enum kind kind;
    size_t at;
    double least, most;
} member;

#define MEMBER(name, kind, least, most)                                                                      \
    {                                                                                                        \
#name, kind, offsetof(moe_flow, name), least, most                                                   \
    }
#define FLAG(name) MEMBER(name, BOOL, 0, 1)

static const member members[] = {
    FLAG(descent),
    MEMBER(relative, REAL, 0, DBL_MAX),
    MEMBER(absolute, REAL, DBL_TRUE_MIN, DBL_MAX),
    MEMBER(first_step, REAL, 0, DBL_MAX),
    MEMBER(longest_step, REAL, DBL_TRUE_MIN, INFINITY),
    MEMBER(step_limit, INTEGER, 1, 0x1p63),
    MEMBER(time, REAL, -DBL_MAX, DBL_MAX),
    MEMBER(previous_time, REAL, -DBL_MAX, DBL_MAX),
    MEMBER(dissipated, REAL, -INFINITY, INFINITY),
    MEMBER(initial_energy, REAL, -INFINITY, INFINITY),
    MEMBER(present_energy, REAL, -INFINITY, INFINITY),
    FLAG(prediction_known),
    FLAG(started),
    FLAG(dense_known),
    FLAG(extra_known),
    FLAG(swap_due),
    MEMBER(next_step, REAL, 0, INFINITY),
    MEMBER(last_error, REAL, 0, INFINITY),
    MEMBER(steps, INTEGER, 0, 0x1p60),
    MEMBER(rejections, INTEGER, 0, 0x1p60),
    MEMBER(evaluations, INTEGER, 0, 0x1p60),
    MEMBER(adams.order, INT, 0, 12),
    MEMBER(adams.used, INT, 0, 12),
    MEMBER(adams.history, INT, 0, 13),
    MEMBER(adams.failures, INT, 0, 1 << 30),
    MEMBER(adams.since, INT, 0, 1 << 30),
    MEMBER(adams.length, REAL, 0, INFINITY),
    MEMBER(adams.slope, INT, 0, 14),
    MEMBER(adams.lipschitz, REAL, 0, INFINITY),
    MEMBER(chebyshev.radius, REAL, 0, DBL_MAX),
    MEMBER(chebyshev.since, INT, -1, 1 << 30),
    MEMBER(chebyshev.sharpness, REAL, 0, DBL_MAX),
    MEMBER(chebyshev.length, REAL, 0, INFINITY),
    MEMBER(chebyshev.last_length, REAL, 0, INFINITY),
    MEMBER(chebyshev.last_error, REAL, 0, INFINITY),
};
enum { MEMBERS = sizeof members / sizeof *members };

static void write_member(const moe_flow *flow, const member *m, moei_writer *out)
{
    const char *at = (const char *)flow + m->at;
    switch (m->kind) {
    case REAL:
        moei_write_number(out, *(const double *)(const void *)at);
        break;
    case INTEGER:
        moei_write_integer(out, *(const int64_t *)(const void *)at);
        break;
    case INT:
        moei_write_integer(out, *(const int *)(const void *)at);
        break;
    case BOOL:
        moei_write_integer(out, *(const bool *)(const void *)at);
    }
}

static int32_t read_member(moe_flow *flow, const member *m, moei_reader *in)
{
    char *at = (char *)flow + m->at;
    const int64_t integer = m->kind == REAL ? 0 : moei_read_integer(in);
    const double value = m->kind == REAL ? moei_read_number(in) : (double)integer;
    if (!(value >= m->least && value <= m->most))
        return moei_fail(flow->context, MOE_ERROR_VALUE, "bytes are not a saved flow: its %s is %g", m->name,
                         value);
    switch (m->kind) {
    case REAL:
        *(double *)(void *)at = value;
        break;
    case INTEGER:
        *(int64_t *)(void *)at = integer;
        break;
    case INT:
        *(int *)(void *)at = (int)integer;
        break;
    case BOOL:
        *(bool *)(void *)at = integer;
    }
    return MOE_OK;
}

/* The slots of k that are kept, as bits. */
static unsigned kept_slots(const moe_flow *flow)
{
    const moei_method *method = flow->method;
    if (!flow->started)
        return 0;
    if (method->kept)
        return method->kept(flow);
    const int count = !flow->dense_known ? 1 : method->slots + (flow->extra_known ? method->extra : 0);
    return (1u << count) - 1;
}

/* ---- writing ---------------------------------------------------------------------------------- */

struct saved {
    const moe_flow *flow;
    const double *probe; /* NULL while only the length is wanted */
    int64_t probes, probe_size;
    uint64_t sums[MOEI_DATA];
};

static void write_head(const struct saved *saved, moei_writer *out)
{
    const moe_flow *flow = saved->flow;
    const moe_expert *expert = flow->model->expert;
    const int64_t head[] = {expert->d, expert->p, expert->K, flow->model->n};
    moei_write_integers(out, 4, head);
    for (int i = 0; i < MOEI_DATA; i++)
        moei_write_integer(out, (int64_t)saved->sums[i]);
    const int64_t experts[] = {flow->count, 0, flow->count};
    moei_write_integers(out, 3, experts);
}

static void write_vectors(const moe_flow *flow, moei_writer *out)
{
    const unsigned kept = kept_slots(flow);
    if (flow->prediction_known)
        moei_write_numbers(out, moei_model_width(flow->model), flow->prediction);
    if (flow->dense_known)
        moei_write_numbers(out, flow->size, flow->previous);
    moei_write_integer(out, kept);
    for (int s = 0; s < MOEI_MAX_STAGES; s++)
        if (kept >> s & 1) {
            moei_write_number(out, flow->square[s]);
            moei_write_numbers(out, flow->size, flow->k[s]);
        }
}

static void write_all(const void *self, moei_writer *out)
{
    const struct saved *saved = self;
    const moe_flow *flow = saved->flow;
    write_head(saved, out);
    moei_field_write(flow->driver, out);
    moei_write_numbers(out, flow->count, flow->weights);
    moei_write_numbers(out, flow->size, flow->theta);
    if (saved->probe)
        moei_write_numbers(out, saved->probe_size, saved->probe);
    else
        out->length += 8 * saved->probe_size;
    moei_write_integer(out, flow->method->id);
    for (int i = 0; i < MEMBERS; i++)
        write_member(flow, &members[i], out);
    moei_write_numbers(out, MOEI_MAX_STAGES, flow->adams.lag);
    write_vectors(flow, out);
    moei_write_integer(out, flow->record != NULL);
    moei_field_write(flow->record, out);
}

/* probe <- what the model computes at the first of these points, each of weight 1 / probes */
static int32_t probe_at(moe_context *context, const moe_model *model, int64_t probes, const double *theta,
                        double *probe)
{
    const moe_expert *expert = model->expert;
    moe_measure *mu = NULL;
    int32_t status = moei_measure_new(context, expert->d, expert->period, probes, &mu);
    if (status)
        return status;
    memcpy(mu->points, theta, (size_t)(probes * expert->d) * sizeof *theta);
    for (int64_t i = 0; i < probes; i++)
        mu->weights[i] = 1 / (double)probes;
    status = moei_probe_model(context, model, mu, probe);
    moe_measure_destroy(mu);
    return status;
}

static int64_t probes_of(int64_t experts)
{
    return experts < PROBES ? experts : PROBES;
}

MOE_PUBLIC int32_t moe_flow_save(moe_flow *flow, void *bytes, int64_t capacity, int64_t *length)
{
    int32_t status = moei_need_flow(flow, length, "length");
    if (status)
        return status;
    moe_context *context = flow->context;
    if ((status = moei_need_capacity(context, bytes, capacity, length)))
        return status;
    if (context->working)
        return moei_fail(context, MOE_ERROR_ORDER,
                         "an expert's callback asked for the state of its own flow");
    if (flow->cut.spread && context->communicator.size > 1)
        return moei_fail(context, MOE_ERROR_UNSUPPORTED,
                         "the flow is spread over %d ranks; only a whole one is saved",
                         (int)context->communicator.size);
    struct saved saved = {.flow = flow, .probes = probes_of(flow->count)};
    saved.probe_size = moei_probe_size(flow->model, saved.probes);
    if (capacity == 0)
        return moei_seal_state(context, &seal, write_all, &saved, NULL, 0, length);
    double *probe = MOEI_NEW(flow->core, saved.probe_size, double);
    if (!probe)
        return moei_out_of_memory(context, "a flow's state");
    moei_data_sums(flow->model, saved.sums);
    status = probe_at(context, flow->model, saved.probes, flow->theta, probe);
    saved.probe = probe;
    if (!status)
        status = moei_seal_state(context, &seal, write_all, &saved, bytes, capacity, length);
    moei_free(flow->core, probe);
    return status;
}

/* ---- reading: whose it is --------------------------------------------------------------------- */

/* A flow in the making. */
typedef struct {
    moe_context *context;
    const moe_model *model;
    moei_reader in;
    int64_t count;
    bool exact;        /* the probe agrees to the bit */
    moe_field *driver; /* NULL for a flow of its own */
    moe_measure *mu;
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

/* All experts, in one piece: pieces of several ranks are for versions that make them. */
static int32_t read_experts(restoring *r)
{
    const int64_t experts = moei_read_integer(&r->in), first = moei_read_integer(&r->in);
    r->count = moei_read_integer(&r->in);
    if (experts < 1 || first != 0 || r->count != experts)
        return moei_fail(r->context, MOE_ERROR_VALUE,
                         "bytes are not a saved flow: they have %lld experts of %lld, from %lld on",
                         (long long)r->count, (long long)experts, (long long)first);
    const int32_t status = moei_field_read(r->context, (moe_model *)(uintptr_t)r->model, &r->in, &r->driver);
    if (status)
        return status;
    if (!moei_has_numbers(&r->in, moei_mul(experts, r->model->expert->d + 1)))
        return refuse(r, "too short for its points");
    return MOE_OK;
}

/* r->mu <- the points with their weights */
static int32_t read_points(restoring *r)
{
    const moe_expert *expert = r->model->expert;
    int32_t status = moei_measure_new(r->context, expert->d, expert->period, r->count, &r->mu);
    if (status)
        return status;
    moei_read_numbers(&r->in, r->count, r->mu->weights);
    moei_read_numbers(&r->in, r->count * expert->d, r->mu->points);
    status = moei_need_weights(r->context, r->count, r->mu->weights, false, "the saved flow's weights");
    if (!status)
        status = moei_need_finite(r->context, r->count * expert->d, r->mu->points, "the saved flow's points");
    return status;
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
    const int64_t probes = probes_of(r->count), size = moei_probe_size(r->model, probes);
    const int64_t width = moei_model_width(r->model);
    moei_core *core = r->context->core;
    if (!moei_has_numbers(&r->in, size))
        return refuse(r, "too short for its probe");
    double *saved = MOEI_NEW(core, size, double), *now = MOEI_NEW(core, size, double);
    int32_t status = saved && now ? MOE_OK : moei_out_of_memory(r->context, "a flow's state");
    if (!status) {
        moei_read_numbers(&r->in, size, saved);
        status = probe_at(r->context, r->model, probes, r->mu->points, now);
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

/* ---- reading: where it is --------------------------------------------------------------------- */

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
    int32_t status = MOE_OK;
    for (int i = 0; i < MEMBERS && !status; i++)
        status = read_member(flow, &members[i], &r->in);
    if (status)
        return status;
    moei_read_numbers(&r->in, MOEI_MAX_STAGES, flow->adams.lag);
    const char *what = disagreement(flow);
    return what ? refuse(r, what) : MOE_OK;
}

static int32_t read_vector(restoring *r, int64_t count, double *vector, const char *name)
{
    if (!moei_has_numbers(&r->in, count))
        return refuse(r, "too short");
    moei_read_numbers(&r->in, count, vector);
    return moei_need_finite(r->context, count, vector, name);
}

/* The slopes that are kept; memory for those that are not comes with them. */
static int32_t read_slopes(restoring *r)
{
    moe_flow *flow = r->flow;
    const moei_method *method = flow->method;
    const int64_t kept = moei_read_integer(&r->in);
    int32_t status = MOE_OK;
    if (kept != kept_slots(flow))
        return refuse(r, "it keeps other slopes than its method");
    for (int s = 0; s < method->slots + method->extra && !status; s++)
        if (kept >> s & 1) {
            if (!moei_has_numbers(&r->in, flow->size + 1))
                return refuse(r, "too short for its slopes");
            if (!moei_flow_have(flow, &flow->k[s]))
                return moei_out_of_memory(r->context, "the stages of a flow");
            flow->square[s] = moei_read_number(&r->in);
            status = read_vector(r, flow->size, flow->k[s], "a slope of the saved flow");
        }
    return status;
}

static int32_t read_vectors(restoring *r)
{
    moe_flow *flow = r->flow;
    int32_t status = MOE_OK;
    if (flow->prediction_known)
        status = read_vector(r, moei_model_width(flow->model), flow->prediction, "a prediction");
    if (!status && flow->dense_known && !moei_has_numbers(&r->in, flow->size))
        status = refuse(r, "too short for its points");
    if (!status && flow->started)
        status = moei_flow_allocate(flow);
    if (!status && flow->extra_known && !moei_flow_have(flow, &flow->spare))
        status = moei_out_of_memory(r->context, "dense output");
    flow->previous = flow->trial;
    if (!status && flow->dense_known)
        status = read_vector(r, flow->size, flow->previous, "the saved flow's previous points");
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

static int32_t create(restoring *r)
{
    return r->driver ? moe_flow_create_driven(r->context, r->driver, r->mu, &r->flow)
                     : moe_flow_create(r->context, r->model, r->mu, &r->flow);
}

static int32_t restore(restoring *r)
{
    int32_t status;
    if ((status = moei_need_sealed(r->context, &seal, &r->in)) || (status = check_model(r)) ||
        (status = read_experts(r)) || (status = read_points(r)) || (status = check_probe(r)) ||
        (status = create(r)))
        return status;
    moe_measure_destroy(r->mu);
    r->mu = NULL;
    if (!(status = read_members(r)) && !(status = read_vectors(r)))
        status = read_record(r);
    if (!status && (r->in.short_of || r->in.at != r->in.length))
        status = refuse(r, "they have another length");
    return status;
}

MOE_PUBLIC int32_t moe_flow_restore(moe_context *context, const moe_model *model, const void *bytes,
                                    int64_t length, int32_t *exact, moe_flow **flow)
{
    if (!context || !flow)
        return moei_fail(context, MOE_ERROR_NULL, "flow is NULL");
    *flow = NULL;
    int32_t status = moei_need(context, model, "model");
    if (!status)
        status = moei_need(context, bytes, "bytes");
    if (!status)
        status = moei_need_size(context, length, "length");
    if (status)
        return status;
    restoring r = {.context = context, .model = model, .in = {.bytes = bytes, .length = length}};
    status = restore(&r);
    moe_measure_destroy(r.mu);
    moe_field_destroy(r.driver);
    if (status) {
        moe_flow_destroy(r.flow);
        return moei_public_status(status);
    }
    if (exact)
        *exact = r.exact;
    *flow = r.flow;
    return MOE_OK;
}
