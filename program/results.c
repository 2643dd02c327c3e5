/* results.c - writes results whole or not at all, and the record of a run.
 *
 * The record, run.json, holds no date and no time, nor do the results: a rerun gives the same bytes.
 *
 * SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* realpath */
#include "results.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the directory ---------------------------------------------------------------------------- */

char *result_path(const struct results *results, const char *name)
{
    return text_of("%s/%s", results->directory, name);
}

/* all folders of the path that are not there yet */
static int make_folders(const char *path)
{
    char *part = copy_of(path);
    int failed = 0;
    for (char *at = part + 1; *at && !failed; at++)
        if (*at == '/') {
            *at = 0;
            failed = mkdir(part, 0777) && errno != EEXIST;
            *at = '/';
        }
    if (!failed)
        failed = mkdir(part, 0777) && errno != EEXIST;
    free(part);
    return failed;
}

int results_open(struct results *results, const char *directory)
{
    *results = (struct results){0};
    if (!directory)
        return END_GOOD;
    results->directory = copy_of(directory);
    if (make_folders(directory))
        return complain(END_OUTPUT, "--out %s: the directory cannot be made: %s", directory, strerror(errno));
    char *trial = result_path(results, ".moefield-trial");
    FILE *file = fopen(trial, "w");
    const int why = errno;
    if (file) {
        fclose(file);
        remove(trial);
    }
    free(trial);
    char *record = result_path(results, "run.json");
    results->before = json_load_file(record, 0, NULL);
    free(record);
    return file
               ? END_GOOD
               : complain(END_OUTPUT, "--out %s: no file can be written there: %s", directory, strerror(why));
}

void results_close(struct results *results)
{
    for (int i = 0; i < results->count; i++)
        free(results->name[i]);
    free(results->directory);
    json_decref(results->before);
    *results = (struct results){0};
}

/* ---- files ------------------------------------------------------------------------------------ */

FILE *result_begin(const struct results *results, const char *name)
{
    char *path = text_of("%s/%s.part", results->directory, name);
    FILE *file = fopen(path, "w");
    if (!file)
        complain(END_OUTPUT, "%s: %s", path, strerror(errno));
    free(path);
    return file;
}

bool result_has(const struct results *results, const char *name)
{
    for (int i = 0; i < results->count; i++)
        if (!strcmp(results->name[i], name))
            return true;
    return false;
}

void result_add(struct results *results, const char *name)
{
    if (!result_has(results, name) && results->count < MOST_RESULTS)
        results->name[results->count++] = copy_of(name);
}

int result_end(struct results *results, FILE *file, const char *name)
{
    char *path = result_path(results, name), *part = text_of("%s.part", path);
    const bool failed = ferror(file) || fflush(file) || fsync(fileno(file));
    const int end = fclose(file) || failed || rename(part, path)
                        ? complain(END_OUTPUT, "%s cannot be written: %s", path, strerror(errno))
                        : END_GOOD;
    if (end)
        remove(part);
    else
        result_add(results, name);
    free(part);
    free(path);
    return end;
}

int result_json(struct results *results, const char *name, const json_t *value)
{
    FILE *file = result_begin(results, name);
    if (!file)
        return END_OUTPUT;
    if (json_dumpf(value, file, JSON_INDENT(2)))
        remark("%s is not whole", name);
    fputc('\n', file);
    return result_end(results, file, name);
}

/* ---- numbers ---------------------------------------------------------------------------------- */

const char *number_text(double number, char text[NUMBER_LENGTH])
{
    text[0] = 0;
    for (int digits = 15; digits <= 17 && !isnan(number); digits++) {
        snprintf(text, NUMBER_LENGTH, "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    return text;
}

void put_number(FILE *file, const char *before, double number)
{
    char text[NUMBER_LENGTH];
    fprintf(file, "%s%s", before, number_text(number, text));
}

json_t *json_number(double number)
{
    return isfinite(number) ? json_real(number) : json_null();
}

/* ---- the record ------------------------------------------------------------------------------- */

static json_t *describe_file(const char *path, const char *shown)
{
    char digest[DIGEST_LENGTH];
    if (checksum_file(path, digest))
        return json_null();
    return json_pack("{s:s, s:s}", "path", shown, "sha256", digest);
}

static bool is_utf8(const char *bytes)
{
    json_t *text = json_string(bytes); /* NULL for what is not */
    const bool is_text = text;
    json_decref(text);
    return is_text;
}

static json_t *inputs_of(const struct options *options)
{
    static const int files[] = {O_CIRCUIT, O_DATA};
    json_t *inputs = json_object();
    for (int i = 0; i < 2; i++) {
        const char *path = options->value[files[i]].text;
        char *whole = realpath(path, NULL);
        json_object_set_new(inputs, option_table[files[i]].name,
                            describe_file(path, whole && is_utf8(whole) ? whole : path));
        free(whole);
    }
    return inputs;
}

static json_t *results_of(const struct results *results)
{
    json_t *list = json_array();
    for (int i = 0; i < results->count; i++) {
        char *path = result_path(results, results->name[i]);
        json_array_append_new(list, describe_file(path, results->name[i]));
        free(path);
    }
    return list;
}

/* what the results depend on: not the threads, nor where they go */
static json_t *options_of(const struct options *options)
{
    json_t *object = json_object();
    for (int i = 0; i < OPTIONS; i++)
        if (options->value[i].text && (option_table[i].commands & options->command->bit) && i != O_CIRCUIT &&
            i != O_DATA && (i < O_THREADS || i == O_PICTURES))
            json_object_set_new(object, option_table[i].name, json_string(options->value[i].text));
    return object;
}

int record_check(const struct options *options)
{
    for (int i = 0; i < OPTIONS; i++) {
        const char *text = options->value[i].text;
        if (text && i != O_OUT && !is_utf8(text))
            return complain(END_USE, "--%s %s: is not UTF-8, so the run's record cannot hold it",
                            option_table[i].name, text);
    }
    return END_GOOD;
}

int record_write(struct results *results, const struct options *options, int end)
{
    json_t *record = json_pack("{s:s, s:{s:s, s:s, s:s, s:s}, s:s, s:o, s:o, s:i, s:o}", "format",
                               "moefield run 1", "made by", "program", PROGRAM_VERSION, "library",
                               moe_version(), "compiler", __VERSION__, "BLAS and LAPACK", PROGRAM_BLAS,
                               "command", options->command->name, "options", options_of(options), "inputs",
                               inputs_of(options), "end", end, "results", results_of(results));
    const int written =
        record ? result_json(results, "run.json", record) : complain(END_OUTPUT, "run.json cannot be made");
    json_decref(record);
    return written;
}

void results_tidy(const struct results *results, const struct options *options)
{
    const char *command = json_string_value(json_object_get(results->before, "command"));
    const json_t *list = json_object_get(results->before, "results");
    char now[DIGEST_LENGTH];
    if (!command || strcmp(command, options->command->name) != 0)
        return;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *file = json_array_get(list, i);
        const char *name = json_string_value(json_object_get(file, "path")),
                   *digest = json_string_value(json_object_get(file, "sha256"));
        if (!name || !digest || strchr(name, '/') || result_has(results, name))
            continue;
        char *path = result_path(results, name);
        if (!checksum_file(path, now) && !strcmp(now, digest))
            remove(path);
        free(path);
    }
}
