/* study.c - the request for a study; a run solves its limit once and adds replicas (run.c).
 *
 * SPDX-License-Identifier: MIT */
#include "base/spread.h"
#include "model/model.h"
#include "study/batch.h"

#include <string.h>

enum { FIRST_SIZES = 7 };

/* ---- life ------------------------------------------------------------------------------------- */

void moei_study_forget(moe_study *study)
{
    moe_limit_destroy(study->limit);
    study->limit = NULL;
    for (int64_t i = 0; study->series && i < study->sizes; i++)
        moei_free(study->core, study->series[i]);
    for (int64_t i = 0; study->shifts && i < study->sizes; i++)
        moei_free(study->core, study->shifts[i]);
    moei_free(study->core, study->series);
    moei_free(study->core, study->shifts);
    moei_free(study->core, study->replicas);
    study->series = NULL;
    study->shifts = NULL;
    study->replicas = NULL;
}

MOE_PUBLIC int32_t moe_study_create(moe_context *context, const moe_model *model, const moe_law *law,
                                    moe_study **out)
{
    moe_limit *trial = NULL; /* what a limit refuses, a study does */
    if (out)
        *out = NULL;
    if (!context)
        return MOE_ERROR_NULL;
    int32_t status = moei_need(context, out, "study");
    if (!status)
        status = moe_limit_create(context, model, law, &trial);
    if (status)
        return status;
    moe_limit_destroy(trial);
    moe_study *study = MOEI_NEW(context->core, 1, moe_study);
    if (!study)
        return moei_out_of_memory(context, "a study");
    *study = (moe_study){.context = moei_context_retain(context),
                         .core = context->core,
                         .model = moei_model_retain(model),
                         .dimension = moei_law_random_coordinates(law),
                         .least = 16,
                         .most = 64,
                         .most_w1 = INT64_MAX,
                         .most_w2 = INT64_MAX,
                         .tuple = 2,
                         .precision = 0.05,
                         .tolerance = 1e-6,
                         .times = 1,
                         .sizes = FIRST_SIZES,
                         .time = MOEI_NEW(context->core, 1, double),
                         .experts = MOEI_NEW(context->core, FIRST_SIZES, int64_t)};
    status = study->time && study->experts ? moei_law_copy(context, law, &study->law)
                                           : moei_out_of_memory(context, "a study");
    if (status) {
        moe_study_destroy(study);
        return status;
    }
    study->time[0] = 1;
    for (int64_t i = 0; i < FIRST_SIZES; i++)
        study->experts[i] = (int64_t)16 << i;
    *out = study;
    return MOE_OK;
}

MOE_PUBLIC void moe_study_destroy(moe_study *study)
{
    if (!study)
        return;
    moe_context *context = study->context;
    moei_study_forget(study);
    moe_law_destroy(study->law);
    moe_model_destroy(study->model);
    moei_free(study->core, study->time);
    moei_free(study->core, study->experts);
    moei_free(study->core, study);
    moei_context_release(context);
}

/* ---- the request ------------------------------------------------------------------------------ */

int32_t moei_study_may_change(moe_study *study, const char *what)
{
    if (!study)
        return MOE_ERROR_NULL;
    if (study->working || atomic_load(&study->readers))
        return moei_fail(study->context, MOE_ERROR_ORDER, "%s cannot be set while the study %s", what,
                         study->working ? "runs" : "is read");
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_study_set_times(moe_study *study, int64_t count, const double *times)
{
    moe_limit *trial = NULL;
    int32_t status = moei_study_may_change(study, "times");
    if (status)
        return status;
    status = moe_limit_create(study->context, study->model, study->law, &trial);
    if (!status)
        status = moe_limit_set_times(trial, count, times); /* which asks of times what a study does */
    moe_limit_destroy(trial);
    if (status)
        return status;
    double *copy = MOEI_NEW(study->core, count, double);
    if (!copy)
        return moei_out_of_memory(study->context, "a study's times");
    memcpy(copy, times, (size_t)count * sizeof *copy);
    moei_study_forget(study);
    moei_free(study->core, study->time);
    study->time = copy;
    study->times = count;
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_study_set_experts(moe_study *study, int64_t count, const int64_t *experts)
{
    int32_t status = moei_study_may_change(study, "experts");
    if (status || (status = moei_need_size(study->context, count, "count")) ||
        (status = moei_need(study->context, experts, "experts")))
        return status;
    if (count > MOEI_RATE_CELLS)
        return moei_fail(study->context, MOE_ERROR_SIZE,
                         "count is %lld; a study has at most %d numbers of experts", (long long)count,
                         MOEI_RATE_CELLS);
    for (int64_t i = 0; i < count; i++)
        if (experts[i] < 2 || experts[i] >= (int64_t)1 << 31 || (i && experts[i] <= experts[i - 1]))
            return moei_fail(study->context, MOE_ERROR_VALUE, "experts[%lld] is %lld; they are %s",
                             (long long)i, (long long)experts[i],
                             experts[i] < 2                      ? "2 or more"
                             : i && experts[i] <= experts[i - 1] ? "in increasing order"
                                                                 : "less than 2^31");
    int64_t *copy = MOEI_NEW(study->core, count, int64_t);
    if (!copy)
        return moei_out_of_memory(study->context, "a study's numbers of experts");
    memcpy(copy, experts, (size_t)count * sizeof *copy);
    moei_study_forget(study);
    moei_free(study->core, study->experts);
    study->experts = copy;
    study->sizes = count;
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_study_set_replicas(moe_study *study, int64_t least, int64_t most, double precision)
{
    const int32_t status = moei_study_may_change(study, "replicas");
    if (status)
        return status;
    if (least < 2 || most < least || most >= (int64_t)1 << 31)
        return moei_fail(study->context, MOE_ERROR_VALUE, "%s is %lld; it takes %s",
                         least < 2 ? "least" : "most", (long long)(least < 2 ? least : most),
                         least < 2 ? "2 or more" : "least to 2^31 - 1");
    if (!(precision >= 0 && precision < 1))
        return moei_fail(study->context, MOE_ERROR_VALUE,
                         "precision is %g; it takes a number from 0 to less than 1", precision);
    moei_study_forget(study);
    study->least = least;
    study->most = most;
    study->precision = precision;
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_study_set_seed(moe_study *study, uint64_t seed)
{
    const int32_t status = moei_study_may_change(study, "the seed");
    if (status)
        return status;
    moei_study_forget(study);
    study->seed = seed;
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_study_set_tolerance(moe_study *study, double tolerance)
{
    const int32_t status = moei_study_may_change(study, "the tolerance");
    if (status)
        return status;
    if (!(tolerance >= 1e-13 && tolerance <= 1e-2))
        return moei_fail(study->context, MOE_ERROR_TOLERANCE,
                         "tolerance is %g; it takes a number from 1e-13 to 1e-2", tolerance);
    moei_study_forget(study);
    study->tolerance = tolerance;
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_study_set_distances(moe_study *study, int64_t most_w1, int64_t most_w2)
{
    const int32_t status = moei_study_may_change(study, "distances");
    if (status)
        return status;
    if (most_w1 < 0 || most_w2 < 0)
        return moei_fail(study->context, MOE_ERROR_VALUE, "%s is %lld; it takes 0 or more",
                         most_w1 < 0 ? "most_w1" : "most_w2", (long long)(most_w1 < 0 ? most_w1 : most_w2));
    moei_study_forget(study);
    study->most_w1 = most_w1;
    study->most_w2 = most_w2;
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_study_set_marginals(moe_study *study, int64_t k)
{
    const int32_t status = moei_study_may_change(study, "the marginals");
    if (status)
        return status;
    if (k < 1 || k >= (int64_t)1 << 31)
        return moei_fail(study->context, MOE_ERROR_VALUE, "k is %lld; it takes 1 to 2^31 - 1", (long long)k);
    moei_study_forget(study);
    study->tuple = k;
    return MOE_OK;
}

/* ---- the run ---------------------------------------------------------------------------------- */

int32_t moei_study_make_limit(moe_study *study, moe_limit **limit)
{
    int32_t status = moe_limit_create(study->context, study->model, study->law, limit);
    if (!status)
        status = moe_limit_set_times(*limit, study->times, study->time);
    if (!status)
        status = moe_limit_set_tolerance(*limit, study->tolerance);
    return status;
}

static int32_t solve_limit(moe_study *study)
{
    moe_limit *limit = NULL;
    int32_t status = moei_study_make_limit(study, &limit);
    if (!status)
        status = moe_limit_solve(limit);
    if (status)
        moe_limit_destroy(limit);
    else
        study->limit = limit;
    return status;
}

int32_t moei_study_make_room(moe_study *study)
{
    study->series = MOEI_NEW(study->core, study->sizes, double *);
    study->shifts = MOEI_NEW(study->core, study->sizes, double *);
    study->replicas = MOEI_NEW(study->core, study->sizes, int64_t);
    int32_t status = MOE_OK;
    const int64_t width = moei_mul(study->times, moei_model_width(study->model));
    for (int64_t i = 0; study->series && study->shifts && i < study->sizes; i++) {
        study->shifts[i] = MOEI_NEW(study->core, moei_mul(2, width), double);
        study->series[i] =
            MOEI_NEW(study->core, moei_mul(study->most, study->times * MOE_STUDY_QUANTITIES), double);
        if (!study->series[i] || !study->shifts[i])
            status = MOE_ERROR_MEMORY;
    }
    if (!study->series || !study->shifts || !study->replicas || status)
        status = moei_out_of_memory(study->context, "a study's numbers");
    return status;
}

/* The limit, and room for all replicas' numbers; none of either if it fails. */
static int32_t begin(moe_study *study)
{
    if (study->limit)
        return MOE_OK;
    int32_t status = moei_study_make_room(study);
    if (!status)
        status = solve_limit(study);
    status = moei_agree(study->context, status);
    if (status)
        moei_study_forget(study);
    return status;
}

MOE_PUBLIC int32_t moe_study_run(moe_study *study)
{
    int32_t status = moei_study_may_change(study, "it");
    if (status)
        return status;
    study->working = true;
    status = moei_batch_check_alike(study);
    if (!status)
        status = begin(study);
    if (!status)
        status = moei_study_run_replicas(study);
    study->working = false;
    return status;
}
