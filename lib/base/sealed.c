/* sealed.c - states closed and opened: kind, format, length, checksum.
 *
 * SPDX-License-Identifier: MIT */
#include "base/sealed.h"

enum { WORD = 8, LEAST = 4 * WORD };

/* ---- closing ---------------------------------------------------------------------------------- */

int64_t moei_seal_length(moei_state_writer write, void *self)
{
    moei_writer count = {.counts = true};
    write(self, &count);
    return count.length + LEAST;
}

int32_t moei_seal_fits(moe_context *context, const moei_seal *seal, int64_t capacity, int64_t length)
{
    if (capacity == 0 || capacity >= length)
        return MOE_OK;
    return moei_fail(context, MOE_ERROR_SIZE, "capacity is %lld; the %s has %lld bytes", (long long)capacity,
                     seal->what, (long long)length);
}

void moei_seal_write(const moei_seal *seal, moei_state_writer write, void *self, void *bytes, int64_t length)
{
    moei_writer out = {.bytes = bytes, .capacity = length};
    moei_write_integer(&out, seal->magic);
    moei_write_integer(&out, seal->version);
    moei_write_integer(&out, length);
    write(self, &out);
    moei_write_integer(&out, (int64_t)out.checksum);
}

/* ---- opening ---------------------------------------------------------------------------------- */

int32_t moei_need_sealed(moe_context *context, const moei_seal *seal, moei_reader *in)
{
    const char *what = seal->what;
    if (in->length < LEAST)
        return moei_fail(context, MOE_ERROR_VALUE, "bytes are not a saved %s: there are only %lld", what,
                         (long long)in->length);
    if (moei_read_integer(in) != seal->magic)
        return moei_fail(context, MOE_ERROR_VALUE, "bytes are not a saved %s: they begin otherwise", what);
    const int64_t version = moei_read_integer(in), length = moei_read_integer(in);
    if (version != seal->version)
        return moei_fail(context, MOE_ERROR_VALUE,
                         "bytes are a saved %s of format %lld; this library reads format %lld", what,
                         (long long)version, (long long)seal->version);
    if (length != in->length)
        return moei_fail(context, MOE_ERROR_VALUE,
                         "bytes are a saved %s of %lld bytes, of which %lld were given", what,
                         (long long)length, (long long)in->length);
    moei_reader last = {.bytes = in->bytes, .length = length, .at = length - WORD};
    if ((uint64_t)moei_read_integer(&last) != moei_checksum(0, length - WORD, in->bytes))
        return moei_fail(context, MOE_ERROR_VALUE,
                         "bytes are not a saved %s: their checksum is wrong, so they were changed", what);
    in->length -= WORD;
    return MOE_OK;
}
