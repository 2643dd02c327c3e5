/* frame.c - absorbs Clifford gates: they cost nothing when the circuit runs.
 *
 * A circuit is rotations exp(-i a P / 2) between fixed gates. A Clifford gate G takes Pauli strings to signed
 * Pauli strings, so with C the product of the Clifford gates so far,
 *
 *   exp(-i a P / 2) C = C exp(-i a P' / 2),   P' = C^H P C = +-(a string),
 *
 * and all of them can be moved past the last rotation, into the observables: O' = C^H O C. What is left acts
 * on the state C^H psi. (Gottesman, arXiv quant-ph/9807006; Litinski, arXiv 1808.02892.) Invariant: the words
 * kept are Hermitian, i^phase X^x Z^z with phase - |x & z| even.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/frame.h"

#include <math.h>

/* A Clifford gate by its matrix: entries of G^H P G off those of a string by no more than this. */
#define CLIFFORD_TOLERANCE 4e-16

void qnni_frame_open(qnni_frame *frame)
{
    for (int q = 0; q < QNNI_MOST_QUBITS; q++) {
        frame->x[q] = (qnni_word){UINT32_C(1) << q, 0, 0};
        frame->z[q] = (qnni_word){0, UINT32_C(1) << q, 0};
    }
}

void qnni_frame_fold(int qubits, int low, qnni_frame *frame)
{
    for (int q = low; q < qubits; q++) {
        frame->x[q].x |= UINT32_C(1) << q % low;
        frame->z[q % low].z |= UINT32_C(1) << q;
    }
}

/* Z^z X^x = (-1)^|z & x| X^x Z^z */
static qnni_word times(qnni_word a, qnni_word b)
{
    const int32_t turn = 2 * __builtin_parity(a.z & b.x);
    return (qnni_word){a.x ^ b.x, a.z ^ b.z, (a.phase + b.phase + turn) & 3};
}

static qnni_word image_of(const qnni_frame *frame, qnni_word word)
{
    qnni_word image = {0, 0, word.phase & 3};
    for (int q = 0; q < QNNI_MOST_QUBITS; q++)
        if (word.x >> q & 1)
            image = times(image, frame->x[q]);
    for (int q = 0; q < QNNI_MOST_QUBITS; q++)
        if (word.z >> q & 1)
            image = times(image, frame->z[q]);
    return image;
}

qnni_pauli qnni_frame_image(const qnni_frame *frame, qnni_pauli pauli, double *sign)
{
    const qnni_word word = image_of(frame, (qnni_word){pauli.x, pauli.z, qnni_pauli_count_y(pauli)});
    const qnni_pauli image = {word.x, word.z};
    *sign = (word.phase - qnni_pauli_count_y(image)) & 2 ? -1 : 1;
    return image;
}

/* ---- gates by their matrices ------------------------------------------------------------------ */

enum { MOST_ROWS = 4 };

/* out = the entry (r, c) of G^H P G, P = i^|x & z| X^x Z^z on the gate's own qubits */
static void conjugated_entry(const double *g, uint32_t size, qnni_pauli p, uint32_t r, uint32_t c,
                             double out[2])
{
    static const double powers[4][2] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
    out[0] = out[1] = 0;
    for (uint32_t j = 0; j < size; j++) {
        const double *left = g + 2 * ((j ^ p.x) * size + r), *right = g + 2 * (j * size + c);
        const double *u = powers[(qnni_pauli_count_y(p) + 2 * __builtin_parity(j & p.z)) & 3];
        const double re = left[0] * right[0] + left[1] * right[1];
        const double im = left[0] * right[1] - left[1] * right[0];
        out[0] += u[0] * re - u[1] * im;
        out[1] += u[0] * im + u[1] * re;
    }
}

/* G^H P G = i^phase X^x Z^z; false if it is no such word. Its x and phase are read off column 0. */
static bool conjugated(const double *g, uint32_t size, qnni_pauli p, qnni_word *word)
{
    double m[MOST_ROWS][MOST_ROWS][2];
    *word = (qnni_word){0, 0, 0};
    for (uint32_t r = 0; r < size; r++)
        for (uint32_t c = 0; c < size; c++)
            conjugated_entry(g, size, p, r, c, m[r][c]);
    while (word->x < size && hypot(m[word->x][0][0], m[word->x][0][1]) < 0.5)
        word->x++;
    if (word->x == size)
        return false;
    const double *first = m[word->x][0];
    word->phase = fabs(first[0]) > fabs(first[1]) ? (first[0] > 0 ? 0 : 2) : (first[1] > 0 ? 1 : 3);
    for (uint32_t bit = 1; bit < size; bit <<= 1) {
        const double *entry = m[bit ^ word->x][bit];
        if (entry[0] * first[0] + entry[1] * first[1] < 0)
            word->z |= bit;
    }
    static const double powers[4][2] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
    for (uint32_t r = 0; r < size; r++)
        for (uint32_t c = 0; c < size; c++) {
            const double *u = powers[(word->phase + 2 * __builtin_parity(c & word->z)) & 3];
            const double there = r == (c ^ word->x) ? 1 : 0;
            if (fabs(m[r][c][0] - there * u[0]) > CLIFFORD_TOLERANCE ||
                fabs(m[r][c][1] - there * u[1]) > CLIFFORD_TOLERANCE)
                return false;
        }
    return true;
}

/* A mask on the gate's own qubits, the first named its high bit, as one on the circuit's. */
static uint32_t placed(const qnni_gate *gate, uint32_t own)
{
    uint32_t mask = 0;
    for (int i = 0; i < gate->qubits; i++)
        mask |= own >> (gate->qubits - 1 - i) & 1 ? gate->bit[i] : 0;
    return mask;
}

bool qnni_frame_absorb(qnni_frame *frame, const qnni_gate *gate)
{
    const uint32_t size = UINT32_C(1) << gate->qubits;
    qnni_word x[2], z[2];
    for (int i = 0; i < gate->qubits; i++) {
        const uint32_t own = size >> (i + 1);
        qnni_word words[2];
        if (!conjugated(gate->matrix, size, (qnni_pauli){own, 0}, &words[0]) ||
            !conjugated(gate->matrix, size, (qnni_pauli){0, own}, &words[1]))
            return false;
        for (int k = 0; k < 2; k++)
            words[k] = image_of(
                frame, (qnni_word){placed(gate, words[k].x), placed(gate, words[k].z), words[k].phase});
        x[i] = words[0];
        z[i] = words[1];
    }
    for (int i = 0; i < gate->qubits; i++) {
        const int q = __builtin_ctz(gate->bit[i]);
        frame->x[q] = x[i];
        frame->z[q] = z[i];
    }
    return true;
}
