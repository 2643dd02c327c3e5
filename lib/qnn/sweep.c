/* sweep.c - values and gradients of one block of points, from the kernels' parts.
 *
 * Adjoint differentiation (Jones & Gacon, arXiv 2009.02823): with psi the final state and
 * lambda = sum_k r_k O_k psi, the gates are undone on both, last gate first. For a rotation exp(-i a P / 2),
 * after which the states are psi and lambda,
 *
 *   d/da sum_k r_k <psi| O_k |psi> = 2 Re <lambda| (-i/2) P |psi> = Im <lambda| P |psi>.
 *
 * A kernel takes `width` lanes at a time, so a block takes LANES / width rounds.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/sweep.h"

#include <string.h>

int64_t qnni_state_size(const qnni_program *program)
{
    return (INT64_C(2) * QNNI_LANES) << program->qubits;
}

/* The block's lanes from `lane` on. */
static qnni_lanes lanes_from(const qnni_block *block, int32_t lane)
{
    qnni_lanes lanes = block->lanes;
    for (int source = 0; source < 3; source++)
        if (lanes.angles[source])
            lanes.angles[source] += lane;
    return lanes;
}

/* psi <- operations [0, first) on |0> */
static void begin(const qnni_kernels *kernels, const qnni_program *program, const qnni_lanes *lanes)
{
    memset(lanes->psi, 0, ((size_t)kernels->width << (program->qubits + 1)) * sizeof(double));
    for (int32_t lane = 0; lane < kernels->width; lane++)
        lanes->psi[lane] = 1;
    kernels->run[qnni_size_index(program->qubits)](program, lanes, 0, program->first);
}

/* psi <- all operations on |0> */
static void forward(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                    const qnni_lanes *lanes, int32_t lane)
{
    const size_t offset = (size_t)lane << (program->qubits + 1);
    const size_t doubles = (size_t)kernels->width << (program->qubits + 1);
    if (block->start)
        memcpy(lanes->psi, block->start + offset, doubles * sizeof(double));
    else
        begin(kernels, program, lanes);
    kernels->run[qnni_size_index(program->qubits)](program, lanes, program->first, program->op_count);
}

void qnni_start(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                double *states)
{
    for (int32_t lane = 0; lane < QNNI_LANES; lane += kernels->width) {
        qnni_lanes lanes = lanes_from(block, lane);
        lanes.psi = states + ((size_t)lane << (program->qubits + 1));
        begin(kernels, program, &lanes);
    }
}

void qnni_values(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block, double *f)
{
    memset(f, 0, (size_t)(program->outputs * QNNI_LANES) * sizeof *f);
    for (int32_t lane = 0; lane < QNNI_LANES; lane += kernels->width) {
        const qnni_lanes lanes = lanes_from(block, lane);
        forward(kernels, program, block, &lanes, lane);
        for (int64_t i = 0; i < program->group_count; i++) {
            const qnni_group *group = &program->groups[i];
            kernels->expect(program, group, lanes.psi, f + group->output * QNNI_LANES + lane);
        }
    }
}

void qnni_pullback(const qnni_kernels *kernels, const qnni_program *program, const qnni_block *block,
                   const double *r, double *g)
{
    if (program->first == program->op_count || !program->group_count)
        return; /* no angle depends on theta, or nothing is observed */
    for (int32_t lane = 0; lane < QNNI_LANES; lane += kernels->width) {
        const qnni_lanes lanes = lanes_from(block, lane);
        forward(kernels, program, block, &lanes, lane);
        for (int64_t i = 0; i < program->group_count; i++) {
            const qnni_group *group = &program->groups[i];
            kernels->observe(program, group, i > 0, r + group->output * QNNI_LANES + lane, &lanes);
        }
        kernels->back[qnni_size_index(program->qubits)](program, &lanes, g + lane);
    }
}
