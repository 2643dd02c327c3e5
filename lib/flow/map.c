/* map.c - the flow map of a field, and the density of mu_t: the doors of characteristics.c.
 *
 * A density carried along a characteristic x(t), L the logarithm of the map's determinant there, is
 *   rho_t(x(t)) = rho_0(x(0)) e^{-L},
 * so that rho_t at given points needs their characteristics backwards, where the same L comes with the other
 * sign, and rho_0.
 *
 * SPDX-License-Identifier: MIT */
#include "flow/characteristics.h"
#include "measure/law.h"

#include <math.h>

static int32_t need_time(const moei_map_call *call, double time, const char *name)
{
    const double begins = moe_field_begin(call->field), ends = moe_field_end(call->field);
    if (time >= begins && time <= ends)
        return MOE_OK;
    return moei_fail(call->context, MOE_ERROR_TIME, "%s is %.17g; the field goes from %.17g to %.17g", name,
                     time, begins, ends);
}

static int32_t check(const moei_map_call *call, const char *points)
{
    moe_context *context = call->context;
    const int64_t d = call->field->model->expert->d;
    int32_t status;
    if ((status = moei_need_size(context, call->count, "count")) ||
        (status = moei_need(context, call->theta, points)) ||
        (status = moei_need_shape(context, "count x d x d", 3, (const int64_t[]){call->count, d, d})) ||
        (status = moei_need_finite(context, call->count * d, call->theta, points)))
        return status;
    if (!(call->tolerance >= 1e-14 && call->tolerance <= 1))
        return moei_fail(context, MOE_ERROR_TOLERANCE, "tolerance is %g; it takes 1e-14 to 1",
                         call->tolerance);
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_field_map(moe_context *context, const moe_field *field, double from, double to,
                                 int64_t count, const double *theta, double tolerance, double *image,
                                 double *jacobian, double *log_determinant)
{
    if (!context)
        return MOE_ERROR_NULL;
    const moei_map_call call = {context, field, from,  to,       tolerance,
                                count,   theta, image, jacobian, log_determinant};
    int32_t status;
    if ((status = moei_need(context, field, "field")) || (status = moei_need(context, image, "image")) ||
        (status = need_time(&call, from, "from")) || (status = need_time(&call, to, "to")) ||
        (status = check(&call, "theta")))
        return status;
    return moei_characteristics(&call);
}

/* density[i], which holds the logarithm of what the way back does to it, becomes the density. */
static void finish(const moe_law *law, int64_t count, const double *start, double *density)
{
    for (int64_t i = 0; i < count; i++)
        density[i] = exp(moei_law_log_density(law, start + i * law->d) + density[i]);
}

MOE_PUBLIC int32_t moe_field_density(moe_context *context, const moe_field *field, const moe_law *law,
                                     double time, int64_t count, const double *points, double tolerance,
                                     double *density)
{
    if (!context)
        return MOE_ERROR_NULL;
    int32_t status;
    if ((status = moei_need(context, field, "field")) || (status = moei_need(context, law, "law")) ||
        (status = moei_need(context, density, "density")))
        return status;
    const moe_expert *expert = field->model->expert;
    moei_map_call call = {.context = context,
                          .field = field,
                          .from = time,
                          .to = moe_field_begin(field),
                          .tolerance = tolerance,
                          .count = count,
                          .theta = points,
                          .log_determinant = density};
    if ((status = moei_need_law_domain(context, law, expert->d, expert->period)) ||
        (status = moei_need_density(context, law)) || (status = need_time(&call, time, "time")) ||
        (status = check(&call, "points")))
        return status;
    call.image = MOEI_NEW(context->core, count * expert->d, double);
    status = call.image ? moei_characteristics(&call)
                        : moei_out_of_memory(context, "the starts of characteristics");
    if (!status)
        finish(law, count, call.image, density);
    moei_free(context->core, call.image);
    return status;
}
