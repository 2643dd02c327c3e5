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
        const real *entry = table + place->at[l] / 2;
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
        const vector *amplitude = in + place->at[l];
        a[2 * l] = amplitude[0];
        a[2 * l + 1] = amplitude[1];
    }
}

INLINE void store(int n, const visited *place, const vector *a, vector *out)
{
    UNROLL for (int l = 0; l < n; l++)
    {
        vector *amplitude = out + place->at[l];
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

INLINE visitor visitor_of(const qnni_program *program, int64_t p, const qnni_rounds *rounds, const void *from,
                          void *to)
{
    const qnni_pass *pass = &program->passes[p];
    const int64_t size = qnni_diagonal_size(program);
    const real *tables = rounds->lanes[0].diagonals;
    return (visitor){
        .pass = pass,
        .table = pass->diagonal < 0 ? NULL : tables + pass->diagonal * size,
        .size = (size_t)size / 2,
        .from = from,
        .to = to,
        .slots = program->angle_count[QNN_THETA],
    };
}

INLINE void visit_forward(int k, const visitor *v, size_t rep)
{
    vector a[2 * QNNI_AMPLITUDES];
    visited place;
    locate(1 << k, v->pass, rep, &place);
    load(1 << k, &place, v->from, a);
    if (v->scale)
        rescale(1 << k, *v->scale, a);
    if (v->table)
        multiply_diagonal(1 << k, false, v->table, v->size, &place, a);
    run_steps(k, false, v->pass, v->lanes, rep, a);
    store(1 << k, &place, a, v->to);
}

/* derives: the gradients too, from psi and lambda after the pass; sums: NULL if none of a diagonal */
INLINE void visit_back(int k, bool derives, const visitor *v, size_t t, size_t rep)
{
    vector a[2 * QNNI_AMPLITUDES];
    visited place;
    locate(1 << k, v->pass, rep, &place);
    load(1 << k, &place, v->from, a);
    if (derives && v->sums)
        derive_phases(k, v->pass, t, rep, &place, v->psi, a, v->sums, v->gradients.g);
    if (derives)
        derive(k, v->pass, rep, &place, v->psi, a, &v->gradients);
    if (!v->to)
        return;
    run_steps(k, true, v->pass, v->lanes, rep, a);
    if (v->scale)
        rescale(1 << k, *v->scale, a);
    if (v->table)
        multiply_diagonal(1 << k, true, v->table, v->size, &place, a);
    store(1 << k, &place, a, v->to);
}

/* ---- passes: the number of local flips a constant --------------------------------------------- */

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
INLINE size_t visit_run(int k, int mode, size_t begin, size_t end, size_t rep, const visitor *v)
{
    for (size_t t = begin;;) {
        if (mode == FORWARD)
            visit_forward(k, v, rep);
        else
            visit_back(k, mode == DERIVE, v, t, rep);
        if (++t == end)
            return rep;
        rep ^= v->pass->delta[__builtin_ctzll(t)];
    }
}

/* Passes of fewer flips have one visit. (The first run apart: one loop for all took 2 to 6 % longer.) */
INLINE void visit_all(int k, int mode, int qubits, const visitor *v)
{
    const bool runs = mode == DERIVE && k == QNNI_LOCAL;
    const size_t visits = (size_t)1 << (qubits - k), run = runs && visits > RUN_VISITS ? RUN_VISITS : visits;
    size_t rep = visit_run(k, mode, 0, run, 0, v);
    for (size_t t = run; runs && t < visits; t += run) {
        end_run(k, v->pass, v->slots, v->sums, v->gradients.partial, v->gradients.g);
        rep = visit_run(k, mode, t, t + run, rep ^ v->pass->delta[__builtin_ctzll(t)], v);
    }
}

/* The pass in all rounds. `first` is of the first. */
INLINE void visit_rounds(int k, int mode, const qnni_program *program, int64_t p, const qnni_rounds *rounds,
                         visitor first)
{
    const int64_t vectors = rounds->stride / WIDTH;
    for (int32_t r = 0; r < rounds->count; r++) {
        const qnni_lanes *lanes = &rounds->lanes[r];
        const real *scales = lanes->scales;
        const bool scaled = scales && (lanes->uses[0][p] || lanes->uses[1][p]);
        visitor v = first;
        v.lanes = lanes;
        v.scale = scaled ? (const vector *)(scales + p * QNNI_LANES) : NULL;
        v.from += r * vectors;
        v.to = v.to ? v.to + r * vectors : NULL;
        v.psi = v.psi ? v.psi + r * vectors : NULL;
        visit_all(k, mode, program->qubits, &v);
    }
}

INLINE void run_any(int k, const qnni_program *program, const qnni_rounds *rounds, const qnni_range *range,
                    const void *in, void *out)
{
    for (int64_t p = range->begin; p < range->end; p++) {
        visit_rounds(k, FORWARD, program, p, rounds, visitor_of(program, p, rounds, in, out));
        in = out;
        out = (real *)out + range->stride;
    }
}

INLINE void undo_any(int k, const qnni_program *program, const qnni_rounds *rounds, int64_t p, const void *in,
                     void *out)
{
    visit_rounds(k, BACK, program, p, rounds, visitor_of(program, p, rounds, in, out));
}

INLINE void back_any(int k, const qnni_program *program, const qnni_rounds *rounds, const qnni_range *range,
                     const void *psi, void *lambda, bool leave, double *g)
{
    phase_sums sums;
    vector partial[PARTIAL_SUMS] = {{0}};
    for (int64_t p = range->end - 1; p >= range->begin; p--) {
        visitor v = visitor_of(program, p, rounds, lambda, p > range->begin || !leave ? lambda : NULL);
        v.psi = (const vector *)((const real *)psi + (p - range->begin) * range->stride);
        v.sums = v.pass->simple_count + v.pass->mixed_count ? &sums : NULL;
        v.gradients = (gradients){g, sizeof(real) == sizeof(double) ? NULL : partial, v.pass->gradients};
        if (v.sums)
            clear_sums(program->qubits, &sums);
        visit_rounds(k, DERIVE, program, p, rounds, v);
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
