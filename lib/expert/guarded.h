/* guarded.h - calls of an expert's functions that notice writes past the end of what they were given.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_GUARDED_H
#define MOEI_GUARDED_H

#include "expert/expert.h"

/* The functions that write numbers, as indices of the table of their names. */
typedef enum { MOEI_VALUES, MOEI_PULLBACK, MOEI_MOMENTS, MOEI_PREDICT } moei_function;

const char *moei_function_name(moei_function function);   /* "values", ... */
const char *moei_function_output(moei_function function); /* "f", "g", "m", "F" */

/* An expert bound to inputs, and prepared for residuals r if there are any; shared by workers. */
typedef struct {
    moe_context *context;
    moei_binding binding;
    int64_t count; /* experts in a call, at most */
    const double *r;
    void *stage;
    bool prepared;
} moei_session;

int32_t moei_session_open(moe_context *context, const moe_expert *expert, int64_t n, const double *x,
                          int64_t count, const double *r, moei_session *session);
void moei_session_close(moei_session *session);

/* One worker's scratch and output, each with room for guard words behind. */
typedef struct {
    int64_t bytes; /* of work */
    unsigned char *work;
    double *out;
} moei_scratch;

int32_t moei_scratch_new(const moei_session *session, moei_scratch *scratch);
void moei_scratch_free(const moei_session *session, moei_scratch *scratch);

/* The numbers that the function writes for `count` experts. */
int64_t moei_output_size(const moei_session *session, moei_function function, int64_t count);

/* How a call ended: what the function returned, and the name of what it wrote past, or NULL. */
typedef struct {
    int32_t value;
    const char *overrun;
} moei_outcome;

/* scratch->out <- the function's output for `count` experts. f, g and F hold NaN before the call, so that
 * what is not written shows, and work holds NaN as well; m holds what it held, for moments add. `input` is
 * w for moments, m for predict, else NULL. Touches no context: may run on any thread. */
moei_outcome moei_guarded_call(const moei_session *session, const moei_scratch *scratch,
                               moei_function function, int64_t count, const double *theta,
                               const double *input);

/* MOE_OK; MOE_ERROR_CHECK for an overrun; or moei_callback_failed. */
int32_t moei_guarded_report(moe_context *context, moei_function function, moei_outcome outcome);

#endif
