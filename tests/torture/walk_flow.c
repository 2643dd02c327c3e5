/* walk_flow.c - flows of every method, what they know, their fields, and their states.
 *
 * SPDX-License-Identifier: MIT */
#include "torture/torture.h"

#include <stdlib.h>

enum { N = 70, WIDTH = HOST_POINTS * HOST_K };

/* A flow of N experts, with everything set that can be. */
static int32_t make(struct torture *t, const moe_model *model, int32_t method, moe_flow **flow)
{
    moe_measure *mu = NULL;
    *flow = NULL;
    TRY(host_measure(t, N, 0, &mu));
    TRY(moe_flow_create(t->context, model, mu, flow));
    TRY(moe_flow_set_method(*flow, method));
    TRY(moe_flow_set_tolerance(*flow, 1e-6, 1e-6));
    TRY(moe_flow_set_steps(*flow, 0, 2));
    TRY(moe_flow_set_step_limit(*flow, 10000));
    TRY(moe_flow_set_observer(*flow, host_observer, t));
    TRY(moe_flow_set_descent(*flow, 1));
done:
    moe_measure_destroy(mu);
    return *flow ? MOE_OK : MOE_ERROR_ORDER;
}

static void note_flow(struct torture *t, moe_flow *flow)
{
    double f[WIDTH], numbers[4], inside[N * HOST_D];
    int64_t counts[2];
    int32_t reached;
    moe_measure *mu = NULL;
    TRY(moe_flow_predictions(flow, f));
    torture_note(t, WIDTH, f);
    TRY(moe_flow_loss(flow, &numbers[0]));
    TRY(moe_flow_gradient(flow, &numbers[1]));
    TRY(moe_flow_energy(flow, &numbers[2], &numbers[3]));
    torture_note(t, 4, numbers);
    TRY(moe_flow_interpolate(flow, (moe_flow_previous_time(flow) + moe_flow_time(flow)) / 2, inside));
    torture_note(t, N * HOST_D, inside);
    TRY(moe_flow_measure(flow, &mu));
    torture_note(t, N * HOST_D, moe_measure_points(mu));
    TRY(moe_flow_counts(flow, &counts[0], &counts[1], NULL));
    torture_bytes(t, sizeof counts, counts);
    TRY(moe_flow_advance_until(flow, 1.5, 0.1, 0, &reached));
    torture_note(t, N * HOST_D, moe_flow_points(flow));
done:
    moe_measure_destroy(mu);
}

static void train(struct torture *t, int32_t method)
{
    int64_t bytes;
    moe_model *model = NULL;
    moe_flow *flow = NULL;
    TRY(moe_context_set_progress(t->context, host_progress, t));
    TRY(host_model(t, &model));
    TRY(moe_flow_memory(t->context, model, N, method, 1, &bytes));
    TRY(make(t, model, method, &flow));
    TRY(moe_flow_record(flow));
    TRY(moe_flow_step(flow, 1));
    TRY(moe_flow_advance(flow, 1));
    note_flow(t, flow);
done:
    moe_flow_destroy(flow);
    moe_model_destroy(model);
}

static void dopri5(struct torture *t)
{
    train(t, MOE_METHOD_DOPRI5);
}
static void dop853(struct torture *t)
{
    train(t, MOE_METHOD_DOP853);
}
static void adams(struct torture *t)
{
    train(t, MOE_METHOD_ADAMS);
}
static void rkc(struct torture *t)
{
    train(t, MOE_METHOD_RKC);
}
static void low_storage(struct torture *t)
{
    train(t, MOE_METHOD_LOW_STORAGE);
}

/* A recorded field, what is driven by it, and all that is computed along it. */
static void fields(struct torture *t)
{
    enum { TIMES = 2 };
    moe_context *c = t->context;
    const double times[TIMES] = {0.4, 0.9};
    double f[WIDTH], image[N * HOST_D], jacobian[N * HOST_D * HOST_D], determinant[N], density[N];
    double covariance[TIMES * WIDTH * TIMES * WIDTH], lower[TIMES * WIDTH], upper[TIMES * WIDTH];
    moe_model *model = NULL;
    moe_law *law = NULL;
    moe_measure *mu = NULL;
    moe_flow *flow = NULL, *driven = NULL;
    moe_field *field = NULL;
    TRY(host_model(t, &model));
    TRY(host_law(t, &law));
    TRY(host_measure(t, N, 0, &mu));
    TRY(moe_flow_create(c, model, mu, &flow));
    TRY(moe_flow_record(flow));
    TRY(moe_flow_advance(flow, 1));
    TRY(moe_flow_field(flow, &field));
    const double ends[] = {moe_field_begin(field), moe_field_end(field)};
    torture_note(t, 2, ends);
    TRY(moe_field_predictions(c, field, 0.3, f));
    torture_note(t, WIDTH, f);
    TRY(moe_flow_create_driven(c, field, mu, &driven));
    TRY(moe_flow_advance(driven, 1));
    torture_note(t, N * HOST_D, moe_flow_points(driven));
    TRY(moe_field_map(c, field, 0, 1, N, moe_measure_points(mu), 1e-8, image, jacobian, determinant));
    torture_note(t, N * HOST_D, image);
    torture_note(t, N, determinant);
    TRY(moe_field_density(c, field, law, 1, N, moe_measure_points(mu), 1e-8, density));
    torture_note(t, N, density);
    TRY(moe_field_fluctuations(c, field, mu, TIMES, times, 0, NULL, 1e-2, covariance));
    torture_note(t, TIMES * WIDTH * TIMES * WIDTH, covariance);
    TRY(moe_field_band(c, field, mu, N, 0.9, NULL, TIMES, times, 0, NULL, 1e-2, lower, upper));
    torture_note(t, TIMES * WIDTH, upper);
done:
    moe_field_destroy(field);
    moe_flow_destroy(driven);
    moe_flow_destroy(flow);
    moe_measure_destroy(mu);
    moe_law_destroy(law);
    moe_model_destroy(model);
}

/* Saved and restored, alone and as one rank of one. */
static void states(struct torture *t)
{
    moe_context *c = t->context;
    double points[N * HOST_D];
    int64_t length = 0, first, count;
    int32_t exact;
    uint8_t *bytes = NULL;
    moe_model *model = NULL;
    moe_flow *flow = NULL, *again = NULL, *shared = NULL, *spread = NULL;
    for (int i = 0; i < N * HOST_D; i++)
        points[i] = sin(i);
    TRY(host_model(t, &model));
    TRY(make(t, model, MOE_METHOD_ADAMS, &flow));
    TRY(moe_flow_advance(flow, 0.5));
    TRY(moe_flow_save(flow, NULL, 0, &length));
    bytes = malloc((size_t)length);
    TRY(moe_flow_save(flow, bytes, length, &length));
    torture_bytes(t, length, bytes);
    TRY(moe_flow_restore(c, model, bytes, length, &exact, &again));
    TRY(moe_flow_advance(again, 1));
    torture_note(t, N * HOST_D, moe_flow_points(again));
    TRY(moe_flow_restore_spread(c, model, bytes, length, &exact, &shared));
    TRY(moe_flow_advance(shared, 1));
    torture_note(t, N * HOST_D, moe_flow_points(shared));
    TRY(moe_flow_share(c, model, N, &first, &count));
    TRY(moe_flow_create_spread(c, model, N, points, NULL, &spread));
    TRY(moe_flow_advance(spread, 0.5));
    torture_note(t, count * HOST_D, moe_flow_points(spread));
done:
    free(bytes);
    moe_flow_destroy(spread);
    moe_flow_destroy(shared);
    moe_flow_destroy(again);
    moe_flow_destroy(flow);
    moe_model_destroy(model);
}

const struct walks walks_flow[] = {
    {"flow, dopri5", dopri5},           {"flow, dop853", dop853}, {"flow, adams", adams}, {"flow, rkc", rkc},
    {"flow, low storage", low_storage}, {"fields", fields},       {"states", states},     {NULL, NULL}};
