/* test_law_kinds.c - von Mises, fixed numbers, a host's quantile, samples: setters, draws, tensor rules,
 * misuse.
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"

#include "measure/law.h"

static const double periods[4] = {3, (double)INFINITY, 1, (double)INFINITY};

/* Density 2 x on [0, 1): Q(u) = sqrt(u). Fails with `value` beyond u = 0.9 if value is not 0. */
struct ramp {
    int32_t value;
    int64_t calls, ended;
};

static int32_t ramp_quantile(void *self, double u, double *theta)
{
    struct ramp *ramp = self;
    ramp->calls++;
    *theta = u > 0 && u < 1 ? sqrt(u) : (double)NAN; /* the promise: 0 < u < 1 */
    return u > 0.9 ? ramp->value : 0;
}

static int32_t falling(void *self, double u, double *theta)
{
    (void)self;
    *theta = -u;
    return 0;
}

static int32_t wide(void *self, double u, double *theta)
{
    (void)self;
    *theta = 10 * u;
    return 0;
}

static int32_t infinite(void *self, double u, double *theta)
{
    (void)self;
    *theta = u < 0.5 ? 0 : (double)INFINITY;
    return 0;
}

/* rows of three numbers, for coordinates 1 ... 3 */
static const double rows[12] = {1, 0.1, 5, 2, 0.2, 5.5, 4, 0.9, 6, 8, 0.3, 7};

/* von Mises, then the ramp (coordinate 1), uniform, fixed */
static int32_t make_law(moe_context *context, struct ramp *ramp, moe_law **law)
{
    int32_t status = moe_law_create(context, 4, periods, law);
    if (!status)
        status = moe_law_set_von_mises(*law, 0, 0.5, 2);
    if (!status)
        status = moe_law_set_quantile(*law, 1, ramp_quantile, ramp, NULL);
    if (!status)
        status = moe_law_set_fixed(*law, 3, -7);
    return status;
}

/* E cos(2 pi (x - 1/2) / 3) = I_1(2) / I_0(2), E x^2 = 1/2 of the ramp, by draws within 4 standard errors. */
static void draws_have_the_moments(void **state)
{
    moe_context *context = *state;
    enum { N = 40000 };
    struct ramp ramp = {0};
    moe_law *law = NULL;
    moe_measure *measure = NULL;
    double cosine = 0, square = 0, sine = 0;
    assert_ok(context, make_law(context, &ramp, &law));
    assert_ok(context, moe_measure_random(context, law, 5, 1, 0, N, &measure));
    for (int64_t i = 0; i < N; i++) {
        const double *x = moe_measure_points(measure) + 4 * i, t = 2 * PI / 3 * (x[0] - 0.5);
        assert_true(fabs(t) <= PI);
        cosine += cos(t) / N;
        sine += sin(t) / N;
        square += x[1] * x[1] / N;
        assert_close(x[3], -7, 0);
    }
    assert_close(cosine, 0.697774657964008, 4 * 0.5 / sqrt(N));
    assert_close(sine, 0, 4 * 0.6 / sqrt(N));
    assert_close(square, 0.5, 4 * 0.29 / sqrt(N));
    moe_measure_destroy(measure);
    moe_law_destroy(law);
}

/* Draw i does not depend on where one starts. */
static void draws_are_functions_of_their_index(void **state)
{
    moe_context *context = *state;
    struct ramp ramp = {0};
    moe_law *law = NULL;
    moe_measure *all = NULL, *some = NULL;
    assert_ok(context, make_law(context, &ramp, &law));
    assert_ok(context, moe_law_set_samples(law, 1, 3, 4, rows));
    assert_ok(context, moe_measure_random(context, law, 5, 1, 0, 30, &all));
    assert_ok(context, moe_measure_random(context, law, 5, 1, 20, 10, &some));
    assert_memory_equal(moe_measure_points(all) + 80, moe_measure_points(some), 40 * sizeof(double));
    moe_measure_destroy(all);
    moe_measure_destroy(some);
    moe_law_destroy(law);
}

static void rules_integrate_each_kind(void **state)
{
    moe_context *context = *state;
    const int64_t sizes[4] = {6, 24, 5, 1};
    struct ramp ramp = {0};
    moe_law *law = NULL;
    moe_measure *measure = NULL;
    double cosine = 0, square = 0, first = 0, sum = 0;
    assert_ok(context, make_law(context, &ramp, &law));
    assert_ok(context, moe_measure_tensor(context, law, sizes, &measure));
    assert_int_equal(moe_measure_count(measure), 6 * 24 * 5);
    for (int64_t i = 0; i < moe_measure_count(measure); i++) {
        const double *x = moe_measure_points(measure) + 4 * i, w = moe_measure_weights(measure)[i];
        sum += w;
        cosine += w * cos(4 * PI / 3 * (x[0] - 0.5)); /* degree 2 of at most 5: exact */
        square += w * x[1] * x[1];                    /* u: exact */
        first += w * x[1];                            /* sqrt(u): algebraic in the number of nodes */
        assert_close(x[3], -7, 0);
    }
    assert_close(sum, 1, 1e-14);
    assert_close(cosine, 0.302225342035992, 1e-14); /* I_2(2) / I_0(2) = 1 - I_1(2) / I_0(2) */
    assert_close(square, 0.5, 1e-14);
    assert_close(first, 2.0 / 3, 1e-5);
    moe_measure_destroy(measure);
    moe_law_destroy(law);
}

/* A block of samples: drawn by rows, with the right frequencies; a tensor rule has each row once. */
static void samples_come_in_rows(void **state)
{
    moe_context *context = *state;
    enum { N = 8000 };
    const int64_t sizes[4] = {2, 4, 1, 1};
    int64_t seen[4] = {0};
    moe_law *law = NULL;
    moe_measure *measure = NULL;
    assert_ok(context, moe_law_create(context, 4, periods, &law));
    assert_ok(context, moe_law_set_samples(law, 1, 3, 4, rows));
    assert_ok(context, moe_measure_random(context, law, 1, 0, 0, N, &measure));
    for (int64_t i = 0; i < N; i++) {
        const double *x = moe_measure_points(measure) + 4 * i + 1;
        int row = 0;
        while (row < 3 && rows[3 * row] != x[0])
            row++;
        assert_memory_equal(x, rows + 3 * row, 3 * sizeof *rows);
        seen[row]++;
    }
    for (int row = 0; row < 4; row++)
        assert_close((double)seen[row], N / 4.0, 4 * sqrt(N * 3.0 / 16));
    moe_measure_destroy(measure);
    assert_ok(context, moe_measure_tensor(context, law, sizes, &measure));
    for (int i = 0; i < 8; i++) {
        assert_memory_equal(moe_measure_points(measure) + 4 * i + 1, rows + 3 * (i % 4), 3 * sizeof *rows);
        assert_close(moe_measure_weights(measure)[i], 1.0 / 8, 1e-17);
    }
    moe_measure_destroy(measure);
    moe_law_destroy(law);
}

/* One coordinate's samples are an inverse distribution function: in order. */
static void samples_of_one_coordinate_are_in_order(void **state)
{
    moe_context *context = *state;
    const double given[4] = {3, 1, 2, 1}, sorted[4] = {1, 1, 2, 3};
    moe_law *law = NULL;
    double x;
    assert_ok(context, moe_law_create(context, 4, periods, &law));
    assert_ok(context, moe_law_set_samples(law, 1, 1, 4, given));
    for (int i = 0; i < 4; i++) {
        assert_ok(context, moei_law_quantile(context, law, 1, (i + 0.99) / 4, &x));
        assert_close(x, sorted[i], 0);
    }
    moe_law_destroy(law);
}

/* Setting one coordinate of a block dissolves the block; setting any kind over any other frees what it had.
 */
static void kinds_replace_each_other(void **state)
{
    moe_context *context = *state;
    struct ramp ramp = {0};
    moe_law *law = NULL, *copy = NULL;
    moe_measure *one = NULL, *two = NULL;
    assert_ok(context, make_law(context, &ramp, &law));
    assert_ok(context, moe_law_set_samples(law, 1, 3, 4, rows));
    assert_ok(context, moe_law_set_uniform(law, 2, 0, 0.5));
    assert_int_equal(law->coordinate[1].kind, MOEI_LAW_NOT_SET);
    assert_int_equal(law->coordinate[2].kind, MOEI_LAW_INTERVAL);
    assert_int_equal(law->coordinate[3].kind, MOEI_LAW_NOT_SET);
    assert_ok(context, moe_law_set_samples(law, 1, 3, 4, rows));
    assert_ok(context, moe_law_set_samples(law, 0, 2, 6, rows));
    assert_int_equal(law->coordinate[2].kind, MOEI_LAW_CIRCLE);
    assert_ok(context, moe_law_set_von_mises(law, 0, 1, 3));
    assert_ok(context, moe_law_set_normal(law, 0, 1, 3));
    assert_ok(context, moe_law_set_von_mises(law, 0, 1, 0));
    assert_int_equal(law->coordinate[0].kind, MOEI_LAW_CIRCLE);
    assert_ok(context, moe_law_set_samples(law, 1, 3, 4, rows));
    assert_ok(context, moe_law_set_normal(law, 0, 1, 3));
    assert_ok(context, moei_law_copy(context, law, &copy));
    assert_ok(context, moe_measure_random(context, law, 1, 0, 0, 20, &one));
    moe_law_destroy(law);
    assert_ok(context, moe_measure_random(context, copy, 1, 0, 0, 20, &two));
    assert_memory_equal(moe_measure_points(one), moe_measure_points(two), 80 * sizeof(double));
    moe_measure_destroy(one);
    moe_measure_destroy(two);
    moe_law_destroy(copy);
}

static void count_end(void *self)
{
    ((struct ramp *)self)->ended++;
}

/* The host's quantile is let go once, by the last law that has it; not by a call that failed. */
static void quantile_is_let_go(void **state)
{
    moe_context *context = *state;
    struct ramp ramp = {0}, other = {0};
    moe_law *law = NULL, *copy = NULL;
    assert_ok(context, moe_law_create(context, 4, periods, &law));
    assert_fails(context, MOE_ERROR_VALUE, "decreases",
                 moe_law_set_quantile(law, 1, falling, &ramp, count_end));
    assert_int_equal(ramp.ended, 0);
    assert_ok(context, moe_law_set_quantile(law, 1, ramp_quantile, &ramp, count_end));
    assert_ok(context, moei_law_copy(context, law, &copy));
    assert_ok(context, moe_law_set_quantile(law, 1, ramp_quantile, &other, count_end));
    assert_int_equal(ramp.ended, 0);
    moe_law_destroy(copy);
    assert_int_equal(ramp.ended, 1);
    assert_ok(context, moe_law_set_samples(law, 1, 3, 4, rows)); /* over it */
    assert_int_equal(other.ended, 1);
    assert_ok(context, moe_law_set_quantile(law, 3, ramp_quantile, &other, count_end));
    moe_law_destroy(law);
    assert_int_equal(ramp.ended, 1);
    assert_int_equal(other.ended, 2);
}

static void bad_values_change_nothing(void **state)
{
    moe_context *context = *state;
    const double nan = (double)NAN;
    struct ramp ramp = {0}, failing = {.value = 3}, hungry = {.value = MOE_ERROR_MEMORY};
    moe_law *law = NULL;
    assert_ok(context, make_law(context, &ramp, &law));
    assert_int_equal(moe_law_set_von_mises(NULL, 0, 0, 1), MOE_ERROR_NULL);
    assert_int_equal(moe_law_set_fixed(NULL, 0, 0), MOE_ERROR_NULL);
    assert_int_equal(moe_law_set_quantile(NULL, 0, falling, NULL, NULL), MOE_ERROR_NULL);
    assert_int_equal(moe_law_set_samples(NULL, 0, 1, 4, rows), MOE_ERROR_NULL);
    assert_fails(context, MOE_ERROR_INDEX, "k is 4", moe_law_set_von_mises(law, 4, 0, 1));
    assert_fails(context, MOE_ERROR_INDEX, "k is -1", moe_law_set_fixed(law, -1, 0));
    assert_fails(context, MOE_ERROR_INDEX, "k is 4", moe_law_set_quantile(law, 4, falling, NULL, NULL));
    assert_fails(context, MOE_ERROR_INDEX, "first is 4", moe_law_set_samples(law, 4, 1, 4, rows));
    assert_fails(context, MOE_ERROR_NOT_FINITE, "mean", moe_law_set_von_mises(law, 0, nan, 1));
    assert_fails(context, MOE_ERROR_NOT_FINITE, "concentration", moe_law_set_von_mises(law, 0, 0, nan));
    assert_fails(context, MOE_ERROR_VALUE, "concentration is -1", moe_law_set_von_mises(law, 0, 0, -1));
    assert_fails(context, MOE_ERROR_VALUE, "concentration is 1e+13", moe_law_set_von_mises(law, 0, 0, 1e13));
    assert_fails(context, MOE_ERROR_PERIOD, "coordinate 1", moe_law_set_von_mises(law, 1, 0, 1));
    assert_fails(context, MOE_ERROR_NOT_FINITE, "value", moe_law_set_fixed(law, 0, nan));
    assert_fails(context, MOE_ERROR_NULL, "quantile", moe_law_set_quantile(law, 0, NULL, NULL, NULL));
    assert_fails(context, MOE_ERROR_VALUE, "decreases", moe_law_set_quantile(law, 1, falling, NULL, NULL));
    assert_fails(context, MOE_ERROR_VALUE, "period", moe_law_set_quantile(law, 0, wide, NULL, NULL));
    assert_fails(context, MOE_ERROR_NOT_FINITE, "quantile",
                 moe_law_set_quantile(law, 1, infinite, NULL, NULL));
    assert_fails(context, MOE_ERROR_CALLBACK, "quantile",
                 moe_law_set_quantile(law, 1, ramp_quantile, &failing, NULL));
    assert_int_equal(moe_context_callback_status(context), 3);
    assert_fails(context, MOE_ERROR_MEMORY, "quantile",
                 moe_law_set_quantile(law, 1, ramp_quantile, &hungry, NULL));
    assert_fails(context, MOE_ERROR_SIZE, "width is 0", moe_law_set_samples(law, 0, 0, 4, rows));
    assert_fails(context, MOE_ERROR_SIZE, "width is 3", moe_law_set_samples(law, 2, 3, 4, rows));
    assert_fails(context, MOE_ERROR_SIZE, "count is 0", moe_law_set_samples(law, 0, 1, 0, rows));
    assert_fails(context, MOE_ERROR_SIZE, "count x width", moe_law_set_samples(law, 0, 2, INT64_MAX, rows));
    assert_fails(context, MOE_ERROR_NULL, "samples", moe_law_set_samples(law, 0, 1, 4, NULL));
    assert_fails(context, MOE_ERROR_NOT_FINITE, "samples[0]", moe_law_set_samples(law, 0, 1, 1, &nan));
    assert_int_equal(law->coordinate[0].kind, MOEI_LAW_VON_MISES);
    assert_int_equal(law->coordinate[1].kind, MOEI_LAW_QUANTILE);
    moe_law_destroy(law);
}

/* A quantile that fails later stops what asks it, and nothing is left. */
static void failing_quantiles_stop_the_call(void **state)
{
    moe_context *context = *state;
    const int64_t sizes[4] = {2, 12, 1, 1}, large[4] = {2, 12, 1, 2};
    struct ramp ramp = {0};
    moe_law *law = NULL;
    moe_measure *measure = NULL;
    assert_ok(context, make_law(context, &ramp, &law));
    ramp.value = 2;
    assert_fails(context, MOE_ERROR_CALLBACK, "quantile returned 2",
                 moe_measure_random(context, law, 1, 0, 0, 100, &measure));
    assert_null(measure);
    assert_fails(context, MOE_ERROR_CALLBACK, "quantile", moe_measure_tensor(context, law, sizes, &measure));
    assert_fails(context, MOE_ERROR_CALLBACK, "quantile",
                 moe_measure_lattice(context, law, 64, NULL, 1, 0, &measure));
    assert_null(measure);
    assert_fails(context, MOE_ERROR_SIZE, "sizes[3] is 2", moe_measure_tensor(context, law, large, &measure));
    assert_ok(context, moe_law_set_samples(law, 1, 2, 4, rows));
    assert_fails(context, MOE_ERROR_SIZE, "sizes[1] is 12; it must be 4",
                 moe_measure_tensor(context, law, sizes, &measure));
    moe_law_destroy(law);
}

static int32_t use_all_kinds(moe_context *context, void *self)
{
    (void)self;
    const int64_t sizes[4] = {3, 3, 4, 1};
    struct ramp ramp = {0};
    moe_law *law = NULL, *copy = NULL;
    moe_measure *drawn = NULL, *tensor = NULL, *lattice = NULL;
    int32_t status = make_law(context, &ramp, &law);
    if (!status)
        status = moe_law_set_samples(law, 2, 2, 4, rows);
    if (!status)
        status = moei_law_copy(context, law, &copy);
    if (!status)
        status = moe_measure_random(context, copy, 1, 0, 0, 5, &drawn);
    if (!status)
        status = moe_measure_tensor(context, copy, sizes, &tensor);
    if (!status)
        status = moe_measure_lattice(context, copy, 16, NULL, 1, 0, &lattice);
    moe_measure_destroy(drawn);
    moe_measure_destroy(tensor);
    moe_measure_destroy(lattice);
    moe_law_destroy(copy);
    moe_law_destroy(law);
    return status;
}

static void all_kinds_survive_lack_of_memory(void **state)
{
    (void)state;
    assert_true(failing_sweep(use_all_kinds, NULL) > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_have_the_moments),
        cmocka_unit_test(draws_are_functions_of_their_index),
        cmocka_unit_test(rules_integrate_each_kind),
        cmocka_unit_test(samples_come_in_rows),
        cmocka_unit_test(samples_of_one_coordinate_are_in_order),
        cmocka_unit_test(kinds_replace_each_other),
        cmocka_unit_test(bad_values_change_nothing),
        cmocka_unit_test(quantile_is_let_go),
        cmocka_unit_test(failing_quantiles_stop_the_call),
        cmocka_unit_test(all_kinds_survive_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, context_create, context_destroy);
}
