/* assign.c - W_p between as many points of equal mass: from coarse to fine, then exactly.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/assign.h"
#include "transport/matching.h"

#include <math.h>
#include <time.h>
#include <stdlib.h>
static double now(void){struct timespec t;clock_gettime(CLOCK_MONOTONIC,&t);return (double)t.tv_sec+1e-9*(double)t.tv_nsec;}
static double opt(const char*n,double v){const char*s=getenv(n);return s?atof(s):v;}
int moei_dbg __attribute__((visibility("default")));

enum { COARSEST = 64 };

/* Points of one side at one level, in the order of the tree. */
typedef struct {
    int64_t d, count;
    const double *half;
    double *x, *y; /* d x count: rows, columns */
    double *price; /* count: of the columns    */
} level;

static bool level_create(moei_core *core, int64_t d, int64_t count, const double *half, level *out)
{
    *out = (level){.d = d, .count = count, .half = half};
    out->x = MOEI_NEW(core, moei_mul(d, count), double);
    out->y = MOEI_NEW(core, moei_mul(d, count), double);
    out->price = MOEI_NEW(core, count, double);
    return out->x && out->y && out->price;
}

static void level_free(moei_core *core, level *out)
{
    moei_free(core, out->x);
    moei_free(core, out->y);
    moei_free(core, out->price);
}

static void average(int64_t d, int64_t count, const double *x, int64_t stride, const int32_t *order, int64_t group,
                    int64_t coarse_count, double *mean)
{
    for (int64_t k = 0; k < d; k++)
        for (int64_t c = 0; c < coarse_count; c++) {
            const int64_t first = c * group, last = first + group < count ? first + group : count;
            double sum = 0;
            for (int64_t t = first; t < last; t++)
                sum += x[k * stride + (order ? order[t] : t)];
            mean[k * coarse_count + c] = sum / (double)(last - first);
        }
}

static double wrapped(double way, double half)
{
    return way > half ? way - 2 * half : way < -half ? way + 2 * half : way;
}

/* price of the columns of `matching` from those of a coarser one. */
static void refine(const moei_matching *coarse, int64_t group, moei_matching *matching)
{
    const int64_t d = matching->d;
    const double *half = matching->columns.half;
    const double p = matching->p;
    for (int64_t J = 0; J < coarse->count; J++) {
        const int32_t I = coarse->row_of[J];
        double square = 0;
        for (int64_t k = 0; k < d && I >= 0; k++) {
            const double way = wrapped(moei_tree_x(&coarse->columns, J, k) - coarse->x[I * d + k], half[k]);
            square += way * way;
        }
        const double factor = square > 0 ? -p * pow(square, p / 2 - 1) : 0;
        for (int64_t j = J * group; j < (J + 1) * group && j < matching->count; j++) {
            double price = coarse->columns.price[J];
            for (int64_t k = 0; k < d && I >= 0; k++) {
                const double Y = moei_tree_x(&coarse->columns, J, k);
                price += factor * wrapped(Y - coarse->x[I * d + k], half[k]) * (moei_tree_x(&matching->columns, j, k) - Y);
            }
            matching->columns.price[j] = price;
        }
    }
    moei_tree_update(&matching->columns);
}

/* price[j] <- max_i u[i] - c[i,j] for u[i] = min_j c[i,j] + price[j]: no column is dearer than some row would pay. The
 * least price becomes 0. */
static bool lower_prices(moei_matching *matching)
{
    moei_core *core = matching->core;
    const int64_t d = matching->d, count = matching->count;
    double *x = MOEI_NEW(core, moei_mul(d, count), double), *y = MOEI_NEW(core, d, double);
    double *gradient = MOEI_NEW(core, moei_mul(d, count), double);
    moei_tree rows = {0};
    bool enough = x && y && gradient;
    for (int64_t i = 0; i < count && enough; i++)
        for (int64_t k = 0; k < d; k++)
            x[k * count + i] = matching->x[i * d + k];
    enough = enough && moei_tree_create(core, d, count, matching->columns.half, x, count, NULL, &rows);
    if (enough) {
        double least = INFINITY, *price = matching->columns.price;
        moei_tree_transform(&matching->columns, count, matching->x, matching->p, -1, rows.price, gradient);
        moei_tree_slope(&rows, gradient);
        for (int64_t j = 0; j < count; j++) {
            for (int64_t k = 0; k < d; k++)
                y[k] = moei_tree_x(&matching->columns, j, k);
            moei_tree_transform(&rows, 1, y, matching->p, -1, &price[j], gradient + j * d);
            least = fmin(least, price[j]);
        }
        for (int64_t j = 0; j < count; j++)
            price[j] -= least;
        moei_tree_slope(&matching->columns, gradient);
    }
    if (rows.core)
        moei_tree_free(&rows);
    moei_free(core, gradient);
    moei_free(core, y);
    moei_free(core, x);
    return enough;
}

static int32_t solve_level(const moei_context_of *of, int64_t count, const double *x, const int32_t *row_order, const double *y,
                           const int32_t *column_order, int64_t stride, bool finest, moei_matching *matching)
{
    moe_context *context = of->context;
    const int64_t d = of->d, group = (int64_t)opt("GROUP", 2);
    int32_t status = moei_matching_create(context, of->p, d, count, of->half, x, row_order, y, column_order, stride,
                                          of->meter, matching);
    double t0 = now();
    bool coarsest = true;
    if (!status && count > COARSEST) {
        coarsest = false;
        const int64_t coarse_count = (count + group - 1) / group;
        level coarse;
        moei_matching coarse_matching = {0};
        if (!level_create(context->core, d, coarse_count, of->half, &coarse))
            status = 1;
        average(d, count, x, stride, row_order, group, coarse_count, coarse.x);
        average(d, count, y, stride, column_order, group, coarse_count, coarse.y);
        status = solve_level(of, coarse_count, coarse.x, NULL, coarse.y, NULL, coarse_count, false, &coarse_matching);
        if (!status)
            {refine(&coarse_matching, group, matching);
        if (opt("LOWER",1)) lower_prices(matching);}
        matching->stalled = coarse_matching.stalled;
        moei_matching_free(&coarse_matching);
        level_free(context->core, &coarse);
    }
    double t1 = now();
    if (matching->stalled)
        return status;
    for (int64_t i = 0; i < count; i++)
        moei_listing_refresh(matching, i);
    const double width = moei_listing_width(matching);
    double t2 = now();
    const double first = opt("FIRST", 0.08) * width * (coarsest ? 1000 : 1), last = (finest?opt("LAST", 0.004):opt("CLAST",0.004)) * width;
    if (!coarsest) status = moei_auction(matching, first, last); else {for (int64_t j=0;j<0;j++);}
    double t3 = now(), t4 = t3;
    if (finest || (count <= opt("EXACT", 30000))) {
        status = moei_auction(matching, 0, 0);
        t4 = now();
        if (!status && !matching->stalled)
            status = moei_augment(matching);
    }
    if (DBG) fprintf(stderr, "level %ld width %g: coarse %.3f list %.3f auction %.3f zero %.3f paths %.3f\n", (long)count, width, t1-t0,t2-t1,t3-t2,t4-t3,now()-t4);
    return status;
}

static int32_t hand_over(const moei_problem *problem, const moei_matching *matching, const int32_t *row_order,
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
    plan->count = matching->count;
    for (int64_t i = 0; i < matching->count; i++) {
        const int64_t row = row_order[i], column = column_order[matching->column_of[i]];
        plan->edge[i] = (moei_edge){rows->index[row], columns->index[column], rows->mass[row]};
    }
    for (int64_t j = 0; j < matching->count; j++)
        plan->price[columns->index[column_order[j]]] = matching->columns.price[j];
    return MOE_OK;
}

int32_t moei_assign_prices(const moei_problem *problem, int64_t count, const double *x, const double *y,
                           moei_meter *meter, double *price)
{
    const moei_context_of of = {problem->context, problem->p, problem->d, problem->half, meter};
    moei_matching matching = {0};
    const int32_t status = solve_level(&of, count, x, NULL, y, NULL, count, false, &matching);
    for (int64_t j = 0; j < count && !status; j++)
        price[j] = matching.columns.price[j];
    moei_matching_free(&matching);
    return status;
}

int32_t moei_solve_paths(const moei_problem *problem, moei_plan *plan)
{
    moei_dbg = getenv("DBG") != NULL;
    moei_core *core = problem->context->core;
    const int64_t count = problem->rows.count;
    moei_meter meter = {problem->context, 0, 0};
    moei_context_of of = {problem->context, problem->p, problem->d, problem->half, &meter};
    int32_t *row_order = MOEI_NEW(core, count, int32_t), *column_order = MOEI_NEW(core, count, int32_t);
    double t0 = now();
    bool ok = row_order && column_order &&
              moei_tree_order(core, problem->d, count, problem->rows.x, problem->rows.stride, row_order) &&
              moei_tree_order(core, problem->d, count, problem->columns.x, problem->columns.stride, column_order);
    moei_matching matching = {0};
    if (DBG) fprintf(stderr, "order %.3f\n", now()-t0);
    plan->method = "shortest augmenting paths";
    int32_t status = ok ? MOE_OK : moei_out_of_memory(problem->context, "x");
    if (!status)
        status = solve_level(&of, count, problem->rows.x, row_order, problem->columns.x, column_order,
                             problem->rows.stride, true, &matching);
    if (!status && matching.stalled)
        status = moei_flow_from(problem, matching.columns.price, plan);
    else if (!status)
        status = hand_over(problem, &matching, row_order, column_order, plan);
    moei_matching_free(&matching);
    moei_free(core, column_order);
    moei_free(core, row_order);
    if (DBG) fprintf(stderr, "total %.3f\n", now()-t0);
    return status;
}
