/* spread.h - sums over ranks whose bits do not depend on how many ranks there are.
 *
 * A sum has `slabs` terms, in the order of the experts, and rank r holds those of one run of slabs. They are
 * added by the binary tree of moei_sum_rows over all slabs, whoever holds them. A rank forms the largest
 * subtrees that lie whole within its run; neighbouring runs are joined two by two, with what is now whole;
 * rank 0 ends with the root, and tells it to all. 2 log2(ranks) messages one after the other, of at most
 * 2 log2(slabs) rows.
 *
 * Every message carries how its ranks fare, so a sum is also where they find out that one of them has
 * failed: all of them then return that rank's status and sentence, and none is left waiting.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_SPREAD_H
#define MOEI_SPREAD_H

#include "base/base.h"

typedef struct moei_spread moei_spread;

/* The first slab of a rank's run, rank = size being the end: runs differ by one slab at most. */
int64_t moei_spread_first(int64_t slabs, int32_t size, int32_t rank);

/* Room for sums of `slabs` rows of at most `width` numbers over the ranks of the context, which must outlive
 * it. */
int32_t moei_spread_create(moe_context *context, int64_t slabs, int64_t width, moei_spread **spread);
void moei_spread_destroy(moei_spread *spread);

/* On every rank rows[0, :] = the sum over all slabs, given the rows of this rank's run, which are overwritten.
 * `status` is how this rank has fared so far, its sentence in the context; the result is the same on all. */
int32_t moei_spread_sum(moei_spread *spread, int32_t status, int64_t width, double *rows);

/* The part of it that needs no sum, and no memory: MOE_OK where all ranks come with it, else the status and the
 * sentence of the first that does not. */
int32_t moei_agree(moe_context *context, int32_t status);

/* What rank `root` has in data[0, bytes) reaches all. MOE_ERROR_CALLBACK if the communicator fails. */
int32_t moei_broadcast(moe_context *context, int32_t root, int64_t bytes, void *data);

/* data[0, bytes) of rank `from` > 0 reaches rank 0, which has room for it in its own; no other rank is asked. */
int32_t moei_hand_over(moe_context *context, int32_t from, int64_t bytes, void *data);

#endif
