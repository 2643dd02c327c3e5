/* test_limits.c - limits and flows whose answers are known in closed form or as a small ODE.
 *
 * Wave expert f = sum_k c_k cos(theta_k + a_k x), uniform start: the limit stays a product of Poisson
 * kernels with centroids z_k,
 *   z_k' = 1/2 (-conj g_k + g_k z_k^2),  g_k = c_k sum_j v_j e^{i a_k x_j} (F_j - y_j),
 *   F_j = sum_k c_k Re(e^{i a_k x_j} z_k),  z_k(0) = 0
 * (Ott-Antonsen, Watanabe-Strogatz). The reference integrates that ODE by the classical Runge-Kutta
 * method with a thousand steps a unit of time: nothing of the library's.
 *
 * SPDX-License-Identifier: MIT */
#include "support/problem.h"

#include <complex.h>
#include <stdlib.h>

enum { MAX_POINTS = 12 };

struct data {
    int64_t n;
    double x[MAX_POINTS], y[MAX_POINTS], v[MAX_POINTS];
};

static void centroid_predictions(const struct wave *wave, const struct data *data, const double complex *z,
                                 double *f)
{
    for (int64_t j = 0; j < data->n; j++) {
        f[j] = 0;
        for (int64_t k = 0; k < wave->d; k++)
            f[j] += wave->c[k] * creal(cexp(I * wave->a[k] * data->x[j]) * z[k]);
    }
}

static void centroid_slope(const struct wave *wave, const struct data *data, const double complex *z,
                           double complex *slope)
{
    double f[MAX_POINTS];
    centroid_predictions(wave, data, z, f);
    for (int64_t k = 0; k < wave->d; k++) {
        double complex g = 0;
        for (int64_t j = 0; j < data->n; j++)
            g += wave->c[k] * data->v[j] * cexp(I * wave->a[k] * data->x[j]) * (f[j] - data->y[j]);
        slope[k] = (-conj(g) + g * z[k] * z[k]) / 2;
    }
}

static void centroids_at(const struct wave *wave, const struct data *data, double time, double complex *z)
{
    const int steps = (int)ceil(time * 1000);
    const double h = time / (steps ? steps : 1);
    for (int64_t k = 0; k < wave->d; k++)
        z[k] = 0;
    for (int s = 0; s < steps; s++) {
        double complex k1[WAVE_MAX], k2[WAVE_MAX], k3[WAVE_MAX], k4[WAVE_MAX], at[WAVE_MAX];
        centroid_slope(wave, data, z, k1);
        for (int64_t k = 0; k < wave->d; k++)
            at[k] = z[k] + h / 2 * k1[k];
        centroid_slope(wave, data, at, k2);
        for (int64_t k = 0; k < wave->d; k++)
            at[k] = z[k] + h / 2 * k2[k];
        centroid_slope(wave, data, at, k3);
        for (int64_t k = 0; k < wave->d; k++)
            at[k] = z[k] + h * k3[k];
        centroid_slope(wave, data, at, k4);
        for (int64_t k = 0; k < wave->d; k++)
            z[k] += h / 6 * (k1[k] + 2 * k2[k] + 2 * k3[k] + k4[k]);
    }
}

static struct data random_data(uint64_t seed, int64_t n)
{
    struct data data = {.n = n};
    double sum = 0;
    for (int64_t j = 0; j < n; j++) {
        data.x[j] = 4 * test_uniform(&seed) - 2;
        data.y[j] = 1.4 * test_uniform(&seed) - 0.7;
        sum += data.v[j] = 0.2 + test_uniform(&seed);
    }
    for (int64_t j = 0; j < n; j++)
        data.v[j] /= sum;
    return data;
}

static void check_limit(struct wave wave, const struct data *data, int32_t method, int64_t nodes,
                        const double *times, int count, double tolerance)
{
    struct problem p;
    problem_of_waves(&p, &wave);
    problem_model(&p, data->n, data->x, data->y, data->v);
    problem_grid(&p, nodes);
    moe_context *context = p.context;
    assert_ok(context, moe_context_set_threads(context, 2));
    moe_flow *flow = problem_flow(&p, method, 1e-13);
    for (int t = 0; t < count; t++) {
        double complex z[WAVE_MAX];
        double f[MAX_POINTS], expected[MAX_POINTS], dissipated, defect;
        assert_ok(context, moe_flow_advance(flow, times[t]));
        assert_true(moe_flow_time(flow) == times[t]);
        assert_ok(context, moe_flow_predictions(flow, f));
        centroids_at(&wave, data, times[t], z);
        centroid_predictions(&wave, data, z, expected);
        for (int64_t j = 0; j < data->n; j++)
            assert_close(f[j], expected[j], tolerance);
        assert_ok(context, moe_flow_energy(flow, &dissipated, &defect));
        assert_true(dissipated > 0);
        assert_close(defect, 0, 1e-11);
    }
    moe_flow_destroy(flow);
    problem_free(&p);
    assert_int_equal(wave.destroyed, 1);
}

/* case 1 */
static void test_one_wave(void **state)
{
    (void)state;
    const struct data data = random_data(1, 7);
    const struct wave wave = {.d = 1, .c = {1}, .a = {1}};
    check_limit(wave, &data, MOE_METHOD_DOP853, 256, (double[]){0.5, 1, 4}, 3, 1e-11);
    check_limit(wave, &data, MOE_METHOD_DOPRI5, 256, (double[]){0.5, 1, 4}, 3, 1e-11);
    check_limit(wave, &data, MOE_METHOD_ADAMS, 256, (double[]){0.5, 1, 4}, 3, 1e-11);
}

/* case 2: the limit stays a product */
static void test_product(void **state)
{
    (void)state;
    const struct data data = random_data(2, 9);
    const struct wave two = {.d = 2, .c = {0.8, -0.6}, .a = {1, 2.5}};
    check_limit(two, &data, MOE_METHOD_DOP853, 64, (double[]){1, 2}, 2, 1e-11);
    const struct wave three = {.d = 3, .c = {0.5, 0.4, 0.7}, .a = {0.5, -1, 2}};
    check_limit(three, &data, MOE_METHOD_DOP853, 24, (double[]){0.5, 1}, 2, 1e-11);
}

/* case 3: F' = (y - F)(1 - F^2)/2 in closed form */
static double time_of(double y, double F)
{
    if (y == 1)
        return F / (1 - F) + atanh(F);
    return -2 / (1 - y * y) * log((y - F) / y) + log(1 - F) / (1 - y) + log(1 + F) / (1 + y);
}

static double prediction_of_one_point(double y, double time, int64_t nodes)
{
    struct wave wave = {.d = 1, .c = {1}, .a = {1}};
    const double x = 0;
    struct problem p;
    double F;
    problem_of_waves(&p, &wave);
    problem_model(&p, 1, &x, &y, NULL);
    problem_grid(&p, nodes);
    moe_flow *flow = problem_flow(&p, MOE_METHOD_DOP853, 1e-13);
    assert_ok(p.context, moe_flow_advance(flow, time));
    assert_ok(p.context, moe_flow_predictions(flow, &F));
    moe_flow_destroy(flow);
    problem_free(&p);
    return F;
}

static void test_one_point(void **state)
{
    (void)state;
    assert_close(prediction_of_one_point(0.6, 1, 256), 0.232325143888, 1e-12);
    assert_close(prediction_of_one_point(0.6, 3, 256), 0.44575596911, 1e-11);
    /* the rule errs like F^nodes, and |y| > 1 drives F to 1: 2048 nodes there */
    const double targets[] = {0.6, -0.3, 1, 1.5};
    for (int i = 0; i < 4; i++)
        for (double time = 0.5; time < 5; time *= 2) {
            const int64_t nodes = fabs(targets[i]) < 1 ? 256 : 2048;
            assert_close(time_of(targets[i], prediction_of_one_point(targets[i], time, nodes)), time, 1e-10);
        }
}

/* ---- the driver, which chooses nodes and steps itself ----------------------------------------- */

static void check_driver(struct wave wave, const struct data *data, const double *times, int count,
                         double tolerance)
{
    struct problem p;
    double error[8];
    problem_of_waves(&p, &wave);
    problem_model(&p, data->n, data->x, data->y, data->v);
    problem_law(&p);
    moe_limit *limit = problem_limit(&p, count, times, tolerance);
    moe_context *context = p.context;
    assert_ok(context, moe_limit_errors(limit, error));
    for (int t = 0; t < count; t++) {
        double complex z[WAVE_MAX];
        double f[MAX_POINTS], expected[MAX_POINTS];
        assert_true(error[t] <= tolerance);
        assert_ok(context, moe_limit_predictions(limit, t, f));
        centroids_at(&wave, data, times[t], z);
        centroid_predictions(&wave, data, z, expected);
        for (int64_t j = 0; j < data->n; j++)
            assert_close(f[j], expected[j], fmax(error[t], 2e-13)); /* what the reference is good for */
    }
    moe_limit_destroy(limit);
    problem_free(&p);
}

static void test_driver(void **state)
{
    (void)state;
    const double times[] = {0, 0.5, 1, 4};
    for (uint64_t seed = 1; seed <= 5; seed++) {
        const struct data data = random_data(seed, 7);
        check_driver((struct wave){.d = 1, .c = {1}, .a = {1}}, &data, times, 4, 1e-11);
        check_driver((struct wave){.d = 2, .c = {0.8, -0.6}, .a = {1, 2.5}}, &data, times, 3, 1e-11);
        check_driver((struct wave){.d = 3, .c = {0.5, 0.4, 0.7}, .a = {0.5, -1, 2}}, &data, times, 2, 1e-11);
        check_driver((struct wave){.d = 1, .c = {1}, .a = {1}}, &data, times, 4, 1e-4);
    }
}

/* case 3 by the driver, through the closed form; at |y| > 1 to t = 3 */
static void test_driver_one_point(void **state)
{
    (void)state;
    const double targets[] = {0.6, -0.3, 1, 1.5}, times[] = {0.5, 1, 3}, x = 0;
    for (int i = 0; i < 4; i++) {
        struct wave wave = {.d = 1, .c = {1}, .a = {1}};
        struct problem p;
        double F;
        problem_of_waves(&p, &wave);
        problem_model(&p, 1, &x, &targets[i], NULL);
        problem_law(&p);
        moe_limit *limit = problem_limit(&p, 3, times, 1e-11);
        moe_context *context = p.context;
        for (int t = 0; t < 3; t++) {
            assert_ok(context, moe_limit_predictions(limit, t, &F));
            const double slope = fabs((targets[i] - F) * (1 - F * F) / 2);
            assert_close(time_of(targets[i], F), times[t], 2e-11 / slope);
        }
        if (i == 0) {
            assert_close(F, 0.44575596911, 1e-11);
            assert_ok(context, moe_limit_predictions(limit, 1, &F));
            assert_close(F, 0.232325143888, 1e-11);
        }
        moe_limit_destroy(limit);
        problem_free(&p);
    }
}

/* case 4: e^{i theta} moves by one Moebius map, so cross-ratios are conserved */
static double complex cross_ratio(const double *theta)
{
    const double complex a = cexp(I * theta[0]), b = cexp(I * theta[1]), c = cexp(I * theta[2]),
                         d = cexp(I * theta[3]);
    return (a - c) * (b - d) / ((b - c) * (a - d));
}

static void test_cross_ratios(void **state)
{
    (void)state;
    enum { N = 40 };
    struct wave wave = {.d = 1, .c = {1}, .a = {1}};
    const struct data data = random_data(4, 5);
    struct problem p;
    problem_of_waves(&p, &wave);
    problem_model(&p, data.n, data.x, data.y, data.v);
    problem_draws(&p, 7, 0, N);
    moe_flow *flow = problem_flow(&p, MOE_METHOD_DOP853, 1e-13);
    assert_ok(p.context, moe_flow_advance(flow, 5));
    const double *before = moe_measure_points(p.mu), *after = moe_flow_points(flow);
    double moved = 0;
    for (int i = 0; i + 3 < N; i++) {
        const double complex was = cross_ratio(before + i), is = cross_ratio(after + i);
        assert_close(cabs(is - was) / cabs(was), 0, 1e-10);
        moved = fmax(moved, fabs(after[i] - before[i]));
    }
    assert_true(moved > 0.1);
    moe_flow_destroy(flow);
    problem_free(&p);
}

/* case 6: every point moves by the same m(t), m' = -A m + b; here A is diagonal by orthogonal data */
static void test_linear_expert(void **state)
{
    (void)state;
    int64_t d = 2;
    const double x[] = {2, 1, -1, 2}, y[] = {0.7, -0.4}, v[] = {0.25, 0.75};
    const double points[] = {0.3, -1, 2, 0.1, -4, 0.5}, weights[] = {0.2, 0.5, 0.3};
    struct problem p;
    problem_of_linear(&p, &d);
    problem_model(&p, 2, x, y, v);
    problem_points(&p, 3, points, weights);
    moe_flow *flow = problem_flow(&p, MOE_METHOD_DOP853, 1e-13);
    assert_ok(p.context, moe_flow_advance(flow, 1.5));
    /* along phi_j, |phi_j|^2 = 5:  <m, phi_j> = y_j + (<m_0, phi_j> - y_j) e^{-5 v_j t} */
    double m0[2] = {0, 0}, shift[2] = {0, 0};
    for (int i = 0; i < 3; i++)
        for (int a = 0; a < 2; a++)
            m0[a] += weights[i] * points[2 * i + a];
    for (int j = 0; j < 2; j++) {
        const double *phi = x + 2 * j, at0 = m0[0] * phi[0] + m0[1] * phi[1];
        const double change = (y[j] - at0) * (1 - exp(-5 * v[j] * 1.5));
        for (int a = 0; a < 2; a++)
            shift[a] += change * phi[a] / 5;
    }
    const double *after = moe_flow_points(flow);
    for (int i = 0; i < 3; i++)
        for (int a = 0; a < 2; a++)
            assert_close(after[2 * i + a], points[2 * i + a] + shift[a], 1e-11);
    moe_flow_destroy(flow);
    problem_free(&p);
}

/* the farthest that a point has moved by t = 10 */
static double farthest(const struct problem *p)
{
    double most = 0;
    moe_flow *flow = problem_flow(p, MOE_METHOD_DOP853, 1e-8);
    assert_ok(p->context, moe_flow_advance(flow, 10));
    const double *before = moe_measure_points(p->mu), *after = moe_flow_points(flow);
    for (int64_t i = 0; i < moe_measure_count(p->mu) * moe_measure_dimension(p->mu); i++)
        most = fmax(most, fabs(after[i] - before[i]));
    moe_flow_destroy(flow);
    return most;
}

/* case 7: y = int f dmu_0 is stationary for the limit, while finite N moves */
static void test_symmetry(void **state)
{
    (void)state;
    struct wave wave = {.d = 2, .c = {1, 0.5}, .a = {1, 2}};
    const double x[] = {0.3, -1, 0.8}, y[] = {0, 0, 0};
    struct problem p;
    problem_of_waves(&p, &wave);
    problem_model(&p, 3, x, y, NULL);
    problem_grid(&p, 12);
    assert_close(farthest(&p), 0, 1e-13);
    problem_draws(&p, 1, 0, 20);
    assert_true(farthest(&p) > 1e-2);
    problem_free(&p);
}

/* the variance of case 3: N Var F_N at t = 1 is 0.187 for N = 10 (0.183516 in the limit), from 4000 replicas
 */
static void test_variance(void **state)
{
    (void)state;
    enum { N = 10, REPLICAS = 4000 };
    struct wave wave = {.d = 1, .c = {1}, .a = {1}};
    const double x = 0, y = 0.6;
    struct problem p;
    problem_of_waves(&p, &wave);
    problem_model(&p, 1, &x, &y, NULL);
    double sum = 0, squares = 0;
    for (int r = 0; r < REPLICAS; r++) {
        double F;
        problem_draws(&p, 11, r, N);
        moe_flow *flow = problem_flow(&p, MOE_METHOD_DOP853, 1e-6);
        assert_ok(p.context, moe_flow_advance(flow, 1));
        assert_ok(p.context, moe_flow_predictions(flow, &F));
        sum += F;
        squares += F * F;
        moe_flow_destroy(flow);
    }
    const double mean = sum / REPLICAS, variance = squares / REPLICAS - mean * mean;
    assert_close(N * variance, 0.187, 4 * 0.187 * sqrt(2.0 / REPLICAS));
    assert_close(mean, 0.232325143888 + 0.038 / N, 4 * sqrt(variance / REPLICAS));
    problem_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_wave),         cmocka_unit_test(test_product),
        cmocka_unit_test(test_one_point),        cmocka_unit_test(test_cross_ratios),
        cmocka_unit_test(test_linear_expert),    cmocka_unit_test(test_symmetry),
        cmocka_unit_test(test_variance),         cmocka_unit_test(test_driver),
        cmocka_unit_test(test_driver_one_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
