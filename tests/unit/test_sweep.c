/* test_sweep.c - sweeps over experts that use every optional slot of the table, and partitions.
 *
 * The expert here is f = theta x with moments m = (sum_i w_i theta_i), so that F = m x; it counts what is
 * bound and prepared, and fails on request.
 *
 * SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "model/sweep.h"
#include "model/variation.h"

struct counted {
    atomic_int bound, staged, work_faults;
    int32_t fail_predict, fail_prepare;
};

static int32_t values(void *self, void *bound, int64_t n, const double *x, int64_t count, const double *theta,
                      double *f, void *work)
{
    (void)self, (void)bound, (void)work;
    for (int64_t i = 0; i < count; i++)
        for (int64_t j = 0; j < n; j++)
            f[i * n + j] = theta[i] * x[j];
    return 0;
}

/* the stage is sum_j r_j x_j, the same for all experts */
static int32_t pullback(void *self, void *bound, void *stage, int64_t n, const double *x, int64_t count,
                        const double *theta, const double *r, double *g, void *work)
{
    struct counted *counted = self;
    (void)bound, (void)n, (void)x, (void)theta, (void)r;
    counted->work_faults += (uintptr_t)work % 64 != 0;
    memset(work, 0x5A, (size_t)(count * 8)); /* a sanitizer sees if this is not ours */
    for (int64_t i = 0; i < count; i++)
        g[i] = *(const double *)stage;
    return 0;
}

static int32_t bind(void *self, int64_t n, const double *x, void **bound)
{
    struct counted *counted = self;
    (void)n, (void)x;
    counted->bound++;
    *bound = counted;
    return 0;
}

static void unbind(void *self, void *bound)
{
    ((struct counted *)self)->bound -= self == bound;
}

static int64_t workspace(void *self, void *bound, int64_t count)
{
    (void)self, (void)bound;
    return count * 8;
}

static int64_t moment_count(void *self, void *bound)
{
    (void)self, (void)bound;
    return 1;
}

static int32_t moments(void *self, void *bound, int64_t n, const double *x, int64_t count,
                       const double *theta, const double *w, double *m, void *work)
{
    (void)self, (void)bound, (void)n, (void)x, (void)work;
    for (int64_t i = 0; i < count; i++)
        m[0] += w[i] * theta[i];
    return 0;
}

static int32_t predict(void *self, void *bound, int64_t n, const double *x, const double *m, double *f)
{
    (void)bound;
    for (int64_t j = 0; j < n; j++)
        f[j] = m[0] * x[j];
    return ((struct counted *)self)->fail_predict;
}

static int32_t prepare(void *self, void *bound, int64_t n, const double *x, const double *r, void **stage)
{
    struct counted *counted = self;
    static double sum;
    (void)bound;
    if (counted->fail_prepare)
        return counted->fail_prepare;
    sum = 0;
    for (int64_t j = 0; j < n; j++)
        sum += r[j] * x[j];
    counted->staged++;
    *stage = &sum;
    return 0;
}

static void release(void *self, void *bound, void *stage)
{
    (void)bound, (void)stage;
    ((struct counted *)self)->staged--;
}

static const moe_expert_ops ops = {.struct_size = sizeof ops,
                                   .flags = MOE_EXPERT_THREAD_SAFE,
                                   .values = values,
                                   .pullback = pullback,
                                   .bind = bind,
                                   .unbind = unbind,
                                   .workspace = workspace,
                                   .moment_count = moment_count,
                                   .moments = moments,
                                   .predict = predict,
                                   .prepare = prepare,
                                   .release = release};

static void test_every_slot(void **state)
{
    (void)state;
    enum { N = 1000 };
    struct counted counted = {0};
    static double theta[N], w[N], g[N];
    const double x[] = {1, -2, 0.5}, r[] = {0.1, 0.2, 0.3}, real = (double)INFINITY;
    double f[3], square, mean = 0;
    moe_context *context;
    moe_expert *expert;
    moei_binding binding;
    moei_sweep *sweep;
    const moei_terms plain = {.scale = 1};
    for (int i = 0; i < N; i++) {
        theta[i] = sin(i);
        w[i] = 2.0 * (i + 1) / (N * (N + 1.0));
        mean += w[i] * theta[i];
    }
    assert_ok(NULL, moe_context_create(NULL, &context));
    assert_ok(context, moe_context_set_threads(context, 2));
    assert_ok(context, moe_expert_create(context, &ops, &counted, 1, 1, 1, &real, &expert));
    assert_ok(context, moei_bind(context, expert, 3, x, &binding));
    assert_int_equal(binding.moment_count, 1);
    const moei_partition cut = moei_sweep_partition(&binding, N);
    assert_ok(context, moei_sweep_create(context, &binding, &plain, &cut, &sweep));
    assert_ok(context, moei_sweep_predict(context, sweep, theta, w, f));
    for (int j = 0; j < 3; j++)
        assert_close(f[j], mean * x[j], 1e-15);
    assert_ok(context, moei_sweep_pullback(context, sweep, theta, w, r, g, &square));
    for (int i = 0; i < N; i++)
        assert_close(g[i], 0.1 - 0.4 + 0.15, 1e-16);
    assert_close(square, 0.0225, 1e-15);
    counted.fail_prepare = 4;
    assert_int_equal(moei_sweep_pullback(context, sweep, theta, w, r, g, &square), MOEI_RECOVERABLE);
    assert_non_null(strstr(moe_context_error(context), "prepare returned 4"));
    counted.fail_predict = -4;
    assert_fails(context, MOE_ERROR_CALLBACK, "predict returned -4",
                 moei_sweep_predict(context, sweep, theta, w, f));
    moei_sweep_destroy(sweep);
    moei_unbind(&binding);
    assert_int_equal(counted.bound, 0);
    assert_int_equal(counted.staged, 0);
    assert_int_equal(counted.work_faults, 0);
    moe_expert_destroy(expert);
    moe_context_destroy(context);
}

static int64_t endless_workspace(void *self, void *bound, int64_t count)
{
    (void)self, (void)bound, (void)count;
    return INT64_MAX;
}

/* scratch that no memory holds, beside what the library puts before it: refused, not counted round */
static void test_too_much_scratch(void **state)
{
    (void)state;
    struct counted counted = {0};
    const moe_expert_ops greedy = {
        .struct_size = sizeof greedy, .values = values, .pullback = pullback, .workspace = endless_workspace};
    const double x = 1, y = 0, theta = 0, real = (double)INFINITY;
    double f, kernel;
    moe_context *context;
    moe_expert *expert;
    moe_model *model;
    moe_measure *mu;
    moei_variation *variation = NULL;
    assert_ok(NULL, moe_context_create(NULL, &context));
    assert_ok(context, moe_expert_create(context, &greedy, &counted, 1, 1, 1, &real, &expert));
    assert_ok(context, moe_model_create(context, expert, 1, &x, &y, NULL, &model));
    assert_ok(context, moe_measure_create(context, 1, &real, 1, &theta, NULL, &mu));
    assert_fails(context, MOE_ERROR_MEMORY, "scratch", moe_model_predictions(context, model, mu, &f));
    assert_fails(context, MOE_ERROR_MEMORY, "kernel",
                 moe_model_kernel(context, model, mu, 1, &x, 1, &x, &kernel));
    assert_fails(context, MOE_ERROR_MEMORY, "derivative",
                 moei_variation_create(context, model, 1, true, &variation));
    assert_null(variation);
    moe_measure_destroy(mu);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    moe_context_destroy(context);
}

/* every expert lies in exactly one block, every block in exactly one slab, every slab on one rank */
static void test_partition(void **state)
{
    (void)state;
    const int64_t sizes[] = {1, 2, 63, 64, 65, 1000, 16384, 16385, 999983, 100000000};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
        for (int64_t cost = 0; cost <= 1 << 20; cost = cost ? 16 * cost : 1) {
            const moei_partition cut = moei_partition_of(sizes[s], cost, cost);
            int64_t next = 0;
            assert_int_equal(moei_slab_start(&cut, 0), 0);
            for (int64_t slab = 0; slab < cut.slabs; slab++) {
                const int64_t end = moei_slab_start(&cut, slab + 1);
                assert_true(end > moei_slab_start(&cut, slab));
                assert_int_equal(moei_slab_start(&cut, slab), next);
                for (int64_t first = next; first < end; first += cut.block)
                    next += moei_block_count(&cut, first, end);
                assert_int_equal(next, end);
            }
            assert_int_equal(next, sizes[s]);
            for (int32_t size = 1; size < 9; size++) {
                next = 0;
                for (int32_t rank = 0; rank < size; rank++) {
                    moei_partition own = cut;
                    moei_partition_spread(&own, NULL, size, rank);
                    assert_int_equal(moei_slab_start(&own, own.from), next);
                    assert_int_equal(moei_own_start(&own, moei_own_slabs(&own)), moei_own_experts(&own));
                    next += moei_own_experts(&own);
                }
                assert_int_equal(next, sizes[s]);
            }
        }
    const moei_partition huge = moei_partition_of(INT64_MAX / 8, 0, 0);
    assert_int_equal(moei_slab_start(&huge, huge.slabs), INT64_MAX / 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_slot),
        cmocka_unit_test(test_too_much_scratch),
        cmocka_unit_test(test_partition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
