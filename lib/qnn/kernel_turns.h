/* kernel_turns.h - the steps of a pass on the 2^k amplitudes of one visit.
 *
 * The amplitudes are in registers. Steps of a pass of some shape (program.h) are known when this is compiled;
 * others are interpreted, one `switch` for each. Either way all indices are constants, so that the array `a`
 * never needs an address. A turn takes one fused multiply-add
 * for each real number:
 *
 *   exp(-i a P / 2) = cos(a/2) (1 - i t P),   t = tan(a/2),
 *
 * the factor cos(a/2) left to the end (norms.c). A component's error is still one rounding of that component,
 * however large t is.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_KERNEL_TURNS_H
#define QNNI_KERNEL_TURNS_H

#include "qnn/kernel_vector.h"

INLINE vector tangent(const qnni_step *step, const qnni_lanes *lanes, int i)
{
    const real *rows = lanes->tangents[step->source[i]];
    return *(const vector *)(rows + step->slot[i] * QNNI_LANES);
}

/* t of a lone step, with the visit's sign and `sense` */
INLINE vector tangent_at(const qnni_step *step, const qnni_lanes *lanes, size_t rep, uint64_t sense)
{
    return turned(tangent(step, lanes, 0), sense ^ outside_sign(rep, step->outside));
}

/* ---- turns of pairs --------------------------------------------------------------------------- */

enum { X, Y };

/* (a, b) <- (1 - i t P)(a, b), P = X or Y */
INLINE void turn_pair(int letter, vector t, vector *a, vector *b)
{
    const vector ar = a[0], ai = a[1], br = b[0], bi = b[1];
    if (letter == X) {
        a[0] = ar + t * bi;
        a[1] = ai - t * br;
        b[0] = br + t * ai;
        b[1] = bi - t * ar;
    } else {
        a[0] = ar - t * br;
        a[1] = ai - t * bi;
        b[0] = br + t * ar;
        b[1] = bi + t * ai;
    }
}

/* All pairs (l, l ^ flip) of n amplitudes, with the signs of each. */
INLINE void turn_pairs(int n, int letter, int flip, const qnni_step *step, vector t, vector *a)
{
    const int pivot = flip & -flip;
    int pair = 0;
    UNROLL for (int l = 0; l < n; l++) if (!(l & pivot))
        turn_pair(letter, turned(t, step->sign[pair++]), a + 2 * l, a + 2 * (l ^ flip));
}

/* t[i] <- of the flips i < count of a step ALL_* or MOST_*, with signs */
INLINE void tangents_of(int count, const qnni_step *step, const qnni_lanes *lanes, uint64_t sense, vector *t)
{
    UNROLL for (int i = 0; i < count; i++) t[i] = turned(tangent(step, lanes, i), step->sign[i] ^ sense);
}

/* One turn for each of the flips i < count, by t[i]. */
INLINE void turn_flips(int k, int count, int letter, const vector *t, vector *a)
{
    UNROLL for (int i = 0; i < count; i++)
    {
        UNROLL for (int l = 0; l < 1 << k; l++) if (!(l >> i & 1))
            turn_pair(letter, t[i], a + 2 * l, a + 2 * (l | 1 << i));
    }
}

INLINE void turn_joint(int k, int count, int letter, const qnni_step *step, const qnni_lanes *lanes,
                       uint64_t sense, vector *a)
{
    vector t[QNNI_LOCAL];
    tangents_of(count, step, lanes, sense, t);
    turn_flips(k, count, letter, t, a);
}

INLINE void turn_z(int n, const qnni_step *step, vector t, vector *a)
{
    UNROLL for (int l = 0; l < n; l++)
    {
        const vector s = turned(t, step->sign[l]), re = a[2 * l], im = a[2 * l + 1];
        a[2 * l] = re + s * im;
        a[2 * l + 1] = im - s * re;
    }
}

/* ---- steps known by heart --------------------------------------------------------------------- */

/* The tangents of a pass of some shape, with signs: the same in all visits. */
typedef struct known_tangents {
    vector t[2][QNNI_LOCAL];
} known_tangents;

INLINE int kind_of(int shape)
{
    return shape > QNNI_MOST ? shape - QNNI_MOST : shape;
}

INLINE int step_count_of(int shape)
{
    return kind_of(shape) == QNNI_SHAPE_X || kind_of(shape) == QNNI_SHAPE_Y ? 1 : 2;
}

INLINE int flip_count_of(int k, int shape)
{
    return shape > QNNI_MOST ? k - 1 : k;
}

/* Of step i. */
INLINE int letter_of(int shape, int i)
{
    const bool first = kind_of(shape) == QNNI_SHAPE_X || kind_of(shape) == QNNI_SHAPE_XY;
    return first == !i ? X : Y;
}

INLINE void know_tangents(int k, int shape, bool inverse, const qnni_pass *pass, const qnni_lanes *lanes,
                          known_tangents *known)
{
    const uint64_t sense = inverse ? UINT64_C(1) << 63 : 0;
    UNROLL for (int i = 0; i < step_count_of(shape); i++)
        tangents_of(flip_count_of(k, shape), pass->steps + i, lanes, sense, known->t[i]);
}

/* The steps in order, or in reverse order, if the tangents are those of the inverses. */
INLINE void run_known(int k, int shape, bool inverse, const known_tangents *known, vector *a)
{
    const int count = step_count_of(shape);
    UNROLL for (int n = 0; n < count; n++)
    {
        const int i = inverse ? count - 1 - n : n;
        turn_flips(k, flip_count_of(k, shape), letter_of(shape, i), known->t[i], a);
    }
}

/* ---- any steps -------------------------------------------------------------------------------- */

/* The steps in order, or their inverses in reverse order. */
INLINE void run_steps(int k, bool inverse, const qnni_pass *pass, const qnni_lanes *lanes, size_t rep,
                      vector *a)
{
    const int n = 1 << k;
    const uint64_t sense = inverse ? UINT64_C(1) << 63 : 0;
    for (int64_t i = 0; i < pass->step_count; i++) {
        const qnni_step *step = pass->steps + (inverse ? pass->step_count - 1 - i : i);
        switch (step->code) {
        case QNNI_ALL_X:
            turn_joint(k, k, X, step, lanes, sense, a);
            break;
        case QNNI_ALL_Y:
            turn_joint(k, k, Y, step, lanes, sense, a);
            break;
        case QNNI_MOST_X:
            turn_joint(k, k - 1, X, step, lanes, sense, a);
            break;
        case QNNI_MOST_Y:
            turn_joint(k, k - 1, Y, step, lanes, sense, a);
            break;
        case QNNI_ONE_Z:
            turn_z(n, step, tangent_at(step, lanes, rep, sense), a);
            break;
#define TURNS(flip)                                                                                          \
    case QNNI_ONE_X + flip:                                                                                  \
        if (flip < n)                                                                                        \
            turn_pairs(n, X, flip, step, tangent_at(step, lanes, rep, sense), a);                            \
        break;                                                                                               \
    case QNNI_ONE_Y + flip:                                                                                  \
        if (flip < n)                                                                                        \
            turn_pairs(n, Y, flip, step, tangent_at(step, lanes, rep, sense), a);                            \
        break;
            TURNS(1)
            TURNS(2)
            TURNS(3)
            TURNS(4)
            TURNS(5)
            TURNS(6)
            TURNS(7)
#undef TURNS
        }
    }
}

#endif
