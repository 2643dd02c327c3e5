/* assign.c - W_p between as many points of equal mass: from coarse to fine, then exactly.
 *
 *   1. Both sides are brought into the order of a tree (tree.h): 2^l successive points are a cluster.
 *   2. Means of pairs (d > 4: eights) of successive points are a smaller problem, solved first, and so on
 * down to a few points. Its prices, extended linearly by the gradient that the matching implies, price(y) =
 * price_J - p |s|^(p-2) s . (y - y_J),     s = y_J - x_I, I matched with J, and c-transformed twice, so that
 * no column is too dear for all rows, are where the finer auction starts: its eps is then of the order of
 * what neighbouring columns differ by.
 *   3. At the finest level paths.c completes the matching.
 *
 * For p = 2 and clouds whose densities are near each other, prices from a linear equation (smooth.h) take the
 * place of step 2.
 *
 * Multi-level starts: Merigot (Comput. Graph. Forum 30, 2011), Schmitzer (J. Math. Imaging Vis. 56, 2016).
 * Levels teach the next: by how much prices moved, on average, is what the finer level's may be wrong by,
 * which sets its eps; and where rows had to list anew time and again, as for p = 1 between different laws,
 * where along a ray all columns cost a row the same, the finer level's listings are longer. Where even so too
 * many columns are alike, as for p = 1 on a line, flow.c takes over from the prices found.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/assign.h"
#include "transport/matching.h"
#include "transport/smooth.h"

#include <math.h>

enum {
    COARSEST = 64, /* so many points or fewer are matched without an auction  */
    LONGER = 2     /* listings a row, after which the next level's are longer */
};

/* eps of the auction, first and last: in what prices may be wrong by, or after a smooth start, in mean widths
 * of a listing. */
static const double coarse_steps[] = {0.2, 0.0005}, smooth_steps[] = {0.04, 0.004};
static const double least_part = 0.5;  /* prices may be wrong by so much of a listing's width */
static const double near_square = 8;   /* of the smooth start's way, in squares of the spacing */
static const double near_contrast = 2; /* of its density                                       */

/* ---- clusters --------------------------------------------------------------------------------- */

/* Points of a cluster. In many dimensions even eight of them are hardly farther apart than neighbours. */
static int64_t group_of(int64_t d)
{
    return d <= MOEI_SLOPED_DIMENSIONS ? 2 : 8;
}

/* mean[k count + c] <- of the points group c, group c + 1, ... in the order; `points` of them, `count`
 * clusters. */
static void average(int64_t d, int64_t points, const double *x, int64_t stride, const int32_t *order,
                    int64_t count, double *mean)
{
    const int64_t group = group_of(d);
    for (int64_t k = 0; k < d; k++)
        for (int64_t c = 0; c < count; c++) {
            const int64_t first = c * group, last = first + group < points ? first + group : points;
            double sum = 0;
            for (int64_t t = first; t < last; t++)
                sum += x[k * stride + (order ? order[t] : t)];
            mean[k * count + c] = sum / (double)(last - first);
        }
}

static double wrapped(double way, double half)
{
    return way > half ? way - 2 * half : way < -half ? way + 2 * half : way;
}

/* Prices from those of the clusters. */
static void extend(const moei_matching *coarse, moei_matching *matching)
{
    const int64_t d = matching->d;
    const double *half = matching->columns.half, p = matching->p;
    for (int64_t j = 0; j < matching->count; j++) {
        const int64_t J = j / group_of(d), I = coarse->row_of[J];
        double square = 0, rise = 0;
        for (int64_t k = 0; k < d && I >= 0; k++) {
            const double y = moei_tree_x(&coarse->columns, J, k),
                         way = wrapped(y - coarse->x[I * d + k], half[k]);
            square += way * way;
            rise += way * (moei_tree_x(&matching->columns, j, k) - y);
        }
        const double factor = square > 0 ? p * pow(square, p / 2 - 1) : 0;
        matching->columns.price[j] = coarse->columns.price[J] - factor * rise;
    }
    moei_tree_update(&matching->columns);
}

/* value[i], gradient[i d] <- of the c-transform of the tree's prices, with its sign turned. */
static int32_t transform(const moei_tree *tree, int64_t count, const double *x, double p, moei_meter *meter,
                         double *value, double *gradient)
{
    int32_t status = MOE_OK;
    for (int64_t i = 0; i < count && !status; i++) {
        moei_tree_transform(tree, 1, x + i * tree->d, p, -1, value + i, gradient + i * tree->d);
        status = moei_meter_add(meter, moei_tree_work(tree));
    }
    return status;
}

/* price[j] <- max_i u[i] - c[i,j] for u[i] = min_j c[i,j] + price[j]: no column is dearer than some row would
 * pay. The least price becomes 0. */
static int32_t lower_prices(moei_matching *matching)
{
    moei_core *core = matching->core;
    const int64_t d = matching->d, count = matching->count;
    double *point = MOEI_NEW(core, moei_mul(d, count), double);
    double *gradient = MOEI_NEW(core, moei_mul(d, count), double), *price = matching->columns.price;
    moei_tree rows = {0};
    bool enough = point && gradient;
    for (int64_t i = 0; i < count && enough; i++)
        for (int64_t k = 0; k < d; k++)
            point[k * count + i] = matching->x[i * d + k];
    enough = enough && moei_tree_create(core, d, count, matching->columns.half, point, count, NULL, &rows);
    int32_t status = enough ? MOE_OK : moei_out_of_memory(matching->context, "the prices of a distance");
    if (!status)
        status = transform(&matching->columns, count, matching->x, matching->p, matching->meter, rows.price,
                           gradient);
    if (!status) {
        moei_tree_slope(&rows, gradient);
        for (int64_t j = 0; j < count; j++)
            for (int64_t k = 0; k < d; k++)
                point[j * d + k] = moei_tree_x(&matching->columns, j, k);
        status = transform(&rows, count, point, matching->p, matching->meter, price, gradient);
    }
    double least = INFINITY;
    for (int64_t j = 0; j < count && !status; j++)
        least = fmin(least, price[j]);
    for (int64_t j = 0; j < count && !status; j++)
        price[j] -= least;
    if (!status)
        moei_tree_slope(&matching->columns, gradient);
    if (rows.core)
        moei_tree_free(&rows);
    moei_free(core, gradient);
    moei_free(core, point);
    return status;
}

/* ---- levels ----------------------------------------------------------------------------------- */

/* Points of one level: coordinate k of the point at place t is x[k stride + order[t]]; no order: [k stride +
 * t]. */
typedef struct {
    int64_t count, stride;
    const double *x, *y;
    const int32_t *x_order, *y_order;
} level;

/* What a level tells the finer one. */
typedef struct {
    double moved; /* prices, from the start to the end   */
    int64_t room; /* columns of a listing                */
} lesson;

static int32_t solve_level(const moei_problem *problem, const level *at, bool finest, moei_meter *meter,
                           moei_matching *matching, lesson *learnt);

/* Step 2: prices from the problem between clusters. */
static int32_t start_coarse(const moei_problem *problem, const level *at, moei_meter *meter,
                            moei_matching *matching, lesson *learnt)
{
    moei_core *core = matching->core;
    const int64_t d = problem->d, group = group_of(d), count = (at->count + group - 1) / group;
    double *x = MOEI_NEW(core, moei_mul(d, count), double), *y = MOEI_NEW(core, moei_mul(d, count), double);
    const level coarse = {count, count, x, y, NULL, NULL};
    moei_matching clusters = {0};
    int32_t status = MOE_OK;
    if (x && y) {
        average(d, at->count, at->x, at->stride, at->x_order, count, x);
        average(d, at->count, at->y, at->stride, at->y_order, count, y);
        status = solve_level(problem, &coarse, false, meter, &clusters, learnt);
    } else
        status = moei_out_of_memory(problem->context, "the clusters of a distance");
    if (!status)
        extend(&clusters, matching);
    moei_matching_free(&clusters);
    moei_free(core, y);
    moei_free(core, x);
    return status ? status : lower_prices(matching);
}

/* Standard deviation of price - start. */
static double moved_from(const moei_matching *matching, const double *start)
{
    const double count = (double)matching->count;
    double mean = 0, square = 0;
    for (int64_t j = 0; j < matching->count; j++)
        mean += (matching->columns.price[j] - start[j]) / count;
    for (int64_t j = 0; j < matching->count; j++) {
        const double move = matching->columns.price[j] - start[j] - mean;
        square += move * move / count;
    }
    return sqrt(square);
}

/* Listings, auction, and what is left over by paths. learnt: from the coarser level, then from this one. */
static int32_t match(const moei_problem *problem, bool coarsest, bool near, bool finest,
                     moei_matching *matching, lesson *learnt)
{
    const double *step = near ? smooth_steps : coarse_steps;
    double *start = MOEI_NEW(matching->core, matching->count, double);
    if (!start)
        return moei_out_of_memory(problem->context, "the prices of a distance");
    for (int64_t j = 0; j < matching->count; j++)
        start[j] = matching->columns.price[j];
    matching->rough = !finest;
    int32_t status = moei_listing_create(matching, learnt->room);
    if (!status && !coarsest) {
        const double width = moei_listing_width(matching),
                     wrong = near ? width : fmax(learnt->moved, least_part * width);
        status = moei_auction(matching, step[0] * wrong, step[1] * wrong, finest ? problem->gap : 0);
    }
    if (matching->listings > LONGER * matching->count && 2 * learnt->room <= MOEI_LISTED_MOST)
        learnt->room *= 2;
    if (!status && !matching->complete) {
        status = moei_reduce(matching);
        status = status ? status : moei_augment(matching);
    }
    if (!coarsest)
        learnt->moved = moved_from(matching, start);
    moei_free(matching->core, start);
    return status;
}

/* Prices from densities, the least 0, if these are near each other: where the way they imply is a few
 * spacings. Else all prices are 0. */
static int32_t start_smooth(const moei_problem *problem, const level *at, moei_matching *matching, bool *near)
{
    const moei_smooth_clouds clouds = {problem->d,    at->count,      at->stride,
                                       problem->half, {at->x, at->y}, {at->x_order, at->y_order}};
    double *price = matching->columns.price, least = INFINITY;
    moei_smooth_nearness found;
    *near = false;
    if (problem->p != 2 || problem->d > MOEI_SMOOTH_D)
        return MOE_OK;
    const int32_t status = moei_smooth_prices(problem->context, &clouds, price, &found);
    if (status)
        return status;
    *near = found.square <= near_square * found.spacing * found.spacing && found.contrast <= near_contrast;
    for (int64_t j = 0; j < at->count; j++)
        least = fmin(least, price[j]);
    for (int64_t j = 0; j < at->count; j++)
        price[j] = *near ? price[j] - least : 0;
    moei_tree_update(&matching->columns);
    return MOE_OK;
}

static int32_t solve_level(const moei_problem *problem, const level *at, bool finest, moei_meter *meter,
                           moei_matching *matching, lesson *learnt)
{
    const bool coarsest = at->count <= COARSEST;
    int32_t status =
        moei_matching_create(problem->context, problem->p, problem->d, at->count, problem->half, at->x,
                             at->x_order, at->y, at->y_order, at->stride, meter, matching);
    bool near = false;
    if (!status && !coarsest)
        status = start_smooth(problem, at, matching, &near);
    if (!status && !coarsest && !near)
        status = start_coarse(problem, at, meter, matching, learnt);
    return status ? status : match(problem, coarsest, near, finest, matching, learnt);
}

int32_t moei_assign_prices(const moei_problem *problem, int64_t count, const double *x, const double *y,
                           moei_meter *meter, double *price)
{
    const level at = {count, count, x, y, NULL, NULL};
    moei_matching matching = {0};
    lesson learnt = {0, MOEI_LISTED};
    const int32_t status = solve_level(problem, &at, false, meter, &matching, &learnt);
    for (int64_t j = 0; j < count && !status; j++)
        price[j] = matching.columns.price[j];
    moei_matching_free(&matching);
    return status;
}

/* ---- a plan ----------------------------------------------------------------------------------- */

/* Rows and columns that a cancel left over are matched as they come. */
static void complete(moei_matching *matching)
{
    int32_t i = 0;
    for (int32_t j = 0; j < matching->count; j++)
        if (matching->row_of[j] < 0) {
            while (matching->column_of[i] >= 0)
                i++;
            matching->column_of[i] = j;
            matching->row_of[j] = i;
        }
}

static int32_t hand_over(const moei_problem *problem, moei_matching *matching, const int32_t *row_order,
                         const int32_t *column_order, moei_plan *plan)
{
    const moei_cloud *rows = &problem->rows, *columns = &problem->columns;
    plan->core = matching->core;
    plan->total = problem->total;
    plan->exponent = problem->exponent;
    plan->edge = MOEI_NEW(matching->core, matching->count, moei_edge);
    plan->price = MOEI_NEW(matching->core, columns->points, double);
    if (!plan->edge || !plan->price)
        return moei_out_of_memory(problem->context, "the plan of a distance");
    complete(matching);
    plan->count = matching->count;
    for (int64_t i = 0; i < matching->count; i++) {
        const int64_t row = row_order[i], column = column_order[matching->column_of[i]];
        plan->edge[i] = (moei_edge){rows->index[row], columns->index[column], rows->mass[row]};
    }
    for (int64_t j = 0; j < matching->count; j++)
        plan->price[columns->index[column_order[j]]] = matching->columns.price[j];
    return MOE_OK;
}

static int32_t solve(const moei_problem *problem, int32_t *x_order, int32_t *y_order, moei_plan *plan)
{
    const moei_cloud *rows = &problem->rows, *columns = &problem->columns;
    const level at = {rows->count, rows->stride, rows->x, columns->x, x_order, y_order};
    moei_core *core = problem->context->core;
    moei_meter meter = {problem->context, 0, 0};
    moei_matching matching = {0};
    if (!moei_tree_order(core, problem->d, rows->count, rows->x, rows->stride, x_order) ||
        !moei_tree_order(core, problem->d, columns->count, columns->x, columns->stride, y_order))
        return moei_out_of_memory(problem->context, "the order of the points");
    lesson learnt = {0, MOEI_LISTED};
    int32_t status = solve_level(problem, &at, true, &meter, &matching, &learnt);
    if (!status && matching.stalled)
        status = moei_flow_from(problem, matching.columns.price, plan);
    else if (!status || (status == MOE_ERROR_CANCELLED && matching.row_of)) {
        const int32_t handed = hand_over(problem, &matching, x_order, y_order, plan);
        status = status ? status : handed;
    }
    moei_matching_free(&matching);
    return status;
}

int32_t moei_solve_paths(const moei_problem *problem, moei_plan *plan)
{
    if (!problem->whole || problem->rows.count != problem->columns.count)
        return moei_solve_flow(problem, plan);
    moei_core *core = problem->context->core;
    int32_t *x_order = MOEI_NEW(core, problem->rows.count, int32_t);
    int32_t *y_order = MOEI_NEW(core, problem->columns.count, int32_t);
    int32_t status = x_order && y_order ? moei_progress(problem->context, "transport", 0)
                                        : moei_out_of_memory(problem->context, "the order of the points");
    plan->method = "shortest augmenting paths";
    if (!status)
        status = solve(problem, x_order, y_order, plan);
    moei_free(core, y_order);
    moei_free(core, x_order);
    return status;
}
