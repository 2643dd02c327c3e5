/* study.h - the parts of moefield study: the run, its tables, its curves, its pictures and page.
 *
 *   study.c (run, resume) -> tables.c (means, rates, bounds) , curves.c (training, evolution),
 *   bands.c (fluctuations, bias) -> pictures.c (gnuplot) -> page.c (report.html)
 *
 * SPDX-License-Identifier: MIT */
#ifndef PROGRAM_STUDY_H
#define PROGRAM_STUDY_H

#include "moments.h"

/* what a study has measured, as its getters tell it, in order of times and experts */
struct mean_cell {
    double mean, error;
    int64_t replicas;
};

enum { CURVES = 4, CURVE_STEPS = 48 };

struct rate_cell {
    bool known;
    double theory, exponent[3], probability, fit[6];
    double experts[CURVE_STEPS + 1], curve[CURVES][CURVE_STEPS + 1];
};

struct tables {
    int64_t times, sizes;
    int64_t random, seen; /* coordinates whose law is no fixed number; those that predictions depend on */
    double L1, L2;        /* of the bound; an estimate? */
    int32_t estimated;
    const double *time;
    int64_t *experts;
    struct mean_cell *mean;   /* quantity x times x sizes */
    struct rate_cell *rate;   /* quantity x times */
    bool bounded;             /* the two below are known */
    double *a_priori, *along; /* times x sizes */
    char *why_unbounded;      /* the library's sentence, else */
};

extern const struct quantity_row {
    const char *name, *title;
} quantity_rows[MOE_STUDY_QUANTITIES];

void tables_read(moe_context *context, moe_study *study, const struct options *options,
                 struct tables *tables);
void tables_free(struct tables *tables);
const struct mean_cell *table_mean(const struct tables *tables, int quantity, int64_t t, int64_t i);
const struct rate_cell *table_rate(const struct tables *tables, int quantity, int64_t t);

/* means.csv, rates.csv, fits.csv, bounds.csv */
int tables_write(const struct tables *tables, struct results *results);
void tables_print(const struct tables *tables);
json_t *tables_json(const struct tables *tables);

/* curves.c: training.csv; evolution.csv, paths.csv or marginals.csv by the dimension. */
int curves_write(const struct options *options, const struct problem *problem, moe_limit *limit,
                 const struct tables *tables, struct results *results);

/* The times at which evolution.csv and paths.csv show two parameters: those asked for, with 0 where there is
 * room; of one time 0 and its thirds. Returns how many. */
enum { PANELS = 4 };
int64_t panel_times(const struct tables *tables, double time[PANELS]);

/* bands.c: fluctuations.csv, bands.csv; a remark and neither where the library cannot compute them. */
int bands_write(const struct options *options, const struct problem *problem, moe_limit *limit,
                const struct tables *tables, struct results *results);

/* pictures.c: draws every picture whose data are there: NAME.gp, and NAME.svg if gnuplot is installed. */
int pictures_draw(const struct tables *tables, const struct problem *problem, struct results *results);

/* page.c: report.html, with the pictures in it */
int page_write(const struct options *options, const struct problem *problem, const struct tables *tables,
               int64_t count, const struct moment *moments, bool whole, struct results *results);

#endif
