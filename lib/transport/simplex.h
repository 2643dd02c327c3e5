/* simplex.h - transport of whole masses over a sparse graph whose arcs are added as they are found to matter.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_SIMPLEX_H
#define MOEI_SIMPLEX_H

#include "transport/transport.h"

typedef struct moei_arc {
    double cost;
    int32_t row, column; /* nodes */
} moei_arc;

/* Nodes: the rows, the columns, the root. Every node but the root hangs from its parent by one arc, of flow
 * >= 0; all other arcs carry nothing. An arc leads from a row to a column; -1 is a node's own arc to or from
 * the root. potential[tail] - potential[head] = cost along the tree. */
typedef struct moei_simplex {
    moe_context *context;
    moei_core *core;
    int64_t rows, columns;
    double far, tolerance; /* cost of an arc of the root; reduced costs above -tolerance are 0 */
    int32_t *parent, *child, *next, *before, *arc;
    int32_t *depth, *stack;
    uint8_t *up; /* the arc leads to the parent */
    int64_t *flow;
    double *potential;
    moei_arc *list;
    int64_t count, room, cursor; /* arcs; where the next search begins */
    int64_t pivots;              /* so far */
    moei_meter *meter;
} moei_simplex;

/* The tree in which everything goes through the root. supply, demand > 0; sums agree. MOE_ERROR_MEMORY. */
int32_t moei_simplex_create(moe_context *context, int64_t rows, const int64_t *supply, int64_t columns,
                            const int64_t *demand, double far, moei_meter *meter, moei_simplex *simplex);
void moei_simplex_free(moei_simplex *simplex);

/* MOE_ERROR_MEMORY */
int32_t moei_simplex_add(moei_simplex *simplex, int64_t row, int64_t column, double cost);

/* Pivots until no arc has a reduced cost below -tolerance. MOE_ERROR_CANCELLED. */
int32_t moei_simplex_run(moei_simplex *simplex);

#endif
