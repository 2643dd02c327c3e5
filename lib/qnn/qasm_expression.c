/* qasm_expression.c - angles: expressions that are linear in at most one input.
 *
 *   sum     = product {('+' | '-') product}
 *   product = factor {('*' | '/') factor}
 *   factor  = {'+' | '-'} (number | pi | tau | euler | name ['[' integer ']'] | '(' sum ')')
 *
 * A value is scale * v[index] + shift (qnni_affine), computed as written, so that "0.1*theta0 + 0.3" has the
 * doubles nearest to 0.1 and 0.3. What is not of this form is an error at the operator.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/qasm_number.h"
#include "qnn/qasm_reader.h"

#include <math.h>
#include <string.h>

static qnni_affine constant(double value)
{
    return (qnni_affine){.source = QNN_CONSTANT, .angle = {0, 0, value}};
}

static bool varies(const qnni_affine *value)
{
    return value->source != QNN_CONSTANT;
}

/* ---- arithmetic ------------------------------------------------------------------------------- */

/* a <- a + sign * b */
static int32_t add(const qnni_reader *reader, int64_t at, double sign, qnni_affine *a, const qnni_affine *b)
{
    if (varies(a) && varies(b) && (a->source != b->source || a->angle.index != b->angle.index))
        return qnni_syntax(&reader->lexer, at, "an angle takes one input, not a sum or a difference of two");
    if (varies(b)) {
        a->source = b->source;
        a->angle.index = b->angle.index;
    }
    a->angle.scale += sign * b->angle.scale;
    a->angle.shift += sign * b->angle.shift;
    return MOE_OK;
}

/* a <- a * b */
static int32_t multiply(const qnni_reader *reader, int64_t at, qnni_affine *a, const qnni_affine *b)
{
    if (varies(a) && varies(b))
        return qnni_syntax(&reader->lexer, at, "an angle is linear in its input, not a product of two");
    const double factor = varies(b) ? a->angle.shift : b->angle.shift;
    if (varies(b))
        *a = *b;
    a->angle.scale *= factor;
    a->angle.shift *= factor;
    return MOE_OK;
}

/* a <- a / b */
static int32_t divide(const qnni_reader *reader, int64_t at, qnni_affine *a, const qnni_affine *b)
{
    if (varies(b))
        return qnni_syntax(&reader->lexer, at, "an angle is linear in its input, which cannot divide");
    if (b->angle.shift == 0)
        return qnni_syntax(&reader->lexer, at, "a division by 0");
    a->angle.scale /= b->angle.shift;
    a->angle.shift /= b->angle.shift;
    return MOE_OK;
}

/* No overflow; an input times 0 is no input; and no -0 beside an input. */
static int32_t settle(const qnni_reader *reader, int64_t at, qnni_affine *value)
{
    if (!isfinite(value->angle.scale) || !isfinite(value->angle.shift))
        return qnni_syntax(&reader->lexer, at, "a number is too large");
    if (varies(value) && value->angle.scale == 0)
        *value = constant(value->angle.shift);
    if (varies(value) && value->angle.shift == 0)
        value->angle.shift = 0;
    return MOE_OK;
}

/* ---- grammar ---------------------------------------------------------------------------------- */

static int32_t read_sum(qnni_reader *reader, qnni_affine *value);

static int32_t read_number(qnni_reader *reader, qnni_affine *value)
{
    qnni_lexer *lexer = &reader->lexer;
    const qnni_token token = lexer->token;
    *value = constant(qnni_number_read(lexer->text + token.begin, token.end - token.begin));
    qnni_advance(lexer);
    return settle(reader, token.begin, value);
}

/* "(sum)" */
static int32_t read_group(qnni_reader *reader, qnni_affine *value)
{
    qnni_advance(&reader->lexer);
    const int32_t status = read_sum(reader, value);
    return status ? status : qnni_expect(&reader->lexer, ")");
}

/* "name" or "name[integer]" of an input */
static int32_t read_variable(qnni_reader *reader, const qnni_symbol *symbol, qnni_affine *value)
{
    const int32_t source = symbol->source;
    const int64_t first = symbol->first, count = symbol->count;
    const bool many = symbol->many;
    int64_t index = 0;
    int32_t status = MOE_OK;
    qnni_advance(&reader->lexer);
    if (many) {
        status = qnni_expect(&reader->lexer, "[");
        if (!status)
            status = qnni_read_integer(reader, 0, count - 1, "an index", &index);
        if (!status)
            status = qnni_expect(&reader->lexer, "]");
    }
    *value = (qnni_affine){.source = source, .angle = {first + index, 1, 0}};
    return status;
}

static int32_t read_name(qnni_reader *reader, qnni_affine *value)
{
    static const struct {
        const char *name;
        double value;
    } known[] = {{"pi", MOEI_PI},
                 {"\xCF\x80", MOEI_PI},
                 {"tau", 2 * MOEI_PI},
                 {"\xCF\x84", 2 * MOEI_PI},
                 {"euler", 2.71828182845904523536},
                 {"\xE2\x84\x87", 2.71828182845904523536}};
    qnni_lexer *lexer = &reader->lexer;
    const int32_t local =
        reader->frame ? qnni_local(reader, reader->frame->parameters, reader->frame->parameter_name) : -1;
    if (local >= 0) {
        *value = reader->frame->parameter[local];
        qnni_advance(lexer);
        return MOE_OK;
    }
    const qnni_symbol *symbol = qnni_symbol_here(reader);
    if (symbol && symbol->kind == QNNI_VARIABLE)
        return read_variable(reader, symbol, value);
    if (symbol && symbol->kind == QNNI_FIXED) {
        *value = constant(symbol->value);
        qnni_advance(lexer);
        return MOE_OK;
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (qnni_take(lexer, known[i].name)) {
            *value = constant(known[i].value);
            return MOE_OK;
        }
    return qnni_unexpected(lexer, "a number, an input or a const");
}

static int32_t read_factor(qnni_reader *reader, qnni_affine *value)
{
    qnni_lexer *lexer = &reader->lexer;
    bool minus = false;
    while (qnni_at(lexer, "-") || qnni_at(lexer, "+")) {
        minus ^= qnni_at(lexer, "-");
        qnni_advance(lexer);
    }
    int32_t status;
    if (lexer->token.kind == QNNI_NUMBER)
        status = read_number(reader, value);
    else if (lexer->token.kind == QNNI_NAME)
        status = read_name(reader, value);
    else if (qnni_at(lexer, "("))
        status = read_group(reader, value);
    else
        status = qnni_unexpected(lexer, "a number, an input or a const");
    if (!status && minus) {
        value->angle.scale = 0 - value->angle.scale; /* a constant's stays +0 */
        value->angle.shift = varies(value) ? 0 - value->angle.shift : -value->angle.shift;
    }
    return status;
}

static int32_t read_product(qnni_reader *reader, qnni_affine *value)
{
    qnni_lexer *lexer = &reader->lexer;
    qnni_affine next = {0};
    int32_t status = read_factor(reader, value);
    while (!status && (qnni_at(lexer, "*") || qnni_at(lexer, "/"))) {
        const bool times = qnni_at(lexer, "*");
        const int64_t at = lexer->token.begin;
        qnni_advance(lexer);
        status = read_factor(reader, &next);
        if (!status)
            status = times ? multiply(reader, at, value, &next) : divide(reader, at, value, &next);
        if (!status)
            status = settle(reader, at, value);
    }
    return status;
}

static int32_t read_terms(qnni_reader *reader, qnni_affine *value)
{
    qnni_lexer *lexer = &reader->lexer;
    qnni_affine next = {0};
    int32_t status = read_product(reader, value);
    while (!status && (qnni_at(lexer, "+") || qnni_at(lexer, "-"))) {
        const double sign = qnni_at(lexer, "+") ? 1 : -1;
        const int64_t at = lexer->token.begin;
        qnni_advance(lexer);
        status = read_product(reader, &next);
        if (!status)
            status = add(reader, at, sign, value, &next);
        if (!status)
            status = settle(reader, at, value);
    }
    return status;
}

/* Parentheses and indices come here, so that depth is bounded. */
static int32_t read_sum(qnni_reader *reader, qnni_affine *value)
{
    if (reader->expression_depth == QNNI_DEEPEST_EXPRESSION)
        return qnni_syntax(&reader->lexer, reader->lexer.token.begin,
                           "parentheses and indices nested more than %d deep", QNNI_DEEPEST_EXPRESSION);
    reader->expression_depth++;
    const int32_t status = read_terms(reader, value);
    reader->expression_depth--;
    return status;
}

/* ---- what the others read --------------------------------------------------------------------- */

int32_t qnni_read_angle(qnni_reader *reader, qnni_affine *value)
{
    return read_sum(reader, value);
}

int32_t qnni_read_constant(qnni_reader *reader, double *value)
{
    const int64_t at = reader->lexer.token.begin;
    qnni_affine read = {0};
    const int32_t status = read_sum(reader, &read);
    if (status)
        return status;
    if (varies(&read))
        return qnni_syntax(&reader->lexer, at, "expected a constant, found an input");
    *value = read.angle.shift;
    return MOE_OK;
}

int32_t qnni_read_signed(qnni_reader *reader, double *value)
{
    qnni_lexer *lexer = &reader->lexer;
    qnni_affine read = {0};
    const bool minus = qnni_at(lexer, "-");
    if (minus || qnni_at(lexer, "+"))
        qnni_advance(lexer);
    if (lexer->token.kind != QNNI_NUMBER)
        return qnni_unexpected(lexer, "a number");
    const int32_t status = read_number(reader, &read);
    *value = minus ? -read.angle.shift : read.angle.shift;
    return status;
}

int32_t qnni_read_integer(qnni_reader *reader, int64_t least, int64_t most, const char *what, int64_t *value)
{
    const int64_t at = reader->lexer.token.begin;
    double read = 0;
    const int32_t status = qnni_read_constant(reader, &read);
    if (status)
        return status;
    if (!(read >= (double)least && read <= (double)most && read == floor(read)))
        return qnni_syntax(&reader->lexer, at, "%s is %.17g; it takes an integer in %lld ... %lld", what,
                           read, (long long)least, (long long)most);
    *value = (int64_t)read;
    return MOE_OK;
}
