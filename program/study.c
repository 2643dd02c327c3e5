/* study.c - moefield study: the run, what survives an interrupt, and what is written in the end.
 *
 * study.state in the directory holds the library's bytes of a study that is not finished: written as soon as the
 * limit is there, every half a minute and when the run is interrupted, taken up by the next run with the same
 * options, gone at the end.
 *
 * SPDX-License-Identifier: MIT */
#include "study.h"
#include "commands.h"
#include "progress.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define STATE "study.state"
enum { SECONDS_BETWEEN_SAVES = 30 };

struct meter {
    time_t saved; /* 0: never */
};

/* ---- the state -------------------------------------------------------------------------------- */

/* A signal cancels a call, but not this one: each request is used up by the call that ends with it, and every
 * signal asks once. */
static int32_t save_bytes(const moe_study *study, void *bytes, int64_t capacity, int64_t *length)
{
    int32_t status;
    do
        status = moe_study_save(study, bytes, capacity, length);
    while (status == MOE_ERROR_CANCELLED);
    return status;
}

static int save_state(const struct results *results, moe_context *context, const moe_study *study)
{
    int64_t length = 0;
    int32_t status = save_bytes(study, NULL, 0, &length);
    if (status == MOE_ERROR_ORDER)
        return END_GOOD; /* no result yet: nothing to lose */
    char *bytes = room(length, 1), *path = result_path(results, STATE), *part = text_of("%s.part", path);
    if (!status)
        status = save_bytes(study, bytes, length, &length);
    int end = library_end(context, status, "saving the study");
    FILE *file = end ? NULL : fopen(part, "wb");
    if (!end && (!file || fwrite(bytes, 1, (size_t)length, file) != (size_t)length || fflush(file) ||
                 fsync(fileno(file)) || rename(part, path)))
        end = complain(END_OUTPUT, "%s cannot be written: %s", path, strerror(errno));
    if (file)
        fclose(file);
    if (file && end)
        remove(part);
    free(part);
    free(path);
    free(bytes);
    return end;
}

/* a study takes up what is there, if there is something (*taken), or refuses and says why */
static int take_state(const struct options *options, const struct results *results, moe_context *context,
                      moe_study *study, bool *taken)
{
    char *path = result_path(results, STATE), *bytes = NULL;
    int64_t length;
    int end = END_GOOD;
    if (flag_option(options, O_FRESH))
        remove(path);
    else if (!access(path, F_OK)) {
        end = read_whole(path, &bytes, &length);
        const int32_t status = end ? MOE_OK : moe_study_restore(study, bytes, length);
        if (status == MOE_ERROR_CANCELLED)
            end = END_INTERRUPTED;
        else if (status)
            end = complain(END_INPUT, "%s is not taken up: %s (--fresh forgets it)", path,
                           moe_context_error(context));
        else if (!end) {
            remark("going on from %s", path);
            *taken = true;
        }
    }
    free(bytes);
    free(path);
    return end;
}

/* ---- the run ---------------------------------------------------------------------------------- */

/* The library tells the part of the limit, then that of the replicas, which may pause to be saved. */
static double measure(void *self, const char *what, double part, bool *pause)
{
    const struct meter *meter = self;
    *pause = !strcmp(what, "study") && time(NULL) - meter->saved >= SECONDS_BETWEEN_SAVES;
    return part;
}

static int32_t set_up(const struct options *options, const struct problem *problem, moe_study **study)
{
    const struct option_value *experts = &options->value[O_EXPERTS], *replicas = &options->value[O_REPLICAS];
    const double *times;
    const int64_t count = option_times(options, &times);
    int64_t *N = room(experts->count, sizeof *N);
    for (int64_t i = 0; i < experts->count; i++)
        N[i] = (int64_t)experts->number[i];
    int32_t status = moe_study_create(problem->context, problem->model, problem->law, study);
    if (!status)
        status = moe_study_set_times(*study, count, times);
    if (!status)
        status = moe_study_set_experts(*study, experts->count, N);
    if (!status)
        status = moe_study_set_replicas(*study, (int64_t)replicas->number[0],
                                        (int64_t)replicas->number[replicas->count - 1],
                                        real_option(options, O_PRECISION));
    if (!status)
        status = moe_study_set_seed(*study, (uint64_t)integer_option(options, O_SEED));
    if (!status)
        status = moe_study_set_tolerance(*study, real_option(options, O_TOLERANCE));
    if (!status)
        status =
            moe_study_set_distances(*study, integer_option(options, O_W1), integer_option(options, O_W2));
    if (!status)
        status = moe_study_set_marginals(*study, integer_option(options, O_MARGINALS));
    free(N);
    return status;
}

/* Runs to the end or to an interrupt, saving now and then. */
static int run(const struct options *options, const struct problem *problem, const struct results *results,
               moe_study *study)
{
    struct meter meter = {0};
    int32_t status;
    bool taken = false;
    int failed, end = take_state(options, results, problem->context, study, &taken);
    if (end)
        return end;
    meter.saved = taken ? time(NULL) : 0;
    do {
        progress_begin("study", measure, &meter);
        status = moe_study_run(study);
        progress_end();
        meter.saved = time(NULL);
        failed = library_end(problem->context, status, "the study"); /* the sentence, before others come */
        if (status)
            end = save_state(results, problem->context, study);
    } while (status == MOE_ERROR_CANCELLED && !interrupted() && !end);
    return end ? end : failed;
}

/* ---- what is written -------------------------------------------------------------------------- */

/* bias.csv: N times the mean error of each prediction, which tends to a limit of its own */
static int write_bias(const struct problem *problem, moe_study *study, const struct tables *tables,
                      struct results *results)
{
    const int64_t K = problem->data.outputs, width = problem->data.train.count * K;
    FILE *file = result_begin(results, "bias.csv");
    if (!file)
        return END_OUTPUT;
    double *bias = room(width, sizeof *bias), *error = room(width, sizeof *error);
    fprintf(file, "time,experts,sample,output,bias,standard_error\n");
    for (int64_t t = 0; t < tables->times; t++)
        for (int64_t i = 0; i < tables->sizes; i++)
            if (!moe_study_bias(study, i, t, bias, error))
                for (int64_t j = 0; j < width; j++) {
                    put_number(file, "", tables->time[t]);
                    fprintf(file, ",%lld,%lld,%lld", (long long)tables->experts[i], (long long)(j / K),
                            (long long)(j % K));
                    put_number(file, ",", bias[j]);
                    put_number(file, ",", error[j]);
                    fputc('\n', file);
                }
    free(bias);
    free(error);
    return result_end(results, file, "bias.csv");
}

static int tell(const struct options *options, const struct problem *problem, moe_study *study, bool whole,
                struct results *results)
{
    moe_limit *limit = NULL;
    struct tables tables;
    const double *times;
    const int64_t count = option_times(options, &times);
    if (moe_study_limit(study, &limit))
        return END_GOOD; /* interrupted before there was one: nothing to tell */
    struct moment *moments = moments_make(problem, count, times);
    tables_read(problem->context, study, options, &tables);
    int end = limit_moments(options, problem, limit, count, moments);
    if (!end)
        end = moments_write(problem, count, moments, "limit", results);
    if (!end)
        end = tables_write(&tables, results);
    if (!end)
        end = write_bias(problem, study, &tables, results);
    if (!end) {
        json_t *all = tables_json(&tables);
        json_object_set_new(all, "whole", json_boolean(whole));
        json_object_set_new(all, "limit", moments_json(count, moments));
        end = result_json(results, "study.json", all);
        json_decref(all);
    }
    if (!end && whole)
        end = curves_write(options, problem, limit, &tables, results);
    if (!end && whole && options->value[O_BANDS].choice == 0)
        end = bands_write(options, problem, limit, &tables, results);
    if (!end && options->value[O_PICTURES].choice == 0)
        end = pictures_draw(&tables, problem, results);
    if (!end)
        end = page_write(options, problem, &tables, count, moments, whole, results);
    if (!end && !flag_option(options, O_QUIET)) {
        moments_print(problem, count, moments);
        tables_print(&tables);
        printf("\nthe report is %s/report.html\n", results->directory);
    }
    tables_free(&tables);
    moments_free(moments, count);
    return end;
}

/* After an interrupt: how much there is to tell. */
enum extent { NOTHING, A_LIMIT, REPLICAS };

static enum extent extent_of(moe_study *study, int64_t sizes)
{
    moe_limit *limit = NULL;
    int64_t *replicas = room(sizes, sizeof *replicas), whole = 0;
    const bool there = !moe_study_limit(study, &limit);
    if (there && !moe_study_means(study, MOE_STUDY_PREDICTION, 0, NULL, NULL, replicas))
        for (int64_t i = 0; i < sizes; i++)
            whole += replicas[i];
    free(replicas);
    return !there ? NOTHING : whole ? REPLICAS : A_LIMIT;
}

static void forget_state(const struct results *results)
{
    char *path = result_path(results, STATE);
    remove(path);
    free(path);
}

int study_command(const struct options *options, struct results *results)
{
    struct problem problem;
    moe_study *study = NULL;
    int end = problem_open(options, &problem);
    if (!end)
        end = library_end(problem.context, set_up(options, &problem, &study), "the study");
    if (!end) {
        end = run(options, &problem, results, study);
        const enum extent extent = extent_of(study, options->value[O_EXPERTS].count);
        if (!end || (end == END_INTERRUPTED && extent == REPLICAS)) {
            const int told = tell(options, &problem, study, !end, results);
            if (told && !end) /* what was measured is not lost for what comes after it */
                save_state(results, problem.context, study);
            end = end ? end : told;
        }
        if (end == END_GOOD)
            forget_state(results);
        else if (end == END_BUDGET)
            remark("--tolerance larger than %g takes fewer nodes; moefield limit says how near some get",
                   real_option(options, O_TOLERANCE));
        else if (end == END_INTERRUPTED)
            remark(extent == NOTHING ? "interrupted before the limit was there: nothing is written to %s"
                   : extent == A_LIMIT
                       ? "interrupted before a replica was whole: %s has the limit, and the same "
                         "command goes on from it"
                       : "interrupted: what is there is in %s, and the same command goes on from it",
                   results->directory);
    }
    moe_study_destroy(study);
    problem_close(&problem);
    return end;
}
