/* walk_limit.c - limits by tensor rules and by lattices.
 *
 * SPDX-License-Identifier: MIT */
#include "torture/torture.h"

enum { TIMES = 2, WIDTH = HOST_POINTS * HOST_K };

static const double times[TIMES] = {0.2, 0.5};

static void note_limit(struct torture *t, moe_limit *limit, int64_t d)
{
    double error[TIMES], f[WIDTH], tolerance, effort;
    int64_t sizes[8];
    moe_measure *image = NULL, *sample = NULL;
    moe_field *field = NULL;
    TRY(moe_limit_errors(limit, error));
    torture_note(t, TIMES, error);
    TRY(moe_limit_effort(limit, sizes, &tolerance, &effort));
    torture_note(t, 1, &tolerance);
    for (int64_t i = 0; i < TIMES; i++) {
        TRY(moe_limit_predictions(limit, i, f));
        torture_note(t, WIDTH, f);
    }
    TRY(moe_limit_measure(limit, 1, &image));
    torture_note(t, moe_measure_count(image) * d, moe_measure_points(image));
    TRY(moe_limit_field(limit, &field));
    TRY(moe_limit_sample(limit, 1, 7, 0, 0, 20, &sample));
    torture_note(t, 20 * d, moe_measure_points(sample));
done:
    moe_field_destroy(field);
    moe_measure_destroy(sample);
    moe_measure_destroy(image);
}

static void tensor(struct torture *t)
{
    moe_model *model = NULL;
    moe_law *law = NULL;
    moe_limit *limit = NULL;
    TRY(moe_context_set_progress(t->context, host_progress, t));
    TRY(host_model(t, &model));
    TRY(host_law(t, &law));
    TRY(moe_limit_create(t->context, model, law, &limit));
    TRY(moe_limit_set_times(limit, TIMES, times));
    TRY(moe_limit_set_tolerance(limit, 1e-4));
    TRY(moe_limit_set_budget(limit, 100000, INT64_C(1) << 30, 1000));
    TRY(moe_limit_solve(limit));
    note_limit(t, limit, HOST_D);
done:
    moe_limit_destroy(limit);
    moe_law_destroy(law);
    moe_model_destroy(model);
}

const struct walks walks_limit[] = {{"limit, tensor", tensor}, {NULL, NULL}};
