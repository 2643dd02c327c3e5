/* matching.c - the state of the solver for equal masses.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/matching.h"

int32_t moei_matching_create(moe_context *context, double p, int64_t d, int64_t count, const double *half,
                             const double *x, const int32_t *row_order, const double *y,
                             const int32_t *column_order, int64_t stride, moei_meter *meter,
                             moei_matching *matching)
{
    moei_core *core = context->core;
    *matching =
        (moei_matching){.context = context, .core = core, .p = p, .d = d, .count = count, .meter = meter};
    const bool tree = moei_tree_create(core, d, count, half, y, stride, column_order, &matching->columns);
    matching->x = MOEI_NEW(core, moei_mul(count, d), double);
    matching->column_of = MOEI_NEW(core, count, int32_t);
    matching->row_of = MOEI_NEW(core, count, int32_t);
    if (!tree || !matching->x || !matching->column_of || !matching->row_of)
        return moei_out_of_memory(context, "the search of a distance");
    for (int64_t i = 0; i < count; i++) {
        for (int64_t k = 0; k < d; k++)
            matching->x[i * d + k] = x[k * stride + (row_order ? row_order[i] : i)];
        matching->column_of[i] = matching->row_of[i] = -1;
    }
    return MOE_OK;
}

void moei_matching_free(moei_matching *matching)
{
    if (!matching->core)
        return;
    moei_tree_free(&matching->columns);
    moei_free(matching->core, matching->x);
    moei_free(matching->core, matching->column_of);
    moei_free(matching->core, matching->row_of);
    moei_free(matching->core, matching->listed);
    moei_free(matching->core, matching->listing);
}
