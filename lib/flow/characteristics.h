/* characteristics.h - points along the characteristics of a field, and the Jacobian of their motion.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_CHARACTERISTICS_H
#define MOEI_CHARACTERISTICS_H

#include "flow/flow.h"

/* Points theta (count x d) from a time to another of the field, either way: image (count x d), and unless
 * NULL jacobian (count x d x d) and log_determinant (count). All checked. */
typedef struct moei_map_call {
    moe_context *context;
    const moe_field *field;
    double from, to, tolerance;
    int64_t count;
    const double *theta;
    double *image, *jacobian, *log_determinant;
} moei_map_call;

/* MOE_ERROR_STEP, MOE_ERROR_NOT_FINITE, MOE_ERROR_CALLBACK, MOE_ERROR_CANCELLED, MOE_ERROR_MEMORY; the
 * outputs are then undefined. */
int32_t moei_characteristics(const moei_map_call *call);

#endif
