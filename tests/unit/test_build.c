/* test_build.c - moe_build_info: its lines, its room; and that the BLAS it names is the one that answers.
 *
 * SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "base/blas.h"

#include <stdlib.h>

static const char *value_of(const char *text, const char *key)
{
    const char *line = text;
    while (line && strncmp(line, key, strlen(key)) != 0)
        line = (line = strchr(line, '\n')) ? line + 1 : NULL;
    return line ? line + strlen(key) + 1 : NULL;
}

static void lines_say_what_they_promise(void **state)
{
    (void)state;
    char text[4096];
    int64_t length = 0;
    assert_int_equal(moe_build_info(text, sizeof text, &length), MOE_OK);
    assert_int_equal(strlen(text), length);
    assert_int_equal(text[length - 1], '\n');
    assert_int_equal(strncmp(value_of(text, "version"), moe_version(), strlen(moe_version())), 0);
    assert_non_null(value_of(text, "compiler"));
    assert_int_equal(atoi(value_of(text, "blas-integers")), 8 * sizeof(moei_blas_int));
    const char *file = value_of(text, "blas-file"); /* a program that is static as a whole does not know */
    if (file)
        assert_int_equal(file[0] == '/' || file[0] == '.' || strchr(file, '\n') > file, 1);
}

static void room_is_counted(void **state)
{
    (void)state;
    char text[4096];
    int64_t length = 0, again = 0;
    assert_int_equal(moe_build_info(NULL, 0, &length), MOE_OK);
    assert_in_range(length, 20, sizeof text);
    memset(text, 'x', sizeof text);
    assert_int_equal(moe_build_info(text, length - 1, &again), MOE_ERROR_SIZE);
    assert_int_equal(again, length);
    assert_int_equal(text[0], 'x');
    assert_int_equal(moe_build_info(text, length, &again), MOE_OK);
    assert_int_equal(text[length], 'x');
    assert_int_equal(moe_build_info(NULL, 10, &again), MOE_ERROR_NULL);
    assert_int_equal(moe_build_info(text, -1, &again), MOE_ERROR_SIZE);
    assert_int_equal(moe_build_info(text, sizeof text, NULL), MOE_ERROR_NULL);
}

static void the_loaded_blas_fits(void **state)
{
    (void)state;
    assert_true(moei_blas_fits());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_say_what_they_promise),
        cmocka_unit_test(room_is_counted),
        cmocka_unit_test(the_loaded_blas_fits),
    };
    return cmocka_run_group_tests_name("build", tests, NULL, NULL);
}
