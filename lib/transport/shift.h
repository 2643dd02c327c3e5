/* shift.h - the zero of an increasing slope over the levels of a circle.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_SHIFT_H
#define MOEI_SHIFT_H

#include "transport/transport.h"

/* C'(shift+), and how far C is straight to both sides: its breaks at or next to the shift. */
typedef struct moei_probe {
    double slope, before, after;
} moei_probe;

/* A convex cost of the shift, with its minimum in [-2 total, 2 total]. */
typedef struct moei_slope {
    moei_probe (*at)(void *self, double shift);
    /* The last probe became an end of the bracket: side -1 the lower, 1 the upper. Or NULL. */
    void (*keep)(void *self, int side);
    /* true, and *shift the minimum, if few breaks are left in the bracket; *status: MOE_ERROR_MEMORY. Or
     * NULL. */
    bool (*finish)(void *self, double *shift, int32_t *status);
    void *self;
    double total;
    double narrow; /* a bracket as narrow as that should do for `finish`; 0 without it */
    bool whole;    /* the cost breaks at whole numbers only, and so does the search    */
    int64_t work;  /* of a probe, in pairs of points                                   */
} moei_slope;

/* *shift <- argmin C to the last bit of a level; *smooth, if not NULL, the zero of the straight line between
 * the slopes about it. The search begins at `guess` and goes out by `step`, eight times as far each time,
 * until the minimum is bracketed. MOE_ERROR_CANCELLED, MOE_ERROR_MEMORY. */
int32_t moei_shift_search(const moei_slope *slope, double guess, double step, moei_meter *meter,
                          double *shift, double *smooth);

#endif
