/* scales.c - the norms that the kernels leave out, for all lanes of a block, and the powers of two that keep the
 * states in range where those are too small.
 *
 * The product n of a lane's cosines is put in at the ends, once, as long as it is safe; else passes multiply by
 * powers of two on their way (norms.c), and what those leave of n is put in.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/norms.h"
#include "qnn/together.h"

#include <math.h>

/* In double precision: above it psi / n and its square are far from the ends of the range. */
#define SAFE_NORM 1e-100

static void note_scales(const qnni_program *program, const double *one, int64_t lanes, int64_t lane,
                        const qnni_scales *row)
{
    for (int64_t p = program->first_pass; p < program->pass_count; p++) {
        row->scales[p * lanes + lane] = one[p];
        row->uses[p] = (lane && row->uses[p]) || one[p] != 1;
    }
}

void qnni_fix_scales(const qnni_program *program, const double *const angles[3], double *one,
                     const qnni_scales *row)
{
    qnni_fixed_norm(program, angles, row->norm);
    for (int32_t lane = 0; lane < QNNI_LANES; lane++) {
        row->left[lane] =
            qnni_scaled_norm(program, angles, false, program->first_pass, program->pass_count, lane, one);
        note_scales(program, one, QNNI_LANES, lane, row);
    }
}

static bool is_safe(const qnni_kernels *kernels, double norm)
{
    return fabs(norm) >= (kernels->bytes == sizeof(float) ? QNNI_SAFE_NORM_SINGLE : SAFE_NORM);
}

void qnni_theta_scales(const qnni_kernels *kernels, const qnni_program *program,
                       const double *const angles[3], double smallest, double *one, const qnni_scales *row)
{
    row->norm[0] = qnni_theta_norm(program, angles);
    if (is_safe(kernels, smallest * row->norm[0]))
        return;
    row->left[0] = qnni_scaled_norm(program, angles, true, program->first_pass, program->pass_count, 0, one);
    note_scales(program, one, 1, 0, row);
}

/* The reals that round r reads as its scales. */
static void *scales_of(const qnni_together *self, int32_t r)
{
    double *one = self->block->work;
    return qnni_at(self->kernels, one + qnni_scale_size(self->program), r * qnni_scale_size(self->program));
}

/* All scales are used: the rounds share one list of that. */
void qnni_scale_start(qnni_together *self, int32_t r)
{
    const qnni_kernels *kernels = self->kernels;
    const int64_t end = self->program->first_pass;
    double *one = self->block->work;
    void *scales = scales_of(self, r);
    bool *uses = (bool *)(one + self->program->pass_count);
    const double *angles[3];
    qnni_angles_of(self, r, angles);
    for (int64_t p = 0; p < end; p++)
        uses[p] = true;
    for (int32_t lane = 0; lane < kernels->width; lane++) {
        self->norm[r * kernels->width + lane] =
            qnni_scaled_norm(self->program, angles, false, 0, end, lane, one);
        for (int64_t p = 0; p < end; p++)
            qnni_put(kernels, scales, p * QNNI_LANES + lane, one[p]);
    }
    self->rounds.lanes[r].scales = scales;
    self->rounds.lanes[r].uses[0] = self->rounds.lanes[r].uses[1] = uses;
}

/* For round r and the passes of the sweep. */
static void scale_round(qnni_together *self, int32_t r)
{
    const qnni_program *program = self->program;
    const qnni_kernels *kernels = self->kernels;
    const qnni_scales *fixed = &self->block->fixed, *theta = &self->block->theta;
    const int64_t row = self->block->alike ? 0 : qnni_row_of(self, r), lane = qnni_lane_of(self, r);
    const double *factors = fixed->scales + row * program->pass_count * QNNI_LANES + lane;
    void *scales = scales_of(self, r);
    qnni_lanes *lanes = &self->rounds.lanes[r];
    lanes->scales = scales;
    lanes->uses[0] = fixed->uses + row * program->pass_count;
    lanes->uses[1] = theta->uses;
    for (int32_t i = 0; i < kernels->width; i++)
        self->norm[r * kernels->width + i] = fixed->left[row * QNNI_LANES + lane + i] * theta->left[0];
    for (int64_t p = program->first_pass; p < program->pass_count; p++)
        for (int32_t i = 0; i < kernels->width && (lanes->uses[0][p] || lanes->uses[1][p]); i++)
            qnni_put(kernels, scales, p * QNNI_LANES + i, factors[p * QNNI_LANES + i] * theta->scales[p]);
}

void qnni_settle_norms(qnni_together *self)
{
    const int32_t width = self->kernels->width;
    for (int32_t r = 0; r < self->rounds.count; r++) {
        const int64_t row = self->block->alike ? 0 : qnni_row_of(self, r);
        const double *fixed = self->block->fixed.norm + row * QNNI_LANES + qnni_lane_of(self, r);
        for (int32_t lane = 0; lane < width; lane++) {
            const double norm = fixed[lane] * self->block->theta.norm[0];
            self->norm[r * width + lane] = norm;
            self->scaled = self->scaled || !is_safe(self->kernels, norm);
        }
    }
    for (int32_t r = 0; r < self->rounds.count && self->scaled; r++)
        scale_round(self, r);
}
