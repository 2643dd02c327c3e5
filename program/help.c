/* help.c - the table of options as help, as the man page's list, and as bash completion.
 *
 * SPDX-License-Identifier: MIT */
#include "options.h"

#include <string.h>

enum { LINE = 88, INDENT = 30 };

/* words from column `at` on, broken before LINE and indented */
static void print_wrapped(const char *text, int at)
{
    while (*text) {
        const int word = (int)strcspn(text, " ");
        if (at > INDENT && at + word + 1 > LINE) {
            printf("\n%*s", INDENT, "");
            at = INDENT;
        }
        at += printf("%s%.*s", at > INDENT ? " " : "", word, text);
        text += word;
        text += strspn(text, " ");
    }
    printf("\n");
}

static void print_option(const struct option_row *row, const struct command_row *command)
{
    char left[96], standard[64] = "";
    int at;
    if (row->letter)
        at = snprintf(left, sizeof left, "  -%c, --%s", row->letter, row->name);
    else
        at = snprintf(left, sizeof left, "      --%s", row->name);
    if (row->kind != FLAG)
        at += snprintf(left + at, sizeof left - (size_t)at, "=%s", row->argument);
    printf("%s", left);
    if (at >= INDENT - 1) {
        printf("\n");
        at = 0;
    }
    printf("%*s", INDENT - at, "");
    if (row->standard)
        snprintf(standard, sizeof standard, " [%s]", row->standard);
    char whole[512];
    snprintf(whole, sizeof whole, "%s%s%s", row->help, standard,
             required_by((int)(row - option_table)) & command->bit ? " (required)" : "");
    print_wrapped(whole, INDENT);
}

static void print_commands(void)
{
    printf(
        "Usage: moefield COMMAND [OPTION...]\n\n"
        "Trains mixtures of quantum experts, computes their mean-field limit, and measures how far the one "
        "is\nfrom the other.\n\nCommands:\n");
    for (int i = 0; i < COMMANDS; i++)
        printf("  %-9s %-12s %s\n", command_table[i].name, command_table[i].operands, command_table[i].help);
    printf("\n`moefield COMMAND --help` lists the options of a command; `moefield --version` the versions.\n"
           "The manual is moefield(1).\n");
}

void print_help(const struct command_row *command)
{
    if (!command) {
        print_commands();
        return;
    }
    printf("Usage: moefield %s%s%s [OPTION...]\n\n", command->name, *command->operands ? " " : "",
           command->operands);
    printf("To %s.\n\n", command->help);
    for (int i = 0; i < OPTIONS; i++)
        if (option_table[i].commands & command->bit)
            print_option(&option_table[i], command);
    if (command->bit == STUDY)
        printf("\nFor example: moefield study --circuit circuit.qasm --data iris.csv --experts 16..4096 "
               "--time 5 "
               "\\\n                            --tolerance 1e-6 --out results\n");
}

void print_version(void)
{
    printf("moefield %s (library %s)\n", PROGRAM_VERSION, moe_version());
}

/* ---- the man page's list: mdoc ------------------------------------------------------------------ */

static void print_mdoc(const char *text)
{
    for (; *text; text++)
        if (*text == '\\')
            printf("\\e");
        else if (*text == '-')
            printf("\\-");
        else
            putchar(*text);
}

static void print_command_list(const char *before, int commands)
{
    int count = 0;
    for (int c = 0; c < COMMANDS; c++)
        if (commands & command_table[c].bit)
            printf("%s %s", count++ ? "," : before, command_table[c].name);
    if (count)
        printf(".\n");
}

void print_manual_options(void)
{
    for (int i = 0; i < OPTIONS; i++) {
        const struct option_row *row = &option_table[i];
        printf(".It ");
        if (row->letter)
            printf("Fl %c , ", row->letter);
        printf("Fl \\-%s", row->name);
        if (row->kind != FLAG)
            printf(" Ns = Ns Ar \"%s\"", row->argument);
        printf("\n");
        print_mdoc(row->help);
        printf(".\n");
        if (row->standard) {
            printf("The standard is ");
            print_mdoc(row->standard);
            printf(".\n");
        }
        print_command_list("For", row->commands);
        print_command_list("Required for", required_by(i));
    }
}

/* ---- completion -------------------------------------------------------------------------------- */

void print_completion(void)
{
    printf("# bash completion for moefield: made by `moefield --completion`\n"
           "_moefield()\n{\n    local word=${COMP_WORDS[COMP_CWORD]} options=\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        COMPREPLY=($(compgen -W '");
    for (int c = 0; c < COMMANDS; c++)
        printf("%s ", command_table[c].name);
    printf("--help --version' -- \"$word\"))\n        return\n    fi\n    case ${COMP_WORDS[1]} in\n");
    for (int c = 0; c < COMMANDS; c++) {
        printf("    %s) options='", command_table[c].name);
        for (int i = 0; i < OPTIONS; i++)
            if (option_table[i].commands & command_table[c].bit)
                printf("--%s ", option_table[i].name);
        printf("' ;;\n");
    }
    printf("    esac\n    case $word in\n    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
           "    *) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n    esac\n}\ncomplete -o filenames -F "
           "_moefield moefield\n");
}
