/* test_map.c - the flow map of a field and its Jacobian; bad input and failures of map and density.
 *
 * The map is held against driven flows and against itself backwards, its Jacobian against differences of it.
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"
#include "support/mixture.h"
#include "support/objectives.h"

#include <stdlib.h>

/* ---- the Jacobian ----------------------------------------------------------------------------- */

/* Columns of the Jacobian against differences of fourth order of the image; log det against det. */
static void check_jacobian(moe_context *context, const moe_field *field, double from, double to)
{
    enum { COUNT = 9 };
    static const double places[4] = {1, -1, 2, -2}, s = 0x1p-8;
    double theta[2 * COUNT], image[2 * COUNT], jacobian[4 * COUNT], logarithm[COUNT], near[4][2 * COUNT];
    uint64_t seed = 12;
    for (int i = 0; i < 2 * COUNT; i++)
        theta[i] = 8 * test_uniform(&seed) - 4;
    assert_ok(context,
              moe_field_map(context, field, from, to, COUNT, theta, 1e-12, image, jacobian, logarithm));
    for (int c = 0; c < 2; c++) {
        for (int q = 0; q < 4; q++) {
            double shifted[2 * COUNT];
            for (int ia = 0; ia < 2 * COUNT; ia++)
                shifted[ia] = theta[ia] + (ia % 2 == c) * places[q] * s;
            assert_ok(context,
                      moe_field_map(context, field, from, to, COUNT, shifted, 1e-13, near[q], NULL, NULL));
        }
        for (int ia = 0; ia < 2 * COUNT; ia++) {
            const double slope = (8 * (near[0][ia] - near[1][ia]) - (near[2][ia] - near[3][ia])) / (12 * s);
            assert_close(jacobian[2 * ia + c], slope, 1e-7);
        }
    }
    for (int i = 0; i < COUNT; i++) {
        const double *J = jacobian + 4 * i, det = J[0] * J[3] - J[1] * J[2];
        assert_true(det > 0);
        assert_close(log(det), logarithm[i], 1e-9);
    }
}

static void test_jacobian(void **state)
{
    (void)state;
    struct mixture m;
    assert_int_equal(mixture_make(&m, NULL, 3), MOE_OK);
    moe_field *field = mixture_field(&m, 16, 3);
    check_jacobian(m.context, field, 0, 3);
    check_jacobian(m.context, field, 3, 0);
    check_jacobian(m.context, field, 0.7, 2.1);
    moe_field_destroy(field);
    mixture_free(&m);
}

/* Every term at once: an entangled expert of a circle and a line, two outputs, decay, a host's potential,
 * mobilities and a scale. */
static void test_jacobian_of_an_objective(void **state)
{
    (void)state;
    struct mixture m;
    struct own own = {.c = 0.3};
    const moe_potential_ops ops = own_potential(MOE_POTENTIAL_THREAD_SAFE);
    const double decay[] = {0.4, 0.2}, mobility[] = {0.7, 1.8}, x[] = {0.3, -0.8, 1.4},
                 y[] = {0.5, -0.2, 0.1, 0.7, -0.6, 0.4};
    moe_expert *expert;
    moe_objective *objective;
    moe_model *model;
    moe_law *law;
    moe_measure *mu;
    assert_int_equal(mixture_make(&m, NULL, 3), MOE_OK);
    assert_ok(m.context, pair_expert(m.context, &expert));
    assert_ok(m.context, moe_objective_create(m.context, expert, &objective));
    assert_ok(m.context, moe_objective_set_decay(objective, decay));
    assert_ok(m.context, moe_objective_set_potential(objective, &ops, &own));
    assert_ok(m.context, moe_objective_set_mobility(objective, mobility));
    assert_ok(m.context, moe_objective_set_scale(objective, 1.6));
    assert_ok(m.context, moe_model_create_for(m.context, objective, 3, x, y, NULL, &model));
    assert_ok(m.context, moe_law_create(m.context, 2, moe_expert_period(expert), &law));
    assert_ok(m.context, moe_law_set_normal(law, 1, 0.2, 0.8));
    assert_ok(m.context, moe_measure_tensor(m.context, law, (int64_t[]){16, 12}, &mu));
    moe_field *field = mixture_record(&m, model, mu, 1.5);
    check_jacobian(m.context, field, 0, 1.5);
    check_jacobian(m.context, field, 1.5, 0);
    moe_field_destroy(field);
    moe_measure_destroy(mu);
    moe_law_destroy(law);
    moe_model_destroy(model);
    moe_objective_destroy(objective);
    moe_expert_destroy(expert);
    mixture_free(&m);
}

/* f = cos(theta_0 + theta_1 x) with second derivatives of its own, or without them */
static int32_t tone_values(void *self, void *bound, int64_t n, const double *x, int64_t count,
                           const double *theta, double *f, void *work)
{
    (void)self, (void)bound, (void)work;
    for (int64_t i = 0; i < count; i++)
        for (int64_t j = 0; j < n; j++)
            f[i * n + j] = cos(theta[2 * i] + theta[2 * i + 1] * x[j]);
    return 0;
}

static int32_t tone_pullback(void *self, void *bound, void *stage, int64_t n, const double *x, int64_t count,
                             const double *theta, const double *r, double *g, void *work)
{
    (void)self, (void)bound, (void)stage, (void)work;
    for (int64_t i = 0; i < count; i++) {
        g[2 * i] = g[2 * i + 1] = 0;
        for (int64_t j = 0; j < n; j++) {
            const double slope = -r[j] * sin(theta[2 * i] + theta[2 * i + 1] * x[j]);
            g[2 * i] += slope;
            g[2 * i + 1] += slope * x[j];
        }
    }
    return 0;
}

static int32_t tone_tangent(void *self, void *bound, void *stage, int64_t n, const double *x, int64_t count,
                            int64_t m, const double *theta, const double *direction, const double *r,
                            double *df, double *h, void *work)
{
    (void)self, (void)bound, (void)stage, (void)work;
    for (int64_t il = 0; il < count * m; il++) {
        const double *at = theta + il / m * 2, *along = direction + 2 * il;
        if (h)
            h[2 * il] = h[2 * il + 1] = 0;
        for (int64_t j = 0; j < n; j++) {
            const double angle = at[0] + at[1] * x[j], turn = along[0] + along[1] * x[j];
            if (df)
                df[il * n + j] = -sin(angle) * turn;
            if (h) {
                h[2 * il] -= r[j] * cos(angle) * turn;
                h[2 * il + 1] -= r[j] * cos(angle) * turn * x[j];
            }
        }
    }
    return 0;
}

/* The limit of tones, with or without `tangent`: map at 70 points, more than a block. */
enum { TONES = 70 };
static void tone_map(struct mixture *m, int exact, double *image, double *jacobian, double *logarithm)
{
    const moe_expert_ops ops = {.struct_size = sizeof ops,
                                .flags = MOE_EXPERT_THREAD_SAFE,
                                .values = tone_values,
                                .pullback = tone_pullback,
                                .tangent = exact ? tone_tangent : NULL};
    const double period[] = {2 * PI, INFINITY}, decay[] = {0, 0.3};
    struct own own = {.c = 0.2};
    const moe_potential_ops potential = own_potential(0);
    moe_expert *expert;
    moe_objective *objective;
    moe_model *model;
    moe_measure *mu;
    double theta[2 * TONES];
    uint64_t seed = 4;
    for (int i = 0; i < 2 * TONES; i++)
        theta[i] = 4 * test_uniform(&seed) - 2;
    assert_ok(m->context, moe_expert_create(m->context, &ops, NULL, 2, 1, 1, period, &expert));
    assert_ok(m->context, moe_objective_create(m->context, expert, &objective));
    assert_ok(m->context, moe_objective_set_decay(objective, decay));
    assert_ok(m->context, moe_objective_set_potential(objective, &potential, &own));
    assert_ok(m->context,
              moe_model_create_for(m->context, objective, MIXTURE_POINTS, m->x, m->y, m->v, &model));
    assert_ok(m->context, moe_measure_create(m->context, 2, period, TONES, theta, NULL, &mu));
    moe_field *field = mixture_record(m, model, mu, 2);
    assert_ok(m->context,
              moe_field_map(m->context, field, 0, 2, TONES, theta, 1e-11, image, jacobian, logarithm));
    moe_field_destroy(field);
    moe_measure_destroy(mu);
    moe_model_destroy(model);
    moe_objective_destroy(objective);
    moe_expert_destroy(expert);
}

static void test_experts_own_tangent(void **state)
{
    (void)state;
    struct mixture m;
    static double image[2][2 * TONES], jacobian[2][4 * TONES], logarithm[2][TONES];
    assert_int_equal(mixture_make(&m, NULL, 3), MOE_OK);
    for (int exact = 0; exact < 2; exact++)
        tone_map(&m, exact, image[exact], jacobian[exact], logarithm[exact]);
    for (int i = 0; i < 4 * TONES; i++)
        assert_close(jacobian[0][i], jacobian[1][i], 1e-9);
    for (int i = 0; i < TONES; i++)
        assert_close(logarithm[0][i], logarithm[1][i], 1e-9);
    mixture_free(&m);
}

/* ---- the map ---------------------------------------------------------------------------------- */

static void test_there_and_back(void **state)
{
    (void)state;
    enum { COUNT = 100 };
    struct mixture m;
    double there[2 * COUNT], grown[COUNT], shrunk[COUNT];
    assert_int_equal(mixture_make(&m, NULL, COUNT), MOE_OK);
    const double *theta = moe_measure_points(m.mu);
    moe_field *field = mixture_field(&m, 16, 4);
    for (double tolerance = 1e-5; tolerance > 0.9e-11; tolerance /= 100) {
        assert_ok(m.context,
                  moe_field_map(m.context, field, 0, 4, COUNT, theta, tolerance, there, NULL, grown));
        assert_ok(m.context,
                  moe_field_map(m.context, field, 4, 0, COUNT, there, tolerance, there, NULL, shrunk));
        for (int i = 0; i < 2 * COUNT; i++)
            assert_close(there[i], theta[i], 100 * tolerance); /* the way back stretches what was squeezed */
        for (int i = 0; i < COUNT; i++)
            assert_close(grown[i] + shrunk[i], 0, 100 * tolerance);
    }
    assert_ok(m.context, moe_field_map(m.context, field, 1, 1, COUNT, theta, 1e-3, there, NULL, grown));
    assert_memory_equal(there, theta, sizeof there);
    assert_true(grown[COUNT - 1] == 0);
    moe_field_destroy(field);
    mixture_free(&m);
}

static void test_driven_particles_agree(void **state)
{
    (void)state;
    enum { COUNT = 60 };
    struct mixture m;
    double image[2 * COUNT];
    assert_int_equal(mixture_make(&m, NULL, COUNT), MOE_OK);
    moe_field *field = mixture_field(&m, 16, 4);
    for (double tolerance = 1e-4; tolerance > 0.9e-11; tolerance /= 10) {
        moe_flow *driven;
        assert_ok(m.context, moe_flow_create_driven(m.context, field, m.mu, &driven));
        assert_ok(m.context, moe_flow_set_tolerance(driven, 0, tolerance));
        assert_ok(m.context, moe_flow_advance(driven, 4));
        assert_ok(m.context, moe_field_map(m.context, field, 0, 4, COUNT, moe_measure_points(m.mu), tolerance,
                                           image, NULL, NULL));
        for (int i = 0; i < 2 * COUNT; i++)
            assert_close(image[i], moe_flow_points(driven)[i], 10 * tolerance);
        moe_flow_destroy(driven);
    }
    moe_field_destroy(field);
    mixture_free(&m);
}

static void test_threads_change_no_bit(void **state)
{
    (void)state;
    enum { COUNT = 5000 }; /* more than a chunk */
    struct mixture m;
    assert_int_equal(mixture_make(&m, NULL, COUNT), MOE_OK);
    moe_field *field = mixture_field(&m, 8, 1);
    double *out = calloc(2 * 7 * COUNT, sizeof *out);
    assert_non_null(out);
    for (int32_t threads = 1; threads <= 3; threads += 2) {
        double *at = out + (threads == 3) * 7 * COUNT;
        assert_ok(m.context, moe_context_set_threads(m.context, threads));
        assert_ok(m.context, moe_field_map(m.context, field, 0, 1, COUNT, moe_measure_points(m.mu), 1e-6, at,
                                           at + 2 * COUNT, at + 6 * COUNT));
    }
    assert_memory_equal(out, out + 7 * COUNT, 7 * COUNT * sizeof *out);
    free(out);
    moe_field_destroy(field);
    mixture_free(&m);
}

/* ---- failures --------------------------------------------------------------------------------- */

static void test_bad_input(void **state)
{
    (void)state;
    struct mixture m;
    const double theta[] = {1, 2}, wrong[] = {1, NAN}, real[] = {2 * PI, INFINITY};
    double out[2], density[1];
    moe_law *other;
    assert_int_equal(mixture_make(&m, NULL, 3), MOE_OK);
    moe_context *at = m.context;
    moe_field *field = mixture_field(&m, 8, 1);
    assert_int_equal(moe_field_map(NULL, field, 0, 1, 1, theta, 1e-6, out, NULL, NULL), MOE_ERROR_NULL);
    assert_fails(at, MOE_ERROR_NULL, "field", moe_field_map(at, NULL, 0, 1, 1, theta, 1e-6, out, NULL, NULL));
    assert_fails(at, MOE_ERROR_NULL, "theta", moe_field_map(at, field, 0, 1, 1, NULL, 1e-6, out, NULL, NULL));
    assert_fails(at, MOE_ERROR_NULL, "image",
                 moe_field_map(at, field, 0, 1, 1, theta, 1e-6, NULL, NULL, NULL));
    assert_fails(at, MOE_ERROR_TIME, "from is -1",
                 moe_field_map(at, field, -1, 1, 1, theta, 1e-6, out, NULL, NULL));
    assert_fails(at, MOE_ERROR_TIME, "to is nan",
                 moe_field_map(at, field, 0, NAN, 1, theta, 1e-6, out, NULL, NULL));
    assert_fails(at, MOE_ERROR_SIZE, "count",
                 moe_field_map(at, field, 0, 1, 0, theta, 1e-6, out, NULL, NULL));
    assert_fails(at, MOE_ERROR_SIZE, "count x d x d",
                 moe_field_map(at, field, 0, 1, INT64_MAX / 8, theta, 1e-6, out, NULL, NULL));
    assert_fails(at, MOE_ERROR_NOT_FINITE, "theta",
                 moe_field_map(at, field, 0, 1, 1, wrong, 1e-6, out, NULL, NULL));
    assert_fails(at, MOE_ERROR_TOLERANCE, "tolerance is 0",
                 moe_field_map(at, field, 0, 1, 1, theta, 0, out, NULL, NULL));
    assert_fails(at, MOE_ERROR_TOLERANCE, "nan",
                 moe_field_map(at, field, 0, 1, 1, theta, NAN, out, NULL, NULL));
    assert_int_equal(moe_field_density(NULL, field, m.law, 1, 1, theta, 1e-6, density), MOE_ERROR_NULL);
    assert_fails(at, MOE_ERROR_NULL, "law", moe_field_density(at, field, NULL, 1, 1, theta, 1e-6, density));
    assert_fails(at, MOE_ERROR_NULL, "density", moe_field_density(at, field, m.law, 1, 1, theta, 1e-6, NULL));
    assert_fails(at, MOE_ERROR_NULL, "points",
                 moe_field_density(at, field, m.law, 1, 1, NULL, 1e-6, density));
    assert_fails(at, MOE_ERROR_TIME, "time is 2",
                 moe_field_density(at, field, m.law, 2, 1, theta, 1e-6, density));
    assert_ok(at, moe_law_create(at, 2, real, &other));
    assert_fails(at, MOE_ERROR_DOMAIN, "coordinate 1",
                 moe_field_density(at, field, other, 1, 1, theta, 1e-6, density));
    moe_law_destroy(other);
    assert_ok(at, moe_law_set_fixed(m.law, 1, 0.5));
    assert_fails(at, MOE_ERROR_UNSUPPORTED, "coordinate 1 of the law is a fixed number",
                 moe_field_density(at, field, m.law, 1, 1, theta, 1e-6, density));
    assert_ok(at, moe_law_set_samples(m.law, 0, 1, 2, theta));
    assert_fails(at, MOE_ERROR_UNSUPPORTED, "samples",
                 moe_field_density(at, field, m.law, 1, 1, theta, 1e-6, density));
    moe_field_destroy(field);
    mixture_free(&m);
}

/* An expert that fails for a while, or for ever; one that yields NaN. */
static void test_misbehaving_expert(void **state)
{
    (void)state;
    struct mixture m;
    const double theta[] = {1, 2};
    double image[2], expected[2], jacobian[4];
    assert_int_equal(mixture_make(&m, NULL, 3), MOE_OK);
    moe_field *field = mixture_field(&m, 8, 1);
    assert_ok(m.context, moe_field_map(m.context, field, 0, 1, 1, theta, 1e-9, expected, jacobian, NULL));
    for (int32_t with = 0; with < 2; with++) { /* a NaN, a curable failure: the step is shortened */
        m.wave.fail_from = m.wave.calls + 40;
        m.wave.fail_until = m.wave.fail_from + 1;
        m.wave.fail_with = with;
        assert_ok(m.context, moe_field_map(m.context, field, 0, 1, 1, theta, 1e-9, image, jacobian, NULL));
        assert_close(image[0], expected[0], 1e-8);
        assert_close(image[1], expected[1], 1e-8);
    }
    m.wave.fail_from = m.wave.calls + 40;
    m.wave.fail_until = INT64_MAX;
    assert_fails(m.context, MOE_ERROR_STEP, "too long",
                 moe_field_map(m.context, field, 0, 1, 1, theta, 1e-9, image, jacobian, NULL));
    assert_fails(m.context, MOE_ERROR_CALLBACK, "pullback",
                 moe_field_map(m.context, field, 0, 1, 1, theta, 1e-9, image, NULL, NULL));
    m.wave.fail_with = 0;
    assert_fails(m.context, MOE_ERROR_NOT_FINITE, "not finite",
                 moe_field_map(m.context, field, 0, 1, 1, theta, 1e-9, image, NULL, NULL));
    m.wave.fail_with = -3;
    assert_fails(m.context, MOE_ERROR_CALLBACK, "-3",
                 moe_field_map(m.context, field, 0, 1, 1, theta, 1e-9, image, NULL, NULL));
    moe_field_destroy(field);
    mixture_free(&m);
}

static int32_t stop(void *self, const char *what, double part)
{
    (void)what;
    return part >= *(double *)self;
}

static void test_cancel(void **state)
{
    (void)state;
    struct mixture m;
    const double theta[] = {1, 2};
    double image[2], from = 0.1;
    assert_int_equal(mixture_make(&m, NULL, 3), MOE_OK);
    moe_field *field = mixture_field(&m, 8, 2);
    moe_context_set_progress(m.context, stop, &from);
    assert_fails(m.context, MOE_ERROR_CANCELLED, "map",
                 moe_field_map(m.context, field, 0, 2, 1, theta, 1e-9, image, NULL, NULL));
    moe_context_set_progress(m.context, NULL, NULL);
    assert_ok(m.context, moe_field_map(m.context, field, 0, 2, 1, theta, 1e-9, image, NULL, NULL));
    moe_field_destroy(field);
    mixture_free(&m);
}

static int32_t map_and_density(moe_context *context, void *self)
{
    const moe_field *field = ((void **)self)[0];
    const moe_law *law = ((void **)self)[1];
    const double theta[] = {1, 2};
    double image[2], jacobian[4], logarithm[1], density[1];
    int32_t status = moe_field_map(context, field, 0, 1, 1, theta, 1e-6, image, jacobian, logarithm);
    if (!status)
        status = moe_field_density(context, field, law, 1, 1, theta, 1e-6, density);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    struct mixture m;
    assert_int_equal(mixture_make(&m, NULL, 3), MOE_OK);
    moe_field *field = mixture_field(&m, 8, 1);
    void *both[] = {field, m.law};
    assert_true(failing_sweep(map_and_density, both) > 30);
    moe_field_destroy(field);
    mixture_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jacobian),
        cmocka_unit_test(test_jacobian_of_an_objective),
        cmocka_unit_test(test_experts_own_tangent),
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_driven_particles_agree),
        cmocka_unit_test(test_threads_change_no_bit),
        cmocka_unit_test(test_bad_input),
        cmocka_unit_test(test_misbehaving_expert),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
