/* fuzz_csv.c - libFuzzer's door to the program's reader of CSV files: any bytes give a table whose cells lie within the
 * file, or a complaint that begins with the file's name; and a table comes back from its own cells, all in quotes.
 *
 * Stands in for program.c: the file is the input, complaints are looked at instead of printed.
 *
 * SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "csv.h"

#include <stdarg.h>

static const uint8_t *input;
static size_t input_size;
static int complaints;

int complain(int end, const char *format, ...)
{
    char sentence[512];
    va_list arguments;
    va_start(arguments, format);
    NEED(vsnprintf(sentence, sizeof sentence, format, arguments) > 0);
    va_end(arguments);
    NEED(strncmp(sentence, "file.csv", 8) == 0);
    complaints++;
    return end;
}

char *copy_of(const char *text)
{
    char *copy = malloc(strlen(text) + 1);
    NEED(copy != NULL);
    return strcpy(copy, text);
}

int read_whole(const char *path, int64_t most, char **text, int64_t *length)
{
    (void)path;
    NEED((int64_t)input_size <= most);
    *text = malloc(input_size + 1);
    NEED(*text != NULL);
    if (input_size)
        memcpy(*text, input, input_size);
    (*text)[input_size] = 0;
    *length = (int64_t)input_size;
    return END_GOOD;
}

static int read_bytes(const uint8_t *bytes, size_t size, struct table *table)
{
    input = bytes;
    input_size = size;
    complaints = 0;
    const int end = table_read("file.csv", table);
    NEED(end == END_GOOD || end == END_INPUT);
    NEED(complaints == (end != END_GOOD));
    return end;
}

/* header and cells as one list */
static const struct cell *cell_at(const struct table *table, int64_t i)
{
    const int64_t width = table->header ? table->columns : 0;
    return i < width ? &table->header[i] : &table->cell[i - width];
}

static int64_t cell_count(const struct table *table)
{
    return (table->rows + (table->header != NULL)) * table->columns;
}

static void cells_are_in_the_file_in_order(const struct table *table)
{
    const struct cell *before = NULL;
    for (int64_t i = 0; i < cell_count(table); i++) {
        const struct cell *cell = cell_at(table, i);
        NEED(cell->text >= table->text);
        NEED(cell->text + strlen(cell->text) <= table->text + input_size);
        NEED(cell->line >= 1 && cell->column >= 1);
        NEED(!before ||
             (i % table->columns == 0 ? cell->line > before->line
                                      : cell->line == before->line && cell->column > before->column));
        before = cell;
    }
}

static void numbers_are_told_from_words(const struct table *table)
{
    double number;
    for (int64_t i = 0; i < table->rows; i++)
        for (int64_t k = 0; k < table->columns; k++) {
            complaints = 0;
            const int end = table_number(table, i, k, &number);
            NEED(complaints == (end != END_GOOD));
            NEED((end == END_GOOD) == is_number(table->cell[i * table->columns + k].text, &number));
            NEED(end != END_GOOD || number - number == 0);
        }
}

/* every cell in quotes, those within doubled */
static uint8_t *written(const struct table *table, size_t *length)
{
    const int64_t count = cell_count(table);
    size_t most = 0, at = 0;
    for (int64_t i = 0; i < count; i++)
        most += 2 * strlen(cell_at(table, i)->text) + 3;
    uint8_t *text = malloc(most);
    NEED(text != NULL);
    for (int64_t i = 0; i < count; i++) {
        text[at++] = '"';
        for (const char *c = cell_at(table, i)->text; *c; c++) {
            if (*c == '"')
                text[at++] = '"';
            text[at++] = (uint8_t)*c;
        }
        text[at++] = '"';
        text[at++] = (i + 1) % table->columns ? ',' : '\n';
    }
    *length = at;
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct table table, again;
    size_t length;
    if (read_bytes(bytes, size, &table) == END_GOOD) {
        NEED(table.rows >= 1 && table.columns >= 1);
        cells_are_in_the_file_in_order(&table);
        numbers_are_told_from_words(&table);
        uint8_t *text = written(&table, &length);
        NEED(read_bytes(text, length, &again) == END_GOOD);
        NEED(again.rows == table.rows && again.columns == table.columns);
        NEED((again.header != NULL) == (table.header != NULL));
        for (int64_t i = 0; i < cell_count(&table); i++)
            NEED(strcmp(cell_at(&table, i)->text, cell_at(&again, i)->text) == 0);
        table_free(&again);
        free(text);
    }
    table_free(&table);
    return 0;
}
