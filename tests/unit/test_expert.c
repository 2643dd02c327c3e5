/* test_expert.c - experts: the table of every version, mandatory members, shape, lifetime.
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"

#include "expert/expert.h"

/* ---- a table that is never called, except destroy --------------------------------------------- */

static int32_t no_values(void *self, void *bound, int64_t n, const double *x, int64_t count,
                         const double *theta, double *f, void *work)
{
    (void)self, (void)bound, (void)n, (void)x, (void)count, (void)theta, (void)f, (void)work;
    return 0;
}

static int32_t no_pullback(void *self, void *bound, void *stage, int64_t n, const double *x, int64_t count,
                           const double *theta, const double *r, double *g, void *work)
{
    (void)self, (void)bound, (void)stage, (void)n, (void)x, (void)count, (void)theta, (void)r, (void)g,
        (void)work;
    return 0;
}

static int32_t no_bind(void *self, int64_t n, const double *x, void **bound)
{
    (void)self, (void)n, (void)x, (void)bound;
    return 0;
}

static void no_unbind(void *self, void *bound)
{
    (void)self, (void)bound;
}

static int64_t no_moment_count(void *self, void *bound)
{
    (void)self, (void)bound;
    return 1;
}

static int32_t no_moments(void *self, void *bound, int64_t n, const double *x, int64_t count,
                          const double *theta, const double *w, double *m, void *work)
{
    (void)self, (void)bound, (void)n, (void)x, (void)count, (void)theta, (void)w, (void)m, (void)work;
    return 0;
}

static int32_t no_predict(void *self, void *bound, int64_t n, const double *x, const double *m, double *f)
{
    (void)self, (void)bound, (void)n, (void)x, (void)m, (void)f;
    return 0;
}

static int32_t no_prepare(void *self, void *bound, int64_t n, const double *x, const double *r, void **stage)
{
    (void)self, (void)bound, (void)n, (void)x, (void)r, (void)stage;
    return 0;
}

static void no_release(void *self, void *bound, void *stage)
{
    (void)self, (void)bound, (void)stage;
}

static void count_destroy(void *self)
{
    ++*(int *)self;
}

static moe_expert_ops full_table(void)
{
    const moe_expert_ops ops = {.struct_size = sizeof ops,
                                .flags = MOE_EXPERT_PURE | MOE_EXPERT_THREAD_SAFE,
                                .values = no_values,
                                .pullback = no_pullback,
                                .bind = no_bind,
                                .unbind = no_unbind,
                                .moment_count = no_moment_count,
                                .moments = no_moments,
                                .predict = no_predict,
                                .prepare = no_prepare,
                                .release = no_release,
                                .destroy = count_destroy};
    return ops;
}

static const double period[3] = {1, (double)INFINITY, 2 * PI};

/* ---- shape and life --------------------------------------------------------------------------- */

static void shape_is_what_was_given(void **state)
{
    moe_context *context = *state;
    const moe_expert_ops ops = full_table();
    int destroyed = 0;
    double mine[3];
    moe_expert *expert = NULL;
    memcpy(mine, period, sizeof mine);
    assert_ok(context, moe_expert_create(context, &ops, &destroyed, 3, 5, 2, mine, &expert));
    mine[0] = 9;
    assert_int_equal(moe_expert_parameters(expert), 3);
    assert_int_equal(moe_expert_inputs(expert), 5);
    assert_int_equal(moe_expert_outputs(expert), 2);
    assert_memory_equal(moe_expert_period(expert), period, sizeof period);
    moe_expert_destroy(expert);
    assert_int_equal(destroyed, 1);
}

static void null_experts_are_taken(void **state)
{
    (void)state;
    moe_expert_destroy(NULL);
    assert_int_equal(moe_expert_parameters(NULL), 0);
    assert_int_equal(moe_expert_inputs(NULL), 0);
    assert_int_equal(moe_expert_outputs(NULL), 0);
    assert_null(moe_expert_period(NULL));
}

static void the_last_reference_tells_the_host(void **state)
{
    (void)state;
    struct failing memory = {.fail_at = 0};
    const moe_allocator allocator = failing_allocator(&memory);
    const moe_expert_ops ops = full_table();
    int destroyed = 0;
    moe_context *context = NULL;
    moe_expert *expert = NULL;
    assert_int_equal(moe_context_create(&allocator, &context), MOE_OK);
    assert_ok(context, moe_expert_create(context, &ops, &destroyed, 3, 1, 1, period, &expert));
    moe_context_destroy(context); /* an expert does not need its context */
    moe_expert *kept = moei_expert_retain(expert);
    moe_expert_destroy(expert);
    assert_int_equal(destroyed, 0);
    moe_expert_destroy(kept);
    assert_int_equal(destroyed, 1);
    assert_int_equal(memory.live, 0);
}

/* ---- tables of other versions ----------------------------------------------------------------- */

/* A host that ends its table after `pullback`, or after any later member: the rest counts as NULL. */
static void shorter_tables_end_in_null(void **state)
{
    moe_context *context = *state;
    const size_t least = offsetof(moe_expert_ops, bind);
    for (size_t size = 0; size <= sizeof(moe_expert_ops); size++) {
        moe_expert_ops ops = full_table();
        int destroyed = 0;
        moe_expert *expert = NULL;
        ops.struct_size = size;
        const int32_t status = moe_expert_create(context, &ops, &destroyed, 3, 1, 1, period, &expert);
        const size_t members = size < least ? 0 : (size - least) / sizeof(void (*)(void));
        if (size < least || (size - least) % sizeof(void (*)(void))) {
            assert_fails(context, MOE_ERROR_STRUCT_SIZE, "struct_size", status);
            assert_null(expert);
        } else if (members == 4 || members == 5) { /* moment_count without moments, or without predict */
            assert_int_equal(status, MOE_ERROR_VTABLE);
        } else {
            assert_ok(context, status);
            assert_ptr_equal(expert->ops.bind, members > 0 ? no_bind : NULL);
            assert_ptr_equal(expert->ops.release, members > 7 ? no_release : NULL);
            moe_expert_destroy(expert);
            assert_int_equal(destroyed, members > 8);
        }
    }
}

/* A host of a later version: fine as long as what this library does not know is not used. */
static void longer_tables_must_end_in_zeros(void **state)
{
    moe_context *context = *state;
    struct {
        moe_expert_ops ops;
        unsigned char tail[24];
    } later = {.ops = full_table()};
    int destroyed = 0;
    moe_expert *expert = NULL;
    later.ops.struct_size = sizeof later;
    assert_ok(context, moe_expert_create(context, &later.ops, &destroyed, 3, 1, 1, period, &expert));
    assert_int_equal(expert->ops.struct_size, sizeof(moe_expert_ops));
    moe_expert_destroy(expert);
    for (size_t k = 0; k < sizeof later.tail; k++) {
        memset(later.tail, 0, sizeof later.tail);
        later.tail[k] = 1;
        assert_fails(context, MOE_ERROR_STRUCT_SIZE, "in use",
                     moe_expert_create(context, &later.ops, &destroyed, 3, 1, 1, period, &expert));
        assert_null(expert);
    }
    assert_int_equal(destroyed, 1);
}

/* ---- refusals --------------------------------------------------------------------------------- */

static void refuse(moe_context *context, const moe_expert_ops *ops, int32_t status, const char *words)
{
    int destroyed = 0;
    moe_expert *expert = (moe_expert *)&expert;
    assert_fails(context, status, words,
                 moe_expert_create(context, ops, &destroyed, 3, 1, 1, period, &expert));
    assert_null(expert);
    assert_int_equal(destroyed, 0);
}

static void incomplete_tables_are_refused(void **state)
{
    static const struct {
        size_t member;
        const char *words;
    } needed[] = {{offsetof(moe_expert_ops, values), "ops->values is NULL"},
                  {offsetof(moe_expert_ops, pullback), "ops->pullback is NULL"},
                  {offsetof(moe_expert_ops, bind), "ops->bind is NULL, but unbind is not"},
                  {offsetof(moe_expert_ops, prepare), "ops->prepare is NULL, but release is not"},
                  {offsetof(moe_expert_ops, moment_count), "ops->moment_count is NULL"},
                  {offsetof(moe_expert_ops, moments), "ops->moments is NULL"},
                  {offsetof(moe_expert_ops, predict), "ops->predict is NULL"}};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        moe_expert_ops ops = full_table();
        memset((char *)&ops + needed[i].member, 0, sizeof ops.values);
        refuse(*state, &ops, MOE_ERROR_VTABLE, needed[i].words);
    }
}

static void unknown_flags_are_refused(void **state)
{
    moe_expert_ops ops = full_table();
    ops.flags = 4 | MOE_EXPERT_PURE;
    refuse(*state, &ops, MOE_ERROR_VALUE, "0x4");
    ops.flags = UINT64_C(1) << 63;
    refuse(*state, &ops, MOE_ERROR_VALUE, "0x8000000000000000");
}

/* bind without unbind, prepare without release: nothing to undo. */
static void undoing_is_optional(void **state)
{
    moe_context *context = *state;
    moe_expert_ops ops = full_table();
    moe_expert *expert = NULL;
    ops.unbind = NULL;
    ops.release = NULL;
    ops.destroy = NULL;
    assert_ok(context, moe_expert_create(context, &ops, NULL, 3, 1, 1, period, &expert));
    moe_expert_destroy(expert);
}

static void bad_arguments_are_refused(void **state)
{
    moe_context *context = *state;
    const moe_expert_ops ops = full_table();
    const double bad[3] = {1, (double)NAN, 1};
    moe_expert *expert = (moe_expert *)&expert;
    assert_int_equal(moe_expert_create(NULL, &ops, NULL, 3, 1, 1, period, &expert), MOE_ERROR_NULL);
    assert_null(expert);
    assert_fails(context, MOE_ERROR_NULL, "expert",
                 moe_expert_create(context, &ops, NULL, 3, 1, 1, period, NULL));
    const struct {
        const moe_expert_ops *ops;
        int64_t d, p, K;
        const double *period;
        int32_t status;
        const char *words;
    } wrong[] = {{NULL, 3, 1, 1, period, MOE_ERROR_NULL, "ops is NULL"},
                 {&ops, 3, 1, 1, NULL, MOE_ERROR_NULL, "period is NULL"},
                 {&ops, 0, 1, 1, period, MOE_ERROR_SIZE, "d is 0"},
                 {&ops, 3, -1, 1, period, MOE_ERROR_SIZE, "p is -1"},
                 {&ops, 3, 1, 0, period, MOE_ERROR_SIZE, "K is 0"},
                 {&ops, INT64_MAX, 1, 1, period, MOE_ERROR_SIZE, "d is 9223372036854775807"},
                 {&ops, 3, 1, 1, bad, MOE_ERROR_PERIOD, "period[1]"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        expert = (moe_expert *)&expert;
        assert_fails(context, wrong[i].status, wrong[i].words,
                     moe_expert_create(context, wrong[i].ops, NULL, wrong[i].d, wrong[i].p, wrong[i].K,
                                       wrong[i].period, &expert));
        assert_null(expert);
    }
}

static int32_t make_expert(moe_context *context, void *self)
{
    const moe_expert_ops ops = full_table();
    moe_expert *expert = NULL;
    const int32_t status = moe_expert_create(context, &ops, self, 3, 1, 1, period, &expert);
    moe_expert_destroy(expert);
    return status;
}

static void experts_survive_lack_of_memory(void **state)
{
    (void)state;
    int destroyed = 0;
    assert_int_equal(failing_sweep(make_expert, &destroyed), 4);
    assert_int_equal(destroyed, 1); /* by the one that was made; the failures left self to the host */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shape_is_what_was_given),           cmocka_unit_test(null_experts_are_taken),
        cmocka_unit_test(the_last_reference_tells_the_host), cmocka_unit_test(shorter_tables_end_in_null),
        cmocka_unit_test(longer_tables_must_end_in_zeros),   cmocka_unit_test(incomplete_tables_are_refused),
        cmocka_unit_test(unknown_flags_are_refused),         cmocka_unit_test(undoing_is_optional),
        cmocka_unit_test(bad_arguments_are_refused),         cmocka_unit_test(experts_survive_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, context_create, context_destroy);
}
