/* test_rules.c - one-dimensional rules: exactness, symmetry, tabulated nodes, weights that sum to 1.
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"

#include "measure/rules.h"

enum { MOST = 400 };

static double weight_sum(int64_t n, const double *weights)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += weights[i];
    return sum;
}

static void assert_symmetric(int64_t n, const double *nodes, const double *weights)
{
    for (int64_t i = 0; i < n; i++) {
        assert_close(nodes[i], -nodes[n - 1 - i], 0);
        assert_close(weights[i], weights[n - 1 - i], 0);
        assert_true(weights[i] >= 0);
        if (i)
            assert_true(nodes[i] > nodes[i - 1]);
    }
}

/* ---- trapezoid -------------------------------------------------------------------------------- */

/* sum_i w_i cos(k x_i) = 0 for 0 < k < n, and the rule sees +-1 at k = n (the half step). */
static void trapezoid_is_exact_for_trigonometric_polynomials(void **state)
{
    (void)state;
    double nodes[MOST], weights[MOST];
    for (int64_t n = 1; n <= 40; n++) {
        moei_rule_trapezoid(n, 0.3, 2 * PI, nodes, weights);
        assert_close(weight_sum(n, weights), 1, 1e-15 * (double)n);
        assert_close(nodes[0], 0.3 + PI / (double)n, 1e-15);
        for (int64_t k = 1; k <= n; k++) {
            double cosine = 0, sine = 0;
            for (int64_t i = 0; i < n; i++) {
                cosine += weights[i] * cos((double)k * (nodes[i] - 0.3));
                sine += weights[i] * sin((double)k * (nodes[i] - 0.3));
            }
            assert_close(cosine, k == n ? -1 : 0, 1e-13);
            assert_close(sine, 0, 1e-13);
        }
    }
}

/* ---- Gauss rules ------------------------------------------------------------------------------ */

/* Legendre polynomials are orthogonal to 1: sum_i w_i P_k(x_i) = 0 for 1 <= k <= 2 n - 1. Their values are
 * at most 1, so rounding stays where it is (monomials would hide errors, or magnify them). */
static void legendre_is_exact_to_degree_2n_minus_1(void **state)
{
    double nodes[MOST], weights[MOST];
    for (int64_t n = 1; n <= 200; n += 1 + n / 10) {
        assert_ok(*state, moei_rule_legendre(*state, n, nodes, weights));
        assert_symmetric(n, nodes, weights);
        assert_close(weight_sum(n, weights), 1, 1e-14);
        double sum[2 * MOST] = {0}, at_2n = 0;
        for (int64_t i = 0; i < n; i++) {
            double before = 1, now = nodes[i];
            assert_true(fabs(nodes[i]) < 1);
            for (int64_t k = 1; k < 2 * n; k++) {
                const double m = (double)k, next = ((2 * m + 1) * nodes[i] * now - m * before) / (m + 1);
                sum[k] += weights[i] * now;
                before = now;
                now = next;
            }
            at_2n += weights[i] * now;
        }
        for (int64_t k = 1; k < 2 * n; k++)
            assert_close(sum[k], 0, 1e-13);
        assert_true(fabs(at_2n) > 1e-3); /* and to no higher degree */
    }
}

/* The same with orthonormal Hermite polynomials h_k; w_i h_k(x_i) is bounded by sqrt(w_i). */
static void hermite_is_exact_to_degree_2n_minus_1(void **state)
{
    double nodes[MOST], weights[MOST];
    for (int64_t n = 1; n <= 60; n++) {
        assert_ok(*state, moei_rule_hermite(*state, n, nodes, weights));
        assert_symmetric(n, nodes, weights);
        assert_close(weight_sum(n, weights), 1, 1e-14);
        double sum[2 * MOST] = {0}, size[2 * MOST] = {0};
        for (int64_t i = 0; i < n; i++) {
            double before = 1, now = nodes[i];
            for (int64_t k = 1; k < 2 * n; k++) {
                const double m = (double)k, next = (nodes[i] * now - sqrt(m) * before) / sqrt(m + 1);
                sum[k] += weights[i] * now;
                size[k] += weights[i] * fabs(now);
                before = now;
                now = next;
            }
        }
        for (int64_t k = 1; k < 2 * n; k++)
            assert_close(sum[k], 0, 1e-12 * fmax(1, size[k]));
    }
}

/* Abramowitz and Stegun, tables 25.4 and 25.10 (theirs is the weight exp(-x^2): x by sqrt 2). */
static void nodes_agree_with_tables(void **state)
{
    double nodes[5], weights[5];
    assert_ok(*state, moei_rule_legendre(*state, 5, nodes, weights));
    assert_close(nodes[4], 0.906179845938664, 2e-15);
    assert_close(nodes[3], 0.538469310105683, 2e-15);
    assert_close(nodes[2], 0, 0);
    assert_close(2 * weights[4], 0.236926885056189, 2e-15);
    assert_close(2 * weights[3], 0.478628670499366, 2e-15);
    assert_close(2 * weights[2], 0.568888888888889, 2e-15);
    assert_ok(*state, moei_rule_hermite(*state, 5, nodes, weights));
    assert_close(nodes[4] / sqrt(2), 2.020182870456086, 5e-15);
    assert_close(nodes[3] / sqrt(2), 0.958572464613819, 5e-15);
    assert_close(weights[2] * sqrt(PI), 0.945308720482942, 5e-15);
    assert_close(weights[3] * sqrt(PI), 0.393619323152241, 5e-15);
    assert_close(weights[4] * sqrt(PI), 0.019953242059046, 5e-15);
}

/* int cos(t x) for the two laws: sin t / t and exp(-t^2 / 2) */
static void rules_integrate_smooth_functions(void **state)
{
    double nodes[MOST], weights[MOST];
    const int64_t sizes[3] = {24, 100, 399};
    for (int s = 0; s < 3; s++) {
        const int64_t n = sizes[s];
        const double t = 3;
        double legendre = 0, hermite = 0;
        assert_ok(*state, moei_rule_legendre(*state, n, nodes, weights));
        for (int64_t i = 0; i < n; i++)
            legendre += weights[i] * cos(t * nodes[i]);
        assert_ok(*state, moei_rule_hermite(*state, n, nodes, weights));
        for (int64_t i = 0; i < n; i++)
            hermite += weights[i] * cos(t * nodes[i]);
        assert_close(legendre, sin(t) / t, 1e-14);
        assert_close(hermite, exp(-t * t / 2), 1e-13);
    }
}

static int32_t both_rules(moe_context *context, void *self)
{
    double nodes[8], weights[8];
    (void)self;
    const int32_t status = moei_rule_legendre(context, 8, nodes, weights);
    return status ? status : moei_rule_hermite(context, 8, nodes, weights);
}

static void rules_survive_lack_of_memory(void **state)
{
    (void)state;
    assert_int_equal(failing_sweep(both_rules, NULL), 4);
}

/* Far beyond what an n x n matrix of eigenvectors could serve; int x^2 and x^4 know the law's tails. */
static void thousands_of_nodes_are_a_rule_too(void **state)
{
    enum { N = 6001 };
    double *nodes = malloc(2 * N * sizeof *nodes), *weights = nodes + N;
    assert_non_null(nodes);
    const double moments[2][2] = {{1.0 / 3, 1.0 / 5}, {1, 3}};
    for (int hermite = 0; hermite < 2; hermite++) {
        double two = 0, four = 0, wave = 0;
        assert_ok(*state, (hermite ? moei_rule_hermite : moei_rule_legendre)(*state, N, nodes, weights));
        assert_symmetric(N, nodes, weights);
        for (int64_t i = 0; i < N; i++) {
            assert_true(i == 0 || nodes[i] > nodes[i - 1]);
            two += weights[i] * nodes[i] * nodes[i];
            four += weights[i] * pow(nodes[i], 4);
            wave += weights[i] * cos(5 * nodes[i]);
        }
        assert_close(two, moments[hermite][0], 1e-12);
        assert_close(four, moments[hermite][1], 1e-11);
        assert_close(wave, hermite ? exp(-12.5) : sin(5.0) / 5, 1e-12);
    }
    free(nodes);
}

static int32_t stop_at_once(void *self, const char *what, double part)
{
    int *calls = self;
    *calls += !strcmp(what, "rule") && part >= 0 && part <= 1;
    return 1;
}

/* and nobody has to wait for one to its end */
static void a_large_rule_can_be_cancelled(void **state)
{
    static double nodes[1000], weights[1000];
    int calls = 0;
    assert_ok(*state, moe_context_set_progress(*state, stop_at_once, &calls));
    assert_fails(*state, MOE_ERROR_CANCELLED, "rule", moei_rule_hermite(*state, 1000, nodes, weights));
    assert_int_equal(calls, 1);
    assert_ok(*state, moei_rule_hermite(*state, 100, nodes, weights)); /* too short to be told of */
    assert_ok(*state, moe_context_set_progress(*state, NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trapezoid_is_exact_for_trigonometric_polynomials),
        cmocka_unit_test(legendre_is_exact_to_degree_2n_minus_1),
        cmocka_unit_test(hermite_is_exact_to_degree_2n_minus_1),
        cmocka_unit_test(nodes_agree_with_tables),
        cmocka_unit_test(rules_integrate_smooth_functions),
        cmocka_unit_test(rules_survive_lack_of_memory),
        cmocka_unit_test(thousands_of_nodes_are_a_rule_too),
        cmocka_unit_test(a_large_rule_can_be_cancelled),
    };
    return cmocka_run_group_tests(tests, context_create, context_destroy);
}
