/* test_states.c - saved states of every version are read for ever, and go on to what is known.
 *
 *   test_states [--write DIRECTORY]      writes state-FORMAT-*.bin anew: only for a new format (make golden-states)
 *
 * One linear expert, f(theta, x) = <theta, x>, one point x of length 1: with c(t) = F(t) - F(0),
 *   F(t) = y + (F(0) - y) e^-t,   theta_i(t) = theta_i(0) + x c(t),   E = (F - y)^2 / 2,
 * whatever the method, of a flow that a field of this one drives too. The expert sums up its moments itself and
 * calls no function: it has the same bits wherever arithmetic is IEEE 754's.
 *
 * SPDX-License-Identifier: MIT */
#include "support/problem.h"
#include "support/saved.h"

#include <stdbool.h>

enum { EXPERTS = 5 };
static const double x[] = {0.6, 0.8}, y = 0.25;
static const double theta[2 * EXPERTS] = {0.5, -1, 1.5, 0.25, -0.75, 2, 0.125, 1, 0.875, 0.5};

/* ---- the expert ----------------------------------------------------------------------------------- */

static double inner(const double *a, const double *b)
{
    const double first = a[0] * b[0], second = a[1] * b[1];
    return first + second;
}

static int32_t values(void *self, void *bound, int64_t n, const double *at, int64_t count,
                      const double *points, double *f, void *work)
{
    (void)self, (void)bound, (void)work;
    for (int64_t i = 0; i < count; i++)
        for (int64_t j = 0; j < n; j++)
            f[i * n + j] = inner(points + 2 * i, at + 2 * j);
    return 0;
}

static int32_t pullback(void *self, void *bound, void *stage, int64_t n, const double *at, int64_t count,
                        const double *points, const double *r, double *g, void *work)
{
    (void)self, (void)bound, (void)stage, (void)points, (void)work;
    for (int64_t i = 0; i < 2 * count; i++) {
        g[i] = 0;
        for (int64_t j = 0; j < n; j++)
            g[i] += r[j] * at[2 * j + i % 2];
    }
    return 0;
}

static int64_t moment_count(void *self, void *bound)
{
    (void)self, (void)bound;
    return 2;
}

static int32_t moments(void *self, void *bound, int64_t n, const double *at, int64_t count,
                       const double *points, const double *w, double *m, void *work)
{
    (void)self, (void)bound, (void)n, (void)at, (void)work;
    for (int64_t i = 0; i < count; i++)
        for (int a = 0; a < 2; a++)
            m[a] += w[i] * points[2 * i + a];
    return 0;
}

static int32_t predict(void *self, void *bound, int64_t n, const double *at, const double *m, double *f)
{
    (void)self, (void)bound;
    for (int64_t j = 0; j < n; j++)
        f[j] = inner(m, at + 2 * j);
    return 0;
}

static void make_problem(struct problem *p)
{
    static const double real[] = {INFINITY, INFINITY};
    const moe_expert_ops ops = {.struct_size = sizeof ops,
                                .flags = MOE_EXPERT_THREAD_SAFE | MOE_EXPERT_PURE,
                                .values = values,
                                .pullback = pullback,
                                .moment_count = moment_count,
                                .moments = moments,
                                .predict = predict};
    *p = (struct problem){0};
    assert_ok(NULL, moe_context_create(NULL, &p->context));
    assert_ok(p->context, moe_expert_create(p->context, &ops, NULL, 2, 2, 1, real, &p->expert));
    problem_model(p, 1, x, &y, NULL);
    problem_points(p, EXPERTS, theta, NULL);
}

/* ---- flows ---------------------------------------------------------------------------------------- */

struct a_case {
    const char *file;
    int32_t method;
    int steps;
    bool record, driven, descent, look;
};

static const struct a_case cases[] = {
    {"state-1-start.bin", MOE_METHOD_DOP853, 0, false, false, false, false},
    {"state-1-dopri5-record.bin", MOE_METHOD_DOPRI5, 4, true, false, false, false},
    {"state-1-dop853-look.bin", MOE_METHOD_DOP853, 2, false, false, false, true},
    {"state-1-adams-descent.bin", MOE_METHOD_ADAMS, 9, false, false, true, false},
    {"state-1-rkc.bin", MOE_METHOD_RKC, 4, false, false, false, false},
    {"state-1-dopri5-driven.bin", MOE_METHOD_DOPRI5, 3, false, true, false, false},
};
enum { CASES = sizeof cases / sizeof *cases };
static const double end_time = 3, tolerance = 1e-6;

static moe_flow *make_flow(const struct problem *p, const struct a_case *c)
{
    moe_flow *flow = problem_flow(p, c->driven ? MOE_METHOD_DOPRI5 : c->method, tolerance);
    if (c->driven) {
        moe_field *field;
        assert_ok(p->context, moe_flow_record(flow));
        assert_ok(p->context, moe_flow_advance(flow, end_time));
        assert_ok(p->context, moe_flow_field(flow, &field));
        moe_flow_destroy(flow);
        assert_ok(p->context, moe_flow_create_driven(p->context, field, p->mu, &flow));
        assert_ok(p->context, moe_flow_set_method(flow, c->method));
        assert_ok(p->context, moe_flow_set_tolerance(flow, 0, tolerance));
        moe_field_destroy(field);
    }
    if (c->record)
        assert_ok(p->context, moe_flow_record(flow));
    if (c->descent)
        assert_ok(p->context, moe_flow_set_descent(flow, 1));
    for (int s = 0; s < c->steps; s++)
        assert_ok(p->context, moe_flow_step(flow, end_time));
    if (c->look) {
        double inside[2 * EXPERTS];
        assert_ok(p->context, moe_flow_interpolate(flow, moe_flow_time(flow), inside));
    }
    return flow;
}

/* F at a time, by the formula */
static double prediction_at(double time)
{
    double start = 0;
    for (int i = 0; i < EXPERTS; i++)
        start += inner(theta + 2 * i, x) / EXPERTS;
    return y + (start - y) * exp(-time);
}

/* Steps err by the tolerance each; 1e-4 is what a hundred of them leave room for. */
static void check_flow(const struct problem *p, moe_flow *flow)
{
    const double time = moe_flow_time(flow), moved = prediction_at(time) - prediction_at(0);
    double f;
    assert_ok(p->context, moe_flow_predictions(flow, &f));
    assert_close(f, prediction_at(time), 1e-4);
    for (int64_t i = 0; i < 2 * EXPERTS; i++)
        assert_close(moe_flow_points(flow)[i], theta[i] + x[i % 2] * moved, 1e-4);
}

static char *file_of(const char *name)
{
    static char path[1024];
    snprintf(path, sizeof path, "%s/tests/golden/%s", TEST_SOURCE_DIR, name);
    return path;
}

static struct saved golden(moe_context *context, const char *name)
{
    struct saved saved = {NULL, 0};
    assert_ok(context, moe_state_read(context, file_of(name), NULL, 0, &saved.length));
    saved.bytes = malloc((size_t)saved.length);
    assert_ok(context, moe_state_read(context, file_of(name), saved.bytes, saved.length, &saved.length));
    return saved;
}

static void test_flows(void **state)
{
    (void)state;
    struct problem p;
    make_problem(&p);
    for (int i = 0; i < CASES; i++) {
        const struct a_case *c = &cases[i];
        struct saved saved = golden(p.context, c->file);
        moe_flow *flow;
        int64_t steps;
        double inside[2 * EXPERTS], dissipated, defect, f;
        assert_ok(p.context, moe_flow_restore(p.context, p.model, saved.bytes, saved.length, NULL, &flow));
        assert_ok(p.context, moe_flow_counts(flow, &steps, NULL, NULL));
        assert_int_equal(steps, c->steps);
        check_flow(&p, flow);
        if (c->steps) {
            const double middle = (moe_flow_previous_time(flow) + moe_flow_time(flow)) / 2;
            assert_ok(p.context, moe_flow_interpolate(flow, middle, inside));
            assert_close(inside[0], theta[0] + x[0] * (prediction_at(middle) - prediction_at(0)), 1e-4);
        }
        assert_ok(p.context, moe_flow_advance(flow, end_time));
        check_flow(&p, flow);
        if (!c->driven) {
            assert_ok(p.context, moe_flow_energy(flow, &dissipated, &defect));
            assert_close(defect, 0, 1e-4);
        }
        if (c->record) {
            moe_field *field;
            assert_ok(p.context, moe_flow_field(flow, &field));
            for (double time = 0; time <= end_time; time += 0.125) {
                assert_ok(p.context, moe_field_predictions(p.context, field, time, &f));
                assert_close(f, prediction_at(time), 1e-4);
            }
            moe_field_destroy(field);
        }
        moe_flow_destroy(flow);
        saved_free(&saved);
    }
    problem_free(&p);
}

/* ---- a study ---------------------------------------------------------------------------------------- */

static const char study_file[] = "state-1-study.bin";
static const double study_time = 0.5;

/* Coordinates uniform on [0, 1], so F(0) = (0.6 + 0.8) / 2 in the limit. */
static moe_study *make_tiny(struct problem *p)
{
    static const double real[] = {INFINITY, INFINITY};
    const int64_t experts = 2;
    moe_study *study;
    assert_ok(p->context, moe_law_create(p->context, 2, real, &p->law));
    for (int a = 0; a < 2; a++)
        assert_ok(p->context, moe_law_set_uniform(p->law, a, 0, 1));
    assert_ok(p->context, moe_study_create(p->context, p->model, p->law, &study));
    assert_ok(p->context, moe_study_set_times(study, 1, &study_time));
    assert_ok(p->context, moe_study_set_experts(study, 1, &experts));
    assert_ok(p->context, moe_study_set_replicas(study, 2, 2, 0));
    assert_ok(p->context, moe_study_set_distances(study, 0, 0));
    assert_ok(p->context, moe_study_set_tolerance(study, 1e-3));
    return study;
}

static void test_study(void **state)
{
    (void)state;
    struct problem p;
    moe_limit *limit;
    double f;
    make_problem(&p);
    moe_study *study = make_tiny(&p);
    struct saved saved = golden(p.context, study_file);
    const int32_t status = moe_study_restore(study, saved.bytes, saved.length);
#ifndef __x86_64__ /* a study is for machines of the same bits only */
    if (status == MOE_ERROR_DOMAIN)
        skip();
#endif
    assert_ok(p.context, status);
    assert_ok(p.context, moe_study_limit(study, &limit));
    assert_ok(p.context, moe_limit_predictions(limit, 0, &f));
    assert_close(f, y + (0.7 - y) * exp(-study_time), 1e-3);
    assert_ok(p.context, moe_study_run(study));
    moe_study_destroy(study);
    saved_free(&saved);
    problem_free(&p);
}

/* ---- writing ---------------------------------------------------------------------------------------- */

static int write_all(const char *directory)
{
    char path[1200];
    struct problem p;
    struct saved saved;
    make_problem(&p);
    for (int i = 0; i < CASES; i++) {
        moe_flow *flow = make_flow(&p, &cases[i]);
        saved = saved_flow(p.context, flow);
        snprintf(path, sizeof path, "%s/%s", directory, cases[i].file);
        assert_ok(p.context, moe_state_write(p.context, path, saved.bytes, saved.length));
        saved_free(&saved);
        moe_flow_destroy(flow);
    }
    moe_study *study = make_tiny(&p);
    assert_ok(p.context, moe_study_run(study));
    assert_ok(p.context, moe_study_save(study, NULL, 0, &saved.length));
    saved.bytes = malloc((size_t)saved.length);
    assert_ok(p.context, moe_study_save(study, saved.bytes, saved.length, &saved.length));
    snprintf(path, sizeof path, "%s/%s", directory, study_file);
    assert_ok(p.context, moe_state_write(p.context, path, saved.bytes, saved.length));
    saved_free(&saved);
    moe_study_destroy(study);
    problem_free(&p);
    return 0;
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flows),
        cmocka_unit_test(test_study),
    };
    if (count == 3 && !strcmp(arguments[1], "--write"))
        return write_all(arguments[2]);
    return cmocka_run_group_tests_name("states", tests, NULL, NULL);
}
