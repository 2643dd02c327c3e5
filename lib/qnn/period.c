/* period.c - the periods that a circuit's angles allow.
 *
 * A rotation exp(-i a P / 2) only changes sign when a grows by 2 pi, so f has period 2 pi / |scale| in each
 * angle. T is a period of parameter k if T |s_g| / (2 pi) is a positive integer for each gate g on it. With
 * s the smallest |s_g| and |s_g| = s p_g / q_g in lowest terms, the smallest such T is
 *
 *   T = lcm_g(q_g) * 2 pi / s.
 *
 * Scales are floating-point numbers: a ratio counts as p / q if it is so to 1e-12.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/circuit.h"

#include <math.h>

enum { LARGEST_INTEGER = 64 };
#define RATIO_TOLERANCE  1e-12
#define PERIOD_TOLERANCE 1e-9

static bool turns(const qnni_gate *gate, int64_t parameter)
{
    return !gate->matrix && gate->source == QNN_THETA && gate->angle.index == parameter;
}

/* The first gate of which `period` is not a multiple of 2 pi / |scale|; NULL if there is none. */
static const qnni_gate *out_of_step(const qnn_circuit *circuit, int64_t parameter, double period)
{
    for (int64_t g = 0; g < circuit->gate_count; g++) {
        const qnni_gate *gate = &circuit->gates[g];
        if (!turns(gate, parameter))
            continue;
        const double cycles = period * fabs(gate->angle.scale) / (2 * MOEI_PI);
        if (!(cycles > 0.5 && fabs(cycles - round(cycles)) <= PERIOD_TOLERANCE))
            return gate;
    }
    return NULL;
}

/* The smallest q <= 64 with ratio = p / q, p <= 64; 0 if there is none. */
static int64_t denominator(double ratio)
{
    for (int64_t q = 1; q <= LARGEST_INTEGER; q++) {
        const double p = round(ratio * (double)q);
        if (p <= LARGEST_INTEGER && fabs(ratio * (double)q - p) <= RATIO_TOLERANCE * p)
            return q;
    }
    return 0;
}

static int64_t least_common_multiple(int64_t a, int64_t b)
{
    int64_t u = a, v = b;
    while (v) {
        const int64_t rest = u % v;
        u = v;
        v = rest;
    }
    return moei_mul(a, b / u);
}

MOE_PUBLIC double qnn_circuit_period(const qnn_circuit *circuit, int64_t index)
{
    if (!circuit || index < 0 || index >= circuit->parameters)
        return (double)NAN;
    double smallest = (double)INFINITY;
    for (int64_t g = 0; g < circuit->gate_count; g++)
        if (turns(&circuit->gates[g], index))
            smallest = fmin(smallest, fabs(circuit->gates[g].angle.scale));
    if (isinf(smallest))
        return 2 * MOEI_PI;
    int64_t multiple = 1;
    for (int64_t g = 0; g < circuit->gate_count; g++) {
        if (!turns(&circuit->gates[g], index))
            continue;
        const int64_t q = denominator(fabs(circuit->gates[g].angle.scale) / smallest);
        multiple = q ? least_common_multiple(multiple, q) : -1;
        if (multiple < 0)
            return (double)INFINITY;
    }
    const double period = (double)multiple * (2 * MOEI_PI / smallest);
    /* rounding of the scales times a large multiple: no period that could be relied on */
    return out_of_step(circuit, index, period) ? (double)INFINITY : period;
}

int32_t qnni_need_periods(moe_context *context, const qnn_circuit *circuit, const double *period)
{
    const int32_t status = moei_need_periods(context, circuit->parameters, period);
    if (status)
        return status;
    for (int64_t a = 0; a < circuit->parameters; a++) {
        const qnni_gate *gate = isinf(period[a]) ? NULL : out_of_step(circuit, a, period[a]);
        if (gate)
            return moei_fail(
                context, MOE_ERROR_PERIOD,
                "period[%lld] is %.17g; gate %lld, of scale %g, takes a multiple of %.17g, or INFINITY",
                (long long)a, period[a], (long long)(gate - circuit->gates), gate->angle.scale,
                2 * MOEI_PI / fabs(gate->angle.scale));
    }
    return MOE_OK;
}
