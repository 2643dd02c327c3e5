/* test_transport_handle.c - moe_transport: the plan has the marginals and costs what the bounds say, the
 * potentials are feasible and worth it, a gap is kept, order of calls, cancelling, memory.
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"
#include "unit/test_transport_support.h"

typedef struct {
    cloud a, b;
    double p;
    moe_measure *first, *second;
    moe_transport *transport;
} instance;

/* Some weights are 0; the measures are gone before the solve. */
static void make(uint64_t *seed, int trial, int64_t d, instance *it)
{
    static const double powers[] = {1, 2, 1.5, 3};
    static int whole[MAX_POINTS];
    random_cloud(seed, d, 1 + trial % 23, (unsigned)trial & 7u, &it->a);
    random_cloud(seed, d, trial % 4 ? 1 + trial % 23 : 1 + trial % 17, (unsigned)trial & 7u, &it->b);
    if (trial % 3 == 0) {
        random_weights(seed, &it->a, whole);
        random_weights(seed, &it->b, whole);
    }
    if (trial % 5 == 0) /* ties */
        for (int64_t i = 0; i < it->a.n * d; i++)
            it->a.x[i] = it->b.x[i % (it->b.n * d)];
    it->p = powers[trial % 4];
    moe_measure *first = measure_of(&it->a), *second = measure_of(&it->b);
    it->transport = NULL;
    assert_ok(context, moe_transport_create(context, first, second, it->p, &it->transport));
    moe_measure_destroy(first);
    moe_measure_destroy(second);
}

static void assert_plan(const instance *it)
{
    const int64_t *rows, *columns;
    const double *masses;
    double row[MAX_POINTS] = {0}, column[MAX_POINTS] = {0}, lower, upper;
    int64_t count = 0;
    long double cost = 0;
    assert_ok(context, moe_transport_plan(it->transport, &count, &rows, &columns, &masses));
    assert_true(0 < count && count <= it->a.n + it->b.n + 1);
    for (int64_t e = 0; e < count; e++) {
        assert_true(masses[e] > 0 && rows[e] >= 0 && rows[e] < it->a.n && columns[e] >= 0 &&
                    columns[e] < it->b.n);
        row[rows[e]] += masses[e];
        column[columns[e]] += masses[e];
        cost += masses[e] * reference_cost(&it->a, rows[e], &it->b, columns[e], it->p);
    }
    for (int64_t i = 0; i < it->a.n; i++)
        assert_close(row[i], it->a.w[i], 1e-14);
    for (int64_t j = 0; j < it->b.n; j++)
        assert_close(column[j], it->b.w[j], 1e-14);
    assert_ok(context, moe_transport_bounds(it->transport, &lower, &upper));
    assert_contains((interval){lower, upper}, pow((double)cost, 1 / it->p), diameter(&it->a, &it->b), it->p);
}

static void assert_potentials(const instance *it)
{
    const double *phi, *psi, largest = pow(diameter(&it->a, &it->b), it->p);
    double lower, upper;
    long double value = 0;
    assert_ok(context, moe_transport_potentials(it->transport, &phi, &psi));
    for (int64_t i = 0; i < it->a.n; i++)
        for (int64_t j = 0; j < it->b.n; j++) {
            const double over = phi[i] + psi[j] - (double)reference_cost(&it->a, i, &it->b, j, it->p);
            if (!(over <= 1e-12 * largest))
                fail_msg("d %d, p %g: phi[%d] + psi[%d] is above c by %.3g of the largest", (int)it->a.d,
                         it->p, (int)i, (int)j, over / largest);
        }
    for (int64_t i = 0; i < it->a.n; i++)
        value += it->a.w[i] * phi[i];
    for (int64_t j = 0; j < it->b.n; j++)
        value += it->b.w[j] * psi[j];
    assert_ok(context, moe_transport_bounds(it->transport, &lower, &upper));
    assert_close((double)value, pow(lower, it->p), 1e-12 * largest);
}

static void plans_and_potentials_prove_the_bounds(void **state)
{
    (void)state;
    static instance it;
    uint64_t seed = 1;
    for (int trial = 0; trial < 900; trial++) {
        make(&seed, trial, 1 + trial / 2 % 3, &it);
        assert_string_equal(moe_transport_method(it.transport), "");
        assert_ok(context, moe_transport_solve(it.transport));
        assert_true(strlen(moe_transport_method(it.transport)) > 0);
        assert_plan(&it);
        assert_potentials(&it);
        const interval direct = distance(&it.a, &it.b, it.p);
        interval here;
        assert_ok(context, moe_transport_bounds(it.transport, &here.lower, &here.upper));
        assert_true(here.lower == direct.lower && here.upper == direct.upper);
        moe_transport_destroy(it.transport);
    }
}

static void arrays_stay_until_the_next_solve(void **state)
{
    (void)state;
    static instance it;
    uint64_t seed = 2;
    const int64_t *rows, *again, *columns;
    const double *masses, *phi, *psi, *phi_again;
    int64_t count;
    make(&seed, 22, 2, &it);
    assert_ok(context, moe_transport_solve(it.transport));
    assert_ok(context, moe_transport_plan(it.transport, &count, &rows, &columns, &masses));
    assert_ok(context, moe_transport_potentials(it.transport, &phi, &psi));
    assert_ok(context, moe_transport_plan(it.transport, &count, &again, &columns, &masses));
    assert_ok(context, moe_transport_potentials(it.transport, &phi_again, &psi));
    assert_true(rows == again && phi == phi_again);
    assert_ok(context, moe_transport_solve(it.transport));
    assert_plan(&it);
    assert_potentials(&it);
    moe_transport_destroy(it.transport);
}

/* With a gap, either bound holds and they are within it; then the same handle finds the exact value. */
static void keeps_the_gap(void **state)
{
    (void)state;
    static instance it;
    uint64_t seed = 3;
    for (int trial = 0; trial < 60; trial++) {
        const double gap = trial % 2 ? 0.1 : 0.001;
        interval rough, exact;
        make(&seed, trial, 1 + trial % 3, &it);
        assert_ok(context, moe_transport_set_gap(it.transport, gap));
        assert_ok(context, moe_transport_solve(it.transport));
        assert_ok(context, moe_transport_bounds(it.transport, &rough.lower, &rough.upper));
        assert_ok(context, moe_transport_set_gap(it.transport, 0));
        assert_ok(context, moe_transport_solve(it.transport));
        assert_ok(context, moe_transport_bounds(it.transport, &exact.lower, &exact.upper));
        assert_true(rough.lower <= exact.lower && exact.upper <= rough.upper);
        assert_true(rough.upper <= (1 + gap) * rough.lower * (1 + 1e-12) + 1e-7);
        moe_transport_destroy(it.transport);
    }
}

static int32_t stop(void *self, const char *what, double part)
{
    (void)what;
    (void)part;
    return --*(int *)self == 0;
}

/* Cancelled at each report in turn: the interval holds the distance, and the next solve finds it. */
static void a_cancelled_solve_leaves_true_bounds(void **state)
{
    (void)state;
    static instance it;
    uint64_t seed = 4;
    for (int64_t d = 1; d <= 2; d++) {
        make(&seed, 22, d, &it);
        const interval exact = distance(&it.a, &it.b, it.p);
        for (int calls = 1;; calls++) {
            int left = calls;
            interval found;
            assert_ok(context, moe_context_set_progress(context, stop, &left));
            const int32_t status = moe_transport_solve(it.transport);
            assert_ok(context, moe_context_set_progress(context, NULL, NULL));
            assert_ok(context, moe_transport_bounds(it.transport, &found.lower, &found.upper));
            assert_true(found.lower <= exact.upper && exact.lower <= found.upper);
            if (left > 0) {
                assert_ok(context, status);
                break;
            }
            assert_fails(context, MOE_ERROR_CANCELLED, "cancelled", status);
        }
        assert_plan(&it);
        moe_transport_destroy(it.transport);
    }
}

static void refuses_bad_input(void **state)
{
    (void)state;
    static cloud a, b;
    uint64_t seed = 5;
    moe_transport *none = NULL;
    int64_t count;
    const int64_t *rows;
    const double *values;
    double lower = -1, upper = -1;
    random_cloud(&seed, 2, 5, 0, &a);
    random_cloud(&seed, 2, 5, 1, &b);
    moe_measure *first = measure_of(&a), *other = measure_of(&b);
    assert_int_equal(moe_transport_create(NULL, first, first, 1, &none), MOE_ERROR_NULL);
    assert_fails(context, MOE_ERROR_NULL, "a is NULL", moe_transport_create(context, NULL, first, 1, &none));
    assert_fails(context, MOE_ERROR_NULL, "b is NULL", moe_transport_create(context, first, NULL, 1, &none));
    assert_fails(context, MOE_ERROR_NULL, "transport", moe_transport_create(context, first, first, 1, NULL));
    assert_fails(context, MOE_ERROR_DOMAIN, "b", moe_transport_create(context, first, other, 1, &none));
    assert_fails(context, MOE_ERROR_VALUE, "p is 0.5",
                 moe_transport_create(context, first, first, 0.5, &none));
    assert_fails(context, MOE_ERROR_UNSUPPORTED, "p is 600",
                 moe_transport_create(context, first, first, 600, &none));
    assert_null(none);
    moe_transport *it = NULL;
    assert_ok(context, moe_transport_create(context, first, first, 1, &it));
    assert_int_equal(moe_transport_set_gap(NULL, 0), MOE_ERROR_NULL);
    assert_fails(context, MOE_ERROR_VALUE, "gap is -1", moe_transport_set_gap(it, -1));
    assert_fails(context, MOE_ERROR_VALUE, "gap is", moe_transport_set_gap(it, NAN));
    assert_int_equal(moe_transport_solve(NULL), MOE_ERROR_NULL);
    assert_int_equal(moe_transport_bounds(NULL, &lower, &upper), MOE_ERROR_NULL);
    assert_fails(context, MOE_ERROR_NULL, "lower", moe_transport_bounds(it, NULL, &upper));
    assert_fails(context, MOE_ERROR_NULL, "upper", moe_transport_bounds(it, &lower, NULL));
    assert_ok(context, moe_transport_bounds(it, &lower, &upper));
    assert_true(lower == 0 && isinf(upper));
    assert_int_equal(moe_transport_plan(NULL, &count, &rows, &rows, &values), MOE_ERROR_NULL);
    assert_fails(context, MOE_ERROR_ORDER, "not been solved",
                 moe_transport_plan(it, &count, &rows, &rows, &values));
    assert_fails(context, MOE_ERROR_NULL, "masses", moe_transport_plan(it, &count, &rows, &rows, NULL));
    assert_int_equal(moe_transport_potentials(NULL, &values, &values), MOE_ERROR_NULL);
    assert_fails(context, MOE_ERROR_ORDER, "not been solved", moe_transport_potentials(it, &values, &values));
    assert_fails(context, MOE_ERROR_NULL, "psi", moe_transport_potentials(it, &values, NULL));
    assert_string_equal(moe_transport_method(NULL), "");
    moe_transport_destroy(NULL);
    moe_transport_destroy(it);
    moe_measure_destroy(other);
    moe_measure_destroy(first);
}

static int32_t use_once(moe_context *fresh, void *self)
{
    const cloud *pair = self;
    moe_measure *measure[2] = {NULL, NULL};
    moe_transport *transport = NULL;
    const int64_t *rows, *columns;
    const double *masses;
    int64_t count;
    int32_t status = MOE_OK;
    for (int side = 0; side < 2 && !status; side++)
        status = moe_measure_create(fresh, pair[side].d, pair[side].period, pair[side].n, pair[side].x,
                                    pair[side].w, &measure[side]);
    if (!status)
        status = moe_transport_create(fresh, measure[0], measure[1], 2, &transport);
    moe_measure_destroy(measure[0]);
    moe_measure_destroy(measure[1]);
    if (!status)
        status = moe_transport_solve(transport);
    if (!status)
        status = moe_transport_plan(transport, &count, &rows, &columns, &masses);
    if (!status)
        status = moe_transport_potentials(transport, &masses, &masses);
    moe_transport_destroy(transport);
    return status;
}

static void survives_every_failed_allocation(void **state)
{
    (void)state;
    static cloud pair[2];
    static int whole[MAX_POINTS];
    uint64_t seed = 6;
    for (int trial = 0; trial < 4; trial++) {
        random_cloud(&seed, 1 + trial / 2, 20, (unsigned)trial & 1u, &pair[0]);
        random_cloud(&seed, 1 + trial / 2, 30, (unsigned)trial & 1u, &pair[1]);
        random_weights(&seed, &pair[0], whole);
        assert_true(failing_sweep(use_once, pair) > 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plans_and_potentials_prove_the_bounds),
        cmocka_unit_test(arrays_stay_until_the_next_solve),
        cmocka_unit_test(keeps_the_gap),
        cmocka_unit_test(a_cancelled_solve_leaves_true_bounds),
        cmocka_unit_test(refuses_bad_input),
        cmocka_unit_test(survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, make_context, drop_context);
}
