/* schedule.c - cuts a program's turns into passes.
 *
 * A turn may move before others that it commutes with. A pass takes, from the turns left and in their order,
 * each one that commutes with all those it leaves behind so far, whose flip is in the span of the pass's
 * (which grows to LOCAL flips), and that keeps the rule of program.h on theta. Where nothing is to be had so,
 * the next pass begins with a diagonal: all turns by theta or constants without a flip that can come first.
 * The first pass of those that depend on theta has none, and is empty where it would need one.
 *
 * When all turns have their place, each pass gets its coordinates.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/steps.h"

#include <string.h>

/* How many turns a pass may leave behind: keeps the search linear in the circuit's length. */
enum { LONGEST_WAIT = 96 };

/* How many passes away the flips may be that a pass borrows. */
enum { LONGEST_LOAN = 8 };

/* A pass's turns: steps are program->stepped from norms[pass] on, phases `phased` from first_phase on. */
typedef struct draft {
    uint32_t flips[QNNI_LOCAL];
    int flip_count;
    int64_t first_phase, phase_count;
} draft;

typedef struct scheduler {
    qnni_program *program;
    qnni_turn *left; /* the turns not yet in a pass, up to `count` */
    int64_t count;
    qnni_turn *taken; /* those of the pass at hand */
    int64_t taken_count;
    draft *drafts, *draft; /* of all passes; the one at hand */
    qnni_turn *phased;     /* the turns of all diagonals     */
    bool diagonals;        /* whether passes may have them   */
    bool even;             /* whether passes share flips     */
    int most_flips;        /* that the pass at hand may have */
    int64_t step_count, gradient_count, phase_count, stepped_count;
} scheduler;

/* ---- which turns ------------------------------------------------------------------------------ */

/* Whether x is in the span of the pass's flips, or can be made to be. */
static bool reaches(scheduler *s, uint32_t x)
{
    draft *pass = s->draft;
    qnni_span span = {.count = 0};
    for (int i = 0; i < pass->flip_count; i++)
        qnni_span_add(&span, pass->flips[i]);
    if (!qnni_span_rest(&span, x))
        return true;
    if (pass->flip_count == s->most_flips)
        return false;
    pass->flips[pass->flip_count++] = x;
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
    return s->taken_count < QNNI_MOST_STEPS && !is_phase(s, turn) && keeps_gradients(s, turn->pauli) &&
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
        if (qnni_commutes_with_all(s->left[i].pauli, s->left, behind) && takes(s, &s->left[i]))
            s->taken[s->taken_count++] = s->left[i];
        else
            s->left[behind++] = s->left[i];
    memmove(s->left + behind, s->left + i, (size_t)(s->count - i) * sizeof *s->left);
    s->count -= i - behind;
}

/* How many independent flips the steps have that could come next. */
static int flips_ahead(const scheduler *s)
{
    const qnni_turn *behind[LONGEST_WAIT], *taken[LONGEST_WAIT];
    int64_t left = 0, count = 0;
    qnni_span flips = {.count = 0};
    for (int64_t i = 0; i < s->count && left < LONGEST_WAIT && count < LONGEST_WAIT; i++) {
        const qnni_turn *turn = &s->left[i];
        bool takes = !is_phase(s, turn);
        for (int64_t b = 0; b < left && takes; b++)
            takes = qnni_commute(turn->pauli, behind[b]->pauli);
        for (int64_t b = 0; b < count && takes; b++)
            takes = taken[b]->source != QNN_THETA || qnni_commute(turn->pauli, taken[b]->pauli);
        if (takes)
            qnni_span_add(&flips, turn->pauli.x);
        if (takes)
            taken[count++] = turn;
        else
            behind[left++] = turn;
    }
    return flips.count;
}

/* An even share of the flips ahead, or all that a pass can have. */
static void share_flips(scheduler *s)
{
    const int ahead = s->even ? flips_ahead(s) : 0, passes = (ahead + QNNI_LOCAL - 1) / QNNI_LOCAL;
    s->most_flips = passes ? (ahead + passes - 1) / passes : QNNI_LOCAL;
}

static void add_pass(scheduler *s)
{
    qnni_program *program = s->program;
    const int64_t pass = program->pass_count++;
    s->draft = &s->drafts[pass];
    s->draft->first_phase = s->phase_count;
    s->taken_count = 0;
    share_flips(s);
    take(s, takes_step);
    if (!s->taken_count && pass > program->first_pass) {
        take(s, takes_phase);
        s->draft->phase_count = s->taken_count;
        memcpy(s->phased + s->phase_count, s->taken, (size_t)s->taken_count * sizeof *s->taken);
        s->phase_count += s->taken_count;
        s->taken_count = 0; /* phases come before the steps: they spoil no gradient */
        share_flips(s);
        take(s, takes_step);
    }
    memcpy(program->stepped + s->stepped_count, s->taken, (size_t)s->taken_count * sizeof *s->taken);
    s->stepped_count += s->taken_count;
    program->norms[pass + 1] = s->stepped_count;
}

/* ---- passes ----------------------------------------------------------------------------------- */

/* flips <- with those of the passes around pass p, no diagonal between, up to `wanted`: strings of the
 * diagonals there then see one of the flips each, more often than not. */
static void borrow_flips(const scheduler *s, int64_t p, int wanted, qnni_span *flips)
{
    const qnni_program *program = s->program;
    int64_t first = p, end = p + 1;
    while (first > 0 && first != program->first_pass && !s->drafts[first].phase_count &&
           p - first < LONGEST_LOAN)
        first--;
    while (end < program->pass_count && end != program->first_pass && !s->drafts[end].phase_count &&
           end - p < LONGEST_LOAN)
        end++;
    for (int64_t other = end - 1; other >= first; other--)
        for (int i = 0; i < s->drafts[other].flip_count && flips->count < wanted; i++)
            qnni_span_add(flips, s->drafts[other].flips[i]);
}

/* Flips that the turns do not need are borrowed, or else unit masks. */
static qnni_coordinates coordinates_of(const scheduler *s, int64_t p)
{
    const qnni_program *program = s->program;
    const draft *pass = &s->drafts[p];
    qnni_span flips = {.count = 0};
    qnni_coordinates fresh = {.qubits = program->qubits};
    fresh.flip_count = program->qubits < QNNI_LOCAL ? program->qubits : QNNI_LOCAL;
    for (int i = 0; i < pass->flip_count; i++)
        qnni_span_add(&flips, pass->flips[i]);
    borrow_flips(s, p, fresh.flip_count, &flips);
    for (int q = 0; flips.count < fresh.flip_count; q++)
        qnni_span_add(&flips, UINT32_C(1) << q);
    memcpy(fresh.flips, flips.vectors, sizeof fresh.flips);
    qnni_find_masks(&fresh);
    if (p + 1 < program->pass_count)
        qnni_prefer_masks(s->phased + s->drafts[p + 1].first_phase, s->drafts[p + 1].phase_count, &fresh);
    for (int64_t i = program->norms[p]; i < program->norms[p + 1]; i++)
        if (qnni_odd(program->stepped[i].pauli.x & program->stepped[i].pauli.z))
            qnni_prefer_masks(program->stepped + i, 1, &fresh);
    qnni_find_reps(&fresh);
    return fresh;
}

/* Where visits are, as the kernels read it. */
static void fill_coordinates(const qnni_coordinates *coordinates, qnni_pass *pass)
{
    uint32_t sum = 0;
    for (uint32_t l = 0; l < 1U << coordinates->flip_count; l++)
        pass->comb[l] = qnni_comb(coordinates, l);
    for (int i = 0; i < coordinates->qubits - coordinates->flip_count; i++)
        pass->delta[i] = sum ^= coordinates->basis[i];
}

static void fill_steps(scheduler *s, const qnni_coordinates *coordinates, int64_t p)
{
    qnni_program *program = s->program;
    qnni_pass *pass = &program->passes[p];
    const qnni_turn *stepped = program->stepped + program->norms[p];
    const int64_t count = program->norms[p + 1] - program->norms[p];
    int64_t derived = 0;
    memcpy(s->taken, stepped, (size_t)count * sizeof *stepped);
    pass->steps = program->steps + s->step_count;
    pass->step_count = qnni_make_steps(coordinates, s->taken, count, program->steps + s->step_count);
    s->step_count += pass->step_count;
    for (int64_t i = 0; i < count; i++)
        if (stepped[i].source == QNN_THETA)
            s->taken[derived++] = stepped[i];
    pass->gradients = program->gradients + s->gradient_count;
    pass->gradient_count =
        qnni_make_steps(coordinates, s->taken, derived, program->gradients + s->gradient_count);
    s->gradient_count += pass->gradient_count;
    pass->shape = qnni_shape_of(pass);
    pass->derives = pass->gradient_count > 0;
}

/* The diagonal behind pass `last`, of the given coordinates, if there is one. */
static void fill_phases(scheduler *s, const qnni_coordinates *coordinates, int64_t last)
{
    qnni_program *program = s->program;
    qnni_pass *pass = &program->passes[last], *next = pass + 1;
    const draft *after = &s->drafts[last + 1];
    if (last + 1 == program->pass_count || !after->phase_count)
        return;
    next->phases = program->phases + after->first_phase;
    next->phase_count = after->phase_count;
    next->diagonal = program->diagonal_count++;
    qnni_make_phases(coordinates, s->phased + after->first_phase, after->phase_count,
                     program->phases + after->first_phase, pass);
    pass->derives = pass->derives || pass->simple_count + pass->mixed_count > 0;
}

/* The reps go with the diagonal behind the pass. */
static void fill_pass(scheduler *s, int64_t p)
{
    qnni_coordinates coordinates = coordinates_of(s, p);
    if (p + 1 < s->program->pass_count)
        qnni_align_reps(s->phased + s->drafts[p + 1].first_phase, s->drafts[p + 1].phase_count, &coordinates);
    fill_coordinates(&coordinates, &s->program->passes[p]);
    fill_steps(s, &coordinates, p);
    fill_phases(s, &coordinates, p);
}

/* ---- the whole -------------------------------------------------------------------------------- */

/* Drafts of all passes; returns how many. */
static int64_t draft_passes(scheduler *s, bool even)
{
    qnni_program *program = s->program;
    const int64_t ends[] = {program->first, program->turn_count};
    s->even = even;
    s->phase_count = s->stepped_count = program->pass_count = 0;
    memset(s->drafts, 0, (size_t)(program->turn_count + 1) * sizeof *s->drafts);
    for (int64_t part = 0, begin = 0; part < 2; begin = ends[part++]) {
        s->diagonals = part > 0; /* tables belong to an expert */
        s->count = ends[part] - begin;
        if (s->count)
            memcpy(s->left, program->turns + begin, (size_t)s->count * sizeof *s->left);
        program->first_pass = program->pass_count;
        while (s->count > 0)
            add_pass(s);
    }
    return program->pass_count;
}

/* Whether the turns by theta of passes begin ... p - 1 commute with all that pass p does. */
static bool goes_along(const scheduler *s, int64_t begin, int64_t p)
{
    const qnni_program *program = s->program;
    const int64_t own = program->norms[p], count = program->norms[p + 1] - own;
    bool commutes = !s->drafts[p].phase_count;
    for (int64_t i = program->norms[begin]; i < own && commutes; i++)
        commutes = program->stepped[i].source != QNN_THETA ||
                   qnni_commutes_with_all(program->stepped[i].pauli, program->stepped + own, count);
    return commutes;
}

static void find_lead(scheduler *s)
{
    qnni_program *program = s->program;
    int64_t p = program->first_pass;
    while (p < program->pass_count && !program->passes[p].derives)
        p++;
    program->first_derived = p;
    while (p + 1 < program->pass_count && goes_along(s, program->first_derived, p + 1))
        p++;
    program->lead = p;
}

/* With even shares of flips, a pass of few of them, which would wait for memory, is less likely; but it must
 * not take more passes. */
static void schedule(scheduler *s)
{
    qnni_program *program = s->program;
    const int64_t fewest = draft_passes(s, false);
    if (draft_passes(s, true) > fewest)
        draft_passes(s, false);
    for (int64_t p = 0; p < program->pass_count; p++)
        program->passes[p].diagonal = -1;
    for (int64_t p = 0; p < program->pass_count; p++)
        fill_pass(s, p);
    find_lead(s);
}

int32_t qnni_schedule(moei_core *core, qnni_program *program)
{
    const int64_t turns = program->turn_count;
    scheduler s = {.program = program};
    s.left = MOEI_NEW(core, turns, qnni_turn);
    s.taken = MOEI_NEW(core, turns, qnni_turn);
    s.phased = MOEI_NEW(core, turns, qnni_turn);
    s.drafts = MOEI_NEW(core, turns + 1, draft);
    program->passes = MOEI_NEW(core, turns + 1, qnni_pass);
    program->steps = MOEI_NEW(core, turns, qnni_step);
    program->gradients = MOEI_NEW(core, turns, qnni_step);
    program->phases = MOEI_NEW(core, turns, qnni_phase);
    program->stepped = MOEI_NEW(core, turns, qnni_turn);
    program->norms = MOEI_NEW(core, turns + 2, int64_t);
    const bool complete = s.left && s.taken && s.phased && s.drafts && program->passes && program->steps &&
                          program->gradients && program->phases && program->stepped && program->norms;
    if (complete)
        schedule(&s);
    moei_free(core, s.left);
    moei_free(core, s.taken);
    moei_free(core, s.phased);
    moei_free(core, s.drafts);
    return complete ? MOE_OK : MOE_ERROR_MEMORY;
}
