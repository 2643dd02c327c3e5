/* slabs.h - a continuous law in one dimension whose quantile function is piecewise linear, and its distance
 * to a measure.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_SLABS_H
#define MOEI_SLABS_H

#include "measure/law.h"
#include "transport/transport.h"

/* The quantile runs linearly from knot[i] to knot[i + 1] while the level runs from level[i] to level[i + 1].
 */
typedef struct moei_slabs {
    double period; /* INFINITY on the line; knot[count] - knot[0] is at most a period */
    int64_t count;
    double *level; /* count + 1, ascending from 0 to 1  */
    double *knot;  /* count + 1, ascending              */
    double stray;  /* W_p between the slabs and the law that they stand for, at most */
} moei_slabs;

/* Room for `count` slabs; MOE_ERROR_MEMORY. Freed by moei_slabs_free whatever the status. */
int32_t moei_slabs_create(moe_context *context, double period, int64_t count, moei_slabs *slabs);
void moei_slabs_free(moei_core *core, moei_slabs *slabs);

/* bounds <- W_p between the measure (d = 1) and the slabs, `stray` not counted. MOE_ERROR_MEMORY,
 * MOE_ERROR_CANCELLED. */
int32_t moei_slabs_distance(moe_context *context, const moe_measure *measure, const moei_slabs *slabs,
                            double p, moei_bounds *bounds);

/* slabs <- one coordinate of a law cut into about `count` parts of equal length; `stray` says how far they
 * are from it. MOE_ERROR_MEMORY. */
int32_t moei_slabs_of_law(moe_context *context, const moei_law_coordinate *law, double period, double p,
                          int64_t count, moei_slabs *slabs);

/* Makes room on either side for what is known to be away by `stray`. */
void moei_bounds_widen(moei_bounds *bounds, double stray);

#endif
