/* marginals.c - marginals.csv: the law of each parameter at the last time.
 *
 *   limit      its density,        start      that at time 0,        mixture    a histogram of N experts
 *
 * A density is that of a lattice rule moved by the limit's field, smoothed by the kernel of order 4
 *
 *   K(u) = (3 - u^2) phi(u) / 2,  u = (x - theta) / h,  h = range / 48,    K^(s) = (1 + s^2 / 2) exp(-s^2 / 2)
 *
 * (M. P. Wand and M. C. Jones, Kernel Smoothing, 1995, 2.8): the first four modes of a circle keep 99 %, what
 * 2^15 nodes leave of waves beyond the 25th goes. Draws would leave 2 % of noise.
 *
 * SPDX-License-Identifier: MIT */
#include "curves.h"

#include <math.h>
#include <stdlib.h>

enum {
    LEAST_BINS = 8,
    MOST_BINS = 40,
    FINE = 240, /* steps of the grid, at least */
    NODES = 1 << 15,
    MOST_SHOWN = 8
};

#define ROOT_OF_2_PI 2.5066282746310002

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
    coordinate_range(at, k, &grid.low, &grid.high);
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
        status = mixture_start(at->options, at->problem, N, MOE_METHOD_ADAMS, &laws.mixture);
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

int marginals_write(const struct curves *at, int64_t N)
{
    FILE *file = result_begin(at->results, "marginals.csv");
    if (!file)
        return END_OUTPUT;
    const int32_t status = write_marginals(at, N, file);
    const int end = result_end(at->results, file, "marginals.csv");
    return end ? end : library_end(at->problem->context, status, "the marginals");
}
