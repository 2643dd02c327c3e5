/* sort.h - ascending order of a million doubles in a few passes.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_SORT_H
#define MOEI_SORT_H

#include <stdint.h>

typedef struct moei_sort_item {
    uint64_t key;
    int64_t index;
} moei_sort_item;

/* item[i].index <- the place in x of the i-th smallest, equal values in the order of their places; NaN-free.
 * `item` and `spare` have `count` items each. */
void moei_sort(int64_t count, const double *x, moei_sort_item *item, moei_sort_item *spare);

#endif
