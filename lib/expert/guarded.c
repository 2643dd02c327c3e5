/* guarded.c - calls of an expert's functions between guard words.
 *
 * Layout of work and out:  what the function may write | GUARD words that it may not. Scratch and output
 * are filled with NaN before a call: a function that adds where it should write, leaves a number out, or
 * takes its scratch for zeroed gives a NaN.
 *
 * SPDX-License-Identifier: MIT */
#include "expert/guarded.h"

#include <math.h>
#include <string.h>

enum { GUARD = 64, GUARD_BYTES = GUARD * sizeof(double), GUARD_BYTE = 0xA5 };

static const struct {
    const char *name, *output, *full_name;
} functions[] = {{"values", "f", "the expert's values"},
                 {"pullback", "g", "the expert's pullback"},
                 {"moments", "m", "the expert's moments"},
                 {"predict", "F", "the expert's predict"}};

const char *moei_function_name(moei_function function)
{
    return functions[function].name;
}

const char *moei_function_output(moei_function function)
{
    return functions[function].output;
}

/* ---- sessions --------------------------------------------------------------------------------- */

int32_t moei_session_open(moe_context *context, const moe_expert *expert, int64_t n, const double *x,
                          int64_t count, const double *r, moei_session *session)
{
    *session = (moei_session){.context = context, .count = count, .r = r};
    const int32_t status = moei_bind(context, expert, n, x, &session->binding);
    if (status || !r || !expert->ops.prepare)
        return status;
    const int32_t value = expert->ops.prepare(expert->self, session->binding.bound, n, x, r, &session->stage);
    if (value) {
        moei_unbind(&session->binding);
        return moei_callback_failed(context, "the expert's prepare", value);
    }
    session->prepared = true;
    return MOE_OK;
}

void moei_session_close(moei_session *session)
{
    const moe_expert *expert = session->binding.expert;
    if (session->prepared && expert->ops.release)
        expert->ops.release(expert->self, session->binding.bound, session->stage);
    moei_unbind(&session->binding);
    session->prepared = false;
}

/* ---- scratch ---------------------------------------------------------------------------------- */

int64_t moei_output_size(const moei_session *session, moei_function function, int64_t count)
{
    const moei_binding *binding = &session->binding;
    switch (function) {
    case MOEI_VALUES:
        return count * binding->n * binding->expert->K;
    case MOEI_PULLBACK:
        return count * binding->expert->d;
    case MOEI_MOMENTS:
        return binding->moment_count;
    default:
        return binding->n * binding->expert->K;
    }
}

int32_t moei_scratch_new(const moei_session *session, moei_scratch *scratch)
{
    moei_core *core = session->context->core;
    int64_t largest = 0;
    *scratch = (moei_scratch){0};
    const int32_t status =
        moei_binding_workspace(session->context, &session->binding, session->count, &scratch->bytes);
    if (status)
        return status;
    for (moei_function function = MOEI_VALUES; function <= MOEI_PREDICT; function++) {
        const int64_t size = moei_output_size(session, function, session->count);
        largest = size > largest ? size : largest;
    }
    scratch->out = MOEI_NEW(core, largest + GUARD, double);
    if (scratch->bytes <= INT64_MAX - GUARD_BYTES)
        scratch->work = moei_alloc(core, scratch->bytes + GUARD_BYTES, 1);
    if (scratch->out && scratch->work)
        return MOE_OK;
    moei_scratch_free(session, scratch);
    return moei_out_of_memory(session->context, "the expert's scratch");
}

void moei_scratch_free(const moei_session *session, moei_scratch *scratch)
{
    moei_free(session->context->core, scratch->work);
    moei_free(session->context->core, scratch->out);
    *scratch = (moei_scratch){0};
}

/* ---- calls ------------------------------------------------------------------------------------ */

static int32_t call(const moei_session *session, moei_function function, int64_t count, const double *theta,
                    const double *input, double *out, void *work)
{
    const moei_binding *binding = &session->binding;
    const moe_expert_ops *ops = &binding->expert->ops;
    void *self = binding->expert->self, *bound = binding->bound;
    const int64_t n = binding->n;
    const double *x = binding->x;
    switch (function) {
    case MOEI_VALUES:
        return ops->values(self, bound, n, x, count, theta, out, work);
    case MOEI_PULLBACK:
        return ops->pullback(self, bound, session->stage, n, x, count, theta, session->r, out, work);
    case MOEI_MOMENTS:
        return ops->moments(self, bound, n, x, count, theta, input, out, work);
    default:
        return ops->predict(self, bound, n, x, input, out);
    }
}

static bool guard_intact(const void *guard)
{
    const unsigned char *bytes = guard;
    for (int i = 0; i < GUARD_BYTES; i++)
        if (bytes[i] != GUARD_BYTE)
            return false;
    return true;
}

moei_outcome moei_guarded_call(const moei_session *session, const moei_scratch *scratch,
                               moei_function function, int64_t count, const double *theta,
                               const double *input)
{
    const int64_t size = moei_output_size(session, function, count);
    if (function != MOEI_MOMENTS)
        for (int64_t i = 0; i < size; i++)
            scratch->out[i] = (double)NAN;
    memset(scratch->work, 0xFF, (size_t)scratch->bytes); /* NaN, read as doubles */
    memset(scratch->out + size, GUARD_BYTE, GUARD_BYTES);
    memset(scratch->work + scratch->bytes, GUARD_BYTE, GUARD_BYTES);
    moei_outcome outcome = {0};
    outcome.value =
        call(session, function, count, theta, input, scratch->out, scratch->bytes ? scratch->work : NULL);
    if (!guard_intact(scratch->out + size))
        outcome.overrun = functions[function].output;
    else if (!guard_intact(scratch->work + scratch->bytes))
        outcome.overrun = "work";
    return outcome;
}

int32_t moei_guarded_report(moe_context *context, moei_function function, moei_outcome outcome)
{
    if (outcome.overrun)
        return moei_fail(context, MOE_ERROR_CHECK, "%s writes past the end of %s", functions[function].name,
                         outcome.overrun);
    return outcome.value ? moei_callback_failed(context, functions[function].full_name, outcome.value)
                         : MOE_OK;
}
