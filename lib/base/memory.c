/* memory.c - zeroed, aligned blocks from the host's allocator, and products that cannot overflow.
 *
 * A block is laid out as  [raw pointer][padding] | 64-byte aligned data.
 *
 * SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

enum { ALIGNMENT = 64, HEADER = sizeof(void *) };

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
    char *raw = core->allocator.allocate(core->allocator.self, (size_t)size + HEADER + ALIGNMENT);
    if (!raw)
        return NULL;
    const uintptr_t data = ((uintptr_t)raw + HEADER + ALIGNMENT - 1) & ~(uintptr_t)(ALIGNMENT - 1);
    memcpy((void *)(data - HEADER), &raw, sizeof raw);
    return memset((void *)data, 0, (size_t)size);
}

void moei_free(moei_core *core, void *block)
{
    void *raw;
    if (!block)
        return;
    memcpy(&raw, (char *)block - HEADER, sizeof raw);
    core->allocator.release(core->allocator.self, raw);
}

int32_t moei_out_of_memory(moe_context *context, const char *what)
{
    return moei_fail(context, MOE_ERROR_MEMORY, "out of memory for %s", what);
}
