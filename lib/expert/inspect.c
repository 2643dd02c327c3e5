/* inspect.c - tolerances and guarded calls for the parts of moe_expert_check.
 *
 * Tolerances follow the size of what is compared, so that outputs of any scale are held to the same
 * standard; only numbers below 1e-14 are taken for rounding of zero.
 *
 * SPDX-License-Identifier: MIT */
#include "expert/inspect.h"

#include <math.h>

/* ---- sizes and tolerances --------------------------------------------------------------------- */

double moei_inspect_unit(const moei_inspection *it, int64_t k)
{
    return fmax(it->scale[k], 1e-2);
}

double moei_inspect_tolerance(const moei_inspection *it, int64_t k)
{
    return 1e-8 * it->scale[k] + 1e-12 * moei_inspect_unit(it, k);
}

double moei_inspect_slope(const moei_inspection *it, int64_t a)
{
    double largest = 0;
    for (int64_t i = 0; i < it->count; i++)
        largest = fmax(largest, fabs(it->g[i * it->expert->d + a]));
    return largest;
}

double moei_inspect_slope_unit(const moei_inspection *it, int64_t a)
{
    return (double)(it->n * it->expert->K) / it->length[a];
}

/* ---- calls ------------------------------------------------------------------------------------ */

int32_t moei_desk_begin(const moei_inspection *it, int64_t n, const double *x, int64_t count, const double *r,
                        moei_desk *desk)
{
    *desk = (moei_desk){.open = false};
    const int32_t status = moei_session_open(it->context, it->expert, n, x, count, r, &desk->session);
    if (status)
        return status;
    desk->open = true;
    return moei_scratch_new(&desk->session, &desk->scratch);
}

int32_t moei_desk_end(moei_desk *desk, int32_t status)
{
    if (desk->open) {
        moei_scratch_free(&desk->session, &desk->scratch);
        moei_session_close(&desk->session);
    }
    return status;
}

int32_t moei_desk_ask(const moei_inspection *it, const moei_desk *desk, moei_function function, int64_t count,
                      const double *theta, const double *input)
{
    const int32_t status =
        moei_guarded_report(it->context, function,
                            moei_guarded_call(&desk->session, &desk->scratch, function, count, theta, input));
    const int64_t size = moei_output_size(&desk->session, function, count);
    for (int64_t k = 0; !status && k < size; k++)
        if (!isfinite(desk->scratch.out[k]))
            return moei_fail(it->context, MOE_ERROR_CHECK,
                             "%s does not write entry %lld of %s, or writes %g there, in a call of %lld "
                             "experts and %lld inputs",
                             moei_function_name(function), (long long)k, moei_function_output(function),
                             desk->scratch.out[k], (long long)count, (long long)desk->session.binding.n);
    return status;
}

int32_t moei_desk_try(const moei_inspection *it, const moei_desk *desk, int64_t count, const double *theta,
                      bool *defined)
{
    const moei_outcome outcome =
        moei_guarded_call(&desk->session, &desk->scratch, MOEI_VALUES, count, theta, NULL);
    *defined = !outcome.value;
    if (!outcome.overrun && outcome.value > 0)
        return MOE_OK;
    return moei_guarded_report(it->context, MOEI_VALUES, outcome);
}
