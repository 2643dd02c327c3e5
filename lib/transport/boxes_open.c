/* boxes_open.c - the law on rulers, the points as sites: what every walk over boxes reads.
 *
 * A ruler is built from its finest parts upward, so a part's moments are those of its two halves together,
 * and its masses add up to 1 exactly as the boxes see them.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/boxes.h"

#include <math.h>

static int32_t ruler_open(moe_context *context, const moei_law_coordinate *law, double period, double p,
                          moei_ruler *ruler)
{
    const int64_t finest = (int64_t)1 << MOEI_BOX_DEPTH;
    moei_marginal_open(law, period, p, &ruler->law);
    ruler->part = MOEI_NEW(context->core, 2 * finest - 1, moei_part);
    if (!ruler->part)
        return moei_out_of_memory(context, "the parts of a law");
    const double low = ruler->law.low, width = ruler->law.high - low;
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

/* No point of the law and no site are farther apart in coordinate k. */
static double widest(const moei_boxes *boxes, int64_t k)
{
    const moei_marginal *law = &boxes->ruler[k].law;
    if (isfinite(law->period))
        return law->period / 2;
    double low = law->low, high = law->high;
    for (int64_t i = 0; i < boxes->count; i++) {
        low = fmin(low, boxes->y[i * boxes->d + k]);
        high = fmax(high, boxes->y[i * boxes->d + k]);
    }
    return high - low;
}

static void take_sites(const moe_measure *measure, moei_boxes *boxes)
{
    const int64_t d = boxes->d;
    double total = 0, square = 0;
    for (int64_t i = 0; i < measure->count; i++) {
        if (!(measure->weights[i] > 0))
            continue;
        for (int64_t k = 0; k < d; k++)
            boxes->y[boxes->count * d + k] = measure->points[i * d + k];
        total += boxes->weight[boxes->count++] = measure->weights[i];
    }
    for (int64_t i = 0; i < boxes->count; i++)
        boxes->weight[i] /= total;
    for (int64_t k = 0; k < d; k++)
        square += widest(boxes, k) * widest(boxes, k);
    boxes->farthest = moei_box_power(square, boxes->p);
}

int32_t moei_boxes_open(moe_context *context, const moe_measure *measure, const moe_law *law, double p,
                        moei_boxes *boxes)
{
    moei_core *core = context->core;
    const int64_t n = measure->count;
    int32_t status = MOE_OK;
    *boxes = (moei_boxes){.context = context, .d = law->d, .p = p, .starts = 1};
    for (int64_t k = 0; k < law->d && !status; k++) {
        status = ruler_open(context, &law->coordinate[k], law->period[k], p, &boxes->ruler[k]);
        boxes->tail += boxes->ruler[k].law.tail; /* Minkowski */
        boxes->starts <<= MOEI_BOX_START;
    }
    if (status)
        return status;
    boxes->y = MOEI_NEW(core, moei_mul(n, law->d), double);
    boxes->weight = MOEI_NEW(core, n, double);
    boxes->price = MOEI_NEW(core, n, double);
    boxes->bids = MOEI_NEW(core, moei_workers(context), moei_bids);
    if (!boxes->y || !boxes->weight || !boxes->price || !boxes->bids)
        return moei_out_of_memory(context, "the points of a distance");
    take_sites(measure, boxes);
    return MOE_OK;
}

void moei_boxes_close(moei_boxes *boxes)
{
    moei_core *core = boxes->context->core;
    for (int32_t w = 0; boxes->bids && w < moei_workers(boxes->context); w++) {
        moei_bids *bids = &boxes->bids[w];
        moei_free(core, bids->y);
        moei_free(core, bids->price);
        moei_free(core, bids->value);
        moei_free(core, bids->spread);
        moei_free(core, bids->site);
    }
    for (int64_t k = 0; k < boxes->d; k++)
        moei_free(core, boxes->ruler[k].part);
    moei_free(core, boxes->bids);
    moei_free(core, boxes->y);
    moei_free(core, boxes->weight);
    moei_free(core, boxes->price);
}
