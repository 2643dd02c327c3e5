/* method.h - what a time integrator is to the flow that it moves: a table of functions.
 *
 * The flow owns vectors k[s] of slopes with their weighted squares, and the points theta, trial, spare. A
 * method says how a step of length h is tried, and in which slots k its slopes lie, so that inside the step
 *   theta(t + u h) = theta + h sum_s w_s(u) k_s,   dissipated energy = h sum_s w_s(u) square_s.
 * Everything else - control, landing, recording, observers, energy, dense output, events - is step.c's,
 * dense.c's and advance.c's, and the same for all.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_METHOD_H
#define MOEI_METHOD_H

#include "flow/tableau.h"

#include <moefield/flow.h>

typedef struct moei_method {
    int32_t id;       /* MOE_METHOD_* */
    int start_order;  /* of the first step, for the choice of its length */
    int field_degree; /* of the polynomial in time that a recorded step becomes */
    int slots, extra; /* vectors k that a step needs, and that dense output needs besides */
    int end_slot;     /* of the slope at the step's end after `finish`; with `begin`, if the flow watches */
    bool argues;      /* every step uses the flow's spare vector of points, as the argument of its stages */
    const moei_tableau *tableau; /* of an embedded pair; NULL for the others */
    /* Before the first step, k[0] being the first slope; NULL: nothing to do. */
    void (*start)(moe_flow *flow);
    /* k[0] becomes the slope at the present point, once after every accepted step. NULL: k[end_slot] is. */
    void (*begin)(moe_flow *flow);
    /* trial <- the points after a step of length h from theta; *error in units of the tolerance. */
    int32_t (*attempt)(moe_flow *flow, double h, double *error);
    /* After an attempt with an error of at most 1: whatever is missing to accept it. NULL: nothing is. */
    int32_t (*finish)(moe_flow *flow, double h);
    /* Forgets all steps but the last: k[0] becomes the slope at theta itself. NULL: it is. */
    int32_t (*restart)(moe_flow *flow);
    /* The factor by which the error suggests to change h; the method may change its order with it. */
    double (*change)(moe_flow *flow, double error);
    /* w_s(u) above, s < the returned count, for the step tried or taken last, of length h. */
    int (*dense)(const moe_flow *flow, double h, double u, double *weights);
    /* What dense output needs of the step of length h from theta at `time`, the extra vectors being there; it may
     * leave the prediction at trial. NULL: the tableau's extra stages. */
    int32_t (*look)(moe_flow *flow, double time, const double *theta, double h);
    /* What a saved flow has to keep: the slots whose slopes the next step needs or, if dense_known, a look into
     * the last one, as bits. NULL: k[0], and all if dense_known. */
    unsigned (*kept)(const moe_flow *flow);
} moei_method;

extern const moei_method moei_method_dopri5, moei_method_dop853, moei_method_adams, moei_method_rkc,
    moei_method_low_storage;

/* NULL if there is no such method. */
const moei_method *moei_method_of(int32_t id);

#endif
