/* order.h - the points of a measure on one coordinate, in ascending order.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_ORDER_H
#define MOEI_ORDER_H

#include "measure/measure.h"

/* More points than that are refused: places, a few laps round the circle included, fit in 32 bits. */
enum { MOEI_ORDER_LIMIT = 1 << 29 };

typedef struct moei_order {
    int64_t count;
    uint32_t *index; /* count: which point of the measure; equal coordinates by their places */
    double *x;       /* count: its coordinate times `unit`, on a circle reduced to [-half, half) */
} moei_order;

/* order <- the points of positive weight, or all; d = 1. MOE_ERROR_MEMORY, MOE_ERROR_UNSUPPORTED. Freed by
 * moei_order_free, whatever the status. */
int32_t moei_order_create(moe_context *context, const moe_measure *measure, double unit, bool all,
                          moei_order *order);
void moei_order_free(moei_core *core, moei_order *order);

#endif
