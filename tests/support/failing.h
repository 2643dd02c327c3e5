/* failing.h - an allocator that counts, and fails the k-th allocation; and the sweep over every k.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOE_TEST_FAILING_H
#define MOE_TEST_FAILING_H

#include "support/test.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Zero it, set fail_at, pass failing_allocator(&it) to moe_context_create. */
struct failing {
    atomic_long calls; /* allocations asked for so far, the failed one included          */
    atomic_long live;  /* blocks allocated and not yet released: 0 when all is destroyed */
    long fail_at;      /* the allocation that returns NULL, counted from 1; 0: none does */
};

static inline void *failing_allocate(void *self, size_t bytes)
{
    struct failing *state = self;
    if (atomic_fetch_add(&state->calls, 1) + 1 == state->fail_at)
        return NULL;
    void *block = malloc(bytes);
    if (block)
        atomic_fetch_add(&state->live, 1);
    return block;
}

static inline void failing_release(void *self, void *block)
{
    struct failing *state = self;
    atomic_fetch_sub(&state->live, 1);
    free(block);
}

static inline moe_allocator failing_allocator(struct failing *state)
{
    const moe_allocator allocator = {sizeof allocator, state, failing_allocate, failing_release};
    return allocator;
}

/* Runs `work` in a fresh context once for each k = 1, 2, ... with the k-th allocation failing, until
 * none fails. `work` returns the status of the first call that failed, having destroyed whatever it
 * made; it must not assert. Every failure must be MOE_ERROR_MEMORY and leave no block alive. Returns
 * the number of allocations that were made to fail. */
static inline long failing_sweep(int32_t (*work)(moe_context *context, void *self), void *self)
{
    for (long k = 1;; k++) {
        struct failing state = {.fail_at = k};
        const moe_allocator allocator = failing_allocator(&state);
        moe_context *context = NULL;
        int32_t status = moe_context_create(&allocator, &context);
        if (!status)
            status = work(context, self);
        char error[512] = "";
        snprintf(error, sizeof error, "%s", moe_context_error(context));
        moe_context_destroy(context);
        if (atomic_load(&state.live) != 0)
            fail_msg("allocation %ld failed: %ld blocks are left", k, atomic_load(&state.live));
        if (atomic_load(&state.calls) < k) { /* nothing failed any more */
            assert_status_at(status, MOE_OK, error, __FILE__, __LINE__);
            return k - 1;
        }
        assert_status_at(status, MOE_ERROR_MEMORY, error, __FILE__, __LINE__);
    }
}

#endif
