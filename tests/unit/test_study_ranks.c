/* test_study_ranks.c - a study whose replicas ranks share: the bytes of one rank's, and one status on all ranks.
 *
 * SPDX-License-Identifier: MIT */
#include "support/ranks.h"
#include "support/study.h"

#include <stdbool.h>
#include <stdlib.h>

enum { ROOM = 1 << 20 };

/* What a rank does, and the study that it is left with. */
struct run {
    int32_t culprit; /* the rank that is cancelled, or whose study is another; -1: none */
    int looks;       /* after which it is cancelled; 0: another study */
    double precision;
    struct {
        int32_t status, second;
        char sentence[512], *bytes;
        int64_t length;
    } rank[RANKS_MAX];
};

#define OWN run->rank[rank]

static void work(void *self, int32_t rank, moe_context *context)
{
    struct run *run = self;
    moe_study *study = NULL;
    int left = run->looks;
    const bool wrong = rank == run->culprit;
    int32_t status = make_study(context, 6, &study);
    if (!status)
        status = moe_study_set_replicas(study, 6, run->precision > 0 ? 14 : 6, run->precision);
    if (!status)
        status = moe_study_set_distances(study, 128, 32);
    if (!status && wrong && !run->looks)
        status = moe_study_set_seed(study, 99);
    if (!status && wrong && run->looks)
        status = moe_context_set_progress(context, cancel_after, &left);
    if (!status)
        status = moe_study_run(study);
    OWN.status = status;
    snprintf(OWN.sentence, sizeof OWN.sentence, "%s", moe_context_error(context));
    moe_context_set_progress(context, NULL, NULL);
    if (status && run->looks)
        OWN.second = moe_study_run(study);
    OWN.bytes = malloc(ROOM);
    if (!OWN.bytes || moe_study_save(study, OWN.bytes, ROOM, &OWN.length))
        OWN.length = 0;
    moe_study_destroy(study);
}

static void forget(struct run *run)
{
    for (int32_t rank = 0; rank < RANKS_MAX; rank++)
        free(run->rank[rank].bytes);
    memset(run, 0, sizeof *run);
}

static void same_bytes(const struct run *one, const struct run *many, int32_t size)
{
    assert_true(one->rank[0].length > 1000);
    for (int32_t rank = 0; rank < size; rank++) {
        assert_int_equal(many->rank[rank].length, one->rank[0].length);
        assert_memory_equal(many->rank[rank].bytes, one->rank[0].bytes, (size_t)one->rank[0].length);
    }
}

/* also where the precision decides how many there are, and where ranks are more than replicas */
static void test_same_bytes(void **state)
{
    (void)state;
    static struct run one, many;
    for (int precise = 0; precise < 2; precise++) {
        one = (struct run){.culprit = -1, .precision = precise ? 0.05 : 0};
        ranks_run(1, 1, work, &one);
        for (int32_t size = 2; size <= 9; size += size < 4 ? 1 : 5) {
            many = (struct run){.culprit = -1, .precision = precise ? 0.05 : 0};
            ranks_run(size, 1 + size % 2, work, &many);
            for (int32_t rank = 0; rank < size; rank++)
                assert_status_at(many.rank[rank].status, MOE_OK, many.rank[rank].sentence, __FILE__,
                                 __LINE__);
            same_bytes(&one, &many, size);
            forget(&many);
        }
        forget(&one);
    }
}

/* whenever one rank is cancelled all end, and go on to the same bytes */
static void test_cancel(void **state)
{
    (void)state;
    static struct run one, many;
    one = (struct run){.culprit = -1};
    ranks_run(1, 1, work, &one);
    int cancelled = 0;
    for (int looks = 1; looks < 4000; looks = looks * 3 + 1)
        for (int32_t culprit = 0; culprit < 3; culprit++) {
            many = (struct run){.culprit = culprit, .looks = looks};
            ranks_run(3, 1, work, &many);
            for (int32_t rank = 0; rank < 3; rank++) {
                assert_int_equal(many.rank[rank].status, many.rank[0].status);
                assert_int_equal(many.rank[rank].second, MOE_OK);
            }
            if (many.rank[0].status) {
                cancelled++;
                assert_int_equal(many.rank[0].status, MOE_ERROR_CANCELLED);
                assert_non_null(strstr(many.rank[(culprit + 1) % 3].sentence, "rank "));
            }
            same_bytes(&one, &many, 3);
            forget(&many);
        }
    assert_true(cancelled > 6);
    forget(&one);
}

/* a rank with another study is found out before any work */
static void test_unlike(void **state)
{
    (void)state;
    static struct run many;
    for (int32_t culprit = 0; culprit < 3; culprit++) {
        many = (struct run){.culprit = culprit};
        ranks_run(3, 1, work, &many);
        for (int32_t rank = 0; rank < 3; rank++) {
            assert_int_equal(many.rank[rank].status, MOE_ERROR_VALUE);
            assert_non_null(strstr(many.rank[rank].sentence, "seed"));
        }
        forget(&many);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_unlike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
