/* rate.h - the exponent of N in a measured quantity, with an interval that covers.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_STUDY_RATE_H
#define MOEI_STUDY_RATE_H

#include <stdbool.h>
#include <stdint.h>

/* The decay of a quantity with N, N >= 2 if there are logarithms. */
typedef enum {
    MOEI_RATE_PLAIN,       /* y(N) = c N^-a                           */
    MOEI_RATE_LOGARITHMIC, /* y(N) = c N^-a (ln N + b)^(1/2)          */
    MOEI_RATE_GENERAL,     /* y(N) = c N^-a (ln N + b)                */
    MOEI_RATE_CORRECTED    /* y(N) = c N^-a (1 + b N^-correction)     */
} moei_rate_kind;

typedef struct moei_rate_form {
    moei_rate_kind kind;
    double correction;
    double slowest; /* if > 0, the correction's exponent is only known to be between this and `correction` */
} moei_rate_form;

/* How many parameters a fit of the form has. */
int moei_rate_parameters(moei_rate_form form);

/* What was measured with N experts: the mean over `replicas` independent ones, and their sample variance. */
typedef struct moei_rate_cell {
    double experts, mean, variance;
    int64_t replicas;
} moei_rate_cell;

enum {
    MOEI_RATE_MOST = 3,  /* parameters: ln c, a, b */
    MOEI_RATE_CELLS = 64 /* that a fit takes at most, and so numbers of experts in a study */
};

typedef struct moei_rate {
    int64_t first;                /* the cell from which on the form was fitted */
    double value[MOEI_RATE_MOST]; /* b is 0 in a plain form */
    double correction;            /* the exponent of b's term; 0 in other forms */
    double low, high;             /* [low, high] covers a with a probability of 95 % */
    double probability;           /* of a fit as far from the theory's exponent, were it the truth */
    double chi_squared;           /* of the residuals, with ... */
    double chi_held;              /* chi-squared with the exponent held at the theory's */
    double chi_freedom;           /* ... so many degrees of freedom: cells less parameters */
} moei_rate;

/* rate <- the weighted fit to cells[first ... count), N ascending. false: the cells do not tell the
 * parameters (too few, a mean that is not positive, less than 2 replicas, or no solution of the form). */
bool moei_rate_fit(moei_rate_form form, int64_t first, int64_t count, const moei_rate_cell *cells,
                   double theory, moei_rate *rate);

/* mean[i] <- the fitted form with N[i] experts, the exponent held at `held` and the other parameters following; NAN:
 * free. false as above. */
bool moei_rate_curve(moei_rate_form form, int64_t first, int64_t count, const moei_rate_cell *cells,
                     double held, int64_t points, const double *N, double *mean);

/* moei_rate_fit from the first cell on for which chi-squared is not beyond what one of 100 true forms would reach;
 * if there is none, from cell 0 on. */
bool moei_rate_fit_tail(moei_rate_form form, int64_t count, const moei_rate_cell *cells, double theory,
                        moei_rate *rate);

#endif
