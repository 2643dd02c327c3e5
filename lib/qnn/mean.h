/* mean.h - the mixture as one mean observable, for circuits that encode x before any theta.
 *
 * Then f_k(theta, x) = <psi(x)| O_k(theta) |psi(x)>, O_k(theta) = U(theta)^H O_k U(theta), and with D = 2^M
 *   moments    mean_k = sum_i w_i O_k(theta_i), D^2 reals for each k;   F_k(x_j) = <psi_j| mean_k |psi_j>
 *   residuals  R_k = sum_j r[j,k] |psi_j><psi_j| = sum_s c_s |phi_s><phi_s|, D eigenvectors, and
 *              sum_j r[j,k] f_k(theta, x_j) = sum_s c_s <phi_s| O_k(theta) |phi_s>,
 * so an expert costs D states up and K D states down, however many points there are.
 *
 * Storage: a Hermitian A + iB is D x D reals, A[a,b] at [a,b] for a <= b and B[a,b] at [b,a] for a < b. The
 * points' states stand in blocks (mean_kernels.h).
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_MEAN_H
#define QNNI_MEAN_H

#include "qnn/sweep.h"

/* Whether no x comes after a theta, and n points cost more than the mean observable does. */
bool qnni_mean_pays(const qnni_program *program, int64_t n);

/* psi <- the n points' states, from those that qnni_start makes.       psi: qnni_mean_size, zeroed before */
void qnni_mean_points(const qnni_kernels *kernels, const qnni_program *program, int64_t n,
                      const double *states, double *psi);
int64_t qnni_mean_size(const qnni_program *program, int64_t n);

/* ---- up --------------------------------------------------------------------------------------- */

/* Doubles of scratch for qnni_mean_add. */
int64_t qnni_mean_scratch(const qnni_kernels *kernels, const qnni_program *program);

/* The D basis states as starting states: (D / LANES, rounded up) x qnni_state_size, zeroed before. */
void qnni_mean_basis(const qnni_kernels *kernels, const qnni_program *program, double *blocks);

/* moments[k] += w U^H O_k U for one expert: basis is a block of D points with its angles and norms that
 * starts from qnni_mean_basis.                                                     moments: K x D x D */
void qnni_mean_add(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *basis,
                   double w, double *scratch, double *moments);

/* f[j,k] = <psi_j| mean_k |psi_j>. MOE_ERROR_MEMORY. */
int32_t qnni_mean_predict(moei_core *core, const qnni_kernels *kernels, const qnni_program *program,
                          int64_t n, const double *psi, const double *moments, double *f);

/* ---- down ------------------------------------------------------------------------------------- */

/* The residuals as weighted states, rows of lanes that take the place of the points. */
typedef struct qnni_mean_stage {
    int64_t count;   /* K D                     */
    double *states;  /* row x qnni_state_size   */
    double *weights; /* row x K x LANES         */
} qnni_mean_stage;

/* stage <- from the points' states and r: n x K. MOE_ERROR_MEMORY, MOE_ERROR_LAPACK. */
int32_t qnni_mean_prepare(moei_core *core, const qnni_kernels *kernels, const qnni_program *program,
                          int64_t n, const double *psi, const double *r, qnni_mean_stage **stage);
void qnni_mean_release(moei_core *core, qnni_mean_stage *stage);

#endif
