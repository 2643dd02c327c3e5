/* state.h - a solved limit as bytes.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_LIMIT_STATE_H
#define MOEI_LIMIT_STATE_H

#include "base/bytes.h"
#include "limit/limit.h"

/* The result of a solved limit, its field with it if it is recorded. */
void moei_limit_write(const moe_limit *limit, moei_writer *out);

/* The limit of the same model, law and request, not solved yet, becomes that one, bit for bit.
 * MOE_ERROR_VALUE: the bytes are not those of such a limit; MOE_ERROR_MEMORY. */
int32_t moei_limit_read(moe_limit *limit, moei_reader *in);

#endif
