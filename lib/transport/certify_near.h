/* certify_near.h - min_j c[i,j] + price[j] without looking at every pair; for the certificate alone.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_CERTIFY_NEAR_H
#define MOEI_CERTIFY_NEAR_H

#include "transport/certificate.h"

enum { MOEI_NEAR_DIMENSIONS = 5 }; /* at most */

typedef struct moei_near_cell {
    double least;         /* price in the cell       */
    int32_t first, count; /* its points              */
    int32_t left, right;  /* cells; left -1: a leaf  */
} moei_near_cell;

typedef struct moei_near {
    const moei_case *at;
    int64_t d, count, cells;
    double middle;        /* taken off all prices                       */
    double keep;          /* costs times this are below the exact ones  */
    double *half;         /* d: half the period                         */
    int32_t *point;       /* count: of b, in the order of the cells     */
    int32_t *place;       /* points of b: where in that order, or -1    */
    double *y, *price;    /* count x d, count                           */
    double *all, *key;    /* while it is made: points of b x d; scratch */
    double *low, *high;   /* cells x d                                  */
    moei_near_cell *cell; /* the first is all                       */
    double *slope, *bend; /* cells x d; of forms below the prices   */
    double *base;         /* cells; NULL: there are none            */
    moei_meter meter;
    int32_t status; /* while it is made */
} moei_near;

/* ---- certify_near.c --------------------------------------------------------------------------- */

/* b's points of positive weight with the plan's prices, less `middle`. MOE_ERROR_MEMORY. Freed whatever the
 * status. */
int32_t moei_near_create(const moei_case *at, double middle, moei_near *near);
void moei_near_free(moei_core *core, moei_near *near);

/* c[i,j] (1 - kappa) + price[j] for the row at x and the column at a place. */
double moei_near_value(const moei_near *near, const double *x, int64_t place);

/* min_j c[i,j] (1 - kappa) + price[j] for the row at x, given that some column has the value `known`. */
double moei_near_least(const moei_near *near, const double *x, double known);

/* ---- certify_forms.c -------------------------------------------------------------------------- */

/* Forms below the prices of all cells, if ways in the plan are long enough for them to pay. MOE_ERROR_MEMORY.
 */
int32_t moei_near_form(moei_near *near);

/* No value in the cell is below this. */
double moei_near_form_bound(const moei_near *near, const double *x, int64_t c);

#endif
