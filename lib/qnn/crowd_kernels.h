/* crowd_kernels.h - several experts at one data point, one table of functions for each instruction set.
 *
 * A lane is an expert, `width` of them at a time. What belongs to experts has `width` lanes; what belongs to
 * the point is one number for all. States have up to 2^4 amplitudes.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_CROWD_KERNELS_H
#define QNNI_CROWD_KERNELS_H

#include "qnn/kernels.h"

enum { QNNI_CROWD_QUBITS = 4 };

/* exp(-i a P / 2) with the turn's sign and the string's signs in sign[j]:
 *   odd = false   P psi_j = sign[j] psi_{j ^ flip},   odd = true   P psi_j = i sign[j] psi_{j ^ flip} */
typedef struct qnni_crowd_step {
    uint32_t flip;
    bool odd;
    int32_t source; /* QNN_* */
    int64_t slot;
    double sign[1 << QNNI_CROWD_QUBITS];
} qnni_crowd_step;

/* What all experts have in common at the points; immutable. */
typedef struct qnni_crowd {
    const qnni_program *program;
    int64_t n, step_count, theta_count; /* steps, and those of them by theta               */
    qnni_crowd_step *steps;             /* turns [first, turn_count) of the program        */
    double *starts;                     /* n x 2^M x 2: the states after turns [0, first)  */
    double *inputs;                     /* n x slot x 3: cos(a/2), sin(a/2), tan(a/2)      */
    double *constants;                  /* slot x 3                                        */
    double *norms;                      /* n: the product of cos(a/2) over steps not by theta */
} qnni_crowd;

typedef struct qnni_crowd_kernels {
    int32_t width;
    /* angles[slot]: cos(a/2), sin(a/2), tan(a/2) of `count` experts, lanes beyond as the last one; behind all
     * slots the product of the cosines of the steps by theta.
     *                                            theta: count x d;  angles: (3 slots + 1) x width */
    void (*tabulate)(const qnni_crowd *crowd, int64_t count, const double *theta, double *angles);
    /* f[k] += w f_k at point j, lane by lane                                     w: width;  f: K x width */
    void (*add)(const qnni_crowd *crowd, int64_t j, const double *angles, const double *w, double *f);
    /* g[slot] += sum_k r[k] d f_k / d a_slot at point j.          r: K;  g: slot x width
     * history: theta_count x 2^M x 2 x width */
    void (*pullback)(const qnni_crowd *crowd, int64_t j, const double *angles, const double *r,
                     double *history, double *g);
} qnni_crowd_kernels;

/* Those of the same instruction set. */
const qnni_crowd_kernels *qnni_crowd_kernels_of(const qnni_kernels *kernels);

#endif
