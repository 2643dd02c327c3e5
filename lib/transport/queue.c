/* queue.c - nodes by least distance: a binary heap that knows each node's place, for Dijkstra's method.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/queue.h"

bool moei_queue_create(moei_core *core, int64_t nodes, moei_queue *queue)
{
    *queue = (moei_queue){.heap = MOEI_NEW(core, nodes, int64_t),
                          .place = MOEI_NEW(core, nodes, int64_t),
                          .distance = MOEI_NEW(core, nodes, double),
                          .trail = MOEI_NEW(core, nodes, int64_t)};
    if (!queue->heap || !queue->place || !queue->distance || !queue->trail)
        return false;
    for (int64_t node = 0; node < nodes; node++)
        queue->place[node] = MOEI_UNSEEN;
    return true;
}

void moei_queue_free(moei_core *core, moei_queue *queue)
{
    moei_free(core, queue->heap);
    moei_free(core, queue->place);
    moei_free(core, queue->distance);
    moei_free(core, queue->trail);
}

static void put(moei_queue *queue, int64_t at, int64_t node)
{
    queue->heap[at] = node;
    queue->place[node] = at;
}

static void sift_up(moei_queue *queue, int64_t at, int64_t node)
{
    const double distance = queue->distance[node];
    for (int64_t parent; at > 0 && queue->distance[queue->heap[parent = (at - 1) / 2]] > distance;
         at = parent)
        put(queue, at, queue->heap[parent]);
    put(queue, at, node);
}

static void sift_down(moei_queue *queue, int64_t at, int64_t node)
{
    const double distance = queue->distance[node];
    for (int64_t child; (child = 2 * at + 1) < queue->count; at = child) {
        if (child + 1 < queue->count &&
            queue->distance[queue->heap[child + 1]] < queue->distance[queue->heap[child]])
            child++;
        if (queue->distance[queue->heap[child]] >= distance)
            break;
        put(queue, at, queue->heap[child]);
    }
    put(queue, at, node);
}

bool moei_queue_offer(moei_queue *queue, int64_t node, double distance)
{
    int64_t at = queue->place[node];
    if (at == MOEI_SETTLED || (at >= 0 && queue->distance[node] <= distance))
        return false;
    if (at == MOEI_UNSEEN) {
        queue->trail[queue->seen++] = node;
        at = queue->count++;
    }
    queue->distance[node] = distance;
    sift_up(queue, at, node);
    return true;
}

int64_t moei_queue_take(moei_queue *queue)
{
    if (queue->count == 0)
        return -1;
    const int64_t nearest = queue->heap[0], last = queue->heap[--queue->count];
    if (queue->count > 0)
        sift_down(queue, 0, last);
    queue->place[nearest] = MOEI_SETTLED;
    return nearest;
}

void moei_queue_return(moei_queue *queue, int64_t node, double distance)
{
    queue->distance[node] = distance;
    sift_up(queue, queue->count++, node);
}

void moei_queue_clear(moei_queue *queue)
{
    for (int64_t t = 0; t < queue->seen; t++)
        queue->place[queue->trail[t]] = MOEI_UNSEEN;
    queue->seen = queue->count = 0;
}
