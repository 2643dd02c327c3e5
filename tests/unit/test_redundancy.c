/* test_redundancy.c - sensitivities against closed forms; redundant parameters of circuits, and that the
 * reduced law has the same predictions along the flow.
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"

#include "measure/law.h"

enum { POINTS = 4, MOST = 5 };
static const double inputs[POINTS] = {-0.9, 0.2, 0.8, 1.7}, targets[POINTS] = {0.6, 0.9, 0.5, -0.4};

struct fixture {
    moe_context *context;
    qnn_circuit *circuit;
    moe_expert *expert;
    moe_model *model;
    moe_law *law;
};

/* gates as text: letter, qubit, then x, or the number of a parameter: "Y0x Y00 Z01" */
static int32_t circuit_of(struct fixture *f, int64_t qubits, int64_t d, const char *gates,
                          const double *scales)
{
    int32_t status = qnn_circuit_create(f->context, qubits, d, 1, 1, &f->circuit);
    for (const char *g = gates; !status && *g; g += g[3] ? 4 : 3) {
        const int64_t q[2] = {g[1] - '0', g[2] - '0'};
        const char letter[2] = {g[0], 0};
        if (*g == 'C')
            status = qnn_circuit_gate(f->circuit, "CNOT", q);
        else if (g[2] == 'x')
            status = qnn_circuit_rotation(f->circuit, letter, q, QNN_INPUT, 0, 1, 0);
        else
            status =
                qnn_circuit_rotation(f->circuit, letter, q, QNN_THETA, q[1], scales ? scales[q[1]] : 1, 0.3);
    }
    return status;
}

/* observable Z on qubit 0, or the terms given */
static int32_t fixture_make(struct fixture *f, moe_context *context, int64_t qubits, int64_t d,
                            const char *gates, const double *scales, const double *period)
{
    *f = (struct fixture){.context = context};
    int32_t status = circuit_of(f, qubits, d, gates, scales);
    if (!status)
        status = qnn_circuit_observable(f->circuit, 0, 1, qubits == 1 ? "Z" : "ZI");
    if (!status)
        status = qnn_expert_create(context, f->circuit, period, &f->expert);
    if (!status)
        status = moe_model_create(context, f->expert, POINTS, inputs, targets, NULL, &f->model);
    if (!status)
        status = moe_law_create(context, d, moe_expert_period(f->expert), &f->law);
    return status;
}

static void fixture_free(struct fixture *f)
{
    moe_law_destroy(f->law);
    moe_model_destroy(f->model);
    moe_expert_destroy(f->expert);
    qnn_circuit_destroy(f->circuit);
}

/* Predictions at t = 1.5, at the data and at x = 2.5, from a tensor rule of n nodes in what is not fixed. */
static void predict(const struct fixture *f, const moe_law *law, int64_t n, double *out)
{
    int64_t sizes[MOST];
    const double x = 2.5;
    moe_measure *mu = NULL, *then = NULL;
    moe_flow *flow = NULL;
    for (int64_t k = 0; k < law->d; k++)
        sizes[k] = law->coordinate[k].kind == MOEI_LAW_FIXED ? 1 : n;
    assert_ok(f->context, moe_measure_tensor(f->context, law, sizes, &mu));
    assert_ok(f->context, moe_flow_create(f->context, f->model, mu, &flow));
    assert_ok(f->context, moe_flow_set_tolerance(flow, 0, 1e-12));
    assert_ok(f->context, moe_flow_advance(flow, 1.5));
    assert_ok(f->context, moe_flow_predictions(flow, out));
    assert_ok(f->context, moe_flow_measure(flow, &then));
    assert_ok(f->context, moe_model_predict(f->context, f->model, then, 1, &x, out + POINTS));
    moe_measure_destroy(then);
    moe_flow_destroy(flow);
    moe_measure_destroy(mu);
}

/* The reduced law has this form, and the same predictions. */
static void check_form(const struct fixture *f, const double *want, int64_t n, double tolerance)
{
    const int64_t d = f->law->d;
    double form[MOST * MOST], full[POINTS + 1], less[POINTS + 1];
    const double x = 2.5;
    moe_law *reduced = NULL;
    assert_ok(f->context, moe_model_reduce(f->context, f->model, f->law, 1, &x, &reduced, form));
    for (int64_t i = 0; i < d * d; i++)
        assert_close(form[i], want[i], 1e-9);
    for (int64_t k = 0; k < d; k++)
        assert_int_equal(reduced->coordinate[k].kind == MOEI_LAW_FIXED,
                         want[k * d + k] == 0 || f->law->coordinate[k].kind == MOEI_LAW_FIXED);
    predict(f, f->law, n, full);
    predict(f, reduced, n, less);
    double largest = 0;
    for (int j = 0; j <= POINTS; j++) {
        assert_close(full[j], less[j], tolerance);
        largest = fmax(largest, fabs(full[j]));
    }
    assert_true(largest > 0.02);
    moe_law_destroy(reduced);
}

/* ---- sensitivity ----------------------------------------------------------------------------------- */

/* f = cos(2 a + b + x + 0.6): S = mean of sin^2 times (2, 1)(2, 1)^T, and the mean over a torus is 1/2. */
static void sensitivities_have_closed_forms(void **state)
{
    struct fixture f;
    const double scales[2] = {2, 1};
    const int64_t sizes[2] = {8, 9};
    double s[4];
    moe_measure *mu = NULL;
    assert_ok(*state, fixture_make(&f, *state, 1, 2, "Y0x Y00 Y01", scales, NULL));
    assert_ok(*state, moe_measure_tensor(*state, f.law, sizes, &mu));
    assert_ok(*state, moe_model_sensitivity(*state, f.model, mu, s));
    assert_close(s[0], 2, 1e-13);
    assert_close(s[1], 1, 1e-13);
    assert_close(s[2], 1, 1e-13);
    assert_close(s[3], 0.5, 1e-13);
    moe_measure_destroy(mu);
    fixture_free(&f);
}

/* Trace of the kernel at the data = trace of S, with weights v. */
static void sensitivity_and_kernel_have_the_same_trace(void **state)
{
    struct fixture f;
    double s[9], kernel[POINTS * POINTS], left = 0, right = 0;
    moe_measure *mu = NULL;
    assert_ok(*state, fixture_make(&f, *state, 2, 3, "Y0x Y1x Y00 X11 C01 C10 Z02 X0x", NULL, NULL));
    assert_ok(*state, moe_measure_random(*state, f.law, 1, 0, 0, 100, &mu));
    assert_ok(*state, moe_model_sensitivity(*state, f.model, mu, s));
    assert_ok(*state, moe_model_kernel(*state, f.model, mu, POINTS, inputs, POINTS, inputs, kernel));
    for (int a = 0; a < 3; a++)
        left += s[4 * a];
    for (int j = 0; j < POINTS; j++)
        right += kernel[(POINTS + 1) * j] / POINTS;
    assert_true(left > 0.1);
    assert_close(left, right, 1e-13);
    moe_measure_destroy(mu);
    fixture_free(&f);
}

/* ---- circuits ------------------------------------------------------------------------------------ */

static void angles_that_no_output_sees_are_fixed(void **state)
{
    static const struct {
        int64_t qubits, d;
        const char *gates;
        double form[9];
    } cases[] = {
        {1, 2, "Y0x Y00 Z01", {1, 0, 0, 0}},                        /* RZ before Z is measured */
        {1, 3, "Y0x X00 Y02", {1, 0, 0, 0, 0, 0, 0, 0, 1}},         /* a parameter in no gate  */
        {2, 3, "Y0x Y00 Y11 C01 Z02", {1, 0, 0, 0, 0, 0, 0, 0, 0}}, /* another qubit's too     */
        {2, 3, "Y0x Y00 Y11 C10 Z02", {1, 0, 0, 0, 1, 0, 0, 0, 0}}, /* now qubit 1 is seen     */
        {1, 3, "Y0x X00 Y01 X02", {1, 0, 0, 0, 1, 0, 0, 0, 1}},     /* none                    */
        {1, 2, "Z00 Y0x X01", {0, 0, 0, 1}},                        /* RZ on |0>               */
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct fixture f;
        assert_ok(*state, fixture_make(&f, *state, cases[c].qubits, cases[c].d, cases[c].gates, NULL, NULL));
        check_form(&f, cases[c].form, 20, 1e-10);
        fixture_free(&f);
    }
}

static void angles_that_add_up_become_one(void **state)
{
    static const struct {
        int64_t d;
        const char *gates;
        double scales[3], form[9];
    } cases[] = {
        {3, "X0x Z00 Z01 X02", {1, 1, 1}, {1, 1, 0, 0, 0, 0, 0, 0, 1}},
        {3, "X0x Z00 Z01 X02", {1, -1, 1}, {1, -1, 0, 0, 0, 0, 0, 0, 1}},
        {3, "X0x Z00 Z01 X02", {1, 2, 1}, {1, 2, 0, 0, 0, 0, 0, 0, 1}},
        {3, "X0x Z00 Z01 X02", {3, 1, 1}, {1, 1.0 / 3, 0, 0, 0, 0, 0, 0, 1}},
        {3, "X0x Y00 Y01 Y02", {1, 1, 1}, {1, 1, 1, 0, 0, 0, 0, 0, 0}},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct fixture f;
        assert_ok(*state, fixture_make(&f, *state, 1, cases[c].d, cases[c].gates, cases[c].scales, NULL));
        check_form(&f, cases[c].form, 24, 1e-9);
        fixture_free(&f);
    }
}

/* Sums of normals, on the line and wrapped; a scale whose ratio is no fraction. */
static void normals_add_their_variances(void **state)
{
    static const double line[2] = {(double)INFINITY, (double)INFINITY};
    static const double scales[2] = {1, 0.7310585786}, wrapping[2] = {1, 2};
    for (int wrapped = 0; wrapped < 2; wrapped++) {
        struct fixture f;
        const double *s = wrapped ? wrapping : scales, form[4] = {1, s[1], 0, 0};
        double unused[4];
        moe_law *reduced = NULL;
        assert_ok(*state, fixture_make(&f, *state, 1, 2, "X0x X00 X01", s, wrapped ? NULL : line));
        assert_ok(*state, moe_law_set_normal(f.law, 0, 0.4, 0.5));
        assert_ok(*state, moe_law_set_normal(f.law, 1, -0.2, 0.3));
        check_form(&f, form, 60, 1e-10);
        assert_ok(*state, moe_model_reduce(*state, f.model, f.law, 0, NULL, &reduced, unused));
        assert_close(reduced->coordinate[0].a, 0.4, 0);
        assert_close(reduced->coordinate[0].b, hypot(0.5, 0.3 * s[1]), 1e-10);
        assert_close(reduced->coordinate[1].a, -0.2, 0);
        moe_law_destroy(reduced);
        fixture_free(&f);
    }
}

/* A uniform angle takes up any other; two laws whose sum has no name stay. */
static void laws_decide_what_can_be_fixed(void **state)
{
    struct fixture f;
    const double taken[4] = {0, 0, 1, 1}, both[4] = {1, 0, 0, 1}, nothing[4] = {1, 0, 0, 1};
    assert_ok(*state, fixture_make(&f, *state, 1, 2, "X0x X00 X01", NULL, NULL));
    assert_ok(*state, moe_law_set_von_mises(f.law, 0, 0.3, 2));
    check_form(&f, taken, 32, 1e-10); /* angle 1 is uniform: it is kept, whatever the order */
    assert_ok(*state, moe_law_set_normal(f.law, 1, 0.3, 0.4));
    check_form(&f, both, 24, 1e-10);
    assert_ok(*state, moe_law_set_fixed(f.law, 0, 0));
    assert_ok(*state, moe_law_set_fixed(f.law, 1, -0.6)); /* where f is stationary at x = 0: no proof */
    double form[4];
    moe_law *reduced = NULL;
    assert_ok(*state, moe_model_reduce(*state, f.model, f.law, 0, NULL, &reduced, form));
    assert_true(form[0] == 1 || form[3] == 1); /* not both inactive */
    moe_law_destroy(reduced);
    fixture_free(&f);
    const double rows[6] = {0, 1, 2, 3, 4, 5};
    assert_ok(*state, fixture_make(&f, *state, 1, 2, "X0x X00 Z01", NULL, NULL));
    assert_ok(*state, moe_law_set_samples(f.law, 0, 2, 3, rows));
    assert_ok(*state, moe_model_reduce(*state, f.model, f.law, 0, NULL, &reduced, form));
    for (int i = 0; i < 4; i++)
        assert_close(form[i], nothing[i], 0); /* a block of samples is not torn apart */
    moe_law_destroy(reduced);
    fixture_free(&f);
}

/* At x = 0 the last rotation does nothing, and the RZ before it is not seen; elsewhere it is. */
static void further_inputs_count(void **state)
{
    struct fixture f;
    const double zero[POINTS] = {0}, x = 0.7;
    double form[4];
    moe_model *model = NULL;
    moe_law *reduced = NULL;
    assert_ok(*state, fixture_make(&f, *state, 1, 2, "Y00 Z01 X0x", NULL, NULL));
    assert_ok(*state, moe_model_create(*state, f.expert, POINTS, zero, targets, NULL, &model));
    assert_ok(*state, moe_model_reduce(*state, model, f.law, 0, NULL, &reduced, form));
    assert_close(form[3], 0, 0);
    moe_law_destroy(reduced);
    assert_ok(*state, moe_model_reduce(*state, model, f.law, 1, &x, &reduced, form));
    assert_close(form[3], 1, 0);
    moe_law_destroy(reduced);
    moe_model_destroy(model);
    fixture_free(&f);
}

/* f = cos(a + b + x) + small cos(b + x) on two qubits: a real dependence, however small, is kept. */
static void small_dependences_are_kept(void **state)
{
    static const double small[] = {1e-3, 1e-6, 1e-9, 1e-10};
    for (int i = 0; i < 4; i++) {
        double form[9];
        struct fixture f = {.context = *state};
        moe_law *reduced = NULL;
        assert_ok(*state, circuit_of(&f, 2, 3, "X0x X00 X01 X1x X11 Z12", NULL));
        assert_ok(*state, qnn_circuit_observable(f.circuit, 0, 1, "ZI"));
        assert_ok(*state, qnn_circuit_observable(f.circuit, 0, small[i], "IZ"));
        assert_ok(*state, qnn_expert_create(*state, f.circuit, NULL, &f.expert));
        assert_ok(*state, moe_model_create(*state, f.expert, POINTS, inputs, targets, NULL, &f.model));
        assert_ok(*state, moe_law_create(*state, 3, moe_expert_period(f.expert), &f.law));
        assert_ok(*state, moe_model_reduce(*state, f.model, f.law, 0, NULL, &reduced, form));
        assert_close(form[0], 1, 0);
        assert_close(form[4], 1, 0);
        assert_close(form[1], 0, 0);
        assert_close(form[8], 0, 0); /* the RZ at the end is not seen */
        moe_law_destroy(reduced);
        fixture_free(&f);
    }
}

/* ---- misuse -------------------------------------------------------------------------------------- */

static void bad_arguments_are_refused(void **state)
{
    moe_context *context = *state;
    struct fixture f;
    const double nan = (double)NAN, one = 1, pair[2] = {2 * PI, 1};
    double s[4];
    moe_law *other = NULL, *reduced = (moe_law *)&reduced;
    moe_measure *mu = NULL;
    assert_ok(context, fixture_make(&f, context, 1, 2, "X0x X00 X01", NULL, NULL));
    assert_ok(context, moe_measure_random(context, f.law, 1, 0, 0, 4, &mu));
    assert_int_equal(moe_model_reduce(NULL, f.model, f.law, 0, NULL, &reduced, NULL), MOE_ERROR_NULL);
    assert_null(reduced);
    assert_fails(context, MOE_ERROR_NULL, "model",
                 moe_model_reduce(context, NULL, f.law, 0, NULL, &reduced, s));
    assert_fails(context, MOE_ERROR_NULL, "law",
                 moe_model_reduce(context, f.model, NULL, 0, NULL, &reduced, s));
    assert_fails(context, MOE_ERROR_NULL, "reduced",
                 moe_model_reduce(context, f.model, f.law, 0, NULL, NULL, s));
    assert_fails(context, MOE_ERROR_NULL, "x",
                 moe_model_reduce(context, f.model, f.law, 1, NULL, &reduced, s));
    assert_fails(context, MOE_ERROR_SIZE, "m is -1",
                 moe_model_reduce(context, f.model, f.law, -1, &one, &reduced, s));
    assert_fails(context, MOE_ERROR_NOT_FINITE, "x[0]",
                 moe_model_reduce(context, f.model, f.law, 1, &nan, &reduced, s));
    assert_ok(context, moe_law_create(context, 2, pair, &other));
    assert_fails(context, MOE_ERROR_DOMAIN, "coordinate 1",
                 moe_model_reduce(context, f.model, other, 0, NULL, &reduced, s));
    moe_law_destroy(other);
    assert_ok(context, moe_law_create(context, 1, pair, &other));
    assert_fails(context, MOE_ERROR_DOMAIN, "1 coordinates",
                 moe_model_reduce(context, f.model, other, 0, NULL, &reduced, s));
    moe_law_destroy(other);
    assert_int_equal(moe_model_sensitivity(NULL, f.model, mu, s), MOE_ERROR_NULL);
    assert_fails(context, MOE_ERROR_NULL, "model", moe_model_sensitivity(context, NULL, mu, s));
    assert_fails(context, MOE_ERROR_NULL, "mu", moe_model_sensitivity(context, f.model, NULL, s));
    assert_fails(context, MOE_ERROR_NULL, "s is", moe_model_sensitivity(context, f.model, mu, NULL));
    moe_measure_destroy(mu);
    fixture_free(&f);
}

/* a potential moves coordinates that the outputs do not see, each by its own value */
static void a_potential_is_refused(void **state)
{
    moe_context *context = *state;
    struct fixture f;
    const double decay[2] = {0.1, 0.1};
    moe_objective *objective = NULL;
    moe_model *model = NULL;
    moe_law *reduced = NULL;
    const double x = 0.3, y = 0.1;
    assert_ok(context, fixture_make(&f, context, 1, 2, "X0x X00 X01", NULL, NULL));
    assert_ok(context, moe_objective_create(context, f.expert, &objective));
    assert_ok(context, moe_objective_set_decay(objective, decay));
    assert_ok(context, moe_model_create_for(context, objective, 1, &x, &y, NULL, &model));
    assert_fails(context, MOE_ERROR_UNSUPPORTED, "potential",
                 moe_model_reduce(context, model, f.law, 0, NULL, &reduced, NULL));
    assert_null(reduced);
    moe_model_destroy(model);
    moe_objective_destroy(objective);
    fixture_free(&f);
}

static int32_t reduce(moe_context *context, void *self)
{
    (void)self;
    struct fixture f;
    double s[9], form[9];
    moe_law *reduced = NULL;
    moe_measure *mu = NULL;
    int32_t status = fixture_make(&f, context, 1, 3, "X0x X00 X01 Z02", NULL, NULL);
    if (!status)
        status = moe_law_set_normal(f.law, 0, 0, 1);
    if (!status)
        status = moe_law_set_normal(f.law, 1, 0, 1);
    if (!status)
        status = moe_model_reduce(context, f.model, f.law, 0, NULL, &reduced, form);
    if (!status)
        status = moe_measure_random(context, f.law, 1, 0, 0, 4, &mu);
    if (!status)
        status = moe_model_sensitivity(context, f.model, mu, s);
    moe_measure_destroy(mu);
    moe_law_destroy(reduced);
    fixture_free(&f);
    return status;
}

static void reductions_survive_lack_of_memory(void **state)
{
    (void)state;
    assert_true(failing_sweep(reduce, NULL) > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sensitivities_have_closed_forms),
        cmocka_unit_test(sensitivity_and_kernel_have_the_same_trace),
        cmocka_unit_test(angles_that_no_output_sees_are_fixed),
        cmocka_unit_test(angles_that_add_up_become_one),
        cmocka_unit_test(normals_add_their_variances),
        cmocka_unit_test(laws_decide_what_can_be_fixed),
        cmocka_unit_test(further_inputs_count),
        cmocka_unit_test(small_dependences_are_kept),
        cmocka_unit_test(bad_arguments_are_refused),
        cmocka_unit_test(a_potential_is_refused),
        cmocka_unit_test(reductions_survive_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, context_create, context_destroy);
}
