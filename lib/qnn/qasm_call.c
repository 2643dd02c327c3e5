/* qasm_call.c - gates: "inv @ ctrl @ name(angles) qubits;".
 *
 * Reads the call; what it means is in qasm_apply.c. A register among the qubits means one gate for each of
 * its qubits, all registers of a call being of one size.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/qasm_reader.h"

enum { MOST_ANGLES = QNNI_MOST_GATE_PARAMETERS };

/* "(k)" of a modifier; 1 if there is none */
static int32_t read_count(qnni_reader *reader, int64_t least, int64_t most, const char *what, int64_t *count)
{
    *count = 1;
    if (!qnni_take(&reader->lexer, "("))
        return MOE_OK;
    const int32_t status = qnni_read_integer(reader, least, most, what, count);
    return status ? status : qnni_expect(&reader->lexer, ")");
}

static int32_t read_power(qnni_reader *reader, qnni_modifiers *by)
{
    int64_t power;
    if (!qnni_at(&reader->lexer, "("))
        return qnni_unexpected(&reader->lexer, "'(' and an integer power");
    const int32_t status = read_count(reader, -INT32_MAX, INT32_MAX, "the power", &power);
    if (status)
        return status;
    by->inverse ^= power < 0;
    by->power = moei_mul(by->power, power < 0 ? -power : power);
    if (by->power < 0)
        by->power = INT64_MAX; /* more than the limit on work allows, as the product is */
    return MOE_OK;
}

static int32_t read_controls(qnni_reader *reader, bool negative, qnni_modifiers *by)
{
    const int64_t at = reader->lexer.token.begin;
    int64_t count;
    const int32_t status = read_count(reader, 1, QNNI_MOST_CONTROLS, "the number of controls", &count);
    if (status)
        return status;
    if (by->controls + count > QNNI_MOST_CONTROLS)
        return qnni_syntax(&reader->lexer, at, "more than %d controls", QNNI_MOST_CONTROLS);
    for (int64_t i = 0; i < count; i++)
        by->negative |= (uint32_t)negative << by->controls++;
    return MOE_OK;
}

static int32_t read_modifiers(qnni_reader *reader, qnni_modifiers *by)
{
    qnni_lexer *lexer = &reader->lexer;
    int32_t status = MOE_OK;
    *by = (qnni_modifiers){.power = 1};
    while (!status) {
        const bool negative = qnni_at(lexer, "negctrl");
        if (qnni_take(lexer, "inv"))
            by->inverse = !by->inverse;
        else if (qnni_take(lexer, "pow"))
            status = read_power(reader, by);
        else if (qnni_take(lexer, "ctrl") || qnni_take(lexer, "negctrl"))
            status = read_controls(reader, negative, by);
        else
            break;
        if (!status)
            status = qnni_expect(lexer, "@");
    }
    return status;
}

/* A definition stands above a known gate of the same name. */
static int32_t read_callee(qnni_reader *reader, qnni_callee *to)
{
    qnni_lexer *lexer = &reader->lexer;
    const qnni_token token = lexer->token;
    char shown[QNNI_SHOWN];
    *to = (qnni_callee){.begin = token.begin};
    if (token.kind != QNNI_NAME)
        return qnni_unexpected(lexer, "a gate");
    const qnni_symbol *symbol = qnni_symbol_here(reader);
    if (symbol && symbol->kind == QNNI_DEFINITION) {
        to->symbol = symbol;
        to->parameters = symbol->parameters;
        to->qubits = symbol->qubits;
    } else if (qnni_named_gate_find(lexer->text + token.begin, token.end - token.begin, &to->known)) {
        to->parameters = to->known.base->parameters;
        to->qubits = to->known.controls + to->known.base->targets;
    } else
        return qnni_syntax(lexer, token.begin, "no gate is named '%s' here", qnni_show(lexer, &token, shown));
    qnni_advance(lexer);
    return MOE_OK;
}

/* "(angle, ...)" or nothing */
static int32_t read_angles(qnni_reader *reader, const qnni_callee *to, qnni_affine *angles)
{
    qnni_lexer *lexer = &reader->lexer;
    const int64_t at = lexer->token.begin;
    int32_t count = 0, status = MOE_OK;
    if (qnni_take(lexer, "(") && !qnni_take(lexer, ")")) {
        do {
            qnni_affine spare;
            status = qnni_read_angle(reader, count < to->parameters ? &angles[count] : &spare);
            count++;
        } while (!status && qnni_take(lexer, ","));
        if (!status)
            status = qnni_expect(lexer, ")");
    }
    if (!status && count != to->parameters)
        status = qnni_syntax(lexer, at, "expected %d angles, found %d", (int)to->parameters, (int)count);
    return status;
}

/* The qubit of a definition's own name. */
static int32_t read_local_qubit(qnni_reader *reader, qnni_operand *operand)
{
    const int32_t i = qnni_local(reader, reader->frame->qubits, reader->frame->qubit_name);
    if (reader->lexer.token.kind != QNNI_NAME || i < 0)
        return qnni_unexpected(&reader->lexer, "a qubit of the definition");
    operand->first = reader->frame->qubit[i];
    qnni_advance(&reader->lexer);
    return MOE_OK;
}

int32_t qnni_read_operand(qnni_reader *reader, qnni_symbol_kind kind, qnni_operand *operand)
{
    qnni_lexer *lexer = &reader->lexer;
    *operand = (qnni_operand){.begin = lexer->token.begin, .count = 1};
    if (reader->frame)
        return read_local_qubit(reader, operand);
    const qnni_symbol *symbol = qnni_symbol_here(reader);
    if (!symbol || symbol->kind != kind)
        return qnni_unexpected(lexer, kind == QNNI_REGISTER ? "a qubit" : "a bit");
    const int64_t count = symbol->count;
    operand->first = symbol->first;
    qnni_advance(lexer);
    if (!symbol->many || !qnni_take(lexer, "[")) {
        operand->count = count;
        operand->whole = symbol->many;
        return MOE_OK;
    }
    int64_t index = 0;
    const int32_t status = qnni_read_integer(reader, -count, count - 1, "an index", &index);
    operand->first += index < 0 ? count + index : index; /* q[-1] is the last one */
    return status ? status : qnni_expect(lexer, "]");
}

/* Operands of `count` qubits; *times <- the size of the registers among them, else 1. */
static int32_t read_operands(qnni_reader *reader, int32_t count, qnni_operand *operands, int64_t *times)
{
    int32_t status = MOE_OK;
    bool wide = false;
    *times = 1;
    for (int32_t i = 0; i < count && !status; i++) {
        if (i)
            status = qnni_expect(&reader->lexer, ",");
        if (!status)
            status = qnni_read_operand(reader, QNNI_REGISTER, &operands[i]);
        if (status || !operands[i].whole)
            continue;
        if (wide && operands[i].count != *times)
            return qnni_syntax(&reader->lexer, operands[i].begin,
                               "a register of %lld qubits beside one of %lld", (long long)operands[i].count,
                               (long long)*times);
        wide = true;
        *times = operands[i].count;
    }
    return status ? status : qnni_expect(&reader->lexer, ";");
}

int32_t qnni_read_call(qnni_reader *reader)
{
    qnni_modifiers by = {0};
    qnni_callee to = {0};
    qnni_affine angles[MOST_ANGLES] = {{0}};
    qnni_operand operands[QNNI_MOST_CONTROLS + QNNI_MOST_QUBITS];
    int64_t qubits[QNNI_MOST_CONTROLS + QNNI_MOST_QUBITS], times = 1;
    int32_t status = read_modifiers(reader, &by);
    if (!status)
        status = read_callee(reader, &to);
    if (!status)
        status = read_angles(reader, &to, angles);
    const int32_t count = status ? 0 : by.controls + to.qubits;
    if (!status)
        status = read_operands(reader, count, operands, &times);
    for (int64_t k = 0; k < times && !status; k++) {
        for (int32_t i = 0; i < count; i++)
            qubits[i] = operands[i].first + (operands[i].whole ? k : 0);
        status = qnni_apply(reader, &to, &by, angles, qubits);
    }
    return status;
}

int32_t qnni_read_barrier(qnni_reader *reader)
{
    qnni_lexer *lexer = &reader->lexer;
    qnni_operand operand;
    qnni_advance(lexer);
    if (qnni_take(lexer, ";"))
        return MOE_OK;
    int32_t status;
    do
        status = qnni_read_operand(reader, QNNI_REGISTER, &operand);
    while (!status && qnni_take(lexer, ","));
    return status ? status : qnni_expect(lexer, ";");
}
