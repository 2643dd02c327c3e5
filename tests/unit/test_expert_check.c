/* test_expert_check.c - moe_expert_check finds every seeded fault and raises no false alarm.
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"
#include "support/faulty.h"

enum {
    N = 4,
    COUNT = 5,
    K = FAULTY_K,
    D = FAULTY_D,
    P = FAULTY_P,
    EVERYTHING = MOE_EXPERT_PURE | MOE_EXPERT_THREAD_SAFE
};

static void fill(int64_t size, double *numbers, double reach, uint64_t seed)
{
    for (int64_t i = 0; i < size; i++)
        numbers[i] = reach * (2 * test_uniform(&seed) - 1);
}

/* The check of `self` at random points. */
static int32_t check(moe_context *context, struct faulty *self, uint64_t flags, int64_t n, int64_t count,
                     uint64_t seed)
{
    double x[20 * P], theta[20 * D];
    const moe_expert_ops ops = faulty_ops(flags);
    moe_expert *expert = NULL;
    fill(n * P, x, 3, seed);
    fill(count * D, theta, 3, seed + 1000);
    int32_t status = moe_expert_create(context, &ops, self, D, P, K, faulty_period, &expert);
    if (!status)
        status = moe_expert_check(context, expert, n, x, count, theta);
    moe_expert_destroy(expert);
    return status;
}

/* ---- right experts ---------------------------------------------------------------------------- */

static void a_right_expert_passes_at_every_scale(void **state)
{
    static const double scales[][K] = {{1e-8, 1e-8}, {1e-4, 1e-4}, {1, 1}, {1e4, 1e4}, {1e8, 1e8},
                                       {1e-8, 1e8},  {1e8, 1e-8},  {1, 0}, {0, 0}};
    for (size_t s = 0; s < sizeof scales / sizeof scales[0]; s++)
        for (uint64_t seed = 0; seed < 12; seed++) {
            struct faulty self = {.scale = {scales[s][0], scales[s][1]}};
            assert_ok(*state, check(*state, &self, MOE_EXPERT_PURE, N, COUNT, seed));
            assert_true(faulty_is_clean(&self));
        }
}

static void a_right_expert_passes_for_every_shape(void **state)
{
    for (int64_t n = 1; n <= 6; n++)
        for (int64_t count = 1; count <= 6; count++) {
            struct faulty self = {.scale = {1, 3}};
            assert_ok(*state, check(*state, &self, MOE_EXPERT_PURE, n, count, (uint64_t)(10 * n + count)));
        }
}

static void a_right_expert_passes_on_threads(void **state)
{
    for (uint64_t seed = 0; seed < 3; seed++) {
        struct faulty self = {.scale = {1e-8, 1e8}};
        assert_ok(*state, check(*state, &self, EVERYTHING, N, COUNT, seed));
        assert_ok(*state, check(*state, &self, EVERYTHING, N, 1, seed));
        assert_ok(*state, check(*state, &self, MOE_EXPERT_THREAD_SAFE, N, COUNT, seed));
        assert_true(faulty_is_clean(&self));
    }
}

/* What an expert does not promise is not asked of it. */
static void promises_not_made_are_not_held(void **state)
{
    static const enum fault harmless[] = {IMPURE_VALUES, IMPURE_SLOPE, IMPURE_MOMENTS,
                                          RACE_VALUES,   RACE_SLOPE,   RACE_MOMENTS};
    for (size_t k = 0; k < sizeof harmless / sizeof harmless[0]; k++) {
        struct faulty self = {.fault = harmless[k], .scale = {1, 3}};
        assert_ok(*state, check(*state, &self, 0, N, COUNT, 1));
        if (k < 3) { /* a unit in the last place more or less is no race */
            assert_ok(*state, check(*state, &self, MOE_EXPERT_THREAD_SAFE, N, COUNT, 1));
        } else
            assert_ok(*state, check(*state, &self, MOE_EXPERT_PURE, N, COUNT, 1));
    }
}

/* ---- other right experts: one function of (theta, x), d = 2, K = 1 ---------------------------- */

typedef double (*formula)(const double *theta, double x, double *slope);

static int32_t formula_values(void *self, void *bound, int64_t n, const double *x, int64_t count,
                              const double *theta, double *f, void *work)
{
    const formula *f_of = self;
    double slope[2];
    (void)bound, (void)work;
    for (int64_t i = 0; i < count; i++)
        for (int64_t j = 0; j < n; j++)
            f[i * n + j] = (*f_of)(theta + 2 * i, x[j], slope);
    return 0;
}

static int32_t formula_pullback(void *self, void *bound, void *stage, int64_t n, const double *x,
                                int64_t count, const double *theta, const double *r, double *g, void *work)
{
    const formula *f_of = self;
    (void)bound, (void)stage, (void)work;
    for (int64_t i = 0; i < count; i++) {
        g[2 * i] = g[2 * i + 1] = 0;
        for (int64_t j = 0; j < n; j++) {
            double slope[2];
            (*f_of)(theta + 2 * i, x[j], slope);
            g[2 * i] += r[j] * slope[0];
            g[2 * i + 1] += r[j] * slope[1];
        }
    }
    return 0;
}

/* High harmonics: 440 per turn. */
static double fast(const double *theta, double x, double *slope)
{
    slope[0] = -440 * sin(440 * theta[0] + x);
    slope[1] = 55 * cos(55 * theta[1] - x);
    return cos(440 * theta[0] + x) + sin(55 * theta[1] - x);
}

/* A rectified unit: kinks where theta_0 x + theta_1 = 0. */
static double rectified(const double *theta, double x, double *slope)
{
    const double z = theta[0] * x + theta[1];
    slope[0] = z > 0 ? x : 0;
    slope[1] = z > 0;
    return z > 0 ? z : 0;
}

/* Defined for positive parameters only. */
static double positive(const double *theta, double x, double *slope)
{
    slope[0] = x / theta[0];
    slope[1] = 1 / (2 * sqrt(theta[1]));
    return x * log(theta[0]) + sqrt(theta[1]);
}

/* No parameter matters, and one cancels exactly. */
static double constant(const double *theta, double x, double *slope)
{
    slope[0] = slope[1] = 0;
    return x + 0 * theta[0];
}

/* Nothing but rounding: of the size of 1e-16 where 0 is meant. */
static double nothing(const double *theta, double x, double *slope)
{
    slope[0] = slope[1] = 0;
    return (cos(theta[0] + x) + 1) - 1 - cos(theta[0] + x) + 0 * theta[1];
}

/* exp, of length 1e-3 in theta_1 */
static double steep(const double *theta, double x, double *slope)
{
    const double f = exp(1000 * theta[1] * x);
    slope[0] = 0;
    slope[1] = 1000 * x * f;
    return f;
}

/* Evaluated in single precision: its differences are rough, its slopes are not. */
static double single(const double *theta, double x, double *slope)
{
    slope[0] = -sin(theta[0] + x) * theta[1];
    slope[1] = cos(theta[0] + x);
    return (double)(float)(cos(theta[0] + x) * theta[1]);
}

static int32_t check_formula(moe_context *context, formula f_of, int periodic, double low, double high,
                             uint64_t seed)
{
    const double line[2] = {(double)INFINITY, (double)INFINITY}, circle[2] = {2 * PI, 2 * PI};
    const moe_expert_ops ops = {.struct_size = sizeof ops,
                                .flags = MOE_EXPERT_PURE,
                                .values = formula_values,
                                .pullback = formula_pullback};
    double x[6], theta[16];
    moe_expert *expert = NULL;
    for (int i = 0; i < 6; i++)
        x[i] = 2 * test_uniform(&seed) - 1;
    for (int i = 0; i < 16; i++)
        theta[i] = low + (high - low) * test_uniform(&seed);
    int32_t status = moe_expert_create(context, &ops, &f_of, 2, 1, 1, periodic ? circle : line, &expert);
    if (!status)
        status = moe_expert_check(context, expert, 6, x, 8, theta);
    moe_expert_destroy(expert);
    return status;
}

static void unusual_right_experts_pass(void **state)
{
    for (uint64_t seed = 0; seed < 25; seed++) {
        assert_ok(*state, check_formula(*state, fast, 1, -3, 3, seed));
        assert_ok(*state, check_formula(*state, fast, 1, 1e6, 2e6, seed));
        assert_ok(*state, check_formula(*state, fast, 0, -3, 3, seed));
        assert_ok(*state, check_formula(*state, rectified, 0, -2, 2, seed));
        assert_ok(*state, check_formula(*state, positive, 0, 1e-6, 5, seed));
        assert_ok(*state, check_formula(*state, positive, 0, 1e-9, 1e-8, seed));
        assert_ok(*state, check_formula(*state, positive, 0, 1e8, 1e9, seed));
        assert_ok(*state, check_formula(*state, constant, 1, -3, 3, seed));
        assert_ok(*state, check_formula(*state, nothing, 0, -3, 3, seed));
        assert_ok(*state, check_formula(*state, steep, 0, -1e-2, 1e-2, seed));
        assert_ok(*state, check_formula(*state, steep, 0, -0.3, 0.3, seed));
        assert_ok(*state, check_formula(*state, single, 0, -3, 3, seed));
        assert_ok(*state, check_formula(*state, rectified, 0, 0.5, 0.5, seed)); /* all experts alike */
        assert_ok(*state, check_formula(*state, single, 0, 0, 0, seed));        /* all parameters 0 */
    }
}

/* ---- faults ----------------------------------------------------------------------------------- */

static const struct {
    enum fault fault;
    uint64_t flags;
    const char *words;
} faults[] = {
    {SLOPE_SIGN, 0, "differences of values"},
    {SLOPE_SMALL, 0, "differences of values"},
    {SLOPE_ONE_OUTPUT, 0, "differences of values"},
    {SLOPE_TRANSPOSED, 0, "pullback"},
    {SLOPE_ADDS, 0, "pullback does not write entry 0 of g"},
    {SLOPE_BATCH, 0, "for the expert alone"},
    {SLOPE_INPUT, 0, "summed over the inputs"},
    {VALUE_BATCH, 0, "values gives f[4,0,0]"},
    {VALUE_INPUT, 0, "for the input alone"},
    {VALUE_UNWRITTEN, 0, "values does not write entry 39 of f"},
    {VALUE_NAN, 0, "values does not write entry 4 of f"},
    {VALUE_INFINITE, 0, "inf"},
    {PERIOD_WRONG, 0, "parameter 0 moves by its period 6.28"},
    {MOMENTS_OVERWRITE, 0, "moments and predict give F[0,0]"},
    {MOMENTS_WEIGHTS, 0, "weighted sum of values"},
    {MOMENTS_BATCH, 0, "weighted sum of values"},
    {PREDICT_WRONG, 0, "F[0,1]"},
    {OVERRUN_F, 0, "values writes past the end of f"},
    {OVERRUN_G, 0, "pullback writes past the end of g"},
    {OVERRUN_M, 0, "moments writes past the end of m"},
    {OVERRUN_PREDICTED, 0, "predict writes past the end of F"},
    {OVERRUN_WORK, 0, "values writes past the end of work"},
    {OVERRUN_WORK_SLOPE, 0, "pullback writes past the end of work"},
    {WORK_ZEROED, 0, "values does not write entry 0 of f"},
    {IMPURE_VALUES, MOE_EXPERT_PURE, "values is not pure"},
    {IMPURE_SLOPE, MOE_EXPERT_PURE, "pullback is not pure"},
    {IMPURE_MOMENTS, MOE_EXPERT_PURE, "moments is not pure"},
    {RACE_VALUES, EVERYTHING, "values is not thread-safe"},
    {RACE_SLOPE, EVERYTHING, "pullback is not thread-safe"},
    {RACE_MOMENTS, EVERYTHING, "moments is not thread-safe"},
    {RACE_VALUES, MOE_EXPERT_THREAD_SAFE, "values is not thread-safe"},
    {RACE_STATUS, MOE_EXPERT_THREAD_SAFE, "values returns -9 on several threads at once, but 0 on one"},
};

static void every_fault_is_found(void **state)
{
    int seen[FAULTS] = {1}; /* NO_FAULT */
    for (size_t k = 0; k < sizeof faults / sizeof faults[0]; k++) {
        seen[faults[k].fault] = 1;
        for (uint64_t seed = 0; seed < 3; seed++) {
            struct faulty self = {.fault = faults[k].fault, .scale = {1, 3}};
            assert_fails(*state, MOE_ERROR_CHECK, faults[k].words,
                         check(*state, &self, faults[k].flags, N, COUNT, seed));
            assert_true(faulty_is_clean(&self));
        }
    }
    for (int fault = 0; fault < FAULTS; fault++)
        assert_int_equal(seen[fault], 1);
}

/* Faults of numbers are found whatever the scale of the outputs. */
static void faults_are_found_at_every_scale(void **state)
{
    static const double scales[] = {1e-8, 1e-3, 1e3, 1e8};
    for (size_t k = 0; faults[k].fault < OVERRUN_F; k++)
        for (size_t s = 0; s < sizeof scales / sizeof scales[0]; s++) {
            struct faulty self = {.fault = faults[k].fault, .scale = {scales[s], scales[s]}};
            assert_fails(*state, MOE_ERROR_CHECK, faults[k].words,
                         check(*state, &self, faults[k].flags, N, COUNT, 7));
        }
}

/* The sentence gives the place and both numbers. */
static void sentences_give_both_numbers(void **state)
{
    struct faulty self = {.fault = VALUE_BATCH, .scale = {1, 1}};
    double in_batch = 0, alone = 0;
    assert_int_equal(check(*state, &self, 0, N, COUNT, 3), MOE_ERROR_CHECK);
    const char *sentence = moe_context_error(*state);
    assert_int_equal(
        sscanf(sentence,
               "values gives f[4,0,0] = %lf in a call of 5 experts and 4 inputs, but %lf for the expert",
               &in_batch, &alone),
        2);
    assert_close(in_batch / alone, 1 + 1e-5, 1e-12);
}

/* ---- failing callbacks, threads, memory, arguments -------------------------------------------- */

/* Each function fails at its first, second, ... call: the check ends with that, all undone. The status of a
 * failure that a smaller step may cure is passed over only where values is tried away from the points. */
static void failures_of_callbacks_end_the_check(void **state)
{
    static const char *const names[] = {"bind",   "workspace", "moment_count", "prepare",
                                        "values", "pullback",  "moments",      "predict"};
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
        for (int at = 0, done = 0; !done; at++) {
            struct faulty self = {.scale = {1, 3}, .fail_in = names[k], .fail_at = at, .fail_with = -4};
            const int32_t status = check(*state, &self, MOE_EXPERT_PURE, 2, 2, 3);
            assert_true(faulty_is_clean(&self));
            done = self.seen <= at; /* it never came to that call */
            if (done)
                assert_ok(*state, status);
            else {
                assert_fails(*state, MOE_ERROR_CALLBACK, names[k], status);
                assert_int_equal(moe_context_callback_status(*state), -4);
            }
            assert_true(at < 2000);
        }
}

static void recoverable_failures_near_the_points_are_passed_over(void **state)
{
    int passed = 0, failed = 0;
    for (int at = 0, done = 0; !done; at++) {
        struct faulty self = {.scale = {1, 3}, .fail_in = "values", .fail_at = at, .fail_with = 4};
        const int32_t status = check(*state, &self, 0, 2, 2, 3);
        done = self.seen <= at;
        if (status)
            assert_int_equal(status, MOE_ERROR_CALLBACK);
        passed += !status && !done;
        failed += status != MOE_OK;
    }
    assert_true(passed > 10);                /* differences, and values at moved points */
    assert_int_equal(failed, 1 + 2 + 2 + 2); /* all; each expert; each input; each moved by its period */
}

static int32_t check_everything(moe_context *context, void *self)
{
    return check(context, self, EVERYTHING, 2, 2, 3);
}

static void the_check_survives_lack_of_memory(void **state)
{
    (void)state;
    struct faulty self = {.scale = {1, 1}};
    assert_true(failing_sweep(check_everything, &self) > 30);
    assert_true(faulty_is_clean(&self));
}

static void bad_arguments_are_refused(void **state)
{
    moe_context *context = *state;
    struct faulty self = {.scale = {1, 1}};
    const moe_expert_ops ops = faulty_ops(0);
    const double x[N * P] = {0}, theta[D] = {0}, bad[D] = {0, (double)INFINITY};
    moe_expert *expert = NULL;
    assert_ok(context, moe_expert_create(context, &ops, &self, D, P, K, faulty_period, &expert));
    assert_int_equal(moe_expert_check(NULL, expert, N, x, 1, theta), MOE_ERROR_NULL);
    assert_fails(context, MOE_ERROR_NULL, "expert", moe_expert_check(context, NULL, N, x, 1, theta));
    assert_fails(context, MOE_ERROR_NULL, "x is NULL", moe_expert_check(context, expert, N, NULL, 1, theta));
    assert_fails(context, MOE_ERROR_SIZE, "n is 0", moe_expert_check(context, expert, 0, x, 1, theta));
    assert_fails(context, MOE_ERROR_SIZE, "count is 0", moe_expert_check(context, expert, N, x, 0, theta));
    assert_fails(context, MOE_ERROR_NOT_FINITE, "theta[1]", moe_expert_check(context, expert, N, x, 1, bad));
    assert_int_equal(self.calls, 0);
    moe_expert_destroy(expert);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_expert_passes_at_every_scale),
        cmocka_unit_test(a_right_expert_passes_for_every_shape),
        cmocka_unit_test(a_right_expert_passes_on_threads),
        cmocka_unit_test(promises_not_made_are_not_held),
        cmocka_unit_test(unusual_right_experts_pass),
        cmocka_unit_test(every_fault_is_found),
        cmocka_unit_test(faults_are_found_at_every_scale),
        cmocka_unit_test(sentences_give_both_numbers),
        cmocka_unit_test(failures_of_callbacks_end_the_check),
        cmocka_unit_test(recoverable_failures_near_the_points_are_passed_over),
        cmocka_unit_test(the_check_survives_lack_of_memory),
        cmocka_unit_test(bad_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, context_create, context_destroy);
}
