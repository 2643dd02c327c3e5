/* test_low_storage.c - the pair that keeps no stages: its order, what it costs, and that it takes the memory that
 * it is there to save.
 *
 * SPDX-License-Identifier: MIT */
#include "support/mixture.h"
#include "support/problem.h"

#include "flow/flow.h"
#include "flow/low_storage.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { N = 60 };

/* steps of a fixed length: the error goes like h^4 */
static double error_with(struct mixture *m, const double *exact, double h)
{
    moe_flow *flow;
    double worst = 0;
    assert_ok(m->context, moe_flow_create(m->context, m->model, m->mu, &flow));
    assert_ok(m->context, moe_flow_set_method(flow, MOE_METHOD_LOW_STORAGE));
    assert_ok(m->context, moe_flow_set_tolerance(flow, 0, 1e3));
    assert_ok(m->context, moe_flow_set_steps(flow, h, h));
    assert_ok(m->context, moe_flow_advance(flow, 1));
    for (int i = 0; i < 2 * N; i++)
        worst = fmax(worst, fabs(moe_flow_points(flow)[i] - exact[i]));
    moe_flow_destroy(flow);
    return worst;
}

static void test_order(void **state)
{
    (void)state;
    struct mixture m;
    moe_flow *flow;
    double exact[2 * N];
    assert_int_equal(mixture_make(&m, NULL, N), MOE_OK);
    m.wave.c[0] = 2;
    assert_ok(m.context, moe_flow_create(m.context, m.model, m.mu, &flow));
    assert_ok(m.context, moe_flow_set_tolerance(flow, 0, 1e-14));
    assert_ok(m.context, moe_flow_advance(flow, 1));
    memcpy(exact, moe_flow_points(flow), sizeof exact);
    moe_flow_destroy(flow);
    const double coarse = error_with(&m, exact, 1.0 / 8), fine = error_with(&m, exact, 1.0 / 16);
    assert_true(fine > 1e-12); /* above rounding */
    assert_close(log2(coarse / fine), 4, 0.4);
    mixture_free(&m);
}

/* errors at the end go like the tolerance */
static void test_tolerance(void **state)
{
    (void)state;
    struct mixture m;
    moe_flow *exact, *flow;
    assert_int_equal(mixture_make(&m, NULL, N), MOE_OK);
    assert_ok(m.context, moe_flow_create(m.context, m.model, m.mu, &exact));
    assert_ok(m.context, moe_flow_set_tolerance(exact, 0, 1e-13));
    assert_ok(m.context, moe_flow_advance(exact, 5));
    for (double tolerance = 1e-4; tolerance > 0.9e-10; tolerance /= 100) {
        assert_ok(m.context, moe_flow_create(m.context, m.model, m.mu, &flow));
        assert_ok(m.context, moe_flow_set_method(flow, MOE_METHOD_LOW_STORAGE));
        assert_ok(m.context, moe_flow_set_tolerance(flow, 0, tolerance));
        assert_ok(m.context, moe_flow_advance(flow, 5));
        for (int i = 0; i < 2 * N; i++)
            assert_close(moe_flow_points(flow)[i], moe_flow_points(exact)[i], 20 * tolerance);
        moe_flow_destroy(flow);
    }
    moe_flow_destroy(exact);
    mixture_free(&m);
}

/* five right-hand sides for every attempt, besides those of the start; the same when it is looked into, but for
 * two a step, of which the next one saves one */
static void test_evaluations(void **state)
{
    (void)state;
    for (int looks = 0; looks < 2; looks++) {
        struct mixture m;
        moe_flow *flow;
        int64_t steps, rejections, evaluations;
        assert_int_equal(mixture_make(&m, NULL, N), MOE_OK);
        assert_ok(m.context, moe_flow_create(m.context, m.model, m.mu, &flow));
        assert_ok(m.context, moe_flow_set_method(flow, MOE_METHOD_LOW_STORAGE));
        if (looks)
            assert_ok(m.context, moe_flow_record(flow));
        assert_ok(m.context, moe_flow_advance(flow, 10));
        assert_ok(m.context, moe_flow_counts(flow, &steps, &rejections, &evaluations));
        const int64_t attempts = steps + rejections;
        /* the start: the first slope, which the first step has, and one to choose its length */
        assert_int_equal(evaluations, looks ? 1 + 5 * attempts + 2 * steps - (steps - 1) : 1 + 5 * attempts);
        moe_flow_destroy(flow);
        mixture_free(&m);
    }
}

/* ---- memory ----------------------------------------------------------------------------------- */

/* Counts bytes, which malloc does not tell. */
struct counter {
    atomic_llong now, most;
};

static void *allocate(void *self, size_t bytes)
{
    struct counter *counter = self;
    char *block = malloc(bytes + 64);
    if (!block)
        return NULL;
    memcpy(block, &bytes, sizeof bytes);
    const long long now = atomic_fetch_add(&counter->now, (long long)bytes) + (long long)bytes;
    if (now > atomic_load(&counter->most))
        atomic_store(&counter->most, now);
    return block + 64;
}

static void release(void *self, void *block)
{
    struct counter *counter = self;
    size_t bytes;
    memcpy(&bytes, (char *)block - 64, sizeof bytes);
    atomic_fetch_sub(&counter->now, (long long)bytes);
    free((char *)block - 64);
}

enum { MANY = 20000, D = 4 };

/* the most bytes that a flow takes besides what was there before it, per vector of points; within a tenth of what
 * was foretold */
static double vectors_of(int32_t method, bool records)
{
    struct counter counter = {0};
    const moe_allocator allocator = {sizeof allocator, &counter, allocate, release};
    struct wave wave = {.d = D, .c = {1, 1, 1, 1}, .a = {1, -1, 2, 0.5}};
    const double x[] = {0, 1}, y[] = {0.4, -0.2}, turn[] = {2 * PI, 2 * PI, 2 * PI, 2 * PI};
    struct problem p = {0};
    moe_flow *flow;
    assert_ok(NULL, moe_context_create(&allocator, &p.context));
    assert_ok(p.context, wave_expert(p.context, &wave, &p.expert));
    problem_model(&p, 2, x, y, NULL);
    assert_ok(p.context, moe_law_create(p.context, D, turn, &p.law));
    assert_ok(p.context, moe_measure_random(p.context, p.law, 1, 0, 0, MANY, &p.mu));
    const long long before = counter.now;
    counter.most = before;
    int64_t foretold;
    assert_ok(p.context, moe_flow_memory(p.context, p.model, MANY, method, records, &foretold));
    assert_int_equal(counter.now, before);
    assert_ok(p.context, moe_flow_create(p.context, p.model, p.mu, &flow));
    assert_ok(p.context, moe_flow_set_method(flow, method));
    if (records)
        assert_ok(p.context, moe_flow_record(flow));
    assert_ok(p.context, moe_flow_advance(flow, 0.5));
    assert_close((double)foretold / (double)(counter.most - before), 1, 0.1);
    const double most = (double)(counter.most - before);
    moe_flow_destroy(flow);
    assert_true(counter.now == before);
    problem_free(&p);
    assert_true(counter.now == 0);
    return most / (8.0 * MANY * D);
}

/* five vectors, eight where steps are looked into, the weights (a quarter of one here), and next to nothing else */
static void test_memory(void **state)
{
    (void)state;
    const double plain = vectors_of(MOE_METHOD_LOW_STORAGE, false);
    const double recorded = vectors_of(MOE_METHOD_LOW_STORAGE, true);
    const double pair = vectors_of(MOE_METHOD_DOPRI5, false);
    assert_true(plain >= 5.25 && plain < 5.6);
    assert_true(recorded >= 8.25 && recorded < 8.6);
    assert_true(pair >= 9.25 && pair < 9.6);
    for (int records = 0; records < 2; records++) {
        vectors_of(MOE_METHOD_DOP853, records);
        vectors_of(MOE_METHOD_ADAMS, records);
        vectors_of(MOE_METHOD_RKC, records);
    }
}

/* quantum experts with scratch of their own, few of them, on several threads: what is not N d counts too */
static void test_foretold(void **state)
{
    (void)state;
    struct counter counter = {0};
    const moe_allocator allocator = {sizeof allocator, &counter, allocate, release};
    struct problem p = {0};
    qnn_circuit *circuit;
    moe_flow *flow;
    int64_t foretold;
    double x[300], y[100], period[6];
    assert_ok(NULL, moe_context_create(&allocator, &p.context));
    assert_ok(p.context, moe_context_set_threads(p.context, 3));
    assert_ok(p.context, qnn_circuit_create(p.context, 6, 6, 3, 1, &circuit));
    for (int64_t q = 0; q < 6; q++) {
        assert_ok(p.context, qnn_circuit_rotation(circuit, "X", &q, QNN_INPUT, q % 3, 1, 0));
        assert_ok(p.context, qnn_circuit_rotation(circuit, "Y", &q, QNN_THETA, q, 1, 0));
        period[q] = 2 * PI;
    }
    assert_ok(p.context, qnn_circuit_observable(circuit, 0, 1, "ZZZZZZ"));
    assert_ok(p.context, qnn_expert_create(p.context, circuit, NULL, &p.expert));
    qnn_circuit_destroy(circuit);
    for (int j = 0; j < 300; j++)
        x[j] = sin(j);
    for (int j = 0; j < 100; j++)
        y[j] = cos(j);
    problem_model(&p, 100, x, y, NULL);
    for (int64_t count = 50; count <= 5000; count *= 10) {
        moe_law_destroy(p.law);
        moe_measure_destroy(p.mu);
        assert_ok(p.context, moe_law_create(p.context, 6, period, &p.law));
        assert_ok(p.context, moe_measure_random(p.context, p.law, 1, 0, 0, count, &p.mu));
        assert_ok(p.context,
                  moe_flow_memory(p.context, p.model, count, MOE_METHOD_LOW_STORAGE, 0, &foretold));
        const long long before = counter.now;
        counter.most = before;
        assert_ok(p.context, moe_flow_create(p.context, p.model, p.mu, &flow));
        assert_ok(p.context, moe_flow_set_method(flow, MOE_METHOD_LOW_STORAGE));
        assert_ok(p.context, moe_flow_step(flow, INFINITY));
        assert_close((double)foretold / (double)(counter.most - before), 1, 0.1);
        moe_flow_destroy(flow);
    }
    assert_fails(p.context, MOE_ERROR_VALUE, "method is 7",
                 moe_flow_memory(p.context, p.model, 5, 7, 0, &foretold));
    assert_fails(p.context, MOE_ERROR_VALUE, "looks is 2",
                 moe_flow_memory(p.context, p.model, 5, MOE_METHOD_RKC, 2, &foretold));
    assert_fails(p.context, MOE_ERROR_SIZE, "experts is 0",
                 moe_flow_memory(p.context, p.model, 0, MOE_METHOD_RKC, 0, &foretold));
    assert_fails(p.context, MOE_ERROR_NULL, "bytes",
                 moe_flow_memory(p.context, p.model, 5, MOE_METHOD_RKC, 0, NULL));
    assert_fails(p.context, MOE_ERROR_SIZE, "experts",
                 moe_flow_memory(p.context, p.model, INT64_MAX / 50, MOE_METHOD_DOP853, 1, &foretold));
    problem_free(&p);
    assert_true(counter.now == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),  cmocka_unit_test(test_tolerance), cmocka_unit_test(test_evaluations),
        cmocka_unit_test(test_memory), cmocka_unit_test(test_foretold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
