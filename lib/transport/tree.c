/* tree.c - the kd-tree of transport: order, boxes, least prices.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/tree.h"

#include <float.h>
#include <math.h>

static const double least_bend = -1,
                    most_bend = 8; /* of prices in a box; -1: as the cost of p = 2 bends up */

/* ---- order ------------------------------------------------------------------------------------ */

enum { PAIRS_A_KEY = 8 }; /* what a key takes at each split, in pairs of points */

typedef struct {
    int64_t d, stride;
    const double *x;
    int32_t *order;
    double *key; /* count: the coordinate to split in, place by place */
    moei_meter *meter;
} sorter;

static void swap(sorter *sort, int64_t a, int64_t b)
{
    const double key = sort->key[a];
    const int32_t point = sort->order[a];
    sort->key[a] = sort->key[b];
    sort->order[a] = sort->order[b];
    sort->key[b] = key;
    sort->order[b] = point;
}

static double middle_of_three(double a, double b, double c)
{
    return a < b ? (b < c ? b : a < c ? c : a) : (a < c ? a : b < c ? c : b);
}

/* Partial order by key: everything in [low, middle) is at most what is in [middle, high). Hoare's selection;
 * equal keys stop both scans, so that duplicates split evenly. */
static void select_key(sorter *sort, int64_t low, int64_t middle, int64_t high)
{
    for (int64_t last = high - 1; low < last;) {
        const int64_t third = (last - low) / 3;
        const double pivot = middle_of_three(sort->key[low + third], sort->key[low + (last - low) / 2],
                                             sort->key[last - third]);
        int64_t a = low - 1, b = last + 1;
        for (;;) {
            do
                a++;
            while (sort->key[a] < pivot);
            do
                b--;
            while (sort->key[b] > pivot);
            if (a >= b)
                break;
            swap(sort, a, b);
        }
        /* [low, b] <= pivot <= [b + 1, last] */
        if (b == last)
            b--;
        if (middle <= b)
            last = b;
        else
            low = b + 1;
    }
}

static int64_t widest_coordinate(const sorter *sort, int64_t low, int64_t high)
{
    int64_t widest = 0;
    double width = -1;
    for (int64_t k = 0; k < sort->d; k++) {
        const double *x = sort->x + k * sort->stride;
        double least = INFINITY, most = -INFINITY;
        for (int64_t t = low; t < high; t++) {
            const double value = x[sort->order[t]];
            least = value < least ? value : least;
            most = value > most ? value : most;
        }
        if (most - least > width) {
            width = most - least;
            widest = k;
        }
    }
    return widest;
}

/* The first half is the largest power of two below the count. */
static int32_t split(sorter *sort, int64_t low, int64_t high)
{
    int32_t status = MOE_OK;
    while (high - low > 2 && !status) {
        int64_t half = 1;
        while (2 * half < high - low)
            half *= 2;
        const double *x = sort->x + widest_coordinate(sort, low, high) * sort->stride;
        for (int64_t t = low; t < high; t++)
            sort->key[t] = x[sort->order[t]];
        select_key(sort, low, low + half, high);
        status = split(sort, low, low + half);
        low += half;
        if (!status)
            status = moei_meter_add(sort->meter, PAIRS_A_KEY * half);
    }
    return status;
}

int32_t moei_tree_order(moei_meter *meter, int64_t d, int64_t count, const double *x, int64_t stride,
                        int32_t *order)
{
    moei_core *core = meter->context->core;
    sorter sort = {d, stride, x, order, MOEI_NEW(core, count, double), meter};
    if (!sort.key)
        return moei_out_of_memory(meter->context, "the order of the points");
    for (int64_t i = 0; i < count; i++)
        order[i] = (int32_t)i;
    const int32_t status = split(&sort, 0, count);
    moei_free(core, sort.key);
    return status;
}

/* ---- boxes ------------------------------------------------------------------------------------ */

static float below(double x)
{
    const float rounded = (float)x;
    return (double)rounded > x ? nextafterf(rounded, -INFINITY) : rounded;
}

static float above(double x)
{
    const float rounded = (float)x;
    return (double)rounded < x ? nextafterf(rounded, INFINITY) : rounded;
}

static void find_center(moei_tree *tree)
{
    for (int64_t k = 0; k < tree->d; k++) {
        double low = INFINITY, high = -INFINITY;
        for (int64_t place = 0; place < tree->count; place++) {
            low = fmin(low, moei_tree_x(tree, place, k));
            high = fmax(high, moei_tree_x(tree, place, k));
        }
        tree->center[k] = isinf(tree->half[k]) ? low / 2 + high / 2 : 0;
    }
}

/* Entry e of level l: where its bounds of coordinate k are, the least first, the largest 8 farther on. */
static float *bounds_of(moei_tree *tree, int level, int64_t e, int64_t k)
{
    return tree->box + ((tree->block[level] + e / MOEI_LEAF) * tree->d + k) * 2 * MOEI_LEAF + e % MOEI_LEAF;
}

static void bound_leaf(moei_tree *tree, int64_t leaf, int64_t k)
{
    float *bounds = bounds_of(tree, 0, leaf, k);
    double low = INFINITY, high = -INFINITY;
    for (int64_t place = leaf * MOEI_LEAF; place < (leaf + 1) * MOEI_LEAF && place < tree->count; place++) {
        low = fmin(low, moei_tree_x(tree, place, k));
        high = fmax(high, moei_tree_x(tree, place, k));
    }
    low -= tree->center[k];
    high -= tree->center[k];
    bounds[0] = below(low - fabs(low) * DBL_EPSILON);
    bounds[MOEI_LEAF] = above(high + fabs(high) * DBL_EPSILON);
}

/* Number of entries of a level. */
static int64_t entries(const moei_tree *tree, int level)
{
    return level == 0 ? tree->leaves : tree->block[level] - tree->block[level - 1];
}

static void bound_boxes(moei_tree *tree)
{
    for (int64_t k = 0; k < tree->d; k++)
        for (int level = 0; level < tree->levels; level++)
            for (int64_t e = 0; e < entries(tree, level); e++) {
                if (level == 0) {
                    bound_leaf(tree, e, k);
                    continue;
                }
                const float *inner = bounds_of(tree, level - 1, e * MOEI_LEAF, k);
                const int64_t rest = entries(tree, level - 1) - e * MOEI_LEAF;
                float *bounds = bounds_of(tree, level, e, k);
                bounds[0] = inner[0];
                bounds[MOEI_LEAF] = inner[MOEI_LEAF];
                for (int64_t t = 1; t < MOEI_LEAF && t < rest; t++) {
                    bounds[0] = fminf(bounds[0], inner[t]);
                    bounds[MOEI_LEAF] = fmaxf(bounds[MOEI_LEAF], inner[MOEI_LEAF + t]);
                }
            }
}

static double least_of_eight(const double *value)
{
    double least = value[0];
    for (int t = 1; t < MOEI_LEAF; t++)
        least = value[t] < least ? value[t] : least;
    return least;
}

/* Middle and half width of an entry in coordinate k, from the center. */
static double middle_of(const float *bounds)
{
    return ((double)bounds[0] + (double)bounds[MOEI_LEAF]) / 2;
}

/* Entry e of level l: where its slope and bend of coordinate k are. */
static int64_t form_of(const moei_tree *tree, int level, int64_t e, int64_t k)
{
    return ((tree->block[level] + e / MOEI_LEAF) * tree->d + k) * MOEI_LEAF + e % MOEI_LEAF;
}

/* Least of price - slope z - bend z^2, z = y - middle, in a leaf. */
static double leaf_base(moei_tree *tree, int64_t leaf)
{
    double base = INFINITY;
    for (int64_t place = leaf * MOEI_LEAF; place < (leaf + 1) * MOEI_LEAF && place < tree->count; place++) {
        double price = tree->price[place];
        for (int64_t k = 0; k < tree->d; k++) {
            const double y = moei_tree_x(tree, place, k) - tree->center[k];
            const double z = y - middle_of(bounds_of(tree, 0, leaf, k));
            const int64_t form = form_of(tree, 0, leaf, k);
            price -= ((double)tree->slope[form] + (double)tree->bend[form] * z) * z;
        }
        base = price < base ? price : base;
    }
    return base;
}

/* max over |z| <= wide of -(steep z + bend z^2) */
static double fall_within(double steep, double bend, double wide)
{
    steep = fabs(steep);
    const double most = steep < 2 * bend * wide ? steep / (2 * bend) : wide;
    return most * (steep - bend * most);
}

/* The same of a box, from the bases of those inside: forms that differ cost what their difference falls by.
 */
static double box_base(moei_tree *tree, int level, int64_t e)
{
    const int64_t first = e * MOEI_LEAF, end = entries(tree, level - 1);
    double base = INFINITY;
    for (int64_t inner = first; inner < first + MOEI_LEAF && inner < end; inner++) {
        double price = tree->base[tree->block[level - 1] * MOEI_LEAF + inner];
        for (int64_t k = 0; k < tree->d; k++) {
            const float *bounds = bounds_of(tree, level - 1, inner, k);
            const double half_width = ((double)bounds[MOEI_LEAF] - (double)bounds[0]) / 2;
            const double off = middle_of(bounds) - middle_of(bounds_of(tree, level, e, k));
            const int64_t form = form_of(tree, level, e, k), finer = form_of(tree, level - 1, inner, k);
            const double slope = (double)tree->slope[form], bend = (double)tree->bend[form];
            price -= fall_within((double)tree->slope[finer] - slope - 2 * bend * off,
                                 (double)tree->bend[finer] - bend, half_width);
            price -= (slope + bend * off) * off;
        }
        base = price < base ? price : base;
    }
    return base;
}

static void update_bases(moei_tree *tree)
{
    for (int level = 0; level < tree->levels; level++)
        for (int64_t e = 0; e < entries(tree, level); e++)
            tree->base[tree->block[level] * MOEI_LEAF + e] =
                level == 0 ? leaf_base(tree, e) : box_base(tree, level, e);
}

/* What is inside of entry e: the first, and the end. */
static int64_t inside(const moei_tree *tree, int level, int64_t e, int64_t *end)
{
    const int64_t all = level == 0 ? tree->count : entries(tree, level - 1);
    *end = (e + 1) * MOEI_LEAF < all ? (e + 1) * MOEI_LEAF : all;
    return e * MOEI_LEAF;
}

/* Half of what the slopes inside rise by with the coordinate, in the sense of least squares. */
static double bend_inside(moei_tree *tree, int level, int64_t e, int64_t k)
{
    int64_t end, first = inside(tree, level, e, &end);
    const double middle = middle_of(bounds_of(tree, level, e, k));
    const double mean = (double)tree->slope[form_of(tree, level, e, k)];
    double square = 0, product = 0, sum = 0;
    for (int64_t t = first; t < end; t++) {
        const double z = middle_of(bounds_of(tree, level - 1, t, k)) - middle;
        square += z * z;
        sum += z;
        product += z * ((double)tree->slope[form_of(tree, level - 1, t, k)] - mean);
    }
    square -= sum * sum / (double)(end - first);
    return square > 0 ? fmax(least_bend, fmin(product / square / 2, most_bend)) : 0;
}

/* Slopes are means of what is inside; bends are found from boxes upwards, and a leaf has that of its box, for
 * eight gradients are too few. */
void moei_tree_slope(moei_tree *tree, const double *gradient)
{
    for (int level = 0; level < tree->levels; level++)
        for (int64_t e = 0; e < entries(tree, level); e++)
            for (int64_t k = 0; k < tree->d; k++) {
                int64_t end, first = inside(tree, level, e, &end);
                double sum = 0;
                for (int64_t t = first; t < end; t++)
                    sum += level == 0 ? gradient[t * tree->d + k]
                                      : (double)tree->slope[form_of(tree, level - 1, t, k)];
                tree->slope[form_of(tree, level, e, k)] = (float)(sum / (double)(end - first));
                if (level > 0)
                    tree->bend[form_of(tree, level, e, k)] = (float)bend_inside(tree, level, e, k);
            }
    for (int64_t leaf = 0; leaf < tree->leaves && tree->levels > 1; leaf++)
        for (int64_t k = 0; k < tree->d; k++)
            tree->bend[form_of(tree, 0, leaf, k)] = tree->bend[form_of(tree, 1, leaf / MOEI_LEAF, k)];
    tree->sloped = tree->d <= MOEI_SLOPED_DIMENSIONS;
    moei_tree_update(tree);
}

void moei_tree_update(moei_tree *tree)
{
    if (tree->sloped)
        update_bases(tree);
    for (int level = 0; level < tree->levels; level++) {
        const double *inner = level == 0 ? tree->price : tree->least + tree->block[level - 1] * MOEI_LEAF;
        double *least = tree->least + tree->block[level] * MOEI_LEAF;
        for (int64_t e = 0; e < entries(tree, level); e++)
            least[e] = least_of_eight(inner + e * MOEI_LEAF);
    }
}

void moei_tree_put(moei_tree *tree, int64_t place, double price)
{
    const double *inner = tree->price;
    tree->price[place] = price;
    for (int level = 0; level < tree->levels; level++) {
        place /= MOEI_LEAF;
        double *least = tree->least + tree->block[level] * MOEI_LEAF;
        const double now = least_of_eight(inner + place * MOEI_LEAF);
        if (least[place] == now)
            return;
        least[place] = now;
        inner = least;
    }
}

void moei_tree_remove(moei_tree *tree, int64_t place)
{
    moei_tree_put(tree, place, INFINITY);
}

/* ---- a tree ----------------------------------------------------------------------------------- */

bool moei_tree_create(moei_core *core, int64_t d, int64_t count, const double *half, const double *x,
                      int64_t stride, const int32_t *order, moei_tree *tree)
{
    const int64_t leaves = (count + MOEI_LEAF - 1) / MOEI_LEAF;
    *tree = (moei_tree){.core = core, .d = d, .count = count, .leaves = leaves, .half = half};
    for (int64_t inner = leaves; tree->levels == 0 || inner > 1; tree->levels++) {
        inner = (inner + MOEI_LEAF - 1) / MOEI_LEAF;
        tree->block[tree->levels + 1] = tree->block[tree->levels] + inner;
    }
    const int64_t blocks = tree->block[tree->levels];
    tree->x = MOEI_NEW(core, moei_mul(d, leaves * MOEI_LEAF), double);
    tree->price = MOEI_NEW(core, leaves * MOEI_LEAF, double);
    tree->box = MOEI_NEW(core, moei_mul(2 * d, blocks * MOEI_LEAF), float);
    tree->least = MOEI_NEW(core, blocks * MOEI_LEAF, double);
    tree->center = MOEI_NEW(core, d, double);
    tree->slope = MOEI_NEW(core, moei_mul(d, blocks * MOEI_LEAF), float);
    tree->bend = MOEI_NEW(core, moei_mul(d, blocks * MOEI_LEAF), float);
    tree->base = MOEI_NEW(core, blocks * MOEI_LEAF, double);
    if (!tree->x || !tree->price || !tree->box || !tree->least || !tree->center || !tree->slope ||
        !tree->bend || !tree->base)
        return false;
    for (int64_t place = 0; place < count; place++)
        for (int64_t k = 0; k < d; k++)
            tree->x[(place / MOEI_LEAF * d + k) * MOEI_LEAF + place % MOEI_LEAF] =
                x[k * stride + (order ? order[place] : place)];
    for (int64_t place = count; place < leaves * MOEI_LEAF; place++)
        tree->price[place] = INFINITY;
    for (int64_t e = 0; e < blocks * MOEI_LEAF; e++)
        tree->least[e] = INFINITY;
    find_center(tree);
    bound_boxes(tree);
    moei_tree_update(tree);
    return true;
}

void moei_tree_free(moei_tree *tree)
{
    moei_free(tree->core, tree->x);
    moei_free(tree->core, tree->price);
    moei_free(tree->core, tree->box);
    moei_free(tree->core, tree->least);
    moei_free(tree->core, tree->center);
    moei_free(tree->core, tree->slope);
    moei_free(tree->core, tree->bend);
    moei_free(tree->core, tree->base);
}
