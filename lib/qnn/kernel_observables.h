/* kernel_observables.h - expectations of observables, what they make of psi; norms; tables of diagonals.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_KERNEL_OBSERVABLES_H
#define QNNI_KERNEL_OBSERVABLES_H

#include "qnn/kernel_vector.h"

/* ---- diagonals -------------------------------------------------------------------------------- */

#ifndef QNNI_SINGLE

/* Eight entries at a time: |j & z| of the three low bits makes one pattern, the others its sign. */
static void tabulate(const qnni_program *program, const qnni_pass *pass, const double *const angles[3],
                     double *table)
{
    const size_t size = (size_t)qnni_diagonal_size(program) / 2;
    double *re = table, *im = table + size;
    for (size_t j = 0; j < size; j++) {
        re[j] = 1;
        im[j] = 0;
    }
    for (int64_t i = 0; i < pass->phase_count; i++) {
        const qnni_phase *phase = &pass->phases[i];
        const double *row = angles[phase->source] + phase->slot * 2 * QNNI_LANES;
        const double c = row[QNNI_LANES], s = -phase->sign * row[0] * c;
        double pattern[8] __attribute__((aligned(64)));
        for (uint32_t j = 0; j < 8; j++)
            pattern[j] = __builtin_parity(j & phase->z) ? -s : s;
        for (size_t j = 0; j < size; j += WIDTH) {
            vector *x = (vector *)(re + j), *y = (vector *)(im + j);
            const vector sine =
                turned(*(const vector *)(pattern + (j & 7)), outside_sign(j & ~(size_t)7, phase->z));
            const vector old = *x;
            *x = c * old - sine * *y;
            *y = c * *y + sine * old;
        }
    }
}

#endif

/* ---- observables ------------------------------------------------------------------------------ */

static void expect(const qnni_program *program, const qnni_group *group, const void *psi, double *f)
{
    const size_t size = (size_t)1 << program->qubits, flip = group->flip;
    const vector *state = psi;
    widened partial[MOST_PARTIAL];
    int last = 0;
    for (size_t begin = 0; begin < size; begin += RUN) {
        vector sum = {0};
        for (size_t j = begin; j < size && j < begin + RUN; j++) {
            const vector *a = state + 2 * j, *b = state + 2 * (j ^ flip);
            sum += (real)group->d[j] * (group->odd ? a[1] * b[0] - a[0] * b[1] : a[0] * b[0] + a[1] * b[1]);
        }
        add_by_pairs(begin / RUN, sum, partial);
    }
    while ((size_t)RUN << last < size)
        last++;
    add_widened(f, partial[last]);
}

static void observe(const qnni_program *program, const qnni_group *group, bool add, const void *r,
                    const void *psi, void *lambda)
{
    const size_t size = (size_t)1 << program->qubits, flip = group->flip;
    const vector weight = *(const vector *)r, *state = psi;
    vector *to = lambda;
    for (size_t j = 0; j < size; j++) {
        const vector *b = state + 2 * (j ^ flip), w = (real)group->d[j] * weight;
        vector re = w * b[0], im = w * b[1];
        if (group->odd) { /* times i */
            const vector swapped = -im;
            im = re;
            re = swapped;
        }
        if (add) {
            re += to[2 * j];
            im += to[2 * j + 1];
        }
        to[2 * j] = re;
        to[2 * j + 1] = im;
    }
}

/* ---- norms ------------------------------------------------------------------------------------ */

static void multiply(const qnni_program *program, const double *factor, const void *from, void *to)
{
    const vector *in = from;
    vector *out = to;
    for (size_t i = 0; i < (size_t)2 << program->qubits; i++)
        out[i] = times_wide(in[i], factor);
}

#endif
