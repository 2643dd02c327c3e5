/* test_context.c - contexts: creation, lifetime, settings, errors, cancel and progress.
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"

#include "base/base.h"

static void creation_checks_the_allocator(void **state)
{
    (void)state;
    struct failing memory = {.fail_at = 0};
    moe_allocator allocator = failing_allocator(&memory);
    moe_context *context = (moe_context *)&memory;
    assert_int_equal(moe_context_create(NULL, NULL), MOE_ERROR_NULL);
    allocator.struct_size = 8;
    assert_int_equal(moe_context_create(&allocator, &context), MOE_ERROR_STRUCT_SIZE);
    assert_null(context);
    allocator = failing_allocator(&memory);
    allocator.release = NULL;
    assert_int_equal(moe_context_create(&allocator, &context), MOE_ERROR_VTABLE);
    allocator = failing_allocator(&memory);
    allocator.allocate = NULL;
    assert_int_equal(moe_context_create(&allocator, &context), MOE_ERROR_VTABLE);
    assert_int_equal(memory.calls, 0);
}

static int32_t nothing(moe_context *context, void *self)
{
    (void)context, (void)self;
    return MOE_OK;
}

static int32_t three_threads(moe_context *context, void *self)
{
    (void)self;
    return moe_context_set_threads(context, 3);
}

static void creation_survives_lack_of_memory(void **state)
{
    (void)state;
    assert_int_equal(failing_sweep(nothing, NULL), 2);
    assert_int_equal(failing_sweep(three_threads, NULL), 4);
}

static void a_fresh_context_has_one_thread_and_no_error(void **state)
{
    (void)state;
    moe_context *context = NULL;
    assert_int_equal(moe_context_create(NULL, &context), MOE_OK);
    assert_int_equal(moe_context_threads(context), 1);
    assert_string_equal(moe_context_error(context), "");
    assert_int_equal(moe_context_callback_status(context), 0);
    moe_context_destroy(context);
}

static void null_contexts_are_taken(void **state)
{
    (void)state;
    moe_context_destroy(NULL);
    moe_context_cancel(NULL);
    assert_int_equal(moe_context_threads(NULL), 0);
    assert_string_equal(moe_context_error(NULL), "");
    assert_int_equal(moe_context_callback_status(NULL), 0);
    assert_int_equal(moe_context_set_threads(NULL, 1), MOE_ERROR_NULL);
    assert_int_equal(moe_context_set_progress(NULL, NULL, NULL), MOE_ERROR_NULL);
}

static void the_number_of_threads_is_bounded(void **state)
{
    (void)state;
    moe_context *context = NULL;
    assert_int_equal(moe_context_create(NULL, &context), MOE_OK);
    assert_ok(context, moe_context_set_threads(context, 3));
    assert_fails(context, MOE_ERROR_VALUE, "threads is 0", moe_context_set_threads(context, 0));
    assert_fails(context, MOE_ERROR_VALUE, "threads is -1", moe_context_set_threads(context, -1));
    assert_fails(context, MOE_ERROR_VALUE, "threads is 257", moe_context_set_threads(context, 257));
    assert_int_equal(moe_context_threads(context), 3);
    assert_ok(context, moe_context_set_threads(context, 1));
    assert_int_equal(moe_context_threads(context), 1);
    moe_context_destroy(context);
}

/* Whoever holds a reference keeps the context, its threads and its memory. */
static void a_retained_context_outlives_its_host(void **state)
{
    (void)state;
    struct failing memory = {.fail_at = 0};
    const moe_allocator allocator = failing_allocator(&memory);
    moe_context *context = NULL;
    assert_int_equal(moe_context_create(&allocator, &context), MOE_OK);
    assert_ok(context, moe_context_set_threads(context, 2));
    moe_context *kept = moei_context_retain(context);
    moe_context_destroy(context);
    assert_int_equal(moe_context_threads(kept), 2);
    moei_core *core = moei_core_retain(kept->core);
    moei_context_release(kept);
    assert_int_equal(memory.live, 1); /* the core alone */
    void *block = moei_alloc(core, 1, 1);
    assert_non_null(block);
    moei_free(core, block);
    moei_core_release(core);
    assert_int_equal(memory.live, 0);
    moei_context_release(NULL);
    moei_core_release(NULL);
}

static void sentences_are_kept_and_cut(void **state)
{
    (void)state;
    moe_context *context = NULL;
    char text[2000];
    assert_int_equal(moe_context_create(NULL, &context), MOE_OK);
    assert_int_equal(moei_fail(context, MOE_ERROR_VALUE, "p is %g", 0.5), MOE_ERROR_VALUE);
    assert_string_equal(moe_context_error(context), "p is 0.5");
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = 0;
    moei_fail(context, MOE_ERROR_VALUE, "%s", text);
    assert_int_equal(strlen(moe_context_error(context)), 511);
    assert_int_equal(moei_fail(NULL, MOE_ERROR_NULL, "no context"), MOE_ERROR_NULL);
    moe_context_destroy(context);
}

static void callback_failures_keep_their_value(void **state)
{
    (void)state;
    moe_context *context = NULL;
    assert_int_equal(moe_context_create(NULL, &context), MOE_OK);
    assert_int_equal(moei_callback_failed(context, "values", 7), MOEI_RECOVERABLE);
    assert_int_equal(moe_context_callback_status(context), 7);
    assert_int_equal(moei_callback_failed(context, "values", -3), MOE_ERROR_CALLBACK);
    assert_int_equal(moe_context_callback_status(context), -3);
    assert_string_equal(moe_context_error(context), "values returned -3");
    moe_context_destroy(context);
}

static void a_cancel_is_used_up_once(void **state)
{
    (void)state;
    moe_context *context = NULL;
    assert_int_equal(moe_context_create(NULL, &context), MOE_OK);
    assert_ok(context, moei_check_cancel(context, "flow"));
    moe_context_cancel(context);
    assert_fails(context, MOE_ERROR_CANCELLED, "flow was cancelled", moei_check_cancel(context, "flow"));
    assert_ok(context, moei_check_cancel(context, "flow"));
    moe_context_destroy(context);
}

struct listener {
    int calls;
    int32_t answer;
    double part;
    char what[32];
    moe_context *cancel;
};

static int32_t listen(void *self, const char *what, double part)
{
    struct listener *listener = self;
    listener->calls++;
    listener->part = part;
    snprintf(listener->what, sizeof listener->what, "%s", what);
    moe_context_cancel(listener->cancel);
    return listener->answer;
}

static void progress_is_told_and_may_cancel(void **state)
{
    (void)state;
    moe_context *context = NULL;
    struct listener listener = {.calls = 0};
    assert_int_equal(moe_context_create(NULL, &context), MOE_OK);
    assert_ok(context, moei_progress(context, "flow", 0.1));
    assert_ok(context, moe_context_set_progress(context, listen, &listener));
    assert_ok(context, moei_progress(context, "flow", 0.25));
    assert_int_equal(listener.calls, 1);
    assert_string_equal(listener.what, "flow");
    assert_close(listener.part, 0.25, 0);
    listener.answer = 1;
    assert_fails(context, MOE_ERROR_CANCELLED, "progress callback", moei_progress(context, "flow", 0.5));
    listener.answer = 0;
    listener.cancel = context; /* moe_context_cancel inside the callback */
    assert_fails(context, MOE_ERROR_CANCELLED, "flow", moei_progress(context, "flow", 0.5));
    assert_ok(context, moe_context_set_progress(context, NULL, NULL));
    assert_ok(context, moei_progress(context, "flow", 1));
    assert_int_equal(listener.calls, 3);
    moe_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(creation_checks_the_allocator),
        cmocka_unit_test(creation_survives_lack_of_memory),
        cmocka_unit_test(a_fresh_context_has_one_thread_and_no_error),
        cmocka_unit_test(null_contexts_are_taken),
        cmocka_unit_test(the_number_of_threads_is_bounded),
        cmocka_unit_test(a_retained_context_outlives_its_host),
        cmocka_unit_test(sentences_are_kept_and_cut),
        cmocka_unit_test(callback_failures_keep_their_value),
        cmocka_unit_test(a_cancel_is_used_up_once),
        cmocka_unit_test(progress_is_told_and_may_cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
