/* field_state.h - recorded fields as bytes: of flows, and of the limits that keep theirs.
 *
 *   steps  |  degree  times (steps + 1)  values (steps x (degree + 1) x width)
 *
 * where the second part is missing if there are no steps.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_FIELD_STATE_H
#define MOEI_FIELD_STATE_H

#include "base/bytes.h"
#include "flow/flow.h"

/* NULL is a field of no steps. */
void moei_field_write(const moe_field *field, moei_writer *out);

/* *field <- the model's field that was written, NULL if it has no steps: its times rise, its values are finite.
 * MOE_ERROR_VALUE, MOE_ERROR_NOT_FINITE, MOE_ERROR_MEMORY. */
int32_t moei_field_read(moe_context *context, moe_model *model, moei_reader *in, moe_field **field);

#endif
