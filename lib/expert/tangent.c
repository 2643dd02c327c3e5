/* tangent.c - Jacobian and Hessian products along directions: the expert's `tangent`, or central differences.
 *
 * F(t) is the values or the pullback at theta + t direction; formula and step are in tangent.h.
 *
 * SPDX-License-Identifier: MIT */
#include "expert/tangent.h"

#include <math.h>
#include <string.h>

/* ---- differences ------------------------------------------------------------------------------ */

const double moei_tangent_places[MOEI_TANGENT_POINTS] = {1, -1, 2, -2};

double moei_tangent_step(double pace)
{
    int exponent; /* pace in [1/2, 1) 2^exponent */
    const double part = frexp(pace, &exponent);
    return ldexp(1, (part > 0.5 ? -10 : -9) - exponent);
}

/* The step, 0 if the direction is. */
static double step_of(const moe_expert *expert, const double *theta, const double *direction)
{
    double pace = 0;
    for (int64_t a = 0; a < expert->d; a++)
        pace = fmax(pace, fabs(direction[a]) / moei_coordinate_unit(expert->period[a], theta[a]));
    return pace > 0 ? moei_tangent_step(pace) : 0;
}

/* out[k] = F'_k(0) from F at the four places, each `size` numbers */
static void combine(int64_t size, double s, const double *F, double *out)
{
    for (int64_t k = 0; k < size; k++)
        out[k] = s > 0 ? moei_tangent_difference(F + k, size, s) : 0;
}

int32_t moei_tangent_by_differences(const moei_session *session, void *work, const double *theta,
                                    const double *direction, double *df, double *h)
{
    const moei_binding *at = &session->binding;
    const moe_expert *expert = at->expert;
    moei_core *core = session->context->core;
    const int64_t d = expert->d, nK = at->n * expert->K, largest = d > nK ? d : nK;
    const double s = step_of(expert, theta, direction);
    double *points = MOEI_NEW(core, moei_mul(MOEI_TANGENT_POINTS, d), double);
    double *F = MOEI_NEW(core, moei_mul(MOEI_TANGENT_POINTS, largest), double);
    const char *what = NULL;
    int32_t value = 0;
    for (int64_t i = 0; points && F && i < MOEI_TANGENT_POINTS * d; i++)
        points[i] = theta[i % d] + moei_tangent_places[i / d] * s * direction[i % d];
    if (points && F && df) {
        what = "the expert's values";
        value =
            expert->ops.values(expert->self, at->bound, at->n, at->x, MOEI_TANGENT_POINTS, points, F, work);
        combine(nK, s, F, df);
    }
    if (points && F && h && !value) {
        what = "the expert's pullback";
        value = expert->ops.pullback(expert->self, at->bound, session->stage, at->n, at->x,
                                     MOEI_TANGENT_POINTS, points, session->r, F, work);
        combine(d, s, F, h);
    }
    const bool complete = points && F;
    moei_free(core, points);
    moei_free(core, F);
    if (!complete)
        return moei_out_of_memory(session->context, "differences along a direction");
    return value ? moei_callback_failed(session->context, what, value) : MOE_OK;
}

/* ---- the public call -------------------------------------------------------------------------- */

/* The arguments of one public call. */
typedef struct tangent_call {
    const double *theta, *direction, *r;
    int64_t count, m;
    double *df, *h;
} tangent_call;

/* All experts by the expert's own function. */
static int32_t exactly(const moei_session *session, void *work, const tangent_call *call)
{
    const moei_binding *at = &session->binding;
    const moe_expert *expert = at->expert;
    const int64_t d = expert->d, m = call->m, nK = at->n * expert->K;
    for (int64_t i = 0; i < call->count; i += MOEI_BATCH) {
        const int64_t some = call->count - i < MOEI_BATCH ? call->count - i : MOEI_BATCH;
        const int32_t value = expert->ops.tangent(expert->self, at->bound, session->stage, at->n, at->x, some,
                                                  m, call->theta + i * d, call->direction + i * m * d,
                                                  call->r, call->df ? call->df + i * m * nK : NULL,
                                                  call->h ? call->h + i * m * d : NULL, work);
        if (value)
            return moei_callback_failed(session->context, "the expert's tangent", value);
    }
    return MOE_OK;
}

static int32_t by_differences(const moei_session *session, void *work, const tangent_call *call)
{
    const int64_t d = session->binding.expert->d, nK = session->binding.n * session->binding.expert->K;
    int32_t status = MOE_OK;
    for (int64_t il = 0; il < call->count * call->m && !status; il++)
        status = moei_tangent_by_differences(session, work, call->theta + il / call->m * d,
                                             call->direction + il * d, call->df ? call->df + il * nK : NULL,
                                             call->h ? call->h + il * d : NULL);
    return status;
}

static int32_t run(moe_context *context, const moe_expert *expert, int64_t n, const double *x,
                   const tangent_call *call)
{
    moei_session session;
    int64_t bytes = 0;
    void *work = NULL;
    int32_t status = moei_session_open(context, expert, n, x, MOEI_BATCH, call->h ? call->r : NULL, &session);
    if (status)
        return status;
    status = moei_binding_workspace(context, &session.binding, MOEI_BATCH, &bytes);
    if (!status && bytes > 0 && !(work = moei_alloc(context->core, bytes, 1)))
        status = moei_out_of_memory(context, "the expert's scratch");
    if (!status)
        status = expert->ops.tangent ? exactly(&session, work, call) : by_differences(&session, work, call);
    moei_free(context->core, work);
    moei_session_close(&session);
    return moei_public_status(status);
}

/* count x m x n x K and count x m x d must fit, directions and residuals be finite. */
static int32_t check_call(moe_context *context, const moe_expert *expert, int64_t n, const tangent_call *call)
{
    int32_t status;
    if ((status = moei_need_size(context, call->m, "m")) ||
        (status = moei_need(context, call->direction, "direction")) ||
        (status = moei_need_shape(context, "count x m x n x K", 4,
                                  (const int64_t[]){call->count, call->m, n, expert->K})) ||
        (status = moei_need_shape(context, "count x m x d", 3,
                                  (const int64_t[]){call->count, call->m, expert->d})) ||
        (status = moei_need_finite(context, call->count * call->m * expert->d, call->direction, "direction")))
        return status;
    if (!call->h)
        return moei_need(context, call->df, "df and h: one of them");
    status = moei_need(context, call->r, "r");
    return status ? status : moei_need_finite(context, n * expert->K, call->r, "r");
}

MOE_PUBLIC int32_t moe_expert_tangent(moe_context *context, const moe_expert *expert, int64_t n,
                                      const double *x, int64_t count, const double *theta, int64_t m,
                                      const double *direction, const double *r, double *df, double *h,
                                      int32_t *exact)
{
    const tangent_call call = {theta, direction, r, count, m, df, h};
    int32_t status = moei_need_call(context, expert, n, x, count, theta);
    if (!status)
        status = check_call(context, expert, n, &call);
    if (status)
        return status;
    if (exact)
        *exact = expert->ops.tangent != NULL;
    return run(context, expert, n, x, &call);
}
