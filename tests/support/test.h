/* test.h - what every test file shares: cmocka, one assertion for doubles, one for statuses.
 *
 * cmocka 1.1.5 compares floats, not doubles, so assert_close is ours. Assertions longjmp: never assert
 * inside a callback that the library calls; count failures there and assert after the call.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOE_TEST_H
#define MOE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <moefield/moefield.h>
#include <stdio.h>
#include <string.h>

#define PI 3.14159265358979323846

static inline void assert_close_at(double a, double b, double tolerance, const char *text, const char *file,
                                   int line)
{
    if (!(fabs(a - b) <= tolerance)) {
        print_error("%s: %.17g and %.17g differ by %.3g, more than %.3g\n", text, a, b, fabs(a - b),
                    tolerance);
        _fail(file, line);
    }
}

/* |a - b| <= tolerance; false for NaN */
#define assert_close(a, b, tolerance) assert_close_at((a), (b), (tolerance), #a " ~ " #b, __FILE__, __LINE__)

static inline void assert_status_at(int32_t got, int32_t want, const char *sentence, const char *file,
                                    int line)
{
    if (got != want) {
        print_error("status %s, not %s: %s\n", moe_status_name(got), moe_status_name(want), sentence);
        _fail(file, line);
    }
}

/* the call succeeds; context may be NULL */
#define assert_ok(context, call)                                                                             \
    assert_status_at((call), MOE_OK, moe_context_error(context), __FILE__, __LINE__)

/* the call fails with `status`, and its sentence contains `words` (the argument's name, the value) */
#define assert_fails(context, status, words, call)                                                           \
    do {                                                                                                     \
        assert_status_at((call), (status), moe_context_error(context), __FILE__, __LINE__);                  \
        if (!strstr(moe_context_error(context), (words))) {                                                  \
            print_error("\"%s\" does not say \"%s\"\n", moe_context_error(context), (words));                \
            _fail(__FILE__, __LINE__);                                                                       \
        }                                                                                                    \
    } while (0)

/* Fixtures of tests whose *state is a context. */
static inline int context_create(void **state)
{
    return moe_context_create(NULL, (moe_context **)state);
}

static inline int context_destroy(void **state)
{
    moe_context_destroy(*state);
    return 0;
}

/* A small generator for test inputs (splitmix64), independent of the library's own. */
static inline double test_uniform(uint64_t *state)
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

#endif
