/* certificate.c - the accounts of a transport plan: costs, masses, and rounding to the safe side.
 *
 * Upper bound. Let m >= 0 be any plan and rho the mass by which its marginals miss a T and b T, both sides
 * counted. Take away what is too much and add what is missing by any coupling: at most rho of mass moves,
 * each at a cost of at most diam^p, so
 *
 *     W_p^p <= sum m c / T + rho diam^p.
 *
 * Rounding, with eps = 2^-52. A coordinate's distance is |x - y| or (h - |x|) + (h - |y|), relative error
 * eps; squares and their sum over d coordinates add (d + 3)/2 eps, the p-th power multiplies by p/2 and adds
 * 4 eps for a pow of up to 4 ulp: altogether kappa = (p (d + 5)/4 + 6) eps.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/certificate.h"

#include <assert.h>
#include <float.h>

/* ---- lengths ---------------------------------------------------------------------------------- */

double moei_case_coordinate(const moei_case *at, const moe_measure *measure, int64_t i, int64_t k)
{
    return moei_case_reduce(measure->points[i * measure->d + k], measure->period[k]) * at->unit;
}

double moei_case_cost(const moei_case *at, double square)
{
    if (at->p == 1)
        return sqrt(square);
    return at->p == 2 ? square : pow(square, at->p / 2);
}

/* The largest distance that two points of the measures can have in coordinate k. */
static double widest(const moei_case *at, int64_t k)
{
    if (isfinite(at->a->period[k]))
        return at->a->period[k] / 2 * at->unit;
    double low = INFINITY, high = -INFINITY;
    for (int side = 0; side < 2; side++) {
        const moe_measure *measure = side ? at->b : at->a;
        for (int64_t i = 0; i < measure->count; i++) {
            const double x = measure->points[i * measure->d + k];
            low = x < low ? x : low;
            high = x > high ? x : high;
        }
    }
    return (high / 2 - low / 2) * at->unit * 2;
}

static double sum_of_weights(const moe_measure *measure)
{
    moei_account sum = {0, 0};
    for (int64_t i = 0; i < measure->count; i++)
        moei_account_add(&sum, measure->weights[i]);
    return moei_account_value(&sum);
}

int32_t moei_case_open(moe_context *context, const moe_measure *a, const moe_measure *b, double p,
                       const moei_plan *plan, moei_case *at)
{
    double square = 0;
    *at = (moei_case){.context = context, .a = a, .b = b, .plan = plan, .p = p};
    at->unit = ldexp(1, -plan->exponent);
    at->kappa = (p * ((double)a->d + 5) / 4 + 6) * DBL_EPSILON;
    for (int64_t k = 0; k < a->d; k++)
        square += widest(at, k) * widest(at, k);
    at->farthest = moei_case_cost(at, square) * (1 + at->kappa);
    at->total_a = sum_of_weights(a);
    at->total_b = sum_of_weights(b);
    for (int64_t e = 0; e < plan->count; e++) {
        const moei_edge *edge = &plan->edge[e];
        if (edge->row < 0 || edge->row >= a->count || edge->column < 0 || edge->column >= b->count ||
            !(edge->mass > 0))
            return moei_fail(context, MOE_ERROR_CONVERGENCE, "transport: edge %lld of the plan is none",
                             (long long)e);
    }
    return MOE_OK;
}

/* ---- masses ----------------------------------------------------------------------------------- */

static bool same_weights(const moe_measure *measure)
{
    for (int64_t i = 1; i < measure->count; i++)
        if (measure->weights[i] != measure->weights[0])
            return false;
    return true;
}

/* rest[i] <- the mass that point i should have in the plan. true if no rounding is in it, up to a factor that
 * all points share: then sums of the plan that agree with rest are the measure's weights exactly. */
static bool set_targets(const moe_measure *measure, double weight, double total, moei_account *rest)
{
    const double count = (double)measure->count, share = total / count;
    const bool uniform = weight != total && same_weights(measure);
    for (int64_t i = 0; i < measure->count; i++)
        rest[i].high = uniform ? share : measure->weights[i] * (total / weight);
    return uniform ? fma(share, count, -total) == 0 : weight == total;
}

static double absolute_sum(int64_t count, const moei_account *rest)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++)
        sum += fabs(moei_account_value(&rest[i]));
    return sum;
}

static int64_t count_positive(const moe_measure *measure)
{
    int64_t count = 0;
    for (int64_t i = 0; i < measure->count; i++)
        count += measure->weights[i] > 0;
    return count;
}

/* true if the differences below were taken without any rounding: integers, or one edge to a point. */
static bool exact_differences(const moei_case *at)
{
    const moei_plan *plan = at->plan;
    bool whole = plan->total < 0x1p53;
    for (int64_t e = 0; e < plan->count && whole; e++)
        whole = plan->edge[e].mass == floor(plan->edge[e].mass);
    return whole || (plan->count == count_positive(at->a) && plan->count == count_positive(at->b));
}

int32_t moei_case_excess(const moei_case *at, double *excess)
{
    const moei_plan *plan = at->plan;
    moei_core *core = at->context->core;
    moei_account *row = MOEI_NEW(core, at->a->count, moei_account);
    moei_account *column = MOEI_NEW(core, at->b->count, moei_account);
    int32_t status = MOE_OK;
    if (row && column) {
        const bool exact_a = set_targets(at->a, at->total_a, plan->total, row);
        const bool exact_b = set_targets(at->b, at->total_b, plan->total, column);
        for (int64_t e = 0; e < plan->count; e++) {
            moei_account_add(&row[plan->edge[e].row], -plan->edge[e].mass);
            moei_account_add(&column[plan->edge[e].column], -plan->edge[e].mass);
        }
        *excess = (absolute_sum(at->a->count, row) + absolute_sum(at->b->count, column)) / plan->total;
        if (!exact_a || !exact_b)
            *excess += 8 * DBL_EPSILON; /* two products and a sum of weights for each target */
        else if (*excess > 0 || !exact_differences(at))
            *excess += (double)plan->count * 0x1p-104;
        *excess *= 1 + (double)(at->a->count + at->b->count) * DBL_EPSILON;
    } else
        status = moei_out_of_memory(at->context, "the certificate of a distance");
    moei_free(core, column);
    moei_free(core, row);
    return status;
}

/* ---- roots ------------------------------------------------------------------------------------ */

/* power^(1/p) in the measures' units; `outward` is 1 to round up, -1 to round down. */
static double root(const moei_case *at, double power, int outward)
{
    if (!(power > 0))
        return 0;
    double plain = at->p == 2 ? sqrt(power) : power, error = 2 * DBL_EPSILON;
    if (at->p != 1 && at->p != 2) { /* pow to 4 ulp; 1/p is rounded, which counts log(power)/p times */
        plain = pow(power, 1 / at->p);
        error = (6 + fabs(log(power)) / at->p) * DBL_EPSILON;
    }
    const double value = ldexp(plain * (1 + outward * error), at->plan->exponent);
    return outward < 0 && isinf(value) ? DBL_MAX : value;
}

void moei_case_close(const moei_case *at, double primal, double dual, moei_bounds *bounds)
{
    const double high = fmin(primal, at->farthest);
    bounds->lower = root(at, dual, -1);
    bounds->upper = root(at, high, 1);
    /* lifted from a circle, neighbours may be 3 diameters apart: that shows in the rounding of high powers */
    const double stretch = at->p <= 3 ? 1 : at->p * pow(3, at->p);
    const double allowed = 1e-12 * high + stretch * (64 * DBL_EPSILON + 4 * at->kappa) * at->farthest;
    bounds->tight = high - fmax(dual, 0) <= allowed;
    assert(bounds->lower <= bounds->upper);
}
