/* flow.c - what is shipped: for each column a short list of rows and masses, kept in one growing array.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/search.h"

#include <float.h>
#include <string.h>

double moei_flow_left(double left, double taken, double mass)
{
    const double rest = left - taken;
    return rest > 4 * DBL_EPSILON * mass ? rest : 0;
}

/* Twice as many places, the new ones chained as unused. */
static int32_t grow(moei_search *search)
{
    const int64_t old = search->flow_capacity, capacity = old ? 2 * old : search->rows + search->columns;
    moei_flow *flow = MOEI_NEW(search->core, capacity, moei_flow);
    if (!flow)
        return moei_out_of_memory(search->problem->context, "the plan of a distance");
    if (old)
        memcpy(flow, search->flow, (size_t)old * sizeof *flow);
    for (int64_t f = old; f < capacity; f++)
        flow[f].next = f + 1 < capacity ? f + 1 : -1;
    moei_free(search->core, search->flow);
    search->flow = flow;
    search->flow_capacity = capacity;
    search->flow_free = old;
    return MOE_OK;
}

int32_t moei_flow_add(moei_search *search, int64_t i, int64_t j, double mass)
{
    for (int64_t f = search->first[j]; f >= 0; f = search->flow[f].next)
        if (search->flow[f].row == i) {
            search->flow[f].mass += mass;
            return MOE_OK;
        }
    if (search->flow_free < 0) {
        const int32_t status = grow(search);
        if (status)
            return status;
    }
    const int64_t f = search->flow_free;
    search->flow_free = search->flow[f].next;
    search->flow[f] = (moei_flow){i, search->first[j], mass};
    search->first[j] = f;
    return MOE_OK;
}

void moei_flow_sweep(moei_search *search, int64_t j)
{
    for (int64_t *link = &search->first[j]; *link >= 0;) {
        const int64_t f = *link;
        if (search->flow[f].mass > 0)
            link = &search->flow[f].next;
        else {
            *link = search->flow[f].next;
            search->flow[f].next = search->flow_free;
            search->flow_free = f;
        }
    }
}
