/* test_study_threads.c - a study's replicas on several threads: where the expert is called, and what is left
 * when a call of it, a look at the progress or an allocation fails, whichever one.
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"
#include "support/study.h"

#include <pthread.h>
#include <string.h>

/* ---- fixtures ---------------------------------------------------------------------------------- */

/* A wave that knows whose thread it is on. */
struct watched {
    struct wave wave;
    pthread_t home;
    atomic_long away; /* calls on other threads */
    moe_study *study; /* whose seed it sets in every call, unless NULL; how often it was not refused */
    atomic_long taken;
};

static void watch(struct watched *self)
{
    if (!pthread_equal(pthread_self(), self->home))
        atomic_fetch_add(&self->away, 1);
    else if (self->study && moe_study_set_seed(self->study, 1) != MOE_ERROR_ORDER)
        atomic_fetch_add(&self->taken, 1);
}

static int32_t watched_values(void *self, void *bound, int64_t n, const double *x, int64_t count,
                              const double *theta, double *f, void *work)
{
    watch(self);
    return wave_values(&((struct watched *)self)->wave, bound, n, x, count, theta, f, work);
}

static int32_t watched_pullback(void *self, void *bound, void *stage, int64_t n, const double *x,
                                int64_t count, const double *theta, const double *r, double *g, void *work)
{
    watch(self);
    return wave_pullback(&((struct watched *)self)->wave, bound, stage, n, x, count, theta, r, g, work);
}

static struct watched new_watched(void)
{
    return (struct watched){.wave = {.d = 1, .c = {1}, .a = {1}}, .home = pthread_self()};
}

enum { REPLICAS = 5 };

/* means and errors, for 8 and 32 experts at one time */
enum { NUMBERS = MOE_STUDY_QUANTITIES * 2 * 2 };

/* 8 and 32 experts at one time, to few digits: a run is short */
static int32_t watched_study(moe_context *context, struct watched *self, uint32_t flags, moe_study **study)
{
    const moe_expert_ops ops = {
        .struct_size = sizeof ops, .flags = flags, .values = watched_values, .pullback = watched_pullback};
    const double turn = 2 * PI, x[] = {-1, 0.4}, y[] = {0.4, -0.2}, time = 0.3;
    moe_expert *expert = NULL;
    moe_model *model = NULL;
    moe_law *law = NULL;
    int32_t status = moe_expert_create(context, &ops, self, 1, 1, 1, &turn, &expert);
    if (!status)
        status = moe_model_create(context, expert, 2, x, y, NULL, &model);
    if (!status)
        status = moe_law_create(context, 1, &turn, &law);
    if (!status)
        status = moe_study_create(context, model, law, study);
    if (!status)
        status = moe_study_set_times(*study, 1, &time);
    if (!status)
        status = moe_study_set_experts(*study, 2, study_sizes);
    if (!status)
        status = moe_study_set_replicas(*study, REPLICAS, REPLICAS, 0);
    if (!status)
        status = moe_study_set_tolerance(*study, 1e-3);
    if (!status) /* which take the most time: test_study has them */
        status = moe_study_set_distances(*study, 0, 0);
    moe_law_destroy(law);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    return status;
}

static void numbers_of(moe_context *context, const moe_study *study, double numbers[NUMBERS])
{
    for (int32_t q = 0; q < MOE_STUDY_QUANTITIES; q++)
        assert_ok(context, moe_study_means(study, q, 0, numbers + 4 * q, numbers + 4 * q + 2, NULL));
}

static const uint32_t safe = MOE_EXPERT_THREAD_SAFE | MOE_EXPERT_PURE;

/* What one thread finds without a failure, and how often the run calls the expert. */
static int64_t undisturbed(double numbers[NUMBERS])
{
    struct watched self = new_watched();
    moe_context *c;
    moe_study *study = NULL;
    assert_ok(NULL, moe_context_create(NULL, &c));
    assert_ok(c, watched_study(c, &self, safe, &study));
    self.wave.calls = 0;
    assert_ok(c, moe_study_run(study));
    numbers_of(c, study, numbers);
    moe_study_destroy(study);
    moe_context_destroy(c);
    return atomic_load(&self.wave.calls);
}

/* ---- where it is called ------------------------------------------------------------------------ */

/* An expert that is not safe on other threads stays on the caller's; either has the same bits on all. */
static void test_whose_thread(void **state)
{
    (void)state;
    double numbers[2][NUMBERS];
    undisturbed(numbers[0]);
    for (int32_t threads = 1; threads <= 4; threads++)
        for (int shared = 0; shared < 2; shared++) {
            struct watched self = new_watched();
            moe_context *c;
            moe_study *study = NULL;
            assert_ok(NULL, moe_context_create(NULL, &c));
            assert_ok(c, moe_context_set_threads(c, threads));
            assert_ok(c, watched_study(c, &self, shared ? safe : 0, &study));
            assert_ok(c, moe_study_run(study));
            numbers_of(c, study, numbers[1]);
            assert_memory_equal(numbers[0], numbers[1], sizeof numbers[0]);
            if (threads == 1 || !shared)
                assert_int_equal(atomic_load(&self.away), 0);
            moe_study_destroy(study);
            moe_context_destroy(c);
        }
}

/* ---- failures ---------------------------------------------------------------------------------- */

/* Every 7th call of the expert fails for good, and the study runs again once it is cured. */
static void test_every_call(void **state)
{
    (void)state;
    double numbers[2][NUMBERS];
    const int64_t calls = undisturbed(numbers[0]);
    assert_true(calls > 300);
    for (int32_t threads = 1; threads <= 2; threads++)
        for (int64_t k = 0; k < calls; k += 7) {
            struct watched self = new_watched();
            moe_context *c;
            moe_study *study = NULL;
            assert_ok(NULL, moe_context_create(NULL, &c));
            assert_ok(c, moe_context_set_threads(c, threads));
            assert_ok(c, watched_study(c, &self, safe, &study)); /* which calls it too */
            self.wave.calls = 0;
            self.wave.fail_from = k;
            self.wave.fail_until = INT64_MAX;
            self.wave.fail_with = -17;
            assert_fails(c, MOE_ERROR_CALLBACK, "-17", moe_study_run(study));
            assert_int_equal(moe_context_callback_status(c), -17);
            self.wave.fail_until = 0;
            assert_ok(c, moe_study_run(study));
            numbers_of(c, study, numbers[1]);
            assert_memory_equal(numbers[0], numbers[1], sizeof numbers[0]);
            moe_study_destroy(study);
            moe_context_destroy(c);
        }
}

/* Cancelled at each look in turn, which is often, and run again: the same bits. */
static void test_every_look(void **state)
{
    (void)state;
    double numbers[2][NUMBERS];
    undisturbed(numbers[0]);
    for (int32_t threads = 1; threads <= 2; threads++) {
        int32_t status = MOE_ERROR_CANCELLED;
        for (int k = 0; status == MOE_ERROR_CANCELLED; k += 3) {
            struct watched self = new_watched();
            moe_context *c;
            moe_study *study = NULL;
            int looks = k;
            assert_ok(NULL, moe_context_create(NULL, &c));
            assert_ok(c, moe_context_set_threads(c, threads));
            assert_ok(c, watched_study(c, &self, safe, &study));
            moe_context_set_progress(c, cancel_after, &looks);
            status = moe_study_run(study);
            assert_true(status == MOE_OK || status == MOE_ERROR_CANCELLED);
            moe_context_set_progress(c, NULL, NULL);
            assert_ok(c, moe_study_run(study));
            numbers_of(c, study, numbers[1]);
            assert_memory_equal(numbers[0], numbers[1], sizeof numbers[0]);
            moe_study_destroy(study);
            moe_context_destroy(c);
        }
    }
}

/* All calls of a study's life; what fails leaves it fit to be destroyed. */
static int32_t whole_life(moe_context *context, void *threads)
{
    struct watched self = new_watched();
    static uint8_t bytes[1 << 20];
    double mean[2], bias[2];
    int64_t length = 0;
    moe_study *study = NULL, *other = NULL;
    int32_t status = moe_context_set_threads(context, *(const int32_t *)threads);
    if (!status)
        status = watched_study(context, &self, safe, &study);
    if (!status)
        status = moe_study_run(study);
    if (!status)
        status = moe_study_means(study, 0, 0, mean, NULL, NULL);
    if (!status)
        status = moe_study_bias(study, 0, 0, bias, NULL);
    if (!status)
        status = moe_study_bound(study, 0, mean, NULL);
    if (!status)
        status = moe_study_save(study, bytes, sizeof bytes, &length);
    if (!status)
        status = watched_study(context, &self, safe, &other);
    if (!status)
        status = moe_study_restore(other, bytes, length);
    moe_study_destroy(study);
    moe_study_destroy(other);
    return status;
}

static void test_every_allocation(void **state)
{
    (void)state;
    for (int32_t threads = 1; threads <= 2; threads++)
        assert_true(failing_sweep(whole_life, &threads) > 300);
}

/* ---- calls from callbacks ---------------------------------------------------------------------- */

/* A study does not change under the call that is reading it, whichever one that is. */
static void test_changed_by_its_expert(void **state)
{
    (void)state;
    struct watched self = new_watched();
    double bound[2];
    int64_t length;
    moe_context *c;
    moe_study *study = NULL;
    assert_ok(NULL, moe_context_create(NULL, &c));
    assert_ok(c, watched_study(c, &self, safe, &study));
    self.study = study;
    assert_ok(c, moe_study_run(study));
    assert_ok(c, moe_study_save(study, NULL, 0, &length));
    assert_ok(c, moe_study_bound(study, 0, bound, NULL));
    assert_ok(c, moe_study_lipschitz(study, bound, bound + 1, NULL));
    uint8_t *bytes = malloc((size_t)length);
    assert_ok(c, moe_study_save(study, bytes, length, &length));
    assert_ok(c, moe_study_restore(study, bytes, length));
    assert_int_equal(atomic_load(&self.taken), 0);
    self.study = NULL;
    assert_ok(c, moe_study_set_seed(study, 1)); /* afterwards it may */
    free(bytes);
    moe_study_destroy(study);
    moe_context_destroy(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whose_thread),
        cmocka_unit_test(test_every_call),
        cmocka_unit_test(test_every_look),
        cmocka_unit_test(test_every_allocation),
        cmocka_unit_test(test_changed_by_its_expert),
    };
    return cmocka_run_group_tests_name("study_threads", tests, NULL, NULL);
}
