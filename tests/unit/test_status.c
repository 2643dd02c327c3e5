/* test_status.c - every status of types.h has a row, its own symbol and its own sentence.
 *
 * SPDX-License-Identifier: MIT */
#include "support/test.h"

/* Opens types.h, beside this file's tree; NULL if the tests run without their sources. */
static FILE *open_header(void)
{
    char path[1024] = __FILE__;
    char *tests = strstr(path, "tests/unit/");
    if (!tests)
        return NULL;
    strcpy(tests, "include/moefield/types.h");
    return fopen(path, "r");
}

/* Each "MOE_NAME = number" of the header: the table knows the number by that symbol. */
static void every_status_has_a_row(void **state)
{
    (void)state;
    char line[256], name[64];
    int number, found = 0;
    FILE *header = open_header();
    if (!header)
        skip();
    while (fgets(line, sizeof line, header))
        if (sscanf(line, " MOE_%50[A-Z_] = %d", name, &number) == 2) {
            char symbol[80];
            snprintf(symbol, sizeof symbol, "MOE_%s", name);
            assert_string_equal(moe_status_name(number), symbol);
            assert_true(strlen(moe_status_text(number)) > 3);
            found++;
        }
    fclose(header);
    assert_int_equal(found, 32);
}

static void symbols_and_sentences_are_unique(void **state)
{
    (void)state;
    int known = 0;
    for (int32_t a = -200; a <= 50; a++) {
        if (!strcmp(moe_status_name(a), "MOE_UNKNOWN"))
            continue;
        known++;
        for (int32_t b = -200; b < a; b++) {
            assert_string_not_equal(moe_status_name(a), moe_status_name(b));
            assert_string_not_equal(moe_status_text(a), moe_status_text(b));
        }
    }
    assert_int_equal(known, 32);
}

static void unknown_numbers_have_a_name_too(void **state)
{
    (void)state;
    assert_string_equal(moe_status_name(1), "MOE_UNKNOWN");
    assert_string_equal(moe_status_name(INT32_MIN), "MOE_UNKNOWN");
    assert_non_null(moe_status_text(INT32_MAX));
}

static void version_has_three_parts(void **state)
{
    (void)state;
    int major, minor, patch;
    assert_int_equal(sscanf(moe_version(), "%d.%d.%d", &major, &minor, &patch), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_a_row),
        cmocka_unit_test(symbols_and_sentences_are_unique),
        cmocka_unit_test(unknown_numbers_have_a_name_too),
        cmocka_unit_test(version_has_three_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
