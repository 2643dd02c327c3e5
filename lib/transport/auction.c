/* auction.c - rows bid for columns until few rows are left over.
 *
 * Bertsekas' auction with eps-scaling (Ann. Oper. Res. 14, 1988): an unmatched row takes the column that is
 * best for it, raises its price by (second - best) + eps, and the row that had it bids anew. At any time a
 * matched row pays at most eps more than its least. A phase stops when few rows are left over, for the last
 * ones would bid longest.
 *
 * eps = 0 is the augmenting row reduction of Jonker & Volgenant (Computing 38, 1987), which paths.c starts
 * with.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/matching.h"

#include <float.h>
#include <math.h>

enum {
    BIDS_PER_PHASE = 64,
    LISTINGS_PER_PHASE = 8,
    BIDS_AT_ZERO = 4
};                                      /* at most, on average for a row: ties cost time, never truth */
enum { AHEAD = 8, LINE = 8 };           /* bids for which memory is asked in advance; doubles it comes in */
static const double finer = 3;          /* from eps to eps                                             */
static const double left_over = 0.0001; /* part of the rows that a phase may leave unmatched          */

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
static int32_t part(auction *sale, double eps)
{
    moei_matching *matching = sale->matching;
    int32_t status = MOE_OK;
    sale->head = sale->waiting = 0;
    for (int64_t i = 0; i < matching->count && !status; i++) {
        const int32_t j = matching->column_of[i];
        if (j >= 0) {
            const double least = moei_listing_choose(matching, i).best;
            if (moei_matching_cost(matching, i, j) + matching->columns.price[j] <=
                least + eps + sale->rounding)
                continue;
            matching->column_of[i] = matching->row_of[j] = -1;
        }
        enqueue(sale, i);
        status = moei_meter_add(matching->meter, matching->room);
    }
    return status;
}

static int64_t waiting_row(const auction *sale, int64_t ahead)
{
    const int64_t at = sale->head + ahead;
    return sale->queue[at < sale->matching->count ? at : at - sale->matching->count];
}

/* Asks memory for what soon bidding rows will read. */
static void fetch_ahead(const auction *sale)
{
    const moei_matching *matching = sale->matching;
    if (sale->waiting <= AHEAD)
        return;
    const double *far = matching->listing + waiting_row(sale, AHEAD) * matching->length;
    for (int64_t t = 0; t < matching->length; t += LINE)
        __builtin_prefetch(far + t);
    const int64_t near = waiting_row(sale, AHEAD / 2);
    const int32_t *column = moei_matching_listed(matching, near);
    for (int32_t t = 0; t < moei_matching_listing(matching, near)->count; t++)
        __builtin_prefetch(&matching->columns.price[column[t]]);
}

static void bid(auction *sale, double eps)
{
    moei_matching *matching = sale->matching;
    const int64_t i = dequeue(sale);
    fetch_ahead(sale);
    const moei_choice choice = moei_listing_choose(matching, i);
    const int64_t j = choice.column, before = matching->row_of[j];
    if (isfinite(choice.second)) {
        const double rise = (choice.second - choice.best) + eps;
        matching->columns.price[j] += rise;
        matching->rise += rise / (double)matching->count;
    }
    matching->row_of[j] = (int32_t)i;
    matching->column_of[i] = (int32_t)j;
    if (before >= 0) {
        matching->column_of[before] = -1;
        enqueue(sale, before);
    }
}

/* Who parts, and who bids, may do so by guesses about columns that it does not list (listing.c). */
typedef struct {
    bool parts, bids;
} lenience;

static int32_t run_phase(auction *sale, double eps, lenience guess, int64_t leave, int64_t limit)
{
    moei_matching *matching = sale->matching;
    sale->rounding = rounding_of(matching);
    matching->slack = eps / 2;
    matching->lenient = guess.parts;
    int32_t status = part(sale, eps);
    matching->lenient = guess.bids;
    const int64_t listings = matching->listings + LISTINGS_PER_PHASE * matching->count;
    while (!status && sale->waiting > leave && limit-- > 0 && matching->listings < listings) {
        bid(sale, eps);
        status = moei_meter_add(matching->meter, matching->room);
    }
    matching->lenient = false;
    return status;
}

/* Is a complete matching in which every row pays at most 3/2 eps too much as good as a gap asks for? */
static bool good_enough(const moei_matching *matching, double eps, double gap)
{
    double sum = 0;
    int64_t count = 0;
    for (int64_t i = 0; i < matching->count && gap > 0; i++)
        if (matching->column_of[i] >= 0) {
            sum += moei_matching_cost(matching, i, matching->column_of[i]);
            count++;
        }
    const double part = 1 - pow(1 + gap, -matching->p);
    return count > 0 && 1.6 * eps <= part * (sum / (double)count);
}

/* The second phase begins with a look at all columns: the first moved prices most. */
static int32_t run_phases(auction *sale, double first, double last, double gap)
{
    static const lenience guessing = {true, true}, checking = {false, true}, proving = {false, false};
    moei_matching *matching = sale->matching;
    const int64_t count = matching->count, leave = (int64_t)(left_over * (double)count);
    int32_t status = MOE_OK, phase = 0;
    for (double eps = first; !status && eps >= last && eps > 0 && !matching->complete; eps /= finer) {
        status = run_phase(sale, eps, phase++ == 1 ? checking : guessing, leave, BIDS_PER_PHASE * count);
        if (!status && good_enough(matching, eps, gap)) {
            status = run_phase(sale, eps, proving, 0, BIDS_PER_PHASE * count);
            matching->complete = sale->waiting == 0;
        }
    }
    return status;
}

static int32_t open_sale(moei_matching *matching, auction *sale)
{
    *sale = (auction){.matching = matching, .queue = MOEI_NEW(matching->core, matching->count, int32_t)};
    return sale->queue ? MOE_OK : moei_out_of_memory(matching->context, "the auction of a distance");
}

int32_t moei_auction(moei_matching *matching, double first, double last, double gap)
{
    auction sale;
    int32_t status = open_sale(matching, &sale);
    if (!status)
        status = run_phases(&sale, first, last, gap);
    moei_free(matching->core, sale.queue);
    return status;
}

int32_t moei_reduce(moei_matching *matching)
{
    auction sale;
    int32_t status = open_sale(matching, &sale);
    if (!status)
        status = run_phase(&sale, 0, (lenience){false, false}, 0, BIDS_AT_ZERO * matching->count);
    if (!status)
        status = part(&sale, 0);
    moei_free(matching->core, sale.queue);
    return status;
}
