/* test_limit_sizes.c - the sizes of tensor rules that follow from the laws of each coordinate's error.
 *
 * SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "limit/limit.h"

enum { D = 3 };

/* A search in D coordinates at one time, whose lines have seen `newer` after 1e-2, at 9 nodes after 5. */
struct sizes {
    int64_t only[D], least[D], sizes[D], other[D];
    double older[D], newer[D], target, time_error, prediction;
    moei_axis axis[D];
    moe_limit limit;
    moei_search search;
};

static void make_search(struct sizes *s, double tolerance)
{
    const double newer[D] = {1e-4, 3e-3, 5e-5};
    *s = (struct sizes){.prediction = 0.5};
    for (int k = 0; k < D; k++) {
        s->least[k] = 3;
        s->older[k] = 1e-2;
        s->newer[k] = newer[k];
        s->axis[k] = (moei_axis){.size = {0, 5, 9}, .error = {NULL, &s->older[k], &s->newer[k]}};
    }
    s->limit = (moe_limit){.d = D,
                           .width = 1,
                           .times = 1,
                           .only = s->only,
                           .tolerance = tolerance,
                           .most_nodes = 1000,
                           .most_bytes = INT64_MAX};
    s->search = (moei_search){.limit = &s->limit,
                              .resolved = D,
                              .time_error = &s->time_error,
                              .target = &s->target,
                              .now = {.prediction = &s->prediction},
                              .sizes = s->sizes,
                              .other = s->other,
                              .least = s->least,
                              .axis = s->axis};
}

static int64_t common_divisor(int64_t a, int64_t b)
{
    return b ? common_divisor(b, a % b) : a;
}

static bool fits_before(const int64_t *sizes, int k, int64_t n)
{
    bool fits = true;
    for (int i = 0; i < k; i++)
        fits = fits && common_divisor(sizes[i], n) == 1;
    return fits;
}

/* odd, pairwise coprime, within what is allowed, and none smaller is */
static void test_least_sizes(void **state)
{
    (void)state;
    for (double tolerance = 1e-2; tolerance > 1e-12; tolerance /= 10) {
        struct sizes s;
        make_search(&s, tolerance);
        moei_choose_sizes(&s.search);
        double sum = 0;
        for (int k = 0; k < D; k++) {
            const double fall = pow(s.newer[k] / s.older[k], 0.25);
            sum += s.newer[k] * pow(fall, (double)(s.sizes[k] - 9));
            assert_true(s.sizes[k] % 2 == 1 && fits_before(s.sizes, k, s.sizes[k]));
            for (int64_t n = 3; n < s.sizes[k]; n += 2)
                assert_true(!fits_before(s.sizes, k, n) || !moei_within_target(&s.search, k, n));
        }
        assert_true(MOEI_NODE_SAFETY * sum <= MOEI_NODE_SHARE * tolerance);
        assert_int_equal(moei_tensor_nodes(&s.limit, s.sizes), s.sizes[0] * s.sizes[1] * s.sizes[2]);
        /* the coarser rules of the ray */
        moei_shrink_sizes(&s.search, s.sizes);
        for (int k = 0; k < D; k++)
            assert_true(s.other[k] % 2 == 1 && s.other[k] >= 1 && fits_before(s.other, k, s.other[k]));
        assert_true(moei_scale_of(&s.search, s.other) < moei_scale_of(&s.search, s.sizes));
    }
}

/* what the host has fixed, or given as samples, is as it is */
static void test_given_sizes(void **state)
{
    (void)state;
    struct sizes s;
    make_search(&s, 1e-6);
    s.search.resolved = D - 1;
    s.only[1] = s.least[1] = 12;
    moei_choose_sizes(&s.search);
    assert_int_equal(s.sizes[1], 12);
    moei_shrink_sizes(&s.search, s.sizes);
    assert_int_equal(s.other[1], 12);
    assert_close(moei_scale_of(&s.search, s.sizes), sqrt((double)(s.sizes[0] * s.sizes[2])), 1e-12);
}

/* an error that does not fall: the sizes stop beyond what is allowed, where there is no room */
static void test_error_that_stays(void **state)
{
    (void)state;
    struct sizes s;
    moe_measure *rule = NULL;
    make_search(&s, 1e-6);
    s.newer[1] = s.older[1];
    moei_choose_sizes(&s.search);
    assert_true(s.sizes[1] > s.limit.most_nodes);
    assert_int_equal(moei_tensor(&s.limit, s.sizes, &rule), MOE_ERROR_BUDGET);
    assert_null(rule);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_least_sizes),
        cmocka_unit_test(test_given_sizes),
        cmocka_unit_test(test_error_that_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
