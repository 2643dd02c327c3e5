/* qasm_declaration.c - inputs, consts, registers, measurements and definitions of gates.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/qasm_reader.h"

/* ---- declarations ----------------------------------------------------------------------------- */

/* "[size]"; count 1 and many false if there is none */
static int32_t read_size(qnni_reader *reader, const char *what, bool *many, int64_t *count)
{
    *many = qnni_take(&reader->lexer, "[");
    *count = 1;
    if (!*many)
        return MOE_OK;
    const int32_t status = qnni_read_integer(reader, 1, INT32_MAX, what, count);
    return status ? status : qnni_expect(&reader->lexer, "]");
}

/* "float", "float[64]", ...: one of the names, `many` of them */
static int32_t read_type(qnni_reader *reader, int many, const char *const *names, const char *what)
{
    bool sized;
    int64_t bits;
    for (int i = 0; i < many; i++)
        if (qnni_take(&reader->lexer, names[i]))
            return read_size(reader, "the number of bits", &sized, &bits);
    return qnni_unexpected(&reader->lexer, what);
}

static const char *const real_types[] = {"float", "angle"};
static const char *const constant_types[] = {"float", "angle", "int", "uint"};

/* x, x3, x_3, _x_3_, X1 and the like are inputs x; all other names are parameters theta */
static int32_t source_by_name(const qnni_reader *reader, int64_t begin)
{
    const qnni_lexer *lexer = &reader->lexer;
    int64_t at = begin;
    while (at < lexer->length && lexer->text[at] == '_')
        at++;
    const char letter = at < lexer->length ? lexer->text[at] : 0;
    const char next = at + 1 < lexer->length ? lexer->text[at + 1] : 0;
    const bool goes_on =
        (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z') || (unsigned char)next >= 0x80;
    return (letter == 'x' || letter == 'X') && !goes_on ? QNN_INPUT : QNN_THETA;
}

/* "input float[64] name;", "input array[float[64], size] name;" */
int32_t qnni_read_input(qnni_reader *reader)
{
    qnni_lexer *lexer = &reader->lexer;
    qnni_symbol *symbol = NULL;
    int64_t count = 1;
    const bool many = qnni_take(lexer, "array");
    int32_t status = many ? qnni_expect(lexer, "[") : MOE_OK;
    if (!status)
        status = read_type(reader, 2, real_types, "float, angle, or an array of them");
    if (!status && many)
        status = qnni_expect(lexer, ",");
    if (!status && many)
        status = qnni_read_integer(reader, 1, QNNI_MOST_INPUTS, "the size of an array", &count);
    if (!status && many)
        status = qnni_expect(lexer, "]");
    if (!status)
        status = qnni_declare(reader, QNNI_VARIABLE, &symbol);
    if (status)
        return status;
    if (symbol->source == QNN_CONSTANT)
        symbol->source = source_by_name(reader, symbol->begin);
    int64_t *total = symbol->source == QNN_INPUT ? &reader->inputs : &reader->parameters;
    symbol->many = many;
    symbol->count = count;
    symbol->first = *total;
    *total += count;
    if (*total > QNNI_MOST_INPUTS)
        return qnni_syntax(lexer, symbol->begin, "more than %d %s", QNNI_MOST_INPUTS,
                           symbol->source == QNN_INPUT ? "inputs x" : "parameters theta");
    *(symbol->source == QNN_INPUT ? &reader->circuit->inputs : &reader->circuit->parameters) = *total;
    return qnni_expect(lexer, ";");
}

/* "const float name = value;" */
int32_t qnni_read_const(qnni_reader *reader)
{
    qnni_symbol *symbol = NULL;
    double value = 0;
    int32_t status = read_type(reader, 4, constant_types, "float, angle, int or uint");
    const qnni_token name = reader->lexer.token;
    if (!status && name.kind != QNNI_NAME)
        status = qnni_unexpected(&reader->lexer, "a name");
    if (!status)
        qnni_advance(&reader->lexer);
    if (!status)
        status = qnni_expect(&reader->lexer, "=");
    if (!status)
        status = qnni_read_constant(reader, &value);
    const qnni_token behind = reader->lexer.token;
    if (!status) { /* declared behind its value, which cannot contain it */
        reader->lexer.token = name;
        status = qnni_declare(reader, QNNI_FIXED, &symbol);
        reader->lexer.token = behind;
    }
    if (!status)
        symbol->value = value;
    return status ? status : qnni_expect(&reader->lexer, ";");
}

/* symbol <- the next qubits, or so many bits */
static int32_t add_register(qnni_reader *reader, qnni_symbol *symbol, bool many, int64_t count)
{
    symbol->many = many;
    symbol->count = count;
    if (symbol->kind == QNNI_BITS)
        return MOE_OK;
    symbol->first = reader->qubits;
    if (count > QNNI_MOST_QUBITS - reader->qubits)
        return qnni_syntax(&reader->lexer, symbol->begin, "more than %d qubits", QNNI_MOST_QUBITS);
    reader->qubits += count;
    return MOE_OK;
}

/* "qubit[size] name", "bit[size] name" */
static int32_t read_register(qnni_reader *reader, qnni_symbol_kind kind)
{
    qnni_symbol *symbol = NULL;
    bool many = false;
    int64_t count = 1;
    int32_t status = read_size(reader, "the size of a register", &many, &count);
    if (!status)
        status = qnni_declare(reader, kind, &symbol);
    return status ? status : add_register(reader, symbol, many, count);
}

/* "qreg name[size];", "creg name[size];": as in OpenQASM 2 */
static int32_t read_old_register(qnni_reader *reader, qnni_symbol_kind kind)
{
    qnni_symbol *symbol = NULL;
    bool many = false;
    int64_t count = 1;
    int32_t status = qnni_declare(reader, kind, &symbol);
    if (!status)
        status = read_size(reader, "the size of a register", &many, &count);
    if (!status)
        status = add_register(reader, symbol, many, count);
    return status ? status : qnni_expect(&reader->lexer, ";");
}

int32_t qnni_read_qubit(qnni_reader *reader)
{
    const int32_t status = read_register(reader, QNNI_REGISTER);
    return status ? status : qnni_expect(&reader->lexer, ";");
}

int32_t qnni_read_qreg(qnni_reader *reader)
{
    return read_old_register(reader, QNNI_REGISTER);
}

int32_t qnni_read_creg(qnni_reader *reader)
{
    return read_old_register(reader, QNNI_BITS);
}

/* ---- measurements ----------------------------------------------------------------------------- */

static uint32_t mask_of(const qnni_operand *operand)
{
    return (uint32_t)(((UINT64_C(1) << operand->count) - 1) << operand->first);
}

/* "qubits" of a measurement: after it no gate may act on them */
static int32_t read_measured(qnni_reader *reader)
{
    qnni_operand operand;
    const int32_t status = qnni_read_operand(reader, QNNI_REGISTER, &operand);
    if (!status)
        reader->measured |= mask_of(&operand);
    return status;
}

/* "measure qubits;", "measure qubits -> bits;" */
int32_t qnni_read_measure(qnni_reader *reader)
{
    qnni_operand bits;
    int32_t status = read_measured(reader);
    if (!status && qnni_take(&reader->lexer, "-")) {
        status = qnni_expect(&reader->lexer, ">");
        if (!status)
            status = qnni_read_operand(reader, QNNI_BITS, &bits);
    }
    return status ? status : qnni_expect(&reader->lexer, ";");
}

/* "= measure qubits;" or ";" */
static int32_t read_assignment(qnni_reader *reader, bool needed)
{
    if (!needed && qnni_take(&reader->lexer, ";"))
        return MOE_OK;
    int32_t status = qnni_expect(&reader->lexer, "=");
    if (!status)
        status = qnni_expect(&reader->lexer, "measure");
    if (!status)
        status = read_measured(reader);
    return status ? status : qnni_expect(&reader->lexer, ";");
}

int32_t qnni_read_bit(qnni_reader *reader)
{
    const int32_t status = read_register(reader, QNNI_BITS);
    return status ? status : read_assignment(reader, false);
}

/* "bits = measure qubits;" */
int32_t qnni_read_bits(qnni_reader *reader)
{
    qnni_operand bits;
    const int32_t status = qnni_read_operand(reader, QNNI_BITS, &bits);
    return status ? status : read_assignment(reader, true);
}

/* "reset qubits;" before anything else happens to them */
int32_t qnni_read_reset(qnni_reader *reader)
{
    qnni_operand operand;
    const int32_t status = qnni_read_operand(reader, QNNI_REGISTER, &operand);
    if (status)
        return status;
    if (mask_of(&operand) & (reader->touched | reader->measured))
        return qnni_syntax(&reader->lexer, operand.begin, "a reset of a qubit that is no longer |0>");
    return qnni_expect(&reader->lexer, ";");
}

/* ---- definitions ------------------------------------------------------------------------------ */

/* names <- "name, name, ...", up to `most` of them, all different from each other */
static int32_t read_names(qnni_reader *reader, int32_t most, const char *what, int32_t *count,
                          qnni_token *names)
{
    qnni_lexer *lexer = &reader->lexer;
    *count = 0;
    do {
        if (lexer->token.kind != QNNI_NAME)
            return qnni_unexpected(lexer, what);
        if (*count == most)
            return qnni_syntax(lexer, lexer->token.begin, "%s more than the %d that a gate can have", what,
                               (int)most);
        if (qnni_local(reader, *count, names) >= 0)
            return qnni_syntax(lexer, lexer->token.begin, "%s is named twice", what);
        names[(*count)++] = lexer->token;
        qnni_advance(lexer);
    } while (qnni_take(lexer, ","));
    return MOE_OK;
}

int32_t qnni_read_signature(qnni_reader *reader, qnni_frame *frame)
{
    qnni_lexer *lexer = &reader->lexer;
    int32_t status = MOE_OK;
    frame->parameters = 0;
    if (qnni_take(lexer, "(") && !qnni_take(lexer, ")")) {
        status = read_names(reader, QNNI_MOST_GATE_PARAMETERS, "a parameter", &frame->parameters,
                            frame->parameter_name);
        if (!status)
            status = qnni_expect(lexer, ")");
    }
    return status ? status
                  : read_names(reader, QNNI_MOST_QUBITS, "a qubit", &frame->qubits, frame->qubit_name);
}

/* "gate name [(parameters)] qubits { ... }": the body is read when it is called */
int32_t qnni_read_definition(qnni_reader *reader)
{
    qnni_lexer *lexer = &reader->lexer;
    qnni_symbol *symbol = NULL;
    qnni_frame frame;
    const int64_t begin = lexer->token.begin, signature = lexer->token.end;
    int32_t status = qnni_declare(reader, QNNI_DEFINITION, &symbol);
    if (!status)
        status = qnni_read_signature(reader, &frame);
    if (!status)
        status = qnni_expect(lexer, "{");
    while (!status && !qnni_at(lexer, "}"))
        if (lexer->token.kind == QNNI_END || lexer->token.kind == QNNI_UNENDED || qnni_at(lexer, "{"))
            status = qnni_unexpected(lexer, "'}'");
        else
            qnni_advance(lexer);
    if (status)
        return status;
    symbol->signature = signature;
    symbol->parameters = frame.parameters;
    symbol->qubits = frame.qubits;
    if (symbol->matrix && (symbol->parameters || symbol->count != symbol->qubits))
        return qnni_syntax(lexer, begin,
                           "the matrix in its pragma is that of a gate on %lld qubits, without angles",
                           (long long)symbol->count);
    qnni_advance(lexer);
    return MOE_OK;
}
