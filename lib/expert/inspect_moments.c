/* inspect_moments.c - predict(sum_i w[i] m(theta_i)) against sum_i w[i] f(theta_i).
 *
 * SPDX-License-Identifier: MIT */
#include "expert/inspect.h"

#include <math.h>
#include <string.h>

/* m <- (1/4) all experts in one call + (3/4) one at a time: wrong if moments writes instead of adding. */
static int32_t add_moments(const moei_inspection *it, const moei_desk *desk)
{
    const int64_t d = it->expert->d;
    memset(desk->scratch.out, 0, (size_t)desk->session.binding.moment_count * sizeof(double));
    for (int64_t i = 0; i < it->count; i++)
        it->sum[i] = it->w[i] / 4;
    int32_t status = moei_desk_ask(it, desk, MOEI_MOMENTS, it->count, it->theta, it->sum);
    for (int64_t i = 0; !status && i < it->count; i++) {
        const double w = 3 * it->w[i] / 4;
        status = moei_desk_ask(it, desk, MOEI_MOMENTS, 1, it->theta + i * d, &w);
    }
    return status;
}

/* F[j,k] of predict, in `predicted`, against sum_i w[i] f[i,j,k] */
static int32_t compare_prediction(const moei_inspection *it, const double *predicted)
{
    const int64_t K = it->expert->K, width = it->n * K;
    for (int64_t jk = 0; jk < width; jk++) {
        double F = 0;
        for (int64_t i = 0; i < it->count; i++)
            F += it->w[i] * it->f[i * width + jk];
        if (!(fabs(F - predicted[jk]) <= moei_inspect_tolerance(it, jk % K)))
            return moei_fail(
                it->context, MOE_ERROR_CHECK,
                "moments and predict give F[%lld,%lld] = %.17g, but the weighted sum of values is %.17g",
                (long long)(jk / K), (long long)(jk % K), predicted[jk], F);
    }
    return MOE_OK;
}

int32_t moei_inspect_moments(moei_inspection *it)
{
    moei_desk desk;
    double *m = NULL;
    if (!it->expert->ops.moments)
        return MOE_OK;
    int32_t status = moei_desk_begin(it, it->n, it->x, it->count, NULL, &desk);
    if (!status)
        status = add_moments(it, &desk);
    if (!status) {
        const int64_t size = desk.session.binding.moment_count;
        m = MOEI_NEW(it->context->core, size, double);
        status = m ? MOE_OK : moei_out_of_memory(it->context, "the expert's moments");
        if (m)
            memcpy(m, desk.scratch.out, (size_t)size * sizeof(double));
    }
    if (!status)
        status = moei_desk_ask(it, &desk, MOEI_PREDICT, it->count, NULL, m);
    if (!status)
        status = compare_prediction(it, desk.scratch.out);
    moei_free(it->context->core, m);
    return moei_desk_end(&desk, status);
}
