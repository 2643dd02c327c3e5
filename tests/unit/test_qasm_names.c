/* test_qasm_names.c - the set of names: random ones, prefixes of each other, any bytes; memory.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/qasm_names.h"
#include "support/failing.h"
#include "support/test.h"

static moe_context *context;

static int open_context(void **state)
{
    (void)state;
    return moe_context_create(NULL, &context);
}

static int close_context(void **state)
{
    (void)state;
    moe_context_destroy(context);
    return 0;
}

static void an_empty_set_holds_nothing(void **state)
{
    (void)state;
    qnni_names names = {.core = context->core};
    assert_int_equal(qnni_names_get(&names, "a", 1), 0);
    qnni_names_clear(&names);
}

static void prefixes_are_keys_of_their_own(void **state)
{
    (void)state;
    qnni_names names = {.core = context->core};
    const char word[] = "rotation";
    for (int64_t length = 8; length >= 1; length -= 2)
        *qnni_names_slot(&names, word, length) = length;
    for (int64_t length = 1; length <= 8; length++)
        assert_int_equal(qnni_names_get(&names, word, length), length % 2 ? 0 : length);
    assert_int_equal(qnni_names_get(&names, "rotations", 9), 0);
    qnni_names_clear(&names);
}

/* 2000 random keys of few letters, against a plain list of them */
static void random_keys(void **state)
{
    (void)state;
    enum { KEYS = 2000, LONGEST = 6 };
    static char keys[KEYS][LONGEST];
    static int64_t lengths[KEYS], numbers[KEYS];
    qnni_names names = {.core = context->core};
    uint64_t seed = 3;
    for (int i = 0; i < KEYS; i++) {
        lengths[i] = 1 + (int64_t)(LONGEST * test_uniform(&seed));
        for (int64_t k = 0; k < lengths[i]; k++)
            keys[i][k] = "\0\x80\xff"
                         "a"[(int)(4 * test_uniform(&seed))];
        int64_t *slot = qnni_names_slot(&names, keys[i], lengths[i]);
        assert_non_null(slot);
        int first = 0;
        while (lengths[first] != lengths[i] || memcmp(keys[first], keys[i], (size_t)lengths[i]) != 0)
            first++;
        assert_int_equal(*slot, first == i ? 0 : numbers[first]);
        *slot = numbers[i] = *slot ? *slot : i + 1;
    }
    for (int i = 0; i < KEYS; i++)
        assert_int_equal(qnni_names_get(&names, keys[i], lengths[i]), numbers[i]);
    qnni_names_clear(&names);
}

static int32_t fill(moe_context *within, void *self)
{
    (void)self;
    qnni_names names = {.core = within->core};
    int32_t status = MOE_OK;
    for (int i = 0; i < 400 && !status; i++)
        if (!qnni_names_slot(&names, &i, sizeof i))
            status = MOE_ERROR_MEMORY;
    qnni_names_clear(&names);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(failing_sweep(fill, NULL) > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_set_holds_nothing),
        cmocka_unit_test(prefixes_are_keys_of_their_own),
        cmocka_unit_test(random_keys),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
