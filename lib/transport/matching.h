/* matching.h - the state of the solver for equal masses: prices, who is matched, the columns each row looks
 * at.
 *
 * A row pays c[i,j] + price[j] for column j. Invariants, up to rounding:
 *   1. prices never fall, so that a bound on the columns that a row does not list stays a bound;
 *   2. in a phase of the auction a matched row pays at most eps more than its least; in paths.c, its least.
 * Rows and columns are numbered by their places in the orders of tree.h.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_MATCHING_H
#define MOEI_MATCHING_H

#include "transport/tree.h"

enum { MOEI_LISTED = 12, MOEI_LISTED_MOST = 96 };

/* The columns that a row looks at; all others cost it `outside` or more, price included. Their numbers follow
 * behind the costs (moei_matching_listed). */
typedef struct moei_listing {
    double outside;
    float level; /* what prices had risen by on average when it was made */
    int32_t count;
    double cost[]; /* room */
} moei_listing;

typedef struct moei_matching {
    moe_context *context;
    moei_core *core;
    double p;
    int64_t d, count;
    double *x;            /* count x d: the rows                      */
    moei_tree columns;    /* the columns and their prices             */
    int32_t *column_of;   /* count: a row's column, or -1             */
    int32_t *row_of;      /* count: a column's row, or -1             */
    double *listing;      /* count x length, once there are prices to search by */
    int64_t room, length; /* of a listing: its columns, its doubles    */
    double slack;         /* listings may miss what is better by less */
    double rise;          /* of all prices since they started, on average */
    bool lenient;         /* a listing's bound is taken to rise like the prices */
    bool rough;           /* paths may give up early                   */
    bool stalled;         /* too many columns are alike for paths      */
    bool complete;        /* the gap asked for is reached              */
    int64_t looks;        /* into the tree, since its last update     */
    int64_t listings;     /* made so far                               */
    moei_meter *meter;
} moei_matching;

/* x[k stride + order[i]] are the rows, y those of the columns; NULL orders: as they come. MOE_ERROR_MEMORY.
 */
int32_t moei_matching_create(moe_context *context, double p, int64_t d, int64_t count, const double *half,
                             const double *x, const int32_t *row_order, const double *y,
                             const int32_t *column_order, int64_t stride, moei_meter *meter,
                             moei_matching *matching);
void moei_matching_free(moei_matching *matching);

/* c[i,j] */
static inline double moei_matching_cost(const moei_matching *matching, int64_t i, int64_t j)
{
    return moei_tree_cost(&matching->columns, j, matching->x + i * matching->d, matching->p);
}

static inline moei_listing *moei_matching_listing(const moei_matching *matching, int64_t i)
{
    return (moei_listing *)(matching->listing + i * matching->length);
}

static inline int32_t *moei_matching_listed(const moei_matching *matching, int64_t i)
{
    return (int32_t *)(moei_matching_listing(matching, i)->cost + matching->room);
}

/* ---- listing.c -------------------------------------------------------------------------------- */

/* Makes the listings, of `room` columns, at present prices. MOE_ERROR_MEMORY, MOE_ERROR_CANCELLED. */
int32_t moei_listing_create(moei_matching *matching, int64_t room);

/* Lists the best columns for row i at present prices. */
void moei_listing_refresh(moei_matching *matching, int64_t i);

/* The best column for a row, what it costs with its price, and what the second best costs. */
typedef struct moei_choice {
    int64_t column;
    double best, second;
} moei_choice;

/* The two best of all columns, whether listed or not; in a lenient matching only as far as a listing tells.
 */
moei_choice moei_listing_choose(moei_matching *matching, int64_t i);

/* Mean over the rows of what the last column listed costs more than the first. */
double moei_listing_width(const moei_matching *matching);

/* ---- auction.c, paths.c ----------------------------------------------------------------------- */

/* Phases of the auction with eps = first, first / 3, ..., down to last; each leaves a few rows unmatched. gap
 * > 0: once eps proves W_p to that relative gap, all rows are matched, and matching->complete is set.
 * MOE_ERROR_MEMORY, MOE_ERROR_CANCELLED. */
int32_t moei_auction(moei_matching *matching, double first, double last, double gap);

/* The phase with eps = 0, after which whoever is matched pays its least. MOE_ERROR_MEMORY,
 * MOE_ERROR_CANCELLED. */
int32_t moei_reduce(moei_matching *matching);

/* Matches all rows, each at its least; or gives up and sets matching->stalled, if rows look further too
 * often. MOE_ERROR_MEMORY, MOE_ERROR_CANCELLED. */
int32_t moei_augment(moei_matching *matching);

#endif
