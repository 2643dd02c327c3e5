/* inspect_purity.c - MOE_EXPERT_PURE: the same call again gives the same bits.
 *
 * SPDX-License-Identifier: MIT */
#include "expert/inspect.h"

#include <string.h>

static int32_t compare_bits(const moei_inspection *it, const moei_desk *desk, moei_function function,
                            const double *before)
{
    const int64_t size = moei_output_size(&desk->session, function, it->count);
    for (int64_t k = 0; k < size; k++)
        if (memcmp(&before[k], &desk->scratch.out[k], sizeof(double)))
            return moei_fail(it->context, MOE_ERROR_CHECK,
                             "%s is not pure: entry %lld of %s is %.17g in one call and %.17g in the next",
                             moei_function_name(function), (long long)k, moei_function_output(function),
                             before[k], desk->scratch.out[k]);
    return MOE_OK;
}

/* moments into m, and again against m */
static int32_t check_moments_again(const moei_inspection *it, const moei_desk *desk)
{
    const size_t bytes = (size_t)desk->session.binding.moment_count * sizeof(double);
    double *m = MOEI_NEW(it->context->core, desk->session.binding.moment_count, double);
    if (!m)
        return moei_out_of_memory(it->context, "the expert's moments");
    memset(desk->scratch.out, 0, bytes);
    int32_t status = moei_desk_ask(it, desk, MOEI_MOMENTS, it->count, it->theta, it->w);
    memcpy(m, desk->scratch.out, bytes);
    memset(desk->scratch.out, 0, bytes);
    if (!status)
        status = moei_desk_ask(it, desk, MOEI_MOMENTS, it->count, it->theta, it->w);
    if (!status)
        status = compare_bits(it, desk, MOEI_MOMENTS, m);
    moei_free(it->context->core, m);
    return status;
}

/* Twice: what changes at the first repetition only (a cache) shows as well as what always changes. */
int32_t moei_inspect_purity(moei_inspection *it)
{
    moei_desk desk;
    if (!(it->expert->ops.flags & MOE_EXPERT_PURE))
        return MOE_OK;
    int32_t status = moei_desk_begin(it, it->n, it->x, it->count, it->r, &desk);
    for (int turn = 0; !status && turn < 2; turn++) {
        status = moei_desk_ask(it, &desk, MOEI_VALUES, it->count, it->theta, NULL);
        if (!status)
            status = compare_bits(it, &desk, MOEI_VALUES, it->f);
        if (!status)
            status = moei_desk_ask(it, &desk, MOEI_PULLBACK, it->count, it->theta, NULL);
        if (!status)
            status = compare_bits(it, &desk, MOEI_PULLBACK, it->g);
    }
    if (!status && it->expert->ops.moments)
        status = check_moments_again(it, &desk);
    return moei_desk_end(&desk, status);
}
