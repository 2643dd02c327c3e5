/* staircase.c - the monotone plan of d = 1, read from the measures: what is taken from a solver is checked.
 *
 * A solver gives two orders and a cut. Held here, against the measures: each point of positive weight comes
 * once, no other does, and coordinates never fall. Whatever the cut, what follows from it is then a plan: the
 * walk spreads each row and each column over its own interval of levels, and levels are sums with their
 * errors carried along, so that they are in the right order up to 2^-100 or so of the total.
 *
 * Masses. Two uniform measures of na and nb points have nb/g and na/g, g the greatest common divisor: all
 * sums are exact. Others have w_i and w_j S_a / S_b, S the sums of the weights.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/staircase.h"

/* ---- points ----------------------------------------------------------------------------------- */

static int64_t count_positive(const moe_measure *measure)
{
    int64_t count = 0;
    for (int64_t i = 0; i < measure->count; i++)
        count += measure->weights[i] > 0;
    return count;
}

/* Are these the points of positive weight, or all of them, each once? */
static bool comes_once(const moe_measure *measure, bool all, int64_t count, const uint32_t *index,
                       uint8_t *seen)
{
    const int64_t positive = all ? measure->count : count_positive(measure);
    if (count != positive || count < 1)
        return false;
    for (int64_t i = 0; i < count; i++) {
        const int64_t point = index[i];
        if (point >= measure->count || (seen[point >> 3] >> (point & 7) & 1) ||
            (positive < measure->count && !(measure->weights[point] > 0)))
            return false;
        seen[point >> 3] = (uint8_t)(seen[point >> 3] | 1 << (point & 7));
    }
    return true;
}

static bool ascends(int64_t count, const double *x)
{
    bool ascending = true;
    for (int64_t i = 1; i < count; i++)
        ascending = ascending & (x[i - 1] <= x[i]);
    return ascending;
}

static int32_t fetch(const moei_case *at, const moe_measure *measure, bool all, int64_t count,
                     const uint32_t *index, const char *name, moei_flight *side)
{
    moei_core *core = at->context->core;
    uint8_t *seen = MOEI_NEW(core, measure->count / 8 + 1, uint8_t);
    side->count = count;
    side->x = MOEI_NEW(core, count, double);
    const bool enough = seen && side->x;
    bool good = enough && comes_once(measure, all, count, index, seen);
    if (good) {
        for (int64_t i = 0; i < count; i++) /* nothing else, so that the fetches overlap */
            side->x[i] = measure->points[index[i]];
        for (int64_t i = 0; i < count; i++)
            side->x[i] = moei_case_reduce(side->x[i], measure->period[0]) * at->unit;
        good = ascends(count, side->x);
    }
    moei_free(core, seen);
    if (!enough)
        return moei_out_of_memory(at->context, "the certificate of a distance");
    return good ? MOE_OK
                : moei_fail(at->context, MOE_ERROR_CONVERGENCE, "transport: %s are not in order", name);
}

/* ---- masses ----------------------------------------------------------------------------------- */

static bool same_weights(const moe_measure *measure)
{
    for (int64_t i = 1; i < measure->count; i++)
        if (measure->weights[i] != measure->weights[0])
            return false;
    return true;
}

static int64_t common_divisor(int64_t a, int64_t b)
{
    return b ? common_divisor(b, a % b) : a;
}

static bool weigh(moei_core *core, const moe_measure *measure, const uint32_t *index, double factor,
                  moei_flight *side)
{
    side->mass = MOEI_NEW(core, side->count, double);
    for (int64_t i = 0; i < side->count && side->mass; i++)
        side->mass[i] = measure->weights[index[i]] * factor;
    return side->mass;
}

static int32_t balance(const moei_case *at, moei_staircase *stair)
{
    moei_core *core = at->context->core;
    const int64_t divisor = common_divisor(at->a->count, at->b->count);
    stair->rows.step = (double)(at->b->count / divisor);
    stair->columns.step = (double)(at->a->count / divisor);
    stair->total = stair->rows.step * (double)at->a->count;
    stair->exact = stair->total < 0x1p53 && same_weights(at->a) && same_weights(at->b);
    if (stair->exact)
        return MOE_OK;
    stair->total = at->total_a;
    stair->scaled = at->total_a != at->total_b;
    return weigh(core, at->a, at->plan->row, 1, &stair->rows) &&
                   weigh(core, at->b, at->plan->column, at->total_a / at->total_b, &stair->columns)
               ? MOE_OK
               : moei_out_of_memory(at->context, "the certificate of a distance");
}

/* ---- both ------------------------------------------------------------------------------------- */

static int32_t staircase_open(const moei_case *at, bool all, moei_staircase *stair)
{
    const moei_plan *plan = at->plan;
    const moei_cut *cut = &plan->cut;
    *stair = (moei_staircase){.at = at, .half = at->a->period[0] / 2 * at->unit};
    int32_t status = fetch(at, at->a, all, plan->rows, plan->row, "the points of a", &stair->rows);
    if (!status)
        status = moei_progress(at->context, "transport", 0.85);
    if (!status)
        status = fetch(at, at->b, all, plan->columns, plan->column, "the points of b", &stair->columns);
    if (!status)
        status = balance(at, stair);
    if (!status && !(cut->column >= 0 && cut->column < plan->columns && cut->left > 0 && plan->total > 0 &&
                     cut->turn >= -8 && cut->turn <= 8))
        status = moei_fail(at->context, MOE_ERROR_CONVERGENCE, "transport: the cut is none");
    if (!status && isinf(stair->half) &&
        !((all || cut->column == 0) && cut->turn == 0 &&
          cut->left >= moei_flight_mass(&stair->columns, cut->column)))
        status = moei_fail(at->context, MOE_ERROR_CONVERGENCE, "transport: a line has no cut");
    return status;
}

int32_t moei_staircase_open(const moei_case *at, moei_staircase *stair)
{
    return staircase_open(at, false, stair);
}

int32_t moei_staircase_open_all(const moei_case *at, moei_staircase *stair)
{
    return staircase_open(at, true, stair);
}

void moei_staircase_free(moei_staircase *stair)
{
    moei_core *core = stair->at->context->core;
    moei_free(core, stair->rows.x);
    moei_free(core, stair->rows.mass);
    moei_free(core, stair->columns.x);
    moei_free(core, stair->columns.mass);
}

/* ---- the walk --------------------------------------------------------------------------------- */

/* The column that level 0 lies in once columns have moved up by `shift`, and how much of it is to come. */
static moei_level find_first(const moei_staircase *stair, double shift, moei_walk *walk)
{
    const moei_cut *cut = &stair->at->plan->cut;
    const moei_flight *columns = &stair->columns;
    const double left = cut->left * (stair->total / stair->at->plan->total);
    int64_t j = cut->column, turns = cut->turn;
    double mass = moei_flight_mass(columns, j);
    moei_level to_come = {left < mass ? left : mass, 0};
    const moei_level none = {0, 0};
    moei_account_add(&to_come, shift);
    while (moei_level_difference(to_come, (moei_level){mass, 0}) > 0) {
        moei_account_add(&to_come, -mass);
        turns -= j == 0;
        j = (j == 0 ? columns->count : j) - 1;
        mass = moei_flight_mass(columns, j);
    }
    while (moei_level_difference(to_come, none) <= 0) {
        j = j + 1 == columns->count ? 0 : j + 1;
        turns += j == 0;
        moei_account_add(&to_come, moei_flight_mass(columns, j));
    }
    walk->first = j;
    walk->first_turns = turns;
    return to_come;
}

void moei_walk_begin(const moei_staircase *stair, double shift, moei_walk *walk)
{
    *walk = (moei_walk){.stair = stair};
    walk->column_end = find_first(stair, shift, walk);
    walk->column = walk->first;
    walk->turns = walk->first_turns;
    walk->row_end.high = moei_flight_mass(&stair->rows, 0);
    walk->rest.high = moei_flight_mass(&stair->columns, walk->first);
    moei_account_add(&walk->rest, -walk->column_end.high);
    moei_account_add(&walk->rest, -walk->column_end.low);
    const bool parted = moei_account_value(&walk->rest) > 0;
    walk->rest = parted ? walk->rest : (moei_level){0, 0};
    walk->pieces = stair->columns.count + parted;
}

double moei_walk_missing(const moei_walk *walk)
{
    moei_level rows = walk->row_end, columns = walk->column_end;
    moei_walk on = *walk;
    while (on.row + 1 < on.stair->rows.count)
        moei_account_add(&rows, moei_flight_mass(&on.stair->rows, ++on.row));
    while (on.pieces > 1) {
        moei_walk_on(&on, MOEI_COLUMN_ENDS);
        columns = on.column_end;
    }
    return fabs(moei_level_difference(rows, columns));
}
