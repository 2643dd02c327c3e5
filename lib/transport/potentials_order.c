/* potentials_order.c - potentials of both sides in one dimension, by walking along the monotone plan.
 *
 * Where phi[i] + psi[j] = c[i,j] holds on every edge (i, j) of a monotone plan of a convex cost, it is
 * feasible (c[i,j] + c[i',j'] <= c[i,j'] + c[i',j] for i < i', j < j'). From one edge to the next,
 *
 *     only the row changes:     phi[i'] = phi[i] + c[i',j] - c[i,j]
 *     only the column changes:  psi[j'] = psi[j] + c[i,j'] - c[i,j]
 *     both do:                  by way of (i', j), or of (i, j'), or by a part lambda of either.
 *
 * On a circle phi must come back to itself after a lap. By way of (i', j) everywhere it comes back higher by
 * -C'(s-) >= 0, by way of (i, j') lower by C'(s+) >= 0 (certify_order.c); one lambda for all closes it. Edges
 * of almost no mass come from the rounding of the shift, and are taken for no edges: first none, then those
 * below a growing dust, until lambda exists. Whatever rows and columns lie between two edges, those of weight
 * 0 too, are passed on the way and get the values of that way.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/order.h"
#include "transport/staircase.h"

#include <float.h>

typedef struct {
    int64_t row, lap, column, turns;
} edge;

typedef struct {
    const moei_staircase *stair;
    double lambda;
    moei_account row_value, column_value; /* of the last edge */
    double size;                          /* sum of the changes of row_value, absolute */
    double *phi, *psi;                    /* or NULL: only the lap counts */
} climber;

/* |x - y|^p at row i' of lap' less that at row i of lap, for column j of `turns`. */
static double row_step(const moei_staircase *stair, int64_t i, int64_t lap, int64_t i_next, int64_t lap_next,
                       int64_t j, int64_t turns)
{
    const double x = stair->rows.x[i], x_next = stair->rows.x[i_next], y = stair->columns.x[j];
    const double step = moei_lifted(x_next, x, lap - lap_next, stair->half);
    double scale;
    return moei_power_step(stair->at->p, moei_lifted(x_next, y, turns - lap_next, stair->half),
                           moei_lifted(x, y, turns - lap, stair->half), fmax(step, 0), &scale);
}

/* |x - y|^p at column j' of turns' less that at column j of `turns`, for row i of `lap`. */
static double column_step(const moei_staircase *stair, int64_t j, int64_t turns, int64_t j_next,
                          int64_t turns_next, int64_t i, int64_t lap)
{
    const double y = stair->columns.x[j], y_next = stair->columns.x[j_next], x = stair->rows.x[i];
    const double step = moei_lifted(y_next, y, turns - turns_next, stair->half);
    double scale;
    return -moei_power_step(stair->at->p, moei_lifted(x, y, turns - lap, stair->half),
                            moei_lifted(x, y_next, turns_next - lap, stair->half), fmax(step, 0), &scale);
}

/* From one edge to the next, past whatever lies between. */
static void climb(climber *it, const edge *from, const edge *to)
{
    const moei_staircase *stair = it->stair;
    const double way = it->lambda;
    for (int64_t i = from->row, lap = from->lap; i != to->row || lap != to->lap;) {
        const bool wraps = i + 1 == stair->rows.count;
        const int64_t next = wraps ? 0 : i + 1, next_lap = lap + wraps;
        const double change =
            (way > 0 ? way * row_step(stair, i, lap, next, next_lap, from->column, from->turns) : 0) +
            (way < 1 ? (1 - way) * row_step(stair, i, lap, next, next_lap, to->column, to->turns) : 0);
        moei_account_add(&it->row_value, change);
        it->size += fabs(change);
        i = next;
        lap = next_lap;
        if (it->phi)
            it->phi[i] = moei_account_value(&it->row_value);
    }
    for (int64_t j = from->column, turns = from->turns; j != to->column || turns != to->turns;) {
        const bool wraps = j + 1 == stair->columns.count;
        const int64_t next = wraps ? 0 : j + 1, next_turns = turns + wraps;
        const double change =
            (way > 0 ? way * column_step(stair, j, turns, next, next_turns, to->row, to->lap) : 0) +
            (way < 1 ? (1 - way) * column_step(stair, j, turns, next, next_turns, from->row, from->lap) : 0);
        moei_account_add(&it->column_value, change);
        j = next;
        turns = next_turns;
        if (it->psi)
            it->psi[j] = moei_account_value(&it->column_value);
    }
}

/* Past the points before the first edge of a line (`to` first) or behind its last. */
static void climb_ends(climber *it, const edge *first, const edge *last)
{
    const moei_staircase *stair = it->stair;
    const edge start = {0, 0, 0, 0}, end = {stair->rows.count - 1, 0, stair->columns.count - 1, 0};
    climb(it, last, &end);
    /* backward: the values from the start to the first edge, less what they come to there */
    climber before = {.stair = stair, .lambda = 1, .phi = it->phi, .psi = it->psi};
    const double phi = it->phi[first->row], psi = it->psi[first->column];
    it->phi[0] = it->psi[0] = 0;
    climb(&before, &start, first);
    const double less_phi = phi - it->phi[first->row], less_psi = psi - it->psi[first->column];
    for (int64_t i = 0; i <= first->row; i++)
        it->phi[i] += less_phi;
    for (int64_t j = 0; j <= first->column; j++)
        it->psi[j] += less_psi;
}

/* Once round along the edges of more than `dust` mass. Returns by how much phi comes back higher (0 on a
 * line). */
static double lap_along(climber *it, double dust)
{
    const moei_staircase *stair = it->stair;
    moei_walk walk;
    edge first = {0, 0, 0, 0}, last = first;
    bool begun = false;
    int ends = 0;
    for (moei_walk_begin(stair, 0, &walk);; moei_walk_on(&walk, ends)) {
        double mass;
        ends = moei_walk_edge(&walk, &mass);
        if (mass > dust) {
            const edge here = {walk.row, 0, walk.column, walk.turns};
            if (begun)
                climb(it, &last, &here);
            else {
                first = here;
                const double way = moei_lifted(stair->rows.x[here.row], stair->columns.x[here.column],
                                               here.turns, stair->half);
                it->column_value.high = moei_power(stair->at->p, way);
                if (it->phi) {
                    it->phi[here.row] = 0;
                    it->psi[here.column] = it->column_value.high;
                }
            }
            begun = true;
            last = here;
        }
        if (ends & MOEI_WALK_ENDS)
            break;
    }
    if (isinf(stair->half)) {
        if (it->phi)
            climb_ends(it, &first, &last);
        return 0;
    }
    const edge again = {first.row, 1, first.column, first.turns + 1};
    climb(it, &last, &again);
    return moei_account_value(&it->row_value);
}

/* The dust and the lambda that close the lap, or come nearest to it. */
static double choose_lambda(const moei_staircase *stair, double *dust)
{
    double lambda = 0.5, least = INFINITY;
    *dust = 0;
    for (double size = 0; size < stair->total / 256 && least > 0;
         size = size > 0 ? 16 * size : 4 * DBL_EPSILON * stair->total) {
        climber high = {.stair = stair, .lambda = 1}, low = {.stair = stair, .lambda = 0};
        const double up = lap_along(&high, size), down = lap_along(&low, size);
        const double slack = 8 * DBL_EPSILON * (high.size + low.size);
        const double miss = fmax(0, fmax(down, -up) - slack);
        if (miss < least) {
            least = miss;
            *dust = size;
            lambda = up > down ? fmin(1, fmax(0, -down / (up - down))) : 0.5;
        }
    }
    return lambda;
}

/* ---- the whole -------------------------------------------------------------------------------- */

/* all <- the plan with the points of weight 0 in its orders. */
static int32_t take_all(moe_context *context, const moe_measure *a, const moe_measure *b,
                        const moei_plan *plan, moei_plan *all)
{
    moei_core *core = context->core;
    moei_order rows = {0}, columns = {0};
    const double unit = ldexp(1, -plan->exponent);
    *all = (moei_plan){.core = core, .total = plan->total, .exponent = plan->exponent, .cut = plan->cut};
    int32_t status = moei_order_create(context, a, unit, true, &rows);
    if (!status)
        status = moei_order_create(context, b, unit, true, &columns);
    if (!status) {
        all->rows = rows.count;
        all->columns = columns.count;
        all->row = rows.index;
        all->column = columns.index;
        rows.index = columns.index = NULL;
        const uint32_t start = plan->column[plan->cut.column];
        for (all->cut.column = 0; all->column[all->cut.column] != start;)
            all->cut.column++;
    }
    moei_order_free(core, &rows);
    moei_order_free(core, &columns);
    return status;
}

/* Potentials in the order of the points, to their places and in the measures' units. */
static void scatter(int64_t count, const uint32_t *index, const double *sorted, double unit, double *out)
{
    for (int64_t i = 0; i < count; i++)
        out[index[i]] = sorted[i] * unit;
}

static int32_t find(const moei_staircase *stair, double unit, double *phi, double *psi)
{
    moe_context *context = stair->at->context;
    const moei_plan *plan = stair->at->plan;
    climber it = {.stair = stair};
    it.phi = MOEI_NEW(context->core, plan->rows, double);
    it.psi = MOEI_NEW(context->core, plan->columns, double);
    const bool enough = it.phi && it.psi;
    if (enough) {
        double dust = 0;
        it.lambda = isinf(stair->half) ? 1 : choose_lambda(stair, &dust);
        lap_along(&it, dust);
        scatter(plan->rows, plan->row, it.phi, unit, phi);
        scatter(plan->columns, plan->column, it.psi, unit, psi);
    }
    moei_free(context->core, it.phi);
    moei_free(context->core, it.psi);
    return enough ? MOE_OK : moei_out_of_memory(context, "the potentials of a distance");
}

int32_t moei_potentials_order(moe_context *context, const moe_measure *a, const moe_measure *b, double p,
                              const moei_plan *plan, double *phi, double *psi)
{
    moei_case at;
    moei_staircase stair = {.at = &at};
    moei_plan all;
    at.context = context;
    int32_t status = take_all(context, a, b, plan, &all);
    if (!status)
        status = moei_case_open(context, a, b, p, &all, &at);
    if (!status)
        status = moei_staircase_open_all(&at, &stair);
    if (!status)
        status = find(&stair, exp2(p * plan->exponent), phi, psi);
    moei_staircase_free(&stair);
    moei_plan_free(&all);
    return status;
}
