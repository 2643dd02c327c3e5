/* sweep.c - states and values at points, from the kernels' passes.
 *
 * The norms that the kernels leave out are put in at the ends (scales.c).
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/sweep.h"

#include "qnn/together.h"

#include <string.h>

/* states <- passes [0, first_pass) on |0> */
static void begin(qnni_together *self, void *states)
{
    const qnni_program *program = self->program;
    const int32_t width = self->kernels->width;
    const qnni_range range = {0, program->first_pass, 0};
    memset(states, 0, (size_t)(self->rounds.count * self->rounds.stride * self->kernels->bytes));
    for (int32_t r = 0; r < self->rounds.count; r++) {
        qnni_scale_start(self, r);
        for (int32_t lane = 0; lane < width; lane++)
            qnni_put(self->kernels, qnni_in_round(self, states, r), lane, 1);
    }
    self->kernels->run[qnni_local(program)](program, &self->rounds, &range, states, states);
    for (int32_t r = 0; r < self->rounds.count; r++) {
        void *state = qnni_in_round(self, states, r);
        self->kernels->multiply(program, self->norm + r * width, state, state);
        self->rounds.lanes[r].scales = NULL;
    }
}

/* The states before the first pass of the sweep, block->start's or made in `room`. */
static const void *start_of(qnni_together *self, void *room)
{
    if (self->block->start)
        return qnni_const_at(self->kernels, self->block->start, self->first << (self->program->qubits + 1));
    begin(self, room);
    return room;
}

void qnni_settle(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                 int64_t first, qnni_together *self)
{
    qnni_gather(kernels, program, block, first, self);
    self->start = start_of(self, qnni_at(kernels, qnni_lambda_of(self), self->stride));
    qnni_settle_norms(self);
}

/* The states after all passes, and no others: one place serves all. */
static const void *run_through(const qnni_together *self)
{
    const qnni_program *program = self->program;
    const qnni_range range = {program->first_pass, program->pass_count, 0};
    self->kernels->run[qnni_local(program)](program, &self->rounds, &range, self->start, self->states);
    return range.begin < range.end ? self->states : self->start;
}

void qnni_start(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                void *states)
{
    for (int64_t first = 0; first < block->points; first += qnni_lanes_together(kernels, program)) {
        qnni_together self;
        qnni_gather(kernels, program, block, first, &self);
        begin(&self, qnni_at(kernels, states, first << (program->qubits + 1)));
    }
}

/* The block without the points behind the round from lane `first` on. */
static qnni_block up_to(const qnni_kernels *kernels, const qnni_block *block, int64_t first)
{
    qnni_block self = *block;
    self.points = first + kernels->width;
    return self;
}

const void *qnni_start_of(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                          int64_t first, void *room)
{
    qnni_together self;
    const qnni_block one = up_to(kernels, block, first);
    qnni_gather(kernels, program, &one, first, &self);
    return start_of(&self, room);
}

void qnni_round_of(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                   int64_t first, qnni_rounds *round, double *norm)
{
    qnni_together self;
    const qnni_block one = up_to(kernels, block, first);
    qnni_gather(kernels, program, &one, first, &self);
    qnni_settle_norms(&self);
    *round = self.rounds;
    memcpy(norm, self.norm, (size_t)kernels->width * sizeof *norm);
}

void qnni_propagate(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                    double *psi)
{
    const int64_t size = qnni_round_size(kernels, program);
    for (int64_t first = 0; first < block->points; first += qnni_lanes_together(kernels, program)) {
        qnni_together self;
        qnni_settle(kernels, program, block, first, &self);
        const double *from = run_through(&self);
        for (int32_t r = 0; r < self.rounds.count; r++, psi += size)
            kernels->multiply(program, self.norm + r * kernels->width, from + r * size, psi);
    }
}

/* f[k, lane] <- for the lanes of round r, whose state is psi */
static void expect(const qnni_together *self, int32_t r, const void *psi, double *f)
{
    const qnni_program *program = self->program;
    const int32_t width = self->kernels->width;
    for (int64_t k = 0; k < program->outputs; k++)
        memset(f + k * QNNI_LANES, 0, (size_t)width * sizeof *f);
    for (int64_t i = 0; i < program->group_count; i++)
        self->kernels->expect(program, &program->groups[i], psi, f + program->groups[i].output * QNNI_LANES);
    for (int64_t k = 0; k < program->outputs; k++)
        for (int32_t lane = 0; lane < width; lane++)
            f[k * QNNI_LANES + lane] *= self->norm[r * width + lane] * self->norm[r * width + lane];
}

void qnni_values(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block, double *f)
{
    for (int64_t first = 0; first < block->points; first += qnni_lanes_together(kernels, program)) {
        qnni_together self;
        qnni_settle(kernels, program, block, first, &self);
        const void *psi = run_through(&self);
        for (int32_t r = 0; r < self.rounds.count; r++)
            expect(&self, r, qnni_const_at(kernels, psi, r * self.rounds.stride),
                   f + qnni_row_of(&self, r) * program->outputs * QNNI_LANES + qnni_lane_of(&self, r));
    }
}
