/* rerun.c - moefield rerun: does again what a record (run.json) describes, and compares every result.
 *
 * The record's options take the way of a command line's; inputs must have the record's checksums.
 *
 * SPDX-License-Identifier: MIT */
#include "commands.h"

#include <stdlib.h>
#include <string.h>

static int refuse(const char *path, const char *why)
{
    return complain(END_INPUT, "%s is no record of a run: %s", path, why);
}

static int load(const char *path, json_t **record)
{
    json_error_t error;
    *record = json_load_file(path, 0, &error);
    if (!*record)
        return complain(END_INPUT, "%s, line %d, column %d: %s", path, error.line, error.column, error.text);
    const char *format = json_string_value(json_object_get(*record, "format"));
    if (!format || strcmp(format, "moefield run 1") != 0)
        return refuse(path, "its format is not \"moefield run 1\"");
    return END_GOOD;
}

static int option_of(const char *name)
{
    for (int i = 0; i < OPTIONS; i++)
        if (!strcmp(option_table[i].name, name))
            return i;
    return -1;
}

/* an input: where this command line says, or where the record does; with the same bytes */
static int take_input(const struct options *given, const json_t *record, int which, struct options *options)
{
    const char *name = option_table[which].name;
    const json_t *input = json_object_get(json_object_get(record, "inputs"), name);
    const char *path = given->value[which].text,
               *digest = json_string_value(json_object_get(input, "sha256"));
    char now[DIGEST_LENGTH];
    if (!path)
        path = json_string_value(json_object_get(input, "path"));
    if (!path || !digest)
        return refuse(given->operand[0], "it names no input for every file");
    if (checksum_file(path, now))
        return complain(END_INPUT, "the record's --%s is not there; --%s FILE says where it is now", name,
                        name);
    if (strcmp(now, digest) != 0)
        return complain(END_INPUT, "%s is not the file of the record: its SHA-256 is %s, not %s", path, now,
                        digest);
    return options_set(options, which, path);
}

static int take_options(const struct options *given, const json_t *record, struct options *options)
{
    static const int ways[] = {O_OUT, O_THREADS, O_PROGRESS, O_QUIET};
    const char *command = json_string_value(json_object_get(record, "command")), *name;
    const json_t *value;
    options->command = command ? find_command(command) : NULL;
    if (!options->command || !(options->command->bit & MODELS))
        return refuse(given->operand[0], "its command is unknown");
    int end = take_input(given, record, O_CIRCUIT, options);
    if (!end)
        end = take_input(given, record, O_DATA, options);
    for (void *at = json_object_iter(json_object_get(record, "options")); at && !end;
         at = json_object_iter_next(json_object_get(record, "options"), at)) {
        name = json_object_iter_key(at);
        value = json_object_iter_value(at);
        const int which = option_of(name);
        if (which == O_CIRCUIT || which == O_DATA)
            end = refuse(given->operand[0], "an input is among its options, past the checksum");
        else if (which < 0 || !json_is_string(value) ||
                 !(option_table[which].commands & options->command->bit))
            end = complain(END_INPUT, "%s has the option %s, which this version does not know",
                           given->operand[0], name);
        else
            end = options_set(options, which, json_string_value(value));
    }
    for (size_t i = 0; i < sizeof ways / sizeof *ways && !end; i++)
        if (given->value[ways[i]].text)
            end = options_set(options, ways[i], given->value[ways[i]].text);
    if (!end && options->command->bit == STUDY)
        end = options_set(options, O_FRESH, "yes");
    return end ? end : options_finish(options);
}

static bool is_picture(const char *name)
{
    const size_t length = strlen(name);
    return length > 4 && !strcmp(name + length - 4, ".svg");
}

/* whether just one of the two runs has pictures, as where gnuplot is, or is not */
static bool drawn_once(const json_t *list, const struct results *results)
{
    bool then = false, now = false;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_object_get(json_array_get(list, i), "path"));
        then |= name && is_picture(name);
    }
    for (int i = 0; i < results->count; i++)
        now |= is_picture(results->name[i]);
    return then != now;
}

/* every result of the record against the file of its name that this run has written */
static int compare(const struct options *given, const json_t *record, const struct results *results)
{
    const json_t *list = json_object_get(record, "results");
    const bool tables_only = drawn_once(list, results);
    size_t same = 0;
    int end = END_GOOD;
    if (tables_only)
        remark("one of the two runs had no gnuplot: pictures and report.html are not compared");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_object_get(json_array_get(list, i), "path"));
        const char *digest = json_string_value(json_object_get(json_array_get(list, i), "sha256"));
        char now[DIGEST_LENGTH];
        if (!name || !digest)
            return refuse(given->operand[0], "a result has no name or checksum");
        if (tables_only && (is_picture(name) || !strcmp(name, "report.html")))
            continue;
        char *path = result_path(results, name);
        if (checksum_file(path, now) || strcmp(now, digest) != 0)
            end = complain(END_DIFFERS, "%s differs from what the record has", path);
        else
            same++;
        free(path);
    }
    if (!end)
        remark("%zu results, as recorded, to the byte", same);
    return end;
}

int rerun_command(const struct options *given, struct results *results)
{
    struct options options = {0};
    json_t *record = NULL;
    int end = load(given->operand[0], &record);
    if (!end)
        end = take_options(given, record, &options);
    if (!end)
        end = perform(&options, results);
    if (!end) {
        if (json_integer_value(json_object_get(record, "end")) != END_GOOD)
            remark("the recorded run did not come to its end; this one did");
        else
            end = compare(given, record, results);
    }
    options_free(&options);
    json_decref(record);
    return end;
}
