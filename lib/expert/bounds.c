/* bounds.c - the constants that an expert states about itself.
 *
 * SPDX-License-Identifier: MIT */
#include "expert/expert.h"

MOE_PUBLIC int32_t moe_expert_bounds(moe_context *context, const moe_expert *expert, double *value,
                                     double *gradient, double *curvature)
{
    static const char *const names[] = {"value", "gradient", "curvature"};
    double *const out[] = {value, gradient, curvature};
    double bounds[3] = {-1, -1, -1};
    int32_t status;
    if ((status = moei_need(context, context, "context")) || (status = moei_need(context, expert, "expert")))
        return status;
    if (!expert->ops.bounds)
        return moei_fail(context, MOE_ERROR_UNSUPPORTED, "the expert's table has no bounds");
    const int32_t answer = expert->ops.bounds(expert->self, &bounds[0], &bounds[1], &bounds[2]);
    if (answer)
        return moei_public_status(moei_callback_failed(context, "the expert's bounds", answer));
    for (int i = 0; i < 3; i++)
        if (!(bounds[i] >= 0))
            return moei_fail(context, MOE_ERROR_NOT_FINITE, "the expert's bound of the %s is %g", names[i],
                             bounds[i]);
    for (int i = 0; i < 3; i++)
        if (out[i])
            *out[i] = bounds[i];
    return MOE_OK;
}
