/* base.h - what every room of the library stands on: contexts, failures, memory, threads, sums.
 *
 * Internal names begin with moei_ (qnni_ in the quantum room): static archives ignore visibility, so a
 * prefix of our own keeps them off the host's names. No room includes one that comes after it:
 *   base < expert, measure < qnn, model, transport < flow < limit < study.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_BASE_H
#define MOEI_BASE_H

#include <moefield/context.h>
#include <moefield/types.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOE_PUBLIC __attribute__((visibility("default")))

#define MOEI_PI      3.14159265358979323846
#define MOEI_VERSION "0.9.0"

/* A status of our own for work that a smaller step may cure; never returned to the host. */
enum { MOEI_RECOVERABLE = 1 };

/* ---- references: how handles are shared ------------------------------------------------------- */

/* One more holder; any thread. Counting is not changing: a const handle may be held. */
static inline void moei_hold(const atomic_int *references)
{
    atomic_fetch_add_explicit((atomic_int *)(uintptr_t)references, 1, memory_order_relaxed);
}

/* One holder less; true for the last, who sees all that the others did and has to free. */
static inline bool moei_let_go(atomic_int *references)
{
    return atomic_fetch_sub_explicit(references, 1, memory_order_acq_rel) == 1;
}

/* ---- core: what outlives the context ---------------------------------------------------------- */

/* The allocator, counted by every handle, so that handles go in any order and on any thread. */
typedef struct moei_core {
    atomic_int references;
    moe_allocator allocator;
    char
        *directory; /* of the files that keep blocks of `mapped_from` bytes or more; NULL: memory keeps all */
    int64_t mapped_from;
} moei_core;

moei_core *moei_core_retain(moei_core *core);
void moei_core_release(moei_core *core);

/* ---- context ---------------------------------------------------------------------------------- */

typedef struct moei_pool moei_pool;

/* Stands before the host's progress callback in a call that is made of others: may give the host its own
 * words for what is done, *what, and the *part of it. Nonzero: MOE_ERROR_CANCELLED. */
typedef int32_t (*moei_watch)(void *self, const char **what, double *part);

struct moe_context {
    moei_core *core;
    atomic_int references; /* the host's one, and one for each handle that reports here */
    int32_t threads;
    moei_pool *pool;               /* NULL with one thread, and with the host's executor */
    moe_executor executor;         /* run is NULL without one */
    moe_communicator communicator; /* send is NULL without one: then rank 0 of 1 */
    bool lost;                     /* a message has failed: the ranks are out of step */
    int32_t spread;                /* flows that the communicator's ranks share */
    moe_progress progress;
    void *progress_self;
    moei_watch watch; /* NULL: none */
    void *watch_self;
    atomic_int cancel;
    int32_t callback_status;
    int32_t working; /* depth of parallel sections: no call inside one may start another */
    int32_t calling; /* depth of calls that may call the host back: the pool may not change inside one */
    char error[512];
};

moe_context *moei_context_retain(moe_context *context);
void moei_context_release(moe_context *context);

/* Leaves the sentence in the context (which may be NULL) and returns `status`. Takes no lock: only for the
 * thread that uses the context, never for a task of moei_parallel. */
int32_t moei_fail(moe_context *context, int32_t status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Keeps a callback's nonzero value; MOEI_RECOVERABLE for a positive one, MOE_ERROR_MEMORY for that very
 * value, else MOE_ERROR_CALLBACK; with the sentence "`what` returned `value`". */
int32_t moei_callback_failed(moe_context *context, const char *what, int32_t value);

/* MOEI_RECOVERABLE as the host sees it, where no smaller step can cure anything. */
static inline int32_t moei_public_status(int32_t status)
{
    return status == MOEI_RECOVERABLE ? MOE_ERROR_CALLBACK : status;
}

/* MOE_OK, or MOE_ERROR_CANCELLED once moe_context_cancel was called: then the request is used up. */
int32_t moei_check_cancel(moe_context *context, const char *what);
/* The same, and tells the progress callback; on the calling thread only. */
int32_t moei_progress(moe_context *context, const char *what, double part);

/* Seconds of a clock that never goes back, from any origin: for budgets, never for results. */
double moei_seconds(void);

/* ---- argument checks: each leaves a sentence naming `name` and the value ---------------------- */

int32_t moei_need(moe_context *context, const void *pointer, const char *name);
int32_t moei_need_size(moe_context *context, int64_t size, const char *name);
/* Of every call that gives bytes out: room for `capacity` >= 0 of them, if any, and where their number goes. */
int32_t moei_need_capacity(moe_context *context, const void *bytes, int64_t capacity, const int64_t *length);
/* The product of the sizes times 8 bytes must fit an object: "`names`" e.g. "count x d". */
int32_t moei_need_shape(moe_context *context, const char *names, int rank, const int64_t *sizes);
int32_t moei_need_number(moe_context *context, double value, const char *name);
/* A finite number > 0, or >= 0; `status` if it is not. */
int32_t moei_need_positive(moe_context *context, int32_t status, double value, const char *name);
int32_t moei_need_not_negative(moe_context *context, int32_t status, double value, const char *name);
int32_t moei_need_finite(moe_context *context, int64_t count, const double *values, const char *name);
int32_t moei_need_index(moe_context *context, int64_t index, int64_t size, const char *name);
/* Periods: positive, or INFINITY for a real coordinate. */
int32_t moei_need_periods(moe_context *context, int64_t d, const double *period);
/* Weights: finite, >= 0 (> 0 if `positive`), |sum - 1| <= 1e-9. */
int32_t moei_need_weights(moe_context *context, int64_t count, const double *weights, bool positive,
                          const char *name);

/* table[size bytes] <- the host's table of functions `ops`, which begins with its struct_size. It may be
 * shorter than this library's (an older host: what it does not have is NULL), down to `least` bytes, or
 * longer (a newer one: accepted as long as it uses nothing that this library does not know). */
int32_t moei_read_table(moe_context *context, const void *ops, size_t least, size_t size, void *table);

/* ---- memory ----------------------------------------------------------------------------------- */

/* a * b, or -1 if it does not fit: chain it, checked once at the end. Negative in, negative out. */
int64_t moei_mul(int64_t a, int64_t b);

/* a + b bytes for each of several workers, up to a multiple of 64 so that none shares a cache line with the
 * next: INT64_MAX, which no allocation holds, if that does not fit. Neither is negative. */
int64_t moei_worker_bytes(int64_t a, int64_t b);

/* count objects of `bytes` each, aligned to 64, zeroed; NULL if the product does not fit or memory is
 * out. count 0 yields a valid block. Freed by moei_free with the same core; NULL is accepted. */
void *moei_alloc(moei_core *core, int64_t count, size_t bytes);
void moei_free(moei_core *core, void *block);
#define MOEI_NEW(core, count, type) ((type *)moei_alloc((core), (count), sizeof(type)))

/* The usual end of an allocation that failed: MOE_ERROR_MEMORY naming what it was for. */
int32_t moei_out_of_memory(moe_context *context, const char *what);

/* ---- threads ---------------------------------------------------------------------------------- */

/* task(self, index, worker) for every index in [0, tasks), spread over the context's threads; `worker`
 * in [0, moei_workers) is never shared by two tasks at once. parallel = false: all on the caller, in
 * order, worker 0. Which worker gets which index changes from run to run, so a task may write only what
 * belongs to its index (or scratch that belongs to its worker). Stops early at the first status that is
 * not MOE_OK, and returns the one with the smallest index among those seen; or MOE_ERROR_CANCELLED. */
typedef int32_t (*moei_task)(void *self, int64_t index, int32_t worker);
int32_t moei_parallel(moe_context *context, bool parallel, int64_t tasks, moei_task task, void *self);
/* The same of tasks that never fail, to the end, whether cancelled or not: for short loops. */
void moei_parallel_through(moe_context *context, bool parallel, int64_t tasks, moei_task task, void *self);
int32_t moei_workers(const moe_context *context);

int32_t moei_pool_create(moei_core *core, int32_t threads, moei_pool **pool);
void moei_pool_destroy(moei_core *core, moei_pool *pool);

/* ---- sums ------------------------------------------------------------------------------------- */

/* A sum with its rounding carried along: right to about 2 eps sum |term|, however many terms there are
 * (W. Kahan, Comm. ACM 8 (1965) 40). Begins as {0}. */
typedef struct {
    double sum, carry;
} moei_total;

static inline void moei_total_add(moei_total *total, double term)
{
    const double whole = term - total->carry, next = total->sum + whole;
    total->carry = (next - total->sum) - whole;
    total->sum = next;
}

/* rows[0, :] = sum over the `count` rows of length `width`, by a binary tree that depends on `count`
 * alone; the other rows are overwritten. */
void moei_sum_rows(int64_t count, int64_t width, double *rows);

#endif
