/* kernels.h - the arithmetic on states, one table of functions for each instruction set.
 *
 * A lane is a data point; a kernel treats `width` of a block's LANES points at once. All lanes belong to one
 * expert. A state is 2^M amplitudes, amplitude j at 2 width j: `width` real parts, then `width` imaginary
 * parts. What belongs to a block has a stride of LANES; a pointer to it is to the first of the lanes meant.
 * Arrays are aligned to 64 bytes.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_KERNELS_H
#define QNNI_KERNELS_H

#include "qnn/program.h"

/* What the kernels work on: one expert at some points. */
typedef struct qnni_lanes {
    const double *angles[3]; /* by source: slot x 2 x LANES, tan(a/2) and cos(a/2)          */
    const double *diagonals; /* of the expert: diagonal x qnni_diagonal_size, as `tabulate` */
} qnni_lanes;

/* Passes [begin, end), with `stride` doubles from the state after one to that after the next. */
typedef struct qnni_range {
    int64_t begin, end, stride;
} qnni_range;

/* run, undo and back have an instance for each number of local flips: index qnni_local(program). */
typedef struct qnni_kernels {
    const char *name;
    int32_t width;
    /* The passes of `range` in order, but for the norm: the first reads `in` and writes `out`, each one after
     * it reads what the one before it wrote, and writes range->stride further on. `scales`, pass x LANES, are
     * factors put in before each pass; NULL: 1. */
    void (*run[QNNI_LOCAL + 1])(const qnni_program *program, const qnni_lanes *lanes, const double *scales,
                                const qnni_range *range, const double *in, double *out);
    /* out <- the inverse of pass p, then its scale, but for the norm; out = in is allowed. */
    void (*undo[QNNI_LOCAL + 1])(const qnni_program *program, const qnni_lanes *lanes, const double *scales,
                                 int64_t p, const double *in, double *out);
    /* undo on lambda for the passes of `range`, the last one first, and g[slot] += Im <lambda| P |psi> for
     * each of their turns by theta and each phase of a diagonal behind one. psi: the states that `run` wrote.
     * `leave`: lambda is not taken before the range's first pass, only the gradients matter. g: slot x LANES
     */
    void (*back[QNNI_LOCAL + 1])(const qnni_program *program, const qnni_lanes *lanes, const double *scales,
                                 const qnni_range *range, const double *psi, double *lambda, bool leave,
                                 double *g);
    /* table: re[2^M], then im[2^M], of the pass's diagonal, M >= 3 rounded up       */
    void (*tabulate)(const qnni_program *program, const qnni_pass *pass, const double *const angles[3],
                     double *table);
    /* *f += <psi| O |psi> for one group of an observable                               f: width        */
    void (*expect)(const qnni_program *program, const qnni_group *group, const double *psi, double *f);
    /* lambda <- r O psi, or lambda += r O psi if `add`                                 r: width        */
    void (*observe)(const qnni_program *program, const qnni_group *group, bool add, const double *r,
                    const double *psi, double *lambda);
} qnni_kernels;

/* The kernels that this machine can run, the fastest first; NULL from the last one on. */
const qnni_kernels *qnni_kernels_at(int index);

/* k of all the program's passes. */
static inline int32_t qnni_local(const qnni_program *program)
{
    return program->qubits < QNNI_LOCAL ? program->qubits : QNNI_LOCAL;
}

/* Doubles of one diagonal's table. */
static inline int64_t qnni_diagonal_size(const qnni_program *program)
{
    return INT64_C(2) << (program->qubits < 3 ? 3 : program->qubits);
}

#endif
