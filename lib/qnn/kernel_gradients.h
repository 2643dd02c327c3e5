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
    size_t at[QNNI_AMPLITUDES]; /* bytes from the state's first */
} visited;

enum { AMPLITUDE_BYTES = 2 * BYTES };

INLINE void locate(int n, const qnni_pass *pass, size_t rep, visited *place)
{
    UNROLL for (int l = 0; l < n; l++) place->at[l] = (rep ^ pass->comb[l]) * AMPLITUDE_BYTES;
}

/* Amplitude l of a visit: its real part, then its imaginary part. */
INLINE const vector *amplitude_of(const vector *state, const visited *place, int l)
{
    return (const vector *)((const char *)state + place->at[l]);
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
        overlap_pair(letter, a + 2 * l, a + 2 * m, amplitude_of(psi, place, l), amplitude_of(psi, place, m),
                     &plus, &minus);
        *sum += turned(plus - minus, step->sign[pair++]);
    }
}

/* plus - minus: what one turn of each of some flips contributes, but for its sign. */
typedef struct flip_sums {
    vector plus[QNNI_LOCAL], minus[QNNI_LOCAL];
} flip_sums;

INLINE void clear_flips(int count, flip_sums *sums)
{
    UNROLL for (int i = 0; i < count; i++) sums->plus[i] = sums->minus[i] = (vector){0};
}

/* Of the flips i < count, amplitude after amplitude of psi, so that each is loaded once. */
INLINE void derive_flips(int k, int count, int letter, const visited *place, const vector *psi,
                         const vector *a, flip_sums *sums)
{
    UNROLL for (int l = 0; l < 1 << k; l++)
    {
        const vector re = amplitude_of(psi, place, l)[0], im = amplitude_of(psi, place, l)[1];
        UNROLL for (int i = 0; i < count; i++)
        {
            const vector *other = a + 2 * (l ^ 1 << i);
            if (letter == X) {
                sums->plus[i] += other[0] * im;
                sums->minus[i] += other[1] * re;
            } else if (l >> i & 1) {
                sums->minus[i] += other[0] * re;
                sums->minus[i] += other[1] * im;
            } else {
                sums->plus[i] += other[0] * re;
                sums->plus[i] += other[1] * im;
            }
        }
    }
}

INLINE void add_flips(int count, const qnni_step *step, const flip_sums *sums, const gradients *to)
{
    UNROLL for (int i = 0; i < count; i++) * sum_of(to, step, i) +=
        turned(sums->plus[i] - sums->minus[i], step->sign[i]);
}

/* The same for one visit. */
INLINE void derive_joint(int k, int count, int letter, const qnni_step *step, const visited *place,
                         const vector *psi, const vector *a, const gradients *to)
{
    flip_sums sums;
    clear_flips(count, &sums);
    derive_flips(k, count, letter, place, psi, a, &sums);
    add_flips(count, step, &sums, to);
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
            derive_joint(k, k, X, step, place, psi, a, to);
            continue;
        case QNNI_ALL_Y:
            derive_joint(k, k, Y, step, place, psi, a, to);
            continue;
        case QNNI_MOST_X:
            derive_joint(k, k - 1, X, step, place, psi, a, to);
            continue;
        case QNNI_MOST_Y:
            derive_joint(k, k - 1, Y, step, place, psi, a, to);
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
        const int turns = step->code <= QNNI_ALL_Y ? k : step->code <= QNNI_MOST_Y ? k - 1 : 1;
        for (int m = 0; m < turns; m++) {
            add_wide(from->g + step->slot[m] * QNNI_LANES, *sum_of(from, step, m));
            *sum_of(from, step, m) = zero;
        }
    }
}

#endif
