/* auction.c - a start for the path solver, for equal numbers of equal masses: rows bid for columns.
 *
 * Bertsekas' auction with eps-scaling (Ann. Oper. Res. 14, 1988). A row without a column takes its best one, raises
 * that column's price by (second - best) + eps, and turns out the row that had it. Each phase divides eps and keeps
 * the pairs that are still within eps of their best; it stops when few rows are left over, for the last ones would
 * bid longest. A final round with eps = 0 is the augmenting row reduction of Jonker & Volgenant (Computing 38,
 * 1987). Pairs that then are exactly best for their row become flow; the rest is left to the paths, which need
 * prices near the optimum, and nothing else, to be fast. Every loop is bounded: ties cost time, not truth.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/search.h"

#include <math.h>

enum { BIDS_PER_PHASE = 64, BIDS_AT_ZERO = 4 }; /* at most, on average for a row */
static const double first_step = 0.5, last_step = 0.05, divisor = 3; /* eps in mean nearest costs */
static const double left_over = 0.005; /* part of the rows that a phase may leave without a column */

typedef struct {
    moei_search *search;
    int64_t n;
    int64_t *column; /* of each row, or -1 */
    int64_t *row;    /* of each column, or -1 */
    double *cost;    /* of each row with its column */
    int64_t *queue;  /* rows without a column, first come first served; a ring of n */
    int64_t head, waiting;
} auction;

static void enqueue(auction *sale, int64_t i)
{
    sale->queue[(sale->head + sale->waiting++) % sale->n] = i;
}

static int64_t dequeue(auction *sale)
{
    const int64_t i = sale->queue[sale->head];
    sale->head = (sale->head + 1) % sale->n;
    sale->waiting--;
    return i;
}

/* Row i buys its best column. */
static int32_t bid(auction *sale, int64_t i, double eps)
{
    moei_choice choice;
    const int32_t status = moei_candidates_choose(sale->search, i, &choice);
    if (status)
        return status;
    const int64_t j = choice.column, before = sale->row[j];
    if (isfinite(choice.second))
        sale->search->price[j] += (choice.second - choice.best) + eps;
    if (before >= 0) {
        sale->column[before] = -1;
        enqueue(sale, before);
    }
    sale->row[j] = i;
    sale->column[i] = j;
    sale->cost[i] = choice.cost;
    return MOE_OK;
}

/* Pairs that are not within eps of their row's best part; search->best is brought up to date. */
static int32_t part_from(auction *sale, double eps)
{
    sale->waiting = 0;
    for (int64_t i = 0; i < sale->n; i++) {
        moei_choice choice;
        const int32_t status = moei_candidates_choose(sale->search, i, &choice);
        if (status)
            return status;
        const int64_t j = sale->column[i];
        sale->search->best[i] = choice.best;
        if (j >= 0 && sale->cost[i] + sale->search->price[j] > choice.best + eps)
            sale->row[j] = sale->column[i] = -1;
        if (sale->column[i] < 0)
            enqueue(sale, i);
    }
    return MOE_OK;
}

/* Bids until at most `leave` rows wait, or `limit` bids were made. */
static int32_t run_phase(auction *sale, double eps, int64_t leave, int64_t limit)
{
    int32_t status = part_from(sale, eps);
    while (!status && sale->waiting > leave && limit-- > 0)
        status = bid(sale, dequeue(sale), eps);
    return status;
}

/* *scale <- the mean over the rows of the least cost, before any price is raised. */
static int32_t mean_nearest(auction *sale, double *scale)
{
    double sum = 0;
    int32_t status = MOE_OK;
    for (int64_t i = 0; i < sale->n && !status; i++) {
        moei_choice choice;
        status = moei_candidates_choose(sale->search, i, &choice);
        sum += choice.cost;
    }
    *scale = sum / (double)sale->n;
    return status;
}

static int32_t run_phases(auction *sale)
{
    const int64_t leave = (int64_t)(left_over * (double)sale->n);
    double scale;
    int32_t status = mean_nearest(sale, &scale);
    sale->search->meter.part = 0.1;
    for (double eps = first_step; !status && scale > 0 && eps > last_step / 2; eps /= divisor) {
        status = run_phase(sale, eps * scale, leave, BIDS_PER_PHASE * sale->n);
        sale->search->meter.part += 0.1;
    }
    if (!status)
        status = run_phase(sale, 0, 0, BIDS_AT_ZERO * sale->n);
    return status ? status : part_from(sale, 0);
}

/* Pairs become flow. */
static int32_t ship(auction *sale)
{
    moei_search *search = sale->search;
    int32_t status = MOE_OK;
    for (int64_t i = 0; i < sale->n && !status; i++) {
        const int64_t j = sale->column[i];
        if (j < 0)
            continue;
        status = moei_flow_add(search, i, j, search->supply[i]);
        search->supply[i] = search->demand[j] = 0;
    }
    return status;
}

int32_t moei_auction(moei_search *search)
{
    auction sale = {.search = search, .n = search->rows};
    sale.column = MOEI_NEW(search->core, sale.n, int64_t);
    sale.row = MOEI_NEW(search->core, sale.n, int64_t);
    sale.queue = MOEI_NEW(search->core, sale.n, int64_t);
    sale.cost = MOEI_NEW(search->core, sale.n, double);
    int32_t status;
    if (sale.column && sale.row && sale.queue && sale.cost) {
        for (int64_t i = 0; i < sale.n; i++)
            sale.column[i] = sale.row[i] = -1;
        status = run_phases(&sale);
        if (!status)
            status = ship(&sale);
    } else
        status = moei_out_of_memory(search->problem->context, "the auction of a distance");
    moei_free(search->core, sale.cost);
    moei_free(search->core, sale.queue);
    moei_free(search->core, sale.row);
    moei_free(search->core, sale.column);
    return status;
}
