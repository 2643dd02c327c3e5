/* kernel_phases.h - what the turns of a diagonal contribute to the gradient.
 *
 * For a string without flips Im <lambda| P |psi> is a signed sum of w_j = Im conj(lambda_j) psi_j, taken
 * where the pass before the diagonal ends.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_KERNEL_PHASES_H
#define QNNI_KERNEL_PHASES_H

#include "qnn/kernel_gradients.h"

/* What the gradients of a diagonal need of w over the visits of a pass: its sum for each l, what it is now;
 * and, with s_t = sum_l w_l of visit t, diff[i] = sum_t (-1)^(bit i of t) s_t, by pairing visits as a binary
 * counter carries: partial[i] is the sum of the last 2^i visits still without a partner. */
typedef struct phase_sums {
    vector w[QNNI_AMPLITUDES], now[QNNI_AMPLITUDES], partial[QNNI_MOST_QUBITS], diff[QNNI_MOST_QUBITS];
} phase_sums;

INLINE void clear_sums(int qubits, phase_sums *sums)
{
    const vector zero = {0};
    for (int l = 0; l < QNNI_AMPLITUDES; l++)
        sums->w[l] = zero;
    for (int i = 0; i < qubits; i++)
        sums->diff[i] = zero;
}

/* w_p <- sum_l (-1)^|l & p| w_l */
INLINE void transform(int n, vector *w)
{
    UNROLL for (int bit = 1; bit < n; bit *= 2)
    {
        UNROLL for (int l = 0; l < n; l++) if (!(l & bit))
        {
            const vector even = w[l], odd = w[l | bit];
            w[l] = even + odd;
            w[l | bit] = even - odd;
        }
    }
}

/* diff, partial <- with s_t = sum */
INLINE void carry_sum(size_t t, vector sum, phase_sums *sums)
{
    int carry = 0;
    for (; t >> carry & 1; carry++) {
        sums->diff[carry] += sums->partial[carry] - sum;
        sum += sums->partial[carry];
    }
    sums->partial[carry] = sum;
}

/* Strings that are neither a matter of l alone nor of one bit of t alone. */
INLINE void derive_mixed(int k, const qnni_pass *pass, size_t rep, vector *w, double *g)
{
    transform(1 << k, w);
    for (int64_t i = 0; i < pass->mixed_count; i++) {
        const qnni_phase *phase = &pass->next[pass->simple_count + i];
        add_wide(g + phase->slot * QNNI_LANES,
                 turned(w[phase->local], phase->sign_bit ^ outside_sign(rep, phase->outside)));
    }
}

/* Visit t of a pass with a diagonal behind it; a: lambda, psi: both between the two. */
INLINE void derive_phases(int k, const qnni_pass *pass, size_t t, size_t rep, const visited *place,
                          const vector *psi, const vector *a, phase_sums *sums, double *g)
{
    vector sum = {0};
    UNROLL for (int l = 0; l < 1 << k; l++)
    {
        const vector *amplitude = amplitude_of(psi, place, l);
        const vector w = a[2 * l] * amplitude[1] - a[2 * l + 1] * amplitude[0];
        sums->w[l] += w;
        sum += w;
        if (pass->mixed_count)
            sums->now[l] = w;
    }
    carry_sum(t, sum, sums);
    if (pass->mixed_count)
        derive_mixed(k, pass, rep, sums->now, g);
}

/* g[slot] += what the sums of a run of visits say of strings that are a matter of l alone; and, after the
 * last run, of those that are one of a bit of t */
INLINE void finish_phases(int k, const qnni_pass *pass, bool last, phase_sums *sums, double *g)
{
    const vector zero = {0};
    transform(1 << k, sums->w);
    for (int64_t i = 0; i < pass->simple_count; i++) {
        const qnni_phase *phase = &pass->next[i];
        if (phase->carry < 0 || last)
            add_wide(
                g + phase->slot * QNNI_LANES,
                turned(phase->carry < 0 ? sums->w[phase->local] : sums->diff[phase->carry], phase->sign_bit));
    }
    for (int l = 0; l < 1 << k && !last; l++)
        sums->w[l] = zero;
}

#endif
