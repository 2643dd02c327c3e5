/* box_mesh.c - the leaves of a walk, kept: what each costs to ship to the sites that bid on it.
 *
 * A leaf with one bid goes to that site whole; only its mass and cost are kept, added up. A leaf with more is
 * kept with its bids, one for each site: of two images of a site the nearer one on average.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/boxes.h"

#include <math.h>
#include <string.h>

/* Beyond, a mesh takes a third of a gigabyte. */
enum { MOST_ENTRIES = 1 << 24 };

typedef struct {
    moei_mesh *mesh;
    double window;
} builder;

int32_t moei_mesh_create(const moei_boxes *boxes, moei_mesh *mesh)
{
    moei_core *core = boxes->context->core;
    const int64_t size = moei_mul(boxes->starts, boxes->count + 1);
    *mesh = (moei_mesh){.boxes = boxes,
                        .part = MOEI_NEW(core, boxes->starts, moei_mesh_part),
                        .solo = MOEI_NEW(core, size, double),
                        .solo_cost = MOEI_NEW(core, boxes->starts, double),
                        .row = MOEI_NEW(core, size, double)};
    if (!mesh->part || !mesh->solo || !mesh->solo_cost || !mesh->row)
        return moei_out_of_memory(boxes->context, "the boxes of a law");
    return MOE_OK;
}

void moei_mesh_free(moei_mesh *mesh)
{
    moei_core *core = mesh->boxes->context->core;
    for (int64_t t = 0; mesh->part && t < mesh->boxes->starts; t++) {
        moei_free(core, mesh->part[t].mass);
        moei_free(core, mesh->part[t].first);
        moei_free(core, mesh->part[t].site);
        moei_free(core, mesh->part[t].cost);
        moei_free(core, mesh->part[t].share);
    }
    moei_free(core, mesh->part);
    moei_free(core, mesh->solo);
    moei_free(core, mesh->solo_cost);
    moei_free(core, mesh->row);
}

/* ---- room ------------------------------------------------------------------------------------- */

/* *array <- the first `used` objects in a block with room for `room` */
static bool enlarge(moei_core *core, void **array, int64_t used, int64_t room, size_t bytes)
{
    void *fresh = moei_alloc(core, room, bytes);
    if (!fresh)
        return false;
    if (*array)
        memcpy(fresh, *array, (size_t)used * bytes);
    moei_free(core, *array);
    *array = fresh;
    return true;
}

static int32_t make_room(moei_core *core, moei_mesh_part *part, int64_t bids)
{
    if (part->leaves + 1 >= part->leaf_room) {
        const int64_t room = 2 * part->leaves + 256;
        void *mass = part->mass, *first = part->first;
        const bool one = enlarge(core, &mass, part->leaves, room, sizeof(double));
        const bool two = one && enlarge(core, &first, part->leaves + 1, room, sizeof(int64_t));
        part->mass = mass;
        part->first = first;
        if (!two)
            return MOE_ERROR_MEMORY;
        part->leaf_room = room;
    }
    if (part->entries + bids > part->entry_room) {
        const int64_t room = 2 * (part->entries + bids);
        void *site = part->site, *cost = part->cost, *share = part->share;
        const bool one = enlarge(core, &site, part->entries, room, sizeof(int32_t));
        const bool two = one && enlarge(core, &cost, part->entries, room, sizeof(double));
        const bool three = two && enlarge(core, &share, part->entries, room, sizeof(double));
        part->site = site;
        part->cost = cost;
        part->share = share;
        if (!three)
            return MOE_ERROR_MEMORY;
        part->entry_room = room;
    }
    return MOE_OK;
}

/* ---- leaves ----------------------------------------------------------------------------------- */

/* Entries of the bids, one a site; returns their number, and the least cost - price in *least. */
static int64_t list_sites(const moei_boxes *boxes, const moei_box_view *box, const moei_bids *bids,
                          int64_t first, int64_t count, moei_mesh_part *part, double *least)
{
    const int64_t d = boxes->d, base = part->entries;
    int64_t top = base;
    *least = INFINITY;
    for (int64_t j = first; j < first + count; j++) {
        double square = 0;
        for (int64_t k = 0; k < d; k++)
            square += (box->mean[k] - bids->y[j * d + k]) * (box->mean[k] - bids->y[j * d + k]);
        const double cost = moei_box_cost(box, square, boxes->p);
        *least = fmin(*least, cost - bids->price[j]);
        if (top > base && part->site[top - 1] == bids->site[j]) {
            part->cost[top - 1] = fmin(part->cost[top - 1], cost);
            continue;
        }
        part->site[top] = bids->site[j];
        part->cost[top++] = cost;
    }
    return top - base;
}

static int32_t keep_leaf(void *self, int64_t task, const moei_box_view *box, const moei_bids *bids,
                         int64_t first, int64_t count)
{
    const builder *at = self;
    moei_mesh *mesh = at->mesh;
    const moei_boxes *boxes = mesh->boxes;
    moei_mesh_part *part = &mesh->part[task];
    double least;
    const int32_t status = make_room(boxes->context->core, part, count);
    if (status)
        return status;
    const int64_t base = part->entries;
    const int64_t listed = list_sites(boxes, box, bids, first, count, part, &least);
    int64_t top = base;
    for (int64_t e = base; e < base + listed; e++)
        if (part->cost[e] - boxes->price[part->site[e]] <= least + at->window) {
            part->site[top] = part->site[e];
            part->cost[top++] = part->cost[e];
        }
    if (top - base == 1) {
        mesh->solo[task * boxes->count + part->site[base]] += box->mass;
        mesh->solo_cost[task] += box->mass * part->cost[base];
        return MOE_OK;
    }
    part->mass[part->leaves++] = box->mass;
    part->first[part->leaves] = part->entries = top;
    return atomic_fetch_add(&mesh->entries, top - base) + top - base > MOST_ENTRIES ? MOE_ERROR_CONVERGENCE
                                                                                    : MOE_OK;
}

int32_t moei_mesh_build(moei_mesh *mesh, double window, double loss, double bend)
{
    const moei_boxes *boxes = mesh->boxes;
    builder at = {mesh, window};
    const moei_walk walk = {boxes, window, loss, bend, keep_leaf, &at};
    for (int64_t t = 0; t < boxes->starts; t++)
        mesh->part[t].leaves = mesh->part[t].entries = 0;
    memset(mesh->solo, 0, (size_t)(boxes->starts * boxes->count) * sizeof *mesh->solo);
    memset(mesh->solo_cost, 0, (size_t)boxes->starts * sizeof *mesh->solo_cost);
    atomic_store(&mesh->entries, 0);
    const int32_t status = moei_walk_boxes(&walk);
    if (status == MOE_ERROR_CONVERGENCE)
        return moei_fail(boxes->context, status, "transport: the boxes would bid for more than %d pairs",
                         MOST_ENTRIES);
    moei_sum_rows(boxes->starts, boxes->count, mesh->solo);
    moei_sum_rows(boxes->starts, 1, mesh->solo_cost);
    return status;
}
