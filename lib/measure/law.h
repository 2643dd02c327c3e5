/* law.h - the inside of moe_law: one kind of distribution for each coordinate.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_LAW_H
#define MOEI_LAW_H

#include "measure/circular.h"
#include "measure/measure.h"

#include <stdatomic.h>

typedef enum {
    MOEI_LAW_NOT_SET,   /* a real coordinate before its first setter                        */
    MOEI_LAW_CIRCLE,    /* uniform on a whole circle, b - a its period                      */
    MOEI_LAW_INTERVAL,  /* uniform on [a, b)                                                */
    MOEI_LAW_NORMAL,    /* normal with mean a and standard deviation b; on a circle wrapped */
    MOEI_LAW_VON_MISES, /* von Mises with mean a and concentration b > 0                    */
    MOEI_LAW_FIXED,     /* the number a                                                     */
    MOEI_LAW_QUANTILE,  /* quantile(self, u) of a uniform u                                 */
    MOEI_LAW_SAMPLES    /* column k - first of a random row of the table of coordinate first */
} moei_law_kind;

/* A host's quantile, shared by a law and its copies; the last one lets it go. */
typedef struct {
    atomic_int references;
    moe_context *context; /* retained: whose memory this is */
    moe_quantile function;
    void *self;
    moe_destroy destroy;
} moei_host_quantile;

typedef struct {
    moei_law_kind kind;
    double a, b;
    moei_host_quantile *host;    /* QUANTILE */
    int64_t first, width, count; /* SAMPLES: the block [first, first + width), its rows */
    double *table;               /* owned: a block's count x width samples, in its first coordinate; or the
                                    moei_circular_table of a law on a circle; else NULL */
} moei_law_coordinate;

struct moe_law {
    moe_context *context; /* retained: the setters report there */
    int64_t d;
    double *period;                  /* d */
    moei_law_coordinate *coordinate; /* d */
};

/* MOE_ERROR_ORDER naming the first coordinate that has no law yet. */
int32_t moei_need_law(moe_context *context, const moe_law *law);

/* MOE_ERROR_VALUE, MOE_ERROR_SIZE: the counters of random numbers hold streams and coordinates below 2^32. */
int32_t moei_need_counters(moe_context *context, const moe_law *law, int64_t stream);

/* MOE_ERROR_DOMAIN with a sentence if the law does not live on (d, period). */
int32_t moei_need_law_domain(moe_context *context, const moe_law *law, int64_t d, const double *period);

/* How many coordinates are not fixed numbers. */
int64_t moei_law_random_coordinates(const moe_law *law);

/* copy <- the law, with tables of its own. MOE_ERROR_MEMORY. */
int32_t moei_law_copy(moe_context *context, const moe_law *law, moe_law **copy);

/* A law that is not the uniform one on a circle of the given period: in angles about its mean. */
moei_circular moei_law_circular(const moei_law_coordinate *coordinate, double period);

/* x <- coordinate k at u in [0, 1), its inverse distribution function; for samples, the row floor(u count).
 * MOE_ERROR_CALLBACK, MOE_ERROR_NOT_FINITE (the host's quantile). */
int32_t moei_law_quantile(moe_context *context, const moe_law *law, int64_t k, double u, double *x);

/* MOE_ERROR_UNSUPPORTED naming a coordinate whose law has no density that is known (fixed, a host's quantile,
 * samples), MOE_ERROR_ORDER for one that has no law yet. */
int32_t moei_need_density(moe_context *context, const moe_law *law);

/* log rho(theta) of a law that has a density, any representative of periodic coordinates; -INFINITY where the
 * density is 0. */
double moei_law_log_density(const moe_law *law, const double *theta);
/* The same of coordinate k alone. */
double moei_law_log_density_of(const moe_law *law, int64_t k, double theta);

/* The x with P(Z < x) = u for a standard normal Z, 0 < u < 1. */
double moei_normal_quantile(double u);

#endif
