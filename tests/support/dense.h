/* dense.h - quantum circuits by plain matrices of 2^M x 2^M, to compare the library's kernels with.
 *
 * It shares nothing with the library: qubit 0 is the high bit of a basis state here, every gate is an
 * explicit Kronecker product, and df/dtheta replaces one gate's matrix at a time by its derivative. Up to 6
 * qubits.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOE_TEST_DENSE_H
#define MOE_TEST_DENSE_H

#include <complex.h>
#include <moefield/qnn.h>

#define IMAGINARY ((double complex)I) /* i; the standard's I is a complex float */

enum { DENSE_QUBITS = 6, DENSE_SIZE = 1 << DENSE_QUBITS, DENSE_GATES = 64, DENSE_TERMS = 32 };

/* Letters of a string: plain.h takes more qubits. */
enum { DENSE_LETTERS = 20 };

typedef double complex dense_matrix[DENSE_SIZE][DENSE_SIZE];

/* exp(-i a P / 2), or a matrix on one or two qubits */
struct dense_gate {
    char pauli[DENSE_LETTERS + 1]; /* one letter for each qubit; "" for a matrix */
    int32_t source;
    int64_t index;
    double scale, shift;
    int count; /* of the matrix's qubits */
    int64_t qubits[2];
    double complex matrix[4][4];
};

struct dense_term {
    int64_t output;
    double coefficient;
    char pauli[DENSE_LETTERS + 1];
};

struct dense_circuit {
    int qubits, gate_count, term_count;
    struct dense_gate gates[DENSE_GATES];
    struct dense_term terms[DENSE_TERMS];
};

/* out <- P, the Kronecker product of the letters' matrices, letter 0 first */
void dense_pauli(int qubits, const char *pauli, dense_matrix out);

/* out <- the gate at these theta and x; its derivative by its angle a if `derivative` */
void dense_gate_matrix(int qubits, const struct dense_gate *gate, const double *theta, const double *x,
                       int derivative, dense_matrix out);

/* f_output(theta, x) */
double dense_value(const struct dense_circuit *circuit, int64_t output, const double *theta, const double *x);

/* g[a] = df_output/dtheta_a for a < parameters */
void dense_gradient(const struct dense_circuit *circuit, int64_t output, int64_t parameters,
                    const double *theta, const double *x, double *g);

#endif
