/* walk_model.c - objectives, models and what they tell of a measure.
 *
 * SPDX-License-Identifier: MIT */
#include "torture/torture.h"

enum { WIDTH = HOST_POINTS * HOST_K, NEW = 2 };

static const double new_x[NEW * HOST_P] = {0.5, 0.2, -0.6, 1.1};

/* What all models tell. */
static void note_model(struct torture *t, const moe_model *model, const moe_measure *mu)
{
    moe_context *c = t->context;
    const int64_t count = moe_measure_count(mu);
    double f[WIDTH], there[NEW * HOST_K], drift[200], numbers[2], bent[WIDTH];
    TRY(moe_model_predictions(c, model, mu, f));
    torture_note(t, WIDTH, f);
    TRY(moe_model_predict(c, model, mu, NEW, new_x, there));
    torture_note(t, NEW * HOST_K, there);
    TRY(moe_model_loss(c, model, mu, &numbers[0]));
    TRY(moe_model_energy(c, model, mu, &numbers[1]));
    torture_note(t, 2, numbers);
    TRY(moe_model_drift(c, model, mu, drift));
    torture_note(t, count * HOST_D, drift);
    TRY(moe_model_curvature(c, model, f, host_y, bent));
    torture_note(t, WIDTH, bent);
done:;
}

static void plain(struct torture *t)
{
    moe_context *c = t->context;
    const double times[] = {0, 1, (double)INFINITY};
    double kernel[WIDTH * NEW * HOST_K], s[HOST_D * HOST_D], frozen[3 * WIDTH], form[HOST_D * HOST_D],
        bias[WIDTH], error[WIDTH];
    moe_model *model = NULL;
    moe_law *law = NULL, *reduced = NULL;
    moe_measure *mu = NULL;
    TRY(moe_context_set_progress(c, host_progress, t));
    TRY(host_model(t, &model));
    TRY(host_law(t, &law));
    TRY(host_measure(t, 70, 0, &mu));
    note_model(t, model, mu);
    TRY(moe_model_kernel(c, model, mu, HOST_POINTS, host_x, NEW, new_x, kernel));
    torture_note(t, WIDTH * NEW * HOST_K, kernel);
    TRY(moe_model_sensitivity(c, model, mu, s));
    torture_note(t, HOST_D * HOST_D, s);
    TRY(moe_model_frozen(c, model, mu, 3, times, 0, NULL, frozen));
    torture_note(t, 3 * WIDTH, frozen);
    TRY(moe_model_reduce(c, model, law, NEW, new_x, &reduced, form));
    torture_note(t, HOST_D * HOST_D, form);
    TRY(moe_model_bias(c, model, mu, 1, &times[1], 0, NULL, 4, 3, bias, error));
    torture_note(t, WIDTH, bias);
    const int64_t points = moe_model_points(model);
    torture_bytes(t, sizeof points, &points);
done:
    moe_law_destroy(reduced);
    moe_law_destroy(law);
    moe_measure_destroy(mu);
    moe_model_destroy(model);
}

static void objectives(struct torture *t)
{
    moe_context *c = t->context;
    const double decay[HOST_D] = {0, 0.1}, mobility[HOST_D] = {1, 0.5}, v[HOST_POINTS] = {0.5, 0.2, 0.3};
    moe_expert *expert = NULL;
    moe_objective *objective = NULL;
    moe_model *model = NULL;
    moe_measure *mu = NULL;
    TRY(host_expert(t, &expert));
    TRY(host_measure(t, 30, 0, &mu));
    TRY(moe_objective_create(c, expert, &objective));
    TRY(moe_objective_set_scale(objective, 2));
    TRY(moe_objective_set_mobility(objective, mobility));
    TRY(moe_objective_set_decay(objective, decay));
    TRY(moe_objective_set_huber(objective, 0.3));
    TRY(moe_model_create_for(c, objective, HOST_POINTS, host_x, host_y, v, &model));
    note_model(t, model, mu);
    moe_model_destroy(model);
    model = NULL;
    TRY(moe_objective_set_loss(objective, MOE_LOSS_LOGISTIC));
    TRY(host_set_potential(t, objective));
    TRY(moe_model_create_for(c, objective, HOST_POINTS, host_x, host_y, v, &model));
    note_model(t, model, mu);
    moe_model_destroy(model);
    model = NULL;
    TRY(host_set_loss(t, objective));
    TRY(moe_model_create_for(c, objective, HOST_POINTS, host_x, host_y, NULL, &model));
    note_model(t, model, mu);
done:
    moe_model_destroy(model);
    moe_objective_destroy(objective);
    moe_measure_destroy(mu);
    moe_expert_destroy(expert);
}

const struct walks walks_model[] = {{"model", plain}, {"objectives", objectives}, {NULL, NULL}};
