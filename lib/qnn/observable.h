/* observable.h - observables as tables over basis states.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_OBSERVABLE_H
#define QNNI_OBSERVABLE_H

#include "qnn/program.h"

/* program->groups <- the terms, those of one output, one x mask and one parity of y together.
 * MOE_ERROR_MEMORY; the program then holds what qnni_program_clear frees. */
int32_t qnni_group_observables(moe_context *context, const qnni_term *terms, int64_t count,
                               qnni_program *program);

#endif
