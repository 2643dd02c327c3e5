/* memory.c - zeroed, aligned blocks from the host's allocator or from files, and products that cannot overflow.
 *
 * A block is laid out as  [padding][head] | 64-byte aligned data.
 *
 * SPDX-License-Identifier: MIT */
#include "base/base.h"
#include "base/mapping.h"

#include <string.h>

/* Where a block really begins, and of how many bytes its file is; 0: it is the allocator's. */
typedef struct {
    void *raw;
    size_t mapped;
} head;

enum { ALIGNMENT = 64, HEADER = sizeof(head) };

int64_t moei_mul(int64_t a, int64_t b)
{
    int64_t product;
    if (a < 0 || b < 0 || __builtin_mul_overflow(a, b, &product))
        return -1;
    return product;
}

int64_t moei_worker_bytes(int64_t a, int64_t b)
{
    return a > INT64_MAX - b - ALIGNMENT ? INT64_MAX : (a + b + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

void *moei_alloc(moei_core *core, int64_t count, size_t bytes)
{
    const int64_t size = moei_mul(count, (int64_t)bytes);
    if (size < 0 || size > PTRDIFF_MAX - ALIGNMENT - HEADER)
        return NULL;
    const size_t whole = (size_t)size + HEADER + ALIGNMENT;
    head mine = {.mapped = core->directory && size >= core->mapped_from ? whole : 0};
    if (mine.mapped && moei_map_block(core->directory, whole, &mine.raw))
        return NULL;
    if (!mine.mapped)
        mine.raw = core->allocator.allocate(core->allocator.self, whole);
    if (!mine.raw)
        return NULL;
    const uintptr_t data = ((uintptr_t)mine.raw + HEADER + ALIGNMENT - 1) & ~(uintptr_t)(ALIGNMENT - 1);
    memcpy((void *)(data - HEADER), &mine, sizeof mine);
    return mine.mapped ? (void *)data : memset((void *)data, 0, (size_t)size);
}

void moei_free(moei_core *core, void *block)
{
    head mine;
    if (!block)
        return;
    memcpy(&mine, (char *)block - HEADER, sizeof mine);
    if (mine.mapped)
        moei_unmap_block(mine.raw, mine.mapped);
    else
        core->allocator.release(core->allocator.self, mine.raw);
}

int32_t moei_out_of_memory(moe_context *context, const char *what)
{
    return moei_fail(context, MOE_ERROR_MEMORY, "out of memory for %s", what);
}
