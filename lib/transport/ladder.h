/* ladder.h - the points of one coordinate in order, with the mass up to each of them.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_LADDER_H
#define MOEI_LADDER_H

#include "transport/order.h"
#include "transport/transport.h"

typedef struct moei_ladder {
    moei_order order;
    int64_t count;
    double total;
    double *mass;  /* count; NULL: all masses are `step`                                        */
    double *level; /* count + 1: level[i] = mass[0] + ... + mass[i - 1]; NULL: i step, exactly  */
    double step;
} moei_ladder;

/* ladder <- the points of positive weight, each of mass weight * factor; or of mass factor, if `whole`.
 * level[count] = total. On a line only their order is taken: the plan needs no more. MOE_ERROR_MEMORY,
 * MOE_ERROR_UNSUPPORTED. Freed by moei_ladder_free. */
int32_t moei_ladder_create(const moei_problem *problem, const moe_measure *measure, double factor,
                           moei_ladder *ladder);
void moei_ladder_free(moei_core *core, moei_ladder *ladder);

static inline double moei_ladder_mass(const moei_ladder *ladder, int64_t i)
{
    return ladder->mass ? ladder->mass[i] : ladder->step;
}

static inline double moei_ladder_level(const moei_ladder *ladder, int64_t i)
{
    return ladder->level ? ladder->level[i] : (double)i * ladder->step;
}

/* The last point whose mass begins at or below `level`, in [0, total). */
int64_t moei_ladder_find(const moei_ladder *ladder, double level);

/* plan <- the monotone coupling when the columns are read from level -shift on: column j is spread over the
 * levels [level[j] + shift, level[j + 1] + shift], modulo the total; on the line, the coupling there is. The
 * ladders give their orders up. */
void moei_ladder_plan(moei_ladder *rows, moei_ladder *columns, double shift, const moei_problem *problem,
                      moei_plan *plan);

#endif
