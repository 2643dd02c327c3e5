/* gradients.c - gradients at points, from the kernels' passes.
 *
 * Adjoint differentiation (Jones & Gacon, arXiv 2009.02823): with psi the final state and
 * lambda = sum_k r_k O_k psi, the passes are undone on lambda, last first. For a turn exp(-i a P / 2), after
 * which the states are psi and lambda,
 *
 *   d/da sum_k r_k <psi| O_k |psi> = 2 Re <lambda| (-i/2) P |psi> = Im <lambda| P |psi>.
 *
 * psi is what the way forward left after each pass, if that was kept, else undone too.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/norms.h"
#include "qnn/together.h"

#include <math.h>

/* The states for the way back. */
static void forward(const qnni_together *self)
{
    const qnni_program *program = self->program;
    const int32_t k = qnni_local(program);
    const int64_t end = program->pass_count, from = program->first_pass;
    if (self->keep)
        self->kernels->run[k](program, &self->rounds, &(qnni_range){from, end, self->stride}, self->start,
                              self->states);
    for (int64_t p = from; p < end && !self->keep; p++)
        self->kernels->run[k](program, &self->rounds, &(qnni_range){p, p + 1, 0},
                              qnni_state_after(self, p - 1), qnni_room_after(self, p));
}

/* weight[lane] power[lane] = n^2; power is 1 in all lanes (false) unless n^2 might be too small for a float.
 */
static bool split_norms(const qnni_together *self, int32_t r, double *weight, double *power)
{
    bool small = false;
    for (int32_t lane = 0; lane < self->kernels->width; lane++)
        small = small ||
                (self->scaled && fabs(self->norm[r * self->kernels->width + lane]) < QNNI_SAFE_NORM_SINGLE);
    for (int32_t lane = 0; lane < self->kernels->width; lane++) {
        const double norm = self->norm[r * self->kernels->width + lane];
        int exponent = 0;
        weight[lane] = norm * (small ? frexp(norm, &exponent) : norm);
        power[lane] = small ? ldexp(1, exponent) : 1;
    }
    return small;
}

/* lambda <- sum_k r_k n^2 O_k psi in round r; r: [k, lane] */
static void observe(const qnni_together *self, int32_t r, const double *residuals)
{
    const qnni_program *program = self->program;
    const qnni_kernels *kernels = self->kernels;
    void *lambda = qnni_in_round(self, qnni_lambda_of(self), r);
    const void *psi =
        qnni_const_at(kernels, qnni_state_after(self, program->pass_count - 1), r * self->rounds.stride);
    double weight[QNNI_LANES];
    _Alignas(64) double power[QNNI_LANES], reals[QNNI_LANES];
    const bool small = split_norms(self, r, weight, power);
    for (int64_t i = 0; i < program->group_count; i++) {
        const qnni_group *group = &program->groups[i];
        for (int32_t lane = 0; lane < kernels->width; lane++)
            qnni_put(kernels, reals, lane, residuals[group->output * QNNI_LANES + lane] * weight[lane]);
        kernels->observe(program, group, i > 0, reals, psi, lambda);
    }
    if (small)
        kernels->multiply(program, power, lambda, lambda);
}

/* psi before pass p <- after it, in round r, at the scale it had on the way forward: what `undo` leaves is
 * c^2 / scale of it too large. */
static void undo_pass(const qnni_together *self, int64_t p, const void *in, void *out)
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
        qnni_angles_of(self, r, angles);
        for (int32_t lane = 0; lane < kernels->width; lane++) {
            int exponent = 0;
            const double c = qnni_pass_norm(program, angles, p, lane);
            const double mantissa = self->scaled ? frexp(c, &exponent) : c;
            const double scale = scaled ? qnni_get(kernels, lanes->scales, p * QNNI_LANES + lane) : 1;
            pre[lane] = ldexp(1, exponent);
            post[r * kernels->width + lane] = mantissa * c / scale;
        }
        if (self->scaled)
            kernels->multiply(program, pre, qnni_const_at(kernels, in, r * plain.stride),
                              qnni_in_round(self, out, r));
        plain.lanes[r].scales = NULL;
    }
    kernels->undo[qnni_local(program)](program, &plain, p, self->scaled ? out : in, out);
    for (int32_t r = 0; r < plain.count; r++)
        kernels->multiply(program, post + r * kernels->width, qnni_in_round(self, out, r),
                          qnni_in_round(self, out, r));
}

/* lambda and psi taken back to the pass `lead`, psi from what is kept or undone too; then the gradients of
 * the passes before it. */
static void sweep_back(const qnni_together *self, double *g)
{
    const qnni_program *program = self->program;
    const int64_t lead = program->lead, end = program->pass_count, last = self->keep ? lead : end - 1;
    void (*const back)(const qnni_program *, const qnni_rounds *, const qnni_range *, const void *, void *,
                       bool, double *) = self->kernels->back[qnni_local(program)];
    for (int64_t p = last; p >= lead && p < end; p--) {
        const qnni_range range = {p, self->keep ? end : p + 1, self->stride};
        if (!self->keep && p > lead)
            undo_pass(self, p, qnni_state_after(self, p), qnni_room_after(self, p - 1));
        back(program, &self->rounds, &range, qnni_state_after(self, p), qnni_lambda_of(self), p == lead, g);
    }
    for (int64_t p = program->first_derived; p < lead; p++)
        back(program, &self->rounds, &(qnni_range){p, p + 1, 0}, qnni_state_after(self, lead),
             qnni_lambda_of(self), true, g);
}

void qnni_pullback(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                   const double *r, double *g)
{
    if (program->first == program->turn_count || !program->group_count)
        return; /* no angle depends on theta, or nothing is observed */
    for (int64_t first = 0; first < block->points; first += qnni_lanes_together(kernels, program)) {
        qnni_together self;
        qnni_settle(kernels, program, block, first, &self);
        forward(&self);
        for (int32_t i = 0; i < self.rounds.count; i++)
            observe(&self, i,
                    r + qnni_row_of(&self, i) * program->outputs * QNNI_LANES + qnni_lane_of(&self, i));
        sweep_back(&self, g);
    }
}
