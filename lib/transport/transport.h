/* transport.h - the inside of the Wasserstein distance: problem, result, solvers, certificates.
 *
 *   W_p(a, b)^p = min over m >= 0 with sum_j m[i,j] = a[i], sum_i m[i,j] = b[j] of sum_ij m[i,j] c[i,j],
 *   c[i,j] = |x_i - y_j|^p,   dual: max sum_i a[i] u[i] - sum_j b[j] price[j] with u[i] - price[j] <= c[i,j].
 *
 * Data walks   measures -> moei_problem -> a solver -> moei_plan -> a certificate -> [lower, upper].
 * A solver may be wrong or stop early: the certificate reads the measures and the plan only, shares no
 * code with any solver, and returns bounds that hold for whatever plan it is shown.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_TRANSPORT_H
#define MOEI_TRANSPORT_H

#include "measure/measure.h"

/* Columns come in blocks of this length, so that inner loops have a constant trip count. */
enum { MOEI_BLOCK = 256 };

/* The points of positive weight, coordinate by coordinate. */
typedef struct moei_cloud {
    int64_t count, stride; /* stride: count rounded up to whole blocks                             */
    int64_t points;        /* of the measure, those of weight 0 included                           */
    int64_t *index;        /* count: which point of the measure this is                            */
    double *mass;          /* count                                                                */
    double *x;             /* d x stride; on a circle reduced to [-half, half)                     */
    double *cut;           /* d x stride; half - |x|, the way to the cut; INFINITY on a real line  */
} moei_cloud;

typedef struct moei_problem {
    moe_context *context;
    const moe_measure *a, *b;
    int64_t d;
    double p;
    double gap;                       /* solvers may stop once upper <= (1 + gap) lower; 0: exact */
    int exponent;                     /* lengths are in units of 2^exponent                      */
    double *half;                     /* d: half the period, INFINITY for a real coordinate      */
    double total;                     /* mass of either side                                     */
    bool whole;                       /* all masses are integers, and sums of them exact         */
    double row_factor, column_factor; /* mass: weight times factor; the factor if whole  */
    moei_cloud rows, columns;         /* a, b; empty for the d = 1 solvers               */
} moei_problem;

/* The two measures, scaled to one mass. Two uniform measures get integer masses: then sums, ties and
 * the plan are exact. */
int32_t moei_problem_create(moe_context *context, const moe_measure *a, const moe_measure *b, double p,
                            moei_problem *problem);
/* The same without the clouds; the measures must live as long. */
int32_t moei_problem_open(moe_context *context, const moe_measure *a, const moe_measure *b, double p,
                          moei_problem *problem);
void moei_problem_free(moei_problem *problem);

/* The same with the points of weight 0, whose mass is 0. */
int32_t moei_problem_create_all(moe_context *context, const moe_measure *a, const moe_measure *b, double p,
                                moei_problem *problem);

typedef struct moei_edge {
    int64_t row, column; /* points of a and b */
    double mass;         /* > 0, in units in which either measure has moei_plan.total */
} moei_edge;

/* Where the monotone plan of d = 1 begins: level 0 of the rows lies in `column`, of which `left` is still to
 * come, lifted by `turn` periods. */
typedef struct moei_cut {
    int64_t column; /* a place in the order */
    double left;    /* > 0, up to the column's mass */
    int64_t turn;
} moei_cut;

/* What a solver leaves: a sparse plan and what the certificate needs to see that it is optimal. For d = 1 the
 * monotone plan is not spelled out: the order of the points and the cut say it all. */
typedef struct moei_plan {
    moei_core *core;
    const char *method;
    double total;
    int64_t count;
    moei_edge *edge; /* count */
    double *price;   /* one for each point of b, in units of 2^(exponent p); NULL from the d = 1 solvers */
    int exponent;
    int64_t rows, columns;  /* d = 1: how many points of positive weight */
    uint32_t *row, *column; /* d = 1: which, in ascending order; NULL from the others */
    moei_cut cut;           /* d = 1 */
} moei_plan;

void moei_plan_free(moei_plan *plan);

/* Progress: `part` of the call is done, as far as the stage at work knows. */
typedef struct moei_meter {
    moe_context *context;
    double part;
    int64_t work; /* since the last report, in pairs of points */
} moei_meter;

/* Adds `work`; reports once there is about a millisecond of it. MOE_ERROR_CANCELLED. */
int32_t moei_meter_add(moei_meter *meter, int64_t work);

/* The solvers: each fills `plan`, which its caller frees whatever the status. */
int32_t moei_solve_line(const moei_problem *problem, moei_plan *plan);   /* d = 1, real         */
int32_t moei_solve_circle(const moei_problem *problem, moei_plan *plan); /* d = 1, periodic     */
int32_t moei_solve_paths(const moei_problem *problem, moei_plan *plan);  /* any d, any weights  */
int32_t moei_solve_flow(const moei_problem *problem, moei_plan *plan);   /* its part for unequal masses */

/* Bounds on W_p. */
typedef struct moei_bounds {
    double lower, upper;
    bool tight; /* upper^p - lower^p is what moe_measure_distance promises */
} moei_bounds;

/* MOE_OK if a, b and p are what a distance takes; in words that name them. */
int32_t moei_need_distance(moe_context *context, const moe_measure *a, const moe_measure *b, double p);

/* Solves and certifies: plan and bounds on W_p(a, b) within `gap`, 0 for the exact value. A solver that was
 * cancelled may leave a part of a plan; then bounds are what that proves. The caller frees the plan whatever
 * the status; bounds are (0, INFINITY) if there are none. */
int32_t moei_transport_run(moe_context *context, const moe_measure *a, const moe_measure *b, double p,
                           double gap, moei_plan *plan, moei_bounds *bounds);

/* phi[i] <- min_j c[i,j] + price[j], psi[j] <- -price[j], lengths as in the measures; points of weight 0 get
 * what their side's c-transform gives. MOE_ERROR_MEMORY, MOE_ERROR_CANCELLED. */
int32_t moei_potentials_prices(moe_context *context, const moe_measure *a, const moe_measure *b, double p,
                               const moei_plan *plan, double *phi, double *psi);
/* The same for d = 1, by walking along the monotone plan. */
int32_t moei_potentials_order(moe_context *context, const moe_measure *a, const moe_measure *b, double p,
                              const moei_plan *plan, double *phi, double *psi);

/* plan->edge <- the monotone plan that plan->row, column and cut stand for. MOE_ERROR_MEMORY. */
int32_t moei_plan_spell(moe_context *context, const moe_measure *a, const moe_measure *b, moei_plan *plan);

/* bounds <- what plan and price prove about W_p(a, b); MOE_ERROR_CONVERGENCE if the plan is no plan. */
int32_t moei_certify_prices(moe_context *context, const moe_measure *a, const moe_measure *b, double p,
                            const moei_plan *plan, moei_bounds *bounds);
/* The same for d = 1, from the order of the points. */
int32_t moei_certify_order(moe_context *context, const moe_measure *a, const moe_measure *b, double p,
                           const moei_plan *plan, moei_bounds *bounds);

#endif
