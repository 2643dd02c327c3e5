/* density_solver.c - see density_solver.h.
 *
 * State: the modes c[k0, k1], k0 = 0 ... K, k1 = -K ... K (0 alone in one angle), 3 K < side, of
 *   rho = Re sum_k1 (c[0, k1] + 2 sum_{k0 > 0} c[k0, k1]) e^{i (k0 theta_0 + k1 theta_1)}.
 * One right-hand side: (1) rho on the grid; (2) F_j by the trapezoid rule; (3) on the grid the fluxes
 * q_a = rho m_a d_a (Psi + V); (4) dc/dt = sum_a i k_a of their modes.
 *
 * SPDX-License-Identifier: MIT */
#include "support/density_solver.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define IMAGINARY ((double complex)I)

struct density_solver {
    struct density_problem problem;
    int side[2], cutoff, rows, columns; /* grid; K; K + 1; 2 K + 1, or 1 */
    int cells, modes;
    double cell;                                     /* its area */
    double complex wave[DENSITY_SIDE][DENSITY_SIDE]; /* e^{i k theta_g}, k modulo the side */
    double complex *half;          /* between the two passes of a transform: rows x side[1] */
    double complex *c, *at, *k[4]; /* modes each; k: slopes */
    double *points;                /* cells x d */
    double *values, *gradients;    /* cells x n: f; cells x n x d */
    double *rho, *flux[2];         /* cells */
};

/* ---- transforms ------------------------------------------------------------------------------- */

static double complex wave_of(const struct density_solver *s, int k, int g)
{
    const int side = s->side[0];
    return s->wave[(k + side) % side][g];
}

static int second(const struct density_solver *s, int column)
{
    return s->columns == 1 ? 0 : column - s->cutoff;
}

static void to_grid(struct density_solver *s, const double complex *c, double *grid)
{
    const int width = s->side[1];
    memset(s->half, 0, (size_t)(s->rows * width) * sizeof *s->half);
    for (int row = 0; row < s->rows; row++)
        for (int column = 0; column < s->columns; column++)
            for (int g = 0; g < width; g++)
                s->half[row * width + g] += c[row * s->columns + column] * wave_of(s, second(s, column), g);
    memset(grid, 0, (size_t)s->cells * sizeof *grid);
    for (int row = 0; row < s->rows; row++)
        for (int g0 = 0; g0 < s->side[0]; g0++) {
            const double complex factor = (row ? 2 : 1) * wave_of(s, row, g0);
            for (int g = 0; g < width; g++)
                grid[g0 * width + g] += creal(factor) * creal(s->half[row * width + g]) -
                                        cimag(factor) * cimag(s->half[row * width + g]);
        }
}

static void to_modes(struct density_solver *s, const double *grid, double complex *c)
{
    const int width = s->side[1];
    memset(s->half, 0, (size_t)(s->rows * width) * sizeof *s->half);
    for (int row = 0; row < s->rows; row++)
        for (int g0 = 0; g0 < s->side[0]; g0++) {
            const double complex factor = conj(wave_of(s, row, g0)) / s->cells;
            for (int g = 0; g < width; g++)
                s->half[row * width + g] += factor * grid[g0 * width + g];
        }
    for (int row = 0; row < s->rows; row++)
        for (int column = 0; column < s->columns; column++) {
            double complex sum = 0;
            for (int g = 0; g < width; g++)
                sum += s->half[row * width + g] * conj(wave_of(s, second(s, column), g));
            c[row * s->columns + column] = sum;
        }
}

/* ---- the right-hand side ---------------------------------------------------------------------- */

static void predict(const struct density_solver *s, double *f)
{
    for (int j = 0; j < s->problem.n; j++) {
        f[j] = 0;
        for (int g = 0; g < s->cells; g++)
            f[j] += s->cell * s->rho[g] * s->values[g * s->problem.n + j];
    }
}

static void find_fluxes(struct density_solver *s)
{
    const struct density_problem *p = &s->problem;
    double f[DENSITY_POINTS];
    predict(s, f);
    for (int g = 0; g < s->cells; g++)
        for (int a = 0; a < p->d; a++) {
            double slope = p->decay * sin(s->points[g * p->d + a]);
            for (int j = 0; j < p->n; j++)
                slope += p->v[j] * (f[j] - p->y[j]) * s->gradients[(g * p->n + j) * p->d + a];
            s->flux[a][g] = s->rho[g] * p->mobility[a] * slope;
        }
}

static void slope_of(struct density_solver *s, const double complex *c, double complex *slope)
{
    double complex *flux = slope; /* of one coordinate after the other */
    to_grid(s, c, s->rho);
    find_fluxes(s);
    if (s->problem.d == 2) { /* i k_1 q_1 is put by while q_0 is transformed */
        to_modes(s, s->flux[1], flux);
        for (int q = 0; q < s->modes; q++)
            s->at[q] = IMAGINARY * second(s, q % s->columns) * flux[q];
    } else
        memset(s->at, 0, (size_t)s->modes * sizeof *s->at);
    to_modes(s, s->flux[0], flux);
    for (int q = 0; q < s->modes; q++)
        slope[q] = IMAGINARY * (q / s->columns) * flux[q] + s->at[q];
}

/* k[stage] <- the slope at c + h k[from]; c itself if from < 0 */
static void stage(struct density_solver *s, int number, int from, double h)
{
    double complex *slope = s->k[number];
    for (int q = 0; q < s->modes; q++)
        s->at[q] = s->c[q] + (from < 0 ? 0 : h * s->k[from][q]);
    slope_of(s, s->at, slope);
}

void density_solver_advance(struct density_solver *s, double h, int steps)
{
    for (int step = 0; step < steps; step++) {
        stage(s, 0, -1, 0);
        stage(s, 1, 0, h / 2);
        stage(s, 2, 1, h / 2);
        stage(s, 3, 2, h);
        for (int q = 0; q < s->modes; q++)
            s->c[q] += h / 6 * (s->k[0][q] + 2 * s->k[1][q] + 2 * s->k[2][q] + s->k[3][q]);
    }
}

/* ---- life and reading ------------------------------------------------------------------------- */

static int allocate(struct density_solver *s)
{
    const size_t cells = (size_t)s->cells, modes = (size_t)s->modes;
    const size_t n = (size_t)s->problem.n, d = (size_t)s->problem.d;
    s->half = calloc((size_t)(s->rows * s->side[1]), sizeof *s->half);
    s->c = calloc(6 * modes, sizeof *s->c);
    s->points = calloc(cells * (d + n + n * d + 3), sizeof *s->points);
    if (!s->half || !s->c || !s->points)
        return 0;
    s->at = s->c + modes;
    for (int q = 0; q < 4; q++)
        s->k[q] = s->c + (size_t)(q + 2) * modes;
    s->values = s->points + cells * d;
    s->gradients = s->values + cells * n;
    s->rho = s->gradients + cells * n * d;
    s->flux[0] = s->rho + cells;
    s->flux[1] = s->flux[0] + cells;
    return 1;
}

static void tabulate(struct density_solver *s)
{
    const int side = s->side[0], d = s->problem.d, n = s->problem.n;
    const double unit = 2 * acos(-1) / side;
    for (int k = 0; k < side; k++)
        for (int g = 0; g < side; g++)
            s->wave[k][g] = cos(unit * (k * g % side)) + IMAGINARY * sin(unit * (k * g % side));
    s->cell = d == 2 ? unit * unit : unit;
    for (int g = 0; g < s->cells; g++) {
        double *at = s->points + g * d;
        at[0] = unit * (g / s->side[1]);
        if (d == 2)
            at[1] = unit * (g % s->side[1]);
        for (int j = 0; j < n; j++)
            s->values[g * n + j] = s->problem.expert(at, s->problem.x[j], s->gradients + (g * n + j) * d);
    }
}

struct density_solver *density_solver_new(const struct density_problem *problem, int side,
                                          double (*rho0)(const double *theta))
{
    struct density_solver *s = calloc(1, sizeof *s);
    if (!s || side > DENSITY_SIDE || problem->n > DENSITY_POINTS) {
        free(s);
        return NULL;
    }
    s->problem = *problem;
    s->side[0] = side;
    s->side[1] = problem->d == 2 ? side : 1;
    s->cutoff = (side - 1) / 3;
    s->rows = s->cutoff + 1;
    s->columns = problem->d == 2 ? 2 * s->cutoff + 1 : 1;
    s->cells = s->side[0] * s->side[1];
    s->modes = s->rows * s->columns;
    if (!allocate(s)) {
        density_solver_free(s);
        return NULL;
    }
    tabulate(s);
    double mass = 0;
    for (int g = 0; g < s->cells; g++)
        mass += s->cell * (s->rho[g] = rho0(s->points + g * problem->d));
    for (int g = 0; g < s->cells; g++)
        s->rho[g] /= mass;
    to_modes(s, s->rho, s->c);
    return s;
}

void density_solver_free(struct density_solver *s)
{
    if (!s)
        return;
    free(s->half);
    free(s->c);
    free(s->points);
    free(s);
}

const double *density_solver_points(const struct density_solver *s)
{
    return s->points;
}

const double *density_solver_values(struct density_solver *s)
{
    to_grid(s, s->c, s->rho);
    return s->rho;
}

void density_solver_predictions(struct density_solver *s, double *f)
{
    to_grid(s, s->c, s->rho);
    predict(s, f);
}
