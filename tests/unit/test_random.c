/* test_random.c - Philox4x32-10 against its published answers, the numbers made from it, and draws of laws.
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"

#include "base/random.h"

/* ---- the generator ---------------------------------------------------------------------------- */

/* The known answers that Salmon et al. publish with their Random123 library, file kat_vectors. */
static void philox_gives_the_published_answers(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], answer[4];
    } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (int k = 0; k < 3; k++) {
        uint32_t out[4];
        moei_philox(known[k].counter, known[k].key, out);
        for (int i = 0; i < 4; i++)
            assert_int_equal(out[i], known[k].answer[i]);
    }
}

/* Words 1 (high) and 0 (low) of the first known answer, upper 53 bits. */
static void a_uniform_is_the_upper_53_bits(void **state)
{
    (void)state;
    const uint64_t bits = 0xe169c58d6627e8d5ull;
    assert_close(moei_random_uniform(0, 0, 0, 0), (double)(bits >> 11) / 9007199254740992.0, 0);
    /* draw: words 0 and 1, stream: word 2, coordinate: word 3 of the counter; seed: the key */
    const uint32_t counter[4] = {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344};
    const uint64_t seed = 0x299f31d0a4093822ull, draw = 0x85a308d3243f6a88ull, upper = 0x94fdccebd16cfe09ull;
    assert_close(moei_random_uniform(seed, counter[2], draw, counter[3]),
                 (double)(upper >> 11) / 9007199254740992.0, 0);
}

/* Chi-square of 1e5 uniforms in 100 cells: 99 +- 14; and pairs of successive coordinates in 10 x 10. */
static void uniforms_fill_cells_evenly(void **state)
{
    (void)state;
    enum { DRAWS = 100000, CELLS = 100 };
    double one[CELLS] = {0}, two[CELLS] = {0}, square_one = 0, square_two = 0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        const double u = moei_random_uniform(7, 0, i, 0), v = moei_random_uniform(7, 0, i, 1);
        one[(int)(u * CELLS)]++;
        two[(int)(u * 10) * 10 + (int)(v * 10)]++;
    }
    for (int c = 0; c < CELLS; c++) {
        const double expected = (double)DRAWS / CELLS;
        square_one += (one[c] - expected) * (one[c] - expected) / expected;
        square_two += (two[c] - expected) * (two[c] - expected) / expected;
    }
    assert_close(square_one, 99, 56); /* 4 standard deviations */
    assert_close(square_two, 99, 56);
}

/* Chi-square of normals in cells of equal probability, by erf; moments 1 ... 4. */
static void normals_are_normal(void **state)
{
    (void)state;
    enum { DRAWS = 100000, CELLS = 50 };
    double cell[CELLS] = {0}, square = 0, moment[5] = {0};
    for (uint64_t i = 0; i < DRAWS; i++) {
        const double z = moei_random_normal(11, 3, i, 2);
        double power = 1;
        cell[(int)(0.5 * erfc(-z / sqrt(2)) * CELLS)]++;
        for (int k = 1; k <= 4; k++)
            moment[k] += (power *= z) / DRAWS;
    }
    for (int c = 0; c < CELLS; c++)
        square += (cell[c] * CELLS / DRAWS - 1) * (cell[c] - (double)DRAWS / CELLS);
    assert_close(square, 49, 40);
    assert_close(moment[1], 0, 4 / sqrt(DRAWS));
    assert_close(moment[2], 1, 4 * sqrt(2.0 / DRAWS));
    assert_close(moment[3], 0, 4 * sqrt(15.0 / DRAWS));
    assert_close(moment[4], 3, 4 * sqrt(96.0 / DRAWS));
}

/* Correlations between seeds, streams, draws and coordinates that differ in one bit: 0 +- 1 / sqrt(count). */
static void neighbours_are_independent(void **state)
{
    (void)state;
    enum { DRAWS = 40000 };
    double seeds = 0, streams = 0, draws = 0, coordinates = 0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        const double z = moei_random_normal(5, 1, 2 * i, 0);
        seeds += z * moei_random_normal(4, 1, 2 * i, 0);
        streams += z * moei_random_normal(5, 0, 2 * i, 0);
        draws += z * moei_random_normal(5, 1, 2 * i + 1, 0);
        coordinates += z * moei_random_normal(5, 1, 2 * i, 1);
    }
    assert_close(seeds / DRAWS, 0, 4 / sqrt(DRAWS));
    assert_close(streams / DRAWS, 0, 4 / sqrt(DRAWS));
    assert_close(draws / DRAWS, 0, 4 / sqrt(DRAWS));
    assert_close(coordinates / DRAWS, 0, 4 / sqrt(DRAWS));
}

/* ---- draws of a law --------------------------------------------------------------------------- */

/* circle, interval of a circle, interval of the line, normal, wrapped normal */
static moe_law *mixed_law(moe_context *context)
{
    const double period[5] = {2 * PI, 2 * PI, (double)INFINITY, (double)INFINITY, 1};
    moe_law *law = NULL;
    if (moe_law_create(context, 5, period, &law) || moe_law_set_uniform(law, 1, -1, 0.5) ||
        moe_law_set_uniform(law, 2, 10, 14) || moe_law_set_normal(law, 3, -2, 0.5) ||
        moe_law_set_normal(law, 4, 0.5, 2)) {
        moe_law_destroy(law);
        return NULL;
    }
    return law;
}

static void draws_have_the_law_of_each_coordinate(void **state)
{
    enum { DRAWS = 50000, D = 5 };
    moe_context *context = *state;
    moe_law *law = mixed_law(context);
    moe_measure *measure = NULL;
    const double mean[D] = {PI, -0.25, 12, -2, 0.5};
    const double deviation[D] = {2 * PI / sqrt(12), 1.5 / sqrt(12), 4 / sqrt(12), 0.5, 2};
    const double least[D] = {0, -1, 10, -1e9, -1e9}, most[D] = {2 * PI, 0.5, 14, 1e9, 1e9};
    assert_non_null(law);
    assert_ok(context, moe_measure_random(context, law, 99, 0, 0, DRAWS, &measure));
    assert_int_equal(moe_measure_count(measure), DRAWS);
    assert_int_equal(moe_measure_dimension(measure), D);
    const double *points = moe_measure_points(measure);
    for (int k = 0; k < D; k++) {
        double sum = 0, square = 0;
        for (int i = 0; i < DRAWS; i++) {
            const double x = points[i * D + k];
            assert_true(x >= least[k] && x < most[k]);
            sum += x - mean[k];
            square += (x - mean[k]) * (x - mean[k]);
        }
        assert_close(sum / DRAWS, 0, 4 * deviation[k] / sqrt(DRAWS));
        assert_close(square / DRAWS / (deviation[k] * deviation[k]), 1, 4 * sqrt(2.0 / DRAWS));
    }
    for (int i = 0; i < DRAWS; i++)
        assert_close(moe_measure_weights(measure)[i], 1.0 / DRAWS, 0);
    moe_measure_destroy(measure);
    moe_law_destroy(law);
}

/* Draw i is draw i, whatever first, count and the context's threads. */
static void a_draw_depends_on_its_index_alone(void **state)
{
    enum { D = 5, COUNT = 40 };
    moe_context *context = *state;
    moe_law *law = mixed_law(context);
    moe_measure *all = NULL, *some = NULL;
    assert_ok(context, moe_measure_random(context, law, 3, 8, 0, COUNT, &all));
    assert_ok(context, moe_context_set_threads(context, 3));
    for (int64_t first = 0; first < COUNT; first += 7)
        for (int64_t count = 1; first + count <= COUNT; count += 5) {
            assert_ok(context, moe_measure_random(context, law, 3, 8, first, count, &some));
            assert_memory_equal(moe_measure_points(some), moe_measure_points(all) + first * D,
                                (size_t)(count * D) * sizeof(double));
            moe_measure_destroy(some);
        }
    assert_ok(context, moe_context_set_threads(context, 1));
    moe_measure_destroy(all);
    moe_law_destroy(law);
}

/* A coordinate's draws do not change when another coordinate's law does. */
static void coordinates_do_not_disturb_each_other(void **state)
{
    moe_context *context = *state;
    const double period[2] = {1, 1};
    moe_law *law = NULL;
    moe_measure *before = NULL, *after = NULL;
    assert_ok(context, moe_law_create(context, 2, period, &law));
    assert_ok(context, moe_measure_random(context, law, 1, 0, 0, 10, &before));
    assert_ok(context, moe_law_set_normal(law, 0, 0, 1));
    assert_ok(context, moe_measure_random(context, law, 1, 0, 0, 10, &after));
    for (int i = 0; i < 10; i++) {
        assert_close(moe_measure_points(before)[2 * i + 1], moe_measure_points(after)[2 * i + 1], 0);
        assert_true(moe_measure_points(before)[2 * i] != moe_measure_points(after)[2 * i]);
    }
    moe_measure_destroy(before);
    moe_measure_destroy(after);
    moe_law_destroy(law);
}

static void seeds_and_streams_differ(void **state)
{
    moe_context *context = *state;
    const double period = 1;
    moe_law *law = NULL;
    moe_measure *measure[5] = {NULL};
    assert_ok(context, moe_law_create(context, 1, &period, &law));
    assert_ok(context, moe_measure_random(context, law, 1, 0, 0, 50, &measure[0]));
    assert_ok(context, moe_measure_random(context, law, 1, 1, 0, 50, &measure[1]));
    assert_ok(context, moe_measure_random(context, law, 1, UINT32_MAX, 0, 50, &measure[2]));
    assert_ok(context, moe_measure_random(context, law, 2, 0, 0, 50, &measure[3]));
    assert_ok(context, moe_measure_random(context, law, 1ull << 32, 0, INT64_MAX - 1, 50, &measure[4]));
    for (int a = 0; a < 5; a++)
        for (int b = 0; b < a; b++)
            for (int i = 0; i < 50; i++)
                assert_true(moe_measure_points(measure[a])[i] != moe_measure_points(measure[b])[i]);
    for (int a = 0; a < 5; a++)
        moe_measure_destroy(measure[a]);
    moe_law_destroy(law);
}

/* An interval so short that a + u (b - a) rounds to b again and again: b never comes. */
static void the_end_of_an_interval_is_left_out(void **state)
{
    moe_context *context = *state;
    const double period = (double)INFINITY, a = 1, b = 1 + 4 * 2.220446049250313e-16;
    moe_law *law = NULL;
    moe_measure *measure = NULL;
    assert_ok(context, moe_law_create(context, 1, &period, &law));
    assert_ok(context, moe_law_set_uniform(law, 0, a, b));
    assert_ok(context, moe_measure_random(context, law, 1, 0, 0, 200, &measure));
    for (int i = 0; i < 200; i++)
        assert_true(moe_measure_points(measure)[i] >= a && moe_measure_points(measure)[i] < b);
    moe_measure_destroy(measure);
    moe_law_destroy(law);
}

static void bad_arguments_are_refused(void **state)
{
    moe_context *context = *state;
    const double period = (double)INFINITY;
    moe_law *law = NULL;
    moe_measure *measure = (moe_measure *)&measure;
    assert_ok(context, moe_law_create(context, 1, &period, &law));
    assert_fails(context, MOE_ERROR_ORDER, "coordinate 0",
                 moe_measure_random(context, law, 1, 0, 0, 1, &measure));
    assert_null(measure);
    assert_ok(context, moe_law_set_normal(law, 0, 0, 1));
    assert_int_equal(moe_measure_random(NULL, law, 1, 0, 0, 1, &measure), MOE_ERROR_NULL);
    assert_fails(context, MOE_ERROR_NULL, "law", moe_measure_random(context, NULL, 1, 0, 0, 1, &measure));
    assert_fails(context, MOE_ERROR_NULL, "measure", moe_measure_random(context, law, 1, 0, 0, 1, NULL));
    assert_fails(context, MOE_ERROR_VALUE, "stream is -1",
                 moe_measure_random(context, law, 1, -1, 0, 1, &measure));
    assert_fails(context, MOE_ERROR_VALUE, "stream is 4294967296",
                 moe_measure_random(context, law, 1, 4294967296, 0, 1, &measure));
    assert_fails(context, MOE_ERROR_VALUE, "first is -5",
                 moe_measure_random(context, law, 1, 0, -5, 1, &measure));
    assert_fails(context, MOE_ERROR_SIZE, "count is 0",
                 moe_measure_random(context, law, 1, 0, 0, 0, &measure));
    assert_fails(context, MOE_ERROR_SIZE, "count x d",
                 moe_measure_random(context, law, 1, 0, 0, INT64_MAX, &measure));
    assert_null(measure);
    moe_law_destroy(law);
}

static int32_t draw_some(moe_context *context, void *self)
{
    (void)self;
    const double period[2] = {1, 2};
    moe_law *law = NULL;
    moe_measure *measure = NULL;
    int32_t status = moe_law_create(context, 2, period, &law);
    if (!status)
        status = moe_measure_random(context, law, 1, 0, 0, 10, &measure);
    moe_measure_destroy(measure);
    moe_law_destroy(law);
    return status;
}

static void draws_survive_lack_of_memory(void **state)
{
    (void)state;
    assert_true(failing_sweep(draw_some, NULL) >= 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_published_answers),
        cmocka_unit_test(a_uniform_is_the_upper_53_bits),
        cmocka_unit_test(uniforms_fill_cells_evenly),
        cmocka_unit_test(normals_are_normal),
        cmocka_unit_test(neighbours_are_independent),
        cmocka_unit_test(draws_have_the_law_of_each_coordinate),
        cmocka_unit_test(a_draw_depends_on_its_index_alone),
        cmocka_unit_test(coordinates_do_not_disturb_each_other),
        cmocka_unit_test(seeds_and_streams_differ),
        cmocka_unit_test(the_end_of_an_interval_is_left_out),
        cmocka_unit_test(bad_arguments_are_refused),
        cmocka_unit_test(draws_survive_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, context_create, context_destroy);
}
