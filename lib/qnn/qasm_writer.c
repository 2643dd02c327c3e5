/* qasm_writer.c - circuits as OpenQASM 3 text.
 *
 *   declarations; definitions of what OpenQASM has no name for; the gates; the observables as pragmas
 *
 * A rotation about several qubits, say about X_0 Z_2, is the gate rxz. Its definition is the chain
 *
 *   exp(-i a P / 2) = C^-1 exp(-i a Z_last / 2) C,   C = CNOTs from each qubit to the next, after H on each X
 * and SDG, H on each Y: H X H = Z, and H SDG Y S H = Z,
 *
 * which the reader contracts again (qasm_segment.c). A unitary is the gate unitary0, unitary1, ... with its
 * matrix in a pragma and a decomposition as its body.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/circuit.h"
#include "qnn/gates.h"
#include "qnn/qasm_decompose.h"
#include "qnn/qasm_gates.h"
#include "qnn/qasm_names.h"
#include "qnn/qasm_number.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MOST_QUBITS = 30 };

typedef struct writer {
    const qnn_circuit *circuit;
    char *text;
    int64_t capacity, length; /* length: what the text so far takes, whether it fits or not */
    qnni_names defined;       /* strings of letters, and bytes of matrices: 1 + the number of the unitary */
    int64_t unitaries;
} writer;

/* A rotation's string without its I. */
typedef struct letters {
    int count;
    char letter[MOST_QUBITS + 1]; /* lower case */
    int qubit[MOST_QUBITS];
} letters;

/* ---- text ------------------------------------------------------------------------------------- */

static void put(writer *out, const char *text)
{
    const int64_t length = (int64_t)strlen(text);
    if (out->length <= out->capacity && length <= out->capacity - out->length && length)
        memcpy(out->text + out->length, text, (size_t)length);
    out->length += length;
}

/* At most 80 characters, and no doubles: their point is the locale's. */
static void print(writer *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void print(writer *out, const char *format, ...)
{
    char piece[128];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(piece, sizeof piece, format, arguments);
    va_end(arguments);
    put(out, piece);
}

static void put_number(writer *out, double x)
{
    char number[QNNI_NUMBER_LENGTH];
    qnni_number_write(x, number);
    put(out, number);
}

/* "name(a) q", unless a = 0 */
static void put_turn(writer *out, const char *name, double angle, const char *qubit)
{
    if (angle == 0)
        return;
    print(out, " %s(", name);
    put_number(out, angle);
    print(out, ") %s;", qubit);
}

/* "scale*v + shift", v by the source */
static void put_angle(writer *out, int32_t source, const qnni_angle *angle)
{
    if (source == QNN_CONSTANT) {
        put_number(out, angle->shift);
        return;
    }
    if (angle->scale == -1)
        put(out, "-");
    else if (angle->scale != 1) {
        put_number(out, angle->scale);
        put(out, "*");
    }
    print(out, "%s%lld", source == QNN_THETA ? "theta" : "x", (long long)angle->index);
    if (angle->shift != 0) {
        put(out, angle->shift < 0 ? " - " : " + ");
        put_number(out, angle->shift < 0 ? -angle->shift : angle->shift);
    }
}

/* ---- definitions ------------------------------------------------------------------------------ */

static letters letters_of(qnni_pauli p)
{
    letters string = {0};
    for (int q = 0; q < MOST_QUBITS; q++) {
        const uint32_t x = p.x >> q & 1, z = p.z >> q & 1;
        if (!x && !z)
            continue;
        string.letter[string.count] = x ? z ? 'y' : 'x' : 'z';
        string.qubit[string.count++] = q;
    }
    return string;
}

/* "q0, q1, ..." */
static void put_names(writer *out, int count)
{
    for (int i = 0; i < count; i++)
        print(out, "%sq%d", i ? ", " : " ", i);
}

/* C, or C^-1 */
static void put_chain(writer *out, const letters *string, bool back)
{
    for (int i = 0; i < string->count && !back; i++)
        if (string->letter[i] != 'z')
            print(out, string->letter[i] == 'y' ? " sdg q%d; h q%d;" : " h q%d;", i, i);
    for (int i = 1; i < string->count; i++) {
        const int target = back ? string->count - i : i;
        print(out, " cx q%d, q%d;", target - 1, target);
    }
    for (int i = string->count - 1; i >= 0 && back; i--)
        if (string->letter[i] != 'z')
            print(out, string->letter[i] == 'y' ? " h q%d; s q%d;" : " h q%d;", i, i);
}

static int32_t define_rotation(writer *out, const letters *string)
{
    int64_t *slot = qnni_names_slot(&out->defined, string->letter, string->count);
    if (!slot)
        return moei_out_of_memory(out->circuit->context, "a circuit's text");
    if (*slot)
        return MOE_OK;
    *slot = 1;
    print(out, "gate r%s(a)", string->letter);
    put_names(out, string->count);
    put(out, " {");
    put_chain(out, string, false);
    print(out, " rz(a) q%d;", string->count - 1);
    put_chain(out, string, true);
    put(out, " }\n");
    return MOE_OK;
}

/* With V = e^{i phase} RZ(phi) RY(theta) RZ(lambda): V = A X B X C e^{i phase} for A B C = 1 (Barenco et al.,
 * Phys. Rev. A 52 (1995), 3457, lemma 5.1). */
static void put_controlled(writer *out, const qnni_controlled *step)
{
    const qnni_euler *v = &step->unitary;
    const char *control = step->control ? "q1" : "q0", *target = step->target ? "q1" : "q0";
    if (v->theta == 0 && v->phi == 0 && v->lambda == 0 && v->phase == 0)
        return;
    if (!step->on)
        print(out, " x %s;", control);
    put_turn(out, "rz", (v->lambda - v->phi) / 2, target);
    print(out, " cx %s, %s;", control, target);
    put_turn(out, "rz", -(v->phi + v->lambda) / 2, target);
    put_turn(out, "ry", -v->theta / 2, target);
    print(out, " cx %s, %s;", control, target);
    put_turn(out, "ry", v->theta / 2, target);
    put_turn(out, "rz", v->phi, target);
    put_turn(out, "p", v->phase, control);
    if (!step->on)
        print(out, " x %s;", control);
}

static void put_unitary_body(writer *out, const qnni_gate *gate)
{
    if (gate->qubits == 1) {
        const qnni_euler v = qnni_euler_of(gate->owned);
        put_turn(out, "rz", v.lambda, "q0");
        put_turn(out, "ry", v.theta, "q0");
        put_turn(out, "rz", v.phi, "q0");
        return;
    }
    qnni_controlled step[QNNI_CONTROLLED_STEPS];
    qnni_qasm_decompose(gate->owned, step);
    for (int i = 0; i < QNNI_CONTROLLED_STEPS; i++)
        put_controlled(out, &step[i]);
}

/* *slot <- 1 + the number of the gate's matrix, 0 if it is new */
static int32_t find_unitary(writer *out, const qnni_gate *gate, int64_t **slot)
{
    const size_t bytes = (size_t)(2 << (2 * gate->qubits)) * sizeof(double);
    *slot = qnni_names_slot(&out->defined, gate->owned, (int64_t)bytes);
    return *slot ? MOE_OK : moei_out_of_memory(out->circuit->context, "a circuit's text");
}

static int32_t define_unitary(writer *out, const qnni_gate *gate)
{
    int64_t *slot;
    const int32_t status = find_unitary(out, gate, &slot);
    if (status || *slot)
        return status;
    *slot = ++out->unitaries;
    const long long number = out->unitaries - 1;
    print(out, "pragma moefield unitary unitary%lld", number);
    for (int i = 0; i < 2 << (2 * gate->qubits); i++) {
        put(out, " ");
        put_number(out, gate->owned[i]);
    }
    print(out, "\ngate unitary%lld", number);
    put_names(out, gate->qubits);
    put(out, " {");
    put_unitary_body(out, gate);
    put(out, " }\n");
    return MOE_OK;
}

static int32_t put_definitions(writer *out)
{
    int32_t status = MOE_OK;
    for (int64_t g = 0; g < out->circuit->gate_count && !status; g++) {
        const qnni_gate *gate = &out->circuit->gates[g];
        const letters string = letters_of(gate->pauli);
        if (gate->owned)
            status = define_unitary(out, gate);
        else if (!gate->matrix && string.count > 1)
            status = define_rotation(out, &string);
    }
    return status;
}

/* ---- gates ------------------------------------------------------------------------------------ */

static const char *fixed_name(const qnni_gate *gate)
{
    for (int64_t row = 0;; row++)
        if (qnni_fixed_gate_row(row)->matrix == gate->matrix)
            return qnni_name_of_fixed(qnni_fixed_gate_row(row)->name);
}

/* exp(-i a / 2) = gphase(-a / 2) */
static void put_phase(writer *out, const qnni_gate *gate)
{
    const qnni_angle half = {gate->angle.index, gate->angle.scale / -2, gate->angle.shift / -2};
    put(out, "gphase(");
    put_angle(out, gate->source, &half);
    put(out, ");\n");
}

static void put_rotation(writer *out, const qnni_gate *gate)
{
    const letters string = letters_of(gate->pauli);
    if (!string.count) {
        put_phase(out, gate);
        return;
    }
    print(out, "r%s(", string.letter);
    put_angle(out, gate->source, &gate->angle);
    put(out, ")");
    for (int i = 0; i < string.count; i++)
        print(out, "%sq[%d]", i ? ", " : " ", string.qubit[i]);
    put(out, ";\n");
}

static int32_t put_gate(writer *out, const qnni_gate *gate)
{
    if (!gate->matrix) {
        put_rotation(out, gate);
        return MOE_OK;
    }
    if (gate->owned) {
        int64_t *slot;
        const int32_t status = find_unitary(out, gate, &slot);
        if (status)
            return status;
        print(out, "unitary%lld", (long long)*slot - 1);
    } else
        put(out, fixed_name(gate));
    for (int i = 0; i < gate->qubits; i++)
        print(out, "%sq[%d]", i ? ", " : " ", __builtin_ctz(gate->bit[i]));
    put(out, ";\n");
    return MOE_OK;
}

/* ---- the whole -------------------------------------------------------------------------------- */

static void put_header(writer *out)
{
    const qnn_circuit *circuit = out->circuit;
    put(out, "OPENQASM 3.0;\ninclude \"stdgates.inc\";\n\n");
    for (int64_t k = 0; k < circuit->parameters; k++)
        print(out, "input float[64] theta%lld;\n", (long long)k);
    for (int64_t k = 0; k < circuit->inputs; k++)
        print(out, "input float[64] x%lld;\n", (long long)k);
    print(out, "qubit[%lld] q;\n\n", (long long)circuit->qubits);
}

static void put_observables(writer *out)
{
    const qnn_circuit *circuit = out->circuit;
    print(out, "\npragma moefield outputs %lld\n", (long long)circuit->outputs);
    for (int64_t i = 0; i < circuit->term_count; i++) {
        const qnni_term *term = &circuit->terms[i];
        char string[MOST_QUBITS + 1] = "";
        for (int64_t q = 0; q < circuit->qubits; q++)
            string[q] = "IXZY"[(term->pauli.x >> q & 1) + 2 * (term->pauli.z >> q & 1)];
        print(out, "pragma moefield observable %lld ", (long long)term->output);
        put_number(out, term->coefficient);
        print(out, " %s\n", string);
    }
}

static int32_t put_circuit(writer *out)
{
    put_header(out);
    int32_t status = put_definitions(out);
    for (int64_t g = 0; g < out->circuit->gate_count && !status; g++)
        status = put_gate(out, &out->circuit->gates[g]);
    put_observables(out);
    return status;
}

MOE_PUBLIC int32_t qnn_circuit_write(const qnn_circuit *circuit, char *text, int64_t capacity,
                                     int64_t *length)
{
    if (!circuit)
        return MOE_ERROR_NULL;
    moe_context *context = circuit->context;
    int32_t status = moei_need(context, length, "length");
    if (!status && capacity < 0)
        status = moei_fail(context, MOE_ERROR_SIZE, "capacity is %lld; it must be at least 0",
                           (long long)capacity);
    if (!status && capacity > 0)
        status = moei_need(context, text, "text");
    if (status)
        return status;
    writer out = {.circuit = circuit, .text = text, .capacity = capacity, .defined = {.core = context->core}};
    status = put_circuit(&out);
    qnni_names_clear(&out.defined);
    if (status)
        return status;
    *length = out.length;
    if (capacity < out.length && capacity > 0)
        return moei_fail(context, MOE_ERROR_SIZE, "capacity is %lld; the text has %lld bytes",
                         (long long)capacity, (long long)out.length);
    if (capacity > out.length)
        text[out.length] = 0;
    return MOE_OK;
}
