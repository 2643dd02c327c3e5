/* norms.c - the factors cos(a/2) that the kernels leave out.
 *
 * With c = cos(a/2) left out for each step, forward and back, the state after the way forward is psi / n,
 * n = prod c. lambda starts as n^2 r O (psi / n); then the product of the two states' factors is 1 all the
 * way. Where n is so small that numbers could leave the range of reals, passes first multiply by powers of 2,
 * which is exact, so that the bits of a lane do not depend on whether a neighbour needs it. With e the
 * exponent of a pass's own product, half of e goes before the pass and the rest before the next one: then no
 * number gets further from 1 than 2^(e/2), either way. In single precision |tan| <= 2^24 and a pass has 8
 * steps, so that e is above -200 and floats suffice; a pass waits with its power while it is small. The
 * powers are a product of those for the angles by theta and those for all others, which a host's points fix
 * once and for all.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/norms.h"

#include <math.h>
#include <stdlib.h>

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

double qnni_pass_norm(const qnni_program *program, const double *const angles[3], int64_t p, int32_t lane)
{
    double norm = 1;
    for (int64_t i = program->norms[p]; i < program->norms[p + 1]; i++)
        norm *= cosines(&program->stepped[i], angles)[program->stepped[i].source == QNN_THETA ? 0 : lane];
    return norm;
}

/* The exponent of a pass's product of cosines, whose mantissa joins *mantissa. */
static int pass_exponent(const qnni_program *program, const double *const angles[3], bool theta, int64_t p,
                         int32_t lane, double *mantissa)
{
    int sum = 0;
    for (int64_t i = program->norms[p]; i < program->norms[p + 1]; i++)
        if ((program->stepped[i].source == QNN_THETA) == theta) {
            int exponent;
            double c = frexp(cosines(&program->stepped[i], angles)[lane], &exponent);
            sum += exponent;
            *mantissa = frexp(*mantissa * c, &exponent);
            sum += exponent;
        }
    return sum;
}

double qnni_scaled_norm(const qnni_program *program, const double *const angles[3], bool theta, int64_t begin,
                        int64_t end, int32_t lane, double *scale)
{
    const int longest = program->single ? 10 : 0;
    double mantissa = 1;
    int rest = 0;
    for (int64_t p = begin; p < end; p++) {
        const int own = pass_exponent(program, angles, theta, p, lane, &mantissa), front = own / 2;
        const bool waits = abs(rest + own) <= longest;
        scale[p] = waits ? 1 : ldexp(1, rest + front);
        rest = waits ? rest + own : own - front;
    }
    return ldexp(mantissa, rest);
}
