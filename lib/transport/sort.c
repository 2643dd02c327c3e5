/* sort.c - radix sort of doubles, least significant digit first: 6 stable passes of 11 bits.
 *
 * The bits of a double, all flipped if it is negative and only the sign bit if not, order as unsigned
 * integers the way the doubles do. A pass in which all keys share the digit is left out.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/sort.h"

#include <string.h>

enum { BITS = 11, DIGITS = 6, VALUES = 1 << BITS };

static uint64_t ordered_bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

static unsigned digit(uint64_t key, int place)
{
    return (unsigned)(key >> (place * BITS)) & (VALUES - 1);
}

/* target <- source, stably by one digit. false, and nothing done, if it is the same in all keys. */
static int sort_by_digit(int64_t count, int place, const moei_sort_item *source, moei_sort_item *target)
{
    int64_t start[VALUES] = {0}, sum = 0;
    for (int64_t i = 0; i < count; i++)
        start[digit(source[i].key, place)]++;
    if (start[digit(source[0].key, place)] == count)
        return 0;
    for (int value = 0; value < VALUES; value++) {
        const int64_t here = start[value];
        start[value] = sum;
        sum += here;
    }
    for (int64_t i = 0; i < count; i++)
        target[start[digit(source[i].key, place)]++] = source[i];
    return 1;
}

void moei_sort(int64_t count, const double *x, moei_sort_item *item, moei_sort_item *spare)
{
    moei_sort_item *source = item, *target = spare;
    for (int64_t i = 0; i < count; i++)
        item[i] = (moei_sort_item){ordered_bits(x[i]), i};
    for (int place = 0; place < DIGITS && count > 1; place++)
        if (sort_by_digit(count, place, source, target)) {
            moei_sort_item *swap = source;
            source = target;
            target = swap;
        }
    if (source != item)
        memcpy(item, source, (size_t)count * sizeof *item);
}
