/* order.c - the order of a million points of a line or a circle in two passes.
 *
 *   1. key = floor((x - low) scale), 32 bits, monotone in x; word = (key, place). All digits are counted.
 *   2. Radix sort of the words by the leading 22 bits of the key, 33 for more than 2^21 points, least
 *      significant digit first; stable.
 *   3. Coordinates are fetched in that order. What shares its leading bits is put right by insertion; a
 *      group in which that takes long (many points in a small part of the range) is sorted by all bits of
 *      its doubles (sort.c).
 *
 * So it is near O(n) where points are spread, with 8 bytes moved a point and pass, and never worse than the
 * sort by all bits. The order is that of the doubles, whatever the keys.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/order.h"
#include "transport/reduce.h"
#include "transport/sort.h"

#include <string.h>

enum { BITS = 11, VALUES = 1 << BITS, MOST_DIGITS = 3, PATIENCE = 48 };

typedef struct {
    int64_t count;
    int digits;
    uint64_t *word, *spare;
    uint32_t start[MOST_DIGITS][VALUES];
    moei_sort_item *item, *item_spare; /* for the largest group that needed them */
    int64_t room;
} sorter;

/* Digit `place` of a word, 0 the most significant of its key; the last of three has one bit of the place. */
static unsigned digit(uint64_t word, int place)
{
    return (unsigned)(word >> (64 - BITS * (place + 1))) & (VALUES - 1);
}

/* The lowest coordinate and the extent, scaled, and halved: from the lowest of all doubles to the highest is one too. */
static void find_range(const moe_measure *measure, double unit, double *low, double *extent)
{
    const double half = measure->period[0] / 2;
    double least = -half, largest = half;
    if (isinf(half)) {
        least = largest = measure->points[0];
        for (int64_t i = 1; i < measure->count; i++) {
            const double x = measure->points[i];
            least = x < least ? x : least;
            largest = x > largest ? x : largest;
        }
    }
    *low = 0.5 * least * unit;
    *extent = 0.5 * largest * unit - *low;
}

static void make_words(const moe_measure *measure, double unit, bool all, sorter *at)
{
    const double half = measure->period[0] / 2;
    double low, extent;
    find_range(measure, unit, &low, &extent);
    const double scale = extent > 0 ? fmin(0x1.fffffp31 / extent, 0x1p1000) : 0;
    for (int64_t i = 0; i < measure->count; i++) {
        if (!all && !(measure->weights[i] > 0))
            continue;
        const double x = 0.5 * moei_reduced(measure->points[i], half) * unit;
        const uint64_t word = (uint64_t)(int64_t)((x - low) * scale) << 32 | (uint64_t)i;
        at->start[0][digit(word, 0)]++;
        at->start[1][digit(word, 1)]++;
        if (at->digits > 2)
            at->start[2][digit(word, 2)]++;
        at->word[at->count++] = word;
    }
}

static void sort_words(sorter *at)
{
    for (int place = at->digits - 1; place >= 0; place--) {
        uint32_t *start = at->start[place], sum = 0;
        for (int value = 0; value < VALUES; value++) {
            const uint32_t here = start[value];
            start[value] = sum;
            sum += here;
        }
        for (int64_t i = 0; i < at->count; i++)
            at->spare[start[digit(at->word[i], place)]++] = at->word[i];
        uint64_t *swap = at->word;
        at->word = at->spare;
        at->spare = swap;
    }
}

/* Sorts the places [first, end), which share the digits sorted so far. */
static bool sort_group(moei_core *core, sorter *at, int64_t first, int64_t end, moei_order *order)
{
    const int64_t count = end - first;
    if (count > at->room) {
        moei_free(core, at->item);
        moei_free(core, at->item_spare);
        at->room = 2 * count;
        at->item = MOEI_NEW(core, at->room, moei_sort_item);
        at->item_spare = MOEI_NEW(core, at->room, moei_sort_item);
        if (!at->item || !at->item_spare)
            return false;
    }
    moei_sort(count, order->x + first, at->item, at->item_spare);
    for (int64_t i = 0; i < count; i++) {
        const int64_t from = first + at->item[i].index;
        at->spare[first + i] = (uint64_t)order->index[from];
        memcpy(&at->item_spare[i].key, &order->x[from], sizeof(double));
    }
    for (int64_t i = 0; i < count; i++) {
        order->index[first + i] = (uint32_t)at->spare[first + i];
        memcpy(&order->x[first + i], &at->item_spare[i].key, sizeof(double));
    }
    return true;
}

/* Puts place i among those before it. false: it takes more than PATIENCE steps; nothing done. */
static bool insert(moei_order *order, int64_t i)
{
    const double x = order->x[i];
    const uint32_t index = order->index[i];
    int64_t to = i - 1;
    while (to > 0 && order->x[to - 1] > x)
        if (i - --to > PATIENCE)
            return false;
    memmove(order->x + to + 1, order->x + to, (size_t)(i - to) * sizeof *order->x);
    memmove(order->index + to + 1, order->index + to, (size_t)(i - to) * sizeof *order->index);
    order->x[to] = x;
    order->index[to] = index;
    return true;
}

/* Puts right what the digits left in the order of the places. */
static bool mend(moei_core *core, sorter *at, moei_order *order)
{
    const int shift = 64 - BITS * at->digits < 32 ? 32 : 64 - BITS * at->digits;
    for (int64_t i = 1; i < order->count; i++) {
        if (!(order->x[i] < order->x[i - 1]) || insert(order, i))
            continue;
        const uint64_t group = at->word[i] >> shift;
        int64_t first = i, end = i;
        while (first > 0 && at->word[first - 1] >> shift == group)
            first--;
        while (end < order->count && at->word[end] >> shift == group)
            end++;
        if (!sort_group(core, at, first, end, order))
            return false;
        i = end - 1;
    }
    return true;
}

static bool fill(moei_core *core, const moe_measure *measure, double unit, bool all, sorter *at,
                 moei_order *order)
{
    const double half = measure->period[0] / 2;
    at->digits = measure->count > (int64_t)1 << 21 ? 3 : 2;
    make_words(measure, unit, all, at);
    sort_words(at);
    order->count = at->count;
    for (int64_t i = 0; i < at->count; i++) { /* nothing else, so that the fetches overlap */
        order->index[i] = (uint32_t)at->word[i];
        order->x[i] = measure->points[order->index[i]];
    }
    for (int64_t i = 0; i < at->count; i++)
        order->x[i] = moei_reduced(order->x[i], half) * unit;
    return mend(core, at, order);
}

int32_t moei_order_create(moe_context *context, const moe_measure *measure, double unit, bool all,
                          moei_order *order)
{
    moei_core *core = context->core;
    const int64_t n = measure->count;
    *order = (moei_order){0};
    if (n > MOEI_ORDER_LIMIT)
        return moei_fail(context, MOE_ERROR_UNSUPPORTED,
                         "a measure has %lld points; in one dimension this version takes %d", (long long)n,
                         (int)MOEI_ORDER_LIMIT);
    sorter *at = MOEI_NEW(core, 1, sorter);
    bool done = false;
    order->index = MOEI_NEW(core, n, uint32_t);
    order->x = MOEI_NEW(core, n, double);
    if (at && order->index && order->x) {
        at->word = MOEI_NEW(core, n, uint64_t);
        at->spare = MOEI_NEW(core, n, uint64_t);
        done = at->word && at->spare && fill(core, measure, unit, all, at, order);
        moei_free(core, at->item_spare);
        moei_free(core, at->item);
        moei_free(core, at->spare);
        moei_free(core, at->word);
    }
    moei_free(core, at);
    return done ? MOE_OK : moei_out_of_memory(context, "the order of the points of a distance");
}

void moei_order_free(moei_core *core, moei_order *order)
{
    moei_free(core, order->index);
    moei_free(core, order->x);
}
