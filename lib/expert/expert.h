/* expert.h - the inside of moe_expert, and its binding to inputs.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_EXPERT_H
#define MOEI_EXPERT_H

#include "base/base.h"

#include <moefield/expert.h>

struct moe_expert {
    moei_core *core;
    atomic_int references;
    moe_expert_ops ops; /* the host's table; members beyond its struct_size are NULL */
    void *self;
    int64_t d, p, K;
    double *period; /* d */
};

moe_expert *moei_expert_retain(const moe_expert *expert);

/* How far a coordinate has to move to matter: period / (2 pi) on a circle, max(1, |theta|) on the line. */
double moei_coordinate_unit(double period, double theta);

/* An expert made ready for n inputs. `x` is borrowed: whoever binds keeps it alive. */
typedef struct moei_binding {
    const moe_expert *expert;
    int64_t n;
    const double *x;      /* n x p */
    void *bound;          /* the expert's own, or NULL */
    int64_t moment_count; /* n K unless the expert has its own moments */
} moei_binding;

/* Calls the expert's bind and moment_count. On failure nothing is left bound. */
int32_t moei_bind(moe_context *context, const moe_expert *expert, int64_t n, const double *x,
                  moei_binding *binding);
void moei_unbind(moei_binding *binding);

/* Bytes of scratch that the expert wants for up to `count` experts at a time into *bytes. */
int32_t moei_binding_workspace(moe_context *context, const moei_binding *binding, int64_t count,
                               int64_t *bytes);

/* Experts in one call of a host's function by a public call: bounds its scratch, whatever count is. */
enum { MOEI_BATCH = 64 };

/* What every public call of an expert's functions needs of its arguments: x is n x p, theta count x d, both
 * finite, and count x n x K fits. */
int32_t moei_need_call(moe_context *context, const moe_expert *expert, int64_t n, const double *x,
                       int64_t count, const double *theta);

#endif
