/* tangent.h - derivatives along a direction: the expert's own, or differences.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_TANGENT_H
#define MOEI_TANGENT_H

#include "expert/guarded.h"

/* Central differences of fourth order, with F(t) at u + t direction (Abramowitz & Stegun, 25.3.6):
 *   F'(0) = (8 (F(s) - F(-s)) - (F(2s) - F(-2s))) / 12 s + (s^4 / 30) F^(5) + ...
 * The places are those of t / s, in the order in which the difference takes them. */
enum { MOEI_TANGENT_POINTS = 4 };
extern const double moei_tangent_places[MOEI_TANGENT_POINTS];

/* F'(0) without the rest, from F[0], F[stride], F[2 stride], F[3 stride] at the four places. */
static inline double moei_tangent_difference(const double *F, int64_t stride, double s)
{
    return (8 * (F[0] - F[stride]) - (F[2 * stride] - F[3 * stride])) / (12 * s);
}

/* The s, a power of two, with s pace in (2^-11, 2^-10], pace > 0 being that of t in the coordinates' units:
 * rounding, about 1.5 eps |F| / s, and the rest are then both near 1e-12. */
double moei_tangent_step(double pace);

/* For an expert opened for MOEI_TANGENT_POINTS or more points at a time (session->count):
 * df (n x K) and h (d) of one expert along one direction (d), by central differences of values and pullback;
 * either may be NULL. `work` is the expert's scratch. MOE_ERROR_MEMORY, or what the calls fail with. */
int32_t moei_tangent_by_differences(const moei_session *session, void *work, const double *theta,
                                    const double *direction, double *df, double *h);

#endif
