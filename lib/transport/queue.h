/* queue.h - nodes by least distance: a binary heap in which a distance can be lowered.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_QUEUE_H
#define MOEI_QUEUE_H

#include "base/base.h"

typedef struct moei_queue {
    int64_t count;
    int64_t *heap;    /* nodes, the nearest first                                      */
    int64_t *place;   /* of each node in the heap; MOEI_UNSEEN or MOEI_SETTLED if none */
    double *distance; /* of each node                                                  */
    int64_t seen;
    int64_t *trail; /* the nodes seen since the queue was cleared                    */
} moei_queue;

enum { MOEI_UNSEEN = -1, MOEI_SETTLED = -2 };

bool moei_queue_create(moei_core *core, int64_t nodes, moei_queue *queue); /* false: out of memory */
void moei_queue_free(moei_core *core, moei_queue *queue);

/* distance[node] <- min(distance[node], distance); true if that changed it. */
bool moei_queue_offer(moei_queue *queue, int64_t node, double distance);
/* Settles and returns the nearest node, -1 if there is none. */
int64_t moei_queue_take(moei_queue *queue);
/* Puts a settled node back. */
void moei_queue_return(moei_queue *queue, int64_t node, double distance);
/* Makes every node unseen. */
void moei_queue_clear(moei_queue *queue);

#endif
