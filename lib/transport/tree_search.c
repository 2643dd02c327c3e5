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

static inline INLINE lanes magnitude(lanes x)
{
    return (lanes)((masks)x & 0x7FFFFFFF);
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

/* Ascending order, by Shell's method. */
static void sort_found(moei_found *found, int64_t count)
{
    static const int64_t gaps[] = {57, 23, 10, 4, 1};
    for (int g = 0; g < 5; g++)
        for (int64_t i = gaps[g]; i < count; i++) {
            const moei_found item = found[i];
            int64_t t = i;
            for (; t >= gaps[g] && found[t - gaps[g]].value > item.value; t -= gaps[g])
                found[t] = found[t - gaps[g]];
            found[t] = item;
        }
}

/* found[] as it comes until it is full; from then on in ascending order, and its last value bounds what may
 * still enter. */
static inline INLINE void keep(hunt *at, double value, double cost, int64_t place)
{
    const moei_found item = {value, cost, (int32_t)place};
    if (at->count < at->room) {
        at->found[at->count++] = item;
        if (at->count < at->room)
            return;
        sort_found(at->found, at->count);
    } else {
        int64_t t = at->room - 1;
        for (; t > 0 && at->found[t - 1].value > value; t--)
            at->found[t] = at->found[t - 1];
        at->found[t] = item;
    }
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
    if (p == 2) {
        for (int t = 0; t < MOEI_LEAF; t++)
            value[t] = square[t] + price[t];
        for (int t = 0; t < MOEI_LEAF; t++)
            if (value[t] < at->bound)
                keep(at, value[t], square[t], leaf * MOEI_LEAF + t);
        return;
    }
    if (p == 1) { /* a root only of what can enter */
        for (int t = 0; t < MOEI_LEAF; t++) {
            const double rest = at->bound - price[t];
            value[t] = rest > 0 ? rest * rest * (1 + 0x1p-40) : 0;
        }
        for (int t = 0; t < MOEI_LEAF; t++)
            if (square[t] <= value[t]) {
                const double cost = sqrt(square[t]);
                if (cost + price[t] < at->bound)
                    keep(at, cost + price[t], cost, leaf * MOEI_LEAF + t);
            }
        return;
    }
    for (int t = 0; t < MOEI_LEAF; t++)
        if (price[t] < at->bound) {
            const double cost = moei_ground_cost(square[t], p);
            if (cost + price[t] < at->bound)
                keep(at, cost + price[t], cost, leaf * MOEI_LEAF + t);
        }
}

/* 1 / sqrt(x), less up to 2^-17 of it: a guess from the exponent's bits and three of Newton's steps. */
static inline INLINE lanes under_root(lanes x)
{
    lanes root = (lanes)(0x5F3759DF - ((masks)x >> 1));
    for (int step = 0; step < 3; step++)
        root *= 1.5F - x * 0.5F * root * root;
    return root * (1 - 0x1p-18F);
}

/* cost <- square^(p/2), factor <- p square^(p/2 - 1), for p = 1 rounded down. */
static inline INLINE void cost_lanes(double p, lanes square, lanes *cost, lanes *factor)
{
    if (p == 2) {
        *cost = square;
        *factor = (lanes){2, 2, 2, 2};
    } else if (p == 1) {
        *factor = under_root(square);
        *cost = square * *factor;
    } else
        for (int t = 0; t < 4; t++) {
            const double power = pow((double)square[t], p / 2 - 1);
            (*cost)[t] = (float)(square[t] > 0 ? (double)square[t] * power : 0);
            (*factor)[t] = (float)(square[t] > 0 ? p * power : 0);
        }
}

/* From row x to the middle of four boxes, in one coordinate; 0 where the box reaches across the cut. */
static inline INLINE lanes way_to(const float *box, float x, float half, lanes *wide)
{
    const lanes low = *(const lanes *)box, high = *(const lanes *)(box + MOEI_LEAF);
    const lanes way = (low + high) * 0.5F - x;
    *wide = (high - low) * 0.5F;
    if (isinf(half))
        return way;
    const lanes turn = (lanes)((masks)(way > half) & (masks)(lanes){2 * half, 2 * half, 2 * half, 2 * half}) -
                       (lanes)((masks)(way < -half) & (masks)(lanes){2 * half, 2 * half, 2 * half, 2 * half});
    const lanes turned = way - turn;
    return (lanes)((masks)turned & (magnitude(turned) + *wide < half * (1 - 0x1p-20F)));
}

/* The same for four entries, from the slope of the prices: value[t] only rises. Costs are convex: with s from
 * the row to the middle of the box, c + price >= |s|^p + base - sum_k |p |s|^(p-2) s_k + slope_k| (half
 * width)_k, and a coordinate in which the box reaches across the cut counts as 0. */
static inline INLINE void slope_values(const hunt *at, int64_t d, double p, int64_t block, int first,
                                       double *restrict value)
{
    const moei_tree *tree = at->tree;
    const float *box = tree->box + block * d * 2 * MOEI_LEAF + first,
                *slope = tree->slope + block * d * MOEI_LEAF + first;
    lanes way[MOEI_SLOPED_DIMENSIONS] = {{0}}, wide[MOEI_SLOPED_DIMENSIONS] = {{0}};
    lanes square = {0}, loss = {0}, cost, factor;
    float size = 0;
    for (int64_t k = 0; k < d; k++) {
        const double off = at->x[k] - tree->center[k], half = tree->half[k];
        const float reach = (float)(isinf(half) || fabs(off) > half ? fabs(off) : half);
        size = reach > size ? reach : size;
        way[k] = way_to(box + 2 * k * MOEI_LEAF, (float)off, (float)half, &wide[k]);
        square += way[k] * way[k];
    }
    cost_lanes(p, square, &cost, &factor);
    for (int64_t k = 0; k < d; k++)
        loss += magnitude(factor * way[k] + *(const lanes *)(slope + k * MOEI_LEAF)) * wide[k];
    lanes steep = {1, 1, 1, 1};
    if (p != 1)
        steep = factor * (1 + square) * 0.5F;
    const lanes error = (steep * size * 4 + cost * 4 + loss) * 0x1p-21F, least = cost - loss - error;
    const double *base = tree->base + block * MOEI_LEAF + first;
    for (int t = 0; t < 4; t++) {
        const double other = (double)least[t] + base[t];
        value[first + t] = other > value[first + t] ? other : value[first + t];
    }
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
    if (d <= MOEI_SLOPED_DIMENSIONS && at->tree->sloped) {
        slope_values(at, d, p, block, 0, value);
        slope_values(at, d, p, block, 4, value);
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
    if (at.count < room)
        sort_found(found, at.count);
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
