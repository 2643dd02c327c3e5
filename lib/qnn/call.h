/* call.h - one call on bound points: its scratch, and one expert after the other in it.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_CALL_H
#define QNNI_CALL_H

#include "qnn/points.h"

/* A call's scratch, in doubles from the start of `work`. */
typedef struct qnni_call {
    double *angles;    /* theta slot x 2 x LANES                                      */
    double *diagonals; /* diagonal x qnni_diagonal_size                               */
    double *sums;      /* theta slot x LANES                                          */
    double *lanes;     /* row x K x LANES: values or residuals                        */
    double *states;    /* of qnni_work_size                                           */
    double *mean;      /* for the mean observable                                     */
    double *tangents;  /* theta slot x LANES reals                                    */
    double *singles;   /* the diagonals as floats, if those are used                  */
    double *passes;    /* pass, thrice: scratch, then what follows                    */
    double *crowd;     /* for experts side by side                                    */
    qnni_scales theta; /* qnni_theta_scales                                           */
} qnni_call;

/* Bytes of a call's scratch; -1: too many. */
int64_t qnni_call_bytes(const qnni_expert *expert, const qnni_points *points);
qnni_call qnni_call_in(const qnni_expert *expert, const qnni_points *points, void *work);

/* The block of all points for the expert theta, with its half angles and diagonals in the scratch. */
qnni_block qnni_call_block(const qnni_expert *expert, const qnni_points *points, const double *theta,
                           const qnni_call *scratch);

/* block <- the weighted states in place of the points: no input angle is read after the start, and the norms
 * are the same for all. */
void qnni_stand_in(const qnni_mean_stage *mean, qnni_block *block);

/* Of n points, those in a row. */
static inline int64_t qnni_points_in(int64_t n, int64_t row)
{
    const int64_t left = n - row * QNNI_LANES;
    return left < QNNI_LANES ? left : QNNI_LANES;
}

/* lanes[row, k, lane] = r[j,k], 0 beyond the last point */
void qnni_spread_residuals(int64_t rows, int64_t n, int64_t K, const double *r, double *lanes);

/* g[a] = sum over the slots of parameter a of scale * sum of its lanes */
void qnni_collect(const qnni_program *program, const double *sums, double *g);

#endif
