/* kernel_gradients.h - what the turns of a pass contribute to the gradient, from one visit.
 *
 * A turn exp(-i a P / 2) contributes Im <lambda| P |psi>, psi and lambda both taken where its pass ends, with
 * all later steps of which it commutes.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_KERNEL_GRADIENTS_H
#define QNNI_KERNEL_GRADIENTS_H

#include "qnn/kernel_turns.h"

/* Where gradients are summed: in doubles, slot x LANES; floats first in partial sums, LOCAL for each gradient
 * of the pass. */
typedef struct gradients {
    double *g;
    vector *partial; /* NULL if reals are doubles */
    const qnni_step *first;
} gradients;

enum { PARTIAL_SUMS = QNNI_MOST_STEPS * QNNI_LOCAL };

/* Of the m-th turn of a step. */
INLINE vector *sum_of(const gradients *self, const qnni_step *step, int m)
{
#ifdef QNNI_SINGLE
    return self->partial + QNNI_LOCAL * (step - self->first) + m;
#else
    return (vector *)(self->g + step->slot[m] * QNNI_LANES);
#endif
}

/* The n amplitudes of a visit, where they lie. */
typedef struct visited {
    size_t at[QNNI_AMPLITUDES]; /* vectors from the state's first */
} visited;

INLINE void locate(int n, const qnni_pass *pass, size_t rep, visited *place)
{
    UNROLL for (int l = 0; l < n; l++) place->at[l] = 2 * (rep ^ pass->comb[l]);
}

/* plus - minus += Im(lambda_pair^H P psi_pair), P = X or Y */
INLINE void overlap_pair(int letter, const vector *la, const vector *lb, const vector *a, const vector *b,
                         vector *plus, vector *minus)
{
    if (letter == X) {
        *plus += lb[0] * a[1];
        *minus += lb[1] * a[0];
        *plus += la[0] * b[1];
        *minus += la[1] * b[0];
    } else {
        *plus += lb[0] * a[0];
        *minus += la[0] * b[0];
        *plus += lb[1] * a[1];
        *minus += la[1] * b[1];
    }
}

INLINE void derive_pairs(int n, int letter, int flip, const qnni_step *step, const visited *place,
                         const vector *psi, const vector *a, vector *sum)
{
    const int pivot = flip & -flip;
    int pair = 0;
    UNROLL for (int l = 0; l < n; l++) if (!(l & pivot))
    {
        vector plus = {0}, minus = {0};
        const int m = l ^ flip;
        overlap_pair(letter, a + 2 * l, a + 2 * m, psi + place->at[l], psi + place->at[m], &plus, &minus);
        *sum += turned(plus - minus, step->sign[pair++]);
    }
}

/* The same for ALL_X, ALL_Y, amplitude after amplitude of psi, so that each is loaded once. */
INLINE void derive_all(int k, int letter, const qnni_step *step, const visited *place, const vector *psi,
                       const vector *a, const gradients *to)
{
    vector plus[QNNI_LOCAL] = {{0}}, minus[QNNI_LOCAL] = {{0}};
    UNROLL for (int l = 0; l < 1 << k; l++)
    {
        const vector re = psi[place->at[l]], im = psi[place->at[l] + 1];
        UNROLL for (int i = 0; i < k; i++)
        {
            const vector *other = a + 2 * (l ^ 1 << i);
            if (letter == X) {
                plus[i] += other[0] * im;
                minus[i] += other[1] * re;
            } else if (l >> i & 1) {
                minus[i] += other[0] * re;
                minus[i] += other[1] * im;
            } else {
                plus[i] += other[0] * re;
                plus[i] += other[1] * im;
            }
        }
    }
    UNROLL for (int i = 0; i < k; i++) * sum_of(to, step, i) += turned(plus[i] - minus[i], step->sign[i]);
}

/* to += Im <lambda| P |psi> over this visit, for all gradients of the pass; a: lambda */
INLINE void derive(int k, const qnni_pass *pass, size_t rep, const visited *place, const vector *psi,
                   const vector *a, const gradients *to)
{
    const int n = 1 << k;
    for (int64_t i = 0; i < pass->gradient_count; i++) {
        const qnni_step *step = &pass->gradients[i];
        vector sum = {0};
        switch (step->code) {
        case QNNI_ALL_X:
            derive_all(k, X, step, place, psi, a, to);
            continue;
        case QNNI_ALL_Y:
            derive_all(k, Y, step, place, psi, a, to);
            continue;
#define DERIVATIVES(flip)                                                                                    \
    case QNNI_ONE_X + flip:                                                                                  \
        if (flip < n)                                                                                        \
            derive_pairs(n, X, flip, step, place, psi, a, &sum);                                             \
        break;                                                                                               \
    case QNNI_ONE_Y + flip:                                                                                  \
        if (flip < n)                                                                                        \
            derive_pairs(n, Y, flip, step, place, psi, a, &sum);                                             \
        break;
            DERIVATIVES(1)
            DERIVATIVES(2)
            DERIVATIVES(3)
            DERIVATIVES(4)
            DERIVATIVES(5)
            DERIVATIVES(6)
            DERIVATIVES(7)
#undef DERIVATIVES
        }
        *sum_of(to, step, 0) += turned(sum, outside_sign(rep, step->outside));
    }
}

/* g[slot] += the partial sums of a pass, which begin again at 0 */
INLINE void finish_gradients(int k, const qnni_pass *pass, const gradients *from)
{
    const vector zero = {0};
    for (int64_t i = 0; i < pass->gradient_count && from->partial; i++) {
        const qnni_step *step = &pass->gradients[i];
        const bool joint = step->code == QNNI_ALL_X || step->code == QNNI_ALL_Y;
        for (int m = 0; m < (joint ? k : 1); m++) {
            add_wide(from->g + step->slot[m] * QNNI_LANES, *sum_of(from, step, m));
            *sum_of(from, step, m) = zero;
        }
    }
}

#endif
