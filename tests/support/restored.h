/* restored.h - what is done with bytes that may be a flow's state: for tests that forge them, and fuzzers.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOE_TEST_RESTORED_H
#define MOE_TEST_RESTORED_H

#include <moefield/moefield.h>

#include <math.h>
#include <stdlib.h>

/* Restores a flow, and if there is one: looks into its last step, asks it, lets it take a few steps, saves it,
 * destroys it. Returns what moe_flow_restore did; what happens to a forged flow later may fail, not crash. */
static inline int32_t restore_bytes(moe_context *context, const moe_model *model, const uint8_t *bytes,
                                    int64_t length)
{
    moe_flow *flow = NULL;
    moe_measure *mu = NULL;
    int64_t room = 0;
    double loss, dissipated, defect;
    const int32_t status = moe_flow_restore(context, model, bytes, length, NULL, &flow);
    if (status)
        return status;
    const double begin = moe_flow_previous_time(flow), time = moe_flow_time(flow);
    if (moe_flow_measure(flow, &mu) == MOE_OK) {
        double *theta = malloc((size_t)(moe_measure_count(mu) * moe_measure_dimension(mu)) * sizeof *theta);
        if (theta)
            moe_flow_interpolate(flow, begin + (time - begin) / 2, theta);
        free(theta);
    }
    moe_measure_destroy(mu);
    moe_flow_loss(flow, &loss);
    moe_flow_energy(flow, &dissipated, &defect);
    moe_flow_set_step_limit(flow, 5);
    for (int s = 0; s < 3; s++)
        moe_flow_step(flow, time + 1);
    if (moe_flow_save(flow, NULL, 0, &room) == MOE_OK) {
        uint8_t *again = malloc((size_t)room);
        if (again)
            moe_flow_save(flow, again, room, &room);
        free(again);
    }
    moe_flow_destroy(flow);
    return MOE_OK;
}

#endif
