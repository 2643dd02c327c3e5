/* certify_forms.c - quadratic forms below the prices of the certificate's cells.
 *
 * With s the way from a column's row in the plan to the column, -p |s|^(p-2) s is what its price changes by
 * with its place. Means over a cell give a slope, least squares a bend in each coordinate, and base = min
 * over the cell's columns of price - sum_k (slope_k z_k + bend_k z_k^2),   z = y - middle. Costs are convex:
 * with w from the row x to the middle and g = p |w|^(p-2) w, no value in the cell is below |w|^p + base +
 * sum_k min over |z| <= wide_k of (g_k + slope_k) z + (bend_k + [p = 2]) z^2. A coordinate in which the cell
 * reaches across the cut counts as w = 0 without [p = 2]. Whatever the plan and its rows are, this is a
 * bound; where ways are long it is far better than that of the boxes alone.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/certify_near.h"

#include <float.h>

enum { PAIRS_A_POINT = 8 };       /* what a point of a cell takes, in pairs of points */
enum { ENOUGH = 48 };             /* points for a bend of their own; fewer have that of the cell around */
static const double away = 2;     /* mean way in the plan, in widths of a leaf, from which forms pay    */
static const double steepest = 8; /* bends are cut to [-1, steepest]                                  */

static double way_to(double y, double x, double half)
{
    const double way = y - x;
    return way > half ? way - 2 * half : way < -half ? way + 2 * half : way;
}

/* gradient[t d + k] <- of the price at place t. Returns the mean way in the plan. */
static double find_gradients(const moei_near *near, double *gradient)
{
    const moei_plan *plan = near->at->plan;
    const double p = near->at->p;
    double sum = 0;
    for (int64_t e = 0; e < plan->count; e++) {
        const int64_t t = near->place[plan->edge[e].column];
        double square = 0;
        for (int64_t k = 0; k < near->d && t >= 0; k++) {
            const double x = moei_case_coordinate(near->at, near->at->a, plan->edge[e].row, k);
            const double way = way_to(near->y[t * near->d + k], x, near->half[k]);
            gradient[t * near->d + k] = way;
            square += way * way;
        }
        const double factor = square > 0 ? p * pow(square, p / 2 - 1) : 0;
        for (int64_t k = 0; k < near->d && t >= 0; k++)
            gradient[t * near->d + k] *= -factor;
        sum += sqrt(square);
    }
    return plan->count > 0 ? sum / (double)plan->count : 0;
}

/* Mean over the leaves of their widest side. */
static double leaf_width(const moei_near *near)
{
    double sum = 0, leaves = 0;
    for (int64_t c = 0; c < near->cells; c++) {
        double widest = 0;
        if (near->cell[c].left >= 0)
            continue;
        for (int64_t k = 0; k < near->d; k++)
            widest = fmax(widest, near->high[c * near->d + k] - near->low[c * near->d + k]);
        sum += widest;
        leaves++;
    }
    return sum / leaves;
}

static double middle_of(const moei_near *near, int64_t c, int64_t k)
{
    return near->low[c * near->d + k] / 2 + near->high[c * near->d + k] / 2;
}

/* Slope and bend of a cell in coordinate k. */
static void fit(moei_near *near, int64_t c, int64_t k, const double *gradient)
{
    const moei_near_cell *cell = &near->cell[c];
    const double middle = middle_of(near, c, k), count = cell->count;
    double z_sum = 0, g_sum = 0, square = 0, product = 0;
    for (int64_t t = cell->first; t < cell->first + cell->count; t++) {
        const double z = near->y[t * near->d + k] - middle, g = gradient[t * near->d + k];
        z_sum += z;
        g_sum += g;
        square += z * z;
        product += z * g;
    }
    near->slope[c * near->d + k] = g_sum / count;
    square -= z_sum * z_sum / count;
    product -= z_sum * g_sum / count;
    if (cell->count >= ENOUGH)
        near->bend[c * near->d + k] = square > 0 ? fmax(-1, fmin(product / square / 2, steepest)) : 0;
    if (cell->left >= 0)
        near->bend[cell->left * near->d + k] = near->bend[cell->right * near->d + k] =
            near->bend[c * near->d + k];
}

/* Rounded down. */
static double base_of(const moei_near *near, int64_t c)
{
    const moei_near_cell *cell = &near->cell[c];
    double base = INFINITY;
    for (int64_t t = cell->first; t < cell->first + cell->count; t++) {
        double value = near->price[t], size = fabs(value);
        for (int64_t k = 0; k < near->d; k++) {
            const double z = near->y[t * near->d + k] - middle_of(near, c, k);
            const double slope = near->slope[c * near->d + k] * z, bend = near->bend[c * near->d + k] * z * z;
            value -= slope + bend;
            size += fabs(slope) + fabs(bend);
        }
        base = fmin(base, value - 32 * DBL_EPSILON * size);
    }
    return base;
}

int32_t moei_near_form(moei_near *near)
{
    moei_core *core = near->at->context->core;
    double *gradient = MOEI_NEW(core, moei_mul(near->count, near->d), double);
    int32_t status = MOE_OK;
    if (!gradient)
        return moei_out_of_memory(near->at->context, "the certificate of a distance");
    if (find_gradients(near, gradient) > away * leaf_width(near)) {
        near->slope = MOEI_NEW(core, moei_mul(near->cells, near->d), double);
        near->bend = MOEI_NEW(core, moei_mul(near->cells, near->d), double);
        near->base = MOEI_NEW(core, near->cells, double);
        if (near->slope && near->bend && near->base)
            for (int64_t c = 0; c < near->cells && !status; c++) {
                for (int64_t k = 0; k < near->d; k++)
                    fit(near, c, k, gradient);
                near->base[c] = base_of(near, c);
                status = moei_meter_add(&near->meter, PAIRS_A_POINT * near->cell[c].count);
            }
        else
            status = moei_out_of_memory(near->at->context, "the certificate of a distance");
    }
    moei_free(core, gradient);
    return status;
}

/* min over |z| <= wide of steep z + bend z^2; *size += what its terms are at most. */
static double least_within(double steep, double bend, double wide, double *size)
{
    steep = fabs(steep);
    const double most = steep < 2 * bend * wide ? steep / (2 * bend) : wide;
    *size += (steep + fabs(bend) * wide) * wide;
    return -most * (steep - bend * most);
}

double moei_near_form_bound(const moei_near *near, const double *x, int64_t c)
{
    const int64_t d = near->d;
    const double *low = near->low + c * d, *high = near->high + c * d, p = near->at->p;
    const double keep = fmax(0, 1 - 2 * near->at->kappa);
    double way[MOEI_NEAR_DIMENSIONS], square = 0;
    bool whole[MOEI_NEAR_DIMENSIONS];
    for (int64_t k = 0; k < d; k++) {
        const double half = near->half[k], wide = (high[k] - low[k]) / 2;
        way[k] = way_to(low[k] / 2 + high[k] / 2, x[k], half);
        whole[k] = isinf(half) || fabs(way[k]) + wide < half * (1 - 16 * DBL_EPSILON);
        way[k] = whole[k] ? way[k] : 0;
        square += way[k] * way[k];
    }
    const double cost = moei_case_cost(near->at, square);
    const double factor = p == 2 ? 2 : square > 0 ? p * cost / square : 0;
    double bound = keep * cost + near->base[c], size = cost + fabs(near->base[c]);
    for (int64_t k = 0; k < d; k++) {
        const double wide = (high[k] - low[k]) / 2 * (1 + 4 * DBL_EPSILON), g = factor * way[k];
        const double reach = fabs(low[k]) + fabs(high[k]) + fabs(x[k]);
        bound += least_within(keep * g + near->slope[c * d + k],
                              near->bend[c * d + k] + (p == 2 && whole[k] ? keep : 0), wide, &size);
        size += fabs(g) * reach + (fabs(g) + fabs(near->slope[c * d + k])) * wide;
    }
    return bound - 64 * DBL_EPSILON * size;
}
