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

/* M = 1 ... 4 have kernels of their own, with all loops unrolled; index 0 is for any M. */
enum { QNNI_SMALL = 4, QNNI_SIZES = QNNI_SMALL + 1 };

/* What the kernels work on: one expert at some points. */
typedef struct qnni_lanes {
    const double *angles[3]; /* by source: slot x 2 x LANES, cos(a/2) and sin(a/2) */
    double *psi, *lambda;    /* two states                                         */
} qnni_lanes;

typedef struct qnni_kernels {
    const char *name;
    int32_t width;
    /* psi <- operations [begin, end) on psi */
    void (*run[QNNI_SIZES])(const qnni_program *program, const qnni_lanes *lanes, int64_t begin, int64_t end);
    /* g[slot] += Im <lambda| P |psi> for each rotation by theta, both states taken back to it in turn, from
     * the last operation to program->first                                                 g: slot x LANES */
    void (*back[QNNI_SIZES])(const qnni_program *program, const qnni_lanes *lanes, double *g);
    /* *f += <psi| O |psi> for one group of an observable                               f: width        */
    void (*expect)(const qnni_program *program, const qnni_group *group, const double *psi, double *f);
    /* lambda <- r O psi, or lambda += r O psi if `add`                                 r: width        */
    void (*observe)(const qnni_program *program, const qnni_group *group, bool add, const double *r,
                    const qnni_lanes *lanes);
} qnni_kernels;

/* The kernels that this machine can run, the fastest first; NULL from the last one on. */
const qnni_kernels *qnni_kernels_at(int index);

/* The index of M = qubits in `run` and `back`. */
static inline int qnni_size_index(int32_t qubits)
{
    return qubits <= QNNI_SMALL ? qubits : 0;
}

#endif
