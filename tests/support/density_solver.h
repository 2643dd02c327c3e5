/* density_solver.h - the mean-field limit in one or two angles as a partial differential equation on a grid.
 *
 *   d/dt rho = sum_a d_a (rho m_a d_a (Psi[rho] + V)),   theta in [0, 2 pi)^d,
 *   Psi[rho](theta) = sum_j v_j (F_j - y_j) f(theta, x_j),   F_j = int f(theta, x_j) rho(theta) dtheta,
 *   V = decay sum_a (1 - cos theta_a),   one output, the square loss.
 *
 * No particles and nothing of the library: a Fourier-Galerkin method with plain sums for transforms, products
 * on a grid with a third of its modes left out against aliasing (Orszag, J. Atmos. Sci. 28 (1971) 1074), and
 * the classical Runge-Kutta method. The right-hand side is a divergence, whose mode 0 is 0: mass never
 * changes.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOE_TEST_DENSITY_SOLVER_H
#define MOE_TEST_DENSITY_SOLVER_H

enum { DENSITY_SIDE = 96, DENSITY_POINTS = 8 };

/* What is solved; f by a formula: returns f(theta, x), gradient[a] = d_a f. */
struct density_problem {
    int d, n; /* angles, 1 or 2; training points */
    const double *x, *y, *v;
    double (*expert)(const double *theta, double x, double *gradient);
    double decay, mobility[2];
};

struct density_solver;

/* `side` grid points an angle; rho0 need not be normalised: its mass is scaled to 1. NULL without memory. */
struct density_solver *density_solver_new(const struct density_problem *problem, int side,
                                          double (*rho0)(const double *theta));
void density_solver_free(struct density_solver *solver);

/* `steps` steps of length h */
void density_solver_advance(struct density_solver *solver, double h, int steps);

/* F_j */
void density_solver_predictions(struct density_solver *solver, double *f);

/* The grid's points, side^d x d, the second angle fastest; and rho there. Owned by the solver, rho until it
 * advances. */
const double *density_solver_points(const struct density_solver *solver);
const double *density_solver_values(struct density_solver *solver);

#endif
