/* qasm_number.h - decimal numbers in and out, whatever locale the host has set.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_QASM_NUMBER_H
#define QNNI_QASM_NUMBER_H

#include <stdint.h>

enum { QNNI_NUMBER_LENGTH = 32 };

/* The double nearest to the decimal number text[0, length): digits, '_' between them, one '.', one exponent,
 * no sign. INFINITY if it is too large. */
double qnni_number_read(const char *text, int64_t length);

/* text <- the shortest of 15, 16 and 17 significant digits that reads back as the finite x; with its NUL. */
void qnni_number_write(double x, char text[QNNI_NUMBER_LENGTH]);

#endif
