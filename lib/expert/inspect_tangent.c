/* inspect_tangent.c - the expert's own tangent, in one call of all experts with two directions each, against
 * central differences of its values and pullback (tangent.c).
 *
 * SPDX-License-Identifier: MIT */
#include "base/random.h"
#include "expert/inspect.h"
#include "expert/tangent.h"

#include <math.h>

enum { DIRECTIONS = 2 };

/* What is compared; each block has one number more, that is not to be written. */
typedef struct tangent_check {
    double *direction, *df, *h, *expected_df, *expected_h;
    unsigned char *work;
} tangent_check;

/* Directions that move each coordinate by about its length. */
static void choose_directions(const moei_inspection *it, double *direction)
{
    const int64_t d = it->expert->d;
    for (int64_t i = 0; i < it->count * DIRECTIONS * d; i++)
        direction[i] =
            it->length[i % d] *
            (2 * moei_random_uniform(0, MOEI_STREAM_DIRECTIONS, (uint64_t)(i / d), (uint32_t)(i % d)) - 1);
}

/* `size` numbers and a guard behind them, all NaN */
static void poison(int64_t size, double *numbers)
{
    for (int64_t i = 0; i <= size; i++)
        numbers[i] = (double)NAN;
}

static int32_t compare(const moei_inspection *it, const char *name, int64_t size, const double *given,
                       const double *expected, double scale)
{
    for (int64_t i = 0; i < size; i++) {
        if (fabs(given[i] - expected[i]) <= 1e-6 * scale)
            continue;
        return moei_fail(it->context, MOE_ERROR_CHECK,
                         "tangent gives %.17g as entry %lld of %s, but differences give %.17g", given[i],
                         (long long)i, name, expected[i]);
    }
    if (!isnan(given[size]))
        return moei_fail(it->context, MOE_ERROR_CHECK, "tangent writes past the end of %s", name);
    return MOE_OK;
}

static double largest(int64_t size, const double *numbers, double least)
{
    for (int64_t i = 0; i < size; i++)
        least = fmax(least, fabs(numbers[i]));
    return least;
}

static int32_t compare_all(const moei_inspection *it, const moei_session *session, const tangent_check *own)
{
    const moe_expert *expert = it->expert;
    const int64_t d = expert->d, nK = it->n * expert->K, rows = it->count * DIRECTIONS;
    double unit = 0;
    choose_directions(it, own->direction);
    poison(rows * nK, own->df);
    poison(rows * d, own->h);
    const int32_t value =
        expert->ops.tangent(expert->self, session->binding.bound, session->stage, it->n, it->x, it->count,
                            DIRECTIONS, it->theta, own->direction, it->r, own->df, own->h, own->work);
    if (value)
        return moei_callback_failed(it->context, "the expert's tangent", value);
    int32_t status = MOE_OK;
    for (int64_t row = 0; row < rows && !status; row++)
        status = moei_tangent_by_differences(session, own->work, it->theta + row / DIRECTIONS * d,
                                             own->direction + row * d, own->expected_df + row * nK,
                                             own->expected_h + row * d);
    for (int64_t k = 0; k < expert->K; k++)
        unit = fmax(unit, moei_inspect_unit(it, k));
    if (!status)
        status = compare(it, "df", rows * nK, own->df, own->expected_df,
                         largest(rows * nK, own->expected_df, unit));
    unit = 0;
    for (int64_t a = 0; a < d; a++)
        unit = fmax(unit, 1e-2 * moei_inspect_slope_unit(it, a));
    return status ? status
                  : compare(it, "h", rows * d, own->h, own->expected_h,
                            largest(rows * d, own->expected_h, unit));
}

int32_t moei_inspect_tangent(moei_inspection *it)
{
    const moe_expert *expert = it->expert;
    moei_core *core = it->context->core;
    const int64_t rows = moei_mul(it->count, DIRECTIONS), d = moei_mul(rows, expert->d),
                  nK = moei_mul(rows, it->n * expert->K);
    if (!expert->ops.tangent)
        return MOE_OK;
    if (d < 0 || nK < 0)
        return moei_out_of_memory(it->context, "the check of an expert's tangent");
    moei_session session;
    int64_t bytes = 0;
    const int64_t most = it->count > MOEI_TANGENT_POINTS ? it->count : MOEI_TANGENT_POINTS;
    int32_t status = moei_session_open(it->context, expert, it->n, it->x, most, it->r, &session);
    if (status)
        return status;
    status = moei_binding_workspace(it->context, &session.binding, most, &bytes);
    tangent_check own = {MOEI_NEW(core, d, double),     MOEI_NEW(core, nK + 1, double),
                         MOEI_NEW(core, d + 1, double), MOEI_NEW(core, nK, double),
                         MOEI_NEW(core, d, double),     moei_alloc(core, bytes, 1)};
    if (!status && !(own.direction && own.df && own.h && own.expected_df && own.expected_h && own.work))
        status = moei_out_of_memory(it->context, "the check of an expert's tangent");
    if (!status)
        status = compare_all(it, &session, &own);
    void *const blocks[] = {own.direction, own.df, own.h, own.expected_df, own.expected_h, own.work};
    for (int i = 0; i < 6; i++)
        moei_free(core, blocks[i]);
    moei_session_close(&session);
    return status;
}
