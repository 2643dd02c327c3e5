/* student.h - the distributions that intervals and tests need.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_STUDY_STUDENT_H
#define MOEI_STUDY_STUDENT_H

/* P(|T| > t) for Student's T with `freedom` > 0 degrees of freedom (INFINITY: normal); t >= 0. */
double moei_student_tail(double t, double freedom);

/* The t with P(|T| > t) = tail, 0 < tail <= 1. */
double moei_student_quantile(double tail, double freedom);

/* P(X > x) for chi-squared X with `freedom` > 0 degrees of freedom. */
double moei_chi_squared_tail(double x, double freedom);

#endif
