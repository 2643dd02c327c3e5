/* inspect.h - what the parts of moe_expert_check share: the points, what was read there, tolerances, calls.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_INSPECT_H
#define MOEI_INSPECT_H

#include "expert/guarded.h"

typedef struct {
    moe_context *context;
    const moe_expert *expert;
    int64_t n, count;
    const double *x, *theta;
    double *f;      /* count x n x K: values, all experts in one call */
    double *g;      /* count x d: pullback, all experts in one call */
    double *r;      /* n x K: +-u / unit[k], u near 1 */
    double *w;      /* count, positive, summing to 1 */
    double *moved;  /* max(count, race points) x d: anywhere on a circle, near theta on the line */
    double *sum;    /* max(count x d, n x K): for sums and points of the library's own */
    double *scale;  /* K: the largest |f_k| met */
    double *length; /* d: what theta_a moves by to matter */
} moei_inspection;

/* Streams of the library's own random numbers (base/random.h, seed 0): the same in every check. */
enum { MOEI_STREAM_MOVED, MOEI_STREAM_WEIGHTS, MOEI_STREAM_RESIDUALS, MOEI_STREAM_DIRECTIONS };

/* The parts, in their order. Each returns MOE_OK, MOE_ERROR_CHECK with a sentence, or what failed. */
int32_t moei_inspect_values(moei_inspection *it);   /* writes f, scale */
int32_t moei_inspect_pullback(moei_inspection *it); /* writes r, g; needs f, scale */
int32_t moei_inspect_periods(moei_inspection *it);  /* these need f, g, r */
int32_t moei_inspect_tangent(moei_inspection *it);
int32_t moei_inspect_moments(moei_inspection *it);
int32_t moei_inspect_purity(moei_inspection *it);

/* ---- sizes and tolerances --------------------------------------------------------------------- */

/* max(scale[k], 1e-2) */
double moei_inspect_unit(const moei_inspection *it, int64_t k);
/* Two values of output k agree to 1e-8 scale[k] + 1e-12 unit[k]. */
double moei_inspect_tolerance(const moei_inspection *it, int64_t k);
/* max_i |g[i,a]|, and n K / length[a]: slopes of phi along parameter a, and those that cancel to nothing */
double moei_inspect_slope(const moei_inspection *it, int64_t a);
double moei_inspect_slope_unit(const moei_inspection *it, int64_t a);

/* ---- calls ------------------------------------------------------------------------------------ */

/* A session with one scratch: `begin` opens it, `end` closes what was opened and returns `status`. */
typedef struct {
    moei_session session;
    moei_scratch scratch;
    bool open;
} moei_desk;

int32_t moei_desk_begin(const moei_inspection *it, int64_t n, const double *x, int64_t count, const double *r,
                        moei_desk *desk);
int32_t moei_desk_end(moei_desk *desk, int32_t status);

/* desk->scratch.out <- the function's output, which must be finite. */
int32_t moei_desk_ask(const moei_inspection *it, const moei_desk *desk, moei_function function, int64_t count,
                      const double *theta, const double *input);

/* desk->scratch.out <- values of `count` experts, perhaps too far from the given points: not finite, or
 * *defined = false where the function fails and says that a smaller step may cure it. */
int32_t moei_desk_try(const moei_inspection *it, const moei_desk *desk, int64_t count, const double *theta,
                      bool *defined);

#endif
