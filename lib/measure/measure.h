/* measure.h - the inside of moe_measure.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_MEASURE_H
#define MOEI_MEASURE_H

#include "base/base.h"

#include <moefield/measure.h>

struct moe_measure {
    moei_core *core;
    atomic_int references; /* the host's one, and one for each transport */
    int64_t d, count;
    double *period;  /* d */
    double *points;  /* count x d */
    double *weights; /* count */
};

/* A measure whose points and weights are still to be filled in (zero). Sizes and periods are checked. */
int32_t moei_measure_new(moe_context *context, int64_t d, const double *period, int64_t count,
                         moe_measure **measure);

/* One more reference, given back by moe_measure_destroy. Any thread. */
moe_measure *moei_measure_retain(const moe_measure *measure);

/* MOE_ERROR_DOMAIN with a sentence if the measure `name` does not live on (d, period). */
int32_t moei_need_domain(moe_context *context, const moe_measure *measure, int64_t d, const double *period,
                         const char *name);

#endif
