/* threads.c - a pool of worker threads, or the host's executor, that shares out the indices of a loop.
 *
 * The caller is worker 0; workers 1 ... sleep on a condition variable between loops. A loop is a counter
 * of indices handed out with an atomic add, so results may depend on the index only, never on the worker.
 *
 * SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <pthread.h>
#include <signal.h>

typedef struct {
    moei_task task;
    void *self;
    moe_context *context;
    bool through; /* whatever happens */
    int64_t tasks;
    _Atomic int64_t next;
    atomic_int stop;
    int64_t failed; /* the smallest index that failed, and its status; under the pool's lock */
    int32_t status;
} loop_state;

struct moei_pool {
    pthread_mutex_t lock;
    pthread_cond_t start, done;
    loop_state *loop;    /* the running loop, or NULL */
    int64_t generation;  /* counts loops, so that a worker never runs one twice */
    int32_t busy, count; /* workers inside the loop; workers in all, without the caller */
    bool quit;
    struct worker {
        moei_pool *pool;
        pthread_t thread;
        int32_t index;
    } * workers;
};

static void run(loop_state *loop, pthread_mutex_t *lock, int32_t worker)
{
    while (!atomic_load_explicit(&loop->stop, memory_order_relaxed)) {
        const int64_t index = atomic_fetch_add_explicit(&loop->next, 1, memory_order_relaxed);
        if (index >= loop->tasks)
            return;
        int32_t status = loop->task(loop->self, index, worker);
        if (!status && !loop->through && atomic_load_explicit(&loop->context->cancel, memory_order_relaxed))
            status = MOE_ERROR_CANCELLED;
        if (status) {
            pthread_mutex_lock(lock);
            if (index < loop->failed) {
                loop->failed = index;
                loop->status = status;
            }
            pthread_mutex_unlock(lock);
            atomic_store_explicit(&loop->stop, 1, memory_order_relaxed);
        }
    }
}

static void *work(void *argument)
{
    struct worker *self = argument;
    moei_pool *pool = self->pool;
    int64_t seen = 0;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (!pool->quit && (pool->generation == seen || !pool->loop))
            pthread_cond_wait(&pool->start, &pool->lock);
        if (pool->quit)
            break;
        seen = pool->generation;
        loop_state *loop = pool->loop;
        pool->busy++;
        pthread_mutex_unlock(&pool->lock);
        run(loop, &pool->lock, self->index);
        pthread_mutex_lock(&pool->lock);
        if (--pool->busy == 0)
            pthread_cond_signal(&pool->done);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* ---- life ------------------------------------------------------------------------------------- */

static void pool_stop(moei_core *core, moei_pool *pool, int32_t started)
{
    pthread_mutex_lock(&pool->lock);
    pool->quit = true;
    pthread_cond_broadcast(&pool->start);
    pthread_mutex_unlock(&pool->lock);
    for (int32_t i = 0; i < started; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->start);
    pthread_cond_destroy(&pool->done);
    pthread_mutex_destroy(&pool->lock);
    moei_free(core, pool->workers);
    moei_free(core, pool);
}

int32_t moei_pool_create(moei_core *core, int32_t threads, moei_pool **out)
{
    moei_pool *pool = MOEI_NEW(core, 1, moei_pool);
    if (!pool)
        return MOE_ERROR_MEMORY;
    pool->count = threads - 1;
    pool->workers = MOEI_NEW(core, pool->count, struct worker);
    if (!pool->workers) {
        moei_free(core, pool);
        return MOE_ERROR_MEMORY;
    }
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->start, NULL);
    pthread_cond_init(&pool->done, NULL);
    /* the host's signals are the host's: workers block them all */
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int32_t started = 0;
    for (; started < pool->count; started++) {
        struct worker *worker = &pool->workers[started];
        worker->pool = pool;
        worker->index = started + 1;
        if (pthread_create(&worker->thread, NULL, work, worker))
            break;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (started < pool->count) {
        pool_stop(core, pool, started);
        return MOE_ERROR_THREADS;
    }
    *out = pool;
    return MOE_OK;
}

void moei_pool_destroy(moei_core *core, moei_pool *pool)
{
    if (pool)
        pool_stop(core, pool, pool->count);
}

/* ---- loops ------------------------------------------------------------------------------------ */

int32_t moei_workers(const moe_context *context)
{
    return context->threads;
}

static int32_t run_alone(moe_context *context, loop_state loop)
{
    for (int64_t i = 0; i < loop.tasks; i++) {
        int32_t status = loop.task(loop.self, i, 0);
        if (!status && !loop.through)
            status = moei_check_cancel(context, "the call");
        if (status)
            return status;
    }
    return MOE_OK;
}

static int32_t run_together(moe_context *context, loop_state loop)
{
    moei_pool *pool = context->pool;
    pthread_mutex_lock(&pool->lock);
    pool->loop = &loop;
    pool->generation++;
    pthread_cond_broadcast(&pool->start);
    pthread_mutex_unlock(&pool->lock);
    run(&loop, &pool->lock, 0);
    pthread_mutex_lock(&pool->lock);
    pool->loop = NULL; /* a worker that has not woken yet no longer finds it */
    while (pool->busy)
        pthread_cond_wait(&pool->done, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
    if (loop.status == MOE_ERROR_CANCELLED)
        moei_check_cancel(context, "the call"); /* uses the request up, unless the task did */
    return loop.status;
}

/* The host's threads run the loop as our workers do: task i of the executor is worker i. */
typedef struct {
    loop_state loop;
    pthread_mutex_t lock;
    int64_t workers;
    atomic_bool entered[256]; /* a worker's scratch is its own, whatever the host does */
} hosted_loop;

static void enter_hosted(void *argument, int64_t index)
{
    hosted_loop *hosted = argument;
    if (index >= 0 && index < hosted->workers && !atomic_exchange(&hosted->entered[index], true))
        run(&hosted->loop, &hosted->lock, (int32_t)index);
}

static int32_t run_hosted(moe_context *context, loop_state what)
{
    const moe_executor *executor = &context->executor;
    hosted_loop hosted = {.loop = what,
                          .workers = context->threads < what.tasks ? context->threads : what.tasks};
    pthread_mutex_init(&hosted.lock, NULL);
    const int32_t end = executor->run(executor->self, hosted.workers, enter_hosted, &hosted);
    pthread_mutex_destroy(&hosted.lock);
    const loop_state *loop = &hosted.loop;
    if (end) {
        moei_callback_failed(context, "the executor's run", end);
        return MOE_ERROR_CALLBACK;
    }
    if (loop->status == MOE_ERROR_CANCELLED)
        moei_check_cancel(context, "the call"); /* uses the request up, unless the task did */
    if (!loop->status && atomic_load(&loop->next) < loop->tasks)
        return moei_fail(context, MOE_ERROR_CALLBACK,
                         "the executor's run returned without having run a task");
    return loop->status;
}

static int32_t share_out(moe_context *context, bool parallel, loop_state loop)
{
    /* inside another loop (a callback that calls the library in its own context): no threads left */
    const bool together = parallel && loop.tasks > 1 && !context->working;
    int32_t status;
    loop.context = context;
    loop.failed = INT64_MAX;
    context->working++;
    if (together && context->executor.run)
        status = run_hosted(context, loop);
    else if (together && context->pool)
        status = run_together(context, loop);
    else
        status = run_alone(context, loop);
    context->working--;
    return status;
}

int32_t moei_parallel(moe_context *context, bool parallel, int64_t tasks, moei_task task, void *self)
{
    return share_out(context, parallel, (loop_state){.task = task, .self = self, .tasks = tasks});
}

void moei_parallel_through(moe_context *context, bool parallel, int64_t tasks, moei_task task, void *self)
{
    const loop_state loop = {.task = task, .self = self, .tasks = tasks, .through = true};
    if (share_out(context, parallel, loop)) /* the host's executor has failed */
        share_out(context, false, loop);
}
