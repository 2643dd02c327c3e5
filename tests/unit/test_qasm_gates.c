/* test_qasm_gates.c - every gate by its matrix in the literature, alone, under ctrl, under negctrl, inverted.
 *
 * A gate acts on a random state of two or three qubits, and the expectations of all Pauli strings are
 * compared with those after the matrix itself.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/gates.h"
#include "qnn/qasm_gates.h"
#include "support/qasm.h"
#include "support/random_circuit.h"

typedef double complex small[4][4];

static moe_context *context;

static int open_context(void **state)
{
    (void)state;
    return moe_context_create(NULL, &context);
}

static int close_context(void **state)
{
    (void)state;
    moe_context_destroy(context);
    return 0;
}

/* ---- the literature --------------------------------------------------------------------------- */

/* cos(theta / 2), -e^{i lambda} sin; e^{i phi} sin, e^{i (phi + lambda)} cos; times e^{i gamma} */
static void u_matrix(double theta, double phi, double lambda, double gamma, small u)
{
    const double complex i = IMAGINARY, g = cexp(i * gamma);
    u[0][0] = g * cos(theta / 2);
    u[0][1] = -g * cexp(i * lambda) * sin(theta / 2);
    u[1][0] = g * cexp(i * phi) * sin(theta / 2);
    u[1][1] = g * cexp(i * (phi + lambda)) * cos(theta / 2);
}

/* Gates of one qubit as u with the phase gamma; `loose`: not controlled. */
static const struct {
    const char *text;
    double theta, phi, lambda, gamma;
    bool loose;
} singles[] = {
    {"id", 0, 0, 0, 0, false},
    {"x", PI, 0, PI, 0, false},
    {"y", PI, PI / 2, PI / 2, 0, false},
    {"z", 0, 0, PI, 0, false},
    {"h", PI / 2, 0, PI, 0, false},
    {"s", 0, 0, PI / 2, 0, false},
    {"sdg", 0, 0, -PI / 2, 0, false},
    {"t", 0, 0, PI / 4, 0, false},
    {"tdg", 0, 0, -PI / 4, 0, false},
    {"sx", PI / 2, -PI / 2, PI / 2, PI / 4, false},
    {"sxdg", PI / 2, PI / 2, -PI / 2, -PI / 4, false},
    {"rx(0.3)", 0.3, -PI / 2, PI / 2, 0, false},
    {"ry(0.3)", 0.3, 0, 0, 0, false},
    {"rz(0.3)", 0, 0, 0.3, -0.15, false},
    {"p(0.3)", 0, 0, 0.3, 0, false},
    {"phase(0.3)", 0, 0, 0.3, 0, false},
    {"u1(0.3)", 0, 0, 0.3, 0, false},
    {"u2(0.3, -1.1)", PI / 2, 0.3, -1.1, 0.4, false},
    {"u3(0.3, -1.1, 2.2)", 0.3, -1.1, 2.2, -0.55, false},
    {"U(0.3, -1.1, 2.2)", 0.3, -1.1, 2.2, 0, true},
    {"u(0.3, -1.1, 2.2)", 0.3, -1.1, 2.2, 0, true},
};

/* Gates of two qubits that are controlled ones. */
static const struct {
    const char *text;
    double theta, phi, lambda, gamma;
} controlled[] = {
    {"cx", PI, 0, PI, 0},
    {"CX", PI, 0, PI, 0},
    {"cnot", PI, 0, PI, 0},
    {"cy", PI, PI / 2, PI / 2, 0},
    {"cz", 0, 0, PI, 0},
    {"ch", PI / 2, 0, PI, 0},
    {"cs", 0, 0, PI / 2, 0},
    {"csdg", 0, 0, -PI / 2, 0},
    {"csx", PI / 2, -PI / 2, PI / 2, PI / 4},
    {"cp(0.3)", 0, 0, 0.3, 0},
    {"cphase(0.3)", 0, 0, 0.3, 0},
    {"cu1(0.3)", 0, 0, 0.3, 0},
    {"crx(0.3)", 0.3, -PI / 2, PI / 2, 0},
    {"cry(0.3)", 0.3, 0, 0, 0},
    {"crz(0.3)", 0, 0, 0.3, -0.15},
    {"cu(0.3, -1.1, 2.2, 0.7)", 0.3, -1.1, 2.2, 0.7},
    {"cu3(0.3, -1.1, 2.2)", 0.3, -1.1, 2.2, 0},
};

/* ---- comparison ------------------------------------------------------------------------------- */

/* A random state on `qubits` qubits, and one output for each Pauli string. */
static qnn_circuit *random_state(int qubits)
{
    qnn_circuit *circuit = NULL;
    uint64_t seed = 21;
    int64_t outputs = 1;
    for (int q = 0; q < qubits; q++)
        outputs *= 4;
    assert_ok(context, qnn_circuit_create(context, qubits, 1, 1, outputs, &circuit));
    for (int64_t g = 0; g < 2 * qubits; g++) {
        small u;
        double numbers[32];
        const int64_t pair[] = {g % qubits, (g + 1) % qubits};
        random_unitary(&seed, 4, u);
        for (int r = 0; r < 4; r++)
            for (int c = 0; c < 4; c++) {
                numbers[8 * r + 2 * c] = creal(u[r][c]);
                numbers[8 * r + 2 * c + 1] = cimag(u[r][c]);
            }
        assert_ok(context, qnn_circuit_unitary(circuit, 2, pair, numbers));
    }
    for (int64_t k = 0; k < outputs; k++) {
        char string[8] = "";
        for (int q = 0; q < qubits; q++)
            string[q] = "IXYZ"[k >> (2 * q) & 3];
        assert_ok(context, qnn_circuit_observable(circuit, k, 1, string));
    }
    return circuit;
}

/* The circuit with `line` read behind its gates. */
static qnn_circuit *with_line(const qnn_circuit *circuit, const char *line)
{
    char *text = text_of_circuit(context, circuit), *longer = malloc(strlen(text) + strlen(line) + 2);
    assert_non_null(longer);
    const char *end = strstr(text, "\npragma moefield outputs");
    assert_non_null(end);
    sprintf(longer, "%.*s%s\n%s", (int)(end - text), text, line, end);
    qnn_circuit *read = circuit_of_text(context, longer);
    free(longer);
    free(text);
    return read;
}

/* `line` acts on two qubits, q[0] and q[1], as the 4 x 4 matrix does */
static void assert_acts_as(const char *line, small u)
{
    const int64_t pair[] = {0, 1};
    double numbers[32];
    qnn_circuit *circuit = random_state(2), *read = with_line(circuit, line);
    for (int r = 0; r < 4; r++)
        for (int c = 0; c < 4; c++) {
            numbers[8 * r + 2 * c] = creal(u[r][c]);
            numbers[8 * r + 2 * c + 1] = cimag(u[r][c]);
        }
    assert_ok(context, qnn_circuit_unitary(circuit, 2, pair, numbers));
    assert_same_function(context, circuit, read, 1e-14);
    qnn_circuit_destroy(read);
    qnn_circuit_destroy(circuit);
}

/* u on q[1] where q[0] is `on`, 1 elsewhere; on < 0: everywhere */
static void embed(small u, int on, small out)
{
    for (int r = 0; r < 4; r++)
        for (int c = 0; c < 4; c++) {
            const bool acts = on < 0 || r >> 1 == on;
            out[r][c] = r >> 1 != c >> 1 ? 0 : acts ? u[r & 1][c & 1] : r == c;
        }
}

static void adjoint(small u)
{
    small old;
    memcpy(old, u, sizeof old);
    for (int r = 0; r < 4; r++)
        for (int c = 0; c < 4; c++)
            u[r][c] = conj(old[c][r]);
}

/* ---- tests ------------------------------------------------------------------------------------ */

static void one_qubit(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof singles / sizeof singles[0]; i++) {
        small u = {{0}}, whole;
        char line[80];
        u_matrix(singles[i].theta, singles[i].phi, singles[i].lambda, singles[i].gamma, u);
        embed(u, -1, whole);
        snprintf(line, sizeof line, "%s q[1];", singles[i].text);
        assert_acts_as(line, whole);
        adjoint(whole);
        snprintf(line, sizeof line, "inv @ %s q[1];", singles[i].text);
        assert_acts_as(line, whole);
        if (singles[i].loose)
            continue;
        embed(u, 1, whole);
        snprintf(line, sizeof line, "ctrl @ %s q[0], q[1];", singles[i].text);
        assert_acts_as(line, whole);
        adjoint(whole);
        snprintf(line, sizeof line, "ctrl @ pow(-1) @ %s q[0], q[1];", singles[i].text);
        assert_acts_as(line, whole);
        embed(u, 0, whole);
        snprintf(line, sizeof line, "negctrl @ %s q[0], q[1];", singles[i].text);
        assert_acts_as(line, whole);
    }
}

static void controlled_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof controlled / sizeof controlled[0]; i++) {
        small u = {{0}}, whole;
        char line[80];
        u_matrix(controlled[i].theta, controlled[i].phi, controlled[i].lambda, controlled[i].gamma, u);
        embed(u, 1, whole);
        snprintf(line, sizeof line, "%s q[0], q[1];", controlled[i].text);
        assert_acts_as(line, whole);
    }
}

/* exp(-i a P / 2) by P^2 = 1 */
static void exponential(const char *pauli, double a, small u)
{
    static const double complex letters[4][2][2] = {
        {{1, 0}, {0, 1}}, {{0, 1}, {1, 0}}, {{0, -IMAGINARY}, {IMAGINARY, 0}}, {{1, 0}, {0, -1}}};
    const int first = (int)(strchr("IXYZ", pauli[0]) - "IXYZ"),
              second = (int)(strchr("IXYZ", pauli[1]) - "IXYZ");
    for (int r = 0; r < 4; r++)
        for (int c = 0; c < 4; c++)
            u[r][c] = (r == c) * cos(a / 2) -
                      IMAGINARY * sin(a / 2) * letters[first][r >> 1][c >> 1] * letters[second][r & 1][c & 1];
}

static void two_qubits(void **state)
{
    (void)state;
    small u;
    exponential("XX", 0.3, u);
    assert_acts_as("rxx(0.3) q[0], q[1];", u);
    assert_acts_as("xx(0.3) q[1], q[0];", u);
    exponential("YY", 0.3, u);
    assert_acts_as("ryy(0.3) q[0], q[1];", u);
    exponential("ZZ", 0.3, u);
    assert_acts_as("rzz(0.3) q[0], q[1];", u);
    exponential("ZX", 0.3, u);
    assert_acts_as("rzx(0.3) q[0], q[1];", u);
    exponential("XZ", 0.3, u);
    assert_acts_as("rzx(0.3) q[1], q[0];", u);
    small swap = {{1}, {0, 0, 1}, {0, 1}, {0, 0, 0, 1}},
          iswap = {{1}, {0, 0, IMAGINARY}, {0, IMAGINARY}, {0, 0, 0, 1}};
    assert_acts_as("swap q[0], q[1];", swap);
    assert_acts_as("iswap q[0], q[1];", iswap);
    small phase = {{1}, {0, 1}, {0, 0, cexp(0.3 * IMAGINARY)}, {0, 0, 0, cexp(0.3 * IMAGINARY)}};
    assert_acts_as("ctrl @ gphase(0.3) q[0];", phase);
    small corner = {{cexp(0.3 * IMAGINARY)}, {0, 1}, {0, 0, 1}, {0, 0, 0, 1}};
    assert_acts_as("negctrl(2) @ gphase(0.3) q[0], q[1];", corner);
    small middle = {{1}, {0, cexp(0.3 * IMAGINARY)}, {0, 0, 1}, {0, 0, 0, 1}};
    assert_acts_as("negctrl @ p(0.3) q[0], q[1];", middle);
    assert_acts_as("negctrl @ ctrl @ gphase(0.3) q[0], q[1];", middle);
    small cube = {{0}};
    exponential("XX", 0.9, cube);
    assert_acts_as("pow(3) @ rxx(0.3) q[0], q[1];", cube);
    small one = {{1}, {0, 1}, {0, 0, 1}, {0, 0, 0, 1}};
    assert_acts_as("pow(0) @ rxx(0.3) q[0], q[1];", one);
    assert_acts_as("pow(2) @ pow(-3) @ inv @ x q[0];", one);
}

/* Braket's names are others for gates above. */
static void other_names(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"i q[0];", "id q[0];"},
        {"si q[0];", "sdg q[0];"},
        {"ti q[0];", "tdg q[0];"},
        {"v q[0];", "sx q[0];"},
        {"vi q[0];", "sxdg q[0];"},
        {"cv q[0], q[1];", "csx q[0], q[1];"},
        {"yy(1) q[0], q[1];", "ryy(1) q[0], q[1];"},
        {"zz(1) q[0], q[1];", "rzz(1) q[0], q[1];"},
        {"phaseshift(1) q[0];", "p(1) q[0];"},
        {"cphaseshift(1) q[0], q[1];", "cp(1) q[0], q[1];"},
        {"ccnot q[0], q[1], q[2];", "ccx q[0], q[1], q[2];"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        qnn_circuit *circuit = random_state(3), *a = with_line(circuit, pairs[i][0]),
                    *b = with_line(circuit, pairs[i][1]);
        assert_same_circuit(a, b);
        qnn_circuit_destroy(a);
        qnn_circuit_destroy(b);
        qnn_circuit_destroy(circuit);
    }
}

/* the same unitary in two ways, on three qubits */
static void assert_same_lines(const char *a, const char *b)
{
    qnn_circuit *circuit = random_state(3), *first = with_line(circuit, a), *second = with_line(circuit, b);
    assert_same_function(context, first, second, 1e-14);
    qnn_circuit_destroy(first);
    qnn_circuit_destroy(second);
    qnn_circuit_destroy(circuit);
}

static void three_qubits(void **state)
{
    (void)state;
    /* Nielsen & Chuang, figure 4.9 */
    static const char toffoli[] = "h q[2]; cx q[1], q[2]; tdg q[2]; cx q[0], q[2]; t q[2]; cx q[1], q[2]; "
                                  "tdg q[2]; cx q[0], q[2]; t q[1]; "
                                  "t q[2]; h q[2]; cx q[0], q[1]; t q[0]; tdg q[1]; cx q[0], q[1];";
    assert_same_lines("ccx q[0], q[1], q[2];", toffoli);
    assert_same_lines("ctrl(2) @ x q[0], q[1], q[2];", toffoli);
    assert_same_lines("ctrl @ cx q[0], q[1], q[2];", toffoli);
    assert_same_lines("x q[0]; negctrl @ ctrl @ x q[0], q[1], q[2]; x q[0];", toffoli);
    assert_same_lines("ctrl @ negctrl @ x q[0], q[1], q[2];", "x q[1]; ccx q[0], q[1], q[2]; x q[1];");
    assert_same_lines("ccz q[0], q[1], q[2];", "h q[2]; ccx q[0], q[1], q[2]; h q[2];");
    assert_same_lines("cswap q[0], q[1], q[2];", "cx q[2], q[1]; ccx q[0], q[1], q[2]; cx q[2], q[1];");
    assert_same_lines("ctrl @ swap q[0], q[1], q[2];", "cswap q[0], q[1], q[2];");
    assert_same_lines(
        "gate g(a) u, v { h u; cp(a) u, v; gphase(a); t v; }  ctrl @ g(0.4) q[1], q[2], q[0];",
        "ctrl @ h q[1], q[2]; ctrl @ cp(0.4) q[1], q[2], q[0]; p(0.4) q[1]; ctrl @ t q[1], q[0];");
    assert_same_lines("gate g(a) u, v { h u; crx(a) u, v; s v; }  inv @ g(0.4) q[2], q[0];",
                      "sdg q[0]; crx(-0.4) q[2], q[0]; h q[2];");
    assert_same_lines("h q; rx(0.1) q;",
                      "h q[0]; h q[1]; h q[2]; rx(0.1) q[0]; rx(0.1) q[1]; rx(0.1) q[-1];");
}

/* every row that has a name in gates.c is that gate there, and knows its way back */
static void fixed_gates(void **state)
{
    (void)state;
    for (int64_t row = 0; qnni_fixed_gate_row(row); row++) {
        const char *name = qnni_fixed_gate_row(row)->name, *written = qnni_name_of_fixed(name);
        qnni_named_gate gate;
        assert_non_null(written);
        assert_true(qnni_named_gate_find(written, (int64_t)strlen(written), &gate));
        assert_string_equal(gate.controls ? gate.base->controlled : gate.base->fixed, name);
    }
    assert_null(qnni_name_of_fixed("none"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_qubit),   cmocka_unit_test(controlled_ones), cmocka_unit_test(two_qubits),
        cmocka_unit_test(other_names), cmocka_unit_test(three_qubits),    cmocka_unit_test(fixed_gates),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
