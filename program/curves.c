/* curves.c - what a study shows besides its tables: training in time, and how the measure moves.
 *
 *   training.csv     loss and accuracy in time of the limit and of three mixtures, each the first replica
 *   evolution.csv    the density of mu_t: d = 1 over time and parameter, d = 2 at four times
 *   paths.csv        experts beside it: d = 1 their ways, d = 2 where they are at these times
 *   marginals.csv    d >= 3, or a law without density: of each parameter, the limit's and a mixture's
 *
 * SPDX-License-Identifier: MIT */
#include "study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    STEPS = 100,
    GRID_1 = 180,
    GRID_2 = 72,
    PANELS = 4,
    BINS = 40,
    DRAWS = 1 << 15,
    PATHS = 24,
    MOST_SHOWN = 8
};

struct curves {
    const struct options *options;
    const struct problem *problem;
    moe_limit *limit;
    moe_field *field; /* NULL if the last time is 0 */
    double end;
    struct results *results;
};

/* ---- training --------------------------------------------------------------------------------- */

static void write_training(const struct curves *at, const char *series, double time, const double *f,
                           FILE *file)
{
    fprintf(file, "%s", series);
    put_number(file, ",", time);
    put_number(file, ",", mean_loss(at->options, at->problem, &at->problem->data.train, f));
    put_number(file, ",", accuracy(&at->problem->data, &at->problem->data.train, f));
    fputc('\n', file);
}

static int32_t write_field(const struct curves *at, const char *series, const moe_field *field, FILE *file)
{
    double *f = room(at->problem->data.train.count * at->problem->data.outputs, sizeof *f);
    int32_t status = MOE_OK;
    for (int s = 0; s <= STEPS && !status; s++) {
        const double time = s == STEPS ? at->end : at->end * s / STEPS;
        status = moe_field_predictions(at->problem->context, field, time, f);
        if (!status)
            write_training(at, series, time, f, file);
    }
    fprintf(file, "\n\n");
    free(f);
    return status;
}

static int32_t start_mixture(const struct curves *at, int64_t N, moe_flow **flow)
{
    return mixture_start(at->options, at->problem, N, MOE_METHOD_ADAMS, flow);
}

/* the first replica with N experts */
static int32_t write_mixture(const struct curves *at, int64_t N, FILE *file)
{
    moe_flow *flow = NULL;
    moe_field *field = NULL;
    char series[32];
    int32_t status = start_mixture(at, N, &flow);
    if (!status)
        status = moe_flow_record(flow);
    if (!status)
        status = moe_flow_advance(flow, at->end);
    if (!status)
        status = moe_flow_field(flow, &field);
    snprintf(series, sizeof series, "%lld", (long long)N);
    if (!status)
        status = write_field(at, series, field, file);
    moe_field_destroy(field);
    moe_flow_destroy(flow);
    return status;
}

static int training(const struct curves *at, const struct tables *tables)
{
    const int64_t chosen[] = {0, tables->sizes / 2, tables->sizes - 1};
    FILE *file = result_begin(at->results, "training.csv");
    if (!file)
        return END_OUTPUT;
    fprintf(file, "experts,time,loss,accuracy\n");
    int32_t status = write_field(at, "limit", at->field, file);
    for (int i = 0; i < 3 && !status; i++)
        if (!i || chosen[i] != chosen[i - 1])
            status = write_mixture(at, tables->experts[chosen[i]], file);
    const int end = result_end(at->results, file, "training.csv");
    return end ? end : library_end(at->problem->context, status, "the training curves");
}

/* ---- the measure ------------------------------------------------------------------------------ */

/* where coordinate k lives: a period, or what the draws span */
static void range_of(const struct curves *at, int64_t k, double *low, double *high)
{
    const double period = moe_expert_period(at->problem->expert)[k];
    moe_measure *draws = NULL;
    *low = 0;
    *high = period;
    if (!isinf(period))
        return;
    *low = -1;
    *high = 1;
    if (!moe_limit_sample(at->limit, 0, 1, 0, 0, 1024, &draws)) {
        double *mean = room(at->problem->d, sizeof *mean),
               *c = room(at->problem->d * at->problem->d, sizeof *c);
        if (!moe_measure_moments(at->problem->context, draws, mean, c)) {
            const double wide = 4 * sqrt(c[k * at->problem->d + k]) + 1e-6;
            *low = mean[k] - wide;
            *high = mean[k] + wide;
        }
        free(mean);
        free(c);
    }
    moe_measure_destroy(draws);
}

/* d = 1: rows of times, from one end of the range to the other */
static int32_t density_1(const struct curves *at, FILE *file)
{
    double low, high, point[GRID_1 + 1], density[GRID_1 + 1];
    int32_t status = MOE_OK;
    range_of(at, 0, &low, &high);
    for (int i = 0; i <= GRID_1; i++)
        point[i] = low + (high - low) * i / GRID_1;
    fprintf(file, "time,theta0,density\n");
    for (int s = 0; s <= STEPS && !status; s++) {
        const double time = s == STEPS ? at->end : at->end * s / STEPS;
        status = moe_field_density(at->problem->context, at->field, at->problem->law, time, GRID_1 + 1, point,
                                   1e-6, density);
        for (int i = 0; i <= GRID_1 && !status; i++) {
            put_number(file, "", time);
            put_number(file, ",", point[i]);
            put_number(file, ",", density[i]);
            fputc('\n', file);
        }
        fputc('\n', file);
    }
    return status;
}

/* d = 2: a square of points at each of a few times */
static int32_t density_2(const struct curves *at, FILE *file)
{
    double low[2], high[2];
    int32_t status = MOE_OK;
    const int64_t count = (GRID_2 + 1) * (GRID_2 + 1);
    double *point = room(2 * count, sizeof *point), *density = room(count, sizeof *density);
    for (int k = 0; k < 2; k++)
        range_of(at, k, &low[k], &high[k]);
    for (int64_t i = 0; i < count; i++) {
        point[2 * i] = low[0] + (high[0] - low[0]) * (double)(i / (GRID_2 + 1)) / GRID_2;
        point[2 * i + 1] = low[1] + (high[1] - low[1]) * (double)(i % (GRID_2 + 1)) / GRID_2;
    }
    fprintf(file, "time,theta0,theta1,density\n");
    for (int s = 0; s < PANELS && !status; s++) {
        const double time = s == PANELS - 1 ? at->end : at->end * s / (PANELS - 1);
        status = moe_field_density(at->problem->context, at->field, at->problem->law, time, count, point,
                                   1e-6, density);
        for (int64_t i = 0; i < count && !status; i++) {
            put_number(file, "", time);
            put_number(file, ",", point[2 * i]);
            put_number(file, ",", point[2 * i + 1]);
            put_number(file, ",", density[i]);
            fputc('\n', file);
            if (i % (GRID_2 + 1) == GRID_2)
                fputc('\n', file);
        }
        fputc('\n', file);
    }
    free(point);
    free(density);
    return status;
}

/* an angle within one period from 0 on */
static double wrapped(double theta, double period)
{
    return isinf(period) ? theta : theta - period * floor(theta / period);
}

/* experts of a mixture: time and coordinates, at the grid's times (d = 1) or the panels' (d = 2) */
static int32_t write_paths(const struct curves *at, int64_t N, FILE *file)
{
    const int64_t d = at->problem->d, times = d == 1 ? STEPS + 1 : PANELS;
    const double *period = moe_expert_period(at->problem->expert);
    moe_flow *flow = NULL;
    int32_t status = start_mixture(at, N, &flow);
    fprintf(file, d == 1 ? "expert,time,theta0\n" : "expert,time,theta0,theta1\n");
    for (int64_t s = 0; s < times && !status; s++) {
        const double time = s == times - 1 ? at->end : at->end * (double)s / (double)(times - 1);
        status = moe_flow_advance(flow, time);
        const double *theta = moe_flow_points(flow);
        for (int64_t i = 0; i < N && !status && (d > 1 || i < PATHS); i++) {
            fprintf(file, "%lld", (long long)i);
            put_number(file, ",", time);
            for (int64_t k = 0; k < d; k++)
                put_number(file, ",", wrapped(theta[i * d + k], period[k]));
            fputc('\n', file);
        }
        fprintf(file, "\n\n");
    }
    moe_flow_destroy(flow);
    return status;
}

/* ---- marginals -------------------------------------------------------------------------------- */

/* share[b] <- the part of the points in bin b, over the bin's width */
static void histogram(const struct curves *at, int64_t k, int64_t count, const double *point, double low,
                      double high, double *share)
{
    const double width = (high - low) / BINS;
    const double period = moe_expert_period(at->problem->expert)[k];
    memset(share, 0, BINS * sizeof *share);
    for (int64_t i = 0; i < count; i++) {
        const double b = floor((wrapped(point[i * at->problem->d + k], period) - low) / width);
        if (b >= 0 && b < BINS)
            share[(int)b] += 1 / ((double)count * width);
    }
}

static int32_t write_marginals(const struct curves *at, int64_t N, FILE *file)
{
    const int64_t last = at->options->value[O_TIMES].text ? at->options->value[O_TIMES].count - 1 : 0;
    const int64_t shown = at->problem->d < MOST_SHOWN ? at->problem->d : MOST_SHOWN;
    moe_measure *limit = NULL;
    moe_flow *flow = NULL;
    int32_t status = moe_limit_sample(at->limit, last, 1, 0, 0, DRAWS, &limit);
    if (!status)
        status = start_mixture(at, N, &flow);
    if (!status)
        status = moe_flow_advance(flow, at->end);
    fprintf(file, "parameter,theta,limit,mixture\n");
    for (int64_t k = 0; k < shown && !status; k++) {
        double low, high, of_limit[BINS], of_mixture[BINS];
        range_of(at, k, &low, &high);
        histogram(at, k, DRAWS, moe_measure_points(limit), low, high, of_limit);
        histogram(at, k, N, moe_flow_points(flow), low, high, of_mixture);
        for (int b = 0; b < BINS; b++) {
            fprintf(file, "%lld", (long long)k);
            put_number(file, ",", low + (high - low) * (b + 0.5) / BINS);
            put_number(file, ",", of_limit[b]);
            put_number(file, ",", of_mixture[b]);
            fputc('\n', file);
        }
        fprintf(file, "\n\n");
    }
    moe_flow_destroy(flow);
    moe_measure_destroy(limit);
    return status;
}

/* ---- all -------------------------------------------------------------------------------------- */

static int marginals(const struct curves *at, const struct tables *tables)
{
    FILE *file = result_begin(at->results, "marginals.csv");
    if (!file)
        return END_OUTPUT;
    const int32_t status = write_marginals(at, tables->experts[tables->sizes - 1], file);
    const int end = result_end(at->results, file, "marginals.csv");
    return end ? end : library_end(at->problem->context, status, "the marginals");
}

static int evolution(const struct curves *at, const struct tables *tables)
{
    const int64_t d = at->problem->d, middle = tables->experts[tables->sizes / 2];
    if (d > 2 || tables->random < d)
        return marginals(at, tables);
    FILE *file = result_begin(at->results, "evolution.csv");
    if (!file)
        return END_OUTPUT;
    int32_t status = d == 1 ? density_1(at, file) : density_2(at, file);
    int end = result_end(at->results, file, "evolution.csv");
    if (end || status)
        return end ? end : library_end(at->problem->context, status, "the density");
    file = result_begin(at->results, "paths.csv");
    if (!file)
        return END_OUTPUT;
    status = write_paths(at, d == 1 && middle < PATHS ? PATHS : middle, file);
    end = result_end(at->results, file, "paths.csv");
    return end ? end : library_end(at->problem->context, status, "the experts' paths");
}

int curves_write(const struct options *options, const struct problem *problem, moe_limit *limit,
                 const struct tables *tables, struct results *results)
{
    struct curves at = {.options = options,
                        .problem = problem,
                        .limit = limit,
                        .end = tables->time[tables->times - 1],
                        .results = results};
    if (!(at.end > 0))
        return END_GOOD;
    int end = library_end(problem->context, moe_limit_field(limit, &at.field), "the limit's field");
    if (!end)
        end = training(&at, tables);
    if (!end)
        end = evolution(&at, tables);
    moe_field_destroy(at.field);
    return end;
}
