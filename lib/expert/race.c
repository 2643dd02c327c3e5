/* race.c - an expert's functions on several threads at once, against the same calls in a row.
 *
 * Each thread runs over the points from its own place on, so that at any moment the threads work on
 * different ones: scratch that they share by mistake then holds the numbers of another point. Every thread
 * goes on until the last one has done its share, so that all overlap. How long that is follows from the
 * time that the calls in a row took: a few hundredths of a second, and at least a few rounds. A race that
 * needs rarer timing than that is not found.
 *
 * SPDX-License-Identifier: MIT */
#include "expert/race.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

enum { POINTS = MOEI_RACE_POINTS, THREADS = 4, FUNCTIONS = 3, LEAST_ROUNDS = 16, MOST_ROUNDS = 4096 };

static const double seconds = 0.03;

/* One thread, and the first call of it that went another way than in a row. */
struct racer {
    struct race *shared;
    pthread_t thread;
    int index;
    moei_scratch scratch;
    bool found;
    int point;
    moei_function function;
    moei_outcome outcome;
    int64_t entry;
    double got;
};

struct race {
    moei_session session;
    const double *theta; /* POINTS x d */
    bool exact;
    int functions;                    /* values and pullback; moments if the expert has its own */
    double *reference[FUNCTIONS];     /* POINTS x the function's output */
    int32_t value[FUNCTIONS][POINTS]; /* what the calls in a row returned */
    double tolerance[FUNCTIONS];
    int64_t rounds;
    atomic_int done; /* threads that have done their rounds */
    struct racer racers[THREADS];
};

static moei_outcome call(const struct race *race, const moei_scratch *scratch, moei_function function,
                         int point)
{
    static const double one = 1;
    if (function == MOEI_MOMENTS)
        memset(scratch->out, 0, (size_t)race->session.binding.moment_count * sizeof(double));
    return moei_guarded_call(&race->session, scratch, function, 1,
                             race->theta + point * race->session.binding.expert->d, &one);
}

/* ---- the threads ------------------------------------------------------------------------------ */

static bool same(const struct race *race, moei_function function, double a, double b)
{
    const bool close = fabs(a - b) <= race->tolerance[function] || (isnan(a) && isnan(b));
    return race->exact ? !memcmp(&a, &b, sizeof a) : close;
}

/* True if the call went as in a row; else the racer holds where it did not. */
static bool compare(struct racer *self, moei_function function, int point)
{
    const struct race *race = self->shared;
    const int64_t size = moei_output_size(&race->session, function, 1);
    const double *reference = race->reference[function] + point * size;
    self->point = point;
    self->function = function;
    self->outcome = call(race, &self->scratch, function, point);
    self->entry = -1;
    if (self->outcome.overrun || self->outcome.value != race->value[function][point])
        return false;
    for (int64_t k = 0; !self->outcome.value && k < size; k++)
        if (!same(race, function, self->scratch.out[k], reference[k])) {
            self->entry = k;
            self->got = self->scratch.out[k];
            return false;
        }
    return true;
}

static void *run(void *argument)
{
    struct racer *self = argument;
    struct race *race = self->shared;
    for (int64_t round = 0; !self->found; round++) {
        if (round == race->rounds)
            atomic_fetch_add(&race->done, 1);
        if (round >= race->rounds && atomic_load(&race->done) >= THREADS)
            return NULL;
        for (int function = 0; !self->found && function < race->functions; function++)
            self->found = !compare(self, (moei_function)function, (int)((round + self->index) % POINTS));
    }
    atomic_store(&race->done, THREADS); /* one fault is enough: the others may stop */
    return NULL;
}

/* Starts and joins the threads. The host's signals are the host's: they block them all. */
static int32_t run_threads(struct race *race)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int started = 0;
    while (started < THREADS &&
           !pthread_create(&race->racers[started].thread, NULL, run, &race->racers[started]))
        started++;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (started < THREADS)
        atomic_store(&race->done, THREADS);
    for (int i = 0; i < started; i++)
        pthread_join(race->racers[i].thread, NULL);
    if (started < THREADS)
        return moei_fail(race->session.context, MOE_ERROR_THREADS,
                         "the system did not start %d threads for the check", THREADS);
    return MOE_OK;
}

static int32_t report(const struct race *race, const struct racer *racer)
{
    moe_context *context = race->session.context;
    const moei_function function = racer->function;
    const char *name = moei_function_name(function);
    if (racer->outcome.overrun)
        return moei_guarded_report(context, function, racer->outcome);
    if (racer->entry < 0)
        return moei_fail(context, MOE_ERROR_CHECK, "%s returns %d on several threads at once, but %d on one",
                         name, (int)racer->outcome.value, (int)race->value[function][racer->point]);
    const int64_t size = moei_output_size(&race->session, function, 1);
    return moei_fail(
        context, MOE_ERROR_CHECK,
        "%s is not thread-safe: at one point, entry %lld of %s is %.17g on several threads at once, "
        "but %.17g on one",
        name, (long long)racer->entry, moei_function_output(function), racer->got,
        race->reference[function][racer->point * size + racer->entry]);
}

/* ---- the calls in a row ----------------------------------------------------------------------- */

/* A failure that a smaller step may cure is an outcome like any other; others end the check. */
static int32_t run_alone(struct race *race)
{
    const moei_scratch *scratch = &race->racers[0].scratch;
    const double start = moei_seconds();
    for (int function = 0; function < race->functions; function++) {
        const int64_t size = moei_output_size(&race->session, (moei_function)function, 1);
        double largest = 0;
        for (int point = 0; point < POINTS; point++) {
            const moei_outcome outcome = call(race, scratch, (moei_function)function, point);
            if (outcome.overrun || outcome.value < 0)
                return moei_guarded_report(race->session.context, (moei_function)function, outcome);
            race->value[function][point] = outcome.value;
            memcpy(race->reference[function] + point * size, scratch->out, (size_t)size * sizeof(double));
            for (int64_t k = 0; k < size; k++)
                largest = fmax(largest, fabs(scratch->out[k]));
        }
        race->tolerance[function] = 1e-8 * largest;
    }
    const double wanted = seconds * POINTS / (moei_seconds() - start + 1e-9);
    race->rounds = wanted > MOST_ROUNDS    ? MOST_ROUNDS
                   : wanted < LEAST_ROUNDS ? LEAST_ROUNDS
                                           : (int64_t)wanted;
    return MOE_OK;
}

static int32_t get_memory(struct race *race)
{
    moei_core *core = race->session.context->core;
    int32_t status = MOE_OK;
    for (int i = 0; !status && i < THREADS; i++) {
        race->racers[i].shared = race;
        race->racers[i].index = i;
        status = moei_scratch_new(&race->session, &race->racers[i].scratch);
    }
    for (int function = 0; !status && function < race->functions; function++) {
        const int64_t size = moei_output_size(&race->session, (moei_function)function, 1);
        race->reference[function] = MOEI_NEW(core, moei_mul(POINTS, size), double);
        if (!race->reference[function])
            status = moei_out_of_memory(race->session.context, "the check of threads");
    }
    return status;
}

int32_t moei_race(moe_context *context, const moe_expert *expert, int64_t n, const double *x,
                  const double *theta, const double *r, bool exact)
{
    struct race race = {.theta = theta, .exact = exact, .functions = expert->ops.moments ? 3 : 2};
    int32_t status = moei_session_open(context, expert, n, x, 1, r, &race.session);
    if (status)
        return status;
    status = get_memory(&race);
    if (!status)
        status = run_alone(&race);
    if (!status)
        status = run_threads(&race);
    for (int i = 0; !status && i < THREADS; i++)
        if (race.racers[i].found)
            status = report(&race, &race.racers[i]);
    for (int i = 0; i < THREADS; i++)
        moei_scratch_free(&race.session, &race.racers[i].scratch);
    for (int function = 0; function < FUNCTIONS; function++)
        moei_free(context->core, race.reference[function]);
    moei_session_close(&race.session);
    return status;
}
