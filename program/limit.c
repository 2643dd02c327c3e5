/* limit.c - moefield limit: the mean-field limit of a model to a tolerance.
 *
 * SPDX-License-Identifier: MIT */
#include "commands.h"
#include "moments.h"
#include "progress.h"

#include <math.h>
#include <stdlib.h>

static int solve(const struct options *options, const struct problem *problem, moe_limit **limit)
{
    const double *times,
        most = options->value[O_SECONDS].text ? real_option(options, O_SECONDS) : (double)INFINITY;
    const int64_t count = option_times(options, &times);
    int32_t status = moe_limit_create(problem->context, problem->model, problem->law, limit);
    if (!status)
        status = moe_limit_set_times(*limit, count, times);
    if (!status)
        status = moe_limit_set_tolerance(*limit, real_option(options, O_TOLERANCE));
    if (!status)
        status = moe_limit_set_budget(*limit, integer_option(options, O_NODES), INT64_MAX, most);
    if (!status) {
        progress_begin("limit", NULL, NULL);
        status = moe_limit_solve(*limit);
        progress_end();
    }
    return library_end(problem->context, status, "the limit");
}

/* the rule's nodes in each coordinate, null where lattices sample it, and all its points */
static json_t *limit_json(const struct problem *problem, moe_limit *limit, int64_t count,
                          const struct moment *moments)
{
    moe_measure *rule = NULL;
    int64_t *sizes = room(problem->d, sizeof *sizes);
    double tolerance = 0, evaluations = 0;
    json_t *nodes = json_array();
    moe_limit_effort(limit, sizes, &tolerance, &evaluations);
    for (int64_t k = 0; k < problem->d; k++)
        json_array_append_new(nodes, sizes[k] ? json_integer(sizes[k]) : json_null());
    free(sizes);
    json_t *points = moe_limit_measure(limit, 0, &rule) ? json_null() : json_integer(moe_measure_count(rule));
    moe_measure_destroy(rule);
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:f, s:f, s:o}", "parameters", (json_int_t)problem->d, "outputs",
        (json_int_t)problem->data.outputs, "training samples", (json_int_t)problem->data.train.count,
        "test samples", (json_int_t)problem->data.test.count, "variance explained",
        json_number(problem->data.explained), "nodes", nodes, "points", points, "tolerance in time",
        tolerance, "evaluations", evaluations, "times", moments_json(count, moments));
}

static int tell(const struct options *options, const struct problem *problem, moe_limit *limit,
                struct results *results)
{
    const double *times;
    const int64_t count = option_times(options, &times);
    struct moment *moments = moments_make(problem, count, times);
    int end = limit_moments(options, problem, limit, count, moments);
    if (!end) {
        json_t *all = limit_json(problem, limit, count, moments);
        if (flag_option(options, O_JSON)) {
            json_dumpf(all, stdout, JSON_INDENT(2));
            putchar('\n');
        } else if (!flag_option(options, O_QUIET))
            moments_print(problem, count, moments);
        if (results->directory)
            end = result_json(results, "limit.json", all);
        if (!end && results->directory)
            end = moments_write(problem, count, moments, "limit", results);
        json_decref(all);
    }
    moments_free(moments, count);
    return end;
}

int limit_command(const struct options *options, struct results *results)
{
    struct problem problem;
    moe_limit *limit = NULL;
    double *error;
    int end = problem_open(options, &problem);
    if (!end) {
        const double *times;
        error = room(option_times(options, &times), sizeof *error);
        end = solve(options, &problem, &limit);
        /* out of budget or interrupted, the best so far is told, if there is one */
        if (limit && (!end || end == END_BUDGET || end == END_INTERRUPTED) &&
            !moe_limit_errors(limit, error)) {
            const int told = tell(options, &problem, limit, results);
            end = end ? end : told;
        }
        free(error);
    }
    moe_limit_destroy(limit);
    problem_close(&problem);
    return end;
}
