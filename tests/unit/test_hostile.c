/* test_hostile.c - experts and data that no theorem is about: every call ends, with a status that says why, and leaves
 * the flow at a good step.
 *
 * SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <stdatomic.h>
#include <stdbool.h>

enum { N = 200, POINTS = 2, ATTEMPTS = 400 };

static const double x[POINTS] = {-0.5, 0.8}, y[POINTS] = {0.7, -0.4};
static const int32_t methods[] = {MOE_METHOD_DOPRI5, MOE_METHOD_DOP853, MOE_METHOD_ADAMS, MOE_METHOD_RKC,
                                  MOE_METHOD_LOW_STORAGE};
enum { METHODS = sizeof methods / sizeof *methods };

/* f = size cos(rate theta + x), and how it misbehaves. */
enum manner {
    HUGE_VALUES,     /* 1e200: squares overflow                            */
    TINY_VALUES,     /* denormal: the slope is 0 but for rounding          */
    STEEP,           /* a Lipschitz constant of 1e8 in theta               */
    STIFF,           /* the flow's Jacobian has eigenvalues of -1e8        */
    OTHER_EACH_TIME, /* values change from call to call                  */
    NAN_LATER,       /* NaN from the 40th call on                          */
    INFINITE_LATER,
    NAN_SOMETIMES,    /* every 7th call                                     */
    SLOPE_OF_ANOTHER, /* the pullback belongs to another expert: the loss rises */
    MANNERS
};

struct hostile {
    enum manner manner;
    atomic_long calls;
};

static double size_of(const struct hostile *h)
{
    return h->manner == HUGE_VALUES   ? 1e200
           : h->manner == TINY_VALUES ? 1e-310
           : h->manner == STIFF       ? 1e4
                                      : 1;
}

static double rate_of(const struct hostile *h)
{
    return h->manner == STEEP ? 1e8 : 1;
}

/* What a number becomes in this call. */
static double spoiled(const struct hostile *h, long call, double number)
{
    if (h->manner == OTHER_EACH_TIME)
        return number * (1 + 0.1 * sin((double)call));
    if ((h->manner == NAN_LATER && call > 40) || (h->manner == NAN_SOMETIMES && call % 7 == 6))
        return (double)NAN;
    if (h->manner == INFINITE_LATER && call > 40)
        return (double)INFINITY;
    return number;
}

static int32_t values(void *self, void *bound, int64_t n, const double *at, int64_t count,
                      const double *theta, double *f, void *work)
{
    struct hostile *h = self;
    const long call = atomic_fetch_add(&h->calls, 1);
    (void)bound, (void)work;
    for (int64_t i = 0; i < count; i++)
        for (int64_t j = 0; j < n; j++)
            f[i * n + j] = spoiled(h, call, size_of(h) * cos(rate_of(h) * theta[i] + at[j]));
    return 0;
}

static int32_t pullback(void *self, void *bound, void *stage, int64_t n, const double *at, int64_t count,
                        const double *theta, const double *r, double *g, void *work)
{
    struct hostile *h = self;
    const long call = atomic_fetch_add(&h->calls, 1);
    const double sign = h->manner == SLOPE_OF_ANOTHER ? 1 : -1;
    (void)bound, (void)stage, (void)work;
    for (int64_t i = 0; i < count; i++) {
        g[i] = 0;
        for (int64_t j = 0; j < n; j++)
            g[i] += sign * r[j] * size_of(h) * rate_of(h) * sin(rate_of(h) * theta[i] + at[j]);
        g[i] = spoiled(h, call, g[i]);
    }
    return 0;
}

static void make_flow(moe_context *context, struct hostile *hostile, int32_t method, moe_flow **flow)
{
    const moe_expert_ops ops = {.struct_size = sizeof ops, .values = values, .pullback = pullback};
    const double turn = 2 * PI;
    moe_expert *expert;
    moe_model *model;
    moe_law *law;
    moe_measure *mu;
    assert_ok(context, moe_expert_create(context, &ops, hostile, 1, 1, 1, &turn, &expert));
    assert_ok(context, moe_model_create(context, expert, POINTS, x, y, NULL, &model));
    assert_ok(context, moe_law_create(context, 1, &turn, &law));
    assert_ok(context, moe_measure_random(context, law, 1, 0, 0, N, &mu));
    assert_ok(context, moe_flow_create(context, model, mu, flow));
    assert_ok(context, moe_flow_set_method(*flow, method));
    assert_ok(context, moe_flow_set_tolerance(*flow, 1e-6, 1e-6));
    assert_ok(context, moe_flow_set_step_limit(*flow, ATTEMPTS));
    moe_measure_destroy(mu);
    moe_law_destroy(law);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
}

static bool is_one_of(int32_t status, const int32_t *few, int count)
{
    for (int i = 0; i < count; i++)
        if (status == few[i])
            return true;
    return false;
}

/* At most 400 attempts, of at most 260 right-hand sides each (RKC), all over 4 blocks of experts: a bounded number of
 * calls. The flow is where an accepted step left it: a finite time that has not gone back, finite points. */
static void test_flows(void **state)
{
    (void)state;
    static const int32_t allowed[] = {MOE_OK, MOE_ERROR_NOT_FINITE, MOE_ERROR_STEP, MOE_ERROR_STEP_LIMIT};
    int ended[MANNERS] = {0};
    for (int m = 0; m < METHODS; m++)
        for (int manner = 0; manner < MANNERS; manner++)
            for (int descent = 0; descent < 2; descent++) {
                struct hostile hostile = {.manner = (enum manner)manner};
                moe_context *context;
                moe_flow *flow;
                assert_ok(NULL, moe_context_create(NULL, &context));
                make_flow(context, &hostile, methods[m], &flow);
                assert_ok(context, moe_flow_set_descent(flow, descent));
                double before = 0;
                for (int call = 0; call < 2; call++) {
                    const int32_t status = moe_flow_advance(flow, 1 + call);
                    const double time = moe_flow_time(flow);
                    if (!is_one_of(status, allowed, 4))
                        fail_msg("manner %d, method %d: %s", manner, (int)methods[m],
                                 moe_context_error(context));
                    assert_true(status == MOE_OK || *moe_context_error(context));
                    assert_true(time >= before && time <= 1 + call && (status || time == 1 + call));
                    for (int64_t i = 0; i < N; i++)
                        assert_true(isfinite(moe_flow_points(flow)[i]));
                    before = time;
                    ended[manner] += status != MOE_OK;
                }
                assert_true(hostile.calls < 2L * ATTEMPTS * 260 * 2 * 4);
                moe_flow_destroy(flow);
                moe_context_destroy(context);
            }
    assert_true(ended[HUGE_VALUES] && ended[NAN_LATER] &&
                ended[INFINITE_LATER]);      /* what cannot be cured is told */
    assert_int_equal(ended[TINY_VALUES], 0); /* what is only odd goes on */
}

/* Stiff: the stabilised method gets there with few steps, where the others are stopped by their limit. */
static void test_stiffness(void **state)
{
    (void)state;
    struct hostile hostile = {.manner = STIFF};
    moe_context *context;
    moe_flow *flow;
    assert_ok(NULL, moe_context_create(NULL, &context));
    make_flow(context, &hostile, MOE_METHOD_DOP853, &flow);
    assert_fails(context, MOE_ERROR_STEP_LIMIT, "400", moe_flow_advance(flow, 0.01));
    assert_true(moe_flow_time(flow) > 0 && moe_flow_time(flow) < 0.01);
    moe_flow_destroy(flow);
    make_flow(context, &hostile, MOE_METHOD_RKC, &flow);
    assert_ok(context, moe_flow_set_step_limit(flow, 20000));
    assert_ok(context, moe_flow_set_tolerance(flow, 1e-4, 1e-4));
    assert_ok(context, moe_flow_advance(flow, 0.01));
    double loss = 1;
    assert_ok(context, moe_flow_loss(flow, &loss));
    assert_true(loss < 1e-3);
    moe_flow_destroy(flow);
    moe_context_destroy(context);
}

/* ---- cancel ------------------------------------------------------------------------------------- */

struct slow {
    moe_context *context;
    atomic_long calls, since; /* calls in all; begun after the one that cancelled had ended */
    long cancel_at;
    atomic_int cancelled;
};

static int32_t slow_values(void *self, void *bound, int64_t n, const double *at, int64_t count,
                           const double *theta, double *f, void *work)
{
    struct slow *slow = self;
    (void)bound, (void)work;
    atomic_fetch_add(&slow->since, atomic_load(&slow->cancelled));
    for (int64_t i = 0; i < count; i++)
        for (int64_t j = 0; j < n; j++)
            f[i * n + j] = cos(theta[i] + at[j]);
    if (atomic_fetch_add(&slow->calls, 1) + 1 == slow->cancel_at) {
        moe_context_cancel(slow->context);
        atomic_store(&slow->cancelled, 1);
    }
    return 0;
}

static int32_t slow_pullback(void *self, void *bound, void *stage, int64_t n, const double *at, int64_t count,
                             const double *theta, const double *r, double *g, void *work)
{
    struct slow *slow = self;
    (void)bound, (void)stage, (void)work;
    atomic_fetch_add(&slow->since, atomic_load(&slow->cancelled));
    for (int64_t i = 0; i < count; i++) {
        g[i] = 0;
        for (int64_t j = 0; j < n; j++)
            g[i] -= r[j] * sin(theta[i] + at[j]);
    }
    return 0;
}

/* However long a block of experts takes: after a cancel no worker begins another one. */
static void test_cancel(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    const double turn = 2 * PI;
    for (int32_t threads = 1; threads <= 3; threads++)
        for (long cancel_at = 1; cancel_at < 900; cancel_at += 97) {
            struct slow slow = {.cancel_at = cancel_at};
            const moe_expert_ops ops = {.struct_size = sizeof ops,
                                        .flags = MOE_EXPERT_THREAD_SAFE,
                                        .values = slow_values,
                                        .pullback = slow_pullback};
            moe_expert *expert;
            moe_model *model;
            moe_law *law;
            moe_measure *mu;
            moe_flow *flow;
            assert_ok(NULL, moe_context_create(NULL, &slow.context));
            moe_context *c = slow.context;
            assert_ok(c, moe_context_set_threads(c, threads));
            assert_ok(c, moe_expert_create(c, &ops, &slow, 1, 1, 1, &turn, &expert));
            assert_ok(c, moe_model_create(c, expert, POINTS, x, y, NULL, &model));
            assert_ok(c, moe_law_create(c, 1, &turn, &law));
            assert_ok(c, moe_measure_random(c, law, 1, 0, 0, MANY, &mu));
            assert_ok(c, moe_flow_create(c, model, mu, &flow));
            assert_fails(c, MOE_ERROR_CANCELLED, "", moe_flow_advance(flow, 3));
            assert_true(slow.since <= threads - 1); /* one that had looked just before */
            assert_ok(c, moe_flow_advance(flow, 3));
            moe_flow_destroy(flow);
            moe_measure_destroy(mu);
            moe_law_destroy(law);
            moe_model_destroy(model);
            moe_expert_destroy(expert);
            moe_context_destroy(c);
        }
}

/* ---- sizes --------------------------------------------------------------------------------------- */

/* At the edge of 64 bits every size is refused before anything is read or asked for. */
static void test_sizes(void **state)
{
    (void)state;
    static const int64_t edges[] = {0, -1, INT64_MIN, INT64_MAX, INT64_MAX / 8 + 1, INT64_C(1) << 62};
    static const double number = 0.5;
    struct hostile hostile = {.manner = TINY_VALUES};
    const moe_expert_ops ops = {.struct_size = sizeof ops, .values = values, .pullback = pullback};
    const double turn = 2 * PI;
    moe_context *c;
    moe_expert *expert, *none;
    moe_model *model;
    moe_law *law;
    moe_measure *mu;
    qnn_circuit *circuit;
    int64_t bytes;
    assert_ok(NULL, moe_context_create(NULL, &c));
    assert_ok(c, moe_expert_create(c, &ops, &hostile, 1, 1, 1, &turn, &expert));
    assert_ok(c, moe_model_create(c, expert, POINTS, x, y, NULL, &model));
    static const int32_t allowed[] = {MOE_ERROR_SIZE, MOE_ERROR_MEMORY, MOE_ERROR_VALUE};
    for (size_t e = 0; e < sizeof edges / sizeof *edges; e++) {
        const int64_t size = edges[e];
        moe_model *other;
        assert_true(is_one_of(moe_expert_create(c, &ops, &hostile, size, 1, 1, &turn, &none), allowed, 3));
        assert_null(none);
        assert_true(is_one_of(moe_model_create(c, expert, size, x, y, NULL, &other), allowed, 3));
        assert_true(is_one_of(moe_law_create(c, size, &turn, &law), allowed, 3));
        assert_null(law);
        assert_true(is_one_of(moe_measure_create(c, 1, &turn, size, &number, NULL, &mu), allowed, 3));
        assert_true(is_one_of(qnn_circuit_create(c, size, 1, 1, 1, &circuit), allowed, 3));
        assert_null(circuit);
        /* inputs and outputs are only noted: there may be as many as one can count */
        if (moe_expert_create(c, &ops, &hostile, 1, size, size, &turn, &none) == MOE_OK)
            assert_true(is_one_of(moe_model_create(c, none, 2, x, y, NULL, &other), allowed, 3));
        moe_expert_destroy(none);
        const int32_t status = moe_flow_memory(c, model, size, MOE_METHOD_DOPRI5, 0, &bytes);
        assert_true(is_one_of(status, allowed, 3) || (status == MOE_OK && bytes > size));
        assert_null(other);
        assert_null(mu);
    }
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    moe_context_destroy(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flows),
        cmocka_unit_test(test_stiffness),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
