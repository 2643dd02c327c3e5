/* test_qasm_decompose.c - the product of the steps is the unitary, random or special.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/qasm_decompose.h"
#include "support/random_circuit.h"

typedef double complex small[4][4];

static void flatten(int size, small u, double *numbers)
{
    for (int r = 0; r < size; r++)
        for (int c = 0; c < size; c++) {
            *numbers++ = creal(u[r][c]);
            *numbers++ = cimag(u[r][c]);
        }
}

/* e^{i phase} RZ(phi) RY(theta) RZ(lambda), from the exponentials */
static void from_euler(const qnni_euler *e, double complex u[2][2])
{
    const double c = cos(e->theta / 2), s = sin(e->theta / 2);
    const double complex i = IMAGINARY;
    u[0][0] = cexp(i * (e->phase - (e->phi + e->lambda) / 2)) * c;
    u[0][1] = -cexp(i * (e->phase - (e->phi - e->lambda) / 2)) * s;
    u[1][0] = cexp(i * (e->phase + (e->phi - e->lambda) / 2)) * s;
    u[1][1] = cexp(i * (e->phase + (e->phi + e->lambda) / 2)) * c;
}

static void check_one(small u)
{
    double numbers[8];
    double complex back[2][2];
    flatten(2, u, numbers);
    const qnni_euler e = qnni_euler_of(numbers);
    from_euler(&e, back);
    for (int r = 0; r < 2; r++)
        for (int c = 0; c < 2; c++)
            assert_close(cabs(back[r][c] - u[r][c]), 0, 2e-15);
}

/* product <- the step's matrix times product; qubit 0 is the high bit */
static void apply_step(const qnni_controlled *step, small product)
{
    double complex v[2][2];
    small old;
    from_euler(&step->unitary, v);
    memcpy(old, product, sizeof old);
    const int target = step->target ? 1 : 2, control = step->control ? 1 : 2;
    assert_int_not_equal(target, control);
    for (int r = 0; r < 4; r++)
        for (int c = 0; c < 4 && !(r & control) == !step->on; c++) {
            const int row = !!(r & target);
            product[r][c] = v[row][0] * old[r & ~target][c] + v[row][1] * old[r | target][c];
        }
}

static void check_two(small u)
{
    double numbers[32];
    qnni_controlled step[QNNI_CONTROLLED_STEPS];
    small product = {{1}, {0, 1}, {0, 0, 1}, {0, 0, 0, 1}};
    flatten(4, u, numbers);
    qnni_qasm_decompose(numbers, step);
    for (int i = 0; i < QNNI_CONTROLLED_STEPS; i++)
        apply_step(&step[i], product);
    for (int r = 0; r < 4; r++)
        for (int c = 0; c < 4; c++)
            assert_close(cabs(product[r][c] - u[r][c]), 0, 5e-15);
}

static void random_unitaries(void **state)
{
    (void)state;
    uint64_t seed = 11;
    for (int i = 0; i < 2000; i++) {
        small u = {{0}};
        random_unitary(&seed, 2, u);
        check_one(u);
        random_unitary(&seed, 4, u);
        check_two(u);
    }
}

/* zeros everywhere: all permutations of the basis with random phases, and the named gates */
static void sparse_unitaries(void **state)
{
    (void)state;
    uint64_t seed = 12;
    for (int code = 0; code < 256; code++) {
        const int to[] = {code & 3, code >> 2 & 3, code >> 4 & 3, code >> 6 & 3};
        small u = {{0}};
        int seen = 0;
        for (int c = 0; c < 4; c++) {
            u[to[c]][c] = cexp(IMAGINARY * 7 * test_uniform(&seed));
            seen |= 1 << to[c];
        }
        if (seen == 15)
            check_two(u);
    }
    for (int i = 0; i < NAMED_GATES; i++) {
        small u;
        memcpy(u, named_gates[i].matrix, sizeof u);
        if (named_gates[i].count == 1)
            check_one(u);
        else
            check_two(u);
    }
}

/* numbers that nearly vanish, of any size */
static void nearly_sparse_unitaries(void **state)
{
    (void)state;
    for (int k = 0; k < 320; k++) {
        const double s = pow(10, -k), c = sqrt(1 - s * s);
        small u = {{c, -s}, {s * IMAGINARY, c * IMAGINARY}}, v = {{s, -c}, {c, s}};
        small w = {{c, 0, 0, -s}, {0, c, -s, 0}, {0, s, c, 0}, {s, 0, 0, c}};
        check_one(u);
        check_one(v);
        check_two(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_unitaries),
        cmocka_unit_test(sparse_unitaries),
        cmocka_unit_test(nearly_sparse_unitaries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
