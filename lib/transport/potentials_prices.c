/* potentials_prices.c - potentials of both sides from the prices that a solver leaves, in any dimension.
 *
 *   phi[i] = min_j c[i,j] + price[j] over the columns of positive weight,   psi[j] = -price[j];
 *   for a column of weight 0, which has no price of its own:  psi[j] = min_i c[i,j] - phi[i].
 *
 * Feasible whatever the prices are, up to the rounding of one sum and one cost. All pairs are looked at; rows
 * are shared out among the context's threads, and no result depends on another.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/ground.h"

enum { ROWS = 16 }; /* of one task */

typedef struct {
    const moei_problem *problem;
    const double *price; /* columns, padded with INFINITY to whole blocks */
    double *phi, *psi;
} transform;

static double least_with_price(const transform *at, int64_t i)
{
    const moei_problem *problem = at->problem;
    double least = INFINITY, squares[MOEI_BLOCK];
    for (int64_t block = 0; block * MOEI_BLOCK < problem->columns.stride; block++) {
        const double *price = at->price + block * MOEI_BLOCK;
        moei_ground_squares(problem, i, block, squares);
        for (int t = 0; t < MOEI_BLOCK; t++)
            if (isfinite(price[t]) && moei_ground_below(squares[t], problem->p, price[t], least))
                least = fmin(least, moei_ground_cost(squares[t], problem->p) + price[t]);
    }
    return least;
}

static int32_t transform_rows(void *self, int64_t index, int32_t worker)
{
    const transform *at = self;
    const int64_t end = (index + 1) * ROWS, rows = at->problem->rows.count;
    (void)worker;
    for (int64_t i = index * ROWS; i < (end < rows ? end : rows); i++)
        at->phi[i] = least_with_price(at, i);
    return MOE_OK;
}

static int32_t transform_column(void *self, int64_t j, int32_t worker)
{
    const transform *at = self;
    const double p = at->problem->p;
    (void)worker;
    at->psi[j] = -at->price[j];
    if (isfinite(at->price[j]))
        return MOE_OK;
    at->psi[j] = INFINITY;
    for (int64_t i = 0; i < at->problem->rows.count; i++)
        at->psi[j] =
            fmin(at->psi[j], moei_ground_cost(moei_ground_square(at->problem, i, j), p) - at->phi[i]);
    return MOE_OK;
}

/* price[j] <- the plan's, INFINITY for columns of weight 0 and beyond the last. */
static void take_prices(const moei_problem *problem, const moei_plan *plan, double *price)
{
    for (int64_t j = 0; j < problem->columns.stride; j++) {
        const bool priced = j < problem->columns.count && problem->columns.mass[j] > 0;
        price[j] = priced ? plan->price[j] : (double)INFINITY;
    }
}

static int32_t transform_all(transform *at, moe_context *context)
{
    const moei_problem *problem = at->problem;
    int32_t status = moei_progress(context, "transport", 0);
    if (!status)
        status = moei_parallel(context, true, (problem->rows.count + ROWS - 1) / ROWS, transform_rows, at);
    if (!status)
        status = moei_parallel(context, true, problem->columns.count, transform_column, at);
    return status == MOE_ERROR_CANCELLED ? moei_fail(context, status, "transport was cancelled") : status;
}

int32_t moei_potentials_prices(moe_context *context, const moe_measure *a, const moe_measure *b, double p,
                               const moei_plan *plan, double *phi, double *psi)
{
    moei_problem problem;
    double *price = NULL;
    int32_t status = moei_problem_create_all(context, a, b, p, &problem);
    if (!status) {
        price = MOEI_NEW(context->core, problem.columns.stride, double);
        status = price ? MOE_OK : moei_out_of_memory(context, "the potentials of a distance");
    }
    if (!status) {
        transform at = {&problem, price, phi, psi};
        take_prices(&problem, plan, price);
        status = transform_all(&at, context);
    }
    const double unit = exp2(p * problem.exponent);
    for (int64_t i = 0; i < a->count; i++)
        phi[i] *= unit;
    for (int64_t j = 0; j < b->count; j++)
        psi[j] *= unit;
    moei_free(context->core, price);
    moei_problem_free(&problem);
    return status;
}
