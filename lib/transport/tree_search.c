/* tree_search.c - the places of a tree that are best for a row, price included.
 *
 * Depth first, the nearer box first; a box is entered only if  distance(x, box)^p + its least price  is below
 * the worst value kept. On a circle the distance in one coordinate is min(|x - y|, (h - |x|) + (h - |y|)) of
 * points, max(0, min(max(l - x, x - u), 2 h + min(l - x, x - u)))     of x from [l, u], both in [-h, h], and
 * h = INFINITY makes a line of it. The code is compiled once for each small dimension.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/tree.h"

enum { STACK = 8 * MOEI_TREE_LEVELS }; /* 7 an opened level, and a whole block */
#define INLINE __attribute__((always_inline))
typedef float lanes __attribute__((vector_size(16), aligned(4), may_alias));
typedef int32_t masks __attribute__((vector_size(16), aligned(4), may_alias));

typedef struct {
    const moei_tree *tree;
    const double *x;
    double p, bound, slack;
    int64_t room, count;
    moei_found *found;
} hunt;

/* An entry that waits to be looked into. */
typedef struct {
    int64_t entry;
    int level;
    double value;
} visit;

static inline INLINE lanes larger(lanes a, lanes b)
{
    const masks mask = a > b;
    return (lanes)(((masks)a & mask) | ((masks)b & ~mask));
}

static inline INLINE lanes smaller(lanes a, lanes b)
{
    const masks mask = a < b;
    return (lanes)(((masks)a & mask) | ((masks)b & ~mask));
}

/* value[t] <- what any place in entry t of a block costs the row at least. Distances are floats, of which
 * is taken what rounding may have added: at most 7 units of the largest length that a coordinate meets, 2^-24
 * of it each, and of a square d + 4 units of its own. */
static inline INLINE void box_values(const hunt *at, int64_t d, double p, int64_t block,
                                     double *restrict value)
{
    const moei_tree *tree = at->tree;
    const lanes *box = (const lanes *)(tree->box + block * d * 2 * MOEI_LEAF);
    const double *least = tree->least + block * MOEI_LEAF;
    const float keep = 1 - (float)(d + 4) * 0x1p-23F;
    lanes low = {0}, high = {0};
    for (int64_t k = 0; k < d; k++, box += 4) {
        const double off = at->x[k] - tree->center[k], half = tree->half[k];
        const float x = (float)off, turn = (float)(2 * half);
        const float error = (float)(isinf(half) || fabs(off) > half ? fabs(off) : half) * 0x1p-21F;
        for (int h = 0; h < 2; h++) {
            const lanes under = box[h] - x, over = x - box[2 + h];
            const lanes way = smaller(larger(under, over), turn + smaller(under, over)) - error;
            const lanes positive = larger(way, (lanes){0});
            if (h == 0)
                low += positive * positive;
            else
                high += positive * positive;
        }
    }
    for (int t = 0; t < 4; t++) {
        value[t] = moei_ground_cost((double)(low[t] * keep), p) + least[t];
        value[4 + t] = moei_ground_cost((double)(high[t] * keep), p) + least[4 + t];
    }
}

/* Keeps found[] in ascending order; once full, its last value bounds what may still enter. */
static inline INLINE void keep(hunt *at, double value, double cost, int64_t place)
{
    int64_t t = at->count < at->room ? at->count++ : at->room - 1;
    for (; t > 0 && at->found[t - 1].value > value; t--)
        at->found[t] = at->found[t - 1];
    at->found[t] = (moei_found){value, cost, (int32_t)place};
    if (at->count == at->room)
        at->bound = at->found[at->room - 1].value;
}

static inline INLINE void look_at_leaf(hunt *at, int64_t d, double p, int64_t leaf)
{
    const double *price = at->tree->price + leaf * MOEI_LEAF, *y = at->tree->x + leaf * d * MOEI_LEAF;
    double square[MOEI_LEAF] = {0}, value[MOEI_LEAF];
    for (int64_t k = 0; k < d; k++) {
        const double x = at->x[k], half = at->tree->half[k], cut = half - fabs(x);
        for (int t = 0; t < MOEI_LEAF; t++) {
            const double straight = fabs(x - y[k * MOEI_LEAF + t]);
            const double around = cut + (half - fabs(y[k * MOEI_LEAF + t]));
            const double way = straight < around ? straight : around;
            square[t] += way * way;
        }
    }
    if (p == 1 || p == 2) {
        for (int t = 0; t < MOEI_LEAF; t++)
            value[t] = (p == 1 ? sqrt(square[t]) : square[t]) + price[t];
        for (int t = 0; t < MOEI_LEAF; t++)
            if (value[t] < at->bound)
                keep(at, value[t], p == 1 ? sqrt(square[t]) : square[t], leaf * MOEI_LEAF + t);
        return;
    }
    for (int t = 0; t < MOEI_LEAF; t++)
        if (price[t] < at->bound) {
            const double cost = moei_ground_cost(square[t], p);
            if (cost + price[t] < at->bound)
                keep(at, cost + price[t], cost, leaf * MOEI_LEAF + t);
        }
}

/* The same for one entry, from the slope of the prices. Costs are convex: with s from the row to the middle
 * of the box, c + price >= |s|^p + base - sum_k |p |s|^(p-2) s_k + slope_k| (half width)_k; a coordinate in
 * which the box reaches across the cut counts as 0. */
static inline INLINE double slope_value(const hunt *at, int64_t d, double p, int64_t block, int t)
{
    const moei_tree *tree = at->tree;
    const float *box = tree->box + block * d * 2 * MOEI_LEAF + t,
                *slope = tree->slope + block * d * MOEI_LEAF + t;
    double square = 0, loss = 0, factor = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t k = 0; k < d; k++) {
            const double low = (double)box[2 * k * MOEI_LEAF], high = (double)box[(2 * k + 1) * MOEI_LEAF];
            const double wide = (high - low) / 2, half = tree->half[k];
            double way = (low + high) / 2 - (at->x[k] - tree->center[k]);
            way = way > half ? way - 2 * half : way < -half ? way + 2 * half : way;
            way = fabs(way) + wide > half ? 0 : way;
            if (pass == 0)
                square += way * way;
            else
                loss += fabs(factor * way + (double)slope[k * MOEI_LEAF]) * wide;
        }
        factor = p == 2 ? 2 : square > 0 ? (p == 1 ? 1 / sqrt(square) : p * pow(square, p / 2 - 1)) : 0;
    }
    return moei_ground_cost(square, p) + tree->base[block * MOEI_LEAF + t] - loss;
}

/* Asks memory for leaves that will be looked at. */
static inline INLINE void fetch_leaves(const hunt *at, int64_t d, const visit *leaf, int count)
{
    for (int t = 0; t < count; t++) {
        __builtin_prefetch(at->tree->price + leaf[t].entry * MOEI_LEAF);
        for (int64_t k = 0; k < d; k++)
            __builtin_prefetch(at->tree->x + (leaf[t].entry * d + k) * MOEI_LEAF);
    }
}

/* Pushes the entries of a block that can matter, the best one last. Returns the top of the stack. */
static inline INLINE int open_block(const hunt *at, int64_t d, double p, int64_t block, int level,
                                    visit *stack, int top)
{
    const int64_t first = (block - at->tree->block[level]) * MOEI_LEAF;
    double value[MOEI_LEAF], best = (double)INFINITY;
    const int bottom = top;
    int nearest = top;
    box_values(at, d, p, block, value);
    const double bound = at->bound - at->slack;
    if (at->tree->sloped)
        for (int t = 0; t < MOEI_LEAF; t++)
            if (value[t] < bound) {
                const double other = slope_value(at, d, p, block, t);
                value[t] = other > value[t] ? other : value[t];
            }
    for (int t = 0; t < MOEI_LEAF; t++) {
        stack[top] = (visit){first + t, level, value[t]};
        nearest = value[t] < best ? top : nearest;
        best = value[t] < best ? value[t] : best;
        top += value[t] < bound;
    }
    if (level == 0)
        fetch_leaves(at, d, stack + bottom, top - bottom);
    if (best < bound) {
        const visit swap = stack[nearest];
        stack[nearest] = stack[top - 1];
        stack[top - 1] = swap;
    }
    return top;
}

static inline INLINE void look(hunt *at, int64_t d, double p)
{
    const moei_tree *tree = at->tree;
    visit stack[STACK];
    int top = open_block(at, d, p, tree->block[tree->levels - 1], tree->levels - 1, stack, 0);
    while (top > 0) {
        const visit here = stack[--top];
        if (!(here.value < at->bound - at->slack))
            continue;
        if (here.level == 0)
            look_at_leaf(at, d, p, here.entry);
        else
            top = open_block(at, d, p, tree->block[here.level - 1] + here.entry, here.level - 1, stack, top);
    }
}

static inline INLINE void look_by_power(hunt *at, int64_t d)
{
    if (at->p == 1)
        look(at, d, 1);
    else if (at->p == 2)
        look(at, d, 2);
    else
        look(at, d, at->p);
}

int64_t moei_tree_search(const moei_tree *tree, const double *x, double p, int64_t room, double bound,
                         double slack, moei_found *found, double *outside)
{
    hunt at = {tree, x, p, bound, slack, room, 0, found};
    switch (tree->d) {
    case 2:
        look_by_power(&at, 2);
        break;
    case 3:
        look_by_power(&at, 3);
        break;
    case 4:
        look_by_power(&at, 4);
        break;
    default:
        look_by_power(&at, tree->d);
    }
    *outside = at.bound - slack;
    return at.count < room ? at.count : room - 1;
}

void moei_tree_transform(const moei_tree *tree, int64_t count, const double *x, double p, double sign,
                         double *value, double *gradient)
{
    const int64_t d = tree->d;
    moei_found found[2];
    double outside;
    for (int64_t i = 0; i < count; i++) {
        moei_tree_search(tree, x + i * d, p, 1, INFINITY, 0, found, &outside);
        value[i] = sign * outside;
        if (!gradient)
            continue;
        const double square = pow(found[0].cost, 2 / p);
        const double factor = square > 0 ? sign * p * pow(square, p / 2 - 1) : 0;
        for (int64_t k = 0; k < d; k++) {
            const double way = x[i * d + k] - moei_tree_x(tree, found[0].place, k), half = tree->half[k];
            gradient[i * d + k] = factor * (way > half ? way - 2 * half : way < -half ? way + 2 * half : way);
        }
    }
}
