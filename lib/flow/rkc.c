/* rkc.c - the Runge-Kutta-Chebyshev method of order 2: for stiff kernels and long times.
 *
 * A gradient flow's Jacobian is symmetric in the measure's inner product, so its eigenvalues are real, and
 * s stages of this method are stable up to h radius = 0.653 s^2: work grows with the square root of the
 * stiffness, where other explicit methods need steps of a few over radius.
 *
 *   Y_0 = theta,  Y_1 = Y_0 + m_1 h F_0,
 *   Y_j = (1 - mu_j - nu_j) Y_0 + mu_j Y_{j-1} + nu_j Y_{j-2} + m_j h F_{j-1} + g_j h F_0,   j = 2 ... s
 * with F_j = f(t + c_j h, Y_j) and, for w_0 = 1 + (2/13) / s^2, w_1 = T'_s(w_0) / T''_s(w_0),
 * b_j = T''_j(w_0) / T'_j(w_0)^2 (b_0 = b_1 = b_2), a_j = 1 - b_j T_j(w_0):
 *   m_1 = b_1 w_1,  mu_j = 2 b_j w_0 / b_{j-1},  nu_j = -b_j / b_{j-2},  m_j = 2 b_j w_1 / b_{j-1},
 *   g_j = -a_{j-1} m_j
 *   error   0.8 (theta - theta_new) + 0.4 h (f + f_new)
 * (B. P. Sommeijer, L. F. Shampine, J. G. Verwer, J. Comput. Appl. Math. 88 (1998) 315-326). The estimate is
 * that of one step, of which a tolerance tol takes tol^{-1/3}: left alone, the errors at the end would go
 * like tol^{2/3}. It is multiplied by (1e-2 / tol)^{1/2}, tol being relative to the points' size, and they go
 * like tol; where tracers follow the field of such a flow, that is what is asked for. The dissipated energy
 * is one more component of the same recursion. Dense output is the cubic of both ends' points and slopes. The
 * radius is spectral_radius.c's.
 *
 * Slots of k: 0 the slope, 1 the slope at the end, 2 (theta_new - theta) / h, 3 and 4 the last two
 * (Y_j - theta) / h, 5 F_j, 6 the spectral radius's.
 *
 * SPDX-License-Identifier: MIT */
#include "flow/flow.h"

#include <float.h>
#include <math.h>

enum { END = 1, CHORD = 2, ONE_AGO = 3, TWO_AGO = 4, INNER = 5, VECTOR = 6, MOST_STAGES = 2000 };
enum { RADIUS_AGE = 25 }; /* accepted steps for which a radius is believed, as in the authors' code */

static const double reach = 0.653, safety = 0.8;          /* stable up to reach s^2 */
static const double least_change = 0.1, most_change = 10; /* of the step, the paper's */
static const double least_error = 1e-10;                  /* a smaller one changes the step no more */

/* The recursion's numbers from stage to stage: T_j, T'_j, T''_j at w_0 for j and the two before. */
typedef struct {
    double w0, w1;
    double t[3], dt[3], ddt[3], b[3], c[3]; /* [0] is j, [1] is j - 1, [2] is j - 2 */
    double mu, nu, m, g;
} chebyshev;

static chebyshev begin_recursion(int stages)
{
    const double s = stages, w0 = 1 + 2.0 / 13 / (s * s), root = sqrt(w0 * w0 - 1);
    const double angle = s * log(w0 + root);
    chebyshev r = {.w0 = w0};
    r.w1 = sinh(angle) * root * root / (cosh(angle) * s * root - w0 * sinh(angle));
    r.b[0] = r.b[1] = 1 / (4 * w0 * w0);
    r.t[0] = w0, r.t[1] = 1;
    r.dt[0] = 1;
    r.m = r.b[0] * r.w1;
    r.c[0] = r.m;
    return r;
}

static void next_stage(chebyshev *r)
{
    double *all[] = {r->t, r->dt, r->ddt, r->b, r->c};
    for (int i = 0; i < 5; i++) {
        all[i][2] = all[i][1];
        all[i][1] = all[i][0];
    }
    r->t[0] = 2 * r->w0 * r->t[1] - r->t[2];
    r->dt[0] = 2 * r->w0 * r->dt[1] - r->dt[2] + 2 * r->t[1];
    r->ddt[0] = 2 * r->w0 * r->ddt[1] - r->ddt[2] + 4 * r->dt[1];
    r->b[0] = r->ddt[0] / (r->dt[0] * r->dt[0]);
    r->mu = 2 * r->b[0] * r->w0 / r->b[1];
    r->nu = -r->b[0] / r->b[2];
    r->m = 2 * r->b[0] * r->w1 / r->b[1];
    r->g = -(1 - r->b[1] * r->t[1]) * r->m;
    r->c[0] = r->mu * r->c[1] + r->nu * r->c[2] + r->m + r->g;
}

/* The fewest stages that are stable for the step, at least 2. */
static int stages_of(const moe_flow *flow, double h)
{
    return (int)(1 + sqrt(1 + h * flow->chebyshev.radius / reach));
}

static double longest(const moe_flow *flow)
{
    return reach * ((double)MOST_STAGES * MOST_STAGES - 1) / fmax(flow->chebyshev.radius, DBL_MIN);
}

/* All stages: k[CHORD] <- (Y_s - theta) / h, square[CHORD] <- the energy dissipated over h. The differences
 * from theta are what is kept, so that 1 - mu - nu never multiplies anything. */
static int32_t run_stages(moe_flow *flow, double h, int stages)
{
    chebyshev r = begin_recursion(stages);
    const double one[MOEI_MAX_STAGES] = {[ONE_AGO] = 1};
    double ago1 = r.m * flow->square[0], ago2 = 0, weights[MOEI_MAX_STAGES] = {0};
    int32_t status = moei_flow_combine(flow, NULL, r.m, (double[]){1}, 1, flow->k[ONE_AGO]);
    for (int j = 2; j <= stages && !status; j++) {
        status = moei_flow_combine(flow, flow->theta, h, one, ONE_AGO + 1, flow->trial);
        if (!status)
            status = moei_flow_evaluate(flow, flow->time + r.c[0] * h, flow->trial, flow->k[INNER],
                                        &flow->square[INNER], flow->trial_prediction);
        if (status)
            return status;
        next_stage(&r);
        weights[0] = r.g, weights[ONE_AGO] = r.mu, weights[INNER] = r.m;
        weights[TWO_AGO] = j > 2 ? r.nu : 0; /* Y_0 - theta is 0, and not stored */
        status = moei_flow_combine(flow, NULL, 1, weights, INNER + 1, flow->k[CHORD]);
        const double now = r.mu * ago1 + r.nu * ago2 + r.m * flow->square[INNER] + r.g * flow->square[0];
        ago2 = ago1, ago1 = now;
        double *oldest = flow->k[TWO_AGO];
        flow->k[TWO_AGO] = flow->k[ONE_AGO];
        flow->k[ONE_AGO] = flow->k[CHORD];
        flow->k[CHORD] = oldest;
    }
    double *newest = flow->k[ONE_AGO];
    flow->k[ONE_AGO] = flow->k[CHORD];
    flow->k[CHORD] = newest;
    flow->square[CHORD] = ago1;
    return status ? status : moei_flow_combine(flow, flow->theta, h, (double[]){0, 0, 1}, 3, flow->trial);
}

static int32_t attempt(moe_flow *flow, double h, double *error)
{
    static const double row[1][MOEI_MAX_STAGES] = {{0.4, 0.4, -0.8}};
    struct moei_chebyshev_state *state = &flow->chebyshev;
    int32_t status = MOE_OK;
    double square = 0;
    state->length = h;
    if (state->since < 0 || state->since >= RADIUS_AGE)
        status = moei_flow_spectral_radius(flow);
    if (!status && h > longest(flow)) {
        *error = pow(h / longest(flow), 3); /* no stage is run: the answer is another h */
        return MOE_OK;
    }
    if (!status)
        status = run_stages(flow, h, stages_of(flow, h));
    if (!status)
        status = moei_flow_evaluate(flow, flow->time + h, flow->trial, flow->k[END], &flow->square[END],
                                    flow->trial_prediction);
    flow->end_known = true;
    if (!status)
        status = moei_flow_norms(flow, flow->theta, flow->trial, h, 1, 3, row, &square);
    *error = state->sharpness * sqrt(square);
    if (status || *error > 1)
        state->since = -1; /* the radius may have grown */
    return status;
}

static void start(moe_flow *flow)
{
    flow->chebyshev = (struct moei_chebyshev_state){.since = -1};
}

/* 0.8 e^{-1/3}, times the change of e / h^3 from the last step to this one, which is expected to go on (the
 * paper, section 5). */
static double change(moe_flow *flow, double error)
{
    struct moei_chebyshev_state *state = &flow->chebyshev;
    const double e = fmax(error, least_error);
    double factor = safety * pow(e, -1.0 / 3);
    if (error > 1)
        return fmax(factor, least_change);
    if (state->last_length > 0)
        factor *= state->length / state->last_length * pow(state->last_error / e, 1.0 / 3);
    state->last_length = state->length;
    state->last_error = e;
    state->since++;
    return fmin(fmax(factor, least_change), most_change);
}

static int dense(const moe_flow *flow, double h, double u, double *weights)
{
    (void)flow, (void)h;
    weights[0] = u * (1 - u) * (1 - u);
    weights[END] = -u * u * (1 - u);
    weights[CHORD] = u * u * (3 - 2 * u);
    return 3;
}

/* The radius's vector, where the next estimate begins, stays from the first on. */
static unsigned kept(const moe_flow *flow)
{
    const unsigned vector = flow->chebyshev.radius > 0 ? 1u << VECTOR : 0;
    return vector | (flow->dense_known ? 1u | 1u << END | 1u << CHORD : 1u);
}

const moei_method moei_method_rkc = {.id = MOE_METHOD_RKC,
                                     .start_order = 2,
                                     .field_degree = 4,
                                     .slots = 7,
                                     .end_slot = END,
                                     .start = start,
                                     .attempt = attempt,
                                     .change = change,
                                     .dense = dense,
                                     .kept = kept};
