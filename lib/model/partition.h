/* partition.h - how N experts are cut into blocks and slabs: the backbone of reproducible sums.
 *
 * A block is what one callback gets. A slab is a run of consecutive blocks whose sum is formed in order;
 * the sums of the slabs are added by moei_sum_rows' tree. Block, slab and tree depend on N and on the
 * sizes of the problem alone, never on threads, so neither do the bits.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_PARTITION_H
#define MOEI_PARTITION_H

#include <stdint.h>

typedef struct moei_partition {
    int64_t experts, block, blocks, slabs;
} moei_partition;

/* block_cost: doubles of scratch for one expert; slab_cost: doubles that each slab keeps. */
static inline moei_partition moei_partition_of(int64_t experts, int64_t block_cost, int64_t slab_cost)
{
    const int64_t block_budget = 1 << 17, slab_budget = 1 << 22; /* 1 MiB: in cache; 32 MiB in all */
    moei_partition cut = {.experts = experts, .block = 64};
    while (cut.block > 1 && cut.block * block_cost > block_budget)
        cut.block /= 2;
    cut.blocks = (experts + cut.block - 1) / cut.block;
    cut.slabs = cut.blocks < 256 ? cut.blocks : 256;
    while (cut.slabs > 1 && cut.slabs * slab_cost > slab_budget)
        cut.slabs = (cut.slabs + 1) / 2;
    return cut;
}

/* Slab s is the blocks [first(s), first(s + 1)); written so that s * blocks cannot overflow. */
static inline int64_t moei_slab_first_block(const moei_partition *cut, int64_t s)
{
    const int64_t each = cut->blocks / cut->slabs, more = cut->blocks % cut->slabs;
    return s * each + (s < more ? s : more);
}

static inline int64_t moei_block_count(const moei_partition *cut, int64_t b)
{
    const int64_t left = cut->experts - b * cut->block;
    return left < cut->block ? left : cut->block;
}

#endif
