/* study.h - a study of one-angle experts, the fixture of the studies' tests.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOE_TEST_STUDY_H
#define MOE_TEST_STUDY_H

#include "support/experts.h"
#include "support/test.h"

enum { TIMES = 2, SIZES = 4, MOST_CELLS = SIZES * TIMES * MOE_STUDY_QUANTITIES };

static const double study_times[TIMES] = {0, 1.5};
static const int64_t study_sizes[SIZES] = {8, 32, 128, 512};

/* f = cos(theta + x) on four points */
static inline int32_t make_model(moe_context *context, moe_model **model)
{
    static struct wave wave = {.d = 1, .c = {1}, .a = {1}};
    const double x[] = {-1, -0.3, 0.4, 1.2}, y[] = {0.4, -0.2, 0.1, 0.5};
    moe_expert *expert = NULL;
    int32_t status = wave_expert(context, &wave, &expert);
    if (!status)
        status = moe_model_create(context, expert, 4, x, y, NULL, model);
    moe_expert_destroy(expert);
    return status;
}

/* of that model from the uniform law: `replicas` of each N */
static inline int32_t make_study(moe_context *context, int64_t replicas, moe_study **study)
{
    const double turn = 2 * PI;
    moe_model *model = NULL;
    moe_law *law = NULL;
    int32_t status = make_model(context, &model);
    if (!status)
        status = moe_law_create(context, 1, &turn, &law);
    if (!status)
        status = moe_study_create(context, model, law, study);
    if (!status)
        status = moe_study_set_times(*study, TIMES, study_times);
    if (!status)
        status = moe_study_set_experts(*study, SIZES, study_sizes);
    if (!status)
        status = moe_study_set_replicas(*study, replicas, replicas, 0);
    moe_law_destroy(law);
    moe_model_destroy(model);
    return status;
}

/* All means and errors of a study that has run. */
static inline void all_numbers(moe_context *context, const moe_study *study, double numbers[2 * MOST_CELLS])
{
    for (int32_t q = 0; q < MOE_STUDY_QUANTITIES; q++)
        for (int t = 0; t < TIMES; t++) {
            double *at = numbers + 2 * SIZES * (q * TIMES + t);
            assert_ok(context, moe_study_means(study, q, t, at, at + SIZES, NULL));
        }
}

/* Cancels after so many looks. */
static inline int32_t cancel_after(void *self, const char *what, double part)
{
    (void)what, (void)part;
    return --*(int *)self < 0;
}

#endif
