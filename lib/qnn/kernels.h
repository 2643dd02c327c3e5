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

typedef struct qnni_kernels {
    const char *name;
    int32_t width;
    /* out <- (the pass) scale * in, but for the norm; scale: width, or NULL for 1. out = in is allowed. */
    void (*run)(const qnni_program *program, const qnni_pass *pass, const qnni_lanes *lanes,
                const double *scale, const double *in, double *out);
    /* out <- scale * (the pass)^H in, but for the norm. out = in is allowed. */
    void (*undo)(const qnni_program *program, const qnni_pass *pass, const qnni_lanes *lanes,
                 const double *scale, const double *in, double *out);
    /* undo from `in` (lambda) to `out`, and g[slot] += Im <lambda| P |psi> for each turn of the pass by theta.
     * psi: the state after the pass; before: that before it and its scale. Without `out` only gradients. */
    void (*back)(const qnni_program *program, const qnni_pass *pass, const qnni_lanes *lanes,
                 const double *scale, const double *psi, const double *before, const double *in, double *out,
                 double *g); /* g: slot x LANES */
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

/* Doubles of one diagonal's table. */
static inline int64_t qnni_diagonal_size(const qnni_program *program)
{
    return INT64_C(2) << (program->qubits < 3 ? 3 : program->qubits);
}

#endif
