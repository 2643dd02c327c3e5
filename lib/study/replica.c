/* replica.c - one mixture of N experts, measured against the limit at all times.
 *
 * theta: N experts from draws r N ... r N + N - 1 of the stream 2 N; coupled: tracers from the same draws;
 * other: tracers from as many draws of the stream 2 N + 1. So what a replica measures does not depend on
 * which other N and how many replicas the study has.
 *
 * SPDX-License-Identifier: MIT */
#include "model/model.h"
#include "study/study.h"

#include <math.h>
#include <moefield/flow.h>
#include <moefield/measure.h>
#include <moefield/transport.h>

enum { THETA, COUPLED, OTHER, FLOWS };
enum { OTHERS = 4 }; /* for each expert */

typedef struct {
    moe_context *context; /* of the thread that runs it */
    const moe_study *study;
    const moe_field *field; /* NULL: nothing moves */
    int64_t experts;
    moe_flow *flow[FLOWS];
    double *f; /* n K */
} replica;

static int32_t start_flow(replica *at, int which, int64_t r)
{
    const moe_study *study = at->study;
    moe_context *context = at->context;
    const int64_t N = at->experts, stream = 2 * N + (which == OTHER), count = which == OTHER ? OTHERS * N : N;
    moe_measure *draws = NULL;
    moe_flow **flow = &at->flow[which];
    int32_t status = moe_measure_random(context, study->law, study->seed, stream, r * count, count, &draws);
    if (!status)
        status = which == THETA || !at->field ? moe_flow_create(context, study->model, draws, flow)
                                              : moe_flow_create_driven(context, at->field, draws, flow);
    if (!status)
        status = moe_flow_set_method(*flow, MOE_METHOD_ADAMS);
    if (!status)
        status = moe_flow_set_tolerance(*flow, study->tolerance, study->tolerance);
    moe_measure_destroy(draws);
    return status;
}

/* ---- what is measured ------------------------------------------------------------------------- */

static int32_t measure_predictions(replica *at, int64_t t, double *numbers)
{
    const moe_study *study = at->study;
    const int64_t width = study->model->n * study->model->expert->K;
    const double *limit = study->limit->run.prediction + t * width;
    double mine = 0, its = 0, sum = 0, most = 0;
    int32_t status = moe_flow_predictions(at->flow[THETA], at->f);
    if (!status)
        status = moei_model_loss_of(at->context, study->model, at->f, &mine);
    if (!status)
        status = moei_model_loss_of(at->context, study->model, limit, &its);
    for (int64_t j = 0; j < width; j++) {
        const double error = fabs(at->f[j] - limit[j]);
        sum += error;
        most = fmax(most, error);
    }
    numbers[MOE_STUDY_PREDICTION] = sum / (double)width;
    numbers[MOE_STUDY_PREDICTION_MAX] = most;
    numbers[MOE_STUDY_LOSS] = fabs(mine - its);
    return moei_public_status(status);
}

/* Both are lifted from the same draws, so their difference needs no reduction. *square <- the mean square. */
static void measure_coupling(const replica *at, double *numbers, double *square)
{
    const int64_t d = at->study->law->d;
    const double *a = moe_flow_points(at->flow[THETA]), *b = moe_flow_points(at->flow[COUPLED]);
    double sum = 0, most = 0, squares = 0;
    for (int64_t i = 0; i < at->experts; i++) {
        double s = 0;
        for (int64_t k = 0; k < d; k++)
            s += pow(a[i * d + k] - b[i * d + k], 2);
        sum += sqrt(s);
        squares += s;
        most = fmax(most, s);
    }
    numbers[MOE_STUDY_COUPLING] = sum / (double)at->experts;
    numbers[MOE_STUDY_COUPLING_MAX] = sqrt(most);
    *square = squares / (double)at->experts;
}

/* W_p between the points of a flow and the first `count` of the other tracers */
static int32_t distance(const replica *at, int which, int64_t count, double p, double *upper)
{
    moe_context *context = at->context;
    const moe_law *law = at->study->law;
    moe_measure *mu = NULL, *nu = NULL;
    double lower;
    int32_t status = moe_flow_measure(at->flow[which], &mu);
    if (!status)
        status = moe_measure_create(context, law->d, law->period, count, moe_flow_points(at->flow[OTHER]),
                                    NULL, &nu);
    if (!status)
        status = moe_measure_distance(context, mu, nu, p, &lower, upper);
    moe_measure_destroy(mu);
    moe_measure_destroy(nu);
    return status;
}

static int32_t measure_distances(const replica *at, double *numbers, double square)
{
    const moe_study *study = at->study;
    double above = 0, half = 0;
    int32_t status = MOE_OK;
    if (at->flow[OTHER] && at->experts <= study->most_w1) {
        status = distance(at, THETA, OTHERS * at->experts, 1, &above);
        if (!status)
            status = distance(at, COUPLED, at->experts, 1, &half);
        numbers[MOE_STUDY_W1] = above;
        numbers[MOE_STUDY_W1_BELOW] = half / 2 - numbers[MOE_STUDY_COUPLING];
    }
    if (!status && at->flow[OTHER] && at->experts <= study->most_w2) {
        status = distance(at, THETA, OTHERS * at->experts, 2, &above);
        if (!status)
            status = distance(at, COUPLED, at->experts, 2, &half);
        numbers[MOE_STUDY_W2] = above * above;
        numbers[MOE_STUDY_W2_BELOW] = half / 2 - sqrt(square);
    }
    return status;
}

/* ---- the replica ------------------------------------------------------------------------------ */

static int32_t measure_all(replica *at, double *numbers)
{
    const moe_study *study = at->study;
    int32_t status = MOE_OK;
    for (int64_t t = 0; t < study->times && !status; t++, numbers += MOE_STUDY_QUANTITIES) {
        double square = 0;
        for (int q = 0; q < MOE_STUDY_QUANTITIES; q++)
            numbers[q] = (double)NAN;
        for (int which = 0; which < FLOWS && !status; which++)
            if (at->flow[which])
                status = moe_flow_advance(at->flow[which], study->time[t]);
        if (!status)
            status = measure_predictions(at, t, numbers);
        if (!status) {
            measure_coupling(at, numbers, &square);
            status = measure_distances(at, numbers, square);
        }
    }
    return status;
}

int32_t moei_study_replica(moe_context *context, const moe_study *study, const moe_field *field, int64_t i,
                           int64_t r, bool distances, double *numbers)
{
    replica at = {.context = context, .study = study, .field = field, .experts = study->experts[i]};
    const bool others = distances && (at.experts <= study->most_w1 || at.experts <= study->most_w2);
    at.f = MOEI_NEW(context->core, moei_model_width(study->model), double);
    int32_t status = at.f ? MOE_OK : moei_out_of_memory(context, "a replica's predictions");
    for (int which = 0; which < (others ? FLOWS : OTHER) && !status; which++)
        status = start_flow(&at, which, r);
    if (!status)
        status = measure_all(&at, numbers);
    for (int which = 0; which < FLOWS; which++)
        moe_flow_destroy(at.flow[which]);
    moei_free(context->core, at.f);
    return status;
}
