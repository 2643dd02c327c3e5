/* options.h - the commands and their options: one table for parsing, help, man page and completion.
 *
 * Every value is held as the text it was given by and, where the table says so, as numbers. A run's record
 * holds the texts, so a rerun takes the same way in as the command line.
 *
 * SPDX-License-Identifier: MIT */
#ifndef PROGRAM_OPTIONS_H
#define PROGRAM_OPTIONS_H

#include "program.h"

/* commands, as bits */
enum {
    STUDY = 1,
    TRAIN = 2,
    LIMIT = 4,
    DISTANCE = 8,
    CIRCUIT = 16,
    RERUN = 32,
    MODELS = STUDY | TRAIN | LIMIT,
    COMMANDS = 6
};

/* in the order of the table */
enum {
    O_CIRCUIT,
    O_DATA,
    O_FEATURES,
    O_LABELS,
    O_CLASSES,
    O_TARGETS,
    O_PCA,
    O_SCALE,
    O_TEST,
    O_LOSS,
    O_DELTA,
    O_DECAY,
    O_OUTPUT_SCALE,
    O_LAW,
    O_PERIODS,
    O_EXPERTS,
    O_TIME,
    O_TIMES,
    O_REPLICAS,
    O_PRECISION,
    O_W1,
    O_W2,
    O_MARGINALS,
    O_BANDS,
    O_TOLERANCE,
    O_METHOD,
    O_NODES,
    O_SECONDS,
    O_ORDER,
    O_GAP,
    O_WEIGHTS,
    O_SEED,
    O_THREADS,
    O_ASCII,
    O_WIDTH,
    O_QASM,
    O_OUT,
    O_FRESH,
    O_PICTURES,
    O_JSON,
    O_PROGRESS,
    O_QUIET,
    O_HELP,
    OPTIONS
};

/* the choices of --loss, in their order */
enum { SQUARE, LOGISTIC, SOFTMAX, HUBER };

enum kind { FLAG, TEXT, CHOICE, INTEGER, INTEGERS, REAL, REALS };

struct option_row {
    const char *name;
    char letter; /* 0: none */
    enum kind kind;
    const char *argument; /* as help shows it; for CHOICE the choices, parted by | */
    double least, most;   /* of numbers; above_least: least itself is not taken */
    bool above_least;
    int commands;
    const char *standard; /* the value when none is given, NULL: none */
    const char *help;
};

struct command_row {
    int bit;
    const char *name, *operands, *help;
    int least, most; /* operands */
};

struct option_value {
    char *text; /* NULL: not given and no standard */
    bool given;
    int64_t count; /* of numbers */
    double *number;
    int choice; /* which of the choices */
};

struct options {
    const struct command_row *command; /* NULL: help or version only */
    struct option_value value[OPTIONS];
    int operands;
    char **operand;
};

extern const struct option_row option_table[OPTIONS];
extern const struct command_row command_table[COMMANDS];

const struct command_row *find_command(const char *name);

/* END_USE with a complaint that names the option and what it takes. Standards are filled in at the end. */
int options_read(struct options *options, int count, char **words);
int options_set(struct options *options, int which, const char *text);
int options_finish(struct options *options);
void options_free(struct options *options);

/* Shortcuts for values that are there: they have a standard, or are required. */
double real_option(const struct options *options, int which);
int64_t integer_option(const struct options *options, int which);
bool flag_option(const struct options *options, int which);

/* The commands, as bits, that cannot do without the option. */
int required_by(int which);

/* Whether a run's record holds the option: results depend on it, and it is no input. */
bool recorded_option(const struct options *options, int which);

/* The times asked for: --times, or --time alone. */
int64_t option_times(const struct options *options, const double **times);

/* help.c: to standard output */
void print_help(const struct command_row *command);
void print_version(void);
void print_manual_options(void);
void print_completion(void);

#endif
