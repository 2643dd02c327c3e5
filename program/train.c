/* train.c - moefield train: one mixture of N experts, from N draws of the law.
 *
 * The draws are those of the first replica of a study with the same seed.
 *
 * SPDX-License-Identifier: MIT */
#include "commands.h"
#include "moments.h"
#include "progress.h"

#include <stdlib.h>

static const int32_t methods[] = {MOE_METHOD_ADAMS, MOE_METHOD_DOP853, MOE_METHOD_DOPRI5, MOE_METHOD_RKC,
                                  MOE_METHOD_LOW_STORAGE};

/* what the mixture predicts now */
static int32_t look(const struct options *options, const struct problem *problem, moe_flow *flow,
                    struct moment *moment)
{
    const struct samples *test = &problem->data.test;
    moe_measure *mu = NULL;
    int32_t status = moe_flow_predictions(flow, moment->f);
    if (!status && test->count)
        status = moe_flow_measure(flow, &mu);
    if (!status && test->count)
        status = moe_model_predict(problem->context, problem->model, mu, test->count, test->x, moment->test);
    moe_measure_destroy(mu);
    if (!status)
        moment_fill(options, problem, moment);
    return status;
}

/* experts.csv: a row an expert, at the time where the flow is */
static int write_experts(const struct problem *problem, moe_flow *flow, int64_t N, struct results *results)
{
    FILE *file = result_begin(results, "experts.csv");
    const double *theta = moe_flow_points(flow);
    if (!file)
        return END_OUTPUT;
    for (int64_t k = 0; k < problem->d; k++)
        fprintf(file, "%stheta%lld", k ? "," : "", (long long)k);
    fputc('\n', file);
    for (int64_t i = 0; i < N; i++) {
        for (int64_t k = 0; k < problem->d; k++)
            put_number(file, k ? "," : "", theta[i * problem->d + k]);
        fputc('\n', file);
    }
    return result_end(results, file, "experts.csv");
}

static int tell(const struct options *options, const struct problem *problem, moe_flow *flow, int64_t count,
                const struct moment *moments, struct results *results)
{
    const int64_t N = integer_option(options, O_EXPERTS);
    json_t *all = json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "experts", (json_int_t)N, "parameters",
                            (json_int_t)problem->d, "outputs", (json_int_t)problem->data.outputs,
                            "training samples", (json_int_t)problem->data.train.count, "test samples",
                            (json_int_t)problem->data.test.count, "variance explained",
                            json_number(problem->data.explained), "times", moments_json(count, moments));
    int end = END_GOOD;
    if (flag_option(options, O_JSON)) {
        json_dumpf(all, stdout, JSON_INDENT(2));
        putchar('\n');
    } else if (!flag_option(options, O_QUIET))
        moments_print(problem, count, moments);
    if (results->directory)
        end = result_json(results, "train.json", all);
    if (!end && results->directory)
        end = moments_write(problem, count, moments, "train", results);
    if (!end && results->directory)
        end = write_experts(problem, flow, N, results);
    json_decref(all);
    return end;
}

int train_command(const struct options *options, struct results *results)
{
    struct problem problem;
    moe_flow *flow = NULL;
    const double *times;
    const int64_t count = option_times(options, &times);
    int64_t reached = 0;
    int end = problem_open(options, &problem);
    if (!end)
        end = library_end(problem.context,
                          mixture_start(options, &problem, integer_option(options, O_EXPERTS),
                                        methods[options->value[O_METHOD].choice], &flow),
                          "the mixture");
    if (!end) {
        struct moment *moments = moments_make(&problem, count, times);
        progress_begin("training", NULL, NULL);
        int32_t status = MOE_OK;
        for (; reached < count && !status; reached += !status) {
            status = moe_flow_advance(flow, times[reached]);
            if (!status)
                status = look(options, &problem, flow, &moments[reached]);
        }
        progress_end();
        end = library_end(problem.context, status, "training");
        if (!end || end == END_INTERRUPTED) {
            const int told = tell(options, &problem, flow, reached, moments, results);
            end = end ? end : told;
        }
        moments_free(moments, count);
    }
    moe_flow_destroy(flow);
    problem_close(&problem);
    return end;
}
