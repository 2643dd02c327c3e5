/* search.h - the state that the parts of the path solver share: prices, candidates, flow.
 *
 * Reading: row i ships to column j at c[i,j] + price[j]; best[i] = min_j of it. Two invariants hold between the
 * steps of the solver (up to rounding):
 *     prices never fall, so that a bound on what a row does not list stays a bound;
 *     flow[i,j] > 0 only where c[i,j] + price[j] = best[i].
 * So whatever has been shipped at any time is shipped optimally.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_SEARCH_H
#define MOEI_SEARCH_H

#include "transport/transport.h"

typedef struct moei_candidate {
    int64_t column;
    double cost; /* c[i, column] */
} moei_candidate;

/* The columns that matter to a row: all others cost it `outside` or more, price included. */
typedef struct moei_row {
    moei_candidate *list;
    int64_t count, capacity;
    double outside; /* INFINITY if all columns are listed */
} moei_row;

typedef struct moei_ranked {
    double value; /* cost + price */
    moei_candidate candidate;
} moei_ranked;

enum { MOEI_CANDIDATES = 16, MOEI_CANDIDATES_LIMIT = 256 };

typedef struct moei_flow {
    int64_t row, next; /* next flow into the same column, or -1 */
    double mass;
} moei_flow;

typedef struct moei_search {
    const moei_problem *problem;
    moei_core *core;
    int64_t rows, columns;
    double *price;          /* columns, padded with INFINITY to whole blocks    */
    double *best;           /* rows                                             */
    double *supply;         /* rows: mass not yet shipped                       */
    double *demand;         /* columns: mass not yet received                   */
    moei_row *row;          /* rows                                             */
    int64_t *first;         /* columns: the first flow into it, or -1           */
    moei_flow *flow;        /* flow_capacity; unused ones chained from flow_free */
    int64_t flow_capacity, flow_free;
    moei_ranked ranked[MOEI_CANDIDATES_LIMIT + 1];
    moei_meter meter;
} moei_search;

/* ---- candidates.c ----------------------------------------------------------------------------- */

/* Lists the `count` columns that are best for row i at present prices. MOE_ERROR_MEMORY. */
int32_t moei_candidates_refresh(moei_search *search, int64_t i, int64_t count);

/* The best column for a row, what it costs with its price, and what the second best costs. */
typedef struct moei_choice {
    int64_t column;
    double cost, best, second;
} moei_choice;

/* choice <- the two best of all columns, whether listed or not. MOE_ERROR_MEMORY. */
int32_t moei_candidates_choose(moei_search *search, int64_t i, moei_choice *choice);

/* ---- flow.c ----------------------------------------------------------------------------------- */

/* flow[i,j] += mass. MOE_ERROR_MEMORY. */
int32_t moei_flow_add(moei_search *search, int64_t i, int64_t j, double mass);
/* Forgets the flows into column j that have become 0. */
void moei_flow_sweep(moei_search *search, int64_t j);
/* left - taken, or 0 if that is rounding beside `mass`. */
double moei_flow_left(double left, double taken, double mass);

/* ---- auction.c -------------------------------------------------------------------------------- */

/* Ships most of the mass and raises prices to near the optimum; for equal numbers of equal masses. */
int32_t moei_auction(moei_search *search);

#endif
