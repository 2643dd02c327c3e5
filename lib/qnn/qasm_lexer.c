/* qasm_lexer.c - see qasm_lexer.h. The grammar is that of the OpenQASM 3 specification (Cross et al., ACM
 * Transactions on Quantum Computing 3 (2022), 12; openqasm.com), as far as circuits need it.
 *
 * Lines and columns count from 1, a column being one character of UTF-8. They are found from the offset when
 * a sentence needs them, and only then.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/qasm_lexer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- bytes ------------------------------------------------------------------------------------ */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool begins_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static bool goes_on_name(char c)
{
    return begins_name(c) || is_digit(c);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The byte at `offset`, or 0 past the end. */
static char byte(const qnni_lexer *lexer, int64_t offset)
{
    return offset < lexer->length ? lexer->text[offset] : 0;
}

/* The first offset from `from` on that holds `c`, or the end. */
static int64_t find(const qnni_lexer *lexer, int64_t from, char c)
{
    while (from < lexer->length && lexer->text[from] != c)
        from++;
    return from;
}

/* ---- tokens ----------------------------------------------------------------------------------- */

/* The end of the comment that begins at `at`; `at` if there is none, -1 if it has no end. */
static int64_t past_comment(const qnni_lexer *lexer, int64_t at)
{
    if (byte(lexer, at) != '/')
        return at;
    if (byte(lexer, at + 1) == '/')
        return find(lexer, at, '\n');
    if (byte(lexer, at + 1) != '*')
        return at;
    for (int64_t end = at + 2; end + 1 < lexer->length; end++)
        if (lexer->text[end] == '*' && lexer->text[end + 1] == '/')
            return end + 2;
    return -1;
}

static int64_t past_digits(const qnni_lexer *lexer, int64_t at)
{
    while (is_digit(byte(lexer, at)) || byte(lexer, at) == '_')
        at++;
    return at;
}

static int64_t past_number(const qnni_lexer *lexer, int64_t at)
{
    at = past_digits(lexer, at);
    if (byte(lexer, at) == '.')
        at = past_digits(lexer, at + 1);
    if (byte(lexer, at) == 'e' || byte(lexer, at) == 'E') {
        const int64_t sign = byte(lexer, at + 1) == '+' || byte(lexer, at + 1) == '-';
        if (is_digit(byte(lexer, at + 1 + sign)))
            at = past_digits(lexer, at + 1 + sign);
    }
    return at;
}

static qnni_token read_name(const qnni_lexer *lexer, int64_t begin)
{
    qnni_token token = {QNNI_NAME, begin, begin};
    while (token.end < lexer->length && goes_on_name(lexer->text[token.end]))
        token.end++;
    if (token.end - begin > QNNI_LONGEST_NAME)
        token.kind = QNNI_LONG;
    return token;
}

static qnni_token read_string(const qnni_lexer *lexer, int64_t begin)
{
    const int64_t line = find(lexer, begin, '\n'), quote = find(lexer, begin + 1, lexer->text[begin]);
    return quote < line ? (qnni_token){QNNI_STRING, begin, quote + 1}
                        : (qnni_token){QNNI_UNENDED, begin, line};
}

static bool begins_pragma(const qnni_lexer *lexer, int64_t at)
{
    static const char word[] = "pragma";
    const int64_t length = sizeof word - 1;
    at += lexer->text[at] == '#';
    return lexer->length - at >= length && memcmp(lexer->text + at, word, (size_t)length) == 0 &&
           !goes_on_name(byte(lexer, at + length));
}

static qnni_token read_token(const qnni_lexer *lexer, int64_t begin)
{
    const char c = lexer->text[begin];
    if ((c == 'p' || c == '#') && begins_pragma(lexer, begin))
        return (qnni_token){QNNI_PRAGMA, begin, find(lexer, begin, '\n')};
    if (begins_name(c))
        return read_name(lexer, begin);
    if (is_digit(c) || (c == '.' && is_digit(byte(lexer, begin + 1))))
        return (qnni_token){QNNI_NUMBER, begin, past_number(lexer, begin)};
    if (c == '"' || c == '\'')
        return read_string(lexer, begin);
    return (qnni_token){QNNI_SYMBOL, begin, begin + 1};
}

void qnni_jump(qnni_lexer *lexer, int64_t offset)
{
    int64_t at = offset;
    for (;;) {
        while (at < lexer->length && is_space(lexer->text[at]))
            at++;
        const int64_t past = past_comment(lexer, at);
        if (past == at)
            break;
        if (past < 0) {
            lexer->token = (qnni_token){QNNI_UNENDED, at, lexer->length};
            lexer->work += lexer->length - offset;
            return;
        }
        at = past;
    }
    lexer->token = at < lexer->length ? read_token(lexer, at) : (qnni_token){QNNI_END, at, at};
    lexer->work += lexer->token.end - offset;
}

void qnni_advance(qnni_lexer *lexer)
{
    qnni_jump(lexer, lexer->token.end);
}

bool qnni_at(const qnni_lexer *lexer, const char *word)
{
    const qnni_token *token = &lexer->token;
    const int64_t length = token->end - token->begin;
    return (token->kind == QNNI_NAME || token->kind == QNNI_SYMBOL) && (int64_t)strlen(word) == length &&
           memcmp(lexer->text + token->begin, word, (size_t)length) == 0;
}

bool qnni_take(qnni_lexer *lexer, const char *word)
{
    const bool here = qnni_at(lexer, word);
    if (here)
        qnni_advance(lexer);
    return here;
}

int32_t qnni_expect(qnni_lexer *lexer, const char *word)
{
    char what[QNNI_SHOWN];
    snprintf(what, sizeof what, "'%s'", word);
    return qnni_take(lexer, word) ? MOE_OK : qnni_unexpected(lexer, what);
}

/* ---- sentences -------------------------------------------------------------------------------- */

/* A later byte of a character of UTF-8. */
static bool continues(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

const char *qnni_show(const qnni_lexer *lexer, const qnni_token *token, char out[QNNI_SHOWN])
{
    enum { MOST = 40 };
    int64_t at = token->begin, count = 0;
    for (; at < token->end && count < MOST; at++) {
        const char c = lexer->text[at];
        if (at == token->begin || !continues(c))
            out[count++] = c >= ' ' && c <= '~' ? c : '?';
    }
    memcpy(out + count, at < token->end ? "..." : "", at < token->end ? sizeof "..." : 1);
    return out;
}

int32_t qnni_syntax(const qnni_lexer *lexer, int64_t offset, const char *format, ...)
{
    char sentence[400];
    int64_t line = 1, column = 1;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    for (int64_t i = 0; i < offset; i++)
        if (lexer->text[i] == '\n') {
            line++;
            column = 1;
        } else
            column += !continues(lexer->text[i]);
    return moei_fail(lexer->context, MOE_ERROR_SYNTAX, "line %lld, column %lld: %s", (long long)line,
                     (long long)column, sentence);
}

int32_t qnni_unexpected(const qnni_lexer *lexer, const char *what)
{
    const qnni_token *token = &lexer->token;
    char shown[QNNI_SHOWN];
    qnni_show(lexer, token, shown);
    if (token->kind == QNNI_END)
        return qnni_syntax(lexer, token->begin, "expected %s, found the end", what);
    if (token->kind == QNNI_UNENDED)
        return qnni_syntax(lexer, token->begin, "expected %s, found '%s', which does not end", what, shown);
    if (token->kind == QNNI_LONG)
        return qnni_syntax(lexer, token->begin, "expected %s, found '%s', a name of more than %d bytes", what,
                           shown, QNNI_LONGEST_NAME);
    if (token->kind == QNNI_SYMBOL && shown[0] == '?' && lexer->text[token->begin] != '?')
        return qnni_syntax(lexer, token->begin, "expected %s, found the byte 0x%02X", what,
                           (unsigned)(unsigned char)lexer->text[token->begin]);
    return qnni_syntax(lexer, token->begin, "expected %s, found '%s'", what, shown);
}
