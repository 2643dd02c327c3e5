/* test_qasm_hostile.c - texts that are broken, endless, or made to cost more than they should.
 *
 * Every text is handed over in a block of exactly its length, so that the address sanitizer and valgrind see
 * a byte read behind it.
 *
 * SPDX-License-Identifier: MIT */
#include "support/qasm.h"

enum { MANY = 100000 };

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

/* Reads the bytes: a circuit, which can be written and read again, or a syntax error. */
static int32_t read_bytes(const char *bytes, size_t length)
{
    char *block = malloc(length ? length : 1);
    assert_non_null(block);
    memcpy(block, bytes, length);
    qnn_circuit *circuit = NULL;
    const int32_t status = qnn_circuit_read(context, block, (int64_t)length, &circuit);
    free(block);
    assert_int_equal(!circuit, !!status);
    if (!status) {
        char *text = text_of_circuit(context, circuit);
        qnn_circuit *again = circuit_of_text(context, text);
        assert_same_circuit(circuit, again);
        qnn_circuit_destroy(again);
        free(text);
    } else if (status != MOE_ERROR_SYNTAX || !strstr(moe_context_error(context), "line "))
        fail_msg("%s: %s", moe_status_name(status), moe_context_error(context));
    qnn_circuit_destroy(circuit);
    return status;
}

static void assert_refused(const char *text, const char *sentence)
{
    assert_int_equal(read_bytes(text, strlen(text)), MOE_ERROR_SYNTAX);
    if (!strstr(moe_context_error(context), sentence))
        fail_msg("%s\nnot: %s", moe_context_error(context), sentence);
}

static const char *const files[] = {"tests/qasm/qiskit.qasm", "tests/qasm/braket.qasm",
                                    "docs/examples/circuit.qasm"};

static void cut_at_every_byte(void **state)
{
    (void)state;
    for (int f = 0; f < 3; f++) {
        char *text = text_of_file(files[f]);
        for (size_t length = 0; length <= strlen(text); length++)
            read_bytes(text, length);
        free(text);
    }
}

/* one to four random bytes changed, dropped, or doubled */
static void flipped_bytes(void **state)
{
    (void)state;
    uint64_t seed = 41;
    for (int i = 0; i < 6000; i++) {
        char *text = text_of_file(files[i % 3]);
        size_t length = strlen(text);
        for (int k = 0; k <= i % 4; k++) {
            const size_t at = (size_t)(test_uniform(&seed) * (double)(length - 1));
            const int how = (int)(4 * test_uniform(&seed));
            if (how == 0)
                text[at] = (char)(256 * test_uniform(&seed));
            else if (how == 1)
                text[at] = "(){}[];,*/-+@\"x0 \n"[(int)(18 * test_uniform(&seed))];
            else if (how == 2)
                memmove(text + at, text + at + 1, length-- - at - 1);
            else
                memmove(text + at + 1, text + at, length++ - at);
        }
        read_bytes(text, length);
        free(text);
    }
}

/* head, `count` times `piece`, tail */
static char *repeated(const char *head, const char *piece, int count, const char *tail)
{
    const size_t length = strlen(piece);
    char *text = malloc(strlen(head) + length * (size_t)count + strlen(tail) + 1);
    assert_non_null(text);
    char *end = stpcpy(text, head);
    for (int i = 0; i < count; i++, end += length)
        memcpy(end, piece, length);
    strcpy(end, tail);
    return text;
}

static void assert_repeated_refused(const char *head, const char *piece, const char *tail,
                                    const char *sentence)
{
    char *text = repeated(head, piece, MANY, tail);
    assert_refused(text, sentence);
    free(text);
}

static void assert_repeated_read(const char *head, const char *piece, const char *tail)
{
    char *text = repeated(head, piece, MANY, tail);
    assert_int_equal(read_bytes(text, strlen(text)), MOE_OK);
    free(text);
}

static void endless_repetitions(void **state)
{
    (void)state;
    assert_repeated_refused("qubit q; rx(", "(", "", "nested more than 200 deep");
    assert_repeated_refused("input array[float, 9] a; qubit q; rx(", "a[", "", "nested more than 200 deep");
    assert_repeated_refused("qubit q; ", "inv @ ", "", "expected a gate, found the end");
    assert_repeated_refused("qubit q; ", "pow(9) @ ", "x q;", "too many gates");
    assert_repeated_refused("qubit q; ", "ctrl @ ", "x q;", "more than 6 controls");
    assert_repeated_refused("qubit q; ", "q", "", "a name of more than 255 bytes");
    assert_repeated_refused("gate g(a", ", a", ") q { }", "a parameter is named twice");
    assert_repeated_refused("gate g a { ", "g a; ", "", "expected '}', found the end");
    assert_repeated_refused("qubit q; x q", ", q", ";", "expected ';', found ','");
    assert_repeated_refused("qubit q; rx(1", ", 1", ") q;", "expected 1 angles, found 100001");
    assert_repeated_refused("", "\"", "", "expected a statement, found '\"\"'");
    assert_repeated_refused("pragma moefield unitary u", " 1", "\n",
                            "expected 8 or 32 numbers, found at least 33");
    assert_repeated_refused("qubit q;\n#pragma braket unitary([[1", ", 1", "]]) q",
                            "a row of 100001 numbers");
    assert_repeated_refused("qubit q;\n#pragma braket unitary(", "[", "", "expected a number, found '['");
    assert_repeated_refused("qubit q;\n#pragma braket unitary([[0, 1], [1, 0]]) q", ", q", "",
                            "a matrix on 1 qubits for 100001");
    assert_repeated_read("qubit q;\n#pragma braket unitary([[1", " + 0im", ", 0], [0, 1]]) q");
    assert_repeated_read("qubit q; rx(", "-", "1) q;");
    assert_repeated_read("qubit q; rx(1", "+1", ") q;");
    assert_repeated_read("qubit q; rx(", "0", "1) q;");
    assert_repeated_read("qubit q; rx(1e", "0", ") q;");
    assert_repeated_read("qubit q; ", "/**/", "");
    assert_repeated_read("qubit q; ", "\n", "");
    assert_repeated_read("qubit q; ", "x q;", "");
    assert_repeated_read("qubit q;\n", "pragma others\n", "");
    assert_repeated_read("qubit q;\n", "pragma moefield observable 7 1e-3 X\n", "");
}

/* a hundred thousand names, in order and all with the same beginning, and as many observables */
static void many_names(void **state)
{
    (void)state;
    char *text = malloc(MANY * 80), *end = text;
    assert_non_null(text);
    end += sprintf(end, "qubit[20] q;\n");
    for (int i = 0; i < MANY; i++)
        end += sprintf(end, "input float a%06d; rx(a%06d) q[3];\n", i, i);
    qnn_circuit *circuit = circuit_of_text(context, text);
    assert_int_equal(circuit->parameters, MANY);
    assert_int_equal(circuit->gate_count, MANY);
    qnn_circuit_destroy(circuit);
    end = text + sprintf(text, "qubit[20] q;\n");
    for (int i = 0; i < MANY; i++) {
        char letters[21] = "";
        for (int q = 0; q < 20; q++)
            letters[q] = "XZ"[i >> q & 1];
        end += sprintf(end, "pragma moefield observable 0 1 %s\n", letters);
    }
    circuit = circuit_of_text(context, text);
    assert_int_equal(circuit->term_count, MANY);
    qnn_circuit_destroy(circuit);
    free(text);
}

/* g1 calls g0 twice, g2 calls g1 twice, ... */
static void doubling_definitions(void **state)
{
    (void)state;
    static const char *const bodies[] = {"x a;", "", "h a; rz(0.1) a; h a;", "barrier a;", "inv @ t a;"};
    for (int b = 0; b < 5; b++) {
        char text[8192], *end = text + sprintf(text, "qubit q; gate g0 a { %s }\n", bodies[b]);
        for (int i = 1; i < 31; i++)
            end += sprintf(end, "gate g%d a { g%d a; g%d a; }\n", i, i - 1, i - 1);
        sprintf(end, "g30 q;");
        assert_refused(text, "too many gates");
        sprintf(end, "g12 q;");
        assert_int_equal(read_bytes(text, strlen(text)), MOE_OK);
        sprintf(end, "gate g31 a { g30 a; } gate g32 a { g31 a; } g32 q;");
        assert_refused(text, "definitions nested more than 32 deep");
    }
    assert_refused("qubit q; pow(2147483647) @ x q;", "too many gates");
    assert_refused("qubit q; pow(2147483647) @ pow(-2147483647) @ pow(2147483647) @ id q;", "too many gates");
    assert_refused(
        "gate g a, b, c, d, e, f, h { x a; } qubit[7] q; ctrl(6) @ pow(1000000) @ rx(1) q[0], q[1], q[2], "
        "q[3], q[4], q[5], q[6];",
        "too many gates");
}

static void bytes_of_all_kinds(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++)
        for (int where = 0; where < 3; where++) {
            char text[] = "qubit q;   rx(1 ) q; ";
            text[where == 0 ? 9 : where == 1 ? 15 : 20] = (char)byte;
            read_bytes(text, sizeof text - 1);
        }
    assert_int_equal(read_bytes("qubit q;\0x q;", 13), MOE_ERROR_SYNTAX);
    assert_non_null(
        strstr(moe_context_error(context), "line 1, column 9: expected a statement, found the byte 0x00"));
    assert_int_equal(read_bytes("qubit q; // \0\n", 14), MOE_OK);
}

/* the pieces of the grammar in any order */
static void random_pieces(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "qubit[2] q; ",
        "qubit r; ",
        "input float t; ",
        "input array[float[64], 3] x; ",
        "gate g(a) b, c { rx(a) b; cx b, c; h c; } ",
        "gate f a { h a; rz(0.3) a; h a; } ",
        "g(t) q[0], q[1]; ",
        "f q; ",
        "inv @ ",
        "ctrl @ ",
        "pow(2) @ ",
        "negctrl(2) @ ",
        "g(x[1]) q[0], r; ",
        "f r; ",
        "cx q, r; ",
        "rx(2*t - 1) q; ",
        "gphase(t); ",
        "barrier; ",
        "bit[2] c; ",
        "measure q; ",
        "c = measure q; ",
        "reset r; ",
        "const float k = pi; ",
        "u3(k, t, x[0]) r; ",
        "cu(1, t, t, k) r, q[1]; ",
        "swap q[0], q[1]; ",
        "\npragma moefield observable 0 1 ZZZ\n",
        "\npragma moefield outputs 2\n",
        "\npragma moefield input t\n",
        "\npragma moefield unitary f 1 0 0 0 0 0 0 1\n",
        "{",
        "}",
        "(",
        ")",
        ";",
        ",",
        "[",
        "]",
        "/* */",
        "//",
        "\n",
        "1e5",
        "\"",
        "-",
        ">",
        "=",
        "@",
    };
    enum { PIECES = sizeof pieces / sizeof pieces[0] };
    uint64_t seed = 43;
    int read = 0;
    for (int i = 0; i < 20000; i++) {
        char text[2048] = "qubit[2] q; qubit r; ";
        const int first = i % 2 ? PIECES : 30, count = 1 + i % 12;
        if (i % 3)
            strcat(text, "input float t; input float[64] x; gate f a { h a; rz(0.3) a; h a; } ");
        for (int k = 0; k < count; k++)
            strcat(text, pieces[(int)(first * test_uniform(&seed))]);
        read += read_bytes(text, strlen(text)) == MOE_OK;
    }
    assert_true(read > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_at_every_byte),    cmocka_unit_test(flipped_bytes),
        cmocka_unit_test(endless_repetitions),  cmocka_unit_test(many_names),
        cmocka_unit_test(doubling_definitions), cmocka_unit_test(bytes_of_all_kinds),
        cmocka_unit_test(random_pieces),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
