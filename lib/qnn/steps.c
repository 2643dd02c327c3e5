/* steps.c - turns as the kernels read them: steps of a pass, phases of a diagonal.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/steps.h"

#include <string.h>

/* ---- steps ------------------------------------------------------------------------------------ */

static const uint64_t sign_bit = UINT64_C(1) << 63;

/* The turn as a step of its own. The l-th member of a pair: P|j> = i^y (-1)^|j & z| |j ^ x> (pauli.h). */
static qnni_step lone_step(const qnni_coordinates *s, const qnni_turn *turn)
{
    const uint32_t flip = qnni_local_part(s, turn->pauli.x), pivot = qnni_lowest_bit(flip);
    const uint32_t parity = qnni_local_parity(s, turn->pauli.z);
    const bool minus = (turn->sign < 0) != !!(qnni_pauli_count_y(turn->pauli) & 2);
    qnni_step step = {
        .code = (int32_t)flip + (!flip                                     ? QNNI_ONE_Z
                                 : qnni_odd(turn->pauli.x & turn->pauli.z) ? QNNI_ONE_Y
                                                                           : QNNI_ONE_X),
        .source = {turn->source},
        .slot = {turn->slot},
        .outside = qnni_outside_part(s, turn->pauli.z),
    };
    int pair = 0;
    for (uint32_t l = 0; l < 1U << s->flip_count; l++)
        if (!(l & pivot))
            step.sign[pair++] = minus != qnni_odd(parity & l) ? sign_bit : 0;
    return step;
}

/* Which member of ALL_X or ALL_Y (as `code`) the turn can be; -1: none. */
static int member_of(const qnni_coordinates *s, const qnni_turn *turn, int32_t *code)
{
    const uint32_t flip = qnni_local_part(s, turn->pauli.x), parity = qnni_local_parity(s, turn->pauli.z);
    if (!flip || (flip & (flip - 1)) || qnni_outside_part(s, turn->pauli.z))
        return -1;
    if (parity & ~flip)
        return -1;
    *code = parity ? QNNI_ALL_Y : QNNI_ALL_X;
    return __builtin_ctz(flip);
}

/* Takes from turns[0 ... *count - 1] one for each flip of the kind of turns[0], or for each but the last,
 * each commuting with what it passes, into one step; false, and nothing taken, if there are not enough. */
static bool joint_step(const qnni_coordinates *s, qnni_turn *turns, int64_t *count, qnni_step *step)
{
    int64_t member[QNNI_LOCAL];
    int32_t code, found = 0;
    if (s->flip_count < 2 || member_of(s, &turns[0], &code) < 0)
        return false;
    *step = (qnni_step){.code = code};
    for (int i = 0; i < QNNI_LOCAL; i++)
        member[i] = -1;
    for (int64_t t = 0; t < *count; t++) {
        int32_t other;
        const int i = member_of(s, &turns[t], &other);
        if (i < 0 || other != code || member[i] >= 0 || !qnni_commutes_with_all(turns[t].pauli, turns, t))
            continue;
        member[i] = t;
        found++;
        step->source[i] = turns[t].source;
        step->slot[i] = turns[t].slot;
        step->sign[i] = (turns[t].sign < 0) != !!(qnni_pauli_count_y(turns[t].pauli) & 2) ? sign_bit : 0;
    }
    const bool most = found > 1 && found == s->flip_count - 1 && member[found] < 0;
    if (found < s->flip_count && !most)
        return false;
    if (most)
        step->code += QNNI_MOST_X - QNNI_ALL_X;
    int64_t kept = 0;
    for (int64_t t = 0; t < *count; t++)
        if (t != member[0] && t != member[1] && t != member[2])
            turns[kept++] = turns[t];
    *count = kept;
    return true;
}

int64_t qnni_make_steps(const qnni_coordinates *s, qnni_turn *turns, int64_t count, qnni_step *steps)
{
    int64_t made = 0;
    while (count > 0) {
        if (!joint_step(s, turns, &count, &steps[made])) {
            steps[made] = lone_step(s, turns);
            memmove(turns, turns + 1, (size_t)--count * sizeof *turns);
        }
        made++;
    }
    return made;
}

int32_t qnni_shape_of(const qnni_pass *pass)
{
    static const struct {
        int32_t shape, count, codes[2];
    } shapes[] = {
        {QNNI_SHAPE_X, 1, {QNNI_ALL_X}},
        {QNNI_SHAPE_Y, 1, {QNNI_ALL_Y}},
        {QNNI_SHAPE_XY, 2, {QNNI_ALL_X, QNNI_ALL_Y}},
        {QNNI_SHAPE_YX, 2, {QNNI_ALL_Y, QNNI_ALL_X}},
        {QNNI_SHAPE_X + QNNI_MOST, 1, {QNNI_MOST_X}},
        {QNNI_SHAPE_Y + QNNI_MOST, 1, {QNNI_MOST_Y}},
        {QNNI_SHAPE_XY + QNNI_MOST, 2, {QNNI_MOST_X, QNNI_MOST_Y}},
        {QNNI_SHAPE_YX + QNNI_MOST, 2, {QNNI_MOST_Y, QNNI_MOST_X}},
    };
    const qnni_step *last = pass->steps + pass->step_count - 1, *derived = pass->gradients;
    if (!pass->step_count || pass->gradient_count != 1 || derived->code != last->code ||
        memcmp(derived->slot, last->slot, sizeof last->slot) != 0)
        return QNNI_SHAPELESS;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        bool alike = pass->step_count == shapes[i].count;
        for (int32_t n = 0; n < shapes[i].count && alike; n++)
            alike = pass->steps[n].code == shapes[i].codes[n];
        if (alike)
            return shapes[i].shape;
    }
    return QNNI_SHAPELESS;
}

/* ---- phases ----------------------------------------------------------------------------------- */

/* Kinds of phases: in the order in which a pass has them. */
enum { SIMPLE, MIXED, FIXED, KINDS };

static qnni_phase phase_of(const qnni_coordinates *s, const qnni_turn *turn, int *kind)
{
    const uint32_t z = turn->pauli.z, outside = qnni_outside_part(s, z), local = qnni_local_parity(s, z);
    const int32_t carry = qnni_carry_of(s, outside);
    *kind = turn->source != QNN_THETA ? FIXED : !outside || (!local && carry >= 0) ? SIMPLE : MIXED;
    return (qnni_phase){
        .z = z,
        .local = local,
        .outside = outside,
        .source = turn->source,
        .slot = turn->slot,
        .sign = turn->sign,
        .sign_bit = turn->sign < 0 ? sign_bit : 0,
        .carry = carry,
    };
}

void qnni_make_phases(const qnni_coordinates *s, const qnni_turn *turns, int64_t count, qnni_phase *phases,
                      qnni_pass *last)
{
    int64_t counts[KINDS] = {0}, filled = 0;
    for (int wanted = 0; wanted < KINDS; wanted++)
        for (int64_t i = 0; i < count; i++) {
            int kind;
            const qnni_phase phase = phase_of(s, &turns[i], &kind);
            if (kind != wanted)
                continue;
            phases[filled++] = phase;
            counts[kind]++;
        }
    last->next = phases;
    last->simple_count = counts[SIMPLE];
    last->mixed_count = counts[MIXED];
}
