/* test_rate.c - tails of Student and chi-squared against closed forms; rates against simulations of truths.
 *
 * SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "base/random.h"
#include "study/rate.h"
#include "study/student.h"

/* One degree of freedom: Cauchy. Two: 1 - t / sqrt(2 + t^2). INFINITY: normal. */
static void test_student(void **state)
{
    (void)state;
    for (double t = 0.01; t < 200; t *= 1.7) {
        assert_close(moei_student_tail(t, 1) / (2 / PI * atan(1 / t)), 1, 1e-13);
        assert_close(moei_student_tail(t, 2), 1 - t / sqrt(2 + t * t), 1e-13);
        if (t < 5)
            assert_close(moei_student_tail(t, 1e6) / erfc(t / sqrt(2)), 1, 1e-3);
        const double three = 1 - 2 / PI * (atan(t / sqrt(3)) + t / sqrt(3) / (1 + t * t / 3));
        assert_close(moei_student_tail(t, 3), three, 1e-13);
    }
    for (double freedom = 0.7; freedom < 1e5; freedom *= 3)
        for (double tail = 0.9; tail > 1e-6; tail /= 7)
            assert_close(moei_student_tail(moei_student_quantile(tail, freedom), freedom) / tail, 1, 1e-9);
}

/* Two degrees of freedom: e^{-x/2}; one: erfc(sqrt(x/2)); and Q(a + 1, z) = Q(a, z) + z^a e^-z / Gamma(a +
 * 1). */
static void test_chi_squared(void **state)
{
    (void)state;
    for (double x = 0.01; x < 60; x *= 1.6) {
        assert_close(moei_chi_squared_tail(x, 2) / exp(-x / 2), 1, 1e-12);
        assert_close(moei_chi_squared_tail(x, 1) / erfc(sqrt(x / 2)), 1, 1e-12);
        assert_close(moei_chi_squared_tail(x, 4) / (exp(-x / 2) * (1 + x / 2)), 1, 1e-12);
    }
    assert_close(moei_chi_squared_tail(0, 3), 1, 0);
}

/* ---- simulated studies ------------------------------------------------------------------------- */

enum { CELLS = 9, STUDIES = 1000 };

typedef struct {
    moei_rate_form form;
    double exponent, b;
} truth;

static double expected(const truth *of, double N)
{
    const double c = 1.3 * pow(N, -of->exponent);
    switch (of->form.kind) {
    case MOEI_RATE_LOGARITHMIC:
        return c * sqrt(log(N) + of->b);
    case MOEI_RATE_GENERAL:
        return c * (log(N) + of->b);
    case MOEI_RATE_CORRECTED:
        return c * (1 + of->b * pow(N, -of->form.correction));
    default:
        return c;
    }
}

/* A replica by its expectation: |normal|, exponential, or one that fluctuates the less the more experts. */
static double noise(int kind, double N, double u, double v)
{
    const double normal = sqrt(-2 * log(u)) * cos(2 * PI * v);
    return kind == 0 ? fabs(normal) * sqrt(PI / 2) : kind == 1 ? -log(u) : 1 + 0.1 * normal * pow(N, -0.25);
}

static void simulate(const truth *of, int kind, const int *replicas, int64_t *counter, moei_rate_cell *cells)
{
    for (int i = 0; i < CELLS; i++) {
        const double N = 16 << i, mean = expected(of, N);
        double sum = 0, squares = 0;
        for (int r = 0; r < replicas[i]; r++) {
            const double u = moei_random_uniform(11, 0, (uint64_t)++ * counter, 0),
                         v = moei_random_uniform(11, 0, (uint64_t)++ * counter, 0);
            const double y = mean * noise(kind, N, u, v);
            sum += y;
            squares += y * y;
        }
        const double average = sum / replicas[i];
        cells[i] = (moei_rate_cell){N, average, (squares - sum * average) / (replicas[i] - 1), replicas[i]};
    }
}

/* Nominal 95 % covers in 93 to 97 % of 1000 studies; the standard error of such a share is 0.7 %, so the
 * interval gets one of them to either side. Where b is hardly known, with replicas as noisy as |normal|, the
 * interval may be safer. */
static void test_coverage(void **state)
{
    (void)state;
    static const truth truths[] = {{{MOEI_RATE_PLAIN, 0, 0}, 0.5, 0},
                                   {{MOEI_RATE_LOGARITHMIC, 0, 0}, 0.5, 0.7},
                                   {{MOEI_RATE_GENERAL, 0, 0}, 0.5, 0.7},
                                   {{MOEI_RATE_CORRECTED, 1.0 / 3, 0}, 1.0 / 3, 0.4},
                                   {{MOEI_RATE_CORRECTED, 0.5, 0}, 0.25, 0.35}};
    static const int replicas[2][CELLS] = {{64, 64, 64, 64, 64, 64, 32, 24, 16},
                                           {16, 16, 16, 16, 16, 16, 16, 16, 16}};
    int64_t counter = 0;
    for (size_t of = 0; of < sizeof truths / sizeof *truths; of++)
        for (int kind = 0; kind < 3; kind += 2)
            for (int set = 0; set < 2; set++) {
                int covered = 0, rejected = 0;
                for (int study = 0; study < STUDIES; study++) {
                    moei_rate_cell cells[CELLS];
                    moei_rate rate;
                    simulate(&truths[of], kind, replicas[set], &counter, cells);
                    const double a = truths[of].exponent;
                    assert_true(moei_rate_fit(truths[of].form, 0, CELLS, cells, a, &rate));
                    covered += rate.low <= a && a <= rate.high;
                    rejected += rate.probability < 0.05;
                }
                const bool vague = truths[of].form.kind != MOEI_RATE_PLAIN && kind == 0;
                assert_in_range(covered, 0.923 * STUDIES, (vague ? 0.99 : 0.977) * STUDIES);
                if (!vague) /* interval and test say the same, but for ends to rounding */
                    assert_in_range(covered + rejected, STUDIES - 2, STUDIES + 2);
            }
}

/* What follows one logarithmic form exactly is not of the other, with the exponent held: its chi-squared says
 * which, if the measurement is precise enough. */
static void test_preference(void **state)
{
    (void)state;
    const moei_rate_form forms[] = {{MOEI_RATE_LOGARITHMIC, 0, 0}, {MOEI_RATE_GENERAL, 0, 0}};
    for (int of = 0; of < 2; of++) {
        const truth followed = {forms[of], 0.5, 0.7};
        moei_rate_cell cells[CELLS];
        moei_rate rate[2];
        for (int i = 0; i < CELLS; i++) {
            const double mean = expected(&followed, 16 << i);
            cells[i] = (moei_rate_cell){16 << i, mean, 1e-6 * mean * mean, 16};
        }
        for (int k = 0; k < 2; k++)
            assert_true(moei_rate_fit(forms[k], 0, CELLS, cells, 0.5, &rate[k]));
        assert_close(rate[of].value[1], 0.5, 1e-8);
        assert_close(rate[of].chi_held, 0, 1e-6);
        assert_true(rate[1 - of].chi_held > 20);
        assert_true(rate[1 - of].chi_held >= rate[1 - of].chi_squared);
    }
}

/* Without noise the truth comes out, and the cells that do not follow the form are left out. */
static void test_exact(void **state)
{
    (void)state;
    const truth of = {{MOEI_RATE_CORRECTED, 0.5, 0}, 0.25, 0.35};
    moei_rate_cell cells[CELLS];
    moei_rate rate;
    for (int i = 0; i < CELLS; i++) {
        const double mean = expected(&of, 16 << i);
        cells[i] = (moei_rate_cell){16 << i, mean, 1e-6 * mean * mean, 16};
    }
    assert_true(moei_rate_fit_tail(of.form, CELLS, cells, 0.25, &rate));
    assert_close(rate.value[0], log(1.3), 1e-9);
    assert_close(rate.value[1], 0.25, 1e-9);
    assert_close(rate.value[2], 0.35, 1e-8);
    assert_int_equal(rate.first, 0);
    double N[CELLS], drawn[CELLS];
    for (int i = 0; i < CELLS; i++)
        N[i] = cells[i].experts;
    assert_true(moei_rate_curve(of.form, 0, CELLS, cells, (double)NAN, CELLS, N, drawn));
    for (int i = 0; i < CELLS; i++)
        assert_close(drawn[i] / cells[i].mean, 1, 1e-12);
    assert_true(moei_rate_curve(of.form, 0, CELLS, cells, 0.3, CELLS, N, drawn));
    for (int i = 0; i < CELLS; i++) /* b makes up for more than half of what turning alone would do */
        assert_close(drawn[i] / cells[i].mean, 1, 0.05 * log(16) / 2);
    cells[0].mean *= 1.5;
    cells[1].mean *= 1.1;
    assert_true(moei_rate_fit_tail(of.form, CELLS, cells, 0.25, &rate));
    assert_int_equal(rate.first, 2);
    assert_close(rate.value[1], 0.25, 1e-9);
    assert_false(moei_rate_fit(of.form, 7, CELLS, cells, 0.25, &rate)); /* two cells, three parameters */
}

/* Where the correction is as large as the leading term, and more, the minimum is flat: what is told must be its
 * bottom all the same. So no exponent that is held has less chi-squared, it has the more the farther it is, and the
 * interval's ends are where five of a hundred are farther. */
static void test_flat(void **state)
{
    (void)state;
    static const truth truths[] = {{{MOEI_RATE_CORRECTED, 1.0 / 3, 0}, 1.0 / 3, 30},
                                   {{MOEI_RATE_CORRECTED, 0.5, 0}, 0.25, 1e4},
                                   {{MOEI_RATE_CORRECTED, 0.5, 0}, 0.25, -0.9},
                                   {{MOEI_RATE_LOGARITHMIC, 0, 0}, 0.5, 100},
                                   {{MOEI_RATE_CORRECTED, 1, 0.25}, 0.5, -2}};
    static const int replicas[CELLS] = {16, 16, 16, 16, 16, 16, 16, 16, 16};
    int64_t counter = 0;
    for (size_t of = 0; of < sizeof truths / sizeof *truths; of++)
        for (int study = 0; study < 40; study++) {
            moei_rate_cell cells[CELLS];
            moei_rate rate, held;
            simulate(&truths[of], 2, replicas, &counter, cells);
            assert_true(moei_rate_fit(truths[of].form, 0, CELLS, cells, 0.4, &rate));
            assert_true(rate.low < rate.value[1] && rate.value[1] < rate.high);
            for (int side = -1; side <= 1; side += 2) {
                const double end = side < 0 ? rate.low : rate.high;
                double before = rate.chi_squared;
                for (double part = 0.25; part < 4; part *= 2) {
                    const double a = rate.value[1] + part * (end - rate.value[1]);
                    assert_true(moei_rate_fit(truths[of].form, 0, CELLS, cells, a, &held));
                    assert_close(held.chi_squared, rate.chi_squared, 0);
                    assert_true(held.chi_held > before);
                    assert_true(part < 1   ? held.probability > 0.05
                                : part > 1 ? held.probability < 0.05
                                           : fabs(held.probability - 0.05) < 1e-4);
                    before = held.chi_held;
                }
            }
        }
}

/* A correction whose exponent is only known to be between two: the interval covers whichever is true. */
static void test_unknown_correction(void **state)
{
    (void)state;
    const moei_rate_form form = {MOEI_RATE_CORRECTED, 1, 0.25};
    static const int replicas[CELLS] = {32, 32, 32, 32, 32, 32, 32, 32, 32};
    int64_t counter = 1000000;
    for (double g = 0.25; g <= 1; g *= 2) {
        const truth of = {{MOEI_RATE_CORRECTED, g, 0}, 0.5, g < 0.5 ? -0.8 : -2};
        int covered = 0;
        for (int study = 0; study < STUDIES / 4; study++) {
            moei_rate_cell cells[CELLS];
            moei_rate rate;
            simulate(&of, 0, replicas, &counter, cells);
            assert_true(moei_rate_fit(form, 0, CELLS, cells, 0.5, &rate));
            assert_true(rate.correction >= 0.2499 && rate.correction <= 1);
            covered += rate.low <= 0.5 && 0.5 <= rate.high;
        }
        assert_true(covered >= 0.92 * (STUDIES / 4));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_student),
        cmocka_unit_test(test_chi_squared),
        cmocka_unit_test(test_coverage),
        cmocka_unit_test(test_preference),
        cmocka_unit_test(test_exact),
        cmocka_unit_test(test_flat),
        cmocka_unit_test(test_unknown_correction),
    };
    return cmocka_run_group_tests_name("rate", tests, NULL, NULL);
}
