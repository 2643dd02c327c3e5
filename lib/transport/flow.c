/* flow.c - W_p for any masses: the network simplex method on the few pairs of points that matter.
 *
 *   1. Either measure is cut into equal shares of mass along the order of its tree; between their centres the
 * solver for equal masses is quick, and its dual, c-transformed, prices the columns.
 *   2. At these prices, each row's best columns and each column's best rows are the first arcs.
 *   3. The simplex method solves transport over the arcs; each row then looks, through the tree, for columns
 * with negative reduced costs; they become arcs too. Without any, the plan is optimal among all pairs (column
 *      generation, Dantzig & Wolfe 1960; coarse to fine as Schmitzer, J. Math. Imaging Vis. 56, 2016).
 *
 * Masses are counted in units of total / 2^61, or are whole already: flows are exact. What has less than half
 * a unit is left out of the plan, and has a price at which no row wants it.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/assign.h"
#include "transport/ground.h"
#include "transport/simplex.h"
#include "transport/tree.h"

#include <math.h>

enum { FIRST_COLUMNS = 8, FIRST_ROWS = 4, MORE_COLUMNS = 8, ALL_PAIRS = 1 << 14, POINTS_PER_SHARE = 2 };

/* One side: its points with mass in the order of the tree, then those without. */
typedef struct {
    int64_t d, count, with_mass;
    int32_t *place;   /* count: of the cloud's points                    */
    int64_t *mass;    /* count, the first with_mass of them > 0          */
    double *x;        /* count x d                                       */
    double *gradient; /* count x d: of the dual                        */
    moei_tree tree;   /* of the points with mass                         */
} side;

typedef struct {
    const moei_problem *problem;
    moei_core *core;
    double unit; /* mass of 1 */
    side rows, columns;
    moei_meter meter;
    moei_simplex simplex;
} flow;

/* ---- sides ------------------------------------------------------------------------------------ */

static int64_t largest_mass(const side *of)
{
    int64_t largest = 0;
    for (int64_t i = 1; i < of->count; i++)
        largest = of->mass[i] > of->mass[largest] ? i : largest;
    return largest;
}

static int64_t sum_of(const side *of)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < of->count; i++)
        sum += of->mass[i];
    return sum;
}

/* Those without mass go to the end; the order is kept otherwise. */
static void part_empty(side *of, int32_t *spare)
{
    int64_t empty = 0;
    for (int64_t i = 0; i < of->count; i++)
        if (of->mass[i] > 0) {
            of->place[of->with_mass] = of->place[i];
            of->mass[of->with_mass++] = of->mass[i];
        } else
            spare[empty++] = of->place[i];
    for (int64_t t = 0; t < empty; t++) {
        of->place[of->with_mass + t] = spare[t];
        of->mass[of->with_mass + t] = 0;
    }
}

static bool side_order(moei_core *core, int64_t d, const moei_cloud *cloud, double unit, side *of)
{
    *of = (side){.d = d, .count = cloud->count};
    of->place = MOEI_NEW(core, cloud->count, int32_t);
    of->mass = MOEI_NEW(core, cloud->count, int64_t);
    of->x = MOEI_NEW(core, moei_mul(cloud->count, d), double);
    of->gradient = MOEI_NEW(core, moei_mul(cloud->count, d), double);
    if (!of->gradient || !of->place || !of->mass || !of->x ||
        !moei_tree_order(core, d, cloud->count, cloud->x, cloud->stride, of->place))
        return false;
    for (int64_t i = 0; i < cloud->count; i++)
        of->mass[i] = llrint(cloud->mass[of->place[i]] / unit);
    return true;
}

static bool side_finish(moei_core *core, const moei_problem *problem, const moei_cloud *cloud, side *of)
{
    int32_t *spare = MOEI_NEW(core, of->count, int32_t);
    if (!spare)
        return false;
    part_empty(of, spare);
    moei_free(core, spare);
    for (int64_t i = 0; i < of->count; i++)
        for (int64_t k = 0; k < of->d; k++)
            of->x[i * of->d + k] = cloud->x[k * cloud->stride + of->place[i]];
    return moei_tree_create(core, of->d, of->with_mass, problem->half, cloud->x, cloud->stride, of->place,
                            &of->tree);
}

static void side_free(moei_core *core, side *of)
{
    if (of->tree.core)
        moei_tree_free(&of->tree);
    moei_free(core, of->gradient);
    moei_free(core, of->x);
    moei_free(core, of->mass);
    moei_free(core, of->place);
}

/* Both sides, of exactly one mass. */
static int32_t take_sides(flow *of)
{
    const moei_problem *problem = of->problem;
    bool enough = side_order(of->core, problem->d, &problem->rows, of->unit, &of->rows) &&
                  side_order(of->core, problem->d, &problem->columns, of->unit, &of->columns);
    if (enough) {
        const int64_t missing = sum_of(&of->rows) - sum_of(&of->columns);
        side *lighter = missing > 0 ? &of->columns : &of->rows;
        lighter->mass[largest_mass(lighter)] += missing > 0 ? missing : -missing;
        enough = side_finish(of->core, problem, &problem->rows, &of->rows) &&
                 side_finish(of->core, problem, &problem->columns, &of->columns);
    }
    return enough ? MOE_OK : moei_out_of_memory(problem->context, "the points of a distance");
}

/* ---- step 1 ----------------------------------------------------------------------------------- */

/* x[k shares + s] <- the mean of the mass from s / shares to (s + 1) / shares of the total, along the order.
 */
static void cut_into_shares(const side *of, double total, int64_t shares, double *x)
{
    double left = 0;
    int64_t i = -1;
    for (int64_t s = 0; s < shares; s++) {
        double need = total / (double)shares;
        for (int64_t k = 0; k < of->d; k++)
            x[k * shares + s] = 0;
        while (need > 0) {
            if (left <= 0 && i + 1 < of->with_mass)
                left = (double)of->mass[++i];
            const double taken = left > 0 && left < need ? left : need;
            for (int64_t k = 0; k < of->d; k++)
                x[k * shares + s] += of->x[i * of->d + k] * (taken / total * (double)shares);
            left -= taken;
            need = taken < need ? need - taken : 0;
        }
    }
}

/* Prices of the columns, and with its sign turned the dual of the rows, from prices of `count` points y. */
static int32_t price_from(flow *of, int64_t count, const double *y, int64_t stride, const double *price)
{
    const moei_problem *problem = of->problem;
    side *rows = &of->rows, *columns = &of->columns;
    moei_tree tree;
    int32_t status = MOE_OK;
    if (moei_tree_create(of->core, problem->d, count, problem->half, y, stride, NULL, &tree)) {
        for (int64_t s = 0; s < count; s++)
            tree.price[s] = price[s];
        moei_tree_update(&tree);
        moei_tree_transform(&tree, rows->with_mass, rows->x, problem->p, -1, rows->tree.price,
                            rows->gradient);
        moei_tree_slope(&rows->tree, rows->gradient);
        moei_tree_transform(&rows->tree, columns->with_mass, columns->x, problem->p, -1, columns->tree.price,
                            columns->gradient);
        moei_tree_slope(&columns->tree, columns->gradient);
    } else
        status = moei_out_of_memory(problem->context, "the shares of a distance");
    moei_tree_free(&tree);
    return status;
}

static int32_t price_points(flow *of)
{
    const int64_t d = of->problem->d, points = of->rows.with_mass + of->columns.with_mass;
    const int64_t shares = points / (2 * POINTS_PER_SHARE) + 1;
    const double total = (double)sum_of(&of->rows);
    double *x = MOEI_NEW(of->core, moei_mul(d, shares), double);
    double *y = MOEI_NEW(of->core, moei_mul(d, shares), double);
    double *price = MOEI_NEW(of->core, shares, double);
    int32_t status = MOE_OK;
    if (x && y && price) {
        cut_into_shares(&of->rows, total, shares, x);
        cut_into_shares(&of->columns, total, shares, y);
        status = moei_assign_prices(of->problem, shares, x, y, &of->meter, price);
        if (!status)
            status = price_from(of, shares, y, shares, price);
    } else
        status = moei_out_of_memory(of->problem->context, "the shares of a distance");
    moei_free(of->core, price);
    moei_free(of->core, y);
    moei_free(of->core, x);
    return status;
}

/* The same from prices of all columns, in the order of the tree. */
static int32_t price_given(flow *of, const double *price)
{
    const int64_t d = of->columns.d, count = of->columns.with_mass;
    double *y = MOEI_NEW(of->core, moei_mul(d, count), double);
    int32_t status = MOE_OK;
    if (!y)
        return moei_out_of_memory(of->problem->context, "the points of a distance");
    for (int64_t j = 0; j < count; j++)
        for (int64_t k = 0; k < d; k++)
            y[k * count + j] = of->columns.x[j * d + k];
    status = price_from(of, count, y, count, price);
    moei_free(of->core, y);
    return status;
}

/* ---- step 2 ----------------------------------------------------------------------------------- */

static int32_t add_all_pairs(flow *of)
{
    int32_t status = MOE_OK;
    for (int64_t i = 0; i < of->rows.with_mass && !status; i++)
        for (int64_t j = 0; j < of->columns.with_mass && !status; j++) {
            const double square = moei_ground_square(of->problem, of->rows.place[i], of->columns.place[j]);
            status = moei_simplex_add(&of->simplex, i, j, moei_ground_cost(square, of->problem->p));
        }
    return status;
}

static int32_t add_best_pairs(flow *of)
{
    moei_found found[FIRST_COLUMNS + 1];
    double outside;
    int32_t status = MOE_OK;
    for (int64_t i = 0; i < of->rows.with_mass && !status; i++) {
        const int64_t count = moei_tree_search(&of->columns.tree, of->rows.x + i * of->rows.d, of->problem->p,
                                               FIRST_COLUMNS + 1, INFINITY, 0, found, &outside);
        for (int64_t t = 0; t < count && !status; t++)
            status = moei_simplex_add(&of->simplex, i, found[t].place, found[t].cost);
    }
    for (int64_t j = 0; j < of->columns.with_mass && !status; j++) {
        const int64_t count = moei_tree_search(&of->rows.tree, of->columns.x + j * of->columns.d,
                                               of->problem->p, FIRST_ROWS + 1, INFINITY, 0, found, &outside);
        for (int64_t t = 0; t < count && !status; t++)
            status = moei_simplex_add(&of->simplex, found[t].place, j, found[t].cost);
    }
    return status;
}

/* ---- step 3 ----------------------------------------------------------------------------------- */

/* New arcs; *added <- how many; *loss <- the dual has less than the plan costs by that, relative to the plan.
 */
static int32_t add_violated(flow *of, int64_t *added, double *loss)
{
    moei_simplex *simplex = &of->simplex;
    moei_found found[MORE_COLUMNS + 1];
    double outside;
    int32_t status = MOE_OK;
    for (int64_t j = 0; j < of->columns.with_mass; j++)
        of->columns.tree.price[j] = simplex->potential[simplex->rows + j];
    moei_tree_update(&of->columns.tree);
    *added = 0;
    *loss = 0;
    for (int64_t i = 0; i < of->rows.with_mass && !status; i++) {
        const double bound = simplex->potential[i] - simplex->tolerance;
        const int64_t count = moei_tree_search(&of->columns.tree, of->rows.x + i * of->rows.d, of->problem->p,
                                               MORE_COLUMNS + 1, bound, 0, found, &outside);
        for (int64_t t = 0; t < count && !status; t++)
            status = moei_simplex_add(simplex, i, found[t].place, found[t].cost);
        *added += count;
        if (count > 0)
            *loss += (double)of->rows.mass[i] * (simplex->potential[i] - found[0].value);
        if (!status)
            status = moei_meter_add(&of->meter, MOEI_LEAF * MOEI_LEAF);
    }
    return status;
}

/* In units of mass; -INFINITY while something goes through the root. */
static double cost_of_plan(const moei_simplex *simplex)
{
    double sum = 0;
    for (int64_t node = 0; node < simplex->rows + simplex->columns; node++)
        if (simplex->flow[node] > 0)
            sum += (double)simplex->flow[node] *
                   (simplex->arc[node] < 0 ? -(double)INFINITY : simplex->list[simplex->arc[node]].cost);
    return sum;
}

/* Arcs that let no pivot be made are negative by rounding only, and would be found again for ever. */
static int32_t generate(flow *of)
{
    const double allowed = 1 - pow(1 + of->problem->gap, -of->problem->p);
    int64_t added = 1;
    double loss = 0;
    int32_t status = MOE_OK;
    for (int64_t before = -1; !status && added > 0 && of->simplex.pivots > before;) {
        before = of->simplex.pivots;
        status = moei_simplex_run(&of->simplex);
        if (!status)
            status = add_violated(of, &added, &loss);
        if (loss <= allowed * cost_of_plan(&of->simplex))
            break;
    }
    return status;
}

/* ---- all -------------------------------------------------------------------------------------- */

/* The p-th power of the diameter: no pair costs more. */
static double farthest(const flow *of)
{
    double square = 0;
    for (int64_t k = 0; k < of->problem->d; k++) {
        double low = INFINITY, high = -INFINITY, way = of->problem->half[k];
        for (int s = 0; s < 2; s++) {
            const side *at = s ? &of->columns : &of->rows;
            for (int64_t i = 0; i < at->count; i++) {
                low = fmin(low, at->x[i * at->d + k]);
                high = fmax(high, at->x[i * at->d + k]);
            }
        }
        way = fmin(way, high - low);
        square += way * way;
    }
    return moei_ground_cost(square, of->problem->p) * (1 + 0x1p-40);
}

static int32_t solve(flow *of, const double *start)
{
    const moei_problem *problem = of->problem;
    int32_t status = take_sides(of);
    if (status)
        return status;
    const double far = fmax(farthest(of), 0x1p-900);
    const bool small = of->rows.with_mass * of->columns.with_mass <= ALL_PAIRS;
    if (!small)
        status = start ? price_given(of, start) : price_points(of);
    if (!status)
        status = moei_simplex_create(problem->context, of->rows.with_mass, of->rows.mass,
                                     of->columns.with_mass, of->columns.mass, far, &of->meter, &of->simplex);
    if (!status)
        status = small ? add_all_pairs(of) : add_best_pairs(of);
    return status ? status : generate(of);
}

/* Columns without mass: the least prices at which no row wants them. */
static void price_empty(flow *of, double *price)
{
    for (int64_t i = 0; i < of->rows.with_mass; i++)
        of->rows.tree.price[i] = -of->simplex.potential[i];
    moei_tree_update(&of->rows.tree);
    const int64_t first = of->columns.with_mass;
    moei_tree_transform(&of->rows.tree, of->columns.count - first, of->columns.x + first * of->columns.d,
                        of->problem->p, -1, price + first, NULL);
}

static moei_edge edge_between(const flow *of, int64_t i, int64_t j, int64_t mass)
{
    return (moei_edge){of->problem->rows.index[of->rows.place[i]],
                       of->problem->columns.index[of->columns.place[j]], (double)mass * of->unit};
}

/* What a cancel left on the way through the root goes from row to column as they come. */
static void complete(flow *of, moei_plan *plan)
{
    moei_simplex *simplex = &of->simplex;
    int64_t i = 0, j = 0;
    for (;;) {
        while (i < simplex->rows && (simplex->arc[i] >= 0 || simplex->flow[i] == 0))
            i++;
        int64_t node = simplex->rows + j;
        for (; j < simplex->columns && (simplex->arc[node] >= 0 || simplex->flow[node] == 0); j++)
            node++;
        if (i == simplex->rows || j == simplex->columns)
            return;
        const int64_t mass = simplex->flow[i] < simplex->flow[node] ? simplex->flow[i] : simplex->flow[node];
        plan->edge[plan->count++] = edge_between(of, i, j, mass);
        simplex->flow[i] -= mass;
        simplex->flow[node] -= mass;
    }
}

static int32_t hand_over(flow *of, moei_plan *plan)
{
    const moei_problem *problem = of->problem;
    const moei_simplex *simplex = &of->simplex;
    const int64_t rows = simplex->rows, columns = simplex->columns;
    double *price = MOEI_NEW(of->core, of->columns.count, double);
    plan->core = of->core;
    plan->total = problem->total;
    plan->exponent = problem->exponent;
    plan->edge = MOEI_NEW(of->core, 2 * (rows + columns), moei_edge);
    plan->price = MOEI_NEW(of->core, problem->columns.points, double);
    const bool enough = price && plan->edge && plan->price;
    if (enough)
        price_empty(of, price);
    if (enough)
        complete(of, plan);
    for (int64_t node = 0; node < rows + columns && enough; node++)
        if (simplex->arc[node] >= 0 && simplex->flow[node] > 0) {
            const moei_arc *arc = &simplex->list[simplex->arc[node]];
            plan->edge[plan->count++] = edge_between(of, arc->row, arc->column - rows, simplex->flow[node]);
        }
    for (int64_t j = 0; j < of->columns.count && enough; j++)
        plan->price[problem->columns.index[of->columns.place[j]]] =
            j < columns ? simplex->potential[rows + j] : price[j];
    moei_free(of->core, price);
    return enough ? MOE_OK : moei_out_of_memory(problem->context, "the plan of a distance");
}

int32_t moei_solve_flow(const moei_problem *problem, moei_plan *plan)
{
    return moei_flow_from(problem, NULL, plan);
}

int32_t moei_flow_from(const moei_problem *problem, const double *start, moei_plan *plan)
{
    flow of = {.problem = problem, .core = problem->context->core, .meter = {problem->context, 0, 0}};
    of.unit = problem->whole ? 1 : problem->total * 0x1p-61;
    plan->method = "the network simplex method";
    int32_t status = moei_progress(problem->context, "transport", 0);
    if (!status)
        status = solve(&of, start);
    if (!status || (status == MOE_ERROR_CANCELLED && of.simplex.potential)) {
        const int32_t handed = hand_over(&of, plan);
        status = status ? status : handed;
    }
    moei_simplex_free(&of.simplex);
    side_free(of.core, &of.columns);
    side_free(of.core, &of.rows);
    return status;
}
