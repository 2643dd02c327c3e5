/* test_qasm_number.c - numbers: against the C library in its own locale, and in one with a decimal comma.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/qasm_number.h"
#include "support/locale.h"
#include "support/test.h"

#include <stdlib.h>

static double number_of(const char *text)
{
    return qnni_number_read(text, (int64_t)strlen(text));
}

static void reads_what_is_written_by_hand(void **state)
{
    (void)state;
    assert_true(number_of("0") == 0);
    assert_true(number_of("12") == 12);
    assert_true(number_of("1_000.5") == 1000.5);
    assert_true(number_of(".25") == 0.25);
    assert_true(number_of("3.") == 3);
    assert_true(number_of("1.5e+3") == 1500);
    assert_true(number_of("1E-2") == 0.01);
    assert_true(number_of("0.000e400") == 0);
    assert_true(number_of("1e400") == (double)INFINITY);
    assert_true(number_of("1e99999999999999999999999") == (double)INFINITY);
    assert_true(number_of("1e-99999999999999999999999") == 0);
    assert_true(number_of("4.9406564584124654e-324") == 4.9406564584124654e-324);
    assert_true(number_of("1.7976931348623157e308") == 1.7976931348623157e308);
}

/* 0.000...01e+n = 1 although both exponents are large */
static void exponents_that_cancel(void **state)
{
    (void)state;
    enum { ZEROS = 150000 };
    char *text = malloc(2 * ZEROS);
    assert_non_null(text);
    memset(text, '0', 2 * ZEROS);
    text[1] = '.';
    sprintf(text + ZEROS, "1e%d", ZEROS - 1);
    assert_true(number_of(text) == 1);
    text[0] = '1'; /* 1 followed by ZEROS digits */
    memset(text + 1, '0', ZEROS);
    sprintf(text + 1 + ZEROS, "e-%d", ZEROS);
    assert_true(number_of(text) == 1);
    free(text);
}

/* 1 + 2^-53 is halfway between 1 and the next double: ties go to 1, anything more does not. */
static void a_digit_far_behind_decides(void **state)
{
    (void)state;
    enum { ZEROS = 2000 };
    char text[ZEROS + 100] = "1.00000000000000011102230246251565404236316680908203125";
    assert_true(number_of(text) == 1);
    const size_t length = strlen(text);
    memset(text + length, '0', ZEROS);
    assert_true(number_of(text) == 1);
    text[length + ZEROS] = '1';
    assert_true(number_of(text) > 1);
}

static double random_double(uint64_t *seed)
{
    double x;
    do {
        const uint64_t bits =
            (uint64_t)(test_uniform(seed) * 0x1p32) << 32 | (uint64_t)(test_uniform(seed) * 0x1p32);
        memcpy(&x, &bits, sizeof x);
    } while (!isfinite(x));
    return x;
}

/* what is written reads back as the same bits, and as strtod reads it in the C locale */
static void round_trips(void **state)
{
    (void)state;
    uint64_t seed = 5;
    for (int i = 0; i < 20000; i++) {
        char text[QNNI_NUMBER_LENGTH];
        const double x = i % 2 ? random_double(&seed) : (2 * test_uniform(&seed) - 1) * pow(10, i % 9 - 4);
        qnni_number_write(x, text);
        assert_true(strspn(text, "0123456789.e+-") == strlen(text));
        assert_true(strlen(text) < QNNI_NUMBER_LENGTH);
        const double back = number_of(text + (text[0] == '-'));
        assert_true((text[0] == '-' ? -back : back) == x);
    }
}

static void short_numbers_stay_short(void **state)
{
    (void)state;
    char text[QNNI_NUMBER_LENGTH];
    qnni_number_write(0.1, text);
    assert_string_equal(text, "0.1");
    qnni_number_write(-1500, text);
    assert_string_equal(text, "-1500");
    qnni_number_write(1e-7, text);
    assert_string_equal(text, "1e-07");
    qnni_number_write(PI, text);
    assert_string_equal(text, "3.141592653589793");
}

static void a_comma_locale_changes_nothing(void **state)
{
    if (!set_comma_locale())
        skip();
    char comma[16];
    snprintf(comma, sizeof comma, "%.1f", 0.5);
    reads_what_is_written_by_hand(state);
    a_digit_far_behind_decides(state);
    round_trips(state);
    short_numbers_stay_short(state);
    unset_comma_locale();
    assert_string_equal(comma, "0,5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_is_written_by_hand), cmocka_unit_test(exponents_that_cancel),
        cmocka_unit_test(a_digit_far_behind_decides),    cmocka_unit_test(round_trips),
        cmocka_unit_test(short_numbers_stay_short),      cmocka_unit_test(a_comma_locale_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
