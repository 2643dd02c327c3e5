/* shifts.c - randomly shifted lattices, for more coordinates than a tensor rule can serve.
 *
 * R = 8 shifts of one rank-1 lattice of m points each (moe_measure_lattice) make one measure of R m points
 * and one flow. F_r, the prediction of the images of shift r alone, has F = 1/R sum_r F_r, and for a given
 * field the F_r are independent with the limit's mean, so that
 *
 *   S^2 = 1/(R (R - 1)) sum_r (F_r - F)^2
 *
 * is the variance of F: Student's t with 7 degrees of freedom. The field's own error, a response to that of
 * F, is damped by the flow, which pulls predictions to the data; it is left to the factor of safety. That
 * factor also has to serve the largest of all predictions. m doubles or more until the estimate meets the
 * request.
 *
 * The generating vector is made for weights learned from the model: gamma_k = 0.5 q_k / max q,
 * q_k = Var(theta_k) S_kk, S of moe_model_sensitivity (Dick, Kuo & Sloan, Acta Numerica 22 (2013), section 5,
 * has lattices, shifts, and standard errors).
 *
 * SPDX-License-Identifier: MIT */
#include "limit/limit.h"

#include <math.h>
#include <string.h>

enum { SHIFTS = 8, DRAWS = 256, FIRST = 128 };
static const uint64_t seed = 8;
static const double safety =
    4; /* on the standard error, with 7 degrees of freedom: 99.5 % of one prediction */
static const double order = 1.5; /* errors are taken to fall like m^-order when m is chosen */

/* gamma <- the weights of the coordinates, from draws of the law */
static int32_t learn(moei_search *s)
{
    moe_limit *limit = s->limit;
    const int64_t d = limit->d;
    moe_measure *draws = NULL;
    double *square = MOEI_NEW(limit->core, moei_mul(2 * d, d), double);
    double *covariance = square ? square + d * d : NULL;
    s->gamma = MOEI_NEW(limit->core, 2 * d, double); /* and the means */
    int32_t status =
        square && s->gamma ? MOE_OK : moei_out_of_memory(limit->context, "the weights of a lattice");
    if (!status)
        status = moe_measure_random(limit->context, limit->reduced, seed, 0, 0, DRAWS, &draws);
    if (!status)
        status = moe_model_sensitivity(limit->context, limit->model, draws, square);
    if (!status)
        status = moe_measure_moments(limit->context, draws, s->gamma + d, covariance);
    double most = 0;
    for (int64_t k = 0; !status && k < d; k++) {
        s->gamma[k] = square[k * d + k] * covariance[k * d + k];
        most = fmax(most, s->gamma[k]);
    }
    for (int64_t k = 0; !status && k < d; k++)
        s->gamma[k] = most > 0 ? 0.5 * s->gamma[k] / most : 0;
    moe_measure_destroy(draws);
    moei_free(limit->core, square);
    return status;
}

int32_t moei_shift(moei_search *s, int64_t points, int64_t stream, moe_measure **rule)
{
    int32_t status = moei_need_room(s->limit, points);
    if (!status && !s->gamma)
        status = learn(s);
    return status ? status
                  : moe_measure_lattice(s->limit->context, s->limit->reduced, points, s->gamma, seed, stream,
                                        rule);
}

/* rule <- all shifts of m points, one after the other */
static int32_t join(moei_search *s, int64_t m, moe_measure **rule)
{
    moe_limit *limit = s->limit;
    const int64_t size = m * limit->d;
    int32_t status = moei_need_room(limit, SHIFTS * m);
    double *points = status ? NULL : MOEI_NEW(limit->core, SHIFTS * size, double);
    if (!status && !points)
        status = moei_out_of_memory(limit->context, "the points of a lattice");
    for (int64_t r = 0; r < SHIFTS && points && !status; r++) {
        moe_measure *one = NULL;
        status = moei_shift(s, m, r, &one);
        if (!status)
            memcpy(points + r * size, one->points, (size_t)size * sizeof *points);
        moe_measure_destroy(one);
    }
    if (!status)
        status = moe_measure_create(limit->context, limit->d, limit->reduced->period, SHIFTS * m, points,
                                    NULL, rule);
    moei_free(limit->core, points);
    return status;
}

/* f <- the predictions of shift r of an image */
static int32_t predict_one(moe_limit *limit, const moe_measure *image, int64_t r, double *f)
{
    const int64_t m = image->count / SHIFTS;
    moe_measure *one = NULL;
    int32_t status = moe_measure_create(limit->context, image->d, image->period, m,
                                        image->points + r * m * image->d, NULL, &one);
    if (!status)
        status = moe_model_predictions(limit->context, limit->model, one, f);
    moe_measure_destroy(one);
    return status;
}

/* gap[t] <- safety times the largest standard error of a prediction at t and all times before */
static int32_t spread(moei_search *s)
{
    moe_limit *limit = s->limit;
    const int64_t width = limit->width;
    double *f = MOEI_NEW(limit->core, moei_mul(2, width), double), *sum = f ? f + width : NULL, most = 0;
    int32_t status = f ? MOE_OK : moei_out_of_memory(limit->context, "the spread of shifts");
    for (int64_t t = 0; t < limit->times && !status; t++) {
        const double *mean = s->now.prediction + t * width;
        for (int64_t j = 0; j < width; j++)
            sum[j] = 0;
        for (int64_t r = 0; r < SHIFTS && !status; r++) {
            status = predict_one(limit, s->now.image[t], r, f);
            for (int64_t j = 0; j < width && !status; j++)
                sum[j] += (f[j] - mean[j]) * (f[j] - mean[j]);
        }
        for (int64_t j = 0; j < width && !status; j++)
            most = fmax(most, safety * sqrt(sum[j] / (SHIFTS * (SHIFTS - 1))));
        s->gap[t] = most;
    }
    moei_free(limit->core, f);
    return status;
}

/* The points that the next lattice should have, a power of two: at least twice as many, at most 8 times and
 * no more than are allowed. */
static int64_t next_points(const moei_search *s, int64_t most)
{
    if (!s->points)
        return FIRST;
    int64_t factor = 2;
    while (factor < 8 && 2 * factor * s->points * SHIFTS <= most &&
           moei_search_worst(s, s->estimate) * pow((double)factor, -order) > s->limit->tolerance)
        factor *= 2;
    return s->points * factor;
}

int32_t moei_shifts(moei_search *s, int64_t most)
{
    int32_t status = MOE_OK;
    for (int64_t m = next_points(s, most); m <= most / SHIFTS && !s->met && !status;
         m = next_points(s, most)) {
        moe_measure_destroy(s->rule);
        s->rule = NULL;
        status = join(s, m, &s->rule);
        if (!status)
            status = moei_run_flow(s->limit, s->rule, s->tau, INFINITY, &s->now, NULL);
        if (!status)
            status = spread(s);
        if (status)
            break;
        s->points = m;
        moei_search_estimate(s, s->gap);
        moei_search_offer(s, NULL);
    }
    return status;
}
