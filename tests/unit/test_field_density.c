/* test_field_density.c - the density of the limit along the characteristics of its field.
 *
 * Held against the Poisson kernel (spec case 1) and against its own mass. Densities at the beginning of a
 * field are the law's own, which is how those are tested.
 *
 * SPDX-License-Identifier: MIT */
#include "support/mixture.h"

#include <complex.h>

/* z' = (-conj g + g z^2) / 2, the centroid of the limit of cos(theta + x), by Runge and Kutta */
static double complex centroid_slope(const struct mixture *m, double complex z)
{
    double complex g = 0;
    for (int j = 0; j < MIXTURE_POINTS; j++) {
        const double complex turn = cexp(I * m->x[j]);
        g += m->v[j] * turn * (creal(turn * z) - m->y[j]);
    }
    return (-conj(g) + g * z * z) / 2;
}

static double complex centroid(const struct mixture *m, double time)
{
    enum { STEPS = 4000 };
    const double h = time / STEPS;
    double complex z = 0;
    for (int s = 0; s < STEPS; s++) {
        const double complex a = centroid_slope(m, z), b = centroid_slope(m, z + h / 2 * a),
                             c = centroid_slope(m, z + h / 2 * b), d = centroid_slope(m, z + h * c);
        z += h / 6 * (a + 2 * b + 2 * c + d);
    }
    return z;
}

/* spec case 1: rho_t(theta) = (1 - |z|^2) / (2 pi |1 - conj z e^{i theta}|^2) */
static void test_poisson_kernel(void **state)
{
    (void)state;
    enum { COUNT = 128 };
    struct mixture m;
    struct wave wave = {.d = 1, .c = {1}, .a = {1}};
    const double turn = 2 * PI;
    double points[COUNT], density[COUNT];
    moe_expert *expert;
    moe_model *model;
    moe_law *law;
    moe_measure *mu;
    assert_int_equal(mixture_make(&m, NULL, 3), MOE_OK);
    for (int j = 0; j < MIXTURE_POINTS; j++)
        m.y[j] = 0.9 * cos(m.x[j] + 0.4);
    assert_ok(m.context, wave_expert(m.context, &wave, &expert));
    assert_ok(m.context, moe_model_create(m.context, expert, MIXTURE_POINTS, m.x, m.y, m.v, &model));
    assert_ok(m.context, moe_law_create(m.context, 1, &turn, &law));
    assert_ok(m.context, moe_measure_tensor(m.context, law, (int64_t[]){128}, &mu));
    moe_field *field = mixture_record(&m, model, mu, 6);
    for (int i = 0; i < COUNT; i++)
        points[i] = turn * i / COUNT - 9;
    for (double time = 0; time <= 6; time += 1.5) {
        const double complex z = centroid(&m, time);
        double mass = 0;
        assert_ok(m.context, moe_field_density(m.context, field, law, time, COUNT, points, 1e-12, density));
        for (int i = 0; i < COUNT; i++) {
            const double distance = cabs(1 - conj(z) * cexp(I * points[i])), size = cabs(z);
            assert_close(density[i], (1 - size * size) / (turn * distance * distance), 1e-10);
            mass += density[i] * turn / COUNT;
        }
        assert_close(mass, 1, 1e-10);
    }
    assert_true(cabs(centroid(&m, 6)) > 0.6);
    moe_field_destroy(field);
    moe_measure_destroy(mu);
    moe_law_destroy(law);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    mixture_free(&m);
}

static void test_mass_in_two_dimensions(void **state)
{
    (void)state;
    enum { SIDE = 48 };
    struct mixture m;
    static double points[2 * SIDE * SIDE], density[SIDE * SIDE];
    double mass = 0, least = INFINITY, most = 0;
    assert_int_equal(mixture_make(&m, NULL, 3), MOE_OK);
    assert_ok(m.context, moe_law_set_von_mises(m.law, 0, 0.4, 1.5)); /* not a product of Poisson kernels */
    moe_field *field = mixture_field(&m, 32, 3);
    for (int i = 0; i < SIDE * SIDE; i++) {
        points[2 * i] = 2 * PI * (i / SIDE) / SIDE;
        points[2 * i + 1] = 2 * PI * (i % SIDE) / SIDE;
    }
    assert_ok(m.context, moe_field_density(m.context, field, m.law, 3, SIDE * SIDE, points, 1e-10, density));
    for (int i = 0; i < SIDE * SIDE; i++) {
        mass += density[i] * (2 * PI / SIDE) * (2 * PI / SIDE);
        least = fmin(least, density[i]);
        most = fmax(most, density[i]);
    }
    assert_close(mass, 1, 1e-9);
    assert_true(least > 0 && most > 3 * least);
    moe_field_destroy(field);
    mixture_free(&m);
}

/* at the beginning of the field the density is the law's: formulas, and mass on a circle */
static void check_circle(struct mixture *m, const moe_field *field, double shift)
{
    enum { COUNT = 256 };
    static double points[2 * COUNT], density[COUNT];
    double mass = 0;
    for (int i = 0; i < COUNT; i++) {
        points[2 * i] = 2 * PI * i / COUNT + shift;
        points[2 * i + 1] = 1;
    }
    assert_ok(m->context, moe_field_density(m->context, field, m->law, 0, COUNT, points, 1e-6, density));
    for (int i = 0; i < COUNT; i++)
        mass += density[i] * 2 * PI / COUNT;
    assert_close(mass, 1 / (2 * PI), 1e-13);
}

static void test_laws(void **state)
{
    (void)state;
    struct mixture m;
    double density[3];
    assert_int_equal(mixture_make(&m, NULL, 3), MOE_OK);
    moe_field *field = mixture_field(&m, 8, 1);
    check_circle(&m, field, -20);
    assert_ok(m.context, moe_law_set_von_mises(m.law, 0, 2, 3));
    check_circle(&m, field, 0);
    const double places[] = {2.7, 0, -1.3, 0, 2.7 + 4 * PI, 0};
    assert_ok(m.context, moe_field_density(m.context, field, m.law, 0, 3, places, 1e-6, density));
    assert_close(density[0] / density[1], exp(3 * (cos(0.7) - cos(3.3))), 1e-10);
    assert_close(density[0], density[2], 1e-13);
    assert_ok(m.context, moe_law_set_normal(m.law, 0, 2, 0.5));
    check_circle(&m, field, 7);
    assert_ok(m.context, moe_law_set_normal(m.law, 0, 2, 2.5));
    check_circle(&m, field, 7);
    assert_ok(m.context, moe_law_set_uniform(m.law, 0, 2.5, 4));
    const double inside[] = {2.5, 0, 3.9 - 2 * PI, 0, 4.1 + 6 * PI, 0};
    assert_ok(m.context, moe_field_density(m.context, field, m.law, 0, 3, inside, 1e-6, density));
    assert_close(density[0], 1 / 1.5 / (2 * PI), 1e-15);
    assert_close(density[1], 1 / 1.5 / (2 * PI), 1e-15);
    assert_true(density[2] == 0);
    moe_field_destroy(field);
    mixture_free(&m);
}

/* The linear expert moves all points alike: the density is the law's, shifted. */
static void test_a_normal_law_is_shifted(void **state)
{
    (void)state;
    struct mixture m;
    int64_t d = 1;
    const double x = 2, y = 0.7, real = INFINITY, mean = -0.3, points[] = {-1, 0.1, 0.4, 2};
    double density[4];
    moe_expert *expert;
    moe_model *model;
    moe_law *law;
    moe_measure *mu;
    assert_int_equal(mixture_make(&m, NULL, 3), MOE_OK);
    assert_ok(m.context, linear_expert(m.context, &d, &expert));
    assert_ok(m.context, moe_model_create(m.context, expert, 1, &x, &y, NULL, &model));
    assert_ok(m.context, moe_law_create(m.context, 1, &real, &law));
    assert_ok(m.context, moe_law_set_normal(law, 0, mean, 0.5));
    assert_ok(m.context, moe_measure_tensor(m.context, law, (int64_t[]){8}, &mu));
    moe_field *field = mixture_record(&m, model, mu, 1);
    assert_ok(m.context, moe_field_density(m.context, field, law, 0.8, 4, points, 1e-12, density));
    const double now = y / x + (mean - y / x) * exp(-4 * 0.8); /* m' = -x (x m - y) */
    for (int i = 0; i < 4; i++) {
        const double z = (points[i] - now) / 0.5;
        assert_close(density[i], exp(-z * z / 2) / (0.5 * sqrt(2 * PI)), 1e-10);
    }
    moe_field_destroy(field);
    moe_measure_destroy(mu);
    moe_law_destroy(law);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    mixture_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_poisson_kernel),
        cmocka_unit_test(test_mass_in_two_dimensions),
        cmocka_unit_test(test_laws),
        cmocka_unit_test(test_a_normal_law_is_shifted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
