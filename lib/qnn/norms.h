/* norms.h - the factors cos(a/2) that the kernels leave out.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_NORMS_H
#define QNNI_NORMS_H

#include "qnn/program.h"

/* norm[lane] = prod cos(a/2) over the steps from program->first on by x and constants         norm: LANES */
void qnni_fixed_norm(const qnni_program *program, const double *const angles[3], double *norm);
/* The same over those by theta, which are alike in all lanes. */
double qnni_theta_norm(const qnni_program *program, const double *const angles[3]);

/* prod cos(a/2) over the steps of pass p in one lane. */
double qnni_pass_norm(const qnni_program *program, const double *const angles[3], int64_t p, int32_t lane);

/* For one lane, passes [begin, end), and the angles by theta or all others: scale[pass], powers of 2 to put
 * in before each pass, and returns the norm that is then left. */
double qnni_scaled_norm(const qnni_program *program, const double *const angles[3], bool theta, int64_t begin,
                        int64_t end, int32_t lane, double *scale);

#endif
