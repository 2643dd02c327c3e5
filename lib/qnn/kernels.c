/* kernels.c - the operations of a program on states, forward and back, and its observables.
 *
 * In the adjoint pass (sweep.c) a rotation exp(-i a P / 2) contributes Im <lambda| P |psi>. P commutes with
 * its rotation, so one pass over the pairs both takes this number and turns the two states back. The first
 * rotation by theta is the last to be met; it need not be undone.
 *
 * This file is compiled once for each instruction set, named by QNNI_ISA, and is the only one with flags of
 * its own. `vector` is the compilers' generic vector: one source serves all. For M <= 4 the two functions
 * that interpret a program are instantiated with M a constant, which unrolls their loops.
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
typedef double vector __attribute__((vector_size(8 * WIDTH), may_alias));

#define INLINE static inline __attribute__((always_inline))

/* ---- pairs ------------------------------------------------------------------------------------ */

/* The t-th index that has `bit` clear. */
INLINE size_t spread(size_t t, size_t bit)
{
    return t + (t & ~(bit - 1));
}

/* The angle of a rotation, by the sign of v: cosine, and sine times v. */
typedef struct lane_turn {
    vector c, s[2];
} lane_turn;

INLINE void load_turn(const qnni_op *op, const qnni_lanes *lanes, double sense, lane_turn *turn)
{
    const double *row = lanes->angles[op->source] + op->slot * 2 * QNNI_LANES;
    turn->c = *(const vector *)row;
    turn->s[0] = *(const vector *)(row + QNNI_LANES) * (sense * op->sign);
    turn->s[1] = -turn->s[0];
}

/* (a, b) <- the rotation of program.h, a = psi_j, b = psi_k. */
INLINE void rotate_pair(qnni_kind kind, const vector *cosine, const vector *sine, vector *a, vector *b)
{
    const vector c = *cosine, s = *sine, ar = a[0], ai = a[1], br = b[0], bi = b[1];
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
INLINE void overlap_pair(qnni_kind kind, double v, const vector *la, const vector *lb, const vector *a,
                         const vector *b, vector *sum)
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
INLINE void rotate(int qubits, qnni_kind kind, bool string, const qnni_op *op, const qnni_lanes *lanes,
                   double sense, vector *psi)
{
    const size_t half = ((size_t)1 << qubits) / 2, low = op->low, flip = op->flip;
    const unsigned parity = op->parity;
    lane_turn turn;
    load_turn(op, lanes, sense, &turn);
    for (size_t t = 0; t < half; t++) {
        const size_t j = spread(t, low), k = j ^ flip;
        const int minus = string ? __builtin_parity((unsigned)j & parity) : 0;
        rotate_pair(kind, &turn.c, &turn.s[minus], psi + 2 * j, psi + 2 * k);
    }
}

/* *g += Im <lambda| P |psi>, then both states turned back if `undo`. */
INLINE void differentiate(int qubits, qnni_kind kind, bool string, bool undo, const qnni_op *op,
                          const qnni_lanes *lanes, vector *g)
{
    const size_t half = ((size_t)1 << qubits) / 2, low = op->low, flip = op->flip;
    const unsigned parity = op->parity;
    const double sign[] = {op->sign, -op->sign};
    vector *psi = (vector *)lanes->psi, *lambda = (vector *)lanes->lambda;
    lane_turn turn;
    load_turn(op, lanes, -1, &turn);
    vector sum = {0};
    for (size_t t = 0; t < half; t++) {
        const size_t j = spread(t, low), k = j ^ flip;
        const int minus = string ? __builtin_parity((unsigned)j & parity) : 0;
        vector *a = psi + 2 * j, *b = psi + 2 * k, *la = lambda + 2 * j, *lb = lambda + 2 * k;
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
INLINE void exchange(int qubits, const qnni_op *op, vector *psi)
{
    const size_t low = op->low, high = op->high, from = op->from, to = op->to;
    const size_t count = ((size_t)1 << qubits) >> (high >> qubits ? 1 : 2);
    for (size_t t = 0; t < count; t++) {
        const size_t j = spread(spread(t, low), high);
        vector *a = psi + 2 * (j + from), *b = psi + 2 * (j + to);
        const vector re = a[0], im = a[1];
        a[0] = b[0];
        a[1] = b[1];
        b[0] = re;
        b[1] = im;
    }
}

/* psi_{j+to} <- u psi_{j+to} */
INLINE void phase(int qubits, const qnni_op *op, const double *u, vector *psi)
{
    const size_t low = op->low, high = op->high, to = op->to;
    const size_t count = ((size_t)1 << qubits) >> (high >> qubits ? 1 : 2);
    const double ur = u[0], ui = u[1];
    for (size_t t = 0; t < count; t++) {
        vector *a = psi + 2 * (spread(spread(t, low), high) + to);
        const vector re = a[0], im = a[1];
        a[0] = ur * re - ui * im;
        a[1] = ur * im + ui * re;
    }
}

/* psi_{j+o_r} <- sum_s U_rs psi_{j+o_s} for U of `size` rows, U real if `real` */
INLINE void multiply(int qubits, int size, bool real, const qnni_op *op, const double *u, vector *psi)
{
    const size_t low = op->low, high = op->high;
    const size_t offset[] = {0, op->to, op->from, op->from + op->to};
    const size_t count = ((size_t)1 << qubits) / (size_t)size;
    for (size_t t = 0; t < count; t++) {
        vector *base = psi + 2 * spread(spread(t, low), high), old[8];
        for (int s = 0; s < size; s++) {
            old[2 * s] = base[2 * offset[s]];
            old[2 * s + 1] = base[2 * offset[s] + 1];
        }
        for (int r = 0; r < size; r++) {
            const double *row = u + 2 * r * size;
            vector re = row[0] * old[0], im = row[0] * old[1];
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

/* The numbers of an operation's matrix U, or of U^H, which stands `size` numbers behind. */
INLINE const double *matrix_of(const qnni_program *program, const qnni_op *op, bool inverse, int size)
{
    return program->matrices + op->slot + (inverse ? size : 0);
}

/* psi <- the operation on psi, or its inverse */
INLINE void apply(int qubits, bool inverse, const qnni_program *program, const qnni_op *op,
                  const qnni_lanes *lanes, vector *psi)
{
    const double sense = inverse ? -1 : 1;
    switch (op->kind) {
    case QNNI_X_PLAIN:
        rotate(qubits, QNNI_X_PLAIN, false, op, lanes, sense, psi);
        break;
    case QNNI_X_STRING:
        rotate(qubits, QNNI_X_PLAIN, true, op, lanes, sense, psi);
        break;
    case QNNI_Y_PLAIN:
        rotate(qubits, QNNI_Y_PLAIN, false, op, lanes, sense, psi);
        break;
    case QNNI_Y_STRING:
        rotate(qubits, QNNI_Y_PLAIN, true, op, lanes, sense, psi);
        break;
    case QNNI_Z_PLAIN:
        rotate(qubits, QNNI_Z_PLAIN, false, op, lanes, sense, psi);
        break;
    case QNNI_Z_STRING:
        rotate(qubits, QNNI_Z_PLAIN, true, op, lanes, sense, psi);
        break;
    case QNNI_EXCHANGE_OP:
        exchange(qubits, op, psi);
        break;
    case QNNI_PHASE_OP:
        phase(qubits, op, matrix_of(program, op, inverse, 2), psi);
        break;
    case QNNI_REAL1:
        multiply(qubits, 2, true, op, matrix_of(program, op, inverse, 8), psi);
        break;
    case QNNI_MATRIX1:
        multiply(qubits, 2, false, op, matrix_of(program, op, inverse, 8), psi);
        break;
    case QNNI_MATRIX2:
        multiply(qubits, 4, false, op, matrix_of(program, op, inverse, 32), psi);
        break;
    }
}

/* A rotation of the adjoint pass that depends on theta. */
INLINE void apply_adjoint(int qubits, bool undo, const qnni_op *op, const qnni_lanes *lanes, vector *g)
{
    switch (op->kind) {
    case QNNI_X_PLAIN:
        differentiate(qubits, QNNI_X_PLAIN, false, undo, op, lanes, g);
        break;
    case QNNI_X_STRING:
        differentiate(qubits, QNNI_X_PLAIN, true, undo, op, lanes, g);
        break;
    case QNNI_Y_PLAIN:
        differentiate(qubits, QNNI_Y_PLAIN, false, undo, op, lanes, g);
        break;
    case QNNI_Y_STRING:
        differentiate(qubits, QNNI_Y_PLAIN, true, undo, op, lanes, g);
        break;
    case QNNI_Z_PLAIN:
        differentiate(qubits, QNNI_Z_PLAIN, false, undo, op, lanes, g);
        break;
    default:
        differentiate(qubits, QNNI_Z_PLAIN, true, undo, op, lanes, g);
    }
}

/* psi <- operations [begin, end) on psi */
INLINE void run_any(int qubits, const qnni_program *program, const qnni_lanes *lanes, int64_t begin,
                    int64_t end)
{
    for (int64_t i = begin; i < end; i++)
        apply(qubits, false, program, &program->ops[i], lanes, (vector *)lanes->psi);
}

/* The adjoint pass from the last operation to the first rotation by theta, which there is. */
INLINE void back_any(int qubits, const qnni_program *program, const qnni_lanes *lanes, double *g)
{
    const qnni_op *first = program->ops + program->first;
    double *const states[] = {lanes->psi, lanes->lambda};
    for (const qnni_op *op = program->ops + program->op_count - 1; op > first; op--) {
        if (op->source == QNN_THETA)
            apply_adjoint(qubits, true, op, lanes, (vector *)(g + op->slot * QNNI_LANES));
        else
            for (int i = 0; i < 2; i++)
                apply(qubits, true, program, op, lanes, (vector *)states[i]);
    }
    apply_adjoint(qubits, false, first, lanes, (vector *)(g + first->slot * QNNI_LANES));
}

/* ---- observables ------------------------------------------------------------------------------ */

static void expect(const qnni_program *program, const qnni_group *group, const double *psi, double *f)
{
    const size_t size = (size_t)1 << program->qubits, flip = group->flip;
    const vector *state = (const vector *)psi;
    vector sum = {0};
    for (size_t j = 0; j < size; j++) {
        const vector *a = state + 2 * j, *b = state + 2 * (j ^ flip);
        sum += group->d[j] * (group->odd ? a[1] * b[0] - a[0] * b[1] : a[0] * b[0] + a[1] * b[1]);
    }
    *(vector *)f += sum;
}

static void observe(const qnni_program *program, const qnni_group *group, bool add, const double *r,
                    const qnni_lanes *lanes)
{
    const size_t size = (size_t)1 << program->qubits, flip = group->flip;
    const vector weight = *(const vector *)r, *psi = (const vector *)lanes->psi;
    vector *lambda = (vector *)lanes->lambda;
    for (size_t j = 0; j < size; j++) {
        const vector *b = psi + 2 * (j ^ flip), w = group->d[j] * weight;
        vector re = w * b[0], im = w * b[1];
        if (group->odd) { /* times i */
            const vector turned = -im;
            im = re;
            re = turned;
        }
        if (add) {
            re += lambda[2 * j];
            im += lambda[2 * j + 1];
        }
        lambda[2 * j] = re;
        lambda[2 * j + 1] = im;
    }
}

/* ---- instances -------------------------------------------------------------------------------- */

#define INSTANCE(suffix, qubits)                                                                             \
    static void run_##suffix(const qnni_program *program, const qnni_lanes *lanes, int64_t begin,            \
                             int64_t end)                                                                    \
    {                                                                                                        \
        run_any(qubits, program, lanes, begin, end);                                                         \
    }                                                                                                        \
    static void back_##suffix(const qnni_program *program, const qnni_lanes *lanes, double *g)               \
    {                                                                                                        \
        back_any(qubits, program, lanes, g);                                                                 \
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
    .width = WIDTH,
    .run = {run_any_size, run_1, run_2, run_3, run_4},
    .back = {back_any_size, back_1, back_2, back_3, back_4},
    .expect = expect,
    .observe = observe,
};
