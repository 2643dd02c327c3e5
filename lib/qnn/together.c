/* together.c - sizes and places of states and scales, and rounds gathered from a block.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/together.h"

int64_t qnni_state_size(const qnni_program *program)
{
    return (INT64_C(2) * QNNI_LANES) << program->qubits;
}

/* Rounds that go together: a choice by M alone. */
static int32_t most_rounds(const qnni_program *program)
{
    return program->qubits <= 4 ? QNNI_MOST_ROUNDS : 1;
}

int64_t qnni_round_size(const qnni_kernels *kernels, const qnni_program *program)
{
    return (int64_t)kernels->width << (program->qubits + 1);
}

/* Reals from the states after one pass to those after the next: the gap keeps states, whose sizes are powers
 * of two, from falling on the same lines of the first-level cache. */
static int64_t pass_stride(const qnni_kernels *kernels, const qnni_program *program)
{
    return most_rounds(program) * qnni_round_size(kernels, program) + 5 * 64 / kernels->bytes;
}

/* psi after each pass from first_pass on, or two to take turns; lambda; the start */
static int64_t state_count(const qnni_program *program, bool keep, bool started)
{
    const int64_t passes = program->pass_count - program->first_pass;
    return (keep && passes > 2 ? passes : 2) + 1 + !started;
}

int64_t qnni_scale_size(const qnni_program *program)
{
    return (program->pass_count + 1) * QNNI_LANES;
}

int64_t qnni_start_size(const qnni_program *program)
{
    return moei_mul(most_rounds(program) + 1, qnni_scale_size(program));
}

int64_t qnni_work_size(const qnni_kernels *kernels, const qnni_program *program, bool keep, bool started)
{
    const int64_t states = moei_mul(state_count(program, keep, started), pass_stride(kernels, program));
    const int64_t bytes = moei_mul(states, kernels->bytes), scales = qnni_start_size(program);
    return bytes < 0 || scales < 0 || bytes / 8 > INT64_MAX - scales - 8 ? -1 : bytes / 64 * 8 + 8 + scales;
}

void qnni_angles_of(const qnni_together *self, int32_t r, const double *angles[3])
{
    const qnni_program *program = self->program;
    const int64_t size = program->angle_count[QNN_INPUT] * 2 * QNNI_LANES;
    for (int source = 0; source < 3; source++)
        angles[source] = self->block->angles[source];
    if (angles[QNN_INPUT])
        angles[QNN_INPUT] += qnni_lane_of(self, r) + (self->block->alike ? 0 : qnni_row_of(self, r) * size);
}

void *qnni_room_after(const qnni_together *self, int64_t pass)
{
    const int64_t place = pass - self->program->first_pass;
    return qnni_at(self->kernels, self->states, (self->keep ? place : place & 1) * self->stride);
}

const void *qnni_state_after(const qnni_together *self, int64_t pass)
{
    return pass < self->program->first_pass ? self->start : qnni_room_after(self, pass);
}

void *qnni_lambda_of(const qnni_together *self)
{
    const int64_t place = state_count(self->program, self->keep, true) - 1;
    return qnni_at(self->kernels, self->states, place * self->stride);
}

int64_t qnni_lanes_together(const qnni_kernels *kernels, const qnni_program *program)
{
    return most_rounds(program) * kernels->width;
}

void qnni_gather(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                 int64_t first, qnni_together *self)
{
    const int64_t size = program->angle_count[QNN_INPUT] * QNNI_LANES;
    const int64_t left = (block->points - first + kernels->width - 1) / kernels->width;
    self->kernels = kernels;
    self->program = program;
    self->block = block;
    self->first = first;
    self->start = NULL;
    self->states = block->work + qnni_start_size(program);
    self->stride = pass_stride(kernels, program);
    self->keep = block->keep;
    self->scaled = false;
    self->rounds.count = left < most_rounds(program) ? (int32_t)left : most_rounds(program);
    self->rounds.stride = qnni_round_size(kernels, program);
    for (int32_t r = 0; r < self->rounds.count; r++) {
        qnni_lanes *lanes = &self->rounds.lanes[r];
        const int64_t input = qnni_lane_of(self, r) + (block->alike ? 0 : qnni_row_of(self, r) * size);
        for (int source = 0; source < 3; source++)
            lanes->tangents[source] = block->tangents[source];
        if (block->tangents[QNN_INPUT])
            lanes->tangents[QNN_INPUT] = qnni_const_at(kernels, block->tangents[QNN_INPUT], input);
        lanes->diagonals = block->diagonals;
        lanes->scales = NULL;
    }
}
