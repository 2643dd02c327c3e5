/* boxes_open.c - the law on rulers, the points as sites: what every walk over boxes reads.
 *
 * A ruler is built from its finest parts upward, so a part's moments are those of its two halves together,
 * and its masses add up to 1 exactly as the boxes see them.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/boxes.h"

#include <float.h>
#include <math.h>

static int32_t fill_ruler(moe_context *context, moei_ruler *ruler)
{
    const int64_t finest = (int64_t)1 << MOEI_BOX_DEPTH;
    const double low = ruler->law.low, width = ruler->law.high - low;
    ruler->part = MOEI_NEW(context->core, 2 * finest - 1, moei_part);
    if (!ruler->part)
        return moei_out_of_memory(context, "the parts of a law");
    for (int64_t j = 0; j < finest; j++)
        ruler->part[finest - 1 + j] =
            moei_marginal_part(&ruler->law, low + width * (double)j / (double)finest,
                               low + width * (double)(j + 1) / (double)finest);
    for (int64_t j = finest - 2; j >= 0; j--)
        ruler->part[j] = moei_part_join(ruler->part[2 * j + 1], ruler->part[2 * j + 2]);
    const double mass = ruler->part[0].mass;
    for (int64_t j = 0; j < 2 * finest - 1; j++)
        ruler->part[j].mass /= mass;
    return MOE_OK;
}

static void take_sites(const moe_measure *measure, moei_boxes *boxes)
{
    const int64_t d = boxes->d;
    double total = 0, largest = 0;
    for (int64_t i = 0; i < measure->count; i++) {
        if (!(measure->weights[i] > 0))
            continue;
        for (int64_t k = 0; k < d; k++) {
            boxes->y[boxes->count * d + k] = measure->points[i * d + k];
            largest = fmax(largest, fabs(measure->points[i * d + k]));
        }
        total += boxes->weight[boxes->count++] = measure->weights[i];
    }
    for (int64_t i = 0; i < boxes->count; i++)
        boxes->weight[i] /= total;
    boxes->tail += 4 * DBL_EPSILON * (double)d * largest;
}

/* No point of the law and no site are farther apart in coordinate k; halved, to stay finite. */
static double half_widest(const moei_boxes *boxes, int64_t k)
{
    const moei_marginal *law = &boxes->ruler[k].law;
    if (isfinite(law->period))
        return law->period / 4;
    double low = law->low, high = law->high;
    for (int64_t i = 0; i < boxes->count; i++) {
        low = fmin(low, boxes->y[i * boxes->d + k]);
        high = fmax(high, boxes->y[i * boxes->d + k]);
    }
    return high / 2 - low / 2;
}

/* Lengths in a unit in which the diameter is between 1/2 and 1. */
static void rescale(moei_boxes *boxes)
{
    double half = 0;
    for (int64_t k = 0; k < boxes->d; k++)
        half = hypot(half, half_widest(boxes, k));
    const int exponent = (int)fmin(fmax(ilogb(half) + 2, -1000), 1000);
    boxes->unit = ldexp(1, exponent);
    const double scale = ldexp(1, -exponent), diameter = 2 * (half * scale);
    boxes->farthest = moei_box_power(diameter * diameter, boxes->p) * (1 + 1e-12);
    for (int64_t k = 0; k < boxes->d; k++) {
        moei_marginal *law = &boxes->ruler[k].law;
        law->low *= scale;
        law->high *= scale;
        law->period *= scale;
        law->mean *= scale;
        law->deviation *= scale;
    }
    for (int64_t i = 0; i < boxes->count * boxes->d; i++)
        boxes->y[i] *= scale;
}

int32_t moei_boxes_open(moe_context *context, const moe_measure *measure, const moe_law *law, double p,
                        moei_boxes *boxes)
{
    moei_core *core = context->core;
    const int64_t n = measure->count;
    int32_t status = MOE_OK;
    *boxes = (moei_boxes){.context = context, .d = law->d, .p = p, .starts = 1};
    for (int64_t k = 0; k < law->d; k++) {
        moei_marginal_open(&law->coordinate[k], law->period[k], p, &boxes->ruler[k].law);
        boxes->tail += boxes->ruler[k].law.tail; /* Minkowski */
        boxes->starts <<= MOEI_BOX_START;
    }
    boxes->y = MOEI_NEW(core, moei_mul(n, law->d), double);
    boxes->weight = MOEI_NEW(core, n, double);
    boxes->price = MOEI_NEW(core, n, double);
    boxes->bids = MOEI_NEW(core, moei_workers(context), moei_bids);
    if (!boxes->y || !boxes->weight || !boxes->price || !boxes->bids)
        return moei_out_of_memory(context, "the points of a distance");
    take_sites(measure, boxes);
    rescale(boxes);
    for (int64_t k = 0; k < law->d && !status; k++)
        status = fill_ruler(context, &boxes->ruler[k]);
    return status;
}

void moei_boxes_close(moei_boxes *boxes)
{
    moei_core *core = boxes->context->core;
    for (int32_t w = 0; boxes->bids && w < moei_workers(boxes->context); w++) {
        moei_bids *bids = &boxes->bids[w];
        moei_free(core, bids->y);
        moei_free(core, bids->price);
        moei_free(core, bids->value);
        moei_free(core, bids->square);
        moei_free(core, bids->site);
    }
    for (int64_t k = 0; k < boxes->d; k++)
        moei_free(core, boxes->ruler[k].part);
    moei_free(core, boxes->bids);
    moei_free(core, boxes->y);
    moei_free(core, boxes->weight);
    moei_free(core, boxes->price);
}
