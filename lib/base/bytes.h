/* bytes.h - a state as bytes: little-endian numbers of 8 bytes, with a running checksum.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_BYTES_H
#define MOEI_BYTES_H

#include <stdbool.h>
#include <stdint.h>

/* CRC-64/XZ of a row of bytes, 0 for none: ECMA-182's polynomial (annex B), reflected, as in section 6 of the .xz
 * file format 1.0.4. It finds every change of at most 64 bits in a row. */
uint64_t moei_checksum(uint64_t before, int64_t count, const uint8_t *bytes);

/* Where bytes go to, as far as there is room: a writer of {0} only counts and sums up, and so makes a
 * fingerprint of what it is given. */
typedef struct moei_writer {
    uint8_t *bytes;
    int64_t capacity, length;
    uint64_t checksum; /* of all that was written */
    bool counts;       /* the length alone is wanted: nothing is written or summed up */
} moei_writer;

void moei_write_integer(moei_writer *out, int64_t value);
void moei_write_integers(moei_writer *out, int64_t count, const int64_t *values);
/* Bit by bit: NaN too. */
void moei_write_number(moei_writer *out, double value);
void moei_write_numbers(moei_writer *out, int64_t count, const double *values);

/* Where they come from. What is read beyond the end is 0, and `short_of` then true. */
typedef struct moei_reader {
    const uint8_t *bytes;
    int64_t length, at;
    bool short_of;
} moei_reader;

int64_t moei_read_integer(moei_reader *in);
double moei_read_number(moei_reader *in);
void moei_read_numbers(moei_reader *in, int64_t count, double *values);
/* Whether so many numbers are left: asked before memory is for a count that was read. */
bool moei_has_numbers(const moei_reader *in, int64_t count);

#endif
