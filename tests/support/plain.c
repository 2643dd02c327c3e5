/* plain.c - see plain.h.
 *
 * SPDX-License-Identifier: MIT */
#include "support/plain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* psi, its derivatives along u and along v, and the mixed one. */
enum { PSI, U, V, UV, PARTS };

/* out <- P in; qubit 0 is the high bit. */
static void apply_string(int qubits, const char *pauli, const double complex *in, double complex *out)
{
    const size_t size = (size_t)1 << qubits;
    for (size_t j = 0; j < size; j++) {
        size_t from = j;
        double complex factor = 1;
        for (int q = 0; q < qubits; q++) {
            const size_t bit = (size_t)1 << (qubits - 1 - q);
            if (pauli[q] == 'X' || pauli[q] == 'Y')
                from ^= bit;
            if (pauli[q] == 'Y')
                factor *= j & bit ? IMAGINARY : -IMAGINARY;
            if (pauli[q] == 'Z' && j & bit)
                factor = -factor;
        }
        out[j] = factor * in[from];
    }
}

/* exp(-i a P / 2) on all parts, a with derivatives du, dv: R' = -(i/2) P R, R'' = -R/4. */
static void apply_rotation(int qubits, const struct dense_gate *gate, double a, double du, double dv,
                           double complex *parts[PARTS], double complex *string)
{
    const size_t size = (size_t)1 << qubits;
    double complex *turned[PARTS];
    for (int i = 0; i < PARTS; i++) {
        turned[i] = string + (size_t)i * size;
        apply_string(qubits, gate->pauli, parts[i], turned[i]);
    }
    const double c = cos(a / 2), s = sin(a / 2);
    for (size_t j = 0; j < size; j++) {
        double complex rotated[PARTS], derived[PARTS]; /* R psi and R' psi of each part */
        for (int i = 0; i < PARTS; i++) {
            rotated[i] = c * parts[i][j] - IMAGINARY * s * turned[i][j];
            derived[i] = -0.5 * s * parts[i][j] - 0.5 * IMAGINARY * c * turned[i][j];
        }
        parts[PSI][j] = rotated[PSI];
        parts[U][j] = rotated[U] + du * derived[PSI];
        parts[V][j] = rotated[V] + dv * derived[PSI];
        parts[UV][j] = rotated[UV] + du * derived[V] + dv * derived[U] - 0.25 * du * dv * rotated[PSI];
    }
}

static void apply_matrix(int qubits, const struct dense_gate *gate, double complex *psi)
{
    size_t bits[2] = {0, 0}, all = 0;
    const size_t size = (size_t)1 << qubits, rows = (size_t)1 << gate->count;
    for (int i = 0; i < gate->count; i++)
        all |= bits[i] = (size_t)1 << (qubits - 1 - (int)gate->qubits[i]);
    for (size_t j = 0; j < size; j++) {
        double complex in[4];
        size_t at[4];
        if (j & all)
            continue;
        for (size_t r = 0; r < rows; r++) {
            at[r] = j;
            for (int i = 0; i < gate->count; i++)
                at[r] |= r >> (gate->count - 1 - i) & 1 ? bits[i] : 0;
            in[r] = psi[at[r]];
        }
        for (size_t r = 0; r < rows; r++) {
            psi[at[r]] = 0;
            for (size_t c = 0; c < rows; c++)
                psi[at[r]] += gate->matrix[r][c] * in[c];
        }
    }
}

static double dot(size_t size, const double complex *a, const double complex *b)
{
    double sum = 0;
    for (size_t j = 0; j < size; j++)
        sum += creal(conj(a[j]) * b[j]);
    return sum;
}

static void apply_gates(const struct dense_circuit *circuit, const double *theta, const double *x,
                        const double *u, const double *v, double complex *parts[PARTS],
                        double complex *string)
{
    for (int g = 0; g < circuit->gate_count; g++) {
        const struct dense_gate *gate = &circuit->gates[g];
        if (!gate->pauli[0]) {
            for (int i = 0; i < PARTS; i++)
                apply_matrix(circuit->qubits, gate, parts[i]);
            continue;
        }
        const int varies = gate->source == QNN_THETA;
        const double *arguments = varies ? theta : x;
        const double a =
            gate->shift + (gate->source == QNN_CONSTANT ? 0 : gate->scale * arguments[gate->index]);
        apply_rotation(circuit->qubits, gate, a, varies ? gate->scale * u[gate->index] : 0,
                       varies ? gate->scale * v[gate->index] : 0, parts, string);
    }
}

void plain_derivatives(const struct dense_circuit *circuit, int64_t outputs, const double *theta,
                       const double *x, const double *u, const double *v, double *f, double *fu, double *fuv)
{
    const size_t size = (size_t)1 << circuit->qubits;
    double complex *memory = calloc(2 * PARTS * size, sizeof *memory), *parts[PARTS];
    double complex *string = memory + PARTS * size;
    for (int i = 0; i < PARTS; i++)
        parts[i] = memory + (size_t)i * size;
    parts[PSI][0] = 1;
    apply_gates(circuit, theta, x, u, v, parts, string);
    for (int64_t k = 0; k < outputs; k++)
        f[k] = fu[k] = fuv[k] = 0;
    for (int t = 0; t < circuit->term_count; t++) {
        const struct dense_term *term = &circuit->terms[t];
        double complex *seen = string, *moved = string + size;
        apply_string(circuit->qubits, term->pauli, parts[PSI], seen);
        apply_string(circuit->qubits, term->pauli, parts[V], moved);
        f[term->output] += term->coefficient * dot(size, parts[PSI], seen);
        fu[term->output] += term->coefficient * 2 * dot(size, parts[U], seen);
        fuv[term->output] +=
            term->coefficient * 2 * (dot(size, parts[UV], seen) + dot(size, parts[U], moved));
    }
    free(memory);
}
