/* progress.c - the line of progress with the time left, and what Ctrl-C does.
 *
 * The first interrupt (SIGINT, SIGTERM, SIGHUP) cancels through the library's context, and the program ends
 * with what is there; a second one ends it at once. A reader of standard output that goes away (SIGPIPE) ends
 * nothing: it is told at the end, when the results are written.
 *
 * SPDX-License-Identifier: MIT */
#include "progress.h"

#include <math.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t asked_to_end;
static moe_context *volatile watched;

static struct {
    bool shown, drawn;
    const char *what;
    char told[24]; /* what the library told of at last */
    progress_meter meter;
    void *self;
    double begin, last; /* seconds */
} line;

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void interrupt(int number)
{
    (void)number;
    asked_to_end = 1;
    moe_context_cancel(watched); /* which may come from a signal handler */
}

bool interrupted(void)
{
    return asked_to_end;
}

/* ---- the line --------------------------------------------------------------------------------- */

static void write_left(double left, char *text, size_t size)
{
    if (left < 90)
        snprintf(text, size, "%.0f s", left);
    else if (left < 5400)
        snprintf(text, size, "%.0f min", left / 60);
    else
        snprintf(text, size, "%.1f h", left / 3600);
}

static void draw(double part, double now)
{
    char left[32] = "";
    const double passed = now - line.begin;
    if (part > 0.01 && passed > 1)
        write_left(passed * (1 - part) / part, left, sizeof left);
    const char *what = line.meter ? line.told : line.what;
    if (part > 0)
        fprintf(stderr, "\r%-24.24s %3.0f %%%s%-12s", what, 100 * part, *left ? ", left: " : "", left);
    else
        fprintf(stderr, "\r%-24.24s %4.0f s so far%-10s", what, passed, "");
    fflush(stderr);
    line.drawn = true;
}

static int32_t on_progress(void *self, const char *what, double part)
{
    (void)self;
    bool pause = false;
    const double now = seconds();
    if (strncmp(line.told, what, sizeof line.told - 1)) {
        snprintf(line.told, sizeof line.told, "%s", what);
        line.begin = now;
    }
    if (line.meter)
        part = line.meter(line.self, what, part, &pause);
    if (line.shown && line.what && now - line.last > 0.2) {
        draw(fmin(fmax(part, 0), 1), now);
        line.last = now;
    }
    return pause;
}

void progress_begin(const char *what, progress_meter meter, void *self)
{
    line.what = what;
    line.meter = meter;
    line.self = self;
    line.begin = line.last = seconds();
}

void progress_end(void)
{
    if (line.drawn)
        fprintf(stderr, "\r%60s\r", "");
    line.drawn = false;
    progress_begin(NULL, NULL, NULL);
}

/* ---- watching --------------------------------------------------------------------------------- */

void progress_watch(moe_context *context, const struct options *options)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    const struct option_value *wish = &options->value[O_PROGRESS];
    const int choice = wish->text ? wish->choice : 0; /* auto, yes, no */
    struct sigaction action, before;
    memset(&action, 0, sizeof action);
    action.sa_handler = interrupt;
    action.sa_flags = (int)SA_RESETHAND; /* the second one is not caught */
    sigemptyset(&action.sa_mask);
    watched = context;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (!sigaction(signals[i], NULL, &before) && before.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    line.shown = choice == 1 || (choice == 0 && isatty(2));
    moe_context_set_progress(context, on_progress, NULL);
}

void progress_unwatch(void)
{
    progress_end();
    watched = NULL;
}
