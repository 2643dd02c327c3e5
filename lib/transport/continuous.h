/* continuous.h - distances to a continuous law: what the public doors of distance_law.c call.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_CONTINUOUS_H
#define MOEI_CONTINUOUS_H

#include "measure/law.h"
#include "transport/transport.h"

/* bounds <- W_p between a measure and a law in d = 1; upper - lower <= gap upper or MOE_ERROR_CONVERGENCE. */
int32_t moei_distance_line_law(moe_context *context, const moe_measure *measure, const moe_law *law, double p,
                               double gap, moei_bounds *bounds);

/* The same in any dimension, by semi-discrete transport. */
int32_t moei_distance_boxes(moe_context *context, const moe_measure *measure, const moe_law *law, double p,
                            double gap, moei_bounds *bounds);

/* bounds <- W_p between a measure and the image of a law under a monotone map, in d = 1. */
int32_t moei_distance_image(moe_context *context, const moe_measure *measure, const moe_law *law,
                            int64_t count, const double *nodes, const double *images, double lipschitz,
                            double p, moei_bounds *bounds);

#endif
