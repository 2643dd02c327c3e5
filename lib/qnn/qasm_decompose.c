/* qasm_decompose.c - see qasm_decompose.h.
 *
 * Two qubits: two-level rotations V from the left make the columns of U those of 1, one after the other
 * (Barenco et al., Phys. Rev. A 52 (1995), 3457, section 8). In the Gray order 00, 01, 11, 10 each V acts on
 * two neighbours, which differ in one bit: it is controlled by the other. What is left acts on 11 and 10
 * alone. So
 *
 *   V_5 ... V_1 U = W,   U = V_1^-1 ... V_5^-1 W,   and W acts first.
 *
 * With a = U_pc, b = U_zc and r = |(a, b)|, V on the rows p, z is (1/r) (a* b*; -b a).
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/qasm_decompose.h"

#include <math.h>

typedef struct number {
    double re, im;
} number;

typedef number matrix[4][4];

static number times(number a, number b)
{
    return (number){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

static number plus(number a, number b)
{
    return (number){a.re + b.re, a.im + b.im};
}

static number minus(number a)
{
    return (number){-a.re, -a.im};
}

static number conjugate(number a)
{
    return (number){a.re, -a.im};
}

static double argument(number a)
{
    return atan2(a.im, a.re);
}

static double modulus(number a)
{
    return hypot(a.re, a.im);
}

/* With c = cos(theta / 2), s = sin(theta / 2):
 *   arg u00 = phase - (phi + lambda) / 2,   arg u11 = phase + (phi + lambda) / 2,
 *   arg u10 = phase + (phi - lambda) / 2,   arg -u01 = phase - (phi - lambda) / 2.
 * The larger of c and s gives the phase, and the others follow. */
static qnni_euler euler_of(number u00, number u01, number u10, number u11)
{
    const double c = modulus(u00), s = modulus(u10);
    double phase, sum, difference;
    if (c >= s) {
        phase = (argument(u00) + argument(u11)) / 2;
        sum = argument(u11) - argument(u00);
        difference = s > 0 ? 2 * (argument(u10) - phase) : 0;
    } else {
        phase = (argument(u10) + argument(minus(u01))) / 2;
        difference = argument(u10) - argument(minus(u01));
        sum = c > 0 ? 2 * (argument(u11) - phase) : 0;
    }
    return (qnni_euler){2 * atan2(s, c), (sum + difference) / 2, (sum - difference) / 2, phase};
}

qnni_euler qnni_euler_of(const double *u)
{
    return euler_of((number){u[0], u[1]}, (number){u[2], u[3]}, (number){u[4], u[5]}, (number){u[6], u[7]});
}

/* (a b; c d) on the basis states p and z, as a unitary on the bit in which they differ. */
static qnni_controlled on_states(int p, int z, number a, number b, number c, number d)
{
    const int low = (p ^ z) == 1; /* the target is qubit 1, the low bit */
    const int on = low ? p >> 1 : p & 1;
    return (qnni_controlled){.control = low ? 0 : 1,
                             .on = on,
                             .target = low ? 1 : 0,
                             .unitary = p < z ? euler_of(a, b, c, d) : euler_of(d, c, b, a)};
}

/* Makes w[z][column] zero; returns V^-1. */
static qnni_controlled eliminate(matrix w, int p, int z, int column)
{
    number a = w[p][column], b = w[z][column];
    const double r = hypot(modulus(a), modulus(b));
    if (r > 0) {
        a = (number){a.re / r, a.im / r};
        b = (number){b.re / r, b.im / r};
    } else
        a.re = 1;
    for (int k = 0; k < 4; k++) {
        const number top = w[p][k], bottom = w[z][k];
        w[p][k] = plus(times(conjugate(a), top), times(conjugate(b), bottom));
        w[z][k] = plus(times(minus(b), top), times(a, bottom));
    }
    return on_states(p, z, a, minus(conjugate(b)), b, conjugate(a));
}

void qnni_qasm_decompose(const double *u, qnni_controlled step[QNNI_CONTROLLED_STEPS])
{
    static const struct {
        int p, z, column;
    } order[] = {{3, 2, 0}, {1, 3, 0}, {0, 1, 0}, {3, 2, 1}, {1, 3, 1}};
    matrix w;
    for (int r = 0; r < 4; r++)
        for (int c = 0; c < 4; c++)
            w[r][c] = (number){u[2 * (4 * r + c)], u[2 * (4 * r + c) + 1]};
    for (int i = 0; i < 5; i++)
        step[5 - i] = eliminate(w, order[i].p, order[i].z, order[i].column);
    step[0] = on_states(2, 3, w[2][2], w[2][3], w[3][2], w[3][3]);
}
