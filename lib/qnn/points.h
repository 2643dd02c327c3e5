/* points.h - the points that an expert is bound to.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_POINTS_H
#define QNNI_POINTS_H

#include "qnn/crowd.h"
#include "qnn/mean.h"

/* What is behind a moe_expert. */
typedef struct qnni_expert {
    moei_core *core;
    const qnni_kernels *kernels; /* of the instruction set, in double precision */
    qnni_program program;
    bool keep; /* see qnni_block */
    int lanes; /* QNNI_LANES_* */
    double bounds[3];
} qnni_expert;

typedef struct qnni_points {
    const qnni_kernels *kernels; /* in the points' precision                  */
    int64_t n, rows;
    double *angles;    /* row x slot x 2 x LANES                          */
    double *tangents;  /* row x slot x LANES reals: their tangents        */
    qnni_scales fixed; /* qnni_fix_scales                                 */
    double smallest;   /* of fixed.norm                                   */
    double *states;    /* row x 2^M x 2 x LANES reals, or NULL: not kept  */
    qnni_crowd *crowd; /* if experts side by side serve the points better, else NULL */
    /* if the mean observable serves the points, else NULL: */
    double *psi;   /* qnni_mean_points */
    double *basis; /* qnni_mean_basis  */
} qnni_points;

static inline bool qnni_is_single(const qnni_kernels *kernels)
{
    return kernels->bytes == sizeof(float);
}

/* Doubles that `count` reals take, in whole lines. */
static inline int64_t qnni_doubles_of(const qnni_kernels *kernels, int64_t count)
{
    return count < 0 || !qnni_is_single(kernels) ? count : (count / 2 + 8) / 8 * 8;
}

/* The points for these kernels; NULL if memory is out. */
qnni_points *qnni_points_bind(const qnni_expert *expert, const qnni_kernels *kernels, int64_t n,
                              const double *x);
void qnni_points_free(const qnni_expert *expert, qnni_points *points);

/* The points' constants, input angles and starting states; the rest is the call's. */
qnni_block qnni_points_block(const qnni_expert *expert, const qnni_points *points);

/* Of moe_expert_ops, `bound` a qnni_points: with the mean observable or a crowd where they pay. */
int32_t qnni_bind(void *self, int64_t n, const double *x, void **bound);
void qnni_unbind(void *self, void *bound);

#endif
