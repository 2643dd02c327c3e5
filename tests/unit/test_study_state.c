/* test_study_state.c - a study saved and restored: it goes on to the same bits, and bytes that are cut,
 * changed or another study's are refused.
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"
#include "support/study.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

/* ---- fixtures ---------------------------------------------------------------------------------- */

struct saved {
    uint8_t *bytes;
    int64_t length;
};

static struct saved save(moe_context *context, const moe_study *study)
{
    struct saved state = {NULL, 0};
    int64_t again = 0;
    assert_ok(context, moe_study_save(study, NULL, 0, &state.length));
    state.bytes = malloc((size_t)state.length + 1);
    state.bytes[state.length] = 77;
    assert_ok(context, moe_study_save(study, state.bytes, state.length, &again));
    assert_int_equal(again, state.length);
    assert_int_equal(state.bytes[state.length], 77);
    return state;
}

/* Of a limit: predictions, errors, images and field at some times. */
enum { LIMIT_NUMBERS = 2000 };
static int64_t limit_numbers(moe_context *context, moe_study *study, double *numbers)
{
    int64_t count = 0;
    moe_limit *limit;
    moe_field *field;
    assert_ok(context, moe_study_limit(study, &limit));
    assert_ok(context, moe_limit_field(limit, &field));
    for (int t = 0; t < TIMES; t++) {
        moe_measure *image;
        assert_ok(context, moe_limit_predictions(limit, t, numbers + count));
        assert_ok(context, moe_limit_measure(limit, t, &image));
        const int64_t nodes = moe_measure_count(image);
        assert_true(count + 2 * nodes + 20 < LIMIT_NUMBERS);
        memcpy(numbers + count + 4, moe_measure_points(image), (size_t)nodes * sizeof *numbers);
        memcpy(numbers + count + 4 + nodes, moe_measure_weights(image), (size_t)nodes * sizeof *numbers);
        count += 4 + 2 * nodes;
        moe_measure_destroy(image);
    }
    for (double time = 0; time <= 1.5; time += 0.37, count += 4)
        assert_ok(context, moe_field_predictions(context, field, time, numbers + count));
    assert_ok(context, moe_limit_errors(limit, numbers + count));
    assert_ok(context, moe_limit_effort(limit, NULL, numbers + count + TIMES, numbers + count + TIMES + 1));
    moe_field_destroy(field);
    return count + TIMES + 2;
}

/* ---- going on ----------------------------------------------------------------------------------- */

/* Cancelled at random, and carried on each time in a new context from what was saved: the same bits, of the
 * limit too, as without. */
static void test_goes_on(void **state)
{
    (void)state;
    enum { REPLICAS = 7 };
    static double whole[2 * MOST_CELLS], parts[2 * MOST_CELLS], limits[2][LIMIT_NUMBERS];
    uint64_t seed = 5;
    moe_context *c;
    moe_study *study = NULL;
    assert_ok(NULL, moe_context_create(NULL, &c));
    assert_ok(c, make_study(c, REPLICAS, &study));
    assert_ok(c, moe_study_run(study));
    all_numbers(c, study, whole);
    const int64_t count = limit_numbers(c, study, limits[0]);
    moe_study_destroy(study);
    moe_context_destroy(c);
    struct saved saved = {NULL, 0};
    int restored = 0, within = 0;
    for (int32_t status = MOE_ERROR_CANCELLED; status == MOE_ERROR_CANCELLED;) {
        int looks = (int)((saved.bytes ? 60 + 30 * restored : 900) + 200 * test_uniform(&seed));
        int64_t replicas[SIZES];
        assert_ok(NULL, moe_context_create(NULL, &c));
        assert_ok(c, moe_context_set_threads(c, 1 + restored % 3));
        assert_ok(c, make_study(c, REPLICAS, &study));
        if (saved.bytes)
            assert_ok(c, moe_study_restore(study, saved.bytes, saved.length));
        moe_context_set_progress(c, cancel_after, &looks);
        status = moe_study_run(study);
        moe_context_set_progress(c, NULL, NULL);
        assert_true(status == MOE_OK || status == MOE_ERROR_CANCELLED);
        if (!moe_study_means(study, 0, 0, NULL, NULL, replicas)) {
            free(saved.bytes);
            saved = save(c, study);
            restored++;
            within += replicas[0] > 0 && replicas[SIZES - 1] < REPLICAS;
        }
        if (status == MOE_OK) {
            all_numbers(c, study, parts);
            assert_int_equal(limit_numbers(c, study, limits[1]), count);
        }
        moe_study_destroy(study);
        moe_context_destroy(c);
    }
    assert_true(restored > 2 && within > 1);
    assert_memory_equal(whole, parts, sizeof whole);
    assert_memory_equal(limits[0], limits[1], (size_t)count * sizeof(double));
    free(saved.bytes);
}

/* ---- refusals ---------------------------------------------------------------------------------- */

/* Two experts, two replicas, a short time: few bytes. */
static int32_t tiny_study(moe_context *context, moe_study **study)
{
    const int64_t experts = 2;
    const double time = 0.1;
    int32_t status = make_study(context, 2, study);
    if (!status)
        status = moe_study_set_experts(*study, 1, &experts);
    if (!status)
        status = moe_study_set_times(*study, 1, &time);
    return status ? status : moe_study_set_tolerance(*study, 1e-2);
}

struct tiny {
    moe_context *context;
    moe_study *study, *other; /* one that has run, one that has not */
    struct saved saved;
};

static struct tiny make_tiny(void)
{
    struct tiny tiny = {0};
    assert_ok(NULL, moe_context_create(NULL, &tiny.context));
    assert_ok(tiny.context, tiny_study(tiny.context, &tiny.study));
    assert_ok(tiny.context, tiny_study(tiny.context, &tiny.other));
    assert_ok(tiny.context, moe_study_run(tiny.study));
    tiny.saved = save(tiny.context, tiny.study);
    return tiny;
}

static void free_tiny(struct tiny *tiny)
{
    free(tiny->saved.bytes);
    moe_study_destroy(tiny->study);
    moe_study_destroy(tiny->other);
    moe_context_destroy(tiny->context);
}

static void test_damaged(void **state)
{
    (void)state;
    struct tiny t = make_tiny();
    double mean;
    for (int64_t i = 0; i < t.saved.length; i++) {
        const uint8_t before = t.saved.bytes[i];
        t.saved.bytes[i] = (uint8_t)(before ^ (1u << i % 8));
        assert_fails(t.context, MOE_ERROR_VALUE, "saved study",
                     moe_study_restore(t.other, t.saved.bytes, t.saved.length));
        t.saved.bytes[i] = before;
    }
    for (int64_t length = 1; length < t.saved.length; length++) {
        uint8_t *part = malloc((size_t)length); /* of its size, for the sanitizer */
        memcpy(part, t.saved.bytes, (size_t)length);
        assert_fails(t.context, MOE_ERROR_VALUE, "saved study", moe_study_restore(t.other, part, length));
        free(part);
    }
    assert_fails(t.context, MOE_ERROR_VALUE, "were given",
                 moe_study_restore(t.other, t.saved.bytes, t.saved.length + 1));
    assert_fails(t.context, MOE_ERROR_SIZE, "length", moe_study_restore(t.other, t.saved.bytes, 0));
    assert_fails(t.context, MOE_ERROR_NULL, "bytes", moe_study_restore(t.other, NULL, 5));
    assert_fails(t.context, MOE_ERROR_ORDER, "no result", moe_study_means(t.other, 0, 0, &mean, NULL, NULL));
    assert_ok(t.context, moe_study_restore(t.other, t.saved.bytes, t.saved.length));
    assert_ok(t.context, moe_study_means(t.other, 0, 0, &mean, NULL, NULL));
    free_tiny(&t);
}

/* Numbers put in by someone who mends the checksum: refused, or a study that can be run and asked; nothing
 * is read out of bounds (under the sanitizers). A study that refuses keeps what it had. */
static void test_forged(void **state)
{
    (void)state;
    const uint64_t forged[] = {
        0, 1, UINT64_MAX, UINT64_C(1) << 40, UINT64_C(0x7ff8000000000000), UINT64_C(0x7fefffffffffffff)};
    struct tiny t = make_tiny();
    double mean[2], kept;
    int refused = 0, taken = 0;
    uint8_t *bytes = malloc((size_t)t.saved.length);
    assert_ok(t.context, moe_study_means(t.study, 0, 0, mean, NULL, NULL));
    kept = mean[0];
    for (int64_t word = 0; word < t.saved.length - 8; word += 8)
        for (size_t f = 0; f < sizeof forged / sizeof *forged; f++) {
            memcpy(bytes, t.saved.bytes, (size_t)t.saved.length);
            for (int i = 0; i < 8; i++)
                bytes[word + i] = (uint8_t)(forged[f] >> 8 * i);
            const uint64_t sum = moei_checksum(0, t.saved.length - 8, bytes);
            for (int i = 0; i < 8; i++)
                bytes[t.saved.length - 8 + i] = (uint8_t)(sum >> 8 * i);
            const int32_t status = moe_study_restore(t.study, bytes, t.saved.length);
            if (status) {
                refused++;
                assert_ok(t.context, moe_study_means(t.study, 0, 0, mean, NULL, NULL));
                assert_true(mean[0] == kept);
            } else {
                taken++;
                moe_study_run(t.study);
                assert_ok(t.context, moe_study_means(t.study, 0, 0, mean, NULL, NULL));
                assert_ok(t.context, moe_study_restore(t.study, t.saved.bytes, t.saved.length));
            }
        }
    assert_true(refused > 100 && taken > 100);
    free(bytes);
    free_tiny(&t);
}

/* A study with one thing changed; the saved one is of neither. */
static void refuses(moe_context *context, moe_study *study, const struct saved *saved, const char *words)
{
    assert_fails(context, MOE_ERROR_DOMAIN, words, moe_study_restore(study, saved->bytes, saved->length));
    moe_study_destroy(study);
}

static moe_study *fresh(moe_context *context)
{
    moe_study *study = NULL;
    assert_ok(context, tiny_study(context, &study));
    return study;
}

static void test_of_another(void **state)
{
    (void)state;
    struct tiny t = make_tiny();
    moe_context *c = t.context;
    const double times[] = {0.1, 0.2};
    const int64_t experts[] = {2, 3};
    moe_study *s;
    assert_ok(c, moe_study_set_times(s = fresh(c), 1, times + 1));
    refuses(c, s, &t.saved, "times");
    assert_ok(c, moe_study_set_times(s = fresh(c), 2, times));
    refuses(c, s, &t.saved, "times");
    assert_ok(c, moe_study_set_experts(s = fresh(c), 2, experts));
    refuses(c, s, &t.saved, "experts");
    assert_ok(c, moe_study_set_replicas(s = fresh(c), 2, 3, 0));
    refuses(c, s, &t.saved, "largest");
    assert_ok(c, moe_study_set_replicas(s = fresh(c), 2, 2, 0.1));
    refuses(c, s, &t.saved, "precision");
    assert_ok(c, moe_study_set_seed(s = fresh(c), 1));
    refuses(c, s, &t.saved, "seed");
    assert_ok(c, moe_study_set_tolerance(s = fresh(c), 1e-3));
    refuses(c, s, &t.saved, "tolerance");
    assert_ok(c, moe_study_set_distances(s = fresh(c), 0, INT64_MAX));
    refuses(c, s, &t.saved, "most_w1");
    free_tiny(&t);
}

/* Another wave, label, or law, all else equal. */
static void test_of_another_model(void **state)
{
    (void)state;
    const double x = 0.3, y[] = {0.4, -0.4}, turn = 2 * PI;
    struct saved saved = {NULL, 0};
    moe_context *c;
    assert_ok(NULL, moe_context_create(NULL, &c));
    for (int changed = 0; changed < 5; changed++) {
        struct wave wave = {.d = 1, .c = {changed == 1 ? 1 + 0x1p-50 : 1}, .a = {1}};
        moe_expert *expert;
        moe_model *model;
        moe_law *law;
        moe_study *study;
        assert_ok(c, wave_expert(c, &wave, &expert));
        assert_ok(c, moe_model_create(c, expert, 1, &x, &y[changed == 2], NULL, &model));
        assert_ok(c, moe_law_create(c, 1, &turn, &law));
        if (changed == 3)
            assert_ok(c, moe_law_set_uniform(law, 0, 0, 1));
        assert_ok(c, moe_study_create(c, model, law, &study));
        assert_ok(c, moe_study_set_experts(study, 1, (const int64_t[]){2}));
        assert_ok(c, moe_study_set_replicas(study, 2, 2, 0));
        if (changed == 0) {
            assert_ok(c, moe_study_run(study));
            saved = save(c, study);
            moe_study_destroy(study);
        } else if (changed == 4) {
            assert_ok(c, moe_study_restore(study, saved.bytes, saved.length));
            moe_study_destroy(study);
        } else
            refuses(c, study, &saved, changed == 3 ? "law" : "model");
        moe_law_destroy(law);
        moe_model_destroy(model);
        moe_expert_destroy(expert);
    }
    free(saved.bytes);
    moe_context_destroy(c);
}

static void test_save_refusals(void **state)
{
    (void)state;
    struct tiny t = make_tiny();
    int64_t length = 0;
    assert_int_equal(moe_study_save(NULL, NULL, 0, &length), MOE_ERROR_NULL);
    assert_fails(t.context, MOE_ERROR_ORDER, "no result", moe_study_save(t.other, NULL, 0, &length));
    assert_fails(t.context, MOE_ERROR_NULL, "length", moe_study_save(t.study, NULL, 0, NULL));
    assert_fails(t.context, MOE_ERROR_NULL, "bytes", moe_study_save(t.study, NULL, 9, &length));
    assert_fails(t.context, MOE_ERROR_SIZE, "-1", moe_study_save(t.study, t.saved.bytes, -1, &length));
    memset(t.saved.bytes, 7, (size_t)t.saved.length);
    assert_fails(t.context, MOE_ERROR_SIZE, "capacity",
                 moe_study_save(t.study, t.saved.bytes, t.saved.length - 1, &length));
    assert_int_equal(length, t.saved.length);
    assert_int_equal(t.saved.bytes[0], 7);
    free_tiny(&t);
}

/* ---- the rest ---------------------------------------------------------------------------------- */

/* The check value that catalogues of such sums give for the nine digits, and numbers byte by byte. */
static void test_bytes(void **state)
{
    (void)state;
    uint8_t bytes[16];
    moei_writer out = {.bytes = bytes, .capacity = 16};
    assert_true(moei_checksum(0, 9, (const uint8_t *)"123456789") == UINT64_C(0x995DC9BBDF1939FA));
    moei_write_integer(&out, -2);
    moei_write_number(&out, 1);
    assert_int_equal(bytes[0], 0xfe);
    assert_int_equal(bytes[7], 0xff);
    assert_int_equal(bytes[15], 0x3f);
    assert_int_equal(bytes[14], 0xf0);
    assert_true(out.checksum == moei_checksum(0, 16, bytes));
    moei_reader in = {.bytes = bytes, .length = 16};
    assert_int_equal(moei_read_integer(&in), -2);
    assert_true(moei_read_number(&in) == 1 && !in.short_of);
    assert_int_equal(moei_read_integer(&in), 0);
    assert_true(in.short_of);
}

/* The checksum of much at once is that of a few bytes after the others, and numbers in bulk are numbers one by one. */
static void test_many_bytes(void **state)
{
    (void)state;
    enum { MOST = 5003, NUMBERS = 5000 };
    static uint8_t bytes[8 * NUMBERS], one_by_one[8 * NUMBERS];
    static double values[NUMBERS], back[NUMBERS];
    uint64_t seed = 11;
    for (int i = 0; i < NUMBERS; i++)
        values[i] = test_uniform(&seed) - 0.5;
    moei_writer bulk = {.bytes = bytes, .capacity = sizeof bytes};
    moei_writer single = {.bytes = one_by_one, .capacity = sizeof one_by_one};
    moei_write_numbers(&bulk, NUMBERS, values);
    for (int i = 0; i < NUMBERS; i++)
        moei_write_number(&single, values[i]);
    assert_memory_equal(bytes, one_by_one, sizeof bytes);
    assert_true(bulk.checksum == single.checksum && bulk.length == single.length);
    moei_reader in = {.bytes = bytes, .length = sizeof bytes};
    moei_read_numbers(&in, NUMBERS, back);
    assert_memory_equal(values, back, sizeof values);
    for (int64_t count = 4080; count <= MOST; count += 13) {
        uint64_t sum = 0;
        for (int64_t at = 0; at < count; at += 100)
            sum = moei_checksum(sum, count - at < 100 ? count - at : 100, bytes + at);
        assert_true(sum == moei_checksum(0, count, bytes));
    }
}

static int32_t save_and_restore(moe_context *context, void *self)
{
    const struct saved *saved = self;
    int64_t length = 0;
    moe_study *study = NULL;
    int32_t status = tiny_study(context, &study);
    if (!status)
        status = moe_study_restore(study, saved->bytes, saved->length);
    if (!status)
        status = moe_study_save(study, NULL, 0, &length);
    moe_study_destroy(study);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    struct tiny t = make_tiny();
    assert_true(failing_sweep(save_and_restore, &t.saved) > 30);
    free_tiny(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goes_on),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_forged),
        cmocka_unit_test(test_of_another),
        cmocka_unit_test(test_of_another_model),
        cmocka_unit_test(test_save_refusals),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_many_bytes),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests_name("study_state", tests, NULL, NULL);
}
