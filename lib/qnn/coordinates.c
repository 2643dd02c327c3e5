/* coordinates.c - coordinates in which the flips of a pass are unit masks.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/coordinates.h"

#include <string.h>

/* ---- inside a visit --------------------------------------------------------------------------- */

static bool is_dual(const qnni_coordinates *self, int i, uint32_t w)
{
    for (int k = 0; k < self->flip_count; k++)
        if (qnni_odd(w & self->flips[k]) != (k == i))
            return false;
    return true;
}

/* Bits on which the flips are independent, one for each. */
static void find_pivots(const qnni_coordinates *self, uint32_t pivots[QNNI_LOCAL])
{
    uint32_t rest[QNNI_LOCAL];
    memcpy(rest, self->flips, sizeof rest);
    for (int i = 0; i < self->flip_count; i++) {
        pivots[i] = qnni_lowest_bit(rest[i]);
        for (int k = i + 1; k < self->flip_count; k++)
            rest[k] ^= rest[k] & pivots[i] ? rest[i] : 0;
    }
}

void qnni_find_masks(qnni_coordinates *self)
{
    uint32_t pivots[QNNI_LOCAL];
    find_pivots(self, pivots);
    for (int i = 0; i < self->flip_count; i++)
        for (int c = 0; c < 1 << self->flip_count; c++) {
            uint32_t w = 0;
            for (int k = 0; k < self->flip_count; k++)
                w ^= c >> k & 1 ? pivots[k] : 0;
            if (is_dual(self, i, w))
                self->masks[i] = w;
        }
}

void qnni_prefer_masks(const qnni_turn *turns, int64_t count, qnni_coordinates *self)
{
    for (int64_t t = 0; t < count; t++)
        for (int i = 0; i < self->flip_count; i++)
            if (is_dual(self, i, turns[t].pauli.z))
                self->masks[i] = turns[t].pauli.z;
}

uint32_t qnni_local_part(const qnni_coordinates *self, uint32_t j)
{
    uint32_t l = 0;
    for (int i = 0; i < self->flip_count; i++)
        l |= (uint32_t)qnni_odd(j & self->masks[i]) << i;
    return l;
}

uint32_t qnni_local_parity(const qnni_coordinates *self, uint32_t z)
{
    uint32_t p = 0;
    for (int i = 0; i < self->flip_count; i++)
        p |= (uint32_t)qnni_odd(z & self->flips[i]) << i;
    return p;
}

/* z less the part that the w_i span, which is even on the reps. */
uint32_t qnni_outside_part(const qnni_coordinates *self, uint32_t z)
{
    const uint32_t p = qnni_local_parity(self, z);
    for (int i = 0; i < self->flip_count; i++)
        z ^= p >> i & 1 ? self->masks[i] : 0;
    return z;
}

uint32_t qnni_comb(const qnni_coordinates *self, uint32_t l)
{
    uint32_t sum = 0;
    for (int i = 0; i < self->flip_count; i++)
        sum ^= l >> i & 1 ? self->flips[i] : 0;
    return sum;
}

/* ---- from visit to visit ---------------------------------------------------------------------- */

void qnni_find_reps(qnni_coordinates *self)
{
    qnni_span reps = {.count = 0};
    for (int q = 0; q < self->qubits; q++) {
        const uint32_t unit = UINT32_C(1) << q;
        qnni_span_add(&reps, unit ^ qnni_comb(self, qnni_local_part(self, unit)));
    }
    memcpy(self->basis, reps.vectors, sizeof self->basis);
}

/* Makes |outside & basis[i]| odd for i = `place` only, if some i >= place allows it. */
static bool align(uint32_t outside, int place, qnni_coordinates *self)
{
    const int count = self->qubits - self->flip_count;
    uint32_t *basis = self->basis;
    int i = place;
    while (i < count && !qnni_odd(outside & basis[i]))
        i++;
    if (i >= count)
        return false;
    const uint32_t chosen = basis[i];
    basis[i] = basis[place];
    basis[place] = chosen;
    for (int k = 0; k < count; k++)
        if (k != place && qnni_odd(outside & basis[k]))
            basis[k] ^= chosen;
    return true;
}

void qnni_align_reps(const qnni_turn *phases, int64_t count, qnni_coordinates *self)
{
    int aligned = 0;
    for (int64_t i = 0; i < count; i++) {
        const uint32_t z = phases[i].pauli.z;
        if (!qnni_local_parity(self, z) && align(qnni_outside_part(self, z), aligned, self))
            aligned++;
    }
}

int32_t qnni_carry_of(const qnni_coordinates *self, uint32_t outside)
{
    int32_t found = -1;
    for (int i = 0; i < self->qubits - self->flip_count; i++)
        if (qnni_odd(outside & self->basis[i])) {
            if (found >= 0)
                return -1;
            found = i;
        }
    return found;
}
