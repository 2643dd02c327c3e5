/* crowd.c - experts side by side at each of the points: tables of the points, loops over experts.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/crowd.h"

#include <math.h>
#include <string.h>

/* Up to how many points, by qubits, as measured (docs/NUMERICS.md). Beyond, lanes of points are faster: their
 * turns take half the arithmetic, and more amplitudes than registers hold cost them less. */
static const int64_t most_points[QNNI_CROWD_QUBITS + 1] = {0, INT64_MAX, INT64_MAX, 24, 4};

bool qnni_crowd_pays(const qnni_program *program, int64_t n)
{
    return program->qubits <= QNNI_CROWD_QUBITS && n <= most_points[program->qubits];
}

/* ---- the points ------------------------------------------------------------------------------- */

/* row: cosine, sine, tangent */
static void half_angle(const qnni_angle *angle, const double *v, double row[3])
{
    const double half = 0.5 * ((angle->scale != 0 ? angle->scale * v[angle->index] : 0) + angle->shift);
    row[0] = cos(half);
    row[1] = sin(half);
    row[2] = row[1] / row[0]; /* no double is an odd multiple of pi / 2 */
}

/* (P psi)_j = i^y (-1)^|k & z| psi_k, k = j ^ x */
static qnni_crowd_step step_of(const qnni_program *program, const qnni_turn *turn)
{
    const int y = qnni_pauli_count_y(turn->pauli);
    qnni_crowd_step step = {.flip = turn->pauli.x, .odd = y % 2, .source = turn->source, .slot = turn->slot};
    for (uint32_t j = 0; j < UINT32_C(1) << program->qubits; j++) {
        const int minus = __builtin_parity((j ^ turn->pauli.x) & turn->pauli.z) ^ (y / 2 % 2);
        step.sign[j] = minus ? -turn->sign : turn->sign;
    }
    return step;
}

/* psi <- exp(-i a P / 2) psi, plainly */
static void turn_plainly(int64_t amplitudes, const qnni_crowd_step *step, const double cs[2], double *psi)
{
    double old[2 << QNNI_CROWD_QUBITS];
    memcpy(old, psi, (size_t)(2 * amplitudes) * sizeof *psi);
    for (int64_t j = 0; j < amplitudes; j++) {
        const double *p = old + 2 * (j ^ step->flip), v = step->sign[j] * cs[1];
        psi[2 * j] = cs[0] * old[2 * j] + v * (step->odd ? p[0] : p[1]);
        psi[2 * j + 1] = cs[0] * old[2 * j + 1] + v * (step->odd ? p[1] : -p[0]);
    }
}

static const double *angle_of_point(const qnni_crowd *crowd, int32_t source, int64_t slot, int64_t j)
{
    return source == QNN_CONSTANT ? crowd->constants + 3 * slot
                                  : crowd->inputs + 3 * (j * crowd->program->angle_count[QNN_INPUT] + slot);
}

static void fill(qnni_crowd *crowd, const double *x)
{
    const qnni_program *program = crowd->program;
    const int64_t slots = program->angle_count[QNN_INPUT], amplitudes = INT64_C(1) << program->qubits;
    for (int64_t slot = 0; slot < program->angle_count[QNN_CONSTANT]; slot++)
        half_angle(&program->angles[QNN_CONSTANT][slot], NULL, crowd->constants + 3 * slot);
    for (int64_t i = program->first; i < program->turn_count; i++) {
        crowd->steps[i - program->first] = step_of(program, &program->turns[i]);
        crowd->theta_count += program->turns[i].source == QNN_THETA;
    }
    for (int64_t j = 0; j < crowd->n; j++) {
        double *start = crowd->starts + j * 2 * amplitudes;
        for (int64_t slot = 0; slot < slots; slot++)
            half_angle(&program->angles[QNN_INPUT][slot], x + j * program->inputs,
                       crowd->inputs + 3 * (j * slots + slot));
        start[0] = 1;
        for (int64_t i = 0; i < program->first; i++) {
            const qnni_crowd_step step = step_of(program, &program->turns[i]);
            turn_plainly(amplitudes, &step, angle_of_point(crowd, step.source, step.slot, j), start);
        }
        crowd->norms[j] = 1;
        for (int64_t i = 0; i < crowd->step_count; i++)
            if (crowd->steps[i].source != QNN_THETA)
                crowd->norms[j] *= *angle_of_point(crowd, crowd->steps[i].source, crowd->steps[i].slot, j);
    }
}

int32_t qnni_crowd_create(moei_core *core, const qnni_program *program, int64_t n, const double *x,
                          qnni_crowd **out)
{
    qnni_crowd *crowd = MOEI_NEW(core, 1, qnni_crowd);
    if (!crowd)
        return MOE_ERROR_MEMORY;
    crowd->program = program;
    crowd->n = n;
    crowd->step_count = program->turn_count - program->first;
    crowd->steps = MOEI_NEW(core, crowd->step_count, qnni_crowd_step);
    crowd->starts = MOEI_NEW(core, moei_mul(n, INT64_C(2) << program->qubits), double);
    crowd->inputs = MOEI_NEW(core, moei_mul(n, moei_mul(3, program->angle_count[QNN_INPUT])), double);
    crowd->constants = MOEI_NEW(core, moei_mul(3, program->angle_count[QNN_CONSTANT]), double);
    crowd->norms = MOEI_NEW(core, n, double);
    if (!crowd->steps || !crowd->norms || !crowd->starts || !crowd->inputs || !crowd->constants) {
        qnni_crowd_free(core, crowd);
        return MOE_ERROR_MEMORY;
    }
    fill(crowd, x);
    *out = crowd;
    return MOE_OK;
}

void qnni_crowd_free(moei_core *core, qnni_crowd *crowd)
{
    if (!crowd)
        return;
    moei_free(core, crowd->norms);
    moei_free(core, crowd->constants);
    moei_free(core, crowd->inputs);
    moei_free(core, crowd->starts);
    moei_free(core, crowd->steps);
    moei_free(core, crowd);
}

/* ---- the experts ------------------------------------------------------------------------------ */

/* Points whose sums are kept for each lane until all experts are in: 16 KiB of them for one output. */
enum { POINTS = 256 };

/* The points at once: as many as have POINTS values in all, or one. */
static int64_t points_at_once(const qnni_crowd *crowd)
{
    const int64_t K = crowd->program->outputs, most = K < POINTS ? POINTS / K : 1;
    return crowd->n < most ? crowd->n : most;
}

/* Scratch: angles, gradients by slot, states behind turns, weights, sums over experts. */
typedef struct scratch_parts {
    double *angles, *g, *history, *w, *f;
} scratch_parts;

static int64_t history_size(const qnni_crowd *crowd)
{
    return moei_mul(crowd->theta_count, (INT64_C(2) * QNNI_LANES) << crowd->program->qubits);
}

int64_t qnni_crowd_scratch(const qnni_crowd *crowd)
{
    const qnni_program *program = crowd->program;
    const int64_t slots = moei_mul(QNNI_LANES, moei_mul(4, program->angle_count[QNN_THETA]) + 2);
    const int64_t values = moei_mul(QNNI_LANES, program->outputs), history = history_size(crowd);
    return slots < 0 || values < 0 || history < 0 ? -1 : slots + points_at_once(crowd) * values + history;
}

static scratch_parts parts_of(const qnni_crowd *crowd, double *scratch)
{
    const int64_t slots = crowd->program->angle_count[QNN_THETA];
    scratch_parts parts = {.angles = scratch, .g = scratch + QNNI_LANES * (3 * slots + 1)};
    parts.history = parts.g + QNNI_LANES * slots;
    parts.w = parts.history + history_size(crowd);
    parts.f = parts.w + QNNI_LANES;
    return parts;
}

static int64_t lanes_at(const qnni_crowd_kernels *kernels, int64_t count, int64_t first)
{
    return count - first < kernels->width ? count - first : kernels->width;
}

void qnni_crowd_values(const qnni_kernels *of, const qnni_crowd *crowd, int64_t count, const double *theta,
                       double *f, double *scratch)
{
    const qnni_crowd_kernels *kernels = qnni_crowd_kernels_of(of);
    const qnni_program *program = crowd->program;
    const scratch_parts parts = parts_of(crowd, scratch);
    const int64_t K = program->outputs;
    for (int64_t lane = 0; lane < kernels->width; lane++)
        parts.w[lane] = 1;
    for (int64_t i = 0; i < count; i += kernels->width) {
        kernels->tabulate(crowd, count - i, theta + i * program->parameters, parts.angles);
        for (int64_t j = 0; j < crowd->n; j++) {
            memset(parts.f, 0, (size_t)(K * kernels->width) * sizeof *parts.f);
            kernels->add(crowd, j, parts.angles, parts.w, parts.f);
            for (int64_t lane = 0; lane < lanes_at(kernels, count, i); lane++)
                for (int64_t k = 0; k < K; k++)
                    f[((i + lane) * crowd->n + j) * K + k] = parts.f[k * kernels->width + lane];
        }
    }
}

/* f[j,k] += sum_i w_i f_k(theta_i, x_j) for begin <= j < end */
static void add_points(const qnni_kernels *of, const qnni_crowd *crowd, int64_t begin, int64_t end,
                       int64_t count, const double *theta, const double *w, double *f, double *scratch)
{
    const qnni_crowd_kernels *kernels = qnni_crowd_kernels_of(of);
    const scratch_parts parts = parts_of(crowd, scratch);
    const int64_t K = crowd->program->outputs, width = kernels->width;
    memset(parts.f, 0, (size_t)((end - begin) * K * width) * sizeof *parts.f);
    for (int64_t i = 0; i < count; i += width) {
        memset(parts.w, 0, (size_t)width * sizeof *parts.w); /* lanes beyond the last expert do not count */
        memcpy(parts.w, w + i, (size_t)lanes_at(kernels, count, i) * sizeof *w);
        kernels->tabulate(crowd, count - i, theta + i * crowd->program->parameters, parts.angles);
        for (int64_t j = begin; j < end; j++)
            kernels->add(crowd, j, parts.angles, parts.w, parts.f + (j - begin) * K * width);
    }
    for (int64_t jk = begin * K; jk < end * K; jk++)
        for (int64_t lane = 0; lane < width; lane++)
            f[jk] += parts.f[(jk - begin * K) * width + lane];
}

void qnni_crowd_add(const qnni_kernels *of, const qnni_crowd *crowd, int64_t count, const double *theta,
                    const double *w, double *f, double *scratch)
{
    const int64_t many = points_at_once(crowd);
    for (int64_t j = 0; j < crowd->n; j += many)
        add_points(of, crowd, j, j + many < crowd->n ? j + many : crowd->n, count, theta, w, f, scratch);
}

void qnni_crowd_pullback(const qnni_kernels *of, const qnni_crowd *crowd, int64_t count, const double *theta,
                         const double *r, double *g, double *scratch)
{
    const qnni_crowd_kernels *kernels = qnni_crowd_kernels_of(of);
    const qnni_program *program = crowd->program;
    const scratch_parts parts = parts_of(crowd, scratch);
    const int64_t slots = program->angle_count[QNN_THETA], d = program->parameters, width = kernels->width;
    memset(g, 0, (size_t)(count * d) * sizeof *g);
    for (int64_t i = 0; i < count; i += width) {
        kernels->tabulate(crowd, count - i, theta + i * d, parts.angles);
        memset(parts.g, 0, (size_t)(slots * width) * sizeof *parts.g);
        for (int64_t j = 0; j < crowd->n; j++)
            kernels->pullback(crowd, j, parts.angles, r + j * program->outputs, parts.history, parts.g);
        for (int64_t slot = 0; slot < slots; slot++) {
            const qnni_angle *angle = &program->angles[QNN_THETA][slot];
            for (int64_t lane = 0; lane < lanes_at(kernels, count, i); lane++)
                g[(i + lane) * d + angle->index] += angle->scale * parts.g[slot * width + lane];
        }
    }
}
