/* run.c - which replicas a study still wants, and their work on the context's threads.
 *
 * Every N takes `least` replicas and then blocks of 4, until it is as precise as asked: whether another block
 * comes is decided on the whole ones before it, so that a run which was interrupted within a block decides
 * the same. A batch is what all N want next. Its replicas are spread over the threads, each thread with a
 * context of its own that passes progress and cancelling on; where the host's functions do not allow that,
 * they follow one another and a replica's own work is spread.
 *
 * A replica counts when it is whole and all before it are: so the numbers depend on the request alone.
 *
 * SPDX-License-Identifier: MIT */
#include "base/spread.h"
#include "model/model.h"
#include "study/batch.h"

#include <math.h>

enum { BLOCK = 4 }; /* replicas between two looks at the precision */

/* A thread's own. */
typedef struct worker {
    struct batch *batch;
    moe_context *context;
    bool calling;   /* on the thread that called moe_study_run */
    int64_t failed; /* task, -1: none */
} worker;

typedef struct batch {
    moe_study *study;
    moei_study_setting setting;
    int64_t tasks;
    moei_replica *task; /* those that ranks share, every rank its own ones of them */
    worker *worker;
    atomic_int stop; /* 1 from the first failure on, which is of `failed` */
    const worker *failed;
    int32_t status;
    _Atomic int64_t work; /* experts of the whole replicas of this batch */
    double before, total; /* experts of those before it, and of all that are expected */
} batch;

/* ---- what is wanted --------------------------------------------------------------------------- */

/* The largest ratio of a standard error to what it may be, squared, of distances or of all other quantities,
 * with experts[i] over the first `count` replicas. Lower bounds do not count: they may be 0. */
static double excess(const moe_study *study, int64_t i, int64_t count, bool distances)
{
    double most = 0;
    for (int64_t t = 0; t < study->times; t++)
        for (int32_t q = 0; q < MOE_STUDY_QUANTITIES; q++) {
            const bool below = q == MOE_STUDY_W1_BELOW || q == MOE_STUDY_W2_BELOW;
            if (below || moei_is_distance(q) != distances)
                continue;
            const moei_rate_cell cell = moei_study_cell_of(study, q, i, t, count);
            const double allowed = pow(study->precision * cell.mean, 2) * (double)cell.replicas;
            if (cell.variance > 0)
                most = fmax(most, cell.variance / allowed);
        }
    return most;
}

/* Replicas [begin, end) of experts[i] come next, those before replicas[i] being there already; with distances
 * or without. */
typedef struct {
    int64_t begin, end;
    bool distances;
} block;

static block next_block(const moe_study *study, int64_t i)
{
    const int64_t r = study->replicas[i], least = study->least, most = study->most;
    if (r < least)
        return (block){0, least, true};
    const int64_t begin = least + (r - least) / BLOCK * BLOCK;
    block next = {begin, begin + BLOCK < most ? begin + BLOCK : most, true};
    if (study->precision > 0) {
        next.distances = excess(study, i, begin, true) > 1;
        if (!next.distances && !(excess(study, i, begin, false) > 1))
            next.end = begin;
    }
    return next;
}

/* The replicas that experts[i] will take, as far as it can be told. */
static double expected(const moe_study *study, int64_t i, const block *next)
{
    const double r = (double)next->end, least = (double)study->least, most = (double)study->most;
    if (study->precision == 0)
        return most;
    if (study->replicas[i] < study->least)
        return fmin(2 * least, most);
    const double most_excess =
        fmax(excess(study, i, next->begin, false), excess(study, i, next->begin, true));
    const double more = (double)next->begin * most_excess;
    return fmin(fmax(more, r), most);
}

/* The tasks of a batch, the first replica of every N before the second, large N first; none are left: 0. */
static int32_t plan(moe_study *study, batch *of)
{
    block next[MOEI_RATE_CELLS];
    int64_t count = 0, longest = 0;
    of->tasks = 0;
    of->before = of->total = 0;
    for (int64_t i = 0; i < study->sizes; i++) {
        next[i] = next_block(study, i);
        next[i].begin = study->replicas[i];
        const int64_t length = next[i].end > next[i].begin ? next[i].end - next[i].begin : 0;
        count += length;
        longest = longest > length ? longest : length;
        of->before += (double)(study->experts[i] * study->replicas[i]);
        of->total += (double)study->experts[i] * expected(study, i, &next[i]);
    }
    of->task = MOEI_NEW(study->core, count, moei_replica);
    if (!of->task)
        return moei_out_of_memory(study->context, "a batch of replicas");
    for (int64_t k = 0; k < longest; k++)
        for (int64_t i = study->sizes - 1; i >= 0; i--)
            if (next[i].begin + k < next[i].end)
                of->task[of->tasks++] = (moei_replica){i, next[i].begin + k, next[i].distances, false, NULL};
    return MOE_OK;
}

/* ---- the work --------------------------------------------------------------------------------- */

/* Whether the model and the law may be used on several threads at once. */
static bool shareable(const moe_study *study)
{
    const moei_terms *terms = &study->model->terms;
    const moei_own_potential *own = terms->potential.own;
    bool safe = study->model->expert->ops.flags & MOE_EXPERT_THREAD_SAFE;
    safe = safe && terms->loss->kind && (!own || (own->ops.flags & MOE_POTENTIAL_THREAD_SAFE));
    for (int64_t k = 0; k < study->law->d; k++)
        safe = safe && study->law->coordinate[k].kind != MOEI_LAW_QUANTILE;
    return safe;
}

/* Stands in every worker's context for the study's: the host hears of the study, on its own thread. */
static int32_t relay(void *self, const char **what, double *part)
{
    const worker *at = self;
    batch *of = at->batch;
    const double work = (double)atomic_load_explicit(&of->work, memory_order_relaxed);
    *what = "study";
    *part = fmin((of->before + work) / of->total, 1);
    if (at->context == of->study->context) /* which tells the host next */
        return 0;
    if (atomic_load_explicit(&of->stop, memory_order_relaxed))
        return 1;
    if (at->calling)
        return moei_progress(of->study->context, *what, *part);
    /* the caller may have no replica left in which it would see that */
    return atomic_load_explicit(&of->study->context->cancel, memory_order_relaxed);
}

/* Of the tasks, those that this rank runs: its rank, and every so many after it. */
static int64_t own_tasks(const batch *of)
{
    const moe_communicator *ranks = &of->study->context->communicator;
    return of->tasks > ranks->rank ? (of->tasks - ranks->rank + ranks->size - 1) / ranks->size : 0;
}

static int32_t run_task(void *self, int64_t index, int32_t w)
{
    batch *of = self;
    const moe_communicator *ranks = &of->study->context->communicator;
    moei_replica *now = &of->task[ranks->rank + index * ranks->size];
    moe_study *study = of->study;
    moe_context *context = of->worker[w].context;
    double *numbers = moei_replica_numbers(study, now);
    now->shift = MOEI_NEW(study->core, study->times * moei_model_width(study->model), double);
    const int32_t status = now->shift ? moei_study_replica(context, &of->setting, now->i, now->r,
                                                           now->distances, numbers, now->shift)
                                      : moei_out_of_memory(context, "a replica's predictions");
    if (status) {
        if (!atomic_exchange(&of->stop, 1)) { /* what others return after that is that they were stopped */
            of->failed = &of->worker[w];
            of->status = status;
        }
        return status;
    }
    now->done = true;
    /* other ranks have done as much meanwhile */
    atomic_fetch_add_explicit(&of->work, study->experts[now->i] * ranks->size, memory_order_relaxed);
    return MOE_OK;
}

/* The first failure becomes the study's, with its sentence; a cancel has one, unless the request is still
 * there. */
static int32_t take_over_failure(const batch *of)
{
    moe_context *context = of->study->context;
    if (of->status == MOE_ERROR_CANCELLED) {
        moei_check_cancel(context, "the study");
        return of->status;
    }
    context->callback_status = of->failed->context->callback_status;
    return moei_fail(context, of->status, "%s", moe_context_error(of->failed->context));
}

/* Every thread in a context of its own. */
static int32_t run_apart(batch *of)
{
    moe_context *context = of->study->context;
    const int32_t workers = moei_workers(context);
    int32_t status = MOE_OK;
    of->worker = MOEI_NEW(context->core, workers, worker);
    if (!of->worker)
        return moei_out_of_memory(context, "a study's workers");
    for (int32_t w = 0; w < workers && !status; w++) {
        worker *at = &of->worker[w];
        *at = (worker){.batch = of, .calling = w == 0};
        status = moe_context_create(&context->core->allocator, &at->context);
        if (status)
            status = moei_out_of_memory(context, "a worker's context");
        else {
            at->context->watch = relay;
            at->context->watch_self = at;
        }
    }
    if (!status)
        status = moei_parallel(context, true, own_tasks(of), run_task, of);
    if (of->failed)
        status = take_over_failure(of);
    for (int32_t w = 0; w < workers; w++)
        moe_context_destroy(of->worker[w].context);
    moei_free(context->core, of->worker);
    return status;
}

/* One after the other in the study's context, whose threads share each replica's work. */
static int32_t run_in_turn(batch *of)
{
    moe_context *context = of->study->context;
    worker self = {.batch = of, .context = context, .calling = true};
    const moei_watch before = context->watch;
    void *before_self = context->watch_self;
    int32_t status = MOE_OK;
    of->worker = &self; /* cppcheck-suppress autoVariables; until the end */
    context->watch = relay;
    context->watch_self = &self;
    for (int64_t k = 0; k < own_tasks(of) && !status; k++)
        status = run_task(of, k, 0);
    context->watch = before;
    context->watch_self = before_self;
    of->worker = NULL;
    return status;
}

/* Replicas that are whole, from the first one on that was not there: of one N, r ascends, and so their shifts
 * are summed in the same order by every run. */
static void count_whole(const batch *of)
{
    moe_study *study = of->study;
    const int64_t width = study->times * moei_model_width(study->model);
    for (int64_t k = 0; k < of->tasks; k++) {
        const moei_replica *now = &of->task[k];
        double *sum = study->shifts[now->i];
        if (!now->done || study->replicas[now->i] != now->r)
            continue;
        study->replicas[now->i]++;
        for (int64_t j = 0; j < width; j++) {
            sum[j] += now->shift[j];
            sum[width + j] += now->shift[j] * now->shift[j];
        }
    }
}

static int32_t run_batch(batch *of)
{
    atomic_store(&of->stop, 0);
    of->failed = NULL;
    atomic_store(&of->work, 0);
    const bool apart =
        of->study->context->pool && own_tasks(of) >= moei_workers(of->study->context) && shareable(of->study);
    int32_t status = apart ? run_apart(of) : run_in_turn(of);
    status = moei_batch_share(of->study, status, of->tasks, of->task);
    count_whole(of);
    return status;
}

static void free_tasks(batch *of)
{
    for (int64_t k = 0; k < of->tasks; k++)
        moei_free(of->study->core, of->task[k].shift);
    moei_free(of->study->core, of->task);
    of->task = NULL;
}

int32_t moei_study_run_replicas(moe_study *study)
{
    batch of = {.study = study};
    bool more = true;
    int32_t status = moei_agree(study->context, moei_study_set_out(study, &of.setting));
    while (!status && more) {
        status = moei_agree(study->context, plan(study, &of));
        more = of.tasks > 0;
        if (!status && more)
            status = run_batch(&of);
        free_tasks(&of);
    }
    moei_study_clear_away(&of.setting);
    return status;
}
