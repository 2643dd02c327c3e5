/* test_density.c - the limit by particles against the limit as a partial differential equation.
 *
 * The continuity equation is solved on a grid (support/density_solver.h), which shares nothing with the
 * library: neither particles nor experts. Predictions in time must agree, and the density that the library
 * finds along characteristics must be the grid's. Neither limit here stays in a family with a closed form.
 *
 * SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "support/density_solver.h"

#include <math.h>

enum { POINTS = 5 };
static const double x[POINTS] = {-1, -0.2, 0.4, 1.1, 1.9}, y[POINTS] = {0.5, -0.3, 0.2, 0.7, -0.6},
                    v[POINTS] = {0.1, 0.3, 0.2, 0.25, 0.15};

/* ---- the experts, by a formula and as circuits ------------------------------------------------ */

/* cos(theta + x) + 0.3 sin(2 theta - x) */
static double one_angle(const double *theta, double at, double *gradient)
{
    gradient[0] = -sin(theta[0] + at) + 0.6 * cos(2 * theta[0] - at);
    return cos(theta[0] + at) + 0.3 * sin(2 * theta[0] - at);
}

static qnn_circuit *one_angle_circuit(moe_context *context)
{
    const int64_t q[] = {0, 1};
    qnn_circuit *circuit;
    assert_ok(context, qnn_circuit_create(context, 2, 1, 1, 1, &circuit));
    assert_ok(context, qnn_circuit_rotation(circuit, "Y", q, QNN_INPUT, 0, 1, 0));
    assert_ok(context, qnn_circuit_rotation(circuit, "Y", q, QNN_THETA, 0, 1, 0));
    assert_ok(context, qnn_circuit_rotation(circuit, "Y", q + 1, QNN_INPUT, 0, -1, -PI / 2));
    assert_ok(context, qnn_circuit_rotation(circuit, "Y", q + 1, QNN_THETA, 0, 2, 0));
    assert_ok(context, qnn_circuit_observable(circuit, 0, 1, "ZI"));
    assert_ok(context, qnn_circuit_observable(circuit, 0, 0.3, "IZ"));
    return circuit;
}

/* cos(theta_0 + x) (cos(theta_1 - 2 x) + 0.5): the angles do not part */
static double two_angles(const double *theta, double at, double *gradient)
{
    const double a = theta[0] + at, b = theta[1] - 2 * at;
    gradient[0] = -sin(a) * (cos(b) + 0.5);
    gradient[1] = -cos(a) * sin(b);
    return cos(a) * (cos(b) + 0.5);
}

static qnn_circuit *two_angle_circuit(moe_context *context)
{
    const int64_t q[] = {0, 1};
    qnn_circuit *circuit;
    assert_ok(context, qnn_circuit_create(context, 2, 2, 1, 1, &circuit));
    for (int k = 0; k < 2; k++) {
        assert_ok(context, qnn_circuit_rotation(circuit, "Y", q + k, QNN_INPUT, 0, k ? -2 : 1, 0));
        assert_ok(context, qnn_circuit_rotation(circuit, "Y", q + k, QNN_THETA, k, 1, 0));
    }
    assert_ok(context, qnn_circuit_gate(circuit, "CNOT", q)); /* takes Z on the second qubit to Z Z */
    assert_ok(context, qnn_circuit_observable(circuit, 0, 1, "IZ"));
    assert_ok(context, qnn_circuit_observable(circuit, 0, 0.5, "ZI"));
    return circuit;
}

/* ---- the limit of the library ----------------------------------------------------------------- */

static double von_mises(const double *theta)
{
    return exp(0.8 * cos(theta[0] - 0.4));
}

static double von_mises_and_uniform(const double *theta)
{
    return exp(0.8 * cos(theta[0] - 0.4)) + 0 * theta[1];
}

/* Everything the limit needs, and the same problem for the grid. */
struct limit {
    struct density_problem problem;
    moe_context *context;
    moe_model *model;
    moe_law *law;
    moe_flow *flow; /* recording, at time 0 */
};

static void limit_make(struct limit *limit, int64_t nodes)
{
    const struct density_problem *p = &limit->problem;
    const double period[] = {2 * PI, 2 * PI}, decay[] = {p->decay, p->decay};
    qnn_circuit *circuit;
    moe_expert *expert;
    moe_objective *objective;
    moe_measure *mu;
    assert_ok(NULL, moe_context_create(NULL, &limit->context));
    moe_context *context = limit->context;
    circuit = p->d == 1 ? one_angle_circuit(context) : two_angle_circuit(context);
    assert_ok(context, qnn_expert_create(context, circuit, NULL, &expert));
    assert_ok(context, moe_objective_create(context, expert, &objective));
    assert_ok(context, moe_objective_set_decay(objective, decay));
    assert_ok(context, moe_objective_set_mobility(objective, p->mobility));
    assert_ok(context, moe_model_create_for(context, objective, POINTS, x, y, v, &limit->model));
    assert_ok(context, moe_law_create(context, p->d, period, &limit->law));
    assert_ok(context, moe_law_set_von_mises(limit->law, 0, 0.4, 0.8));
    assert_ok(context, moe_measure_tensor(context, limit->law, (int64_t[]){nodes, nodes}, &mu));
    assert_ok(context, moe_flow_create(context, limit->model, mu, &limit->flow));
    assert_ok(context, moe_flow_set_tolerance(limit->flow, 0, 1e-11));
    assert_ok(context, moe_flow_record(limit->flow));
    moe_measure_destroy(mu);
    moe_objective_destroy(objective);
    moe_expert_destroy(expert);
    qnn_circuit_destroy(circuit);
}

static void limit_free(struct limit *limit)
{
    moe_flow_destroy(limit->flow);
    moe_law_destroy(limit->law);
    moe_model_destroy(limit->model);
    moe_context_destroy(limit->context);
}

/* ---- one against the other -------------------------------------------------------------------- */

static void compare_densities(struct limit *limit, struct density_solver *grid, int cells, double end)
{
    static double density[DENSITY_SIDE * DENSITY_SIDE];
    moe_field *field;
    double mass = 0, particles = 0, moved = 0;
    const double area = pow(2 * PI, limit->problem.d);
    assert_ok(limit->context, moe_flow_field(limit->flow, &field));
    assert_ok(limit->context, moe_field_density(limit->context, field, limit->law, end, cells,
                                                density_solver_points(grid), 1e-11, density));
    const double *rho = density_solver_values(grid);
    for (int g = 0; g < cells; g++) {
        assert_close(density[g], rho[g], 1e-10);
        assert_true(rho[g] > 0);
        mass += rho[g] * area / cells;
        particles += density[g] * area / cells;
        moved = fmax(moved, fabs(rho[g] * area - 1));
    }
    assert_close(mass, 1, 1e-13);
    assert_close(particles, 1, 1e-11);
    assert_true(moved > 0.5);
    moe_field_destroy(field);
}

static void check(struct density_problem problem, int side, int64_t nodes, double end, double h)
{
    enum { LOOKS = 4 };
    struct limit limit = {.problem = problem};
    struct density_solver *grid =
        density_solver_new(&problem, side, problem.d == 1 ? von_mises : von_mises_and_uniform);
    assert_non_null(grid);
    limit_make(&limit, nodes);
    for (int look = 1; look <= LOOKS; look++) {
        double f[POINTS], expected[POINTS];
        assert_ok(limit.context, moe_flow_advance(limit.flow, end * look / LOOKS));
        density_solver_advance(grid, h, (int)lround(end / (LOOKS * h)));
        assert_ok(limit.context, moe_flow_predictions(limit.flow, f));
        density_solver_predictions(grid, expected);
        for (int j = 0; j < POINTS; j++)
            assert_close(f[j], expected[j], 1e-11);
    }
    compare_densities(&limit, grid, problem.d == 1 ? side : side * side, end);
    density_solver_free(grid);
    limit_free(&limit);
}

static void test_one_angle(void **state)
{
    (void)state;
    const struct density_problem plain = {
        .d = 1, .n = POINTS, .x = x, .y = y, .v = v, .expert = one_angle, .mobility = {1, 1}};
    check(plain, 96, 96, 2, 0.005);
    struct density_problem decaying = plain;
    decaying.decay = 0.2;
    decaying.mobility[0] = 0.6;
    check(decaying, 96, 96, 1.2, 0.005);
}

static void test_two_angles(void **state)
{
    (void)state;
    const struct density_problem plain = {
        .d = 2, .n = POINTS, .x = x, .y = y, .v = v, .expert = two_angles, .mobility = {1, 0.7}};
    check(plain, 64, 48, 1.6, 0.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_angle),
        cmocka_unit_test(test_two_angles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
