/* test_transport_listing.c - listings decide as a look at all columns does; instances full of ties, on which
 * auctions and paths get nowhere, have known distances.
 *
 * SPDX-License-Identifier: MIT */
#include "unit/test_transport_support.h"

#include "transport/matching.h"

enum { COUNT = 300 };

/* Points of a square of the given width, so that boxes and slopes are tried from coarse to below a float's
 * resolution. */
static void points(uint64_t *seed, double width, double *x)
{
    for (int t = 0; t < 2 * COUNT; t++)
        x[t] = 0.3 + width * (test_uniform(seed) - 0.5);
}

static moei_choice choose_of_all(const moei_matching *matching, int64_t i)
{
    moei_choice all = {-1, INFINITY, INFINITY};
    for (int64_t j = 0; j < matching->count; j++) {
        const double value = moei_matching_cost(matching, i, j) + matching->columns.price[j];
        if (value < all.best)
            all = (moei_choice){j, value, all.best};
        else if (value < all.second)
            all.second = value;
    }
    return all;
}

/* Prices rise at random; rows that guess in between must still find their two best when it counts. */
static void choices_are_those_of_all_columns(void **state)
{
    (void)state;
    static double x[2 * COUNT], y[2 * COUNT];
    const double half[] = {0.5, INFINITY}, widths[] = {0.9, 1e-3, 1e-7, 1e-12};
    uint64_t seed = 5;
    for (int trial = 0; trial < 24; trial++) {
        const double width = widths[trial % 4], p = trial % 3 == 2 ? 2.5 : 1 + trial % 3;
        moei_meter meter = {context, 0, 0};
        moei_matching matching;
        points(&seed, width, x);
        points(&seed, width, y);
        assert_ok(context, moei_matching_create(context, p, 2, COUNT, half, x, NULL, y, NULL, COUNT, &meter,
                                                &matching));
        assert_ok(context, moei_listing_create(&matching, trial % 2 ? 5 : MOEI_LISTED_MOST));
        for (int round = 0; round < 400; round++) {
            const int64_t i = (int64_t)(COUNT * test_uniform(&seed));
            matching.lenient = round % 3 > 0;
            const moei_choice choice = moei_listing_choose(&matching, i), all = choose_of_all(&matching, i);
            if (matching.lenient)
                assert_true(choice.best >= all.best && choice.second >= all.second);
            else
                assert_true(choice.best == all.best && choice.second == all.second);
            const double rise = pow(width, p) * test_uniform(&seed) / 10;
            matching.columns.price[choice.column] += rise;
            matching.rise += rise / COUNT;
        }
        moei_matching_free(&matching);
    }
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* On a line through the plane W_p is that of the places along it, in order. */
static void ties_along_a_line(void **state)
{
    (void)state;
    static double first[MAX_POINTS], second[MAX_POINTS];
    static cloud a, b;
    uint64_t seed = 9;
    for (int trial = 0; trial < 12; trial++) {
        const int64_t n = 100 + 30 * trial;
        const double p = 1 + trial % 2;
        random_cloud(&seed, 2, n, 3, &a);
        random_cloud(&seed, 2, n, 3, &b);
        for (int64_t i = 0; i < n; i++) {
            first[i] = test_uniform(&seed);
            second[i] = trial % 3 ? pow(test_uniform(&seed), 3) : 5 + test_uniform(&seed);
            for (int k = 0; k < 2; k++) {
                a.x[2 * i + k] = (3 + k) * first[i];
                b.x[2 * i + k] = (3 + k) * second[i];
            }
        }
        const interval found = distance(&a, &b, p);
        double sum = 0;
        qsort(first, (size_t)n, sizeof *first, ascending);
        qsort(second, (size_t)n, sizeof *second, ascending);
        for (int64_t i = 0; i < n; i++)
            sum += pow(5 * fabs(first[i] - second[i]), p) / (double)n;
        assert_true(fabs(pow(sum, 1 / p) - found.upper) <= 1e-12 * found.upper);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choices_are_those_of_all_columns),
        cmocka_unit_test(ties_along_a_line),
    };
    return cmocka_run_group_tests(tests, make_context, drop_context);
}
