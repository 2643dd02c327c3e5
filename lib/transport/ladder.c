/* ladder.c - points of one coordinate in order, and the monotone plan between two such rows.
 *
 * The plan is merged from what is left of the row and of the column at hand, never from differences of
 * levels: its row and column sums are then right to a few eps of each mass, however many points there are.
 * What is left below 4 eps of a mass is rounding and is dropped.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/ladder.h"
#include "transport/sort.h"

#include <float.h>
#include <math.h>

static void fill(const moei_cloud *cloud, double total, const moei_sort_item *order, moei_ladder *ladder)
{
    double sum = 0, carry = 0;
    for (int64_t i = 0; i < cloud->count; i++) {
        const int64_t from = order[i].index;
        ladder->index[i] = cloud->index[from];
        ladder->x[i] = cloud->x[from];
        ladder->mass[i] = cloud->mass[from];
        const double term = ladder->mass[i] - carry, next = sum + term; /* Kahan */
        carry = (next - sum) - term;
        sum = next;
        ladder->level[i + 1] = fmin(sum, total);
    }
    ladder->level[cloud->count] = total;
}

bool moei_ladder_create(moei_core *core, const moei_cloud *cloud, double total, moei_ladder *ladder)
{
    const int64_t n = cloud->count;
    *ladder = (moei_ladder){.count = n};
    moei_sort_item *order = MOEI_NEW(core, n, moei_sort_item), *spare = MOEI_NEW(core, n, moei_sort_item);
    ladder->index = MOEI_NEW(core, n, int64_t);
    ladder->x = MOEI_NEW(core, n, double);
    ladder->mass = MOEI_NEW(core, n, double);
    ladder->level = MOEI_NEW(core, n + 1, double);
    const bool enough = order && spare && ladder->index && ladder->x && ladder->mass && ladder->level;
    if (enough) {
        moei_sort(n, cloud->x, order, spare);
        fill(cloud, total, order, ladder);
    }
    moei_free(core, spare);
    moei_free(core, order);
    return enough;
}

void moei_ladder_free(moei_core *core, moei_ladder *ladder)
{
    moei_free(core, ladder->level);
    moei_free(core, ladder->mass);
    moei_free(core, ladder->x);
    moei_free(core, ladder->index);
}

/* What is left of mass[i] after `taken`. */
static double left_of(double left, double taken, double mass)
{
    const double rest = left - taken;
    return rest > 4 * DBL_EPSILON * mass ? rest : 0;
}

/* The last column that begins at or below `level`, in [0, total). */
static int64_t column_at(const moei_ladder *columns, double level)
{
    int64_t low = 0, high = columns->count;
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        if (columns->level[middle] <= level)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Merges the rows with the columns j, j + 1, ..., wrapping at the end to 0, ..., j, where the first has
 * `left` left at the start and the rest of it comes last. */
static void merge(const moei_ladder *rows, const moei_ladder *columns, int64_t j, double left,
                  moei_plan *plan)
{
    const double rest = left_of(columns->mass[j], left, columns->mass[j]);
    int64_t i = 0, pieces = columns->count + (rest > 0);
    double row_left = rows->mass[0], column_left = left;
    plan->wrap = INT64_MAX;
    while (i < rows->count && pieces > 0) {
        const double taken = fmin(row_left, column_left);
        plan->edge[plan->count++] = (moei_edge){rows->index[i], columns->index[j], taken};
        column_left = left_of(column_left, taken, columns->mass[j]);
        row_left = left_of(row_left, taken, rows->mass[i]);
        if (row_left == 0 && ++i < rows->count)
            row_left = rows->mass[i];
        if (column_left == 0 && --pieces > 0) {
            j++;
            if (j == columns->count) {
                j = 0;
                plan->wrap = plan->count;
            }
            column_left = pieces == 1 && rest > 0 ? rest : columns->mass[j];
        }
    }
}

int32_t moei_monotone_plan(const moei_problem *problem, const moei_ladder *rows, const moei_ladder *columns,
                           double shift, moei_plan *plan)
{
    const double turn = floor(-shift / problem->total), level = -shift - turn * problem->total;
    const int64_t j = column_at(columns, level), next = (j + 1) % columns->count;
    const double left = fmin(columns->level[j + 1] - level, columns->mass[j]);
    plan->total = problem->total;
    plan->exponent = problem->exponent;
    plan->core = problem->context->core;
    plan->edge = MOEI_NEW(plan->core, rows->count + columns->count + 1, moei_edge);
    if (!plan->edge)
        return moei_out_of_memory(problem->context, "the plan of a distance");
    const bool begins = left_of(left, 0, columns->mass[j]) > 0;
    plan->turn = (int64_t)turn + (!begins && next == 0);
    if (begins)
        merge(rows, columns, j, left, plan);
    else
        merge(rows, columns, next, columns->mass[next], plan);
    return MOE_OK;
}
