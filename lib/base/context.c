/* context.c - the context: the host's allocator, the threads, the last error, cancel and progress.
 *
 * SPDX-License-Identifier: MIT */
#include "base/base.h"
#include "base/blas.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- core ------------------------------------------------------------------------------------- */

static void *malloc_block(void *self, size_t bytes)
{
    (void)self;
    return malloc(bytes);
}

static void free_block(void *self, void *block)
{
    (void)self;
    free(block);
}

static moei_core *core_create(const moe_allocator *allocator)
{
    moei_core *core = allocator->allocate(allocator->self, sizeof *core);
    if (core) {
        *core = (moei_core){.allocator = *allocator};
        atomic_init(&core->references, 1);
    }
    return core;
}

moei_core *moei_core_retain(moei_core *core)
{
    moei_hold(&core->references);
    return core;
}

void moei_core_release(moei_core *core)
{
    if (core && moei_let_go(&core->references)) {
        const moe_allocator allocator = core->allocator;
        moei_free(core, core->directory);
        allocator.release(allocator.self, core);
    }
}

/* ---- life ------------------------------------------------------------------------------------- */

MOE_PUBLIC int32_t moe_context_create(const moe_allocator *allocator, moe_context **context)
{
    static const moe_allocator plain = {sizeof(moe_allocator), NULL, malloc_block, free_block};
    if (!context)
        return MOE_ERROR_NULL;
    *context = NULL;
    if (!allocator)
        allocator = &plain;
    moe_allocator mine;
    const int32_t status = moei_read_table(NULL, allocator, sizeof mine, sizeof mine, &mine);
    if (status)
        return status;
    if (!mine.allocate || !mine.release)
        return MOE_ERROR_VTABLE;
    if (!moei_blas_fits())
        return MOE_ERROR_BLAS;
    moei_core *core = core_create(&mine);
    if (!core)
        return MOE_ERROR_MEMORY;
    moe_context *fresh = MOEI_NEW(core, 1, moe_context);
    if (!fresh) {
        moei_core_release(core);
        return MOE_ERROR_MEMORY;
    }
    fresh->core = core;
    fresh->threads = 1;
    fresh->communicator.size = 1;
    atomic_init(&fresh->references, 1);
    atomic_init(&fresh->cancel, 0);
    *context = fresh;
    return MOE_OK;
}

static const moe_communicator alone = {.size = 1};

/* the communicator that there was goes */
static void communicate_by(moe_context *context, const moe_communicator *communicator)
{
    const moe_communicator last = context->communicator;
    context->communicator = *communicator;
    context->lost = false;
    if (last.destroy)
        last.destroy(last.self);
}

moe_context *moei_context_retain(moe_context *context)
{
    moei_hold(&context->references);
    return context;
}

void moei_context_release(moe_context *context)
{
    if (!context || !moei_let_go(&context->references))
        return;
    moei_core *core = context->core;
    moei_pool_destroy(core, context->pool);
    communicate_by(context, &alone);
    moei_free(core, context);
    moei_core_release(core);
}

MOE_PUBLIC void moe_context_destroy(moe_context *context)
{
    moei_context_release(context);
}

/* ---- settings --------------------------------------------------------------------------------- */

/* the pool that there was goes, and with it the executor */
static void share_by(moe_context *context, moei_pool *pool, const moe_executor *executor, int32_t threads)
{
    moei_pool_destroy(context->core, context->pool);
    context->pool = pool;
    context->executor = *executor;
    context->threads = threads;
}

/* `name` is `number`, of what shares the work; it cannot change while work is shared */
static int32_t check_sharers(moe_context *context, const char *name, int32_t number)
{
    if (number < 1 || number > 256)
        return moei_fail(context, MOE_ERROR_VALUE, "%s is %d; it takes 1 to 256", name, (int)number);
    if (context->working || context->calling)
        return moei_fail(context, MOE_ERROR_ORDER, "%s is %d; it cannot be set inside a callback", name,
                         (int)number);
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_context_set_threads(moe_context *context, int32_t threads)
{
    static const moe_executor none = {0};
    moei_pool *pool = NULL;
    if (!context)
        return MOE_ERROR_NULL;
    int32_t status = check_sharers(context, "threads", threads);
    if (status)
        return status;
    if (threads > 1) {
        status = moei_pool_create(context->core, threads, &pool);
        if (status == MOE_ERROR_THREADS)
            return moei_fail(context, status, "threads is %d; the system did not start them", (int)threads);
        if (status)
            return moei_out_of_memory(context, "the worker threads");
    }
    share_by(context, pool, &none, threads);
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_context_set_executor(moe_context *context, const moe_executor *executor,
                                            int32_t workers)
{
    moe_executor mine = {0};
    if (!context)
        return MOE_ERROR_NULL;
    int32_t status = check_sharers(context, "workers", executor ? workers : 1);
    if (status)
        return status;
    if (executor)
        status = moei_read_table(context, executor, sizeof mine, sizeof mine, &mine);
    if (!status && executor && !mine.run)
        status = moei_fail(context, MOE_ERROR_VTABLE, "executor->run is NULL");
    if (!status)
        share_by(context, NULL, &mine, executor ? workers : 1);
    return status;
}

static int32_t check_communicator(moe_context *context, const moe_communicator *communicator)
{
    if (!communicator->send || !communicator->receive)
        return moei_fail(context, MOE_ERROR_VTABLE, "communicator->%s is NULL",
                         communicator->send ? "receive" : "send");
    if (communicator->size < 1)
        return moei_fail(context, MOE_ERROR_VALUE, "communicator->size is %d; it must be at least 1",
                         (int)communicator->size);
    if (communicator->rank < 0 || communicator->rank >= communicator->size)
        return moei_fail(context, MOE_ERROR_VALUE, "communicator->rank is %d; it takes 0 to %d",
                         (int)communicator->rank, (int)communicator->size - 1);
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_context_set_communicator(moe_context *context, const moe_communicator *communicator)
{
    moe_communicator mine = alone;
    int32_t status = MOE_OK;
    if (!context)
        return MOE_ERROR_NULL;
    if (context->spread || context->calling || context->working)
        return moei_fail(context, MOE_ERROR_ORDER, "the communicator is in use by %s",
                         context->spread ? "flows that are spread over its ranks" : "a call");
    if (communicator)
        status =
            moei_read_table(context, communicator, offsetof(moe_communicator, destroy), sizeof mine, &mine);
    if (!status && communicator)
        status = check_communicator(context, &mine);
    if (!status)
        communicate_by(context, &mine);
    return status;
}

MOE_PUBLIC int32_t moe_context_rank(const moe_context *context)
{
    return context ? context->communicator.rank : 0;
}

MOE_PUBLIC int32_t moe_context_ranks(const moe_context *context)
{
    return context ? context->communicator.size : 0;
}

MOE_PUBLIC int32_t moe_context_threads(const moe_context *context)
{
    return context ? context->threads : 0;
}

MOE_PUBLIC int32_t moe_context_set_progress(moe_context *context, moe_progress progress, void *self)
{
    if (!context)
        return MOE_ERROR_NULL;
    context->progress = progress;
    context->progress_self = self;
    return MOE_OK;
}

MOE_PUBLIC void moe_context_cancel(moe_context *context)
{
    if (context)
        atomic_store(&context->cancel, 1);
}

/* ---- errors ----------------------------------------------------------------------------------- */

MOE_PUBLIC const char *moe_context_error(const moe_context *context)
{
    return context ? context->error : "";
}

MOE_PUBLIC int32_t moe_context_callback_status(const moe_context *context)
{
    return context ? context->callback_status : 0;
}

int32_t moei_fail(moe_context *context, int32_t status, const char *format, ...)
{
    if (context) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(context->error, sizeof context->error, format, arguments);
        va_end(arguments);
    }
    return status;
}

MOE_PUBLIC int32_t moe_context_fail(moe_context *context, int32_t status, const char *sentence)
{
    return moei_fail(context, status, "%s", sentence ? sentence : "");
}

int32_t moei_callback_failed(moe_context *context, const char *what, int32_t value)
{
    context->callback_status = value;
    if (value == MOE_ERROR_MEMORY)
        return moei_fail(context, MOE_ERROR_MEMORY, "%s found no memory", what);
    moei_fail(context, MOE_ERROR_CALLBACK, "%s returned %d", what, (int)value);
    return value > 0 ? MOEI_RECOVERABLE : MOE_ERROR_CALLBACK;
}

int32_t moei_check_cancel(moe_context *context, const char *what)
{
    if (atomic_load_explicit(&context->cancel, memory_order_relaxed) && atomic_exchange(&context->cancel, 0))
        return moei_fail(context, MOE_ERROR_CANCELLED, "%s was cancelled", what);
    return MOE_OK;
}

int32_t moei_progress(moe_context *context, const char *what, double part)
{
    const int32_t status = moei_check_cancel(context, what);
    if (status)
        return status;
    if (context->watch && context->watch(context->watch_self, &what, &part))
        return moei_fail(context, MOE_ERROR_CANCELLED, "%s was cancelled", what);
    if (!context->progress)
        return MOE_OK;
    context->calling++;
    const int32_t stop = context->progress(context->progress_self, what, part);
    context->calling--;
    if (stop)
        return moei_fail(context, MOE_ERROR_CANCELLED, "%s was cancelled by the progress callback", what);
    return moei_check_cancel(context, what);
}
