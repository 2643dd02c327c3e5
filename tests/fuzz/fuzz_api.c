/* fuzz_api.c - libFuzzer's door to the library as a whole: bytes are a host that calls in any order, with good and bad
 * arguments, whose memory and callbacks fail when they like.
 *
 * Each byte chooses a call, the next ones its arguments. What must hold, whatever the calls: a failure has a negative
 * status and a sentence, and leaves an output handle NULL; a flow whose setter failed is where it was, and one whose
 * advance failed has not gone back; bounds have 0 <= lower <= upper; the destroy functions of experts and quantiles come
 * once each; when all handles are gone, in any order, the context among them, no block of memory is left.
 *
 * SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    MOST_CALLS = 48,
    SLOTS = 3,  /* handles of each kind */
    LARGEST = 4 /* of a good size */
};

/* the largest arrays that good sizes ask for */
enum { ROOM = 1024 };

enum kind { LAW, EXPERT, MEASURE, OBJECTIVE, MODEL, FLOW, FIELD, TRANSPORT, CIRCUIT, LIMIT, KINDS };

struct host {
    const uint8_t *at, *end;
    moe_context *context;
    void *handle[KINDS][SLOTS];
    long callback_in;        /* calls until one fails; < 0: never */
    int32_t callback_status; /* and what it returns; 0: NaN instead */
    long kept, given_back;   /* selves that the library took, and gave back */
    double numbers[ROOM], out[ROOM];
};

static atomic_long memory_in, blocks;

/* ---- the host's memory ------------------------------------------------------------------------- */

static void *allocate(void *self, size_t bytes)
{
    (void)self;
    const bool fails = atomic_load(&memory_in) >= 0 && atomic_fetch_sub(&memory_in, 1) == 0;
    void *block = fails || bytes > (size_t)1 << 26 ? NULL : malloc(bytes);
    atomic_fetch_add(&blocks, block != NULL);
    return block;
}

static void release(void *self, void *block)
{
    (void)self;
    atomic_fetch_sub(&blocks, 1);
    free(block);
}

/* ---- arguments --------------------------------------------------------------------------------- */

static unsigned byte(struct host *host)
{
    return host->at < host->end ? *host->at++ : 0;
}

static bool seldom(struct host *host)
{
    return byte(host) >= 240;
}

static int64_t size_of(struct host *host)
{
    static const int64_t bad[] = {0, -1, INT64_MIN, INT64_MAX, INT64_MAX / 8 + 1};
    return seldom(host) ? bad[byte(host) % 5] : 1 + byte(host) % LARGEST;
}

static int64_t index_of(struct host *host)
{
    const int64_t size = size_of(host);
    return size == INT64_MIN ? size : size - 1;
}

static double number(struct host *host)
{
    static const double bad[] = {0.0,   -0.0,   -1.0,   NAN,    INFINITY, -INFINITY,
                                 1e308, -1e308, 1e-308, 5e-324, 1e16,     6.283185307179586};
    return seldom(host) ? bad[byte(host) % 12] : (1.0 + byte(host)) / 64;
}

/* `of` are the numbers a call would read; bad sizes must be refused before */
static const double *numbers(struct host *host)
{
    if (seldom(host))
        return NULL;
    const unsigned seed = byte(host);
    for (int i = 0; i < ROOM; i++)
        host->numbers[i] = sin(0.7 * i + seed);
    if (seldom(host))
        host->numbers[byte(host) % 4] = number(host);
    return host->numbers;
}

static void *some(struct host *host, enum kind kind)
{
    return host->handle[kind][byte(host) % SLOTS];
}

/* ---- what must hold ---------------------------------------------------------------------------- */

static int32_t told(struct host *host, int32_t status)
{
    NEED(status <= 0);
    NEED(*moe_status_name(status) && *moe_status_text(status));
    NEED(status == MOE_OK || status == MOE_ERROR_NULL || *moe_context_error(host->context));
    return status;
}

static void destroy(enum kind kind, void *handle)
{
    switch (kind) {
    case LAW:
        moe_law_destroy(handle);
        break;
    case EXPERT:
        moe_expert_destroy(handle);
        break;
    case MEASURE:
        moe_measure_destroy(handle);
        break;
    case OBJECTIVE:
        moe_objective_destroy(handle);
        break;
    case MODEL:
        moe_model_destroy(handle);
        break;
    case FLOW:
        moe_flow_destroy(handle);
        break;
    case FIELD:
        moe_field_destroy(handle);
        break;
    case TRANSPORT:
        moe_transport_destroy(handle);
        break;
    case CIRCUIT:
        qnn_circuit_destroy(handle);
        break;
    case LIMIT:
        moe_limit_destroy(handle);
        break;
    case KINDS:
        break;
    }
}

/* puts a new handle where another may be, which then goes */
static void keep(struct host *host, enum kind kind, int32_t status, void *handle)
{
    NEED((told(host, status) == MOE_OK) == (handle != NULL));
    if (!handle)
        return;
    void **slot = &host->handle[kind][byte(host) % SLOTS];
    destroy(kind, *slot);
    *slot = handle;
}

static void bounded(struct host *host, int32_t status, double lower, double upper)
{
    if (told(host, status) == MOE_OK)
        NEED(lower >= 0 && lower <= upper);
}

/* ---- a host's own expert: f_k = sin(theta_0 + k + x_0), of d parameters ------------------------ */

struct own {
    struct host *host;
    int64_t d, p, K;
};

static int32_t misbehaves(struct host *host, double *number)
{
    if (host->callback_in < 0 || host->callback_in-- != 0)
        return 0;
    if (!host->callback_status)
        *number = NAN;
    return host->callback_status;
}

static int32_t own_values(void *self, void *bound, int64_t n, const double *x, int64_t count,
                          const double *theta, double *f, void *work)
{
    const struct own *own = self;
    (void)bound, (void)work;
    for (int64_t i = 0; i < count; i++)
        for (int64_t j = 0; j < n; j++)
            for (int64_t k = 0; k < own->K; k++)
                f[(i * n + j) * own->K + k] = sin(theta[i * own->d] + x[j * own->p] + (double)k);
    return misbehaves(own->host, f);
}

static int32_t own_pullback(void *self, void *bound, void *stage, int64_t n, const double *x, int64_t count,
                            const double *theta, const double *r, double *g, void *work)
{
    const struct own *own = self;
    (void)bound, (void)stage, (void)work;
    memset(g, 0, (size_t)(count * own->d) * sizeof *g);
    for (int64_t i = 0; i < count; i++)
        for (int64_t j = 0; j < n; j++)
            for (int64_t k = 0; k < own->K; k++)
                g[i * own->d] += r[j * own->K + k] * cos(theta[i * own->d] + x[j * own->p] + (double)k);
    return misbehaves(own->host, g);
}

static void own_destroy(void *self)
{
    struct own *own = self;
    own->host->given_back++;
    free(own);
}

static void make_expert(struct host *host)
{
    const moe_expert_ops ops = {.struct_size = seldom(host) ? byte(host) : sizeof ops,
                                .flags = seldom(host) ? byte(host) : 0,
                                .values = seldom(host) ? NULL : own_values,
                                .pullback = own_pullback,
                                .destroy = own_destroy};
    struct own *own = malloc(sizeof *own);
    moe_expert *expert;
    NEED(own != NULL);
    *own = (struct own){host, size_of(host), size_of(host), size_of(host)};
    for (int i = 0; i < LARGEST; i++)
        host->numbers[i] = byte(host) % 2 ? INFINITY : 6.283185307179586;
    if (seldom(host))
        host->numbers[0] = number(host);
    /* as long as any size that a byte can claim, as a newer host's would be */
    union {
        moe_expert_ops ops;
        unsigned char longest[256];
    } table = {.longest = {0}};
    table.ops = ops;
    /* a table without `destroy` would leave its self to the host: too short for any, then */
    if (table.ops.struct_size < offsetof(moe_expert_ops, destroy) + sizeof table.ops.destroy)
        table.ops.struct_size %= 32;
    /* promises that the host does not keep are no fault of the library's */
    table.ops.flags &= ~(uint64_t)(MOE_EXPERT_THREAD_SAFE | MOE_EXPERT_PURE);
    const int32_t status =
        moe_expert_create(host->context, &table.ops, own, own->d, own->p, own->K, host->numbers, &expert);
    if (status)
        free(own);
    else
        host->kept++;
    keep(host, EXPERT, status, expert);
}

/* ---- the other calls --------------------------------------------------------------------------- */

static void fail_memory(struct host *host)
{
    atomic_store(&memory_in, byte(host) % 64);
}

static void fail_callback(struct host *host)
{
    static const int32_t statuses[] = {0, 1, -1, MOE_ERROR_MEMORY, INT32_MIN, INT32_MAX};
    host->callback_in = byte(host) % 64;
    host->callback_status = statuses[byte(host) % 6];
}

static void set_threads(struct host *host)
{
    told(host, moe_context_set_threads(host->context,
                                       seldom(host) ? -(int32_t)byte(host) : 1 + (int32_t)byte(host) % 3));
}

static void make_law(struct host *host)
{
    moe_law *law;
    const int64_t d = size_of(host);
    for (int i = 0; i < LARGEST; i++)
        host->numbers[i] = byte(host) % 2 ? INFINITY : 6.283185307179586;
    if (seldom(host))
        host->numbers[0] = number(host);
    const int32_t status = moe_law_create(host->context, d, host->numbers, &law);
    if (!status)
        for (int64_t k = 0; k < d; k++)
            told(host, moe_law_set_normal(law, k, 0.5, 0.25));
    keep(host, LAW, status, law);
}

static void set_law(struct host *host)
{
    moe_law *law = some(host, LAW);
    const int64_t k = index_of(host);
    const double a = number(host), b = number(host);
    switch (byte(host) % 4) {
    case 0:
        told(host, moe_law_set_uniform(law, k, a, b));
        break;
    case 1:
        told(host, moe_law_set_normal(law, k, a, b));
        break;
    case 2:
        told(host, moe_law_set_von_mises(law, k, a, b));
        break;
    default:
        told(host, moe_law_set_fixed(law, k, a));
        break;
    }
}

static void make_measure(struct host *host)
{
    moe_measure *measure;
    const moe_law *law = some(host, LAW);
    const int64_t sizes[] = {1 + byte(host) % 3, size_of(host), 1 + byte(host) % 3, 1 + byte(host) % 3};
    int32_t status;
    switch (byte(host) % 3) {
    case 0:
        status = moe_measure_random(host->context, law, 7, size_of(host), 0, sizes[1], &measure);
        break;
    case 1:
        status = moe_measure_tensor(host->context, law, sizes, &measure);
        break;
    default:
        status = moe_measure_lattice(host->context, law, 1 << byte(host) % 4, NULL, 7, 1, &measure);
        break;
    }
    keep(host, MEASURE, status, measure);
}

static void make_points(struct host *host)
{
    static const double period[] = {6.283185307179586, INFINITY, 1, 2};
    moe_measure *measure;
    const int64_t d = size_of(host), count = size_of(host);
    const double *points = numbers(host);
    keep(host, MEASURE, moe_measure_create(host->context, d, period, count, points, NULL, &measure), measure);
}

static void make_objective(struct host *host)
{
    moe_objective *objective;
    const int32_t status = moe_objective_create(host->context, some(host, EXPERT), &objective);
    if (!status) {
        told(host, moe_objective_set_loss(objective, (int32_t)byte(host) % 4 - 1));
        told(host, moe_objective_set_scale(objective, number(host)));
        told(host, moe_objective_set_decay(objective, numbers(host)));
    }
    keep(host, OBJECTIVE, status, objective);
}

static void make_model(struct host *host)
{
    moe_model *model;
    const moe_expert *expert = some(host, EXPERT);
    const moe_objective *objective = some(host, OBJECTIVE);
    const int64_t n = size_of(host);
    const double *x = numbers(host);
    const int32_t status = byte(host) % 2
                               ? moe_model_create(host->context, expert, n, x, x, NULL, &model)
                               : moe_model_create_for(host->context, objective, n, x, x, NULL, &model);
    keep(host, MODEL, status, model);
}

static void ask_model(struct host *host)
{
    const moe_model *model = some(host, MODEL);
    const moe_measure *mu = some(host, MEASURE);
    switch (byte(host) % 5) {
    case 0:
        told(host, moe_model_predictions(host->context, model, mu, host->out));
        break;
    case 1:
        told(host, moe_model_loss(host->context, model, mu, host->out));
        break;
    case 2:
        told(host, moe_model_energy(host->context, model, mu, host->out));
        break;
    case 3:
        told(host, moe_model_drift(host->context, model, mu, host->out));
        break;
    default:
        told(host, moe_model_sensitivity(host->context, model, mu, host->out));
        break;
    }
}

static void make_flow(struct host *host)
{
    static const int32_t methods[] = {MOE_METHOD_DOPRI5, MOE_METHOD_DOP853,      MOE_METHOD_ADAMS,
                                      MOE_METHOD_RKC,    MOE_METHOD_LOW_STORAGE, 0};
    moe_flow *flow;
    const moe_measure *mu = some(host, MEASURE);
    const int32_t status = byte(host) % 4
                               ? moe_flow_create(host->context, some(host, MODEL), mu, &flow)
                               : moe_flow_create_driven(host->context, some(host, FIELD), mu, &flow);
    if (!status) {
        told(host, moe_flow_set_step_limit(flow, 40));
        told(host, moe_flow_set_method(flow, methods[byte(host) % 6]));
        if (byte(host) % 2)
            told(host, moe_flow_record(flow));
    }
    keep(host, FLOW, status, flow);
}

static void set_flow(struct host *host)
{
    moe_flow *flow = some(host, FLOW);
    const double time = moe_flow_time(flow);
    const double a = number(host), b = number(host);
    switch (byte(host) % 3) {
    case 0:
        told(host, moe_flow_set_tolerance(flow, a / 64, b / 64));
        break;
    case 1:
        told(host, moe_flow_set_steps(flow, a, b));
        break;
    default:
        told(host, moe_flow_set_descent(flow, (int32_t)byte(host) % 3));
        break;
    }
    NEED(!flow || moe_flow_time(flow) == time);
}

static void advance(struct host *host)
{
    moe_flow *flow = some(host, FLOW);
    const double before = moe_flow_time(flow), time = before + number(host) / 4;
    const int32_t status =
        told(host, byte(host) % 4 ? moe_flow_advance(flow, time) : moe_flow_step(flow, time));
    const double after = moe_flow_time(flow);
    NEED(!flow || (isfinite(after) && after >= before && !(after > time && after > before)));
    NEED(status || byte(host) % 4 || after <= time);
    NEED(!flow || moe_flow_points(flow));
}

static void ask_flow(struct host *host)
{
    moe_flow *flow = some(host, FLOW);
    moe_measure *measure;
    moe_field *field;
    switch (byte(host) % 6) {
    case 0:
        keep(host, MEASURE, moe_flow_measure(flow, &measure), measure);
        break;
    case 1:
        keep(host, FIELD, moe_flow_field(flow, &field), field);
        break;
    case 2:
        told(host, moe_flow_loss(flow, host->out));
        break;
    case 3:
        told(host, moe_flow_gradient(flow, host->out));
        break;
    case 4:
        told(host, moe_flow_interpolate(flow, number(host), host->out));
        break;
    default:
        told(host, moe_flow_energy(flow, host->out, host->out + 1));
        break;
    }
}

static void measure_distance(struct host *host)
{
    double lower = -1, upper = -1;
    const moe_measure *a = some(host, MEASURE), *b = some(host, MEASURE);
    const double p = byte(host) % 4 ? 1 + byte(host) % 3 : number(host);
    bounded(host, moe_measure_distance(host->context, a, b, p, &lower, &upper), lower, upper);
}

static void transport(struct host *host)
{
    moe_transport *problem;
    double lower, upper;
    const moe_measure *a = some(host, MEASURE), *b = some(host, MEASURE);
    const int32_t status = moe_transport_create(host->context, a, b, number(host), &problem);
    if (!status) {
        told(host, moe_transport_set_gap(problem, number(host) / 8));
        told(host, moe_transport_solve(problem));
        bounded(host, moe_transport_bounds(problem, &lower, &upper), lower, upper);
    }
    keep(host, TRANSPORT, status, problem);
}

static void ask_transport(struct host *host)
{
    moe_transport *problem = some(host, TRANSPORT);
    const int64_t *rows, *columns;
    const double *masses, *phi, *psi;
    int64_t count;
    if (told(host, moe_transport_plan(problem, &count, &rows, &columns, &masses)) == MOE_OK)
        for (int64_t e = 0; e < count; e++)
            NEED(masses[e] > 0 && rows[e] >= 0 && columns[e] >= 0);
    told(host, moe_transport_potentials(problem, &phi, &psi));
}

static void make_circuit(struct host *host)
{
    static const char *const paulis[] = {"X", "Y", "Z", "ZZ", "Q", ""};
    qnn_circuit *circuit;
    moe_expert *expert;
    const int64_t qubits = size_of(host), d = size_of(host), p = size_of(host);
    int32_t status = qnn_circuit_create(host->context, qubits, d, p, 1, &circuit);
    if (!status) {
        const int64_t on[] = {index_of(host), index_of(host)};
        told(host, qnn_circuit_rotation(circuit, paulis[byte(host) % 6], on, (int32_t)byte(host) % 4,
                                        index_of(host), number(host), number(host)));
        status = qnn_expert_create(host->context, circuit, NULL, &expert);
        keep(host, EXPERT, status, expert);
        keep(host, CIRCUIT, MOE_OK, circuit);
    } else
        keep(host, CIRCUIT, status, circuit);
}

static void solve_limit(struct host *host)
{
    moe_limit *limit;
    const moe_model *model = some(host, MODEL);
    const int32_t status = moe_limit_create(host->context, model, some(host, LAW), &limit);
    if (!status) {
        const double times[] = {number(host) / 8};
        told(host, moe_limit_set_budget(limit, 64, 1 << 22, 0.05));
        told(host, moe_limit_set_tolerance(limit, 0.1));
        told(host, moe_limit_set_times(limit, 1, times));
        told(host, moe_limit_solve(limit));
    }
    keep(host, LIMIT, status, limit);
}

static void forget(struct host *host)
{
    const enum kind kind = byte(host) % KINDS;
    void **slot = &host->handle[kind][byte(host) % SLOTS];
    destroy(kind, *slot);
    *slot = NULL;
}

static void (*const calls[])(struct host *) = {
    make_expert,  make_law,    set_law,  make_measure, make_points, make_objective, make_model,
    ask_model,    make_flow,   set_flow, advance,      ask_flow,    transport,      ask_transport,
    make_circuit, solve_limit, forget,   set_threads,  fail_memory, fail_callback,  measure_distance};

/* all handles, the context at a place among them that the bytes choose */
static void destroy_all(struct host *host)
{
    const unsigned first = byte(host), context = byte(host) % (KINDS * SLOTS);
    for (unsigned i = 0; i < KINDS * SLOTS; i++) {
        const unsigned at = (first + 7 * i) % (KINDS * SLOTS); /* 7 divides no KINDS * SLOTS = 30 */
        if (i == context)
            moe_context_destroy(host->context);
        destroy(at / SLOTS, host->handle[at / SLOTS][at % SLOTS]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const moe_allocator allocator = {sizeof allocator, NULL, allocate, release};
    static struct host host;
    host = (struct host){.at = bytes, .end = bytes + size, .callback_in = -1};
    atomic_store(&memory_in, -1);
    NEED(moe_context_create(&allocator, &host.context) == MOE_OK);
    for (int i = 0; i < MOST_CALLS && host.at < host.end; i++)
        calls[byte(&host) % (sizeof calls / sizeof *calls)](&host);
    destroy_all(&host);
    NEED(atomic_load(&blocks) == 0);
    NEED(host.kept == host.given_back);
    return 0;
}
