/* lipschitz.c - the Lipschitz constants of the explicit bound: the expert's own, or an estimate.
 *
 *   L_1 = sup |Df|,   L_2 = Lip(Df) = sup |D^2 f|     over theta and the training inputs
 *
 * An expert that has no bounds of itself is looked at where mixtures are: at draws of mu_0 and of mu_t at the
 * last time, by moe_expert_tangent along the coordinates. Frobenius norms over outputs and coordinates are no
 * less than operator norms; what the draws miss of a supremum is left to a factor of 5/4, which proves
 * nothing.
 *
 * SPDX-License-Identifier: MIT */
#include "measure/measure.h"
#include "model/model.h"
#include "study/study.h"

#include <math.h>
#include <string.h>

enum { DRAWS = 256, MOST_INPUTS = 64 };
static const double safety = 1.25;

typedef struct {
    const moe_study *study;
    int64_t inputs;                          /* some of the training inputs, evenly spread */
    double *x, *identity, *df, *h, *r, *sum; /* sum: DRAWS x inputs, of the squares of D^2 f */
    double L1, L2;
} sample;

static int32_t open(const moe_study *study, sample *of)
{
    moei_core *core = study->core;
    const moe_expert *expert = study->model->expert;
    const int64_t d = expert->d, p = expert->p, n = study->model->n;
    const int64_t inputs = n < MOST_INPUTS ? n : MOST_INPUTS, square = moei_mul(DRAWS, moei_mul(d, d));
    *of = (sample){.study = study,
                   .inputs = inputs,
                   .x = MOEI_NEW(core, moei_mul(inputs, p), double),
                   .identity = MOEI_NEW(core, square, double),
                   .h = MOEI_NEW(core, square, double),
                   .df = MOEI_NEW(core, moei_mul(moei_mul(DRAWS, d), moei_mul(inputs, expert->K)), double),
                   .r = MOEI_NEW(core, moei_mul(inputs, expert->K), double),
                   .sum = MOEI_NEW(core, moei_mul(DRAWS, inputs), double)};
    if (!of->x || !of->identity || !of->h || !of->df || !of->r || !of->sum)
        return moei_out_of_memory(study->context, "a sample of derivatives");
    for (int64_t j = 0; j < inputs; j++)
        memcpy(of->x + j * p, study->model->x + j * n / inputs * p, (size_t)p * sizeof *of->x);
    for (int64_t il = 0; il < DRAWS * d; il++)
        of->identity[il * d + il % d] = 1;
    return MOE_OK;
}

static void close(sample *of)
{
    double *blocks[] = {of->x, of->identity, of->h, of->df, of->r, of->sum};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        moei_free(of->study->core, blocks[i]);
}

/* L_1 from Df at every draw and input */
static int32_t see_gradients(sample *of, const double *theta)
{
    const moe_expert *expert = of->study->model->expert;
    const int64_t d = expert->d, K = expert->K, width = of->inputs * K;
    const int32_t status = moe_expert_tangent(of->study->context, expert, of->inputs, of->x, DRAWS, theta, d,
                                              of->identity, NULL, of->df, NULL, NULL);
    for (int64_t ij = 0; ij < DRAWS * of->inputs && !status; ij++) {
        const int64_t i = ij / of->inputs, j = ij % of->inputs;
        double square = 0;
        for (int64_t l = 0; l < d; l++)
            for (int64_t k = 0; k < K; k++)
                square += pow(of->df[(i * d + l) * width + j * K + k], 2);
        of->L1 = fmax(of->L1, sqrt(square));
    }
    return status;
}

/* L_2: the Hessians of one output at one input after the other */
static int32_t see_hessians(sample *of, const double *theta)
{
    const moe_expert *expert = of->study->model->expert;
    const int64_t d = expert->d, K = expert->K;
    int32_t status = MOE_OK;
    memset(of->sum, 0, (size_t)(DRAWS * of->inputs) * sizeof *of->sum);
    for (int64_t jk = 0; jk < of->inputs * K && !status; jk++) {
        of->r[jk] = 1;
        status = moe_expert_tangent(of->study->context, expert, of->inputs, of->x, DRAWS, theta, d,
                                    of->identity, of->r, NULL, of->h, NULL);
        of->r[jk] = 0;
        for (int64_t i = 0; i < DRAWS && !status; i++)
            for (int64_t la = 0; la < d * d; la++)
                of->sum[i * of->inputs + jk / K] += pow(of->h[i * d * d + la], 2);
    }
    for (int64_t ij = 0; ij < DRAWS * of->inputs; ij++)
        of->L2 = fmax(of->L2, sqrt(of->sum[ij]));
    return status;
}

static int32_t estimate(moe_study *study, double *L1, double *L2)
{
    sample of;
    int32_t status = open(study, &of);
    for (int last = 0; last < 2 && !status; last++) {
        moe_measure *mu = NULL;
        status = last ? moe_limit_sample(study->limit, study->times - 1, study->seed, 0, 0, DRAWS, &mu)
                      : moe_measure_random(study->context, study->law, study->seed, 1, 0, DRAWS, &mu);
        if (!status)
            status = see_gradients(&of, mu->points);
        if (!status)
            status = see_hessians(&of, mu->points);
        moe_measure_destroy(mu);
    }
    *L1 = safety * of.L1;
    *L2 = safety * of.L2;
    close(&of);
    return status;
}

MOE_PUBLIC int32_t moe_study_lipschitz(moe_study *study, double *L1, double *L2, int32_t *estimated)
{
    double gradient = 0, curvature = 0;
    int32_t status = moei_study_need_result(study);
    if (status)
        return status;
    const bool known = study->model->expert->ops.bounds;
    moei_study_hold(study);
    status = known ? moe_expert_bounds(study->context, study->model->expert, NULL, &gradient, &curvature)
                   : estimate(study, &gradient, &curvature);
    moei_study_let_go(study);
    if (status)
        return moei_public_status(status);
    if (L1)
        *L1 = gradient;
    if (L2)
        *L2 = curvature;
    if (estimated)
        *estimated = !known;
    return MOE_OK;
}
