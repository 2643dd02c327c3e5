/* expert.h - quantum experts with kernels of the caller's choice: for the tests.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_EXPERT_H
#define QNNI_EXPERT_H

#include "qnn/kernels.h"

/* qnn_expert_create with the given kernels; the arguments are not NULL, except `period`. */
int32_t qnni_expert_create(moe_context *context, const qnn_circuit *circuit, const double *period,
                           const qnni_kernels *kernels, moe_expert **expert);

/* Whether the states after each pass are kept for the way back (else: computed again); by default if they
 * are not too many. Before the expert is bound. */
void qnni_expert_keep(moe_expert *expert, bool keep);

/* What the lanes of vectors are: chosen by sizes (the default), points, or experts, where that can be: up to
 * 4 qubits and without a mean observable. Before the expert is bound. */
enum { QNNI_LANES_CHOSEN, QNNI_LANES_POINTS, QNNI_LANES_EXPERTS };
void qnni_expert_lanes(moe_expert *expert, int lanes);

#endif
