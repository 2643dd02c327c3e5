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

/* A convex cost of the shift, with its minimum in [-2 total, 2 total]. `whole`: it breaks at whole numbers
 * only, and so does the search. After each probe `keep` is told whether it became the lower end of what is
 * left. */
typedef struct moei_slope {
    moei_probe (*at)(void *self, double shift);
    void (*keep)(void *self, bool low); /* or NULL */
    void *self;
    double total;
    bool whole;
    int64_t work; /* of a probe, in pairs of points */
} moei_slope;

/* *shift <- argmin C to the last bit of a level. The search begins at `guess` and goes out by `step`, eight
 * times as far each time, until the minimum is bracketed. MOE_ERROR_CANCELLED. */
int32_t moei_shift_search(const moei_slope *slope, double guess, double step, moei_meter *meter,
                          double *shift);

#endif
