/* bytes.c - little-endian numbers and their checksum, on any machine.
 *
 * SPDX-License-Identifier: MIT */
#include "base/bytes.h"

#include <string.h>

enum { NUMBER = 8 }; /* bytes */

uint64_t moei_checksum(uint64_t before, int64_t count, const uint8_t *bytes)
{
    uint64_t sum = ~before;
    for (int64_t i = 0; i < count; i++) {
        sum ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            sum = sum >> 1 ^ (sum & 1 ? UINT64_C(0xC96C5795D7870F42) : 0);
    }
    return ~sum;
}

/* ---- writing ---------------------------------------------------------------------------------- */

void moei_write_integer(moei_writer *out, int64_t value)
{
    uint8_t bytes[NUMBER];
    if (out->counts) {
        out->length += NUMBER;
        return;
    }
    for (int i = 0; i < NUMBER; i++)
        bytes[i] = (uint8_t)((uint64_t)value >> 8 * i);
    out->checksum = moei_checksum(out->checksum, NUMBER, bytes);
    if (out->capacity - out->length >= NUMBER)
        memcpy(out->bytes + out->length, bytes, NUMBER);
    out->length += NUMBER;
}

void moei_write_integers(moei_writer *out, int64_t count, const int64_t *values)
{
    for (int64_t i = 0; i < count; i++)
        moei_write_integer(out, values[i]);
}

void moei_write_number(moei_writer *out, double value)
{
    int64_t bits;
    memcpy(&bits, &value, sizeof bits);
    moei_write_integer(out, bits);
}

void moei_write_numbers(moei_writer *out, int64_t count, const double *values)
{
    for (int64_t i = 0; i < count; i++)
        moei_write_number(out, values[i]);
}

/* ---- reading ---------------------------------------------------------------------------------- */

bool moei_has_numbers(const moei_reader *in, int64_t count)
{
    return count >= 0 && count <= (in->length - in->at) / NUMBER;
}

int64_t moei_read_integer(moei_reader *in)
{
    uint64_t value = 0;
    if (!moei_has_numbers(in, 1)) {
        in->short_of = true;
        return 0;
    }
    for (int i = 0; i < NUMBER; i++)
        value |= (uint64_t)in->bytes[in->at++] << 8 * i;
    return (int64_t)value;
}

double moei_read_number(moei_reader *in)
{
    const int64_t bits = moei_read_integer(in);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

void moei_read_numbers(moei_reader *in, int64_t count, double *values)
{
    for (int64_t i = 0; i < count; i++)
        values[i] = moei_read_number(in);
}
