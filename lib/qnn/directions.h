/* directions.h - derivatives along directions, of experts on bound points.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_DIRECTIONS_H
#define QNNI_DIRECTIONS_H

#include "qnn/call.h"

/* Of moe_expert_ops; always in double precision. */
int32_t qnni_along(void *self, void *bound, void *stage, int64_t n, const double *x, int64_t count, int64_t m,
                   const double *theta, const double *direction, const double *r, double *df, double *h,
                   void *work);

#endif
