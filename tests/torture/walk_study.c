/* walk_study.c - a study, what it tells, and its state.
 *
 * SPDX-License-Identifier: MIT */
#include "torture/torture.h"

#include <stdlib.h>

enum { TIMES = 2, SIZES = 4, WIDTH = HOST_POINTS * HOST_K };

static const double times[TIMES] = {0, 0.3};
static const int64_t sizes[SIZES] = {4, 8, 16, 32};

static int32_t make(struct torture *t, const moe_model *model, const moe_law *law, moe_study **study)
{
    *study = NULL;
    TRY(moe_study_create(t->context, model, law, study));
    TRY(moe_study_set_times(*study, TIMES, times));
    TRY(moe_study_set_experts(*study, SIZES, sizes));
    TRY(moe_study_set_replicas(*study, 3, 3, 0));
    TRY(moe_study_set_seed(*study, 5));
    TRY(moe_study_set_tolerance(*study, 1e-4));
    TRY(moe_study_set_distances(*study, 8, 4));
    TRY(moe_study_set_marginals(*study, 2));
done:
    return *study ? MOE_OK : MOE_ERROR_ORDER;
}

static void note_study(struct torture *t, moe_study *study)
{
    double mean[SIZES], error[SIZES], bias[WIDTH], exponent[3], probability, theory, fit[6], curve[SIZES],
        bound[SIZES];
    const double experts[SIZES] = {4, 8, 16, 32};
    int64_t replicas[SIZES], dimension[2];
    int32_t estimated;
    double L1, L2;
    moe_limit *limit = NULL;
    for (int32_t q = 0; q < MOE_STUDY_QUANTITIES; q++) {
        TRY(moe_study_means(study, q, 1, mean, error, replicas));
        torture_note(t, SIZES, mean);
    }
    TRY(moe_study_bias(study, 3, 1, bias, NULL));
    torture_note(t, WIDTH, bias);
    TRY(moe_study_rate(study, MOE_STUDY_PREDICTION, 1, &theory, exponent, &probability, fit));
    torture_note(t, 3, exponent);
    TRY(moe_study_rate_form(study, MOE_STUDY_PREDICTION, 1, MOE_RATE_PLAIN, exponent, fit));
    torture_note(t, 6, fit);
    TRY(moe_study_rate_curve(study, MOE_STUDY_PREDICTION, 1, 0.5, SIZES, experts, curve));
    torture_note(t, SIZES, curve);
    TRY(moe_study_dimension(study, &dimension[0], &dimension[1]));
    TRY(moe_study_lipschitz(study, &L1, &L2, &estimated));
    const int32_t status = moe_study_bound(study, 1, bound, NULL); /* of a normal coordinate there is none */
    torture_bytes(t, sizeof status, &status);
    TRY(moe_study_limit(study, &limit));
done:;
}

static void study(struct torture *t)
{
    moe_model *model = NULL;
    moe_law *law = NULL;
    moe_study *study = NULL, *again = NULL;
    uint8_t *bytes = NULL;
    int64_t length;
    TRY(moe_context_set_progress(t->context, host_progress, t));
    TRY(host_model(t, &model));
    TRY(host_law(t, &law));
    TRY(make(t, model, law, &study));
    TRY(moe_study_run(study));
    note_study(t, study);
    TRY(moe_study_save(study, NULL, 0, &length));
    bytes = malloc((size_t)length);
    TRY(moe_study_save(study, bytes, length, &length));
    torture_bytes(t, length, bytes);
    TRY(make(t, model, law, &again));
    TRY(moe_study_restore(again, bytes, length));
    note_study(t, again);
done:
    free(bytes);
    moe_study_destroy(again);
    moe_study_destroy(study);
    moe_law_destroy(law);
    moe_model_destroy(model);
}

/* Of angles from the uniform law, for which the bound is known. */
static void bounds(struct torture *t)
{
    const double period[HOST_D] = {2 * PI, (double)INFINITY};
    double bound[SIZES], along[SIZES];
    moe_model *model = NULL;
    moe_law *law = NULL;
    moe_study *study = NULL;
    TRY(host_model(t, &model));
    TRY(moe_law_create(t->context, HOST_D, period, &law));
    TRY(moe_law_set_uniform(law, 1, -0.5, 0.5));
    TRY(make(t, model, law, &study));
    TRY(moe_study_run(study));
    TRY(moe_study_bound(study, 1, bound, along));
    torture_note(t, SIZES, bound);
    torture_note(t, SIZES, along);
done:
    moe_study_destroy(study);
    moe_law_destroy(law);
    moe_model_destroy(model);
}

const struct walks walks_study[] = {{"study", study}, {"study, bounds", bounds}, {NULL, NULL}};
