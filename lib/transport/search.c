/* search.c - exact transport in any dimension: an auction for a start, shortest augmenting paths to the end.
 *
 * Memory O(rows + columns), at most MOEI_CANDIDATES_LIMIT candidates a row; the costs are never all stored.
 * Time up to O(n^3); on uniform points of a torus about n^2.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/search.h"

#include <math.h>
#include <string.h>

static int32_t search_create(const moei_problem *problem, moei_search *search)
{
    moei_core *core = problem->context->core;
    const int64_t rows = problem->rows.count, columns = problem->columns.count;
    *search = (moei_search){.problem = problem, .core = core, .rows = rows, .columns = columns, .unused = -1};
    search->meter.context = problem->context;
    search->price = MOEI_NEW(core, problem->columns.stride, double);
    search->best = MOEI_NEW(core, rows, double);
    search->supply = MOEI_NEW(core, rows, double);
    search->demand = MOEI_NEW(core, columns, double);
    search->row = MOEI_NEW(core, rows, moei_row);
    search->first = MOEI_NEW(core, columns, int64_t);
    if (!search->price || !search->best || !search->supply || !search->demand || !search->row ||
        !search->first)
        return moei_out_of_memory(problem->context, "the search of a distance");
    memcpy(search->supply, problem->rows.mass, (size_t)rows * sizeof(double));
    memcpy(search->demand, problem->columns.mass, (size_t)columns * sizeof(double));
    for (int64_t j = columns; j < problem->columns.stride; j++)
        search->price[j] = INFINITY;
    for (int64_t j = 0; j < columns; j++)
        search->first[j] = -1;
    return MOE_OK;
}

static void search_free(moei_search *search)
{
    for (int64_t i = 0; search->row && i < search->rows; i++)
        moei_free(search->core, search->row[i].list);
    moei_free(search->core, search->shipment);
    moei_free(search->core, search->first);
    moei_free(search->core, search->row);
    moei_free(search->core, search->demand);
    moei_free(search->core, search->supply);
    moei_free(search->core, search->best);
    moei_free(search->core, search->price);
}

/* plan <- the shipments and the prices, by the points of the measures. */
static int32_t hand_over(const moei_search *search, moei_plan *plan)
{
    const moei_cloud *rows = &search->problem->rows, *columns = &search->problem->columns;
    int64_t count = 0;
    for (int64_t j = 0; j < search->columns; j++)
        for (int64_t f = search->first[j]; f >= 0; f = search->shipment[f].next)
            count++;
    plan->core = search->core;
    plan->total = search->problem->total;
    plan->exponent = search->problem->exponent;
    plan->edge = MOEI_NEW(search->core, count, moei_edge);
    plan->price = MOEI_NEW(search->core, columns->points, double);
    if (!plan->edge || !plan->price)
        return moei_out_of_memory(search->problem->context, "the plan of a distance");
    for (int64_t j = 0; j < search->columns; j++) {
        plan->price[columns->index[j]] = search->price[j];
        for (int64_t f = search->first[j]; f >= 0; f = search->shipment[f].next) {
            const moei_shipment *shipment = &search->shipment[f];
            plan->edge[plan->count++] =
                (moei_edge){rows->index[shipment->row], columns->index[j], shipment->mass};
        }
    }
    return MOE_OK;
}

int32_t moei_solve_paths(const moei_problem *problem, moei_plan *plan)
{
    moei_search search;
    int32_t status = search_create(problem, &search);
    plan->method = "shortest augmenting paths";
    if (!status)
        status = moei_progress(problem->context, "transport", 0);
    if (!status)
        status = moei_auction(&search);
    if (!status)
        status = moei_augment(&search);
    if (!status)
        status = hand_over(&search, plan);
    search_free(&search);
    return status;
}
