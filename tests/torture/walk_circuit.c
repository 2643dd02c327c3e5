/* walk_circuit.c - circuits, read, written and made, and their experts.
 *
 * SPDX-License-Identifier: MIT */
#include "torture/torture.h"

/* Values and pullbacks of a circuit's expert with so many parameters, one input and one output. */
static void note_circuit(struct torture *t, const qnn_circuit *circuit, int64_t parameters)
{
    enum { COUNT = 9, POINTS = 5 };
    const double x[POINTS] = {-1, -0.4, 0.2, 0.6, 1.3};
    double theta[COUNT * 6], f[COUNT * POINTS], g[COUNT * 6], direction[COUNT * 6], h[COUNT * 6], bound[3];
    int32_t exact;
    moe_expert *expert = NULL;
    for (int i = 0; i < COUNT * 6; i++) {
        theta[i] = 0.37 * i;
        direction[i] = cos(i);
    }
    TRY(qnn_expert_create(t->context, circuit, NULL, &expert));
    TRY(moe_expert_values(t->context, expert, POINTS, x, COUNT, theta, f));
    torture_note(t, COUNT * POINTS, f);
    TRY(moe_expert_pullback(t->context, expert, POINTS, x, COUNT, theta, f, g));
    torture_note(t, COUNT * parameters, g);
    TRY(moe_expert_tangent(t->context, expert, POINTS, x, COUNT, theta, 1, direction, f, NULL, h, &exact));
    torture_note(t, COUNT * parameters, h);
    TRY(moe_expert_bounds(t->context, expert, &bound[0], &bound[1], &bound[2]));
    torture_note(t, 3, bound);
done:
    moe_expert_destroy(expert);
}

static void made(struct torture *t)
{
    static const double hadamard_like[8] = {0.6, 0, 0.8, 0, 0.8, 0, -0.6, 0};
    const int64_t first[] = {0}, both[] = {0, 1}, last[] = {2};
    qnn_circuit *circuit = NULL;
    char text[4000];
    int64_t length;
    TRY(qnn_circuit_create(t->context, 3, 3, 1, 1, &circuit));
    for (int64_t k = 0; k < 3; k++) {
        TRY(qnn_circuit_rotation(circuit, "Y", &k, QNN_THETA, k, 1, 0));
        TRY(qnn_circuit_rotation(circuit, "X", &k, QNN_INPUT, 0, 1.5, 0.1));
    }
    TRY(qnn_circuit_gate(circuit, "CNOT", both));
    TRY(qnn_circuit_unitary(circuit, 1, last, hadamard_like));
    TRY(qnn_circuit_rotation(circuit, "ZZ", both, QNN_THETA, 0, 1, 0));
    TRY(qnn_circuit_gate(circuit, "H", first));
    TRY(qnn_circuit_observable(circuit, 0, 0.7, "ZIX"));
    TRY(qnn_circuit_observable(circuit, 0, 0.3, "IZZ"));
    note_circuit(t, circuit, 3);
    TRY(qnn_circuit_write(circuit, text, sizeof text, &length));
    torture_bytes(t, length, text);
    TRY(qnn_circuit_set_precision(circuit, QNN_SINGLE));
    note_circuit(t, circuit, 3);
    TRY(qnn_circuit_set_kernel(circuit, QNN_KERNEL_PLAIN));
    TRY(qnn_circuit_set_precision(circuit, QNN_DOUBLE));
    note_circuit(t, circuit, 3);
    const double period = qnn_circuit_period(circuit, 0);
    torture_note(t, 1, &period);
done:
    qnn_circuit_destroy(circuit);
}

static void read(struct torture *t)
{
    static const char text[] = "OPENQASM 3.0;\n"
                               "include \"stdgates.inc\";\n"
                               "input float x; input array[float, 4] theta;\n"
                               "gate layer(s) a, b { ry(s) a; cx a, b; }\n"
                               "gate turn(s) q { rz(s) q; h q; }\n"
                               "qubit[3] q;\n"
                               "rx(x) q; ry(theta[1]) q[1]; ry(theta[2]) q[2];\n"
                               "turn(theta[3]) q[0];\n"
                               "layer(2 * theta[0]) q[0], q[1];\n"
                               "pragma moefield observable 0 1.0 ZZI\n";
    qnn_circuit *circuit = NULL;
    TRY(qnn_circuit_read(t->context, text, (int64_t)strlen(text), &circuit));
    note_circuit(t, circuit, 4);
done:
    qnn_circuit_destroy(circuit);
}

/* What an expert of a circuit does when many points and experts are before it. */
static void mixture(struct torture *t)
{
    enum { POINTS = 40 };
    double x[POINTS], y[POINTS], f[POINTS], drift[300 * 2];
    const double period[2] = {2 * PI, 2 * PI};
    const int64_t one[] = {1};
    qnn_circuit *circuit = NULL;
    moe_expert *expert = NULL;
    moe_model *model = NULL;
    moe_law *law = NULL;
    moe_measure *mu = NULL;
    for (int j = 0; j < POINTS; j++) {
        x[j] = 0.1 * j - 2;
        y[j] = cos(2 * x[j]);
    }
    TRY(qnn_circuit_create(t->context, 2, 2, 1, 1, &circuit));
    TRY(qnn_circuit_rotation(circuit, "XI", NULL, QNN_INPUT, 0, 1, 0));
    TRY(qnn_circuit_rotation(circuit, "YI", NULL, QNN_THETA, 0, 1, 0));
    TRY(qnn_circuit_gate(circuit, "CNOT", (const int64_t[]){0, 1}));
    TRY(qnn_circuit_rotation(circuit, "Y", one, QNN_THETA, 1, 1, 0));
    TRY(qnn_circuit_observable(circuit, 0, 1, "IZ"));
    TRY(qnn_expert_create(t->context, circuit, NULL, &expert));
    TRY(moe_model_create(t->context, expert, POINTS, x, y, NULL, &model));
    TRY(moe_law_create(t->context, 2, moe_expert_period(expert), &law));
    TRY(moe_measure_random(t->context, law, 1, 0, 0, 300, &mu));
    TRY(moe_model_predictions(t->context, model, mu, f));
    torture_note(t, POINTS, f);
    TRY(moe_model_drift(t->context, model, mu, drift));
    torture_note(t, 600, drift);
    torture_note(t, 2, period);
done:
    moe_measure_destroy(mu);
    moe_law_destroy(law);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    qnn_circuit_destroy(circuit);
}

const struct walks walks_circuit[] = {
    {"circuit, made", made}, {"circuit, read", read}, {"circuit, mixture", mixture}, {NULL, NULL}};
