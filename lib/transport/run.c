/* run.c - picks a solver for a transport problem, runs it, and has its plan certified.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/transport.h"

#include <math.h>
#include <string.h>

typedef struct {
    int32_t (*open)(moe_context *context, const moe_measure *a, const moe_measure *b, double p,
                    moei_problem *problem);
    int32_t (*solve)(const moei_problem *problem, moei_plan *plan);
    int32_t (*certify)(moe_context *context, const moe_measure *a, const moe_measure *b, double p,
                       const moei_plan *plan, moei_bounds *bounds);
} method;

static method choose_method(const moe_measure *a)
{
    if (a->d > 1)
        return (method){moei_problem_create, moei_solve_paths, moei_certify_prices};
    return (method){moei_problem_open, isinf(a->period[0]) ? moei_solve_line : moei_solve_circle,
                    moei_certify_order};
}

/* What is left of a cancelled solve is certified without asking the progress callback again. */
static void certify_the_rest(const moei_problem *problem, const method *chosen, const moe_measure *a,
                             const moe_measure *b, const moei_plan *plan, moei_bounds *bounds)
{
    moe_context *context = problem->context;
    const moe_progress progress = context->progress;
    moei_bounds found = *bounds;
    char sentence[sizeof context->error];
    memcpy(sentence, context->error, sizeof sentence);
    context->progress = NULL;
    if (!chosen->certify(context, a, b, problem->p, plan, &found))
        *bounds = found;
    context->progress = progress;
    memcpy(context->error, sentence, sizeof sentence);
}

static int32_t solve_and_certify(const moei_problem *problem, const method *chosen, const moe_measure *a,
                                 const moe_measure *b, moei_plan *plan, moei_bounds *bounds)
{
    int32_t status = chosen->solve(problem, plan);
    if (status == MOE_ERROR_CANCELLED && plan->edge && plan->price)
        certify_the_rest(problem, chosen, a, b, plan, bounds);
    if (!status)
        status = chosen->certify(problem->context, a, b, problem->p, plan, bounds);
    if (!status && !bounds->tight && !(bounds->upper <= (1 + problem->gap) * bounds->lower))
        status = moei_fail(problem->context, MOE_ERROR_CONVERGENCE,
                           "transport: %s left W_%g between %.17g and %.17g", plan->method, problem->p,
                           bounds->lower, bounds->upper);
    return status;
}

int32_t moei_transport_run(moe_context *context, const moe_measure *a, const moe_measure *b, double p,
                           double gap, moei_plan *plan, moei_bounds *bounds)
{
    moei_problem problem;
    const method chosen = choose_method(a);
    *bounds = (moei_bounds){0, INFINITY, false};
    int32_t status = chosen.open(context, a, b, p, &problem);
    problem.gap = gap;
    if (!status)
        status = solve_and_certify(&problem, &chosen, a, b, plan, bounds);
    moei_problem_free(&problem);
    return status;
}
