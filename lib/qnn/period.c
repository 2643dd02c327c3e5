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

/* Whether the gate is one of parameters first ... first + count - 1: *place <- which of them. */
static bool turns(const qnni_gate *gate, int64_t first, int64_t count, int64_t *place)
{
    *place = gate->angle.index - first;
    return !gate->matrix && gate->source == QNN_THETA && *place >= 0 && *place < count;
}

/* Whether `period` is a multiple of the gate's own, 2 pi / |scale|. */
static bool in_step(const qnni_gate *gate, double period)
{
    const double cycles = period * fabs(gate->angle.scale) / (2 * MOEI_PI);
    return cycles > 0.5 && fabs(cycles - round(cycles)) <= PERIOD_TOLERANCE;
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

/* period[i] <- of parameter first + i, for `count` of them, in three walks over the gates; the smallest |scale|
 * comes first. `multiple`: as many numbers, scratch. */
static void find_periods(const qnn_circuit *circuit, int64_t first, int64_t count, double *period,
                         int64_t *multiple)
{
    const qnni_gate *const end = circuit->gate_count ? circuit->gates + circuit->gate_count : NULL;
    int64_t i;
    for (i = 0; i < count; i++) {
        period[i] = (double)INFINITY;
        multiple[i] = 1;
    }
    for (const qnni_gate *gate = circuit->gates; gate < end; gate++)
        if (turns(gate, first, count, &i))
            period[i] = fmin(period[i], fabs(gate->angle.scale));
    for (const qnni_gate *gate = circuit->gates; gate < end; gate++)
        if (turns(gate, first, count, &i) && multiple[i] > 0) {
            const int64_t q = denominator(fabs(gate->angle.scale) / period[i]);
            multiple[i] = q ? least_common_multiple(multiple[i], q) : -1;
        }
    for (i = 0; i < count; i++)
        if (isinf(period[i]))
            period[i] = 2 * MOEI_PI; /* no gate */
        else
            period[i] = multiple[i] < 0 ? (double)INFINITY : (double)multiple[i] * (2 * MOEI_PI / period[i]);
    /* rounding of the scales times a large multiple: no period that could be relied on */
    for (const qnni_gate *gate = circuit->gates; gate < end; gate++)
        if (turns(gate, first, count, &i) && !in_step(gate, period[i]))
            period[i] = (double)INFINITY;
}

MOE_PUBLIC double qnn_circuit_period(const qnn_circuit *circuit, int64_t index)
{
    double period;
    int64_t multiple;
    if (!circuit || index < 0 || index >= circuit->parameters)
        return (double)NAN;
    find_periods(circuit, index, 1, &period, &multiple);
    return period;
}

int32_t qnni_periods_of(moe_context *context, const qnn_circuit *circuit, double *period)
{
    int64_t *multiple = MOEI_NEW(context->core, circuit->parameters, int64_t);
    if (!multiple)
        return moei_out_of_memory(context, "the periods of a circuit");
    find_periods(circuit, 0, circuit->parameters, period, multiple);
    moei_free(context->core, multiple);
    return MOE_OK;
}

int32_t qnni_need_periods(moe_context *context, const qnn_circuit *circuit, const double *period)
{
    const int32_t status = moei_need_periods(context, circuit->parameters, period);
    if (status)
        return status;
    for (int64_t g = 0; g < circuit->gate_count; g++) {
        const qnni_gate *gate = &circuit->gates[g];
        int64_t a;
        if (turns(gate, 0, circuit->parameters, &a) && !isinf(period[a]) && !in_step(gate, period[a]))
            return moei_fail(
                context, MOE_ERROR_PERIOD,
                "period[%lld] is %.17g; gate %lld, of scale %g, takes a multiple of %.17g, or INFINITY",
                (long long)a, period[a], (long long)g, gate->angle.scale,
                2 * MOEI_PI / fabs(gate->angle.scale));
    }
    return MOE_OK;
}
