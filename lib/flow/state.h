/* state.h - a flow as bytes: what its two ways, save.c and restore.c, have in common.
 *
 *   "moe_flow"  version  length  |  shape  data  experts  |  driving field  |  weights  points  |  probe  |
 *   method  settings and state  |  prediction  previous points  slopes  |  recorded field  |  checksum
 *
 * in little-endian numbers of 8 bytes (docs/ARCHITECTURE.md has all of them). The bytes are those of the whole
 * flow, however many ranks share its experts.
 *
 * What a step leaves behind for the next one is kept, what an attempt writes before it reads is not; so a flow
 * that goes on from bytes takes the steps that it would have taken. A step that is still there to be looked into
 * stays so.
 *
 * The model is known again (fingerprint.h) by its data bit by bit, and by what it computes at the first
 * points of the flow itself: there its functions are known to work. Another machine, compiler or BLAS may
 * round otherwise, so this probe has to agree to 1e-6 only; the host is told if it agrees in every bit.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_FLOW_STATE_H
#define MOEI_FLOW_STATE_H

#include "base/sealed.h"
#include "flow/flow.h"

extern const moei_seal moei_flow_seal;

/* The members that hold settings and state. Read ones are checked: MOE_ERROR_VALUE names one that cannot be. */
void moei_flow_write_members(const moe_flow *flow, moei_writer *out);
int32_t moei_flow_read_members(moe_flow *flow, moei_reader *in);

/* The slots of k that are kept, as bits. */
unsigned moei_flow_kept_slots(const moe_flow *flow);

/* How many points the model is known by, of so many experts, and what it computes there. */
int64_t moei_flow_probes(int64_t experts);
int32_t moei_flow_probe(moe_context *context, const moe_model *model, int64_t probes, const double *theta,
                        double *probe);

#endif
