/* mean_kernels.h - the mean observable's arithmetic, one table of functions for each instruction set.
 *
 * Points stand in blocks of BLOCK: amplitude j of a block at 2 BLOCK j, BLOCK real parts, then BLOCK
 * imaginary ones, and D amplitudes to a block. What belongs to an expert's own states stands in panels of
 * `width` lanes.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_MEAN_KERNELS_H
#define QNNI_MEAN_KERNELS_H

#include "qnn/kernels.h"

/* Points of a block: one vector of AVX-512, so that as many of the sums as can be stay in near caches. */
enum { QNNI_BLOCK = 8 };

typedef struct qnni_mean_kernels {
    /* The upper triangle of a Hermitian (mean.h) as `forms` reads it, its diagonal halved.  packed: 4 D D */
    void (*pack)(int64_t D, const double *hermitian, double *packed);
    /* f[block, lane] = <psi| O |psi>                                     psi: blocks;  f: blocks x BLOCK */
    void (*forms)(int64_t D, int64_t blocks, const double *packed, const double *psi, double *f);
    /* sums[a,b] = sum over blocks of w psi_a conj(psi_b) in each lane, for a <= b;    w: blocks x BLOCK
     * its real parts at [a,b,0], imaginary ones at [a,b,1]; others are undefined.  sums: D x D x 2 x BLOCK */
    void (*sums)(int64_t D, int64_t blocks, const double *w, const double *psi, double *sums);
    /* For lanes p of the panel v and q of the panel u, re and im of sum_j conj(v_jp) u_jq.
     *                                                                   tile: width x 2 x width */
    void (*tile)(int64_t D, const double *v, const double *u, double *tile);
} qnni_mean_kernels;

/* Those of the same instruction set. */
const qnni_mean_kernels *qnni_mean_kernels_of(const qnni_kernels *kernels);

#endif
