/* auction.c - a start for the path solver: rows bid for columns until little mass is left.
 *
 * Bertsekas' auction with eps-scaling (Ann. Oper. Res. 14, 1988), for any masses. A row with supply turns to
 * the column that is best for it. If there is room beside others, it takes it. If not, or if no one is
 * there, it raises the column's price by (second - best) + eps, those who have it better elsewhere leave, and
 * it takes what it can. At any time
 *
 *     shipped[i,j] > 0  only where  c[i,j] + price[j] <= min_k (c[i,k] + price[k]) + eps.
 *
 * Each phase divides eps and first parts what is no longer within it; it stops when few rows are left over,
 * for the last ones would bid longest. The last phase has eps = 0, which is the augmenting row reduction of
 * Jonker & Volgenant (Computing 38, 1987). What is then exactly best for its row stays shipped; the rest is
 * left to the paths, which need prices near the optimum, and nothing else, to be fast.
 *
 * Every loop is bounded: ties cost time, never truth.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/ground.h"
#include "transport/search.h"

enum { BIDS_PER_PHASE = 64, BIDS_AT_ZERO = 4 }; /* at most, on average for a row */
static const double first_step = 0.5;  /* the first eps, in mean nearest costs                           */
static const double last_step = 0.03;  /* the last eps > 0, in mean widths of a row's list of candidates */
static const double least_step = 1e-6; /* but never below that, in mean nearest costs                    */
static const double divisor = 4;       /* between two phases                                             */
static const double left_over = 0.005; /* part of the rows that a phase may leave with supply            */

typedef struct {
    moei_search *search;
    int64_t *queue; /* rows with supply, first come first served; a ring */
    int64_t head, waiting;
} auction;

static void enqueue(auction *sale, int64_t i)
{
    const int64_t rows = sale->search->rows;
    sale->queue[(sale->head + sale->waiting++) % rows] = i;
}

static int64_t dequeue(auction *sale)
{
    const int64_t i = sale->queue[sale->head];
    sale->head = (sale->head + 1) % sale->search->rows;
    sale->waiting--;
    return i;
}

/* Is the shipment to column j worse for its row than best + eps? */
static bool too_dear(const moei_search *search, const moei_shipment *shipment, int64_t j, double best,
                     double eps)
{
    const double square = moei_ground_square(search->problem, shipment->row, j);
    return moei_ground_cost(square, search->problem->p) + search->price[j] > best + eps;
}

/* Rows other than i leave column j if they have it better elsewhere by more than eps. */
static int32_t send_away(auction *sale, int64_t i, int64_t j, double eps)
{
    moei_search *search = sale->search;
    int32_t status = MOE_OK;
    for (int64_t f = search->first[j]; f >= 0 && !status; f = search->shipment[f].next) {
        moei_shipment *shipment = &search->shipment[f];
        moei_choice choice;
        if (shipment->row == i)
            continue;
        status = moei_candidates_choose(search, shipment->row, &choice);
        if (status || !too_dear(search, shipment, j, choice.best, eps))
            continue;
        if (search->supply[shipment->row] == 0)
            enqueue(sale, shipment->row);
        moei_unship(search, j, shipment, shipment->mass);
    }
    moei_sweep_shipments(search, j);
    return status;
}

static int32_t bid(auction *sale, int64_t i, double eps)
{
    moei_search *search = sale->search;
    moei_choice choice;
    int32_t status = moei_candidates_choose(search, i, &choice);
    if (status)
        return status;
    const int64_t j = choice.column;
    const bool room_beside_others = search->first[j] >= 0 && search->demand[j] > 0;
    if (!room_beside_others && isfinite(choice.second)) {
        search->price[j] += (choice.second - choice.best) + eps;
        status = send_away(sale, i, j, eps);
    }
    const double mass = fmin(search->supply[i], search->demand[j]);
    if (!status && mass > 0)
        status = moei_ship(search, i, j, mass);
    if (search->supply[i] > 0)
        enqueue(sale, i);
    return status;
}

/* best[i] <- min_j c[i,j] + price[j]; shipments that are not within eps of it part; rows with supply wait. */
static int32_t part(auction *sale, double eps)
{
    moei_search *search = sale->search;
    for (int64_t i = 0; i < search->rows; i++) {
        moei_choice choice;
        const int32_t status = moei_candidates_choose(search, i, &choice);
        if (status)
            return status;
        search->best[i] = choice.best;
    }
    for (int64_t j = 0; j < search->columns; j++) {
        for (int64_t f = search->first[j]; f >= 0; f = search->shipment[f].next) {
            moei_shipment *shipment = &search->shipment[f];
            if (too_dear(search, shipment, j, search->best[shipment->row], eps))
                moei_unship(search, j, shipment, shipment->mass);
        }
        moei_sweep_shipments(search, j);
    }
    sale->waiting = 0;
    for (int64_t i = 0; i < search->rows; i++)
        if (search->supply[i] > 0)
            enqueue(sale, i);
    return MOE_OK;
}

/* Bids until at most `leave` rows wait, or `limit` bids were made. */
static int32_t run_phase(auction *sale, double eps, int64_t leave, int64_t limit)
{
    int32_t status = part(sale, eps);
    while (!status && sale->waiting > leave && limit-- > 0) {
        status = bid(sale, dequeue(sale), eps);
        if (!status)
            status = moei_meter_add(&sale->search->meter, MOEI_CANDIDATES);
    }
    return status;
}

/* Means over the rows, before any price is raised: of the least cost, and of the width of the list. */
static int32_t measure_scales(const auction *sale, double *nearest, double *width)
{
    moei_search *search = sale->search;
    *nearest = *width = 0;
    for (int64_t i = 0; i < search->rows; i++) {
        moei_choice choice;
        const int32_t status = moei_candidates_choose(search, i, &choice);
        if (status)
            return status;
        const moei_row *row = &search->row[i];
        double largest = 0;
        for (int64_t t = 0; t < row->count; t++)
            largest = fmax(largest, row->list[t].cost);
        *nearest += choice.best / (double)search->rows;
        *width += (largest - choice.best) / (double)search->rows;
    }
    return MOE_OK;
}

static int32_t run_phases(auction *sale)
{
    const int64_t rows = sale->search->rows, leave = (int64_t)(left_over * (double)rows);
    double nearest, width;
    int32_t status = measure_scales(sale, &nearest, &width);
    const double last = fmax(last_step * width, least_step * nearest);
    for (double eps = first_step * nearest; !status && eps > last; eps /= divisor) {
        sale->search->meter.part += (0.5 - sale->search->meter.part) / 4;
        status = run_phase(sale, eps, leave, BIDS_PER_PHASE * rows);
    }
    if (!status)
        status = run_phase(sale, 0, 0, BIDS_AT_ZERO * rows);
    return status ? status : part(sale, 0);
}

int32_t moei_auction(moei_search *search)
{
    auction sale = {.search = search, .queue = MOEI_NEW(search->core, search->rows, int64_t)};
    const int32_t status = sale.queue
                               ? run_phases(&sale)
                               : moei_out_of_memory(search->problem->context, "the auction of a distance");
    moei_free(search->core, sale.queue);
    return status;
}
