/* test_lagrange.c - integrals of interpolating polynomials, on the nodes that Adams methods meet.
 *
 * SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "flow/lagrange.h"

/* 1, the end of the step, then 0 and times before it, steps of uneven length */
static void make_nodes(int count, double *nodes)
{
    double back = 0;
    for (int s = 0; s < count; s++) {
        nodes[s] = s ? -back : 1;
        back += s ? 0.6 + 0.5 * sin(7.0 * s) * sin(7.0 * s) : 0;
    }
}

/* every monomial that the nodes determine: int_0^u x^p dx = u^(p+1) / (p+1) */
static void test_exactness(void **state)
{
    (void)state;
    for (int count = 1; count <= MOEI_LAGRANGE_MAX; count++) {
        double nodes[MOEI_LAGRANGE_MAX], weights[MOEI_LAGRANGE_MAX];
        make_nodes(count, nodes);
        for (double u = 0; u <= 1; u += 0.25) {
            moei_lagrange_integrals(count, nodes, u, weights);
            for (int p = 0; p < count; p++) {
                double sum = 0, size = 1;
                for (int s = 0; s < count; s++) {
                    sum += weights[s] * pow(nodes[s], p);
                    size += fabs(weights[s] * pow(nodes[s], p));
                }
                assert_close(sum, pow(u, p + 1) / (p + 1), 1e-13 * size);
            }
        }
    }
}

/* the weights of the classical methods on equal steps: Adams-Moulton of order 4, Adams-Bashforth of order 3
 */
static void test_classical_weights(void **state)
{
    (void)state;
    const double nodes[] = {1, 0, -1, -2}, moulton[] = {9, 19, -5, 1}, bashforth[] = {23, -16, 5};
    double weights[4];
    moei_lagrange_integrals(4, nodes, 1, weights);
    for (int s = 0; s < 4; s++)
        assert_close(weights[s], moulton[s] / 24, 1e-15);
    moei_lagrange_integrals(3, nodes + 1, 1, weights);
    for (int s = 0; s < 3; s++)
        assert_close(weights[s], bashforth[s] / 12, 1e-15);
}

/* the divided difference of x^p is 0 below the top degree, 1 there; times the remainder it is what one node
 * more adds to the integral */
static void test_differences(void **state)
{
    (void)state;
    for (int count = 2; count <= 13; count++) {
        double nodes[MOEI_LAGRANGE_MAX], weights[MOEI_LAGRANGE_MAX], less[MOEI_LAGRANGE_MAX],
            more[MOEI_LAGRANGE_MAX];
        make_nodes(count, nodes);
        moei_lagrange_difference(count, nodes, weights);
        for (int p = 0; p < count; p++) {
            double sum = 0, size = 1;
            for (int s = 0; s < count; s++) {
                sum += weights[s] * pow(nodes[s], p);
                size += fabs(weights[s] * pow(nodes[s], p));
            }
            assert_close(sum, p == count - 1 ? 1 : 0, 1e-13 * size);
        }
        moei_lagrange_integrals(count, nodes, 1, more);
        moei_lagrange_integrals(count - 1, nodes, 1, less);
        less[count - 1] = 0;
        const double factor = moei_lagrange_remainder(count - 1, nodes);
        for (int s = 0; s < count; s++)
            assert_close(more[s] - less[s], factor * weights[s], 1e-12 * (1 + fabs(more[s])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exactness),
        cmocka_unit_test(test_classical_weights),
        cmocka_unit_test(test_differences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
