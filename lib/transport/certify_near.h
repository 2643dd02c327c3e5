/* certify_near.h - min_j c[i,j] + price[j] without looking at every pair; for the certificate alone.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_CERTIFY_NEAR_H
#define MOEI_CERTIFY_NEAR_H

#include "transport/certificate.h"

typedef struct moei_near_cell {
    double least;         /* price in the cell       */
    int32_t first, count; /* its points              */
    int32_t left, right;  /* cells; left -1: a leaf  */
} moei_near_cell;

typedef struct moei_near {
    const moei_case *at;
    int64_t d, count, cells;
    double middle;        /* taken off all prices                   */
    int32_t *point;       /* count: of b, in the order of the cells */
    double *y, *price;    /* count x d, count                       */
    double *key;          /* count: scratch                         */
    double *low, *high;   /* cells x d                              */
    moei_near_cell *cell; /* the first is all                       */
} moei_near;

/* b's points of positive weight with the plan's prices, less `middle`. MOE_ERROR_MEMORY. Freed whatever the
 * status. */
int32_t moei_near_create(const moei_case *at, double middle, moei_near *near);
void moei_near_free(moei_core *core, moei_near *near);

/* min_j c[i,j] (1 - kappa) + price[j] for the row at x, given that some column has the value `known`. */
double moei_near_least(const moei_near *near, const double *x, double known);

#endif
