/* bytes.c - little-endian numbers and their checksum, on any machine.
 *
 * SPDX-License-Identifier: MIT */
#include "base/bytes.h"

#include <string.h>

enum {
    NUMBER = 8,   /* bytes */
    CHUNK = 2048, /* numbers that are written at a time */
    MANY = 4096   /* bytes from which on the tables are worth making */
};

/* ---- checksum --------------------------------------------------------------------------------- */

static uint64_t shift_byte(uint64_t sum)
{
    for (int bit = 0; bit < 8; bit++)
        sum = sum >> 1 ^ (sum & 1 ? UINT64_C(0xC96C5795D7870F42) : 0);
    return sum;
}

/* Eight bytes at a time: table[k][b] is what byte b becomes with k bytes after it (Kounavis & Berry, IEEE
 * Trans. Comput. 57, 2008: slicing). Made anew each time, on the stack: the library keeps no state. */
static uint64_t sum_sliced(uint64_t sum, int64_t words, const uint8_t *bytes)
{
    uint64_t table[NUMBER][256];
    for (int b = 0; b < 256; b++)
        table[0][b] = shift_byte((uint64_t)b);
    for (int k = 1; k < NUMBER; k++)
        for (int b = 0; b < 256; b++)
            table[k][b] = table[k - 1][b] >> 8 ^ table[0][table[k - 1][b] & 0xFF];
    for (int64_t w = 0; w < words; w++, bytes += NUMBER) {
        uint64_t next = 0;
        for (int i = 0; i < NUMBER; i++)
            next ^= table[NUMBER - 1 - i][(sum >> 8 * i & 0xFF) ^ bytes[i]];
        sum = next;
    }
    return sum;
}

uint64_t moei_checksum(uint64_t before, int64_t count, const uint8_t *bytes)
{
    const int64_t words = count >= MANY ? count / NUMBER : 0;
    uint64_t sum = ~before;
    if (words)
        sum = sum_sliced(sum, words, bytes);
    for (int64_t i = words * NUMBER; i < count; i++)
        sum = shift_byte(sum ^ bytes[i]);
    return ~sum;
}

/* ---- writing ---------------------------------------------------------------------------------- */

static void pack(int64_t value, uint8_t *bytes)
{
    for (int i = 0; i < NUMBER; i++)
        bytes[i] = (uint8_t)((uint64_t)value >> 8 * i);
}

static void put(moei_writer *out, int64_t count, const uint8_t *bytes)
{
    out->checksum = moei_checksum(out->checksum, count, bytes);
    if (out->capacity - out->length >= count)
        memcpy(out->bytes + out->length, bytes, (size_t)count);
    out->length += count;
}

void moei_write_integer(moei_writer *out, int64_t value)
{
    uint8_t bytes[NUMBER];
    if (out->counts) {
        out->length += NUMBER;
        return;
    }
    pack(value, bytes);
    put(out, NUMBER, bytes);
}

void moei_write_integers(moei_writer *out, int64_t count, const int64_t *values)
{
    for (int64_t i = 0; i < count; i++)
        moei_write_integer(out, values[i]);
}

void moei_write_number(moei_writer *out, double value)
{
    moei_write_numbers(out, 1, &value);
}

void moei_write_numbers(moei_writer *out, int64_t count, const double *values)
{
    uint8_t bytes[CHUNK * NUMBER];
    if (out->counts) {
        out->length += count * NUMBER;
        return;
    }
    for (int64_t first = 0; first < count; first += CHUNK) {
        const int64_t some = count - first < CHUNK ? count - first : CHUNK;
        for (int64_t i = 0; i < some; i++) {
            int64_t bits;
            memcpy(&bits, &values[first + i], sizeof bits);
            pack(bits, bytes + i * NUMBER);
        }
        put(out, some * NUMBER, bytes);
    }
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
