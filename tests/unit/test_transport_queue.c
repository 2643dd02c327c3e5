/* test_transport_queue.c - the queue against a table that is searched from end to end.
 *
 * SPDX-License-Identifier: MIT */
#include "unit/test_transport_support.h"

#include "transport/queue.h"

enum { NODES = 40 };

/* The least distance of the waiting nodes. */
static double least(const double *distance, const int *waiting)
{
    double out = INFINITY;
    for (int v = 0; v < NODES; v++)
        if (waiting[v])
            out = fmin(out, distance[v]);
    return out;
}

static void takes_the_nearest_each_time(void **state)
{
    (void)state;
    moei_queue queue;
    uint64_t seed = 1;
    assert_true(moei_queue_create(context->core, NODES, &queue));
    for (int round = 0; round < 200; round++) {
        double distance[NODES];
        int waiting[NODES] = {0}, settled[NODES] = {0};
        for (int step = 0; step < 150; step++) {
            const int64_t v = (int64_t)(NODES * test_uniform(&seed));
            const double d = floor(20 * test_uniform(&seed)); /* many ties */
            if (test_uniform(&seed) < 0.7) {
                const bool better = !settled[v] && (!waiting[v] || d < distance[v]);
                assert_int_equal(moei_queue_offer(&queue, v, d), better);
                if (better) {
                    distance[v] = d;
                    waiting[v] = 1;
                }
            } else if (settled[v]) {
                moei_queue_return(&queue, v, d);
                distance[v] = d;
                waiting[v] = 1;
                settled[v] = 0;
            } else {
                const double expected = least(distance, waiting);
                const int64_t nearest = moei_queue_take(&queue);
                assert_int_equal(nearest < 0, isinf(expected));
                if (nearest >= 0) {
                    assert_true(waiting[nearest] && distance[nearest] == expected);
                    assert_true(queue.distance[nearest] == expected);
                    waiting[nearest] = 0;
                    settled[nearest] = 1;
                }
            }
        }
        moei_queue_clear(&queue);
        for (int v = 0; v < NODES; v++)
            assert_int_equal(queue.place[v], MOEI_UNSEEN);
    }
    moei_queue_free(context->core, &queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(takes_the_nearest_each_time)};
    return cmocka_run_group_tests(tests, make_context, drop_context);
}
