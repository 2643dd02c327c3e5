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
    moe_law *law;     /* as the host gave it */
    moe_law *reduced; /* one with the same predictions and fewer random coordinates: what rules are made of */
    int64_t d, width; /* width = n K */
    int64_t *only;    /* d: the nodes that a rule must have there: fixed numbers and samples; 0: any */
    /* the request */
    int64_t times;
    double *time; /* times */
    double tolerance;
    int32_t method; /* the flow's */
    int64_t most_nodes, most_bytes;
    double most_seconds;
    /* the result: `solved` if there is one */
    bool solved;
    moei_run run;
    double *error;     /* times */
    moe_measure *rule; /* where its flow started */
    int64_t *sizes;    /* d: of a tensor rule; 0 in coordinates that lattices sample */
    double flow_tolerance;
    moe_field *field;   /* NULL until it is asked for */
    double evaluations; /* right-hand sides times nodes, of all flows so far */
    /* the solve that is under way */
    bool working, late; /* late: the time is up */
    double begun;       /* moei_seconds; INFINITY: whatever it takes */
    double part;        /* of the solve, for progress */
};

int32_t moei_run_create(moe_limit *limit, bool images, moei_run *run);
void moei_run_free(const moe_limit *limit, moei_run *run);
/* MOE_ERROR_BUDGET if a flow of so many nodes is not allowed. */
int32_t moei_need_room(moe_limit *limit, int64_t nodes);
/* run <- the flow from the rule at the limit's times, no step above `longest`; *field <- its field if field
 * is not NULL. MOE_ERROR_BUDGET if nodes, bytes or time do not allow it. */
int32_t moei_run_flow(moe_limit *limit, const moe_measure *rule, double tolerance, double longest,
                      moei_run *run, moe_field **field);
/* gap[t] = max_jk of the difference of two runs' predictions at t and all times before. */
void moei_run_gap(const moe_limit *limit, const moei_run *a, const moei_run *b, double *gap);

/* What a coordinate's probes have shown: the error of a rule of `size` nodes there, at each time. */
enum { MOEI_PROBES = 3 };
typedef struct moei_axis {
    int64_t size[MOEI_PROBES];  /* of the last probes, the newest last; 0: none yet */
    double *error[MOEI_PROBES]; /* times */
} moei_axis;

/* error(n) by the geometric law through two probes; e1 if it does not fall from the one to the other. */
double moei_geometric(double n0, double e0, double n1, double e1, double n);
/* error(n) by the laws of neighbouring probes, the largest; two probes at least: moei_axis_known. */
double moei_axis_error(const moei_axis *axis, int64_t time, int64_t n);
bool moei_axis_known(const moei_axis *axis);

/* ---- the search ------------------------------------------------------------------------------- */

/* What the parts of a search share. `now` is the flow that may become the result, `rule` where it started,
 * `estimate` its error. */
typedef struct moei_search {
    moe_limit *limit;
    int64_t resolved;                             /* coordinates that are neither fixed nor samples */
    double tau;                                   /* tolerance in time */
    double *time_error, *gap, *estimate, *target; /* times */
    moei_run now, line[2];                        /* with images; without */
    moe_measure *rule;
    bool met;
    /* tensor rules */
    int64_t *base, *sizes, *other, *least; /* d: where lines cross; now's; a probe's; what sizes must be */
    moei_axis *axis;                       /* d */
    double *errors;                        /* 3 d x times: the axes' */
    double scale[3];                       /* of the two coarser rules of the ray, and of now */
    double *ray;                           /* 3 x times: their errors */
    moei_run origin;                       /* F(base) */
    int64_t last[2];                       /* the only coordinate's nodes in line[0], line[1] */
    double first;                          /* estimate that is a number, for progress; 0: none yet */
    /* shifted lattices */
    int64_t points; /* of one shift; 0: none yet */
    double *gamma;  /* d: weights */
} moei_search;

/* The shares of the tolerance, and the factors of safety on the errors (docs/NUMERICS.md). */
#define MOEI_NODE_SHARE  0.7
#define MOEI_LEAST_SHARE 0.1 /* of nodes, where rounding in time leaves them less */
#define MOEI_TIME_SHARE  0.2
#define MOEI_TIME_SAFETY 10.0
#define MOEI_NODE_SAFETY 4.0 /* of tensor rules */

/* Rounding in a sum of predictions of now's size; the largest of numbers at the limit's times. */
double moei_search_floor(const moei_search *s);
double moei_search_worst(const moei_search *s, const double *error);
/* `now` with its estimate becomes the limit's result if that has none as good. sizes: as moe_limit's. */
void moei_search_offer(moei_search *s, const int64_t *sizes);
/* estimate[t] = node_error[t] + what time adds, the same at all times, and rounding; met <- whether it is
 * within the tolerance. */
void moei_search_estimate(moei_search *s, const double *node_error);
/* What the estimate of the nodes' error may be, safety included, for the whole to meet the request. */
double moei_search_node_share(const moei_search *s);

/* ---- sizes of tensor rules (sizes.c) ---------------------------------------------------------- */

/* Nodes of the rule; INT64_MAX: more than can be counted. */
int64_t moei_tensor_nodes(const moe_limit *limit, const int64_t *sizes);
/* rule <- the tensor rule, if there is room for it; run <- F(sizes) */
int32_t moei_tensor(moe_limit *limit, const int64_t *sizes, moe_measure **rule);
int32_t moei_tensor_run(moei_search *s, const int64_t *sizes, moei_run *run);
/* target <- what each coordinate's error may be at every time, and whether n nodes are within it by its law
 */
void moei_set_targets(moei_search *s);
bool moei_within_target(const moei_search *s, int64_t k, int64_t n);
/* sizes <- the smallest, `least` or more, that are within the targets */
void moei_choose_sizes(moei_search *s);
/* other <- sizes less a quarter, at least 3, coprime where they can be */
void moei_shrink_sizes(moei_search *s, const int64_t *sizes);
/* The geometric mean of the sizes over the resolved coordinates. */
double moei_scale_of(const moei_search *s, const int64_t *sizes);

/* ---- the parts of a search -------------------------------------------------------------------- */

/* In order of use; each leaves a result in the limit and says in s->met if it will do.
 * Lines: *nodes <- of the tensor rule that they recommend. */
int32_t moei_lines(moei_search *s, int64_t *nodes);
int32_t moei_refine(moei_search *s);
/* Lattices of up to so many nodes in all, from where the last call ended. */
int32_t moei_shifts(moei_search *s, int64_t most);
/* rule <- one shift of `points` points */
int32_t moei_shift(moei_search *s, int64_t points, int64_t stream, moe_measure **rule);

/* The whole search: leaves rule, sizes, flow_tolerance, run and error in the limit. MOE_ERROR_BUDGET. */
int32_t moei_limit_search(moe_limit *limit);

#endif
