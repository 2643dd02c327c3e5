/* certificate.h - what both certificates need: their own ground distance, mass accounts and outward rounding.
 *
 * Nothing here is shared with a solver, on purpose. Lengths are in units of 2^exponent of the plan. eps is
 * DBL_EPSILON; lengths below 2^-1000 units count as 0.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_CERTIFICATE_H
#define MOEI_CERTIFICATE_H

#include "transport/transport.h"

#include <math.h>

typedef struct moei_case {
    moe_context *context;
    const moe_measure *a, *b;
    const moei_plan *plan;
    double p;
    double unit;     /* 2^-exponent                                                              */
    double kappa;    /* relative error of a computed cost, at most                               */
    double farthest; /* no cost is larger: the p-th power of the diameter                        */
    double total_a, total_b;
} moei_case;

/* A case with its constants; MOE_ERROR_CONVERGENCE if an edge names no point or has no mass. */
int32_t moei_case_open(moe_context *context, const moe_measure *a, const moe_measure *b, double p,
                       const moei_plan *plan, moei_case *at);

/* The representative of x in [-period / 2, period / 2); x itself on a line. */
static inline double moei_case_reduce(double x, double period)
{
    if (fabs(x) < period / 2 || isinf(period))
        return x;
    x = fabs(x) < 1.5 * period ? (x > 0 ? x - period : x + period)
                               : remainder(x, period); /* exact: Sterbenz */
    return x >= period / 2 ? x - period : x;
}

/* The representative of coordinate k of point i in [-half, half), scaled. */
double moei_case_coordinate(const moei_case *at, const moe_measure *measure, int64_t i, int64_t k);
/* |x|^p from |x|^2. */
double moei_case_cost(const moei_case *at, double square);

/* *excess >= (sum_i |sum_j m[i,j] - a[i] T| + sum_j |sum_i m[i,j] - b[j] T|) / T, where a and b are the
 * weights scaled to sum 1 and T is the plan's total: the mass by which the plan misses its marginals. 0 only
 * if it does not miss them at all. MOE_ERROR_MEMORY. */
int32_t moei_case_excess(const moei_case *at, double *excess);

/* bounds <- the roots of dual <= W_p^p <= primal, rounded outward, in the measures' units. */
void moei_case_close(const moei_case *at, double primal, double dual, moei_bounds *bounds);

/* A sum that carries the error of each addition along (Neumaier 1974): right to eps of itself, or of
 * eps sum |terms|. */
typedef struct moei_account {
    double high, low;
} moei_account;

static inline void moei_account_add(moei_account *sum, double term)
{
    const double next = sum->high + term, shadow = next - sum->high;
    sum->low += (sum->high - (next - shadow)) + (term - shadow);
    sum->high = next;
}

static inline double moei_account_value(const moei_account *sum)
{
    return sum->high + sum->low;
}

#endif
