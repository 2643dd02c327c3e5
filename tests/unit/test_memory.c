/* test_memory.c - zeroed, aligned blocks, and products that cannot overflow.
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"

#include "base/base.h"

static moe_context *new_context(struct failing *memory)
{
    const moe_allocator allocator = failing_allocator(memory);
    moe_context *context = NULL;
    assert_int_equal(moe_context_create(&allocator, &context), MOE_OK);
    return context;
}

static void blocks_are_aligned_and_zeroed(void **state)
{
    (void)state;
    struct failing memory = {.fail_at = 0};
    moe_context *context = new_context(&memory);
    for (int64_t size = 0; size < 300; size++) {
        unsigned char *block = moei_alloc(context->core, size, 1);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % 64, 0);
        for (int64_t i = 0; i < size; i++) {
            assert_int_equal(block[i], 0);
            block[i] = 0xFF; /* a block that comes again must be cleared again */
        }
        moei_free(context->core, block);
    }
    moei_free(context->core, NULL);
    moe_context_destroy(context);
    assert_int_equal(memory.live, 0);
}

static void sizes_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    struct failing memory = {.fail_at = 0};
    moe_context *context = new_context(&memory);
    const long calls = memory.calls;
    assert_null(moei_alloc(context->core, INT64_MAX, 8));
    assert_null(moei_alloc(context->core, INT64_MAX, 1));
    assert_null(moei_alloc(context->core, INT64_MAX - 64, 1));
    assert_null(moei_alloc(context->core, -1, 8));
    assert_null(moei_alloc(context->core, INT64_MAX / 8 + 1, 8));
    assert_int_equal(memory.calls, calls); /* the host was not even asked */
    moe_context_destroy(context);
}

static void products_are_exact_or_negative(void **state)
{
    (void)state;
    assert_int_equal(moei_mul(6, 7), 42);
    assert_int_equal(moei_mul(0, INT64_MAX), 0);
    assert_int_equal(moei_mul(INT64_MAX, 1), INT64_MAX);
    assert_int_equal(moei_mul(INT64_MAX, 2), -1);
    assert_int_equal(moei_mul(3037000500, 3037000500), -1);
    assert_int_equal(moei_mul(-1, 5), -1);
    assert_int_equal(moei_mul(5, -1), -1);
    assert_int_equal(moei_mul(moei_mul(INT64_MAX, 2), 0), -1); /* a chain stays negative */
}

static void lack_of_memory_has_a_sentence(void **state)
{
    (void)state;
    struct failing memory = {.fail_at = 3};
    moe_context *context = new_context(&memory);
    assert_null(moei_alloc(context->core, 4, 8));
    assert_fails(context, MOE_ERROR_MEMORY, "out of memory for a thing",
                 moei_out_of_memory(context, "a thing"));
    moe_context_destroy(context);
    assert_int_equal(memory.live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_aligned_and_zeroed),
        cmocka_unit_test(sizes_that_do_not_fit_are_refused),
        cmocka_unit_test(products_are_exact_or_negative),
        cmocka_unit_test(lack_of_memory_has_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
