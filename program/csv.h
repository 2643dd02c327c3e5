/* csv.h - a strict reader of CSV files that knows where every cell stood.
 *
 * SPDX-License-Identifier: MIT */
#ifndef PROGRAM_CSV_H
#define PROGRAM_CSV_H

#include "program.h"

struct cell {
    const char *text;     /* without quotes and blanks around */
    int64_t line, column; /* from 1; column in bytes */
};

struct table {
    char *path, *text;
    int64_t rows, columns;
    struct cell *header; /* columns of them; NULL: none */
    struct cell *cell;   /* rows x columns */
};

/* Rows of cells parted by commas, all of the same number; cells may be in double quotes. The first row is a
 * header if it has a word above a number. At most 2^30 bytes, and 2^20 cells a line. END_INPUT with file, line and column. */
int table_read(const char *path, struct table *table);
void table_free(struct table *table);

/* The cell as a finite number; END_INPUT with file, line and column. */
int table_number(const struct table *table, int64_t row, int64_t column, double *number);

/* Whether the whole text is a finite number. */
bool is_number(const char *text, double *number);

/* A complaint about a cell. */
int cell_complain(const struct table *table, const struct cell *cell, const char *sentence);

#endif
