/* sweep.c - values and gradients at points, from the kernels' passes.
 *
 * Adjoint differentiation (Jones & Gacon, arXiv 2009.02823): with psi the final state and
 * lambda = sum_k r_k O_k psi, the passes are undone on lambda, last first. For a turn exp(-i a P / 2), after
 * which the states are psi and lambda,
 *
 *   d/da sum_k r_k <psi| O_k |psi> = 2 Re <lambda| (-i/2) P |psi> = Im <lambda| P |psi>.
 *
 * psi is what the way forward left after each pass, if that was kept, else undone too. The norms that the
 * kernels leave out are put in at the ends (norms.c).
 *
 * A kernel takes `width` lanes at a time, a round; where states are small, several rounds go together.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/sweep.h"

#include "qnn/norms.h"

#include <math.h>
#include <string.h>

/* Above it psi / n and its square are far from the ends of the range. */
#define SAFE_NORM        1e-100
#define SAFE_NORM_SINGLE 1e-12

int64_t qnni_state_size(const qnni_program *program)
{
    return (INT64_C(2) * QNNI_LANES) << program->qubits;
}

/* Rounds that go together: a choice by M alone. */
static int32_t most_rounds(const qnni_program *program)
{
    return program->qubits <= 4 ? QNNI_MOST_ROUNDS : 1;
}

/* ---- reals ------------------------------------------------------------------------------------ */

static void *at(const qnni_kernels *kernels, void *reals, int64_t i)
{
    return (char *)reals + i * kernels->bytes;
}

static const void *const_at(const qnni_kernels *kernels, const void *reals, int64_t i)
{
    return (const char *)reals + i * kernels->bytes;
}

static void put(const qnni_kernels *kernels, void *reals, int64_t i, double value)
{
    if (kernels->bytes == sizeof(float))
        ((float *)reals)[i] = (float)value;
    else
        ((double *)reals)[i] = value;
}

static double get(const qnni_kernels *kernels, const void *reals, int64_t i)
{
    return kernels->bytes == sizeof(float) ? (double)((const float *)reals)[i] : ((const double *)reals)[i];
}

/* ---- states ----------------------------------------------------------------------------------- */

/* Reals of the states of one round. */
static int64_t round_size(const qnni_kernels *kernels, const qnni_program *program)
{
    return (int64_t)kernels->width << (program->qubits + 1);
}

/* Reals from the states after one pass to those after the next: the gap keeps states, whose sizes are powers
 * of two, from falling on the same lines of the first-level cache. */
static int64_t pass_stride(const qnni_kernels *kernels, const qnni_program *program)
{
    return most_rounds(program) * round_size(kernels, program) + 5 * 64 / kernels->bytes;
}

/* psi after each pass from first_pass on, or two to take turns; lambda; the start */
static int64_t state_count(const qnni_program *program, bool keep, bool started)
{
    const int64_t passes = program->pass_count - program->first_pass;
    return (keep && passes > 2 ? passes : 2) + 1 + !started;
}

/* Reals of the scales of one round. As many doubles are scratch while they are made: one for each pass, then
 * what passes use them. */
static int64_t scale_size(const qnni_program *program)
{
    return (program->pass_count + 1) * QNNI_LANES;
}

int64_t qnni_start_size(const qnni_program *program)
{
    return moei_mul(most_rounds(program) + 1, scale_size(program));
}

int64_t qnni_work_size(const qnni_kernels *kernels, const qnni_program *program, bool keep, bool started)
{
    const int64_t states = moei_mul(state_count(program, keep, started), pass_stride(kernels, program));
    const int64_t bytes = moei_mul(states, kernels->bytes), scales = qnni_start_size(program);
    return bytes < 0 || scales < 0 || bytes / 8 > INT64_MAX - scales - 8 ? -1 : bytes / 64 * 8 + 8 + scales;
}

/* Some rounds, together. */
typedef struct together {
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
} together;

/* The first lane of round r: its row, and where in it. */
static int64_t row_of(const together *self, int32_t r)
{
    return (self->first + r * self->kernels->width) / QNNI_LANES;
}

static int64_t lane_of(const together *self, int32_t r)
{
    return (self->first + r * self->kernels->width) % QNNI_LANES;
}

/* The double-precision angles of round r. */
static void angles_of(const together *self, int32_t r, const double *angles[3])
{
    const qnni_program *program = self->program;
    const int64_t size = program->angle_count[QNN_INPUT] * 2 * QNNI_LANES;
    for (int source = 0; source < 3; source++)
        angles[source] = self->block->angles[source];
    if (angles[QNN_INPUT])
        angles[QNN_INPUT] += lane_of(self, r) + (self->block->alike ? 0 : row_of(self, r) * size);
}

/* Rounds from lane `first` on, as many as there are, and go together. */
static void gather(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                   int64_t first, together *self)
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
    self->rounds.stride = round_size(kernels, program);
    for (int32_t r = 0; r < self->rounds.count; r++) {
        qnni_lanes *lanes = &self->rounds.lanes[r];
        const int64_t input = lane_of(self, r) + (block->alike ? 0 : row_of(self, r) * size);
        for (int source = 0; source < 3; source++)
            lanes->tangents[source] = block->tangents[source];
        if (block->tangents[QNN_INPUT])
            lanes->tangents[QNN_INPUT] = const_at(kernels, block->tangents[QNN_INPUT], input);
        lanes->diagonals = block->diagonals;
        lanes->scales = NULL;
    }
}

/* ---- scales ----------------------------------------------------------------------------------- */

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
    return fabs(norm) >= (kernels->bytes == sizeof(float) ? SAFE_NORM_SINGLE : SAFE_NORM);
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
static void *scales_of(const together *self, int32_t r)
{
    double *one = self->block->work;
    return at(self->kernels, one + scale_size(self->program), r * scale_size(self->program));
}

/* For round r and the passes before the sweep, which depend on no theta: scales, and the norms left. All are
 * used: the rounds share one list of that. */
static void scale_start(together *self, int32_t r)
{
    const qnni_kernels *kernels = self->kernels;
    const int64_t end = self->program->first_pass;
    double *one = self->block->work;
    void *scales = scales_of(self, r);
    bool *uses = (bool *)(one + self->program->pass_count);
    const double *angles[3];
    angles_of(self, r, angles);
    for (int64_t p = 0; p < end; p++)
        uses[p] = true;
    for (int32_t lane = 0; lane < kernels->width; lane++) {
        self->norm[r * kernels->width + lane] =
            qnni_scaled_norm(self->program, angles, false, 0, end, lane, one);
        for (int64_t p = 0; p < end; p++)
            put(kernels, scales, p * QNNI_LANES + lane, one[p]);
    }
    self->rounds.lanes[r].scales = scales;
    self->rounds.lanes[r].uses[0] = self->rounds.lanes[r].uses[1] = uses;
}

/* For round r and the passes of the sweep. */
static void scale_round(together *self, int32_t r)
{
    const qnni_program *program = self->program;
    const qnni_kernels *kernels = self->kernels;
    const qnni_scales *fixed = &self->block->fixed, *theta = &self->block->theta;
    const int64_t row = self->block->alike ? 0 : row_of(self, r), lane = lane_of(self, r);
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
            put(kernels, scales, p * QNNI_LANES + i, factors[p * QNNI_LANES + i] * theta->scales[p]);
}

/* The norms left after all passes, and scales if those are too small without. */
static void settle_norms(together *self)
{
    const int32_t width = self->kernels->width;
    for (int32_t r = 0; r < self->rounds.count; r++) {
        const int64_t row = self->block->alike ? 0 : row_of(self, r);
        const double *fixed = self->block->fixed.norm + row * QNNI_LANES + lane_of(self, r);
        for (int32_t lane = 0; lane < width; lane++) {
            const double norm = fixed[lane] * self->block->theta.norm[0];
            self->norm[r * width + lane] = norm;
            self->scaled = self->scaled || !is_safe(self->kernels, norm);
        }
    }
    for (int32_t r = 0; r < self->rounds.count && self->scaled; r++)
        scale_round(self, r);
}

/* ---- forward ---------------------------------------------------------------------------------- */

/* Where psi after `pass` goes: a place of its own, or one of two in turn. */
static void *room_after(const together *self, int64_t pass)
{
    const int64_t place = pass - self->program->first_pass;
    return at(self->kernels, self->states, (self->keep ? place : place & 1) * self->stride);
}

/* psi after `pass`; before the first of the sweep, its start. */
static const void *state_after(const together *self, int64_t pass)
{
    return pass < self->program->first_pass ? self->start : room_after(self, pass);
}

static void *lambda_of(const together *self)
{
    const int64_t place = state_count(self->program, self->keep, true) - 1;
    return at(self->kernels, self->states, place * self->stride);
}

static void *in_round(const together *self, void *states, int32_t r)
{
    return at(self->kernels, states, r * self->rounds.stride);
}

/* states <- passes [0, first_pass) on |0> */
static void begin(together *self, void *states)
{
    const qnni_program *program = self->program;
    const int32_t width = self->kernels->width;
    const qnni_range range = {0, program->first_pass, 0};
    memset(states, 0, (size_t)(self->rounds.count * self->rounds.stride * self->kernels->bytes));
    for (int32_t r = 0; r < self->rounds.count; r++) {
        scale_start(self, r);
        for (int32_t lane = 0; lane < width; lane++)
            put(self->kernels, in_round(self, states, r), lane, 1);
    }
    self->kernels->run[qnni_local(program)](program, &self->rounds, &range, states, states);
    for (int32_t r = 0; r < self->rounds.count; r++) {
        void *state = in_round(self, states, r);
        self->kernels->multiply(program, self->norm + r * width, state, state);
        self->rounds.lanes[r].scales = NULL;
    }
}

/* The states before the first pass of the sweep, block->start's or made in `room`. */
static const void *start_of(together *self, void *room)
{
    if (self->block->start)
        return const_at(self->kernels, self->block->start, self->first << (self->program->qubits + 1));
    begin(self, room);
    return room;
}

/* Some rounds before the first pass. */
static void settle(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                   int64_t first, together *self)
{
    gather(kernels, program, block, first, self);
    self->start = start_of(self, at(kernels, lambda_of(self), self->stride));
    settle_norms(self);
}

/* The states after all passes, and no others: one place serves all. */
static const void *run_through(const together *self)
{
    const qnni_program *program = self->program;
    const qnni_range range = {program->first_pass, program->pass_count, 0};
    self->kernels->run[qnni_local(program)](program, &self->rounds, &range, self->start, self->states);
    return range.begin < range.end ? self->states : self->start;
}

/* The states for the way back. */
static void forward(const together *self)
{
    const qnni_program *program = self->program;
    const int32_t k = qnni_local(program);
    const int64_t end = program->pass_count, from = program->first_pass;
    if (self->keep)
        self->kernels->run[k](program, &self->rounds, &(qnni_range){from, end, self->stride}, self->start,
                              self->states);
    for (int64_t p = from; p < end && !self->keep; p++)
        self->kernels->run[k](program, &self->rounds, &(qnni_range){p, p + 1, 0}, state_after(self, p - 1),
                              room_after(self, p));
}

static int64_t lanes_together(const qnni_kernels *kernels, const qnni_program *program)
{
    return most_rounds(program) * kernels->width;
}

void qnni_start(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                void *states)
{
    for (int64_t first = 0; first < block->points; first += lanes_together(kernels, program)) {
        together self;
        gather(kernels, program, block, first, &self);
        begin(&self, at(kernels, states, first << (program->qubits + 1)));
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
    together self;
    const qnni_block one = up_to(kernels, block, first);
    gather(kernels, program, &one, first, &self);
    return start_of(&self, room);
}

void qnni_round_of(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                   int64_t first, qnni_rounds *round, double *norm)
{
    together self;
    const qnni_block one = up_to(kernels, block, first);
    gather(kernels, program, &one, first, &self);
    settle_norms(&self);
    *round = self.rounds;
    memcpy(norm, self.norm, (size_t)kernels->width * sizeof *norm);
}

void qnni_propagate(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                    double *psi)
{
    const int64_t size = round_size(kernels, program);
    for (int64_t first = 0; first < block->points; first += lanes_together(kernels, program)) {
        together self;
        settle(kernels, program, block, first, &self);
        const double *from = run_through(&self);
        for (int32_t r = 0; r < self.rounds.count; r++, psi += size)
            kernels->multiply(program, self.norm + r * kernels->width, from + r * size, psi);
    }
}

/* f[k, lane] <- for the lanes of round r, whose state is psi */
static void expect(const together *self, int32_t r, const void *psi, double *f)
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
    for (int64_t first = 0; first < block->points; first += lanes_together(kernels, program)) {
        together self;
        settle(kernels, program, block, first, &self);
        const void *psi = run_through(&self);
        for (int32_t r = 0; r < self.rounds.count; r++)
            expect(&self, r, const_at(kernels, psi, r * self.rounds.stride),
                   f + row_of(&self, r) * program->outputs * QNNI_LANES + lane_of(&self, r));
    }
}

/* ---- gradients -------------------------------------------------------------------------------- */

/* weight[lane] power[lane] = n^2; power is 1 in all lanes (false) unless n^2 might be too small for a float.
 */
static bool split_norms(const together *self, int32_t r, double *weight, double *power)
{
    bool small = false;
    for (int32_t lane = 0; lane < self->kernels->width; lane++)
        small =
            small || (self->scaled && fabs(self->norm[r * self->kernels->width + lane]) < SAFE_NORM_SINGLE);
    for (int32_t lane = 0; lane < self->kernels->width; lane++) {
        const double norm = self->norm[r * self->kernels->width + lane];
        int exponent = 0;
        weight[lane] = norm * (small ? frexp(norm, &exponent) : norm);
        power[lane] = small ? ldexp(1, exponent) : 1;
    }
    return small;
}

/* lambda <- sum_k r_k n^2 O_k psi in round r; r: [k, lane] */
static void observe(const together *self, int32_t r, const double *residuals)
{
    const qnni_program *program = self->program;
    const qnni_kernels *kernels = self->kernels;
    void *lambda = in_round(self, lambda_of(self), r);
    const void *psi = const_at(kernels, state_after(self, program->pass_count - 1), r * self->rounds.stride);
    double weight[QNNI_LANES];
    _Alignas(64) double power[QNNI_LANES], reals[QNNI_LANES];
    const bool small = split_norms(self, r, weight, power);
    for (int64_t i = 0; i < program->group_count; i++) {
        const qnni_group *group = &program->groups[i];
        for (int32_t lane = 0; lane < kernels->width; lane++)
            put(kernels, reals, lane, residuals[group->output * QNNI_LANES + lane] * weight[lane]);
        kernels->observe(program, group, i > 0, reals, psi, lambda);
    }
    if (small)
        kernels->multiply(program, power, lambda, lambda);
}

/* psi before pass p <- after it, in round r, at the scale it had on the way forward: what `undo` leaves is
 * c^2 / scale of it too large. */
static void undo_pass(const together *self, int64_t p, const void *in, void *out)
{
    const qnni_program *program = self->program;
    const qnni_kernels *kernels = self->kernels;
    qnni_rounds plain = self->rounds;
    _Alignas(64) double post[QNNI_MOST_ROUNDS * QNNI_LANES];
    for (int32_t r = 0; r < plain.count; r++) {
        const qnni_lanes *lanes = &self->rounds.lanes[r];
        const bool scaled = self->scaled && (lanes->uses[0][p] || lanes->uses[1][p]);
        _Alignas(64) double pre[QNNI_LANES];
        const double *angles[3];
        angles_of(self, r, angles);
        for (int32_t lane = 0; lane < kernels->width; lane++) {
            int exponent = 0;
            const double c = qnni_pass_norm(program, angles, p, lane);
            const double mantissa = self->scaled ? frexp(c, &exponent) : c;
            const double scale = scaled ? get(kernels, lanes->scales, p * QNNI_LANES + lane) : 1;
            pre[lane] = ldexp(1, exponent);
            post[r * kernels->width + lane] = mantissa * c / scale;
        }
        if (self->scaled)
            kernels->multiply(program, pre, const_at(kernels, in, r * plain.stride), in_round(self, out, r));
        plain.lanes[r].scales = NULL;
    }
    kernels->undo[qnni_local(program)](program, &plain, p, self->scaled ? out : in, out);
    for (int32_t r = 0; r < plain.count; r++)
        kernels->multiply(program, post + r * kernels->width, in_round(self, out, r), in_round(self, out, r));
}

/* lambda and psi taken back to the pass `lead`, psi from what is kept or undone too; then the gradients of
 * the passes before it. */
static void sweep_back(const together *self, double *g)
{
    const qnni_program *program = self->program;
    const int64_t lead = program->lead, end = program->pass_count, last = self->keep ? lead : end - 1;
    void (*const back)(const qnni_program *, const qnni_rounds *, const qnni_range *, const void *, void *,
                       bool, double *) = self->kernels->back[qnni_local(program)];
    for (int64_t p = last; p >= lead && p < end; p--) {
        const qnni_range range = {p, self->keep ? end : p + 1, self->stride};
        if (!self->keep && p > lead)
            undo_pass(self, p, state_after(self, p), room_after(self, p - 1));
        back(program, &self->rounds, &range, state_after(self, p), lambda_of(self), p == lead, g);
    }
    for (int64_t p = program->first_derived; p < lead; p++)
        back(program, &self->rounds, &(qnni_range){p, p + 1, 0}, state_after(self, lead), lambda_of(self),
             true, g);
}

void qnni_pullback(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                   const double *r, double *g)
{
    if (program->first == program->turn_count || !program->group_count)
        return; /* no angle depends on theta, or nothing is observed */
    for (int64_t first = 0; first < block->points; first += lanes_together(kernels, program)) {
        together self;
        settle(kernels, program, block, first, &self);
        forward(&self);
        for (int32_t i = 0; i < self.rounds.count; i++)
            observe(&self, i, r + row_of(&self, i) * program->outputs * QNNI_LANES + lane_of(&self, i));
        sweep_back(&self, g);
    }
}
