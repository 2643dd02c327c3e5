/* replica.c - one mixture of N experts, measured against the limit at all times.
 *
 * theta: N experts from draws r N ... r N + N - 1 of the stream 2 N; coupled: tracers from the same draws;
 * other: tracers from draws of the stream 2 N + 1, which stand for mu_t. For one angle from the uniform law
 * the flow map, which is monotone, is known at many nodes instead, and the distance to mu_t itself with it.
 * So what a replica measures does not depend on which other N and how many replicas the study has.
 *
 * SPDX-License-Identifier: MIT */
#include "model/model.h"
#include "study/study.h"

#include <math.h>
#include <moefield/flow.h>
#include <moefield/measure.h>
#include <moefield/transport.h>

enum { THETA, COUPLED, OTHER, FLOWS };
enum { OTHERS = 4 };         /* for each expert */
enum { IMAGE_NODES = 8192 }; /* of the flow map of one angle */

typedef struct {
    moe_context *context; /* of the thread that runs it */
    const moe_study *study;
    const moei_study_setting *setting;
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
        status = which == THETA || !at->setting->field
                     ? moe_flow_create(context, study->model, draws, flow)
                     : moe_flow_create_driven(context, at->setting->field, draws, flow);
    if (!status)
        status = moe_flow_set_method(*flow, MOE_METHOD_ADAMS);
    if (!status)
        status = moe_flow_set_tolerance(*flow, study->tolerance, study->tolerance);
    moe_measure_destroy(draws);
    return status;
}

/* ---- what is measured ------------------------------------------------------------------------- */

static int32_t measure_predictions(replica *at, int64_t t, double *numbers, double *shift)
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
        shift[j] = at->f[j] - limit[j];
        const double error = fabs(shift[j]);
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
    const int64_t k_of = at->study->tuple, whole = at->experts / k_of * k_of; /* in disjoint tuples */
    double sum = 0, most = 0, squares = 0, tuples = 0, tuple = 0;
    for (int64_t i = 0; i < at->experts; i++) {
        double s = 0;
        for (int64_t k = 0; k < d; k++)
            s += pow(a[i * d + k] - b[i * d + k], 2);
        sum += sqrt(s);
        squares += s;
        most = fmax(most, s);
        tuple = i % k_of ? tuple + s : s;
        if (i < whole && i % k_of == k_of - 1)
            tuples += sqrt(tuple) * (double)k_of / (double)whole;
    }
    if (whole)
        numbers[MOE_STUDY_MARGINALS] = tuples;
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

/* The interval of W_p to mu_t, the image of the law under the flow map of one angle. */
static int32_t image_distance(const replica *at, int64_t t, double p, double *lower, double *upper)
{
    const moei_study_setting *of = at->setting;
    moe_measure *mu = NULL;
    int32_t status = moe_flow_measure(at->flow[THETA], &mu);
    if (!status)
        status = moe_measure_distance_image(at->context, mu, at->study->law, of->nodes, of->node,
                                            of->image + t * of->nodes, INFINITY, p, lower, upper);
    moe_measure_destroy(mu);
    return status;
}

/* above >= W_p >= below in the mean over replicas; the p-th power of the first. spread: the coupling's p-th
 * mean. */
static int32_t measure_distance(const replica *at, int64_t t, double p, double spread, double *above,
                                double *below)
{
    int32_t status;
    if (at->setting->node)
        status = image_distance(at, t, p, below, above);
    else {
        status = distance(at, THETA, OTHERS * at->experts, p, above);
        if (!status)
            status = distance(at, COUPLED, at->experts, p, below);
        *below = *below / 2 - spread;
    }
    *above = pow(*above, p);
    return status;
}

static int32_t measure_distances(const replica *at, int64_t t, double *numbers, double square)
{
    const moe_study *study = at->study;
    int32_t status = MOE_OK;
    if (at->experts <= study->most_w1)
        status = measure_distance(at, t, 1, numbers[MOE_STUDY_COUPLING], &numbers[MOE_STUDY_W1],
                                  &numbers[MOE_STUDY_W1_BELOW]);
    if (!status && at->experts <= study->most_w2)
        status =
            measure_distance(at, t, 2, sqrt(square), &numbers[MOE_STUDY_W2], &numbers[MOE_STUDY_W2_BELOW]);
    return status;
}

/* ---- the replica ------------------------------------------------------------------------------ */

static int32_t measure_all(replica *at, bool distances, double *numbers, double *shift)
{
    const moe_study *study = at->study;
    const int64_t width = moei_model_width(study->model);
    int32_t status = MOE_OK;
    for (int64_t t = 0; t < study->times && !status; t++, numbers += MOE_STUDY_QUANTITIES) {
        double square = 0;
        for (int q = 0; q < MOE_STUDY_QUANTITIES; q++)
            numbers[q] = (double)NAN;
        for (int which = 0; which < FLOWS && !status; which++)
            if (at->flow[which])
                status = moe_flow_advance(at->flow[which], study->time[t]);
        if (!status)
            status = measure_predictions(at, t, numbers, shift + t * width);
        if (!status)
            measure_coupling(at, numbers, &square);
        if (!status && distances)
            status = measure_distances(at, t, numbers, square);
    }
    return status;
}

int32_t moei_study_replica(moe_context *context, const moei_study_setting *setting, int64_t i, int64_t r,
                           bool distances, double *numbers, double *shift)
{
    const moe_study *study = setting->study;
    replica at = {.context = context, .study = study, .setting = setting, .experts = study->experts[i]};
    distances = distances && (at.experts <= study->most_w1 || at.experts <= study->most_w2);
    at.f = MOEI_NEW(context->core, moei_model_width(study->model), double);
    int32_t status = at.f ? MOE_OK : moei_out_of_memory(context, "a replica's predictions");
    for (int which = 0; which < (distances && !setting->node ? FLOWS : OTHER) && !status; which++)
        status = start_flow(&at, which, r);
    if (!status)
        status = measure_all(&at, distances, numbers, shift);
    for (int which = 0; which < FLOWS; which++)
        moe_flow_destroy(at.flow[which]);
    moei_free(context->core, at.f);
    return status;
}

/* ---- what replicas share ---------------------------------------------------------------------- */

/* image <- where the nodes are at each time; errors of the flow do not undo that the map rises. */
static int32_t map_nodes(moei_study_setting *of)
{
    const moe_study *study = of->study;
    moe_context *context = study->context;
    moe_measure *start = NULL;
    moe_flow *flow = NULL;
    int32_t status = moe_measure_create(context, 1, study->law->period, of->nodes, of->node, NULL, &start);
    if (!status)
        status = moe_flow_create_driven(context, of->field, start, &flow);
    if (!status)
        status = moe_flow_set_method(flow, MOE_METHOD_ADAMS);
    if (!status)
        status = moe_flow_set_tolerance(flow, study->tolerance, study->tolerance);
    for (int64_t t = 0; t < study->times && !status; t++) {
        double *image = of->image + t * of->nodes;
        status = moe_flow_advance(flow, study->time[t]);
        for (int64_t i = 0; i < of->nodes; i++) {
            image[i] = moe_flow_points(flow)[i];
            image[i] = i ? fmax(image[i], image[i - 1]) : image[i];
        }
        for (int64_t i = of->nodes - 1; i >= 0; i--) /* and from the first one on over a period at most */
            image[i] = fmin(image[i], image[0] + study->law->period[0]);
    }
    moe_flow_destroy(flow);
    moe_measure_destroy(start);
    return status;
}

int32_t moei_study_set_out(const moe_study *study, moei_study_setting *setting)
{
    const bool angle = study->law->d == 1 && study->law->coordinate[0].kind == MOEI_LAW_CIRCLE;
    const bool wanted = study->most_w1 >= study->experts[0] || study->most_w2 >= study->experts[0];
    *setting = (moei_study_setting){.study = study, .nodes = IMAGE_NODES};
    if (study->time[study->times - 1] == 0)
        return MOE_OK;
    int32_t status = moe_limit_field(study->limit, &setting->field);
    if (status || !angle || !wanted)
        return status;
    setting->node = MOEI_NEW(study->core, IMAGE_NODES, double);
    setting->image = MOEI_NEW(study->core, moei_mul(study->times, IMAGE_NODES), double);
    if (!setting->node || !setting->image)
        return moei_out_of_memory(study->context, "the flow map of an angle");
    for (int64_t i = 0; i < IMAGE_NODES; i++)
        setting->node[i] = study->law->period[0] * (double)i / IMAGE_NODES;
    return map_nodes(setting);
}

void moei_study_clear_away(moei_study_setting *setting)
{
    moe_field_destroy(setting->field);
    moei_free(setting->study->core, setting->node);
    moei_free(setting->study->core, setting->image);
}
