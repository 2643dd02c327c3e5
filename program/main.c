/* main.c - moefield: mixtures of quantum experts, their mean-field limit, and the distance between the two.
 *
 * SPDX-License-Identifier: MIT */
#include "commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int (*const commands[COMMANDS])(const struct options *, struct results *) = {
    study_command, train_command, limit_command, distance_command, circuit_command, rerun_command};

int perform(const struct options *options, struct results *results)
{
    const int which = (int)(options->command - command_table);
    const bool records = options->command->bit & MODELS;
    int end = records && options->value[O_OUT].text ? record_check(options) : END_GOOD;
    if (!end && records)
        end = results_open(results, options->value[O_OUT].text);
    if (!end)
        end = commands[which](options, results);
    if (records && results->directory && results->count) {
        const int written = record_write(results, options, end);
        end = end ? end : written;
        if (!end)
            results_tidy(results, options);
    }
    return end;
}

static int about(const char *word)
{
    if (!strcmp(word, "--version") || !strcmp(word, "-V"))
        print_version();
    else if (!strcmp(word, "--manual-options"))
        print_manual_options();
    else if (!strcmp(word, "--completion"))
        print_completion();
    else
        return complain(END_USE, "there is no command \"%s\"; see moefield --help", word);
    return END_GOOD;
}

static int run(int count, char **words)
{
    const char *word = count > 1 ? words[1] : "";
    const bool help = !strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "help");
    struct options options = {.command = find_command(help && count > 2 ? words[2] : word)};
    struct results results = {0};
    if (help && count > 2 && !options.command)
        return about(words[2]);
    if (help || count < 2) {
        print_help(options.command);
        return help ? END_GOOD : END_USE;
    }
    if (!options.command)
        return about(word);
    int end = options_read(&options, count - 1, words + 1);
    if (!end && flag_option(&options, O_QUIET))
        remarks_off();
    if (!end && flag_option(&options, O_HELP))
        print_help(options.command);
    else {
        if (!end)
            end = options_finish(&options);
        if (!end)
            end = perform(&options, &results);
    }
    results_close(&results);
    options_free(&options);
    return end;
}

int main(int count, char **words)
{
    const int end = run(count, words);
    if (fflush(stdout) || ferror(stdout)) {
        complain(END_OUTPUT, "standard output: %s", strerror(errno));
        return end ? end : END_OUTPUT;
    }
    return end;
}
