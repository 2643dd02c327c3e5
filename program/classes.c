/* classes.c - whether labels are classes, which of them are taken, and the rows that belong to them:
 * --classes, --targets.
 *
 * Without being told, labels are classes if they are one column of words or whole numbers, and few.
 *
 * SPDX-License-Identifier: MIT */
#include "selection.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CLASSES = 20 };
enum { AUTO, CLASSES, NUMBERS }; /* the choices of --targets, in their order */

static const char *label_of(const struct selection *taken, int64_t row)
{
    return taken->table.cell[row * taken->table.columns + taken->label[0]].text;
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
static int64_t find_classes(const struct selection *taken, char **name, bool *whole)
{
    int64_t count = 0;
    *whole = true;
    for (int64_t j = 0; j < taken->table.rows && count <= MOST_CLASSES; j++) {
        const char *label = label_of(taken, j);
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
static int64_t wanted_class(const struct selection *taken, int64_t count, char *const *name, const char *word)
{
    for (int64_t i = 0; i < count; i++)
        if (!strcmp(name[i], word) || !strcmp(title_of(&taken->table, name[i]), word))
            return i;
    return -1;
}

static int choose_classes(const struct selection *taken, int64_t count, char *const *name, int64_t *chosen,
                          int64_t *choices)
{
    char *text = copy_of(taken->options->value[O_CLASSES].text), *rest = text;
    int end = END_GOOD;
    for (char *word; !end && (word = next_word(&rest, ','));) {
        const int64_t i = wanted_class(taken, count, name, word);
        if (i < 0)
            end = complain(END_USE, "--classes: no label of %s is \"%s\"", taken->table.path, word);
        for (int64_t k = 0; k < *choices && !end; k++)
            if (chosen[k] == i)
                end = complain(END_USE, "--classes names \"%s\" twice", word);
        if (!end)
            chosen[(*choices)++] = i;
    }
    free(text);
    return end;
}

static int check_class_count(const struct selection *taken, int64_t count, int64_t outputs)
{
    if (outputs == 1 ? count == 2 : count == outputs)
        return END_GOOD;
    return complain(
        END_USE,
        "the circuit has %lld output%s, which takes %lld classes, and there are %lld: name them by "
        "--classes%s",
        (long long)outputs, outputs == 1 ? "" : "s", (long long)(outputs == 1 ? 2 : outputs),
        (long long)count, taken->options->value[O_CLASSES].text ? "" : ", or see --targets");
}

/* the rows of the chosen classes, and which class each is of */
static void take_rows(struct selection *taken, int64_t count, char *const *name, const int64_t *chosen,
                      int64_t choices)
{
    for (int64_t j = 0; j < taken->table.rows; j++)
        for (int64_t k = 0; k < choices; k++)
            if (chosen[k] < count && !strcmp(name[chosen[k]], label_of(taken, j))) {
                taken->class[taken->rows] = k;
                taken->row[taken->rows++] = j;
            }
}

/* Fills in the classes and their rows; data->classes stays 0 if the labels are numbers to learn. */
int read_classes(struct selection *taken, struct data *data)
{
    char *name[MOST_CLASSES + 1] = {NULL};
    int64_t chosen[MOST_CLASSES + 1], choices = 0;
    const int targets = taken->options->value[O_TARGETS].choice;
    bool whole;
    int end = END_GOOD;
    const int64_t count = find_classes(taken, name, &whole);
    const bool named = taken->options->value[O_CLASSES].text;
    if (named && targets == NUMBERS) {
        end = complain(END_USE, "--classes does not go with --targets numbers");
        goto done;
    }
    if (targets == NUMBERS ||
        (!named && targets == AUTO && (!whole || count > MOST_CLASSES || taken->label_count > 1)))
        goto done;
    if (count > MOST_CLASSES || taken->label_count > 1)
        end = complain(END_USE, "--labels: classes take one column of at most %d different labels",
                       MOST_CLASSES);
    else if (named)
        end = choose_classes(taken, count, name, chosen, &choices);
    else if (data->outputs == 1 && count > 2) {
        chosen[choices++] = count - 2;
        chosen[choices++] = count - 1;
        remark("%lld classes and one output: taking %s against %s (--classes takes others)", (long long)count,
               title_of(&taken->table, name[count - 2]), title_of(&taken->table, name[count - 1]));
    } else
        while (choices < count) {
            chosen[choices] = choices;
            choices++;
        }
    if (!end)
        end = check_class_count(taken, choices, data->outputs);
    if (!end) {
        take_rows(taken, count, name, chosen, choices);
        data->classes = choices;
        data->class_name = room(choices, sizeof *data->class_name);
        for (int64_t k = 0; k < choices; k++)
            data->class_name[k] = copy_of(title_of(&taken->table, name[chosen[k]]));
    }
done:
    for (int64_t i = 0; i < count; i++)
        free(name[i]);
    return end;
}
