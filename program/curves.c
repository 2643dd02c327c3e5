/* curves.c - what a study shows besides its tables: training in time, and how the measure moves.
 *
 *   training.csv     loss and accuracy in time of the limit and of three mixtures, each the first replica
 *   evolution.csv    the density of mu_t: d = 1 over time and parameter, d = 2 at up to four times
 *   paths.csv        experts beside it: d = 1 their ways, d = 2 where they are at these times
 *   marginals.csv    d >= 3, or a law without density: marginals.c
 *
 * SPDX-License-Identifier: MIT */
#include "curves.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 100, GRID_1 = 180, GRID_2 = 72, PATHS = 24 };

/* ---- training --------------------------------------------------------------------------------- */

static void write_training(const struct curves *at, const char *series, double time, const double *f,
                           FILE *file)
{
    const bool limit = !strcmp(series, "limit");
    fprintf(file, "%s", series);
    put_number(file, ",", time);
    put_number(file, ",", mean_loss(at->options, at->problem, &at->problem->data.train, f));
    put_number(file, ",",
               accuracy(&at->problem->data, &at->problem->data.train, f,
                        limit ? real_option(at->options, O_TOLERANCE) : rounding_doubt(at->options)));
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

void coordinate_range(const struct curves *at, int64_t k, double *low, double *high)
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
    coordinate_range(at, 0, &low, &high);
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

int64_t panel_times(const struct tables *tables, double time[PANELS])
{
    const int64_t asked = tables->times, last = asked - 1;
    int64_t count = 0;
    if (asked == 1) {
        for (; count < PANELS; count++)
            time[count] =
                count == PANELS - 1 ? tables->time[0] : tables->time[0] * (double)count / (PANELS - 1);
        return count;
    }
    if (asked < PANELS && tables->time[0] > 0)
        time[count++] = 0;
    const int64_t shown = asked < PANELS ? asked : PANELS;
    for (int64_t i = 0; i < shown; i++)
        time[count++] = tables->time[i * last / (shown - 1)];
    return count;
}

/* d = 2: a square of points at each of a few times */
static int32_t density_2(const struct curves *at, FILE *file)
{
    double low[2], high[2], panel[PANELS];
    int32_t status = MOE_OK;
    const int64_t panels = panel_times(at->tables, panel), count = (GRID_2 + 1) * (GRID_2 + 1);
    double *point = room(2 * count, sizeof *point), *density = room(count, sizeof *density);
    for (int k = 0; k < 2; k++)
        coordinate_range(at, k, &low[k], &high[k]);
    for (int64_t i = 0; i < count; i++) {
        point[2 * i] = low[0] + (high[0] - low[0]) * (double)(i / (GRID_2 + 1)) / GRID_2;
        point[2 * i + 1] = low[1] + (high[1] - low[1]) * (double)(i % (GRID_2 + 1)) / GRID_2;
    }
    fprintf(file, "time,theta0,theta1,density\n");
    for (int64_t s = 0; s < panels && !status; s++) {
        status = moe_field_density(at->problem->context, at->field, at->problem->law, panel[s], count, point,
                                   1e-6, density);
        for (int64_t i = 0; i < count && !status; i++) {
            put_number(file, "", panel[s]);
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

double wrapped(double theta, double period)
{
    return isinf(period) ? theta : theta - period * floor(theta / period);
}

/* experts of a mixture: time and coordinates, at the grid's times (d = 1) or the panels' (d = 2) */
static int32_t write_paths(const struct curves *at, int64_t N, FILE *file)
{
    double panel[PANELS];
    const int64_t d = at->problem->d, panels = panel_times(at->tables, panel),
                  times = d == 1 ? STEPS + 1 : panels;
    const double *period = moe_expert_period(at->problem->expert);
    moe_flow *flow = NULL;
    int32_t status = start_mixture(at, N, &flow);
    fprintf(file, d == 1 ? "expert,time,theta0\n" : "expert,time,theta0,theta1\n");
    for (int64_t s = 0; s < times && !status; s++) {
        const double time = d > 1 ? panel[s] : s == STEPS ? at->end : at->end * (double)s / STEPS;
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

/* ---- all -------------------------------------------------------------------------------------- */

static int evolution(const struct curves *at, const struct tables *tables)
{
    const int64_t d = at->problem->d, middle = tables->experts[tables->sizes / 2];
    if (d > 2 || tables->random < d)
        return marginals_write(at, tables->experts[tables->sizes - 1]);
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
                        .tables = tables,
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
