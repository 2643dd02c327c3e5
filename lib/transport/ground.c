/* ground.c - squared geodesic distances of one row to a block of columns, coordinate after coordinate.
 *
 * Each coordinate adds min(|x - y|, cut(x) + cut(y))^2, cut being the way to the cut of the circle and
 * infinite on a line (problem.c). Loops have a constant trip count, so that compilers vectorise them at -O2.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/ground.h"

/* squares[t] += min(|x - y[t]|, cut + y_cut[t])^2 */
static void add_coordinate(double x, double cut, const double *restrict y, const double *restrict y_cut,
                           double *restrict squares)
{
    for (int t = 0; t < MOEI_BLOCK; t++) {
        const double straight = fabs(x - y[t]), around = cut + y_cut[t];
        const double way = straight < around ? straight : around;
        squares[t] += way * way;
    }
}

void moei_ground_squares(const moei_problem *problem, int64_t i, int64_t block, double *squares)
{
    const moei_cloud *rows = &problem->rows, *columns = &problem->columns;
    for (int t = 0; t < MOEI_BLOCK; t++)
        squares[t] = 0;
    for (int64_t k = 0; k < problem->d; k++) {
        const int64_t row = k * rows->stride + i, column = k * columns->stride + block * MOEI_BLOCK;
        add_coordinate(rows->x[row], rows->cut[row], columns->x + column, columns->cut + column, squares);
    }
}

double moei_ground_square(const moei_problem *problem, int64_t i, int64_t j)
{
    const moei_cloud *rows = &problem->rows, *columns = &problem->columns;
    double square = 0;
    for (int64_t k = 0; k < problem->d; k++) {
        const int64_t row = k * rows->stride + i, column = k * columns->stride + j;
        const double straight = fabs(rows->x[row] - columns->x[column]);
        const double around = rows->cut[row] + columns->cut[column];
        const double way = straight < around ? straight : around;
        square += way * way;
    }
    return square;
}
