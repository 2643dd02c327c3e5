/* qasm_lexer.h - OpenQASM 3 text as tokens, and the sentence about the one that does not fit.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_QASM_LEXER_H
#define QNNI_QASM_LEXER_H

#include "base/base.h"

enum { QNNI_LONGEST_NAME = 255 };

typedef enum qnni_token_kind {
    QNNI_END,     /* of the text, or of the line inside a pragma           */
    QNNI_NAME,    /* letters, '_', digits, bytes past ASCII; also keywords */
    QNNI_NUMBER,  /* decimal, no sign                                      */
    QNNI_STRING,  /* with its quotes, on one line                          */
    QNNI_PRAGMA,  /* from "pragma" or "#pragma" to the end of the line     */
    QNNI_SYMBOL,  /* any other single byte                                 */
    QNNI_UNENDED, /* a comment or a string without its end                 */
    QNNI_LONG     /* a name that is too long                               */
} qnni_token_kind;

/* text[begin, end) */
typedef struct qnni_token {
    qnni_token_kind kind;
    int64_t begin, end;
} qnni_token;

/* token: the one that comes next. Zeroed, then context, text and length set, then qnni_advance. */
typedef struct qnni_lexer {
    moe_context *context;
    const char *text;
    int64_t length;
    qnni_token token;
    int64_t work; /* bytes walked over so far, those walked over again included */
} qnni_lexer;

/* token <- the next one. Comments and white space are skipped. */
void qnni_advance(qnni_lexer *lexer);

/* token <- the first one at or after `offset`. */
void qnni_jump(qnni_lexer *lexer, int64_t offset);

/* The token is that keyword, name or symbol. */
bool qnni_at(const qnni_lexer *lexer, const char *word);

/* The same, and then advances. */
bool qnni_take(qnni_lexer *lexer, const char *word);

/* Advances past that word, or fails. */
int32_t qnni_expect(qnni_lexer *lexer, const char *word);

/* MOE_ERROR_SYNTAX: "line L, column C: expected `what`, found <the token>". */
int32_t qnni_unexpected(const qnni_lexer *lexer, const char *what);

/* MOE_ERROR_SYNTAX: "line L, column C: <the sentence>", the place being that of the byte at `offset`. */
int32_t qnni_syntax(const qnni_lexer *lexer, int64_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* out <- the token's text for a sentence: at most 40 characters, other than printable ASCII as '?'. */
enum { QNNI_SHOWN = 48 };
const char *qnni_show(const qnni_lexer *lexer, const qnni_token *token, char out[QNNI_SHOWN]);

#endif
