/* assign.h - as many points of equal mass on either side.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_ASSIGN_H
#define MOEI_ASSIGN_H

#include "transport/transport.h"

/* price[j] <- of an optimal matching of `count` points x with as many points y, both d x count and in the
 * order of a tree (tree.h). p, d and the periods are the problem's. MOE_ERROR_MEMORY, MOE_ERROR_CANCELLED. */
int32_t moei_assign_prices(const moei_problem *problem, int64_t count, const double *x, const double *y,
                           moei_meter *meter, double *price);

/* moei_solve_flow with prices to start from, of the columns in the order of their tree; NULL: without. */
int32_t moei_flow_from(const moei_problem *problem, const double *start, moei_plan *plan);

#endif
