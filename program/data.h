/* data.h - from a table to training and test sets: columns, classes, split, components, angles.
 *
 * SPDX-License-Identifier: MIT */
#ifndef PROGRAM_DATA_H
#define PROGRAM_DATA_H

#include "options.h"

/* a training or a test set */
struct samples {
    int64_t count;
    double *x, *y;  /* count x p, count x K */
    int64_t *label; /* the class of each, by its number among class_name; NULL: numbers */
};

struct data {
    int64_t inputs, outputs;
    struct samples train, test;
    int64_t classes; /* 0: numbers */
    char **class_name;
    double explained; /* part of the training features' variance in the components; NAN without --pca */
};

/* The data of --data for a circuit of so many inputs and outputs, as the options say. */
int data_read(const struct options *options, moe_context *context, int64_t inputs, int64_t outputs,
              struct data *data);
void data_free(struct data *data);

/* The part of the samples whose class predictions f (count x K) name rightly: by sign, or by the largest. What may be
 * a tie, as each prediction may be wrong by the doubt (all are 0 at time 0 of a symmetric law), counts as a draw of
 * lots among the classes that are tied. NAN without classes or samples. */
double accuracy(const struct data *data, const struct samples *samples, const double *f, double doubt);

/* ---- its parts -------------------------------------------------------------------------------- */

/* components.c: features (rows x width) <- their first k principal components (rows x k), those of the
 * `train` rows that count, centred. *explained <- the part of the variance. */
int principal_components(int64_t rows, int64_t width, const bool *held_out, int64_t k, double *features,
                         double *explained);

/* The features are centred and scaled, on the training rows, to the standard deviation. */
int standardise(int64_t rows, int64_t width, const bool *held_out, double deviation, double *features);

#endif
