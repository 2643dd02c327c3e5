/* search.h - the state that the parts of the path solver share: prices, candidates, shipments.
 *
 * Reading: row i ships to column j at c[i,j] + price[j]; best[i] = min_j of it. Invariants, up to rounding:
 *
 *   1. prices never fall, so that a bound on what a row does not list stays a bound;
 *   2. after the auction and after each path, shipped[i,j] > 0 only where c[i,j] + price[j] = best[i]:
 *      what is shipped, is shipped optimally.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_SEARCH_H
#define MOEI_SEARCH_H

#include "transport/transport.h"

enum { MOEI_CANDIDATES = 16, MOEI_CANDIDATES_LIMIT = 256 };

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

/* shipped[row, j] for the column j whose chain it is in. */
typedef struct moei_shipment {
    int64_t row, next; /* next in the chain, or -1 */
    double mass;
} moei_shipment;

typedef struct moei_search {
    const moei_problem *problem;
    moei_core *core;
    int64_t rows, columns;
    double *price;           /* columns, padded with INFINITY to whole blocks      */
    double *best;            /* rows                                               */
    double *supply;          /* rows: mass not yet shipped                         */
    double *demand;          /* columns: mass not yet received                     */
    moei_row *row;           /* rows                                               */
    int64_t *first;          /* columns: the first shipment to it, or -1           */
    moei_shipment *shipment; /* shipment_room places                               */
    int64_t shipment_room;
    int64_t unused; /* the first place not in use, chained like the others; or -1 */
    moei_ranked ranked[MOEI_CANDIDATES_LIMIT + 1];
    moei_meter meter;
} moei_search;

/* ---- candidates.c ----------------------------------------------------------------------------- */

/* Lists the `count` columns that are best for row i at present prices. MOE_ERROR_MEMORY. */
int32_t moei_candidates_refresh(moei_search *search, int64_t i, int64_t count);

/* The best column for a row, what it costs with its price, and what the second best costs. */
typedef struct moei_choice {
    int64_t column;
    double best, second;
} moei_choice;

/* choice <- the two best of all columns, whether listed or not. MOE_ERROR_MEMORY. */
int32_t moei_candidates_choose(moei_search *search, int64_t i, moei_choice *choice);

/* ---- shipment.c ------------------------------------------------------------------------------- */

/* shipped[i,j] += mass, out of supply[i] and into demand[j]. MOE_ERROR_MEMORY. */
int32_t moei_ship(moei_search *search, int64_t i, int64_t j, double mass);
/* shipped[i,j] -= mass, back to supply[i] and demand[j]; i is the shipment's row. */
void moei_unship(moei_search *search, int64_t j, moei_shipment *shipment, double mass);
/* Forgets the shipments to column j that have become 0. */
void moei_sweep_shipments(moei_search *search, int64_t j);

/* ---- auction.c, paths.c ----------------------------------------------------------------------- */

/* Raises prices to near the optimum and ships most of the mass. MOE_ERROR_MEMORY, MOE_ERROR_CANCELLED. */
int32_t moei_auction(moei_search *search);

/* Ships all of the mass, by shortest paths. MOE_ERROR_CONVERGENCE, MOE_ERROR_MEMORY, MOE_ERROR_CANCELLED. */
int32_t moei_augment(moei_search *search);

#endif
