/* partition.h - how N experts are cut into blocks and slabs: the backbone of reproducible sums.
 *
 * A block is what one callback gets. A slab is a run of consecutive blocks whose sum is formed in order;
 * the sums of the slabs are added by moei_sum_rows' tree. Block, slab and tree depend on N and on the
 * sizes of the problem alone, never on threads or ranks, so neither do the bits.
 *
 * Where ranks share the experts each has the run of slabs that moei_spread_first gives it; tasks, slabs' rows
 * and experts are then counted from its own first.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_PARTITION_H
#define MOEI_PARTITION_H

#include "base/spread.h"

typedef struct moei_partition {
    int64_t experts, block, blocks, slabs; /* in all */
    int64_t from, to;                      /* the slabs of this rank: 0 and slabs where nothing is spread */
    moei_spread *spread;                   /* borrowed; NULL where nothing is */
} moei_partition;

/* block_cost: doubles of scratch for one expert; slab_cost: doubles that each slab keeps. 256 slabs are work
 * for any number of threads; beyond a million experts there are more, for ranks, of 64 blocks at least. */
static inline moei_partition moei_partition_of(int64_t experts, int64_t block_cost, int64_t slab_cost)
{
    const int64_t block_budget = 1 << 17, slab_budget = 1 << 22; /* 1 MiB: in cache; 32 MiB in all */
    moei_partition cut = {.experts = experts, .block = 64};
    while (cut.block > 1 && cut.block * block_cost > block_budget)
        cut.block /= 2;
    cut.blocks = (experts + cut.block - 1) / cut.block;
    cut.slabs = cut.blocks < 256 ? cut.blocks : cut.blocks / 64 < 256 ? 256 : cut.blocks / 64;
    while (cut.slabs > 1 && cut.slabs > slab_budget / (slab_cost > 0 ? slab_cost : 1))
        cut.slabs = (cut.slabs + 1) / 2;
    cut.to = cut.slabs;
    return cut;
}

/* The index of the first expert of a slab; the number of experts for the slab after the last. */
static inline int64_t moei_slab_start(const moei_partition *cut, int64_t slab)
{
    const int64_t each = cut->blocks / cut->slabs, more = cut->blocks % cut->slabs;
    const int64_t first = (slab * each + (slab < more ? slab : more)) * cut->block;
    return first < cut->experts ? first : cut->experts;
}

/* This rank's part of a sum. */
static inline void moei_partition_spread(moei_partition *cut, moei_spread *spread, int32_t size, int32_t rank)
{
    cut->spread = spread;
    cut->from = moei_spread_first(cut->slabs, size, rank);
    cut->to = moei_spread_first(cut->slabs, size, rank + 1);
}

/* The slabs and experts of this rank. */
static inline int64_t moei_own_slabs(const moei_partition *cut)
{
    return cut->to - cut->from;
}
static inline int64_t moei_own_experts(const moei_partition *cut)
{
    return moei_slab_start(cut, cut->to) - moei_slab_start(cut, cut->from);
}

/* The experts of a rank of `size`, *first being its first one. */
static inline int64_t moei_rank_experts(const moei_partition *cut, int32_t size, int32_t rank, int64_t *first)
{
    moei_partition of = *cut;
    moei_partition_spread(&of, NULL, size, rank);
    *first = moei_slab_start(&of, of.from);
    return moei_own_experts(&of);
}

/* Where own slab s = 0 ... moei_own_slabs begins among the own experts. */
static inline int64_t moei_own_start(const moei_partition *cut, int64_t s)
{
    return moei_slab_start(cut, cut->from + s) - moei_slab_start(cut, cut->from);
}

/* Experts of the block that begins at `first` in a slab that ends at `end`. */
static inline int64_t moei_block_count(const moei_partition *cut, int64_t first, int64_t end)
{
    return end - first < cut->block ? end - first : cut->block;
}

/* rows[0, :] <- the sum over all slabs, of all ranks, given a row for each own one. `status` is how this rank
 * has fared; the same is returned on all ranks. */
static inline int32_t moei_sum_slabs(const moei_partition *cut, int32_t status, int64_t width, double *rows)
{
    if (cut->spread)
        return moei_spread_sum(cut->spread, status, width, rows);
    if (!status)
        moei_sum_rows(cut->slabs, width, rows);
    return status;
}

#endif
