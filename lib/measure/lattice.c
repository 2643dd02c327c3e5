/* lattice.c - randomly shifted rank-1 lattices, taken to the law by its inverse distribution functions.
 *
 *   u_i = {i z / n + shift},  theta_i = Q(u_i),  weight 1 / n
 *
 * The shift makes every integral unbiased, and independent shifts give a standard error. A function that is
 * smooth and periodic in u is what lattices are good at: uniform, von Mises and wrapped normal laws on
 * circles are taken as they are. On other coordinates the integrand is not periodic in u, and the tent
 * u -> 1 - |2 u - 1| makes it continuous (the baker's transform; Hickernell, "Obtaining O(N^{-2+eps})
 * convergence for lattice quadrature rules", 2002); it keeps the uniform law. Fixed coordinates take no part.
 * A block of samples takes one component.
 *
 * The shift's numbers have counters that no draw of moe_measure_random reaches: a limit and the experts that
 * are compared with it may have the same seed.
 *
 * SPDX-License-Identifier: MIT */
#include "base/random.h"

#include "measure/korobov.h"
#include "measure/law.h"

#include <math.h>

/* The weight of coordinates that nothing is known of: of 0.1, 0.3 and 1 the one that did best on circuits. */
static const double plain_weight = 0.3;

/* How many points a lattice may have: k z must fit 64 bits, and {k z / n} + shift be exact to 2^-53. */
static const int64_t most_points = INT64_C(1) << 30;

static bool has_component(const moei_law_coordinate *at, int64_t k)
{
    return at->kind != MOEI_LAW_FIXED && at->first == k;
}

static bool periodic(const moei_law_coordinate *at)
{
    return at->kind == MOEI_LAW_CIRCLE || (at->table && at->kind != MOEI_LAW_SAMPLES);
}

/* weight[s], s < the number of components; all alike without gamma. Returns that number. */
static int64_t component_weights(const moe_law *law, const double *gamma, double *weight)
{
    int64_t components = 0;
    for (int64_t k = 0; k < law->d; k++)
        if (has_component(&law->coordinate[k], k))
            weight[components++] = gamma ? gamma[k] : plain_weight;
    return components;
}

/* point i of the component with generator z: {i z / n + shift} */
static double lattice_number(int64_t i, int64_t z, int64_t n, double shift)
{
    const double u = (double)(i * z % n) / (double)n + shift;
    return u < 1 ? u : u - 1;
}

static int32_t fill(moe_context *context, const moe_law *law, const int64_t *z, uint64_t seed,
                    uint32_t stream, moe_measure *measure)
{
    const int64_t n = measure->count, d = law->d;
    int32_t status = MOE_OK;
    for (int64_t k = 0, s = 0; !status && k < d; k++) {
        const moei_law_coordinate *at = &law->coordinate[k];
        const bool own = has_component(at, k);
        const int64_t component = at->kind == MOEI_LAW_FIXED ? 0 : own ? z[s++] : z[s - 1];
        const double shift = moei_random_uniform(seed, stream, UINT64_MAX, (uint32_t)at->first);
        for (int64_t i = 0; !status && i < n; i++) {
            const double u = lattice_number(i, component, n, shift);
            const double tent = periodic(at) ? u : 1 - fabs(2 * u - 1);
            status = moei_law_quantile(context, law, k, fmin(tent, 1 - 0x1p-53), &measure->points[i * d + k]);
        }
    }
    for (int64_t i = 0; i < n; i++)
        measure->weights[i] = 1 / (double)n;
    return status;
}

static int32_t need_lattice(moe_context *context, const moe_law *law, int64_t count, const double *gamma,
                            int64_t stream)
{
    if (count < 1 || count > most_points || (count & (count - 1)))
        return moei_fail(context, MOE_ERROR_SIZE, "count is %lld; a lattice takes a power of two up to 2^30",
                         (long long)count);
    const int32_t status = moei_need_counters(context, law, stream);
    if (status)
        return status;
    for (int64_t k = 0; gamma && k < law->d; k++)
        if (!(gamma[k] >= 0 && isfinite(gamma[k])))
            return moei_fail(context, isfinite(gamma[k]) ? MOE_ERROR_WEIGHTS : MOE_ERROR_NOT_FINITE,
                             "gamma[%lld] is %g; it must be at least 0", (long long)k, gamma[k]);
    return moei_need_law(context, law);
}

MOE_PUBLIC int32_t moe_measure_lattice(moe_context *context, const moe_law *law, int64_t count,
                                       const double *gamma, uint64_t seed, int64_t stream,
                                       moe_measure **measure)
{
    int32_t status;
    moe_measure *fresh = NULL;
    if (measure)
        *measure = NULL;
    if ((status = moei_need(context, context, "context")) || (status = moei_need(context, law, "law")) ||
        (status = moei_need(context, measure, "measure")) ||
        (status = need_lattice(context, law, count, gamma, stream)) ||
        (status = moei_measure_new(context, law->d, law->period, count, &fresh)))
        return status;
    double *weight = MOEI_NEW(context->core, law->d, double);
    int64_t *z = MOEI_NEW(context->core, law->d, int64_t);
    if (weight && z) {
        const int64_t components = component_weights(law, gamma, weight);
        status = moei_korobov_vector(context, count, components, weight, z);
    } else
        status = moei_out_of_memory(context, "a generating vector");
    if (!status)
        status = fill(context, law, z, seed, (uint32_t)stream, fresh);
    moei_free(context->core, z);
    moei_free(context->core, weight);
    if (status) {
        moe_measure_destroy(fresh);
        return status;
    }
    *measure = fresh;
    return MOE_OK;
}
