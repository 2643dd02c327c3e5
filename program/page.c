/* page.c - report.html: what a study found, on one page that needs no other file.
 *
 * SPDX-License-Identifier: MIT */
#include "study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>moefield "
    "study</title>\n<style>\n"
    "body{font:15px/1.5 Helvetica,Arial,sans-serif;color:#222;max-width:980px;margin:2em auto;padding:0 "
    "1em}\n"
    "h1{font-size:1.6em;margin-bottom:.2em}h2{font-size:1.15em;margin:1.8em 0 .5em;border-bottom:1px solid "
    "#ddd}\n"
    "table{border-collapse:collapse;margin:.6em 0;font-variant-numeric:tabular-nums}\n"
    "th,td{padding:.22em .8em;text-align:right;border-bottom:1px solid #eee}th{font-weight:600;color:#555}\n"
    "th:first-child,td:first-child{text-align:left}.no{color:#b03a2e;font-weight:600}.yes{color:#1e7a3c}\n"
    "p.note{color:#666;font-size:.92em}svg{max-width:100%;height:auto}\n"
    ".wide{overflow-x:auto}.dense{font-size:.78em}.dense th,.dense td{padding:.2em "
    ".4em}code{background:#f4f4f4;padding:.1em .3em}\n</style></head><body>\n";

/* the length of the UTF-8 character at text; 0: it is none, or a control character, which a page cannot hold */
static int character(const unsigned char *text)
{
    const int length = text[0] < 0x80 ? 1 : text[0] < 0xC2 ? 0 : text[0] < 0xE0 ? 2 : text[0] < 0xF0 ? 3 : 4;
    if (text[0] > 0xF4 || (length == 1 && (text[0] < 0x20 || text[0] == 0x7F) && text[0] != '\t') ||
        (length == 2 && text[0] == 0xC2 && text[1] < 0xA0) /* control characters too */
        || (text[0] == 0xE0 && text[1] < 0xA0) || (text[0] == 0xF0 && text[1] < 0x90) /* longer than needed */
        || (text[0] == 0xED && text[1] > 0x9F) || (text[0] == 0xF4 && text[1] > 0x8F)) /* no characters */
        return 0;
    for (int i = 1; i < length; i++)
        if ((text[i] & 0xC0) != 0x80) /* a NUL too: nothing is read behind the end */
            return 0;
    return length;
}

/* a user's words: what HTML has other uses for is escaped, bytes that are no UTF-8 are shown as U+FFFD */
static void put_escaped(FILE *file, const char *text)
{
    static const struct {
        char mark;
        const char *escape;
    } escapes[] = {{'<', "&lt;"}, {'>', "&gt;"}, {'&', "&amp;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
    while (*text) {
        const int length = character((const unsigned char *)text);
        const char *shown = length ? NULL : "&#xFFFD;";
        for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
            shown = *text == escapes[i].mark ? escapes[i].escape : shown;
        if (shown)
            fputs(shown, file);
        else
            fwrite(text, 1, (size_t)length, file);
        text += length ? length : 1;
    }
}

/* from "<svg" on: what stands before has no place in a page */
static void put_picture(const struct results *results, const char *name, const char *title, const char *note,
                        FILE *file)
{
    bool there = false;
    for (int i = 0; i < results->count; i++)
        there |= !strcmp(results->name[i], name);
    char *path = result_path(results, name), *text = NULL;
    int64_t length;
    if (there && !read_whole(path, &text, &length)) {
        const char *from = strstr(text, "<svg");
        fprintf(file, "<h2>%s</h2>\n", title);
        if (from)
            fprintf(file, "<div class=\"wide\">%s</div>\n", from);
        fprintf(file, "<p class=\"note\">%s</p>\n", note);
    }
    free(text);
    free(path);
}

/* ---- tables ----------------------------------------------------------------------------------- */

static void put_percent(FILE *file, double part)
{
    if (isnan(part))
        fprintf(file, "<td></td>");
    else
        fprintf(file, "<td>%.1f&nbsp;%%</td>", 100 * part);
}

static void put_value(FILE *file, double value, int digits)
{
    if (isnan(value))
        fprintf(file, "<td></td>");
    else
        fprintf(file, "<td>%.*g</td>", digits, value);
}

static void put_limit(const struct problem *problem, int64_t count, const struct moment *moments, FILE *file)
{
    fprintf(file,
            "<h2>The limit</h2>\n<table><tr><th>time</th><th>loss</th><th>accuracy</th><th>test loss</th>"
            "<th>test accuracy</th><th>error, estimated</th></tr>\n");
    for (int64_t t = 0; t < count; t++) {
        const struct moment *now = &moments[t];
        fprintf(file, "<tr><td>%g</td>", now->time);
        put_value(file, now->loss, 5);
        put_percent(file, now->accuracy);
        put_value(file, now->test_loss, 5);
        put_percent(file, now->test_accuracy);
        put_value(file, now->error, 2);
        fprintf(file, "</tr>\n");
    }
    fprintf(file, "</table>\n<p class=\"note\">%lld training and %lld test samples",
            (long long)problem->data.train.count, (long long)problem->data.test.count);
    for (int64_t k = 0; k < problem->data.classes; k++) {
        fprintf(file, k ? ", " : " of the classes ");
        put_escaped(file, problem->data.class_name[k]);
    }
    if (!isnan(problem->data.explained))
        fprintf(file, "; the principal components have %.1f %% of the features' variance",
                100 * problem->data.explained);
    fprintf(file, ".</p>\n");
}

static void put_rates(const struct tables *tables, FILE *file)
{
    int verdicts = 0;
    fprintf(file,
            "<h2>Rates in N</h2>\n<div class=\"wide\"><table><tr><th>quantity</th><th>time</th>"
            "<th>exponent</th><th>95 %% interval</th><th>theory</th><th>p</th><th>&chi;&sup2; (degrees)</th>"
            "<th>from N</th><th>consistent</th></tr>\n");
    for (int64_t t = 0; t < tables->times; t++)
        for (int q = 0; q < MOE_STUDY_QUANTITIES; q++) {
            const struct rate_cell *rate = table_rate(tables, q, t);
            if (!rate->known)
                continue;
            const bool good = rate->probability >= 0.05;
            verdicts++;
            fprintf(file,
                    "<tr><td>%s</td><td>%g</td><td>%.3f</td><td>[%.3f, %.3f]</td><td>%.3f</td><td>%.2f</td>"
                    "<td>%.1f (%.0f)</td><td>%lld</td><td class=\"%s\">%s</td></tr>\n",
                    quantity_rows[q].title, tables->time[t], rate->exponent[0], rate->exponent[1],
                    rate->exponent[2], rate->theory, rate->probability, rate->fit[1], rate->fit[2],
                    (long long)rate->fit[0], good ? "yes" : "no", good ? "yes" : "no");
        }
    fprintf(file,
            "</table></div>\n<p class=\"note\">The exponent of a weighted fit in the theory's form for the "
            "dimension, with its interval; p: of an exponent as far from the theory's, if the theory is "
            "right. Of %lld random parameter%s the predictions see %lld.</p>\n",
            (long long)tables->random, tables->random == 1 ? "" : "s", (long long)tables->seen);
    if (verdicts)
        fprintf(file,
                "<p class=\"note\">A verdict is wrong in one of twenty cases where the theory is right: of "
                "these %d "
                "about %.1f by chance. Verdicts of one study are not independent, as all are of the same "
                "replicas.</p>\n",
                verdicts, verdicts / 20.0);
    else
        fprintf(file,
                "<p class=\"note\">There are no rates: one takes 3 numbers of experts, or 4 or 5 where the "
                "theory's form has a correction.</p>\n");
}

static void put_means(const struct tables *tables, int64_t t, FILE *file)
{
    fprintf(file,
            "<h2>Measured at time %g</h2>\n<div class=\"wide\"><table "
            "class=\"dense\"><tr><th>N</th><th>replicas</th>",
            tables->time[t]);
    for (int q = 0; q < MOE_STUDY_QUANTITIES; q++)
        fprintf(file, "<th>%s</th>", quantity_rows[q].title);
    fprintf(file, "</tr>\n");
    for (int64_t i = 0; i < tables->sizes; i++) {
        fprintf(file, "<tr><td>%lld</td><td>%lld</td>", (long long)tables->experts[i],
                (long long)table_mean(tables, 0, t, i)->replicas);
        for (int q = 0; q < MOE_STUDY_QUANTITIES; q++) {
            const struct mean_cell *cell = table_mean(tables, q, t, i);
            if (isnan(cell->mean))
                fprintf(file, "<td></td>");
            else
                fprintf(file, "<td>%.3g&nbsp;&plusmn;&nbsp;%.1g</td>", cell->mean, cell->error);
        }
        fprintf(file, "</tr>\n");
    }
    fprintf(file, "</table></div>\n<p class=\"note\">Means over replicas with their standard errors.</p>\n");
}

static void put_bounds(const struct tables *tables, FILE *file)
{
    fprintf(file, "<h2>The explicit bound</h2>\n");
    if (!tables->bounded) {
        fprintf(file, "<p class=\"note\">None: ");
        put_escaped(file, tables->why_unbounded);
        fprintf(file, "</p>\n");
        return;
    }
    fprintf(
        file,
        "<div class=\"wide\"><table><tr><th>time</th><th>N</th><th>W&#8321; &ge;</th><th>W&#8321; &le;</th>"
        "<th>bound along the flow</th><th>a priori</th><th>bound / measured</th></tr>\n");
    for (int64_t t = 0; t < tables->times; t++)
        for (int64_t i = 0; i < tables->sizes; i++) {
            const double along = tables->along[t * tables->sizes + i];
            const double above = table_mean(tables, MOE_STUDY_W1, t, i)->mean;
            fprintf(file, "<tr><td>%g</td><td>%lld</td>", tables->time[t], (long long)tables->experts[i]);
            put_value(file, table_mean(tables, MOE_STUDY_W1_BELOW, t, i)->mean, 4);
            put_value(file, above, 4);
            put_value(file, along, 4);
            put_value(file, tables->a_priori[t * tables->sizes + i], 4);
            put_value(file, along / above, 3);
            fprintf(file, "</tr>\n");
        }
    fprintf(
        file,
        "</table></div>\n<p class=\"note\">E W&#8321;(&mu;<sup>N</sup>, &mu;) lies between the two measured "
        "columns. The bound takes L<sub>1</sub> = %.4g and L<sub>2</sub> = %.4g, %s.</p>\n",
        tables->L1, tables->L2,
        tables->estimated ? "which are estimates: so is the bound" : "which are proven");
}

static void put_options(const struct options *options, FILE *file)
{
    fprintf(file,
            "<h2>The run</h2>\n<p class=\"note\">moefield %s, library %s. Options:</p>\n<p><code>moefield %s",
            PROGRAM_VERSION, moe_version(), options->command->name);
    for (int i = 0; i < O_THREADS; i++)
        if (options->value[i].text && (option_table[i].commands & options->command->bit)) {
            const char *text = options->value[i].text, *slash = strrchr(text, '/');
            fprintf(file, " --%s ", option_table[i].name);
            put_escaped(file, (i == O_CIRCUIT || i == O_DATA) && slash ? slash + 1 : text);
        }
    fprintf(file,
            "</code></p>\n<p class=\"note\"><code>run.json</code> has them with the checksums of inputs and "
            "results; <code>moefield rerun run.json --out DIRECTORY</code> does it all again.</p>\n");
}

int page_write(const struct options *options, const struct problem *problem, const struct tables *tables,
               int64_t count, const struct moment *moments, bool whole, struct results *results)
{
    FILE *file = result_begin(results, "report.html");
    if (!file)
        return END_OUTPUT;
    fputs(head, file);
    fprintf(
        file,
        "<h1>Propagation of chaos</h1>\n<p>Mixtures of %lld to %lld quantum experts with %lld parameter%s, "
        "trained up to time %g, against their mean-field limit.%s</p>\n",
        (long long)tables->experts[0], (long long)tables->experts[tables->sizes - 1], (long long)problem->d,
        problem->d == 1 ? "" : "s", tables->time[tables->times - 1],
        whole ? "" : " <b class=\"no\">The run was interrupted: this is what was there.</b>");
    put_picture(results, "rates.svg", "How far mixtures are from their limit",
                "Points: means over replicas at the last time, with 95 % intervals. Lines: the power of N "
                "that fits them, "
                "shaded as far as the 95 % interval of its exponent lets it turn; dashed: with the exponent "
                "that the theory "
                "has. W&#8321; and W&#8322; are bounds from above.",
                file);
    put_rates(tables, file);
    put_picture(results, "training.svg", "Training",
                "The loss on the training set, of the limit and of one mixture "
                "of each size.",
                file);
    put_limit(problem, count, moments, file);
    put_picture(
        results, "bound.svg", "Measured against bound",
        "W&#8321; lies within the shaded interval; the lines are the explicit bound, a priori and along the "
        "computed flow.",
        file);
    put_bounds(tables, file);
    put_picture(
        results, "bands.svg", "A single mixture's predictions",
        "The limit's prediction at each training sample, in ascending order, and the band in which that of "
        "one mixture lies with 95 % probability (as N grows): F + bias / N &plusmn; 1.96 (variance / "
        "N)<sup>1/2</sup>, computed from the limit alone. Points: the first replica with so many experts.",
        file);
    put_picture(results, "evolution1.svg", "How the measure moves",
                "The density of the limit &mu;<sub>t</sub>, and the ways of some experts of a mixture.",
                file);
    put_picture(results, "evolution2.svg", "How the measure moves",
                "The density of the limit &mu;<sub>t</sub>, and the experts of a mixture.", file);
    put_picture(results, "marginals.svg", "Where the parameters went",
                "The law of each parameter at the last time: the limit's density, and the histogram of a "
                "mixture's experts. "
                "Dotted: the density at time 0.",
                file);
    for (int64_t t = 0; t < tables->times; t++)
        put_means(tables, t, file);
    put_options(options, file);
    fprintf(file, "</body></html>\n");
    return result_end(results, file, "report.html");
}
