#include "transport/continuous.h"
int32_t moei_distance_boxes(moe_context *context, const moe_measure *measure, const moe_law *law, double p,
                            double gap, moei_bounds *bounds)
{
    (void)context;
    (void)measure;
    (void)law;
    (void)p;
    (void)gap;
    (void)bounds;
    return MOE_ERROR_UNSUPPORTED;
}
