/* bands.c - how far the predictions of one mixture stray from the limit's, told by the limit alone.
 *
 *   sqrt(N) (F_N - F) -> a Gaussian process (moe_field_fluctuations),   N (E F_N - F) -> the bias (moe_model_bias)
 *
 *   fluctuations.csv  limit, standard deviation and bias at every time, sample and output
 *   bands.csv         at the last time, in the order of the limit's predictions: the band in which a mixture's
 *                     lies with 95 % probability, and the first replica's, for three numbers of experts
 *
 * SPDX-License-Identifier: MIT */
#include "study.h"

#include <math.h>
#include <stdlib.h>

/* Nodes of the rule for both: each takes d + 1 characteristics, and each sample of the bias two flows. The
 * covariance solves linear equations in the training samples at 9 to 129 times. */
enum { MOST_NODES = 1 << 12, LEAST_SIDE = 5, SAMPLES = 32, MOST_WIDTH = 512 };

#define NORMAL_95 1.959963984540054

struct bands {
    const struct options *options;
    const struct problem *problem;
    const struct tables *tables;
    int64_t width;             /* training samples times outputs */
    double *f, *deviation;     /* times x width */
    double *bias, *bias_error; /* times x width */
    struct results *results;
};

/* The limit's numbers of nodes, the largest made less until they are few enough. False: a lattice. */
static bool few_nodes(const struct problem *problem, const moe_limit *limit, int64_t *sizes)
{
    double product = 1;
    moe_limit_effort(limit, sizes, NULL, NULL);
    for (int64_t k = 0; k < problem->d; k++)
        product *= (double)sizes[k];
    while (product > MOST_NODES) {
        int64_t largest = 0;
        for (int64_t k = 1; k < problem->d; k++)
            largest = sizes[k] > sizes[largest] ? k : largest;
        if (sizes[largest] <= LEAST_SIDE)
            return false;
        product *= (double)(sizes[largest] - 1) / (double)sizes[largest];
        sizes[largest]--;
    }
    return product > 0;
}

static int32_t make_rule(const struct bands *at, const moe_limit *limit, moe_measure **rule)
{
    int64_t *sizes = room(at->problem->d, sizeof *sizes);
    const int32_t status = few_nodes(at->problem, limit, sizes)
                               ? moe_measure_tensor(at->problem->context, at->problem->law, sizes, rule)
                               : moe_measure_lattice(at->problem->context, at->problem->law, MOST_NODES, NULL,
                                                     (uint64_t)integer_option(at->options, O_SEED), 0, rule);
    free(sizes);
    return status;
}

/* the diagonal of the covariance over all times and samples, one time after the other: n K numbers a side */
static int32_t find_deviations(struct bands *at, const moe_field *field, const moe_measure *rule)
{
    double *covariance = room(at->width * at->width, sizeof *covariance);
    int32_t status = MOE_OK;
    for (int64_t t = 0; t < at->tables->times && !status; t++) {
        status = moe_field_fluctuations(at->problem->context, field, rule, 1, &at->tables->time[t], 0, NULL,
                                        1e-4, covariance);
        for (int64_t a = 0; a < at->width && !status; a++)
            at->deviation[t * at->width + a] = sqrt(fmax(covariance[a * at->width + a], 0));
    }
    free(covariance);
    return status;
}

static int32_t compute(struct bands *at, moe_limit *limit)
{
    moe_context *context = at->problem->context;
    moe_field *field = NULL;
    moe_measure *rule = NULL;
    int32_t status = moe_limit_field(limit, &field);
    if (!status)
        status = make_rule(at, limit, &rule);
    for (int64_t t = 0; t < at->tables->times && !status; t++)
        status = moe_limit_predictions(limit, t, at->f + t * at->width);
    if (!status)
        status = find_deviations(at, field, rule);
    if (!status)
        status =
            moe_model_bias(context, at->problem->model, rule, at->tables->times, at->tables->time, 0, NULL,
                           SAMPLES, (uint64_t)integer_option(at->options, O_SEED), at->bias, at->bias_error);
    moe_measure_destroy(rule);
    moe_field_destroy(field);
    return status;
}

/* ---- writing ---------------------------------------------------------------------------------- */

static int write_fluctuations(const struct bands *at)
{
    const int64_t K = at->problem->data.outputs;
    FILE *file = result_begin(at->results, "fluctuations.csv");
    if (!file)
        return END_OUTPUT;
    fprintf(file, "time,sample,output,limit,deviation,bias,bias_standard_error\n");
    for (int64_t t = 0; t < at->tables->times; t++)
        for (int64_t j = 0; j < at->width; j++) {
            const int64_t a = t * at->width + j;
            put_number(file, "", at->tables->time[t]);
            fprintf(file, ",%lld,%lld", (long long)(j / K), (long long)(j % K));
            put_number(file, ",", at->f[a]);
            put_number(file, ",", at->deviation[a]);
            put_number(file, ",", at->bias[a]);
            put_number(file, ",", at->bias_error[a]);
            fputc('\n', file);
        }
    return result_end(at->results, file, "fluctuations.csv");
}

struct ranked {
    double f;
    int64_t j; /* sample K + output */
};

static int ascending(const void *a, const void *b)
{
    const struct ranked *left = a, *right = b;
    if (left->f != right->f)
        return left->f < right->f ? -1 : 1;
    return left->j < right->j ? -1 : left->j > right->j;
}

/* the block of one number of experts; the mixture is the first replica */
static int32_t write_block(const struct bands *at, int64_t N, const struct ranked *order, FILE *file)
{
    const int64_t K = at->problem->data.outputs, last = at->tables->times - 1;
    const double *deviation = at->deviation + last * at->width, *bias = at->bias + last * at->width;
    double *mixture = room(at->width, sizeof *mixture);
    moe_flow *flow = NULL;
    int32_t status = mixture_start(at->options, at->problem, N, MOE_METHOD_ADAMS, &flow);
    if (!status)
        status = moe_flow_advance(flow, at->tables->time[last]);
    if (!status)
        status = moe_flow_predictions(flow, mixture);
    for (int64_t r = 0; r < at->width && !status; r++) {
        const int64_t j = order[r].j;
        const double middle = order[r].f + bias[j] / (double)N;
        const double wide = NORMAL_95 * deviation[j] / sqrt((double)N);
        fprintf(file, "%lld,%lld,%lld,%lld", (long long)N, (long long)r, (long long)(j / K),
                (long long)(j % K));
        put_number(file, ",", order[r].f);
        put_number(file, ",", middle - wide);
        put_number(file, ",", middle + wide);
        put_number(file, ",", mixture[j]);
        fputc('\n', file);
    }
    fprintf(file, "\n\n");
    moe_flow_destroy(flow);
    free(mixture);
    return status;
}

static int write_bands(const struct bands *at)
{
    const int64_t chosen[] = {0, at->tables->sizes / 2, at->tables->sizes - 1};
    struct ranked *order = room(at->width, sizeof *order);
    FILE *file = result_begin(at->results, "bands.csv");
    int32_t status = MOE_OK;
    for (int64_t j = 0; j < at->width; j++)
        order[j] = (struct ranked){at->f[(at->tables->times - 1) * at->width + j], j};
    qsort(order, (size_t)at->width, sizeof *order, ascending);
    if (file)
        fprintf(file, "experts,rank,sample,output,limit,lower,upper,mixture\n");
    for (int i = 0; i < 3 && !status && file; i++)
        if (!i || chosen[i] != chosen[i - 1])
            status = write_block(at, at->tables->experts[chosen[i]], order, file);
    free(order);
    const int end = file ? result_end(at->results, file, "bands.csv") : END_OUTPUT;
    return end ? end : library_end(at->problem->context, status, "a mixture beside its band");
}

/* why there are none, or NULL */
static const char *obstacle(const struct bands *at)
{
    if (!(at->tables->time[at->tables->times - 1] > 0))
        return "the last time is 0";
    return at->width > MOST_WIDTH ? "more than 512 training samples times outputs" : NULL;
}

int bands_write(const struct options *options, const struct problem *problem, moe_limit *limit,
                const struct tables *tables, struct results *results)
{
    const int64_t width = problem->data.train.count * problem->data.outputs, cells = tables->times * width;
    struct bands at = {.options = options,
                       .problem = problem,
                       .tables = tables,
                       .width = width,
                       .f = room(cells, sizeof(double)),
                       .deviation = room(cells, sizeof(double)),
                       .bias = room(cells, sizeof(double)),
                       .bias_error = room(cells, sizeof(double)),
                       .results = results};
    int end = END_GOOD;
    const char *why = obstacle(&at);
    const int32_t status = why ? MOE_OK : compute(&at, limit);
    if (status == MOE_ERROR_CANCELLED)
        end = library_end(problem->context, status, "the bands");
    else if (status)
        why = moe_context_error(problem->context);
    if (!end && why)
        remark("no bands: %s", why);
    if (!end && !why)
        end = write_fluctuations(&at);
    if (!end && !why)
        end = write_bands(&at);
    free(at.f);
    free(at.deviation);
    free(at.bias);
    free(at.bias_error);
    return end;
}
