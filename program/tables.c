/* tables.c - what a study measured, as tables: means with errors, rates with intervals, bounds.
 *
 * SPDX-License-Identifier: MIT */
#include "study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct quantity_row quantity_rows[MOE_STUDY_QUANTITIES] = {
    [MOE_STUDY_PREDICTION] = {"prediction", "prediction error, mean"},
    [MOE_STUDY_PREDICTION_MAX] = {"prediction_max", "prediction error, largest"},
    [MOE_STUDY_COUPLING] = {"coupling", "coupling, mean"},
    [MOE_STUDY_COUPLING_MAX] = {"coupling_max", "coupling, largest"},
    [MOE_STUDY_LOSS] = {"loss", "loss gap"},
    [MOE_STUDY_W1] = {"w1", "W₁, from above"},
    [MOE_STUDY_W1_BELOW] = {"w1_below", "W₁, from below"},
    [MOE_STUDY_W2] = {"w2", "W₂, from above"},
    [MOE_STUDY_W2_BELOW] = {"w2_below", "W₂, from below"},
    [MOE_STUDY_MARGINALS] = {"marginals", "marginals of k experts"},
};

/* ---- reading ---------------------------------------------------------------------------------- */

static void read_means(moe_study *study, struct tables *tables)
{
    double *mean = room(tables->sizes, sizeof *mean), *error = room(tables->sizes, sizeof *error);
    int64_t *replicas = room(tables->sizes, sizeof *replicas);
    for (int32_t q = 0; q < MOE_STUDY_QUANTITIES; q++)
        for (int64_t t = 0; t < tables->times; t++) {
            const bool known = !moe_study_means(study, q, t, mean, error, replicas);
            for (int64_t i = 0; i < tables->sizes; i++)
                tables->mean[(q * tables->times + t) * tables->sizes + i] =
                    known ? (struct mean_cell){mean[i], error[i], replicas[i]}
                          : (struct mean_cell){(double)NAN, (double)NAN, 0};
        }
    free(mean);
    free(error);
    free(replicas);
}

/* the largest N at which the quantity was measured at the time */
static double last_measured(const struct tables *tables, int quantity, int64_t t)
{
    int64_t i = tables->sizes - 1;
    while (i > 0 && isnan(table_mean(tables, quantity, t, i)->mean))
        i--;
    return (double)tables->experts[i];
}

/* From the first N of the fit to the last one: as fitted, and with the exponent held at the ends of its interval and
 * at the theory's, NAN where no curve of the form has that. */
static void read_curves(const moe_study *study, const struct tables *tables, int32_t q, int64_t t,
                        struct rate_cell *rate)
{
    const double from = rate->fit[0], to = last_measured(tables, q, t);
    const double held[CURVES] = {(double)NAN, rate->exponent[1], rate->exponent[2], rate->theory};
    for (int s = 0; s <= CURVE_STEPS; s++)
        rate->experts[s] = from * pow(to / from, (double)s / CURVE_STEPS);
    for (int c = 0; c < CURVES; c++)
        if (moe_study_rate_curve(study, q, t, held[c], CURVE_STEPS + 1, rate->experts, rate->curve[c]))
            for (int s = 0; s <= CURVE_STEPS; s++)
                rate->curve[c][s] = (double)NAN;
}

static void read_rates(moe_study *study, struct tables *tables)
{
    for (int32_t q = 0; q < MOE_STUDY_QUANTITIES; q++)
        for (int64_t t = 0; t < tables->times; t++) {
            struct rate_cell *rate = &tables->rate[q * tables->times + t];
            rate->known =
                !moe_study_rate(study, q, t, &rate->theory, rate->exponent, &rate->probability, rate->fit);
            if (rate->known)
                read_curves(study, tables, q, t, rate);
        }
}

static void read_bounds(moe_context *context, moe_study *study, struct tables *tables)
{
    int32_t status = MOE_OK;
    for (int64_t t = 0; t < tables->times && !status; t++)
        status = moe_study_bound(study, t, tables->a_priori + t * tables->sizes,
                                 tables->along + t * tables->sizes);
    tables->bounded = !status;
    if (status)
        tables->why_unbounded = copy_of(moe_context_error(context));
}

void tables_read(moe_context *context, moe_study *study, const struct options *options, struct tables *tables)
{
    const struct option_value *experts = &options->value[O_EXPERTS];
    *tables = (struct tables){.sizes = experts->count};
    tables->times = option_times(options, &tables->time);
    tables->experts = room(tables->sizes, sizeof *tables->experts);
    for (int64_t i = 0; i < tables->sizes; i++)
        tables->experts[i] = (int64_t)experts->number[i];
    const int64_t cells = tables->times * tables->sizes;
    tables->mean = room(MOE_STUDY_QUANTITIES * cells, sizeof *tables->mean);
    tables->rate = room(MOE_STUDY_QUANTITIES * tables->times, sizeof *tables->rate);
    tables->a_priori = room(cells, sizeof *tables->a_priori);
    tables->along = room(cells, sizeof *tables->along);
    moe_study_dimension(study, &tables->random, &tables->seen);
    moe_study_lipschitz(study, &tables->L1, &tables->L2, &tables->estimated);
    read_means(study, tables);
    read_rates(study, tables);
    read_bounds(context, study, tables);
}

void tables_free(struct tables *tables)
{
    free(tables->experts);
    free(tables->mean);
    free(tables->rate);
    free(tables->a_priori);
    free(tables->along);
    free(tables->why_unbounded);
}

const struct mean_cell *table_mean(const struct tables *tables, int quantity, int64_t t, int64_t i)
{
    return &tables->mean[(quantity * tables->times + t) * tables->sizes + i];
}

const struct rate_cell *table_rate(const struct tables *tables, int quantity, int64_t t)
{
    return &tables->rate[quantity * tables->times + t];
}

/* ---- CSV -------------------------------------------------------------------------------------- */

static int write_means(const struct tables *tables, struct results *results)
{
    FILE *file = result_begin(results, "means.csv");
    if (!file)
        return END_OUTPUT;
    fprintf(file, "quantity,time,experts,replicas,mean,standard_error\n");
    for (int q = 0; q < MOE_STUDY_QUANTITIES; q++)
        for (int64_t t = 0; t < tables->times; t++)
            for (int64_t i = 0; i < tables->sizes; i++) {
                const struct mean_cell *cell = table_mean(tables, q, t, i);
                if (isnan(cell->mean))
                    continue;
                fprintf(file, "%s", quantity_rows[q].name);
                put_number(file, ",", tables->time[t]);
                fprintf(file, ",%lld,%lld", (long long)tables->experts[i], (long long)cell->replicas);
                put_number(file, ",", cell->mean);
                put_number(file, ",", cell->error);
                fputc('\n', file);
            }
    return result_end(results, file, "means.csv");
}

static int write_rates(const struct tables *tables, struct results *results)
{
    FILE *file = result_begin(results, "rates.csv");
    if (!file)
        return END_OUTPUT;
    fprintf(file,
            "quantity,time,theory,exponent,low,high,probability,consistent,from,chi_squared,degrees,factor,"
            "correction,correction_exponent\n");
    for (int q = 0; q < MOE_STUDY_QUANTITIES; q++)
        for (int64_t t = 0; t < tables->times; t++) {
            const struct rate_cell *rate = table_rate(tables, q, t);
            if (!rate->known)
                continue;
            fprintf(file, "%s", quantity_rows[q].name);
            put_number(file, ",", tables->time[t]);
            put_number(file, ",", rate->theory);
            for (int e = 0; e < 3; e++)
                put_number(file, ",", rate->exponent[e]);
            put_number(file, ",", rate->probability);
            fprintf(file, ",%s,%lld", rate->probability >= 0.05 ? "yes" : "no", (long long)rate->fit[0]);
            for (int e = 1; e < 6; e++)
                put_number(file, ",", rate->fit[e]);
            fputc('\n', file);
        }
    return result_end(results, file, "rates.csv");
}

/* the fitted curves, from the first N of the fit to the last one; low and high: with the interval's ends */
static int write_fits(const struct tables *tables, struct results *results)
{
    FILE *file = result_begin(results, "fits.csv");
    if (!file)
        return END_OUTPUT;
    fprintf(file, "quantity,time,experts,fitted,low,high,theory\n");
    for (int q = 0; q < MOE_STUDY_QUANTITIES; q++)
        for (int64_t t = 0; t < tables->times; t++) {
            const struct rate_cell *rate = table_rate(tables, q, t);
            if (!rate->known)
                continue;
            for (int s = 0; s <= CURVE_STEPS; s++) {
                const double low = rate->curve[1][s], high = rate->curve[2][s];
                fprintf(file, "%s", quantity_rows[q].name);
                put_number(file, ",", tables->time[t]);
                put_number(file, ",", rate->experts[s]);
                put_number(file, ",", rate->curve[0][s]);
                put_number(file, ",", fmin(low, high));
                put_number(file, ",", fmax(low, high));
                put_number(file, ",", rate->curve[3][s]);
                fputc('\n', file);
            }
            fprintf(file, "\n\n");
        }
    return result_end(results, file, "fits.csv");
}

static int write_bounds(const struct tables *tables, struct results *results)
{
    FILE *file = result_begin(results, "bounds.csv");
    if (!file)
        return END_OUTPUT;
    fprintf(
        file,
        "time,experts,w1_below,w1,w1_standard_error,bound_along,bound_a_priori,along_over_measured,holds\n");
    for (int64_t t = 0; t < tables->times; t++)
        for (int64_t i = 0; i < tables->sizes; i++) {
            const struct mean_cell *above = table_mean(tables, MOE_STUDY_W1, t, i);
            const struct mean_cell *below = table_mean(tables, MOE_STUDY_W1_BELOW, t, i);
            const double along = tables->along[t * tables->sizes + i];
            put_number(file, "", tables->time[t]);
            fprintf(file, ",%lld", (long long)tables->experts[i]);
            put_number(file, ",", below->mean);
            put_number(file, ",", above->mean);
            put_number(file, ",", above->error);
            put_number(file, ",", along);
            put_number(file, ",", tables->a_priori[t * tables->sizes + i]);
            put_number(file, ",", along / above->mean);
            fprintf(file, ",%s\n", isnan(above->mean) ? "" : above->mean <= along ? "yes" : "no");
        }
    return result_end(results, file, "bounds.csv");
}

int tables_write(const struct tables *tables, struct results *results)
{
    int end = write_means(tables, results);
    if (!end)
        end = write_rates(tables, results);
    if (!end)
        end = write_fits(tables, results);
    if (!end && tables->bounded)
        end = write_bounds(tables, results);
    return end;
}

/* ---- for people ------------------------------------------------------------------------------- */

void tables_print(const struct tables *tables)
{
    int known = 0;
    for (int64_t t = 0; t < tables->times; t++) {
        printf("\nat time %g%11s%10s   95 %% interval    theory   p\n", tables->time[t], "", "exponent");
        for (int q = 0; q < MOE_STUDY_QUANTITIES; q++) {
            const struct rate_cell *rate = table_rate(tables, q, t);
            const int wide = (int)strlen(quantity_rows[q].title);
            int characters = 0;
            for (int c = 0; c < wide; c++)
                characters += (quantity_rows[q].title[c] & 0xC0) != 0x80;
            known += rate->known;
            if (rate->known)
                printf("%s%*s%8.3f   [%.3f, %.3f]   %.3f   %.2f%s\n", quantity_rows[q].title, 26 - characters,
                       "", rate->exponent[0], rate->exponent[1], rate->exponent[2], rate->theory,
                       rate->probability, rate->probability < 0.05 ? "  not consistent" : "");
        }
    }
    if (!known)
        printf("no rates: one takes 3 numbers of experts, or 4 or 5 where its form has a correction\n");
}

static json_t *list_of(int64_t count, const double *numbers)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < count; i++)
        json_array_append_new(list, json_number(numbers[i]));
    return list;
}

static json_t *quantity_json(const struct tables *tables, int q, int64_t t)
{
    const struct rate_cell *rate = table_rate(tables, q, t);
    json_t *mean = json_array(), *error = json_array(), *replicas = json_array();
    json_t *all = json_object();
    for (int64_t i = 0; i < tables->sizes; i++) {
        const struct mean_cell *cell = table_mean(tables, q, t, i);
        json_array_append_new(mean, json_number(cell->mean));
        json_array_append_new(error, json_number(cell->error));
        json_array_append_new(replicas, json_integer(cell->replicas));
    }
    json_object_set_new(all, "quantity", json_string(quantity_rows[q].name));
    json_object_set_new(all, "time", json_number(tables->time[t]));
    json_object_set_new(all, "mean", mean);
    json_object_set_new(all, "standard error", error);
    json_object_set_new(all, "replicas", replicas);
    if (rate->known)
        json_object_set_new(
            all, "rate",
            json_pack("{s:o, s:o, s:o, s:o, s:b, s:I, s:o, s:o, s:o, s:o, s:o}", "theory",
                      json_number(rate->theory), "exponent", json_number(rate->exponent[0]), "interval",
                      list_of(2, rate->exponent + 1), "probability", json_number(rate->probability),
                      "consistent", rate->probability >= 0.05, "from", (json_int_t)rate->fit[0],
                      "chi squared", json_number(rate->fit[1]), "degrees", json_number(rate->fit[2]),
                      "factor", json_number(rate->fit[3]), "correction", json_number(rate->fit[4]),
                      "correction exponent", json_number(rate->fit[5])));
    return all;
}

json_t *tables_json(const struct tables *tables)
{
    json_t *all = json_object(), *quantities = json_array(), *bounds = json_array(), *experts = json_array();
    for (int64_t i = 0; i < tables->sizes; i++)
        json_array_append_new(experts, json_integer(tables->experts[i]));
    for (int64_t t = 0; t < tables->times; t++) {
        for (int q = 0; q < MOE_STUDY_QUANTITIES; q++)
            json_array_append_new(quantities, quantity_json(tables, q, t));
        if (tables->bounded)
            json_array_append_new(
                bounds, json_pack("{s:o, s:o, s:o}", "time", json_number(tables->time[t]), "along the flow",
                                  list_of(tables->sizes, tables->along + t * tables->sizes), "a priori",
                                  list_of(tables->sizes, tables->a_priori + t * tables->sizes)));
    }
    json_object_set_new(all, "experts", experts);
    json_object_set_new(all, "random parameters", json_integer(tables->random));
    json_object_set_new(all, "of these seen by predictions", json_integer(tables->seen));
    json_object_set_new(all, "L1", json_number(tables->L1));
    json_object_set_new(all, "L2", json_number(tables->L2));
    json_object_set_new(all, "L1 and L2 estimated", json_boolean(tables->estimated));
    json_object_set_new(all, "quantities", quantities);
    json_object_set_new(all, "bounds of W1", bounds);
    return all;
}
