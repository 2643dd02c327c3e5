/* test_qnn_decompose.c - the rotations multiplied out are the matrix, but for a phase.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/decompose.h"

#include "support/random_circuit.h"

/* v <- exp(-i a P / 2) v, bit 0 the low bit of the row */
static void rotate(const qnni_rotation *rotation, int size, double complex *v)
{
    static const double complex powers[] = {1, IMAGINARY, -1, -IMAGINARY};
    double complex turned[4];
    const uint32_t x = rotation->pauli.x, z = rotation->pauli.z;
    for (uint32_t j = 0; j < (uint32_t)size; j++) {
        const int phase = qnni_pauli_count_y(rotation->pauli) + 2 * __builtin_parity(j & z);
        turned[j ^ x] = powers[phase & 3] * v[j];
    }
    for (int j = 0; j < size; j++)
        v[j] = cos(rotation->angle / 2) * v[j] - IMAGINARY * sin(rotation->angle / 2) * turned[j];
}

static void check(int qubits, double complex u[4][4])
{
    const int size = 1 << qubits;
    double numbers[32];
    double complex got[4][4], overlap = 0;
    qnni_rotation rotations[QNNI_MOST_ROTATIONS];
    for (int r = 0, i = 0; r < size; r++)
        for (int c = 0; c < size; c++, i += 2) {
            numbers[i] = creal(u[r][c]);
            numbers[i + 1] = cimag(u[r][c]);
        }
    const qnni_gate gate = {.matrix = numbers, .qubits = qubits, .bit = {(uint32_t)size / 2, 1}};
    const int count = qnni_decompose(&gate, rotations);
    assert_in_range(count, 0, QNNI_MOST_ROTATIONS);
    for (int c = 0; c < size; c++) {
        double complex v[4] = {0};
        v[c] = 1;
        for (int i = 0; i < count; i++)
            rotate(&rotations[i], size, v);
        for (int r = 0; r < size; r++) {
            got[r][c] = v[r];
            overlap += conj(v[r]) * u[r][c];
        }
    }
    assert_close(cabs(overlap), size, 1e-13);
    for (int r = 0; r < size; r++)
        for (int c = 0; c < size; c++)
            assert_true(cabs(got[r][c] * overlap / size - u[r][c]) < 1e-14);
}

static void random_unitaries(void **state)
{
    (void)state;
    uint64_t seed = 5;
    for (int i = 0; i < 500; i++) {
        double complex u[4][4];
        random_unitary(&seed, 2 << (i % 2), u);
        check(1 + i % 2, u);
    }
}

static void named(void **state)
{
    (void)state;
    for (int i = 0; i < NAMED_GATES; i++) {
        double complex u[4][4];
        memcpy(u, named_gates[i].matrix, sizeof u);
        check(named_gates[i].count, u);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_unitaries), cmocka_unit_test(named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
