/* flow.h - the inside of moe_flow and moe_field.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_FLOW_H
#define MOEI_FLOW_H

#include "flow/method.h"
#include "model/model.h"

#include <moefield/flow.h>

/* ---- field: predictions in time --------------------------------------------------------------- */

/* On each step, F at the degree + 1 Chebyshev-Lobatto times of the step; immutable once handed out. */
struct moe_field {
    moei_core *core;
    atomic_int references;
    moe_model *model;
    int64_t steps, capacity, width; /* width = n K */
    int degree;
    double *times;  /* steps + 1 */
    double *values; /* steps x (degree + 1) x width, the first node at the step's beginning */
};

enum { MOEI_FIELD_DEGREE = 15 }; /* the highest */
int32_t moei_field_create(moe_context *context, moe_model *model, int degree, double begin,
                          moe_field **field);
moe_field *moei_field_retain(const moe_field *field);
/* Room for one more step; its values start at the address returned in *values. */
int32_t moei_field_reserve(moe_context *context, moe_field *field, double **values);
/* The reserved step becomes part of the field. */
void moei_field_append(moe_field *field, double end);
/* The part u in [0, 1] of a step at which node q of the field lies. */
double moei_field_node(const moe_field *field, int q);
/* f = F(time), time within the field. */
void moei_field_at(const moe_field *field, double time, double *f);

/* ---- flow ------------------------------------------------------------------------------------- */

/* What the Adams methods remember between steps: the times of the slopes k[q], q < history, as the lengths of
 * the steps between them. */
struct moei_adams_state {
    int order, used, history;    /* of the next step's predictor; of the last attempt's; slopes kept */
    int failures, since;         /* attempts failed in a row; steps since the Lipschitz constant was seen */
    double lag[MOEI_MAX_STAGES]; /* t_q - t_{q+1} */
    double length;               /* of the last attempt */
    double errors[3];            /* of orders used - 1, used, used + 1, in units of the tolerance */
    double moved, leftover;      /* |corrected - predicted|; how far one more correction would move it */
    int slope;                   /* the slot of the slope at the last attempt's end */
    double lipschitz;            /* |f(corrected) - f(predicted)| / |corrected - predicted|; 0 if not seen */
};

/* What the stabilised methods remember: the largest eigenvalue of the flow's Jacobian in absolute value. */
struct moei_chebyshev_state {
    double radius;
    int since;                  /* accepted steps since it was estimated; negative: it is out of date */
    double sharpness;           /* the factor of the error estimate, see rkc.c */
    double length, last_length; /* of the last attempt; of the last accepted step, 0 before it */
    double last_error;          /* of the last accepted step */
};

/* What moe_flow_advance_until waits for; 0 or less: for nothing. */
struct moei_watch {
    bool on;
    double gradient, loss;
    double *slope; /* at a point within a step; size */
};

struct moe_flow {
    moe_context *context;
    moei_core *core;
    moe_model *model;
    moe_field *driver; /* NULL for a flow of its own */
    moe_field *record; /* NULL unless recording */
    moei_sweep *sweep;
    moei_partition cut;     /* of all experts; its spread is the flow's own */
    int64_t count, d, size; /* experts of this rank; size = count d */
    double *weights, *unit; /* count; d: the s_a of periodic coordinates, 0 for real ones */
    /* settings */
    const moei_method *method;
    bool descent; /* no step may raise the energy */
    double relative, absolute, first_step, longest_step;
    int64_t step_limit;
    moe_observer observer;
    void *observer_self;
    /* state at the last accepted step */
    double time, previous_time;
    double *theta, *previous; /* now; and at previous_time, in trial's array until the next attempt */
    double *prediction;       /* n K, at theta, if prediction_known */
    double dissipated, initial_energy;
    double present_energy, trial_energy; /* the present one is kept up to date if `descent` */
    bool prediction_known;
    /* what stepping needs; allocated once, when the first step starts */
    bool started, working;
    bool dense_known; /* k[] belong to the last accepted step */
    bool extra_known; /* ... and so do the extra stages */
    bool swap_due;    /* k[0] has still to become the slope at the last step's end */
    bool end_known;   /* the trial's prediction is known; of the end's slope the method knows */
    bool energy_rose; /* the last rejection was for that */
    bool slope_known; /* low storage: k[0] is the slope at theta */
    struct moei_watch watch;
    struct moei_adams_state adams;
    struct moei_chebyshev_state chebyshev;
    double next_step, last_error;
    double *trial, *spare; /* theta of the stage in work; of an extra stage or a dense point */
    double *force, *trial_prediction, *spare_prediction; /* n K each */
    double *k[MOEI_MAX_STAGES];
    double square[MOEI_MAX_STAGES]; /* int sum_a m_a (d_a (Psi + V))^2 */
    double *error_sums;             /* own slabs x MOEI_NORM_ROWS */
    int64_t steps, rejections, evaluations;
};

/* ---- doors ------------------------------------------------------------------------------------ */

/* MOE_ERROR_NULL unless there are a flow and an output, called `name`. */
int32_t moei_need_flow(const moe_flow *flow, const void *output, const char *name);

/* A flow of the experts of `cut` that are this rank's, which takes the cut's spread over, also if it fails.
 * weights NULL: equal ones. */
int32_t moei_flow_new(moe_context *context, const moe_model *model, const moe_field *driver,
                      const moei_partition *cut, const double *points, const double *weights,
                      moe_flow **flow);

/* How the ranks share so many experts, still without a spread; and the spread over which the sums of `cut` go: on
 * all ranks, or on none. */
moei_partition moei_flow_share_of(const moe_context *context, const moe_model *model, int64_t experts);
int32_t moei_flow_make_spread(moe_context *context, const moe_model *model, moei_partition *cut);

/* `status` of what a rank did alone, the same on all ranks: that of the first that failed. */
static inline int32_t moei_flow_agree(const moe_flow *flow, int32_t status)
{
    return moei_sweep_agree(flow->context, flow->sweep, status);
}

/* ---- vectors of the points' size -------------------------------------------------------------- */

/* out = base + h sum_s weights[s] k_s over the stages s < count, base NULL being 0; out may be a stage. Fails
 * only by being cancelled, or by the host's executor; never where ranks share the experts. */
int32_t moei_flow_combine(moe_flow *flow, const double *base, double h, const double *weights, int count,
                          double *out);

/* squares[row] = sum_i w_i 1/d sum_a (v_ia / (absolute + relative s_ia))^2 for the rows
 * v = h sum_s weights[row][s] k_s, s < count; s_ia is max(|a|, |b|) in a real coordinate, period/(2 pi) in a
 * periodic one. NaN if anything is. At most MOEI_NORM_ROWS rows. */
enum { MOEI_NORM_ROWS = 3 };
int32_t moei_flow_norms(moe_flow *flow, const double *a, const double *b, double h, int rows, int count,
                        const double (*weights)[MOEI_MAX_STAGES], double *squares);
/* The same of one given vector; NULL: of s itself. */
int32_t moei_flow_norm(moe_flow *flow, const double *a, const double *b, const double *vector,
                       double *square);

/* *block becomes flow->size doubles if it is NULL; false if memory is out. */
bool moei_flow_have(moe_flow *flow, double **block);

/* ---- steps ------------------------------------------------------------------------------------ */

/* k = f(time, theta) = -M grad (Psi + V)(theta), *square = int sum_a m_a (d_a (Psi + V))^2, and the
 * predictions that drive it.
 * A status that a shorter step may cure is MOEI_RECOVERABLE or MOE_ERROR_NOT_FINITE. */
int32_t moei_flow_evaluate(moe_flow *flow, double time, const double *theta, double *k, double *square,
                           double *prediction);

/* flow->force of predictions, and their loss; the same status on all ranks, also if the loss is the host's. */
int32_t moei_flow_force_of(moe_flow *flow, const double *prediction);
int32_t moei_flow_loss_of(moe_flow *flow, const double *prediction, double *loss);

/* *energy = A of the points theta with these predictions. */
int32_t moei_flow_energy_of(moe_flow *flow, const double *theta, const double *prediction, double *energy);

/* flow->chebyshev.radius <- a safe bound of the largest eigenvalue, in absolute value, of the slope's
 * Jacobian at the present points; needs k[0], overwrites k[5], k[6] and trial. */
int32_t moei_flow_spectral_radius(moe_flow *flow);

/* The predictions at flow->trial into flow->trial_prediction, unless they are there. */
int32_t moei_flow_know_end(moe_flow *flow);

/* The memory that steps need. */
int32_t moei_flow_allocate(moe_flow *flow);

/* Everything that the first step needs: memory, k[0], the first step's length. */
int32_t moei_flow_start(moe_flow *flow, double limit);

/* One accepted step towards `limit`, shortened as often as needed; *attempts counts down to 0. */
int32_t moei_flow_accepted_step(moe_flow *flow, double limit, int64_t *attempts);

/* What only dense output needs of the step of length h from theta at `time`. */
int32_t moei_flow_extra_stages(moe_flow *flow, double time, const double *theta, double h);

/* out = theta(time + u h) of the step of length h that began at `theta` */
int32_t moei_flow_point_at(moe_flow *flow, const double *theta, double h, double u, double *out);

/* The predictions within the step of length h from flow->theta to flow->trial go to the recorded field,
 * which does not count the step yet. */
int32_t moei_flow_record_step(moe_flow *flow, double h);

/* Whether what the flow watches for holds at the end of the step of length h that has just been tried:
 * then *cut is the part of h after which it begins to hold, else 1. */
int32_t moei_flow_watch(moe_flow *flow, double h, double *cut);

/* Which of the two is reached at the present points, where |grad Psi|^2 is `square`: MOE_REACHED_*. */
int32_t moei_flow_reached(moe_flow *flow, double square, int32_t *reached);

/* watch.slope <- the slope at the present points, and its weighted square */
int32_t moei_flow_slope_now(moe_flow *flow, double *square);

/* flow->prediction <- F of the flow's own points now, unless it is known; MOE_ERROR_ORDER inside an expert */
int32_t moei_flow_know_prediction(moe_flow *flow);

static inline bool moei_curable(int32_t status)
{
    return status == MOEI_RECOVERABLE || status == MOE_ERROR_NOT_FINITE;
}

#endif
