/* curves.c - what a study shows besides its tables: training in time, and how the measure moves.
 *
 *   training.csv     loss and accuracy in time of the limit and of three mixtures, each the first replica
 *   evolution.csv    the density of mu_t: d = 1 over time and parameter, d = 2 at up to four times
 *   paths.csv        experts beside it: d = 1 their ways, d = 2 where they are at these times
 *   marginals.csv    d >= 3, or a law without density: of each parameter, the limit's density and a mixture's
 *                    histogram
 *
 * A marginal of the limit is that of a lattice rule moved by the limit's field, smoothed by the kernel of order 4
 *
 *   K(u) = (3 - u^2) phi(u) / 2,  u = (x - theta) / h,  h = range / 48,    K^(s) = (1 + s^2 / 2) exp(-s^2 / 2)
 *
 * (M. P. Wand and M. C. Jones, Kernel Smoothing, 1995, 2.8): the first four modes of a circle keep 99 %, what
 * 2^15 nodes leave of waves beyond the 25th goes. Draws would leave 2 % of noise.
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
    LEAST_BINS = 8,
    MOST_BINS = 40,
    FINE = 240, /* steps of a marginal's grid, at least */
    NODES = 1 << 15,
    PATHS = 24,
    MOST_SHOWN = 8
};

#define ROOT_OF_2_PI 2.5066282746310002

struct curves {
    const struct options *options;
    const struct problem *problem;
    moe_limit *limit;
    moe_field *field; /* NULL if the last time is 0 */
    const struct tables *tables;
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
        range_of(at, k, &low[k], &high[k]);
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

/* an angle within one period from 0 on */
static double wrapped(double theta, double period)
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

/* ---- marginals -------------------------------------------------------------------------------- */

/* where a marginal is shown: from low to high in steps, as many for each bin */
struct grid {
    double low, high;
    bool circle;
    int64_t bins, steps;
};

static struct grid grid_of(const struct curves *at, int64_t k, int64_t N)
{
    struct grid grid = {.circle = !isinf(moe_expert_period(at->problem->expert)[k])};
    grid.bins = (int64_t)ceil(2 * cbrt((double)N)); /* Rice's rule */
    grid.bins = grid.bins < LEAST_BINS ? LEAST_BINS : grid.bins > MOST_BINS ? MOST_BINS : grid.bins;
    grid.steps = grid.bins * ((FINE + grid.bins - 1) / grid.bins);
    range_of(at, k, &grid.low, &grid.high);
    return grid;
}

/* the cell of a value among `count` between low and high, -1: outside */
static int64_t cell_of(const struct grid *grid, double theta, int64_t count)
{
    const double wide = grid->high - grid->low;
    const double part = (grid->circle ? wrapped(theta, wide) : theta - grid->low) / wide;
    return part < 0 || part > 1 ? -1 : part < 1 ? (int64_t)(part * (double)count) : count - 1;
}

/* share[b] <- the part of the points in bin b, over the bin's width */
static void histogram(const struct grid *grid, int64_t d, int64_t k, int64_t count, const double *point,
                      double *share)
{
    const double width = (grid->high - grid->low) / (double)grid->bins;
    for (int64_t i = 0; i < count; i++) {
        const int64_t b = cell_of(grid, point[i * d + k], grid->bins);
        if (b >= 0)
            share[b] += 1 / ((double)count * width);
    }
}

/* density[s] <- sum_i w_i K((x_s - theta_i) / h) / h, or 0 if that is less, on the grid's steps + 1 points; the
 * points are counted in 2048 fine cells first */
static void smooth_density(const struct grid *grid, int64_t k, const moe_measure *mu, double *density)
{
    enum { CELLS = 2048 };
    const int64_t d = moe_measure_dimension(mu), count = moe_measure_count(mu);
    const double *point = moe_measure_points(mu), *weight = moe_measure_weights(mu);
    const double wide = grid->high - grid->low, h = wide / 48;
    double cell[CELLS] = {0};
    for (int64_t i = 0; i < count; i++) {
        const int64_t c = cell_of(grid, point[i * d + k], CELLS);
        if (c >= 0)
            cell[c] += weight[i];
    }
    for (int64_t s = 0; s <= grid->steps; s++) {
        density[s] = 0;
        for (int c = 0; c < CELLS; c++) {
            const double off = wide * ((double)s / (double)grid->steps - (c + 0.5) / CELLS);
            const double u = (grid->circle ? remainder(off, wide) : off) / h;
            density[s] += cell[c] * (3 - u * u) / 2 * exp(-u * u / 2) / (h * ROOT_OF_2_PI);
        }
        density[s] = fmax(density[s], 0);
    }
}

/* the limit's rule at the start and at the last time, and a mixture of N experts at the last */
struct laws {
    moe_measure *start, *limit;
    moe_flow *mixture;
    int64_t N;
};

static void write_marginal(const struct curves *at, int64_t k, const struct laws *laws, FILE *file)
{
    const struct grid grid = grid_of(at, k, laws->N);
    double *share = room(grid.bins, sizeof *share), *density = room(grid.steps + 1, sizeof *density);
    double *start = room(grid.steps + 1, sizeof *start);
    histogram(&grid, at->problem->d, k, laws->N, moe_flow_points(laws->mixture), share);
    smooth_density(&grid, k, laws->limit, density);
    smooth_density(&grid, k, laws->start, start);
    for (int64_t s = 0; s <= grid.steps; s++) {
        const int64_t b = s * grid.bins / grid.steps;
        fprintf(file, "%lld", (long long)k);
        put_number(file, ",", grid.low + (grid.high - grid.low) * (double)s / (double)grid.steps);
        put_number(file, ",", density[s]);
        put_number(file, ",", share[b < grid.bins ? b : b - 1]);
        put_number(file, ",", start[s]);
        fputc('\n', file);
    }
    fprintf(file, "\n\n");
    free(share);
    free(density);
    free(start);
}

/* start <- a lattice rule of the law, limit <- what the limit's field makes of it up to the last time */
static int32_t move_lattice(const struct curves *at, struct laws *laws)
{
    moe_context *context = at->problem->context;
    moe_flow *flow = NULL;
    int32_t status = moe_measure_lattice(context, at->problem->law, NODES, NULL,
                                         (uint64_t)integer_option(at->options, O_SEED), 0, &laws->start);
    if (!status)
        status = moe_flow_create_driven(context, at->field, laws->start, &flow);
    if (!status)
        status = moe_flow_set_tolerance(flow, 0, 1e-5); /* below what the smoothing changes */
    if (!status)
        status = moe_flow_advance(flow, at->end);
    if (!status)
        status = moe_flow_measure(flow, &laws->limit);
    moe_flow_destroy(flow);
    return status;
}

static int32_t write_marginals(const struct curves *at, int64_t N, FILE *file)
{
    const int64_t shown = at->problem->d < MOST_SHOWN ? at->problem->d : MOST_SHOWN;
    struct laws laws = {.N = N};
    int32_t status = move_lattice(at, &laws);
    if (!status)
        status = start_mixture(at, N, &laws.mixture);
    if (!status)
        status = moe_flow_advance(laws.mixture, at->end);
    fprintf(file, "parameter,theta,limit,mixture,start\n");
    for (int64_t k = 0; k < shown && !status; k++)
        write_marginal(at, k, &laws, file);
    moe_flow_destroy(laws.mixture);
    moe_measure_destroy(laws.limit);
    moe_measure_destroy(laws.start);
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
