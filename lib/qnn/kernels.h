/* kernels.h - the arithmetic on states, one table of functions for each instruction set.
 *
 * A state is 2^M amplitudes, amplitude j at 2 LANES j: LANES real parts, then LANES imaginary parts. A lane
 * is a data point; all lanes belong to one expert. Arrays are aligned to 64 bytes.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_KERNELS_H
#define QNNI_KERNELS_H

#include "qnn/program.h"

/* M = 1 ... 4 have kernels of their own, with all loops unrolled; index 0 is for any M. */
enum { QNNI_SMALL = 4, QNNI_SIZES = QNNI_SMALL + 1 };

/* One expert at LANES points. */
typedef struct qnni_block {
    const double *angles[3]; /* by source: slot x 2 x LANES, cos(a/2) and sin(a/2)                     */
    const double *start;     /* the state after the first program->first operations; NULL: not known   */
    double *psi, *lambda;    /* scratch: two states                                                    */
} qnni_block;

typedef struct qnni_kernels {
    const char *name;
    /* psi <- the first program->first operations on |0> */
    void (*start[QNNI_SIZES])(const qnni_program *program, const qnni_block *block);
    /* f[k, lane] = <psi| O_k |psi>                                               f: K x LANES         */
    void (*values[QNNI_SIZES])(const qnni_program *program, const qnni_block *block, double *f);
    /* g[slot, lane] += sum_k r[k, lane] d f_k / d a_slot                r: K x LANES, g: slot x LANES */
    void (*pullback[QNNI_SIZES])(const qnni_program *program, const qnni_block *block, const double *r,
                                 double *g);
} qnni_kernels;

/* The kernels that this machine can run, the fastest first; NULL from the last one on. */
const qnni_kernels *qnni_kernels_at(int index);

/* kernels->values etc. at this index. */
static inline int qnni_size_index(int32_t qubits)
{
    return qubits <= QNNI_SMALL ? qubits : 0;
}

#endif
