/* program.c - complaints, remarks, memory.
 *
 * SPDX-License-Identifier: MIT */
#include "program.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool quiet;

static void say(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));

static void say(const char *format, va_list arguments)
{
    fputs("moefield: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

int complain(int end, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
    return end;
}

void remarks_off(void)
{
    quiet = true;
}

void remark(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (!quiet)
        say(format, arguments);
    va_end(arguments);
}

int library_end(moe_context *context, int32_t status, const char *doing)
{
    if (status == MOE_OK)
        return END_GOOD;
    if (status == MOE_ERROR_CANCELLED)
        return END_INTERRUPTED;
    const char *sentence =
        context && *moe_context_error(context) ? moe_context_error(context) : moe_status_text(status);
    return complain(status == MOE_ERROR_BUDGET ? END_BUDGET : END_WORK, "%s: %s", doing, sentence);
}

void *room(int64_t count, size_t bytes)
{
    void *block = count < 0 ? NULL : calloc(count ? (size_t)count : 1, bytes);
    if (!block)
        exit(complain(END_WORK, "out of memory"));
    return block;
}

char *text_of(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = room((int64_t)length + 1, 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

char *copy_of(const char *text)
{
    return text_of("%s", text);
}

char *next_word(char **rest, char mark)
{
    char *word = *rest;
    *rest = word ? strchr(word, mark) : NULL;
    if (*rest)
        *(*rest)++ = 0;
    return word;
}

enum { MOST_BYTES = 1 << 30 };

int read_whole(const char *path, char **text, int64_t *length)
{
    struct stat about;
    size_t held = 0, space = 1 << 16;
    FILE *file = fopen(path, "rb");
    *text = NULL;
    if (!file)
        return complain(END_INPUT, "%s: %s", path, strerror(errno));
    if (!fstat(fileno(file), &about) && S_ISDIR(about.st_mode)) {
        fclose(file);
        return complain(END_INPUT, "%s: is a directory", path);
    }
    char *all = room((int64_t)space, 1);
    for (size_t got; (got = fread(all + held, 1, space - held - 1, file)) > 0;) {
        held += got;
        if (held > MOST_BYTES) {
            free(all);
            fclose(file);
            return complain(END_INPUT, "%s: has more than 2^30 bytes", path);
        }
        if (space - held < 2) {
            char *more = realloc(all, space *= 2);
            if (!more)
                exit(complain(END_WORK, "out of memory"));
            all = more;
        }
    }
    const bool failed = ferror(file);
    fclose(file);
    if (failed) {
        free(all);
        return complain(END_INPUT, "%s: cannot be read", path);
    }
    all[held] = 0;
    *text = all;
    *length = (int64_t)held;
    return END_GOOD;
}
