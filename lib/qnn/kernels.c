/* kernels.c - states forward, observables, and the adjoint pass, on LANES points at once.
 *
 * Adjoint differentiation (Jones & Gacon, arXiv 2009.02823): with psi the final state and
 * lambda = sum_k r_k O_k psi, the gates are undone on both, last gate first. For a rotation exp(-i a P / 2),
 * after which the states are psi and lambda,
 *
 *   d/da sum_k r_k <psi| O_k |psi> = 2 Re <lambda| (-i/2) P |psi> = Im <lambda| P |psi>,
 *
 * and since P commutes with its rotation one pass over the pairs both takes this number and undoes the gate.
 * The pass ends at program->first, whose rotation need not be undone any more.
 *
 * This file is compiled once for each instruction set, named by QNNI_ISA, and is the only one with flags of
 * its own. `lanes` is the compilers' generic vector: the same source serves all. For M <= 4 each function is
 * instantiated with M a constant, which unrolls its loops; all of it is inlined into one switch.
 *
 * Every operation treats all lanes alike, so a point's numbers do not depend on its neighbours.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/kernels.h"

#ifndef QNNI_ISA
#define QNNI_ISA plain
#endif

/* The instruction set's own vector: WIDTH of a block's LANES at a time. (Vectors of all 8 lanes everywhere
 * would be simpler, but gcc 12 splits them badly: with AVX2 that cost a factor of 2 to 3.) */
#if defined(__AVX512F__)
enum { WIDTH = 8 };
#elif defined(__AVX2__)
enum { WIDTH = 4 };
#else
enum { WIDTH = 2 };
#endif
typedef double lanes __attribute__((vector_size(8 * WIDTH), may_alias));

#define INLINE static inline __attribute__((always_inline))

/* ---- pairs ------------------------------------------------------------------------------------ */

/* The t-th index that has `bit` clear. */
INLINE size_t spread(size_t t, size_t bit)
{
    return t + (t & ~(bit - 1));
}

/* The angle of a rotation, by the sign of v: cosine, and sine times v. */
typedef struct lane_turn {
    lanes c, s[2];
} lane_turn;

INLINE void load_turn(const qnni_op *op, const qnni_block *block, double sense, lane_turn *turn)
{
    const double *row = block->angles[op->source] + op->slot * 2 * QNNI_LANES;
    turn->c = *(const lanes *)row;
    turn->s[0] = *(const lanes *)(row + QNNI_LANES) * (sense * op->sign);
    turn->s[1] = -turn->s[0];
}

/* (a, b) <- the rotation of program.h, a = psi_j, b = psi_k. */
INLINE void rotate_pair(qnni_kind kind, const lanes *cosine, const lanes *sine, lanes *a, lanes *b)
{
    const lanes c = *cosine, s = *sine, ar = a[0], ai = a[1], br = b[0], bi = b[1];
    switch (kind) {
    case QNNI_X_PLAIN:
        a[0] = c * ar + s * bi;
        a[1] = c * ai - s * br;
        b[0] = c * br + s * ai;
        b[1] = c * bi - s * ar;
        break;
    case QNNI_Y_PLAIN:
        a[0] = c * ar - s * br;
        a[1] = c * ai - s * bi;
        b[0] = c * br + s * ar;
        b[1] = c * bi + s * ai;
        break;
    default:
        a[0] = c * ar + s * ai;
        a[1] = c * ai - s * ar;
        b[0] = c * br - s * bi;
        b[1] = c * bi + s * br;
    }
}

/* sum += v Im(lambda_pair^H P psi_pair), P without its v. */
INLINE void overlap_pair(qnni_kind kind, double v, const lanes *la, const lanes *lb, const lanes *a,
                         const lanes *b, lanes *sum)
{
    switch (kind) {
    case QNNI_X_PLAIN:
        *sum += v * ((lb[0] * a[1] - lb[1] * a[0]) + (la[0] * b[1] - la[1] * b[0]));
        break;
    case QNNI_Y_PLAIN:
        *sum += v * ((lb[0] * a[0] + lb[1] * a[1]) - (la[0] * b[0] + la[1] * b[1]));
        break;
    default:
        *sum += v * ((la[0] * a[1] - la[1] * a[0]) - (lb[0] * b[1] - lb[1] * b[0]));
    }
}

/* ---- rotations -------------------------------------------------------------------------------- */

/* psi <- exp(-i sense a P / 2) psi */
INLINE void rotate(int qubits, qnni_kind kind, bool string, const qnni_op *op, const qnni_block *block,
                   double sense, lanes *psi)
{
    const size_t half = ((size_t)1 << qubits) / 2, low = op->low, flip = op->flip;
    const unsigned parity = op->parity;
    lane_turn turn;
    load_turn(op, block, sense, &turn);
    for (size_t t = 0; t < half; t++) {
        const size_t j = spread(t, low), k = j ^ flip;
        const int minus = string ? __builtin_parity((unsigned)j & parity) : 0;
        rotate_pair(kind, &turn.c, &turn.s[minus], psi + 2 * j, psi + 2 * k);
    }
}

/* *g += Im <lambda| P |psi>, then both states turned back if `undo`. */
INLINE void differentiate(int qubits, qnni_kind kind, bool string, bool undo, const qnni_op *op,
                          const qnni_block *block, lanes *g)
{
    const size_t half = ((size_t)1 << qubits) / 2, low = op->low, flip = op->flip;
    const unsigned parity = op->parity;
    const double sign[] = {op->sign, -op->sign};
    lanes *psi = (lanes *)block->psi, *lambda = (lanes *)block->lambda;
    lane_turn turn;
    load_turn(op, block, -1, &turn);
    lanes sum = turn.c - turn.c;
    for (size_t t = 0; t < half; t++) {
        const size_t j = spread(t, low), k = j ^ flip;
        const int minus = string ? __builtin_parity((unsigned)j & parity) : 0;
        lanes *a = psi + 2 * j, *b = psi + 2 * k, *la = lambda + 2 * j, *lb = lambda + 2 * k;
        overlap_pair(kind, sign[minus], la, lb, a, b, &sum);
        if (undo) {
            rotate_pair(kind, &turn.c, &turn.s[minus], a, b);
            rotate_pair(kind, &turn.c, &turn.s[minus], la, lb);
        }
    }
    *g += sum;
}

/* ---- fixed gates ------------------------------------------------------------------------------ */

/* psi_{j+from} <-> psi_{j+to} */
INLINE void exchange(int qubits, const qnni_op *op, lanes *psi)
{
    const size_t low = op->low, high = op->high, from = op->from, to = op->to;
    const size_t count = ((size_t)1 << qubits) >> (high >> qubits ? 1 : 2);
    for (size_t t = 0; t < count; t++) {
        const size_t j = spread(spread(t, low), high);
        lanes *a = psi + 2 * (j + from), *b = psi + 2 * (j + to);
        const lanes re = a[0], im = a[1];
        a[0] = b[0];
        a[1] = b[1];
        b[0] = re;
        b[1] = im;
    }
}

/* psi_{j+to} <- u psi_{j+to} */
INLINE void phase(int qubits, const qnni_op *op, const double *u, lanes *psi)
{
    const size_t low = op->low, high = op->high, to = op->to;
    const size_t count = ((size_t)1 << qubits) >> (high >> qubits ? 1 : 2);
    const double ur = u[0], ui = u[1];
    for (size_t t = 0; t < count; t++) {
        lanes *a = psi + 2 * (spread(spread(t, low), high) + to);
        const lanes re = a[0], im = a[1];
        a[0] = ur * re - ui * im;
        a[1] = ur * im + ui * re;
    }
}

/* psi_{j+o_r} <- sum_s U_rs psi_{j+o_s} for U of `size` rows, U real if `real` */
INLINE void multiply(int qubits, int size, bool real, const qnni_op *op, const double *u, lanes *psi)
{
    const size_t low = op->low, high = op->high;
    const size_t offset[] = {0, op->to, op->from, op->from + op->to};
    const size_t count = ((size_t)1 << qubits) / (size_t)size;
    for (size_t t = 0; t < count; t++) {
        lanes *base = psi + 2 * spread(spread(t, low), high), old[8];
        for (int s = 0; s < size; s++) {
            old[2 * s] = base[2 * offset[s]];
            old[2 * s + 1] = base[2 * offset[s] + 1];
        }
        for (int r = 0; r < size; r++) {
            const double *row = u + 2 * r * size;
            lanes re = row[0] * old[0], im = row[0] * old[1];
            for (int s = 0; s < size; s++) {
                if (s) {
                    re += row[2 * s] * old[2 * s];
                    im += row[2 * s] * old[2 * s + 1];
                }
                if (!real) {
                    re -= row[2 * s + 1] * old[2 * s + 1];
                    im += row[2 * s + 1] * old[2 * s];
                }
            }
            base[2 * offset[r]] = re;
            base[2 * offset[r] + 1] = im;
        }
    }
}

/* ---- programs --------------------------------------------------------------------------------- */

/* psi <- the operation on psi, or its inverse */
INLINE void apply(int qubits, bool inverse, const qnni_program *program, const qnni_op *op,
                  const qnni_block *block, lanes *psi)
{
    const double sense = inverse ? -1 : 1;
    const double *u = program->matrices + op->slot;
    switch (op->kind) {
    case QNNI_X_PLAIN:
        rotate(qubits, QNNI_X_PLAIN, false, op, block, sense, psi);
        break;
    case QNNI_X_STRING:
        rotate(qubits, QNNI_X_PLAIN, true, op, block, sense, psi);
        break;
    case QNNI_Y_PLAIN:
        rotate(qubits, QNNI_Y_PLAIN, false, op, block, sense, psi);
        break;
    case QNNI_Y_STRING:
        rotate(qubits, QNNI_Y_PLAIN, true, op, block, sense, psi);
        break;
    case QNNI_Z_PLAIN:
        rotate(qubits, QNNI_Z_PLAIN, false, op, block, sense, psi);
        break;
    case QNNI_Z_STRING:
        rotate(qubits, QNNI_Z_PLAIN, true, op, block, sense, psi);
        break;
    case QNNI_EXCHANGE_OP:
        exchange(qubits, op, psi);
        break;
    case QNNI_PHASE_OP:
        phase(qubits, op, inverse ? u + 2 : u, psi);
        break;
    case QNNI_REAL1:
        multiply(qubits, 2, true, op, inverse ? u + 8 : u, psi);
        break;
    case QNNI_MATRIX1:
        multiply(qubits, 2, false, op, inverse ? u + 8 : u, psi);
        break;
    case QNNI_MATRIX2:
        multiply(qubits, 4, false, op, inverse ? u + 32 : u, psi);
        break;
    }
}

/* A rotation of the adjoint pass that depends on theta. */
INLINE void apply_adjoint(int qubits, bool undo, const qnni_op *op, const qnni_block *block, lanes *g)
{
    switch (op->kind) {
    case QNNI_X_PLAIN:
        differentiate(qubits, QNNI_X_PLAIN, false, undo, op, block, g);
        break;
    case QNNI_X_STRING:
        differentiate(qubits, QNNI_X_PLAIN, true, undo, op, block, g);
        break;
    case QNNI_Y_PLAIN:
        differentiate(qubits, QNNI_Y_PLAIN, false, undo, op, block, g);
        break;
    case QNNI_Y_STRING:
        differentiate(qubits, QNNI_Y_PLAIN, true, undo, op, block, g);
        break;
    case QNNI_Z_PLAIN:
        differentiate(qubits, QNNI_Z_PLAIN, false, undo, op, block, g);
        break;
    default:
        differentiate(qubits, QNNI_Z_PLAIN, true, undo, op, block, g);
    }
}

/* psi <- operations [0, first) on |0> */
INLINE void start_any(int qubits, const qnni_program *program, const qnni_block *block)
{
    lanes *psi = (lanes *)block->psi;
    const size_t size = (size_t)1 << qubits;
    for (size_t j = 0; j < 2 * size; j++)
        psi[j] = (lanes){0};
    psi[0] += 1.0;
    for (int64_t i = 0; i < program->first; i++)
        apply(qubits, false, program, &program->ops[i], block, psi);
}

/* psi <- all operations on |0> */
INLINE void forward(int qubits, const qnni_program *program, const qnni_block *block)
{
    lanes *psi = (lanes *)block->psi;
    const lanes *start = (const lanes *)block->start;
    if (start)
        for (size_t j = 0; j < (size_t)2 << qubits; j++)
            psi[j] = start[j];
    else
        start_any(qubits, program, block);
    for (int64_t i = program->first; i < program->op_count; i++)
        apply(qubits, false, program, &program->ops[i], block, psi);
}

/* *sum += <psi| O |psi> for the strings of one group */
INLINE void expect(int qubits, const qnni_group *group, const lanes *psi, lanes *sum)
{
    const size_t size = (size_t)1 << qubits, flip = group->flip;
    const double *d = group->d;
    lanes total = {0};
    for (size_t j = 0; j < size; j++) {
        const lanes *a = psi + 2 * j, *b = psi + 2 * (j ^ flip);
        total += d[j] * (group->odd ? a[1] * b[0] - a[0] * b[1] : a[0] * b[0] + a[1] * b[1]);
    }
    *sum += total;
}

/* lambda += r O psi for the strings of one group; lambda <- r O psi if `fresh` */
INLINE void observe(int qubits, bool fresh, const qnni_group *group, const lanes *r, const lanes *psi,
                    lanes *lambda)
{
    const size_t size = (size_t)1 << qubits, flip = group->flip;
    const double *d = group->d;
    const lanes weight = *r;
    for (size_t j = 0; j < size; j++) {
        const lanes *b = psi + 2 * (j ^ flip), w = d[j] * weight;
        lanes *l = lambda + 2 * j;
        const lanes re = group->odd ? -w * b[1] : w * b[0];
        const lanes im = group->odd ? w * b[0] : w * b[1];
        if (fresh) {
            l[0] = re;
            l[1] = im;
        } else {
            l[0] += re;
            l[1] += im;
        }
    }
}

/* f[k] = <psi| O_k |psi> */
INLINE void values_any(int qubits, const qnni_program *program, const qnni_block *block, double *f)
{
    forward(qubits, program, block);
    for (int64_t k = 0; k < program->outputs; k++)
        *(lanes *)(f + k * QNNI_LANES) = (lanes){0};
    for (int64_t i = 0; i < program->group_count; i++) {
        const qnni_group *group = &program->groups[i];
        expect(qubits, group, (const lanes *)block->psi, (lanes *)(f + group->output * QNNI_LANES));
    }
}

/* lambda <- sum_k r[k] O_k psi; there is at least one group */
INLINE void observe_all(int qubits, const qnni_program *program, const qnni_block *block, const double *r)
{
    for (int64_t i = 0; i < program->group_count; i++) {
        const qnni_group *group = &program->groups[i];
        const lanes *weight = (const lanes *)(r + group->output * QNNI_LANES);
        if (i == 0)
            observe(qubits, true, group, weight, (const lanes *)block->psi, (lanes *)block->lambda);
        else
            observe(qubits, false, group, weight, (const lanes *)block->psi, (lanes *)block->lambda);
    }
}

/* g[slot] += d/da_slot sum_k r[k] <psi| O_k |psi> */
INLINE void pullback_any(int qubits, const qnni_program *program, const qnni_block *block, const double *r,
                         double *g)
{
    const qnni_op *first = program->ops + program->first;
    if (program->first == program->op_count || !program->group_count)
        return;
    forward(qubits, program, block);
    observe_all(qubits, program, block, r);
    for (const qnni_op *op = program->ops + program->op_count - 1; op > first; op--)
        if (op->source == QNN_THETA) {
            apply_adjoint(qubits, true, op, block, (lanes *)(g + op->slot * QNNI_LANES));
        } else {
            apply(qubits, true, program, op, block, (lanes *)block->psi);
            apply(qubits, true, program, op, block, (lanes *)block->lambda);
        }
    apply_adjoint(qubits, false, first, block, (lanes *)(g + first->slot * QNNI_LANES));
}

/* ---- instances -------------------------------------------------------------------------------- */

/* The WIDTH lanes of the block from `lane` on: their angles and their part of the starting state. */
INLINE qnni_block part_of(const qnni_block *block, int qubits, int lane)
{
    qnni_block part = *block;
    for (int source = 0; source < 3; source++)
        part.angles[source] += lane;
    if (part.start)
        part.start += (size_t)lane << (qubits + 1);
    return part;
}

#define INSTANCE(suffix, qubits)                                                                             \
    static void start_##suffix(const qnni_program *program, const qnni_block *block)                         \
    {                                                                                                        \
        for (int lane = 0; lane < QNNI_LANES; lane += WIDTH) {                                               \
            qnni_block part = part_of(block, qubits, lane);                                                  \
            part.psi += (size_t)lane << (qubits + 1);                                                        \
            start_any(qubits, program, &part);                                                               \
        }                                                                                                    \
    }                                                                                                        \
    static void values_##suffix(const qnni_program *program, const qnni_block *block, double *f)             \
    {                                                                                                        \
        for (int lane = 0; lane < QNNI_LANES; lane += WIDTH) {                                               \
            const qnni_block part = part_of(block, qubits, lane);                                            \
            values_any(qubits, program, &part, f + lane);                                                    \
        }                                                                                                    \
    }                                                                                                        \
    static void pullback_##suffix(const qnni_program *program, const qnni_block *block, const double *r,     \
                                  double *g)                                                                 \
    {                                                                                                        \
        for (int lane = 0; lane < QNNI_LANES; lane += WIDTH) {                                               \
            const qnni_block part = part_of(block, qubits, lane);                                            \
            pullback_any(qubits, program, &part, r + lane, g + lane);                                        \
        }                                                                                                    \
    }

INSTANCE(any_size, program->qubits)
INSTANCE(1, 1)
INSTANCE(2, 2)
INSTANCE(3, 3)
INSTANCE(4, 4)

#define JOIN_EXPANDED(a, b) a##b
#define JOIN(a, b)          JOIN_EXPANDED(a, b)
#define TEXT_EXPANDED(a)    #a
#define TEXT(a)             TEXT_EXPANDED(a)

extern const qnni_kernels JOIN(qnni_kernels_, QNNI_ISA);

const qnni_kernels JOIN(qnni_kernels_, QNNI_ISA) = {
    .name = TEXT(QNNI_ISA),
    .start = {start_any_size, start_1, start_2, start_3, start_4},
    .values = {values_any_size, values_1, values_2, values_3, values_4},
    .pullback = {pullback_any_size, pullback_1, pullback_2, pullback_3, pullback_4},
};
