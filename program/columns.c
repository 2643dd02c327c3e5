/* columns.c - which columns of a table are features and which are labels: --features, --labels.
 *
 * A word that is a whole number is the column of that number, from 1, if there are as many columns; any other word is
 * a name in the table's first line; "1-4" is from one to another. So a name that is a number counts only where no
 * column has that number ("2019" among twelve columns), and where it might have been meant, that is said.
 *
 * SPDX-License-Identifier: MIT */
#include "selection.h"

#include <stdlib.h>
#include <string.h>

static int64_t column_named(const struct table *table, const char *word)
{
    for (int64_t c = 0; table->header && c < table->columns && !header_of_classes(table); c++)
        if (!strcmp(table->header[c].text, word))
            return c;
    return -1;
}

/* the column of a number from 1 or a name; -1: there is none */
static int64_t column_of(const struct table *table, const char *word)
{
    const int64_t named = column_named(table, word);
    if (!*word || strspn(word, "0123456789") != strlen(word))
        return named;
    const int64_t number = strtoll(word, NULL, 10) - 1;
    if (number < 0 || number >= table->columns)
        return named;
    if (named >= 0 && named != number)
        remark("\"%s\" is taken as the number of a column; the one of that name is column %lld", word,
               (long long)named + 1);
    return number;
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
    if (first < 0 || last < 0)
        return no_column(table, option, word);
    if (last < first)
        return complain(END_USE, "--%s: %s runs backwards, from column %lld to %lld",
                        option_table[option].name, word, (long long)first + 1, (long long)last + 1);
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
