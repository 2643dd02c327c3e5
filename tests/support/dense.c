/* dense.c - see dense.h.
 *
 * SPDX-License-Identifier: MIT */
#include "support/dense.h"

#include <math.h>
#include <string.h>

/* Entry (row, column) of a Pauli matrix. */
static double complex letter_entry(char letter, int row, int column)
{
    switch (letter) {
    case 'X':
        return row != column;
    case 'Y':
        return row == column ? 0 : row ? IMAGINARY : -IMAGINARY;
    case 'Z':
        return row != column ? 0 : row ? -1 : 1;
    default:
        return row == column;
    }
}

/* The bit of qubit q in a basis state: qubit 0 is the high one. */
static int bit(int qubits, int state, int64_t q)
{
    return (state >> (qubits - 1 - (int)q)) & 1;
}

void dense_pauli(int qubits, const char *pauli, dense_matrix out)
{
    for (int r = 0; r < 1 << qubits; r++)
        for (int c = 0; c < 1 << qubits; c++) {
            out[r][c] = 1;
            for (int q = 0; q < qubits; q++)
                out[r][c] *= letter_entry(pauli[q], bit(qubits, r, q), bit(qubits, c, q));
        }
}

/* out <- the matrix on its qubits, times 1 on the others */
static void embed(int qubits, const struct dense_gate *gate, dense_matrix out)
{
    for (int r = 0; r < 1 << qubits; r++)
        for (int c = 0; c < 1 << qubits; c++) {
            int row = 0, column = 0, others_differ = r ^ c;
            for (int i = 0; i < gate->count; i++) {
                row = 2 * row + bit(qubits, r, gate->qubits[i]);
                column = 2 * column + bit(qubits, c, gate->qubits[i]);
                others_differ &= ~(1 << (qubits - 1 - (int)gate->qubits[i]));
            }
            out[r][c] = others_differ ? 0 : gate->matrix[row][column];
        }
}

void dense_gate_matrix(int qubits, const struct dense_gate *gate, const double *theta, const double *x,
                       int derivative, dense_matrix out)
{
    if (!gate->pauli[0]) {
        embed(qubits, gate, out);
        return;
    }
    const double *v = gate->source == QNN_THETA ? theta : x;
    const double a = gate->shift + (gate->source == QNN_CONSTANT ? 0 : gate->scale * v[gate->index]);
    const double complex one = derivative ? -sin(a / 2) / 2 : cos(a / 2);
    const double complex string = derivative ? -IMAGINARY * cos(a / 2) / 2 : -IMAGINARY * sin(a / 2);
    dense_pauli(qubits, gate->pauli, out);
    for (int r = 0; r < 1 << qubits; r++)
        for (int c = 0; c < 1 << qubits; c++)
            out[r][c] = string * out[r][c] + (r == c ? one : 0);
}

/* psi <- A psi */
static void multiply(int size, dense_matrix a, double complex *psi)
{
    double complex old[DENSE_SIZE];
    memcpy(old, psi, (size_t)size * sizeof *psi);
    for (int r = 0; r < size; r++) {
        psi[r] = 0;
        for (int c = 0; c < size; c++)
            psi[r] += a[r][c] * old[c];
    }
}

/* psi <- U |0>, gate `changed` replaced by its derivative */
static void run(const struct dense_circuit *circuit, int changed, const double *theta, const double *x,
                double complex *psi)
{
    dense_matrix u;
    memset(psi, 0, DENSE_SIZE * sizeof *psi);
    psi[0] = 1;
    for (int g = 0; g < circuit->gate_count; g++) {
        dense_gate_matrix(circuit->qubits, &circuit->gates[g], theta, x, g == changed, u);
        multiply(1 << circuit->qubits, u, psi);
    }
}

/* Re <a| O_output |b> */
static double bracket(const struct dense_circuit *circuit, int64_t output, const double complex *a,
                      const double complex *b)
{
    const int size = 1 << circuit->qubits;
    dense_matrix p;
    double sum = 0;
    for (int t = 0; t < circuit->term_count; t++) {
        if (circuit->terms[t].output != output)
            continue;
        double complex string[DENSE_SIZE];
        memcpy(string, b, sizeof string);
        dense_pauli(circuit->qubits, circuit->terms[t].pauli, p);
        multiply(size, p, string);
        for (int j = 0; j < size; j++)
            sum += circuit->terms[t].coefficient * creal(conj(a[j]) * string[j]);
    }
    return sum;
}

double dense_value(const struct dense_circuit *circuit, int64_t output, const double *theta, const double *x)
{
    double complex psi[DENSE_SIZE];
    run(circuit, -1, theta, x, psi);
    return bracket(circuit, output, psi, psi);
}

void dense_gradient(const struct dense_circuit *circuit, int64_t output, int64_t parameters,
                    const double *theta, const double *x, double *g)
{
    double complex psi[DENSE_SIZE], changed[DENSE_SIZE];
    run(circuit, -1, theta, x, psi);
    memset(g, 0, (size_t)parameters * sizeof *g);
    for (int i = 0; i < circuit->gate_count; i++) {
        const struct dense_gate *gate = &circuit->gates[i];
        if (!gate->pauli[0] || gate->source != QNN_THETA)
            continue;
        run(circuit, i, theta, x, changed);
        g[gate->index] += gate->scale * 2 * bracket(circuit, output, psi, changed);
    }
}
