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

static bool is_bracketed(const bracket *at)
{
    return !isnan(at->low_slope) && !isnan(at->high_slope);
}

static double straight_zero(const bracket *at)
{
    return at->low - at->low_slope * ((at->high - at->low) / (at->high_slope - at->low_slope));
}

/* The next shift to look at inside the bracket. One end is near the zero after a few rounds, the other may
 * not be: so the guess is moved towards the far end by half of what is narrow enough. */
static double inward(const bracket *at, const moei_slope *slope, int round, double *width)
{
    double guess = straight_zero(at) - at->side * slope->narrow / 2;
    if (round % 3 == 0) { /* three rounds must halve the bracket, or the next one does */
        if (round > 0 && at->high - at->low > *width / 2)
            guess = NAN;
        *width = at->high - at->low;
    }
    return guess;
}

int32_t moei_shift_search(const moei_slope *slope, double guess, double step, moei_meter *meter,
                          double *shift, double *smooth)
{
    const double total = slope->total;
    bracket at = {.low = -2 * total, .high = 2 * total, .low_slope = NAN, .high_slope = NAN};
    double width = 4 * total;
    int32_t status = MOE_OK;
    for (int round = 0, inside = 0; !status; round++) {
        if (is_bracketed(&at)) {
            if (slope->finish && slope->finish(slope->self, shift, &status))
                return status;
            guess = inward(&at, slope, inside++, &width);
        } else if (round > 0)
            guess = outward(&at, &step);
        const double s = between(&at, guess, slope->whole);
        if (s == at.high || at.high - at.low <= DBL_EPSILON / 4 * total)
            break;
        const moei_probe seen = slope->at(slope->self, s);
        tighten(&at, s, &seen, slope->whole);
        if (slope->keep)
            slope->keep(slope->self, at.side);
        meter->part += (0.8 - meter->part) / 16;
        status = moei_meter_add(meter, slope->work);
    }
    *shift = at.high;
    if (smooth)
        *smooth = is_bracketed(&at) && at.high_slope > at.low_slope ? straight_zero(&at) : at.high;
    return status;
}
