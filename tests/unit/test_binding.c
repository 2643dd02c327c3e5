/* test_binding.c - bindings, and the public calls of values and pullback.
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"
#include "support/faulty.h"

#include "expert/expert.h"

enum { N = 3, MOST = 200, K = FAULTY_K, D = FAULTY_D, P = FAULTY_P };

static void fill(int64_t size, double *numbers, uint64_t seed)
{
    for (int64_t i = 0; i < size; i++)
        numbers[i] = 4 * test_uniform(&seed) - 2;
}

static moe_expert *make(moe_context *context, struct faulty *self)
{
    const moe_expert_ops ops = faulty_ops(0);
    moe_expert *expert = NULL;
    return moe_expert_create(context, &ops, self, D, P, K, faulty_period, &expert) ? NULL : expert;
}

/* Every count around the size of a batch gives the same numbers, in batches of at most 64. */
static void values_and_pullback_work_in_batches(void **state)
{
    moe_context *context = *state;
    struct faulty self = {.scale = {1, 2}};
    moe_expert *expert = make(context, &self);
    const int64_t counts[] = {1, 2, 63, 64, 65, 128, 129, MOST};
    double x[N * P], theta[MOST * D], r[N * K], f[MOST * N * K], g[MOST * D];
    fill(N * P, x, 1);
    fill(MOST * D, theta, 2);
    fill(N * K, r, 3);
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        memset(f, 0xFF, sizeof f);
        memset(g, 0xFF, sizeof g);
        assert_ok(context, moe_expert_values(context, expert, N, x, counts[c], theta, f));
        assert_ok(context, moe_expert_pullback(context, expert, N, x, counts[c], theta, r, g));
        assert_true(faulty_is_clean(&self));
        assert_true(self.largest_count <= 64);
        for (int64_t i = 0; i < counts[c]; i++) {
            double slope = 0;
            for (int64_t j = 0; j < N; j++)
                for (int64_t k = 0; k < K; k++) {
                    const double value = faulty_value(&self, theta + i * D, x + j * P, k);
                    assert_close(f[(i * N + j) * K + k], value, 0);
                    slope +=
                        r[j * K + k] * self.scale[k] * (double)(k + 1) * sin(theta[i * D] - x[j * P + 1]);
                }
            assert_close(g[i * D + 1], slope, 1e-14);
        }
    }
    moe_expert_destroy(expert);
    assert_int_equal(self.destroyed, 1);
}

/* An expert of two functions: no bind, no scratch, its moments are its values. */
static void the_simplest_expert_needs_two_functions(void **state)
{
    moe_context *context = *state;
    struct faulty self = {.scale = {1, 1}};
    moe_expert_ops ops = faulty_ops(0);
    moe_expert *expert = NULL;
    moei_binding binding;
    double x[N * P];
    int64_t bytes = -1;
    fill(N * P, x, 1);
    ops.struct_size = offsetof(moe_expert_ops, bind);
    assert_ok(context, moe_expert_create(context, &ops, &self, D, P, K, faulty_period, &expert));
    assert_ok(context, moei_bind(context, expert, N, x, &binding));
    assert_int_equal(binding.moment_count, N * K);
    assert_ok(context, moei_binding_workspace(context, &binding, 10, &bytes));
    assert_int_equal(bytes, 0);
    assert_null(binding.bound);
    moei_unbind(&binding);
    moei_unbind(&binding); /* harmless twice */
    moe_expert_destroy(expert);
    assert_int_equal(self.destroyed, 0); /* beyond the table's end */
}

static void a_binding_holds_what_bind_returned(void **state)
{
    moe_context *context = *state;
    struct faulty self = {.scale = {1, 1}};
    moe_expert *expert = make(context, &self);
    moei_binding binding;
    int64_t bytes;
    double x[N * P];
    fill(N * P, x, 1);
    assert_ok(context, moei_bind(context, expert, N, x, &binding));
    assert_ptr_equal(binding.bound, &self.bound);
    assert_int_equal(binding.moment_count, FAULTY_M);
    assert_ok(context, moei_binding_workspace(context, &binding, 10, &bytes));
    assert_int_equal(bytes, 10 * FAULTY_WORK);
    moei_unbind(&binding);
    assert_true(faulty_is_clean(&self));
    moe_expert_destroy(expert);
}

/* ---- failing callbacks ------------------------------------------------------------------------ */

/* Each function that fails, at its first or a later call: named, its value kept, all undone. */
static void failures_of_callbacks_are_named(void **state)
{
    static const struct {
        const char *name;
        int in_values, in_pullback; /* whether the public calls come by it */
    } functions[] = {{"bind", 1, 1},    {"workspace", 1, 1}, {"moment_count", 1, 1},
                     {"prepare", 0, 1}, {"values", 1, 0},    {"pullback", 0, 1}};
    moe_context *context = *state;
    double x[N * P], theta[MOST * D], r[N * K], f[MOST * N * K], g[MOST * D];
    fill(N * P, x, 1);
    fill(MOST * D, theta, 2);
    fill(N * K, r, 3);
    for (size_t k = 0; k < sizeof functions / sizeof functions[0]; k++)
        for (int32_t value = -7; value <= 7; value += 14)
            for (int at = 0; at < 2; at++) {
                struct faulty self = {
                    .scale = {1, 1}, .fail_in = functions[k].name, .fail_at = at, .fail_with = value};
                const int is_size =
                    !strcmp(self.fail_in, "workspace") || !strcmp(self.fail_in, "moment_count");
                const int batched = !strcmp(self.fail_in, "values") || !strcmp(self.fail_in, "pullback");
                if ((is_size && value > 0) || (at && !batched))
                    continue;
                moe_expert *expert = make(context, &self);
                const int32_t status_f = moe_expert_values(context, expert, N, x, MOST, theta, f);
                if (functions[k].in_values) {
                    assert_fails(context, MOE_ERROR_CALLBACK, functions[k].name, status_f);
                    assert_int_equal(moe_context_callback_status(context), value);
                } else
                    assert_ok(context, status_f);
                assert_true(faulty_is_clean(&self));
                self.seen = 0;
                const int32_t status_g = moe_expert_pullback(context, expert, N, x, MOST, theta, r, g);
                if (functions[k].in_pullback) {
                    assert_fails(context, MOE_ERROR_CALLBACK, functions[k].name, status_g);
                    assert_int_equal(moe_context_callback_status(context), value);
                } else
                    assert_ok(context, status_g);
                assert_true(faulty_is_clean(&self));
                moe_expert_destroy(expert);
            }
}

static int64_t too_many(void *self, void *bound)
{
    (void)self, (void)bound;
    return INT64_MAX / 4;
}

static int64_t too_much(void *self, void *bound, int64_t count)
{
    (void)self, (void)bound, (void)count;
    return INT64_MAX;
}

static int64_t far_too_little(void *self, void *bound, int64_t count)
{
    (void)self, (void)bound, (void)count;
    return INT64_MIN;
}

static void sizes_of_callbacks_are_checked(void **state)
{
    moe_context *context = *state;
    struct faulty self = {.scale = {1, 1}};
    double x[N * P] = {0}, theta[D] = {0}, f[N * K];
    moe_expert_ops ops = faulty_ops(0);
    moe_expert *expert = NULL;
    ops.moment_count = too_many;
    assert_ok(context, moe_expert_create(context, &ops, &self, D, P, K, faulty_period, &expert));
    assert_fails(context, MOE_ERROR_CALLBACK, "moment_count returned 2305843009213693951",
                 moe_expert_values(context, expert, N, x, 1, theta, f));
    assert_int_equal(moe_context_callback_status(context), INT32_MAX);
    moe_expert_destroy(expert);
    ops = faulty_ops(0);
    ops.workspace = too_much;
    assert_ok(context, moe_expert_create(context, &ops, &self, D, P, K, faulty_period, &expert));
    assert_fails(context, MOE_ERROR_MEMORY, "scratch", moe_expert_values(context, expert, N, x, 1, theta, f));
    moe_expert_destroy(expert);
    ops.workspace = far_too_little;
    assert_ok(context, moe_expert_create(context, &ops, &self, D, P, K, faulty_period, &expert));
    assert_fails(context, MOE_ERROR_CALLBACK, "workspace returned -9223372036854775808",
                 moe_expert_values(context, expert, N, x, 1, theta, f));
    assert_int_equal(moe_context_callback_status(context), INT32_MIN);
    moe_expert_destroy(expert);
    assert_true(faulty_is_clean(&self));
}

/* ---- arguments and memory --------------------------------------------------------------------- */

static void bad_arguments_are_refused(void **state)
{
    moe_context *context = *state;
    struct faulty self = {.scale = {1, 1}};
    moe_expert *expert = make(context, &self);
    double x[N * P] = {0}, theta[D] = {0}, r[N * K] = {0}, f[N * K], g[D];
    const double bad[N * P] = {0, (double)NAN};
    const int64_t large = INT64_MAX / 16 + 1;
    assert_int_equal(moe_expert_values(NULL, expert, N, x, 1, theta, f), MOE_ERROR_NULL);
    assert_fails(context, MOE_ERROR_NULL, "expert", moe_expert_values(context, NULL, N, x, 1, theta, f));
    assert_fails(context, MOE_ERROR_NULL, "x is NULL",
                 moe_expert_values(context, expert, N, NULL, 1, theta, f));
    assert_fails(context, MOE_ERROR_NULL, "theta", moe_expert_values(context, expert, N, x, 1, NULL, f));
    assert_fails(context, MOE_ERROR_NULL, "f is NULL",
                 moe_expert_values(context, expert, N, x, 1, theta, NULL));
    assert_fails(context, MOE_ERROR_SIZE, "n is 0", moe_expert_values(context, expert, 0, x, 1, theta, f));
    assert_fails(context, MOE_ERROR_SIZE, "count is -2",
                 moe_expert_values(context, expert, N, x, -2, theta, f));
    assert_fails(context, MOE_ERROR_SIZE, "n x p", moe_expert_values(context, expert, large, x, 1, theta, f));
    assert_fails(context, MOE_ERROR_SIZE, "count x d",
                 moe_expert_values(context, expert, 1, x, large, theta, f));
    assert_fails(context, MOE_ERROR_SIZE, "count x n x K",
                 moe_expert_values(context, expert, INT64_C(1) << 31, x, INT64_C(1) << 31, theta, f));
    assert_fails(context, MOE_ERROR_NOT_FINITE, "x[1]",
                 moe_expert_values(context, expert, N, bad, 1, theta, f));
    assert_fails(context, MOE_ERROR_NOT_FINITE, "theta[1]",
                 moe_expert_values(context, expert, N, x, 1, bad, f));
    assert_fails(context, MOE_ERROR_NOT_FINITE, "r[1]",
                 moe_expert_pullback(context, expert, N, x, 1, theta, bad, g));
    assert_fails(context, MOE_ERROR_NULL, "r is NULL",
                 moe_expert_pullback(context, expert, N, x, 1, theta, NULL, g));
    assert_fails(context, MOE_ERROR_NULL, "g is NULL",
                 moe_expert_pullback(context, expert, N, x, 1, theta, r, NULL));
    assert_int_equal(self.calls, 0);
    moe_expert_destroy(expert);
}

static int32_t call_both(moe_context *context, void *object)
{
    struct faulty *self = object;
    double x[N * P] = {0}, theta[D] = {0}, r[N * K] = {0}, f[N * K], g[D];
    const moe_expert_ops ops = faulty_ops(0);
    moe_expert *expert = NULL;
    int32_t status = moe_expert_create(context, &ops, self, D, P, K, faulty_period, &expert);
    if (!status)
        status = moe_expert_values(context, expert, N, x, 1, theta, f);
    if (!status)
        status = moe_expert_pullback(context, expert, N, x, 1, theta, r, g);
    moe_expert_destroy(expert);
    return status;
}

static void calls_survive_lack_of_memory(void **state)
{
    (void)state;
    struct faulty self = {.scale = {1, 1}};
    assert_int_equal(failing_sweep(call_both, &self), 6);
    assert_true(faulty_is_clean(&self));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_and_pullback_work_in_batches),
        cmocka_unit_test(the_simplest_expert_needs_two_functions),
        cmocka_unit_test(a_binding_holds_what_bind_returned),
        cmocka_unit_test(failures_of_callbacks_are_named),
        cmocka_unit_test(sizes_of_callbacks_are_checked),
        cmocka_unit_test(bad_arguments_are_refused),
        cmocka_unit_test(calls_survive_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, context_create, context_destroy);
}
