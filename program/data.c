/* data.c - columns of a table become inputs and targets.
 *
 *   columns -> classes, and the rows that belong to them -> split by the seed -> components -> angles
 *
 * What is learned of the features (mean, components, deviation) is learned from the training rows.
 *
 * SPDX-License-Identifier: MIT */
#include "data.h"
#include "csv.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CLASSES = 20 };

struct work {
    const struct options *options;
    struct table table;
    int64_t feature_count, label_count, rows;
    int64_t *feature, *label; /* columns */
    int64_t *row;             /* of the table, those that are taken */
    int64_t *class;           /* of each row taken */
    bool *held_out;
    double *x; /* rows x feature_count, later x inputs */
};

/* ---- columns ---------------------------------------------------------------------------------- */

/* the column of a name or a number from 1; -1: there is none */
static int64_t column_of(const struct table *table, const char *word)
{
    for (int64_t c = 0; table->header && c < table->columns; c++)
        if (!strcmp(table->header[c].text, word))
            return c;
    if (*word && strspn(word, "0123456789") == strlen(word)) {
        const int64_t c = strtoll(word, NULL, 10) - 1;
        return c < table->columns ? c : -1;
    }
    return -1;
}

static int no_column(const struct table *table, int option, const char *word)
{
    return complain(END_USE, "--%s: %s has no column \"%s\"; it has %lld%s", option_table[option].name,
                    table->path, word, (long long)table->columns,
                    table->header ? ", and their names in its first line" : "");
}

/* "name", "3" or "1-4", added to the list */
static int add_columns(const struct table *table, int option, char *word, int64_t *list, int64_t *count)
{
    int64_t first = column_of(table, word), last = first;
    char *dash = strchr(word, '-');
    if (first < 0 && dash) {
        *dash = 0;
        first = column_of(table, word);
        last = column_of(table, dash + 1);
        *dash = '-';
    }
    if (first < 0 || last < first)
        return no_column(table, option, word);
    for (int64_t c = first; c <= last; c++) {
        for (int64_t i = 0; i < *count; i++)
            if (list[i] == c)
                return complain(END_USE, "--%s names column %lld twice", option_table[option].name,
                                (long long)c + 1);
        list[(*count)++] = c;
    }
    return END_GOOD;
}

static int read_columns(const struct work *work, int option, int64_t *list, int64_t *count)
{
    char *text = copy_of(work->options->value[option].text), *rest = text;
    int end = END_GOOD;
    for (char *word = text; word && !end; word = rest) {
        rest = strchr(word, ',');
        if (rest)
            *rest++ = 0;
        end = add_columns(&work->table, option, word, list, count);
    }
    free(text);
    return end;
}

static int choose_columns(struct work *work)
{
    const struct table *table = &work->table;
    int end = END_GOOD;
    work->feature = room(table->columns, sizeof *work->feature);
    work->label = room(table->columns, sizeof *work->label);
    if (work->options->value[O_LABELS].text)
        end = read_columns(work, O_LABELS, work->label, &work->label_count);
    else
        work->label[work->label_count++] = table->columns - 1;
    if (!end && work->options->value[O_FEATURES].text)
        return read_columns(work, O_FEATURES, work->feature, &work->feature_count);
    for (int64_t c = 0; c < table->columns && !end; c++) {
        bool label = false;
        for (int64_t i = 0; i < work->label_count; i++)
            label |= work->label[i] == c;
        if (!label)
            work->feature[work->feature_count++] = c;
    }
    if (!end && !work->feature_count)
        end = complain(END_INPUT, "%s: has no column besides the labels", table->path);
    return end;
}

/* ---- classes ---------------------------------------------------------------------------------- */

static const char *label_of(const struct work *work, int64_t row)
{
    return work->table.cell[row * work->table.columns + work->label[0]].text;
}

/* numbers by value, words by the alphabet, numbers first */
static int compare_labels(const void *left, const void *right)
{
    const char *a = *(char *const *)left, *b = *(char *const *)right;
    double x, y;
    const bool first = is_number(a, &x), second = is_number(b, &y);
    if (first && second && x != y)
        return x < y ? -1 : 1;
    return first != second ? (first ? -1 : 1) : strcmp(a, b);
}

/* The different labels, sorted, or too many of them: MOST_CLASSES + 1. */
static int64_t find_classes(const struct work *work, char **name, bool *whole)
{
    int64_t count = 0;
    *whole = true;
    for (int64_t j = 0; j < work->table.rows && count <= MOST_CLASSES; j++) {
        const char *label = label_of(work, j);
        int64_t i = 0;
        double number;
        while (i < count && strcmp(name[i], label) != 0)
            i++;
        if (is_number(label, &number) && number != floor(number))
            *whole = false;
        if (i == count)
            name[count++] = copy_of(label);
    }
    qsort(name, (size_t)count, sizeof *name, compare_labels);
    return count;
}

/* scikit-learn's header has rows, features and the names of classes 0, 1, ... : what it calls class i */
static const char *title_of(const struct table *table, const char *label)
{
    double rows, features;
    if (!table->header || table->columns < 3 || !is_number(table->header[0].text, &rows) ||
        !is_number(table->header[1].text, &features) || rows != (double)table->rows ||
        features != (double)table->columns - 1 || strspn(label, "0123456789") != strlen(label))
        return label;
    const int64_t column = 2 + strtoll(label, NULL, 10);
    return column < table->columns ? table->header[column].text : label;
}

/* --classes: named by label or by title; their places among the labels found */
static int64_t wanted_class(const struct work *work, int64_t count, char *const *name, const char *word)
{
    for (int64_t i = 0; i < count; i++)
        if (!strcmp(name[i], word) || !strcmp(title_of(&work->table, name[i]), word))
            return i;
    return -1;
}

static int choose_classes(const struct work *work, int64_t count, char *const *name, int64_t *chosen,
                          int64_t *choices)
{
    char *text = copy_of(work->options->value[O_CLASSES].text), *rest = text;
    int end = END_GOOD;
    for (char *word = text; word && !end; word = rest) {
        rest = strchr(word, ',');
        if (rest)
            *rest++ = 0;
        const int64_t i = wanted_class(work, count, name, word);
        if (i < 0)
            end = complain(END_USE, "--classes: no label of %s is \"%s\"", work->table.path, word);
        for (int64_t k = 0; k < *choices && !end; k++)
            if (chosen[k] == i)
                end = complain(END_USE, "--classes names \"%s\" twice", word);
        if (!end)
            chosen[(*choices)++] = i;
    }
    free(text);
    return end;
}

static int check_class_count(const struct work *work, int64_t count, int64_t outputs)
{
    if (outputs == 1 ? count == 2 : count == outputs)
        return END_GOOD;
    return complain(
        END_USE,
        "the circuit has %lld output%s, which takes %lld classes, and there are %lld: name them by "
        "--classes%s",
        (long long)outputs, outputs == 1 ? "" : "s", (long long)(outputs == 1 ? 2 : outputs),
        (long long)count, work->options->value[O_CLASSES].text ? "" : ", or see --targets");
}

/* the rows of the chosen classes, and which class each is of */
static void take_rows(struct work *work, int64_t count, char *const *name, const int64_t *chosen,
                      int64_t choices)
{
    for (int64_t j = 0; j < work->table.rows; j++)
        for (int64_t k = 0; k < choices; k++)
            if (chosen[k] < count && !strcmp(name[chosen[k]], label_of(work, j))) {
                work->class[work->rows] = k;
                work->row[work->rows++] = j;
            }
}

/* Fills in the classes and their rows; data->classes stays 0 if the labels are numbers to learn. */
static int read_classes(struct work *work, struct data *data)
{
    char *name[MOST_CLASSES + 1];
    int64_t chosen[MOST_CLASSES + 1], choices = 0;
    const int targets = work->options->value[O_TARGETS].choice; /* auto, classes, numbers */
    bool whole;
    int end = END_GOOD;
    const int64_t count = find_classes(work, name, &whole);
    const bool named = work->options->value[O_CLASSES].text;
    if (named && targets == 2) {
        end = complain(END_USE, "--classes does not go with --targets numbers");
        goto done;
    }
    if (targets == 2 || (!named && targets == 0 && (!whole || count > MOST_CLASSES || work->label_count > 1)))
        goto done;
    if (count > MOST_CLASSES || work->label_count > 1)
        end = complain(END_USE, "--labels: classes take one column of at most %d different labels",
                       MOST_CLASSES);
    else if (named)
        end = choose_classes(work, count, name, chosen, &choices);
    else if (data->outputs == 1 && count > 2) {
        chosen[choices++] = count - 2;
        chosen[choices++] = count - 1;
        remark("%lld classes and one output: taking %s against %s (--classes takes others)", (long long)count,
               title_of(&work->table, name[count - 2]), title_of(&work->table, name[count - 1]));
    } else
        while (choices < count) {
            chosen[choices] = choices;
            choices++;
        }
    if (!end)
        end = check_class_count(work, choices, data->outputs);
    if (!end) {
        take_rows(work, count, name, chosen, choices);
        data->classes = choices;
        data->class_name = room(choices, sizeof *data->class_name);
        for (int64_t k = 0; k < choices; k++)
            data->class_name[k] = copy_of(title_of(&work->table, name[chosen[k]]));
    }
done:
    for (int64_t i = 0; i < count; i++)
        free(name[i]);
    return end;
}

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

/* The rows with the smallest of as many uniform numbers are held out: draws of a stream that no mixture uses.
 */
static int split(struct work *work, moe_context *context)
{
    const double infinite = INFINITY, part = real_option(work->options, O_TEST);
    const int64_t held = (int64_t)floor(part * (double)work->rows + 0.5);
    moe_law *law = NULL;
    moe_measure *draws = NULL;
    int32_t status = moe_law_create(context, 1, &infinite, &law);
    if (!status)
        status = moe_law_set_uniform(law, 0, 0, 1);
    if (!status)
        status = moe_measure_random(context, law, (uint64_t)integer_option(work->options, O_SEED), 4294967295,
                                    0, work->rows, &draws);
    if (!status) {
        struct drawn *order = room(work->rows, sizeof *order);
        for (int64_t j = 0; j < work->rows; j++)
            order[j] = (struct drawn){moe_measure_points(draws)[j], j};
        qsort(order, (size_t)work->rows, sizeof *order, compare_drawn);
        for (int64_t j = 0; j < held; j++)
            work->held_out[order[j].row] = true;
        free(order);
    }
    moe_measure_destroy(draws);
    moe_law_destroy(law);
    if (!status && held >= work->rows)
        return complain(END_INPUT, "--test %g leaves no sample to train with", part);
    return library_end(context, status, "splitting the data");
}

/* ---- inputs and targets ----------------------------------------------------------------------- */

static int read_features(struct work *work)
{
    work->x = room(work->rows * work->feature_count, sizeof *work->x);
    for (int64_t j = 0; j < work->rows; j++)
        for (int64_t c = 0; c < work->feature_count; c++)
            if (table_number(&work->table, work->row[j], work->feature[c],
                             &work->x[j * work->feature_count + c]))
                return END_INPUT;
    return END_GOOD;
}

static int make_inputs(struct work *work, struct data *data)
{
    const struct option_value *pca = &work->options->value[O_PCA];
    const double scale = real_option(work->options, O_SCALE);
    int64_t width = work->feature_count;
    int end = END_GOOD;
    data->explained = (double)NAN;
    if (pca->text) {
        const int64_t k = (int64_t)pca->number[0];
        end = principal_components(work->rows, width, work->held_out, k, work->x, &data->explained);
        width = k;
    }
    if (!end && width != data->inputs)
        return complain(
            END_USE,
            "the circuit has %lld input%s and there are %lld features: choose them by --features, or "
            "--pca %lld",
            (long long)data->inputs, data->inputs == 1 ? "" : "s", (long long)width, (long long)data->inputs);
    if (!end && scale > 0)
        end = standardise(work->rows, width, work->held_out, scale, work->x);
    return end;
}

/* one-hot; for one output -1 and +1, or 0 and 1 for the logistic loss */
static void class_target(const struct work *work, const struct data *data, int64_t class, double *y)
{
    const bool logistic = work->options->value[O_LOSS].choice == 1;
    if (data->outputs == 1)
        y[0] = class ? 1 : logistic ? 0 : -1;
    else
        for (int64_t k = 0; k < data->outputs; k++)
            y[k] = k == class;
}

static int fill_samples(const struct work *work, const struct data *data, bool held_out, struct samples *set)
{
    const int64_t p = data->inputs, K = data->outputs;
    for (int64_t j = 0; j < work->rows; j++)
        set->count += work->held_out[j] == held_out;
    set->x = room(set->count * p, sizeof *set->x);
    set->y = room(set->count * K, sizeof *set->y);
    set->label = data->classes ? room(set->count, sizeof *set->label) : NULL;
    for (int64_t j = 0, i = 0; j < work->rows; j++) {
        if (work->held_out[j] != held_out)
            continue;
        memcpy(set->x + i * p, work->x + j * p, (size_t)p * sizeof *set->x);
        if (data->classes) {
            set->label[i] = work->class[j];
            class_target(work, data, work->class[j], set -> y + i * K);
        }
        for (int64_t k = 0; k < K && !data->classes; k++)
            if (table_number(&work->table, work->row[j], work->label[k], &set->y[i * K + k]))
                return END_INPUT;
        i++;
    }
    return END_GOOD;
}

/* all rows, for numbers to learn */
static int take_all_rows(struct work *work, const struct data *data)
{
    if (work->label_count != data->outputs)
        return complain(
            END_USE, "the circuit has %lld output%s, which takes as many columns of labels, not %lld",
            (long long)data->outputs, data->outputs == 1 ? "" : "s", (long long)work->label_count);
    for (; work->rows < work->table.rows; work->rows++)
        work->row[work->rows] = work->rows;
    return END_GOOD;
}

static int fill_data(struct work *work, moe_context *context, struct data *data)
{
    int end = choose_columns(work);
    work->row = room(work->table.rows, sizeof *work->row);
    work->class = room(work->table.rows, sizeof *work->class);
    work->held_out = room(work->table.rows, sizeof *work->held_out);
    if (!end)
        end = read_classes(work, data);
    if (!end && !data->classes)
        end = take_all_rows(work, data);
    if (!end && !work->rows)
        end = complain(END_INPUT, "%s: has no samples", work->table.path);
    if (!end)
        end = read_features(work);
    if (!end)
        end = split(work, context);
    if (!end)
        end = make_inputs(work, data);
    if (!end)
        end = fill_samples(work, data, false, &data->train);
    if (!end)
        end = fill_samples(work, data, true, &data->test);
    return end;
}

int data_read(const struct options *options, moe_context *context, int64_t inputs, int64_t outputs,
              struct data *data)
{
    struct work work = {.options = options};
    *data = (struct data){.inputs = inputs, .outputs = outputs};
    int end = table_read(options->value[O_DATA].text, &work.table);
    if (!end)
        end = fill_data(&work, context, data);
    free(work.feature);
    free(work.label);
    free(work.row);
    free(work.class);
    free(work.held_out);
    free(work.x);
    table_free(&work.table);
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

double accuracy(const struct data *data, const struct samples *samples, const double *f)
{
    const int64_t K = data->outputs;
    int64_t right = 0;
    if (!data->classes || !samples->count)
        return (double)NAN;
    for (int64_t j = 0; j < samples->count; j++) {
        int64_t named = K == 1 ? f[j] > 0 : 0;
        for (int64_t k = 1; k < K; k++)
            if (f[j * K + k] > f[j * K + named])
                named = k;
        right += named == samples->label[j];
    }
    return (double)right / (double)samples->count;
}
