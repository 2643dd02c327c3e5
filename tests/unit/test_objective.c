/* test_objective.c - objectives: the drift is the gradient of the energy for every combination of terms; a
 * host's own loss and potential, their failures and lifetimes; bad input.
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"
#include "support/mixture.h"
#include "support/objectives.h"

enum { COUNT = 4, POINTS = 3, SIZE = 2 * COUNT };

/* the pair expert, d = 2 (periodic, real) and K = 2, with data that are labels of every loss */
struct pairs {
    moe_context *context;
    moe_expert *expert;
    moe_objective *objective;
    double theta[SIZE];
};

static const double pair_x[POINTS] = {-1, 0.3, 2}, pair_y[2 * POINTS] = {0.4, 0.6, 1, 0, 0.1, 0.9};
static const double pair_v[POINTS] = {0.5, 0.2, 0.3}, pair_period[] = {2 * PI, INFINITY};
static const double pair_weights[COUNT] = {0.1, 0.4, 0.2, 0.3};

static int setup(void **state)
{
    static struct pairs p;
    p = (struct pairs){.theta = {0.2, 1, 3, -0.5, 5, 0.7, -1, 2}};
    *state = &p;
    int32_t status = moe_context_create(NULL, &p.context);
    if (!status)
        status = pair_expert(p.context, &p.expert);
    return status ? status : moe_objective_create(p.context, p.expert, &p.objective);
}

static int teardown(void **state)
{
    struct pairs *p = *state;
    moe_objective_destroy(p->objective);
    moe_expert_destroy(p->expert);
    moe_context_destroy(p->context);
    return 0;
}

static moe_measure *measure_of(struct pairs *p)
{
    moe_measure *mu;
    assert_ok(p->context, moe_measure_create(p->context, 2, pair_period, COUNT, p->theta, pair_weights, &mu));
    return mu;
}

static double energy_of(struct pairs *p, const moe_model *model)
{
    double energy;
    moe_measure *mu = measure_of(p);
    assert_ok(p->context, moe_model_energy(p->context, model, mu, &energy));
    moe_measure_destroy(mu);
    return energy;
}

/* drift[i,a] = -(m_a / w_i) dA/dtheta_ia by central differences */
static void check_drift(struct pairs *p, const double *mobility)
{
    double drift[SIZE];
    const double h = 1e-5;
    moe_model *model;
    assert_ok(p->context,
              moe_model_create_for(p->context, p->objective, POINTS, pair_x, pair_y, pair_v, &model));
    moe_measure *mu = measure_of(p);
    assert_ok(p->context, moe_model_drift(p->context, model, mu, drift));
    moe_measure_destroy(mu);
    for (int i = 0; i < SIZE; i++) {
        const double at = p->theta[i];
        p->theta[i] = at + h;
        const double above = energy_of(p, model);
        p->theta[i] = at - h;
        const double below = energy_of(p, model);
        p->theta[i] = at;
        assert_close(drift[i], -mobility[i % 2] * (above - below) / (2 * h * pair_weights[i / 2]), 2e-9);
    }
    moe_model_destroy(model);
}

static void set_loss(moe_objective *objective, int which, struct own *own)
{
    const moe_loss_ops ops = own_loss();
    if (which < 3)
        assert_int_equal(moe_objective_set_loss(objective, which), MOE_OK);
    else if (which == 3)
        assert_int_equal(moe_objective_set_huber(objective, 0.3), MOE_OK);
    else
        assert_int_equal(moe_objective_set_own_loss(objective, &ops, own), MOE_OK);
}

static void test_drift_is_the_gradient(void **state)
{
    struct pairs *p = *state;
    struct own loss = {.c = 0}, potential = {.c = 0.6};
    const double ones[] = {1, 1}, mobility[] = {0.3, 2}, frozen[] = {1, 0}, decay[] = {0.7, 0.2};
    const moe_potential_ops ops = own_potential(0);
    for (int which = 0; which < 5; which++) {
        set_loss(p->objective, which, &loss);
        assert_ok(p->context, moe_objective_set_scale(p->objective, 1));
        assert_ok(p->context, moe_objective_set_decay(p->objective, NULL));
        assert_ok(p->context, moe_objective_set_mobility(p->objective, NULL));
        assert_ok(p->context, moe_objective_set_potential(p->objective, NULL, NULL));
        check_drift(p, ones);
        assert_ok(p->context, moe_objective_set_scale(p->objective, 3));
        check_drift(p, ones);
        assert_ok(p->context, moe_objective_set_decay(p->objective, decay));
        assert_ok(p->context, moe_objective_set_mobility(p->objective, mobility));
        check_drift(p, mobility);
        assert_ok(p->context, moe_objective_set_potential(p->objective, &ops, &potential));
        assert_ok(p->context, moe_objective_set_mobility(p->objective, frozen));
        check_drift(p, frozen);
    }
    moe_objective_destroy(p->objective);
    p->objective = NULL;
    assert_int_equal(loss.destroyed, 1);
    assert_int_equal(potential.destroyed, 5); /* set five times */
}

/* energy = E / s^2 + int V dmu, all written out; predictions carry the scale */
static void test_values(void **state)
{
    struct pairs *p = *state;
    const double decay[] = {0.7, 0.2}, s = 3;
    double f[2 * POINTS], loss, expected_loss = 0, potential = 0;
    moe_model *model;
    assert_ok(p->context, moe_objective_set_loss(p->objective, MOE_LOSS_SOFTMAX));
    assert_ok(p->context, moe_objective_set_decay(p->objective, decay));
    assert_ok(p->context, moe_objective_set_scale(p->objective, s));
    assert_ok(p->context,
              moe_model_create_for(p->context, p->objective, POINTS, pair_x, pair_y, pair_v, &model));
    moe_measure *mu = measure_of(p);
    assert_ok(p->context, moe_model_predictions(p->context, model, mu, f));
    assert_ok(p->context, moe_model_loss(p->context, model, mu, &loss));
    for (int j = 0; j < POINTS; j++) {
        double F[2] = {0, 0};
        for (int i = 0; i < COUNT; i++) {
            F[0] += s * pair_weights[i] * cos(p->theta[2 * i] + pair_x[j]);
            F[1] += s * pair_weights[i] * p->theta[2 * i + 1] * sin(p->theta[2 * i] - pair_x[j]);
        }
        for (int k = 0; k < 2; k++) {
            assert_close(f[2 * j + k], F[k], 1e-14);
            expected_loss += pair_v[j] * pair_y[2 * j + k] * (log(exp(F[0]) + exp(F[1])) - F[k]);
        }
    }
    for (int i = 0; i < COUNT; i++)
        potential += pair_weights[i] *
                     (0.7 * (1 - cos(p->theta[2 * i])) + 0.1 * p->theta[2 * i + 1] * p->theta[2 * i + 1]);
    assert_close(loss, expected_loss, 1e-14);
    assert_close(energy_of(p, model), expected_loss / 9 + potential, 1e-14);
    moe_measure_destroy(mu);
    moe_model_destroy(model);
}

/* d/dt F = -K l'(F) with mobilities, whatever the scale: the kernel of a model without a potential */
static void test_kernel(void **state)
{
    struct pairs *p = *state;
    enum { ROWS = 2 * POINTS };
    const double mobility[] = {0.3, 2}, h = 1e-4;
    double kernel[ROWS * ROWS], before[ROWS], after[ROWS], u[ROWS], c[ROWS];
    moe_model *model;
    moe_flow *flow;
    assert_ok(p->context, moe_objective_set_loss(p->objective, MOE_LOSS_LOGISTIC));
    assert_ok(p->context, moe_objective_set_mobility(p->objective, mobility));
    assert_ok(p->context, moe_objective_set_scale(p->objective, 2.5));
    assert_ok(p->context,
              moe_model_create_for(p->context, p->objective, POINTS, pair_x, pair_y, pair_v, &model));
    moe_measure *mu = measure_of(p);
    assert_ok(p->context, moe_model_kernel(p->context, model, mu, POINTS, pair_x, POINTS, pair_x, kernel));
    assert_ok(p->context, moe_flow_create(p->context, model, mu, &flow));
    assert_ok(p->context, moe_flow_set_tolerance(flow, 0, 1e-14));
    assert_ok(p->context, moe_flow_predictions(flow, before));
    assert_ok(p->context, moe_flow_advance(flow, h));
    assert_ok(p->context, moe_flow_predictions(flow, after));
    for (int i = 0; i < ROWS; i++) {
        double slope = 0;
        for (int j = 0; j < ROWS; j++)
            slope -= kernel[i * ROWS + j] * pair_v[j / 2] * (1 / (1 + exp(-before[j])) - pair_y[j]);
        assert_close((after[i] - before[i]) / h, slope, 20 * h);
        u[i] = i - 2;
    }
    assert_ok(p->context, moe_model_curvature(p->context, model, before, u, c));
    for (int i = 0; i < ROWS; i++)
        assert_close(c[i], u[i] * exp(-before[i]) / pow(1 + exp(-before[i]), 2), 1e-14);
    const double bad[ROWS] = {0, (double)NAN};
    assert_fails(p->context, MOE_ERROR_NOT_FINITE, "u[1]",
                 moe_model_curvature(p->context, model, before, bad, c));
    assert_fails(p->context, MOE_ERROR_NULL, "c is", moe_model_curvature(p->context, model, before, u, NULL));
    moe_flow_destroy(flow);
    moe_measure_destroy(mu);
    moe_model_destroy(model);
}

/* encode-first circuits sum over experts in moments of their own: the same drift, by differences */
static void test_mean_observable(void **state)
{
    (void)state;
    enum { N = 3, INPUTS = 12 };
    moe_context *c;
    qnn_circuit *circuit;
    moe_expert *expert;
    moe_objective *objective;
    moe_model *model;
    const double decay[] = {0.4, 0}, mobility[] = {1, 0.5}, h = 1e-5;
    double theta[2 * N] = {0.3, 2, 4, -1, 1.5, 0.2}, x[INPUTS], y[INPUTS], drift[2 * N], side[2];
    for (int j = 0; j < INPUTS; j++) {
        x[j] = 0.5 * j - 2;
        y[j] = j % 2;
    }
    assert_ok(NULL, moe_context_create(NULL, &c));
    assert_ok(c, qnn_circuit_create(c, 2, 2, 1, 1, &circuit));
    const int64_t zero[] = {0}, one[] = {1}, both[] = {0, 1};
    assert_ok(c, qnn_circuit_rotation(circuit, "Y", zero, QNN_INPUT, 0, 1, 0));
    assert_ok(c, qnn_circuit_rotation(circuit, "X", one, QNN_INPUT, 0, 1, 0.3));
    assert_ok(c, qnn_circuit_rotation(circuit, "Y", zero, QNN_THETA, 0, 1, 0));
    assert_ok(c, qnn_circuit_rotation(circuit, "XY", both, QNN_THETA, 1, 1, 0));
    assert_ok(c, qnn_circuit_observable(circuit, 0, 1, "ZZ"));
    assert_ok(c, qnn_expert_create(c, circuit, NULL, &expert));
    assert_ok(c, moe_objective_create(c, expert, &objective));
    assert_ok(c, moe_objective_set_loss(objective, MOE_LOSS_LOGISTIC));
    assert_ok(c, moe_objective_set_decay(objective, decay));
    assert_ok(c, moe_objective_set_mobility(objective, mobility));
    assert_ok(c, moe_objective_set_scale(objective, 4));
    assert_ok(c, moe_model_create_for(c, objective, INPUTS, x, y, NULL, &model));
    for (int i = -1; i < 2 * N; i++)
        for (int s = 0; s < 2; s++) {
            moe_measure *mu;
            const double at = i < 0 ? 0 : theta[i];
            if (i >= 0)
                theta[i] = at + (s ? -h : h);
            assert_ok(c, moe_measure_create(c, 2, moe_expert_period(expert), N, theta, NULL, &mu));
            if (i < 0)
                assert_ok(c, moe_model_drift(c, model, mu, drift));
            else
                assert_ok(c, moe_model_energy(c, model, mu, &side[s]));
            moe_measure_destroy(mu);
            if (i >= 0)
                theta[i] = at;
            if (i >= 0 && s)
                assert_close(drift[i], -mobility[i % 2] * N * (side[0] - side[1]) / (2 * h), 1e-9);
        }
    moe_model_destroy(model);
    moe_objective_destroy(objective);
    moe_expert_destroy(expert);
    qnn_circuit_destroy(circuit);
    moe_context_destroy(c);
}

/* ---- a host's own loss and potential ------------------------------------------------------------ */

enum { WAVES = 300 };

/* A flow of the mixture with both of the host's, advanced to 1; its points if theta is not NULL. */
static int32_t flow_of(struct mixture *m, struct own *loss, struct own *potential, uint64_t flags,
                       double *theta, double *energy)
{
    const moe_loss_ops loss_ops = own_loss();
    const moe_potential_ops potential_ops = own_potential(flags);
    moe_objective *objective = NULL;
    moe_model *model = NULL;
    moe_flow *flow = NULL;
    double dissipated;
    int32_t status;
    if (!(status = moe_objective_create(m->context, m->expert, &objective)) &&
        !(status = loss ? moe_objective_set_own_loss(objective, &loss_ops, loss) : MOE_OK) &&
        !(status = potential ? moe_objective_set_potential(objective, &potential_ops, potential) : MOE_OK) &&
        !(status = moe_model_create_for(m->context, objective, MIXTURE_POINTS, m->x, m->y, m->v, &model)) &&
        !(status = moe_flow_create(m->context, model, m->mu, &flow)) &&
        !(status = moe_flow_advance(flow, 1)) && !(status = moe_flow_energy(flow, &dissipated, energy)) &&
        theta)
        memcpy(theta, moe_flow_points(flow), 2 * WAVES * sizeof *theta);
    moe_flow_destroy(flow);
    moe_model_destroy(model);
    moe_objective_destroy(objective);
    return status;
}

static void test_own_loss_is_a_loss(void **state)
{
    (void)state;
    struct mixture m;
    struct own loss = {.c = 0};
    static double own[2 * WAVES], plain[2 * WAVES];
    double defect;
    assert_int_equal(mixture_make(&m, NULL, WAVES), MOE_OK);
    assert_ok(m.context, flow_of(&m, &loss, NULL, 0, own, &defect));
    assert_ok(m.context, flow_of(&m, NULL, NULL, 0, plain, &defect));
    assert_memory_equal(own, plain, sizeof own);
    assert_int_equal(loss.destroyed, 1);
    mixture_free(&m);
}

static void test_threads_do_not_change_bits(void **state)
{
    (void)state;
    static double first[2 * WAVES], theta[2 * WAVES];
    for (int32_t threads = 1; threads <= 4; threads++)
        for (uint64_t flags = 0; flags < 2; flags++) {
            struct mixture m;
            struct own loss = {.c = 0}, potential = {.c = 0.5};
            double defect;
            assert_int_equal(mixture_make(&m, NULL, WAVES), MOE_OK);
            assert_ok(m.context, moe_context_set_threads(m.context, threads));
            assert_ok(m.context, flow_of(&m, &loss, &potential, flags, theta, &defect));
            assert_close(defect, 0, 1e-8);
            if (threads == 1 && !flags)
                memcpy(first, theta, sizeof first);
            assert_memory_equal(first, theta, sizeof first);
            mixture_free(&m);
        }
}

static void check_failures(struct misbehaviour *one, struct own *loss, struct own *potential,
                           const char *words)
{
    struct mixture m;
    static double good[2 * WAVES], theta[2 * WAVES];
    double defect;
    assert_int_equal(mixture_make(&m, NULL, WAVES), MOE_OK);
    assert_ok(m.context, flow_of(&m, loss, potential, 0, good, &defect));
    /* cured by a smaller step, be it a status or a NaN */
    for (int32_t with = 0; with <= 3; with += 3) {
        one->from = one->calls + 15;
        one->until = one->from + 2;
        one->with = with;
        assert_ok(m.context, flow_of(&m, loss, potential, 0, theta, &defect));
        for (int i = 0; i < 2 * WAVES; i++)
            assert_close(theta[i], good[i], 1e-6);
    }
    one->from = one->calls + 15;
    one->until = INT64_MAX;
    one->with = 9;
    assert_fails(m.context, MOE_ERROR_STEP, words, flow_of(&m, loss, potential, 0, NULL, &defect));
    assert_int_equal(moe_context_callback_status(m.context), 9);
    one->from = one->calls + 15;
    one->with = -7;
    assert_fails(m.context, MOE_ERROR_CALLBACK, words, flow_of(&m, loss, potential, 0, NULL, &defect));
    assert_int_equal(moe_context_callback_status(m.context), -7);
    one->with = MOE_ERROR_MEMORY;
    assert_fails(m.context, MOE_ERROR_MEMORY, words, flow_of(&m, loss, potential, 0, NULL, &defect));
    one->with = 5; /* at once: no step can cure it */
    assert_fails(m.context, MOE_ERROR_CALLBACK, words, flow_of(&m, loss, potential, 0, NULL, &defect));
    one->with = 0;
    assert_fails(m.context, MOE_ERROR_NOT_FINITE, "", flow_of(&m, loss, potential, 0, NULL, &defect));
    mixture_free(&m);
}

static void test_failing_slopes(void **state)
{
    (void)state;
    struct own loss = {.c = 0}, potential = {.c = 0.5};
    check_failures(&loss.slope, &loss, NULL, "the loss's residual");
    check_failures(&potential.slope, NULL, &potential, "the potential's gradient");
}

static void test_failing_values(void **state)
{
    (void)state;
    struct mixture m;
    double defect;
    const int32_t given[] = {4, -4, MOE_ERROR_MEMORY, 0};
    const int32_t expected[] = {MOE_ERROR_CALLBACK, MOE_ERROR_CALLBACK, MOE_ERROR_MEMORY,
                                MOE_ERROR_NOT_FINITE};
    assert_int_equal(mixture_make(&m, NULL, WAVES), MOE_OK);
    for (int i = 0; i < 4; i++) {
        struct own loss = {.value = {.until = INT64_MAX, .with = given[i]}};
        struct own potential = {.value = {.until = INT64_MAX, .with = given[i]}, .c = 1};
        assert_fails(m.context, expected[i], "the loss", flow_of(&m, &loss, NULL, 0, NULL, &defect));
        assert_fails(m.context, expected[i], "the potential's",
                     flow_of(&m, NULL, &potential, 0, NULL, &defect));
    }
    mixture_free(&m);
}

static int fits(size_t size, size_t least, size_t known)
{
    return size >= least && (size >= known || size % sizeof(void *) == 0);
}

/* a table that ends earlier or later than this library's */
static void test_tables(void **state)
{
    struct pairs *p = *state;
    struct {
        moe_loss_ops ops;
        void *tail;
    } loss = {.ops = own_loss()};
    struct {
        moe_potential_ops ops;
        void *tail;
    } potential = {.ops = own_potential(0)};
    static struct own own = {.c = 0};
    const size_t loss_least = offsetof(moe_loss_ops, curvature);
    const size_t potential_least = offsetof(moe_potential_ops, destroy);
    for (size_t size = 0; size <= sizeof loss; size++) {
        loss.ops.struct_size = size;
        assert_int_equal(moe_objective_set_own_loss(p->objective, &loss.ops, &own),
                         fits(size, loss_least, sizeof loss.ops) ? MOE_OK : MOE_ERROR_STRUCT_SIZE);
    }
    for (size_t size = 0; size <= sizeof potential; size++) {
        potential.ops.struct_size = size;
        assert_int_equal(moe_objective_set_potential(p->objective, &potential.ops, &own),
                         fits(size, potential_least, sizeof potential.ops) ? MOE_OK : MOE_ERROR_STRUCT_SIZE);
    }
    loss.tail = potential.tail = &own;
    assert_fails(p->context, MOE_ERROR_STRUCT_SIZE, "in use",
                 moe_objective_set_own_loss(p->objective, &loss.ops, &own));
    assert_fails(p->context, MOE_ERROR_STRUCT_SIZE, "in use",
                 moe_objective_set_potential(p->objective, &potential.ops, &own));
    /* without the optional functions */
    moe_model *model;
    double y[2 * POINTS] = {1000, 1000}, c[2 * POINTS];
    loss.ops.struct_size = loss_least;
    assert_ok(p->context, moe_objective_set_own_loss(p->objective, &loss.ops, &own));
    assert_ok(p->context, moe_model_create_for(p->context, p->objective, POINTS, pair_x, y, NULL, &model));
    assert_fails(p->context, MOE_ERROR_UNSUPPORTED, "curvature",
                 moe_model_curvature(p->context, model, y, y, c));
    moe_model_destroy(model);
}

/* a potential that asks the flow it is working for: the sweep is not idle */
struct asking {
    moe_flow *flow;
    int32_t loss, energy;
};

static int32_t asking_gradient(void *self, int64_t count, int64_t d, const double *theta, double *g)
{
    struct asking *asking = self;
    double a, b;
    (void)theta;
    memset(g, 0, (size_t)(count * d) * sizeof *g);
    asking->energy = moe_flow_energy(asking->flow, &a, &b);
    asking->loss = moe_flow_loss(asking->flow, &a);
    return 0;
}

static int32_t asking_value(void *self, int64_t count, int64_t d, const double *theta, double *value)
{
    (void)self, (void)d, (void)theta;
    memset(value, 0, (size_t)count * sizeof *value);
    return 0;
}

static void test_asking_the_own_flow(void **state)
{
    struct pairs *p = *state;
    struct asking asking = {.flow = NULL};
    const moe_potential_ops ops = {
        .struct_size = sizeof ops, .value = asking_value, .gradient = asking_gradient};
    double dissipated, defect;
    moe_model *model;
    moe_measure *mu = measure_of(p);
    assert_ok(p->context, moe_objective_set_potential(p->objective, &ops, &asking));
    assert_ok(p->context,
              moe_model_create_for(p->context, p->objective, POINTS, pair_x, pair_y, pair_v, &model));
    assert_ok(p->context, moe_flow_create(p->context, model, mu, &asking.flow));
    assert_ok(p->context, moe_flow_advance(asking.flow, 0.5));
    assert_int_equal(asking.energy, MOE_ERROR_ORDER);
    assert_int_equal(asking.loss, MOE_OK); /* known since the last step */
    assert_ok(p->context, moe_flow_energy(asking.flow, &dissipated, &defect));
    assert_close(defect, 0, 1e-8);
    moe_flow_destroy(asking.flow);
    moe_measure_destroy(mu);
    moe_model_destroy(model);
}

/* ---- bad input ---------------------------------------------------------------------------------- */

static void test_bad_settings(void **state)
{
    struct pairs *p = *state;
    moe_context *c = p->context;
    moe_objective *o = p->objective, *other = (moe_objective *)p;
    struct mixture m;
    const double nan = (double)NAN, infinite[] = {1, (double)INFINITY}, negative[] = {-1, 1};
    moe_loss_ops loss = own_loss();
    moe_potential_ops potential = own_potential(2);
    assert_fails(c, MOE_ERROR_NULL, "expert", moe_objective_create(c, NULL, &other));
    assert_null(other);
    assert_fails(c, MOE_ERROR_NULL, "objective", moe_objective_create(c, p->expert, NULL));
    assert_int_equal(moe_objective_create(NULL, p->expert, &other), MOE_ERROR_NULL);
    assert_fails(c, MOE_ERROR_VALUE, "loss is 3", moe_objective_set_loss(o, 3));
    assert_fails(c, MOE_ERROR_VALUE, "loss is -1", moe_objective_set_loss(o, -1));
    assert_fails(c, MOE_ERROR_VALUE, "delta is 0", moe_objective_set_huber(o, 0));
    assert_fails(c, MOE_ERROR_NOT_FINITE, "delta is nan", moe_objective_set_huber(o, nan));
    assert_fails(c, MOE_ERROR_NULL, "ops", moe_objective_set_own_loss(o, NULL, NULL));
    loss.residual = NULL;
    assert_fails(c, MOE_ERROR_VTABLE, "residual", moe_objective_set_own_loss(o, &loss, NULL));
    loss.value = NULL;
    assert_fails(c, MOE_ERROR_VTABLE, "value", moe_objective_set_own_loss(o, &loss, NULL));
    loss.flags = 1;
    assert_fails(c, MOE_ERROR_VALUE, "flags is 0x1", moe_objective_set_own_loss(o, &loss, NULL));
    assert_fails(c, MOE_ERROR_VALUE, "0x2", moe_objective_set_potential(o, &potential, NULL));
    potential = own_potential(1);
    potential.gradient = NULL;
    assert_fails(c, MOE_ERROR_VTABLE, "gradient", moe_objective_set_potential(o, &potential, NULL));
    assert_fails(c, MOE_ERROR_VALUE, "decay[0] is -1", moe_objective_set_decay(o, negative));
    assert_fails(c, MOE_ERROR_NOT_FINITE, "decay[1] is inf", moe_objective_set_decay(o, infinite));
    assert_fails(c, MOE_ERROR_VALUE, "mobility[0] is -1", moe_objective_set_mobility(o, negative));
    assert_fails(c, MOE_ERROR_VALUE, "scale is 0", moe_objective_set_scale(o, 0));
    assert_fails(c, MOE_ERROR_VALUE, "scale is -2", moe_objective_set_scale(o, -2));
    assert_fails(c, MOE_ERROR_VALUE, "scale is 1e+200", moe_objective_set_scale(o, 1e200));
    assert_fails(c, MOE_ERROR_VALUE, "scale is 1e-200", moe_objective_set_scale(o, 1e-200));
    assert_fails(c, MOE_ERROR_NOT_FINITE, "scale is nan", moe_objective_set_scale(o, nan));
    assert_int_equal(moe_objective_set_loss(NULL, 0), MOE_ERROR_NULL);
    assert_int_equal(moe_objective_set_huber(NULL, 1), MOE_ERROR_NULL);
    assert_int_equal(moe_objective_set_own_loss(NULL, &loss, NULL), MOE_ERROR_NULL);
    assert_int_equal(moe_objective_set_potential(NULL, NULL, NULL), MOE_ERROR_NULL);
    assert_int_equal(moe_objective_set_decay(NULL, NULL), MOE_ERROR_NULL);
    assert_int_equal(moe_objective_set_mobility(NULL, NULL), MOE_ERROR_NULL);
    assert_int_equal(moe_objective_set_scale(NULL, 1), MOE_ERROR_NULL);
    moe_objective_destroy(NULL);
    assert_int_equal(mixture_make(&m, NULL, 1), MOE_OK);
    assert_ok(m.context, moe_objective_create(m.context, m.expert, &other));
    assert_fails(m.context, MOE_ERROR_VALUE, "2 outputs", moe_objective_set_loss(other, MOE_LOSS_SOFTMAX));
    moe_objective_destroy(other);
    mixture_free(&m);
    check_drift(p, (const double[]){1, 1}); /* nothing has been set */
}

static void test_bad_labels(void **state)
{
    struct pairs *p = *state;
    moe_context *c = p->context;
    moe_model *model = (moe_model *)p;
    static struct own own = {.c = 0};
    double y[] = {0.5, 0.5, 1, 0, 0.5, 1.25}, energy;
    assert_ok(c, moe_objective_set_loss(p->objective, MOE_LOSS_LOGISTIC));
    assert_fails(c, MOE_ERROR_VALUE, "sample 2, output 1, is 1.25",
                 moe_model_create_for(c, p->objective, POINTS, pair_x, y, NULL, &model));
    assert_null(model);
    assert_ok(c, moe_objective_set_loss(p->objective, MOE_LOSS_SOFTMAX));
    assert_fails(c, MOE_ERROR_VALUE, "sample 2 sums to 1.75",
                 moe_model_create_for(c, p->objective, POINTS, pair_x, y, NULL, &model));
    set_loss(p->objective, 4, &own);
    y[3] = 6;
    assert_fails(c, MOE_ERROR_VALUE, "sample 1, (1, 6)",
                 moe_model_create_for(c, p->objective, POINTS, pair_x, y, NULL, &model));
    assert_int_equal(moe_context_callback_status(c), 17);
    y[3] = 1000;
    assert_fails(c, MOE_ERROR_MEMORY, "check",
                 moe_model_create_for(c, p->objective, POINTS, pair_x, y, NULL, &model));
    assert_fails(c, MOE_ERROR_NULL, "objective", moe_model_create_for(c, NULL, 1, pair_x, y, NULL, &model));
    assert_fails(c, MOE_ERROR_NULL, "model", moe_model_create_for(c, p->objective, 1, pair_x, y, NULL, NULL));
    assert_fails(c, MOE_ERROR_SIZE, "n is 0",
                 moe_model_create_for(c, p->objective, 0, pair_x, y, NULL, &model));
    assert_null(model);
    moe_measure *mu = measure_of(p);
    assert_ok(c, moe_model_create_for(c, p->objective, 1, pair_x, y, NULL, &model));
    assert_fails(c, MOE_ERROR_NULL, "energy", moe_model_energy(c, model, mu, NULL));
    assert_fails(c, MOE_ERROR_NULL, "mu", moe_model_energy(c, model, NULL, &energy));
    assert_int_equal(moe_model_energy(NULL, model, mu, &energy), MOE_ERROR_NULL);
    moe_model_destroy(model);
    moe_measure_destroy(mu);
}

/* an objective may change, or go, once a model is made */
static void test_models_keep_theirs(void **state)
{
    struct pairs *p = *state;
    static struct own loss = {.c = 0}, potential = {.c = 1};
    const moe_potential_ops ops = own_potential(0);
    const double mobility[] = {0, 1};
    moe_model *model;
    set_loss(p->objective, 4, &loss);
    assert_ok(p->context, moe_objective_set_potential(p->objective, &ops, &potential));
    assert_ok(p->context,
              moe_model_create_for(p->context, p->objective, POINTS, pair_x, pair_y, pair_v, &model));
    const double before = energy_of(p, model);
    assert_ok(p->context, moe_objective_set_loss(p->objective, MOE_LOSS_LOGISTIC));
    assert_ok(p->context, moe_objective_set_potential(p->objective, NULL, NULL));
    assert_ok(p->context, moe_objective_set_mobility(p->objective, mobility));
    assert_ok(p->context, moe_objective_set_scale(p->objective, 9));
    assert_true(energy_of(p, model) == before);
    moe_objective_destroy(p->objective);
    p->objective = NULL;
    assert_true(energy_of(p, model) == before);
    assert_true(!loss.destroyed && !potential.destroyed);
    moe_model_destroy(model);
    assert_true(loss.destroyed == 1 && potential.destroyed == 1);
}

static int32_t whole_life(moe_context *context, void *self)
{
    struct own *own = self;
    struct wave wave = {.d = 1, .c = {1}, .a = {1}};
    const double x[] = {0, 1}, y[] = {0.3, 0.8}, turn = 2 * PI, decay = 0.1, mobility = 2, times[] = {1};
    const int64_t nodes = 70;
    const moe_loss_ops loss = own_loss();
    const moe_potential_ops potential = own_potential(1);
    double f[2], energy;
    moe_expert *expert = NULL;
    moe_objective *objective = NULL;
    moe_model *plain = NULL, *model = NULL;
    moe_law *law = NULL;
    moe_measure *mu = NULL;
    moe_flow *flow = NULL;
    int32_t status;
    (void)((status = wave_expert(context, &wave, &expert)) ||
           (status = moe_objective_create(context, expert, &objective)) ||
           (status = moe_objective_set_loss(objective, MOE_LOSS_SQUARE)) ||
           (status = moe_objective_set_mobility(objective, &mobility)) ||
           (status = moe_model_create_for(context, objective, 2, x, y, NULL, &plain)) ||
           (status = moe_objective_set_huber(objective, 1)) ||
           (status = moe_objective_set_own_loss(objective, &loss, own)) ||
           (status = moe_objective_set_potential(objective, &potential, own)) ||
           (status = moe_objective_set_decay(objective, &decay)) ||
           (status = moe_model_create_for(context, objective, 2, x, y, NULL, &model)) ||
           (status = moe_law_create(context, 1, &turn, &law)) ||
           (status = moe_measure_tensor(context, law, &nodes, &mu)) ||
           (status = moe_model_energy(context, model, mu, &energy)) ||
           (status = moe_model_frozen(context, plain, mu, 1, times, 2, x, f)) ||
           (status = moe_model_frozen(context, plain, mu, 1, times, 0, NULL, f)) ||
           (status = moe_flow_create(context, model, mu, &flow)) || (status = moe_flow_advance(flow, 0.5)) ||
           (status = moe_flow_energy(flow, f, f + 1)));
    moe_flow_destroy(flow);
    moe_measure_destroy(mu);
    moe_law_destroy(law);
    moe_model_destroy(model);
    moe_model_destroy(plain);
    moe_objective_destroy(objective);
    moe_expert_destroy(expert);
    return status;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    struct own own = {.c = 0.3};
    assert_true(failing_sweep(whole_life, &own) > 60);
}

#define WITH_PAIRS(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PAIRS(test_drift_is_the_gradient),
        WITH_PAIRS(test_values),
        WITH_PAIRS(test_kernel),
        cmocka_unit_test(test_mean_observable),
        cmocka_unit_test(test_own_loss_is_a_loss),
        cmocka_unit_test(test_threads_do_not_change_bits),
        cmocka_unit_test(test_failing_slopes),
        cmocka_unit_test(test_failing_values),
        WITH_PAIRS(test_tables),
        WITH_PAIRS(test_asking_the_own_flow),
        WITH_PAIRS(test_bad_settings),
        WITH_PAIRS(test_bad_labels),
        WITH_PAIRS(test_models_keep_theirs),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
