/* ladder.h - the points of one coordinate in order, and the monotone plan between two such rows.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_LADDER_H
#define MOEI_LADDER_H

#include "transport/transport.h"

typedef struct moei_ladder {
    int64_t count;
    int64_t *index; /* count: which point of the measure this is           */
    double *x;      /* count, ascending                                    */
    double *mass;   /* count                                               */
    double *level;  /* count + 1: level[i] = mass[0] + ... + mass[i - 1]   */
} moei_ladder;

/* ladder <- the cloud in order; level[count] = total. false: out of memory. Freed by moei_ladder_free. */
bool moei_ladder_create(moei_core *core, const moei_cloud *cloud, double total, moei_ladder *ladder);
void moei_ladder_free(moei_core *core, moei_ladder *ladder);

/* plan <- the monotone coupling of the rows and of the columns, columns read from level -shift on:
 *   column j is spread over the levels [level[j] + shift, level[j + 1] + shift] modulo the total.
 * shift 0: the coupling on the line. */
int32_t moei_monotone_plan(const moei_problem *problem, const moei_ladder *rows, const moei_ladder *columns,
                           double shift, moei_plan *plan);

#endif
