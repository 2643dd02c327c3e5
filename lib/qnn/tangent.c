/* tangent.c - Hessian-vector products: adjoint differentiation with dual numbers.
 *
 * Every state has a derivative along the direction: (psi, dpsi) forward, (lambda, dlambda) back. A pass is
 * psi' = U psi, and all turns by theta in it commute with what follows them in it; so with the pass's
 * generator G (tangent_kernels.h), taken where its steps end,
 *
 *   dU = G U:   dpsi' = U dpsi + G psi',   dlambda = U^H (dlambda' - G lambda').
 *
 * The phases by theta of the diagonal that begins the next pass have their generator Z at the same place.
 * What a gradient Im <lambda| P |psi> changes by is Im <dlambda| P |psi> + Im <lambda| P |dpsi>, where at
 * that place
 *
 *   dpsi = U dpsi_before + G psi,   dlambda = what comes back from the next pass - Z lambda.
 *
 * The kernels' `back` takes gradients and undoes a pass in one go. It is called on (dpsi, lambda), and on
 * (psi, dlambda - G lambda), which is what is to be undone; Im <G lambda| P |psi> is then added by a third
 * call that undoes nothing. (Where no phase follows, P and G commute, and U dpsi_before in place of dpsi
 * saves it.)
 *
 * Norms are those of gradients.c: dpsi has psi's factor, dlambda that of lambda. (Dual numbers through adjoint
 * sweeps: Pearlmutter, Neural Computation 6 (1994) 147, does the same for perceptrons.)
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/tangent.h"

#include "qnn/tangent_kernels.h"

#include <string.h>

/* The states of a round: psi after each pass, then dpsi after each; then the start, two of lambda, G lambda,
 * dpsi where the next pass begins; the scales. */
typedef struct room {
    int64_t stride;
    double *psi, *dpsi, *start, *lambda, *dlambda, *turned, *next, *scales;
} room;

static int64_t passes_of(const qnni_program *program)
{
    return program->pass_count - program->first_pass;
}

/* As in together.c: the gap keeps states off the same lines of the first-level cache. */
static int64_t stride_of(const qnni_kernels *kernels, const qnni_program *program)
{
    return ((int64_t)kernels->width << (program->qubits + 1)) + 5 * 64 / (int64_t)sizeof(double);
}

int64_t qnni_tangent_size(const qnni_kernels *kernels, const qnni_program *program)
{
    const int64_t states = moei_mul(2 * passes_of(program) + 5, stride_of(kernels, program));
    const int64_t scales = qnni_start_size(program);
    return states < 0 || scales < 0 || moei_mul(states + scales, sizeof(double)) < 0 ? -1 : states + scales;
}

static room room_in(const qnni_kernels *kernels, const qnni_program *program, double *scratch)
{
    const int64_t stride = stride_of(kernels, program), half = passes_of(program) * stride;
    room self = {.stride = stride, .psi = scratch, .dpsi = scratch + half};
    self.lambda = self.dpsi + half;
    self.dlambda = self.lambda + stride;
    self.turned = self.dlambda + stride;
    self.next = self.turned + stride;
    self.start = self.next + stride;
    self.scales = self.start + stride;
    return self;
}

static const double *delta_behind(const qnni_program *program, int64_t p, const qnni_direction *direction)
{
    const qnni_pass *pass = &program->passes[p];
    if (!(pass->simple_count + pass->mixed_count))
        return NULL;
    return direction->deltas + program->passes[p + 1].diagonal * qnni_diagonal_size(program) / 2;
}

void qnni_tangent_tabulate(const qnni_kernels *kernels, const qnni_program *program, const double *half,
                           double *deltas)
{
    const qnni_direction direction = {half, deltas};
    for (int64_t p = program->first_pass; p < program->pass_count; p++) {
        const double *delta = delta_behind(program, p, &direction);
        if (delta)
            qnni_tangent_kernels_of(kernels)->tabulate(program, &program->passes[p], half,
                                                       deltas + (delta - deltas));
    }
}

/* ---- one round -------------------------------------------------------------------------------- */

/* What the functions below share. */
typedef struct tangent_round {
    const qnni_kernels *kernels;
    const qnni_tangent_kernels *own;
    const qnni_program *program;
    room room;
    qnni_rounds rounds; /* just one        */
    double norm[QNNI_LANES];
} tangent_round;

static void settle_round(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                         int64_t first, double *scratch, tangent_round *self)
{
    qnni_block alone = *block;
    self->kernels = kernels;
    self->own = qnni_tangent_kernels_of(kernels);
    self->program = program;
    self->room = room_in(kernels, program, scratch);
    alone.work = self->room.scales;
    qnni_round_of(kernels, program, &alone, first, &self->rounds, self->norm);
}

/* The state after pass p among those after each. */
static double *after(const tangent_round *self, double *states, int64_t p)
{
    return states + (p - self->program->first_pass) * self->room.stride;
}

void qnni_tangent_open(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                       int64_t first, double *scratch)
{
    const room places = room_in(kernels, program, scratch);
    qnni_block alone = *block;
    alone.work = places.scales;
    const void *start = qnni_start_of(kernels, program, &alone, first, places.start);
    tangent_round self;
    settle_round(kernels, program, block, first, scratch, &self);
    const qnni_range range = {program->first_pass, program->pass_count, places.stride};
    kernels->run[qnni_local(program)](program, &self.rounds, &range, start, places.psi);
}

/* dpsi after each pass (without G psi where no phase follows), and at the end in room.next */
static void move_forward(const tangent_round *self, const qnni_direction *direction, bool keep)
{
    const qnni_program *program = self->program;
    const room *places = &self->room;
    const int32_t k = qnni_local(program);
    memset(places->next, 0, (size_t)places->stride * sizeof(double));
    for (int64_t p = program->first_derived; p < program->pass_count; p++) {
        const qnni_pass *pass = &program->passes[p];
        const double *delta = delta_behind(program, p, direction);
        double *dpsi = keep ? after(self, places->dpsi, p) : places->next;
        self->kernels->run[k](program, &self->rounds, &(qnni_range){p, p + 1, 0}, places->next, dpsi);
        self->own->advance(k, program, pass, direction->half, delta, after(self, places->psi, p), dpsi,
                           delta && keep ? dpsi : NULL, places->next);
    }
}

static void overlaps(const tangent_round *self, double *df)
{
    const qnni_program *program = self->program;
    const double *psi = after(self, self->room.psi, program->pass_count - 1);
    for (int64_t k = 0; k < program->outputs; k++)
        for (int32_t i = 0; i < self->kernels->width; i++)
            df[k * QNNI_LANES + i] = 0;
    for (int64_t i = 0; i < program->group_count; i++) {
        const qnni_group *group = &program->groups[i];
        self->own->overlap(program, group, psi, self->room.next, df + group->output * QNNI_LANES);
    }
    for (int64_t k = 0; k < program->outputs; k++)
        for (int32_t i = 0; i < self->kernels->width; i++)
            df[k * QNNI_LANES + i] *= self->norm[i] * self->norm[i];
}

/* lambda <- sum_k r_k n^2 O_k psi, dlambda the same of dpsi */
static void observe(const tangent_round *self, const double *r)
{
    const qnni_program *program = self->program;
    const double *psi = after(self, self->room.psi, program->pass_count - 1);
    for (int64_t i = 0; i < program->group_count; i++) {
        const qnni_group *group = &program->groups[i];
        const double *residuals = r + group->output * QNNI_LANES;
        _Alignas(64) double weight[QNNI_LANES];
        for (int32_t lane = 0; lane < self->kernels->width; lane++)
            weight[lane] = residuals[lane] * self->norm[lane] * self->norm[lane];
        self->kernels->observe(program, group, i > 0, weight, psi, self->room.lambda);
        self->kernels->observe(program, group, i > 0, weight, self->room.next, self->room.dlambda);
    }
}

static void move_back(const tangent_round *self, const qnni_direction *direction, double *h)
{
    const qnni_program *program = self->program;
    const room *places = &self->room;
    const int32_t k = qnni_local(program);
    const int64_t first = program->first_derived;
    for (int64_t p = program->pass_count - 1; p >= first; p--) {
        const qnni_range range = {p, p + 1, places->stride};
        const double *psi = after(self, places->psi, p), *delta = delta_behind(program, p, direction);
        self->own->retreat(k, program, &program->passes[p], direction->half, delta, places->lambda,
                           delta ? places->turned : NULL, places->dlambda);
        if (delta)
            self->kernels->back[k](program, &self->rounds, &range, psi, places->turned, true, h);
        self->kernels->back[k](program, &self->rounds, &range, after(self, places->dpsi, p), places->lambda,
                               p == first, h);
        self->kernels->back[k](program, &self->rounds, &range, psi, places->dlambda, p == first, h);
    }
}

void qnni_tangent(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                  int64_t first, const qnni_direction *direction, const double *r, double *df, double *h,
                  double *scratch)
{
    tangent_round self;
    settle_round(kernels, program, block, first, scratch, &self);
    move_forward(&self, direction, h != NULL);
    if (df)
        overlaps(&self, df);
    if (!h || !program->group_count)
        return;
    observe(&self, r);
    move_back(&self, direction, h);
}
