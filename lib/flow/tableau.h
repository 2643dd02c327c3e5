/* tableau.h - embedded Runge-Kutta pairs as data.
 *
 * A pair has S = stages, the last of which is f at the new point (first same as last: its row of `a` is
 * the weights b), and extra stages that only dense output needs.
 *   theta_s   = theta + h sum_{q<s} a[s][q] k_q,   k_s = f(t + c[s] h, theta_s)
 *   theta_new = theta_{S-1}
 *   error     = h sum_s e[0][s] k_s; DOP853 has two rows, of orders 5 and 3, combined by moei_tableau_error
 *   dense     Hairer's nested form: with  r_0 = theta_new - theta, r_1 = h k_0 - r_0,
 *             r_2 = r_0 - h k_{S-1} - r_1, r_{3+m} = h sum_s d[m][s] k_s,
 *             theta(t + u h) = theta + u (r_0 + (1-u) (r_1 + u (r_2 + (1-u) (r_3 + u (r_4 + ...)))))
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_TABLEAU_H
#define MOEI_TABLEAU_H

#include <stdbool.h>
#include <stdint.h>

enum { MOEI_MAX_STAGES = 16 };

typedef struct moei_tableau {
    int order, dense_order;
    int error_exponent; /* the error estimate scales as h^exponent */
    int stages, extra;
    int error_rows, dense_rows;
    bool error_uses_last; /* whether k_{S-1} enters the error estimate */
    double beta;          /* of the PI step controller, h ~ e_n^{-1/exponent + 3/4 beta} e_{n-1}^{beta} */
    double shrink, grow;  /* bounds of the change of h */
    double c[MOEI_MAX_STAGES], a[MOEI_MAX_STAGES][MOEI_MAX_STAGES];
    double e[2][MOEI_MAX_STAGES], d[4][MOEI_MAX_STAGES];
} moei_tableau;

extern const moei_tableau moei_dopri5, moei_dop853;

/* weights[s], s < stages + extra: theta(t + u h) = theta + h sum_s weights[s] k_s */
void moei_tableau_dense(const moei_tableau *tableau, double u, double *weights);

/* A step's error from the squares of its rows' sizes: the only row's; of two, of orders 5 and 3,
 * e_5^2 / (e_5^2 + e_3^2 / 100)^(1/2) (Hairer, Norsett & Wanner I, II.10). NaN if a square is or overflowed.
 */
double moei_tableau_error(const moei_tableau *tableau, const double *squares);

/* The factor on h after a step of error e, 1 being the tolerance: 0.9 e^{-(1/q - 3/4 beta)} e_old^{beta}
 * within [shrink, grow], e_old the error of the last accepted step, 1 after a refused one (PI control;
 * Hairer, Norsett & Wanner I, II.4; Hairer & Wanner II, IV.2). */
double moei_tableau_change(const moei_tableau *tableau, double error, double old);

#endif
