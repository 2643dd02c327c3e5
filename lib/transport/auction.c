/* auction.c - rows bid for columns until few rows are left over.
 *
 * Bertsekas' auction with eps-scaling (Ann. Oper. Res. 14, 1988): an unmatched row takes the column that is best for
 * it, raises its price by (second - best) + eps, and the row that had it bids anew. At any time a matched row pays
 * at most eps more than its least. A phase stops when few rows are left over, for the last ones would bid longest.
 *
 * eps = 0 is the augmenting row reduction of Jonker & Volgenant (Computing 38, 1987), which paths.c starts with.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/matching.h"

#include <float.h>
#include <math.h>

enum { BIDS_PER_PHASE = 64, BIDS_AT_ZERO = 4 }; /* at most, on average for a row: ties cost time, never truth */
static double left_over = 0.0005;

typedef struct {
    moei_matching *matching;
    int32_t *queue; /* unmatched rows, first come first served; a ring */
    int64_t head, waiting;
    double rounding; /* of what a row pays: less is no reason to part */
} auction;

static void enqueue(auction *sale, int64_t i)
{
    int64_t at = sale->head + sale->waiting++;
    at -= at >= sale->matching->count ? sale->matching->count : 0;
    sale->queue[at] = (int32_t)i;
}

static int64_t dequeue(auction *sale)
{
    const int64_t i = sale->queue[sale->head];
    sale->head = sale->head + 1 == sale->matching->count ? 0 : sale->head + 1;
    sale->waiting--;
    return i;
}

static double rounding_of(const moei_matching *matching)
{
    double largest = 0;
    for (int64_t j = 0; j < matching->count; j++)
        largest = fmax(largest, fabs(matching->columns.price[j]));
    return 4 * DBL_EPSILON * largest;
}

/* Rows that pay more than eps above their least part; who is unmatched waits. */
static void part(auction *sale, double eps)
{
    moei_matching *matching = sale->matching;
    sale->head = sale->waiting = 0;
    for (int64_t i = 0; i < matching->count; i++) {
        const int32_t j = matching->column_of[i];
        if (j >= 0) {
            const double least = moei_listing_choose(matching, i).best;
            if (moei_matching_cost(matching, i, j) + matching->columns.price[j] <= least + eps + sale->rounding)
                continue;
            matching->column_of[i] = matching->row_of[j] = -1;
        }
        enqueue(sale, i);
    }
}

static void bid(auction *sale, double eps)
{
    moei_matching *matching = sale->matching;
    const int64_t i = dequeue(sale);
    const moei_choice choice = moei_listing_choose(matching, i);
    const int64_t j = choice.column, before = matching->row_of[j];
    if (choice.second < INFINITY)
        matching->columns.price[j] += (choice.second - choice.best) + eps;
    matching->row_of[j] = (int32_t)i;
    matching->column_of[i] = (int32_t)j;
    if (before >= 0) {
        matching->column_of[before] = -1;
        enqueue(sale, before);
    }
}

static int32_t run_phase(auction *sale, double eps, int64_t leave, int64_t limit)
{
    int32_t status = MOE_OK;
    sale->rounding = rounding_of(sale->matching);
    sale->matching->slack = eps / 2;
    part(sale, eps);
    int64_t start = limit, w = sale->waiting;
    while (!status && sale->waiting > leave && limit-- > 0) {
        bid(sale, eps);
        status = moei_meter_add(sale->matching->meter, MOEI_LISTED);
    }
    if (DBG) fprintf(stderr, "   n %ld phase eps %g waiting %ld bids/n %.2f left %ld\n", (long)sale->matching->count, eps, (long)w, (double)(start-limit)/(double)sale->matching->count, (long)sale->waiting);
    return status;
}

#include <stdlib.h>
int32_t moei_auction(moei_matching *matching, double first, double last)
{
    const int64_t count = matching->count;
    auction sale = {.matching = matching, .queue = MOEI_NEW(matching->core, count, int32_t)};
if (getenv("LEFT")) left_over = atof(getenv("LEFT"));
    int32_t status = MOE_OK;
    if (!sale.queue)
        return moei_out_of_memory(matching->context, "the auction of a distance");
    for (double eps = first; !status && eps >= last && eps > 0; eps /= 2)
        status = run_phase(&sale, eps, (int64_t)(left_over * (double)count), BIDS_PER_PHASE * count);
    if (!status && last == 0) {
        status = run_phase(&sale, 0, 0, BIDS_AT_ZERO * count);
        part(&sale, 0);
        matching->stalled = sale.waiting > count / 20 && count > 256;
        if (DBG) fprintf(stderr, "   free %ld\n", (long)sale.waiting);
    }
    moei_free(matching->core, sale.queue);
    return status;
}
