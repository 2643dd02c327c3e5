/* selection.h - what is taken of a table: its columns, its rows, and the class of each.
 *
 * SPDX-License-Identifier: MIT */
#ifndef PROGRAM_SELECTION_H
#define PROGRAM_SELECTION_H

#include "csv.h"
#include "data.h"

/* Owned by data_read, which frees it. */
struct selection {
    const struct options *options;
    struct table table;
    int64_t feature_count, label_count, rows;
    int64_t *feature, *label; /* columns */
    int64_t *row;             /* of the table, those that are taken */
    int64_t *class;           /* of each row taken */
    bool *held_out;
    double *x; /* rows x feature_count, later x inputs */
};

/* columns.c: fills in the columns of features and labels; without the options, the last one is the label and
 * all others are features. */
int choose_columns(struct selection *taken);

/* classes.c: fills in the classes and their rows; data->classes stays 0 if the labels are numbers to
 * learn. */
int read_classes(struct selection *taken, struct data *data);

#endif
