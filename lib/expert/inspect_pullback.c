/* inspect_pullback.c - pullback: batches against single calls, then against differences of
 *   phi(theta) = sum_jk r[j,k] f_k(theta, x_j)
 * along each parameter of each expert (difference.c). r[j,k] = u / unit[k] with |u| near 1, so that all
 * outputs weigh alike in phi, whose terms are of size 1.
 *
 * SPDX-License-Identifier: MIT */
#include "base/random.h"
#include "expert/difference.h"
#include "expert/inspect.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* r[j,k] = +-u / unit[k], u in [1/2, 3/2) */
static void choose_residuals(moei_inspection *it)
{
    const int64_t K = it->expert->K;
    for (int64_t j = 0; j < it->n; j++)
        for (int64_t k = 0; k < K; k++) {
            const double u = 2 * moei_random_uniform(0, MOEI_STREAM_RESIDUALS, (uint64_t)j, (uint32_t)k) - 1;
            it->r[j * K + k] = (u < 0 ? u - 0.5 : u + 0.5) / moei_inspect_unit(it, k);
        }
}

static int32_t read_pullback(moei_inspection *it)
{
    moei_desk desk;
    choose_residuals(it);
    int32_t status = moei_desk_begin(it, it->n, it->x, it->count, it->r, &desk);
    if (!status)
        status = moei_desk_ask(it, &desk, MOEI_PULLBACK, it->count, it->theta, NULL);
    if (!status)
        memcpy(it->g, desk.scratch.out, (size_t)(it->count * it->expert->d) * sizeof(double));
    return moei_desk_end(&desk, status);
}

/* g[i,a] in the large call against `value` got from smaller ones */
static int32_t compare_slope(const moei_inspection *it, int64_t i, int64_t a, double value, const char *how)
{
    const double all = it->g[i * it->expert->d + a];
    const double tolerance = 1e-8 * moei_inspect_slope(it, a) + 1e-12 * moei_inspect_slope_unit(it, a);
    if (fabs(all - value) <= tolerance)
        return MOE_OK;
    return moei_fail(
        it->context, MOE_ERROR_CHECK,
        "pullback gives g[%lld,%lld] = %.17g in a call of %lld experts and %lld inputs, but %.17g %s",
        (long long)i, (long long)a, all, (long long)it->count, (long long)it->n, value, how);
}

static int32_t check_pullback_by_expert(moei_inspection *it)
{
    moei_desk desk;
    const int64_t d = it->expert->d;
    int32_t status = moei_desk_begin(it, it->n, it->x, 1, it->r, &desk);
    for (int64_t i = 0; !status && i < it->count; i++) {
        status = moei_desk_ask(it, &desk, MOEI_PULLBACK, 1, it->theta + i * d, NULL);
        for (int64_t a = 0; !status && a < d; a++)
            status = compare_slope(it, i, a, desk.scratch.out[a], "for the expert alone");
    }
    return moei_desk_end(&desk, status);
}

static int32_t check_pullback_by_input(moei_inspection *it)
{
    const int64_t d = it->expert->d;
    int32_t status = MOE_OK;
    memset(it->sum, 0, (size_t)(it->count * d) * sizeof(double));
    for (int64_t j = 0; !status && j < it->n; j++) {
        moei_desk desk;
        status =
            moei_desk_begin(it, 1, it->x + j * it->expert->p, it->count, it->r + j * it->expert->K, &desk);
        if (!status)
            status = moei_desk_ask(it, &desk, MOEI_PULLBACK, it->count, it->theta, NULL);
        for (int64_t ia = 0; !status && ia < it->count * d; ia++)
            it->sum[ia] += desk.scratch.out[ia];
        status = moei_desk_end(&desk, status);
    }
    for (int64_t ia = 0; !status && ia < it->count * d; ia++)
        status = compare_slope(it, ia / d, ia % d, it->sum[ia], "summed over the inputs one at a time");
    return status;
}

/* Differences of phi start with steps below this part of length[a]. */
static const double reach = 0.125;

/* phi along one parameter of one expert */
struct line {
    const moei_inspection *it;
    const moei_desk *desk;
    double *theta; /* d */
    int64_t a;
};

/* value = phi(theta), NaN where f is not defined so far away */
static int32_t phi(void *self, double t, double *value)
{
    const struct line *line = self;
    const moei_inspection *it = line->it;
    bool defined;
    *value = 0;
    line->theta[line->a] = t;
    const int32_t status = moei_desk_try(it, line->desk, 1, line->theta, &defined);
    for (int64_t jk = 0; !status && defined && jk < it->n * it->expert->K; jk++)
        *value += it->r[jk] * line->desk->scratch.out[jk];
    if (!defined)
        *value = (double)NAN;
    return status;
}

/* *largest = max(*largest, noise of phi at theta[i,a], and as far off as differences go) */
static int32_t measure_noise(const moei_inspection *it, const moei_desk *desk, int64_t i, int64_t a,
                             double *largest)
{
    const int64_t d = it->expert->d;
    const double *theta = it->theta + i * d;
    struct line line = {it, desk, memcpy(it->sum, theta, (size_t)d * sizeof(double)), a};
    double here, there;
    int32_t status = moei_noise(phi, &line, theta[a], 1e-6 * it->length[a], &here);
    if (!status)
        status = moei_noise(phi, &line, theta[a] + reach * it->length[a], 1e-6 * it->length[a], &there);
    if (!status)
        *largest = fmax(*largest, fmax(here, there));
    return status;
}

/* g[i,a] against d phi / d theta_a */
static int32_t check_slope(const moei_inspection *it, const moei_desk *desk, int64_t i, int64_t a,
                           double noise)
{
    const int64_t d = it->expert->d;
    const double *theta = it->theta + i * d, g = it->g[i * d + a];
    const double tolerance = 1e-6 * moei_inspect_slope(it, a) + 1e-12 * moei_inspect_slope_unit(it, a);
    struct line line = {it, desk, memcpy(it->sum, theta, (size_t)d * sizeof(double)), a};
    double slope, error;
    const int32_t status =
        moei_derivative(phi, &line, theta[a], reach * it->length[a], noise, 0.01 * tolerance, &slope, &error);
    if (status || isinf(error) || fabs(g - slope) <= tolerance + 10 * error)
        return status;
    return moei_fail(
        it->context, MOE_ERROR_CHECK,
        "pullback gives g[%lld,%lld] = %.17g, but differences of values give %.17g (expert %lld, "
        "parameter %lld)",
        (long long)i, (long long)a, g, slope, (long long)i, (long long)a);
}

/* The noise is measured everywhere first: where f is flat, its rounding does not show. */
static int32_t check_slopes(moei_inspection *it)
{
    moei_desk desk;
    const int64_t d = it->expert->d, size = it->count * d;
    double noise = 2 * DBL_EPSILON * (double)(it->n * it->expert->K); /* phi has n K terms of size 1 */
    int32_t status = moei_desk_begin(it, it->n, it->x, 1, NULL, &desk);
    for (int64_t ia = 0; !status && ia < size; ia++)
        status = measure_noise(it, &desk, ia / d, ia % d, &noise);
    for (int64_t ia = 0; !status && ia < size; ia++)
        status = check_slope(it, &desk, ia / d, ia % d, noise);
    return moei_desk_end(&desk, status);
}

int32_t moei_inspect_pullback(moei_inspection *it)
{
    int32_t status = read_pullback(it);
    if (!status)
        status = check_pullback_by_expert(it);
    if (!status)
        status = check_pullback_by_input(it);
    return status ? status : check_slopes(it);
}
