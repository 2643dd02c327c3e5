/* tables.c - what a study measured, as tables: means with errors, rates with intervals, bounds.
 *
 * SPDX-License-Identifier: MIT */
#include "study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_SIZES = 3 }; /* numbers of experts that a rate takes */
#define LEVEL 0.05        /* of the verdicts */

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

static void read_rates(moe_study *study, struct tables *tables)
{
    for (int32_t q = 0; q < MOE_STUDY_QUANTITIES; q++)
        for (int64_t t = 0; t < tables->times; t++) {
            struct rate_cell *rate = &tables->rate[q * tables->times + t];
            rate->known =
                !moe_study_rate(study, q, t, &rate->theory, rate->exponent, &rate->probability, rate->fit);
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

/* ---- the fitted curve ------------------------------------------------------------------------- */

/* the theory's form without its power of N: 1 + b N^-g, with logarithms for distances where d = 2 */
static double correction(int quantity, int64_t d, const struct rate_cell *rate, double N)
{
    const double b = rate->fit[4], g = rate->fit[5];
    const bool distance = quantity >= MOE_STUDY_W1 && quantity <= MOE_STUDY_W2_BELOW;
    return distance && d == 2 ? sqrt(fmax(log(N) + b, 0)) : 1 + b * pow(N, -g);
}

/* the largest N at which the quantity was measured at the time */
static double last_measured(const struct tables *tables, int quantity, int64_t t)
{
    int64_t i = tables->sizes - 1;
    while (i > 0 && isnan(table_mean(tables, quantity, t, i)->mean))
        i--;
    return (double)tables->experts[i];
}

/* The fitted mean with N experts; another exponent than the fitted one turns it about the middle of the N. */
static double rate_at(int quantity, const struct rate_cell *rate, int64_t d, double exponent, double middle,
                      double N)
{
    return rate->fit[3] * pow(N, rate->exponent[0]) * correction(quantity, d, rate, N) *
           pow(N / middle, exponent - rate->exponent[0]);
}

/* ---- verdicts --------------------------------------------------------------------------------- */

int64_t verdicts(const struct tables *tables, int64_t *missed)
{
    int64_t count = 0, misses = 0;
    for (int64_t i = 0; i < MOE_STUDY_QUANTITIES * tables->times; i++) {
        count += tables->rate[i].known;
        misses += tables->rate[i].known && tables->rate[i].probability < LEVEL;
    }
    if (missed)
        *missed = misses;
    return count;
}

char *verdicts_text(const struct tables *tables)
{
    int64_t missed;
    const long long count = verdicts(tables, &missed);
    if (!count && tables->sizes < LEAST_SIZES)
        return text_of("No rates: a fit takes at least %d numbers of experts, and there %s %lld.",
                       LEAST_SIZES, tables->sizes == 1 ? "is" : "are", (long long)tables->sizes);
    if (!count)
        return copy_of("No rates: too few means are there, or are not 0.");
    return text_of("Of %lld verdict%s at the level of 5 %% about %.2g would miss by chance alone, and "
                   "quantities of one run "
                   "miss together; %lld %s.",
                   count, count == 1 ? "" : "s", LEVEL * (double)count, (long long)missed,
                   missed == 1 ? "does" : "do");
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
            fprintf(file, ",%s,%lld", rate->probability >= LEVEL ? "yes" : "no", (long long)rate->fit[0]);
            for (int e = 1; e < 6; e++)
                put_number(file, ",", rate->fit[e]);
            fputc('\n', file);
        }
    return result_end(results, file, "rates.csv");
}

/* the fitted curves, from the first N of the fit to the last one; low and high: with the interval's ends */
static int write_fits(const struct tables *tables, struct results *results)
{
    enum { STEPS = 48 };
    FILE *file = result_begin(results, "fits.csv");
    if (!file)
        return END_OUTPUT;
    fprintf(file, "quantity,time,experts,fitted,low,high,theory\n");
    for (int q = 0; q < MOE_STUDY_QUANTITIES; q++)
        for (int64_t t = 0; t < tables->times; t++) {
            const struct rate_cell *rate = table_rate(tables, q, t);
            if (!rate->known)
                continue;
            const double from = rate->fit[0];
            const double to = last_measured(tables, q, t), middle = sqrt(from * to);
            for (int s = 0; s <= STEPS; s++) {
                const double N = from * pow(to / from, (double)s / STEPS);
                const double a = rate_at(q, rate, tables->random, rate->exponent[1], middle, N);
                const double b = rate_at(q, rate, tables->random, rate->exponent[2], middle, N);
                fprintf(file, "%s", quantity_rows[q].name);
                put_number(file, ",", tables->time[t]);
                put_number(file, ",", N);
                put_number(file, ",", rate_at(q, rate, tables->random, rate->exponent[0], middle, N));
                put_number(file, ",", fmin(a, b));
                put_number(file, ",", fmax(a, b));
                put_number(file, ",", rate_at(q, rate, tables->random, rate->theory, middle, N));
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
    char *text = verdicts_text(tables);
    const bool any = verdicts(tables, NULL);
    for (int64_t t = 0; t < tables->times && any; t++) {
        printf("\nat time %g%11s%10s   95 %% interval    theory   p\n", tables->time[t], "", "exponent");
        for (int q = 0; q < MOE_STUDY_QUANTITIES; q++) {
            const struct rate_cell *rate = table_rate(tables, q, t);
            const int wide = (int)strlen(quantity_rows[q].title);
            int characters = 0;
            for (int c = 0; c < wide; c++)
                characters += (quantity_rows[q].title[c] & 0xC0) != 0x80;
            if (rate->known)
                printf("%s%*s%8.3f   [%.3f, %.3f]   %.3f   %.2f%s\n", quantity_rows[q].title, 26 - characters,
                       "", rate->exponent[0], rate->exponent[1], rate->exponent[2], rate->theory,
                       rate->probability, rate->probability < LEVEL ? "  not consistent" : "");
        }
    }
    if (any)
        printf("\n%s\n", text);
    else
        remark("%s", text);
    free(text);
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
                      "consistent", rate->probability >= LEVEL, "from", (json_int_t)rate->fit[0],
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
