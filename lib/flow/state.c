/* state.c - the members of a flow that its state has, in one table for both ways, and the model's probe.
 *
 * SPDX-License-Identifier: MIT */
#include "flow/state.h"

#include "measure/measure.h"
#include "model/fingerprint.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>

enum { PROBES = 16 };
const moei_seal moei_flow_seal = {INT64_C(0x776f6c665f656f6d), 1, "flow"}; /* "moe_flow" */

/* ---- settings and state: one table for both ways ---------------------------------------------- */

enum kind { REAL, INTEGER, INT, BOOL };

/* A member of a flow, and what it may be in bytes that come from anywhere: ranges outside of which a step could
 * do worse than fail. */
typedef struct {
    const char *name;
    enum kind kind;
    size_t at;
    double least, most;
} member;

#define MEMBER(name, kind, least, most)                                                                      \
    {                                                                                                        \
#name, kind, offsetof(moe_flow, name), least, most                                                   \
    }
#define FLAG(name) MEMBER(name, BOOL, 0, 1)

static const member members[] = {
    FLAG(descent),
    MEMBER(relative, REAL, 0, DBL_MAX),
    MEMBER(absolute, REAL, DBL_TRUE_MIN, DBL_MAX),
    MEMBER(first_step, REAL, 0, DBL_MAX),
    MEMBER(longest_step, REAL, DBL_TRUE_MIN, INFINITY),
    MEMBER(step_limit, INTEGER, 1, 0x1p63),
    MEMBER(time, REAL, -DBL_MAX, DBL_MAX),
    MEMBER(previous_time, REAL, -DBL_MAX, DBL_MAX),
    MEMBER(dissipated, REAL, -INFINITY, INFINITY),
    MEMBER(initial_energy, REAL, -INFINITY, INFINITY),
    MEMBER(present_energy, REAL, -INFINITY, INFINITY),
    FLAG(prediction_known),
    FLAG(started),
    FLAG(dense_known),
    FLAG(extra_known),
    FLAG(swap_due),
    MEMBER(next_step, REAL, 0, INFINITY),
    MEMBER(last_error, REAL, 0, INFINITY),
    MEMBER(steps, INTEGER, 0, 0x1p60),
    MEMBER(rejections, INTEGER, 0, 0x1p60),
    MEMBER(evaluations, INTEGER, 0, 0x1p60),
    MEMBER(adams.order, INT, 0, 12),
    MEMBER(adams.used, INT, 0, 12),
    MEMBER(adams.history, INT, 0, 13),
    MEMBER(adams.failures, INT, 0, 1 << 30),
    MEMBER(adams.since, INT, 0, 1 << 30),
    MEMBER(adams.length, REAL, 0, INFINITY),
    MEMBER(adams.slope, INT, 0, 14),
    MEMBER(adams.lipschitz, REAL, 0, INFINITY),
    MEMBER(chebyshev.radius, REAL, 0, DBL_MAX),
    MEMBER(chebyshev.since, INT, -1, 1 << 30),
    MEMBER(chebyshev.sharpness, REAL, 0, DBL_MAX),
    MEMBER(chebyshev.length, REAL, 0, INFINITY),
    MEMBER(chebyshev.last_length, REAL, 0, INFINITY),
    MEMBER(chebyshev.last_error, REAL, 0, INFINITY),
};
enum { MEMBERS = sizeof members / sizeof *members };

static void write_member(const moe_flow *flow, const member *m, moei_writer *out)
{
    const char *at = (const char *)flow + m->at;
    switch (m->kind) {
    case REAL:
        moei_write_number(out, *(const double *)(const void *)at);
        break;
    case INTEGER:
        moei_write_integer(out, *(const int64_t *)(const void *)at);
        break;
    case INT:
        moei_write_integer(out, *(const int *)(const void *)at);
        break;
    case BOOL:
        moei_write_integer(out, *(const bool *)(const void *)at);
    }
}

static int32_t read_member(moe_flow *flow, const member *m, moei_reader *in)
{
    char *at = (char *)flow + m->at;
    const int64_t integer = m->kind == REAL ? 0 : moei_read_integer(in);
    const double value = m->kind == REAL ? moei_read_number(in) : (double)integer;
    if (!(value >= m->least && value <= m->most))
        return moei_fail(flow->context, MOE_ERROR_VALUE, "bytes are not a saved flow: its %s is %g", m->name,
                         value);
    switch (m->kind) {
    case REAL:
        *(double *)(void *)at = value;
        break;
    case INTEGER:
        *(int64_t *)(void *)at = integer;
        break;
    case INT:
        *(int *)(void *)at = (int)integer;
        break;
    case BOOL:
        *(bool *)(void *)at = integer;
    }
    return MOE_OK;
}

void moei_flow_write_members(const moe_flow *flow, moei_writer *out)
{
    for (int i = 0; i < MEMBERS; i++)
        write_member(flow, &members[i], out);
}

int32_t moei_flow_read_members(moe_flow *flow, moei_reader *in)
{
    int32_t status = MOE_OK;
    for (int i = 0; i < MEMBERS && !status; i++)
        status = read_member(flow, &members[i], in);
    return status;
}

/* ---- what is kept, and by what the model is known ------------------------------------------------ */

unsigned moei_flow_kept_slots(const moe_flow *flow)
{
    const moei_method *method = flow->method;
    if (!flow->started)
        return 0;
    if (method->kept)
        return method->kept(flow);
    const int count = !flow->dense_known ? 1 : method->slots + (flow->extra_known ? method->extra : 0);
    return (1u << count) - 1;
}

int64_t moei_flow_probes(int64_t experts)
{
    return experts < PROBES ? experts : PROBES;
}

/* probe <- what the model computes at the first of these points, each of weight 1 / probes */
int32_t moei_flow_probe(moe_context *context, const moe_model *model, int64_t probes, const double *theta,
                        double *probe)
{
    const moe_expert *expert = model->expert;
    moe_measure *mu = NULL;
    int32_t status = moei_measure_new(context, expert->d, expert->period, probes, &mu);
    if (status)
        return status;
    memcpy(mu->points, theta, (size_t)(probes * expert->d) * sizeof *theta);
    for (int64_t i = 0; i < probes; i++)
        mu->weights[i] = 1 / (double)probes;
    status = moei_probe_model(context, model, mu, probe);
    moe_measure_destroy(mu);
    return status;
}
