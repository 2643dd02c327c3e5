/* decompose.c - two-level elimination (Nielsen & Chuang, section 4.5.1).
 *
 * Rows of U, ordered so that neighbours differ in one bit (0, 1, 3, 2), are combined two at a time,
 *
 *   G = (c, s e^-ip; -s e^ip, c)  on rows (j, k),   c, s >= 0,
 *
 * until U is diagonal: G_m ... G_1 U = D, so U = G_1^H ... G_m^H D. On the two levels G^H is
 * Z(p) Y(2 atan2(s, c)) Z(-p), where S(a) = exp(-i a S / 2); with the other bit o held at b,
 *
 *   exp(-i a/2 S (1 + (-1)^b Z_o) / 2) = exp(-i a/4 S) exp(-i (-1)^b a/4 S Z_o).
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/decompose.h"

#include <math.h>
#include <string.h>

typedef struct rotation_list {
    const qnni_gate *gate;
    qnni_rotation *rotations;
    int count;
} rotation_list;

/* A mask on the gate's own qubits, the first named its high bit, as one on the circuit's. */
static uint32_t placed(const qnni_gate *gate, uint32_t own)
{
    uint32_t mask = 0;
    for (int i = 0; i < gate->qubits; i++)
        mask |= own >> (gate->qubits - 1 - i) & 1 ? gate->bit[i] : 0;
    return mask;
}

static void append(rotation_list *list, uint32_t x, uint32_t z, double angle)
{
    if (angle != 0)
        list->rotations[list->count++] =
            (qnni_rotation){{placed(list->gate, x), placed(list->gate, z)}, angle};
}

/* S(angle) on levels (j, k), S = Y if x, else Z */
static void append_two_level(rotation_list *list, bool x, uint32_t j, uint32_t k, double angle)
{
    const uint32_t bit = j ^ k, other = (UINT32_C(1) << list->gate->qubits) - 1 - bit;
    const double directed = j & bit ? -angle : angle;
    if (!other) {
        append(list, x ? bit : 0, bit, directed);
        return;
    }
    append(list, x ? bit : 0, bit, directed / 2);
    append(list, x ? bit : 0, bit | other, j & other ? -directed / 2 : directed / 2);
}

/* What one G does: its levels and angles. */
typedef struct two_level {
    uint32_t j, k;
    double turn, phase;
} two_level;

/* G such that entry (k, column) of G U vanishes; U <- G U */
static two_level eliminate(double *u, uint32_t size, uint32_t j, uint32_t k, uint32_t column)
{
    double *a = u + 2 * (j * size), *b = u + 2 * (k * size);
    const double *p = a + 2 * column, *q = b + 2 * column;
    const double large = hypot(p[0], p[1]), small = hypot(q[0], q[1]);
    const double phase = small > 0 ? atan2(q[1], q[0]) - (large > 0 ? atan2(p[1], p[0]) : 0) : 0;
    const double turn = 2 * atan2(small, large), c = cos(turn / 2), s = sin(turn / 2);
    const double re = s * cos(phase), im = s * sin(phase);
    for (uint32_t i = 0; i < 2 * size; i += 2) {
        const double ar = a[i], ai = a[i + 1], br = b[i], bi = b[i + 1];
        a[i] = c * ar + re * br + im * bi;
        a[i + 1] = c * ai + re * bi - im * br;
        b[i] = c * br - re * ar + im * ai;
        b[i + 1] = c * bi - re * ai - im * ar;
    }
    return (two_level){j, k, turn, phase};
}

/* diag(e^{i d_j}) = e^{i g} prod_m exp(-i a_m Z^m / 2),   a_m = -(2 / size) sum_j (-1)^|j & m| d_j */
static void append_diagonal(rotation_list *list, const double *u, uint32_t size)
{
    for (uint32_t m = 1; m < size; m++) {
        double sum = 0;
        for (uint32_t j = 0; j < size; j++) {
            const double *entry = u + 2 * j * (size + 1), d = atan2(entry[1], entry[0]);
            sum += __builtin_parity(j & m) ? -d : d;
        }
        append(list, 0, m, -2 * sum / size);
    }
}

int qnni_decompose(const qnni_gate *gate, qnni_rotation rotations[QNNI_MOST_ROTATIONS])
{
    static const uint32_t order[] = {0, 1, 3, 2};
    const uint32_t size = UINT32_C(1) << gate->qubits;
    two_level levels[6];
    int count = 0;
    double u[32];
    rotation_list list = {gate, rotations, 0};
    memcpy(u, gate->matrix, 2 * size * size * sizeof *u);
    for (uint32_t c = 0; c + 1 < size; c++)
        for (uint32_t i = size - 1; i > c; i--)
            levels[count++] = eliminate(u, size, order[i - 1], order[i], order[c]);
    append_diagonal(&list, u, size);
    while (count-- > 0) {
        const two_level *g = &levels[count];
        if (g->turn == 0)
            continue;
        append_two_level(&list, false, g->j, g->k, -g->phase);
        append_two_level(&list, true, g->j, g->k, g->turn);
        append_two_level(&list, false, g->j, g->k, g->phase);
    }
    return list.count;
}
