/* shift.c - the minimum of a convex, piecewise smooth cost over a shift, from its slopes.
 *
 * The zero of the monotone slope is bracketed outward from a guess, then closed in on by false position
 * (Illinois), halved where that is slow; an end of the bracket moves on to the next break of the cost, so
 * that the bracket closes on a break.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/shift.h"

#include <float.h>
#include <math.h>

/* A bracket of the minimum: C'(low-) < 0 <= C'(high+), and C'(low+) < 0 if levels are whole. Slopes are those
 * last seen at either side; NAN if none was. */
typedef struct {
    double low, high, low_slope, high_slope;
    int side; /* the end that moved last: -1, 1 */
} bracket;

/* A number strictly between the ends, a whole one if `whole`; or `high` if there is none. */
static double between(const bracket *at, double guess, bool whole)
{
    double s = whole ? floor(guess) : guess;
    if (!(s > at->low && s < at->high))
        s = whole ? floor(at->low + (at->high - at->low) / 2) : at->low + (at->high - at->low) / 2;
    return s > at->low && s < at->high ? s : at->high;
}

/* Moves one end to s, or on to the next break; but low stays a whole number before it, as that break may be
 * the minimum and no number lies between it and the next. An end that stays twice has its slope halved
 * (Illinois). */
static void tighten(bracket *at, double s, const moei_probe *seen, bool whole)
{
    const int side = seen->slope < 0 ? -1 : 1;
    if (side < 0) {
        at->low = fmax(s, whole ? seen->after - 1 : seen->after);
        at->low_slope = seen->slope;
        at->high_slope *= side == at->side ? 0.5 : 1;
    } else {
        at->high = fmin(s, seen->before);
        at->high_slope = seen->slope;
        at->low_slope *= side == at->side ? 0.5 : 1;
    }
    at->side = side;
}

/* The next shift to look at while no minimum is bracketed; *step grows. */
static double outward(const bracket *at, double *step)
{
    const double s = isnan(at->high_slope) ? at->low + *step : at->high - *step;
    *step *= 8;
    return s;
}

int32_t moei_shift_search(const moei_slope *slope, double guess, double step, moei_meter *meter,
                          double *shift)
{
    const double total = slope->total;
    bracket at = {.low = -2 * total, .high = 2 * total, .low_slope = NAN, .high_slope = NAN};
    double width = 4 * total;
    int32_t status = MOE_OK;
    for (int round = 0, secants = 0; !status; round++) {
        if (round > 0 && (isnan(at.low_slope) || isnan(at.high_slope)))
            guess = outward(&at, &step);
        else if (round > 0) {
            guess = at.low - at.low_slope * ((at.high - at.low) / (at.high_slope - at.low_slope));
            if (secants++ % 3 == 0) { /* three rounds must halve the bracket, or the next one does */
                if (secants > 1 && at.high - at.low > width / 2)
                    guess = NAN;
                width = at.high - at.low;
            }
        }
        const double s = between(&at, guess, slope->whole);
        if (s == at.high || at.high - at.low <= DBL_EPSILON / 4 * total)
            break;
        const moei_probe seen = slope->at(slope->self, s);
        tighten(&at, s, &seen, slope->whole);
        if (slope->keep)
            slope->keep(slope->self, at.side < 0);
        meter->part += (0.8 - meter->part) / 16;
        status = moei_meter_add(meter, slope->work);
    }
    *shift = at.high;
    return status;
}
