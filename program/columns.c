/* columns.c - which columns of a table are features and which are labels: --features, --labels.
 *
 * A column is named by the word in the table's first line, or by its number from 1; "1-4" is from
 * one to another. A header's word that is a number ("150,4,setosa,...", a count that some files begin with) names
 * nothing: a number is always a place.
 *
 * SPDX-License-Identifier: MIT */
#include "selection.h"

#include <stdlib.h>
#include <string.h>

/* the column of a name or a number from 1; -1: there is none */
static int64_t column_of(const struct table *table, const char *word)
{
    double number;
    for (int64_t c = 0; table->header && c < table->columns; c++)
        if (!strcmp(table->header[c].text, word) && !is_number(word, &number))
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
    if (last >= 0 && last < first)
        return complain(END_USE, "--%s takes columns from one to a later one, not %s",
                        option_table[option].name, word);
    if (first < 0 || last < 0)
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

static int read_columns(const struct selection *taken, int option, int64_t *list, int64_t *count)
{
    char *text = copy_of(taken->options->value[option].text), *rest = text;
    int end = END_GOOD;
    for (char *word; !end && (word = next_word(&rest, ','));)
        end = add_columns(&taken->table, option, word, list, count);
    free(text);
    return end;
}

int choose_columns(struct selection *taken)
{
    const struct table *table = &taken->table;
    int end = END_GOOD;
    taken->feature = room(table->columns, sizeof *taken->feature);
    taken->label = room(table->columns, sizeof *taken->label);
    if (taken->options->value[O_LABELS].text)
        end = read_columns(taken, O_LABELS, taken->label, &taken->label_count);
    else
        taken->label[taken->label_count++] = table->columns - 1;
    if (!end && taken->options->value[O_FEATURES].text)
        return read_columns(taken, O_FEATURES, taken->feature, &taken->feature_count);
    for (int64_t c = 0; c < table->columns && !end; c++) {
        bool label = false;
        for (int64_t i = 0; i < taken->label_count; i++)
            label |= taken->label[i] == c;
        if (!label)
            taken->feature[taken->feature_count++] = c;
    }
    if (!end && !taken->feature_count)
        end = complain(END_INPUT, "%s: has no column besides the labels", table->path);
    return end;
}
