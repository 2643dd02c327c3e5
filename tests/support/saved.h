/* saved.h - a flow's state in a block of just its size, for the sanitizers.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOE_TEST_SAVED_H
#define MOE_TEST_SAVED_H

#include "support/test.h"

#include "base/bytes.h"

#include <stdlib.h>

struct saved {
    uint8_t *bytes;
    int64_t length;
};

/* Of a flow that can be saved. */
static inline struct saved saved_flow(moe_context *context, moe_flow *flow)
{
    struct saved saved = {NULL, 0};
    int64_t again = 0;
    assert_ok(context, moe_flow_save(flow, NULL, 0, &saved.length));
    saved.bytes = malloc((size_t)saved.length);
    assert_ok(context, moe_flow_save(flow, saved.bytes, saved.length, &again));
    assert_int_equal(again, saved.length);
    return saved;
}

static inline void saved_free(struct saved *saved)
{
    free(saved->bytes);
    *saved = (struct saved){NULL, 0};
}

static inline void assert_same_state(const struct saved *a, const struct saved *b)
{
    assert_int_equal(a->length, b->length);
    for (int64_t i = 0; i < a->length; i++)
        if (a->bytes[i] != b->bytes[i])
            fail_msg("the states differ from byte %lld on", (long long)i);
}

/* word <- value, little-endian */
static inline void put_word(uint8_t *word, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        word[i] = (uint8_t)(value >> 8 * i);
}

/* The checksum of bytes that were changed is made right. */
static inline void saved_mend(uint8_t *bytes, int64_t length)
{
    put_word(bytes + length - 8, moei_checksum(0, length - 8, bytes));
}

#endif
