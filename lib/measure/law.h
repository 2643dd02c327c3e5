/* law.h - the inside of moe_law: one kind of distribution for each coordinate.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_LAW_H
#define MOEI_LAW_H

#include "measure/measure.h"

typedef enum {
    MOEI_LAW_NOT_SET,  /* a real coordinate before its first setter   */
    MOEI_LAW_CIRCLE,   /* uniform on a whole circle, b - a its period */
    MOEI_LAW_INTERVAL, /* uniform on [a, b)                           */
    MOEI_LAW_NORMAL    /* normal with mean a and standard deviation b */
} moei_law_kind;

typedef struct {
    moei_law_kind kind;
    double a, b;
} moei_law_coordinate;

struct moe_law {
    moe_context *context; /* retained: the setters report there */
    int64_t d;
    double *period;                  /* d */
    moei_law_coordinate *coordinate; /* d */
};

/* copy <- a law of its own; MOE_ERROR_MEMORY. */
int32_t moei_law_copy(moe_context *context, const moe_law *law, moe_law **copy);

/* MOE_ERROR_ORDER naming the first coordinate that has no law yet. */
int32_t moei_need_law(moe_context *context, const moe_law *law);

#endif
