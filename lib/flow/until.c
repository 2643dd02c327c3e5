#include "flow/flow.h"
int32_t moei_flow_watch(moe_flow *flow, double h, double *cut)
{
    (void)flow, (void)h;
    *cut = 1;
    return MOE_OK;
}
