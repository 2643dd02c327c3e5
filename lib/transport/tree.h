/* tree.h - points in the order of a kd-tree, with prices: which of them are best for a row.
 *
 * Friedman, Bentley & Finkel (ACM Trans. Math. Softw. 3, 1977), each box with the least price inside it, so
 * that the search by cost + price prunes as the search by cost does.
 *
 * Places 0 ... count - 1 are the points in the tree's order. Eight successive places are a leaf; entry e of
 * level l is the box around places [8^(l+1) e, 8^(l+1) (e+1)), and eight successive entries are a block, so
 * that boxes, like points, are looked at by eights, without pointers. Groups of 2^l successive places are
 * clusters, for a coarser problem.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_TREE_H
#define MOEI_TREE_H

#include "transport/ground.h"

enum { MOEI_LEAF = 8, MOEI_TREE_LEVELS = 12, MOEI_SLOPED_DIMENSIONS = 4 };

typedef struct moei_tree {
    moei_core *core;
    int64_t d, count, leaves;
    int levels;                          /* of boxes; the last has one block                          */
    int64_t block[MOEI_TREE_LEVELS + 1]; /* each level's first block, and the end                     */
    const double *half;                  /* d: half the period; borrowed                              */
    double *center;                      /* d: of the points on a line, 0 on a circle                 */
    double *x;                           /* leaves x d x 8                                            */
    double *price;                       /* leaves x 8, INFINITY beyond count                         */
    float *box;    /* blocks x d x 2 x 8: least and largest coordinate - center, rounded outward       */
    double *least; /* blocks x 8: no price inside is lower; INFINITY without points                    */
    bool sloped;   /* if so: price >= base + slope (y - middle of the box) inside                      */
    float *slope;  /* blocks x d x 8                                                                   */
    double *base;  /* blocks x 8                                                                       */
} moei_tree;

/* order[place] <- the point at it: places are split at powers of two, in the widest coordinate. x[k stride +
 * i] is coordinate k of point i. false: out of memory. */
bool moei_tree_order(moei_core *core, int64_t d, int64_t count, const double *x, int64_t stride,
                     int32_t *order);

/* tree <- the points order[0], order[1], ... (NULL: as they come), of price 0. Freed by moei_tree_free. */
bool moei_tree_create(moei_core *core, int64_t d, int64_t count, const double *half, const double *x,
                      int64_t stride, const int32_t *order, moei_tree *tree);
void moei_tree_free(moei_tree *tree);

/* Coordinate k of the point at a place. */
static inline double moei_tree_x(const moei_tree *tree, int64_t place, int64_t k)
{
    return tree->x[(place / MOEI_LEAF * tree->d + k) * MOEI_LEAF + place % MOEI_LEAF];
}

/* What prices do from place to place, gradient[place d + k]: boxes far away are then bounded far better. Any
 * numbers are valid. Ends with an update. Beyond MOEI_SLOPED_DIMENSIONS boxes are too wide for it to pay:
 * only the update. */
void moei_tree_slope(moei_tree *tree, const double *gradient);

/* least[], base[] <- from the prices. Needed after a price fell; after prices rose the old values are still
 * bounds. */
void moei_tree_update(moei_tree *tree);

/* The place is taken out of searches: its price becomes INFINITY, and least[] follows. */
void moei_tree_remove(moei_tree *tree, int64_t place);

/* The place gets a price, and least[] follows. */
void moei_tree_put(moei_tree *tree, int64_t place, double price);

/* c = |x - y|^p, y being the point at the place. */
static inline double moei_tree_cost(const moei_tree *tree, int64_t place, const double *x, double p)
{
    const double *y = tree->x + place / MOEI_LEAF * tree->d * MOEI_LEAF + place % MOEI_LEAF;
    double square = 0;
    for (int64_t k = 0; k < tree->d; k++, y += MOEI_LEAF) {
        const double half = tree->half[k];
        const double straight = fabs(x[k] - *y), around = (half - fabs(x[k])) + (half - fabs(*y));
        const double way = straight < around ? straight : around;
        square += way * way;
    }
    return moei_ground_cost(square, p);
}

typedef struct moei_found {
    double value, cost; /* value = cost + price */
    int32_t place;
} moei_found;

/* The `room` - 1 places of least cost + price below `bound`, in ascending order of it; found[] has `room`. A
 * place may be missed if it is better than the worst of these by less than `slack`, which is quick where many
 * places are alike. Returns how many; *outside <- no other place has a lower value: the room-th least, or
 * `bound`, less slack. */
int64_t moei_tree_search(const moei_tree *tree, const double *x, double p, int64_t room, double bound,
                         double slack, moei_found *found, double *outside);

/* What a search takes, in pairs of points that could be looked at meanwhile. */
static inline int64_t moei_tree_work(const moei_tree *tree)
{
    const int64_t boxes = 32 * tree->d * MOEI_LEAF;
    return tree->d > MOEI_SLOPED_DIMENSIONS || tree->count < boxes ? tree->count : boxes;
}

/* value[i] <- sign min_j c[i,j] + price[j] for `count` points x, count x d; gradient: of that in x, count x
 * d, or NULL. */
void moei_tree_transform(const moei_tree *tree, int64_t count, const double *x, double p, double sign,
                         double *value, double *gradient);

#endif
