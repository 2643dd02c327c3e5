/* test_golden.c - the library against numbers of a separate implementation (numpy, DOP853 at 1e-12).
 *
 *   test_golden [file.json]
 *
 * A file has circuits with values and gradients, a flow of a few experts, two mean-field limits, and
 * transport distances; all sizes are the file's. In it
 *   ["P", pauli, qubit, "theta"|"x", index, scale]   is exp(-i scale a P / 2) on one qubit,
 *   ["PS", string, "theta"|"x", index, scale]        the same for a string over all qubits,
 *   ["H", q], ["CNOT", control, target], ["CZ", a, b];   gates act in list order,
 * v = 1/n, w = 1/N, periods are 2 pi unless a scale forbids, and the field
 *   theta_T  is where the flow of N = count(theta0) experts stands at the last time, lifted,
 *   w1_particles_vs_limit  is the distance of that flow to the limit at each time, good to 3e-5.
 *
 * SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>

/* ---- reading ---------------------------------------------------------------------------------- */

/* The member `name`, which must be there. */
static const json_t *member(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    if (!value)
        fail_msg("the file lacks \"%s\"", name);
    return value;
}

static int64_t integer(const json_t *object, const char *name)
{
    return json_integer_value(member(object, name));
}

static int64_t length(const json_t *object, const char *name)
{
    return (int64_t)json_array_size(member(object, name));
}

static int64_t count_numbers(const json_t *value)
{
    if (!json_is_array(value))
        return 1;
    int64_t count = 0;
    for (size_t i = 0; i < json_array_size(value); i++)
        count += count_numbers(json_array_get(value, i));
    return count;
}

static double *copy_numbers(const json_t *value, double *out)
{
    if (!json_is_array(value)) {
        *out = json_number_value(value);
        return out + 1;
    }
    for (size_t i = 0; i < json_array_size(value); i++)
        out = copy_numbers(json_array_get(value, i), out);
    return out;
}

/* The numbers of a nested array in row-major order, which must be `count`. To be freed. */
static double *numbers(const json_t *object, const char *name, int64_t count)
{
    const json_t *value = member(object, name);
    if (count_numbers(value) != count)
        fail_msg("\"%s\" holds %lld numbers, not %lld", name, (long long)count_numbers(value),
                 (long long)count);
    double *out = calloc((size_t)count, sizeof *out);
    assert_non_null(out);
    copy_numbers(value, out);
    return out;
}

/* max_i |a[i] - b[i]| <= tolerance */
static void assert_all_close(int64_t count, const double *a, const double *b, double tolerance,
                             const char *what)
{
    for (int64_t i = 0; i < count; i++)
        if (!(fabs(a[i] - b[i]) <= tolerance))
            fail_msg("%s[%lld]: %.17g and %.17g differ by %.3g, more than %.3g", what, (long long)i, a[i],
                     b[i], fabs(a[i] - b[i]), tolerance);
}

/* ---- building --------------------------------------------------------------------------------- */

static moe_context *new_context(void)
{
    moe_context *context = NULL;
    assert_ok(NULL, moe_context_create(NULL, &context));
    return context;
}

/* Element i of a gate's description. */
static int64_t int_at(const json_t *gate, size_t i)
{
    return json_integer_value(json_array_get(gate, i));
}

static const char *text_at(const json_t *gate, size_t i)
{
    const char *text = json_string_value(json_array_get(gate, i));
    if (!text)
        fail_msg("entry %d of a gate is not a string", (int)i);
    return text;
}

/* The rotation whose source, index and scale are gate[at], gate[at + 1], gate[at + 2]. */
static int32_t add_rotation(qnn_circuit *circuit, const json_t *gate, const int64_t *qubits, size_t at)
{
    const int32_t source = strcmp(text_at(gate, at), "theta") ? QNN_INPUT : QNN_THETA;
    const double scale = json_number_value(json_array_get(gate, at + 2));
    return qnn_circuit_rotation(circuit, text_at(gate, 1), qubits, source, int_at(gate, at + 1), scale, 0);
}

static int32_t add_gate(qnn_circuit *circuit, const json_t *gate)
{
    const char *name = text_at(gate, 0);
    if (!strcmp(name, "PS"))
        return add_rotation(circuit, gate, NULL, 2);
    if (!strcmp(name, "P"))
        return add_rotation(circuit, gate, (const int64_t[]){int_at(gate, 2)}, 3);
    return qnn_circuit_gate(circuit, name, (const int64_t[]){int_at(gate, 1), int_at(gate, 2)});
}

/* The expert of a circuit's description with p inputs; real coordinates, or those of the circuit. */
static moe_expert *new_expert(moe_context *context, const json_t *object, int64_t p, bool real)
{
    const int64_t d = integer(object, "params");
    qnn_circuit *circuit = NULL;
    assert_ok(context, qnn_circuit_create(context, integer(object, "qubits"), d, p, 1, &circuit));
    const json_t *entry = NULL;
    size_t i = 0;
    json_array_foreach(member(object, "ops"), i, entry) assert_ok(context, add_gate(circuit, entry));
    json_array_foreach(member(object, "observable"), i, entry)
        assert_ok(context, qnn_circuit_observable(circuit, 0, json_number_value(json_array_get(entry, 0)),
                                                  text_at(entry, 1)));
    double *period = calloc((size_t)d, sizeof *period);
    assert_non_null(period);
    for (int64_t a = 0; a < d; a++)
        period[a] = real ? (double)INFINITY : qnn_circuit_period(circuit, a);
    moe_expert *expert = NULL;
    assert_ok(context, qnn_expert_create(context, circuit, period, &expert));
    free(period);
    qnn_circuit_destroy(circuit);
    return expert;
}

/* f = cos(theta + x): RY(x), RY(theta), observable Z. */
static moe_expert *new_cosine(moe_context *context)
{
    qnn_circuit *circuit = NULL;
    moe_expert *expert = NULL;
    assert_ok(context, qnn_circuit_create(context, 1, 1, 1, 1, &circuit));
    assert_ok(context, qnn_circuit_rotation(circuit, "Y", NULL, QNN_INPUT, 0, 1, 0));
    assert_ok(context, qnn_circuit_rotation(circuit, "Y", NULL, QNN_THETA, 0, 1, 0));
    assert_ok(context, qnn_circuit_observable(circuit, 0, 1, "Z"));
    assert_ok(context, qnn_expert_create(context, circuit, NULL, &expert));
    qnn_circuit_destroy(circuit);
    return expert;
}

/* The expert with the object's x (n x p) and y (n); gives up its reference to the expert. */
static moe_model *new_model(moe_context *context, const json_t *object, moe_expert *expert)
{
    const int64_t n = length(object, "x"), p = moe_expert_inputs(expert);
    double *x = numbers(object, "x", n * p), *y = numbers(object, "y", n);
    moe_model *model = NULL;
    assert_ok(context, moe_model_create(context, expert, n, x, y, NULL, &model));
    moe_expert_destroy(expert);
    free(x);
    free(y);
    return model;
}

/* The uniform law on (R / 2 pi Z)^d by `nodes` nodes in each coordinate. */
static moe_measure *new_grid(moe_context *context, int64_t d, int64_t nodes)
{
    double *period = calloc((size_t)d, sizeof *period);
    int64_t *sizes = calloc((size_t)d, sizeof *sizes);
    assert_true(period && sizes);
    for (int64_t a = 0; a < d; a++) {
        period[a] = 2 * PI;
        sizes[a] = nodes;
    }
    moe_law *law = NULL;
    moe_measure *measure = NULL;
    assert_ok(context, moe_law_create(context, d, period, &law));
    assert_ok(context, moe_measure_tensor(context, law, sizes, &measure));
    moe_law_destroy(law);
    free(period);
    free(sizes);
    return measure;
}

/* Points of all equal periods, with the weights (NULL: equal). */
static moe_measure *new_measure(moe_context *context, int64_t d, double period, int64_t count,
                                const double *points, const double *weights)
{
    double *periods = calloc((size_t)d, sizeof *periods);
    assert_non_null(periods);
    for (int64_t a = 0; a < d; a++)
        periods[a] = period;
    moe_measure *measure = NULL;
    assert_ok(context, moe_measure_create(context, d, periods, count, points, weights, &measure));
    free(periods);
    return measure;
}

/* A flow by DOP853 at 1e-12; gives up the reference to the measure. */
static moe_flow *new_flow(moe_context *context, const moe_model *model, moe_measure *start)
{
    moe_flow *flow = NULL;
    assert_ok(context, moe_flow_create(context, model, start, &flow));
    assert_ok(context, moe_flow_set_method(flow, MOE_METHOD_DOP853));
    assert_ok(context, moe_flow_set_tolerance(flow, 1e-12, 1e-12));
    moe_measure_destroy(start);
    return flow;
}

/* ---- circuits --------------------------------------------------------------------------------- */

static void check_circuit(moe_context *context, const json_t *object)
{
    const int64_t n = length(object, "x"), count = length(object, "theta"), d = integer(object, "params");
    const int64_t p = count_numbers(member(object, "x")) / n;
    moe_expert *expert = new_expert(context, object, p, true);
    double *x = numbers(object, "x", n * p), *theta = numbers(object, "theta", count * d);
    double *value = numbers(object, "value", count * n), *grad = numbers(object, "grad", count * n * d);
    double *f = calloc((size_t)(count * n), sizeof *f), *g = calloc((size_t)(count * d), sizeof *g);
    assert_true(f && g);

    assert_ok(context, moe_expert_values(context, expert, n, x, count, theta, f));
    assert_all_close(count * n, f, value, 1e-12, "value");
    for (int64_t j = 0; j < n; j++) {
        assert_ok(context,
                  moe_expert_pullback(context, expert, 1, x + j * p, count, theta, (const double[]){1}, g));
        for (int64_t i = 0; i < count; i++)
            assert_all_close(d, g + i * d, grad + (i * n + j) * d, 1e-12, "gradient");
    }
    moe_expert_destroy(expert);
    free(x);
    free(theta);
    free(value);
    free(grad);
    free(f);
    free(g);
}

static void test_circuits(void **state)
{
    moe_context *context = new_context();
    const json_t *circuit = NULL;
    size_t i = 0;
    json_array_foreach(member(*state, "circuits"), i, circuit) check_circuit(context, circuit);
    assert_true(i > 0);
    moe_context_destroy(context);
}

/* ---- particles -------------------------------------------------------------------------------- */

static void test_particle_flow(void **state)
{
    const json_t *object = member(*state, "particle_flow");
    moe_context *context = new_context();
    const int64_t n = length(object, "x"), times = length(object, "t"), d = integer(object, "params");
    const int64_t p = count_numbers(member(object, "x")) / n;
    const int64_t count = count_numbers(member(object, "theta")) / (times * d);
    double *t = numbers(object, "t", times), *theta = numbers(object, "theta", times * count * d);
    double *prediction = numbers(object, "prediction", times * n), *loss = numbers(object, "loss", times);
    double *f = calloc((size_t)n, sizeof *f);
    assert_non_null(f);

    moe_model *model = new_model(context, object, new_expert(context, object, p, true));
    moe_flow *flow = new_flow(context, model, new_measure(context, d, INFINITY, count, theta, NULL));
    for (int64_t k = 0; k < times; k++) {
        double e = NAN;
        assert_ok(context, moe_flow_advance(flow, t[k]));
        assert_all_close(count * d, moe_flow_points(flow), theta + k * count * d, 1e-9, "theta");
        assert_ok(context, moe_flow_predictions(flow, f));
        assert_all_close(n, f, prediction + k * n, 1e-9, "prediction");
        assert_ok(context, moe_flow_loss(flow, &e));
        assert_close(e, loss[k], 1e-9);
    }
    moe_flow_destroy(flow);
    moe_model_destroy(model);
    moe_context_destroy(context);
    free(t);
    free(theta);
    free(prediction);
    free(loss);
    free(f);
}

/* ---- the limit of cos(theta + x) -------------------------------------------------------------- */

/* z = int e^{i theta} dmu, the centroid of equal weights */
static void centroid(int64_t count, const double *theta, double z[2])
{
    z[0] = z[1] = 0;
    for (int64_t i = 0; i < count; i++) {
        z[0] += cos(theta[i]) / (double)count;
        z[1] += sin(theta[i]) / (double)count;
    }
}

/* The number of first times at which `nodes` nodes resolve the limit, a Poisson kernel of centroid z:
 * the trapezoid rule errs like |z|^(nodes - 1). */
static int64_t resolved(const json_t *object, int64_t nodes)
{
    const int64_t times = length(object, "t");
    double *re = numbers(object, "z_re", times), *im = numbers(object, "z_im", times);
    int64_t k = 0;
    while (k < times && pow(hypot(re[k], im[k]), (double)(nodes - 1)) <= 1e-12)
        k++;
    free(re);
    free(im);
    return k;
}

/* The fewest nodes, a power of 2, that resolve the limit at all times. */
static int64_t nodes_for_all(const json_t *object)
{
    int64_t nodes = 256;
    while (resolved(object, nodes) < length(object, "t") && nodes < 65536)
        nodes *= 2;
    return nodes;
}

/* Predictions and centroid by `nodes` nodes at the first `checked` times. */
static void check_limit(moe_context *context, const json_t *object, const moe_model *model, int64_t nodes,
                        int64_t checked)
{
    const int64_t n = length(object, "x"), times = length(object, "t");
    double *t = numbers(object, "t", times), *prediction = numbers(object, "prediction", times * n);
    double *re = numbers(object, "z_re", times), *im = numbers(object, "z_im", times);
    double *f = calloc((size_t)n, sizeof *f);
    assert_non_null(f);
    moe_flow *flow = new_flow(context, model, new_grid(context, 1, nodes));
    for (int64_t k = 0; k < checked; k++) {
        double z[2];
        assert_ok(context, moe_flow_advance(flow, t[k]));
        assert_ok(context, moe_flow_predictions(flow, f));
        assert_all_close(n, f, prediction + k * n, 1e-10, "prediction");
        centroid(nodes, moe_flow_points(flow), z);
        assert_close(z[0], re[k], 1e-10);
        assert_close(z[1], im[k], 1e-10);
    }
    moe_flow_destroy(flow);
    free(t);
    free(prediction);
    free(re);
    free(im);
    free(f);
}

/* Each time with the fewest nodes that resolve it. */
static void test_limit_cos(void **state)
{
    const json_t *object = member(*state, "limit_cos");
    moe_context *context = new_context();
    moe_model *model = new_model(context, object, new_cosine(context));
    const int64_t most = nodes_for_all(object);
    int64_t done = 0;
    for (int64_t nodes = 256; nodes <= most; nodes *= 2)
        if (resolved(object, nodes) > done) {
            done = resolved(object, nodes);
            check_limit(context, object, model, nodes, done);
        }
    assert_int_equal(done, length(object, "t"));
    moe_model_destroy(model);
    moe_context_destroy(context);
}

/* The N experts end at theta_T; so do they when driven by the field that they leave behind. */
static void test_particles_cos(void **state)
{
    const json_t *object = member(*state, "limit_cos");
    moe_context *context = new_context();
    const int64_t count = length(object, "theta0"), times = length(object, "t");
    double *t = numbers(object, "t", times), *first = numbers(object, "theta0", count);
    double *last = numbers(object, "theta_T", count);
    moe_model *model = new_model(context, object, new_cosine(context));

    moe_flow *flow = new_flow(context, model, new_measure(context, 1, 2 * PI, count, first, NULL));
    assert_ok(context, moe_flow_record(flow));
    assert_ok(context, moe_flow_advance(flow, t[times - 1]));
    assert_all_close(count, moe_flow_points(flow), last, 1e-9, "theta_T");

    moe_field *field = NULL;
    moe_flow *driven = NULL;
    moe_measure *start = new_measure(context, 1, 2 * PI, count, first, NULL);
    assert_ok(context, moe_flow_field(flow, &field));
    assert_ok(context, moe_flow_create_driven(context, field, start, &driven));
    assert_ok(context, moe_flow_set_tolerance(driven, 1e-12, 1e-12));
    assert_ok(context, moe_flow_advance(driven, t[times - 1]));
    assert_all_close(count, moe_flow_points(driven), last, 1e-8, "driven theta_T");

    moe_flow_destroy(driven);
    moe_measure_destroy(start);
    moe_field_destroy(field);
    moe_flow_destroy(flow);
    moe_model_destroy(model);
    moe_context_destroy(context);
    free(t);
    free(first);
    free(last);
}

/* W_1 between the flows at their present time, to 1e-10. */
static double flow_distance(moe_context *context, moe_flow *a, moe_flow *b)
{
    moe_measure *mu = NULL, *nu = NULL;
    double lower = NAN, upper = NAN;
    assert_ok(context, moe_flow_measure(a, &mu));
    assert_ok(context, moe_flow_measure(b, &nu));
    assert_ok(context, moe_measure_distance(context, mu, nu, 1, &lower, &upper));
    assert_close(lower, upper, 1e-10);
    moe_measure_destroy(mu);
    moe_measure_destroy(nu);
    return upper;
}

/* W_1 of the N experts to the limit, by at least 4096 nodes. More nodes change it by 4e-6 at most, so the
 * tolerance is the reference's 3e-5 and 1e-5 for the quadrature. */
static void test_distance_to_limit(void **state)
{
    const json_t *object = member(*state, "limit_cos");
    moe_context *context = new_context();
    const int64_t count = length(object, "theta0"), times = length(object, "t");
    const int64_t needed = nodes_for_all(object), nodes = needed < 4096 ? 4096 : needed;
    double *t = numbers(object, "t", times), *first = numbers(object, "theta0", count);
    double *w1 = numbers(object, "w1_particles_vs_limit", times);
    moe_model *model = new_model(context, object, new_cosine(context));
    moe_flow *experts = new_flow(context, model, new_measure(context, 1, 2 * PI, count, first, NULL));
    moe_flow *limit = new_flow(context, model, new_grid(context, 1, nodes));
    for (int64_t k = 0; k < times; k++) {
        assert_ok(context, moe_flow_advance(experts, t[k]));
        assert_ok(context, moe_flow_advance(limit, t[k]));
        assert_close(flow_distance(context, experts, limit), w1[k], 4e-5);
    }
    moe_flow_destroy(experts);
    moe_flow_destroy(limit);
    moe_model_destroy(model);
    moe_context_destroy(context);
    free(t);
    free(first);
    free(w1);
}

/* ---- the limit of a circuit ------------------------------------------------------------------- */

/* The file's number of nodes is the d-th power of the nodes in each coordinate. */
static void test_limit_qnn(void **state)
{
    const json_t *object = member(*state, "limit_qnn2");
    moe_context *context = new_context();
    const int64_t n = length(object, "x"), times = length(object, "t"), d = integer(object, "params");
    const int64_t p = count_numbers(member(object, "x")) / n;
    const int64_t nodes = llround(pow((double)integer(object, "nodes"), 1.0 / (double)d));
    double *t = numbers(object, "t", times), *prediction = numbers(object, "prediction", times * n);
    double *f = calloc((size_t)n, sizeof *f);
    assert_non_null(f);
    moe_model *model = new_model(context, object, new_expert(context, object, p, false));
    moe_flow *flow = new_flow(context, model, new_grid(context, d, nodes));
    for (int64_t k = 0; k < times; k++) {
        assert_ok(context, moe_flow_advance(flow, t[k]));
        assert_ok(context, moe_flow_predictions(flow, f));
        assert_all_close(n, f, prediction + k * n, 1e-9, "prediction");
    }
    moe_flow_destroy(flow);
    moe_model_destroy(model);
    moe_context_destroy(context);
    free(t);
    free(prediction);
    free(f);
}

/* ---- the limits, all chosen by the library ---------------------------------------------------- */

/* Asked for 1e-11, moe_limit is that near at every time, and says so. */
static void check_solved_limit(moe_context *context, const json_t *object, const moe_model *model,
                               const moe_law *law)
{
    const int64_t n = length(object, "x"), times = length(object, "t");
    double *t = numbers(object, "t", times), *prediction = numbers(object, "prediction", times * n);
    double *f = calloc((size_t)n, sizeof *f), *error = calloc((size_t)times, sizeof *error);
    assert_true(f && error);
    moe_limit *limit = NULL;
    assert_ok(context, moe_limit_create(context, model, law, &limit));
    assert_ok(context, moe_limit_set_times(limit, times, t));
    assert_ok(context, moe_limit_set_tolerance(limit, 1e-11));
    assert_ok(context, moe_limit_solve(limit));
    assert_ok(context, moe_limit_errors(limit, error));
    for (int64_t k = 0; k < times; k++) {
        assert_true(error[k] <= 1e-11);
        assert_ok(context, moe_limit_predictions(limit, k, f));
        assert_all_close(n, f, prediction + k * n, 1e-11, "prediction");
    }
    moe_limit_destroy(limit);
    free(t);
    free(prediction);
    free(f);
    free(error);
}

static void test_solved_limits(void **state)
{
    moe_context *context = new_context();
    for (int i = 0; i < 2; i++) {
        const json_t *object = member(*state, i ? "limit_qnn2" : "limit_cos");
        const int64_t p = count_numbers(member(object, "x")) / length(object, "x");
        moe_expert *expert = i ? new_expert(context, object, p, false) : new_cosine(context);
        moe_law *law = NULL;
        assert_ok(context,
                  moe_law_create(context, moe_expert_parameters(expert), moe_expert_period(expert), &law));
        moe_model *model = new_model(context, object, expert);
        check_solved_limit(context, object, model, law);
        moe_model_destroy(model);
        moe_law_destroy(law);
    }
    moe_context_destroy(context);
}

/* ---- transport -------------------------------------------------------------------------------- */

/* Both bounds on W_1 and W_2 between the points "a" and "b", weighted by "wa" and "wb" if `weighted`. */
static void check_distance(moe_context *context, const json_t *object, bool weighted)
{
    const int64_t d = integer(object, "d"), na = length(object, "a"), nb = length(object, "b");
    double *a = numbers(object, "a", na * d), *b = numbers(object, "b", nb * d);
    double *wa = weighted ? numbers(object, "wa", na) : NULL;
    double *wb = weighted ? numbers(object, "wb", nb) : NULL;
    moe_measure *mu = new_measure(context, d, 2 * PI, na, a, wa);
    moe_measure *nu = new_measure(context, d, 2 * PI, nb, b, wb);
    for (int power = 1; power <= 2; power++) {
        const double want = json_real_value(member(object, power == 1 ? "w1" : "w2"));
        double lower = NAN, upper = NAN;
        assert_ok(context, moe_measure_distance(context, mu, nu, power, &lower, &upper));
        assert_close(lower, want, 1e-10);
        assert_close(upper, want, 1e-10);
    }
    moe_measure_destroy(mu);
    moe_measure_destroy(nu);
    free(a);
    free(b);
    free(wa);
    free(wb);
}

static void test_distances(void **state)
{
    moe_context *context = new_context();
    const json_t *pair = NULL;
    size_t i = 0;
    json_array_foreach(member(*state, "wasserstein"), i, pair) check_distance(context, pair, false);
    assert_true(i > 0);
    check_distance(context, member(*state, "wasserstein_weighted"), true);
    moe_context_destroy(context);
}

/* ---- main ------------------------------------------------------------------------------------- */

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : TEST_SOURCE_DIR "/tests/golden/reference-1.json";
    json_error_t error;
    json_t *root = json_load_file(path, 0, &error);
    if (!root) {
        fprintf(stderr, "%s: %s (line %d)\n", path, error.text, error.line);
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_circuits, root),
        cmocka_unit_test_prestate(test_particle_flow, root),
        cmocka_unit_test_prestate(test_limit_cos, root),
        cmocka_unit_test_prestate(test_particles_cos, root),
        cmocka_unit_test_prestate(test_distance_to_limit, root),
        cmocka_unit_test_prestate(test_limit_qnn, root),
        cmocka_unit_test_prestate(test_solved_limits, root),
        cmocka_unit_test_prestate(test_distances, root),
    };
    const int failed = cmocka_run_group_tests_name("golden", tests, NULL, NULL);
    json_decref(root);
    return failed;
}
