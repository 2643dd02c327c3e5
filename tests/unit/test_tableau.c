/* test_tableau.c - every row of every pair against the order conditions of rooted trees.
 *
 * A weight vector w integrates to order p at the point u of a step iff for every rooted tree t of at most
 * p vertices  sum_i w_i Phi_i(t) = u^|t| / gamma(t)  (Butcher; Hairer, Norsett & Wanner I, II.2). The
 * trees are generated here, all 200 of them up to order 8.
 *
 * SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "flow/low_storage.h"
#include "flow/method.h"

enum { MAX_ORDER = 8, MAX_TREES = 300 };

static struct tree {
    int order, children, child[MAX_ORDER];
    double gamma, phi[MOEI_MAX_STAGES];
} trees[MAX_TREES];
static int tree_count;

/* all trees of `order` vertices whose root has the given children and more of index <= most */
static void grow(int order, int left, int most, const int *child, int children)
{
    if (left == 0) {
        struct tree *t = &trees[tree_count++];
        t->order = order;
        t->children = children;
        t->gamma = order;
        for (int c = 0; c < children; c++) {
            t->child[c] = child[c];
            t->gamma *= trees[child[c]].gamma;
        }
        return;
    }
    int next[MAX_ORDER];
    memcpy(next, child, (size_t)children * sizeof *child);
    for (int c = most; c >= 0; c--)
        if (trees[c].order <= left) {
            next[children] = c;
            grow(order, left - trees[c].order, c, next, children + 1);
        }
}

static int generate(void **state)
{
    (void)state;
    int none[1] = {0};
    tree_count = 0;
    for (int order = 1; order <= MAX_ORDER; order++)
        grow(order, order - 1, tree_count - 1, none, 0);
    return 0;
}

/* Phi_i(t) = prod over the root's children c of sum_j a_ij Phi_j(c) */
static void elementary_weights(const moei_tableau *tableau)
{
    const int stages = tableau->stages + tableau->extra;
    for (int t = 0; t < tree_count; t++)
        for (int i = 0; i < stages; i++) {
            trees[t].phi[i] = 1;
            for (int c = 0; c < trees[t].children; c++) {
                double sum = 0;
                for (int j = 0; j < i; j++)
                    sum += tableau->a[i][j] * trees[trees[t].child[c]].phi[j];
                trees[t].phi[i] *= sum;
            }
        }
}

static void check_weights(const moei_tableau *tableau, const double *w, double u, int order, double tolerance)
{
    for (int t = 0; t < tree_count && trees[t].order <= order; t++) {
        double sum = 0;
        for (int i = 0; i < tableau->stages + tableau->extra; i++)
            sum += w[i] * trees[t].phi[i];
        assert_close(sum, pow(u, trees[t].order) / trees[t].gamma, tolerance);
    }
}

static const moei_tableau *const pairs[] = {&moei_dopri5, &moei_dop853};

static void test_tree_count(void **state)
{
    (void)state;
    assert_int_equal(tree_count, 1 + 1 + 2 + 4 + 9 + 20 + 48 + 115);
}

static void test_row_sums(void **state)
{
    (void)state;
    for (int p = 0; p < 2; p++)
        for (int i = 0; i < pairs[p]->stages + pairs[p]->extra; i++) {
            double sum = 0;
            for (int j = 0; j < MOEI_MAX_STAGES; j++) {
                if (j >= i)
                    assert_true(pairs[p]->a[i][j] == 0);
                sum += pairs[p]->a[i][j];
            }
            assert_close(sum, pairs[p]->c[i], 3e-14);
        }
}

static void test_order(void **state)
{
    (void)state;
    for (int p = 0; p < 2; p++) {
        elementary_weights(pairs[p]);
        check_weights(pairs[p], pairs[p]->a[pairs[p]->stages - 1], 1, pairs[p]->order, 1e-14);
    }
}

/* the estimate's companion b - e has exactly its order: one order more fails */
/* The low-storage pair as a tableau: a_ij = b_j but next to the diagonal. */
static void test_low_storage(void **state)
{
    (void)state;
    moei_tableau full = {.stages = MOEI_LOW_STAGES};
    for (int i = 1; i < MOEI_LOW_STAGES; i++) {
        for (int j = 0; j < i - 1; j++)
            full.a[i][j] = moei_rk43.b[j];
        full.a[i][i - 1] = moei_rk43.a[i - 1];
    }
    elementary_weights(&full);
    check_weights(&full, moei_rk43.b, 1, 4, 1e-14);
    check_weights(&full, moei_rk43.low, 1, 3, 1e-14);
    double worst = 0; /* the embedded rule is of order 3 only: or its error would be no estimate */
    for (int t = 0; t < tree_count && trees[t].order <= 4; t++) {
        double sum = 0;
        for (int i = 0; i < MOEI_LOW_STAGES; i++)
            sum += moei_rk43.low[i] * trees[t].phi[i];
        worst = fmax(worst, fabs(sum - 1 / trees[t].gamma));
    }
    assert_true(worst > 1e-3);
}

static void check_error_row(const moei_tableau *tableau, int row, int order)
{
    double companion[MOEI_MAX_STAGES], worst = 0;
    for (int i = 0; i < MOEI_MAX_STAGES; i++)
        companion[i] = tableau->a[tableau->stages - 1][i] - tableau->e[row][i];
    check_weights(tableau, companion, 1, order, 1e-14);
    for (int t = 0; t < tree_count; t++)
        if (trees[t].order == order + 1) {
            double sum = 0;
            for (int i = 0; i < tableau->stages; i++)
                sum += companion[i] * trees[t].phi[i];
            worst = fmax(worst, fabs(sum - 1 / trees[t].gamma));
        }
    assert_true(worst > 1e-6);
}

static void test_error_estimates(void **state)
{
    (void)state;
    elementary_weights(&moei_dopri5);
    check_error_row(&moei_dopri5, 0, 4);
    elementary_weights(&moei_dop853);
    check_error_row(&moei_dop853, 0, 5);
    check_error_row(&moei_dop853, 1, 3);
}

/* one row: its size; two, of sizes e_5 and e_3: e_5 where e_3 is 0, and less the larger e_3 is */
static void test_combined_error(void **state)
{
    (void)state;
    const double squares[][2] = {{9, 0}, {4, 1200}, {0, 5}, {0, 0}}, combined[] = {3, 1, 0, 0};
    for (int i = 0; i < 4; i++) {
        assert_close(moei_tableau_error(&moei_dop853, squares[i]), combined[i], 1e-15);
        assert_close(moei_tableau_error(&moei_dopri5, squares[i]), sqrt(squares[i][0]), 0);
    }
}

/* an error e that goes like h^q is brought to 0.9^q by the factor, within its bounds; beta remembers */
static void test_change_of_step(void **state)
{
    (void)state;
    for (int p = 0; p < 2; p++) {
        const moei_tableau *pair = pairs[p];
        const double q = pair->error_exponent, beta = pair->beta;
        for (double e = 0.1; e < 4; e *= 1.3) {
            const double factor = moei_tableau_change(pair, e, 1);
            assert_close(log(factor / 0.9), -(1 / q - 0.75 * beta) * log(e), 1e-14);
            assert_close(moei_tableau_change(pair, e, 0.5) / factor, pow(0.5, beta), 1e-14);
        }
        assert_true(moei_tableau_change(pair, 1e30, 1) == pair->shrink);
        assert_true(moei_tableau_change(pair, 0, 1) == pair->grow);
    }
}

static void test_dense_output(void **state)
{
    (void)state;
    for (int p = 0; p < 2; p++) {
        elementary_weights(pairs[p]);
        for (int i = 0; i <= 10; i++) {
            double w[MOEI_MAX_STAGES] = {0};
            moei_tableau_dense(pairs[p], i / 10.0, w);
            check_weights(pairs[p], w, i / 10.0, pairs[p]->dense_order, 1e-13);
        }
    }
}

/* d/du theta(t + u h) at both ends is h k_0 and h k_{S-1}: dense output is smooth from step to step */
static void test_dense_slopes(void **state)
{
    (void)state;
    for (int p = 0; p < 2; p++) {
        const int last = pairs[p]->stages - 1;
        double lo[MOEI_MAX_STAGES], hi[MOEI_MAX_STAGES], end[MOEI_MAX_STAGES];
        const double du = 1e-6;
        moei_tableau_dense(pairs[p], du, lo);
        moei_tableau_dense(pairs[p], 1 - du, hi);
        moei_tableau_dense(pairs[p], 1, end);
        for (int s = 0; s < pairs[p]->stages + pairs[p]->extra; s++) {
            assert_close(lo[s] / du, s == 0 ? 1 : 0, 1e-3);
            assert_close((end[s] - hi[s]) / du, s == last ? 1 : 0, 1e-3);
            assert_close(end[s], pairs[p]->a[last][s], 1e-15);
        }
    }
}

static void test_lookup(void **state)
{
    (void)state;
    assert_ptr_equal(moei_method_of(MOE_METHOD_DOPRI5)->tableau, &moei_dopri5);
    assert_ptr_equal(moei_method_of(MOE_METHOD_DOP853)->tableau, &moei_dop853);
    assert_null(moei_method_of(MOE_METHOD_ADAMS)->tableau);
    assert_int_equal(moei_method_of(MOE_METHOD_RKC)->id, MOE_METHOD_RKC);
    assert_null(moei_method_of(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tree_count),     cmocka_unit_test(test_row_sums),
        cmocka_unit_test(test_order),          cmocka_unit_test(test_error_estimates),
        cmocka_unit_test(test_dense_output),   cmocka_unit_test(test_dense_slopes),
        cmocka_unit_test(test_lookup),         cmocka_unit_test(test_combined_error),
        cmocka_unit_test(test_change_of_step), cmocka_unit_test(test_low_storage),
    };
    return cmocka_run_group_tests(tests, generate, NULL);
}
