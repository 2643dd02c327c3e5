/* state.c - a solved limit as bytes: all of the result, so that nothing of a costly limit is computed again.
 *
 * In order: predictions, errors, tolerance in time, evaluations, sizes; the rule's nodes and weights and
 * their places at each time; the field's steps, 0 of them if none is recorded. What is read is checked as far
 * as memory and divisions depend on it: the checksum is the caller's.
 *
 * SPDX-License-Identifier: MIT */
#include "limit/state.h"

#include "flow/field_state.h"
#include "measure/measure.h"

/* ---- writing ---------------------------------------------------------------------------------- */

void moei_limit_write(const moe_limit *limit, moei_writer *out)
{
    const moe_measure *rule = limit->rule;
    moei_write_numbers(out, limit->times * limit->width, limit->run.prediction);
    moei_write_numbers(out, limit->times, limit->error);
    moei_write_number(out, limit->flow_tolerance);
    moei_write_number(out, limit->evaluations);
    moei_write_integer(out, limit->run.steps);
    moei_write_integers(out, limit->d, limit->sizes);
    moei_write_integer(out, rule->count);
    moei_write_numbers(out, rule->count * limit->d, rule->points);
    moei_write_numbers(out, rule->count, rule->weights);
    for (int64_t t = 0; t < limit->times; t++)
        moei_write_numbers(out, rule->count * limit->d, limit->run.image[t]->points);
    moei_field_write(limit->field, out);
}

/* ---- reading ---------------------------------------------------------------------------------- */

static int32_t not_a_limit(const moe_limit *limit, const char *what)
{
    return moei_fail(limit->context, MOE_ERROR_VALUE, "the bytes do not hold a limit: %s", what);
}

/* The rule, and with its weights an image for each time. */
static int32_t read_measures(moe_limit *limit, moei_reader *in)
{
    const int64_t count = moei_read_integer(in), d = limit->d, times = limit->times;
    if (count < 1 || !moei_has_numbers(in, moei_mul(count, moei_mul(d, times + 1) + 1)))
        return not_a_limit(limit, "too short for its rule's nodes");
    int32_t status = moei_measure_new(limit->context, d, limit->law->period, count, &limit->rule);
    if (status)
        return status;
    moei_read_numbers(in, count * d, limit->rule->points);
    moei_read_numbers(in, count, limit->rule->weights);
    status = moei_need_finite(limit->context, count * d, limit->rule->points, "a rule's node");
    if (!status)
        status = moei_need_weights(limit->context, count, limit->rule->weights, false, "a rule's weights");
    for (int64_t t = 0; t < times && !status; t++) {
        moe_measure **image = &limit->run.image[t];
        status = moei_measure_new(limit->context, d, limit->law->period, count, image);
        if (status)
            return status;
        moei_read_numbers(in, count * d, (*image)->points);
        status = moei_need_finite(limit->context, count * d, (*image)->points, "an image's node");
        for (int64_t i = 0; i < count; i++)
            (*image)->weights[i] = limit->rule->weights[i];
    }
    return status;
}

static int32_t read_field(moe_limit *limit, moei_reader *in)
{
    int32_t status = moei_field_read(limit->context, limit->model, in, &limit->field);
    if (!status && limit->field &&
        !(moe_field_begin(limit->field) == 0 && moe_field_end(limit->field) == limit->time[limit->times - 1]))
        status = not_a_limit(limit, "its field ends at another time");
    return status;
}

int32_t moei_limit_read(moe_limit *limit, moei_reader *in)
{
    const int64_t numbers = moei_mul(limit->times, limit->width);
    limit->error = MOEI_NEW(limit->core, limit->times, double);
    if (!limit->error)
        return moei_out_of_memory(limit->context, "a limit's result");
    int32_t status = moei_run_create(limit, true, &limit->run);
    if (status)
        return status;
    moei_read_numbers(in, numbers, limit->run.prediction);
    moei_read_numbers(in, limit->times, limit->error);
    limit->flow_tolerance = moei_read_number(in);
    limit->evaluations = moei_read_number(in);
    limit->run.steps = moei_read_integer(in);
    for (int64_t k = 0; k < limit->d; k++)
        limit->sizes[k] = moei_read_integer(in);
    status = moei_need_finite(limit->context, numbers, limit->run.prediction, "a prediction");
    if (!status && !(limit->flow_tolerance > 0 && limit->flow_tolerance <= 1))
        status = not_a_limit(limit, "its tolerance in time is none");
    if (!status)
        status = read_measures(limit, in);
    if (!status)
        status = read_field(limit, in);
    if (!status && in->short_of)
        status = not_a_limit(limit, "too short");
    limit->solved = !status;
    return status;
}
