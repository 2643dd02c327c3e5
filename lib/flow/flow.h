/* flow.h - the inside of moe_flow and moe_field.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_FLOW_H
#define MOEI_FLOW_H

#include "flow/tableau.h"
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

struct moe_flow {
    moe_context *context;
    moei_core *core;
    moe_model *model;
    moe_field *driver; /* NULL for a flow of its own */
    moe_field *record; /* NULL unless recording */
    moei_sweep *sweep;
    int64_t count, d, size; /* size = count d */
    double *weights, *unit; /* count; d: the s_a of periodic coordinates, 0 for real ones */
    /* settings */
    const moei_tableau *tableau;
    double relative, absolute, first_step, longest_step;
    int64_t step_limit;
    moe_observer observer;
    void *observer_self;
    /* state at the last accepted step */
    double time, previous_time;
    double *theta, *previous; /* now, and at previous_time */
    double *prediction;       /* n K, at theta, if prediction_known */
    double dissipated, initial_energy;
    bool prediction_known;
    /* what stepping needs; allocated once, when the first step starts */
    bool started, working;
    bool dense_known; /* k[] belong to the last accepted step */
    bool extra_known; /* ... and so do the extra stages */
    bool swap_due;    /* k[0] has still to become what k[S-1] is */
    double next_step, last_error;
    double *trial, *spare; /* theta of the stage in work; of an extra stage or a dense point */
    double *force, *trial_prediction, *spare_prediction; /* n K each */
    double *k[MOEI_MAX_STAGES];
    double square[MOEI_MAX_STAGES]; /* int sum_a m_a (d_a (Psi + V))^2 */
    double *error_sums;             /* slabs x 2 */
    int64_t steps, rejections, evaluations;
};

/* out = base + h sum_s weights[s] k_s over the stages s < count; fails only by being cancelled */
int32_t moei_flow_combine(moe_flow *flow, const double *base, double h, const double *weights, int count,
                          double *out);

/* k = f(time, theta) = -M grad (Psi + V)(theta), *square = int sum_a m_a (d_a (Psi + V))^2, and the
 * predictions that drive it.
 * A status that a shorter step may cure is MOEI_RECOVERABLE or MOE_ERROR_NOT_FINITE. */
int32_t moei_flow_evaluate(moe_flow *flow, double time, const double *theta, double *k, double *square,
                           double *prediction);

/* *energy = A of the flow's own points now; needs flow->prediction. */
int32_t moei_flow_energy_now(moe_flow *flow, double *energy);

/* *block becomes flow->size doubles if it is NULL; false if memory is out. */
bool moei_flow_have(moe_flow *flow, double **block);

/* Everything that the first step needs: memory, k[0], the first step's length. */
int32_t moei_flow_start(moe_flow *flow, double limit);

/* One accepted step towards `limit`, shortened as often as needed; *attempts counts down to 0. */
int32_t moei_flow_accepted_step(moe_flow *flow, double limit, int64_t *attempts);

/* Stages k of a step of length h from theta at `time`: the extra ones, for dense output. */
int32_t moei_flow_extra_stages(moe_flow *flow, double time, const double *theta, double h);

/* The predictions within the step of length h from flow->theta to flow->trial go to the recorded field,
 * which does not count the step yet. */
int32_t moei_flow_record_step(moe_flow *flow, double h);

static inline bool moei_curable(int32_t status)
{
    return status == MOEI_RECOVERABLE || status == MOE_ERROR_NOT_FINITE;
}

#endif
