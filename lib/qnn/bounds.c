/* bounds.c - Lipschitz constants of a circuit's expectation values.
 *
 * f_k = <psi| O_k |psi> with |psi| = 1, and a rotation exp(-i a P / 2) with P^2 = 1 moves f_k in a like a
 * cosine of frequency 1. With O' = O - (max + min)/2 and |O'| = (max - min)/2 of its eigenvalues, each
 * derivative by the angle of one gate is a commutator with P / 2, of norm at most 1, so |d f_k / d theta_a|
 * <= S_a |O'_k|,  |d^2 f_k / d theta_a d theta_b| <= S_a S_b |O'_k|,  S_a = sum |scale|, and by
 * Cauchy-Schwarz |Df_k| <= |O'_k| (sum S_a^2)^(1/2), Lip(Df_k) <= |O'_k| sum S_a^2. Outputs add in squares.
 *
 * Eigenvalues come from LAPACK for few qubits; for a diagonal O from its diagonal; else |O'| is bounded by
 * the sum of the coefficients' absolute values, which holds for any strings.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/bounds.h"

#include "base/blas.h"

#include <math.h>

/* Up to this M the 2^M x 2^M matrix is diagonalised: 64 x 64. */
enum { MOST_QUBITS_DENSE = 6 };

/* The least and the largest eigenvalue of an observable, or bounds of them. */
typedef struct {
    double least, largest;
} spread;

/* Sums of |coefficient| around the identity's: holds for every observable. */
static spread spread_of_coefficients(const qnn_circuit *circuit, int64_t k)
{
    double centre = 0, radius = 0;
    for (int64_t t = 0; t < circuit->term_count; t++) {
        const qnni_term *term = &circuit->terms[t];
        if (term->output != k)
            continue;
        if (term->pauli.x | term->pauli.z)
            radius += fabs(term->coefficient);
        else
            centre += term->coefficient;
    }
    return (spread){centre - radius, centre + radius};
}

/* column j of O, 2^M complex numbers: P |j> = i^y (-1)^|j & z| |j ^ x> */
static void fill_column(const qnn_circuit *circuit, int64_t k, uint32_t j, double *column)
{
    static const double powers[4][2] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
    for (int64_t t = 0; t < circuit->term_count; t++) {
        const qnni_term *term = &circuit->terms[t];
        if (term->output != k)
            continue;
        const double sign = __builtin_parity(j & term->pauli.z) ? -term->coefficient : term->coefficient;
        const double *power = powers[qnni_pauli_count_y(term->pauli) % 4];
        double *at = column + 2 * (size_t)(j ^ term->pauli.x);
        at[0] += sign * power[0];
        at[1] += sign * power[1];
    }
}

static int32_t spread_of_matrix(moe_context *context, const qnn_circuit *circuit, int64_t k, spread *out)
{
    const int64_t D = INT64_C(1) << circuit->qubits;
    double *O = MOEI_NEW(context->core, 2 * D * D + 8 * D, double);
    int32_t status = MOE_OK;
    if (!O)
        return moei_out_of_memory(context, "the spectrum of an observable");
    double *values = O + 2 * D * D;
    for (int64_t j = 0; j < D; j++)
        fill_column(circuit, k, (uint32_t)j, O + 2 * D * j);
    if (moei_hermitian_eigen(D, O, values, values + D))
        status = moei_fail(context, MOE_ERROR_LAPACK, "the spectrum of observable %lld did not converge",
                           (long long)k);
    /* zheev is backward stable: its error is some eps of the norm */
    const double rounding = 1e-14 * (double)D * fmax(fabs(values[0]), fabs(values[D - 1]));
    *out = (spread){values[0] - rounding, values[D - 1] + rounding};
    moei_free(context->core, O);
    return status;
}

/* *sum <- sum_a S_a^2 */
static int32_t sum_speeds(moe_context *context, const qnn_circuit *circuit, double *sum)
{
    double *speeds = MOEI_NEW(context->core, circuit->parameters, double);
    if (!speeds)
        return moei_out_of_memory(context, "the bounds of a circuit");
    for (int64_t g = 0; g < circuit->gate_count; g++) {
        const qnni_gate *gate = &circuit->gates[g];
        const bool turns = !gate->matrix && (gate->pauli.x | gate->pauli.z);
        if (turns && gate->source == QNN_THETA)
            speeds[gate->angle.index] += fabs(gate->angle.scale);
    }
    *sum = 0;
    for (int64_t a = 0; a < circuit->parameters; a++)
        *sum += speeds[a] * speeds[a];
    moei_free(context->core, speeds);
    return MOE_OK;
}

int32_t qnni_bounds_of(moe_context *context, const qnn_circuit *circuit, double bounds[3])
{
    double speed = 0, norms = 0, halves = 0;
    const int32_t summed = sum_speeds(context, circuit, &speed);
    if (summed)
        return summed;
    for (int64_t k = 0; k < circuit->outputs; k++) {
        spread range = spread_of_coefficients(circuit, k);
        if (circuit->qubits <= MOST_QUBITS_DENSE && range.least < range.largest) {
            spread exact = {0, 0};
            const int32_t status = spread_of_matrix(context, circuit, k, &exact);
            if (status)
                return status;
            range.least = fmax(range.least, exact.least);
            range.largest = fmin(range.largest, exact.largest);
        }
        const double norm = fmax(fabs(range.least), fabs(range.largest));
        norms += norm * norm;
        halves += pow((range.largest - range.least) / 2, 2);
    }
    bounds[0] = sqrt(norms);
    bounds[1] = sqrt(halves * speed);
    bounds[2] = sqrt(halves) * speed;
    return MOE_OK;
}
