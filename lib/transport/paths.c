/* paths.c - shortest augmenting paths over the complete bipartite graph of rows and columns.
 *
 * Tomizawa (Networks 1, 1971), Jonker & Volgenant (Computing 38, 1987):
 *   1. from an unmatched row, Dijkstra's method with the lengths c[i,j] + price[j] - least(i) >= 0 forward
 * and 0 back along the matching, until it settles an unmatched column, at distance D;
 *   2. price[j] += D - distance(j) for the columns settled before; least(i) follows, as i = row_of[j] pays
 * it;
 *   3. the matching is exchanged along the path.
 *
 * The graph is never stored. A row is expanded through its listing and one entry of the queue that says "from
 * here on columns not listed may matter"; when that comes up, the row looks again: at a fresh listing, then
 * into the tree, from which the columns settled so far are taken out until the path is found, so that what it
 * finds is new. Columns farther than the nearest unmatched one seen so far are not queued.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/matching.h"

#include <assert.h>
#include <float.h>
#include <math.h>

enum { LOOKS = 16, ROUGH_LOOKS = 1 }; /* further than the listings, for each point, until paths give up */

typedef struct {
    double distance;
    int32_t node; /* a column, or -1 - s: scan s looks further */
} entry;

/* A row that was reached. */
typedef struct {
    double base, least; /* its distance, and what it pays */
    int32_t row;
    bool fresh; /* its listing was made in this path, or cannot be */
} scan;

typedef struct {
    double distance; /* INFINITY if not reached          */
    int32_t from;    /* the row it was last reached from */
    bool settled;
} column;

typedef struct {
    double price; /* before the path */
    int32_t column;
} closed;

typedef struct {
    moei_matching *matching;
    entry *heap; /* the nearest first, columns before rows; a column may be in it more than once */
    int64_t heap_count, heap_room;
    column *columns;  /* count                                                    */
    scan *scans;      /* count                                                    */
    int32_t *reached; /* count: columns                                           */
    closed *settled;  /* count: the first `removed` of them are out of the tree   */
    int64_t scan_count, reached_count, settled_count, removed;
    int64_t looks; /* further than the listings, in all paths                     */
    double goal;   /* distance of the nearest unmatched column reached            */
    int32_t status;
} dijkstra;

/* ---- queue ------------------------------------------------------------------------------------ */

/* At equal distances columns come first: a row that looks into the tree finds none that waits. */
static bool before(entry a, entry b)
{
    return a.distance < b.distance || (a.distance == b.distance && a.node > b.node);
}

static void push(dijkstra *state, entry item)
{
    if (state->heap_count == state->heap_room) {
        const int64_t room = 2 * state->heap_room;
        entry *heap = MOEI_NEW(state->matching->core, room, entry);
        if (!heap) {
            state->status = moei_out_of_memory(state->matching->context, "the paths of a distance");
            return;
        }
        for (int64_t t = 0; t < state->heap_count; t++)
            heap[t] = state->heap[t];
        moei_free(state->matching->core, state->heap);
        state->heap = heap;
        state->heap_room = room;
    }
    int64_t at = state->heap_count++;
    for (int64_t up; at > 0 && before(item, state->heap[up = (at - 1) / 2]); at = up)
        state->heap[at] = state->heap[up];
    state->heap[at] = item;
}

static entry pop(dijkstra *state)
{
    const entry top = state->heap[0], item = state->heap[--state->heap_count];
    int64_t at = 0;
    for (int64_t child; (child = 2 * at + 1) < state->heap_count; at = child) {
        if (child + 1 < state->heap_count && before(state->heap[child + 1], state->heap[child]))
            child++;
        if (!before(state->heap[child], item))
            break;
        state->heap[at] = state->heap[child];
    }
    state->heap[at] = item;
    return top;
}

/* ---- expanding a row -------------------------------------------------------------------------- */

/* From what a row pays to a distance; never before the row itself, whatever the rounding. */
static double distance_of(const scan *at, double value)
{
    const double distance = at->base + (value - at->least);
    return distance > at->base ? distance : at->base;
}

static void offer(dijkstra *state, const scan *from, int32_t j, double value)
{
    column *to = &state->columns[j];
    const double distance = distance_of(from, value);
    if (distance >= state->goal || distance >= to->distance || to->settled)
        return;
    if (isinf(to->distance))
        state->reached[state->reached_count++] = j;
    to->distance = distance;
    to->from = from->row;
    if (state->matching->row_of[j] < 0)
        state->goal = distance;
    push(state, (entry){distance, j});
}

static void wait(dijkstra *state, int64_t s, double value)
{
    const double distance = distance_of(&state->scans[s], value);
    if (distance < state->goal)
        push(state, (entry){distance, (int32_t)(-1 - s)});
}

static void offer_listed(dijkstra *state, int64_t s)
{
    const scan *at = &state->scans[s];
    const moei_matching *matching = state->matching;
    const moei_listing *listing = moei_matching_listing(matching, at->row);
    const int32_t *listed = moei_matching_listed(matching, at->row);
    for (int32_t t = 0; t < listing->count; t++)
        offer(state, at, listed[t], listing->cost[t] + matching->columns.price[listed[t]]);
    wait(state, s, listing->outside);
    matching->meter->work += listing->count;
}

static void remove_settled(dijkstra *state)
{
    for (; state->removed < state->settled_count; state->removed++)
        moei_tree_remove(&state->matching->columns, state->settled[state->removed].column);
}

/* The listing is used up. A fresh one is of use to later paths too. */
static void look_further(dijkstra *state, int64_t s)
{
    scan *at = &state->scans[s];
    moei_matching *matching = state->matching;
    const moei_listing *listing = moei_matching_listing(matching, at->row);
    state->looks++;
    if (state->removed == 0 && !at->fresh) {
        const double outside = listing->outside;
        moei_listing_refresh(matching, at->row);
        at->fresh = true;
        if (listing->outside > outside) {
            offer_listed(state, s);
            return;
        }
    }
    moei_found found[MOEI_LISTED + 1];
    double outside;
    const double reach = state->goal - at->base;
    const double far = 4 * DBL_EPSILON * (fabs(at->least) + reach + fabs(at->base));
    remove_settled(state);
    const int64_t count =
        moei_tree_search(&matching->columns, matching->x + at->row * matching->d, matching->p,
                         MOEI_LISTED + 1, at->least + reach + far, 0, found, &outside);
    for (int64_t t = 0; t < count; t++)
        offer(state, at, found[t].place, found[t].value);
    wait(state, s, outside);
    matching->meter->work += moei_tree_work(&matching->columns);
}

static void reach_row(dijkstra *state, int64_t i, double base, double least)
{
    state->scans[state->scan_count] = (scan){base, least, (int32_t)i, false};
    offer_listed(state, state->scan_count++);
}

/* ---- one path --------------------------------------------------------------------------------- */

static void settle(dijkstra *state, int32_t j)
{
    moei_matching *matching = state->matching;
    const double price = matching->columns.price[j];
    const int64_t i = matching->row_of[j];
    state->columns[j].settled = true;
    state->settled[state->settled_count++] = (closed){price, j};
    reach_row(state, i, state->columns[j].distance, moei_matching_cost(matching, i, j) + price);
}

/* Returns the unmatched column, or -1. */
static int32_t find_path(dijkstra *state, int64_t start)
{
    moei_matching *matching = state->matching;
    state->goal = INFINITY;
    reach_row(state, start, 0, moei_listing_choose(matching, start).best);
    while (state->heap_count > 0 && !state->status) {
        const entry item = pop(state);
        if (item.node < 0)
            look_further(state, -1 - item.node);
        else if (!state->columns[item.node].settled && item.distance <= state->columns[item.node].distance) {
            if (matching->row_of[item.node] < 0)
                return item.node;
            settle(state, item.node);
        }
        state->status = state->status ? state->status : moei_meter_add(matching->meter, 0);
    }
    return -1;
}

static void exchange(dijkstra *state, int32_t end)
{
    moei_matching *matching = state->matching;
    for (int32_t j = end; j >= 0;) {
        const int32_t i = state->columns[j].from, next = matching->column_of[i];
        matching->column_of[i] = j;
        matching->row_of[j] = i;
        j = next;
    }
}

/* Prices rise by `length` - distance, or stay if there is no path; all columns are back in the tree. */
static void forget(dijkstra *state, double length)
{
    moei_tree *tree = &state->matching->columns;
    for (int64_t t = 0; t < state->settled_count; t++) {
        const closed *at = &state->settled[t];
        const double price = at->price + fmax(0, length - state->columns[at->column].distance);
        if (t < state->removed)
            moei_tree_put(tree, at->column, price);
        else
            tree->price[at->column] = price;
        state->columns[at->column].settled = false;
    }
    for (int64_t t = 0; t < state->reached_count; t++)
        state->columns[state->reached[t]].distance = INFINITY;
    state->heap_count = state->scan_count = state->reached_count = state->settled_count = state->removed = 0;
}

static int32_t augment_all(dijkstra *state)
{
    moei_matching *matching = state->matching;
    for (int64_t i = 0; i < matching->count && !state->status && !matching->stalled; i++) {
        if (matching->column_of[i] >= 0)
            continue;
        const int32_t end = find_path(state, i);
        if (state->status == MOE_OK && end < 0)
            state->status = moei_fail(matching->context, MOE_ERROR_CONVERGENCE,
                                      "transport: no path leads from a point of a");
        const bool found = state->status == MOE_OK;
        if (found)
            exchange(state, end);
        forget(state, found ? state->columns[end].distance : 0);
        matching->stalled = state->looks > (matching->rough ? ROUGH_LOOKS : LOOKS) * matching->count;
    }
    return state->status;
}

int32_t moei_augment(moei_matching *matching)
{
    moei_core *core = matching->core;
    const int64_t count = matching->count;
    dijkstra state = {.matching = matching, .heap_room = 1024};
    state.heap = MOEI_NEW(core, state.heap_room, entry);
    state.columns = MOEI_NEW(core, count, column);
    state.scans = MOEI_NEW(core, count, scan);
    state.reached = MOEI_NEW(core, count, int32_t);
    state.settled = MOEI_NEW(core, count, closed);
    int32_t status;
    if (state.heap && state.columns && state.scans && state.reached && state.settled) {
        for (int64_t j = 0; j < count; j++)
            state.columns[j] = (column){INFINITY, -1, false};
        status = augment_all(&state);
    } else
        status = moei_out_of_memory(matching->context, "the paths of a distance");
    moei_free(core, state.settled);
    moei_free(core, state.reached);
    moei_free(core, state.scans);
    moei_free(core, state.columns);
    moei_free(core, state.heap);
    return status;
}
