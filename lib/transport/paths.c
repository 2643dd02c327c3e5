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
 * here on columns not listed may matter"; when that comes up, the row looks again: at a fresh listing, at
 * longer ones, and at last at all columns. Columns farther than the nearest unmatched one seen so far are not
 * queued.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/matching.h"

#include <float.h>
#include <math.h>

enum {
    LOOKS = 16,
    ROUGH_LOOKS = 1
}; /* further than the listings, for each point, after which paths give up */

typedef struct {
    double distance;
    int32_t node; /* a column, or -1 - i: row i looks further     */
    int32_t room; /* how many columns row i has looked at already */
} entry;

typedef struct {
    moei_matching *matching;
    entry *heap; /* the nearest first; a column may be in it more than once */
    int64_t heap_count, heap_room;
    double *distance; /* columns: INFINITY if not reached               */
    int32_t *from;    /* columns: the row they were last reached from   */
    uint8_t *settled; /* columns                                        */
    int32_t *reached, *closed;
    int64_t reached_count, closed_count;
    int64_t start; /* the row */
    double goal;   /* distance of the nearest unmatched column reached  */
    int64_t looks; /* further than the listings, so far                 */
    int32_t status;
} dijkstra;

/* ---- queue ------------------------------------------------------------------------------------ */

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
    for (int64_t up; at > 0 && state->heap[up = (at - 1) / 2].distance > item.distance; at = up)
        state->heap[at] = state->heap[up];
    state->heap[at] = item;
}

static entry pop(dijkstra *state)
{
    const entry top = state->heap[0], item = state->heap[--state->heap_count];
    int64_t at = 0;
    for (int64_t child; (child = 2 * at + 1) < state->heap_count; at = child) {
        if (child + 1 < state->heap_count && state->heap[child + 1].distance < state->heap[child].distance)
            child++;
        if (state->heap[child].distance >= item.distance)
            break;
        state->heap[at] = state->heap[child];
    }
    state->heap[at] = item;
    return top;
}

/* ---- expanding a row -------------------------------------------------------------------------- */

static double base_of(const dijkstra *state, int64_t i)
{
    return i == state->start ? 0 : state->distance[state->matching->column_of[i]];
}

static double least_of(const dijkstra *state, int64_t i)
{
    moei_matching *matching = state->matching;
    const int32_t j = matching->column_of[i];
    return j < 0 ? moei_listing_choose(matching, i).best
                 : moei_matching_cost(matching, i, j) + matching->columns.price[j];
}

/* Column j can be reached from row i at `distance`; never before the row itself, whatever the rounding. */
static void offer(dijkstra *state, int64_t i, int64_t j, double base, double distance)
{
    const double at = distance > base ? distance : base;
    if (at >= state->goal || at >= state->distance[j] || state->settled[j])
        return;
    if (isinf(state->distance[j]))
        state->reached[state->reached_count++] = (int32_t)j;
    state->distance[j] = at;
    state->from[j] = (int32_t)i;
    if (state->matching->row_of[j] < 0)
        state->goal = at;
    push(state, (entry){at, (int32_t)j, 0});
}

static void wait_outside(dijkstra *state, int64_t i, double base, double outside, int32_t room)
{
    const double at = outside > base ? outside : base;
    if (at < state->goal)
        push(state, (entry){at, (int32_t)(-1 - i), room});
}

static void offer_listed(dijkstra *state, int64_t i, double base, double least)
{
    const moei_matching *matching = state->matching;
    const moei_listing *listing = &matching->listing[i];
    const moei_listed *listed = moei_matching_listed(matching, i);
    for (int32_t t = 0; t < listing->count; t++) {
        const int32_t j = listed[t].column;
        offer(state, i, j, base, base + ((listed[t].cost + matching->columns.price[j]) - least));
    }
    wait_outside(state, i, base, base + (listing->outside - least), (int32_t)matching->room);
    state->matching->meter->work += listing->count;
}

static void offer_all(dijkstra *state, int64_t i, double base, double least)
{
    moei_matching *matching = state->matching;
    state->looks += matching->count / MOEI_LISTED_LIMIT;
    for (int64_t j = 0; j < matching->count; j++)
        offer(state, i, j, base,
              base + ((moei_matching_cost(matching, i, j) + matching->columns.price[j]) - least));
    state->status = moei_meter_add(matching->meter, matching->count);
}

/* Columns beyond the goal, by more than rounding, are not asked for. */
static void offer_found(dijkstra *state, int64_t i, double base, double least, int32_t room)
{
    moei_matching *matching = state->matching;
    moei_found found[MOEI_LISTED_LIMIT + 1];
    double outside;
    const double reach = state->goal - base, far = 4 * DBL_EPSILON * (fabs(least) + reach + fabs(base));
    const int64_t count = moei_tree_search(&matching->columns, matching->x + i * matching->d, matching->p,
                                           room + 1, least + reach + far, 0, found, &outside);
    matching->meter->work += moei_tree_work(&matching->columns);
    for (int64_t t = 0; t < count; t++)
        offer(state, i, found[t].place, base, base + (found[t].value - least));
    wait_outside(state, i, base, base + (outside - least), room);
}

/* Row i's listing is used up: a fresh one at present prices, a longer one, or all columns. */
static void look_further(dijkstra *state, int64_t i, int32_t room)
{
    const double before = state->matching->listing[i].outside;
    const double base = base_of(state, i), least = least_of(state, i);
    state->looks++;
    if (room == state->matching->room) {
        moei_listing_refresh(state->matching, i);
        if (state->matching->listing[i].outside > before) {
            offer_listed(state, i, base, least);
            return;
        }
    }
    if (2 * room <= MOEI_LISTED_LIMIT)
        offer_found(state, i, base, least, 2 * room);
    else
        offer_all(state, i, base, least);
}

/* ---- one path --------------------------------------------------------------------------------- */

static void find_path(dijkstra *state, int32_t *end)
{
    moei_matching *matching = state->matching;
    state->goal = INFINITY;
    offer_listed(state, state->start, 0, least_of(state, state->start));
    *end = -1;
    while (state->heap_count > 0 && !state->status) {
        const entry item = pop(state);
        if (item.node < 0) {
            look_further(state, -1 - item.node, item.room);
            state->status = state->status ? state->status : moei_meter_add(matching->meter, 0);
            continue;
        }
        const int32_t j = item.node;
        if (state->settled[j] || item.distance > state->distance[j])
            continue;
        if (matching->row_of[j] < 0) {
            *end = j;
            return;
        }
        state->settled[j] = 1;
        state->closed[state->closed_count++] = j;
        const int64_t i = matching->row_of[j];
        offer_listed(state, i, item.distance, least_of(state, i));
        state->status = state->status ? state->status : moei_meter_add(matching->meter, 0);
    }
}

static void exchange(dijkstra *state, int32_t end)
{
    moei_matching *matching = state->matching;
    const double length = state->distance[end];
    for (int64_t t = 0; t < state->closed_count; t++) {
        const int32_t j = state->closed[t];
        matching->columns.price[j] += length - state->distance[j];
    }
    for (int32_t j = end; j >= 0;) {
        const int32_t i = state->from[j], next = matching->column_of[i];
        matching->column_of[i] = j;
        matching->row_of[j] = i;
        j = next;
    }
}

static void forget(dijkstra *state)
{
    for (int64_t t = 0; t < state->closed_count; t++)
        state->settled[state->closed[t]] = 0;
    for (int64_t t = 0; t < state->reached_count; t++)
        state->distance[state->reached[t]] = INFINITY;
    state->heap_count = state->reached_count = state->closed_count = 0;
}

static int32_t augment_all(dijkstra *state)
{
    moei_matching *matching = state->matching;
    for (int64_t i = 0; i < matching->count && !state->status && !matching->stalled; i++) {
        int32_t end;
        if (matching->column_of[i] >= 0)
            continue;
        state->start = i;
        find_path(state, &end);
        if (!state->status && end < 0)
            return moei_fail(matching->context, MOE_ERROR_CONVERGENCE,
                             "transport: no path leads from a point of a");
        if (!state->status)
            exchange(state, end);
        forget(state);
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
    state.distance = MOEI_NEW(core, count, double);
    state.from = MOEI_NEW(core, count, int32_t);
    state.settled = MOEI_NEW(core, count, uint8_t);
    state.reached = MOEI_NEW(core, count, int32_t);
    state.closed = MOEI_NEW(core, count, int32_t);
    int32_t status;
    if (state.heap && state.distance && state.from && state.settled && state.reached && state.closed) {
        for (int64_t j = 0; j < count; j++)
            state.distance[j] = INFINITY;
        status = augment_all(&state);
    } else
        status = moei_out_of_memory(matching->context, "the paths of a distance");
    moei_free(core, state.closed);
    moei_free(core, state.reached);
    moei_free(core, state.settled);
    moei_free(core, state.from);
    moei_free(core, state.distance);
    moei_free(core, state.heap);
    return status;
}
