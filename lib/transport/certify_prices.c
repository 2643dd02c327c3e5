/* certify_prices.c - bounds on W_p from a plan and from prices, in any dimension.
 *
 * Lower bound. Whatever the prices are, u[i] = min_j c[i,j] + price[j] makes them a feasible dual, so
 *     W_p^p >= sum_i a[i] u[i] - sum_j b[j] price[j],    a and b scaled to sum 1 each.
 * The minimum is taken over all columns of positive weight, by looking at each pair if there are few of them
 * or in many dimensions, else by a search of its own (certify_near.c); costs are first lowered by their
 * possible rounding. The middle of the prices is moved to 0, which changes nothing but the rounding.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/certify_near.h"

#include <float.h>

enum { BLOCK = 128, PAIRS = 1 << 22 };

/* b's points of positive weight, coordinate by coordinate. */
typedef struct {
    int64_t count, stride;
    double *y, *edge; /* d x stride: the coordinate, and its way to the cut */
    double *price;    /* stride, INFINITY beyond count */
    double *weight;   /* count */
    double *x;        /* d: one point of a */
    double middle;    /* of the prices, which was taken off them */
} table;

/* ---- primal ----------------------------------------------------------------------------------- */

/* |x_i - y_j|^2; > 0 if the points differ, even where the square underflows. */
static double pair_square(const moei_case *at, int64_t i, int64_t j)
{
    double square = 0;
    bool apart = false;
    for (int64_t k = 0; k < at->a->d; k++) {
        const double x = moei_case_coordinate(at, at->a, i, k), y = moei_case_coordinate(at, at->b, j, k);
        const double half = at->a->period[k] / 2 * at->unit;
        const double way = fmin(fabs(x - y), (half - fabs(x)) + (half - fabs(y)));
        square += way * way;
        apart = apart || way > 0;
    }
    return apart ? fmax(square, DBL_MIN) : square;
}

/* sum of mass times cost, over total; rounded up. */
static double plan_cost(const moei_case *at)
{
    moei_account sum = {0, 0};
    for (int64_t e = 0; e < at->plan->count; e++) {
        const moei_edge *edge = &at->plan->edge[e];
        const double square = pair_square(at, edge->row, edge->column);
        const double cost = moei_case_cost(at, square);
        moei_account_add(&sum, edge->mass * (square > 0 ? fmax(cost, 0x1p-1000) : 0));
    }
    return moei_account_value(&sum) / at->plan->total * (1 + at->kappa) * (1 + 8 * DBL_EPSILON);
}

/* ---- dual ------------------------------------------------------------------------------------- */

static void table_free(moei_core *core, table *columns)
{
    moei_free(core, columns->y);
    moei_free(core, columns->edge);
    moei_free(core, columns->price);
    moei_free(core, columns->weight);
    moei_free(core, columns->x);
}

static int32_t table_create(const moei_case *at, table *columns)
{
    moei_core *core = at->context->core;
    const int64_t d = at->b->d;
    *columns = (table){.stride = (at->b->count + BLOCK - 1) / BLOCK * BLOCK};
    columns->y = MOEI_NEW(core, moei_mul(d, columns->stride), double);
    columns->edge = MOEI_NEW(core, moei_mul(d, columns->stride), double);
    columns->price = MOEI_NEW(core, columns->stride, double);
    columns->weight = MOEI_NEW(core, columns->stride, double);
    columns->x = MOEI_NEW(core, d, double);
    if (!columns->y || !columns->edge || !columns->price || !columns->weight || !columns->x)
        return moei_out_of_memory(at->context, "the certificate of a distance");
    double low = INFINITY, high = -INFINITY;
    for (int64_t j = 0; j < at->b->count; j++) {
        if (!(at->b->weights[j] > 0))
            continue;
        const int64_t t = columns->count++;
        const double price = at->plan->price[j];
        if (!isfinite(price))
            return moei_fail(at->context, MOE_ERROR_CONVERGENCE, "transport: price %lld is %g", (long long)j,
                             price);
        low = fmin(low, price);
        high = fmax(high, price);
        columns->price[t] = price;
        columns->weight[t] = at->b->weights[j];
        for (int64_t k = 0; k < d; k++) {
            const double y = moei_case_coordinate(at, at->b, j, k);
            columns->y[k * columns->stride + t] = y;
            columns->edge[k * columns->stride + t] = at->b->period[k] / 2 * at->unit - fabs(y);
        }
    }
    columns->middle = low / 2 + high / 2;
    for (int64_t t = 0; t < columns->count; t++)
        columns->price[t] -= columns->middle;
    for (int64_t t = columns->count; t < columns->stride; t++)
        columns->price[t] = INFINITY;
    return MOE_OK;
}

static void add_squares(double x, double x_edge, const double *restrict y, const double *restrict y_edge,
                        double *restrict squares)
{
    for (int t = 0; t < BLOCK; t++) {
        const double direct = fabs(x - y[t]), across = x_edge + y_edge[t];
        const double least = across < direct ? across : direct;
        squares[t] += least * least;
    }
}

/* min_j c[i,j] (1 - kappa) + price[j]. A square root is taken only where it can be the least so far. */
static double least_value(const moei_case *at, const table *columns)
{
    const double keep = fmax(0, 1 - at->kappa), room = (1 + 0x1p-40) / (keep * keep);
    double least = INFINITY, squares[BLOCK];
    for (int64_t first = 0; first < columns->stride; first += BLOCK) {
        for (int t = 0; t < BLOCK; t++)
            squares[t] = 0;
        for (int64_t k = 0; k < at->a->d; k++)
            add_squares(columns->x[k], at->a->period[k] / 2 * at->unit - fabs(columns->x[k]),
                        columns->y + k * columns->stride + first, columns->edge + k * columns->stride + first,
                        squares);
        for (int t = 0; t < BLOCK; t++) {
            const double price = columns->price[first + t];
            const double rest = (least - price) + 4 * DBL_EPSILON * (fabs(least) + fabs(price));
            if (at->p == 1 && (rest < 0 || squares[t] > rest * rest * room))
                continue;
            const double value = moei_case_cost(at, squares[t]) * keep + price;
            least = value < least ? value : least;
        }
    }
    return least;
}

/* The rows, those next to each other in the plan's columns together: what the search reads is then near at
 * hand. And for each row a column of the plan, whose value the search starts from. */
typedef struct {
    int32_t *row;   /* points of a */
    int32_t *place; /* points of a: of the column in the order of the search, or its count if there is none */
} route;

static void route_free(moei_core *core, route *way)
{
    moei_free(core, way->row);
    moei_free(core, way->place);
}

/* A sort by counting. */
static int32_t route_create(const moei_case *at, const moei_near *near, route *way)
{
    moei_core *core = at->context->core;
    const int64_t rows = at->a->count;
    int32_t *end = MOEI_NEW(core, near->count + 1, int32_t);
    int32_t status = MOE_OK;
    way->row = MOEI_NEW(core, rows, int32_t);
    way->place = MOEI_NEW(core, rows, int32_t);
    if (end && way->row && way->place) {
        for (int64_t t = 0; t <= near->count; t++)
            end[t] = 0;
        for (int64_t i = 0; i < rows; i++)
            way->place[i] = (int32_t)near->count;
        for (int64_t e = 0; e < at->plan->count; e++)
            if (near->place[at->plan->edge[e].column] >= 0)
                way->place[at->plan->edge[e].row] = near->place[at->plan->edge[e].column];
        for (int64_t i = 0; i < rows; i++)
            end[way->place[i]]++;
        for (int64_t t = 1; t <= near->count; t++)
            end[t] += end[t - 1];
        for (int64_t i = rows - 1; i >= 0; i--)
            way->row[--end[way->place[i]]] = (int32_t)i;
    } else
        status = moei_out_of_memory(at->context, "the certificate of a distance");
    moei_free(core, end);
    return status;
}

/* min_j c[i,j] (1 - kappa) + price[j] */
static double row_least(const moei_case *at, table *columns, const moei_near *near, const route *way,
                        int64_t i)
{
    for (int64_t k = 0; k < at->a->d; k++)
        columns->x[k] = moei_case_coordinate(at, at->a, i, k);
    if (near->count == 0)
        return least_value(at, columns);
    const int64_t place = way->place[i];
    const double known = place < near->count ? moei_near_value(near, columns->x, place) : (double)INFINITY;
    return moei_near_least(near, columns->x, known);
}

/* *dual <- sum_i a[i] u[i] - sum_j b[j] price[j], rounded down. */
static int32_t dual_value(const moei_case *at, table *columns, const moei_near *near, const route *way,
                          double *dual)
{
    moei_account rows = {0, 0}, prices = {0, 0};
    moei_meter meter = {at->context, 0.9, 0};
    double size = 0;
    int32_t status = MOE_OK;
    for (int64_t r = 0; r < at->a->count && !status; r++) {
        const int64_t i = way->row ? way->row[r] : r;
        if (!(at->a->weights[i] > 0))
            continue;
        const double least = row_least(at, columns, near, way, i);
        moei_account_add(&rows, at->a->weights[i] * least);
        size += at->a->weights[i] * fabs(least);
        meter.part = 0.9 + 0.1 * (double)r / (double)at->a->count;
        status = moei_meter_add(&meter, near->count > 0 ? BLOCK : columns->count);
    }
    for (int64_t t = 0; t < columns->count; t++) {
        moei_account_add(&prices, columns->weight[t] * columns->price[t]);
        size += columns->weight[t] * fabs(columns->price[t]);
    }
    *dual = moei_account_value(&rows) / at->total_a - moei_account_value(&prices) / at->total_b;
    *dual -= 4 * DBL_EPSILON * size + 0x1p-500; /* sums, products, quotients; underflow of squares */
    return status;
}

int32_t moei_certify_prices(moe_context *context, const moe_measure *a, const moe_measure *b, double p,
                            const moei_plan *plan, moei_bounds *bounds)
{
    moei_case at;
    table columns = {0};
    moei_near near = {0};
    route way = {0};
    double excess = 0, dual = 0;
    int32_t status = moei_case_open(context, a, b, p, plan, &at);
    if (!status)
        status = moei_case_excess(&at, &excess);
    if (!status)
        status = table_create(&at, &columns);
    if (!status)
        status = a->d <= MOEI_NEAR_DIMENSIONS && a->count > PAIRS / b->count
                     ? moei_near_create(&at, columns.middle, &near)
                     : MOE_OK;
    if (!status && near.count > 0)
        status = route_create(&at, &near, &way);
    if (!status)
        status = dual_value(&at, &columns, &near, &way, &dual);
    if (!status)
        moei_case_close(&at, plan_cost(&at) + excess * at.farthest, dual, bounds);
    route_free(context->core, &way);
    moei_near_free(context->core, &near);
    table_free(context->core, &columns);
    return status;
}
