/* qasm_reader.c - circuits from OpenQASM 3 text: names, statements, and what the text as a whole must be.
 *
 * The circuit is built through the public adders while the text is read; its sizes, which the text need not
 * say before the end, are set last. What the text may hold is in qnn.h.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/qasm_reader.h"

#include <stdio.h>
#include <string.h>

/* Definitions may expand to this many bytes of text, and EXPANSION times the length of the text. */
enum { EXPANSION = 64, FREE_EXPANSION = 1 << 24 };

/* ---- names ------------------------------------------------------------------------------------ */

qnni_symbol *qnni_symbol_here(const qnni_reader *reader)
{
    const qnni_token *token = &reader->lexer.token;
    const int64_t row =
        token->kind == QNNI_NAME
            ? qnni_names_get(&reader->names, reader->lexer.text + token->begin, token->end - token->begin)
            : 0;
    qnni_symbol *symbol = row ? &reader->symbols[row - 1] : NULL;
    return symbol && reader->frame && symbol->begin >= reader->frame->begin ? NULL : symbol;
}

int32_t qnni_local(const qnni_reader *reader, int32_t count, const qnni_token *names)
{
    const qnni_token *token = &reader->lexer.token;
    const int64_t length = token->end - token->begin;
    for (int32_t i = 0; i < count; i++)
        if (names[i].end - names[i].begin == length &&
            memcmp(reader->lexer.text + names[i].begin, reader->lexer.text + token->begin, (size_t)length) ==
                0)
            return i;
    return -1;
}

int32_t qnni_name_symbol(qnni_reader *reader, qnni_symbol **symbol)
{
    qnni_lexer *lexer = &reader->lexer;
    moei_core *core = lexer->context->core;
    if (lexer->token.kind != QNNI_NAME)
        return qnni_unexpected(lexer, "a name");
    qnni_symbol *symbols =
        qnni_with_room(core, reader->symbols, reader->symbol_count, &reader->symbol_room, sizeof *symbols);
    if (!symbols)
        return moei_out_of_memory(lexer->context, "the names of a circuit's text");
    reader->symbols = symbols;
    int64_t *slot = qnni_names_slot(&reader->names, lexer->text + lexer->token.begin,
                                    lexer->token.end - lexer->token.begin);
    if (!slot)
        return moei_out_of_memory(lexer->context, "the names of a circuit's text");
    if (!*slot) {
        symbols[reader->symbol_count] = (qnni_symbol){.kind = QNNI_ONLY_NAMED, .begin = lexer->token.begin};
        *slot = ++reader->symbol_count;
    }
    *symbol = &symbols[*slot - 1];
    qnni_advance(lexer);
    return MOE_OK;
}

int32_t qnni_declare(qnni_reader *reader, qnni_symbol_kind kind, qnni_symbol **symbol)
{
    const qnni_token token = reader->lexer.token;
    char shown[QNNI_SHOWN];
    const int32_t status = qnni_name_symbol(reader, symbol);
    if (status)
        return status;
    if ((*symbol)->kind != QNNI_ONLY_NAMED)
        return qnni_syntax(&reader->lexer, token.begin, "'%s' is declared before",
                           qnni_show(&reader->lexer, &token, shown));
    if (((*symbol)->source && kind != QNNI_VARIABLE) || ((*symbol)->matrix && kind != QNNI_DEFINITION))
        return qnni_syntax(&reader->lexer, token.begin, "'%s' is something else in a pragma before",
                           qnni_show(&reader->lexer, &token, shown));
    (*symbol)->kind = kind;
    (*symbol)->begin = token.begin;
    return MOE_OK;
}

/* ---- statements -------------------------------------------------------------------------------- */

static int32_t read_include(qnni_reader *reader)
{
    static const char known[] = "stdgates.inc";
    qnni_lexer *lexer = &reader->lexer;
    const qnni_token *token = &lexer->token;
    if (token->kind != QNNI_STRING || token->end - token->begin != (int64_t)sizeof known + 1 ||
        memcmp(lexer->text + token->begin + 1, known, sizeof known - 1) != 0)
        return qnni_unexpected(lexer, "\"stdgates.inc\"");
    qnni_advance(lexer);
    return qnni_expect(lexer, ";");
}

static const qnni_statement statements[] = {
    {"include", read_include},      {"input", qnni_read_input},     {"const", qnni_read_const},
    {"qubit", qnni_read_qubit},     {"qreg", qnni_read_qreg},       {"bit", qnni_read_bit},
    {"creg", qnni_read_creg},       {"measure", qnni_read_measure}, {"reset", qnni_read_reset},
    {"gate", qnni_read_definition},
};

/* words of OpenQASM 3 that may begin a statement, and that circuits here have no use for */
static const char *const foreign[] = {
    "output",  "def",   "defcal",   "defcalgrammar", "cal",    "extern", "let",     "for",
    "while",   "if",    "else",     "switch",        "return", "break",  "box",     "delay",
    "array",   "float", "angle",    "int",           "uint",   "bool",   "complex", "duration",
    "stretch", "end",   "continue", "OPENQASM",      "nop",
};

static int32_t read_statement(qnni_reader *reader)
{
    qnni_lexer *lexer = &reader->lexer;
    if (lexer->token.kind == QNNI_PRAGMA)
        return qnni_read_pragma(reader);
    if (lexer->token.kind != QNNI_NAME)
        return qnni_unexpected(lexer, "a statement");
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
        if (qnni_take(lexer, statements[i].word))
            return statements[i].read(reader);
    if (qnni_at(lexer, "barrier"))
        return qnni_read_barrier(reader);
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
        if (qnni_at(lexer, foreign[i]))
            return qnni_syntax(lexer, lexer->token.begin,
                               "expected a declaration or a gate, found '%s', which is not read%s",
                               foreign[i],
                               strcmp(foreign[i], "OPENQASM") ? "" : " after the first statement");
    const qnni_symbol *symbol = qnni_symbol_here(reader);
    return symbol && symbol->kind == QNNI_BITS ? qnni_read_bits(reader) : qnni_read_call(reader);
}

/* "OPENQASM 3;", "OPENQASM 3.0;", or nothing */
static int32_t read_version(qnni_reader *reader)
{
    qnni_lexer *lexer = &reader->lexer;
    if (!qnni_take(lexer, "OPENQASM"))
        return MOE_OK;
    const qnni_token token = lexer->token;
    const char *text = lexer->text + token.begin;
    const int64_t length = token.end - token.begin;
    if (token.kind != QNNI_NUMBER || text[0] != '3' || (length > 1 && (text[1] != '.' || length > 4)))
        return qnni_unexpected(lexer, "version 3");
    qnni_advance(lexer);
    return qnni_expect(lexer, ";");
}

/* ---- the end of the text ---------------------------------------------------------------------- */

/* What the text as a whole must be, and the circuit's sizes. */
static int32_t finish(qnni_reader *reader)
{
    const qnni_lexer *lexer = &reader->lexer;
    qnn_circuit *circuit = reader->circuit;
    if (!reader->qubits)
        return qnni_unexpected(lexer, "a qubit's declaration");
    for (int64_t i = 0; i < reader->symbol_count; i++)
        if (reader->symbols[i].kind == QNNI_ONLY_NAMED)
            return qnni_syntax(lexer, reader->symbols[i].begin,
                               "the name in this pragma is not declared after it");
    if (reader->letters && reader->letters != reader->qubits)
        return qnni_syntax(lexer, reader->letters_at, "a Pauli string of %lld letters for %lld qubits",
                           (long long)reader->letters, (long long)reader->qubits);
    if (reader->outputs && reader->largest_output >= reader->outputs)
        return qnni_syntax(lexer, reader->largest_at, "output %lld of %lld outputs",
                           (long long)reader->largest_output, (long long)reader->outputs);
    circuit->qubits = reader->qubits;
    circuit->outputs = reader->outputs ? reader->outputs : reader->largest_output + 1;
    if (circuit->outputs)
        return MOE_OK;
    circuit->outputs = 1;
    qnni_term *term = NULL;
    const int32_t status = qnni_term_of(reader, 0, (qnni_pauli){0, 1}, &term);
    if (!status)
        term->coefficient = 1;
    return status;
}

/* circuit <- the text; an error leaves it half built */
static int32_t read_text(moe_context *context, const char *text, int64_t length, qnn_circuit *circuit)
{
    qnni_reader reader = {.lexer = {.context = context, .text = text, .length = length},
                          .circuit = circuit,
                          .names = {.core = context->core},
                          .largest_output = -1,
                          .work_limit = INT64_MAX};
    if (length < INT64_MAX / EXPANSION - FREE_EXPANSION)
        reader.work_limit = EXPANSION * length + FREE_EXPANSION;
    circuit->qubits = QNNI_MOST_QUBITS; /* until the number is known */
    qnni_advance(&reader.lexer);
    int32_t status = read_version(&reader);
    while (!status && reader.lexer.token.kind != QNNI_END)
        status = read_statement(&reader);
    if (!status)
        status = finish(&reader);
    qnni_names_clear(&reader.names);
    moei_free(context->core, reader.symbols);
    return status;
}

MOE_PUBLIC int32_t qnn_circuit_read(moe_context *context, const char *text, int64_t length,
                                    qnn_circuit **circuit)
{
    if (circuit)
        *circuit = NULL;
    if (!context)
        return MOE_ERROR_NULL;
    qnn_circuit *fresh;
    int32_t status = moei_need(context, text, "text");
    if (!status)
        status = moei_need(context, circuit, "circuit");
    if (status)
        return status;
    if (length < 0)
        return moei_fail(context, MOE_ERROR_SIZE, "length is %lld; it must be at least 0", (long long)length);
    status = qnn_circuit_create(context, 1, 1, 1, 1, &fresh);
    if (status)
        return status;
    status = read_text(context, text, length, fresh);
    if (status)
        qnn_circuit_destroy(fresh);
    else
        *circuit = fresh;
    return status;
}
