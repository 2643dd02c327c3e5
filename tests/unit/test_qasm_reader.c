/* test_qasm_reader.c - texts as other programs write them against circuits built by hand, each rule of qnn.h,
 * and every error with its line and column.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/gates.h"
#include "support/failing.h"
#include "support/qasm.h"

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

/* ---- circuits by hand ------------------------------------------------------------------------- */

static void turn(qnn_circuit *circuit, const char *axis, int64_t qubit, int32_t source, int64_t index,
                 double scale, double shift)
{
    assert_ok(context, qnn_circuit_rotation(circuit, axis, &qubit, source, index, scale, shift));
}

static void fixed(qnn_circuit *circuit, const char *name, int64_t first, int64_t second)
{
    assert_ok(context, qnn_circuit_gate(circuit, name, (const int64_t[]){first, second}));
}

/* rz(a) on the target where the control is 1, by the circuit of qelib1.inc; the target's axis by conjugation
 */
static void controlled_rz(qnn_circuit *circuit, int64_t control, int64_t target, int32_t source,
                          int64_t index, double scale, double shift)
{
    turn(circuit, "Z", target, source, index, scale / 2, shift / 2);
    fixed(circuit, "CNOT", control, target);
    turn(circuit, "Z", target, source, index, -scale / 2, -shift / 2);
    fixed(circuit, "CNOT", control, target);
}

/* cu3(theta, theta[phi], lambda) with the phase gamma, as qelib1.inc has it */
static void controlled_u(qnn_circuit *circuit, int64_t c, int64_t t, double theta, int64_t phi, double lambda,
                         double gamma)
{
    turn(circuit, "Z", c, QNN_CONSTANT, 0, 0, gamma);
    turn(circuit, "Z", c, QNN_CONSTANT, 0, 0, lambda / 2);
    turn(circuit, "Z", c, QNN_THETA, phi, 0.5, 0);
    turn(circuit, "Z", t, QNN_CONSTANT, 0, 0, lambda / 2);
    turn(circuit, "Z", t, QNN_THETA, phi, -0.5, 0);
    fixed(circuit, "CNOT", c, t);
    turn(circuit, "Z", t, QNN_CONSTANT, 0, 0, -lambda / 2);
    turn(circuit, "Z", t, QNN_THETA, phi, -0.5, 0);
    turn(circuit, "Y", t, QNN_CONSTANT, 0, 0, -theta / 2);
    fixed(circuit, "CNOT", c, t);
    turn(circuit, "Y", t, QNN_CONSTANT, 0, 0, theta / 2);
    turn(circuit, "Z", t, QNN_THETA, phi, 1, 0);
}

/* Nielsen & Chuang, figure 4.9 */
static void toffoli(qnn_circuit *circuit, int64_t a, int64_t b, int64_t c)
{
    const struct {
        const char *name;
        int64_t first, second;
    } gates[] = {{"H", c, 0},    {"CNOT", b, c}, {"TDG", c, 0},  {"CNOT", a, c}, {"T", c, 0},
                 {"CNOT", b, c}, {"TDG", c, 0},  {"CNOT", a, c}, {"T", b, 0},    {"T", c, 0},
                 {"H", c, 0},    {"CNOT", a, b}, {"T", a, 0},    {"TDG", b, 0},  {"CNOT", a, b}};
    for (size_t i = 0; i < sizeof gates / sizeof gates[0]; i++)
        fixed(circuit, gates[i].name, gates[i].first, gates[i].second);
}

/* ---- files of others -------------------------------------------------------------------------- */

static const char *const three_strings[] = {"ZII", "XYI", "IZX", "YXZ", "XXX"};

/* the file's circuit with five strings as outputs, where it has none */
static qnn_circuit *with_strings(const char *name)
{
    char *text = text_of_file(name), *longer = calloc(1, strlen(text) + 1000);
    assert_non_null(longer);
    strcpy(longer, text);
    for (int k = 0; k < 5; k++)
        sprintf(longer + strlen(longer), "\npragma moefield observable %d %d.5 %s", k, k, three_strings[k]);
    qnn_circuit *circuit = circuit_of_text(context, longer);
    free(longer);
    free(text);
    return circuit;
}

static qnn_circuit *qiskit_by_hand(int64_t outputs)
{
    const double r = sqrt(0.5), h[] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0,  0,
                                       0, 0, 0, 0, r, 0, r, 0, 0, 0, 0, 0, r, 0, -r, 0};
    const int64_t pair[] = {0, 2}, other[] = {1, 2}, third[] = {0, 1};
    qnn_circuit *circuit;
    assert_ok(context, qnn_circuit_create(context, 3, 4, 2, outputs, &circuit));
    fixed(circuit, "H", 0, 0);
    turn(circuit, "Z", 0, QNN_INPUT, 0, 2, 0);
    turn(circuit, "Z", 1, QNN_THETA, 0, 1, 0);
    turn(circuit, "Y", 1, QNN_CONSTANT, 0, 0, PI / 2);
    assert_ok(context, qnn_circuit_rotation(circuit, "XX", pair, QNN_INPUT, 1, -0.5, PI / 2));
    controlled_rz(circuit, 2, 0, QNN_THETA, 1, 0.5, 0);
    controlled_u(circuit, 0, 1, 0.3, 2, -PI / 4, 0.7);
    fixed(circuit, "S", 1, 0);
    fixed(circuit, "H", 1, 0);
    fixed(circuit, "S", 1, 0);
    turn(circuit, "Y", 2, QNN_THETA, 3, 1, 0);
    assert_ok(context, qnn_circuit_rotation(circuit, "ZZ", other, QNN_INPUT, 0, 2, 0));
    assert_ok(context, qnn_circuit_rotation(circuit, "YY", third, QNN_INPUT, 0, 1, -PI / 3));
    toffoli(circuit, 0, 1, 2);
    turn(circuit, "Z", 2, QNN_THETA, 0, 1, 0);
    turn(circuit, "Y", 2, QNN_CONSTANT, 0, 0, 0.1);
    turn(circuit, "Z", 2, QNN_CONSTANT, 0, 0, 0.2);
    assert_ok(context, qnn_circuit_unitary(circuit, 2, other, h));
    return circuit;
}

static void qiskit(void **state)
{
    (void)state;
    qnn_circuit *read = circuit_of_file(context, "tests/qasm/qiskit.qasm"), *built = qiskit_by_hand(1);
    assert_ok(context, qnn_circuit_observable(built, 0, 1, "ZII"));
    assert_same_function(context, read, built, 1e-14);
    qnn_circuit_destroy(read);
    qnn_circuit_destroy(built);
    read = with_strings("tests/qasm/qiskit.qasm");
    built = qiskit_by_hand(5);
    for (int k = 0; k < 5; k++)
        assert_ok(context, qnn_circuit_observable(built, k, k + 0.5, three_strings[k]));
    assert_same_function(context, read, built, 2e-14);
    qnn_circuit_destroy(read);
    qnn_circuit_destroy(built);
}

static void braket(void **state)
{
    (void)state;
    const int64_t pair[] = {0, 1};
    const int64_t back[] = {1, 0};
    const double half[] = {0.5, 0.5, 0.5, -0.5, 0.5, -0.5, 0.5, 0.5}; /* the square root of X */
    const double swap_and_phase[32] = {[0] = 1, [14] = 1, [20] = 0.6, [21] = 0.8, [26] = 1};
    qnn_circuit *built, *read = circuit_of_file(context, "tests/qasm/braket.qasm");
    assert_ok(context, qnn_circuit_create(context, 2, 3, 2, 1, &built));
    turn(built, "X", 0, QNN_INPUT, 0, 1, 0);
    turn(built, "Y", 1, QNN_INPUT, 1, 2, -0.5);
    turn(built, "Z", 0, QNN_THETA, 0, 1, 0);
    fixed(built, "CNOT", 0, 1);
    turn(built, "Z", 1, QNN_THETA, 1, -1, 0);
    turn(built, "Z", 0, QNN_THETA, 2, 0.125, 0); /* e^{i a n0 n1}: Z0, Z1 by a/2, and back where both are */
    controlled_rz(built, 0, 1, QNN_THETA, 2, 0.25, 0);
    assert_ok(context, qnn_circuit_unitary(built, 1, pair, half));
    fixed(built, "SDG", 1, 0);
    assert_ok(context, qnn_circuit_rotation(built, "ZZ", pair, QNN_THETA, 1, 0.5, PI / 8));
    turn(built, "X", 1, QNN_CONSTANT, 0, 0, -2 * acos(0.6));
    assert_ok(context, qnn_circuit_unitary(built, 2, back, swap_and_phase));
    assert_ok(context, qnn_circuit_observable(built, 0, 1, "ZI"));
    assert_same_function(context, read, built, 1e-14);
    qnn_circuit_destroy(read);
    qnn_circuit_destroy(built);
}

/* the circuit of docs/examples/iris_chaos.c */
static void the_demo(void **state)
{
    (void)state;
    qnn_circuit *built, *read = circuit_of_file(context, "docs/examples/circuit.qasm");
    assert_ok(context, qnn_circuit_create(context, 2, 4, 4, 1, &built));
    turn(built, "Y", 0, QNN_INPUT, 2, 1, 0);
    turn(built, "Y", 1, QNN_INPUT, 3, 1, 0);
    fixed(built, "CZ", 0, 1);
    turn(built, "X", 0, QNN_INPUT, 0, 1, 0);
    turn(built, "X", 1, QNN_INPUT, 1, 1, 0);
    turn(built, "Y", 0, QNN_THETA, 0, 1, 0);
    turn(built, "Y", 1, QNN_THETA, 1, 1, 0);
    fixed(built, "CZ", 0, 1);
    turn(built, "X", 0, QNN_THETA, 2, 1, 0);
    turn(built, "X", 1, QNN_THETA, 3, 1, 0);
    assert_ok(context, qnn_circuit_observable(built, 0, 1, "ZI"));
    assert_ok(context, qnn_circuit_observable(built, 0, 1, "IZ"));
    assert_same_circuit(read, built);
    assert_same_function(context, read, built, 0);
    qnn_circuit_destroy(read);
    qnn_circuit_destroy(built);
}

/* ---- rules ------------------------------------------------------------------------------------ */

/* The one rotation of "qubit q; <declarations> rx(<angle>) q;" */
static qnni_gate rotation_of(const char *declarations, const char *angle)
{
    char text[512];
    snprintf(text, sizeof text, "qubit q; %s rx(%s) q;", declarations, angle);
    qnn_circuit *circuit = circuit_of_text(context, text);
    assert_int_equal(circuit->gate_count, 1);
    const qnni_gate gate = circuit->gates[0];
    qnn_circuit_destroy(circuit);
    return gate;
}

static void angles(void **state)
{
    (void)state;
    static const char inputs[] =
        "input float a; input angle[32] b; input array[float[64], 3] c; input float x; "
        "input array[angle, 2] x_; const int two = 2; const float[64] k = -two*pi;";
    static const struct {
        const char *text;
        int32_t source;
        int64_t index;
        double scale, shift;
    } cases[] = {
        {"a", QNN_THETA, 0, 1, 0},
        {"b", QNN_THETA, 1, 1, 0},
        {"c[0]", QNN_THETA, 2, 1, 0},
        {"c[two]", QNN_THETA, 4, 1, 0},
        {"c[(two - 1)*2]", QNN_THETA, 4, 1, 0},
        {"x", QNN_INPUT, 0, 1, 0},
        {"x_[1]", QNN_INPUT, 2, 1, 0},
        {"-a", QNN_THETA, 0, -1, 0},
        {"--a", QNN_THETA, 0, 1, 0},
        {"+a - -3", QNN_THETA, 0, 1, 3},
        {"2*a + pi/2", QNN_THETA, 0, 2, PI / 2},
        {"a*2", QNN_THETA, 0, 2, 0},
        {"a/4", QNN_THETA, 0, 0.25, 0},
        {"3 - a", QNN_THETA, 0, -1, 3},
        {"(a + 1)*(2 - 4)/4 - 5", QNN_THETA, 0, -0.5, -5.5},
        {"a + 2*a - a/2", QNN_THETA, 0, 2.5, 0},
        {"a - a + 1", QNN_CONSTANT, 0, 0, 1},
        {"0*b", QNN_CONSTANT, 0, 0, 0},
        {"a*0 + b", QNN_THETA, 1, 1, 0},
        {"pi", QNN_CONSTANT, 0, 0, PI},
        {"\xCF\x80/2", QNN_CONSTANT, 0, 0, PI / 2},
        {"tau - \xCF\x84", QNN_CONSTANT, 0, 0, 0},
        {"euler", QNN_CONSTANT, 0, 0, 2.71828182845904523536},
        {"\xE2\x84\x87", QNN_CONSTANT, 0, 0, 2.71828182845904523536},
        {"k", QNN_CONSTANT, 0, 0, -2 * PI},
        {"1 - 2 - 3", QNN_CONSTANT, 0, 0, -4},
        {"8 / 2 / 2", QNN_CONSTANT, 0, 0, 2},
        {"1/2", QNN_CONSTANT, 0, 0, 0.5},
        {"1e-3*a", QNN_THETA, 0, 1e-3, 0},
        {"0.1 /* tenth */ // of one\n", QNN_CONSTANT, 0, 0, 0.1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const qnni_gate gate = rotation_of(inputs, cases[i].text);
        assert_int_equal(gate.source, cases[i].source);
        assert_int_equal(gate.angle.index, cases[i].index);
        assert_true(gate.angle.scale == cases[i].scale);
        assert_true(gate.angle.shift == cases[i].shift);
    }
}

static void names_say_what_is_x(void **state)
{
    (void)state;
    static const char *const inputs[] = {"x", "x0", "x_1", "_x_0_", "X", "X12", "__x", "x_y"};
    static const char *const thetas[] = {"theta",    "y",         "xi",  "xs0", "_theta_x",
                                         "\xCE\xB8", "x\xCE\xB8", "w_x", "_"};
    char text[128];
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
        snprintf(text, sizeof text, "input float %s;", inputs[i]);
        assert_int_equal(rotation_of(text, inputs[i]).source, QNN_INPUT);
        snprintf(text, sizeof text, "\npragma moefield theta %s\ninput float %s;", inputs[i], inputs[i]);
        assert_int_equal(rotation_of(text, inputs[i]).source, QNN_THETA);
    }
    for (size_t i = 0; i < sizeof thetas / sizeof thetas[0]; i++) {
        snprintf(text, sizeof text, "input float %s;", thetas[i]);
        assert_int_equal(rotation_of(text, thetas[i]).source, QNN_THETA);
        snprintf(text, sizeof text, "\n#pragma moefield input %s\r\ninput float %s;", thetas[i], thetas[i]);
        assert_int_equal(rotation_of(text, thetas[i]).source, QNN_INPUT);
    }
}

static void registers(void **state)
{
    (void)state;
    qnn_circuit *circuit = circuit_of_text(
        context,
        "OPENQASM 3; qubit[2] a; qubit b; qreg c[3]; creg d[3]; bit e; reset c; x c[1]; y c[-3]; cx b, c;"
        "cz a[1], b; barrier a, c[0]; barrier; d = measure c; e = measure b; measure a[0] -> d[0];"
        "bit[1] f = measure a[1];");
    const struct {
        const char *name;
        uint32_t first, second;
    } want[] = {{"X", 16, 0}, {"Y", 8, 0}, {"CNOT", 4, 8}, {"CNOT", 4, 16}, {"CNOT", 4, 32}, {"CZ", 2, 4}};
    assert_int_equal(circuit->qubits, 6);
    assert_int_equal(circuit->gate_count, 6);
    for (int g = 0; g < 6; g++) {
        assert_ptr_equal(circuit->gates[g].matrix, qnni_fixed_gate_named(want[g].name)->matrix);
        assert_int_equal(circuit->gates[g].bit[0], want[g].first);
        assert_int_equal(circuit->gates[g].bit[1], want[g].second);
    }
    qnn_circuit_destroy(circuit);
}

static void observables(void **state)
{
    (void)state;
    qnn_circuit *circuit = circuit_of_text(context, "pragma moefield observable 2 -1.5e-1 XIY\nqubit[3] q;\n"
                                                    "pragma moefield observable 0 2 ZII\n"
                                                    "pragma moefield observable 2 .5 XIY\n"
                                                    "pragma others are skipped ? ;\n"
                                                    "pragma moefield observable 2 +1 III");
    assert_int_equal(circuit->outputs, 3);
    assert_int_equal(circuit->term_count, 3);
    assert_close(circuit->terms[0].coefficient, 0.35, 0);
    assert_int_equal(circuit->terms[0].pauli.x, 5);
    assert_int_equal(circuit->terms[0].pauli.z, 4);
    assert_int_equal(circuit->terms[1].output, 0);
    assert_int_equal(circuit->terms[2].pauli.x | circuit->terms[2].pauli.z, 0);
    qnn_circuit_destroy(circuit);
    circuit = circuit_of_text(context, "qubit q; pragma moefield outputs 4\n");
    assert_int_equal(circuit->outputs, 4);
    assert_int_equal(circuit->term_count, 0);
    qnn_circuit_destroy(circuit);
    circuit = circuit_of_text(context, "qubit[2] q;");
    assert_int_equal(circuit->outputs, 1);
    assert_int_equal(circuit->term_count, 1);
    assert_int_equal(circuit->terms[0].pauli.z, 1);
    assert_int_equal(circuit->parameters, 1);
    assert_int_equal(circuit->inputs, 1);
    qnn_circuit_destroy(circuit);
}

static void definitions(void **state)
{
    (void)state;
    qnn_circuit *circuit =
        circuit_of_text(context, "input float t; qubit[2] q; const float k = 0.5;\n"
                                 "gate h a { x a; }\n"
                                 "gate deep(a, b) q, r { h q; rx(a*k) r; barrier q, r; ry(b - a) q; }\n"
                                 "gate deeper() r, q { deep(2, t0) q, r; }\n"
                                 "gate deepest(t) q { deep(1, t) q, q; }\n"
                                 "deep(2, 4*t) q[1], q[0];");
    assert_int_equal(circuit->gate_count, 3);
    assert_ptr_equal(circuit->gates[0].matrix, qnni_fixed_gate_named("X")->matrix); /* not H: defined anew */
    assert_true(circuit->gates[1].angle.shift == 1);
    assert_true(circuit->gates[2].angle.scale == 4 && circuit->gates[2].angle.shift == -2);
    qnn_circuit_destroy(circuit);
}

/* ---- errors ----------------------------------------------------------------------------------- */

/* what is skipped would change the function in silence */
static void braket_pragmas(void **state)
{
    (void)state;
    static const struct {
        const char *line, *sentence;
    } cases[] = {
        {"noise bit_flip(0.1) q[0]", "line 2, column 22: noise is not read"},
        {"unitary [[0, 1], [1, 0]] q[0]", "line 2, column 24: expected '(', found '['"},
        {"unitary([[0]]) q[0]",
         "line 2, column 25: a row of 1 numbers; a matrix on 1 or 2 qubits has 2 or 4"},
        {"unitary([[1, 0, 0, 0, 0, 0, 0, 0]]) q[0]", "line 2, column 25: a row of 8 numbers; a matrix on"},
        {"unitary([[0, 1], [1]]) q[0]",
         "line 2, column 33: a row of 1 numbers in a matrix with 2 in the first"},
        {"unitary([[0, 1]]) q[0]", "line 2, column 31: expected ',', found ']'"},
        {"unitary([[0, 1], [1, 0], [0, 0]]) q[0]", "line 2, column 39: expected ']', found ','"},
        {"unitary([[0, 1i], [1, 0]]) q[0]", "line 2, column 30: expected ']', found 'i'"},
        {"unitary([[0, t], [1, 0]]) q[0]", "line 2, column 29: expected a number, found 't'"},
        {"unitary([[0, 1], [1, 0]]) q[0], q[1]", "line 2, column 42: a matrix on 1 qubits for 2"},
        {"unitary([[0, 1], [1, 0]])", "line 2, column 41: expected a qubit, found the end"},
        {"unitary([[0, 1], [1, 0]]) q[0];", "line 2, column 46: expected the end of the line, found ';'"},
        {"unitary([[0, 1], [1, 1]]) q[0]", "line 2, column 23: matrix U is not unitary"},
        {"unitary([[0, 1e400], [1, 0]]) q[0]", "line 2, column 29: a number is too large"},
        {"unitary([[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]) q[0], q[0]",
         "line 2, column 23: qubit 0 is named twice"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "qubit[2] q; input float t;\n#pragma braket %s\nx q[1];", cases[i].line);
        qnn_circuit *circuit = NULL;
        assert_int_equal(qnn_circuit_read(context, text, (int64_t)strlen(text), &circuit), MOE_ERROR_SYNTAX);
        assert_null(circuit);
        if (!strstr(moe_context_error(context), cases[i].sentence))
            fail_msg("%s\n%s\nnot: %s", text, moe_context_error(context), cases[i].sentence);
    }
    qnn_circuit_destroy(
        circuit_of_text(context, "qubit[2] q;\n#pragma braket result z(q[0])\n#pragma braket\n"
                                 "#pragma braket unitary([[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1im]]) q"));
    qnn_circuit *circuit = NULL;
    const char *late = "qubit q; bit b; b = measure q;\n#pragma braket unitary([[0, 1], [1, 0]]) q";
    assert_int_equal(qnn_circuit_read(context, late, (int64_t)strlen(late), &circuit), MOE_ERROR_SYNTAX);
    assert_non_null(strstr(moe_context_error(context), "a gate on qubit 0, which has been measured"));
}

static void errors_have_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        /* the whole */
        {"", "line 1, column 1: expected a qubit's declaration, found the end"},
        {"OPENQASM 2.0;", "line 1, column 10: expected version 3, found '2.0'"},
        {"OPENQASM 3.0", "line 1, column 13: expected ';', found the end"},
        {"OPENQASM 33;", "line 1, column 10: expected version 3, found '33'"},
        {"qubit q;\nOPENQASM 3;",
         "line 2, column 1: expected a declaration or a gate, found 'OPENQASM', which is not "
         "read after the first statement"},
        {"include \"qelib1.inc\";", "line 1, column 9: expected \"stdgates.inc\", found '\"qelib1.inc\"'"},
        {"include \"stdgates.inc;",
         "line 1, column 9: expected \"stdgates.inc\", found '\"stdgates.inc;', which does "
         "not end"},
        {"qubit q;\n/* no end",
         "line 2, column 1: expected a statement, found '/* no end', which does not end"},
        {"qubit q;\n\n  for i in [0:2] { x q; }",
         "line 3, column 3: expected a declaration or a gate, found 'for', "
         "which is not read"},
        {"\xCE\xB8 @", "line 1, column 1: no gate is named '?' here"},
        {"/* \xCE\xB8 */ 5", "line 1, column 9: expected a statement, found '5'"},
        {"qubit q; \x01", "line 1, column 10: expected a statement, found the byte 0x01"},
        {"qubit q; x q", "line 1, column 13: expected ';', found the end"},
        /* declarations */
        {"qubit[31] q;", "line 1, column 11: more than 30 qubits"},
        {"qubit[16] q; qubit[15] r;", "line 1, column 24: more than 30 qubits"},
        {"qubit[0] q;",
         "line 1, column 7: the size of a register is 0; it takes an integer in 1 ... 2147483647"},
        {"qubit[1.5] q;", "line 1, column 7: the size of a register is 1.5"},
        {"qubit[n] q;", "line 1, column 7: expected a number, an input or a const, found 'n'"},
        {"qubit q; qubit q;", "line 1, column 16: 'q' is declared before"},
        {"qubit 3;", "line 1, column 7: expected a name, found '3'"},
        {"input int n;", "line 1, column 7: expected float, angle, or an array of them, found 'int'"},
        {"input array[float[64], 2, 2] n;", "line 1, column 25: expected ']', found ','"},
        {"input array[float[64], 0] n;", "line 1, column 24: the size of an array is 0"},
        {"input array[float, 16777217] n;",
         "line 1, column 20: the size of an array is 16777217; it takes an integer in 1 ... 16777216"},
        {"input array[float, 16777216] n; input float m;",
         "line 1, column 45: more than 16777216 parameters theta"},
        {"input float x; input array[float, 16777216] x1;", "line 1, column 45: more than 16777216 inputs x"},
        {"pragma moefield outputs 65537",
         "line 1, column 25: the number of outputs is 65537; it takes an integer in 1 ... 65536"},
        {"pragma moefield observable 65536 1 Z",
         "line 1, column 28: the output is 65536; it takes an integer in 0 ... 65535"},
        {"input float a; const float b = a;", "line 1, column 32: expected a constant, found an input"},
        {"const float b = b;", "line 1, column 17: expected a number, an input or a const, found 'b'"},
        {"const bool b = 1;", "line 1, column 7: expected float, angle, int or uint, found 'bool'"},
        {"output float a;", "line 1, column 1: expected a declaration or a gate, found 'output'"},
        /* gates */
        {"qubit q; foo q;", "line 1, column 10: no gate is named 'foo' here"},
        {"qubit q; x r;", "line 1, column 12: expected a qubit, found 'r'"},
        {"qubit[2] q; x q[2];", "line 1, column 17: an index is 2; it takes an integer in -2 ... 1"},
        {"qubit[2] q; x q[0:1];", "line 1, column 18: expected ']', found ':'"},
        {"qubit q; x q[0];", "line 1, column 13: expected ';', found '['"},
        {"qubit[2] q; cx q[0];", "line 1, column 20: expected ',', found ';'"},
        {"qubit[2] q; x q[0], q[1];", "line 1, column 19: expected ';', found ','"},
        {"qubit[2] q; cx q[0], q[0];", "line 1, column 13: qubit 0 is named twice"},
        {"qubit[2] q; cx q, q;", "line 1, column 13: qubit 0 is named twice"},
        {"qubit[2] q; qubit[3] r; cx q, r;", "line 1, column 31: a register of 3 qubits beside one of 2"},
        {"qubit q; rx q;", "line 1, column 13: expected 1 angles, found 0"},
        {"qubit q; rx() q;", "line 1, column 12: expected 1 angles, found 0"},
        {"qubit q; rx(1, 2) q;", "line 1, column 12: expected 1 angles, found 2"},
        {"qubit q; x(1) q;", "line 1, column 11: expected 0 angles, found 1"},
        {"qubit q; rx(1 q;", "line 1, column 15: expected ')', found 'q'"},
        /* angles */
        {"input float a; input float b; qubit q;\nrx(a + b) q;",
         "line 2, column 6: an angle takes one input, not a sum "
         "or a difference of two"},
        {"input float a; input float x; qubit q;\nrx(a - x) q;",
         "line 2, column 6: an angle takes one input"},
        {"input float a; input float x; qubit q;\nrx(2*a*x) q;",
         "line 2, column 7: an angle is linear in its input, not "
         "a product of two"},
        {"input float a; qubit q; rx(a*a) q;", "line 1, column 29: an angle is linear"},
        {"input float a; qubit q; rx(1/a) q;",
         "line 1, column 29: an angle is linear in its input, which cannot divide"},
        {"qubit q; rx(1/0) q;", "line 1, column 14: a division by 0"},
        {"qubit q; rx(1e999) q;", "line 1, column 13: a number is too large"},
        {"qubit q; rx(1e300*1e300) q;", "line 1, column 18: a number is too large"},
        {"qubit q; rx(sin(1)) q;", "line 1, column 13: expected a number, an input or a const, found 'sin'"},
        {"qubit q; rx(2**3) q;", "line 1, column 15: expected a number, an input or a const, found '*'"},
        {"qubit q; rx(q) q;", "line 1, column 13: expected a number, an input or a const, found 'q'"},
        {"input array[float, 2] a; qubit q; rx(a) q;", "line 1, column 39: expected '[', found ')'"},
        {"input array[float, 2] a; qubit q; rx(a[2]) q;",
         "line 1, column 40: an index is 2; it takes an integer in 0 "
         "... 1"},
        {"input array[float, 2] a; qubit q; rx(a[a[0]]) q;",
         "line 1, column 40: expected a constant, found an input"},
        /* modifiers */
        {"qubit q; inv x q;", "line 1, column 14: expected '@', found 'x'"},
        {"qubit q; pow @ x q;", "line 1, column 14: expected '(' and an integer power, found '@'"},
        {"qubit q; pow(1/2) @ x q;", "line 1, column 14: the power is 0.5; it takes an integer"},
        {"qubit[9] q; ctrl(7) @ x q[0];",
         "line 1, column 18: the number of controls is 7; it takes an integer in 1 ... 6"},
        {"qubit[9] q; ctrl(6) @ ctrl @ x q[0];", "line 1, column 28: more than 6 controls"},
        {"qubit[9] q; ctrl(6) @ cx q[0], q[1], q[2], q[3], q[4], q[5], q[6], q[7];",
         "line 1, column 23: more than 6 "
         "controls"},
        {"qubit[2] q; ctrl @ U(1, 2, 3) q[0], q[1];", "line 1, column 20: U is not read under ctrl"},
        {"qubit[2] q; ctrl @ x q[0], q[0];", "line 1, column 20: qubit 0 is named twice"},
        {"gate g a, b { ctrl @ x a, b; } qubit[3] q; ctrl @ g q[0], q[1], q[1];",
         "line 1, column 51: qubit 1 is named "
         "twice"},
        /* definitions */
        {"gate g a { x a;", "line 1, column 16: expected '}', found the end"},
        {"gate g a { x a; { } }", "line 1, column 17: expected '}', found '{'"},
        {"gate g { }", "line 1, column 8: expected a qubit, found '{'"},
        {"gate g(a, a) q { }", "line 1, column 11: a parameter is named twice"},
        {"gate g(a) q, q { }", "line 1, column 14: a qubit is named twice"},
        {"gate g(1) q { }", "line 1, column 8: expected a parameter, found '1'"},
        {"gate g a { }\ngate g a { }", "line 2, column 6: 'g' is declared before"},
        {"gate g a { y b; }\nqubit q; g q;",
         "line 1, column 14: expected a qubit of the definition, found 'b'"},
        {"gate g a {\n g a; }\nqubit q; g q;", "line 2, column 2: no gate is named 'g' here"},
        {"gate f a { g a; } gate g a { }\nqubit q; f q;", "line 1, column 12: no gate is named 'g' here"},
        {"qubit q; input float t; gate g(t) a { rx(s) a; } input float s; g(t) q;",
         "line 1, column 42: expected a "
         "number, an input or a const, found 's'"},
        {"gate g(s, t) a { rx(s + t) a; } input float a; input float b; qubit q; g(a, b) q;",
         "line 1, column 23: an "
         "angle takes one input"},
        {"gate g a { measure a; }\nqubit q; g q;", "line 1, column 12: no gate is named 'measure' here"},
        {"gate g a { x a[0]; }\nqubit q; g q;", "line 1, column 15: expected ';', found '['"},
        /* measurements */
        {"qubit q; measure q; x q;", "line 1, column 21: a gate on qubit 0, which has been measured"},
        {"qubit[2] q; bit[2] c = measure q; cx q[0], q[1];", "line 1, column 35: a gate on qubit 0"},
        {"qubit q; x q; reset q;", "line 1, column 21: a reset of a qubit that is no longer |0>"},
        {"qubit q; measure q; reset q;", "line 1, column 27: a reset of a qubit"},
        {"qubit q; bit c; c = x q;", "line 1, column 21: expected 'measure', found 'x'"},
        {"qubit q; measure q -> c;", "line 1, column 23: expected a bit, found 'c'"},
        {"qubit q; barrier r;", "line 1, column 18: expected a qubit, found 'r'"},
        /* pragmas */
        {"pragma moefield",
         "line 1, column 16: expected input, theta, unitary, outputs or observable, found the end"},
        {"\npragma moefield color 3\n",
         "line 2, column 17: expected input, theta, unitary, outputs or observable, "
         "found 'color'"},
        {"pragma moefield observable 0 1\nqubit q;",
         "line 1, column 31: expected a Pauli string, one of I, X, Y, Z for "
         "each qubit, found the end"},
        {"pragma moefield observable 0 1 ZQ\n",
         "line 1, column 32: expected a Pauli string, one of I, X, Y, Z for each "
         "qubit, found 'ZQ'"},
        {"pragma moefield observable 0 Z\n", "line 1, column 30: expected a number, found 'Z'"},
        {"pragma moefield observable -1 1 Z\n",
         "line 1, column 28: the output is -1; it takes an integer in 0 ..."},
        {"pragma moefield observable 0 1 Z Z\n",
         "line 1, column 34: expected the end of the line, found 'Z'"},
        {"pragma moefield observable 0 1 Z\nqubit[2] q;",
         "line 1, column 32: a Pauli string of 1 letters for 2 qubits"},
        {"pragma moefield observable 0 1 Z\npragma moefield observable 0 1 ZZ\n",
         "line 2, column 32: a Pauli string of "
         "2 letters after one of 1"},
        {"qubit q; pragma moefield outputs 2\npragma moefield observable 2 1 Z",
         "line 2, column 28: output 2 of 2 "
         "outputs"},
        {"pragma moefield observable 0 1e308 Z\npragma moefield observable 0 1e308 Z\n",
         "line 2, column 28: the coefficients of a string sum to a number that is too large"},
        {"pragma moefield outputs 0\n", "line 1, column 25: the number of outputs is 0"},
        {"pragma moefield outputs 1\npragma moefield outputs 1\n",
         "line 2, column 25: the outputs are counted before"},
        {"qubit q; input float a; pragma moefield theta a\n",
         "line 1, column 47: 'a' is declared before its pragma"},
        {"pragma moefield theta a\nqubit q;",
         "line 1, column 23: the name in this pragma is not declared after it"},
        {"pragma moefield theta a\nqubit a;", "line 2, column 7: 'a' is something else in a pragma before"},
        {"pragma moefield unitary u 1 0\n", "line 1, column 27: expected 8 or 32 numbers, found 2"},
        {"pragma moefield unitary u 1 0 0 0 0 0 0 x\n", "line 1, column 41: expected a number, found 'x'"},
        {"pragma moefield unitary u 1 0 0 0 0 0 1 0\ngate u a, b { }",
         "line 2, column 6: the matrix in its pragma is "
         "that of a gate on 1 qubits, without angles"},
        {"pragma moefield unitary u 1 0 0 0 0 0 2 0\ngate u a { } qubit q;\nu q;",
         "line 3, column 1: matrix U is not "
         "unitary"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        qnn_circuit *circuit = (qnn_circuit *)&context;
        const int32_t status =
            qnn_circuit_read(context, cases[i].text, (int64_t)strlen(cases[i].text), &circuit);
        if (status != MOE_ERROR_SYNTAX || circuit || !strstr(moe_context_error(context), cases[i].sentence))
            fail_msg("%s\n%s: %s\nnot: %s", cases[i].text, moe_status_name(status),
                     moe_context_error(context), cases[i].sentence);
    }
}

static void bad_arguments(void **state)
{
    (void)state;
    qnn_circuit *circuit = (qnn_circuit *)&context;
    assert_int_equal(qnn_circuit_read(NULL, "", 0, &circuit), MOE_ERROR_NULL);
    assert_null(circuit);
    assert_fails(context, MOE_ERROR_NULL, "text", qnn_circuit_read(context, NULL, 0, &circuit));
    assert_fails(context, MOE_ERROR_NULL, "circuit", qnn_circuit_read(context, "", 0, NULL));
    assert_fails(context, MOE_ERROR_SIZE, "length is -1", qnn_circuit_read(context, "", -1, &circuit));
}

/* ---- memory ----------------------------------------------------------------------------------- */

static int32_t read_file(moe_context *within, void *self)
{
    qnn_circuit *circuit = NULL;
    const int32_t status = qnn_circuit_read(within, self, (int64_t)strlen(self), &circuit);
    qnn_circuit_destroy(circuit);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    char *text = text_of_file("tests/qasm/qiskit.qasm");
    assert_true(failing_sweep(read_file, text) > 10);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(qiskit),
        cmocka_unit_test(braket),
        cmocka_unit_test(the_demo),
        cmocka_unit_test(angles),
        cmocka_unit_test(names_say_what_is_x),
        cmocka_unit_test(registers),
        cmocka_unit_test(observables),
        cmocka_unit_test(definitions),
        cmocka_unit_test(braket_pragmas),
        cmocka_unit_test(errors_have_their_place),
        cmocka_unit_test(bad_arguments),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
