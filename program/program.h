/* program.h - what every file of the program shares: how it ends, what it says, where it gets memory.
 *
 * The program `moefield` is a host of the library like any other: it sees the public headers only.
 *
 * SPDX-License-Identifier: MIT */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <moefield/moefield.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* How the program ends; docs/man/moefield.1 lists them. Functions that can fail return one of these. */
enum {
    END_GOOD = 0,
    END_USE = 1,     /* an option or operand is not what the command takes      */
    END_INPUT = 2,   /* a file that is read is not what it should be            */
    END_BUDGET = 3,  /* nodes, memory or seconds did not suffice                */
    END_OUTPUT = 4,  /* a result cannot be written                              */
    END_WORK = 5,    /* the computation failed                                  */
    END_DIFFERS = 6, /* a rerun gave other results than those that are recorded */
    END_INTERRUPTED = 130
};

/* Prints "moefield: sentence" to standard error and returns `end`. */
int complain(int end, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A remark on what was chosen, to standard error unless the user asked for quiet. */
void remark(const char *format, ...) __attribute__((format(printf, 1, 2)));
void remarks_off(void);

/* A failure of the library, told by its own sentence; 0 for MOE_OK. */
int library_end(moe_context *context, int32_t status, const char *doing);

/* count x bytes of zeros; ends the program if there is no memory, which leaves results whole: they are
 * renamed to their names only when complete. */
void *room(int64_t count, size_t bytes);
char *text_of(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *copy_of(const char *text);

/* The word at *rest, ended where the mark stood; *rest <- what follows the mark, NULL after the last word.
 * NULL if *rest is. */
char *next_word(char **rest, char mark);

/* The whole file, ended by a NUL; *length without it. END_INPUT for one of more bytes than `most`, which is told
 * before they are read: a device that never ends is one, too. */
enum { MOST_TEXT = 1 << 30 };
int read_whole(const char *path, int64_t most, char **text, int64_t *length);

#endif
