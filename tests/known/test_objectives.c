/* test_objectives.c - flows of objectives with known solutions, or against an integrator written out here.
 *
 *   every loss       two outputs, four weighted points, all terms at once: classical Runge-Kutta steps
 *   the limit        f = cos(theta + x) from the uniform law, x = 0: g = int cos dmu has
 *                    g' = -m/(2s) l'(s g, y) (1 - g^2)
 *   linear experts   f = <theta, x>, orthogonal data, decay: every coordinate relaxes by itself
 *   decay alone      tan(theta / 2u) = tan(theta(0) / 2u) e^(-lambda t) on a circle of period 2 pi u
 *   descent          one step at a learning rate, in mean-field time
 *
 * SPDX-License-Identifier: MIT */
#include "support/mixture.h"
#include "support/objectives.h"
#include "support/problem.h"

/* ---- every loss against Runge-Kutta steps of our own -------------------------------------------- */

enum { ATOMS = 4, SIZE = 2 * ATOMS, POINTS = 3 };

static const double xs[POINTS] = {-1, 0.3, 2}, ys[2 * POINTS] = {0.4, 0.6, 1, 0, 0.1, 0.9};
static const double vs[POINTS] = {0.5, 0.2, 0.3}, start[SIZE] = {0.2, 1, 3, -0.5, 5, 0.7, -1, 2};
static const double weights[ATOMS] = {0.1, 0.4, 0.2, 0.3};
static const double decay[] = {0.3, 0.2}, mobility[] = {0.5, 2}, scale = 1.7, delta = 0.4, strength = 0.25;

static double clip(double r)
{
    return r > delta ? delta : r < -delta ? -delta : r;
}

/* dl/df_k, as in a textbook */
static double slope(int loss, const double *f, const double *y, int k)
{
    switch (loss) {
    case MOE_LOSS_LOGISTIC:
        return 1 / (1 + exp(-f[k])) - y[k];
    case MOE_LOSS_SOFTMAX:
        return exp(f[k]) / (exp(f[0]) + exp(f[1])) - y[k];
    case 3:
        return clip(f[k] - y[k]);
    default:
        return f[k] - y[k];
    }
}

/* the pair expert's velocities, term by term */
static void velocity(int loss, const double *theta, double *g)
{
    memset(g, 0, SIZE * sizeof *g);
    for (int j = 0; j < POINTS; j++) {
        double F[2] = {0, 0};
        for (int i = 0; i < ATOMS; i++) {
            F[0] += scale * weights[i] * cos(theta[2 * i] + xs[j]);
            F[1] += scale * weights[i] * theta[2 * i + 1] * sin(theta[2 * i] - xs[j]);
        }
        const double r0 = vs[j] / scale * slope(loss, F, ys + 2 * j, 0);
        const double r1 = vs[j] / scale * slope(loss, F, ys + 2 * j, 1);
        for (int i = 0; i < ATOMS; i++) {
            g[2 * i] += r0 * sin(theta[2 * i] + xs[j]) - r1 * theta[2 * i + 1] * cos(theta[2 * i] - xs[j]);
            g[2 * i + 1] -= r1 * sin(theta[2 * i] - xs[j]);
        }
    }
    for (int i = 0; i < SIZE; i++) {
        g[i] -= strength * sin(theta[i]) + decay[i % 2] * (i % 2 ? theta[i] : sin(theta[i]));
        g[i] *= mobility[i % 2];
    }
}

static void runge_kutta(int loss, double *theta, double end, int steps)
{
    const double h = end / steps, part[] = {0, 0.5, 0.5, 1};
    for (int step = 0; step < steps; step++) {
        double k[5][SIZE] = {{0}}, at[SIZE];
        for (int s = 0; s < 4; s++) {
            for (int i = 0; i < SIZE; i++)
                at[i] = theta[i] + h * part[s] * k[s][i];
            velocity(loss, at, k[s + 1]);
        }
        for (int i = 0; i < SIZE; i++)
            theta[i] += h / 6 * (k[1][i] + 2 * k[2][i] + 2 * k[3][i] + k[4][i]);
    }
}

/* all terms at once; own lives as long as the problem */
static void make(struct problem *p, int loss, struct own *own)
{
    const moe_potential_ops ops = own_potential(MOE_POTENTIAL_THREAD_SAFE);
    problem_of_pairs(p);
    problem_objective(p);
    assert_ok(p->context, loss < 3 ? moe_objective_set_loss(p->objective, loss)
                                   : moe_objective_set_huber(p->objective, delta));
    assert_ok(p->context, moe_objective_set_decay(p->objective, decay));
    assert_ok(p->context, moe_objective_set_potential(p->objective, &ops, own));
    assert_ok(p->context, moe_objective_set_mobility(p->objective, mobility));
    assert_ok(p->context, moe_objective_set_scale(p->objective, scale));
    problem_model(p, POINTS, xs, ys, vs);
    problem_points(p, ATOMS, start, weights);
}

/* energy in, energy out */
static void check_energy(const struct problem *p, moe_flow *flow, double tolerance)
{
    double dissipated, defect, before, after;
    moe_measure *now;
    assert_ok(p->context, moe_flow_energy(flow, &dissipated, &defect));
    assert_close(defect, 0, tolerance);
    assert_true(dissipated > 0.05);
    assert_ok(p->context, moe_model_energy(p->context, p->model, p->mu, &before));
    assert_ok(p->context, moe_flow_measure(flow, &now));
    assert_ok(p->context, moe_model_energy(p->context, p->model, now, &after));
    assert_close(before - after, dissipated + defect, 1e-14);
    moe_measure_destroy(now);
}

static void test_every_loss(void **state)
{
    (void)state;
    for (int loss = 0; loss < 4; loss++) {
        /* Huber's slope has kinks, where the steps written out here keep second order only */
        const double tolerance = loss == 3 ? 1e-6 : 1e-10;
        double theta[SIZE];
        struct own own = {.c = strength};
        struct problem p;
        moe_flow *tracers;
        moe_field *field;
        make(&p, loss, &own);
        moe_flow *flow = problem_flow(&p, MOE_METHOD_DOP853, 1e-12);
        assert_ok(p.context, moe_flow_record(flow));
        assert_ok(p.context, moe_flow_advance(flow, 2));
        memcpy(theta, start, sizeof theta);
        runge_kutta(loss, theta, 2, 2000);
        for (int i = 0; i < SIZE; i++)
            assert_close(moe_flow_points(flow)[i], theta[i], tolerance);
        check_energy(&p, flow, loss == 3 ? 1e-8 : 1e-11);
        /* tracers feel the potential and have the mobilities, too */
        assert_ok(p.context, moe_flow_field(flow, &field));
        assert_ok(p.context, moe_flow_create_driven(p.context, field, p.mu, &tracers));
        assert_ok(p.context, moe_flow_set_tolerance(tracers, 0, 1e-12));
        assert_ok(p.context, moe_flow_advance(tracers, 2));
        for (int i = 0; i < SIZE; i++)
            assert_close(moe_flow_points(tracers)[i], theta[i], tolerance);
        moe_flow_destroy(tracers);
        moe_field_destroy(field);
        moe_flow_destroy(flow);
        problem_free(&p);
    }
}

/* ---- every method ------------------------------------------------------------------------------- */

/* A far minimum of the loss where the potential holds the points back: E rises, A must not. */
struct descent {
    double energy, loss;
    int64_t rises, loss_rises;
    int32_t status;
};

static int32_t watch_energy(void *self, moe_flow *flow)
{
    struct descent *seen = self;
    double dissipated = 0, defect = 0, loss;
    seen->status = moe_flow_loss(flow, &loss);
    if (!seen->status)
        seen->status = moe_flow_energy(flow, &dissipated, &defect);
    seen->rises += -dissipated - defect > seen->energy + 1e-13;
    seen->loss_rises += loss > seen->loss;
    seen->energy = -dissipated - defect; /* A less its initial value */
    seen->loss = loss;
    return seen->status;
}

static void test_every_method(void **state)
{
    (void)state;
    const int32_t methods[] = {MOE_METHOD_DOPRI5, MOE_METHOD_DOP853, MOE_METHOD_ADAMS, MOE_METHOD_RKC,
                               MOE_METHOD_LOW_STORAGE};
    double expected[SIZE];
    struct own own = {.c = strength};
    struct problem p;
    make(&p, MOE_LOSS_SOFTMAX, &own);
    memcpy(expected, start, sizeof start);
    runge_kutta(MOE_LOSS_SOFTMAX, expected, 3, 1000);
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        const double tolerance = methods[i] == MOE_METHOD_RKC ? 1e-6 : 1e-10;
        double dissipated, defect;
        struct descent seen = {.energy = 0};
        moe_flow *flow = problem_flow(&p, methods[i], tolerance);
        assert_ok(p.context, moe_flow_advance(flow, 3));
        for (int a = 0; a < SIZE; a++)
            assert_close(moe_flow_points(flow)[a], expected[a], 100 * tolerance);
        assert_ok(p.context, moe_flow_energy(flow, &dissipated, &defect));
        assert_close(defect, 0, 100 * tolerance);
        moe_flow_destroy(flow);
        /* a tolerance that decides nothing; smaller where steps would pass over the time in which E rises */
        flow = problem_flow(&p, methods[i], methods[i] == MOE_METHOD_LOW_STORAGE ? 1e-3 : 10);
        assert_ok(p.context, moe_flow_set_descent(flow, 1));
        assert_ok(p.context, moe_flow_loss(flow, &seen.loss));
        assert_ok(p.context, moe_flow_set_observer(flow, watch_energy, &seen));
        assert_ok(p.context, moe_flow_advance(flow, 30));
        assert_int_equal(seen.rises, 0);
        assert_true(seen.loss_rises > 0);
        moe_flow_destroy(flow);
    }
    problem_free(&p);
}

/* ---- limits ------------------------------------------------------------------------------------- */

/* g' = -m/(2s) (sigma(s g) - y) (1 - g^2), by Runge-Kutta steps */
static double reduced(double s, double m, double y, double end)
{
    const int steps = 4000;
    const double h = end / steps, part[] = {0, 0.5, 0.5, 1};
    double g = 0;
    for (int step = 0; step < steps; step++) {
        double k[5] = {0};
        for (int q = 0; q < 4; q++) {
            const double at = g + h * part[q] * k[q];
            k[q + 1] = -m / (2 * s) * (1 / (1 + exp(-s * at)) - y) * (1 - at * at);
        }
        g += h / 6 * (k[1] + 2 * k[2] + 2 * k[3] + k[4]);
    }
    return g;
}

static void test_logistic_limit(void **state)
{
    (void)state;
    struct wave wave = {.d = 1, .c = {1}, .a = {1}};
    const double x = 0, y = 1, cases[][2] = {{1, 1}, {3, 1}, {2, 0.5}};
    struct problem p;
    problem_of_waves(&p, &wave);
    problem_objective(&p);
    problem_grid(&p, 128);
    moe_context *c = p.context;
    assert_ok(c, moe_objective_set_loss(p.objective, MOE_LOSS_LOGISTIC));
    for (int i = 0; i < 3; i++) {
        double F, dissipated, defect;
        assert_ok(c, moe_objective_set_scale(p.objective, cases[i][0]));
        assert_ok(c, moe_objective_set_mobility(p.objective, &cases[i][1]));
        problem_model(&p, 1, &x, &y, NULL);
        moe_flow *flow = problem_flow(&p, MOE_METHOD_DOP853, 1e-13);
        assert_ok(c, moe_flow_advance(flow, 4));
        assert_ok(c, moe_flow_predictions(flow, &F));
        assert_close(F, cases[i][0] * reduced(cases[i][0], cases[i][1], y, 4), 1e-11);
        assert_ok(c, moe_flow_energy(flow, &dissipated, &defect));
        assert_close(defect, 0, 1e-12);
        moe_flow_destroy(flow);
    }
    problem_free(&p);
}

/* The mean m of linear experts on orthogonal data x_j = e_j has m_a' = -M_a ((v_a + l_a) m_a - v_a y_a / s),
 * and the distance of each expert from it shrinks like e^(-M_a l_a t). */
static void test_linear_decay(void **state)
{
    (void)state;
    enum { D = 3, COUNT = 3 };
    int64_t d = D;
    const double x[D * D] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, y[D] = {0.5, -1, 2}, v[D] = {0.2, 0.5, 0.3};
    const double lambda[D] = {0.4, 0, 1.5}, speed[D] = {1, 3, 0}, s = 2.5, time = 1.3;
    const double theta[COUNT * D] = {1, 2, 3, -1, 0.5, 0, 0.3, 0.3, 7}, w[COUNT] = {0.2, 0.5, 0.3};
    double dissipated, defect;
    struct problem p;
    problem_of_linear(&p, &d);
    problem_objective(&p);
    moe_context *c = p.context;
    assert_ok(c, moe_objective_set_decay(p.objective, lambda));
    assert_ok(c, moe_objective_set_mobility(p.objective, speed));
    assert_ok(c, moe_objective_set_scale(p.objective, s));
    problem_model(&p, D, x, y, v);
    problem_points(&p, COUNT, theta, w);
    moe_flow *flow = problem_flow(&p, MOE_METHOD_DOP853, 1e-13);
    assert_ok(c, moe_flow_advance(flow, time));
    for (int a = 0; a < D; a++) {
        double mean = 0;
        for (int i = 0; i < COUNT; i++)
            mean += w[i] * theta[i * D + a];
        const double rest = v[a] * y[a] / s / (v[a] + lambda[a]);
        const double now = rest + (mean - rest) * exp(-speed[a] * (v[a] + lambda[a]) * time);
        for (int i = 0; i < COUNT; i++) {
            const double off = (theta[i * D + a] - mean) * exp(-speed[a] * lambda[a] * time);
            assert_close(moe_flow_points(flow)[i * D + a], now + off, 1e-11);
            if (speed[a] == 0) /* frozen: to the bit */
                assert_true(moe_flow_points(flow)[i * D + a] == theta[i * D + a]);
        }
    }
    assert_ok(c, moe_flow_energy(flow, &dissipated, &defect));
    assert_close(defect, 0, 1e-12);
    moe_flow_destroy(flow);
    problem_free(&p);
}

/* f = 0: nothing but the decay moves, on circles of periods 2 pi and 5 */
static void test_decay_on_circles(void **state)
{
    (void)state;
    enum { COUNT = 4 };
    struct wave wave = {.d = 2};
    const moe_expert_ops ops = {.struct_size = sizeof ops, .values = wave_values, .pullback = wave_pullback};
    const double turns[] = {2 * PI, 5}, lambda[] = {0.7, 0.2}, x = 0, y = 0;
    const double theta[2 * COUNT] = {0.1, 2, 3, -1, -2, 0.5, 1e-6, 2.4};
    double dissipated, defect;
    struct problem p;
    problem_of_own(&p, &ops, &wave, 2, turns);
    problem_objective(&p);
    moe_context *c = p.context;
    assert_ok(c, moe_objective_set_decay(p.objective, lambda));
    problem_model(&p, 1, &x, &y, NULL);
    problem_points(&p, COUNT, theta, NULL);
    moe_flow *flow = problem_flow(&p, MOE_METHOD_DOP853, 1e-14);
    assert_ok(c, moe_flow_advance(flow, 3));
    for (int i = 0; i < 2 * COUNT; i++) {
        const double u = turns[i % 2] / (2 * PI);
        const double expected = 2 * u * atan(tan(theta[i] / (2 * u)) * exp(-3 * lambda[i % 2]));
        assert_close(moe_flow_points(flow)[i], expected, 1e-12);
    }
    assert_ok(c, moe_flow_energy(flow, &dissipated, &defect));
    assert_close(defect, 0, 1e-13);
    moe_flow_destroy(flow);
    problem_free(&p);
}

/* ---- learning rates ------------------------------------------------------------------------------ */

/* One step theta_i -= eta dL/dtheta_i of F = N^-alpha sum f, L = 1/2 mean |F - y|^2, is an Euler step of
 * length eta N^(1 - 2 alpha) of the flow with s = N^(1 - alpha). */
static void test_descent(void **state)
{
    (void)state;
    enum { N = 50 };
    const double eta = 0.3;
    for (double alpha = 0.5; alpha <= 1; alpha += 0.25) {
        struct mixture m;
        moe_objective *objective;
        moe_model *model;
        double drift[2 * N];
        assert_int_equal(mixture_make(&m, NULL, N), MOE_OK);
        const double *theta = moe_measure_points(m.mu);
        assert_ok(m.context, moe_objective_create(m.context, m.expert, &objective));
        assert_ok(m.context, moe_objective_set_scale(objective, pow(N, 1 - alpha)));
        assert_ok(m.context,
                  moe_model_create_for(m.context, objective, MIXTURE_POINTS, m.x, m.y, NULL, &model));
        assert_ok(m.context, moe_model_drift(m.context, model, m.mu, drift));
        for (int i = 0; i < 2 * N; i++) {
            double step = 0;
            for (int j = 0; j < MIXTURE_POINTS; j++) {
                double F = 0;
                for (int q = 0; q < 2 * N; q++)
                    F += pow(N, -alpha) * m.wave.c[q % 2] * cos(theta[q] + m.wave.a[q % 2] * m.x[j]);
                step += eta / MIXTURE_POINTS * (F - m.y[j]) * pow(N, -alpha) * m.wave.c[i % 2] *
                        sin(theta[i] + m.wave.a[i % 2] * m.x[j]);
            }
            assert_close(step, eta * pow(N, 1 - 2 * alpha) * drift[i], 1e-15);
        }
        moe_model_destroy(model);
        moe_objective_destroy(objective);
        mixture_free(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_loss),       cmocka_unit_test(test_every_method),
        cmocka_unit_test(test_logistic_limit),   cmocka_unit_test(test_linear_decay),
        cmocka_unit_test(test_decay_on_circles), cmocka_unit_test(test_descent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
