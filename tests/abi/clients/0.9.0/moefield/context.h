/* context.h - where the library gets its memory and threads, and where it leaves its errors.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEFIELD_CONTEXT_H
#define MOEFIELD_CONTEXT_H

#include <moefield/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The host's memory. `allocate` returns `bytes` > 0 bytes aligned as malloc's, or NULL; `release`
 * takes a block of `allocate`'s, never NULL. Both may be called from the worker threads and from
 * whichever thread destroys a handle, so they must be safe there. Any alignment beyond malloc's is
 * the library's own business. */
typedef struct moe_allocator {
    size_t struct_size; /* sizeof(moe_allocator) as the host compiled it */
    void *self;
    void *(*allocate)(void *self, size_t bytes);
    void (*release)(void *self, void *block);
} moe_allocator;

/* The host's threads, in place of the library's own. `run` comes on the thread that calls the library. It calls
 * task(argument, i) for i = 0 ... tasks - 1, each once, from any of the host's threads, the calling one among
 * them if it likes, and returns 0 when all have returned; anything else is a failure. Calls that run at once share the work; one after the other is as
 * right, only slower. A task never throws, does not block on another, and may call the host's experts. */
typedef struct moe_executor {
    size_t struct_size; /* sizeof(moe_executor) as the host compiled it */
    void *self;
    int32_t (*run)(void *self, int64_t tasks, void (*task)(void *argument, int64_t index), void *argument);
} moe_executor;

/* The ranks that share the experts of a flow (moe_flow_create_spread) or the replicas of a study: processes,
 * or whatever else has its own context, with numbers 0 ... size - 1. The library says what passes between
 * them; how, is MPI's business (moefield_mpi.h), or the host's:
 *   send     hands `bytes` > 0 bytes to rank `to`. May return before they have arrived, not before they may be
 *            overwritten
 *   receive  waits for the next message from rank `from`, of just this many bytes. Messages from one rank
 *            arrive in the order in which they were sent
 *   destroy  when the context is done with it, or NULL. Not called by a moe_context_set_communicator that fails
 * All are called on the thread that calls the library. 0 is success; after any other value the ranks are out
 * of step, and every later call that would pass messages is MOE_ERROR_CALLBACK. */
typedef struct moe_communicator {
    size_t struct_size; /* sizeof(moe_communicator) as the host compiled it */
    void *self;
    int32_t rank;
    int32_t size;
    int32_t (*send)(void *self, int32_t to, int64_t bytes, const void *data);
    int32_t (*receive)(void *self, int32_t from, int64_t bytes, void *data);
    void (*destroy)(void *self);
} moe_communicator;

/* context <- a fresh context: one thread, no progress callback.
 *   allocator  copied; NULL means malloc and free. Its `self` must outlive every handle.
 * MOE_ERROR_NULL, MOE_ERROR_STRUCT_SIZE, MOE_ERROR_VTABLE, MOE_ERROR_MEMORY, MOE_ERROR_BLAS (a BLAS with
 * integers of another width has taken the names of the one the library was built for; nothing that needs it
 * would be right). Since 0.9.0. */
int32_t moe_context_create(const moe_allocator *allocator, moe_context **context);

/* Gives the context up. Flows, laws and all else made in it stay valid: they keep it alive until the last of
 * them is gone. NULL is accepted. Since 0.9.0. */
void moe_context_destroy(moe_context *context);

/* The number of threads that share the work on experts, the caller's included: 1 ... 256, 1 at
 * first. Results are the same bits for every number. Workers are started here and end with the
 * context; experts that are not MOE_EXPERT_THREAD_SAFE are called on the calling thread only.
 * After fork, the child may not use or destroy a context that has workers; a new one works there.
 * MOE_ERROR_NULL, MOE_ERROR_VALUE, MOE_ERROR_ORDER (inside a callback of a call in this context),
 * MOE_ERROR_MEMORY, MOE_ERROR_THREADS: the number is as before. Since 0.9.0. */
int32_t moe_context_set_threads(moe_context *context, int32_t threads);

/* From now on blocks of `least` bytes or more are kept in files of the directory, mapped into memory, so that the
 * experts of a flow and its method's vectors (moe_flow_memory says how many bytes) need only be as few as the disk
 * holds. The files have no names, and are gone when their blocks are, or the process. What exists stays where it
 * is; results are the same bits. A full disk is MOE_ERROR_MEMORY of the call that needed a block.
 *   directory  copied; on a disk, not in a file system that is memory itself. NULL: the allocator keeps all again
 * MOE_ERROR_NULL, MOE_ERROR_VALUE (empty), MOE_ERROR_SIZE (`least` below 1), MOE_ERROR_FILE (no file can be made
 * there; the sentence says why), MOE_ERROR_ORDER (inside a callback of a call in this context), MOE_ERROR_MEMORY:
 * the mapping is as before. Since 0.9.0. */
int32_t moe_context_set_mapping(moe_context *context, const char *directory, int64_t least);

/* From now on the host's executor runs what moe_context_set_threads would have spread over threads of the
 * library's: experts that are MOE_EXPERT_THREAD_SAFE are then called on the host's threads.
 *   executor  copied; its `self` must outlive the context or the next call of this or of
 *             moe_context_set_threads. NULL: one thread, the caller
 *   workers   1 ... 256: as many tasks are given to `run`. Results do not depend on it
 * A failure of `run`, or a run that leaves work undone, is MOE_ERROR_CALLBACK of the call that needed it.
 * MOE_ERROR_NULL, MOE_ERROR_STRUCT_SIZE, MOE_ERROR_VTABLE, MOE_ERROR_VALUE, MOE_ERROR_ORDER (inside a callback
 * of a call in this context); all is then as before. Since 0.9.0. */
int32_t moe_context_set_executor(moe_context *context, const moe_executor *executor, int32_t workers);

/* The number of threads or workers set; 0 for NULL. Since 0.9.0. */
int32_t moe_context_threads(const moe_context *context);

/* From now on flows and studies that are spread go over the ranks of this communicator. A call that passes
 * messages says so; all ranks make such calls in the same order with the same arguments, apart from what is a
 * rank's own, and all of them return the same status, that of the first rank that failed. Ranks must run the
 * same binary on the same kind of machine: then results do not depend on their number.
 *   communicator  copied; its `self` must live until `destroy`. NULL: rank 0 of 1
 * MOE_ERROR_NULL, MOE_ERROR_STRUCT_SIZE, MOE_ERROR_VTABLE, MOE_ERROR_VALUE (rank, size), MOE_ERROR_ORDER (in
 * use by a flow, or inside a callback); all is then as before. Since 0.9.0. */
int32_t moe_context_set_communicator(moe_context *context, const moe_communicator *communicator);

/* The rank of this context, 0 without a communicator, and the number of ranks, 1 without; 0 for NULL.
 * Since 0.9.0. */
int32_t moe_context_rank(const moe_context *context);
int32_t moe_context_ranks(const moe_context *context);

/* Progress of a long call: what it does ("flow", "transport", ...), the part done in [0, 1], always on the
 * calling thread, at most once a step or sweep. moe_limit_solve ("limit") cannot know what is left to do: its
 * part is that of the decades between its first estimate and the tolerance. A nonzero return cancels the call
 * with MOE_ERROR_CANCELLED. NULL turns it off. `what` is the library's, to be read within the callback; `self`
 * must live until another callback is set or no handle keeps the context. MOE_ERROR_NULL. Since 0.9.0. */
typedef int32_t (*moe_progress)(void *self, const char *what, double part);
int32_t moe_context_set_progress(moe_context *context, moe_progress progress, void *self);

/* Asks the call that runs in this context, or the next one that can be cancelled, to end soon with
 * MOE_ERROR_CANCELLED. The request is used up by the call that it ends. May be called from any
 * thread and from a signal handler. NULL is accepted. Since 0.9.0. */
void moe_context_cancel(moe_context *context);

/* The sentence that explains the last call that failed in this context ("" if none did): it names the
 * argument and the value. To be read after a failure only: a call that succeeds may leave words about one
 * that it cured. A call that was given no context, or a NULL handle to report in, leaves none:
 * moe_status_text has one then. Valid until the next call in the context. Since 0.9.0. */
const char *moe_context_error(const moe_context *context);

/* Leaves `sentence` (cut to 511 bytes; NULL: "") in the context as the library's own functions leave theirs,
 * and returns `status`: for libraries and wrappers that build on this one, and for callbacks that want to say
 * more than a number; what calls them may put it in other words. NULL is accepted. On the thread that uses
 * the context only. Since 0.9.0. */
int32_t moe_context_fail(moe_context *context, int32_t status, const char *sentence);

/* The last value other than 0 by which a function of an expert, a loss or a potential, a law's quantile, an
 * observer or an executor failed in this context, cured by a smaller step or not; 0 if none did. It stays until
 * the next one: to be read after a MOE_ERROR_CALLBACK, whose cause it is, or a MOE_ERROR_STEP whose sentence
 * says so. A progress callback leaves none: its value says go on or cancel. Since 0.9.0. */
int32_t moe_context_callback_status(const moe_context *context);

/* ---- files of states ------------------------------------------------------------------------- */

/* The file `path` <- length bytes, of moe_flow_save, moe_study_save or anything: whole or not at all. They are
 * written to `path` with ".new" after it, and to the disk (fsync), which then takes the name `path` (rename) in a
 * directory that is written too. So whoever is killed, whenever, leaves under `path` the bytes of the last call
 * that got to the end, or those of the call after it. What a killed process leaves of a ".new" is overwritten by
 * the next call; of two calls for one path at a time, on any threads or in any processes, the second fails.
 *   path    as the system takes it, NUL-terminated; a symbolic link is replaced, not followed
 *   bytes   length of them, 1 or more
 * MOE_ERROR_NULL, MOE_ERROR_SIZE, MOE_ERROR_VALUE (an empty path), MOE_ERROR_FILE (no directory, permission or
 * space, or another call at work: the sentence says which; the file is as before, or if only its directory
 * could not be written, whole and new), MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t moe_state_write(moe_context *context, const char *path, const void *bytes, int64_t length);

/* bytes <- what the file `path` has. It need not be one of moe_state_write; what it holds is for
 * moe_flow_restore or moe_study_restore to judge.
 *   capacity  bytes that there is room for; NULL and 0 only count
 *   length    <- the bytes of the file. If capacity is less, as it may be if the file was replaced since it was
 *             counted, MOE_ERROR_SIZE, and nothing is read
 * MOE_ERROR_NULL, MOE_ERROR_SIZE, MOE_ERROR_VALUE (an empty path), MOE_ERROR_FILE (no such file, no permission,
 * not a regular file, an error of the disk, or a file that changed while it was read; bytes are then undefined).
 * Since 0.9.0. */
int32_t moe_state_read(moe_context *context, const char *path, void *bytes, int64_t capacity,
                       int64_t *length);

#ifdef __cplusplus
}
#endif
#endif
