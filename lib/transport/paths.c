/* paths.c - exact transport in any dimension: shortest augmenting paths over the complete bipartite graph.
 *
 * Successive shortest paths with potentials (Tomizawa 1971; Edmonds & Karp, J. ACM 19, 1972), for any masses:
 *   1. from a row with supply, Dijkstra's method with the lengths c[i,j] + price[j] - best[i] >= 0 forward and 0
 *      back along flow, until it settles a column with demand, at distance D;
 *   2. best[i] += D - distance(i), price[j] += D - distance(j) for all that was settled before;
 *   3. as much as supply, demand and the flows on the way allow is shipped along the path.
 * Both invariants of search.h survive each step, so the plan is optimal when no supply is left.
 *
 * The graph is never stored. A row is expanded through its candidates and one entry of the queue that says "from
 * here on columns not listed may matter"; when that comes up, the row looks again: at a longer list, and at last at
 * all columns. Columns farther than the nearest one with demand seen so far are not queued.
 *
 * Memory O(rows + columns); time up to O(n^3) for equal masses, far less after an auction (auction.c).
 *
 * SPDX-License-Identifier: MIT */
#include "transport/ground.h"
#include "transport/queue.h"
#include "transport/search.h"

#include <string.h>

/* Paths, per row and column, after which the masses must have conspired. */
enum { PATHS_PER_POINT = 1000 };

typedef struct {
    moei_search *search;
    moei_queue queue;    /* nodes: the columns, then for each row its "look further"          */
    int64_t *from;       /* columns: the row they were last reached from                      */
    int64_t *via;        /* rows: the flow they were reached along, back from a column; or -1 */
    int64_t *through;    /* rows: that column                                                 */
    double *base;        /* rows: their distance; INFINITY if not reached                     */
    int64_t *reached;    /* the rows reached, in order                                        */
    int64_t reached_count;
    double goal;         /* distance of the nearest column with demand seen so far            */
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

/* Offers the columns listed for row i. The distance from which on others may matter, INFINITY if it never comes. */
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
        const double cost = moei_ground_cost(squares[t], p);
        offer_column(state, i, j, offset + (cost + search->price[j]));
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
    if (count >= MOEI_CANDIDATES_LIMIT)
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

/* *end <- the nearest column with demand, reached from row `start`; -1 if there is none. */
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
        for (int64_t f = search->first[node]; f >= 0; f = search->flow[f].next)
            if (isinf(state->base[search->flow[f].row]))
                reach_row(state, search->flow[f].row, state->queue.distance[node], f, node);
    }
    return status ? status : moei_meter_add(&search->meter, MOEI_CANDIDATES * state->reached_count);
}

/* Step 2, and forgets the search. */
static void raise_prices(dijkstra *state, int64_t end)
{
    moei_search *search = state->search;
    moei_queue *queue = &state->queue;
    const double length = end >= 0 ? queue->distance[end] : 0;
    for (int64_t t = 0; t < queue->seen && end >= 0; t++) {
        const int64_t j = queue->trail[t];
        if (j < search->columns && queue->place[j] == MOEI_SETTLED)
            search->price[j] += length - queue->distance[j];
    }
    for (int64_t t = 0; t < state->reached_count; t++) {
        const int64_t i = state->reached[t];
        if (end >= 0)
            search->best[i] += length - state->base[i];
        state->base[i] = INFINITY;
    }
    state->reached_count = 0;
    moei_queue_clear(queue);
}

/* Step 3: along column <- row <- column <- ... <- the row at the start. */
static int32_t ship(dijkstra *state, int64_t end)
{
    moei_search *search = state->search;
    const double *row_mass = search->problem->rows.mass, *column_mass = search->problem->columns.mass;
    double mass = search->demand[end];
    int64_t i, j;
    for (i = state->from[end]; state->via[i] >= 0; i = state->from[state->through[i]])
        mass = fmin(mass, search->flow[state->via[i]].mass);
    mass = fmin(mass, search->supply[i]);
    search->supply[i] = moei_flow_left(search->supply[i], mass, row_mass[i]);
    search->demand[end] = moei_flow_left(search->demand[end], mass, column_mass[end]);
    int32_t status = MOE_OK;
    for (j = end; !status; j = state->through[i]) {
        i = state->from[j];
        status = moei_flow_add(search, i, j, mass);
        if (status || state->via[i] < 0)
            break;
        moei_flow *back = &search->flow[state->via[i]];
        back->mass = moei_flow_left(back->mass, mass, fmin(row_mass[i], column_mass[state->through[i]]));
        moei_flow_sweep(search, state->through[i]);
    }
    return status;
}

/* ---- all paths -------------------------------------------------------------------------------- */

static int32_t ship_all(dijkstra *state)
{
    moei_search *search = state->search;
    int64_t open = 0, paths = 0;
    int32_t status = MOE_OK;
    for (int64_t j = 0; j < search->columns; j++)
        open += search->demand[j] > 0;
    for (int64_t start = 0; start < search->rows && !status; start++)
        while (!status && search->supply[start] > 0 && open > 0) {
            int64_t end;
            search->meter.part = 0.5 + 0.4 * (double)start / (double)search->rows;
            if (paths++ / PATHS_PER_POINT > search->rows + search->columns)
                return moei_fail(search->problem->context, MOE_ERROR_CONVERGENCE,
                                 "transport: %lld augmenting paths do not suffice", (long long)paths);
            status = find_path(state, start, &end);
            if (!status && end < 0)
                return moei_fail(search->problem->context, MOE_ERROR_CONVERGENCE,
                                 "transport: no path leads from point %lld of a",
                                 (long long)search->problem->rows.index[start]);
            if (!status)
                status = ship(state, end);
            raise_prices(state, status ? -1 : end);
            open -= !status && search->demand[end] == 0;
        }
    return status;
}

/* Rows take what is left of their best column. */
static int32_t take_what_is_free(moei_search *search)
{
    int32_t status = MOE_OK;
    for (int64_t i = 0; i < search->rows && !status; i++) {
        moei_choice choice;
        if ((status = moei_candidates_choose(search, i, &choice)))
            break;
        const int64_t j = choice.column;
        const double mass = fmin(search->supply[i], search->demand[j]);
        search->best[i] = choice.best;
        if (mass > 0) {
            status = moei_flow_add(search, i, j, mass);
            search->supply[i] = moei_flow_left(search->supply[i], mass, search->problem->rows.mass[i]);
            search->demand[j] = moei_flow_left(search->demand[j], mass, search->problem->columns.mass[j]);
        }
    }
    return status;
}

static int32_t run_paths(moei_search *search)
{
    const int64_t rows = search->rows, columns = search->columns;
    dijkstra state = {.search = search};
    const bool room = moei_queue_create(search->core, rows + columns, &state.queue);
    state.from = MOEI_NEW(search->core, columns, int64_t);
    state.via = MOEI_NEW(search->core, rows, int64_t);
    state.through = MOEI_NEW(search->core, rows, int64_t);
    state.base = MOEI_NEW(search->core, rows, double);
    state.reached = MOEI_NEW(search->core, rows, int64_t);
    int32_t status;
    if (room && state.from && state.via && state.through && state.base && state.reached) {
        for (int64_t i = 0; i < rows; i++)
            state.base[i] = INFINITY;
        status = ship_all(&state);
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

/* ---- the solver ------------------------------------------------------------------------------- */

static int32_t search_create(const moei_problem *problem, moei_search *search)
{
    moei_core *core = problem->context->core;
    const int64_t rows = problem->rows.count, columns = problem->columns.count;
    search->problem = problem;
    search->core = core;
    search->rows = rows;
    search->columns = columns;
    search->flow_free = -1;
    search->meter.context = problem->context;
    search->price = MOEI_NEW(core, problem->columns.stride, double);
    search->best = MOEI_NEW(core, rows, double);
    search->supply = MOEI_NEW(core, rows, double);
    search->demand = MOEI_NEW(core, columns, double);
    search->row = MOEI_NEW(core, rows, moei_row);
    search->first = MOEI_NEW(core, columns, int64_t);
    if (!search->price || !search->best || !search->supply || !search->demand || !search->row ||
        !search->first)
        return moei_out_of_memory(problem->context, "the paths of a distance");
    memcpy(search->supply, problem->rows.mass, (size_t)rows * sizeof(double));
    memcpy(search->demand, problem->columns.mass, (size_t)columns * sizeof(double));
    for (int64_t j = 0; j < problem->columns.stride; j++)
        search->price[j] = j < columns ? 0 : INFINITY;
    for (int64_t j = 0; j < columns; j++)
        search->first[j] = -1;
    return MOE_OK;
}

static void search_free(moei_search *search)
{
    for (int64_t i = 0; search->row && i < search->rows; i++)
        moei_free(search->core, search->row[i].list);
    moei_free(search->core, search->flow);
    moei_free(search->core, search->first);
    moei_free(search->core, search->row);
    moei_free(search->core, search->demand);
    moei_free(search->core, search->supply);
    moei_free(search->core, search->best);
    moei_free(search->core, search->price);
}

/* plan <- the flow and the prices, in the points of the measures. */
static int32_t hand_over(const moei_search *search, moei_plan *plan)
{
    const moei_problem *problem = search->problem;
    int64_t count = 0;
    for (int64_t j = 0; j < search->columns; j++)
        for (int64_t f = search->first[j]; f >= 0; f = search->flow[f].next)
            count++;
    plan->core = search->core;
    plan->total = problem->total;
    plan->exponent = problem->exponent;
    plan->edge = MOEI_NEW(search->core, count, moei_edge);
    plan->price = MOEI_NEW(search->core, problem->columns.points, double);
    if (!plan->edge || !plan->price)
        return moei_out_of_memory(problem->context, "the plan of a distance");
    for (int64_t j = 0; j < search->columns; j++) {
        plan->price[problem->columns.index[j]] = search->price[j];
        for (int64_t f = search->first[j]; f >= 0; f = search->flow[f].next)
            plan->edge[plan->count++] = (moei_edge){problem->rows.index[search->flow[f].row],
                                                    problem->columns.index[j], search->flow[f].mass};
    }
    return MOE_OK;
}

int32_t moei_solve_paths(const moei_problem *problem, moei_plan *plan)
{
    const bool equal = problem->whole && problem->rows.count == problem->columns.count;
    moei_search search = {0};
    int32_t status = search_create(problem, &search);
    plan->method = equal ? "auction and shortest augmenting paths" : "shortest augmenting paths";
    if (!status)
        status = moei_progress(problem->context, "transport", 0);
    if (!status)
        status = equal ? moei_auction(&search) : take_what_is_free(&search);
    if (!status)
        status = run_paths(&search);
    if (!status)
        status = hand_over(&search, plan);
    search_free(&search);
    return status;
}
