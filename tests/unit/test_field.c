/* test_field.c - recorded fields, and tracers driven by them.
 *
 * A tracer is a particle of the limit: started where a node of the limit's quadrature starts, it must end
 * where that node ends.
 *
 * SPDX-License-Identifier: MIT */
#include "support/mixture.h"

enum { N = 144 };

static moe_measure *nodes_of(struct mixture *m)
{
    const int64_t sizes[] = {12, 12};
    moe_measure *nodes;
    assert_ok(m->context, moe_measure_tensor(m->context, m->law, sizes, &nodes));
    return nodes;
}

static moe_flow *recording_flow(struct mixture *m, const moe_measure *mu, int32_t method, double tolerance)
{
    moe_flow *flow;
    assert_ok(m->context, moe_flow_create(m->context, m->model, mu, &flow));
    assert_ok(m->context, moe_flow_record(flow));
    assert_ok(m->context, moe_flow_set_method(flow, method)); /* after record: it must follow */
    assert_ok(m->context, moe_flow_set_tolerance(flow, 0, tolerance));
    return flow;
}

static void check_tracers(int32_t method, double tolerance, double bound)
{
    struct mixture m;
    assert_int_equal(mixture_make(&m, NULL, N), MOE_OK);
    moe_measure *nodes = nodes_of(&m);
    moe_flow *limit = recording_flow(&m, nodes, method, tolerance), *tracers;
    moe_field *field;
    assert_ok(m.context, moe_flow_advance(limit, 1.7));
    assert_ok(m.context, moe_flow_advance(limit, 4));
    assert_ok(m.context, moe_flow_field(limit, &field));
    assert_true(moe_field_begin(field) == 0 && moe_field_end(field) == 4);
    assert_ok(m.context, moe_flow_create_driven(m.context, field, nodes, &tracers));
    assert_ok(m.context, moe_flow_set_tolerance(tracers, 0, 1e-13));
    assert_ok(m.context, moe_flow_advance(tracers, 4));
    for (int i = 0; i < 2 * N; i++)
        assert_close(moe_flow_points(tracers)[i], moe_flow_points(limit)[i], bound);
    moe_flow_destroy(tracers);
    moe_flow_destroy(limit);
    moe_field_destroy(field);
    moe_measure_destroy(nodes);
    mixture_free(&m);
}

static void test_tracers_follow_the_limit(void **state)
{
    (void)state;
    check_tracers(MOE_METHOD_DOP853, 1e-12, 1e-11);
    check_tracers(MOE_METHOD_DOP853, 1e-8, 1e-7);
    check_tracers(MOE_METHOD_DOPRI5, 1e-10, 1e-9);
    for (double tolerance = 1e-4; tolerance > 0.9e-11; tolerance /= 10) {
        check_tracers(MOE_METHOD_DOPRI5, tolerance, 10 * tolerance);
        check_tracers(MOE_METHOD_DOP853, tolerance, 10 * tolerance);
        check_tracers(MOE_METHOD_ADAMS, tolerance, 10 * tolerance);
        if (tolerance > 0.9e-6)
            check_tracers(MOE_METHOD_RKC, tolerance, 10 * tolerance);
    }
}

/* tracers may be moved by any method */
static void test_every_method_can_be_driven(void **state)
{
    (void)state;
    struct mixture m;
    moe_field *field;
    assert_int_equal(mixture_make(&m, NULL, N), MOE_OK);
    moe_flow *limit = recording_flow(&m, m.mu, MOE_METHOD_DOP853, 1e-11);
    assert_ok(m.context, moe_flow_advance(limit, 3));
    assert_ok(m.context, moe_flow_field(limit, &field));
    const int32_t methods[] = {MOE_METHOD_DOPRI5, MOE_METHOD_DOP853, MOE_METHOD_ADAMS, MOE_METHOD_RKC,
                               MOE_METHOD_LOW_STORAGE};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        const double tolerance = methods[i] == MOE_METHOD_RKC ? 1e-5 : 1e-9;
        moe_flow *tracers;
        assert_ok(m.context, moe_flow_create_driven(m.context, field, m.mu, &tracers));
        assert_ok(m.context, moe_flow_set_method(tracers, methods[i]));
        assert_ok(m.context, moe_flow_set_tolerance(tracers, 0, tolerance));
        for (double time = 1; time <= 3; time++)
            assert_ok(m.context, moe_flow_advance(tracers, time));
        for (int a = 0; a < 2 * N; a++)
            assert_close(moe_flow_points(tracers)[a], moe_flow_points(limit)[a], 10 * tolerance);
        moe_flow_destroy(tracers);
    }
    moe_flow_destroy(limit);
    moe_field_destroy(field);
    mixture_free(&m);
}

/* the field between its steps against a flow that lands there */
static void test_predictions_in_time(void **state)
{
    (void)state;
    struct mixture m;
    double f[MIXTURE_POINTS], expected[MIXTURE_POINTS];
    assert_int_equal(mixture_make(&m, NULL, N), MOE_OK);
    const int32_t methods[] = {MOE_METHOD_DOP853, MOE_METHOD_DOPRI5, MOE_METHOD_ADAMS};
    for (int i = 0; i < 3; i++) {
        moe_flow *flow = recording_flow(&m, m.mu, methods[i], 1e-11), *exact;
        moe_field *field;
        assert_ok(m.context, moe_flow_advance(flow, 3));
        assert_ok(m.context, moe_flow_field(flow, &field));
        assert_ok(m.context, moe_flow_create(m.context, m.model, m.mu, &exact));
        assert_ok(m.context, moe_flow_set_tolerance(exact, 0, 1e-14));
        for (double time = 0; time <= 3; time += 0.1) {
            assert_ok(m.context, moe_flow_advance(exact, time));
            assert_ok(m.context, moe_flow_predictions(exact, expected));
            assert_ok(m.context, moe_field_predictions(m.context, field, time, f));
            for (int j = 0; j < MIXTURE_POINTS; j++)
                assert_close(f[j], expected[j], 2e-10);
        }
        moe_flow_destroy(exact);
        moe_flow_destroy(flow);
        moe_field_destroy(field);
    }
    mixture_free(&m);
}

/* tracers do not act on one another, and recording changes no step of the limit */
static void test_tracers_are_free(void **state)
{
    (void)state;
    struct mixture m;
    moe_flow *plain, *many, *one;
    moe_field *field;
    moe_measure *single;
    const double turns[] = {2 * PI, 2 * PI};
    assert_int_equal(mixture_make(&m, NULL, N), MOE_OK);
    moe_flow *flow = recording_flow(&m, m.mu, MOE_METHOD_DOP853, 1e-9);
    assert_ok(m.context, moe_flow_advance(flow, 2));
    assert_ok(m.context, moe_flow_create(m.context, m.model, m.mu, &plain));
    assert_ok(m.context, moe_flow_set_tolerance(plain, 0, 1e-9));
    assert_ok(m.context, moe_flow_advance(plain, 2));
    assert_memory_equal(moe_flow_points(flow), moe_flow_points(plain), 2 * N * sizeof(double));
    assert_ok(m.context, moe_flow_field(flow, &field));
    assert_ok(m.context,
              moe_measure_create(m.context, 2, turns, 1, moe_measure_points(m.mu) + 2, NULL, &single));
    assert_ok(m.context, moe_flow_create_driven(m.context, field, m.mu, &many));
    assert_ok(m.context, moe_flow_create_driven(m.context, field, single, &one));
    assert_ok(m.context, moe_flow_advance(many, 2));
    assert_ok(m.context, moe_flow_advance(one, 2));
    for (int a = 0; a < 2; a++)
        assert_close(moe_flow_points(many)[2 + a], moe_flow_points(one)[a], 1e-7);
    moe_flow_destroy(plain);
    moe_flow_destroy(many);
    moe_flow_destroy(one);
    moe_flow_destroy(flow);
    moe_measure_destroy(single);
    moe_field_destroy(field);
    mixture_free(&m);
}

static void test_bad_input(void **state)
{
    (void)state;
    struct mixture m;
    moe_flow *plain, *driven;
    moe_field *field = NULL;
    double f[MIXTURE_POINTS];
    assert_int_equal(mixture_make(&m, NULL, N), MOE_OK);
    assert_ok(m.context, moe_flow_create(m.context, m.model, m.mu, &plain));
    assert_fails(m.context, MOE_ERROR_ORDER, "moe_flow_record", moe_flow_field(plain, &field));
    moe_flow *flow = recording_flow(&m, m.mu, MOE_METHOD_DOP853, 1e-6);
    assert_fails(m.context, MOE_ERROR_ORDER, "no step", moe_flow_field(flow, &field));
    assert_null(field);
    assert_fails(m.context, MOE_ERROR_NULL, "field", moe_flow_field(flow, NULL));
    assert_ok(m.context, moe_flow_advance(flow, 1));
    assert_ok(m.context, moe_flow_field(flow, &field));
    assert_fails(m.context, MOE_ERROR_TIME, "1.5", moe_field_predictions(m.context, field, 1.5, f));
    assert_fails(m.context, MOE_ERROR_TIME, "nan", moe_field_predictions(m.context, field, (double)NAN, f));
    assert_fails(m.context, MOE_ERROR_NULL, "field", moe_field_predictions(m.context, NULL, 1, f));
    assert_fails(m.context, MOE_ERROR_NULL, "f is", moe_field_predictions(m.context, field, 1, NULL));
    assert_int_equal(moe_field_predictions(NULL, field, 1, f), MOE_ERROR_NULL);
    assert_true(isnan(moe_field_begin(NULL)) && isnan(moe_field_end(NULL)));
    assert_ok(m.context, moe_flow_create_driven(m.context, field, m.mu, &driven));
    assert_fails(m.context, MOE_ERROR_TIME, "field ends at 1", moe_flow_advance(driven, 1.5));
    assert_fails(m.context, MOE_ERROR_ORDER, "driven", moe_flow_record(driven));
    assert_fails(m.context, MOE_ERROR_ORDER, "driven", moe_flow_energy(driven, f, f + 1));
    moe_flow_destroy(driven);
    moe_flow_destroy(flow);
    moe_flow_destroy(plain);
    moe_field_destroy(field);
    moe_field_destroy(NULL);
    mixture_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tracers_follow_the_limit),
        cmocka_unit_test(test_every_method_can_be_driven),
        cmocka_unit_test(test_predictions_in_time),
        cmocka_unit_test(test_tracers_are_free),
        cmocka_unit_test(test_bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
