/* field.c - the predictions of a flow in time: what drives the limit's tracers.
 *
 * Within a step F(mu_t, x_j) is the polynomial through its values at the Chebyshev-Lobatto times
 *   t_q = t + h (1 - cos(pi q / degree)) / 2,   q = 0 ... degree,
 * evaluated by the second barycentric formula, whose weights there are (-1)^q, halved at both ends
 * (Berrut & Trefethen, SIAM Review 46 (2004), eq. 5.4). The degree is the method's field_degree: no less than
 * the order of dense output of pairs and RKC, so that the field is as accurate as the points were; Adams'
 * order may be higher, and what that costs its tracers is measured (docs/NUMERICS.md, fields and tracers).
 *
 * SPDX-License-Identifier: MIT */
#include "flow/flow.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* ---- life ------------------------------------------------------------------------------------- */

moe_field *moei_field_retain(const moe_field *field)
{
    moei_hold(&field->references);
    return (moe_field *)(uintptr_t)field;
}

MOE_PUBLIC void moe_field_destroy(moe_field *field)
{
    if (!field || !moei_let_go(&field->references))
        return;
    moei_core *core = field->core;
    moe_model_destroy(field->model);
    moei_free(core, field->times);
    moei_free(core, field->values);
    moei_free(core, field);
    moei_core_release(core);
}

int32_t moei_field_create(moe_context *context, moe_model *model, int degree, double begin, moe_field **out)
{
    assert(degree <= MOEI_FIELD_DEGREE);
    moe_field *field = MOEI_NEW(context->core, 1, moe_field);
    if (!field)
        return moei_out_of_memory(context, "a field");
    field->core = moei_core_retain(context->core);
    atomic_init(&field->references, 1);
    field->model = moei_model_retain(model);
    field->width = moei_model_width(model);
    field->degree = degree;
    field->times = MOEI_NEW(field->core, 1, double);
    if (!field->times) {
        moe_field_destroy(field);
        return moei_out_of_memory(context, "a field");
    }
    field->times[0] = begin;
    *out = field;
    return MOE_OK;
}

/* ---- recording -------------------------------------------------------------------------------- */

static int64_t step_width(const moe_field *field)
{
    return (field->degree + 1) * field->width;
}

/* times and values moved into blocks of `capacity` steps; unchanged if memory is out */
static int32_t resize(moe_context *context, moe_field *field, int64_t capacity)
{
    double *times = MOEI_NEW(field->core, capacity + 1, double);
    double *values = MOEI_NEW(field->core, moei_mul(capacity, step_width(field)), double);
    if (!times || !values) {
        moei_free(field->core, times);
        moei_free(field->core, values);
        return moei_out_of_memory(context, "a recorded field");
    }
    memcpy(times, field->times, (size_t)(field->steps + 1) * sizeof *times);
    if (field->steps)
        memcpy(values, field->values, (size_t)(field->steps * step_width(field)) * sizeof *values);
    moei_free(field->core, field->times);
    moei_free(field->core, field->values);
    field->times = times;
    field->values = values;
    field->capacity = capacity;
    return MOE_OK;
}

int32_t moei_field_reserve(moe_context *context, moe_field *field, double **values)
{
    if (field->steps == field->capacity) {
        const int32_t status = resize(context, field, field->capacity ? 2 * field->capacity : 32);
        if (status)
            return status;
    }
    *values = field->values + field->steps * step_width(field);
    return MOE_OK;
}

void moei_field_append(moe_field *field, double end)
{
    field->times[++field->steps] = end;
}

MOE_PUBLIC int32_t moe_flow_field(moe_flow *flow, moe_field **out)
{
    if (out)
        *out = NULL;
    int32_t status = moei_need_flow(flow, out, "field");
    if (status)
        return status;
    const moe_field *record = flow->record;
    if (!record || !record->steps)
        return moei_fail(flow->context, MOE_ERROR_ORDER, "the flow has %s",
                         record ? "taken no step yet" : "recorded no field: call moe_flow_record first");
    moe_field *field = NULL;
    status = moei_field_create(flow->context, record->model, record->degree, record->times[0], &field);
    if (!status)
        status = resize(flow->context, field, record->steps);
    if (status) {
        moe_field_destroy(field);
        return status;
    }
    field->steps = record->steps;
    memcpy(field->times, record->times, (size_t)(record->steps + 1) * sizeof *field->times);
    memcpy(field->values, record->values,
           (size_t)(record->steps * step_width(record)) * sizeof *field->values);
    *out = field;
    return MOE_OK;
}

/* ---- reading ---------------------------------------------------------------------------------- */

double moei_field_node(const moe_field *field, int q)
{
    /* (1 - cos 2a) / 2 = sin^2 a, exact at both ends */
    const double s = sin(MOEI_PI / 2 * q / field->degree);
    return q == field->degree ? 1 : s * s;
}

/* the step that contains `time`: times[step] <= time <= times[step + 1] */
static int64_t find_step(const moe_field *field, double time)
{
    int64_t low = 0, high = field->steps;
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        if (field->times[middle] <= time)
            low = middle;
        else
            high = middle;
    }
    return low;
}

void moei_field_at(const moe_field *field, double time, double *f)
{
    const int64_t step = find_step(field, time), width = field->width;
    const double begin = field->times[step], u = (time - begin) / (field->times[step + 1] - begin);
    const double *values = field->values + step * step_width(field);
    double weight[MOEI_FIELD_DEGREE + 1], total = 0;
    for (int q = 0; q <= field->degree; q++) {
        const double gap = u - moei_field_node(field, q);
        if (gap == 0) {
            memcpy(f, values + q * width, (size_t)width * sizeof *f);
            return;
        }
        weight[q] = (q % 2 ? -1.0 : 1.0) / gap;
        if (q == 0 || q == field->degree)
            weight[q] /= 2;
        total += weight[q];
    }
    memset(f, 0, (size_t)width * sizeof *f);
    for (int q = 0; q <= field->degree; q++)
        for (int64_t j = 0; j < width; j++)
            f[j] += weight[q] / total * values[q * width + j];
}

MOE_PUBLIC double moe_field_begin(const moe_field *field)
{
    return field ? field->times[0] : (double)NAN;
}

MOE_PUBLIC double moe_field_end(const moe_field *field)
{
    return field ? field->times[field->steps] : (double)NAN;
}

MOE_PUBLIC int32_t moe_field_predictions(moe_context *context, const moe_field *field, double time, double *f)
{
    if (!context)
        return MOE_ERROR_NULL;
    int32_t status;
    if ((status = moei_need(context, field, "field")) || (status = moei_need(context, f, "f")))
        return status;
    if (!(time >= moe_field_begin(field) && time <= moe_field_end(field)))
        return moei_fail(context, MOE_ERROR_TIME, "time is %.17g; the field goes from %.17g to %.17g", time,
                         moe_field_begin(field), moe_field_end(field));
    moei_field_at(field, time, f);
    return MOE_OK;
}
