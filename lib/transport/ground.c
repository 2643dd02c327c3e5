/* ground.c - the squared geodesic distance of a row and a column.
 *
 * Each coordinate adds min(|x - y|, cut(x) + cut(y))^2, cut being the way to the cut of the circle and
 * infinite on a line (problem.c).
 *
 * SPDX-License-Identifier: MIT */
#include "transport/ground.h"

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
