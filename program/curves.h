/* curves.h - what the curves of a study share (curves.c, marginals.c).
 *
 * SPDX-License-Identifier: MIT */
#ifndef PROGRAM_CURVES_H
#define PROGRAM_CURVES_H

#include "study.h"

struct curves {
    const struct options *options;
    const struct problem *problem;
    moe_limit *limit;
    moe_field *field; /* NULL if the last time is 0 */
    const struct tables *tables;
    double end;
    struct results *results;
};

/* Where coordinate k lives: a period, or what draws of the limit span. */
void coordinate_range(const struct curves *at, int64_t k, double *low, double *high);

/* an angle within one period from 0 on */
double wrapped(double theta, double period);

/* marginals.c: marginals.csv, with a mixture of N experts beside the limit */
int marginals_write(const struct curves *at, int64_t N);

#endif
