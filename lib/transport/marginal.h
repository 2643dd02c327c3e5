/* marginal.h - one coordinate of a law, laid out on an interval and cut into parts of known moments.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_MARGINAL_H
#define MOEI_MARGINAL_H

#include "measure/law.h"

/* The law on [low, high]; on a circle at most one period of it, so that every point has one place. */
typedef struct moei_marginal {
    bool flat; /* uniform on [low, high] */
    double low, high;
    double period, mean, deviation; /* of the (wrapped) normal, if not flat */
    double tail;                    /* W_p between the law and what is laid out, at most */
} moei_marginal;

void moei_marginal_open(const moei_law_coordinate *law, double period, double p, moei_marginal *out);

/* Mass, conditional mean and conditional variance of a part of the coordinate. */
typedef struct moei_part {
    double mass, mean, variance;
} moei_part;

/* The part [a, b] of the interval: by Gauss's rule, exact to rounding if b - a is at most a tenth of the
 * deviation. */
moei_part moei_marginal_part(const moei_marginal *marginal, double a, double b);

/* Two neighbours in one. */
moei_part moei_part_join(moei_part left, moei_part right);

/* sup over [a, b] of |d log density / dx|, at most. */
double moei_marginal_slope(const moei_marginal *marginal, double a, double b);

/* E max(Z - z, 0)^p for a standard normal Z, at most; its p-th root. */
double moei_normal_tail(double z, double p);

#endif
