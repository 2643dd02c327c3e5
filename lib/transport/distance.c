/* distance.c - W_p between two measures: picks a solver, has its plan certified, returns the bounds.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/transport.h"

#include <math.h>

/* Beyond, the p-th power of a diameter of 1/2 to 4 units is no longer a double. */
enum { MOST_POWER = 512, MOST_POINTS = INT32_MAX / 4 };

typedef struct {
    int32_t (*solve)(const moei_problem *problem, moei_plan *plan);
    int32_t (*certify)(moe_context *context, const moe_measure *a, const moe_measure *b, double p,
                       const moei_plan *plan, moei_bounds *bounds);
} method;

static method choose_method(const moei_problem *problem)
{
    if (problem->d > 1)
        return (method){problem->whole && problem->rows.count == problem->columns.count ? moei_solve_paths
                                                                                        : moei_solve_flow,
                        moei_certify_prices};
    return (method){isinf(problem->half[0]) ? moei_solve_line : moei_solve_circle, moei_certify_order};
}

static int32_t measure_distance(const moei_problem *problem, const moe_measure *a, const moe_measure *b,
                                moei_bounds *bounds)
{
    const method chosen = choose_method(problem);
    moei_plan plan = {0};
    int32_t status = chosen.solve(problem, &plan);
    if (!status || (status == MOE_ERROR_CANCELLED && plan.count > 0)) {
        const int32_t certified = chosen.certify(problem->context, a, b, problem->p, &plan, bounds);
        status = status ? status : certified;
    }
    if (!status && !bounds->tight && !(bounds->upper - bounds->lower <= problem->gap * bounds->upper))
        status = moei_fail(problem->context, MOE_ERROR_CONVERGENCE,
                           "transport: %s left W_%g between %.17g and %.17g", plan.method, problem->p,
                           bounds->lower, bounds->upper);
    moei_plan_free(&plan);
    return status;
}

MOE_PUBLIC int32_t moe_measure_distance(moe_context *context, const moe_measure *a, const moe_measure *b,
                                        double p, double *lower, double *upper)
{
    int32_t status;
    if ((status = moei_need(context, context, "context")) || (status = moei_need(context, a, "a")) ||
        (status = moei_need(context, b, "b")) || (status = moei_need(context, lower, "lower")) ||
        (status = moei_need(context, upper, "upper")) ||
        (status = moei_need_domain(context, b, a->d, a->period, "b")))
        return status;
    if (!(p >= 1 && isfinite(p)))
        return moei_fail(context, MOE_ERROR_VALUE, "p is %g; it takes a number from 1 on", p);
    if (p > MOST_POWER)
        return moei_fail(context, MOE_ERROR_UNSUPPORTED, "p is %g; this version takes 1 to %d", p,
                         MOST_POWER);
    if (a->count > MOST_POINTS - b->count)
        return moei_fail(context, MOE_ERROR_UNSUPPORTED, "a and b have %lld points; this version takes %d",
                         (long long)a->count + (long long)b->count, MOST_POINTS);
    moei_problem problem;
    moei_bounds bounds = {0, INFINITY, false};
    status = moei_problem_create(context, a, b, p, &problem);
    if (!status)
        status = measure_distance(&problem, a, b, &bounds);
    moei_problem_free(&problem);
    if (!status || status == MOE_ERROR_CANCELLED || status == MOE_ERROR_CONVERGENCE) {
        *lower = bounds.lower;
        *upper = bounds.upper;
    }
    return status;
}
