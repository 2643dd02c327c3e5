/* together.h - rounds that go together through the passes: their lanes, and where their states and scales lie.
 *
 * A kernel takes `width` lanes at a time, a round; where states are small, several rounds go together. For the
 * files of the sweep: together.c, scales.c, sweep.c, gradients.c.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_TOGETHER_H
#define QNNI_TOGETHER_H

#include "qnn/sweep.h"

/* ---- reals: doubles or floats, as the kernels have them ------------------------------------------- */

static inline void *qnni_at(const qnni_kernels *kernels, void *reals, int64_t i)
{
    return (char *)reals + i * kernels->bytes;
}

static inline const void *qnni_const_at(const qnni_kernels *kernels, const void *reals, int64_t i)
{
    return (const char *)reals + i * kernels->bytes;
}

static inline void qnni_put(const qnni_kernels *kernels, void *reals, int64_t i, double value)
{
    if (kernels->bytes == sizeof(float))
        ((float *)reals)[i] = (float)value;
    else
        ((double *)reals)[i] = value;
}

static inline double qnni_get(const qnni_kernels *kernels, const void *reals, int64_t i)
{
    return kernels->bytes == sizeof(float) ? (double)((const float *)reals)[i] : ((const double *)reals)[i];
}

/* ---- rounds ------------------------------------------------------------------------------------- */

/* Some rounds, together. */
typedef struct qnni_together {
    const qnni_kernels *kernels;
    const qnni_program *program;
    const qnni_block *block;
    qnni_rounds rounds;
    int64_t first;     /* lane, over all rows                       */
    const void *start; /* the states before the first pass of the sweep */
    void *states;      /* psi after the passes; then lambda              */
    int64_t stride;
    bool keep, scaled;
    _Alignas(64) double norm[QNNI_MOST_ROUNDS * QNNI_LANES]; /* round x width: the norm left */
} qnni_together;

/* The first lane of round r: its row, and where in it. */
static inline int64_t qnni_row_of(const qnni_together *self, int32_t r)
{
    return (self->first + r * self->kernels->width) / QNNI_LANES;
}

static inline int64_t qnni_lane_of(const qnni_together *self, int32_t r)
{
    return (self->first + r * self->kernels->width) % QNNI_LANES;
}

/* The angles of round r. */
void qnni_angles_of(const qnni_together *self, int32_t r, const double *angles[3]);

/* How many lanes go together. */
int64_t qnni_lanes_together(const qnni_kernels *kernels, const qnni_program *program);

/* self <- rounds from lane `first` on, as many as there are, and go together; no start yet. */
void qnni_gather(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                 int64_t first, qnni_together *self);

/* self <- the same with the states before the first pass and the norms left after all: ready for the passes.
 */
void qnni_settle(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                 int64_t first, qnni_together *self);

/* ---- states -------------------------------------------------------------------------------------- */

/* Reals of the states of one round. */
int64_t qnni_round_size(const qnni_kernels *kernels, const qnni_program *program);

/* Where psi after `pass` goes: a place of its own, or one of two in turn. */
void *qnni_room_after(const qnni_together *self, int64_t pass);

/* psi after `pass`; before the first of the sweep, its start. */
const void *qnni_state_after(const qnni_together *self, int64_t pass);

void *qnni_lambda_of(const qnni_together *self);

static inline void *qnni_in_round(const qnni_together *self, void *states, int32_t r)
{
    return qnni_at(self->kernels, states, r * self->rounds.stride);
}

/* ---- norms and scales (scales.c) ------------------------------------------------------------------ */

/* In single precision: above it psi / n and its square are far from the ends of the range. */
#define QNNI_SAFE_NORM_SINGLE 1e-12

/* Reals of the scales of one round. As many doubles are scratch while they are made: one for each pass, then
 * what passes use them. */
int64_t qnni_scale_size(const qnni_program *program);

/* For round r and the passes before the sweep, which depend on no theta: scales, and the norms left. */
void qnni_scale_start(qnni_together *self, int32_t r);

/* The norms left after all passes, and scales if those are too small without. */
void qnni_settle_norms(qnni_together *self);

#endif
