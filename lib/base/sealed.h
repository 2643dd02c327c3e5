/* sealed.h - what is around every state that the library gives out as bytes.
 *
 *   magic  version  length  |  the state  |  checksum        numbers of 8 bytes, little-endian (bytes.h)
 *
 * The magic number names the kind ("moestudy", "moe_flow"), the length is that of all bytes, the checksum
 * that of all before it. So bytes that are foreign, of a newer format, cut or changed are told apart before
 * anything is made of them.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_SEALED_H
#define MOEI_SEALED_H

#include "base/base.h"
#include "base/bytes.h"

typedef struct moei_seal {
    int64_t magic, version;
    const char *what; /* "study", "flow": for sentences */
} moei_seal;

/* Writes what is between the seal's ends; the same number of bytes whenever it is called for one `self`. */
typedef void (*moei_state_writer)(void *self, moei_writer *out);

/* The bytes of the sealed state. */
int64_t moei_seal_length(moei_state_writer write, void *self);

/* MOE_ERROR_SIZE if there is room for some bytes, but not for that many. */
int32_t moei_seal_fits(moe_context *context, const moei_seal *seal, int64_t capacity, int64_t length);

/* bytes[length] <- the sealed state, which has that length. */
void moei_seal_write(const moei_seal *seal, moei_state_writer write, void *self, void *bytes, int64_t length);

/* MOE_OK for bytes that are whole, of this kind and version, and not changed: *in then has what is between
 * the seal's ends. Else MOE_ERROR_VALUE and the reason. */
int32_t moei_need_sealed(moe_context *context, const moei_seal *seal, moei_reader *in);

#endif
