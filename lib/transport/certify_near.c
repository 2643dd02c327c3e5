/* certify_near.c - nearest columns with prices, for the certificate: halves of halves of the points, in
 * boxes.
 *
 * A box is passed over only if no point in it can be better than the best seen. For x and y in [-h, h], y
 * between l and u, one coordinate adds at least min(max(l - x, x - u, 0), (h - |x|) + (h - max(|l|, |u|))) to
 * the distance. What is computed of a cost errs by kappa, so that boxes are compared at 1 - 2 kappa of
 * theirs, less the rounding of the sum with the price. Where the plan's ways are long, forms below the prices
 * give better bounds (certify_forms.c).
 *
 * It shares nothing with the tree of the solvers (tree.h).
 *
 * SPDX-License-Identifier: MIT */
#include "transport/certify_near.h"

#include <float.h>

enum { CELL_POINTS = 12, PAIRS_A_POINT = 8 }; /* what a point of a cell takes, in pairs of points */

/* ---- creation --------------------------------------------------------------------------------- */

static double coordinate(const moei_near *near, int32_t point, int64_t k)
{
    return near->all[point * near->d + k];
}

static double price_of(const moei_near *near, int32_t point)
{
    return near->at->plan->price[point] - near->middle;
}

/* point[first ... first + count) so that the middle one separates smaller keys from larger ones. */
static void halve(moei_near *near, int64_t first, int64_t count)
{
    int64_t low = first, high = first + count - 1;
    const int64_t middle = first + count / 2;
    while (low < high) {
        const double pivot = near->key[low + (high - low) / 2];
        int64_t a = low, b = high;
        while (a <= b) {
            while (near->key[a] < pivot)
                a++;
            while (near->key[b] > pivot)
                b--;
            if (a <= b) {
                const double key = near->key[a];
                const int32_t point = near->point[a];
                near->key[a] = near->key[b];
                near->point[a++] = near->point[b];
                near->key[b] = key;
                near->point[b--] = point;
            }
        }
        if (middle <= b)
            high = b;
        else if (middle >= a)
            low = a;
        else
            break;
    }
}

/* Bounds and least price of a cell; returns the coordinate in which it is widest. */
static int64_t measure_cell(moei_near *near, int64_t c)
{
    moei_near_cell *cell = &near->cell[c];
    int64_t widest = 0;
    cell->least = INFINITY;
    for (int64_t t = cell->first; t < cell->first + cell->count; t++)
        cell->least = fmin(cell->least, price_of(near, near->point[t]));
    for (int64_t k = 0; k < near->d; k++) {
        double low = INFINITY, high = -INFINITY;
        for (int64_t t = cell->first; t < cell->first + cell->count; t++) {
            const double y = coordinate(near, near->point[t], k);
            low = y < low ? y : low;
            high = y > high ? y : high;
        }
        near->low[c * near->d + k] = low;
        near->high[c * near->d + k] = high;
        if (high - low > near->high[c * near->d + widest] - near->low[c * near->d + widest])
            widest = k;
    }
    return widest;
}

static int32_t divide(moei_near *near, int64_t first, int64_t count)
{
    const int64_t c = near->cells++;
    near->cell[c] = (moei_near_cell){0, (int32_t)first, (int32_t)count, -1, -1};
    const int64_t k = measure_cell(near, c);
    near->status = near->status ? near->status : moei_meter_add(&near->meter, PAIRS_A_POINT * count);
    if (count > CELL_POINTS && !near->status) {
        for (int64_t t = first; t < first + count; t++)
            near->key[t] = coordinate(near, near->point[t], k);
        halve(near, first, count);
        near->cell[c].left = divide(near, first, count / 2);
        near->cell[c].right = divide(near, first + count / 2, count - count / 2);
    }
    return (int32_t)c;
}

int32_t moei_near_create(const moei_case *at, double middle, moei_near *near)
{
    moei_core *core = at->context->core;
    const int64_t points = at->b->count, cells = points / (CELL_POINTS / 4) + 1;
    *near = (moei_near){.at = at, .d = at->b->d, .middle = middle, .meter = {at->context, 0.9, 0}};
    near->keep = fmax(0, 1 - at->kappa);
    near->half = MOEI_NEW(core, near->d, double);
    near->point = MOEI_NEW(core, points, int32_t);
    near->place = MOEI_NEW(core, points, int32_t);
    near->all = MOEI_NEW(core, moei_mul(points, near->d), double);
    near->y = MOEI_NEW(core, moei_mul(points, near->d), double);
    near->price = MOEI_NEW(core, points, double);
    near->key = MOEI_NEW(core, points, double);
    near->low = MOEI_NEW(core, moei_mul(cells, near->d), double);
    near->high = MOEI_NEW(core, moei_mul(cells, near->d), double);
    near->cell = MOEI_NEW(core, cells, moei_near_cell);
    if (!near->half || !near->point || !near->place || !near->all || !near->y || !near->price || !near->key ||
        !near->low || !near->high || !near->cell)
        return moei_out_of_memory(at->context, "the certificate of a distance");
    for (int64_t k = 0; k < near->d; k++)
        near->half[k] = at->a->period[k] / 2 * at->unit;
    for (int64_t j = 0; j < points; j++) {
        near->place[j] = -1;
        for (int64_t k = 0; k < near->d; k++)
            near->all[j * near->d + k] = moei_case_coordinate(at, at->b, j, k);
        if (at->b->weights[j] > 0)
            near->point[near->count++] = (int32_t)j;
    }
    divide(near, 0, near->count);
    if (near->status)
        return near->status;
    for (int64_t t = 0; t < near->count; t++) {
        near->price[t] = price_of(near, near->point[t]);
        near->place[near->point[t]] = (int32_t)t;
        for (int64_t k = 0; k < near->d; k++)
            near->y[t * near->d + k] = coordinate(near, near->point[t], k);
    }
    moei_free(core, near->key);
    moei_free(core, near->all);
    near->key = near->all = NULL;
    return moei_near_form(near);
}

void moei_near_free(moei_core *core, moei_near *near)
{
    moei_free(core, near->half);
    moei_free(core, near->point);
    moei_free(core, near->place);
    moei_free(core, near->all);
    moei_free(core, near->y);
    moei_free(core, near->price);
    moei_free(core, near->key);
    moei_free(core, near->low);
    moei_free(core, near->high);
    moei_free(core, near->cell);
    moei_free(core, near->slope);
    moei_free(core, near->bend);
    moei_free(core, near->base);
}

/* ---- search ----------------------------------------------------------------------------------- */

/* Without the care for NaN that keeps fmin and fmax from being one instruction. */
static double smaller(double a, double b)
{
    return a < b ? a : b;
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* No value in the cell is below this. */
static double cell_bound(const moei_near *near, const double *x, int64_t c)
{
    const double *low = near->low + c * near->d, *high = near->high + c * near->d,
                 price = near->cell[c].least;
    double square = 0;
    for (int64_t k = 0; k < near->d; k++) {
        const double half = near->half[k], straight = larger(larger(low[k] - x[k], x[k] - high[k]), 0);
        const double around = (half - fabs(x[k])) + (half - larger(fabs(low[k]), fabs(high[k])));
        const double way = smaller(straight, around);
        square += way * way;
    }
    const double cost = moei_case_cost(near->at, square) * larger(0, 1 - 2 * near->at->kappa);
    return cost + price - 4 * DBL_EPSILON * (cost + fabs(price));
}

double moei_near_value(const moei_near *near, const double *x, int64_t place)
{
    double square = 0;
    for (int64_t k = 0; k < near->d; k++) {
        const double y = near->y[place * near->d + k], half = near->half[k];
        const double way = smaller(fabs(x[k] - y), (half - fabs(x[k])) + (half - fabs(y)));
        square += way * way;
    }
    return moei_case_cost(near->at, square) * near->keep + near->price[place];
}

static double look_at_points(const moei_near *near, const double *x, const moei_near_cell *cell, double least)
{
    for (int64_t t = cell->first; t < cell->first + cell->count; t++)
        least = smaller(least, moei_near_value(near, x, t));
    return least;
}

/* The better of two bounds; the second only if the first does not do. */
static double better_bound(const moei_near *near, const double *x, int64_t c, double least)
{
    const double bound = cell_bound(near, x, c);
    return near->base && bound < least ? larger(bound, moei_near_form_bound(near, x, c)) : bound;
}

static double look(const moei_near *near, const double *x, int64_t c, double least)
{
    const moei_near_cell *cell = &near->cell[c];
    if (cell->left < 0)
        return look_at_points(near, x, cell, least);
    const double left = better_bound(near, x, cell->left, least),
                 right = better_bound(near, x, cell->right, least);
    const bool swap = right < left;
    const int32_t first = swap ? cell->right : cell->left, second = swap ? cell->left : cell->right;
    if (smaller(left, right) < least)
        least = look(near, x, first, least);
    if (larger(left, right) < least)
        least = look(near, x, second, least);
    return least;
}

double moei_near_least(const moei_near *near, const double *x, double known)
{
    return look(near, x, 0, known);
}
