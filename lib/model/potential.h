/* potential.h - the potential V on the parameters: decay, and a host's own.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_POTENTIAL_H
#define MOEI_POTENTIAL_H

#include "base/base.h"

#include <moefield/objective.h>

/* A host's potential; never changes, counted by objectives and models. */
typedef struct moei_own_potential {
    moei_core *core;
    atomic_int references;
    moe_potential_ops ops;
    void *self;
} moei_own_potential;

int32_t moei_own_potential_create(moe_context *context, const moe_potential_ops *ops, void *self,
                                  moei_own_potential **own);
moei_own_potential *moei_own_potential_retain(moei_own_potential *own);
void moei_own_potential_release(moei_own_potential *own);

/* V = the decay + the host's, either of which may be NULL. */
typedef struct moei_potential {
    double *decay; /* d */
    moei_own_potential *own;
} moei_potential;

/* Of a block of experts; period: d, scratch: count x d doubles. Both return what the host's function
 * returned: 0, or its failure. */

/* *sum = sum_i w[i] V(theta_i) */
int32_t moei_potential_sum(const moei_potential *potential, int64_t count, int64_t d, const double *period,
                           const double *theta, const double *w, double *scratch, double *sum);
/* g[i,a] -= d_a V(theta_i) */
int32_t moei_potential_descend(const moei_potential *potential, int64_t count, int64_t d,
                               const double *period, const double *theta, double *scratch, double *g);

#endif
