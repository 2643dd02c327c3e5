/* crowd.h - experts side by side: what serves many experts at few points.
 *
 * Lanes that are points (sweep.h) stay empty where there are fewer points than lanes, and each expert's sines
 * and diagonals are made for those few. Here lanes are experts, and the points come one after the other.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_CROWD_H
#define QNNI_CROWD_H

#include "qnn/crowd_kernels.h"

/* Whether n points of this program are better taken so. A choice by sizes only. */
bool qnni_crowd_pays(const qnni_program *program, int64_t n);

/* crowd <- for the points x (n x p); the program must outlive it. MOE_ERROR_MEMORY. */
int32_t qnni_crowd_create(moei_core *core, const qnni_program *program, int64_t n, const double *x,
                          qnni_crowd **crowd);
void qnni_crowd_free(moei_core *core, qnni_crowd *crowd);

/* Doubles of scratch that the functions below take. -1: too many. */
int64_t qnni_crowd_scratch(const qnni_crowd *crowd);

/* f[i,j,k] = f_k(theta_i, x_j) */
void qnni_crowd_values(const qnni_kernels *kernels, const qnni_crowd *crowd, int64_t count,
                       const double *theta, double *f, double *scratch);
/* f[j,k] += sum_i w[i] f_k(theta_i, x_j) */
void qnni_crowd_add(const qnni_kernels *kernels, const qnni_crowd *crowd, int64_t count, const double *theta,
                    const double *w, double *f, double *scratch);
/* g[i,a] = sum_jk r[j,k] d_a f_k(theta_i, x_j) */
void qnni_crowd_pullback(const qnni_kernels *kernels, const qnni_crowd *crowd, int64_t count,
                         const double *theta, const double *r, double *g, double *scratch);

#endif
