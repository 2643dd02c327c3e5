/* spell.c - the edges of a monotone plan that is given by two orders and a cut.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/staircase.h"

int32_t moei_plan_spell(moe_context *context, const moe_measure *a, const moe_measure *b, moei_plan *plan)
{
    moei_case at;
    moei_staircase stair;
    int32_t status = moei_case_open(context, a, b, 1, plan, &at);
    if (status)
        return status;
    status = moei_staircase_open(&at, &stair);
    moei_edge *edge =
        status ? NULL : MOEI_NEW(context->core, stair.rows.count + stair.columns.count + 1, moei_edge);
    if (!status && !edge)
        status = moei_out_of_memory(context, "the plan of a distance");
    if (edge) {
        moei_walk walk;
        int ends = 0;
        plan->count = 0;
        for (moei_walk_begin(&stair, 0, &walk); !(ends & MOEI_WALK_ENDS);) {
            double mass;
            ends = moei_walk_edge(&walk, &mass);
            if (mass > 0)
                edge[plan->count++] = (moei_edge){plan->row[walk.row], plan->column[walk.column],
                                                  mass * (plan->total / stair.total)};
            if (!(ends & MOEI_WALK_ENDS))
                moei_walk_on(&walk, ends);
        }
        plan->edge = edge;
    }
    moei_staircase_free(&stair);
    return status;
}
