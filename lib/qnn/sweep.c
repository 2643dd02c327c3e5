/* sweep.c - values and gradients of one block of points, from the kernels' passes.
 *
 * Adjoint differentiation (Jones & Gacon, arXiv 2009.02823): with psi the final state and
 * lambda = sum_k r_k O_k psi, the passes are undone on lambda, last first. For a turn exp(-i a P / 2), after
 * which the states are psi and lambda,
 *
 *   d/da sum_k r_k <psi| O_k |psi> = 2 Re <lambda| (-i/2) P |psi> = Im <lambda| P |psi>.
 *
 * psi is what the way forward left after each pass, if that was kept, else undone too.
 *
 * Norms. The kernels leave out a factor c = cos(a/2) for each step, forward and back: the state after the way
 * forward is psi / n, n = prod c. lambda starts as n^2 r O (psi / n); then the product of the two states'
 * factors is 1 all the way. Where n is so small (many angles near pi) that numbers could leave the range of
 * doubles, each pass first multiplies by 2^e, e the exponent of the pass before's own product: exact, so
 * that the bits of a lane do not depend on whether a neighbour needs it.
 *
 * A kernel takes `width` lanes at a time, so a block takes LANES / width rounds.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/sweep.h"

#include <math.h>
#include <string.h>

/* Above it psi / n and its square are far from overflow. */
#define SAFE_NORM 1e-100

int64_t qnni_state_size(const qnni_program *program)
{
    return (INT64_C(2) * QNNI_LANES) << program->qubits;
}

/* ---- norms ------------------------------------------------------------------------------------ */

static const double *cosines(const qnni_turn *turn, const double *const angles[3])
{
    return angles[turn->source] + turn->slot * 2 * QNNI_LANES + QNNI_LANES;
}

static int64_t first_step(const qnni_program *program)
{
    return program->norms[program->first_pass];
}

static int64_t last_step(const qnni_program *program)
{
    return program->norms[program->pass_count];
}

void qnni_fixed_norm(const qnni_program *program, const double *const angles[3], double *norm)
{
    for (int lane = 0; lane < QNNI_LANES; lane++)
        norm[lane] = 1;
    for (int64_t i = first_step(program); i < last_step(program); i++)
        if (program->stepped[i].source != QNN_THETA)
            for (int lane = 0; lane < QNNI_LANES; lane++)
                norm[lane] *= cosines(&program->stepped[i], angles)[lane];
}

double qnni_theta_norm(const qnni_program *program, const double *const angles[3])
{
    double norm = 1;
    for (int64_t i = first_step(program); i < last_step(program); i++)
        if (program->stepped[i].source == QNN_THETA)
            norm *= cosines(&program->stepped[i], angles)[0];
    return norm;
}

/* A product of cosines as mantissa * 2^exponent. */
typedef struct wide {
    double mantissa;
    int exponent;
} wide;

static void multiply(wide *product, double factor)
{
    int exponent;
    product->mantissa = frexp(product->mantissa * factor, &exponent);
    product->exponent += exponent;
}

/* For one lane: scale[pass, lane] of passes [begin, end), and the norm that is then left. */
static double scaled_norm(const qnni_program *program, const double *const angles[3], int64_t begin,
                          int64_t end, int lane, double *scale)
{
    wide fixed = {1, 0}, theta = {1, 0};
    int64_t taken_out = 0;
    int pass_exponent = 0;
    for (int64_t p = begin; p < end; p++) {
        scale[p * QNNI_LANES + lane] = ldexp(1, pass_exponent);
        taken_out += pass_exponent;
        wide own = {1, 0};
        for (int64_t i = program->norms[p]; i < program->norms[p + 1]; i++) {
            const double c = cosines(&program->stepped[i], angles)[lane];
            multiply(&own, c);
            multiply(program->stepped[i].source == QNN_THETA ? &theta : &fixed, c);
        }
        pass_exponent = own.exponent;
    }
    return ldexp(fixed.mantissa * theta.mantissa, (int)(fixed.exponent + theta.exponent - taken_out));
}

const double *qnni_settle_norms(const qnni_program *program, const qnni_block *block, double *norm,
                                double *room)
{
    bool safe = true;
    for (int lane = 0; lane < QNNI_LANES; lane++) {
        norm[lane] = block->fixed_norm[lane] * block->theta_norm;
        safe = safe && fabs(norm[lane]) >= SAFE_NORM;
    }
    for (int lane = 0; lane < QNNI_LANES && !safe; lane++)
        norm[lane] =
            scaled_norm(program, block->lanes.angles, program->first_pass, program->pass_count, lane, room);
    return safe ? NULL : room;
}

/* ---- states ----------------------------------------------------------------------------------- */

/* Doubles from one state of `width` lanes to the next: the gap keeps states, whose sizes are powers of two,
 * from falling on the same lines of the first-level cache. */
static int64_t stride(const qnni_kernels *kernels, const qnni_program *program)
{
    return ((int64_t)kernels->width << (program->qubits + 1)) + 5 * QNNI_LANES;
}

/* psi after each pass from first_pass on, or two to take turns; lambda; the start */
static int64_t state_count(const qnni_program *program, bool keep, bool started)
{
    const int64_t passes = program->pass_count - program->first_pass;
    return (keep && passes > 2 ? passes : 2) + 1 + !started;
}

int64_t qnni_work_size(const qnni_kernels *kernels, const qnni_program *program, bool keep, bool started)
{
    const int64_t states = moei_mul(state_count(program, keep, started), stride(kernels, program));
    const int64_t scales = moei_mul(program->pass_count + 1, QNNI_LANES);
    return states < 0 || scales < 0 || states > INT64_MAX - scales ? -1 : states + scales;
}

/* One round: `width` lanes of a block. */
typedef struct lane_round {
    const qnni_kernels *kernels;
    const qnni_program *program;
    qnni_lanes lanes;
    const double *scales; /* pass x LANES; NULL: 1 */
    const double *start;  /* the state before the first pass of the sweep */
    double *states;       /* psi after the passes; then lambda           */
    int64_t stride;
    int32_t lane;
    bool keep;
} lane_round;

/* Where psi after `pass` goes: a place of its own, or one of two in turn. */
static double *room_after(const lane_round *self, int64_t pass)
{
    const int64_t place = pass - self->program->first_pass;
    return self->states + (self->keep ? place : place & 1) * self->stride;
}

/* psi after `pass`; before the first of the sweep, its start. */
static const double *state_after(const lane_round *self, int64_t pass)
{
    return pass < self->program->first_pass ? self->start : room_after(self, pass);
}

static double *lambda_of(const lane_round *self)
{
    return self->states + (state_count(self->program, self->keep, true) - 1) * self->stride;
}

static const double *scales_of(const lane_round *self)
{
    return self->scales ? self->scales + self->lane : NULL;
}

/* state <- passes [0, first_pass) on |0> */
static void begin(const lane_round *self, double *scales, double *state)
{
    const qnni_program *program = self->program;
    const int32_t width = self->kernels->width;
    const int64_t doubles = (int64_t)width << (program->qubits + 1);
    double norm[QNNI_LANES];
    for (int32_t lane = 0; lane < width; lane++)
        norm[lane] = scaled_norm(program, self->lanes.angles, 0, program->first_pass, lane, scales);
    memset(state, 0, (size_t)doubles * sizeof *state);
    for (int32_t lane = 0; lane < width; lane++)
        state[lane] = 1;
    self->kernels->run[qnni_local(program)](program, &self->lanes, scales,
                                            &(qnni_range){0, program->first_pass, 0}, state, state);
    for (int64_t i = 0; i < doubles; i++)
        state[i] *= norm[i % width];
}

static lane_round round_of(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                           int32_t lane)
{
    lane_round self = {
        .kernels = kernels,
        .program = program,
        .lanes = block->lanes,
        .states = block->work,
        .stride = stride(kernels, program),
        .lane = lane,
        .keep = block->keep,
    };
    for (int source = 0; source < 3; source++)
        if (self.lanes.angles[source])
            self.lanes.angles[source] += lane;
    return self;
}

/* The room for scales in block->work, behind all states. */
static double *scale_room(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block)
{
    return block->work + state_count(program, block->keep, block->start) * stride(kernels, program);
}

/* The states of a round after all passes. */
static lane_round forward(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                          const double *scales, int32_t lane)
{
    lane_round self = round_of(kernels, program, block, lane);
    self.scales = scales;
    if (block->start)
        self.start = block->start + ((size_t)lane << (program->qubits + 1));
    else {
        double *state = lambda_of(&self) + self.stride;
        begin(&self, scale_room(kernels, program, block), state);
        self.start = state;
    }
    const int64_t end = program->pass_count, first = program->first_pass;
    void (*const run)(const qnni_program *, const qnni_lanes *, const double *, const qnni_range *,
                      const double *, double *) = kernels->run[qnni_local(program)];
    if (self.keep)
        run(program, &self.lanes, scales_of(&self), &(qnni_range){first, end, self.stride}, self.start,
            self.states);
    for (int64_t p = first; p < end && !self.keep; p++)
        run(program, &self.lanes, scales_of(&self), &(qnni_range){p, p + 1, 0}, state_after(&self, p - 1),
            room_after(&self, p));
    return self;
}

void qnni_start(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                double *states)
{
    for (int32_t lane = 0; lane < QNNI_LANES; lane += kernels->width) {
        const lane_round self = round_of(kernels, program, block, lane);
        begin(&self, block->work, states + ((size_t)lane << (program->qubits + 1)));
    }
}

void qnni_propagate(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                    int32_t lane, double *psi)
{
    double norm[QNNI_LANES];
    const double *scales = qnni_settle_norms(program, block, norm, scale_room(kernels, program, block));
    const lane_round self = forward(kernels, program, block, scales, lane);
    const double *state = state_after(&self, program->pass_count - 1);
    const int32_t width = kernels->width;
    for (int64_t row = 0; row < INT64_C(2) << program->qubits; row++)
        for (int32_t i = 0; i < width; i++)
            psi[row * width + i] = state[row * width + i] * norm[lane + i];
}

void qnni_values(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block, double *f)
{
    double norm[QNNI_LANES];
    const double *scales = qnni_settle_norms(program, block, norm, scale_room(kernels, program, block));
    memset(f, 0, (size_t)(program->outputs * QNNI_LANES) * sizeof *f);
    for (int32_t lane = 0; lane < QNNI_LANES; lane += kernels->width) {
        const lane_round self = forward(kernels, program, block, scales, lane);
        const double *psi = state_after(&self, program->pass_count - 1);
        for (int64_t i = 0; i < program->group_count; i++) {
            const qnni_group *group = &program->groups[i];
            kernels->expect(program, group, psi, f + group->output * QNNI_LANES + lane);
        }
    }
    for (int64_t i = 0; i < program->outputs * QNNI_LANES; i++)
        f[i] *= norm[i % QNNI_LANES] * norm[i % QNNI_LANES];
}

/* ---- gradients -------------------------------------------------------------------------------- */

/* The first pass that an angle theta has part in, or pass_count. */
static int64_t first_derived(const qnni_program *program)
{
    int64_t p = program->first_pass;
    while (p < program->pass_count && !program->passes[p].derives)
        p++;
    return p;
}

/* lambda <- sum_k r_k n^2 O_k psi */
static void observe(const lane_round *self, const double *r, const double *norm)
{
    const qnni_program *program = self->program;
    const double *psi = state_after(self, program->pass_count - 1);
    for (int64_t i = 0; i < program->group_count; i++) {
        const qnni_group *group = &program->groups[i];
        const double *residuals = r + group->output * QNNI_LANES + self->lane;
        double weight[QNNI_LANES] __attribute__((aligned(64)));
        for (int32_t lane = 0; lane < self->kernels->width; lane++)
            weight[lane] = residuals[lane] * norm[self->lane + lane] * norm[self->lane + lane];
        self->kernels->observe(program, group, i > 0, weight, psi, lambda_of(self));
    }
}

/* psi before pass p, which undo leaves at the scale it had on the way forward: times c / (scale c^-1) */
static void undo_state(const lane_round *self, int64_t p)
{
    const qnni_program *program = self->program;
    const int32_t width = self->kernels->width;
    const double *scales = scales_of(self);
    double *room = room_after(self, p - 1);
    double factor[QNNI_LANES];
    for (int32_t lane = 0; lane < width; lane++) {
        double c = 1;
        for (int64_t i = program->norms[p]; i < program->norms[p + 1]; i++)
            c *= cosines(&program->stepped[i], self->lanes.angles)[lane];
        factor[lane] = scales ? c / scales[p * QNNI_LANES + lane] * c : c * c;
    }
    self->kernels->undo[qnni_local(program)](program, &self->lanes, NULL, p, state_after(self, p), room);
    for (int64_t i = 0; i < (int64_t)width << (program->qubits + 1); i++)
        room[i] *= factor[i % width];
}

/* lambda and psi taken back, psi from what is kept or undone too */
static void sweep_back(const lane_round *self, double *g)
{
    const qnni_program *program = self->program;
    const int64_t first = first_derived(program), end = program->pass_count,
                  begin = self->keep ? first : end - 1;
    double *lambda = lambda_of(self);
    for (int64_t p = begin; p >= first; p--) {
        const qnni_range range = {p, self->keep ? end : p + 1, self->stride};
        if (!self->keep && p > program->first_pass)
            undo_state(self, p);
        self->kernels->back[qnni_local(program)](program, &self->lanes, scales_of(self), &range,
                                                 state_after(self, p), lambda, p == first, g + self->lane);
    }
}

void qnni_pullback(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                   const double *r, double *g)
{
    if (program->first == program->turn_count || !program->group_count)
        return; /* no angle depends on theta, or nothing is observed */
    double norm[QNNI_LANES];
    const double *scales = qnni_settle_norms(program, block, norm, scale_room(kernels, program, block));
    for (int32_t lane = 0; lane < QNNI_LANES; lane += kernels->width) {
        const lane_round self = forward(kernels, program, block, scales, lane);
        observe(&self, r, norm);
        sweep_back(&self, g);
    }
}
