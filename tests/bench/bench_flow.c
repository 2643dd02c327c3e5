/* bench_flow.c - work and precision of the integrators on flows of this library.
 *
 * Prints CSV: problem,solver,tolerance,error,rhs_calls,seconds. Every solver gets the tolerance as its
 * absolute one, and relative 0, in the root mean square norm; `error` is the root mean square of the final
 * points' error over all coordinates, against moe:dop853 at 1e-14 in steps of at most 1/200 of the time;
 * rhs_calls counts everything that the solver asked for, the choice of the first step included. Names of the
 * library's own solvers begin with moe; the others are those of SUNDIALS, if it was there when this was
 * built: ARKODE's explicit pairs and CVODE's Adams methods, which see the right-hand side through
 * moe_model_drift.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/flow_problems.h"

#include <string.h>
#include <time.h>

#ifdef MOE_BENCH_SUNDIALS
#include <arkode/arkode_erkstep.h>
#include <cvode/cvode.h>
#include <nvector/nvector_serial.h>
#include <sunnonlinsol/sunnonlinsol_fixedpoint.h>
#endif

typedef struct outcome {
    bool reached;
    double seconds;
    int64_t calls;
} outcome;

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int64_t size_of(const problem *p)
{
    return moe_measure_count(p->start) * moe_measure_dimension(p->start);
}

/* ---- the library's own ------------------------------------------------------------------------ */

static outcome solve_own(const problem *p, int32_t method, double tolerance, double longest, double *end)
{
    moe_flow *flow;
    outcome done = {.reached = true};
    const double begin = seconds();
    must(p->context, moe_flow_create(p->context, p->model, p->start, &flow));
    must(p->context, moe_flow_set_method(flow, method));
    must(p->context, moe_flow_set_tolerance(flow, 0, tolerance));
    must(p->context, moe_flow_set_steps(flow, 0, longest));
    done.reached = moe_flow_advance(flow, p->end) == MOE_OK;
    memcpy(end, moe_flow_points(flow), (size_t)size_of(p) * sizeof *end);
    must(p->context, moe_flow_counts(flow, NULL, NULL, &done.calls));
    moe_flow_destroy(flow);
    done.seconds = seconds() - begin;
    return done;
}

/* ---- SUNDIALS --------------------------------------------------------------------------------- */

#ifdef MOE_BENCH_SUNDIALS

static int drift(realtype time, N_Vector y, N_Vector slope, void *self)
{
    const problem *p = self;
    moe_measure *mu;
    (void)time;
    must(p->context, moe_measure_create(p->context, moe_measure_dimension(p->start),
                                        moe_measure_period(p->start), moe_measure_count(p->start),
                                        N_VGetArrayPointer(y), moe_measure_weights(p->start), &mu));
    must(p->context, moe_model_drift(p->context, p->model, mu, N_VGetArrayPointer(slope)));
    moe_measure_destroy(mu);
    return 0;
}

enum { CVODE_ADAMS = -2 };

static outcome solve_sundials(const problem *p, int table, double tolerance, double *end)
{
    outcome done = {0};
    SUNContext context;
    long calls = 0, more = 0;
    realtype time = 0;
    const double begin = seconds();
    SUNContext_Create(NULL, &context);
    N_Vector y = N_VMake_Serial(size_of(p), end, context);
    memcpy(end, moe_measure_points(p->start), (size_t)size_of(p) * sizeof *end);
    problem mine = *p;
    if (table == CVODE_ADAMS) {
        void *cvode = CVodeCreate(CV_ADAMS, context);
        CVodeInit(cvode, drift, 0, y);
        CVodeSetUserData(cvode, &mine);
        CVodeSStolerances(cvode, 0, tolerance);
        CVodeSetMaxNumSteps(cvode, 1000000);
        SUNNonlinearSolver solver = SUNNonlinSol_FixedPoint(y, 0, context);
        CVodeSetNonlinearSolver(cvode, solver);
        CVodeSetStopTime(cvode, p->end);
        done.reached = CVode(cvode, p->end, y, &time, CV_NORMAL) >= 0;
        CVodeGetNumRhsEvals(cvode, &calls);
        SUNNonlinSolFree(solver);
        CVodeFree(&cvode);
    } else {
        void *arkode = ERKStepCreate(drift, 0, y, context);
        ERKStepSetUserData(arkode, &mine);
        ERKStepSetTableNum(arkode, (ARKODE_ERKTableID)table);
        ERKStepSStolerances(arkode, 0, tolerance);
        ERKStepSetMaxNumSteps(arkode, 1000000);
        ERKStepSetStopTime(arkode, p->end);
        done.reached = ERKStepEvolve(arkode, p->end, y, &time, ARK_NORMAL) >= 0;
        ERKStepGetNumRhsEvals(arkode, &calls);
        ERKStepFree(&arkode);
    }
    N_VDestroy(y);
    SUNContext_Free(&context);
    done.calls = calls + more;
    done.seconds = seconds() - begin;
    return done;
}

#endif

/* ---- the table -------------------------------------------------------------------------------- */

static const struct solver {
    const char *name;
    bool own;
    int method;
    int finest; /* tolerances go from 1e-2 to 10^-finest */
} solvers[] = {
    {"moe:dopri5", true, MOE_METHOD_DOPRI5, 13},
    {"moe:dop853", true, MOE_METHOD_DOP853, 13},
    {"moe:adams", true, MOE_METHOD_ADAMS, 13},
    {"moe:rkc", true, MOE_METHOD_RKC, 5},
    {"moe:low_storage", true, MOE_METHOD_LOW_STORAGE, 9},
#ifdef MOE_BENCH_SUNDIALS
    {"arkode:dormand_prince_7_4_5", false, ARKODE_DORMAND_PRINCE_7_4_5, 13},
    {"arkode:verner_8_5_6", false, ARKODE_VERNER_8_5_6, 10},
    {"arkode:fehlberg_13_7_8", false, ARKODE_FEHLBERG_13_7_8, 13},
    {"cvode:adams", false, CVODE_ADAMS, 13},
#endif
};

static outcome solve(const problem *p, const struct solver *solver, double tolerance, double *end)
{
#ifdef MOE_BENCH_SUNDIALS
    if (!solver->own)
        return solve_sundials(p, solver->method, tolerance, end);
#endif
    return solve_own(p, solver->method, tolerance, INFINITY, end);
}

static double distance(int64_t size, const double *a, const double *b)
{
    double sum = 0;
    for (int64_t i = 0; i < size; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sqrt(sum / (double)size);
}

static void measure(int which)
{
    problem p = problem_make(which);
    const int64_t size = size_of(&p);
    double *exact = malloc((size_t)size * sizeof *exact), *end = malloc((size_t)size * sizeof *end);
    if (!exact || !end)
        exit(1);
    solve_own(&p, MOE_METHOD_DOP853, 1e-14, p.end / 200, exact);
    for (size_t s = 0; s < sizeof solvers / sizeof solvers[0]; s++)
        for (int half = 4; half <= 2 * solvers[s].finest; half++) {
            const double tolerance = pow(10, -0.5 * half);
            const outcome done = solve(&p, &solvers[s], tolerance, end);
            if (done.reached)
                printf("%s,%s,%.3e,%.3e,%lld,%.3e\n", p.name, solvers[s].name, tolerance,
                       distance(size, end, exact), (long long)done.calls, done.seconds);
        }
    free(exact);
    free(end);
    problem_free(&p);
}

int main(void)
{
    printf("problem,solver,tolerance,error,rhs_calls,seconds\n");
#ifndef MOE_BENCH_SUNDIALS
    fprintf(stderr, "built without SUNDIALS (`make deps-bench` installs it): its rows are left out\n");
#endif
    for (int which = 0; which < PROBLEMS; which++)
        measure(which);
    return 0;
}
