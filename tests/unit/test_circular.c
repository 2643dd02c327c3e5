/* test_circular.c - von Mises and wrapped normal: trigonometric moments in closed form, distribution
 * functions, and the rules that are exact for trigonometric polynomials.
 *
 *   wrapped normal  E cos(m t) = exp(-m^2 s^2 / 2);  von Mises  E cos(m t) = I_m(kappa) / I_0(kappa)
 *
 * SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "measure/law.h"
#include "measure/rules.h"

/* I_m(x) / I_0(x), by I_{k-1} / I_k = 2 k / x + 1 / (I_k / I_{k+1}) downwards (Perron's continued fraction).
 */
static double bessel_ratio(int m, double x)
{
    double product = 1, ratio = 0;
    for (int k = m + 60 + (int)(9 * sqrt(x)); k >= 1; k--) {
        ratio = 1 / (2 * k / x + ratio);
        if (k <= m)
            product *= ratio;
    }
    return product;
}

static double moment(const moei_circular *law, int m)
{
    const double s = law->spread;
    const bool normal =
        !law->von_mises || s < 1e-6; /* I_m / I_0 = exp(-m^2 / (2 kappa)) (1 + O(m^2 / kappa^2)) */
    return normal ? exp(-0.5 * m * m * s * s) : bessel_ratio(m, 1 / (s * s));
}

static const double spreads[] = {1e-7, 1e-3, 0.02, 0.1, 0.3, 0.5, 0.7, 1, 1.5, 1.99, 2.01, 3, 5, 30};
enum { SPREADS = sizeof spreads / sizeof *spreads };

static void rules_are_exact_below_their_size(void **state)
{
    moe_context *context = *state;
    static const int64_t sizes[] = {1, 2, 3, 4, 7, 8, 16, 33, 64, 150};
    double x[150], w[150];
    for (int kind = 0; kind < 2; kind++)
        for (int s = 0; s < SPREADS; s++)
            for (int i = 0; i < 10; i++) {
                const moei_circular law = {kind, spreads[s]};
                const int n = (int)sizes[i];
                double sum = 0;
                assert_ok(context, moei_rule_circular(context, &law, n, x, w));
                for (int q = 0; q < n; q++) {
                    assert_true(w[q] >= 0 && fabs(x[q]) <= PI);
                    assert_true(q == 0 || x[q] > x[q - 1]);
                    assert_close(x[q], -x[n - 1 - q], 0);
                    sum += w[q];
                }
                assert_close(sum, 1, 1e-14);
                for (int m = 1; m < n; m += 1 + m / 8) {
                    double even = 0, odd = 0;
                    for (int q = 0; q < n; q++) {
                        even += w[q] * cos(m * x[q]);
                        odd += w[q] * sin(m * x[q]);
                    }
                    assert_close(even, moment(&law, m), 2e-13);
                    assert_close(odd, 0, 1e-14);
                }
            }
}

/* A flat law has the trapezoid rule, a sharp one Gauss-Hermite. */
static void rules_have_the_known_ones_at_their_ends(void **state)
{
    moe_context *context = *state;
    enum { N = 12 };
    double x[N], w[N], known[N], weights[N];
    for (int kind = 0; kind < 2; kind++) {
        const moei_circular flat = {kind, kind ? 1e9 : 40}, sharp = {kind, 1e-8};
        assert_ok(context, moei_rule_circular(context, &flat, N, x, w));
        for (int q = 0; q < N; q++) {
            assert_close(x[q], -PI + (q + 0.5) * 2 * PI / N, 1e-13);
            assert_close(w[q], 1.0 / N, 1e-14);
        }
        assert_ok(context, moei_rule_circular(context, &sharp, N, x, w));
        assert_ok(context, moei_rule_hermite(context, N, known, weights));
        for (int q = 0; q < N; q++) {
            assert_close(x[q], 1e-8 * known[q], 1e-20);
            assert_close(w[q], weights[q], 1e-14);
        }
    }
}

/* The mean of cos(m Q(u)) over a fine midpoint rule in u, which converges fast for a smooth law all round. */
static void quantiles_have_the_moments(void **state)
{
    (void)state;
    enum { N = 4096 };
    double table[MOEI_CIRCULAR_TABLE];
    for (int kind = 0; kind < 2; kind++)
        for (int s = 8; s < SPREADS; s++) {
            const moei_circular law = {kind, spreads[s]};
            double sum[4] = {0}, before = -4;
            moei_circular_table(&law, table);
            for (int i = 0; i < N; i++) {
                const double t = moei_circular_quantile(&law, table, (i + 0.5) / N);
                assert_true(t > before && fabs(t) <= PI);
                before = t;
                for (int m = 1; m <= 3; m++)
                    sum[m] += cos(m * t) / N;
            }
            for (int m = 1; m <= 3; m++)
                assert_close(sum[m], moment(&law, m), 1e-9);
        }
}

/* u = P(T < Q(u)), the right side by the Fourier series 1/2 + t/(2 pi) + sum_m E cos(m T) sin(m t) / (pi m).
 */
static void quantiles_invert_the_distribution(void **state)
{
    (void)state;
    double table[MOEI_CIRCULAR_TABLE];
    uint64_t seed = 3;
    for (int kind = 0; kind < 2; kind++)
        for (int s = 2; s < SPREADS; s++) {
            const moei_circular law = {kind, spreads[s]};
            double coefficient[600];
            const int terms = spreads[s] < 0.1 ? 599 : 120;
            for (int m = 1; m <= terms; m++)
                coefficient[m] = moment(&law, m) / (PI * m);
            moei_circular_table(&law, table);
            for (int i = 0; i < 50; i++) {
                const double u = test_uniform(&seed), t = moei_circular_quantile(&law, table, u);
                double sum = 0.5 + t / (2 * PI);
                for (int m = 1; m <= terms; m++)
                    sum += coefficient[m] * sin(m * t);
                assert_close(sum, u, 2e-14);
            }
            assert_close(moei_circular_quantile(&law, table, 0.5), 0, 0);
            assert_true(moei_circular_quantile(&law, table, 0) >= -PI);
            assert_true(moei_circular_quantile(&law, table, 1 - 0x1p-53) <= PI);
        }
}

/* Sharp laws are normal: quantiles over the spread are those of the standard normal. */
static void sharp_quantiles_are_normal(void **state)
{
    (void)state;
    double table[MOEI_CIRCULAR_TABLE];
    for (int kind = 0; kind < 2; kind++) {
        const moei_circular law = {kind, 1e-6};
        moei_circular_table(&law, table);
        for (int i = 1; i < 200; i++)
            assert_close(moei_circular_quantile(&law, table, i / 200.0) / 1e-6,
                         moei_normal_quantile(i / 200.0), 1e-11);
    }
}

/* The narrowest and widest laws that the setters take give finite points near where they should lie. */
static void extreme_laws_are_finite(void **state)
{
    moe_context *context = *state;
    const double turn = 1;
    static const double deviations[] = {5e-324, 1e-300, 1e-200, 1e200, 1e303};
    for (int i = 0; i < 5; i++) {
        const int64_t sizes[1] = {9};
        moe_law *law = NULL;
        moe_measure *tensor = NULL, *lattice = NULL;
        assert_ok(context, moe_law_create(context, 1, &turn, &law));
        assert_ok(context, moe_law_set_normal(law, 0, 0.25, deviations[i]));
        assert_ok(context, moe_measure_tensor(context, law, sizes, &tensor));
        assert_ok(context, moe_measure_lattice(context, law, 8, NULL, 1, 0, &lattice));
        for (int q = 0; q < 8; q++) {
            const double width = deviations[i] < 1 ? 1e-15 : 0.5;
            assert_close(moe_measure_points(tensor)[q], 0.25, width);
            assert_close(moe_measure_points(lattice)[q], 0.25, width);
            assert_true(moe_measure_weights(tensor)[q] >= 0);
        }
        moe_measure_destroy(tensor);
        moe_measure_destroy(lattice);
        moe_law_destroy(law);
    }
}

static void normal_quantiles_invert_the_distribution(void **state)
{
    (void)state;
    for (double tail = 0.5; tail > 1e-300; tail *= 0.7) {
        const double x = moei_normal_quantile(tail);
        assert_close(0.5 * erfc(-x / sqrt(2)) / tail, 1, 1e-12 + 1e-15 * x * x);
        if (tail > 1e-10 && tail < 0.5)
            assert_close(moei_normal_quantile(1 - tail), -x, 1e-15 / tail);
    }
    assert_close(moei_normal_quantile(0.5), 0, 1e-16);
    assert_close(moei_normal_quantile(0.975), 1.9599639845400545, 1e-15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_are_exact_below_their_size),
        cmocka_unit_test(rules_have_the_known_ones_at_their_ends),
        cmocka_unit_test(quantiles_have_the_moments),
        cmocka_unit_test(quantiles_invert_the_distribution),
        cmocka_unit_test(sharp_quantiles_are_normal),
        cmocka_unit_test(extreme_laws_are_finite),
        cmocka_unit_test(normal_quantiles_invert_the_distribution),
    };
    return cmocka_run_group_tests(tests, context_create, context_destroy);
}
