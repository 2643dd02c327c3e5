/* inspect_values.c - values: several experts in one call against each alone, several inputs against each
 * alone; and the size of the outputs, which every later tolerance follows.
 *
 * SPDX-License-Identifier: MIT */
#include "expert/inspect.h"

#include <math.h>
#include <string.h>

static void grow_scale(moei_inspection *it, int64_t rows, const double *f)
{
    const int64_t K = it->expert->K;
    for (int64_t i = 0; i < rows * K; i++)
        if (isfinite(f[i]))
            it->scale[i % K] = fmax(it->scale[i % K], fabs(f[i]));
}

/* f <- values of all experts in one call; scale <- their size, there and at the moved points. */
static int32_t read_values(moei_inspection *it)
{
    moei_desk desk;
    int32_t status = moei_desk_begin(it, it->n, it->x, it->count, NULL, &desk);
    if (!status)
        status = moei_desk_ask(it, &desk, MOEI_VALUES, it->count, it->theta, NULL);
    if (status)
        return moei_desk_end(&desk, status);
    memcpy(it->f, desk.scratch.out, (size_t)(it->count * it->n * it->expert->K) * sizeof(double));
    grow_scale(it, it->count * it->n, it->f);
    bool defined;
    status = moei_desk_try(it, &desk, it->count, it->moved, &defined);
    if (!status && defined)
        grow_scale(it, it->count * it->n, desk.scratch.out);
    return moei_desk_end(&desk, status);
}

/* f[i,j,k] in the large call against `value` in a smaller one */
static int32_t compare_value(const moei_inspection *it, int64_t i, int64_t j, int64_t k, double value,
                             const char *alone)
{
    const double all = it->f[(i * it->n + j) * it->expert->K + k];
    if (fabs(all - value) <= moei_inspect_tolerance(it, k))
        return MOE_OK;
    return moei_fail(
        it->context, MOE_ERROR_CHECK,
        "values gives f[%lld,%lld,%lld] = %.17g in a call of %lld experts and %lld inputs, but %.17g for "
        "%s alone",
        (long long)i, (long long)j, (long long)k, all, (long long)it->count, (long long)it->n, value, alone);
}

static int32_t check_values_by_expert(moei_inspection *it)
{
    moei_desk desk;
    const int64_t K = it->expert->K;
    int32_t status = moei_desk_begin(it, it->n, it->x, 1, NULL, &desk);
    for (int64_t i = 0; !status && i < it->count; i++) {
        status = moei_desk_ask(it, &desk, MOEI_VALUES, 1, it->theta + i * it->expert->d, NULL);
        for (int64_t jk = 0; !status && jk < it->n * K; jk++)
            status = compare_value(it, i, jk / K, jk % K, desk.scratch.out[jk], "the expert");
    }
    return moei_desk_end(&desk, status);
}

static int32_t check_values_by_input(moei_inspection *it)
{
    const int64_t K = it->expert->K;
    int32_t status = MOE_OK;
    for (int64_t j = 0; !status && j < it->n; j++) {
        moei_desk desk;
        status = moei_desk_begin(it, 1, it->x + j * it->expert->p, it->count, NULL, &desk);
        if (!status)
            status = moei_desk_ask(it, &desk, MOEI_VALUES, it->count, it->theta, NULL);
        for (int64_t ik = 0; !status && ik < it->count * K; ik++)
            status = compare_value(it, ik / K, j, ik % K, desk.scratch.out[ik], "the input");
        status = moei_desk_end(&desk, status);
    }
    return status;
}

int32_t moei_inspect_values(moei_inspection *it)
{
    int32_t status = read_values(it);
    if (!status)
        status = check_values_by_expert(it);
    return status ? status : check_values_by_input(it);
}
