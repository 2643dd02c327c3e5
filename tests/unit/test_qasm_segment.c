/* test_qasm_segment.c - runs of gates: rotations in disguise, and what only looks like one.
 *
 * SPDX-License-Identifier: MIT */
#include "support/qasm.h"
#include "support/random_circuit.h"

enum { QUBITS = 4, MOST = 4096 };

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

/* Clifford gates with their inverses */
static const struct {
    const char *gate, *inverse;
    int qubits;
} cliffords[] = {
    {"h", "h", 1},
    {"x", "x", 1},
    {"y", "y", 1},
    {"z", "z", 1},
    {"s", "sdg", 1},
    {"sdg", "s", 1},
    {"sx", "sxdg", 1},
    {"rx(pi/2)", "inv @ rx(pi/2)", 1},
    {"ry(-pi/2)", "ry(pi/2)", 1},
    {"rz(pi)", "rz(-pi)", 1},
    {"cx", "cx", 2},
    {"cz", "cz", 2},
    {"swap", "swap", 2},
    {"rzx(pi/2)", "rzx(-pi/2)", 2},
};
enum { CLIFFORDS = sizeof cliffords / sizeof cliffords[0] };

/* before <- C, after <- C^-1, for `count` random gates on the definition's qubits a, b, c, d */
static void random_clifford(uint64_t *seed, int count, char *before, char *after)
{
    before[0] = after[0] = 0;
    for (int i = 0; i < count; i++) {
        const int k = (int)test_integer(seed, CLIFFORDS);
        int64_t at[2];
        char qubits[16], one[80];
        random_qubits(seed, QUBITS, at);
        snprintf(qubits, sizeof qubits, "%c, %c", "abcd"[at[0]], "abcd"[at[1]]);
        if (cliffords[k].qubits == 1)
            qubits[1] = 0;
        snprintf(one, sizeof one, "%s %s;", cliffords[k].gate, qubits);
        strcat(before, one);
        snprintf(one, sizeof one, "%s %s;", cliffords[k].inverse, qubits);
        const size_t length = strlen(one);
        memmove(after + length, after, strlen(after) + 1);
        memcpy(after, one, length);
    }
}

/* The body behind a random start, once inside a definition and once outside: *inside and *outside. */
static void read_both(const char *body, qnn_circuit **inside, qnn_circuit **outside)
{
    static const char head[] = "input float t; input float x; qubit a; qubit b; qubit c; qubit d;"
                               "h a; ry(0.3) b; crx(x) a, c; t d; h d; cu(1, 2, 3, 4) d, b;";
    static const char tail[] = "ry(x) a; crx(0.4) b, d;\npragma moefield observable 0 1 ZXYI\n"
                               "pragma moefield observable 1 1 YIZZ\n";
    char text[3 * MOST];
    snprintf(text, sizeof text, "%s gate g(t) a, b, c, d { %s } g(2 * t + 0.5) a, b, c, d; %s", head, body,
             tail);
    *inside = circuit_of_text(context, text);
    char *outer = malloc(3 * MOST);
    assert_non_null(outer);
    snprintf(outer, 3 * MOST, "%s", head);
    for (const char *c = body; *c; c++) /* the parameter's name stands for the angle */
        if (c[0] == 't' && c[1] == ')')
            strcat(outer, "(2 * t + 0.5)");
        else
            strncat(outer, c, 1);
    strcat(outer, tail);
    *outside = circuit_of_text(context, outer);
    free(outer);
}

static void conjugated_rotations_become_one(void **state)
{
    (void)state;
    uint64_t seed = 31;
    for (int i = 0; i < 300; i++) {
        char before[MOST], after[MOST], body[3 * MOST];
        qnn_circuit *inside, *outside;
        random_clifford(&seed, 1 + i % 9, before, after);
        snprintf(body, sizeof body, "%s %s(t) %s; %s", before, i % 2 ? "rz" : "ryy", i % 2 ? "c" : "d, a",
                 after);
        read_both(body, &inside, &outside);
        const int64_t extra = outside->gate_count - inside->gate_count;
        assert_true(extra >= 2 * (1 + i % 9));
        assert_same_function(context, inside, outside, 1e-13);
        qnn_circuit_destroy(inside);
        qnn_circuit_destroy(outside);
    }
}

/* C^-1 lacks a gate, has one too many, or belongs to another C; or two rotations: nothing is contracted. */
static void what_only_looks_like_one_stays(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "h a; rz(t) a; s a; h a;",     "cx a, b; rz(t) b;",
        "cx a, b; rz(t) b; cx b, a;",  "s a; rx(t) a; s a;",
        "h a; rz(t) a; rx(t) b; h a;", "h a; rz(t) a; h b;",
        "t a; rx(t) a; tdg a;",        "ry(pi/3) a; rx(t) a; ry(-pi/3) a;",
        "h a; cx a, b; h a;",          "x a; rz(t) a; sx a;",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        qnn_circuit *inside, *outside;
        read_both(bodies[i], &inside, &outside);
        assert_int_equal(inside->gate_count, outside->gate_count);
        assert_same_circuit(inside, outside);
        qnn_circuit_destroy(inside);
        qnn_circuit_destroy(outside);
    }
}

/* inv @ of a definition, against its gates inverted by hand; its matrix too */
static void inverses(void **state)
{
    (void)state;
    static const char forward[] =
        "h a; s b; t c; rx(0.3) a; cx a, c; crz(0.7) b, d; ch a, d; csx c, b; swap a, d;";
    static const char back[] =
        "swap a, d; inv @ csx c, b; ch a, d; inv @ crz(0.7) b, d; cx a, c; rx(-0.3) a; tdg c; sdg b; h a;";
    char text[1024];
    qnn_circuit *inside, *outside, *identity;
    snprintf(text, sizeof text,
             "gate f a, b, c, d { %s } qubit[4] q; ry(0.2) q; gate g a, b, c, d { inv @ f a, b, c, d; } g "
             "q[0], q[1], q[2], q[3];",
             forward);
    inside = circuit_of_text(context, text);
    snprintf(text, sizeof text, "gate g a, b, c, d { %s } qubit[4] q; ry(0.2) q; g q[0], q[1], q[2], q[3];",
             back);
    outside = circuit_of_text(context, text);
    assert_same_circuit(inside, outside);
    snprintf(text, sizeof text, "qubit a; qubit b; qubit c; qubit d; ry(0.2) a; %s %s", forward, back);
    identity = circuit_of_text(context, text);
    qnn_circuit *plain = circuit_of_text(context, "qubit[4] q; ry(0.2) q[0];");
    assert_same_function(context, identity, plain, 1e-14);
    qnn_circuit_destroy(plain);
    qnn_circuit_destroy(identity);
    qnn_circuit_destroy(inside);
    qnn_circuit_destroy(outside);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conjugated_rotations_become_one),
        cmocka_unit_test(what_only_looks_like_one_stays),
        cmocka_unit_test(inverses),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
