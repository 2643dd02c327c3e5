/* qasm_braket.c - the pragmas of Amazon Braket that change what a circuit computes.
 *
 *   #pragma braket unitary([[0.6, -0.8im], [-0.8im, 0.6]]) q[0]     a gate of one or two qubits by its matrix
 *   #pragma braket noise ...                                        refused: states here are pure
 *
 * An entry is a sum of numbers, real or with "im" behind them. The first qubit named is the high bit of the
 * row and column index, as in qnn_circuit_unitary. Grammar: BraketPragmas of amazon-braket-default-simulator.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/qasm_reader.h"

enum { LONGEST_ROW = 4 };

/* "1", "-0.5im", "0.5 - 0.5im" */
static int32_t read_entry(qnni_reader *reader, double entry[2])
{
    qnni_lexer *lexer = &reader->lexer;
    double sign = 1;
    entry[0] = entry[1] = 0;
    for (;;) {
        double term = 0;
        const int32_t status = qnni_read_signed(reader, &term);
        if (status)
            return status;
        entry[qnni_take(lexer, "im")] += sign * term;
        sign = qnni_at(lexer, "-") ? -1 : 1;
        if (!qnni_take(lexer, "-") && !qnni_take(lexer, "+"))
            return MOE_OK;
    }
}

/* "[entry, ...]"; *size <- how many, which must be *size unless that is 0 */
static int32_t read_row(qnni_reader *reader, double *row, int32_t *size)
{
    qnni_lexer *lexer = &reader->lexer;
    const int64_t at = lexer->token.begin;
    double spare[2] = {0};
    int32_t count = 0, status = qnni_expect(lexer, "[");
    while (!status) {
        status = read_entry(reader, count < LONGEST_ROW ? row + (ptrdiff_t)2 * count : spare);
        count++;
        if (!qnni_take(lexer, ","))
            break;
    }
    if (!status)
        status = qnni_expect(lexer, "]");
    if (status)
        return status;
    if (*size ? count != *size : count != 2 && count != 4)
        return qnni_syntax(lexer, at,
                           *size ? "a row of %d numbers in a matrix with %d in the first"
                                 : "a row of %d numbers; a matrix on 1 or 2 qubits has 2 or 4",
                           (int)count, (int)*size);
    *size = count;
    return MOE_OK;
}

/* "([row, ...])" */
static int32_t read_matrix(qnni_reader *reader, double *matrix, int32_t *size)
{
    qnni_lexer *lexer = &reader->lexer;
    int32_t status = qnni_expect(lexer, "(");
    if (!status)
        status = qnni_expect(lexer, "[");
    *size = 0;
    if (!status)
        status = read_row(reader, matrix, size);
    for (int32_t row = 1; row < *size && !status; row++) {
        status = qnni_expect(lexer, ",");
        if (!status)
            status = read_row(reader, matrix + (ptrdiff_t)2 * *size * row, size);
    }
    if (!status)
        status = qnni_expect(lexer, "]");
    return status ? status : qnni_expect(lexer, ")");
}

/* "q[0], q[1]": `count` qubits; a register stands for all of its own */
static int32_t read_targets(qnni_reader *reader, int64_t count, int64_t *qubits)
{
    qnni_lexer *lexer = &reader->lexer;
    const int64_t at = lexer->token.begin;
    int64_t found = 0;
    int32_t status;
    do {
        qnni_operand operand;
        status = qnni_read_operand(reader, QNNI_REGISTER, &operand);
        for (int64_t i = 0; !status && i < operand.count; i++, found++)
            if (found < count)
                qubits[found] = operand.first + i;
    } while (!status && qnni_take(lexer, ","));
    if (!status && found != count)
        status =
            qnni_syntax(lexer, at, "a matrix on %lld qubits for %lld", (long long)count, (long long)found);
    return status;
}

/* "unitary(matrix) qubits" */
static int32_t read_unitary(qnni_reader *reader)
{
    const int64_t at = reader->lexer.token.begin;
    double matrix[2 * LONGEST_ROW * LONGEST_ROW];
    int64_t qubits[2];
    int32_t size;
    int32_t status = read_matrix(reader, matrix, &size);
    if (!status)
        status = read_targets(reader, size / 2, qubits);
    return status ? status : qnni_apply_matrix(reader, at, size / 2, qubits, matrix);
}

static int32_t refuse_noise(qnni_reader *reader)
{
    return qnni_syntax(&reader->lexer, reader->lexer.token.begin,
                       "noise is not read: f is the expectation in a pure state");
}

static const qnni_statement pragmas[] = {{"unitary", read_unitary}, {"noise", refuse_noise}};

int32_t qnni_read_braket_pragma(qnni_reader *reader)
{
    qnni_lexer *lexer = &reader->lexer;
    for (size_t i = 0; i < sizeof pragmas / sizeof pragmas[0]; i++)
        if (qnni_take(lexer, pragmas[i].word)) {
            const int32_t status = pragmas[i].read(reader);
            return status || lexer->token.kind == QNNI_END ? status
                                                           : qnni_unexpected(lexer, "the end of the line");
        }
    return MOE_OK; /* result, verbatim, ...: no gate */
}
