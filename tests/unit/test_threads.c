/* test_threads.c - parallel loops: every index once, errors, cancel, nesting, changes of the pool.
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"

#include "base/base.h"

#include <pthread.h>

enum { TASKS = 500, WORKERS = 256 };

/* What the tasks note; they never assert. */
struct record {
    moe_context *context;
    atomic_int runs[TASKS];     /* how often each index ran */
    atomic_int inside[WORKERS]; /* tasks that a worker is in */
    atomic_int overlaps, strangers, elsewhere;
    pthread_t caller;
    int64_t fail_from, fail_every;
    atomic_int inner;
    int32_t inner_status;
    int64_t cancel_at, give_up_at;
};

static struct record *fresh(moe_context *context)
{
    struct record *record = calloc(1, sizeof *record);
    record->context = context;
    record->fail_from = record->cancel_at = record->give_up_at = INT64_MAX;
    record->fail_every = 1;
    record->caller = pthread_self();
    return record;
}

static int32_t note(void *self, int64_t index, int32_t worker)
{
    struct record *record = self;
    if (worker < 0 || worker >= moei_workers(record->context))
        atomic_fetch_add(&record->strangers, 1);
    if (atomic_fetch_add(&record->inside[worker], 1))
        atomic_fetch_add(&record->overlaps, 1);
    if (!pthread_equal(pthread_self(), record->caller))
        atomic_fetch_add(&record->elsewhere, 1);
    atomic_fetch_add(&record->runs[index], 1);
    if (index == record->cancel_at)
        moe_context_cancel(record->context);
    double burn = 1; /* long enough for the workers to meet */
    for (int i = 0; i < 2000; i++)
        burn = sqrt(burn + (double)index);
    atomic_fetch_sub(&record->inside[worker], 1);
    if (index == record->give_up_at) {
        moe_context_cancel(record->context);
        return moei_check_cancel(record->context, "the task");
    }
    if (index >= record->fail_from && index % record->fail_every == 0)
        return (int32_t)(-1000 - index);
    return burn < 0 ? -1 : MOE_OK;
}

static moe_context *with_threads(int32_t threads)
{
    moe_context *context = NULL;
    assert_int_equal(moe_context_create(NULL, &context), MOE_OK);
    assert_ok(context, moe_context_set_threads(context, threads));
    return context;
}

static void every_index_runs_once(void **state)
{
    (void)state;
    for (int32_t threads = 1; threads <= 9; threads += 2) {
        moe_context *context = with_threads(threads);
        for (int64_t tasks = 0; tasks <= TASKS; tasks += 1 + 9 * (tasks > 3) + 100 * (tasks > 50)) {
            struct record *record = fresh(context);
            assert_ok(context, moei_parallel(context, true, tasks, note, record));
            for (int64_t i = 0; i < TASKS; i++)
                assert_int_equal(record->runs[i], i < tasks);
            assert_int_equal(record->overlaps, 0);
            assert_int_equal(record->strangers, 0);
            free(record);
        }
        moe_context_destroy(context);
    }
}

static void serial_loops_stay_on_the_caller(void **state)
{
    (void)state;
    moe_context *context = with_threads(4);
    struct record *record = fresh(context);
    assert_ok(context, moei_parallel(context, false, TASKS, note, record));
    assert_int_equal(record->elsewhere, 0);
    free(record);
    moe_context_destroy(context);
}

/* Indices are handed out in order and finish once begun: the smallest failing one always counts. */
static void the_smallest_failing_index_counts(void **state)
{
    (void)state;
    for (int32_t threads = 1; threads <= 8; threads *= 2) {
        moe_context *context = with_threads(threads);
        for (int64_t from = 0; from < TASKS; from += 61) {
            struct record *record = fresh(context);
            record->fail_from = from;
            record->fail_every = 7;
            const int64_t first = (from + 6) / 7 * 7;
            assert_int_equal(moei_parallel(context, true, TASKS, note, record),
                             first < TASKS ? -1000 - first : MOE_OK);
            for (int64_t i = 0; i <= first && i < TASKS; i++)
                assert_int_equal(record->runs[i], 1);
            free(record);
        }
        moe_context_destroy(context);
    }
}

static void a_cancel_stops_the_loop_and_is_used_up(void **state)
{
    (void)state;
    for (int32_t threads = 1; threads <= 4; threads++) {
        moe_context *context = with_threads(threads);
        struct record *record = fresh(context);
        record->cancel_at = 20;
        assert_fails(context, MOE_ERROR_CANCELLED, "cancelled",
                     moei_parallel(context, true, TASKS, note, record));
        assert_int_equal(record->runs[TASKS - 1], 0);
        record->cancel_at = INT64_MAX;
        assert_ok(context, moei_parallel(context, true, TASKS, note, record));
        free(record);
        moe_context_destroy(context);
    }
}

/* A task that has used the request up itself still ends the loop as cancelled. */
static void a_task_may_use_the_cancel_up(void **state)
{
    (void)state;
    for (int32_t threads = 1; threads <= 4; threads++) {
        moe_context *context = with_threads(threads);
        struct record *record = fresh(context);
        record->give_up_at = 3;
        assert_int_equal(moei_parallel(context, true, 4, note, record), MOE_ERROR_CANCELLED);
        free(record);
        moe_context_destroy(context);
    }
}

static int32_t nested(void *self, int64_t index, int32_t worker)
{
    struct record *record = self;
    if (worker == 0 && !atomic_exchange(&record->inner, 1)) {
        record->inner_status = moe_context_set_threads(record->context, 2);
        struct record *inner = fresh(record->context);
        const int32_t status = moei_parallel(record->context, true, 50, note, inner);
        atomic_fetch_add(&record->elsewhere, inner->elsewhere);
        free(inner);
        return status;
    }
    (void)index;
    return MOE_OK;
}

static void a_loop_inside_a_loop_runs_alone(void **state)
{
    (void)state;
    moe_context *context = with_threads(3);
    struct record *record = fresh(context);
    for (int64_t k = 0; !record->inner && k < 1000; k++) /* until the caller got an index */
        assert_ok(context, moei_parallel(context, true, 200, nested, record));
    assert_int_equal(record->inner, 1);
    assert_int_equal(record->elsewhere, 0);
    assert_int_equal(record->inner_status, MOE_ERROR_ORDER);
    assert_int_equal(moe_context_threads(context), 3);
    free(record);
    moe_context_destroy(context);
}

static void threads_may_be_changed_again_and_again(void **state)
{
    (void)state;
    struct failing memory = {.fail_at = 0};
    const moe_allocator allocator = failing_allocator(&memory);
    moe_context *context = NULL;
    assert_int_equal(moe_context_create(&allocator, &context), MOE_OK);
    for (int k = 0; k < 60; k++) {
        struct record *record = fresh(context);
        assert_ok(context, moe_context_set_threads(context, 1 + k % 5));
        assert_ok(context, moei_parallel(context, true, 20, note, record));
        for (int i = 0; i < 20; i++)
            assert_int_equal(record->runs[i], 1);
        free(record);
    }
    moe_context_destroy(context);
    assert_int_equal(memory.live, 0);
}

static void many_short_loops_follow_each_other(void **state)
{
    (void)state;
    moe_context *context = with_threads(4);
    struct record *record = fresh(context);
    for (int k = 0; k < 3000; k++)
        assert_ok(context, moei_parallel(context, true, 3, note, record));
    for (int i = 0; i < 3; i++)
        assert_int_equal(record->runs[i], 3000);
    assert_int_equal(record->overlaps, 0);
    free(record);
    moe_context_destroy(context);
}

/* Too little memory for the workers: the number stays, and the context still works. */
static void failed_changes_leave_the_pool(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        struct failing memory = {.fail_at = 0};
        const moe_allocator allocator = failing_allocator(&memory);
        moe_context *context = NULL;
        assert_int_equal(moe_context_create(&allocator, &context), MOE_OK);
        assert_ok(context, moe_context_set_threads(context, 2));
        memory.fail_at = memory.calls + 1 + k;
        assert_fails(context, MOE_ERROR_MEMORY, "worker threads", moe_context_set_threads(context, 4));
        assert_int_equal(moe_context_threads(context), 2);
        struct record *record = fresh(context);
        assert_ok(context, moei_parallel(context, true, 30, note, record));
        free(record);
        moe_context_destroy(context);
        assert_int_equal(memory.live, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_index_runs_once),
        cmocka_unit_test(serial_loops_stay_on_the_caller),
        cmocka_unit_test(the_smallest_failing_index_counts),
        cmocka_unit_test(a_cancel_stops_the_loop_and_is_used_up),
        cmocka_unit_test(a_task_may_use_the_cancel_up),
        cmocka_unit_test(a_loop_inside_a_loop_runs_alone),
        cmocka_unit_test(threads_may_be_changed_again_and_again),
        cmocka_unit_test(many_short_loops_follow_each_other),
        cmocka_unit_test(failed_changes_leave_the_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
