/* test_flow_state_refused.c - bytes that are no state of a flow, or one of another model, are refused with the
 * reason; and numbers that someone puts in under a mended checksum do no harm (under the sanitizers).
 *
 * SPDX-License-Identifier: MIT */
#include "support/problem.h"
#include "support/restored.h"
#include "support/saved.h"

enum { WORD = 8 };
static const double x[] = {0.3, -0.8}, y[] = {0.4, -0.2};

/* Five experts on a circle, some steps in, recorded. */
static moe_flow *small_flow(struct problem *p, struct wave *wave, int32_t method)
{
    *wave = (struct wave){.d = 1, .c = {1}, .a = {1}};
    problem_of_waves(p, wave);
    problem_model(p, 2, x, y, NULL);
    problem_draws(p, 7, 0, 5);
    moe_flow *flow = problem_flow(p, method, 1e-4);
    assert_ok(p->context, moe_flow_record(flow));
    for (int s = 0; s < 4; s++)
        assert_ok(p->context, moe_flow_step(flow, 1));
    return flow;
}

static int32_t restore(const struct problem *p, const uint8_t *bytes, int64_t length)
{
    moe_flow *flow = NULL;
    const int32_t status = moe_flow_restore(p->context, p->model, bytes, length, NULL, &flow);
    assert_true((status == MOE_OK) == (flow != NULL));
    moe_flow_destroy(flow);
    return status;
}

/* ---- damage --------------------------------------------------------------------------------------- */

static void test_damaged(void **state)
{
    (void)state;
    struct problem p;
    struct wave wave;
    moe_flow *flow = small_flow(&p, &wave, MOE_METHOD_DOPRI5);
    struct saved saved = saved_flow(p.context, flow);
    for (int64_t i = 0; i < saved.length; i++) {
        const uint8_t before = saved.bytes[i];
        for (int change = 1; change < 256; change += 63) {
            saved.bytes[i] = (uint8_t)(before ^ change);
            assert_fails(p.context, MOE_ERROR_VALUE, "saved flow", restore(&p, saved.bytes, saved.length));
        }
        saved.bytes[i] = before;
    }
    for (int64_t length = 1; length < saved.length; length++) {
        uint8_t *part = malloc((size_t)length); /* of its size, for the sanitizer */
        memcpy(part, saved.bytes, (size_t)length);
        assert_fails(p.context, MOE_ERROR_VALUE, "saved flow", restore(&p, part, length));
        free(part);
    }
    assert_fails(p.context, MOE_ERROR_VALUE, "were given", restore(&p, saved.bytes, saved.length + 1));
    assert_ok(p.context, restore(&p, saved.bytes, saved.length));
    put_word(saved.bytes + WORD, 2);
    saved_mend(saved.bytes, saved.length);
    assert_fails(p.context, MOE_ERROR_VALUE, "format 2; this library reads format 1",
                 restore(&p, saved.bytes, saved.length));
    put_word(saved.bytes + WORD, 1);
    memcpy(saved.bytes, "moestudy", WORD);
    saved_mend(saved.bytes, saved.length);
    assert_fails(p.context, MOE_ERROR_VALUE, "begin otherwise", restore(&p, saved.bytes, saved.length));
    saved_free(&saved);
    moe_flow_destroy(flow);
    problem_free(&p);
}

/* Every word replaced by every one of these: refused, or a flow that can be run, saved and asked. */
static void test_forged(void **state)
{
    (void)state;
    static const uint64_t forged[] = {0,
                                      1,
                                      2,
                                      UINT64_MAX,
                                      UINT64_C(1) << 40,
                                      UINT64_C(1) << 60,
                                      INT64_MAX,
                                      (uint64_t)INT64_MIN,
                                      UINT64_C(0x7ff8000000000000),
                                      UINT64_C(0x7ff0000000000000),
                                      UINT64_C(0x7fefffffffffffff)};
    static const int32_t methods[] = {MOE_METHOD_DOPRI5, MOE_METHOD_DOP853, MOE_METHOD_ADAMS, MOE_METHOD_RKC,
                                      MOE_METHOD_LOW_STORAGE};
    int refused = 0, taken = 0;
    for (size_t m = 0; m < sizeof methods / sizeof methods[0]; m++) {
        struct problem p;
        struct wave wave;
        moe_flow *flow = small_flow(&p, &wave, methods[m]);
        struct saved saved = saved_flow(p.context, flow);
        uint8_t *bytes = malloc((size_t)saved.length);
        for (int64_t word = 3 * WORD; word < saved.length - WORD; word += WORD)
            for (size_t f = 0; f < sizeof forged / sizeof *forged; f++) {
                memcpy(bytes, saved.bytes, (size_t)saved.length);
                put_word(bytes + word, forged[f]);
                saved_mend(bytes, saved.length);
                *(restore_bytes(p.context, p.model, bytes, saved.length) ? &refused : &taken) += 1;
            }
        free(bytes);
        saved_free(&saved);
        moe_flow_destroy(flow);
        problem_free(&p);
    }
    assert_true(refused > 1000 && taken > 100);
}

/* The words of the head, by name: sizes at the edge, and points that are none. */
static void test_head(void **state)
{
    (void)state;
    enum { EXPERTS = 12, FIRST, HELD, DRIVER, WEIGHTS, POINTS = WEIGHTS + 5 };
    static const uint64_t edges[] = {
        0, 6, UINT64_MAX, INT64_MAX, INT64_MAX / 8, (uint64_t)INT64_MIN, UINT64_C(1) << 61};
    const uint64_t nan = UINT64_C(0x7ff8000000000000), infinite = UINT64_C(0x7ff0000000000000);
    struct problem p;
    struct wave wave;
    moe_flow *flow = small_flow(&p, &wave, MOE_METHOD_DOPRI5);
    struct saved saved = saved_flow(p.context, flow), other = saved_flow(p.context, flow);
    for (size_t e = 0; e < sizeof edges / sizeof *edges; e++) {
        memcpy(other.bytes, saved.bytes, (size_t)saved.length);
        put_word(other.bytes + EXPERTS * WORD, edges[e]);
        put_word(other.bytes + HELD * WORD, edges[e]);
        saved_mend(other.bytes, other.length);
        assert_int_not_equal(restore(&p, other.bytes, other.length), MOE_OK);
        memcpy(other.bytes, saved.bytes, (size_t)saved.length);
        put_word(other.bytes + DRIVER * WORD, edges[e] ? edges[e] : 1);
        saved_mend(other.bytes, other.length);
        assert_fails(p.context, MOE_ERROR_VALUE, "field", restore(&p, other.bytes, other.length));
    }
    memcpy(other.bytes, saved.bytes, (size_t)saved.length);
    put_word(other.bytes + FIRST * WORD, 1);
    saved_mend(other.bytes, other.length);
    assert_fails(p.context, MOE_ERROR_VALUE, "5 experts of 5, from 1 on",
                 restore(&p, other.bytes, other.length));
    for (int i = 0; i < 10; i++) {
        memcpy(other.bytes, saved.bytes, (size_t)saved.length);
        put_word(other.bytes + (WEIGHTS + i) * WORD, i % 2 ? nan : infinite);
        saved_mend(other.bytes, other.length);
        assert_fails(p.context, MOE_ERROR_NOT_FINITE, i < 5 ? "weights" : "points",
                     restore(&p, other.bytes, other.length));
    }
    saved_free(&saved);
    saved_free(&other);
    moe_flow_destroy(flow);
    problem_free(&p);
}

/* ---- another model -------------------------------------------------------------------------------- */

static void test_of_another_model(void **state)
{
    (void)state;
    struct problem p, q;
    struct wave wave, other = {.d = 1, .c = {1}, .a = {1}}, two = {.d = 2, .c = {1, 1}, .a = {1, 1}};
    const double x2[] = {0.3, -0.7}, y2[] = {0.4, -0.3}, v2[] = {0.25, 0.75}, decay = 0.1;
    moe_flow *flow = small_flow(&p, &wave, MOE_METHOD_ADAMS);
    struct saved saved = saved_flow(p.context, flow);
    int32_t exact;
    problem_of_waves(&q, &two);
    problem_model(&q, 2, x, y, NULL);
    assert_fails(q.context, MOE_ERROR_DOMAIN, "d = 1; the model has 2",
                 restore(&q, saved.bytes, saved.length));
    problem_free(&q);
    problem_of_waves(&q, &other);
    problem_model(&q, 1, x, y, NULL);
    assert_fails(q.context, MOE_ERROR_DOMAIN, "n = 2; the model has 1",
                 restore(&q, saved.bytes, saved.length));
    problem_model(&q, 2, x2, y, NULL);
    assert_fails(q.context, MOE_ERROR_DOMAIN, "inputs x", restore(&q, saved.bytes, saved.length));
    problem_model(&q, 2, x, y2, NULL);
    assert_fails(q.context, MOE_ERROR_DOMAIN, "targets y", restore(&q, saved.bytes, saved.length));
    problem_model(&q, 2, x, y, v2);
    assert_fails(q.context, MOE_ERROR_DOMAIN, "sample weights", restore(&q, saved.bytes, saved.length));
    problem_objective(&q);
    assert_ok(q.context,
              moe_objective_set_huber(q.objective, 100)); /* as the square loss, as far as is seen */
    problem_model(&q, 2, x, y, NULL);
    assert_fails(q.context, MOE_ERROR_DOMAIN, "objective", restore(&q, saved.bytes, saved.length));
    assert_ok(q.context, moe_objective_set_loss(q.objective, MOE_LOSS_SQUARE));
    assert_ok(q.context, moe_objective_set_decay(q.objective, &decay));
    problem_model(&q, 2, x, y, NULL);
    assert_fails(q.context, MOE_ERROR_DOMAIN, "objective", restore(&q, saved.bytes, saved.length));
    assert_ok(q.context, moe_objective_set_decay(q.objective, NULL));
    problem_model(&q, 2, x, y, NULL);
    assert_ok(q.context, restore(&q, saved.bytes, saved.length));
    /* an expert that computes otherwise; and one that rounds otherwise */
    other.a[0] = 1.001;
    assert_fails(q.context, MOE_ERROR_DOMAIN, "another expert", restore(&q, saved.bytes, saved.length));
    other.a[0] = 1 + 0x1p-48;
    moe_flow *again;
    assert_ok(q.context, moe_flow_restore(q.context, q.model, saved.bytes, saved.length, &exact, &again));
    assert_int_equal(exact, 0);
    assert_ok(q.context, moe_flow_advance(again, 2));
    assert_ok(p.context, moe_flow_advance(flow, 2));
    for (int i = 0; i < 5; i++)
        assert_close(moe_flow_points(flow)[i], moe_flow_points(again)[i], 1e-9);
    moe_flow_destroy(again);
    problem_free(&q);
    saved_free(&saved);
    moe_flow_destroy(flow);
    problem_free(&p);
}

/* ---- arguments ------------------------------------------------------------------------------------ */

static void test_arguments(void **state)
{
    (void)state;
    struct problem p;
    struct wave wave;
    moe_flow *flow = small_flow(&p, &wave, MOE_METHOD_RKC), *other;
    struct saved saved = saved_flow(p.context, flow);
    moe_context *c = p.context;
    int64_t length = 0;
    assert_int_equal(moe_flow_save(NULL, NULL, 0, &length), MOE_ERROR_NULL);
    assert_fails(c, MOE_ERROR_NULL, "length", moe_flow_save(flow, NULL, 0, NULL));
    assert_fails(c, MOE_ERROR_NULL, "bytes", moe_flow_save(flow, NULL, 9, &length));
    assert_fails(c, MOE_ERROR_SIZE, "-1", moe_flow_save(flow, saved.bytes, -1, &length));
    memset(saved.bytes, 7, (size_t)saved.length);
    assert_fails(c, MOE_ERROR_SIZE, "capacity", moe_flow_save(flow, saved.bytes, saved.length - 1, &length));
    assert_int_equal(length, saved.length);
    assert_int_equal(saved.bytes[0], 7);
    assert_int_equal(moe_flow_restore(NULL, p.model, saved.bytes, length, NULL, &other), MOE_ERROR_NULL);
    assert_fails(c, MOE_ERROR_NULL, "flow", moe_flow_restore(c, p.model, saved.bytes, length, NULL, NULL));
    assert_fails(c, MOE_ERROR_NULL, "model", moe_flow_restore(c, NULL, saved.bytes, length, NULL, &other));
    assert_fails(c, MOE_ERROR_NULL, "bytes", moe_flow_restore(c, p.model, NULL, length, NULL, &other));
    assert_fails(c, MOE_ERROR_SIZE, "length", moe_flow_restore(c, p.model, saved.bytes, 0, NULL, &other));
    saved_free(&saved);
    moe_flow_destroy(flow);
    problem_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_damaged),   cmocka_unit_test(test_forged),
        cmocka_unit_test(test_head),      cmocka_unit_test(test_of_another_model),
        cmocka_unit_test(test_arguments),
    };
    return cmocka_run_group_tests_name("flow_state_refused", tests, NULL, NULL);
}
