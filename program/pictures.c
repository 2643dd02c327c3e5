/* pictures.c - runs gnuplot, a child process, on scripts that are left beside the data.
 *
 * A script is a few lines of settings (from here) and program/pictures/NAME.gp. `gnuplot NAME.gp` in the
 * directory draws it again.
 *
 * SPDX-License-Identifier: MIT */
#include "pictures.h"
#include "study.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NO_GNUPLOT = 127 };

/* in the directory, with what it says on standard error only */
static int gnuplot(const char *directory, const char *script)
{
    int state;
    fflush(NULL);
    const pid_t child = fork();
    if (child < 0)
        return -1;
    if (child == 0) {
        if (chdir(directory) == 0)
            execlp("gnuplot", "gnuplot", script, (char *)NULL);
        _exit(NO_GNUPLOT);
    }
    while (waitpid(child, &state, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

static bool has_result(const struct results *results, const char *name)
{
    for (int i = 0; i < results->count; i++)
        if (!strcmp(results->name[i], name))
            return true;
    return false;
}

static const char *script_of(const char *name)
{
    const struct picture_script *row = picture_scripts;
    while (row->name && strcmp(row->name, name) != 0)
        row++;
    return row->text;
}

/* the quantities that rates.gp draws, in its order */
static const int drawn[] = {MOE_STUDY_PREDICTION, MOE_STUDY_COUPLING, MOE_STUDY_LOSS, MOE_STUDY_W1,
                            MOE_STUDY_W2};
enum { DRAWN = sizeof drawn / sizeof *drawn };

/* a logarithm has to show it: means of 0, where mixtures are their limit, are none */
static bool is_measured(const struct tables *tables, int quantity)
{
    for (int64_t i = 0; i < tables->sizes; i++)
        if (table_mean(tables, quantity, tables->times - 1, i)->mean > 0)
            return true;
    return false;
}

static bool any_measured(const struct tables *tables)
{
    for (int w = 0; w < DRAWN; w++)
        if (is_measured(tables, drawn[w]))
            return true;
    return false;
}

/* what the scripts have to know of this study */
static void write_settings(const struct tables *tables, const struct problem *problem, FILE *file)
{
    const int64_t last = tables->times - 1;
    const double *period = moe_expert_period(problem->expert);
    fprintf(file, "# drawn by moefield; gnuplot draws it again\n");
    fprintf(file, "end_time = %.17g\nlast = %lld\ntimes = %lld\n", tables->time[last], (long long)last,
            (long long)tables->times);
    fprintf(file, "least_experts = %lld\nmost_experts = %lld\n", (long long)tables->experts[0],
            (long long)tables->experts[tables->sizes - 1]);
    const int64_t sizes = tables->sizes, middle = sizes / 2;
    fprintf(file, "series = \"limit %lld", (long long)tables->experts[0]); /* as training.csv has them */
    if (middle > 0)
        fprintf(file, " %lld", (long long)tables->experts[middle]);
    if (sizes - 1 > middle)
        fprintf(file, " %lld", (long long)tables->experts[sizes - 1]);
    fprintf(file, "\"\n");
    fprintf(file, "middle_experts = %lld\n", (long long)tables->experts[middle]); /* as paths.csv has them */
    double panel[PANELS];
    const int64_t panels = panel_times(tables, panel);
    fprintf(file, "panel_times = \"");
    for (int64_t s = 0; s < panels; s++)
        fprintf(file, " %.17g", panel[s]);
    fprintf(file, "\"\nasked_times = \"");
    for (int64_t t = 0; t <= last; t++)
        fprintf(file, " %.17g", tables->time[t]);
    fprintf(file, "\"\n");
    fprintf(file, "parameters = %lld\noutputs = %lld\nclasses = %lld\n", (long long)problem->d,
            (long long)problem->data.outputs, (long long)problem->data.classes);
    fprintf(file, "measured = \"");
    for (int w = 0; w < DRAWN; w++)
        if (is_measured(tables, drawn[w]))
            fprintf(file, " %d", w + 1);
    fprintf(file, "\"\nfitted = \"");
    for (int w = 0; w < DRAWN; w++)
        if (table_rate(tables, drawn[w], last)->known)
            fprintf(file, " %d", w + 1);
    fprintf(file, "\"\n");
    for (int64_t k = 0; k < problem->d && k < 2; k++)
        fprintf(file, "period%lld = %.17g\n", (long long)k, isinf(period[k]) ? 0 : period[k]);
}

static int draw(const struct tables *tables, const struct problem *problem, const char *name, bool *missing,
                struct results *results)
{
    char *script = text_of("%s.gp", name), *picture = text_of("%s.svg", name);
    FILE *file = result_begin(results, script);
    int end = file ? END_GOOD : END_OUTPUT;
    if (file) {
        write_settings(tables, problem, file);
        fputs(script_of("style"), file);
        fprintf(file, "set output \"%s\"\n", picture);
        fputs(script_of(name), file);
        end = result_end(results, file, script);
    }
    if (!end && !*missing) {
        const int status = gnuplot(results->directory, script);
        if (status == NO_GNUPLOT)
            *missing = true;
        else if (status)
            remark("gnuplot ended with %d on %s/%s", status, results->directory, script);
        else
            result_add(results, picture);
    }
    free(script);
    free(picture);
    return end;
}

int pictures_draw(const struct tables *tables, const struct problem *problem, struct results *results)
{
    static const char *const pictures[][2] = {/* the data it needs, the script */
                                              {"training.csv", "training"},   {"fits.csv", "rates"},
                                              {"bounds.csv", "bound"},        {"bands.csv", "bands"},
                                              {"evolution.csv", "evolution"}, {"marginals.csv", "marginals"}};
    const bool w1 = !isnan(table_mean(tables, MOE_STUDY_W1, tables->times - 1, 0)->mean);
    bool missing = false;
    int end = END_GOOD;
    for (size_t i = 0; i < sizeof pictures / sizeof *pictures && !end; i++) {
        const char *name = pictures[i][1];
        if (!has_result(results, pictures[i][0]) || (!strcmp(name, "bound") && !w1) ||
            (!strcmp(name, "rates") && !any_measured(tables)))
            continue;
        if (!strcmp(name, "evolution"))
            name = problem->d == 1 ? "evolution1" : "evolution2";
        end = draw(tables, problem, name, &missing, results);
    }
    if (missing)
        remark("gnuplot is not installed: %s has the pictures as data and scripts (*.gp) only",
               results->directory);
    return end;
}
