/* test_lattice.c - rank-1 lattices: the construction against exhaustive search, the criterion against the
 * dual lattice, what is integrated exactly, unbiasedness over shifts, convergence on each kind of law.
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"

#include "measure/fft.h"
#include "measure/korobov.h"
#include "measure/law.h"

/* ---- the construction ---------------------------------------------------------------------------- */

static void transforms_are_those_of_the_definition(void **state)
{
    (void)state;
    double roots[64], z[128], plain[128];
    uint64_t seed = 1;
    moei_fft_roots(64, roots);
    for (int64_t n = 1; n <= 64; n *= 2) {
        memset(plain, 0, sizeof plain);
        for (int64_t k = 0; k < 2 * n; k++)
            z[k] = test_uniform(&seed) - 0.5;
        for (int64_t j = 0; j < n; j++)
            for (int64_t k = 0; k < n; k++) {
                const double angle = -2 * PI * (double)(j * k % n) / (double)n;
                plain[2 * j] += z[2 * k] * cos(angle) - z[2 * k + 1] * sin(angle);
                plain[2 * j + 1] += z[2 * k] * sin(angle) + z[2 * k + 1] * cos(angle);
            }
        moei_fft(n, 64, roots, z);
        for (int64_t k = 0; k < 2 * n; k++)
            assert_close(z[k], plain[k], 1e-14 * (double)n);
    }
}

enum { D = 6 };
static const double weights[D] = {1, 0.3, 0.8, 0.1, 0.5, 0};
static const int by_weight[D] = {0, 2, 4, 1, 3, 5};

/* Every component attains the least error that any odd number attains after those chosen before it. */
static void components_are_the_best_of_all(void **state)
{
    moe_context *context = *state;
    for (int64_t n = 1; n <= 512; n *= 2) {
        int64_t z[D], trial[D];
        double gamma[D];
        assert_ok(context, moei_korobov_vector(context, n, D, weights, z));
        for (int s = 0; s < D; s++) {
            double least = 1e300;
            gamma[s] = weights[by_weight[s]];
            for (trial[s] = 1; trial[s] <= n; trial[s] += 2)
                least = fmin(least, moei_korobov_error(n, s + 1, trial, gamma));
            trial[s] = z[by_weight[s]];
            assert_true(trial[s] % 2 == 1 && trial[s] > 0 && (trial[s] < n || n < 8));
            assert_close(moei_korobov_error(n, s + 1, trial, gamma), least, 1e-10 * least);
        }
    }
}

/* e^2 = sum over h != 0 with h . z = 0 mod n of prod_{h_j != 0} gamma_j / h_j^2. Summed over |h_j| <= H it
 * lacks at most what one |h_j| > H adds, of order 1 / H. */
static void the_criterion_is_the_sum_over_the_dual_lattice(void **state)
{
    (void)state;
    enum { H = 1500 };
    const int64_t n = 16, z[2] = {1, 5};
    const double gamma[2] = {0.7, 0.4};
    double sum = 0;
    for (int64_t g = -H; g <= H; g++)
        for (int64_t h = -H; h <= H; h++)
            if ((g || h) && (g * z[0] + h * z[1]) % n == 0)
                sum += (g ? gamma[0] / (double)(g * g) : 1) * (h ? gamma[1] / (double)(h * h) : 1);
    assert_close(moei_korobov_error(n, 2, z, gamma), sum, 1e-3);
    assert_true(moei_korobov_error(n, 2, z, gamma) > sum);
}

/* e falls nearly like 1 / n where the weights do, whatever the dimension. */
static void errors_fall_like_the_count(void **state)
{
    moe_context *context = *state;
    enum { MANY = 40 };
    double gamma[MANY], before = 0;
    int64_t z[MANY];
    for (int j = 0; j < MANY; j++)
        gamma[j] = 1 / pow(j + 1, 4);
    for (int64_t n = 64; n <= 16384; n *= 4) {
        assert_ok(context, moei_korobov_vector(context, n, MANY, gamma, z));
        const double error = sqrt(moei_korobov_error(n, MANY, z, gamma));
        if (before > 0)
            assert_true(error < before / 3);
        before = error;
    }
}

/* ---- the points --------------------------------------------------------------------------------- */

static moe_law *torus(moe_context *context, int64_t d)
{
    static const double period[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    moe_law *law = NULL;
    return moe_law_create(context, d, period, &law) ? NULL : law;
}

static void lattice_sum(const moe_measure *measure, const int64_t *h, double *re, double *im)
{
    const int64_t d = moe_measure_dimension(measure);
    *re = *im = 0;
    for (int64_t i = 0; i < moe_measure_count(measure); i++) {
        double phase = 0;
        for (int64_t k = 0; k < d; k++)
            phase += 2 * PI * (double)h[k] * moe_measure_points(measure)[i * d + k];
        *re += moe_measure_weights(measure)[i] * cos(phase);
        *im += moe_measure_weights(measure)[i] * sin(phase);
    }
}

/* The lattice integrates exp(2 pi i h . theta) to 0, unless h is in the dual lattice: then to modulus 1. */
static void waves_outside_the_dual_lattice_are_exact(void **state)
{
    moe_context *context = *state;
    enum { N = 64 };
    const double gamma[3] = {0.3, 0.3, 0.3};
    int64_t z[3], in_dual = 0;
    moe_law *law = torus(context, 3);
    moe_measure *measure = NULL;
    assert_ok(context, moei_korobov_vector(context, N, 3, gamma, z));
    assert_ok(context, moe_measure_lattice(context, law, N, NULL, 11, 5, &measure));
    for (int64_t g = 0; g < 13 * 13 * 13; g++) {
        const int64_t h[3] = {g % 13 - 6, g / 13 % 13 - 6, g / 169 - 6};
        const int64_t dual = (h[0] * z[0] + h[1] * z[1] + h[2] * z[2]) % N == 0;
        double re, im;
        lattice_sum(measure, h, &re, &im);
        assert_close(hypot(re, im), (double)dual, 1e-13);
        in_dual += dual;
    }
    assert_true(in_dual > 1 && in_dual < 13 * 13 * 13 / 20);
    moe_measure_destroy(measure);
    moe_law_destroy(law);
}

static double product_of_waves(const double *x, int64_t d)
{
    double product = 1;
    for (int64_t k = 0; k < d; k++)
        product *= 1 + 0.5 / (double)(k + 1) * sin(2 * PI * x[k] + (double)k) + 0.1 * cos(6 * PI * x[k]);
    return product;
}

static double mean_of(const moe_measure *measure, double (*f)(const double *x, int64_t d))
{
    const int64_t d = moe_measure_dimension(measure);
    double sum = 0;
    for (int64_t i = 0; i < moe_measure_count(measure); i++)
        sum += moe_measure_weights(measure)[i] * f(moe_measure_points(measure) + i * d, d);
    return sum;
}

/* Over the shifts the mean is the integral, within its standard error, though one lattice of 8 points errs.
 */
static void shifts_are_unbiased(void **state)
{
    moe_context *context = *state;
    enum { STREAMS = 2000 };
    moe_law *law = torus(context, 4);
    double sum = 0, square = 0, first = 0;
    for (int s = 0; s < STREAMS; s++) {
        moe_measure *measure = NULL;
        assert_ok(context, moe_measure_lattice(context, law, 8, NULL, 3, s, &measure));
        const double mean = mean_of(measure, product_of_waves);
        sum += mean;
        square += mean * mean;
        first += moe_measure_points(measure)[0] / STREAMS; /* the shift itself */
        moe_measure_destroy(measure);
    }
    const double mean = sum / STREAMS, variance = square / STREAMS - mean * mean;
    assert_true(variance > 1e-4);
    assert_close(mean, 1, 4 * sqrt(variance / STREAMS));
    assert_close(first, 0.5, 4 * sqrt(1.0 / 12 / STREAMS));
    moe_law_destroy(law);
}

/* Root mean square error over 8 shifts. */
static double lattice_error(moe_context *context, const moe_law *law, int64_t count, const double *gamma,
                            double (*f)(const double *x, int64_t d), double exact)
{
    double square = 0;
    for (int s = 0; s < 8; s++) {
        moe_measure *measure = NULL;
        assert_ok(context, moe_measure_lattice(context, law, count, gamma, 1, s, &measure));
        square += pow(mean_of(measure, f) - exact, 2) / 8;
        moe_measure_destroy(measure);
    }
    return sqrt(square);
}

static void periodic_functions_converge_fast(void **state)
{
    moe_context *context = *state;
    const double gamma[8] = {0.3, 0.1, 0.05, 0.03, 0.02, 0.015, 0.01, 0.008};
    moe_law *law = torus(context, 8);
    const double few = lattice_error(context, law, 256, gamma, product_of_waves, 1),
                 many = lattice_error(context, law, 16384, gamma, product_of_waves, 1);
    assert_true(few < 2e-3 && many < few / 20 && many < 4e-5); /* as many draws err by 0.04 and 5e-3 */
    moe_law_destroy(law);
}

/* E exp(sum x_k / 2) of standard normals; E prod exp(x_k) of uniforms on [0, 1): no period to help. */
static double exponential(const double *x, int64_t d)
{
    double sum = 0;
    for (int64_t k = 0; k < d; k++)
        sum += x[k] / 2;
    return exp(sum);
}

static void other_laws_converge(void **state)
{
    moe_context *context = *state;
    const double period[3] = {(double)INFINITY, (double)INFINITY, (double)INFINITY};
    moe_law *law = NULL;
    assert_ok(context, moe_law_create(context, 3, period, &law));
    for (int64_t k = 0; k < 3; k++)
        assert_ok(context, moe_law_set_uniform(law, k, 0, 1));
    const double exact = pow(2 * (exp(0.5) - 1), 3);
    const double uniform = lattice_error(context, law, 16384, NULL, exponential, exact);
    for (int64_t k = 0; k < 3; k++)
        assert_ok(context, moe_law_set_normal(law, k, 0, 1));
    const double normal = lattice_error(context, law, 16384, NULL, exponential, exp(3.0 / 8));
    assert_true(uniform < 1e-6 && normal < 1e-3); /* 16384 draws: 4e-3 and 8e-3 */
    moe_law_destroy(law);
}

static double cosines(const double *x, int64_t d)
{
    double product = 1;
    for (int64_t k = 0; k < d; k++)
        product *= cos(2 * PI * x[k]);
    return product;
}

/* Circles with a peak are periodic in u too. */
static void peaked_circles_converge_fast(void **state)
{
    moe_context *context = *state;
    moe_law *law = torus(context, 2);
    assert_ok(context, moe_law_set_normal(law, 0, 0, 1.2 / (2 * PI)));
    assert_ok(context, moe_law_set_von_mises(law, 1, 0, 1));
    const double exact = exp(-0.5 * 1.2 * 1.2) * 0.446389965896534; /* I_1(1) / I_0(1) */
    assert_true(lattice_error(context, law, 4096, NULL, cosines, exact) < 1e-7);
    moe_law_destroy(law);
}

static void fixed_coordinates_and_samples_take_their_part(void **state)
{
    moe_context *context = *state;
    enum { N = 64 };
    const double rows[8] = {1, 10, 2, 20, 3, 30, 4, 40};
    int64_t seen[5] = {0};
    moe_law *law = torus(context, 4);
    moe_measure *measure = NULL;
    assert_ok(context, moe_law_set_fixed(law, 0, 0.25));
    assert_ok(context, moe_law_set_samples(law, 1, 2, 4, rows));
    assert_ok(context, moe_measure_lattice(context, law, N, NULL, 1, 0, &measure));
    for (int64_t i = 0; i < N; i++) {
        const double *x = moe_measure_points(measure) + 4 * i;
        assert_close(x[0], 0.25, 0);
        assert_close(x[2], 10 * x[1], 0);
        assert_true(x[3] >= 0 && x[3] < 1);
        seen[(int)x[1]]++;
    }
    for (int row = 1; row <= 4; row++)
        assert_close((double)seen[row], N / 4, 2);
    moe_measure_destroy(measure);
    moe_law_destroy(law);
}

/* A seed and a stream are a shift; a lattice shares no number with draws of the same seed and stream. */
static void shifts_are_their_own_numbers(void **state)
{
    moe_context *context = *state;
    moe_law *law = torus(context, 2);
    moe_measure *one = NULL, *again = NULL, *other = NULL, *drawn = NULL;
    assert_ok(context, moe_measure_lattice(context, law, 16, NULL, 1, 2, &one));
    assert_ok(context, moe_measure_lattice(context, law, 16, NULL, 1, 2, &again));
    assert_ok(context, moe_measure_lattice(context, law, 16, NULL, 1, 3, &other));
    assert_ok(context, moe_measure_random(context, law, 1, 2, 0, 16, &drawn));
    assert_memory_equal(moe_measure_points(one), moe_measure_points(again), 32 * sizeof(double));
    assert_true(moe_measure_points(one)[0] != moe_measure_points(other)[0]);
    for (int i = 0; i < 32; i++)
        assert_true(moe_measure_points(one)[0] != moe_measure_points(drawn)[i]);
    moe_measure_destroy(one);
    moe_measure_destroy(again);
    moe_measure_destroy(other);
    moe_measure_destroy(drawn);
    moe_law_destroy(law);
}

static void bad_arguments_are_refused(void **state)
{
    moe_context *context = *state;
    const double negative[2] = {1, -1}, nan[2] = {(double)NAN, 1}, line = (double)INFINITY;
    moe_law *law = torus(context, 2), *unset = NULL;
    moe_measure *measure = (moe_measure *)&measure;
    assert_int_equal(moe_measure_lattice(NULL, law, 8, NULL, 1, 0, &measure), MOE_ERROR_NULL);
    assert_null(measure);
    assert_fails(context, MOE_ERROR_NULL, "law", moe_measure_lattice(context, NULL, 8, NULL, 1, 0, &measure));
    assert_fails(context, MOE_ERROR_NULL, "measure", moe_measure_lattice(context, law, 8, NULL, 1, 0, NULL));
    assert_fails(context, MOE_ERROR_SIZE, "count is 0",
                 moe_measure_lattice(context, law, 0, NULL, 1, 0, &measure));
    assert_fails(context, MOE_ERROR_SIZE, "power of two",
                 moe_measure_lattice(context, law, 12, NULL, 1, 0, &measure));
    assert_fails(context, MOE_ERROR_SIZE, "2^30",
                 moe_measure_lattice(context, law, INT64_C(1) << 31, NULL, 1, 0, &measure));
    assert_fails(context, MOE_ERROR_VALUE, "stream is -1",
                 moe_measure_lattice(context, law, 8, NULL, 1, -1, &measure));
    assert_fails(context, MOE_ERROR_VALUE, "stream is 4294967296",
                 moe_measure_lattice(context, law, 8, NULL, 1, INT64_C(1) << 32, &measure));
    assert_fails(context, MOE_ERROR_WEIGHTS, "gamma[1] is -1",
                 moe_measure_lattice(context, law, 8, negative, 1, 0, &measure));
    assert_fails(context, MOE_ERROR_NOT_FINITE, "gamma[0]",
                 moe_measure_lattice(context, law, 8, nan, 1, 0, &measure));
    assert_ok(context, moe_law_create(context, 1, &line, &unset));
    assert_fails(context, MOE_ERROR_ORDER, "coordinate 0",
                 moe_measure_lattice(context, unset, 8, NULL, 1, 0, &measure));
    moe_law_destroy(unset);
    moe_law_destroy(law);
}

static int32_t make_lattice(moe_context *context, void *self)
{
    (void)self;
    moe_law *law = torus(context, 3);
    moe_measure *measure = NULL;
    int32_t status = law ? moe_law_set_von_mises(law, 1, 0, 1) : MOE_ERROR_MEMORY;
    if (!status)
        status = moe_measure_lattice(context, law, 32, NULL, 1, 0, &measure);
    moe_measure_destroy(measure);
    moe_law_destroy(law);
    return status;
}

static void lattices_survive_lack_of_memory(void **state)
{
    (void)state;
    assert_true(failing_sweep(make_lattice, NULL) > 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transforms_are_those_of_the_definition),
        cmocka_unit_test(components_are_the_best_of_all),
        cmocka_unit_test(the_criterion_is_the_sum_over_the_dual_lattice),
        cmocka_unit_test(errors_fall_like_the_count),
        cmocka_unit_test(waves_outside_the_dual_lattice_are_exact),
        cmocka_unit_test(shifts_are_unbiased),
        cmocka_unit_test(periodic_functions_converge_fast),
        cmocka_unit_test(other_laws_converge),
        cmocka_unit_test(peaked_circles_converge_fast),
        cmocka_unit_test(fixed_coordinates_and_samples_take_their_part),
        cmocka_unit_test(shifts_are_their_own_numbers),
        cmocka_unit_test(bad_arguments_are_refused),
        cmocka_unit_test(lattices_survive_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, context_create, context_destroy);
}
