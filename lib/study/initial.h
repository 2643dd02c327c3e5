/* initial.h - how far N independent draws are from their law, proven.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_STUDY_INITIAL_H
#define MOEI_STUDY_INITIAL_H

#include "measure/law.h"

/* *bound >= E W_1(mu^N, mu), mu^N the empirical measure of `experts` draws from the law.
 * MOE_ERROR_UNSUPPORTED naming a coordinate whose law has no bound here (normal, a host's quantile, samples),
 * MOE_ERROR_MEMORY. */
int32_t moei_initial_bound(moe_context *context, const moe_law *law, double experts, double *bound);

#endif
