/* race.h - an expert's functions on several threads at once.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_RACE_H
#define MOEI_RACE_H

#include "expert/guarded.h"

/* How many points a race runs over: neighbours in time work on different ones. */
enum { MOEI_RACE_POINTS = 4 };

/* values, pullback and moments at MOEI_RACE_POINTS points, by several threads that share one bound and one
 * stage, against the same calls in a row: bit for bit if `exact`, else to 1e-8 of the largest number.
 *   theta: MOEI_RACE_POINTS x d;  r: n x K
 * MOE_OK, MOE_ERROR_CHECK with a sentence, MOE_ERROR_THREADS, or what the calls fail with. */
int32_t moei_race(moe_context *context, const moe_expert *expert, int64_t n, const double *x,
                  const double *theta, const double *r, bool exact);

#endif
