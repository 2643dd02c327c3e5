/* kernels.h - the arithmetic on states, one table of functions for each instruction set and precision.
 *
 * A lane is a data point; a round is as many lanes as one vector has, `width`. All lanes belong to one
 * expert. A real is a double, or a float in kernels of single precision; sums over amplitudes and points are
 * of doubles in both. A state is 2^M amplitudes, amplitude j at 2 width j: `width` real parts, then `width`
 * imaginary parts. What belongs to a block has a stride of LANES; a pointer to it is to the first of the
 * lanes meant. Arrays are aligned to 64 bytes.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_KERNELS_H
#define QNNI_KERNELS_H

#include "qnn/program.h"

/* What one round works on, in reals. */
typedef struct qnni_lanes {
    const void *tangents[3]; /* by source: slot x LANES, tan(a/2)                                         */
    const void *diagonals;   /* of the expert: diagonal x qnni_diagonal_size, as `tabulate`               */
    const void *scales;      /* pass x LANES: factors put in before each pass; NULL: 1                    */
    const bool *uses[2];     /* passes whose scales are not 1 are in one of these                         */
} qnni_lanes;

/* The most rounds that are treated together. */
enum { QNNI_MOST_ROUNDS = 8 };

/* States of several rounds are `stride` reals apart. */
typedef struct qnni_rounds {
    int32_t count;
    int64_t stride;
    qnni_lanes lanes[QNNI_MOST_ROUNDS];
} qnni_rounds;

/* Passes [begin, end), with `stride` reals from the states after one to those after the next. */
typedef struct qnni_range {
    int64_t begin, end, stride;
} qnni_range;

/* run, undo and back have an instance for each number of local flips: index qnni_local(program). */
typedef struct qnni_kernels qnni_kernels;
struct qnni_kernels {
    const char *name;
    int32_t width, bytes; /* of a real                                          */
    /* The passes of `range` in order, but for the norm: the first reads `in` and writes `out`, each one after
     * it reads what the one before it wrote, and writes range->stride further on. */
    void (*run[QNNI_LOCAL + 1])(const qnni_program *program, const qnni_rounds *rounds,
                                const qnni_range *range, const void *in, void *out);
    /* out <- the inverse of pass p, then its scale, but for the norm; out = in is allowed. */
    void (*undo[QNNI_LOCAL + 1])(const qnni_program *program, const qnni_rounds *rounds, int64_t p,
                                 const void *in, void *out);
    /* undo on lambda for the passes of `range`, the last one first, and g[slot] += Im <lambda| P |psi> for
     * each of their turns by theta and each phase of a diagonal behind one. psi: the states that `run` wrote.
     * `leave`: lambda is not taken before the range's first pass, only the gradients matter. The rounds are
     * summed.                                                                             g: slot x LANES */
    void (*back[QNNI_LOCAL + 1])(const qnni_program *program, const qnni_rounds *rounds,
                                 const qnni_range *range, const void *psi, void *lambda, bool leave,
                                 double *g);
    /* *f += <psi| O |psi> for one group of an observable                               f: width        */
    void (*expect)(const qnni_program *program, const qnni_group *group, const void *psi, double *f);
    /* lambda <- r O psi, or lambda += r O psi if `add`                                 r: width        */
    void (*observe)(const qnni_program *program, const qnni_group *group, bool add, const void *r,
                    const void *psi, void *lambda);
    /* to <- psi factor, lane by lane; to = from is allowed                      factor: width      */
    void (*multiply)(const qnni_program *program, const double *factor, const void *psi, void *to);
    /* table: re[2^M], then im[2^M], of the pass's diagonal, M >= 3 rounded up. Not in single precision. */
    void (*tabulate)(const qnni_program *program, const qnni_pass *pass, const double *const angles[3],
                     double *table);
    const qnni_kernels *single; /* the same instruction set's in single precision; NULL in these */
};

/* The kernels that this machine can run, the fastest first; NULL from the last one on. */
const qnni_kernels *qnni_kernels_at(int index);

/* kernels <- those that the circuit asks for, in double precision. MOE_ERROR_UNSUPPORTED, and then NULL. */
int32_t qnni_kernels_for(const qnn_circuit *circuit, const qnni_kernels **kernels);

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
