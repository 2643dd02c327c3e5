/* kernel_passes.h - passes on states, forward and back, visit after visit.
 *
 * On the way back a visit first takes the gradients, from psi and lambda after the pass, and then undoes the
 * pass on lambda. The innermost loop but that over visits is over rounds: where a pass has few visits, those
 * of another round fill the time in which they wait for each other.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_KERNEL_PASSES_H
#define QNNI_KERNEL_PASSES_H

#include "qnn/kernel_phases.h"

/* a <- D a or conj(D) a on a visit's amplitudes */
INLINE void multiply_diagonal(int n, bool conjugate, const real *table, size_t size, const visited *place,
                              vector *a)
{
    UNROLL for (int l = 0; l < n; l++)
    {
        const real *entry = table + place->at[l] / AMPLITUDE_BYTES;
        const real re = entry[0], im = conjugate ? -entry[size] : entry[size];
        const vector ar = a[2 * l], ai = a[2 * l + 1];
        a[2 * l] = re * ar - im * ai;
        a[2 * l + 1] = re * ai + im * ar;
    }
}

INLINE void load(int n, const visited *place, const vector *in, vector *a)
{
    UNROLL for (int l = 0; l < n; l++)
    {
        const vector *amplitude = amplitude_of(in, place, l);
        a[2 * l] = amplitude[0];
        a[2 * l + 1] = amplitude[1];
    }
}

INLINE void store(int n, const visited *place, const vector *a, vector *out)
{
    UNROLL for (int l = 0; l < n; l++)
    {
        vector *amplitude = (vector *)((char *)out + place->at[l]);
        amplitude[0] = a[2 * l];
        amplitude[1] = a[2 * l + 1];
    }
}

INLINE void rescale(int n, vector scale, vector *a)
{
    UNROLL for (int l = 0; l < n; l++)
    {
        a[2 * l] *= scale;
        a[2 * l + 1] *= scale;
    }
}

/* ---- visits ----------------------------------------------------------------------------------- */

/* One round of a pass: where its visits read and write. */
typedef struct visitor {
    const qnni_pass *pass;
    const qnni_lanes *lanes;
    const real *table; /* the pass's diagonal, `size` entries; NULL if it has none */
    size_t size;
    const vector *scale; /* NULL: 1 */
    const vector *from;
    vector *to;        /* NULL: nothing but the gradients matters          */
    const vector *psi; /* after the pass, for gradients                    */
    phase_sums *sums;  /* NULL: no gradients of a diagonal behind the pass */
    gradients gradients;
    int64_t slots; /* of theta */
} visitor;

/* Gradients are summed over a run of so many visits, then over runs: a sum over 2^M amplitudes one after the
 * other would have the rounding of as many terms. */
enum { RUN_VISITS = 512 };

/* For pass p, from and to the states of the first round. Field by field, and never copied: a copy of what was
 * just written in parts waits until all of it has reached the cache. */
INLINE void set_pass(const qnni_program *program, int64_t p, const qnni_rounds *rounds, const void *from,
                     void *to, visitor *v)
{
    const qnni_pass *pass = &program->passes[p];
    const int64_t size = qnni_diagonal_size(program);
    v->pass = pass;
    v->table = pass->diagonal < 0 ? NULL : (const real *)rounds->lanes[0].diagonals + pass->diagonal * size;
    v->size = (size_t)size / 2;
    v->from = from;
    v->to = to;
    v->slots = program->angle_count[QNN_THETA];
}

/* What all visits of a pass of some shape share. */
typedef struct known {
    known_tangents tangents;
    flip_sums sums;
} known;

INLINE void visit_forward(int k, int shape, const visitor *v, const known *shared, size_t rep)
{
    vector a[2 * QNNI_AMPLITUDES];
    visited place;
    locate(1 << k, v->pass, rep, &place);
    load(1 << k, &place, v->from, a);
    if (v->scale)
        rescale(1 << k, *v->scale, a);
    if (v->table)
        multiply_diagonal(1 << k, false, v->table, v->size, &place, a);
    if (shape)
        run_known(k, shape, false, &shared->tangents, a);
    else
        run_steps(k, false, v->pass, v->lanes, rep, a);
    store(1 << k, &place, a, v->to);
}

/* The gradients of visit t, a: lambda. */
INLINE void visit_gradients(int k, int shape, const visitor *v, known *shared, size_t t, size_t rep,
                            const visited *place, const vector *a)
{
    if (v->sums)
        derive_phases(k, v->pass, t, rep, place, v->psi, a, v->sums, v->gradients.g);
    if (shape)
        derive_flips(k, flip_count_of(k, shape), letter_of(shape, step_count_of(shape) - 1), place, v->psi, a,
                     &shared->sums);
    else
        derive(k, v->pass, rep, place, v->psi, a, &v->gradients);
}

INLINE void visit_back(int k, int shape, bool derives, const visitor *v, known *shared, size_t t, size_t rep)
{
    vector a[2 * QNNI_AMPLITUDES];
    visited place;
    locate(1 << k, v->pass, rep, &place);
    load(1 << k, &place, v->from, a);
    if (derives)
        visit_gradients(k, shape, v, shared, t, rep, &place, a);
    if (!v->to)
        return;
    if (shape)
        run_known(k, shape, true, &shared->tangents, a);
    else
        run_steps(k, true, v->pass, v->lanes, rep, a);
    if (v->scale)
        rescale(1 << k, *v->scale, a);
    if (v->table)
        multiply_diagonal(1 << k, true, v->table, v->size, &place, a);
    store(1 << k, &place, a, v->to);
}

/* ---- passes: the number of local flips and the shape constants -------------------------------- */

enum { FORWARD, BACK, DERIVE };

/* The sums begin again at 0. Doubles go into lanes that a vector of them does not reach. */
static __attribute__((noinline)) void end_run(int k, const qnni_pass *pass, int64_t slots, phase_sums *sums,
                                              vector *partial, double *g)
{
    if (sums)
        finish_phases(k, pass, false, sums, g);
    finish_gradients(k, pass, &(gradients){g, partial, pass->gradients});
    for (int64_t slot = 0; slot < slots && !partial; slot++) {
        vector *sum = (vector *)(g + slot * QNNI_LANES);
        const vector zero = {0};
        sum[1] += sum[0];
        sum[0] = zero;
    }
}

/* Visits [begin, end), the first of them at rep; returns where the last one was. */
INLINE size_t visit_run(int k, int shape, int mode, size_t begin, size_t end, size_t rep, const visitor *v,
                        known *shared)
{
    for (size_t t = begin;;) {
        if (mode == FORWARD)
            visit_forward(k, shape, v, shared, rep);
        else
            visit_back(k, shape, mode == DERIVE, v, shared, t, rep);
        if (++t == end)
            return rep;
        rep ^= v->pass->delta[__builtin_ctzll(t)];
    }
}

/* Passes of fewer flips have one visit. (The first run apart: one loop for all took 2 to 6 % longer.) */
INLINE void visit_all(int k, int shape, int mode, int qubits, const visitor *v)
{
    const bool runs = mode == DERIVE && k == QNNI_LOCAL;
    const size_t visits = (size_t)1 << (qubits - k), run = runs && visits > RUN_VISITS ? RUN_VISITS : visits;
    known shared;
    if (shape)
        know_tangents(k, shape, mode != FORWARD, v->pass, v->lanes, &shared.tangents);
    if (shape && mode == DERIVE)
        clear_flips(flip_count_of(k, shape), &shared.sums);
    size_t rep = visit_run(k, shape, mode, 0, run, 0, v, &shared);
    for (size_t t = run; runs && t < visits; t += run) {
        if (shape) {
            add_flips(flip_count_of(k, shape), v->pass->gradients, &shared.sums, &v->gradients);
            clear_flips(flip_count_of(k, shape), &shared.sums);
        }
        end_run(k, v->pass, v->slots, v->sums, v->gradients.partial, v->gradients.g);
        rep = visit_run(k, shape, mode, t, t + run, rep ^ v->pass->delta[__builtin_ctzll(t)], v, &shared);
    }
    if (shape && mode == DERIVE)
        add_flips(flip_count_of(k, shape), v->pass->gradients, &shared.sums, &v->gradients);
}

/* One constant call for each shape of LOCAL flips. */
INLINE void visit_any(int k, int mode, int qubits, const visitor *v)
{
    switch (k == QNNI_LOCAL ? v->pass->shape : QNNI_SHAPELESS) {
#define SHAPE(shape)                                                                                         \
    case shape:                                                                                              \
        visit_all(k, shape, mode, qubits, v);                                                                \
        return;                                                                                              \
    case shape + QNNI_MOST:                                                                                  \
        visit_all(k, shape + QNNI_MOST, mode, qubits, v);                                                    \
        return;
        SHAPE(QNNI_SHAPE_X)
        SHAPE(QNNI_SHAPE_Y)
        SHAPE(QNNI_SHAPE_XY)
        SHAPE(QNNI_SHAPE_YX)
#undef SHAPE
    }
    visit_all(k, QNNI_SHAPELESS, mode, qubits, v);
}

#define VISITS(k)                                                                                            \
    static void visit_forward_##k(int qubits, const visitor *v)                                              \
    {                                                                                                        \
        visit_any(k, FORWARD, qubits, v);                                                                    \
    }                                                                                                        \
    static void visit_back_##k(int qubits, const visitor *v)                                                 \
    {                                                                                                        \
        visit_any(k, BACK, qubits, v);                                                                       \
    }                                                                                                        \
    static void visit_derive_##k(int qubits, const visitor *v)                                               \
    {                                                                                                        \
        visit_any(k, DERIVE, qubits, v);                                                                     \
    }

VISITS(1)
VISITS(2)
VISITS(3)

/* By k and mode. Not inlined: gcc 12 keeps fewer vectors in registers in larger functions. */
static void (*const visit_by[QNNI_LOCAL + 1][3])(int qubits, const visitor *v) = {
    {NULL, NULL, NULL},
    {visit_forward_1, visit_back_1, visit_derive_1},
    {visit_forward_2, visit_back_2, visit_derive_2},
    {visit_forward_3, visit_back_3, visit_derive_3},
};

/* The pass in all rounds. `v` is of the first, and moves on. */
INLINE void visit_rounds(int k, int mode, const qnni_program *program, int64_t p, const qnni_rounds *rounds,
                         visitor *v)
{
    const int64_t vectors = rounds->stride / WIDTH;
    for (int32_t r = 0; r < rounds->count; r++) {
        const qnni_lanes *lanes = &rounds->lanes[r];
        const real *scales = lanes->scales;
        const bool scaled = scales && (lanes->uses[0][p] || lanes->uses[1][p]);
        v->lanes = lanes;
        v->scale = scaled ? (const vector *)(scales + p * QNNI_LANES) : NULL;
        visit_by[k][mode](program->qubits, v);
        v->from += vectors;
        v->to = v->to ? v->to + vectors : NULL;
        if (mode == DERIVE)
            v->psi += vectors;
    }
}

INLINE void run_any(int k, const qnni_program *program, const qnni_rounds *rounds, const qnni_range *range,
                    const void *in, void *out)
{
    visitor v;
    for (int64_t p = range->begin; p < range->end; p++) {
        set_pass(program, p, rounds, in, out, &v);
        visit_rounds(k, FORWARD, program, p, rounds, &v);
        in = out;
        out = (real *)out + range->stride;
    }
}

INLINE void undo_any(int k, const qnni_program *program, const qnni_rounds *rounds, int64_t p, const void *in,
                     void *out)
{
    visitor v;
    set_pass(program, p, rounds, in, out, &v);
    visit_rounds(k, BACK, program, p, rounds, &v);
}

INLINE void back_any(int k, const qnni_program *program, const qnni_rounds *rounds, const qnni_range *range,
                     const void *psi, void *lambda, bool leave, double *g)
{
    phase_sums sums;
    visitor v;
    v.gradients.g = g;
#ifdef QNNI_SINGLE
    vector partial[PARTIAL_SUMS] = {{0}};
    v.gradients.partial = partial;
#else
    v.gradients.partial = NULL;
#endif
    for (int64_t p = range->end - 1; p >= range->begin; p--) {
        set_pass(program, p, rounds, lambda, p > range->begin || !leave ? lambda : NULL, &v);
        v.psi = (const vector *)((const real *)psi + (p - range->begin) * range->stride);
        v.sums = v.pass->simple_count + v.pass->mixed_count ? &sums : NULL;
        v.gradients.first = v.pass->gradients;
        if (v.sums)
            clear_sums(program->qubits, &sums);
        visit_rounds(k, DERIVE, program, p, rounds, &v);
        finish_gradients(k, v.pass, &v.gradients);
        if (v.sums)
            finish_phases(k, v.pass, true, &sums, g);
    }
}

#define INSTANCES(k)                                                                                         \
    static void run_##k(const qnni_program *program, const qnni_rounds *rounds, const qnni_range *range,     \
                        const void *in, void *out)                                                           \
    {                                                                                                        \
        run_any(k, program, rounds, range, in, out);                                                         \
    }                                                                                                        \
    static void undo_##k(const qnni_program *program, const qnni_rounds *rounds, int64_t p, const void *in,  \
                         void *out)                                                                          \
    {                                                                                                        \
        undo_any(k, program, rounds, p, in, out);                                                            \
    }                                                                                                        \
    static void back_##k(const qnni_program *program, const qnni_rounds *rounds, const qnni_range *range,    \
                         const void *psi, void *lambda, bool leave, double *g)                               \
    {                                                                                                        \
        back_any(k, program, rounds, range, psi, lambda, leave, g);                                          \
    }

INSTANCES(1)
INSTANCES(2)
INSTANCES(3)

#endif
