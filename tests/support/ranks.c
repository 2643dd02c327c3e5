/* ranks.c - see ranks.h: a queue of messages for each pair of ranks, under one lock.
 *
 * A rank whose communicator has failed or whose work is over tells so: who still waits for its messages
 * gets a failure instead of waiting for ever.
 *
 * SPDX-License-Identifier: MIT */
#include "support/ranks.h"

#include "support/failing.h"

#include <pthread.h>
#include <stdlib.h>

struct message {
    struct message *next;
    int64_t bytes;
    char data[];
};

struct world {
    int32_t size;
    pthread_mutex_t lock;
    pthread_cond_t change[RANKS_MAX];                                         /* of what a rank waits for */
    struct message *first[RANKS_MAX][RANKS_MAX], *last[RANKS_MAX][RANKS_MAX]; /* from, to */
    int gone[RANKS_MAX];
    int destroyed;
};

struct rank {
    struct world *world;
    int32_t rank, threads;
    struct rank_fault fault;
    int64_t calls;
    rank_work work;
    void *self;
    int32_t status;
    struct failing memory;
    pthread_t thread;
};

static int fails(struct rank *rank)
{
    return ++rank->calls == rank->fault.fail_at;
}

static int32_t send_message(void *self, int32_t to, int64_t bytes, const void *data)
{
    struct rank *rank = self;
    struct world *world = rank->world;
    if (fails(rank))
        return rank->fault.fail_with;
    struct message *message = malloc(sizeof *message + (size_t)bytes);
    if (!message || bytes < 1 || to < 0 || to >= world->size || to == rank->rank)
        return free(message), -100;
    message->next = NULL;
    message->bytes = bytes;
    memcpy(message->data, data, (size_t)bytes);
    pthread_mutex_lock(&world->lock);
    struct message **first = &world->first[rank->rank][to], **last = &world->last[rank->rank][to];
    *(*first ? &(*last)->next : first) = message;
    *last = message;
    pthread_cond_signal(&world->change[to]);
    pthread_mutex_unlock(&world->lock);
    return 0;
}

static int32_t receive_message(void *self, int32_t from, int64_t bytes, void *data)
{
    struct rank *rank = self;
    struct world *world = rank->world;
    if (fails(rank))
        return rank->fault.fail_with;
    if (from < 0 || from >= world->size || from == rank->rank)
        return -100;
    pthread_mutex_lock(&world->lock);
    struct message **first = &world->first[from][rank->rank], *message;
    while (!*first && !world->gone[from])
        pthread_cond_wait(&world->change[rank->rank], &world->lock);
    message = *first;
    if (message)
        *first = message->next;
    pthread_mutex_unlock(&world->lock);
    const int32_t status = !message ? -101 : message->bytes != bytes ? -102 : 0;
    if (!status)
        memcpy(data, message->data, (size_t)bytes);
    free(message);
    return status;
}

static void done_with(void *self)
{
    struct world *world = ((struct rank *)self)->world;
    pthread_mutex_lock(&world->lock);
    world->destroyed++;
    pthread_mutex_unlock(&world->lock);
}

static void *run(void *argument)
{
    struct rank *rank = argument;
    const moe_communicator communicator = {.struct_size = sizeof communicator,
                                           .self = rank,
                                           .rank = rank->rank,
                                           .size = rank->world->size,
                                           .send = send_message,
                                           .receive = receive_message,
                                           .destroy = done_with};
    const moe_allocator allocator = failing_allocator(&rank->memory);
    moe_context *context = NULL;
    rank->status = moe_context_create(&allocator, &context);
    if (!rank->status)
        rank->status = moe_context_set_threads(context, rank->threads);
    if (!rank->status)
        rank->status = moe_context_set_communicator(context, &communicator);
    if (rank->fault.fail_allocation)
        rank->memory.fail_at = rank->memory.calls + rank->fault.fail_allocation;
    if (!rank->status)
        rank->work(rank->self, rank->rank, context);
    moe_context_destroy(context);
    pthread_mutex_lock(&rank->world->lock);
    rank->world->gone[rank->rank] = 1;
    for (int32_t r = 0; r < rank->world->size; r++)
        pthread_cond_signal(&rank->world->change[r]);
    pthread_mutex_unlock(&rank->world->lock);
    return NULL;
}

void ranks_run_with(int32_t size, int32_t threads, const struct rank_fault *faults, rank_work work,
                    void *self)
{
    struct world world = {.size = size};
    struct rank ranks[RANKS_MAX] = {0};
    assert_true(size <= RANKS_MAX);
    pthread_mutex_init(&world.lock, NULL);
    for (int32_t r = 0; r < size; r++)
        pthread_cond_init(&world.change[r], NULL);
    for (int32_t r = 0; r < size; r++) {
        ranks[r] = (struct rank){.world = &world, .rank = r, .threads = threads, .work = work, .self = self};
        if (faults)
            ranks[r].fault = faults[r];
        assert_int_equal(pthread_create(&ranks[r].thread, NULL, run, &ranks[r]), 0);
    }
    for (int32_t r = 0; r < size; r++)
        pthread_join(ranks[r].thread, NULL);
    int left = 0;
    for (int32_t from = 0; from < size; from++)
        for (int32_t to = 0; to < size; to++)
            for (struct message *message = world.first[from][to], *next; message; message = next) {
                next = message->next;
                free(message);
                left++;
            }
    for (int32_t r = 0; r < size; r++)
        pthread_cond_destroy(&world.change[r]);
    pthread_mutex_destroy(&world.lock);
    for (int32_t r = 0; r < size; r++) {
        assert_int_equal(ranks[r].status, MOE_OK);
        assert_int_equal(ranks[r].memory.live, 0);
    }
    assert_int_equal(world.destroyed, size);
    if (!faults)
        assert_int_equal(left, 0);
}

void ranks_run(int32_t size, int32_t threads, rank_work work, void *self)
{
    ranks_run_with(size, threads, NULL, work, self);
}
