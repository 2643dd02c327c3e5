/* test_executor.c - the host's threads in place of the library's: every index once, same bits, failures, hosts
 * that do not keep their word.
 *
 * SPDX-License-Identifier: MIT */
#include "support/mixture.h"

#include "base/base.h"

#include <pthread.h>

enum { TASKS = 300, MOST = 16 };

/* ---- hosts ------------------------------------------------------------------------------------ */

enum manner {
    TOGETHER, /* a thread for each task */
    IN_TURN,  /* all on the caller */
    BACKWARDS,
    TWICE,   /* and tasks that were never asked for: not allowed, and harmless */
    NOT_ALL, /* the first only: the others find no work anyway */
    NONE,
    FAILING, /* after all was done */
    MANNERS
};

struct host {
    enum manner manner;
    int32_t value; /* of FAILING */
    int64_t asked; /* the most tasks in one run */
};

struct errand {
    void (*task)(void *argument, int64_t index);
    void *argument;
    int64_t index;
};

static void *go(void *argument)
{
    struct errand *errand = argument;
    errand->task(errand->argument, errand->index);
    return NULL;
}

static void run_together(int64_t tasks, void (*task)(void *argument, int64_t index), void *argument)
{
    pthread_t thread[MOST];
    struct errand errand[MOST];
    for (int64_t i = 0; i < tasks; i++) {
        errand[i] = (struct errand){task, argument, i};
        pthread_create(&thread[i], NULL, go, &errand[i]);
    }
    for (int64_t i = 0; i < tasks; i++)
        pthread_join(thread[i], NULL);
}

static int32_t run_as(void *self, int64_t tasks, void (*task)(void *argument, int64_t index), void *argument)
{
    struct host *host = self;
    host->asked = tasks > host->asked ? tasks : host->asked;
    if (host->manner == TOGETHER)
        run_together(tasks, task, argument);
    for (int64_t i = 0;
         i < tasks && (host->manner == IN_TURN || host->manner == FAILING || host->manner == TWICE); i++)
        task(argument, i);
    for (int64_t i = tasks; i-- > 0 && host->manner == BACKWARDS;)
        task(argument, i);
    if (host->manner == TWICE)
        for (int64_t i = -2; i < tasks + 300; i++)
            task(argument, i);
    if (host->manner == NOT_ALL)
        task(argument, 0);
    return host->manner == FAILING ? host->value : 0;
}

static moe_executor executor_of(struct host *host)
{
    return (moe_executor){sizeof(moe_executor), host, run_as};
}

/* ---- tasks ------------------------------------------------------------------------------------ */

struct record {
    moe_context *context;
    atomic_int runs[TASKS], inside[256], overlaps, strangers;
    int64_t fail_at, cancel_at;
};

static int32_t note(void *self, int64_t index, int32_t worker)
{
    struct record *record = self;
    if (worker < 0 || worker >= moei_workers(record->context))
        atomic_fetch_add(&record->strangers, 1);
    if (atomic_fetch_add(&record->inside[worker], 1))
        atomic_fetch_add(&record->overlaps, 1);
    atomic_fetch_add(&record->runs[index], 1);
    if (index == record->cancel_at)
        moe_context_cancel(record->context);
    atomic_fetch_sub(&record->inside[worker], 1);
    return index == record->fail_at ? -1234 : MOE_OK;
}

static int32_t share(moe_context *context, int64_t tasks, int64_t fail_at, int64_t cancel_at,
                     struct record *record)
{
    *record = (struct record){.context = context, .fail_at = fail_at, .cancel_at = cancel_at};
    return moei_parallel(context, true, tasks, note, record);
}

/* ---- tests ------------------------------------------------------------------------------------ */

static void every_index_runs_once(void **state)
{
    (void)state;
    static struct record record;
    for (int m = TOGETHER; m <= NOT_ALL; m++)
        for (int32_t workers = 1; workers <= MOST; workers += 5) {
            struct host host = {.manner = (enum manner)m};
            const moe_executor executor = executor_of(&host);
            moe_context *c;
            assert_ok(NULL, moe_context_create(NULL, &c));
            assert_ok(c, moe_context_set_executor(c, &executor, workers));
            assert_int_equal(moe_context_threads(c), workers);
            for (int64_t tasks = 0; tasks <= TASKS; tasks += 1 + 49 * (tasks > 3)) {
                assert_ok(c, share(c, tasks, -1, -1, &record));
                for (int64_t i = 0; i < TASKS; i++)
                    assert_int_equal(record.runs[i], i < tasks);
                assert_int_equal(record.overlaps + record.strangers, 0);
            }
            assert_int_equal(host.asked, workers); /* 1: the executor has a thread of its own, perhaps */
            moe_context_destroy(c);
        }
}

static void failures_and_cancels(void **state)
{
    (void)state;
    static struct record record;
    for (int m = TOGETHER; m <= NOT_ALL; m++) {
        struct host host = {.manner = (enum manner)m};
        const moe_executor executor = executor_of(&host);
        moe_context *c;
        assert_ok(NULL, moe_context_create(NULL, &c));
        assert_ok(c, moe_context_set_executor(c, &executor, 4));
        assert_int_equal(share(c, TASKS, 77, -1, &record), -1234);
        assert_int_equal(record.runs[77], 1);
        assert_int_equal(share(c, TASKS, -1, 50, &record), MOE_ERROR_CANCELLED);
        assert_ok(c, share(c, TASKS, -1, -1, &record));
        moe_context_destroy(c);
    }
}

static void a_host_that_fails_is_told_of(void **state)
{
    (void)state;
    static struct record record;
    struct host host = {.manner = NONE};
    const moe_executor executor = executor_of(&host);
    moe_context *c;
    assert_ok(NULL, moe_context_create(NULL, &c));
    assert_ok(c, moe_context_set_executor(c, &executor, 4));
    assert_fails(c, MOE_ERROR_CALLBACK, "without having run a task", share(c, TASKS, -1, -1, &record));
    host = (struct host){.manner = FAILING, .value = 17};
    assert_fails(c, MOE_ERROR_CALLBACK, "the executor's run returned 17", share(c, TASKS, -1, -1, &record));
    assert_int_equal(moe_context_callback_status(c), 17);
    assert_ok(c, moe_context_set_executor(c, NULL, 99));
    assert_int_equal(moe_context_threads(c), 1);
    assert_ok(c, share(c, TASKS, -1, -1, &record));
    moe_context_destroy(c);
}

static void wrong_arguments_change_nothing(void **state)
{
    (void)state;
    static struct record record;
    struct host host = {.manner = IN_TURN};
    moe_executor executor = executor_of(&host), bad = executor;
    moe_context *c;
    assert_ok(NULL, moe_context_create(NULL, &c));
    assert_int_equal(moe_context_set_executor(NULL, &executor, 2), MOE_ERROR_NULL);
    assert_ok(c, moe_context_set_executor(c, &executor, 5));
    assert_fails(c, MOE_ERROR_VALUE, "workers is 0", moe_context_set_executor(c, &executor, 0));
    assert_fails(c, MOE_ERROR_VALUE, "workers is 257", moe_context_set_executor(c, &executor, 257));
    bad.struct_size--;
    assert_fails(c, MOE_ERROR_STRUCT_SIZE, "struct_size", moe_context_set_executor(c, &bad, 2));
    bad = executor;
    bad.run = NULL;
    assert_fails(c, MOE_ERROR_VTABLE, "run is NULL", moe_context_set_executor(c, &bad, 2));
    assert_int_equal(moe_context_threads(c), 5);
    executor.run = NULL; /* it was copied */
    assert_ok(c, share(c, TASKS, -1, -1, &record));
    assert_int_equal(host.asked, 5);
    moe_context_destroy(c);
}

/* our own threads, one thread and the host's: the same bits, and each takes the place of the other */
static void a_flow_has_the_same_bits(void **state)
{
    (void)state;
    enum { N = 3001 };
    static double first[2 * N];
    for (int round = 0; round <= BACKWARDS + 2; round++) {
        struct mixture m;
        struct host host = {.manner = (enum manner)round};
        const moe_executor executor = executor_of(&host);
        moe_flow *flow;
        assert_int_equal(mixture_make(&m, NULL, N), MOE_OK);
        if (round <= BACKWARDS)
            assert_ok(m.context, moe_context_set_executor(m.context, &executor, 3));
        else
            assert_ok(m.context, moe_context_set_threads(m.context, round - BACKWARDS));
        assert_ok(m.context, moe_flow_create(m.context, m.model, m.mu, &flow));
        assert_ok(m.context, moe_flow_advance(flow, 1.3));
        if (!round)
            memcpy(first, moe_flow_points(flow), sizeof first);
        assert_memory_equal(first, moe_flow_points(flow), sizeof first);
        assert_int_equal(host.asked > 1, round <= BACKWARDS);
        moe_flow_destroy(flow);
        mixture_free(&m);
    }
}

/* a flow whose executor fails stays at its last step and goes on when it is asked again */
static void a_flow_outlives_a_failing_host(void **state)
{
    (void)state;
    enum { N = 1001 };
    struct mixture m;
    struct host host = {.manner = IN_TURN};
    const moe_executor executor = executor_of(&host);
    moe_flow *flow, *other;
    assert_int_equal(mixture_make(&m, NULL, N), MOE_OK);
    assert_ok(m.context, moe_context_set_executor(m.context, &executor, 2));
    assert_ok(m.context, moe_flow_create(m.context, m.model, m.mu, &flow));
    assert_ok(m.context, moe_flow_create(m.context, m.model, m.mu, &other));
    assert_ok(m.context, moe_flow_advance(flow, 0.5));
    host = (struct host){.manner = FAILING, .value = -3};
    assert_fails(m.context, MOE_ERROR_CALLBACK, "executor", moe_flow_advance(flow, 1));
    assert_true(moe_flow_time(flow) >= 0.5 && moe_flow_time(flow) < 1);
    host = (struct host){.manner = IN_TURN};
    assert_ok(m.context, moe_flow_advance(flow, 1));
    assert_ok(m.context, moe_flow_advance(other, 0.5));
    assert_ok(m.context, moe_flow_advance(other, 1));
    assert_memory_equal(moe_flow_points(flow), moe_flow_points(other), 2 * N * sizeof(double));
    moe_flow_destroy(other);
    moe_flow_destroy(flow);
    mixture_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_index_runs_once),        cmocka_unit_test(failures_and_cancels),
        cmocka_unit_test(a_host_that_fails_is_told_of), cmocka_unit_test(wrong_arguments_change_nothing),
        cmocka_unit_test(a_flow_has_the_same_bits),     cmocka_unit_test(a_flow_outlives_a_failing_host),
    };
    return cmocka_run_group_tests_name("executor", tests, NULL, NULL);
}
