/* problem.h - what the model's options make: context, circuit, expert, data, objective, model, law.
 *
 * SPDX-License-Identifier: MIT */
#ifndef PROGRAM_PROBLEM_H
#define PROGRAM_PROBLEM_H

#include "csv.h"
#include "data.h"

struct problem {
    moe_context *context;
    moe_expert *expert;
    moe_model *model;
    moe_law *law;
    bool *fixed; /* the coordinates whose law is a number */
    struct data data;
    int64_t d;
};

int problem_open(const struct options *options, struct problem *problem);
void problem_close(struct problem *problem);

/* context with the threads, progress and interrupt that the options ask for */
int context_open(const struct options *options, moe_context **context);
void context_close(moe_context *context);

/* circuit <- of the OpenQASM file; END_INPUT with file, line and column */
int circuit_read(moe_context *context, const char *path, qnn_circuit **circuit);

/* flow <- a mixture of N experts before its training, from the draws of a study's first replica with the same
 * seed. For library_end. */
int32_t mixture_start(const struct options *options, const struct problem *problem, int64_t N, int32_t method,
                      moe_flow **flow);

/* d periods: numbers or "real", one for all or one for each */
int periods_read(const struct options *options, int64_t d, double *period);

/* The mean loss of predictions f (count x K) on samples, by the options' loss; NAN of no samples. */
double mean_loss(const struct options *options, const struct problem *problem, const struct samples *samples,
                 const double *f);

#endif
