/* call.c - one call on bound points: its scratch, and one expert after the other in it.
 *
 * An expert's half angles and diagonals are tabulated, and its block is that of the points with these; the
 * gradients of its slots are summed lane by lane over the rows in order, then over the lanes.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/call.h"

#include <string.h>

enum { PARTS = 10 };

/* The sizes of the parts; false if they do not fit together. */
static bool part_sizes(const qnni_expert *expert, const qnni_points *bound, int64_t sizes[PARTS])
{
    const qnni_program *program = &expert->program;
    const int64_t slots = program->angle_count[QNN_THETA];
    int64_t total = 0;
    sizes[0] = moei_mul(slots, 2 * QNNI_LANES);
    sizes[1] = moei_mul(program->diagonal_count, qnni_diagonal_size(program));
    sizes[2] = moei_mul(slots, QNNI_LANES);
    sizes[3] = moei_mul(bound->rows, moei_mul(program->outputs, QNNI_LANES));
    sizes[4] = qnni_work_size(bound->kernels, program, expert->keep, bound->states);
    sizes[5] = bound->psi ? qnni_mean_scratch(expert->kernels, program) : 0;
    sizes[6] = moei_mul(slots, QNNI_LANES);
    sizes[7] = qnni_is_single(bound->kernels) ? qnni_doubles_of(bound->kernels, sizes[1]) : 0;
    sizes[8] = moei_mul(program->pass_count + 16, 3) / 8 * 8;
    sizes[9] = bound->crowd ? qnni_crowd_scratch(bound->crowd) : 0;
    for (int i = 0; i < PARTS; i++)
        if (sizes[i] < 0 || __builtin_add_overflow(total, sizes[i], &total))
            return false;
    return moei_mul(total, sizeof(double)) >= 0;
}

int64_t qnni_call_bytes(const qnni_expert *expert, const qnni_points *bound)
{
    int64_t sizes[PARTS], total = 0;
    if (!part_sizes(expert, bound, sizes))
        return -1;
    for (int i = 0; i < PARTS; i++)
        total += sizes[i];
    return total * (int64_t)sizeof(double);
}

qnni_call qnni_call_in(const qnni_expert *expert, const qnni_points *bound, void *work)
{
    int64_t sizes[PARTS];
    double *part[PARTS], *next = work;
    part_sizes(expert, bound, sizes);
    for (int i = 0; i < PARTS; i++) {
        part[i] = next;
        next += sizes[i];
    }
    const int64_t passes = expert->program.pass_count;
    double *norms = part[8] + passes;
    const qnni_scales theta = {norms, norms + 1, norms + 2, (bool *)(norms + 2 + passes)};
    return (qnni_call){part[0], part[1], part[2], part[3], part[4], part[5],
                       part[6], part[7], part[8], part[9], theta};
}

static void spread_single(float value, float *lanes)
{
    for (int lane = 0; lane < QNNI_LANES; lane++)
        lanes[lane] = value;
}

static void spread_double(double value, double *lanes)
{
    for (int lane = 0; lane < QNNI_LANES; lane++)
        lanes[lane] = value;
}

/* scratch <- the half angles and diagonals of an expert, for the points' kernels */
static void tabulate_theta(const qnni_expert *expert, const qnni_kernels *kernels, const double *theta,
                           const qnni_call *scratch)
{
    const qnni_program *program = &expert->program;
    const double *const angles[3] = {program->constants, scratch->angles, NULL};
    for (int64_t slot = 0; slot < program->angle_count[QNN_THETA]; slot++) {
        double tc[2], *row = scratch->angles + slot * 2 * QNNI_LANES;
        qnni_tabulate_angle(program, &program->angles[QNN_THETA][slot], theta, tc);
        row[0] = tc[0];
        row[QNNI_LANES] = tc[1];
        if (qnni_is_single(kernels))
            spread_single((float)tc[0], (float *)scratch->tangents + slot * QNNI_LANES);
        else
            spread_double(tc[0], scratch->tangents + slot * QNNI_LANES);
    }
    for (int64_t p = program->first_pass; p < program->pass_count; p++) {
        const qnni_pass *pass = &program->passes[p];
        if (pass->phase_count)
            expert->kernels->tabulate(program, pass, angles,
                                      scratch->diagonals + pass->diagonal * qnni_diagonal_size(program));
    }
}

qnni_block qnni_call_block(const qnni_expert *expert, const qnni_points *bound, const double *theta,
                           const qnni_call *scratch)
{
    const qnni_program *program = &expert->program;
    const double *const angles[3] = {program->constants, scratch->angles, NULL};
    qnni_block block = qnni_points_block(expert, bound);
    tabulate_theta(expert, bound->kernels, theta, scratch);
    block.theta = scratch->theta;
    qnni_theta_scales(bound->kernels, program, angles, bound->smallest, scratch->passes, &block.theta);
    block.angles[QNN_THETA] = scratch->angles;
    block.tangents[QNN_THETA] = scratch->tangents;
    block.diagonals = scratch->diagonals;
    block.work = scratch->states;
    if (qnni_is_single(bound->kernels)) {
        float *singles = (float *)scratch->singles;
        for (int64_t i = 0; i < program->diagonal_count * qnni_diagonal_size(program); i++)
            singles[i] = (float)scratch->diagonals[i];
        block.diagonals = singles;
    }
    return block;
}

/* ---- residuals and gradients ------------------------------------------------------------------ */

void qnni_stand_in(const qnni_mean_stage *mean, qnni_block *block)
{
    block->points = mean->count;
    block->start = mean->states;
    block->alike = true;
}

void qnni_spread_residuals(int64_t rows, int64_t n, int64_t K, const double *r, double *lanes)
{
    for (int64_t row = 0; row < rows; row++)
        for (int64_t k = 0; k < K; k++)
            for (int64_t lane = 0; lane < QNNI_LANES; lane++)
                lanes[(row * K + k) * QNNI_LANES + lane] =
                    lane < qnni_points_in(n, row) ? r[(row * QNNI_LANES + lane) * K + k] : 0;
}

void qnni_collect(const qnni_program *program, const double *sums, double *g)
{
    memset(g, 0, (size_t)program->parameters * sizeof *g);
    for (int64_t slot = 0; slot < program->angle_count[QNN_THETA]; slot++) {
        const qnni_angle *angle = &program->angles[QNN_THETA][slot];
        double total = 0;
        for (int lane = 0; lane < QNNI_LANES; lane++)
            total += sums[slot * QNNI_LANES + lane];
        g[angle->index] += angle->scale * total;
    }
}
