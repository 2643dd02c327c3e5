/* moments.h - what is told of a model at a time: losses, accuracies, predictions; as table, CSV and JSON.
 *
 * SPDX-License-Identifier: MIT */
#ifndef PROGRAM_MOMENTS_H
#define PROGRAM_MOMENTS_H

#include "problem.h"
#include "results.h"

struct moment {
    double time, error; /* error: estimated, of the training predictions; NAN for a mixture */
    double loss, accuracy, test_loss, test_accuracy;
    double test_error; /* of the rule for test inputs, as seen at the training inputs */
    double *f, *test;  /* n x K, m x K */
};

struct moment *moments_make(const struct problem *problem, int64_t count, const double *times);
void moments_free(struct moment *moments, int64_t count);

/* what rounding may make of a prediction that is 0 */
double rounding_doubt(const struct options *options);

/* losses and accuracies from the predictions; what may be a tie within the moment's errors is one */
void moment_fill(const struct options *options, const struct problem *problem, struct moment *moment);

void moments_print(const struct problem *problem, int64_t count, const struct moment *moments);
json_t *moments_json(int64_t count, const struct moment *moments);
/* NAME.csv: a row a time; NAME-predictions.csv: a row a time, sample and output; samples.csv */
int moments_write(const struct problem *problem, int64_t count, const struct moment *moments,
                  const char *name, struct results *results);

/* Everything about a limit that has a result. */
int limit_moments(const struct options *options, const struct problem *problem, moe_limit *limit,
                  int64_t count, struct moment *moments);

#endif
