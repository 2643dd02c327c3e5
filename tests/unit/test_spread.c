/* test_spread.c - sums over ranks, against the same sums on one; agreement, and a communicator that fails.
 *
 * SPDX-License-Identifier: MIT */
#include "support/ranks.h"

#include "base/spread.h"

#include <stdlib.h>

enum { WIDTH = 3, SLABS = 70 };

struct sums {
    int64_t slabs;
    int32_t size;
    double rows[SLABS * WIDTH];
    double sum[RANKS_MAX][WIDTH];
    int32_t status[RANKS_MAX];
    /* of the ranks that fail: their own statuses */
    int32_t own[RANKS_MAX];
    char sentence[RANKS_MAX][512];
};

static void add(void *self, int32_t rank, moe_context *context)
{
    struct sums *sums = self;
    moei_spread *spread = NULL;
    double mine[SLABS * WIDTH] = {0};
    const int64_t first = moei_spread_first(sums->slabs, sums->size, rank);
    const int64_t end = moei_spread_first(sums->slabs, sums->size, rank + 1);
    memcpy(mine, sums->rows + first * WIDTH, (size_t)((end - first) * WIDTH) * sizeof *mine);
    sums->status[rank] = moei_spread_create(context, sums->slabs, WIDTH, &spread);
    if (sums->status[rank])
        return;
    if (sums->own[rank])
        moei_fail(context, sums->own[rank], "own %d", (int)rank);
    sums->status[rank] = moei_spread_sum(spread, sums->own[rank], WIDTH, mine);
    snprintf(sums->sentence[rank], sizeof sums->sentence[rank], "%s", moe_context_error(context));
    memcpy(sums->sum[rank], mine, sizeof sums->sum[rank]);
    moei_spread_destroy(spread);
}

/* every number of slabs over every number of ranks, also more ranks than slabs: the bits of one rank */
static void test_sums(void **state)
{
    (void)state;
    struct sums sums;
    uint64_t seed = 1;
    for (int64_t slabs = 1; slabs <= SLABS; slabs += slabs < 20 ? 1 : 7)
        for (int32_t size = 1; size <= RANKS_MAX; size++) {
            double whole[SLABS * WIDTH];
            sums = (struct sums){.slabs = slabs, .size = size};
            for (int64_t j = 0; j < slabs * WIDTH; j++)
                whole[j] = sums.rows[j] = (test_uniform(&seed) - 0.5) * pow(10, 8 * test_uniform(&seed));
            moei_sum_rows(slabs, WIDTH, whole);
            ranks_run(size, 1, add, &sums);
            for (int32_t r = 0; r < size; r++) {
                assert_int_equal(sums.status[r], MOE_OK);
                assert_memory_equal(sums.sum[r], whole, sizeof sums.sum[r]);
            }
        }
}

/* runs are whole, in order, and differ by one slab at most */
static void test_runs(void **state)
{
    (void)state;
    for (int64_t slabs = 0; slabs < 100; slabs++)
        for (int32_t size = 1; size < 20; size++) {
            assert_int_equal(moei_spread_first(slabs, size, 0), 0);
            assert_int_equal(moei_spread_first(slabs, size, size), slabs);
            for (int32_t r = 0; r < size; r++) {
                const int64_t own = moei_spread_first(slabs, size, r + 1) - moei_spread_first(slabs, size, r);
                assert_true(own == slabs / size || own == slabs / size + 1);
            }
        }
    /* nor does a rank's first overflow, however many slabs there are */
    assert_int_equal(moei_spread_first(INT64_MAX, INT32_MAX, INT32_MAX), INT64_MAX);
}

/* whoever fails, all return the status and the sentence of the first rank that did */
static void test_failures(void **state)
{
    (void)state;
    for (int32_t size = 2; size <= 6; size++)
        for (int32_t bad = 0; bad < size; bad++)
            for (int32_t worse = bad; worse < size; worse++) {
                struct sums sums = {.slabs = 4, .size = size};
                char words[64];
                sums.own[worse] = MOE_ERROR_MEMORY;
                sums.own[bad] = MOE_ERROR_CANCELLED;
                snprintf(words, sizeof words, "rank %d: own %d", (int)bad, (int)bad);
                ranks_run(size, 1, add, &sums);
                for (int32_t r = 0; r < size; r++) {
                    assert_int_equal(sums.status[r], MOE_ERROR_CANCELLED);
                    assert_string_equal(sums.sentence[r], words);
                }
            }
}

/* after a failed message the ranks are out of step: no rank hangs, none sends again, all say why */
static void test_broken(void **state)
{
    (void)state;
    for (int32_t size = 2; size <= 5; size++)
        for (int32_t bad = 0; bad < size; bad++) {
            struct sums sums = {.slabs = 16, .size = size};
            struct rank_fault faults[RANKS_MAX] = {0};
            faults[bad] = (struct rank_fault){.fail_at = 1, .fail_with = 7};
            ranks_run_with(size, 1, faults, add, &sums);
            assert_int_equal(sums.status[bad], MOE_ERROR_CALLBACK);
            assert_non_null(strstr(sums.sentence[bad], "communicator's"));
            assert_non_null(strstr(sums.sentence[bad], "returned 7"));
        }
}

static void test_lost(void **state)
{
    (void)state;
    moe_context *context;
    assert_ok(NULL, moe_context_create(NULL, &context));
    assert_int_equal(moe_context_rank(context), 0);
    assert_int_equal(moe_context_ranks(context), 1);
    assert_int_equal(moe_context_rank(NULL), 0);
    assert_int_equal(moe_context_ranks(NULL), 0);
    context->lost = true;
    context->communicator.size = 2;
    assert_fails(context, MOE_ERROR_CALLBACK, "failed before", moei_agree(context, MOE_OK));
    context->communicator.size = 1;
    moe_context_destroy(context);
}

static int32_t never(void *self, int32_t to, int64_t bytes, const void *data)
{
    (void)self, (void)to, (void)bytes, (void)data;
    return -1;
}

static int32_t never_either(void *self, int32_t from, int64_t bytes, void *data)
{
    (void)self, (void)from, (void)bytes, (void)data;
    return -1;
}

static void count(void *self)
{
    ++*(int *)self;
}

/* what is no communicator is refused, by name, and the one before stays */
static void test_setting(void **state)
{
    (void)state;
    moe_context *context;
    int destroyed = 0;
    const moe_communicator good = {sizeof good, &destroyed, 1, 3, never, never_either, count};
    moe_communicator bad = good;
    assert_ok(NULL, moe_context_create(NULL, &context));
    assert_int_equal(moe_context_set_communicator(NULL, &good), MOE_ERROR_NULL);
    assert_ok(context, moe_context_set_communicator(context, &good));
    bad.send = NULL;
    assert_fails(context, MOE_ERROR_VTABLE, "send", moe_context_set_communicator(context, &bad));
    bad = good;
    bad.receive = NULL;
    assert_fails(context, MOE_ERROR_VTABLE, "receive", moe_context_set_communicator(context, &bad));
    bad = good;
    bad.rank = 3;
    assert_fails(context, MOE_ERROR_VALUE, "rank is 3", moe_context_set_communicator(context, &bad));
    bad.rank = -1;
    assert_fails(context, MOE_ERROR_VALUE, "rank is -1", moe_context_set_communicator(context, &bad));
    bad.size = 0;
    assert_fails(context, MOE_ERROR_VALUE, "size is 0", moe_context_set_communicator(context, &bad));
    bad.struct_size = 8;
    assert_fails(context, MOE_ERROR_STRUCT_SIZE, "struct_size", moe_context_set_communicator(context, &bad));
    assert_int_equal(moe_context_rank(context), 1);
    assert_int_equal(moe_context_ranks(context), 3);
    assert_int_equal(destroyed, 0);
    assert_ok(context, moe_context_set_communicator(context, NULL));
    assert_int_equal(moe_context_ranks(context), 1);
    assert_int_equal(destroyed, 1);
    assert_ok(context, moe_context_set_communicator(context, &good));
    moe_context_destroy(context);
    assert_int_equal(destroyed, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums),   cmocka_unit_test(test_runs), cmocka_unit_test(test_failures),
        cmocka_unit_test(test_broken), cmocka_unit_test(test_lost), cmocka_unit_test(test_setting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
