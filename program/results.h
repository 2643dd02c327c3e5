/* results.h - files of results: written beside their names and renamed when whole, with a record of the run.
 *
 * SPDX-License-Identifier: MIT */
#ifndef PROGRAM_RESULTS_H
#define PROGRAM_RESULTS_H

#include "options.h"

#include <jansson.h>

enum { MOST_RESULTS = 64 };

struct results {
    char *directory; /* NULL: nothing is written */
    int count;
    char *name[MOST_RESULTS]; /* of the files that are whole */
    json_t *before;           /* the record that was in the directory; NULL: none */
};

/* The directory is made if it is not there; END_OUTPUT if nothing can be written in it, which is found out by
 * writing. */
int results_open(struct results *results, const char *directory);
void results_close(struct results *results);

bool result_has(const struct results *results, const char *name);

/* A file of the directory under a temporary name; NULL with a complaint. result_end renames it and adds it to
 * the list, or complains. */
FILE *result_begin(const struct results *results, const char *name);
int result_end(struct results *results, FILE *file, const char *name);
int result_json(struct results *results, const char *name, const json_t *value);
char *result_path(const struct results *results, const char *name);

/* Takes a whole file that another program wrote into the list. */
void result_add(struct results *results, const char *name);

/* A number in as few digits as give it back; nothing for NAN. */
enum { NUMBER_LENGTH = 32 };
const char *number_text(double number, char text[NUMBER_LENGTH]);
void put_number(FILE *file, const char *before, double number);

/* JSON's number; null where it has none */
json_t *json_number(double number);

/* END_USE with a complaint for options that JSON has no text for */
int record_check(const struct options *options);
/* run.json: versions, options, inputs and results with their checksums, and how the run ended. */
int record_write(struct results *results, const struct options *options, int end);
/* Removes what the record before lists of the same command and this run has not written, unless it was changed. */
void results_tidy(const struct results *results, const struct options *options);

/* digest <- SHA-256 of a file in hexadecimal (checksum.c) */
enum { DIGEST_LENGTH = 65 };
int checksum_file(const char *path, char digest[DIGEST_LENGTH]);

#endif
