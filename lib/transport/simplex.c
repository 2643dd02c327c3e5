/* simplex.c - the network simplex method for transport.
 *
 * Dantzig's method on a spanning tree (Cunningham, Math. Programming 11, 1976; Ahuja, Magnanti & Orlin,
 * Network Flows, 1993, chapter 11):
 *   1. an arc of negative reduced cost c + potential[column] - potential[row] enters: the best of a block of
 * arcs, the blocks taken in turn;
 *   2. flow goes round its cycle until an arc of the tree is empty, which leaves; among several the last on
 * the way round from the apex, so that empty arcs of the tree lead to the root, and no sequence of pivots
 * repeats;
 *   3. the subtree cut off hangs from the arc that entered; its potentials move by one number.
 *
 * Masses are whole numbers, so that flows are exact.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/simplex.h"

#include <float.h>
#include <math.h>

enum { LEAST_BLOCK = 64 };

/* ---- the tree --------------------------------------------------------------------------------- */

static void attach(moei_simplex *simplex, int32_t node, int32_t parent)
{
    const int32_t first = simplex->child[parent];
    simplex->parent[node] = parent;
    simplex->next[node] = first;
    simplex->before[node] = -1;
    if (first >= 0)
        simplex->before[first] = node;
    simplex->child[parent] = node;
}

static void detach(moei_simplex *simplex, int32_t node)
{
    const int32_t before = simplex->before[node], next = simplex->next[node];
    if (before >= 0)
        simplex->next[before] = next;
    else
        simplex->child[simplex->parent[node]] = next;
    if (next >= 0)
        simplex->before[next] = before;
}

static double cost_of(const moei_simplex *simplex, int32_t arc)
{
    return arc < 0 ? simplex->far : simplex->list[arc].cost;
}

/* Potential and depth of `top` and of all below it, from its parent. */
static void hang(moei_simplex *simplex, int32_t top)
{
    int64_t count = 0;
    simplex->stack[count++] = top;
    while (count > 0) {
        const int32_t node = simplex->stack[--count], parent = simplex->parent[node];
        const double cost = cost_of(simplex, simplex->arc[node]);
        simplex->potential[node] = simplex->potential[parent] + (simplex->up[node] ? cost : -cost);
        simplex->depth[node] = simplex->depth[parent] + 1;
        for (int32_t inner = simplex->child[node]; inner >= 0; inner = simplex->next[inner])
            simplex->stack[count++] = inner;
    }
}

static void hang_all(moei_simplex *simplex)
{
    for (int32_t node = simplex->child[simplex->rows + simplex->columns]; node >= 0;
         node = simplex->next[node])
        hang(simplex, node);
}

/* ---- a pivot ---------------------------------------------------------------------------------- */

static double reduced_cost(const moei_simplex *simplex, const moei_arc *arc)
{
    return (arc->cost + simplex->potential[arc->column]) - simplex->potential[arc->row];
}

/* Step 1: the arc that enters, or -1. */
static int64_t find_entering(moei_simplex *simplex)
{
    const int64_t count = simplex->count, root = (int64_t)sqrt((double)count);
    const int64_t block = root > LEAST_BLOCK ? root : LEAST_BLOCK;
    int64_t best = -1, at = simplex->cursor;
    double least = -simplex->tolerance;
    for (int64_t seen = 0; seen < count;) {
        for (const int64_t end = seen + block < count ? seen + block : count; seen < end; seen++) {
            const double reduced = reduced_cost(simplex, &simplex->list[at]);
            if (reduced < least) {
                least = reduced;
                best = at;
            }
            at = at + 1 == count ? 0 : at + 1;
        }
        if (best >= 0)
            break;
    }
    simplex->cursor = at;
    return best;
}

static int32_t find_apex(const moei_simplex *simplex, int32_t a, int32_t b)
{
    while (a != b)
        if (simplex->depth[a] >= simplex->depth[b])
            a = simplex->parent[a];
        else
            b = simplex->parent[b];
    return a;
}

/* Step 2: the node whose arc to its parent leaves; *by_row if it lies on the row's side. */
static int32_t push_round(moei_simplex *simplex, const moei_arc *arc, bool *by_row, int64_t *amount)
{
    const int32_t apex = find_apex(simplex, arc->row, arc->column);
    int64_t least = INT64_MAX;
    int32_t leaving = -1;
    for (int32_t node = arc->row; node != apex; node = simplex->parent[node])
        if (simplex->up[node] && simplex->flow[node] < least) {
            least = simplex->flow[node];
            leaving = node;
            *by_row = true;
        }
    for (int32_t node = arc->column; node != apex; node = simplex->parent[node])
        if (!simplex->up[node] && simplex->flow[node] <= least) {
            least = simplex->flow[node];
            leaving = node;
            *by_row = false;
        }
    *amount = least;
    for (int32_t node = arc->row; node != apex && least > 0; node = simplex->parent[node])
        simplex->flow[node] += simplex->up[node] ? -least : least;
    for (int32_t node = arc->column; node != apex && least > 0; node = simplex->parent[node])
        simplex->flow[node] += simplex->up[node] ? least : -least;
    return leaving;
}

/* Step 3: `top` becomes the root of the subtree below `leaving`, and hangs from `parent` by the entering arc.
 */
static void replace(moei_simplex *simplex, int32_t top, int32_t leaving, int32_t parent, int32_t arc,
                    int64_t flow)
{
    bool up = top < simplex->rows;
    for (int32_t node = top;;) {
        const int32_t old_parent = simplex->parent[node], old_arc = simplex->arc[node];
        const int64_t old_flow = simplex->flow[node];
        const bool old_up = simplex->up[node];
        detach(simplex, node);
        attach(simplex, node, parent);
        simplex->arc[node] = arc;
        simplex->up[node] = up;
        simplex->flow[node] = flow;
        if (node == leaving)
            break;
        parent = node;
        arc = old_arc;
        flow = old_flow;
        up = !old_up;
        node = old_parent;
    }
    hang(simplex, top);
}

static void pivot(moei_simplex *simplex, int64_t entering)
{
    const moei_arc *arc = &simplex->list[entering];
    bool by_row = false;
    int64_t amount;
    const int32_t leaving = push_round(simplex, arc, &by_row, &amount);
    if (by_row)
        replace(simplex, arc->row, leaving, arc->column, (int32_t)entering, amount);
    else
        replace(simplex, arc->column, leaving, arc->row, (int32_t)entering, amount);
}

int32_t moei_simplex_run(moei_simplex *simplex)
{
    int32_t status = MOE_OK;
    for (int64_t entering; !status && (entering = find_entering(simplex)) >= 0;) {
        pivot(simplex, entering);
        simplex->pivots++;
        status = moei_meter_add(simplex->meter, LEAST_BLOCK);
    }
    return status;
}

/* ---- creation --------------------------------------------------------------------------------- */

int32_t moei_simplex_create(moe_context *context, int64_t rows, const int64_t *supply, int64_t columns,
                            const int64_t *demand, double far, moei_meter *meter, moei_simplex *simplex)
{
    moei_core *core = context->core;
    const int64_t nodes = rows + columns + 1;
    *simplex = (moei_simplex){.context = context, .core = core, .rows = rows, .columns = columns, .far = far};
    simplex->meter = meter;
    simplex->tolerance = 4 * DBL_EPSILON * far;
    int32_t **links[] = {&simplex->parent, &simplex->child, &simplex->next, &simplex->before,
                         &simplex->arc,    &simplex->depth, &simplex->stack};
    bool enough = true;
    for (int t = 0; t < 7; t++)
        enough = (*links[t] = MOEI_NEW(core, nodes, int32_t)) && enough;
    simplex->up = MOEI_NEW(core, nodes, uint8_t);
    simplex->flow = MOEI_NEW(core, nodes, int64_t);
    simplex->potential = MOEI_NEW(core, nodes, double);
    if (!enough || !simplex->up || !simplex->flow || !simplex->potential)
        return moei_out_of_memory(context, "the tree of a distance");
    const int32_t root = (int32_t)(nodes - 1);
    for (int32_t node = 0; node <= root; node++)
        simplex->child[node] = -1;
    for (int32_t node = 0; node < root; node++) {
        attach(simplex, node, root);
        simplex->arc[node] = -1;
        simplex->up[node] = node < rows;
        simplex->flow[node] = node < rows ? supply[node] : demand[node - rows];
    }
    hang_all(simplex);
    return MOE_OK;
}

void moei_simplex_free(moei_simplex *simplex)
{
    moei_core *core = simplex->core;
    if (!core)
        return;
    moei_free(core, simplex->parent);
    moei_free(core, simplex->child);
    moei_free(core, simplex->next);
    moei_free(core, simplex->before);
    moei_free(core, simplex->arc);
    moei_free(core, simplex->depth);
    moei_free(core, simplex->stack);
    moei_free(core, simplex->up);
    moei_free(core, simplex->flow);
    moei_free(core, simplex->potential);
    moei_free(core, simplex->list);
}

int32_t moei_simplex_add(moei_simplex *simplex, int64_t row, int64_t column, double cost)
{
    if (simplex->count == simplex->room) {
        const int64_t room = 2 * simplex->room + 8 * (simplex->rows + simplex->columns);
        moei_arc *list = room < INT32_MAX ? MOEI_NEW(simplex->core, room, moei_arc) : NULL;
        if (!list)
            return moei_out_of_memory(simplex->context, "the arcs of a distance");
        for (int64_t t = 0; t < simplex->count; t++)
            list[t] = simplex->list[t];
        moei_free(simplex->core, simplex->list);
        simplex->list = list;
        simplex->room = room;
    }
    simplex->list[simplex->count++] = (moei_arc){cost, (int32_t)row, (int32_t)(simplex->rows + column)};
    return MOE_OK;
}
