/* characteristics.c - points along the characteristics of a field, with the Jacobian of their motion.
 *
 * Along a characteristic x(t) of the field, with p = -grad (Psi_t + V) and the mobilities M,
 *   x' = M p(x),   J' = M Dp(x) J,   J(0) = 1,   L' = tr M Dp(x),   L(0) = 0,
 * J is the derivative of the map at its start and L = log det J (Liouville). The determinant is never formed:
 * L has an error of its own, and det J is positive for any.
 *
 * Steps: a chunk of points at a time goes through DOP853 (tableau.c) with steps of its own; an error row is
 * the largest over all numbers of all points, in units of what is allowed for each. Right-hand side:
 * field.c's predictions, the loss's derivative, variation.c.
 *
 * Invariant: y and its slope k[0] belong to an accepted step; the bits do not depend on threads.
 *
 * SPDX-License-Identifier: MIT */
#include "flow/characteristics.h"

#include "model/variation.h"

#include <math.h>
#include <string.h>

enum { STAGES = 13, MOST_POINTS = 4096, CHUNK_NUMBERS = 1 << 19 };

/* A chunk of points on its way. Its state is theta (count x d), J (count x d x d) and L (count), of which J
 * and L are there only if they are asked for. */
typedef struct {
    const moei_map_call *call;
    moei_variation *variation;
    int64_t d, most, count; /* points in a chunk at most, and in this one */
    double *y, *trial, *k[STAGES];
    double *bend;               /* count x d x d: h of variation.h */
    double *prediction, *force; /* n K each */
} traveller;

/* ---- a chunk's state -------------------------------------------------------------------------- */

static int64_t point_width(const moei_map_call *call, int64_t d)
{
    return d + (call->jacobian ? d * d : 0) + (call->log_determinant ? 1 : 0);
}

static bool is_bent(const moei_map_call *call)
{
    return call->jacobian || call->log_determinant;
}

static int64_t state_size(const traveller *at)
{
    return at->count * point_width(at->call, at->d);
}

/* where J and L begin */
static int64_t jacobian_at(const traveller *at)
{
    return at->count * at->d;
}

static int64_t logarithm_at(const traveller *at)
{
    return jacobian_at(at) + (at->call->jacobian ? at->count * at->d * at->d : 0);
}

static void begin(traveller *at, int64_t first)
{
    const int64_t d = at->d;
    memset(at->y, 0, (size_t)state_size(at) * sizeof *at->y);
    memcpy(at->y, at->call->theta + first * d, (size_t)(at->count * d) * sizeof *at->y);
    for (int64_t ia = 0; at->call->jacobian && ia < at->count * d; ia++)
        at->y[jacobian_at(at) + ia * d + ia % d] = 1;
}

static void deliver(const traveller *at, int64_t first)
{
    const moei_map_call *call = at->call;
    const int64_t d = at->d;
    const size_t each = sizeof *at->y;
    memcpy(call->image + first * d, at->y, (size_t)(at->count * d) * each);
    if (call->jacobian)
        memcpy(call->jacobian + first * d * d, at->y + jacobian_at(at), (size_t)(at->count * d * d) * each);
    if (call->log_determinant)
        memcpy(call->log_determinant + first, at->y + logarithm_at(at), (size_t)at->count * each);
}

/* ---- the right-hand side ---------------------------------------------------------------------- */

/* J' = h^T J for one point, h[l,a] = d_l of the drift's coordinate a */
static void turn(int64_t d, const double *h, const double *J, double *slope)
{
    memset(slope, 0, (size_t)(d * d) * sizeof *slope);
    for (int64_t l = 0; l < d; l++)
        for (int64_t a = 0; a < d; a++)
            for (int64_t c = 0; c < d; c++)
                slope[a * d + c] += h[l * d + a] * J[l * d + c];
}

static void follow(const traveller *at, const double *y, double *k)
{
    const int64_t d = at->d;
    for (int64_t i = 0; i < at->count; i++) {
        const double *h = at->bend + i * d * d;
        if (at->call->jacobian)
            turn(d, h, y + jacobian_at(at) + i * d * d, k + jacobian_at(at) + i * d * d);
        if (at->call->log_determinant) {
            double trace = 0;
            for (int64_t a = 0; a < d; a++)
                trace += h[a * d + a];
            k[logarithm_at(at) + i] = trace;
        }
    }
}

static int32_t evaluate(traveller *at, double time, const double *y, double *k)
{
    const moei_map_call *call = at->call;
    const moe_model *model = call->field->model;
    const double inside = fmin(fmax(time, moe_field_begin(call->field)), moe_field_end(call->field));
    moei_field_at(call->field, inside, at->prediction); /* rounding may have left the field */
    int32_t status = moei_model_force_of(call->context, model, at->prediction, at->force);
    if (!status)
        status = moei_variation_at(call->context, at->variation, at->count, y, at->force, k,
                                   is_bent(call) ? at->bend : NULL);
    if (status)
        return status;
    if (is_bent(call))
        follow(at, y, k);
    for (int64_t i = 0; i < state_size(at); i++)
        if (!isfinite(k[i]))
            return moei_fail(call->context, MOE_ERROR_NOT_FINITE,
                             "the drift or its derivative is not finite at time %.17g", time);
    return MOE_OK;
}

/* ---- one step --------------------------------------------------------------------------------- */

/* out = y + h sum_q a[q] k_q over the stages q < count */
static void combine(const traveller *at, double h, const double *a, int count, double *out)
{
    const int64_t size = state_size(at);
    memcpy(out, at->y, (size_t)size * sizeof *out);
    for (int q = 0; q < count; q++)
        for (int64_t i = 0; a[q] != 0 && i < size; i++)
            out[i] += h * a[q] * at->k[q][i];
}

/* rows[e] = max |h sum_q e[e][q] k_q| / scale over numbers first ... first + count */
static void worst(const traveller *at, double h, int64_t first, int64_t count, double scale, double *rows)
{
    const moei_tableau *tableau = &moei_dop853;
    for (int64_t i = first; i < first + count; i++)
        for (int e = 0; e < 2; e++) {
            double sum = 0;
            for (int q = 0; q < STAGES - 1; q++)
                sum += tableau->e[e][q] * at->k[q][i];
            rows[e] = fmax(rows[e], fabs(h * sum) / scale);
        }
}

static double largest(const double *numbers, int64_t count)
{
    double most = 1;
    for (int64_t i = 0; i < count; i++)
        most = fmax(most, fabs(numbers[i]));
    return most;
}

/* the error in units of the tolerance */
static double error_of(const traveller *at, double h)
{
    const moei_map_call *call = at->call;
    const double *period = call->field->model->expert->period;
    const int64_t d = at->d;
    double rows[2] = {0, 0};
    for (int64_t ia = 0; ia < at->count * d; ia++)
        worst(at, h, ia, 1, moei_coordinate_unit(period[ia % d], at->y[ia]), rows);
    for (int64_t i = 0; call->jacobian && i < at->count; i++) {
        const int64_t first = jacobian_at(at) + i * d * d;
        worst(at, h, first, d * d, largest(at->trial + first, d * d), rows);
    }
    if (call->log_determinant)
        worst(at, h, logarithm_at(at), at->count, 1, rows);
    for (int e = 0; e < 2; e++)
        rows[e] = rows[e] / call->tolerance * (rows[e] / call->tolerance);
    return moei_tableau_error(&moei_dop853, rows);
}

/* trial <- the state a step of length h on, and its error; the slope there if the step is good. */
static int32_t try_step(traveller *at, double time, double h, double *error)
{
    const moei_tableau *tableau = &moei_dop853;
    int32_t status = MOE_OK;
    for (int s = 1; s < STAGES - 1 && !status; s++) {
        combine(at, h, tableau->a[s], s, at->trial);
        status = evaluate(at, time + tableau->c[s] * h, at->trial, at->k[s]);
    }
    if (status)
        return status;
    combine(at, h, tableau->a[STAGES - 1], STAGES - 1, at->trial);
    *error = error_of(at, h);
    return *error <= 1 ? evaluate(at, time + h, at->trial, at->k[STAGES - 1]) : MOE_OK;
}

static void accept(traveller *at)
{
    double *y = at->y, *k = at->k[0];
    at->y = at->trial;
    at->trial = y;
    at->k[0] = at->k[STAGES - 1];
    at->k[STAGES - 1] = k;
}

/* ---- all steps -------------------------------------------------------------------------------- */

/* The first step: what the slope takes to move by tolerance^(1/8) of a unit. */
static double first_step(const traveller *at)
{
    const moei_map_call *call = at->call;
    const double *period = call->field->model->expert->period, span = call->to - call->from;
    double pace = 0;
    for (int64_t ia = 0; ia < at->count * at->d; ia++)
        pace = fmax(pace, fabs(at->k[0][ia]) / moei_coordinate_unit(period[ia % at->d], at->y[ia]));
    for (int64_t i = jacobian_at(at); i < state_size(at); i++)
        pace = fmax(pace, fabs(at->k[0][i]));
    const double length = pow(call->tolerance, 1.0 / moei_dop853.error_exponent);
    return pace * fabs(span) > length ? copysign(length / pace, span) : span;
}

static int32_t too_short(const moei_map_call *call, double time, double h)
{
    return moei_fail(call->context, MOE_ERROR_STEP,
                     "at time %.17g a step of %.3g along the characteristics is still too long", time, h);
}

/* The chunk goes from call->from to call->to; `done` and `part` of all points, for progress. */
static int32_t travel(traveller *at, double done, double part)
{
    const double quarter = 0.25; /* as in step.c */
    const moei_map_call *call = at->call;
    double time = call->from;
    int32_t status = time == call->to ? MOE_OK : evaluate(at, time, at->y, at->k[0]);
    double h = status ? 0 : first_step(at);
    bool rejected = false;
    while (!status && time != call->to) {
        const double left = call->to - time;
        const bool lands = 1.01 * fabs(h) >= fabs(left);
        double error = (double)INFINITY;
        h = lands ? left : h;
        status = try_step(at, time, h, &error);
        if (status && !moei_curable(status))
            break;
        const bool good = !status && error <= 1;
        const bool known = !status && isfinite(error);
        const double factor = known ? moei_tableau_change(&moei_dop853, error, 1) : quarter;
        if (good) {
            accept(at);
            time = lands ? call->to : time + h;
            status = moei_progress(call->context, "map",
                                   done + part * (time - call->from) / (call->to - call->from));
        } else if (!lands && time + h / 16 == time)
            return too_short(call, time, h);
        else
            status = MOE_OK;
        h *= rejected || !good ? fmin(factor, 1) : factor;
        rejected = !good;
    }
    return moei_public_status(status);
}

/* ---- memory ----------------------------------------------------------------------------------- */

static int32_t open(const moei_map_call *call, traveller *at)
{
    moei_core *core = call->context->core;
    const moe_model *model = call->field->model;
    const int64_t d = model->expert->d, width = point_width(call, d);
    int64_t most = MOST_POINTS;
    while (most > 64 && most * width > CHUNK_NUMBERS)
        most /= 2;
    *at = (traveller){.call = call, .d = d, .most = call->count < most ? call->count : most};
    const int64_t size = moei_mul(at->most, width);
    at->y = MOEI_NEW(core, size, double);
    at->trial = MOEI_NEW(core, size, double);
    at->bend = MOEI_NEW(core, is_bent(call) ? moei_mul(at->most, moei_mul(d, d)) : 0, double);
    at->prediction = MOEI_NEW(core, call->field->width, double);
    at->force = MOEI_NEW(core, call->field->width, double);
    bool all = at->y && at->trial && at->bend && at->prediction && at->force;
    for (int s = 0; s < STAGES && all; s++)
        all = (at->k[s] = MOEI_NEW(core, size, double)) != NULL;
    if (!all)
        return moei_out_of_memory(call->context, "a flow map");
    return moei_variation_create(call->context, model, at->most, is_bent(call), &at->variation);
}

static void close(traveller *at)
{
    moei_core *core = at->call->context->core;
    double *blocks[] = {at->y, at->trial, at->bend, at->prediction, at->force};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
        moei_free(core, blocks[i]);
    for (int s = 0; s < STAGES; s++)
        moei_free(core, at->k[s]);
    moei_variation_destroy(at->variation);
}

int32_t moei_characteristics(const moei_map_call *call)
{
    traveller at;
    const double all = (double)call->count;
    int32_t status = open(call, &at);
    if (!status)
        status = moei_progress(call->context, "map", 0);
    call->context->calling++;
    for (int64_t first = 0; first < call->count && !status; first += at.most) {
        at.count = call->count - first < at.most ? call->count - first : at.most;
        begin(&at, first);
        status = travel(&at, (double)first / all, (double)at.count / all);
        if (!status)
            deliver(&at, first);
    }
    call->context->calling--;
    close(&at);
    return status;
}
