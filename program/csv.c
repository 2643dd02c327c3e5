/* csv.c - reads a CSV file (RFC 4180) strictly, so that what is wrong is said with file, line and column.
 *
 * The cells point into the file's text, which is cut in place. Blank lines are skipped. A known CSV library
 * (libcsv) was looked at: its callbacks do not tell where a cell stood.
 *
 * SPDX-License-Identifier: MIT */
#include "csv.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    struct table *table;
    char *at, *line_start;
    int64_t line, cells, space;
    struct cell *cell;
};

static int complain_at(const struct reader *in, const char *at, const char *sentence)
{
    return complain(END_INPUT, "%s, line %lld, column %lld: %s", in->table->path, (long long)in->line,
                    (long long)(at - in->line_start) + 1, sentence);
}

static void add_cell(struct reader *in, const char *text, int64_t column)
{
    if (in->cells == in->space) {
        in->space = in->space ? 2 * in->space : 1024;
        struct cell *more = realloc(in->cell, (size_t)in->space * sizeof *more);
        if (!more)
            exit(complain(END_WORK, "out of memory"));
        in->cell = more;
    }
    in->cell[in->cells++] = (struct cell){text, in->line, column};
}

/* "a ""quoted"" cell", cut in place; *at then stands behind the closing quote */
static int read_quoted(struct reader *in, char **at, const char **text)
{
    char *from = *at + 1, *to = from;
    *text = from;
    for (;; from++) {
        if (*from == 0 || *from == '\n')
            return complain_at(in, *at, "a quote that is not closed on its line");
        if (*from == '"' && *++from != '"')
            break;
        *to++ = *from;
    }
    *at = from;
    *to = 0;
    return END_GOOD;
}

/* One cell and what ends it; *more: a comma followed. */
static int read_cell(struct reader *in, bool *more)
{
    char *at = in->at;
    while (*at == ' ' || *at == '\t')
        at++;
    const int64_t column = at - in->line_start + 1;
    const char *text = at;
    char *end = NULL;
    if (*at == '"') {
        if (read_quoted(in, &at, &text))
            return END_INPUT;
        while (*at == ' ' || *at == '\t')
            at++;
    } else {
        at += strcspn(at, ",\r\n\"");
        for (end = at; end > text && (end[-1] == ' ' || end[-1] == '\t'); end--)
            ;
    }
    if (*at && !strchr(",\r\n", *at))
        return complain_at(in, at, "a comma or the end of the line should follow the cell");
    *more = *at == ',';
    if (*at == '\r')
        *at++ = 0;
    const char last = *at;
    if (last)
        *at++ = 0;
    if (end)
        *end = 0;
    if (!*more && last && last != '\n')
        return complain_at(in, at - 2, "a carriage return that ends no line");
    in->at = at;
    add_cell(in, text, column);
    return END_GOOD;
}

/* One line of cells; blank lines give none. */
static int read_line(struct reader *in)
{
    struct table *table = in->table;
    const int64_t before = in->cells;
    bool more = true;
    in->line_start = in->at;
    const size_t blank = strspn(in->at, " \t\r");
    if (in->at[blank] == '\n' || !in->at[blank]) {
        in->at += blank + (in->at[blank] == '\n');
        return END_GOOD;
    }
    while (more)
        if (read_cell(in, &more))
            return END_INPUT;
    const int64_t width = in->cells - before;
    const char *mark = width == 1 ? strpbrk(in->cell[before].text, ";\t") : NULL;
    if (!table->columns && mark)
        return complain_at(in, mark,
                           *mark == ';' ? "cells are parted by commas here, not by semicolons"
                                        : "cells are parted by commas here, not by tabs");
    if (!table->columns)
        table->columns = width;
    if (width != table->columns) {
        const int64_t last = width < table->columns ? in->cells - 1 : before + table->columns;
        return complain(END_INPUT, "%s, line %lld, column %lld: the line has %lld cells, the first line %lld",
                        table->path, (long long)in->line, (long long)in->cell[last].column, (long long)width,
                        (long long)table->columns);
    }
    return END_GOOD;
}

bool is_number(const char *text, double *number)
{
    char *end;
    if (!*text || strspn(text, "0123456789+-.eE") != strlen(text))
        return false; /* strtod would take hexadecimals and words */
    *number = strtod(text, &end);
    return !*end && isfinite(*number);
}

/* a header has a word above a number, or is the only line and has no number */
static bool starts_with_header(const struct reader *in)
{
    const int64_t columns = in->table->columns;
    double number;
    int64_t words = 0;
    for (int64_t c = 0; in->cells == columns && c < columns; c++)
        words += !is_number(in->cell[c].text, &number);
    if (words == columns)
        return true;
    for (int64_t c = 0; c < columns; c++)
        if (in->cells > columns && !is_number(in->cell[c].text, &number) &&
            is_number(in->cell[columns + c].text, &number))
            return true;
    return false;
}

int table_read(const char *path, struct table *table)
{
    struct reader in = {.table = table};
    int64_t length;
    *table = (struct table){.path = copy_of(path)};
    int end = read_whole(path, &table->text, &length);
    if (end)
        return end;
    if ((int64_t)strlen(table->text) != length) {
        in.line = 1;
        in.line_start = table->text;
        for (char *at = table->text; *at; at++)
            if (*at == '\n') {
                in.line++;
                in.line_start = at + 1;
            }
        return complain_at(&in, table->text + strlen(table->text), "a byte 0: this is no text");
    }
    in.at = table->text + (strncmp(table->text, "\xEF\xBB\xBF", 3) ? 0 : 3);
    while (*in.at && !end) {
        in.line++;
        end = read_line(&in);
    }
    if (!end && !in.cells)
        end = complain(END_INPUT, "%s: has no line with cells", path);
    const bool header = !end && starts_with_header(&in);
    table->header = header ? in.cell : NULL;
    table->cell = header ? in.cell + table->columns : in.cell;
    table->rows = end ? 0 : in.cells / table->columns - header;
    if (header && !table->rows)
        end = complain(END_INPUT, "%s: has names in its first line and no line of cells below", path);
    if (end) {
        free(in.cell);
        table->header = table->cell = NULL;
    }
    return end;
}

void table_free(struct table *table)
{
    free(table->header ? table->header : table->cell);
    free(table->path);
    free(table->text);
    *table = (struct table){0};
}

int cell_complain(const struct table *table, const struct cell *cell, const char *sentence)
{
    return complain(END_INPUT, "%s, line %lld, column %lld: %s", table->path, (long long)cell->line,
                    (long long)cell->column, sentence);
}

int table_number(const struct table *table, int64_t row, int64_t column, double *number)
{
    const struct cell *cell = &table->cell[row * table->columns + column];
    char sentence[96];
    if (is_number(cell->text, number))
        return END_GOOD;
    snprintf(sentence, sizeof sentence, "cell %lld should be a number, not \"%.32s\"", (long long)column + 1,
             cell->text);
    return cell_complain(table, cell, sentence);
}
