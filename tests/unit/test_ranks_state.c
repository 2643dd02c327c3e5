/* test_ranks_state.c - flows that ranks share, saved and restored: the bytes are those that one rank writes of the
 * same flow, and any number of ranks goes on from them to the same bits.
 *
 * The expert is faulty.h's, over 500 points: 8 slabs, for up to 9 ranks.
 *
 * SPDX-License-Identifier: MIT */
#include "support/faulty.h"
#include "support/ranks.h"
#include "support/saved.h"

#include <pthread.h>

enum { N = 500, POINTS = 3 };

static const double inputs[POINTS * FAULTY_P] = {0.1, -0.4, 0.9, 0.3, -1.2, 0.7};
static const double targets[POINTS * FAULTY_K] = {0.3, -0.2, 0.5, 0.1, -0.4, 0.6};

/* What ranks do together: make a flow, or restore it from `from`, advance it, save it. */
struct plan {
    int32_t method;
    bool records, looks;       /* a field is recorded; the last step is looked into before it is saved */
    const struct saved *from;  /* NULL: made anew */
    double time;               /* advanced to, then one step more */
    int32_t culprit, fails_at; /* the rank whose expert fails when it is asked for the state; -1: none */
    int32_t changes;           /* the rank that is given other bytes; -1: none */
    struct saved saved;        /* rank 0's */
    struct {
        int32_t status, exact;
        int64_t length;
        char sentence[512];
    } seen[RANKS_MAX];
};

#define SEEN plan->seen[rank]

static int32_t make_flow(moe_context *context, const moe_model *model, const struct plan *plan,
                         moe_flow **flow)
{
    double points[N * FAULTY_D];
    uint64_t seed = 7;
    int64_t first, count;
    for (int i = 0; i < N; i++) {
        points[2 * i] = 2 * PI * test_uniform(&seed);
        points[2 * i + 1] = test_uniform(&seed) - 0.5;
    }
    int32_t status = moe_flow_share(context, model, N, &first, &count);
    if (!status)
        status = moe_flow_create_spread(context, model, N, points + first * FAULTY_D, NULL, flow);
    if (!status)
        status = moe_flow_set_method(*flow, plan->method);
    if (!status)
        status = moe_flow_set_tolerance(*flow, 1e-7, 1e-7);
    return !status && plan->records ? moe_flow_record(*flow) : status;
}

static int32_t restore_flow(moe_context *context, const moe_model *model, struct plan *plan, int32_t rank,
                            moe_flow **flow)
{
    const struct saved *from = plan->from;
    uint8_t *bytes = malloc((size_t)from->length);
    memcpy(bytes, from->bytes, (size_t)from->length);
    if (rank == plan->changes) {
        bytes[from->length - 40] ^= 1;
        saved_mend(bytes, from->length);
    }
    const int32_t status = moe_flow_restore_spread(context, model, bytes, from->length, &SEEN.exact, flow);
    free(bytes);
    return status;
}

/* To the time and one step more; the step may be looked into, which leaves its extra stages behind. */
static int32_t go_on(const struct plan *plan, moe_flow *flow)
{
    double inside[N * FAULTY_D];
    int32_t status = moe_flow_advance(flow, plan->time);
    if (!status)
        status = moe_flow_step(flow, INFINITY);
    if (!status && plan->looks)
        status = moe_flow_interpolate(flow, (moe_flow_previous_time(flow) + moe_flow_time(flow)) / 2, inside);
    return status;
}

/* Asked of all ranks; rank 0 has the room. */
static int32_t save(struct plan *plan, int32_t rank, moe_flow *flow)
{
    int64_t again = 0;
    int32_t status = moe_flow_save(flow, NULL, 0, &SEEN.length);
    if (!status && rank == 0) {
        plan->saved.length = SEEN.length;
        plan->saved.bytes = calloc(1, (size_t)SEEN.length);
    }
    if (!status)
        status = moe_flow_save(flow, rank ? NULL : plan->saved.bytes, rank ? 0 : SEEN.length, &again);
    return !status && again != SEEN.length ? -1000 : status;
}

static void run_plan(void *self, int32_t rank, moe_context *context)
{
    struct plan *plan = self;
    struct faulty faulty = {.scale = {1, 0.7}};
    const moe_expert_ops ops = faulty_ops(MOE_EXPERT_THREAD_SAFE);
    moe_expert *expert = NULL;
    moe_model *model = NULL;
    moe_flow *flow = NULL;
    int32_t status =
        moe_expert_create(context, &ops, &faulty, FAULTY_D, FAULTY_P, FAULTY_K, faulty_period, &expert);
    if (!status)
        status = moe_model_create(context, expert, POINTS, inputs, targets, NULL, &model);
    if (!status)
        status = plan->from ? restore_flow(context, model, plan, rank, &flow)
                            : make_flow(context, model, plan, &flow);
    if (!status)
        status = go_on(plan, flow);
    if (!status && rank == plan->culprit) {
        faulty.fail_in = "pullback";
        faulty.fail_at = plan->fails_at;
        faulty.fail_with = -5;
    }
    if (!status)
        status = save(plan, rank, flow);
    SEEN.status = status;
    snprintf(SEEN.sentence, sizeof SEEN.sentence, "%s", status ? moe_context_error(context) : "");
    moe_flow_destroy(flow);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    if (!faulty_is_clean(&faulty))
        SEEN.status = -1001;
}

static void run(struct plan *plan, int32_t size)
{
    ranks_run(size, 1 + size % 2, run_plan, plan);
    for (int32_t rank = 0; rank < size; rank++) {
        assert_status_at(plan->seen[rank].status, MOE_OK, plan->seen[rank].sentence, __FILE__, __LINE__);
        assert_int_equal(plan->seen[rank].length, plan->saved.length);
        assert_true(!plan->from || plan->seen[rank].exact == 1);
    }
}

static const int32_t methods[] = {MOE_METHOD_DOPRI5, MOE_METHOD_DOP853, MOE_METHOD_ADAMS, MOE_METHOD_RKC,
                                  MOE_METHOD_LOW_STORAGE};

/* One rank's bytes are those of 2, 3 and 9, who go on from them, each other number of ranks from each other's, to
 * the bytes to which one goes on. */
static void test_same_bytes(void **state)
{
    (void)state;
    static const int32_t sizes[] = {1, 2, 3, 9};
    for (size_t m = 0; m < sizeof methods / sizeof methods[0]; m++)
        for (int variant = 0; variant < 2; variant++) {
            struct plan first[4], next[4];
            for (int i = 0; i < 4; i++) {
                first[i] = (struct plan){.method = methods[m],
                                         .records = variant,
                                         .looks = variant,
                                         .time = 1,
                                         .culprit = -1,
                                         .changes = -1};
                run(&first[i], sizes[i]);
                assert_same_state(&first[i].saved, &first[0].saved);
            }
            for (int i = 0; i < 4; i++) {
                next[i] =
                    (struct plan){.from = &first[(i + 1) % 4].saved, .time = 2, .culprit = -1, .changes = -1};
                run(&next[i], sizes[i]);
                assert_same_state(&next[i].saved, &next[0].saved);
            }
            for (int i = 0; i < 4; i++) {
                saved_free(&first[i].saved);
                saved_free(&next[i].saved);
            }
        }
}

/* A process without a communicator goes on from what ranks saved, and they from what it saves. */
static void test_alone(void **state)
{
    (void)state;
    struct faulty faulty = {.scale = {1, 0.7}};
    const moe_expert_ops ops = faulty_ops(0);
    moe_context *context;
    moe_expert *expert;
    moe_model *model;
    moe_flow *flow;
    int32_t exact = 0;
    struct plan made = {.method = MOE_METHOD_DOP853, .time = 1, .culprit = -1, .changes = -1};
    run(&made, 3);
    struct plan further = {.from = &made.saved, .time = 2, .culprit = -1, .changes = -1};
    run(&further, 2);
    assert_ok(NULL, moe_context_create(NULL, &context));
    assert_ok(context, moe_expert_create(context, &ops, &faulty, FAULTY_D, FAULTY_P, FAULTY_K, faulty_period,
                                         &expert));
    assert_ok(context, moe_model_create(context, expert, POINTS, inputs, targets, NULL, &model));
    assert_ok(context, moe_flow_restore(context, model, made.saved.bytes, made.saved.length, &exact, &flow));
    assert_int_equal(exact, 1);
    assert_ok(context, go_on(&further, flow));
    struct saved alone = saved_flow(context, flow);
    assert_same_state(&alone, &further.saved);
    struct plan last = {.from = &alone, .time = 3, .culprit = -1, .changes = -1};
    run(&last, 4);
    assert_ok(context, go_on(&last, flow));
    struct saved end = saved_flow(context, flow);
    assert_same_state(&end, &last.saved);
    saved_free(&made.saved);
    saved_free(&further.saved);
    saved_free(&last.saved);
    saved_free(&alone);
    saved_free(&end);
    moe_flow_destroy(flow);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    moe_context_destroy(context);
}

/* ---- what goes wrong ---------------------------------------------------------------------------- */

static void expect_all(const struct plan *plan, int32_t size, int32_t status, const char *words)
{
    for (int32_t rank = 0; rank < size; rank++) {
        assert_status_at(plan->seen[rank].status, status, plan->seen[rank].sentence, __FILE__, __LINE__);
        assert_non_null(strstr(plan->seen[rank].sentence, words));
    }
}

static void test_refused(void **state)
{
    (void)state;
    struct plan made = {.method = MOE_METHOD_DOPRI5, .time = 1, .culprit = -1, .changes = -1};
    run(&made, 2);
    for (int32_t changes = 0; changes < 3; changes++) { /* one rank has other bytes than rank 0 */
        struct plan other = {.from = &made.saved, .time = 2, .culprit = -1, .changes = changes};
        ranks_run(3, 1, run_plan, &other);
        expect_all(&other, 3, MOE_ERROR_VALUE, "checksum");
    }
    struct saved cut = {made.saved.bytes, made.saved.length - 8};
    struct plan less = {.from = &cut, .time = 2, .culprit = -1, .changes = -1};
    ranks_run(3, 1, run_plan, &less);
    expect_all(&less, 3, MOE_ERROR_VALUE, "of which");
    struct plan fails = {.from = &made.saved, .time = 2, .culprit = 0, .changes = -1}; /* rank 0's probe */
    ranks_run(3, 1, run_plan, &fails);
    expect_all(&fails, 3, MOE_ERROR_CALLBACK, "rank 0: the expert's pullback");
    saved_free(&made.saved);
    saved_free(&fails.saved);
}

struct driven {
    struct saved saved;
    int32_t status[RANKS_MAX];
};

static void restore_driven(void *self, int32_t rank, moe_context *context)
{
    struct driven *driven = self;
    struct faulty faulty = {.scale = {1, 0.7}};
    const moe_expert_ops ops = faulty_ops(0);
    moe_expert *expert = NULL;
    moe_model *model = NULL;
    moe_flow *flow = NULL;
    driven->status[rank] =
        moe_expert_create(context, &ops, &faulty, FAULTY_D, FAULTY_P, FAULTY_K, faulty_period, &expert);
    if (!driven->status[rank])
        driven->status[rank] = moe_model_create(context, expert, POINTS, inputs, targets, NULL, &model);
    if (!driven->status[rank])
        driven->status[rank] =
            moe_flow_restore_spread(context, model, driven->saved.bytes, driven->saved.length, NULL, &flow);
    moe_flow_destroy(flow);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
}

/* A driven flow's bytes are for one rank. */
static void test_driven(void **state)
{
    (void)state;
    struct faulty faulty = {.scale = {1, 0.7}};
    const moe_expert_ops ops = faulty_ops(0);
    const double points[2 * FAULTY_D] = {0.3, 0.1, 1.4, -0.2};
    struct driven driven;
    moe_context *context;
    moe_expert *expert;
    moe_model *model;
    moe_measure *mu;
    moe_flow *flow, *tracers;
    moe_field *field;
    assert_ok(NULL, moe_context_create(NULL, &context));
    assert_ok(context, moe_expert_create(context, &ops, &faulty, FAULTY_D, FAULTY_P, FAULTY_K, faulty_period,
                                         &expert));
    assert_ok(context, moe_model_create(context, expert, POINTS, inputs, targets, NULL, &model));
    assert_ok(context, moe_measure_create(context, FAULTY_D, faulty_period, 2, points, NULL, &mu));
    assert_ok(context, moe_flow_create(context, model, mu, &flow));
    assert_ok(context, moe_flow_record(flow));
    assert_ok(context, moe_flow_advance(flow, 1));
    assert_ok(context, moe_flow_field(flow, &field));
    assert_ok(context, moe_flow_create_driven(context, field, mu, &tracers));
    driven.saved = saved_flow(context, tracers);
    ranks_run(2, 1, restore_driven, &driven);
    assert_int_equal(driven.status[0], MOE_ERROR_UNSUPPORTED);
    assert_int_equal(driven.status[1], MOE_ERROR_UNSUPPORTED);
    saved_free(&driven.saved);
    moe_flow_destroy(tracers);
    moe_flow_destroy(flow);
    moe_field_destroy(field);
    moe_measure_destroy(mu);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    moe_context_destroy(context);
}

/* Any allocation that fails on one rank while a state is saved or restored is MOE_ERROR_MEMORY on all; nothing
 * leaks (ranks_run holds that). One that fails before, in the rank's own model, is its own affair. */
static void test_memory(void **state)
{
    (void)state;
    struct plan made = {.method = MOE_METHOD_DOPRI5, .time = 0.2, .culprit = -1, .changes = -1};
    run(&made, 2);
    for (int32_t culprit = 0; culprit < 2; culprit++) {
        int together = 0;
        for (int64_t k = 1;; k++) {
            struct rank_fault faults[2] = {0};
            struct plan plan = {.from = &made.saved, .time = 0.5, .culprit = -1, .changes = -1};
            faults[culprit].fail_allocation = k;
            ranks_run_with(2, 1, faults, run_plan, &plan);
            saved_free(&plan.saved);
            if (plan.seen[0].status == MOE_OK && plan.seen[1].status == MOE_OK)
                break;
            assert_status_at(plan.seen[culprit].status, MOE_ERROR_MEMORY, plan.seen[culprit].sentence,
                             __FILE__, __LINE__);
            if (strncmp(plan.seen[culprit].sentence, "rank ", 5) == 0) {
                expect_all(&plan, 2, MOE_ERROR_MEMORY, "memory");
                together++;
            }
        }
        assert_true(together > 15);
    }
    saved_free(&made.saved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bytes), cmocka_unit_test(test_alone),  cmocka_unit_test(test_refused),
        cmocka_unit_test(test_driven),     cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
