/* meter.c - reports progress and looks for a cancel about once a millisecond of work.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/transport.h"

enum { PAIRS_PER_REPORT = 1 << 17 }; /* a fraction of a millisecond of ground distances in 4 dimensions */

int32_t moei_meter_add(moei_meter *meter, int64_t work)
{
    meter->work += work;
    if (meter->work < PAIRS_PER_REPORT)
        return MOE_OK;
    meter->work = 0;
    return moei_progress(meter->context, "transport", meter->part);
}
