/* limit.h - the inside of moe_limit: the request, one run, the search for a rule, the result.
 *
 * Data walks   law -> rule of `sizes` -> flow at `tolerance` -> moei_run, and the differences of runs give
 * the estimate. Nothing here integrates or evaluates: that is the flow's.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_LIMIT_H
#define MOEI_LIMIT_H

#include "flow/flow.h"
#include "measure/law.h"

#include <moefield/limit.h>

/* One flow from one rule, at the limit's times. */
typedef struct moei_run {
    double *prediction;  /* times x width                                       */
    moe_measure **image; /* times: the rule's image, or NULL if not asked for   */
    int64_t steps;
} moei_run;

struct moe_limit {
    moe_context *context;
    moei_core *core;
    moe_model *model;
    moe_law *law;
    int64_t d, width; /* width = n K */
    /* the request */
    int64_t times;
    double *time; /* times */
    double tolerance;
    int64_t most_nodes, most_bytes;
    double most_seconds;
    /* the result: `solved` if there is one */
    bool solved;
    moei_run run;
    double *error;  /* times */
    int64_t *sizes; /* d */
    double flow_tolerance;
    moe_field *field;   /* NULL until it is asked for */
    double evaluations; /* right-hand sides times nodes, of all flows so far */
    /* the solve that is under way */
    bool working, late; /* late: the time is up */
    double begun;       /* seconds of the monotonic clock */
    double part;        /* of the solve, for progress */
};

int32_t moei_run_create(moe_limit *limit, bool images, moei_run *run);
void moei_run_free(const moe_limit *limit, moei_run *run);
/* run <- the flow from the rule of `sizes` at the limit's times, no step above `longest`; *field <- its field
 * if field is not NULL. MOE_ERROR_BUDGET if nodes, bytes or time do not allow it. */
int32_t moei_run_flow(moe_limit *limit, const int64_t *sizes, double tolerance, double longest, moei_run *run,
                      moe_field **field);
/* gap[t] = max_jk of the difference of two runs' predictions at t and all times before. */
void moei_run_gap(const moe_limit *limit, const moei_run *a, const moei_run *b, double *gap);

/* What a coordinate's probes have shown: the error of a rule of `size` nodes there, at each time. */
typedef struct moei_axis {
    int64_t size[2];  /* of the last two probes, the older first; 0: none yet */
    double *error[2]; /* times */
} moei_axis;

/* error(n) by the geometric law through two probes; e1 if it does not fall from the one to the other. */
double moei_geometric(double n0, double e0, double n1, double e1, double n);
double moei_axis_error(const moei_axis *axis, int64_t time, int64_t n);

/* The search: leaves sizes, flow_tolerance, run and error in the limit. MOE_ERROR_BUDGET. */
int32_t moei_limit_refine(moe_limit *limit);

#endif
