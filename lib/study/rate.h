/* rate.h - the exponent of N in a measured quantity, with an interval that covers.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_STUDY_RATE_H
#define MOEI_STUDY_RATE_H

#include <stdbool.h>
#include <stdint.h>

/* y(N) = c N^-a (ln N)^logs (1 + b N^-correction); without the last factor if correction is 0. */
typedef struct moei_rate_form {
    double logs, correction;
} moei_rate_form;

/* What was measured with N experts: the mean over `replicas` independent ones, and their sample variance. */
typedef struct moei_rate_cell {
    double experts, mean, variance;
    int64_t replicas;
} moei_rate_cell;

enum { MOEI_RATE_MOST = 3 }; /* parameters: ln c, a, b */

typedef struct moei_rate {
    int64_t first;  /* the cell from which on the form was fitted               */
    int parameters; /* 2, or 3 with a correction                                */
    double value[MOEI_RATE_MOST], error[MOEI_RATE_MOST], freedom[MOEI_RATE_MOST];
    double chi_squared; /* of the residuals, with ...                               */
    double chi_freedom; /* ... so many degrees of freedom: cells less parameters    */
} moei_rate;

/* rate <- the weighted least squares fit to cells[first ... count): N ascending, means > 0, 2 replicas each
 * or more. false: the cells do not tell the parameters (too few, or no solution of the form). */
bool moei_rate_fit(moei_rate_form form, int64_t first, int64_t count, const moei_rate_cell *cells,
                   moei_rate *rate);

/* The same from the first cell on for which chi-squared is not beyond what one of twenty true forms would
 * reach; if there is none, from cell 0 on. */
bool moei_rate_fit_tail(moei_rate_form form, int64_t count, const moei_rate_cell *cells, moei_rate *rate);

/* P(a deviation as large as that of parameter i from `theory`, were it the truth). */
double moei_rate_probability(const moei_rate *rate, int i, double theory);

/* [value - width, value + width] covers parameter i with this probability. */
double moei_rate_width(const moei_rate *rate, int i, double coverage);

#endif
