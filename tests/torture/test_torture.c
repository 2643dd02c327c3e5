/* test_torture.c - every walk with every failure: see torture.h.
 *
 *   test_torture [MOST]     at most so many failures of each kind in each walk, evenly spread; 0: all. 100
 *
 * SPDX-License-Identifier: MIT */
#include "torture/torture.h"

#include "base/bytes.h"

#include <stdbool.h>
#include <stdlib.h>

static long most = 100;

/* ---- the host's part --------------------------------------------------------------------------- */

int host_fails(struct torture *t, int32_t due)
{
    const long call = atomic_fetch_add(&t->calls, 1) + 1;
    if (t->injection != CALLBACK || call != t->fail_at)
        return 0;
    atomic_store(&t->due, due);
    t->fired = 1;
    return 1;
}

static void *allocate(void *self, size_t bytes)
{
    struct torture *t = self;
    void *block = failing_allocate(&t->memory, bytes);
    if (!block)
        atomic_store(&t->due, MOE_ERROR_MEMORY);
    return block;
}

static void release(void *self, void *block)
{
    failing_release(&((struct torture *)self)->memory, block);
}

int torture_expected(struct torture *t, int32_t status, const char *call)
{
    const int32_t due = atomic_load(&t->due);
    const bool found =
        status == MOE_ERROR_CHECK && due == MOE_ERROR_CALLBACK; /* by moe_expert_check, in its words */
    if (!due || (status != due && !found))
        return 0;
    atomic_store(&t->due, MOE_OK);
    t->failed++;
    snprintf(t->told, sizeof t->told, "%s", call);
    return 1;
}

void torture_report(struct torture *t, int32_t status, const char *call, const char *file, int line)
{
    if (!t->report[0]) /* the first is the cause */
        snprintf(t->report, sizeof t->report, "%s:%d: %.150s: %s: %s", file, line, call,
                 moe_status_name(status), moe_context_error(t->context));
}

void torture_bytes(struct torture *t, int64_t count, const void *bytes)
{
    t->digest = moei_checksum(t->digest, count, bytes);
}

void torture_note(struct torture *t, int64_t count, const double *numbers)
{
    torture_bytes(t, count * (int64_t)sizeof *numbers, numbers);
}

/* ---- one walk ---------------------------------------------------------------------------------- */

static void go(walk way, enum injection injection, long fail_at, struct torture *t)
{
    *t = (struct torture){.injection = injection, .fail_at = fail_at};
    t->memory.fail_at = injection == ALLOCATION ? fail_at : 0;
    const moe_allocator allocator = {sizeof allocator, t, allocate, release};
    TRY(moe_context_create(&allocator, &t->context));
    way(t);
done:
    moe_context_destroy(t->context);
}

static const char *const kinds[] = {"nothing", "allocation", "callback"};

static void hold(const struct torture *t, const struct torture *whole, const char *name)
{
    if (t->report[0])
        fail_msg("%s, %s %ld failed: %s", name, kinds[t->injection], t->fail_at, t->report);
    if (t->memory.live || t->objects)
        fail_msg("%s, %s %ld failed: %ld blocks and %ld of the host's objects are left", name,
                 kinds[t->injection], t->fail_at, (long)t->memory.live, (long)t->objects);
    if (t->digest != whole->digest)
        fail_msg("%s, %s %ld failed, in %s: other numbers than without", name, kinds[t->injection],
                 t->fail_at, t->told);
    if (t->injection == CALLBACK && t->failed != t->fired)
        fail_msg("%s, callback %ld failed, and no call told of it", name, t->fail_at);
}

/* Returns how many failures were tried. */
static long torture(const struct walks *of, const struct torture *whole, enum injection injection, long count)
{
    const long tries = most && count > most ? most : count;
    for (long i = 0; i < tries; i++) {
        struct torture t;
        go(of->walk, injection, count * i / tries + 1, &t);
        hold(&t, whole, of->name);
    }
    return tries;
}

static void torture_all(const struct walks *walks)
{
    for (; walks->walk; walks++) {
        struct torture whole;
        go(walks->walk, NOTHING, 0, &whole);
        hold(&whole, &whole, walks->name);
        const long allocations = torture(walks, &whole, ALLOCATION, whole.memory.calls);
        const long calls = torture(walks, &whole, CALLBACK, whole.calls);
        print_message("  %-22s %5ld of %6ld allocations, %5ld of %6ld calls of the host's\n", walks->name,
                      allocations, (long)whole.memory.calls, calls, (long)whole.calls);
    }
}

#define TEST(file)                                                                                           \
    static void test_##file(void **state)                                                                    \
    {                                                                                                        \
        (void)state;                                                                                         \
        torture_all(walks_##file);                                                                           \
    }
TEST(base)
TEST(measure)
TEST(model)
TEST(circuit)
TEST(flow)
TEST(limit)
TEST(study)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base),    cmocka_unit_test(test_measure), cmocka_unit_test(test_model),
        cmocka_unit_test(test_circuit), cmocka_unit_test(test_flow),    cmocka_unit_test(test_limit),
        cmocka_unit_test(test_study),
    };
    if (argc > 1)
        most = atol(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
