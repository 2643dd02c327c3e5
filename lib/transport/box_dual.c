/* box_dual.c - a lower bound of W_p^p from any prices.
 *
 *     W_p^p >= sum_i w_i psi_i + sum_boxes mass E min_j (|x - y_j|^p - psi_j).
 *
 * In a leaf, with m the mean of the law there, |x - y_j|^p >= its tangent at m + kappa |x - m|^2 (box_cost.c
 * has kappa), so the minimum is at least kappa |x - m|^2 plus a minimum of linear functions. That is concave,
 * hence above the multilinear function with the same values at the corners; the law's coordinates are
 * independent in a box, so that function's mean is its value at m: a weighted mean of the corners. Pruned
 * bids are above another one all over the box and change nothing.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/boxes.h"

#include "transport/certificate.h"

#include <math.h>

typedef struct {
    const moei_boxes *boxes;
    moei_account *sum, *size; /* one for each task */
} dual;

/* The value at m and the slopes of the tangent of bid j, its price taken off; returns the least kappa s2 so
 * far. */
static double tangent(const moei_boxes *boxes, const moei_box_view *box, const moei_bids *bids, int64_t j,
                      double *value, double *slope)
{
    const double *y = bids->y + j * boxes->d, p = boxes->p;
    double square = 0;
    for (int64_t k = 0; k < boxes->d; k++)
        square += (box->mean[k] - y[k]) * (box->mean[k] - y[k]);
    const double steep = p == 2 ? 2 : square > 0 ? p * pow(square, p / 2 - 1) : 0;
    for (int64_t k = 0; k < boxes->d; k++)
        slope[k] = steep * (box->mean[k] - y[k]);
    *value = moei_box_power(square, p) - bids->price[j];
    return moei_box_convexity(box, square, p);
}

static int32_t add_leaf(void *self, int64_t task, const moei_box_view *box, const moei_bids *bids,
                        int64_t first, int64_t count)
{
    const dual *at = self;
    const int64_t d = at->boxes->d, corners = (int64_t)1 << d;
    double least[1 << MOEI_BOX_DIMENSIONS], convexity = INFINITY, mean = 0;
    for (int64_t c = 0; c < corners; c++)
        least[c] = INFINITY;
    for (int64_t j = first; j < first + count; j++) {
        double slope[MOEI_BOX_DIMENSIONS], value;
        convexity = fmin(convexity, tangent(at->boxes, box, bids, j, &value, slope));
        for (int64_t c = 0; c < corners; c++) {
            double here = value;
            for (int64_t k = 0; k < d; k++)
                here += slope[k] * (box->centre[k] + (c >> k & 1 ? 1 : -1) * box->half[k] - box->mean[k]);
            least[c] = fmin(least[c], here);
        }
    }
    for (int64_t c = 0; c < corners; c++) {
        double part = 1;
        for (int64_t k = 0; k < d; k++) {
            const double high = 0.5 + (box->mean[k] - box->centre[k]) / (2 * box->half[k]);
            part *= c >> k & 1 ? high : 1 - high;
        }
        mean += part * least[c];
    }
    moei_account_add(&at->sum[task], box->mass * (mean + convexity));
    moei_account_add(&at->size[task], box->mass * fabs(mean));
    return MOE_OK;
}

int32_t moei_boxes_lower(const moei_boxes *boxes, double loss, double bend, double *lower)
{
    moei_core *core = boxes->context->core;
    moei_account *block = MOEI_NEW(core, 2 * boxes->starts, moei_account);
    if (!block)
        return moei_out_of_memory(boxes->context, "the lower bound of a distance");
    dual at = {boxes, block, block + boxes->starts};
    const moei_walk walk = {boxes, 0, loss, bend, add_leaf, &at};
    const int32_t status = moei_walk_boxes(&walk);
    moei_account sum = {0, 0};
    double size = 0;
    for (int64_t t = 0; t < boxes->starts; t++) {
        moei_account_add(&sum, moei_account_value(&at.sum[t]));
        size += moei_account_value(&at.size[t]);
    }
    for (int64_t i = 0; i < boxes->count; i++) {
        moei_account_add(&sum, boxes->weight[i] * boxes->price[i]);
        size += boxes->weight[i] * fabs(boxes->price[i]);
    }
    *lower = moei_account_value(&sum) - 1e-12 * size - 1e-14 * boxes->farthest;
    moei_free(core, block);
    return status;
}
