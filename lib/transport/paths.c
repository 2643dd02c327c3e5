/* paths.c - shortest augmenting paths over the complete bipartite graph of rows and columns.
 *
 * Successive shortest paths with potentials (Tomizawa, Networks 1, 1971; Edmonds & Karp, J. ACM 19, 1972),
 * for any masses:
 *   1. from a row with supply, Dijkstra's method with the lengths c[i,j] + price[j] - best[i] >= 0 forward
 *      and 0 back along shipments, until it settles a column with demand, at distance D;
 *   2. best[i] += D - distance(i), price[j] += D - distance(j) for all that was settled before;
 *   3. as much as supply, demand and the shipments on the way allow is shipped along the path.
 * Both invariants of search.h survive each step, so the plan is optimal when no supply is left.
 *
 * The graph is never stored. A row is expanded through its candidates and one entry of the queue that says
 * "from here on columns not listed may matter"; when that comes up, the row looks again: at a longer list,
 * and at last at all columns. Columns farther than the nearest one with demand seen so far are not queued.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/ground.h"
#include "transport/queue.h"
#include "transport/search.h"

enum { PATHS_PER_POINT = 1000 }; /* more than that, and the masses must have conspired */

typedef struct {
    moei_search *search;
    moei_queue queue; /* nodes: the columns, then for each row its "look further"              */
    int64_t *from;    /* columns: the row they were last reached from                          */
    int64_t *via;     /* rows: the shipment they were reached along, back from a column; or -1 */
    int64_t *through; /* rows: that column                                                     */
    double *base;     /* rows: their distance; INFINITY if not reached                         */
    int64_t *reached; /* the rows reached, in order                                            */
    int64_t reached_count;
    double goal; /* distance of the nearest column with demand seen so far                     */
} dijkstra;

/* ---- expanding a row -------------------------------------------------------------------------- */

/* Column j can be reached from row i at `distance`. */
static void offer_column(dijkstra *state, int64_t i, int64_t j, double distance)
{
    const double base = state->base[i];
    const double at = distance > base ? distance : base; /* rounding must not lead back */
    if (at >= state->goal || !moei_queue_offer(&state->queue, j, at))
        return;
    state->from[j] = i;
    if (state->search->demand[j] > 0)
        state->goal = at;
}

/* Offers the columns listed for row i. Returns the distance from which on others may matter; INFINITY: never.
 */
static double offer_listed(dijkstra *state, int64_t i)
{
    const moei_search *search = state->search;
    const moei_row *row = &search->row[i];
    const double offset = state->base[i] - search->best[i];
    for (int64_t t = 0; t < row->count; t++) {
        const int64_t j = row->list[t].column;
        offer_column(state, i, j, offset + (row->list[t].cost + search->price[j]));
    }
    const double outside = offset + row->outside;
    return outside < state->goal ? fmax(outside, state->base[i]) : (double)INFINITY;
}

static int32_t offer_all(dijkstra *state, int64_t i)
{
    moei_search *search = state->search;
    const double offset = state->base[i] - search->best[i], p = search->problem->p;
    double squares[MOEI_BLOCK];
    for (int64_t j = 0; j < search->columns; j++) {
        const int64_t t = j % MOEI_BLOCK;
        if (t == 0)
            moei_ground_squares(search->problem, i, j / MOEI_BLOCK, squares);
        const double price = search->price[j];
        if (moei_ground_below(squares[t], p, price, state->goal - offset))
            offer_column(state, i, j, offset + (moei_ground_cost(squares[t], p) + price));
    }
    return moei_meter_add(&search->meter, search->columns);
}

static void reach_row(dijkstra *state, int64_t i, double base, int64_t via, int64_t through)
{
    state->base[i] = base;
    state->via[i] = via;
    state->through[i] = through;
    state->reached[state->reached_count++] = i;
    const double outside = offer_listed(state, i);
    if (isfinite(outside))
        moei_queue_offer(&state->queue, state->search->columns + i, outside);
}

/* Row i's list is used up: a fresh one at present prices, a longer one, or all columns. */
static int32_t look_further(dijkstra *state, int64_t i)
{
    moei_search *search = state->search;
    const moei_row *row = &search->row[i];
    const double before = row->outside;
    const int64_t count = row->count > MOEI_CANDIDATES ? row->count : MOEI_CANDIDATES;
    if (2 * count > MOEI_CANDIDATES_LIMIT)
        return offer_all(state, i);
    int32_t status = moei_candidates_refresh(search, i, count);
    if (!status && row->outside <= before)
        status = moei_candidates_refresh(search, i, 2 * count);
    if (status)
        return status;
    const double outside = offer_listed(state, i);
    if (isfinite(outside))
        moei_queue_return(&state->queue, search->columns + i, outside);
    return MOE_OK;
}

/* ---- one path --------------------------------------------------------------------------------- */

/* Step 1: *end <- the nearest column with demand; -1 if there is none. */
static int32_t find_path(dijkstra *state, int64_t start, int64_t *end)
{
    moei_search *search = state->search;
    int32_t status = MOE_OK;
    state->goal = INFINITY;
    reach_row(state, start, 0, -1, -1);
    *end = -1;
    while (!status) {
        const int64_t node = moei_queue_take(&state->queue);
        if (node < 0)
            break;
        if (node >= search->columns) {
            status = look_further(state, node - search->columns);
            continue;
        }
        if (search->demand[node] > 0) {
            *end = node;
            break;
        }
        for (int64_t f = search->first[node]; f >= 0; f = search->shipment[f].next)
            if (isinf(state->base[search->shipment[f].row]))
                reach_row(state, search->shipment[f].row, state->queue.distance[node], f, node);
    }
    return status ? status : moei_meter_add(&search->meter, MOEI_CANDIDATES * state->reached_count);
}

/* Step 2. */
static void raise_prices(const dijkstra *state, int64_t end)
{
    moei_search *search = state->search;
    const moei_queue *queue = &state->queue;
    const double length = queue->distance[end];
    for (int64_t t = 0; t < queue->seen; t++) {
        const int64_t j = queue->trail[t];
        if (j < search->columns && queue->place[j] == MOEI_SETTLED)
            search->price[j] += length - queue->distance[j];
    }
    for (int64_t t = 0; t < state->reached_count; t++)
        search->best[state->reached[t]] += length - state->base[state->reached[t]];
}

/* What can be shipped: along column <- row <- column <- ... <- the row at the start. */
static double width_of_path(const dijkstra *state, int64_t end)
{
    const moei_search *search = state->search;
    double mass = search->demand[end];
    int64_t i = state->from[end];
    for (; state->via[i] >= 0; i = state->from[state->through[i]])
        mass = fmin(mass, search->shipment[state->via[i]].mass);
    return fmin(mass, search->supply[i]);
}

/* Step 3. A row on the way gives up one column for the other: from the start on, each has supply when it
 * ships. */
static int32_t ship_along(dijkstra *state, int64_t end)
{
    moei_search *search = state->search;
    const double mass = width_of_path(state, end);
    int64_t i = state->from[end], j = end;
    for (; state->via[i] >= 0; i = state->from[j]) {
        const int64_t freed = state->through[i];
        moei_unship(search, freed, &search->shipment[state->via[i]], mass);
        const int32_t status = moei_ship(search, i, j, mass);
        if (status)
            return status;
        moei_sweep_shipments(search, freed);
        j = freed;
    }
    return moei_ship(search, i, j, mass);
}

static void forget(dijkstra *state)
{
    for (int64_t t = 0; t < state->reached_count; t++)
        state->base[state->reached[t]] = INFINITY;
    state->reached_count = 0;
    moei_queue_clear(&state->queue);
}

/* ---- all paths -------------------------------------------------------------------------------- */

/* Ships from row `start` to a column with demand. */
static int32_t augment(dijkstra *state, int64_t start, int64_t *end)
{
    int32_t status = find_path(state, start, end);
    if (!status && *end < 0)
        status = moei_fail(state->search->problem->context, MOE_ERROR_CONVERGENCE,
                           "transport: no path leads from point %lld of a",
                           (long long)state->search->problem->rows.index[start]);
    if (!status) {
        raise_prices(state, *end);
        status = ship_along(state, *end);
    }
    forget(state);
    return status;
}

static int32_t augment_all(dijkstra *state)
{
    moei_search *search = state->search;
    int64_t open = 0, paths = 0, end;
    int32_t status = MOE_OK;
    for (int64_t j = 0; j < search->columns; j++)
        open += search->demand[j] > 0;
    for (int64_t start = 0; start < search->rows; start++)
        while (search->supply[start] > 0 && open > 0) {
            search->meter.part = 0.5 + 0.4 * (double)start / (double)search->rows;
            if (paths++ / PATHS_PER_POINT > search->rows + search->columns)
                return moei_fail(search->problem->context, MOE_ERROR_CONVERGENCE,
                                 "transport: %lld augmenting paths do not suffice", (long long)paths);
            if ((status = augment(state, start, &end)))
                return status;
            open -= search->demand[end] == 0;
        }
    return MOE_OK;
}

int32_t moei_augment(moei_search *search)
{
    const int64_t rows = search->rows, columns = search->columns;
    dijkstra state = {.search = search};
    const bool queue = moei_queue_create(search->core, rows + columns, &state.queue);
    state.from = MOEI_NEW(search->core, columns, int64_t);
    state.via = MOEI_NEW(search->core, rows, int64_t);
    state.through = MOEI_NEW(search->core, rows, int64_t);
    state.base = MOEI_NEW(search->core, rows, double);
    state.reached = MOEI_NEW(search->core, rows, int64_t);
    int32_t status;
    if (queue && state.from && state.via && state.through && state.base && state.reached) {
        for (int64_t i = 0; i < rows; i++)
            state.base[i] = INFINITY;
        status = augment_all(&state);
    } else
        status = moei_out_of_memory(search->problem->context, "the paths of a distance");
    moei_free(search->core, state.reached);
    moei_free(search->core, state.base);
    moei_free(search->core, state.through);
    moei_free(search->core, state.via);
    moei_free(search->core, state.from);
    moei_queue_free(search->core, &state.queue);
    return status;
}
