/* options.c - the table of options, and how a command line is held against it.
 *
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* getopt_long */
#include "options.h"

#include <ctype.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_COUNT 2147483647.0

const struct command_row command_table[COMMANDS] = {
    {STUDY, "study", "", "train mixtures of many sizes, hold them against their limit, and write a report", 0,
     0},
    {TRAIN, "train", "", "train one mixture of experts", 0, 0},
    {LIMIT, "limit", "", "compute the mean-field limit to a tolerance", 0, 0},
    {DISTANCE, "distance", "A.csv B.csv",
     "find the Wasserstein distance of two sets of points, as an interval", 2, 2},
    {CIRCUIT, "circuit", "FILE.qasm", "draw a circuit and say what is known of it", 1, 1},
    {RERUN, "rerun", "RUN.json", "run again what a run's record describes, and compare every result", 1, 1},
};

const struct option_row option_table[OPTIONS] = {
    [O_CIRCUIT] = {"circuit", 'c', TEXT, "FILE", 0, 0, false, MODELS | RERUN, NULL,
                   "the expert: a circuit in OpenQASM 3 with inputs x and parameters theta; for rerun: where "
                   "it is now, if not "
                   "where the record says"},
    [O_DATA] = {"data", 'd', TEXT, "FILE", 0, 0, false, MODELS | RERUN, NULL,
                "the samples: a CSV file, with or without a header; for rerun: where it is now"},
    [O_FEATURES] =
        {"features", 0, TEXT, "COLUMNS", 0, 0, false, MODELS, NULL,
         "columns that are inputs, by name or number from 1, as 1,3 or 1-4; all but the labels. A number is "
         "never a name"},
    [O_LABELS] = {"labels", 0, TEXT, "COLUMNS", 0, 0, false, MODELS, NULL,
                  "the column of the class, or those of the numbers to learn; the last one"},
    [O_CLASSES] = {"classes", 0, TEXT, "A,B,...", 0, 0, false, MODELS, NULL,
                   "take these classes only: two for a circuit of one output (-1 and +1), else one for each "
                   "output (one-hot)"},
    [O_TARGETS] =
        {"targets", 0, CHOICE, "auto|classes|numbers", 0, 0, false, MODELS, "auto",
         "what the labels are; auto: classes if they are words or at most 20 different whole numbers"},
    [O_PCA] = {"pca", 0, INTEGER, "COUNT", 1, 1e6, false, MODELS, NULL,
               "reduce the features to this many principal components of the training set"},
    [O_SCALE] = {"scale", 0, REAL, "RADIANS", 0, 1e6, false, MODELS, "0.8",
                 "a feature's standard deviation on the training set, about mean 0; 0: features as they are"},
    [O_TEST] = {"test", 0, REAL, "FRACTION", 0, 0.99, false, MODELS, "0.3",
                "the part of the samples held out, chosen by the seed"},
    [O_LOSS] = {"loss", 0, CHOICE, "square|logistic|softmax|huber", 0, 0, false, MODELS, "square",
                "the loss"},
    [O_DELTA] = {"delta", 0, REAL, "NUMBER", 1e-6, 1e6, false, MODELS, "1",
                 "where Huber's loss becomes linear"},
    [O_DECAY] = {"decay", 0, REAL, "NUMBER", 0, 1e4, false, MODELS, "0", "decay of the parameters"},
    [O_OUTPUT_SCALE] = {"output-scale", 0, REAL, "NUMBER", 1e-3, 1e6, false, MODELS, "1",
                        "what the mixture's mean is multiplied by"},
    [O_LAW] =
        {"law", 0, TEXT, "LAW[,LAW...]", 0, 0, false, MODELS, "uniform",
         "of initial parameters, one for all or one for each: uniform, uniform:A:B, normal:MEAN:DEVIATION, "
         "von-mises:MEAN:CONCENTRATION, fixed:NUMBER"},
    [O_PERIODS] = {"periods", 0, TEXT, "P[,P...]", 0, 0, false, MODELS | DISTANCE, NULL,
                   "of each coordinate, a number or real; the circuit's own, for distance real"},
    [O_EXPERTS] =
        {"experts", 'n', INTEGERS, "N or A..B", 1, MOST_COUNT, false, STUDY | TRAIN, NULL,
         "numbers of experts, as 100,1000 or by doubling 16..4096; one for train. 16..1024; 1024 for "
         "train"},
    [O_TIME] = {"time", 't', REAL, "T", 0, 1e9, true, MODELS, "1", "train up to this mean-field time"},
    [O_TIMES] = {"times", 0, REALS, "T,T,...", 0, 1e9, false, MODELS, NULL,
                 "report at these times, in place of --time"},
    [O_REPLICAS] = {"replicas", 0, INTEGERS, "LEAST..MOST", 2, MOST_COUNT, false, STUDY, "16..64",
                    "replicas of each mixture: at least and at most"},
    [O_PRECISION] = {"precision", 0, REAL, "PART", 0, 0.99, false, STUDY, "0.05",
                     "replicas end when standard errors are this part of their means; 0: always all"},
    [O_W1] = {"w1", 0, INTEGER, "N", 0, MOST_COUNT, false, STUDY, "4096",
              "measure W_1 up to this many experts; 0: never"},
    [O_W2] = {"w2", 0, INTEGER, "N", 0, MOST_COUNT, false, STUDY, "4096",
              "measure W_2 up to this many experts; 0: never"},
    [O_MARGINALS] = {"marginals", 0, INTEGER, "K", 1, MOST_COUNT, false, STUDY, "2",
                     "how many experts' joint law is held against as many copies of the limit"},
    [O_BANDS] =
        {"bands", 0, CHOICE, "yes|no", 0, 0, false, STUDY, "yes",
         "compute how the predictions of one mixture fluctuate, and their bias, from the limit alone"},
    [O_TOLERANCE] = {"tolerance", 0, REAL, "ERROR", 1e-13, 0.01, false, MODELS, "1e-6",
                     "error allowed in the limit's predictions, and of the steps in time"},
    [O_METHOD] = {"method", 0, CHOICE, "adams|dop853|dopri5|rkc|low_storage", 0, 0, false, TRAIN, "adams",
                  "the integrator"},
    [O_NODES] = {"nodes", 0, INTEGER, "COUNT", 1, 1e12, false, LIMIT, "4194304", "the most nodes of a rule"},
    [O_SECONDS] = {"seconds", 0, REAL, "S", 0, 1e9, true, LIMIT, NULL,
                   "the most seconds; the result then depends on the machine"},
    [O_ORDER] = {"order", 'p', REAL, "P", 1, 512, false, DISTANCE, "1", "the distance's order, W_P"},
    [O_GAP] = {"gap", 0, REAL, "PART", 0, 1e9, false, DISTANCE, "0",
               "end when the interval is this narrow, upper <= (1 + gap) lower; 0: exact up to rounding"},
    [O_WEIGHTS] = {"weights", 0, FLAG, "", 0, 0, false, DISTANCE, NULL,
                   "the last column holds the points' weights"},
    [O_SEED] = {"seed", 's', INTEGER, "NUMBER", 0, 9007199254740991.0, false, MODELS, "0",
                "of the split and of all draws"},
    [O_THREADS] = {"threads", 'j', INTEGER, "COUNT", 1, 256, false, MODELS | DISTANCE | RERUN, NULL,
                   "threads; all of the machine's. Results do not depend on it"},
    [O_ASCII] = {"ascii", 0, FLAG, "", 0, 0, false, CIRCUIT, NULL, "draw with ASCII characters only"},
    [O_WIDTH] = {"width", 0, INTEGER, "COLUMNS", 40, 1e6, false, CIRCUIT, "100",
                 "break the drawing into lines of this many characters"},
    [O_QASM] = {"qasm", 0, FLAG, "", 0, 0, false, CIRCUIT, NULL,
                "write the circuit as the library holds it, in OpenQASM 3, in place of the drawing"},
    [O_OUT] = {"out", 'o', TEXT, "DIRECTORY", 0, 0, false, MODELS | RERUN, NULL,
               "write results and the run's record there, in place of an earlier run's"},
    [O_FRESH] = {"fresh", 0, FLAG, "", 0, 0, false, STUDY, NULL,
                 "forget what an interrupted study left in the directory"},
    [O_PICTURES] = {"pictures", 0, CHOICE, "yes|no", 0, 0, false, STUDY, "yes", "draw pictures, by gnuplot"},
    [O_JSON] = {"json", 0, FLAG, "", 0, 0, false, TRAIN | LIMIT | DISTANCE | CIRCUIT, NULL,
                "print the result as JSON"},
    [O_PROGRESS] = {"progress", 0, CHOICE, "auto|yes|no", 0, 0, false, MODELS | DISTANCE | RERUN, "auto",
                    "a line of progress; auto: if standard error is a terminal"},
    [O_QUIET] = {"quiet", 'q', FLAG, "", 0, 0, false, MODELS | DISTANCE | CIRCUIT | RERUN, NULL,
                 "no remarks and no table"},
    [O_HELP] = {"help", 'h', FLAG, "", 0, 0, false, MODELS | DISTANCE | CIRCUIT | RERUN, NULL, "this help"},
};

const struct command_row *find_command(const char *name)
{
    for (int i = 0; i < COMMANDS; i++)
        if (!strcmp(command_table[i].name, name))
            return &command_table[i];
    return NULL;
}

/* ---- one value -------------------------------------------------------------------------------- */

static bool counts(enum kind kind)
{
    return kind == INTEGER || kind == INTEGERS;
}

static int wrong(const struct option_row *row, const char *text)
{
    char takes[128];
    if (row == &option_table[O_REPLICAS])
        snprintf(takes, sizeof takes, "%s, as 16..64, or one number, whole and from %.10g to %.10g",
                 row->argument, row->least, row->most);
    else if (row->kind == CHOICE)
        snprintf(takes, sizeof takes, "one of %s", row->argument);
    else
        snprintf(takes, sizeof takes, "%s %s %.10g to %.10g",
                 row->kind == REALS      ? "increasing numbers"
                 : row->kind == INTEGERS ? "increasing whole numbers, as 16,64 or 16..4096,"
                 : row->kind == INTEGER  ? "a whole number"
                                         : "a number",
                 row->above_least ? "above" : "from", row->least, row->most);
    return complain(END_USE, "--%s takes %s, not \"%s\"", row->name, takes, text);
}

/* a number the row takes, at *at, which then stands behind it */
static bool take_number(const struct option_row *row, char **at, double *number)
{
    char *end;
    if (!isdigit((unsigned char)**at) && **at != '.' && **at != '-' && **at != '+')
        return false; /* strtod would take blanks and words */
    *number = strtod(*at, &end);
    const size_t span = (size_t)(end - *at);
    if (memchr(*at, 'x', span) || memchr(*at, 'X', span)) /* hexadecimal */
        return false;
    if (end > *at && end[-1] == '.' && *end == '.') /* "16..64": the point belongs to the dots */
        end--;
    if (end == *at || !isfinite(*number) || *number < row->least || *number > row->most ||
        (row->above_least && *number == row->least) || (counts(row->kind) && *number != floor(*number)))
        return false;
    *at = end;
    return true;
}

static void add_number(struct option_value *value, double number)
{
    double *more = realloc(value->number, (size_t)(value->count + 1) * sizeof *more);
    if (!more)
        exit(complain(END_WORK, "out of memory"));
    value->number = more;
    value->number[value->count++] = number;
}

/* numbers parted by commas, A..B standing for A, 2A, 4A ... up to B */
static bool take_list(const struct option_row *row, char *at, struct option_value *value)
{
    double number, last;
    do {
        if (!take_number(row, &at, &number))
            return false;
        last = number;
        if (row->kind == INTEGERS && at[0] == '.' && at[1] == '.') {
            at += 2;
            if (!take_number(row, &at, &last) || last < number || number < 1)
                return false;
        }
        if (row == &option_table[O_REPLICAS] && last > number) {
            add_number(value, number);
            number = last;
        }
        for (; number <= last; number *= 2) {
            if (value->count && number <= value->number[value->count - 1])
                return false;
            add_number(value, number);
            if (number == 0)
                break;
        }
    } while (*at == ',' && at++);
    return !*at;
}

static int choice_of(const char *choices, const char *text)
{
    const size_t length = strlen(text);
    for (int i = 0;; i++) {
        const size_t span = strcspn(choices, "|");
        if (span == length && !strncmp(choices, text, length))
            return i;
        if (!choices[span])
            return -1;
        choices += span + 1;
    }
}

int options_set(struct options *options, int which, const char *text)
{
    const struct option_row *row = &option_table[which];
    struct option_value *value = &options->value[which];
    free(value->text);
    free(value->number);
    *value = (struct option_value){.text = copy_of(text)};
    if (row->kind == FLAG)
        return END_GOOD;
    if (row->kind == TEXT)
        return *text ? END_GOOD : complain(END_USE, "--%s takes %s, not nothing", row->name, row->argument);
    if (row->kind == CHOICE) {
        value->choice = choice_of(row->argument, text);
        return value->choice < 0 ? wrong(row, text) : END_GOOD;
    }
    if (!take_list(row, value->text, value) ||
        ((row->kind == INTEGER || row->kind == REAL) && value->count != 1))
        return wrong(row, text);
    return END_GOOD;
}

/* ---- the command line ------------------------------------------------------------------------- */

static int unknown(const struct command_row *command, const char *word, int letter)
{
    if (letter)
        return complain(END_USE, "%s has no option -%c; see moefield %s --help", command->name, letter,
                        command->name);
    const int span = (int)strcspn(word, "=");
    return complain(END_USE, "%s has no option %.*s; see moefield %s --help", command->name, span, word,
                    command->name);
}

/* getopt's tables of the options that the command has */
static void describe(const struct command_row *command, struct option *longs, char *letters)
{
    *letters++ = ':'; /* tell a missing argument from an unknown option */
    for (int i = 0; i < OPTIONS; i++) {
        const struct option_row *row = &option_table[i];
        if (!(row->commands & command->bit))
            continue;
        *longs++ =
            (struct option){row->name, row->kind == FLAG ? no_argument : required_argument, NULL, 256 + i};
        if (row->letter) {
            *letters++ = row->letter;
            if (row->kind != FLAG)
                *letters++ = ':';
        }
    }
    *longs = (struct option){0};
    *letters = 0;
}

static int which_option(int code)
{
    for (int i = 0; i < OPTIONS; i++)
        if (code == 256 + i || (option_table[i].letter && code == option_table[i].letter))
            return i;
    return -1;
}

int options_read(struct options *options, int count, char **words)
{
    const struct command_row *command = options->command;
    struct option longs[OPTIONS + 1];
    char letters[3 * OPTIONS + 2];
    int code, end = END_GOOD;
    describe(command, longs, letters);
    opterr = 0;
    optind = 1;
    while (!end && (code = getopt_long(count, words, letters, longs, NULL)) != -1) {
        if (code == '?')
            return unknown(command, words[optind - 1], optopt && optopt < 256 ? optopt : 0);
        const int which = which_option(code == ':' ? optopt : code);
        if (code == ':')
            return complain(END_USE, "--%s takes %s", option_table[which].name, option_table[which].argument);
        end = options_set(options, which, optarg ? optarg : "yes");
        options->value[which].given = true;
    }
    options->operands = count - optind;
    options->operand = words + optind;
    return end;
}

/* what one option asks of another, and standards that depend on the command */
static int check_together(struct options *options)
{
    const struct option_value *value = options->value;
    const int command = options->command->bit;
    int end = END_GOOD;
    for (int i = 0; i < OPTIONS; i++)
        if ((required_by(i) & command) && !value[i].text)
            return complain(END_USE, "%s needs --%s %s", options->command->name, option_table[i].name,
                            option_table[i].argument);
    if (value[O_DELTA].given && value[O_LOSS].choice != HUBER)
        return complain(END_USE, "--delta belongs to --loss huber, and the loss is %s", value[O_LOSS].text);
    if ((command & (STUDY | TRAIN)) && !value[O_EXPERTS].text)
        end = options_set(options, O_EXPERTS, command == STUDY ? "16..1024" : "1024");
    if (!end && command == TRAIN && value[O_EXPERTS].count != 1)
        return complain(END_USE, "--experts takes one number for train, not \"%s\"", value[O_EXPERTS].text);
    if (!end && command == STUDY && value[O_EXPERTS].number[0] < 2)
        return complain(END_USE, "--experts takes numbers from 2 on for study, not \"%s\"",
                        value[O_EXPERTS].text);
    if (!end && command == STUDY && value[O_EXPERTS].count > 64)
        return complain(END_USE, "--experts takes at most 64 numbers, not %lld",
                        (long long)value[O_EXPERTS].count);
    if (!end && command == STUDY && value[O_REPLICAS].count > 2)
        return complain(END_USE, "--replicas takes LEAST..MOST, not \"%s\"", value[O_REPLICAS].text);
    return end;
}

int options_finish(struct options *options)
{
    const struct command_row *command = options->command;
    int end = END_GOOD;
    if (options->operands < command->least)
        return complain(END_USE, "%s takes %s", command->name, command->operands);
    if (options->operands > command->most)
        return complain(END_USE, "%s takes %s; what is \"%s\"?", command->name,
                        command->most ? command->operands : "options only", options->operand[command->most]);
    for (int i = 0; i < OPTIONS && !end; i++)
        if ((option_table[i].commands & command->bit) && !options->value[i].text && option_table[i].standard)
            end = options_set(options, i, option_table[i].standard);
    return end ? end : check_together(options);
}

void options_free(struct options *options)
{
    for (int i = 0; i < OPTIONS; i++) {
        free(options->value[i].text);
        free(options->value[i].number);
    }
}

double real_option(const struct options *options, int which)
{
    return options->value[which].number[0];
}

int64_t integer_option(const struct options *options, int which)
{
    return (int64_t)options->value[which].number[0];
}

bool flag_option(const struct options *options, int which)
{
    return options->value[which].text != NULL;
}

int required_by(int which)
{
    return which == O_CIRCUIT || which == O_DATA ? MODELS : which == O_OUT ? STUDY | RERUN : 0;
}

bool recorded_option(const struct options *options, int which)
{
    return (option_table[which].commands & options->command->bit) && which != O_CIRCUIT && which != O_DATA &&
           (which < O_THREADS || which == O_PICTURES);
}

int64_t option_times(const struct options *options, const double **times)
{
    const struct option_value *value = &options->value[options->value[O_TIMES].text ? O_TIMES : O_TIME];
    *times = value->number;
    return value->count;
}
