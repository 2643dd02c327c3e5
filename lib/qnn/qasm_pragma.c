/* qasm_pragma.c - what OpenQASM has no words for: which inputs are x and which theta, outputs and
 * observables, and the exact matrices of unitaries.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/qasm_reader.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* "input name", "theta name" */
static int32_t read_source(qnni_reader *reader, int32_t source)
{
    const qnni_token token = reader->lexer.token;
    char shown[QNNI_SHOWN];
    qnni_symbol *symbol = NULL;
    const int32_t status = qnni_name_symbol(reader, &symbol);
    if (status)
        return status;
    if (symbol->kind != QNNI_ONLY_NAMED || symbol->source || symbol->matrix)
        return qnni_syntax(&reader->lexer, token.begin, "'%s' is declared before its pragma",
                           qnni_show(&reader->lexer, &token, shown));
    symbol->source = source;
    return MOE_OK;
}

static int32_t read_input_pragma(qnni_reader *reader)
{
    return read_source(reader, QNN_INPUT);
}

static int32_t read_theta_pragma(qnni_reader *reader)
{
    return read_source(reader, QNN_THETA);
}

/* "unitary name re im re im ...": 8 or 32 numbers, the matrix of a definition that follows */
static int32_t read_unitary_pragma(qnni_reader *reader)
{
    qnni_lexer *lexer = &reader->lexer;
    const qnni_token name = lexer->token;
    char shown[QNNI_SHOWN];
    qnni_symbol *symbol = NULL;
    int64_t numbers = 0;
    int32_t status = qnni_name_symbol(reader, &symbol);
    if (!status && (symbol->kind != QNNI_ONLY_NAMED || symbol->source || symbol->matrix))
        return qnni_syntax(lexer, name.begin, "'%s' is declared before its pragma",
                           qnni_show(lexer, &name, shown));
    const int64_t matrix = lexer->token.begin;
    while (!status && lexer->token.kind != QNNI_END && numbers < 33) {
        double number = 0;
        status = qnni_read_signed(reader, &number);
        numbers++;
    }
    if (!status && numbers != 8 && numbers != 32)
        status = qnni_syntax(lexer, matrix, "expected 8 or 32 numbers, found %s%lld",
                             numbers > 32 ? "at least " : "", (long long)numbers);
    if (status)
        return status;
    symbol->count = numbers == 8 ? 1 : 2;
    symbol->matrix = matrix;
    symbol->matrix_end = lexer->length;
    return MOE_OK;
}

/* value <- an integer without arithmetic: "0 -1" are two numbers */
static int32_t read_plain_integer(qnni_reader *reader, int64_t least, int64_t most, const char *what,
                                  int64_t *value)
{
    const int64_t at = reader->lexer.token.begin;
    double number = 0;
    const int32_t status = qnni_read_signed(reader, &number);
    if (status)
        return status;
    if (!(number >= (double)least && number <= (double)most && number == (double)(int64_t)number))
        return qnni_syntax(&reader->lexer, at, "%s is %.17g; it takes an integer in %lld ... %lld", what,
                           number, (long long)least, (long long)most);
    *value = (int64_t)number;
    return MOE_OK;
}

/* "outputs K" */
static int32_t read_outputs_pragma(qnni_reader *reader)
{
    const int64_t at = reader->lexer.token.begin;
    if (reader->outputs)
        return qnni_syntax(&reader->lexer, at, "the outputs are counted before");
    return read_plain_integer(reader, 1, QNNI_MOST_OUTPUTS, "the number of outputs", &reader->outputs);
}

static bool is_string(const char *letters, int64_t length)
{
    for (int64_t i = 0; i < length; i++)
        if (!memchr("IXYZ", letters[i], 4))
            return false;
    return length <= QNNI_MOST_QUBITS;
}

/* p <- the string at the token; all strings are of one length */
static int32_t read_string(qnni_reader *reader, qnni_pauli *p)
{
    qnni_lexer *lexer = &reader->lexer;
    const qnni_token token = lexer->token;
    const int64_t length = token.end - token.begin;
    const char *letters = lexer->text + token.begin;
    if (token.kind != QNNI_NAME || !is_string(letters, length))
        return qnni_unexpected(lexer, "a Pauli string, one of I, X, Y, Z for each qubit");
    if (reader->letters && length != reader->letters)
        return qnni_syntax(lexer, token.begin, "a Pauli string of %lld letters after one of %lld",
                           (long long)length, (long long)reader->letters);
    reader->letters_at = reader->letters ? reader->letters_at : token.begin;
    reader->letters = length;
    *p = (qnni_pauli){0, 0};
    for (int64_t q = 0; q < length; q++) {
        p->x |= (uint32_t)(letters[q] == 'X' || letters[q] == 'Y') << q;
        p->z |= (uint32_t)(letters[q] == 'Z' || letters[q] == 'Y') << q;
    }
    qnni_advance(lexer);
    return MOE_OK;
}

/* As qnn_circuit_observable does, but found without a walk over all terms. */
int32_t qnni_term_of(qnni_reader *reader, int64_t output, qnni_pauli p, qnni_term **term)
{
    qnn_circuit *circuit = reader->circuit;
    char key[48];
    const int length = snprintf(key, sizeof key, "#%lld %lx %lx", (long long)output, (unsigned long)p.x,
                                (unsigned long)p.z); /* '#' begins no name */
    int64_t *slot = qnni_names_slot(&reader->names, key, length);
    qnni_term *terms = qnni_with_room(circuit->context->core, circuit->terms, circuit->term_count,
                                      &circuit->term_room, sizeof *terms);
    if (terms)
        circuit->terms = terms;
    if (!slot || !terms)
        return moei_out_of_memory(circuit->context, "an observable");
    if (!*slot) {
        terms[circuit->term_count] = (qnni_term){output, p, 0};
        *slot = ++circuit->term_count;
    }
    *term = &terms[*slot - 1];
    return MOE_OK;
}

/* "observable output coefficient string" */
static int32_t read_observable_pragma(qnni_reader *reader)
{
    const int64_t at = reader->lexer.token.begin;
    int64_t output = 0;
    double coefficient = 0;
    qnni_pauli p = {0, 0};
    qnni_term *term = NULL;
    int32_t status = read_plain_integer(reader, 0, QNNI_MOST_OUTPUTS - 1, "the output", &output);
    if (!status)
        status = qnni_read_signed(reader, &coefficient);
    if (!status)
        status = read_string(reader, &p);
    if (!status)
        status = qnni_term_of(reader, output, p, &term);
    if (status)
        return status;
    term->coefficient += coefficient;
    if (!isfinite(term->coefficient))
        return qnni_syntax(&reader->lexer, at,
                           "the coefficients of a string sum to a number that is too large");
    if (output > reader->largest_output) {
        reader->largest_output = output;
        reader->largest_at = at;
    }
    return MOE_OK;
}

static const qnni_statement pragmas[] = {
    {"input", read_input_pragma},           {"theta", read_theta_pragma},
    {"unitary", read_unitary_pragma},       {"outputs", read_outputs_pragma},
    {"observable", read_observable_pragma},
};

/* "pragma moefield ...", "pragma braket ..."; those of others mean nothing here */
int32_t qnni_read_pragma(qnni_reader *reader)
{
    qnni_lexer *lexer = &reader->lexer;
    const qnni_token line = lexer->token;
    const int64_t length = lexer->length;
    int32_t status = MOE_OK;
    lexer->length = line.end;
    qnni_jump(lexer, line.begin + (int64_t)strlen(lexer->text[line.begin] == '#' ? "#pragma" : "pragma"));
    if (qnni_take(lexer, "moefield")) {
        const qnni_statement *found = NULL;
        for (size_t i = 0; i < sizeof pragmas / sizeof pragmas[0] && !found; i++)
            if (qnni_take(lexer, pragmas[i].word))
                found = &pragmas[i];
        status = found ? found->read(reader)
                       : qnni_unexpected(lexer, "input, theta, unitary, outputs or observable");
        if (!status && lexer->token.kind != QNNI_END)
            status = qnni_unexpected(lexer, "the end of the line");
    } else if (qnni_take(lexer, "braket"))
        status = qnni_read_braket_pragma(reader);
    lexer->length = length;
    if (!status)
        qnni_jump(lexer, line.end);
    return status;
}
