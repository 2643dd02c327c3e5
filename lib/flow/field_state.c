/* field_state.c - a recorded field as bytes.
 *
 * SPDX-License-Identifier: MIT */
#include "flow/field_state.h"

void moei_field_write(const moe_field *field, moei_writer *out)
{
    moei_write_integer(out, field ? field->steps : 0);
    if (!field || !field->steps)
        return;
    moei_write_integer(out, field->degree);
    moei_write_numbers(out, field->steps + 1, field->times);
    moei_write_numbers(out, field->steps * (field->degree + 1) * field->width, field->values);
}

static int32_t no_field(moe_context *context, const char *what)
{
    return moei_fail(context, MOE_ERROR_VALUE, "the bytes do not hold a field: %s", what);
}

/* One step more: its end was read, its values are next. */
static int32_t read_step(moe_context *context, moei_reader *in, double end, moe_field *field)
{
    const int64_t width = (field->degree + 1) * field->width;
    double *values;
    const int32_t status = moei_field_reserve(context, field, &values);
    if (status)
        return status;
    moei_read_numbers(in, width, values);
    moei_field_append(field, end);
    return moei_need_finite(context, width, values, "a field's value");
}

static int32_t check_times(moe_context *context, int64_t steps, const double *time)
{
    int32_t status = moei_need_finite(context, steps + 1, time, "a field's time");
    for (int64_t i = 0; i < steps && !status; i++)
        if (!(time[i] < time[i + 1]))
            status = no_field(context, "its times do not rise");
    return status;
}

int32_t moei_field_read(moe_context *context, moe_model *model, moei_reader *in, moe_field **out)
{
    *out = NULL;
    const int64_t steps = moei_read_integer(in);
    if (in->short_of || steps == 0)
        return in->short_of ? no_field(context, "too short") : MOE_OK;
    const int64_t degree = moei_read_integer(in), most = MOEI_FIELD_DEGREE;
    const int64_t width = degree >= 1 && degree <= most ? moei_mul(degree + 1, moei_model_width(model)) : -1;
    if (steps < 0 || !moei_has_numbers(in, moei_mul(steps, width)) || !moei_has_numbers(in, steps + 1))
        return no_field(context, "its steps do not fit");
    double *time = MOEI_NEW(context->core, steps + 1, double);
    if (!time)
        return moei_out_of_memory(context, "a field's times");
    moei_read_numbers(in, steps + 1, time);
    int32_t status = check_times(context, steps, time);
    if (!status && !moei_has_numbers(in, steps * width))
        status = no_field(context, "too short for its values");
    if (!status)
        status = moei_field_create(context, model, (int)degree, time[0], out);
    for (int64_t i = 0; i < steps && !status; i++)
        status = read_step(context, in, time[i + 1], *out);
    moei_free(context->core, time);
    if (status) {
        moe_field_destroy(*out);
        *out = NULL;
    }
    return status;
}
