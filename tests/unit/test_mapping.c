/* test_mapping.c - experts kept in files: the same bits, no block of the allocator's that is large, no file left.
 *
 * SPDX-License-Identifier: MIT */
#include "support/experts.h"
#include "support/failing.h"
#include "support/test.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

enum { N = 3000, D = 2, POINTS = 3, LEAST = 16384 };

/* An allocator that notes the largest block it was asked for, and what there is. */
struct noting {
    size_t largest;
    struct failing memory;
};

static void *note(void *self, size_t bytes)
{
    struct noting *noting = self;
    if (bytes > noting->largest)
        noting->largest = bytes;
    return failing_allocate(&noting->memory, bytes);
}

static void release(void *self, void *block)
{
    failing_release(&((struct noting *)self)->memory, block);
}

struct kept {
    double points[N * D], loss;
};

static int32_t train(moe_context *context, struct kept *kept)
{
    static struct wave wave = {.d = D, .c = {1, 0.5}, .a = {1, -2}};
    const double x[POINTS] = {-1, 0.2, 1.1}, y[POINTS] = {0.4, -0.2, 0.3};
    const double period[D] = {2 * PI, 2 * PI};
    moe_expert *expert = NULL;
    moe_model *model = NULL;
    moe_law *law = NULL;
    moe_measure *mu = NULL;
    moe_flow *flow = NULL;
    int32_t status = wave_expert(context, &wave, &expert);
    if (!status)
        status = moe_model_create(context, expert, POINTS, x, y, NULL, &model);
    if (!status)
        status = moe_law_create(context, D, period, &law);
    if (!status)
        status = moe_measure_random(context, law, 3, 0, 0, N, &mu);
    if (!status)
        status = moe_flow_create(context, model, mu, &flow);
    if (!status)
        status = moe_flow_set_method(flow, MOE_METHOD_LOW_STORAGE);
    if (!status)
        status = moe_flow_advance(flow, 1);
    if (!status)
        status = moe_flow_loss(flow, &kept->loss);
    if (!status)
        memcpy(kept->points, moe_flow_points(flow), sizeof kept->points);
    moe_flow_destroy(flow);
    moe_measure_destroy(mu);
    moe_law_destroy(law);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    return status;
}

static int files_in(const char *directory)
{
    int count = 0;
    DIR *open = opendir(directory);
    while (readdir(open))
        count++;
    closedir(open);
    return count - 2; /* itself and its parent */
}

static char directory[] = "test_mapping.XXXXXX";

static int make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
    (void)state;
    return rmdir(directory);
}

static void test_same_bits(void **state)
{
    (void)state;
    static struct kept plain, mapped, again;
    struct noting noting = {0};
    const moe_allocator allocator = {sizeof allocator, &noting, note, release};
    moe_context *context;
    assert_ok(NULL, moe_context_create(&allocator, &context));
    assert_ok(context, train(context, &plain));
    assert_true(noting.largest > N * D * sizeof(double));
    noting.largest = 0;
    assert_ok(context, moe_context_set_mapping(context, directory, LEAST));
    assert_ok(context, train(context, &mapped));
    assert_true(noting.largest < LEAST + 256);
    assert_ok(context, moe_context_set_mapping(context, NULL, 0));
    assert_ok(context, train(context, &again));
    assert_true(noting.largest > N * D * sizeof(double));
    moe_context_destroy(context);
    assert_int_equal(noting.memory.live, 0);
    assert_memory_equal(&plain, &mapped, sizeof plain);
    assert_memory_equal(&plain, &again, sizeof plain);
    assert_int_equal(files_in(directory), 0);
}

/* A handle may outlive the context's mapping and the context; its file is there for as long as it is. */
static void test_outlives(void **state)
{
    (void)state;
    const double period[D] = {2 * PI, 2 * PI};
    moe_context *context;
    moe_law *law;
    moe_measure *in_file, *in_memory;
    assert_ok(NULL, moe_context_create(NULL, &context));
    assert_ok(context, moe_law_create(context, D, period, &law));
    assert_ok(context, moe_measure_random(context, law, 1, 0, 0, N, &in_memory));
    assert_ok(context, moe_context_set_mapping(context, directory, LEAST));
    assert_ok(context, moe_measure_random(context, law, 1, 0, 0, N, &in_file));
    assert_ok(context, moe_context_set_mapping(context, NULL, 0));
    moe_law_destroy(law);
    moe_context_destroy(context);
    assert_int_equal(files_in(directory), 0);
    assert_memory_equal(moe_measure_points(in_file), moe_measure_points(in_memory), N * D * sizeof(double));
    moe_measure_destroy(in_memory);
    moe_measure_destroy(in_file);
}

static int32_t set_inside(void *self, const char *what, double part)
{
    (void)what, (void)part;
    return moe_context_set_mapping(self, directory, 1) == MOE_ERROR_ORDER ? 7 : 0;
}

static void test_refused(void **state)
{
    (void)state;
    static struct kept kept;
    const double period[D] = {2 * PI, 2 * PI};
    moe_context *context;
    moe_law *law;
    moe_measure *mu;
    assert_int_equal(moe_context_set_mapping(NULL, directory, 1), MOE_ERROR_NULL);
    assert_ok(NULL, moe_context_create(NULL, &context));
    assert_fails(context, MOE_ERROR_VALUE, "directory is empty", moe_context_set_mapping(context, "", 1));
    assert_fails(context, MOE_ERROR_SIZE, "least is 0", moe_context_set_mapping(context, directory, 0));
    assert_fails(context, MOE_ERROR_FILE, "no such file", moe_context_set_mapping(context, "not/there", 1));
    assert_fails(context, MOE_ERROR_FILE, "not a directory", moe_context_set_mapping(context, "Makefile", 1));
    moe_context_set_progress(context, set_inside, context);
    assert_fails(context, MOE_ERROR_CANCELLED, "", train(context, &kept));
    moe_context_set_progress(context, NULL, NULL);
    /* more than a disk holds */
    assert_ok(context, moe_context_set_mapping(context, directory, LEAST));
    assert_ok(context, moe_law_create(context, D, period, &law));
    assert_fails(context, MOE_ERROR_MEMORY, "",
                 moe_measure_random(context, law, 1, 0, 0, INT64_C(1) << 55, &mu));
    assert_null(mu);
    moe_law_destroy(law);
    moe_context_destroy(context);
}

/* Blocks, small or in a file, that are not to be had. */
static int32_t with_mapping(moe_context *context, void *self)
{
    const int32_t status = moe_context_set_mapping(context, directory, LEAST);
    return status ? status : train(context, self);
}

static void test_memory(void **state)
{
    (void)state;
    static struct kept kept;
    assert_true(failing_sweep(with_mapping, &kept) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_outlives),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
