/* ladder.c - points of one coordinate in order, their masses, and where a shift of the levels begins.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/ladder.h"

#include <float.h>
#include <math.h>

/* Masses in the order of the points, and their sums (Kahan). */
static void climb(const moe_measure *measure, double factor, moei_ladder *ladder)
{
    double sum = 0, carry = 0;
    for (int64_t i = 0; i < ladder->count; i++) {
        ladder->mass[i] = measure->weights[ladder->order.index[i]] * factor;
        const double term = ladder->mass[i] - carry, next = sum + term;
        carry = (next - sum) - term;
        sum = next;
        ladder->level[i + 1] = sum < ladder->total ? sum : ladder->total;
    }
    ladder->level[ladder->count] = ladder->total;
}

int32_t moei_ladder_create(const moei_problem *problem, const moe_measure *measure, double factor,
                           moei_ladder *ladder)
{
    moei_core *core = problem->context->core;
    *ladder = (moei_ladder){.total = problem->total, .step = factor};
    const int32_t status =
        moei_order_create(problem->context, measure, ldexp(1, -problem->exponent), false, &ladder->order);
    ladder->count = ladder->order.count;
    if (status || problem->whole || isinf(problem->half[0]))
        return status;
    ladder->mass = MOEI_NEW(core, ladder->count, double);
    ladder->level = MOEI_NEW(core, ladder->count + 1, double);
    if (!ladder->mass || !ladder->level)
        return moei_out_of_memory(problem->context, "the order of the points of a distance");
    climb(measure, factor, ladder);
    return MOE_OK;
}

void moei_ladder_free(moei_core *core, moei_ladder *ladder)
{
    moei_free(core, ladder->level);
    moei_free(core, ladder->mass);
    moei_order_free(core, &ladder->order);
}

int64_t moei_ladder_find(const moei_ladder *ladder, double level)
{
    int64_t low = 0, high = ladder->count;
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        if (moei_ladder_level(ladder, middle) <= level)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static moei_cut cut_at(const moei_ladder *columns, double shift)
{
    const double total = columns->total, turn = floor(-shift / total), level = -shift - turn * total;
    const int64_t j = moei_ladder_find(columns, level);
    const double mass = moei_ladder_mass(columns, j);
    const double left = fmin(moei_ladder_level(columns, j + 1) - level, mass);
    if (left > 4 * DBL_EPSILON * mass)
        return (moei_cut){j, left, (int64_t)turn};
    const int64_t next = (j + 1) % columns->count; /* the rest is rounding: the next column begins */
    return (moei_cut){next, moei_ladder_mass(columns, next), (int64_t)turn + (next == 0)};
}

void moei_ladder_plan(moei_ladder *rows, moei_ladder *columns, double shift, const moei_problem *problem,
                      moei_plan *plan)
{
    plan->core = problem->context->core;
    plan->total = problem->total;
    plan->exponent = problem->exponent;
    plan->cut = isinf(problem->half[0]) ? (moei_cut){0, problem->total, 0} : cut_at(columns, shift);
    plan->rows = rows->count;
    plan->columns = columns->count;
    plan->row = rows->order.index;
    plan->column = columns->order.index;
    rows->order.index = columns->order.index = NULL;
}
