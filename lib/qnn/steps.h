/* steps.h - turns as the kernels read them.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_STEPS_H
#define QNNI_STEPS_H

#include "qnn/coordinates.h"

static inline bool qnni_commutes_with_all(qnni_pauli pauli, const qnni_turn *turns, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (!qnni_commute(pauli, turns[i].pauli))
            return false;
    return true;
}

/* steps <- the turns, in order; returns how many. The turns are used up. */
int64_t qnni_make_steps(const qnni_coordinates *s, qnni_turn *turns, int64_t count, qnni_step *steps);

/* QNNI_SHAPE_* of a pass with its steps and gradients. */
int32_t qnni_shape_of(const qnni_pass *pass);

/* phases, and those of last->next <- the turns of the diagonal behind the pass `last` of coordinates s. */
void qnni_make_phases(const qnni_coordinates *s, const qnni_turn *turns, int64_t count, qnni_phase *phases,
                      qnni_pass *last);

#endif
