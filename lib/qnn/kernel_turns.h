/* kernel_turns.h - the steps of a pass on the 2^k amplitudes of one visit.
 *
 * The amplitudes are in registers; steps are interpreted, one `switch` for each, and inside a case all
 * indices are constants, so that the array `a` never needs an address. A turn takes one fused multiply-add
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

INLINE void turn_all(int k, int letter, const qnni_step *step, const qnni_lanes *lanes, uint64_t sense,
                     vector *a)
{
    UNROLL for (int i = 0; i < k; i++)
    {
        const vector t = turned(tangent(step, lanes, i), step->sign[i] ^ sense);
        UNROLL for (int l = 0; l < 1 << k; l++) if (!(l >> i & 1))
            turn_pair(letter, t, a + 2 * l, a + 2 * (l | 1 << i));
    }
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
            turn_all(k, X, step, lanes, sense, a);
            break;
        case QNNI_ALL_Y:
            turn_all(k, Y, step, lanes, sense, a);
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
