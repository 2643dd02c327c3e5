/* boxes.h - semi-discrete transport by boxes: the inside of the distance between points and a product law, d
 * >= 2.
 *
 *   W_p^p = max over psi of  sum_i w_i psi_i + int min_i (|x - y_i|^p - psi_i) dmu(x).
 *
 * Data walk   law -> rulers;  points -> sites;  boxes are split and bids on them pruned (box_walk.c)
 *             -> a mesh of boxes with their last bids (box_mesh.c) -> prices (box_prices.c) -> a coupling,
 * upper
 *             -> a second walk with these prices, lower (box_dual.c);  boxes.c repeats that with finer boxes.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_BOXES_H
#define MOEI_BOXES_H

#include "transport/marginal.h"
#include "transport/transport.h"

enum { MOEI_BOX_DIMENSIONS = 6, MOEI_BOX_DEPTH = 14, MOEI_BOX_START = 2 };

/* One coordinate of the law and its dyadic parts: part[(1 << level) - 1 + place]. */
typedef struct moei_ruler {
    moei_marginal law;
    moei_part *part;
} moei_ruler;

/* In coordinate k: `place` of the 2^level equal parts of the ruler. */
typedef struct moei_box {
    int level[MOEI_BOX_DIMENSIONS];
    int32_t place[MOEI_BOX_DIMENSIONS];
} moei_box;

/* What a box knows of itself. */
typedef struct moei_box_view {
    double mass, variance; /* of the law in it; E |x - mean|^2                   */
    double radius;         /* half its diagonal                                  */
    double centre[MOEI_BOX_DIMENSIONS], half[MOEI_BOX_DIMENSIONS], mean[MOEI_BOX_DIMENSIONS];
} moei_box_view;

/* Lengths are in units of `unit`, a power of two near the diameter; the rulers and sites hold them so. */
typedef struct moei_boxes {
    moe_context *context;
    int64_t d;
    double p;
    moei_ruler ruler[MOEI_BOX_DIMENSIONS];
    int64_t count;  /* sites: the points of positive weight              */
    double *y;      /* count x d                                         */
    double *weight; /* count, of sum 1                                   */
    double *price;  /* count: psi                                        */
    double unit;
    double farthest; /* no |x - y_i|^p is larger */
    double tail;     /* in the measure's units: W_p between the law and what the rulers hold, and rounding */
    int64_t starts;  /* the boxes that walks start from, one a task       */
    struct moei_bids *bids; /* one for each worker                          */
} moei_boxes;

/* ---- box_cost.c ------------------------------------------------------------------------------- */

/* |x|^p from |x|^2. */
double moei_box_power(double square, double p);
/* The mean of |x - y|^p over a box, from |mean - y|^2: at most; and its part above |mean - y|^p, at least. */
double moei_box_cost(const moei_box_view *box, double square, double p);
double moei_box_convexity(const moei_box_view *box, double square, double p);

/* ---- boxes_open.c ----------------------------------------------------------------------------- */

int32_t moei_boxes_open(moe_context *context, const moe_measure *measure, const moe_law *law, double p,
                        moei_boxes *boxes);
void moei_boxes_close(moei_boxes *boxes);

/* ---- box_walk.c ------------------------------------------------------------------------------- */

/* Bids: sites, or images of sites on a circle, that may be the best somewhere in a box. A stack of lists; the
 * last one is that of the box at hand. */
typedef struct moei_bids {
    int64_t room, used;
    double *y;                      /* room x d */
    double *price, *value, *square; /* room: psi; |centre - y|^p - psi; |centre - y|^2 */
    int32_t *site;
} moei_bids;

/* How far to go: a bid is dropped once another one beats it by more than `window` all over the box; a box is
 * a leaf once all its bids but the best are pruned, or being wrong about it costs at most `loss`. */
typedef struct moei_walk {
    const moei_boxes *boxes;
    double window, loss, bend;
    /* Takes in a leaf of the task: bids first ... first + count - 1. MOE_ERROR_MEMORY. */
    int32_t (*leaf)(void *self, int64_t task, const moei_box_view *box, const moei_bids *bids, int64_t first,
                    int64_t count);
    void *self;
} moei_walk;

/* All leaves, task by task in a fixed order within each. MOE_ERROR_MEMORY, MOE_ERROR_CANCELLED. */
int32_t moei_walk_boxes(const moei_walk *walk);

/* ---- box_mesh.c ------------------------------------------------------------------------------- */

/* The leaves of a task that have two bids or more. */
typedef struct moei_mesh_part {
    int64_t leaves, entries, leaf_room, entry_room;
    double *mass;   /* leaves                                              */
    int64_t *first; /* leaves + 1: the entries of a leaf                   */
    int32_t *site;  /* entries                                             */
    double *cost;   /* entries: E |x - y|^p over the leaf, at most         */
    double *share;  /* entries: the part of the leaf that goes to the site */
} moei_mesh_part;

typedef struct moei_mesh {
    const moei_boxes *boxes;
    moei_mesh_part *part; /* starts */
    double *solo;         /* starts x count, then summed into row 0: mass of leaves with one bid */
    double *solo_cost;    /* starts, then summed into 0 */
    double *row;          /* starts x (count + 1): what a pass adds up */
    _Atomic int64_t entries;
} moei_mesh;

int32_t moei_mesh_create(const moei_boxes *boxes, moei_mesh *mesh);
void moei_mesh_free(moei_mesh *mesh);
/* The leaves for the present prices. MOE_ERROR_MEMORY, MOE_ERROR_CANCELLED, or MOE_ERROR_CONVERGENCE: too
 * many. */
int32_t moei_mesh_build(moei_mesh *mesh, double window, double loss, double bend);

/* ---- box_prices.c ----------------------------------------------------------------------------- */

/* Moves the prices so that the shares at temperature `blur` give each site its weight, up to `miss` in sum;
 * stops early where the mesh, made for prices within `reach`, no longer covers them: *settled = false. */
int32_t moei_mesh_settle(moei_mesh *mesh, double *price, double blur, double reach, double miss,
                         bool *settled);
/* The cost of the coupling that the shares are, and what it costs at most to make it one where they miss the
 * weights: W_p^p <= *cost + *charge. */
int32_t moei_mesh_upper(moei_mesh *mesh, const double *price, double blur, double *cost, double *charge);

/* ---- box_dual.c ------------------------------------------------------------------------------- */

/* *lower <= W_p^p by the present prices; `loss` and `bend` as in a walk. */
int32_t moei_boxes_lower(const moei_boxes *boxes, double loss, double bend, double *lower);

#endif
