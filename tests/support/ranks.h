/* ranks.h - ranks in one process: threads with a context each, and a communicator that passes messages
 * between them.
 *
 *   ranks_run(size, threads, work, self);   work(self, rank, context) on every rank; asserts nothing in there
 *
 * What went wrong in `work` is for it to keep: assertions may leave the main thread only.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOE_TEST_RANKS_H
#define MOE_TEST_RANKS_H

#include "support/test.h"

enum { RANKS_MAX = 9 };

/* What a rank does wrong, if asked to: its communicator's send or receive number fail_at (from 1) returns
 * fail_with; allocation number fail_allocation of its work fails. */
struct rank_fault {
    int64_t fail_at;
    int32_t fail_with;
    int64_t fail_allocation;
};

typedef void (*rank_work)(void *self, int32_t rank, moe_context *context);
void ranks_run(int32_t size, int32_t threads, rank_work work, void *self);
/* faults: one a rank */
void ranks_run_with(int32_t size, int32_t threads, const struct rank_fault *faults, rank_work work,
                    void *self);

#endif
