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
typedef void (*moei_state_writer)(const void *self, moei_writer *out);

/* *length <- the bytes of the sealed state, which go to bytes[capacity] unless capacity is 0;
 * MOE_ERROR_SIZE and nothing written if they are more. Arguments are checked. */
int32_t moei_seal_state(moe_context *context, const moei_seal *seal, moei_state_writer write,
                        const void *self, void *bytes, int64_t capacity, int64_t *length);

/* MOE_OK for bytes that are whole, of this kind and version, and not changed: *in then has what is between
 * the seal's ends. Else MOE_ERROR_VALUE and the reason. */
int32_t moei_need_sealed(moe_context *context, const moei_seal *seal, moei_reader *in);

#endif
