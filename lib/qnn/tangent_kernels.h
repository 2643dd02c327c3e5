/* tangent_kernels.h - derivatives of states along a direction, one table of functions for each instruction
 * set.
 *
 * With half[slot] = (d a_slot) / 2 along the direction, and the generators of a pass p, all taken where its
 * steps end (program.h):
 *   G = -i sum over its gradients of sign half P
 *   Z = -i sum over the phases by theta of the diagonal behind it, sign half Z^z = -i diag(delta)
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_TANGENT_KERNELS_H
#define QNNI_TANGENT_KERNELS_H

#include "qnn/kernels.h"

typedef struct qnni_tangent_kernels {
    /* delta[j], 2^M rounded up to a multiple of 8, for the diagonal behind the pass */
    void (*tabulate)(const qnni_program *program, const qnni_pass *pass, const double *half, double *delta);
    /* middle <- in + G psi, out <- in + (G + Z) psi; in = out is allowed. delta NULL: Z = 0; middle NULL: not
     * wanted. For the local flips k of the program. */
    void (*advance)(int32_t k, const qnni_program *program, const qnni_pass *pass, const double *half,
                    const double *delta, const double *psi, const double *in, double *middle, double *out);
    /* turned <- G lambda, unless NULL; out <- out - (G + Z) lambda */
    void (*retreat)(int32_t k, const qnni_program *program, const qnni_pass *pass, const double *half,
                    const double *delta, const double *lambda, double *turned, double *out);
    /* *f += 2 Re <dpsi| O |psi> for one group of an observable                      f: width */
    void (*overlap)(const qnni_program *program, const qnni_group *group, const double *psi,
                    const double *dpsi, double *f);
} qnni_tangent_kernels;

/* Those of the same instruction set. */
const qnni_tangent_kernels *qnni_tangent_kernels_of(const qnni_kernels *kernels);

#endif
