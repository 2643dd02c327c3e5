/* qasm_number.c - see qasm_number.h.
 *
 * The C library converts correctly but with the locale's decimal point. Reading avoids the point: 1.25e3 is
 * handed to strtod as 125e1. Writing replaces it: whatever printf puts between digits and is neither digit,
 * sign nor 'e' becomes '.'.
 *
 * A double, or a number halfway between two, has at most 767 significant digits: of those past MOST only
 * whether one is not 0 can matter.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/qasm_number.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 780 };
#define FARTHEST INT64_C(100000000000000000) /* exponents beyond are as good as this one */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int64_t clamp(int64_t exponent, int64_t most)
{
    return exponent > most ? most : exponent < -most ? -most : exponent;
}

/* The signed integer in text[0, length). */
static int64_t read_exponent(const char *text, int64_t length)
{
    int64_t value = 0;
    for (int64_t i = 0; i < length; i++)
        if (is_digit(text[i]))
            value = clamp(10 * value + (text[i] - '0'), FARTHEST);
    return text[0] == '-' ? -value : value;
}

double qnni_number_read(const char *text, int64_t length)
{
    char digits[MOST + 32]; /* digits, one more, 'e', exponent, NUL */
    int64_t count = 0, dropped = 0, fraction = 0, exponent = 0;
    bool point = false, rest = false;
    for (int64_t i = 0; i < length; i++) {
        if (text[i] == 'e' || text[i] == 'E') {
            exponent = read_exponent(text + i + 1, length - i - 1);
            break;
        }
        point = point || text[i] == '.';
        if (!is_digit(text[i]))
            continue;
        fraction += point;
        if (count == MOST) {
            dropped++;
            rest = rest || text[i] != '0';
        } else if (count || text[i] != '0')
            digits[count++] = text[i];
    }
    if (!count)
        return 0;
    digits[count++] = rest ? '1' : '0';
    exponent = clamp(exponent + dropped - fraction - 1, 99999);
    snprintf(digits + count, sizeof digits - (size_t)count, "e%lld", (long long)exponent);
    return strtod(digits, NULL);
}

/* text <- x with `digits` significant digits and a point. */
static void print(double x, int digits, char text[QNNI_NUMBER_LENGTH])
{
    char printed[64];
    int64_t length = 0;
    bool point = false;
    snprintf(printed, sizeof printed, "%.*g", digits, x);
    for (const char *c = printed; *c; c++) {
        const bool plain = is_digit(*c) || *c == 'e' || *c == '-' || *c == '+';
        if (plain)
            text[length++] = *c;
        else if (!point)
            text[length++] = '.';
        point = point || !plain;
    }
    text[length] = 0;
}

void qnni_number_write(double x, char text[QNNI_NUMBER_LENGTH])
{
    for (int digits = 15; digits <= 17; digits++) {
        print(x, digits, text);
        const bool minus = text[0] == '-';
        const double back = qnni_number_read(text + minus, (int64_t)strlen(text) - minus);
        if ((minus ? -back : back) == x)
            return;
    }
}
