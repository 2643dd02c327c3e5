/* schedule.c - cuts a program's turns into passes.
 *
 * A turn may move before others that it commutes with. A pass takes, from the turns left and in their order,
 * each one that commutes with all those it leaves behind so far, whose flip is in the span of the pass's
 * (which grows to LOCAL flips), and that keeps the rule of program.h on theta. Where nothing is to be had so,
 * the next pass begins with a diagonal: all turns by theta or constants without a flip that can come first.
 * The first pass of those that depend on theta has none, and is empty where it would need one.
 *
 * Local coordinates: masks w_i with |w_i & v_k| odd for i = k only give amplitude j its l, and the reps are
 * the j with all |w_i & j| even. Where a turn about Y has such a mask it is chosen, because the turn's sign
 * is then a matter of l alone.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/program.h"

#include <string.h>

/* How many turns a pass may leave behind: keeps the search linear in the circuit's length. */
enum { LONGEST_WAIT = 96 };

/* How many turns a pass may leave to steps: each can multiply the norm by up to 1.7e16 (sweep.c). */
enum { MOST_STEPS = 8 };

typedef struct scheduler {
    qnni_program *program;
    qnni_turn *left; /* the turns not yet in a pass, up to `count` */
    int64_t count;
    qnni_turn *taken; /* those of the pass at hand */
    int64_t taken_count;
    uint32_t flips[QNNI_LOCAL], masks[QNNI_LOCAL]; /* v, w */
    int flip_count;
    bool diagonals; /* whether passes may have them */
    int64_t step_count, gradient_count, phase_count, stepped_count;
} scheduler;

static bool odd(uint32_t mask)
{
    return __builtin_parity(mask);
}

static bool is_y(qnni_pauli pauli)
{
    return odd(pauli.x & pauli.z);
}

/* ---- which turns ------------------------------------------------------------------------------ */

/* Whether x is in the span of the flips, or can be made to be. */
static bool reaches(scheduler *s, uint32_t x)
{
    for (int l = 0; l < 1 << s->flip_count; l++) {
        uint32_t sum = 0;
        for (int i = 0; i < s->flip_count; i++)
            sum ^= l >> i & 1 ? s->flips[i] : 0;
        if (sum == x)
            return true;
    }
    if (s->flip_count == QNNI_LOCAL)
        return false;
    s->flips[s->flip_count++] = x;
    return true;
}

static bool commutes_with_all(qnni_pauli pauli, const qnni_turn *turns, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (!qnni_commute(pauli, turns[i].pauli))
            return false;
    return true;
}

/* Whether no turn by theta taken before would be spoiled. */
static bool keeps_gradients(const scheduler *s, qnni_pauli pauli)
{
    for (int64_t i = 0; i < s->taken_count; i++)
        if (s->taken[i].source == QNN_THETA && !qnni_commute(pauli, s->taken[i].pauli))
            return false;
    return true;
}

static bool is_phase(const scheduler *s, const qnni_turn *turn)
{
    return s->diagonals && !turn->pauli.x && turn->source != QNN_INPUT;
}

static bool takes_step(scheduler *s, const qnni_turn *turn)
{
    return s->taken_count < MOST_STEPS && !is_phase(s, turn) && keeps_gradients(s, turn->pauli) &&
           reaches(s, turn->pauli.x);
}

static bool takes_phase(scheduler *s, const qnni_turn *turn)
{
    return is_phase(s, turn);
}

/* Appends to `taken` what `takes` agrees to and what may come first; closes the gap in `left`. */
static void take(scheduler *s, bool (*takes)(scheduler *, const qnni_turn *))
{
    int64_t behind = 0, i = 0;
    for (; i < s->count && behind < LONGEST_WAIT; i++)
        if (commutes_with_all(s->left[i].pauli, s->left, behind) && takes(s, &s->left[i]))
            s->taken[s->taken_count++] = s->left[i];
        else
            s->left[behind++] = s->left[i];
    memmove(s->left + behind, s->left + i, (size_t)(s->count - i) * sizeof *s->left);
    s->count -= i - behind;
}

/* ---- coordinates ------------------------------------------------------------------------------ */

static bool is_dual(const scheduler *s, int i, uint32_t w)
{
    for (int k = 0; k < s->flip_count; k++)
        if (odd(w & s->flips[k]) != (k == i))
            return false;
    return true;
}

/* Up to k bits on which the flips are independent. */
static void find_pivots(const scheduler *s, uint32_t pivots[QNNI_LOCAL])
{
    uint32_t rest[QNNI_LOCAL];
    memcpy(rest, s->flips, sizeof rest);
    for (int i = 0; i < s->flip_count; i++) {
        pivots[i] = rest[i] & (~rest[i] + 1);
        for (int k = i + 1; k < s->flip_count; k++)
            rest[k] ^= rest[k] & pivots[i] ? rest[i] : 0;
    }
}

static void find_masks(scheduler *s)
{
    uint32_t pivots[QNNI_LOCAL];
    find_pivots(s, pivots);
    for (int i = 0; i < s->flip_count; i++) {
        for (int c = 0; c < 1 << s->flip_count; c++) {
            uint32_t w = 0;
            for (int k = 0; k < s->flip_count; k++)
                w ^= c >> k & 1 ? pivots[k] : 0;
            if (is_dual(s, i, w))
                s->masks[i] = w;
        }
        for (int64_t t = 0; t < s->taken_count; t++)
            if (is_y(s->taken[t].pauli) && is_dual(s, i, s->taken[t].pauli.z))
                s->masks[i] = s->taken[t].pauli.z;
    }
}

/* l with j = rep ^ comb[l] */
static uint32_t local_part(const scheduler *s, uint32_t j)
{
    uint32_t l = 0;
    for (int i = 0; i < s->flip_count; i++)
        l |= (uint32_t)odd(j & s->masks[i]) << i;
    return l;
}

/* p with |z & comb[l]| = |p & l| in parity */
static uint32_t local_parity(const scheduler *s, uint32_t z)
{
    uint32_t p = 0;
    for (int i = 0; i < s->flip_count; i++)
        p |= (uint32_t)odd(z & s->flips[i]) << i;
    return p;
}

/* (-1)^|z & rep| for all reps: z less the part that the w_i span, which is even on them. */
static uint32_t outside_part(const scheduler *s, uint32_t z)
{
    const uint32_t p = local_parity(s, z);
    for (int i = 0; i < s->flip_count; i++)
        z ^= p >> i & 1 ? s->masks[i] : 0;
    return z;
}

/* basis <- one of the reps: the unit masks, projected along the flips, as far as independent */
static int find_reps(const scheduler *s, const qnni_pass *pass, uint32_t basis[QNNI_MOST_QUBITS])
{
    uint32_t reduced[QNNI_MOST_QUBITS];
    int count = 0;
    for (int q = 0; q < s->program->qubits; q++) {
        const uint32_t unit = UINT32_C(1) << q, rep = unit ^ pass->comb[local_part(s, unit)];
        uint32_t rest = rep;
        for (int i = 0; i < count; i++)
            if (rest & (reduced[i] & (~reduced[i] + 1)))
                rest ^= reduced[i];
        if (!rest)
            continue;
        basis[count] = rep;
        reduced[count++] = rest;
    }
    return count;
}

/* Makes |outside & basis[i]| odd for i = `place` only, if some i >= place allows it. */
static bool align(uint32_t outside, int place, int count, uint32_t *basis)
{
    int i = place;
    while (i < count && !odd(outside & basis[i]))
        i++;
    if (i >= count)
        return false;
    const uint32_t chosen = basis[i];
    basis[i] = basis[place];
    basis[place] = chosen;
    for (int k = 0; k < count; k++)
        if (k != place && odd(outside & basis[k]))
            basis[k] ^= chosen;
    return true;
}

/* The reps, counted such that, where possible, strings without a sign inside follow one bit of t each. */
static void fill_coordinates(const scheduler *s, const qnni_turn *phases, int64_t phase_count,
                             qnni_pass *pass)
{
    uint32_t basis[QNNI_MOST_QUBITS], sum = 0;
    int aligned = 0;
    memset(pass->comb, 0, sizeof pass->comb);
    for (uint32_t l = 0; l < 1U << s->flip_count; l++)
        for (int i = 0; i < s->flip_count; i++)
            pass->comb[l] ^= l >> i & 1 ? s->flips[i] : 0;
    const int count = find_reps(s, pass, basis);
    for (int64_t i = 0; i < phase_count; i++) {
        const uint32_t z = phases[i].pauli.z;
        if (!local_parity(s, z) && align(outside_part(s, z), aligned, count, basis))
            aligned++;
    }
    for (int i = 0; i < count; i++)
        pass->delta[i] = sum ^= basis[i];
}

/* ---- steps ------------------------------------------------------------------------------------ */

static const uint64_t sign_bit = UINT64_C(1) << 63;

/* The turn as a step of its own. The l-th member of a pair: P|j> = i^y (-1)^|j & z| |j ^ x> (pauli.h). */
static qnni_step lone_step(const scheduler *s, const qnni_turn *turn)
{
    const uint32_t flip = local_part(s, turn->pauli.x), pivot = flip & (~flip + 1);
    const uint32_t parity = local_parity(s, turn->pauli.z);
    const bool minus = (turn->sign < 0) != !!(qnni_pauli_count_y(turn->pauli) & 2);
    qnni_step step = {
        .code = (int32_t)flip + (!flip               ? QNNI_ONE_Z
                                 : is_y(turn->pauli) ? QNNI_ONE_Y
                                                     : QNNI_ONE_X),
        .source = {turn->source},
        .slot = {turn->slot},
        .outside = outside_part(s, turn->pauli.z),
    };
    int pair = 0;
    for (uint32_t l = 0; l < 1U << s->flip_count; l++)
        if (!(l & pivot))
            step.sign[pair++] = minus != odd(parity & l) ? sign_bit : 0;
    return step;
}

/* Which member of ALL_X or ALL_Y (as `code`) the turn can be; -1: none. */
static int member_of(const scheduler *s, const qnni_turn *turn, int32_t *code)
{
    const uint32_t flip = local_part(s, turn->pauli.x), parity = local_parity(s, turn->pauli.z);
    if (!flip || (flip & (flip - 1)) || outside_part(s, turn->pauli.z))
        return -1;
    if (parity & ~flip)
        return -1;
    *code = parity ? QNNI_ALL_Y : QNNI_ALL_X;
    return __builtin_ctz(flip);
}

/* Takes from turns[0 ... *count - 1] one for each flip of the kind of turns[0], each commuting with what it
 * passes, into one step; false, and nothing taken, if there are not enough. */
static bool joint_step(const scheduler *s, qnni_turn *turns, int64_t *count, qnni_step *step)
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
        if (i < 0 || other != code || member[i] >= 0 || !commutes_with_all(turns[t].pauli, turns, t))
            continue;
        member[i] = t;
        found++;
        step->source[i] = turns[t].source;
        step->slot[i] = turns[t].slot;
        step->sign[i] = (turns[t].sign < 0) != !!(qnni_pauli_count_y(turns[t].pauli) & 2) ? sign_bit : 0;
    }
    if (found < s->flip_count)
        return false;
    int64_t kept = 0;
    for (int64_t t = 0; t < *count; t++)
        if (t != member[0] && t != member[1] && t != member[2])
            turns[kept++] = turns[t];
    *count = kept;
    return true;
}

/* steps <- the turns, in order; returns how many. The turns are used up. */
static int64_t make_steps(const scheduler *s, qnni_turn *turns, int64_t count, qnni_step *steps)
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

/* ---- passes ----------------------------------------------------------------------------------- */

/* Kinds of phases: in the order in which a pass has them. */
enum { SIMPLE, MIXED, FIXED, KINDS };

/* The bit of t that alone decides |outside & rep|, as fill_coordinates arranged it; -1: none. */
static int32_t carry_of(const qnni_pass *pass, int count, uint32_t outside)
{
    int32_t found = -1;
    for (int i = 0; i < count; i++)
        if (odd(outside & (pass->delta[i] ^ (i ? pass->delta[i - 1] : 0)))) {
            if (found >= 0)
                return -1;
            found = i;
        }
    return found;
}

static qnni_phase phase_of(const scheduler *s, const qnni_turn *turn, const qnni_pass *pass, int *kind)
{
    const uint32_t z = turn->pauli.z, outside = outside_part(s, z), local = local_parity(s, z);
    const int32_t carry = carry_of(pass, s->program->qubits - s->flip_count, outside);
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

/* The turns as the diagonal of `pass`; their gradients go to `last`, the pass before, of coordinates `s`. */
static void add_phases(const scheduler *s, const qnni_turn *turns, int64_t count, qnni_phase *phases,
                       qnni_pass *last, qnni_pass *pass)
{
    int64_t counts[KINDS] = {0}, filled = 0;
    fill_coordinates(s, turns, count, last);
    for (int wanted = 0; wanted < KINDS; wanted++)
        for (int64_t i = 0; i < count; i++) {
            int kind;
            const qnni_phase phase = phase_of(s, &turns[i], last, &kind);
            if (kind != wanted)
                continue;
            phases[filled++] = phase;
            counts[kind]++;
        }
    pass->phases = last->next = phases;
    pass->phase_count = count;
    last->simple_count = counts[SIMPLE];
    last->mixed_count = counts[MIXED];
    last->derives = last->derives || counts[SIMPLE] + counts[MIXED] > 0;
}

static bool by_theta(const qnni_turn *turns, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (turns[i].source == QNN_THETA)
            return true;
    return false;
}

/* Steps and gradients of the turns taken. */
static void add_steps(scheduler *s, qnni_pass *pass)
{
    qnni_program *program = s->program;
    qnni_turn *turns = s->taken, *stepped = program->stepped + s->stepped_count;
    const int64_t count = s->taken_count;
    int64_t derived = 0;
    memcpy(stepped, turns, (size_t)count * sizeof *turns);
    s->stepped_count += count;
    pass->steps = program->steps + s->step_count;
    pass->step_count = make_steps(s, turns, count, program->steps + s->step_count);
    s->step_count += pass->step_count;
    for (int64_t i = 0; i < count; i++)
        if (stepped[i].source == QNN_THETA)
            turns[derived++] = stepped[i];
    pass->gradients = program->gradients + s->gradient_count;
    pass->gradient_count = make_steps(s, turns, derived, program->gradients + s->gradient_count);
    s->gradient_count += pass->gradient_count;
}

/* The flips that the turns do not need are unit masks. */
static void complete_flips(scheduler *s)
{
    const int wanted = s->program->qubits < QNNI_LOCAL ? s->program->qubits : QNNI_LOCAL;
    for (int q = 0; s->flip_count < wanted; q++)
        reaches(s, UINT32_C(1) << q);
}

static void add_pass(scheduler *s)
{
    qnni_program *program = s->program;
    qnni_pass *pass = &program->passes[program->pass_count];
    const scheduler before = *s;
    int64_t phases = 0;
    pass->diagonal = -1;
    s->taken_count = 0;
    s->flip_count = 0;
    take(s, takes_step);
    if (!s->taken_count && program->pass_count > program->first_pass) {
        take(s, takes_phase);
        phases = s->taken_count;
        pass->diagonal = program->diagonal_count++;
        add_phases(&before, s->taken, phases, program->phases + s->phase_count, pass - 1, pass);
        s->phase_count += phases;
        s->taken_count = 0; /* phases come before the steps: they spoil no gradient */
        take(s, takes_step);
    }
    complete_flips(s);
    find_masks(s);
    fill_coordinates(s, NULL, 0, pass);
    pass->derives = by_theta(s->taken, s->taken_count);
    program->norms[program->pass_count] = s->stepped_count;
    add_steps(s, pass);
    program->norms[++program->pass_count] = s->stepped_count;
}

int32_t qnni_schedule(moei_core *core, qnni_program *program)
{
    const int64_t turns = program->turn_count;
    qnni_turn *left = MOEI_NEW(core, turns, qnni_turn), *taken = MOEI_NEW(core, turns, qnni_turn);
    program->passes = MOEI_NEW(core, turns + 1, qnni_pass);
    program->steps = MOEI_NEW(core, turns, qnni_step);
    program->gradients = MOEI_NEW(core, turns, qnni_step);
    program->phases = MOEI_NEW(core, turns, qnni_phase);
    program->stepped = MOEI_NEW(core, turns, qnni_turn);
    program->norms = MOEI_NEW(core, turns + 2, int64_t);
    const bool complete = left && taken && program->passes && program->steps && program->gradients &&
                          program->phases && program->stepped && program->norms;
    if (complete) {
        scheduler s = {.program = program, .left = left, .taken = taken};
        const int64_t ends[] = {program->first, turns};
        for (int64_t part = 0, begin = 0; part < 2; begin = ends[part++]) {
            s.diagonals = part > 0; /* tables belong to an expert */
            s.count = ends[part] - begin;
            if (s.count)
                memcpy(left, program->turns + begin, (size_t)s.count * sizeof *left);
            program->first_pass = part ? program->pass_count : 0;
            while (s.count > 0)
                add_pass(&s);
        }
    }
    moei_free(core, left);
    moei_free(core, taken);
    return complete ? MOE_OK : MOE_ERROR_MEMORY;
}
