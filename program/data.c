/* data.c - columns of a table become inputs and targets.
 *
 *   columns (columns.c) -> classes, and the rows that belong to them (classes.c) -> split by the seed
 *           -> components (components.c) -> angles
 *
 * What is learned of the features (mean, components, deviation) is learned from the training rows.
 *
 * SPDX-License-Identifier: MIT */
#include "data.h"
#include "selection.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* of random numbers: one that no mixture uses, whose streams count from 0 */
static const int64_t split_stream = 4294967295;

/* ---- the split -------------------------------------------------------------------------------- */

struct drawn {
    double u;
    int64_t row;
};

static int compare_drawn(const void *left, const void *right)
{
    const struct drawn *a = left, *b = right;
    return a->u != b->u ? (a->u < b->u ? -1 : 1) : (a->row < b->row ? -1 : a->row > b->row);
}

/* The rows with the smallest of as many uniform numbers are held out. */
static int split(struct selection *taken, moe_context *context)
{
    const double infinite = INFINITY, part = real_option(taken->options, O_TEST);
    const int64_t held = (int64_t)floor(part * (double)taken->rows + 0.5);
    moe_law *law = NULL;
    moe_measure *draws = NULL;
    int32_t status = moe_law_create(context, 1, &infinite, &law);
    if (!status)
        status = moe_law_set_uniform(law, 0, 0, 1);
    if (!status)
        status = moe_measure_random(context, law, (uint64_t)integer_option(taken->options, O_SEED),
                                    split_stream, 0, taken->rows, &draws);
    if (!status) {
        struct drawn *order = room(taken->rows, sizeof *order);
        for (int64_t j = 0; j < taken->rows; j++)
            order[j] = (struct drawn){moe_measure_points(draws)[j], j};
        qsort(order, (size_t)taken->rows, sizeof *order, compare_drawn);
        for (int64_t j = 0; j < held; j++)
            taken->held_out[order[j].row] = true;
        free(order);
    }
    moe_measure_destroy(draws);
    moe_law_destroy(law);
    if (!status && held >= taken->rows)
        return complain(END_INPUT, "--test %g leaves no sample to train with", part);
    return library_end(context, status, "splitting the data");
}

/* ---- inputs and targets ----------------------------------------------------------------------- */

static int read_features(struct selection *taken)
{
    taken->x = room(taken->rows * taken->feature_count, sizeof *taken->x);
    for (int64_t j = 0; j < taken->rows; j++)
        for (int64_t c = 0; c < taken->feature_count; c++)
            if (table_number(&taken->table, taken->row[j], taken->feature[c],
                             &taken->x[j * taken->feature_count + c]))
                return END_INPUT;
    return END_GOOD;
}

static int make_inputs(struct selection *taken, struct data *data)
{
    const struct option_value *pca = &taken->options->value[O_PCA];
    const double scale = real_option(taken->options, O_SCALE);
    int64_t width = taken->feature_count;
    int end = END_GOOD;
    data->explained = (double)NAN;
    if (pca->text) {
        const int64_t k = (int64_t)pca->number[0];
        end = principal_components(taken->rows, width, taken->held_out, k, taken->x, &data->explained);
        width = k;
    }
    if (!end && width != data->inputs)
        return complain(END_USE, "the circuit's inputs number %lld, the features %lld%s",
                        (long long)data->inputs, (long long)width,
                        taken->feature_count < data->inputs
                            ? ""
                            : ": choose as many by --features, or by --pca their components");
    if (!end && scale > 0)
        end = standardise(taken->rows, width, taken->held_out, scale, taken->x);
    return end;
}

/* one-hot; for one output -1 and +1, or 0 and 1 for the logistic loss */
static void class_target(const struct selection *taken, const struct data *data, int64_t class, double *y)
{
    const bool logistic = taken->options->value[O_LOSS].choice == 1;
    if (data->outputs == 1)
        y[0] = class ? 1 : logistic ? 0 : -1;
    else
        for (int64_t k = 0; k < data->outputs; k++)
            y[k] = k == class;
}

static int fill_samples(const struct selection *taken, const struct data *data, bool held_out,
                        struct samples *set)
{
    const int64_t p = data->inputs, K = data->outputs;
    for (int64_t j = 0; j < taken->rows; j++)
        set->count += taken->held_out[j] == held_out;
    set->x = room(set->count * p, sizeof *set->x);
    set->y = room(set->count * K, sizeof *set->y);
    set->label = data->classes ? room(set->count, sizeof *set->label) : NULL;
    for (int64_t j = 0, i = 0; j < taken->rows; j++) {
        if (taken->held_out[j] != held_out)
            continue;
        memcpy(set->x + i * p, taken->x + j * p, (size_t)p * sizeof *set->x);
        if (data->classes) {
            set->label[i] = taken->class[j];
            class_target(taken, data, taken->class[j], set -> y + i * K);
        }
        for (int64_t k = 0; k < K && !data->classes; k++)
            if (table_number(&taken->table, taken->row[j], taken->label[k], &set->y[i * K + k]))
                return END_INPUT;
        i++;
    }
    return END_GOOD;
}

/* all rows, for numbers to learn */
static int take_all_rows(struct selection *taken, const struct data *data)
{
    if (taken->label_count != data->outputs)
        return complain(
            END_USE, "the circuit has %lld output%s, which takes as many columns of labels, not %lld",
            (long long)data->outputs, data->outputs == 1 ? "" : "s", (long long)taken->label_count);
    for (; taken->rows < taken->table.rows; taken->rows++)
        taken->row[taken->rows] = taken->rows;
    return END_GOOD;
}

static int fill_data(struct selection *taken, moe_context *context, struct data *data)
{
    int end = choose_columns(taken);
    taken->row = room(taken->table.rows, sizeof *taken->row);
    taken->class = room(taken->table.rows, sizeof *taken->class);
    taken->held_out = room(taken->table.rows, sizeof *taken->held_out);
    if (!end)
        end = read_classes(taken, data);
    if (!end && !data->classes)
        end = take_all_rows(taken, data);
    if (!end && !taken->rows)
        end = complain(END_INPUT, "%s: has no samples", taken->table.path);
    if (!end)
        end = read_features(taken);
    if (!end)
        end = split(taken, context);
    if (!end)
        end = make_inputs(taken, data);
    if (!end)
        end = fill_samples(taken, data, false, &data->train);
    if (!end)
        end = fill_samples(taken, data, true, &data->test);
    return end;
}

int data_read(const struct options *options, moe_context *context, int64_t inputs, int64_t outputs,
              struct data *data)
{
    struct selection taken = {.options = options};
    *data = (struct data){.inputs = inputs, .outputs = outputs};
    int end = table_read(options->value[O_DATA].text, &taken.table);
    if (!end)
        end = fill_data(&taken, context, data);
    free(taken.feature);
    free(taken.label);
    free(taken.row);
    free(taken.class);
    free(taken.held_out);
    free(taken.x);
    table_free(&taken.table);
    return end;
}

static void free_samples(struct samples *set)
{
    free(set->x);
    free(set->y);
    free(set->label);
}

void data_free(struct data *data)
{
    for (int64_t k = 0; k < data->classes; k++)
        free(data->class_name[k]);
    free(data->class_name);
    free_samples(&data->train);
    free_samples(&data->test);
    *data = (struct data){0};
}

/* The part of the samples whose class is named; a tie to rounding (all predictions are 0 at time 0 of a symmetric
 * law) counts as a draw of lots among the classes that are tied. */
double accuracy(const struct data *data, const struct samples *samples, const double *f)
{
    const double rounding = 1e-12;
    const int64_t K = data->outputs;
    double right = 0;
    if (!data->classes || !samples->count)
        return (double)NAN;
    for (int64_t j = 0; j < samples->count; j++, f += K) {
        const int64_t label = samples->label[j];
        double most = f[0];
        int64_t tied = 0;
        if (K == 1) {
            right += fabs(f[0]) <= rounding ? 0.5 : (f[0] > 0) == label;
            continue;
        }
        for (int64_t k = 1; k < K; k++)
            most = fmax(most, f[k]);
        const double least = most - rounding * fmax(1, fabs(most));
        for (int64_t k = 0; k < K; k++)
            tied += f[k] >= least;
        right += f[label] >= least ? 1 / (double)tied : 0;
    }
    return right / (double)samples->count;
}
