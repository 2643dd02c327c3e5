/* distance.c - moefield distance: W_p between the points of two CSV files, as an interval that holds it.
 *
 * SPDX-License-Identifier: MIT */
#include "commands.h"
#include "csv.h"
#include "problem.h"
#include "progress.h"

#include <math.h>
#include <stdlib.h>

struct cloud {
    int64_t count, d;
    double *point, *weight; /* weight NULL: all alike */
};

static void cloud_free(struct cloud *cloud)
{
    free(cloud->point);
    free(cloud->weight);
}

/* weights from the last column, scaled to sum 1 */
static int take_weights(const struct table *table, struct cloud *cloud)
{
    double sum = 0;
    cloud->weight = room(cloud->count, sizeof *cloud->weight);
    for (int64_t i = 0; i < cloud->count; i++) {
        if (table_number(table, i, cloud->d, &cloud->weight[i]))
            return END_INPUT;
        if (cloud->weight[i] < 0)
            return cell_complain(table, &table->cell[i * table->columns + cloud->d],
                                 "a weight should not be negative");
        sum += cloud->weight[i];
    }
    if (!(sum > 0 && isfinite(sum)))
        return complain(END_INPUT, "%s: the weights sum to %g", table->path, sum);
    for (int64_t i = 0; i < cloud->count; i++)
        cloud->weight[i] /= sum;
    return END_GOOD;
}

static int cloud_read(const struct options *options, const char *path, struct cloud *cloud)
{
    struct table table;
    const bool weights = flag_option(options, O_WEIGHTS);
    int end = table_read(path, &table);
    if (!end && table.columns - weights < 1)
        end = complain(END_INPUT, "%s: has no column besides the weights", path);
    if (!end && !table.rows)
        end = complain(END_INPUT, "%s: has no points", path);
    if (!end) {
        cloud->count = table.rows;
        cloud->d = table.columns - weights;
        cloud->point = room(cloud->count * cloud->d, sizeof *cloud->point);
        for (int64_t i = 0; i < cloud->count && !end; i++)
            for (int64_t k = 0; k < cloud->d && !end; k++)
                end = table_number(&table, i, k, &cloud->point[i * cloud->d + k]);
        if (!end && weights)
            end = take_weights(&table, cloud);
    }
    table_free(&table);
    return end;
}

static void print_distance(const struct options *options, const struct cloud *cloud, moe_transport *transport,
                           double lower, double upper)
{
    const double p = real_option(options, O_ORDER);
    if (flag_option(options, O_JSON)) {
        json_t *all = json_pack("{s:f, s:o, s:o, s:s, s:I, s:I, s:I}", "p", p, "lower", json_number(lower),
                                "upper", json_number(upper), "method", moe_transport_method(transport),
                                "dimension", (json_int_t)cloud->d, "points of A", (json_int_t)cloud[0].count,
                                "points of B", (json_int_t)cloud[1].count);
        json_dumpf(all, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(all);
    } else
        printf("%.15g <= W_%g <= %.15g\n", lower, p, upper);
}

static int solve(const struct options *options, moe_context *context, const struct cloud *cloud,
                 const double *period)
{
    moe_measure *a = NULL, *b = NULL;
    moe_transport *transport = NULL;
    double lower = 0, upper = INFINITY;
    int32_t status =
        moe_measure_create(context, cloud[0].d, period, cloud[0].count, cloud[0].point, cloud[0].weight, &a);
    if (!status)
        status = moe_measure_create(context, cloud[1].d, period, cloud[1].count, cloud[1].point,
                                    cloud[1].weight, &b);
    if (!status)
        status = moe_transport_create(context, a, b, real_option(options, O_ORDER), &transport);
    if (!status)
        status = moe_transport_set_gap(transport, real_option(options, O_GAP));
    if (!status) {
        progress_begin("distance", NULL, NULL);
        status = moe_transport_solve(transport);
        progress_end();
        moe_transport_bounds(transport, &lower, &upper);
        print_distance(options, cloud, transport, lower, upper);
    }
    const int end = library_end(context, status, "the distance");
    moe_transport_destroy(transport);
    moe_measure_destroy(a);
    moe_measure_destroy(b);
    return end;
}

int distance_command(const struct options *options, struct results *results)
{
    struct cloud cloud[2] = {{0}, {0}};
    moe_context *context = NULL;
    double *period = NULL;
    (void)results;
    int end = context_open(options, &context);
    for (int i = 0; i < 2 && !end; i++)
        end = cloud_read(options, options->operand[i], &cloud[i]);
    if (!end && cloud[0].d != cloud[1].d)
        end = complain(END_INPUT, "%s has points of %lld coordinates, %s of %lld", options->operand[0],
                       (long long)cloud[0].d, options->operand[1], (long long)cloud[1].d);
    if (!end) {
        period = room(cloud[0].d, sizeof *period);
        for (int64_t k = 0; k < cloud[0].d; k++)
            period[k] = INFINITY;
        if (options->value[O_PERIODS].text)
            end = periods_read(options, cloud[0].d, period);
    }
    if (!end)
        end = solve(options, context, cloud, period);
    free(period);
    cloud_free(&cloud[0]);
    cloud_free(&cloud[1]);
    context_close(context);
    return end;
}
