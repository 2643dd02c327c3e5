/* tangent.h - derivatives along a direction: the expert's own, or differences.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_TANGENT_H
#define MOEI_TANGENT_H

#include "expert/guarded.h"

/* Experts that a call of the functions below may take: session->count is at least it. */
enum { MOEI_TANGENT_POINTS = 4 };

/* df (n x K) and h (d) of one expert along one direction (d), by central differences of values and pullback;
 * either may be NULL. `work` is the expert's scratch. MOE_ERROR_MEMORY, or what the calls fail with. */
int32_t moei_tangent_by_differences(const moei_session *session, void *work, const double *theta,
                                    const double *direction, double *df, double *h);

#endif
